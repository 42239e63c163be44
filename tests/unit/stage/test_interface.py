from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pxr import Usd, UsdGeom, UsdLux, UsdMedia

from usd_ai.core.digest import sha256_bytes
from usd_ai.core.errors import CheckRejected
from usd_ai.stage.interface import write_interface_task
from usd_ai.stage.stamps import instance_name, strip_authorship

if TYPE_CHECKING:
    from tests.unit.stage.conftest import Built

PLAN = '{"generator":"test"}'


def text_of(built: Built) -> str:
    return (built.folder / "grove.usda").read_text(encoding="utf-8")


def test_when_the_interface_is_opened_then_it_shows_the_layer_without_loading_it(built: Built) -> None:
    stage = Usd.Stage.Open(str(built.folder / "grove.usda"), Usd.Stage.LoadNone)
    root = stage.GetDefaultPrim()
    assert (root.GetPath(), Usd.ModelAPI(root).GetKind()) == ("/grove", "assembly")
    assert Usd.ModelAPI(root).GetAssetName() == "grove"
    assert Usd.ModelAPI(root).GetAssetVersion() == ""
    assert (UsdGeom.GetStageMetersPerUnit(stage), UsdGeom.GetStageUpAxis(stage)) == (0.01, "Y")
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode(), stage.GetTimeCodesPerSecond()) == (1001, 1004, 24)
    assert root.HasPayload()
    assert not root.IsInstanceable()
    hint = np.array(root.GetAttribute("extentsHint").Get())
    assert (hint[0] <= [0, 0, -20]).all()
    assert (hint[1] >= [150, 300, 100]).all()
    lights = UsdLux.LightListAPI(root).ComputeLightList(UsdLux.LightListAPI.ComputeModeConsultModelHierarchyCache)
    assert [str(path) for path in lights] == ["/grove/fire/lights/light_00"]


def test_when_fire_is_switched_off_then_fire_and_its_lights_are_gone_and_trees_stay(built: Built) -> None:
    stage = Usd.Stage.Open(str(built.folder / "grove.usda"))
    root = stage.GetDefaultPrim()
    assert root.GetVariantSet("fire").GetVariantSelection() == "on"
    assert stage.GetPrimAtPath("/grove/fire").IsActive()
    root.GetVariantSet("fire").SetVariantSelection("off")
    assert not stage.GetPrimAtPath("/grove/fire").IsActive()
    assert stage.GetPrimAtPath("/grove/trees").IsActive()
    lights = UsdLux.LightListAPI(root).ComputeLightList(UsdLux.LightListAPI.ComputeModeIgnoreCache)
    assert len(lights) == 0


def test_when_a_lighter_asks_a_collection_then_it_holds_what_it_is_called(built: Built) -> None:
    stage = Usd.Stage.Open(str(built.folder / "grove.usda"))
    root = stage.GetDefaultPrim()
    for name, inside, outside in (
        ("generated", "/grove/trees", "/elsewhere"),
        ("fireLights", "/grove/fire/lights/light_00", "/grove/fire/embers"),
        ("fire", "/grove/fire/flames/flame_0000", "/grove/trees"),
        ("vegetation", "/grove/trees", "/grove/fire"),
    ):
        query = Usd.CollectionAPI(root, name).ComputeMembershipQuery()
        assert query.IsPathIncluded(inside), name
        assert not query.IsPathIncluded(outside), name


def test_when_a_prim_is_asked_who_made_it_then_the_record_answers(built: Built) -> None:
    stage = Usd.Stage.Open(str(built.folder / "grove.usda"))
    name = instance_name(built.run.record_id)
    assert name == "run_123e4567"
    for path in ("/grove", "/grove/trees", "/grove/trees/Prototypes/pine_0", "/grove/fire/flames/flame_0000"):
        record = UsdMedia.AuthorshipAPI(stage.GetPrimAtPath(path), name)
        assert record.GetInstanceIDAttr().Get() == built.run.record_id
        assert list(record.GetCreatorAttr().Get()) == ["ada"]
        assert record.GetCreatedAttr().Get() == "2026-11-22T10:00:01.000Z"
    inputs = list(UsdMedia.AuthorshipAPI(stage.GetPrimAtPath("/grove"), name).GetInputsAttr().Get())
    pairs = dict(zip(inputs[::2], inputs[1::2], strict=True))
    assert pairs["plan"] == f"sha256:{sha256_bytes(PLAN.encode())}"
    assert pairs["layer"] == f"sha256:{built.layer.sha256}"
    assert pairs["cut editorial/cut.edl"] == f"sha256:{'ab' * 32}"


def test_when_a_prototype_is_referenced_by_itself_then_its_record_travels(built: Built) -> None:
    stage = Usd.Stage.CreateInMemory()
    prim = stage.DefinePrim("/tree")
    prim.GetReferences().AddReference(str(built.folder / "grove.usda"), "/grove/trees/Prototypes/pine_0")
    assert prim.GetAttribute("authorship:run_123e4567:instanceID").Get() == built.run.record_id


def test_when_a_plan_runs_again_then_the_interfaces_differ_only_in_authorship(built: Built) -> None:
    first = text_of(built)
    again = replace(built.run, record_id="99999999-e89b-12d3-a456-426614174000", operator="", ended="2027", inputs=())
    write_interface_task(str(built.folder), built.layer, PLAN, built.facts, again)
    second = text_of(built)
    assert first != second
    assert strip_authorship(first) == strip_authorship(second)
    assert "authorship" not in strip_authorship(first).lower()
    assert "variantSet" in strip_authorship(first)


def test_when_authorship_is_taken_off_then_another_difference_still_shows(built: Built) -> None:
    first = text_of(built)
    assert strip_authorship(first) != strip_authorship(first.replace('kind = "assembly"', 'kind = "group"'))


def test_when_the_payload_has_no_such_root_then_there_is_no_interface(built: Built) -> None:
    with pytest.raises(CheckRejected, match="no root prim"):
        write_interface_task(str(built.folder), replace(built.layer, root="wood"), PLAN, built.facts, built.run)
