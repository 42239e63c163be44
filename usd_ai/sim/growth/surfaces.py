"""A coloured surface as the mesh part that growth hands out."""

from __future__ import annotations

import numpy as np

from usd_ai.sim.growth.model import MeshPart
from usd_ai.sim.growth.tubes import Surface
from usd_ai.sim.growth.vectors import F64, on_the_ground


def bark_part(surface: Surface, albedo: F64, material: str, name: str = "bark") -> MeshPart:
    """A coloured surface as a mesh part."""
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
    )
