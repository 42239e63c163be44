"""Stones: a subdivided icosahedron, worn by noise and cut by a few planes, as frost breaks granite."""

from __future__ import annotations

import numpy as np

from usd_ai.sim.growth import bark
from usd_ai.sim.growth.model import PlantMesh
from usd_ai.sim.growth.noise import fractal_noise, value_noise
from usd_ai.sim.growth.skeleton import I64
from usd_ai.sim.growth.surfaces import bark_part, smooth_normals
from usd_ai.sim.growth.tubes import Surface
from usd_ai.sim.growth.vectors import F64, unit
from usd_ai.sim.hashing import salt, uniform, uniform3

_CUT = salt("growth.stone.cut")
_SHAPE = salt("growth.stone.shape")
# fmt: off
_ICOSAHEDRON = (
    0, 11, 5,  0, 5, 1,  0, 1, 7,  0, 7, 10,  0, 10, 11,  1, 5, 9,  5, 11, 4,  11, 10, 2,  10, 7, 6,  7, 1, 8,
    3, 9, 4,  3, 4, 2,  3, 2, 6,  3, 6, 8,  3, 8, 9,  4, 9, 5,  2, 4, 11,  6, 2, 10,  8, 6, 7,  9, 8, 1,
)  # corners of its 20 faces, counter-clockwise from outside
# fmt: on
_GOLDEN = 0.5 * (1.0 + 5.0**0.5)


def _icosphere(rounds: int) -> tuple[F64, I64]:
    # The corners of an icosahedron are three golden rectangles, one in each plane of the axes.
    g = _GOLDEN
    flat = [(-1.0, g), (1.0, g), (-1.0, -g), (1.0, -g)]
    points = np.array([np.roll((x, y, 0.0), turn) for turn in range(3) for x, y in flat])
    faces = np.array(_ICOSAHEDRON, np.int64).reshape(-1, 3)
    for _ in range(rounds):
        edges = np.sort(np.concatenate((faces[:, :2], faces[:, 1:], faces[:, ::2])), axis=1)
        unique, where = np.unique(edges, axis=0, return_inverse=True)
        middle = where.reshape(3, -1) + len(points)
        points = np.concatenate((points, 0.5 * (points[unique[:, 0]] + points[unique[:, 1]])))
        a, b, c = faces.T
        ab, bc, ca = middle
        corners = ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))
        faces = np.concatenate([np.stack(corner, axis=1) for corner in corners])
    return unit(points), faces


def rock(seed: int, size: float, state: str, lod: int) -> PlantMesh:
    """A boulder ``size`` metres across, a third of it in the ground. Fire leaves soot on its lower part."""
    sphere, faces = _icosphere(3 if lod == 0 else 2)
    shape = 0.75 + 0.5 * uniform3(seed, np.zeros(1, np.int64), _SHAPE)[0]
    points = sphere * (0.86 + 0.3 * fractal_noise(seed, sphere * 1.3 + 9.0, 3)[:, np.newaxis])
    number = np.arange(7, dtype=np.int64)
    cut = unit(uniform3(seed, number, _CUT) * 2.0 - 1.0 + 1e-3)
    depth = 0.62 + 0.3 * uniform(seed, number, _CUT)
    for normal, distance in zip(cut, depth, strict=True):
        over = np.maximum(np.sum(points * normal, axis=1) - distance, 0.0)
        points = points - 0.88 * over[:, np.newaxis] * normal
    points += sphere * (0.035 * (fractal_noise(seed + 1, sphere * 7.0, 2) - 0.5))[:, np.newaxis]
    points = points * shape * np.array((1.0, 1.0, 0.72)) * (0.5 * size)
    points[:, 2] += 0.12 * size
    normals = smooth_normals(points, faces)
    living = _lichen(seed, points / size, normals)
    tone = 0.75 * living + 0.25 * bark.blackened(seed, living, points, normals, state)
    closed = np.concatenate((faces, np.full((len(faces), 1), -1)), axis=1)
    uv = np.stack((np.arctan2(sphere[:, 1], sphere[:, 0]) * 0.5 * size, points[:, 2]), axis=1)
    zero = np.zeros(len(points))
    surface = Surface(points, normals, uv, zero, zero, np.zeros(len(points), np.int64), 0.0 * points, closed)
    part = bark_part(surface, tone, "stone", "stone")
    radius = float(np.hypot(points[:, 0], points[:, 1]).max())
    return PlantMesh((part,), float(points[:, 2].max()), radius, 0.0, 0.0)


def _lichen(seed: int, places: F64, normals: F64) -> F64:
    speck = value_noise(seed + 2, places * 26.0)[:, np.newaxis]
    granite = np.array((0.2, 0.19, 0.18)) * (0.6 + 0.8 * speck)
    patch = fractal_noise(seed + 3, places * 4.0, 3)[:, np.newaxis]
    pale = np.clip((patch - 0.55) * 7.0, 0.0, 0.7)
    color = granite * (1.0 - pale) + np.array((0.33, 0.34, 0.27)) * pale
    damp = fractal_noise(seed + 4, places * 3.0, 2)[:, np.newaxis] + 0.3 * normals[:, 2:]
    moss = np.clip((damp - 0.7) * 6.0, 0.0, 0.85)
    return color * (1.0 - moss) + np.array((0.07, 0.1, 0.027)) * (0.7 + 0.6 * speck) * moss
