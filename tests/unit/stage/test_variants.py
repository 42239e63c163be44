from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pxr import Usd, UsdLux

from usd_ai.stage.interface import write_interface_task

if TYPE_CHECKING:
    from tests.unit.stage.conftest import Built


def _open(built: Built, **chosen: str) -> Usd.Stage:
    stage = Usd.Stage.Open(str(built.folder / "grove.usda"))
    for name, choice in chosen.items():
        assert stage.GetDefaultPrim().GetVariantSet(name).SetVariantSelection(choice)
    return stage


def _shown(stage: Usd.Stage, frame: float = 1004.0) -> list[int]:
    return list(stage.GetPrimAtPath("/grove/trees").GetAttribute("protoIndices").Get(frame))


def _active(stage: Usd.Stage) -> set[str]:
    return {name for name in ("fire", "smoke", "trees") if stage.GetPrimAtPath(f"/grove/{name}").IsActive()}


def _lights(stage: Usd.Stage) -> int:
    mode = UsdLux.LightListAPI.ComputeModeConsultModelHierarchyCache
    return len(UsdLux.LightListAPI(stage.GetDefaultPrim()).ComputeLightList(mode))


def test_when_the_layer_is_opened_then_its_sets_are_offered_and_the_story_is_shown(built: Built) -> None:
    stage = _open(built)
    root = stage.GetDefaultPrim()
    assert root.GetVariantSets().GetNames() == ["fire", "burn", "smoke", "detail"]
    assert {name: root.GetVariantSet(name).GetVariantSelection() for name in root.GetVariantSets().GetNames()} == {
        "fire": "on",
        "burn": "story",
        "smoke": "on",
        "detail": "full",
    }
    assert (_shown(stage, 1001), _shown(stage)) == ([0, 1, 0], [1, 1, 1])
    assert (_active(stage), _lights(stage)) == ({"fire", "smoke", "trees"}, 1)


@pytest.mark.parametrize(
    ("chosen", "shown", "active", "lights"),
    [
        ({"fire": "off"}, [0, 0, 0], {"trees"}, 0),
        ({"burn": "before"}, [0, 0, 0], {"trees"}, 0),
        ({"burn": "after"}, [1, 1, 1], {"smoke", "trees"}, 0),
        ({"burn": "after", "fire": "off"}, [0, 0, 0], {"trees"}, 0),
        ({"burn": "after", "smoke": "off"}, [1, 1, 1], {"trees"}, 0),
        ({"smoke": "off"}, [1, 1, 1], {"fire", "trees"}, 1),
        ({"detail": "medium"}, [0, 0, 1], {"fire", "smoke", "trees"}, 1),
        ({"detail": "light"}, [0, 0, 0], {"fire", "smoke", "trees"}, 1),
        ({"detail": "light", "burn": "after"}, [1, 0, 0], {"smoke", "trees"}, 0),
        ({"detail": "medium", "fire": "off", "burn": "after"}, [0, 0, 1], {"trees"}, 0),
    ],
)
def test_when_variants_are_chosen_then_each_does_its_part_and_fire_off_wins(
    built: Built, chosen: dict[str, str], shown: list[int], active: set[str], lights: int
) -> None:
    stage = _open(built, **chosen)
    assert _shown(stage) == shown
    assert _active(stage) == active
    assert _lights(stage) == lights


def test_when_the_fire_is_off_then_nobody_knows_of_an_ignition_and_species_stay(built: Built) -> None:
    stage = _open(built, fire="off")
    trees = stage.GetPrimAtPath("/grove/trees")
    assert trees.GetAttribute("primvars:usdai:ignition").Get() is None
    assert np.array(trees.GetAttribute("primvars:usdai:species").Get()).tolist() == [0, 1, 0]
    stage.GetDefaultPrim().GetVariantSet("fire").SetVariantSelection("on")
    assert trees.GetAttribute("primvars:usdai:ignition").Get()[0] == pytest.approx(1.5)


def test_when_variants_are_chosen_then_ids_and_places_of_instances_stay(built: Built) -> None:
    def instances(stage: Usd.Stage) -> list[Any]:
        trees = stage.GetPrimAtPath("/grove/trees")
        return [np.array(trees.GetAttribute(name).Get()).tolist() for name in ("ids", "positions", "scales")]

    assert instances(_open(built, fire="off", detail="light")) == instances(_open(built))


def test_when_the_states_are_not_there_then_only_what_can_be_switched_is_offered(built: Built) -> None:
    (built.folder / "states.usdc").unlink()
    write_interface_task(str(built.folder), built.layer, "{}", built.facts, built.run)
    stage = _open(built)
    assert stage.GetDefaultPrim().GetVariantSets().GetNames() == ["fire", "smoke"]
    assert _lights(stage) == 1
    assert _lights(_open(built, fire="off")) == 0
