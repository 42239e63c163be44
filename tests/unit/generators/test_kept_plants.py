from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from usd_ai.core.errors import InvalidRequest
from usd_ai.generators.burning_forest import kept_plants
from usd_ai.generators.burning_forest.kept_plants import KeptPlants
from usd_ai.sim.growth import MeshPart, PlantMesh, plant

WHICH = (("birch", 1, "burning", 2), ("snag", 0, "charred", 1), ("pine", 0, "green", 3), ("rock", 1, "green", 0))
VERSIONS = (("numpy", "2.4.6"),)


def same(one: PlantMesh, other: PlantMesh) -> bool:
    facts = [field.name for field in fields(PlantMesh) if field.name != "parts"]
    if any(getattr(one, name) != getattr(other, name) for name in facts) or len(one.parts) != len(other.parts):
        return False
    for a, b in zip(one.parts, other.parts, strict=True):
        for field in fields(MeshPart):
            own, held = getattr(a, field.name), getattr(b, field.name)
            if not isinstance(own, np.ndarray):
                if own != held:
                    return False
            elif own.dtype != held.dtype or own.tobytes() != held.tobytes():
                return False
    return True


@pytest.mark.parametrize("which", WHICH)
def test_when_a_plant_was_kept_then_it_is_read_back_bit_for_bit(
    which: tuple[str, int, str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown = plant(*which, 11)
    assert same(KeptPlants(str(tmp_path), 11, VERSIONS).grow(*which), grown)

    def never(*_: object) -> PlantMesh:
        raise AssertionError

    monkeypatch.setattr(kept_plants, "plant", never)
    assert same(KeptPlants(str(tmp_path), 11, VERSIONS).grow(*which), grown)


def test_when_the_seed_the_program_that_grows_or_a_library_differs_then_nothing_kept_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = WHICH[0]
    first = KeptPlants(str(tmp_path), 11, VERSIONS).grow(*which)
    assert not same(KeptPlants(str(tmp_path), 12, VERSIONS).grow(*which), first)
    monkeypatch.setattr(kept_plants, "growth_program", lambda: "another release")
    KeptPlants(str(tmp_path), 11, VERSIONS).grow(*which)
    KeptPlants(str(tmp_path), 11, (("numpy", "2.5.0"),)).grow(*which)
    assert len(list(tmp_path.glob("plant-*"))) == 4


def test_when_there_is_no_such_plant_then_nothing_is_kept(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest):
        KeptPlants(str(tmp_path), 11, VERSIONS).grow("palm", 0, "green", 1)
    assert not list(tmp_path.glob("plant-*"))
