"""Bounds of what a canvas authors, in float64 and rounded outward, so that an extent never cuts what it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CHUNK = 1 << 17  # instances at a time: keeps the working set inside the cache
_SLACK = 4e-6  # relative; readers compute bounds in float32


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
    exact = points.astype(np.float64)
    reach = np.zeros((1, 1)) if widths is None else widths.astype(np.float64)[:, None] * 0.5
    return Box((exact - reach).min(axis=0), (exact + reach).max(axis=0))


def instances_box(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    positions: NDArray[np.float32],
    orientations: NDArray[np.float16],
    scales: NDArray[np.float32],
) -> Box | None:
    """Box of instances: each box ``low``..``high`` [n, 3] scaled, rotated, moved. None without instances.

    ``orientations`` [n, 4] are (w, x, y, z) in the half precision in which PointInstancer stores them. Rounded
    quaternions are not of unit length, and readers differ in what they make of that: they normalise them (renderers),
    use them as they are (UsdGeom 26.11), or take the angle from ``w`` alone (GfRotation, older UsdGeom), which near
    w = 1 turns two degrees further. The box holds all three.
    """
    result: Box | None = None
    for start in range(0, len(positions), _CHUNK):
        part = slice(start, start + _CHUNK)
        scale = scales[part].astype(np.float64)
        center = (low[part] + high[part]) * 0.5 * scale
        half = (high[part] - low[part]) * 0.5 * np.abs(scale)
        origin = positions[part].astype(np.float64)
        for w, axis in _readings(orientations[part].astype(np.float64)):
            middle, reach = _rotated(w, axis, center, half)
            result = Box((origin + middle - reach).min(axis=0), (origin + middle + reach).max(axis=0)).union(result)
    return result


def _readings(q: NDArray[np.float64]) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """The quaternions (w [n], vector [n, 3]) that readers make of a rounded one."""
    w, v = q[:, 0], q[:, 1:]
    length = np.sqrt((v * v).sum(axis=1))
    whole = np.maximum(np.sqrt(w * w + length * length), 1e-12)
    clamped = np.clip(w, -1.0, 1.0)
    sine = np.sqrt(1.0 - clamped * clamped) / np.maximum(length, 1e-12)
    return [(w, v), (w / whole, v / whole[:, None]), (clamped, v * sine[:, None])]


def _rotated(
    w: NDArray[np.float64], v: NDArray[np.float64], center: NDArray[np.float64], half: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres [n, 3] rotated by quaternions, and the half sizes of the aligned boxes around the rotated boxes."""
    x, y, z = v[:, 0], v[:, 1], v[:, 2]
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )
    middle = np.stack([a * center[:, 0] + b * center[:, 1] + c * center[:, 2] for a, b, c in rows], axis=1)
    reach = np.stack(
        [np.abs(a) * half[:, 0] + np.abs(b) * half[:, 1] + np.abs(c) * half[:, 2] for a, b, c in rows], axis=1
    )
    return middle, reach
