"""What the shot's cameras see over the whole range, for choosing detail. Simulation space, metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import NotFound
from usd_ai.core.ports import Arrays
from usd_ai.core.types import CameraFacts, Plan, StageFacts
from usd_ai.generators.burning_forest.space import Space
from usd_ai.sim.sight import largest_in_view, nearest_in_plane
from usd_ai.sim.threads import each, slices

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
        best, places = np.empty(len(points)), np.ascontiguousarray(points, dtype=np.float64)
        each(lambda rows: nearest_in_plane(places[rows], self.places, best[rows]), slices(len(best)))
        return best

    def turned(self, points: F64, sizes: F64) -> F64:
        """Pixels [n] that things of ``sizes`` metres would have in the shot's longest lens, were they looked at."""
        narrowest = float(self.lens[:, 0].min())
        return sizes / np.maximum(self.nearest(points), 0.1) * (self.width / (2.0 * narrowest))

    def pixels(self, points: F64, sizes: F64) -> F64:
        """Largest projected size [n] in pixels over the shot of things of ``sizes`` metres; 0 where never in view.

        A thing counts as in view when its own size touches the widened frame.
        """
        best, places = np.empty(len(points)), np.ascontiguousarray(points, dtype=np.float64)
        tall = np.ascontiguousarray(sizes, dtype=np.float64)
        cameras = self.places, self.axes, self.lens, _MARGIN, float(self.width)
        each(lambda rows: largest_in_view(places[rows], tall[rows], *cameras, best[rows]), slices(len(best)))
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
    return Views(
        np.array(places, np.float64), np.array(axes, np.float64), np.array(lenses, np.float64), plan.resolution[0]
    )


def _frames_to_look_at(camera: CameraFacts) -> list[int]:
    count = camera.world.shape[0]
    return sorted({round(i) for i in np.linspace(0, count - 1, min(count, _STRIDE_ALL))})
