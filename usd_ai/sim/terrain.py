"""The ground under a shot: heights of the host's mesh, land beyond its edge, and the outline of what stands on it."""

from __future__ import annotations

from usd_ai.sim._footprint import Footprint, footprint
from usd_ai.sim._heightfield import HeightField
from usd_ai.sim._skirt import SkirtMesh, point_normals, skirt

__all__ = ["Footprint", "HeightField", "SkirtMesh", "footprint", "point_normals", "skirt"]
