"""A coloured surface as the mesh part that growth hands out."""

from __future__ import annotations

import numpy as np

from usd_ai.sim.growth.model import MeshPart
from usd_ai.sim.growth.skeleton import I64
from usd_ai.sim.growth.tubes import Surface
from usd_ai.sim.growth.vectors import F64, cross, on_the_ground, unit
from usd_ai.sim.growth.wind import STILL, Wind


def bark_part(
    surface: Surface, albedo: F64, material: str, name: str = "bark", *, wind: Wind = STILL, glow: F64 | None = None
) -> MeshPart:
    """A coloured surface as a mesh part; ``glow`` [n] in kelvin."""
    triangle = surface.faces[:, 3] < 0
    return MeshPart(
        name,
        on_the_ground(surface.points).astype(np.float32),
        np.where(triangle, 3, 4).astype(np.int32),
        surface.faces.reshape(-1)[surface.faces.reshape(-1) >= 0].astype(np.int32),
        surface.uv.astype(np.float32),
        np.clip(albedo, 0.0, 1.0).astype(np.float32),
        surface.normals.astype(np.float32),
        material,
        surface.joints.astype(np.float32),
        wind.weights(surface.points, surface.joints).astype(np.float32),
        (np.zeros(len(surface.points)) if glow is None else glow).astype(np.float32),
    )


def smooth_normals(points: F64, faces: I64) -> F64:
    """Unit normals [n, 3] of points that triangles [f, 3] share, weighted by their areas."""
    a, b, c = (points[faces[:, corner]] for corner in range(3))
    flat = cross(b - a, c - a)
    total = np.zeros_like(points)
    for corner in range(3):
        for axis in range(3):
            total[:, axis] += np.bincount(faces[:, corner], flat[:, axis], len(points))
    return unit(total)
