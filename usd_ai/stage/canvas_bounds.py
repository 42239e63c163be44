"""Bounds of what a canvas authors, in float64 and rounded outward, so that an extent never cuts what it holds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from usd_ai.sim.threads import each, slices

_SLACK = 4e-6  # relative; readers compute bounds in float32
_NO_TURN = 1e-20  # squared length of an imaginary part from which an angle can be taken safely


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned box. ``low`` and ``high``: float64 [3]."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def union(self, other: Box | None) -> Box:
        """Smallest box that holds both."""
        if other is None:
            return self
        return Box(np.minimum(self.low, other.low), np.maximum(self.high, other.high))

    def moved(self, matrix: NDArray[np.float64] | None) -> Box:
        """The aligned box around this one transformed by a 4 x 4 row-vector matrix."""
        if matrix is None:
            return self
        center = (self.low + self.high) * 0.5 @ matrix[:3, :3] + matrix[3, :3]
        half = (self.high - self.low) * 0.5 @ np.abs(matrix[:3, :3])
        return Box(center - half, center + half)

    def extent(self) -> NDArray[np.float32]:
        """float32 [2, 3], rounded outward by a few units in the last place."""
        slack = _SLACK * np.maximum(np.abs(self.low), np.abs(self.high))
        low = np.nextafter((self.low - slack).astype(np.float32), np.float32(-np.inf))
        high = np.nextafter((self.high + slack).astype(np.float32), np.float32(np.inf))
        return np.stack([low, high])


def union(boxes: Iterable[Box | None]) -> Box | None:
    """Smallest box that holds all of them; None when there is none."""
    result: Box | None = None
    for box in boxes:
        if box is not None:
            result = box.union(result)
    return result


def box_of(points: NDArray[np.float32], widths: NDArray[np.float32] | None = None) -> Box | None:
    """Box of ``points`` [n, 3], each grown by half of its width [n] where widths are given. None without points."""
    if len(points) == 0:
        return None
    if widths is None:
        corners = _corners(np.ascontiguousarray(points, np.float32)).astype(np.float64)
        return Box(corners[0], corners[1])
    exact = points.astype(np.float64)
    reach = widths.astype(np.float64)[:, None] * 0.5
    return Box((exact - reach).min(axis=0), (exact + reach).max(axis=0))


@njit(cache=True, nogil=True)
def _corners(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smallest and largest coordinates [2, 3]; NaN where a coordinate is NaN, as numpy has it."""
    found = np.empty((2, 3), np.float32)
    for axis in range(3):
        low = high = points[0, axis]
        for row in range(1, points.shape[0]):
            value = points[row, axis]
            low = value if value < low or value != value else low  # noqa: PLR0124 - NaN
            high = value if value > high or value != value else high  # noqa: PLR0124 - NaN
            if low != low:  # noqa: PLR0124 - NaN
                break
        found[0, axis], found[1, axis] = low, high
    return found


def instances_box(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    positions: NDArray[np.float32],
    orientations: NDArray[np.float16],
    scales: NDArray[np.float32],
    which: NDArray[np.int64],
) -> Box | None:
    """Box of n instances: each the box ``low``..``high`` [k, 3] that ``which`` [n] says, scaled, rotated, moved.

    None without instances.

    ``orientations`` [n, 4] are (w, x, y, z) in the half precision in which PointInstancer stores them. Rounded
    quaternions are not of unit length, and readers differ in what they make of that: they normalise them (renderers),
    use them as they are (UsdGeom 26.11), or take the angle from ``w`` alone (GfRotation, older UsdGeom), which near
    w = 1 turns two degrees further. The box holds all three.
    """
    if not len(positions):
        return None
    lows, highs = np.ascontiguousarray(low, np.float64), np.ascontiguousarray(high, np.float64)
    places, sizes = np.ascontiguousarray(positions, np.float32), np.ascontiguousarray(scales, np.float32)
    turns = np.ascontiguousarray(orientations).astype(np.float32)  # exact, and a type that kernels know

    def reached(rows: slice) -> NDArray[np.float64]:
        return _reach(lows, highs, which[rows], places[rows], turns[rows], sizes[rows])

    boxes = np.array(each(reached, slices(len(positions))))
    return Box(boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0))


@njit(cache=True, nogil=True)
def _reach(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    which: NDArray[np.int64],
    positions: NDArray[np.float32],
    orientations: NDArray[np.float32],
    scales: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Low and high corner [2, 3] of the boxes of all instances, in all three readings of their quaternions."""
    found = np.empty((2, 3))
    found[0], found[1] = np.inf, -np.inf
    for n in range(positions.shape[0]):
        w = float(orientations[n, 0])
        i, j, k = float(orientations[n, 1]), float(orientations[n, 2]), float(orientations[n, 3])
        square = i * i + j * j + k * k
        kind = which[n]
        if _within(low, high, kind, positions, scales, n, w * w, square, found):
            continue
        length = math.sqrt(square)
        clamped = min(max(w, -1.0), 1.0)
        whole = 1.0 / max(math.sqrt(w * w + length * length), 1e-12)
        angle = math.sqrt(1.0 - clamped * clamped) / max(length, 1e-12)
        for reading in range(3):
            real, factor = (w, 1.0) if reading == 0 else ((w * whole, whole) if reading == 1 else (clamped, angle))
            _spread(low[kind], high[kind], positions[n], scales[n], real, factor * i, factor * j, factor * k, found)
    return found


@njit(cache=True, nogil=True)
def _within(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    kind: int,
    positions: NDArray[np.float32],
    scales: NDArray[np.float32],
    n: int,
    real: float,
    imaginary: float,
    found: NDArray[np.float64],
) -> bool:
    """Whether an instance surely lies in what has been found; most do, and need no more than this glance.

    ``real`` and ``imaginary``: squares of the quaternion's parts. A quaternion of squared length s turns by s times a
    rotation and 1 - s times the identity, so that no number of its matrix passes s + |1 - s|. In the other readings it
    is of unit length, or of a square up to 2 where it has next to no imaginary part.
    """
    square = real + imaginary
    most = max(square + abs(1.0 - square), 1.0 if imaginary > _NO_TURN else 3.0) * (1.0 + 1e-6)
    reach = 0.0
    for along in range(3):
        reach += max(abs(low[kind, along]), abs(high[kind, along])) * abs(float(scales[n, along]))
    reach *= most
    inside = True
    for axis in range(3):
        at = float(positions[n, axis])
        inside &= (at - reach >= found[0, axis]) & (at + reach <= found[1, axis])
    return inside


@njit(cache=True, nogil=True)
def _spread(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    position: NDArray[np.float32],
    scale: NDArray[np.float32],
    w: float,
    x: float,
    y: float,
    z: float,
    found: NDArray[np.float64],
) -> None:
    """Widen ``found`` by one box: scaled, rotated by a quaternion, moved."""
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )
    for axis in range(3):
        middle, reach = float(position[axis]), 0.0
        for along in range(3):
            size = float(scale[along])
            middle += rows[axis][along] * 0.5 * (low[along] + high[along]) * size
            reach += abs(rows[axis][along] * size) * 0.5 * (high[along] - low[along])
        found[0, axis] = min(found[0, axis], middle - reach)
        found[1, axis] = max(found[1, axis], middle + reach)
