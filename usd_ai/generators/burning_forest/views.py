"""What the shot's cameras see over the whole range, for choosing detail. Simulation space, metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import NotFound
from usd_ai.core.ports import Arrays
from usd_ai.core.types import CameraFacts, Plan, StageFacts
from usd_ai.generators.burning_forest.space import Space

F64 = NDArray[np.float64]

_MARGIN = 1.25
"""The frustum is widened by this factor: handles, overscan and a layout nudge must not show a gap in detail."""
_STRIDE_ALL = 12
"""At most this many frames of a camera are looked at; moves within a shot are slow against a tree's distance."""


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Camera samples over the range: ``places`` float64 [v, 3], ``axes`` [v, 3, 3] (right, up, back), ``lens`` [v, 4].

    ``lens``: half width and half height of the frame at unit distance, and its horizontal and vertical offset.
    ``width``: pixels across the delivery's frame.
    """

    places: F64
    axes: F64
    lens: F64
    width: int

    def nearest(self, points: F64) -> F64:
        """Distance [n] from each point [n, 3] to the nearest camera sample, in the ground plane."""
        best = np.full(len(points), np.inf)
        for place in self.places:
            np.minimum(best, np.hypot(points[:, 0] - place[0], points[:, 1] - place[1]), out=best)
        return best

    def pixels(self, points: F64, sizes: F64) -> F64:
        """Largest projected size [n] in pixels over the shot of things of ``sizes`` metres; 0 where never in view.

        A thing counts as in view when its own size touches the widened frame.
        """
        best = np.zeros(len(points))
        for place, axes, lens in zip(self.places, self.axes, self.lens, strict=True):
            local = (points + np.array([0.0, 0.0, 0.5]) * sizes[:, None] - place) @ axes.T
            depth = -local[:, 2]
            reach = np.maximum(depth, 0.1)
            across = np.abs(local[:, 0] - lens[2] * reach) - 0.5 * sizes
            along = np.abs(local[:, 1] - lens[3] * reach) - 0.5 * sizes
            seen = (depth > -sizes) & (across < _MARGIN * lens[0] * reach) & (along < _MARGIN * lens[1] * reach)
            size = sizes / reach * (self.width / (2.0 * lens[0]))
            np.maximum(best, np.where(seen, size, 0.0), out=best)
        return best


def read_views(plan: Plan, facts: StageFacts, arrays: Arrays, space: Space) -> Views:
    """The cameras of a plan, sampled over its range. Raises NotFound where the stage has none."""
    if not plan.cameras:
        raise NotFound(
            "The shot's stage has no camera, so nobody can say what must be seen.",
            remedy="Add the shot camera to the stage (a UsdGeomCamera), or name one with --camera.",
            reason="CAMERA_NOT_FOUND",
        )
    by_path = {camera.path: camera for camera in facts.cameras}
    places, axes, lenses = [], [], []
    for path, _, _ in plan.cameras:
        camera = by_path[path]
        for index in _frames_to_look_at(camera):
            matrix = np.asarray(arrays.get(camera.world), np.float64)[index]
            focal, horizontal, vertical, offset_x, offset_y = np.asarray(arrays.get(camera.lens), np.float64)[index]
            rotation = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=1, keepdims=True)
            places.append(space.to_sim(matrix[3, :3]))
            axes.append(rotation @ space.to_host_rotation.T)
            lenses.append([0.5 * horizontal / focal, 0.5 * vertical / focal, offset_x / focal, offset_y / focal])
    return Views(np.array(places), np.array(axes), np.array(lenses), plan.resolution[0])


def _frames_to_look_at(camera: CameraFacts) -> list[int]:
    count = camera.world.shape[0]
    return sorted({round(i) for i in np.linspace(0, count - 1, min(count, _STRIDE_ALL))})
