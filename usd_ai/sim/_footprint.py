"""Where things stand: the distance in the plane to the nearest obstacle."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

Floats = NDArray[np.float64]

_MAX_CELLS = 16_000_000


@dataclass(frozen=True, slots=True)
class Footprint:
    """The obstacles' outline from above, as distances on a grid. Make one with `footprint`.

    ``reach``: metres up to which distances are known; what is further reads ``reach``. ``cell``: metres, the
    grid's step. A distance is never more than the true one, and at most three cells less.
    """

    reach: float
    cell: float
    _origin: tuple[float, float]
    _distances: NDArray[np.float32]  # at cell corners [rows, columns]; empty where there are no obstacles

    def distance(self, xy: ArrayLike) -> Floats:
        """Metres float64 [n] from places [n, 2] to the nearest obstacle: 0 on one, ``reach`` where none is near."""
        places = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        if self._distances.size == 0:
            return np.full(places.shape[0], self.reach)
        rows, columns = self._distances.shape
        across, up = (places[:, 0] - self._origin[0]) / self.cell, (places[:, 1] - self._origin[1]) / self.cell
        inside = (across >= 0) & (across < columns - 1) & (up >= 0) & (up < rows - 1)
        column, row = np.where(inside, across, 0.0).astype(np.int64), np.where(inside, up, 0.0).astype(np.int64)
        # The least of the four corners: linear interpolation could promise more room than there is.
        corners = [self._distances[row + j, column + i] for j in (0, 1) for i in (0, 1)]
        return np.where(inside, np.minimum.reduce(corners), self.reach).astype(np.float64)

    def clear(self, xy: ArrayLike, margin: float | Floats) -> NDArray[np.bool_]:
        """Whether places [n, 2] keep ``margin`` metres (one number or float [n]) off every obstacle: bool [n]."""
        return self.distance(xy) >= np.minimum(margin, self.reach)


def footprint(points: ArrayLike, triangles: ArrayLike, cell: float = 0.25, reach: float = 20.0) -> Footprint:
    """The footprint of obstacles: ``points`` float [n, 3] metres, ``triangles`` int [m, 3]; none is allowed.

    The grid's step is ``cell`` metres, coarser where the obstacles spread so far that it would take over 16 million
    cells. Distances are Euclidean (Felzenszwalb and Huttenlocher's exact transform as scipy has it).
    """
    places = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 3)
    corners = np.ascontiguousarray(triangles, dtype=np.int32).reshape(-1, 3)
    if corners.shape[0] == 0:
        return Footprint(reach, cell, (0.0, 0.0), np.zeros((0, 0), np.float32))
    used = places[corners.ravel(), :2]
    low, high = used.min(axis=0) - reach, used.max(axis=0) + reach
    width, depth = (float(v) for v in high - low)
    cell = max(cell, math.sqrt(width * depth / _MAX_CELLS))
    low = low - 2.0 * cell
    width, depth = width + 4.0 * cell, depth + 4.0 * cell
    shape = (math.ceil(depth / cell) + 2, math.ceil(width / cell) + 2)
    free = np.ones(shape, np.bool_)
    _stamp(places, corners, float(low[0]), float(low[1]), cell, free)
    steps = np.asarray(ndimage.distance_transform_edt(free), dtype=np.float64)
    # From a cell's centre to the nearest taken centre, less half a diagonal at either end.
    metres = np.clip(steps * cell - math.sqrt(0.5) * cell, 0.0, reach)
    metres[~free] = 0.0
    origin = (float(low[0]) + 0.5 * cell, float(low[1]) + 0.5 * cell)
    return Footprint(reach, cell, origin, metres.astype(np.float32))


@njit(cache=True)
def _stamp(
    points: Floats, triangles: NDArray[np.int32], west: float, south: float, cell: float, free: NDArray[np.bool_]
) -> None:
    """Take every cell that a triangle's projection touches (separating axes: x, y and the three edges)."""
    half = 0.5 * cell
    x, y = np.empty(3), np.empty(3)
    for t in range(triangles.shape[0]):
        for k in range(3):
            x[k] = points[triangles[t, k], 0] - west
            y[k] = points[triangles[t, k], 1] - south
        area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
        side = 1.0 if area >= 0.0 else -1.0
        row_0, row_1 = max(0, int(y.min() / cell)), min(free.shape[0] - 1, int(y.max() / cell))
        column_0, column_1 = max(0, int(x.min() / cell)), min(free.shape[1] - 1, int(x.max() / cell))
        for row in range(row_0, row_1 + 1):
            for column in range(column_0, column_1 + 1):
                centre_x, centre_y = column * cell + half, row * cell + half
                touches = True
                for k in range(3):
                    after = (k + 1) % 3
                    normal_x, normal_y = side * (y[after] - y[k]), -side * (x[after] - x[k])
                    gap = (centre_x - x[k]) * normal_x + (centre_y - y[k]) * normal_y
                    if gap > half * (abs(normal_x) + abs(normal_y)):
                        touches = False
                        break
                if touches:
                    free[row, column] = False
