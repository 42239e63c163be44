"""Land beyond the host's ground: it begins at the ground's own edge and ends in ridges on the horizon."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage, sparse
from scipy.spatial import Delaunay

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim._border import Border, continued, distances, trace
from usd_ai.sim._heightfield import Floats, HeightField, Indices
from usd_ai.sim._relief import carve, ridged, rolling
from usd_ai.sim.hashing import salt, uniform
from usd_ai.sim.scatter import MAX_DENSITY, Points, scatter

_CALM = 60.0  # metres from the border in which the land only carries the ground on
_GRID = 320  # cells across the relief
_STEPS = 60
_LATTICE = 2.0 / math.sqrt(3.0) * 1e4  # points a hectare of a lattice of 1 m
_VERTICES_PER_TRIANGLE = 0.5
_SPLITS = 12
_VALLEY = salt("skirt.valley")


@dataclass(frozen=True, slots=True)
class SkirtMesh:
    """Land around a ground.

    ``points`` float64 [n, 3] metres in sim space, ``triangles`` int32 [m, 3] counter-clockwise from above,
    ``normals`` float32 [n, 3], ``uv`` float32 [n, 2]: metres in x and y from the ground's middle, so that one texture
    scale serves near and far. The first ``border`` points lie on the ground's edge, exactly.
    """

    points: Floats
    triangles: Indices
    normals: NDArray[np.float32]
    uv: NDArray[np.float32]
    border: int
    field: HeightField

    def height(self, xy: ArrayLike) -> Floats:
        """Heights float64 [n] of this mesh at places [n, 2]; NaN on the host's ground and beyond the reach."""
        return self.field.height(xy)

    def inside(self, xy: ArrayLike) -> NDArray[np.bool_]:
        """Whether this mesh covers each place: bool [n]."""
        return self.field.inside(xy)


def skirt(
    field: HeightField, seed: int, reach_m: float = 2000.0, ridge_m: float = 150.0, triangles: int = 60_000
) -> SkirtMesh:
    """Land from the border of ``field`` out to ``reach_m`` metres beyond it, all around.

    It continues the border's heights and slope for 60 m, then rises to ridges about ``ridge_m`` high that stand
    between a quarter and three quarters of the reach, carved by rivers that run towards the ground and away from it.
    About ``triangles`` triangles, small at the border and growing with the distance. Holes within the ground stay.

    Raises InvalidRequest for a reach below 100 m, a negative ridge, or fewer than 2,000 triangles.
    """
    if not (reach_m >= 100.0 and ridge_m >= 0.0 and triangles >= 2000):
        raise InvalidRequest(
            f"Land of {reach_m:g} m reach, {ridge_m:g} m high, in {triangles} triangles cannot be made.",
            remedy="Give a reach of 100 m or more, a height of 0 or more, and at least 2000 triangles.",
        )
    middle = 0.5 * (field.low + field.high)
    radius = 0.5 * float(np.hypot(*(field.high - field.low)))
    border = trace(field)
    perimeter = float(border.lengths().sum())
    finest = max(perimeter / 1200.0, min(0.5, perimeter / 40.0))
    border = border.refined(finest * 1.5)
    budget = max(triangles * _VERTICES_PER_TRIANGLE - border.points.shape[0], 1000.0)
    fineness = _fineness(finest, perimeter, reach_m, budget)
    xy = _places(field, border, seed, (middle, radius), reach_m, fineness)
    border, corners = _triangulate(field, border, xy, middle)
    land = _land(border, xy, seed, (middle, radius), reach_m, ridge_m)
    points = np.concatenate([border.points, np.column_stack([xy, land])])
    points, corners, on_border = _compact(points, corners, border.points.shape[0])
    surface = HeightField.from_triangles(points, corners)
    uv = (points[:, :2] - middle).astype(np.float32)
    return SkirtMesh(points, corners, point_normals(points, corners), uv, on_border, surface)


@dataclass(frozen=True, slots=True)
class _Fineness:
    """Spacing of vertices, metres: ``finest`` at the border, ``growth`` more a metre off it, ``coarsest`` at most."""

    finest: float
    growth: float
    coarsest: float

    def at(self, distance: Floats) -> Floats:
        return np.minimum(self.finest + self.growth * np.maximum(distance, 0.0), self.coarsest)


def _fineness(finest: float, perimeter: float, reach: float, vertices: float) -> _Fineness:
    """The fineness that just uses the budget: half of it for the far land, whose crests are seen against the sky."""
    distance = np.concatenate([[0.0], np.geomspace(finest * 0.1, reach, 400)])
    rim = perimeter + 2.0 * math.pi * distance
    area = perimeter * reach + math.pi * reach * reach
    coarsest = max(2.0 * finest, math.sqrt(area * _LATTICE / 1e4 / (0.5 * vertices)))
    low, high = 1e-3, 1.0
    for _ in range(40):
        growth = 0.5 * (low + high)
        density = rim * (_LATTICE / 1e4) / _Fineness(finest, growth, coarsest).at(distance) ** 2
        count = float((0.5 * (density[1:] + density[:-1]) * np.diff(distance)).sum())
        low, high = (growth, high) if count > vertices else (low, growth)
    return _Fineness(finest, high, coarsest)


def _places(
    field: HeightField,
    border: Border,
    seed: int,
    circle: tuple[Floats, float],
    reach: float,
    fineness: _Fineness,
) -> Floats:
    """Places of the land's vertices off the border, float64 [n, 2]: blue noise that thins out with distance."""
    middle, radius = circle
    outer, size = radius + reach, radius + max(8.0 * fineness.finest, 0.05 * radius)
    found: list[Floats] = []
    inner = 0.0
    while True:
        # Square frames around the ground, each asked for with the density of its inner edge: points do not depend
        # on the region, so frames meet without a seam.
        size = min(size, outer)
        spacing = float(fineness.at(np.array(inner - radius)))
        points = scatter(
            (float(middle[0] - size), float(middle[1] - size)),
            (float(middle[0] + size), float(middle[1] + size)),
            seed,
            min(MAX_DENSITY, _LATTICE / spacing**2),
            "skirt",
        )
        offset = points.xy - middle
        beyond = np.max(np.abs(offset), axis=1) >= inner
        found.append(_kept(field, border, points.where(beyond & (np.hypot(*offset.T) < outer - spacing)), fineness))
        if size >= outer:
            break
        inner, size = size, radius + (size - radius) * 1.7
    count = max(48, int(2.0 * math.pi * outer / float(fineness.at(np.array(reach)))))
    turn = 2.0 * math.pi * np.arange(count) / count
    rim = np.stack([np.cos(turn), np.sin(turn)], axis=1) * outer + middle
    return np.concatenate([*found, np.round(rim, 6)])  # rounded: cosines differ between machines in the last bit


def _kept(field: HeightField, border: Border, points: Points, fineness: _Fineness) -> Floats:
    away = distances(border, points.xy)
    wanted = _LATTICE / fineness.at(away) ** 2
    # Closer to the border than this a vertex could come between two of its points and break an edge.
    keep = (points.level <= wanted) & (away > 0.8 * fineness.finest)
    keep[keep] = ~field.inside(points.xy[keep])
    return points.xy[keep]


def _triangulate(field: HeightField, border: Border, xy: Floats, middle: Floats) -> tuple[Border, Indices]:
    """Delaunay triangles outside the ground. Border edges that are not among them are cut in two until all are."""
    mesh, keys, wanted = _delaunay(border, xy, middle)
    for _ in range(_SPLITS):
        missing = ~np.isin(wanted, keys)
        if not bool(np.any(missing)):
            break
        border = border.split(missing)
        mesh, keys, wanted = _delaunay(border, xy, middle)
    simplices = np.asarray(mesh.simplices, dtype=np.int32)
    # Triangles hang together across edges that are not border edges; those that reach the rim are land.
    wall = np.isin(keys, wanted).reshape(-1, 3)
    neighbours = np.asarray(mesh.neighbors)
    triangle, side = np.nonzero((neighbours >= 0) & ~wall)
    links = sparse.coo_matrix(
        (np.ones(triangle.size, np.int8), (triangle, neighbours[triangle, side])), shape=(len(simplices),) * 2
    )
    _, group = sparse.csgraph.connected_components(links, directed=False)
    rim = np.unique(group[np.any(neighbours < 0, axis=1)])
    centres = np.asarray(mesh.points)[simplices].mean(axis=1) + middle
    land = np.isin(group, rim) & ~field.inside(centres)
    return border, simplices[land]


def _delaunay(border: Border, xy: Floats, middle: Floats) -> tuple[Delaunay, NDArray[np.int64], NDArray[np.int64]]:
    """The triangulation, the keys of its edges int64 [m * 3] and those of the border's edges int64 [e]."""
    places = np.concatenate([border.points[:, :2], xy]) - middle
    mesh = Delaunay(places)
    ends = np.sort(border.edges.astype(np.int64), axis=1)
    return mesh, _edge_keys(np.asarray(mesh.simplices), places.shape[0]), ends[:, 0] * places.shape[0] + ends[:, 1]


def _edge_keys(triangles: Indices, count: int) -> NDArray[np.int64]:
    """One number per edge, int64 [m * 3]; edge k of a triangle is the one opposite to its corner k."""
    corners = triangles.astype(np.int64)
    pairs = np.stack([corners[:, [1, 2]], corners[:, [2, 0]], corners[:, [0, 1]]], axis=1).reshape(-1, 2)
    pairs.sort(axis=1)
    return pairs[:, 0] * count + pairs[:, 1]


def _land(border: Border, xy: Floats, seed: int, circle: tuple[Floats, float], reach: float, ridge: float) -> Floats:
    """Heights float64 [n] of the land at places [n, 2]."""
    away = distances(border, xy)
    height = continued(border, xy, 0.5 * _CALM)
    swell = 0.5 * rolling(seed, xy, 45.0) * _ramp(away, 2.0, 40.0) + 0.1 * rolling(seed, xy, 9.0) * _ramp(
        away, 1.0, 9.0
    )
    middle, radius = circle
    outer = radius + reach
    cell = 2.0 * outer / (_GRID - 1)
    axis = np.arange(_GRID) * cell - outer
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2) + middle
    relief = _relief(border, grid, seed, middle, reach)
    relief *= ridge / max(float(np.quantile(relief, 0.995)), 1e-9)
    at = (xy - middle + outer) / cell
    hills = ndimage.map_coordinates(relief, [at[:, 1], at[:, 0]], order=3, mode="nearest")
    hills = np.maximum(hills, 0.0) * _ramp(away, _CALM, 3.0 * _CALM)
    return height + swell + hills


def _relief(border: Border, grid: Floats, seed: int, middle: Floats, reach: float) -> Floats:
    """Hills above the ground's level, float64 [_GRID, _GRID], before their height is set."""
    away = distances(border, grid)
    # The ground lies in a valley: hills stand near on both sides and far off at its two ends.
    turn = math.pi * float(uniform(seed, np.zeros(1, np.int64), _VALLEY)[0])
    offset = grid - middle
    along = np.abs(offset[:, 0] * round(math.cos(turn), 9) + offset[:, 1] * round(math.sin(turn), 9))
    length = np.hypot(*offset.T)
    off_axis = away * np.sqrt(1.0 - 0.75 * (along / np.maximum(length, 1e-9)) ** 2)
    rise = _ramp(off_axis, _CALM, 0.38 * reach) * (1.0 - 0.85 * _ramp(away, 0.75 * reach, 0.98 * reach))
    crest = ridged(seed, grid, 0.5 * reach) * rise
    held = ((off_axis < 1.5 * _CALM) | (away > 0.98 * reach)).reshape(_GRID, _GRID)
    held[[0, -1], :] = True
    held[:, [0, -1]] = True
    # The method's constants are for cells of 14 m; the land is scaled so that every reach is carved alike.
    start = (crest * 140.0).reshape(_GRID, _GRID)
    start[held] = 0.0
    return carve(start, (crest * 2.0).reshape(_GRID, _GRID), held, 14.0, _STEPS, 0.12)


def _ramp(value: Floats, low: float, high: float) -> Floats:
    share = np.clip((value - low) / (high - low), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def _compact(points: Floats, triangles: Indices, border: int) -> tuple[Floats, Indices, int]:
    """Without the points that no triangle uses, and how many of the first ``border`` remain."""
    used, corners = np.unique(triangles.ravel(), return_inverse=True)
    return points[used], corners.reshape(-1, 3).astype(np.int32), int(np.searchsorted(used, border))


def point_normals(points: Floats, triangles: Indices) -> NDArray[np.float32]:
    """Upward unit normals float32 [n, 3] at points float64 [n, 3], weighted by the areas of the triangles there."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    facets = np.cross(b - a, c - a)
    normals = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], facets)
    length = np.sqrt((normals * normals).sum(axis=1))
    normals[length == 0.0] = (0.0, 0.0, 1.0)
    return (normals / np.maximum(length, 1e-300)[:, np.newaxis]).astype(np.float32)
