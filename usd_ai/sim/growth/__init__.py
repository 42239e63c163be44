"""Plants grown as branching geometry: trees, and what stands and lies between them.

`plant` gives a mesh for (species, variant, state, lod, seed); `SPECIES` tells a scatterer what there is.
"""

from __future__ import annotations

from usd_ai.sim.growth.individuals import AGES, variants_of
from usd_ai.sim.growth.model import MATERIALS, STATES, MaterialHint, MeshPart, PlantMesh, SpeciesForm
from usd_ai.sim.growth.plants import SPECIES, plant
from usd_ai.sim.growth.seasons import SEASONS, SUMMER, in_season, seasonal
from usd_ai.sim.growth.trees import IMPOSTOR

__all__ = [
    "AGES",
    "IMPOSTOR",
    "MATERIALS",
    "SEASONS",
    "SPECIES",
    "STATES",
    "SUMMER",
    "MaterialHint",
    "MeshPart",
    "PlantMesh",
    "SpeciesForm",
    "in_season",
    "plant",
    "seasonal",
    "variants_of",
]
