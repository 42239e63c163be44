"""Which host meshes are the ground: the one asked for, or the largest upward-facing ones under the cameras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.stage.facts_meshes import HostMesh, Surface

_FLAT_ENOUGH = 0.3  # share of a mesh's area that faces up: a plane has 1, a slab 0.5, a ball 0.19, a cube 0.17
_STEEPEST = 0.5  # cosine of the steepest slope that counts as ground: 60 degrees
_NAMED = 4.0  # a mesh called ground needs a quarter of the area of one that is not
_COVERS = 3.0  # a mesh under every camera counts as one of four times its area
_TILE = 0.25  # share of the best score from which another mesh is a tile of the same ground
_NEVER = frozenset({"water", "building", "sky", "path"})
_RELUCTANTLY = frozenset({"rock"})

Grid = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Judged:
    mesh: HostMesh
    surface: Surface
    score: float


def find_ground(
    meshes: list[HostMesh], surface_of: Callable[[HostMesh], Surface | None], eyes: Grid, up: int
) -> list[HostMesh]:
    """The ground meshes, best first; none where no mesh qualifies.

    ``eyes``: float64 [n, 3], camera positions, host units. ``up``: 1 for Y-up, 2 for Z-up. A mesh qualifies when it
    is flat enough, larger than what stands on it, not above the cameras, and near them.
    """
    flat = [axis for axis in range(3) if axis != up]
    near = [mesh for mesh in meshes if mesh.role not in _NEVER and _near(mesh, eyes, flat, up)]
    near = [mesh for mesh in near if mesh.role not in _RELUCTANTLY] or near
    judged: list[_Judged] = []
    # The largest first: what cannot reach a quarter of the best by its bounds alone is not even read.
    best = 0.0
    for mesh in sorted(near, key=lambda m: (-_footprint(m, flat), m.path)):
        weight = (_NAMED if mesh.role == "ground" else 1.0) * (1.0 + _COVERS)
        if _footprint(mesh, flat) * weight < best * _TILE:
            continue
        surface = surface_of(mesh)
        score = 0.0 if surface is None else _score(mesh, surface, eyes, up)
        if surface is not None and score > 0.0:
            judged.append(_Judged(mesh, surface, score))
            best = max(best, score)
    judged.sort(key=lambda j: (-j.score, j.mesh.path))
    chosen = judged[:1]
    for other in judged[1:]:
        named = other.mesh.role == "ground" and chosen[0].mesh.role == "ground"
        apart = all(_overlap(other.mesh, taken.mesh, flat) < 0.5 for taken in chosen)  # noqa: PLR2004 - half of it
        if other.score >= _TILE * best and (named or apart):
            chosen.append(other)
    return [j.mesh for j in chosen]


def upward_area(surface: Surface, up: int) -> tuple[float, float]:
    """Horizontal area of the triangles that face up, and the area of all, in square host units.

    A mesh wound the wrong way round counts by its back: of both sides the larger is taken.
    """
    a, b, c = (surface.points[surface.triangles[:, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a) * 0.5
    areas = np.sqrt((normals * normals).sum(axis=1))
    rise = normals[:, up]
    gentle = np.abs(rise) > _STEEPEST * areas
    above = float(rise[gentle & (rise > 0)].sum())
    below = float(-rise[gentle & (rise < 0)].sum())
    return max(above, below), float(areas.sum())


def heights_below(surface: Surface, eyes: Grid, up: int) -> Grid:
    """Height of the surface under each eye (float64 [n]); NaN where there is none or only above it."""
    flat = [axis for axis in range(3) if axis != up]
    corners = surface.points[surface.triangles]
    plan = corners[:, :, flat]
    low, high = plan.min(axis=1), plan.max(axis=1)
    result = np.full(len(eyes), np.nan)
    for number, eye in enumerate(eyes):
        spot = eye[flat]
        hit = np.flatnonzero(((low <= spot) & (high >= spot)).all(axis=1))
        if len(hit) == 0:
            continue
        edge1, edge2 = plan[hit, 1] - plan[hit, 0], plan[hit, 2] - plan[hit, 0]
        reach = spot - plan[hit, 0]
        area = edge1[:, 0] * edge2[:, 1] - edge1[:, 1] * edge2[:, 0]
        safe = np.where(np.abs(area) > 0, area, np.inf)
        u = (reach[:, 0] * edge2[:, 1] - reach[:, 1] * edge2[:, 0]) / safe
        v = (edge1[:, 0] * reach[:, 1] - edge1[:, 1] * reach[:, 0]) / safe
        inside = (u >= 0) & (v >= 0) & (u + v <= 1) & np.isfinite(safe)
        tall = corners[hit, :, up]
        height = tall[:, 0] + u * (tall[:, 1] - tall[:, 0]) + v * (tall[:, 2] - tall[:, 0])
        under = height[inside & (height <= eye[up])]
        if len(under):
            result[number] = under.max()
    return result


def _score(mesh: HostMesh, surface: Surface, eyes: Grid, up: int) -> float:
    area, whole = upward_area(surface, up)
    if whole <= 0.0 or area < _FLAT_ENOUGH * whole:
        return 0.0
    covered = float(np.isfinite(heights_below(surface, eyes, up)).mean()) if len(eyes) else 0.0
    return area * (_NAMED if mesh.role == "ground" else 1.0) * (1.0 + _COVERS * covered)


def _footprint(mesh: HostMesh, flat: list[int]) -> float:
    size = (mesh.high - mesh.low)[flat]
    return float(size[0] * size[1])


def _near(mesh: HostMesh, eyes: Grid, flat: list[int], up: int) -> bool:
    """Not above all cameras, and some camera stands over it or not farther away than the mesh is wide."""
    if len(eyes) == 0:
        return True
    reach = float(np.linalg.norm((mesh.high - mesh.low)[flat]))
    gaps = np.maximum(np.maximum(mesh.low[flat] - eyes[:, flat], eyes[:, flat] - mesh.high[flat]), 0.0)
    return bool(mesh.low[up] <= eyes[:, up].max() and (np.sqrt((gaps * gaps).sum(axis=1)) <= reach).any())


def _overlap(one: HostMesh, other: HostMesh, flat: list[int]) -> float:
    """Share of the first one's footprint that lies in that of the other."""
    size = np.minimum(one.high[flat], other.high[flat]) - np.maximum(one.low[flat], other.low[flat])
    own = _footprint(one, flat)
    return float(np.prod(np.maximum(size, 0.0))) / own if own > 0.0 else 1.0
