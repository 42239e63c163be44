"""Where left, right, far and near are for a camera, on the ground that it looks over. Simulation space, metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import NotFound
from usd_ai.core.ports import Arrays
from usd_ai.core.types import StageFacts
from usd_ai.generators.burning_forest.space import Space

F64 = NDArray[np.float64]

_STEPS = 256
_EDGE = 0.04  # of the ground's size: nothing is placed closer to its border
_NEAREST, _SIDE = 8.0, 0.8  # m before the lens; how far to the side of the picture's middle, of half its width
_LEVEL = -0.02  # a camera that looks less far down sees no ground in the middle of its picture


@dataclass(frozen=True, slots=True)
class Sight:
    """A camera over ground: places on it, unit directions forward and right on the plane, what it sees at the focus.

    ``near`` and ``far`` are the distances along the view at which ground begins and ends.
    """

    camera: str
    low: F64
    high: F64
    place_of_camera: F64
    forward: F64
    right: F64
    near: float
    focus: float
    far: float
    half_width: float

    def place(self, where: str) -> F64:
        """The place [2] that is called left, right, back, front or centre."""
        along = {"front": max(self.near, min(_NEAREST, self.focus)), "back": self.near + 0.9 * (self.far - self.near)}
        side = {"left": -_SIDE * self.half_width, "right": _SIDE * self.half_width}
        spot = self.place_of_camera + along.get(where, self.focus) * self.forward + side.get(where, 0.0) * self.right
        return self._inside(spot)

    def line(self, where: str, width: float | None) -> F64:
        """Three places [3, 2] of a front that starts there, across the way it goes; ``width`` in metres."""
        across = self.forward if where in {"left", "right"} else self.right
        half = 0.5 * (width if width is not None else (0.3 if where == "centre" else 1.0) * self.half_width)
        middle = self.place(where)
        return np.stack([self._inside(middle + share * half * across) for share in (-1.0, 0.0, 1.0)])

    def heading(self, source: str) -> float:
        """Degrees counter-clockwise from +x into which something goes that comes from left, right, back or front."""
        way = {"left": self.right, "right": -self.right, "back": -self.forward, "front": self.forward}[source]
        degrees = round(float(np.degrees(np.arctan2(way[1], way[0]))), 1)
        return 180.0 if degrees == -180.0 else degrees + 0.0  # one spelling of west, and of zero

    def _inside(self, spot: F64) -> F64:
        margin = _EDGE * (self.high - self.low)
        return np.clip(spot, self.low + margin, self.high - margin)


def read_sight(facts: StageFacts, path: str, arrays: Arrays) -> Sight:
    """The sight of a camera ("" for the first) in the first frame. Raises NotFound without camera or ground."""
    camera = next((c for c in facts.cameras if path in {"", c.path}), None)
    if camera is None or not facts.ground:
        raise NotFound(
            f"The prompt speaks of places, and the stage has no {'ground' if camera else 'camera'} to see them by.",
            remedy="Add it to the stage or name it (--camera, --ground), or leave left, right, near and far out.",
            reason="PLACES_UNKNOWN",
        )
    space = Space(facts.meters_per_unit, facts.up_axis)
    corners = space.to_sim(np.array([corner for mesh in facts.ground for corner in (mesh.low, mesh.high)]))
    low, high = corners.min(axis=0), corners.max(axis=0)
    matrix = np.asarray(arrays.get(camera.world), np.float64)[0]
    focal, aperture = np.asarray(arrays.get(camera.lens), np.float64)[0][:2]
    spot = space.to_sim(matrix[3, :3])
    axes = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=1, keepdims=True) @ space.to_host_rotation.T
    look = -axes[2]
    forward = _level(look if np.hypot(look[0], look[1]) > 1e-3 else axes[1])
    right = np.array([forward[1], -forward[0]])
    near, far = _over(low[:2], high[:2], spot[:2], forward)
    if look[2] < _LEVEL:
        ray = (spot[2] - 0.5 * (low[2] + high[2])) / -look[2] * float(np.hypot(look[0], look[1]))
    else:
        ray = far
    focus = float(np.clip(ray, near, near + 0.6 * (far - near)))
    half = max(focus, _NEAREST) * 0.5 * float(aperture / focal)
    return Sight(camera.path, low[:2], high[:2], spot[:2], forward, right, near, focus, far, half)


def _level(direction: F64) -> F64:
    flat = direction[:2]
    return flat / np.linalg.norm(flat)


def _over(low: F64, high: F64, spot: F64, forward: F64) -> tuple[float, float]:
    """Distances along the view at which it comes over the ground and leaves it; those of its middle where it misses."""
    middle, reach = 0.5 * (low + high), float(np.linalg.norm(high - low))
    distances = np.linspace(0.0, reach + float(np.linalg.norm(middle - spot)), _STEPS)
    places = spot + distances[:, None] * forward
    inside = ((places >= low) & (places <= high)).all(axis=1)
    if inside.any():
        over = distances[inside]
        return float(over[0]), float(over[-1])
    ahead = float((middle - spot) @ forward)
    return max(ahead - 0.25 * reach, 0.0), max(ahead + 0.25 * reach, 1.0)
