"""Grown plants, kept: a forest's prototypes are the same in every shot and after every change of fire or camera.

Growing some hundred of them takes three quarters of what such a change costs; reading them back, a tenth.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from usd_ai.generators.burning_forest.caches import CacheFolder
from usd_ai.generators.burning_forest.packed import load_packed, save_packed
from usd_ai.generators.burning_forest.program import growth_program
from usd_ai.generators.burning_forest.steps import silent
from usd_ai.sim.growth import MeshPart, PlantMesh, plant

Grow = Callable[[str, int, str, int], PlantMesh]
"""``grow(species, variant, state, lod)``: the mesh of one plant."""

_FILE = "plant.packed"
_ARRAYS = tuple(field.name for field in fields(MeshPart) if field.name not in {"name", "material"})
_NUMBERS = tuple(field.name for field in fields(PlantMesh) if field.name != "parts")


@dataclass(frozen=True, slots=True)
class KeptPlants:
    """Plants of one seed, grown where the cache does not hold them yet.

    ``versions``: releases of the libraries that decide bits, as a plan names them.
    """

    cache: str
    seed: int
    versions: tuple[tuple[str, str], ...]

    def grow(self, species: str, variant: int, state: str, lod: int) -> PlantMesh:
        """The mesh of one plant, bit for bit as `plant` grows it. Raises InvalidRequest as that does."""
        key: dict[str, object] = {
            "species": species,
            "variant": variant,
            "state": state,
            "lod": lod,
            "seed": str(self.seed),
            "growth": growth_program(),
            "versions": dict(self.versions),
            "file": _FILE,
        }
        entry = CacheFolder(self.cache).make(
            "plant", key, lambda at, _: _save(at / _FILE, plant(species, variant, state, lod, self.seed)), silent
        )
        return _load(entry / _FILE)


def _save(file: Path, mesh: PlantMesh) -> None:
    said = {
        "parts": [[part.name, part.material] for part in mesh.parts],
        "numbers": {name: float(getattr(mesh, name)) for name in _NUMBERS},
    }
    columns = {f"{number}.{name}": getattr(part, name) for number, part in enumerate(mesh.parts) for name in _ARRAYS}
    save_packed(file, json.dumps(said, sort_keys=True), columns)


def _load(file: Path) -> PlantMesh:
    text, columns = load_packed(file)
    said = json.loads(text)
    parts = tuple(
        MeshPart(name=name, material=material, **{array: columns[f"{number}.{array}"] for array in _ARRAYS})
        for number, (name, material) in enumerate(said["parts"])
    )
    return PlantMesh(parts=parts, **said["numbers"])
