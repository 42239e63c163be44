"""Heights of a triangle mesh seen from above, by exact interpolation on its triangles."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim.threads import each, slices

Floats = NDArray[np.float64]
Indices = NDArray[np.int32]

_MAX_BINS = 4_000_000
_STEEPEST = 1e-3  # a triangle whose normal leans further from the vertical (as cosine) has no height to give
_SLACK = 1e-9  # barycentric; a place on an edge belongs to both neighbours


@dataclass(frozen=True, slots=True)
class HeightField:
    """The topmost surface of triangles in sim space (metres, Z up). Make one with `from_triangles`.

    ``low`` and ``high``: float64 [2], bounds of the surface in x and y. Lookups take float [n, 2] and cost about
    a microsecond each, whatever the size of the mesh: triangles are kept in bins of about two.
    """

    points: Floats
    triangles: Indices
    low: Floats
    high: Floats
    _bin: float
    _shape: tuple[int, int]
    _starts: NDArray[np.int64]
    _members: Indices

    @classmethod
    def from_triangles(cls, points: ArrayLike, triangles: ArrayLike) -> HeightField:
        """The surface of ``points`` float [n, 3] and ``triangles`` int [m, 3], of either winding.

        Vertical and empty triangles have no height and are left out. Raises InvalidRequest when none remains, or when
        a point of a triangle is not finite.
        """
        places = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 3)
        corners = np.ascontiguousarray(triangles, dtype=np.int32).reshape(-1, 3)
        if not np.all(np.isfinite(places[corners.ravel()])):
            raise InvalidRequest(
                "The ground has points that are not finite.", remedy="Mend the mesh or choose another ground."
            )
        cross = _cross(places, corners)
        length = np.sqrt((cross * cross).sum(axis=1))
        corners = np.ascontiguousarray(corners[np.abs(cross[:, 2]) > _STEEPEST * length])
        if corners.shape[0] == 0:
            raise InvalidRequest(
                "The ground has no surface that can be seen from above.",
                remedy="Choose another ground, or check the stage's up axis.",
                reason="GROUND_UNUSABLE",
            )
        used = places[corners.ravel(), :2]
        low, high = used.min(axis=0), used.max(axis=0)
        width, depth = (float(v) for v in high - low)
        count = min(_MAX_BINS, max(1, corners.shape[0] // 2))
        size = max(math.sqrt(width * depth / count), max(width, depth) / 4096.0)
        shape = (int(depth / size) + 1, int(width / size) + 1)
        starts = np.zeros(shape[0] * shape[1] + 1, np.int64)
        _count_members(places, corners, low, size, shape, starts)
        starts = np.cumsum(starts)
        members = np.empty(int(starts[-1]), np.int32)
        _fill_members(places, corners, low, size, shape, starts[:-1].copy(), members)
        return cls(places, corners, low, high, size, shape, starts, members)

    def find(self, xy: ArrayLike) -> tuple[Floats, Indices]:
        """Heights float64 [n] (NaN outside) and the topmost triangle's index int32 [n] (-1 outside)."""
        places = np.ascontiguousarray(xy, dtype=np.float64).reshape(-1, 2)
        heights, found = np.empty(places.shape[0]), np.empty(places.shape[0], np.int32)
        surface = self.points, self.triangles, self.low, self._bin, self._shape, self._starts, self._members
        each(lambda rows: _look_up(*surface, places[rows], heights[rows], found[rows]), slices(len(places)))
        return heights, found

    def height(self, xy: ArrayLike) -> Floats:
        """Heights float64 [n] at places [n, 2]; NaN where there is no ground."""
        return self.find(xy)[0]

    def inside(self, xy: ArrayLike) -> NDArray[np.bool_]:
        """Whether there is ground at each place: bool [n]."""
        return self.find(xy)[1] >= 0

    def normal(self, xy: ArrayLike) -> Floats:
        """Upward unit normals float64 [n, 3] of the triangles at the places; straight up where there is no ground."""
        return self.normals_of(self.find(xy)[1])

    def normals_of(self, found: Indices) -> Floats:
        """Upward unit normals float64 [n, 3] of triangles that `find` gave; straight up where it gave -1."""
        normals = np.empty((len(found), 3))
        each(lambda rows: _normals(self.points, self.triangles, found[rows], normals[rows]), slices(len(found)))
        return normals

    def facet_normals(self) -> Floats:
        """Upward unit normals float64 [m, 3] of all triangles."""
        cross = _cross(self.points, self.triangles)
        cross *= np.where(cross[:, 2:] < 0.0, -1.0, 1.0)
        return cross / np.sqrt((cross * cross).sum(axis=1))[:, np.newaxis]


def _cross(points: Floats, triangles: Indices) -> Floats:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a)


@njit(cache=True)
def _bins_of(
    points: Floats, triangle: Indices, low: Floats, size: float, shape: tuple[int, int]
) -> tuple[int, int, int, int]:
    a, b, c = points[triangle[0]], points[triangle[1]], points[triangle[2]]
    west = min(a[0], b[0], c[0]) - low[0]
    east = max(a[0], b[0], c[0]) - low[0]
    south = min(a[1], b[1], c[1]) - low[1]
    north = max(a[1], b[1], c[1]) - low[1]
    slack = 1e-6 * size
    return (
        max(0, int((south - slack) / size)),
        min(shape[0] - 1, int((north + slack) / size)),
        max(0, int((west - slack) / size)),
        min(shape[1] - 1, int((east + slack) / size)),
    )


@njit(cache=True)
def _count_members(
    points: Floats, triangles: Indices, low: Floats, size: float, shape: tuple[int, int], counts: NDArray[np.int64]
) -> None:
    for t in range(triangles.shape[0]):
        row_0, row_1, column_0, column_1 = _bins_of(points, triangles[t], low, size, shape)
        for row in range(row_0, row_1 + 1):
            for column in range(column_0, column_1 + 1):
                counts[row * shape[1] + column + 1] += 1


@njit(cache=True)
def _fill_members(
    points: Floats,
    triangles: Indices,
    low: Floats,
    size: float,
    shape: tuple[int, int],
    places: NDArray[np.int64],
    members: Indices,
) -> None:
    for t in range(triangles.shape[0]):
        row_0, row_1, column_0, column_1 = _bins_of(points, triangles[t], low, size, shape)
        for row in range(row_0, row_1 + 1):
            for column in range(column_0, column_1 + 1):
                which = row * shape[1] + column
                members[places[which]] = t
                places[which] += 1


@njit(cache=True, nogil=True)
def _normals(points: Floats, triangles: Indices, found: Indices, out: Floats) -> None:
    for n in range(found.size):
        if found[n] < 0:
            out[n, 0], out[n, 1], out[n, 2] = 0.0, 0.0, 1.0
            continue
        t = np.uint64(found[n])
        a, b, c = np.uint64(triangles[t, 0]), np.uint64(triangles[t, 1]), np.uint64(triangles[t, 2])
        ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
        bx, by, bz = points[b, 0] - ax, points[b, 1] - ay, points[b, 2] - az
        cx, cy, cz = points[c, 0] - ax, points[c, 1] - ay, points[c, 2] - az
        x, y, z = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
        length = math.sqrt(x * x + y * y + z * z)
        length = -length if z < 0.0 else length
        out[n, 0], out[n, 1], out[n, 2] = x / length, y / length, z / length


@njit(cache=True, nogil=True)
def _look_up(
    points: Floats,
    triangles: Indices,
    low: Floats,
    size: float,
    shape: tuple[int, int],
    starts: NDArray[np.int64],
    members: Indices,
    xy: Floats,
    heights: Floats,
    found: Indices,
) -> None:
    for n in range(xy.shape[0]):
        x, y = xy[n, 0], xy[n, 1]
        heights[n], found[n] = np.nan, -1
        across, up = (x - low[0]) / size, (y - low[1]) / size
        # The surface's own border lies on the border of the bins: places on it belong to the outermost bin.
        if not (-1e-6 <= across <= shape[1] + 1e-6 and -1e-6 <= up <= shape[0] + 1e-6):
            continue
        row, column = min(max(int(up), 0), shape[0] - 1), min(max(int(across), 0), shape[1] - 1)
        which = np.uint64(row * shape[1] + column)
        for k in range(np.uint64(starts[which]), np.uint64(starts[which + np.uint64(1)])):
            # Numbers alone and no rows of arrays: making those costs more than the sums.
            t = np.uint64(members[k])
            a, b, c = np.uint64(triangles[t, 0]), np.uint64(triangles[t, 1]), np.uint64(triangles[t, 2])
            ax, ay = points[a, 0], points[a, 1]
            bx, by, cx, cy = points[b, 0] - ax, points[b, 1] - ay, points[c, 0] - ax, points[c, 1] - ay
            area = bx * cy - cx * by
            v = ((x - ax) * cy - cx * (y - ay)) / area
            w = (bx * (y - ay) - (x - ax) * by) / area
            if v >= -_SLACK and w >= -_SLACK and v + w <= 1.0 + _SLACK:
                az = points[a, 2]
                height = az + v * (points[b, 2] - az) + w * (points[c, 2] - az)
                if found[n] < 0 or height > heights[n]:
                    heights[n], found[n] = height, t
