"""Plants grown as branching geometry: trees, and what stands and lies between them.

`plant` gives a mesh for (species, variant, state, lod, seed); `SPECIES` tells a scatterer what there is.
"""

from __future__ import annotations

from usd_ai.sim.growth.model import MATERIALS, STATES, MaterialHint, MeshPart, PlantMesh, SpeciesForm
from usd_ai.sim.growth.plants import SPECIES, plant

__all__ = ["MATERIALS", "SPECIES", "STATES", "MaterialHint", "MeshPart", "PlantMesh", "SpeciesForm", "plant"]
