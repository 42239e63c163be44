from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from pxr import Gf, Usd, UsdGeom, UsdShade

from tests.unit.stage.conftest import ROOT, Built, new_canvas
from usd_ai.cli.main import usd_ai
from usd_ai.core.errors import Conflict, InvalidRequest, NotFound, UnreadableInput
from usd_ai.stage.check import check_task
from usd_ai.stage.facts import read_facts_task
from usd_ai.stage.promote import array_overrides, check_overrides, promote, promoted_layer

BIG = 2**40
ARRAYS = """
over "grove"
{
    over "trees"
    {
        point3f[] positions = [(0, 0, 0), (1, 0, 0)]
        int[] protoIndices.timeSamples = {
            1001: [0, 0, 0],
        }
        float[] primvars:usdai:ignition = [1, 2, 3]
    }
}
"""
BY_ID = """
over "grove"
{
    over "trees" (
        prepend inactiveIds = [7]
    )
    {
        int64[] invisibleIds = [11]
        color3f[] primvars:displayColor = [(1, 0, 0)] (
            interpolation = "constant"
        )
    }
}
"""


def interface(built: Built) -> Path:
    return built.folder / f"{ROOT}.usda"


def shot(built: Built, *stronger: Path) -> Path:
    """A stage that sees what an artist wrote, above the generated layer."""
    stage = built.host.parent / f"looked_at_{len(list(built.host.parent.iterdir()))}.usda"
    layers = ", ".join(f"@{path}@" for path in (*stronger, interface(built)))
    stage.write_text(f"#usda 1.0\n(\n    subLayers = [{layers}]\n)\n", encoding="utf-8")
    return stage


def written(built: Built, name: str, text: str) -> Path:
    file = built.host.parent / name
    file.write_text(f"#usda 1.0\n{text}", encoding="utf-8")
    return file


def trees(stage: Usd.Stage) -> UsdGeom.PointInstancer:
    return UsdGeom.PointInstancer(stage.GetPrimAtPath(f"/{ROOT}/trees"))


def test_when_a_tree_is_promoted_then_a_prim_stands_in_its_place_and_the_instance_is_gone(built: Built) -> None:
    file = built.host.parent / "artist" / "mine.usda"
    made = promote(interface(built), [7, BIG], file)
    assert [(one.id, one.prim) for one in made] == [(7, "/grove_promoted/tree_7"), (BIG, f"/grove_promoted/tree_{BIG}")]
    stage = Usd.Stage.Open(str(shot(built, file)))
    assert not stage.GetCompositionErrors()
    instancer = trees(stage)
    for time in (1001, 1004):
        assert instancer.ComputeMaskAtTime(time) == [True, False, False]
        there = instancer.ComputeInstanceTransformsAtTime(
            time, time, UsdGeom.PointInstancer.ExcludeProtoXform, UsdGeom.PointInstancer.IgnoreMask
        )
        for row, one in zip((1, 2), made, strict=True):
            own = UsdGeom.XformCache(time).GetLocalToWorldTransform(stage.GetPrimAtPath(one.prim))
            np.testing.assert_allclose(np.array(own), np.array(there[row]), atol=1e-3)  # orientations are halves
    mesh = stage.GetPrimAtPath("/grove_promoted/tree_7/pine_1/bark")
    assert len(UsdGeom.Mesh(mesh).GetPointsAttr().Get()) == 4
    bound, _ = UsdShade.MaterialBindingAPI(mesh).ComputeBoundMaterial()
    assert bound.GetPath() == "/grove_promoted/materials/bark"
    assert bound.ComputeSurfaceSource()[0]


def test_when_a_tree_changes_in_the_shot_then_its_prim_shows_what_the_instance_showed(built: Built) -> None:
    file = built.host.parent / "mine.usda"
    promote(interface(built), [11, 7], file)
    stage = Usd.Stage.Open(str(shot(built, file)))
    for time, name in ((1001, "pine_0"), (1002, "pine_0"), (1003, "pine_1"), (1004, "pine_1")):
        children = stage.GetPrimAtPath("/grove_promoted/tree_11").GetChildren()
        seen = [c.GetName() for c in children if UsdGeom.Imageable(c).ComputeVisibility(time) == "inherited"]
        assert seen == [name]
    assert [c.GetName() for c in stage.GetPrimAtPath("/grove_promoted/tree_7").GetChildren()] == ["pine_1"]


def test_when_an_artist_moves_the_prim_then_the_layer_below_is_not_touched(built: Built) -> None:
    file = built.host.parent / "mine.usda"
    before = {path: path.read_bytes() for path in built.folder.rglob("*") if path.is_file()}
    promote(interface(built), [7], file)
    stage = Usd.Stage.Open(str(shot(built, file)))
    stage.SetEditTarget(stage.GetLayerStack()[1])
    stage.GetPrimAtPath("/grove_promoted/tree_7").GetAttribute("xformOp:translate").Set(Gf.Vec3d(50, 0, 0))
    own = UsdGeom.XformCache(1001).GetLocalToWorldTransform(stage.GetPrimAtPath("/grove_promoted/tree_7"))
    assert own.ExtractTranslation() == Gf.Vec3d(50, 0, 0)
    assert {path: path.read_bytes() for path in built.folder.rglob("*") if path.is_file()} == before


def test_when_the_layer_is_generated_again_in_another_order_then_the_same_tree_is_out(built: Built) -> None:
    file = built.host.parent / "mine.usda"
    promote(interface(built), [7], file)
    canvas = new_canvas()
    prototype = canvas.prototype("trees", "pine_1")
    canvas.mesh(f"{prototype}/bark", np.eye(3), np.array([3]), np.arange(3))
    canvas.instancer(
        "trees", prototypes=[prototype], ids=np.array([3, 5, 7, 11]), indices=np.zeros(4, int),
        positions=np.arange(12.0).reshape(4, 3), orientations=np.tile([1.0, 0, 0, 0], (4, 1)), scales=np.ones((4, 3)),
    )  # fmt: skip
    later = built.folder.parent / "v002"
    canvas.write(later)
    stage = shot(built, file, later / "payload.usdc")
    seen = Usd.Stage.Open(str(stage))
    assert trees(seen).ComputeMaskAtTime(1001) == [True, True, False, True]
    mesh = UsdGeom.Mesh(seen.GetPrimAtPath("/grove_promoted/tree_7/pine_1/bark"))
    assert len(mesh.GetPointsAttr().Get()) == 4  # of the version it was promoted from


def test_when_a_promoted_layer_lies_in_the_host_then_the_host_has_no_prims_of_ours(built: Built) -> None:
    file = built.host.parent / "mine.usda"
    promote(interface(built), [7], file)
    text = built.host.read_text(encoding="utf-8").replace("(\n", f"(\n    subLayers = [@./{file.name}@]\n", 1)
    host = built.host.with_name("host.usda")
    host.write_text(text, encoding="utf-8")
    facts = read_facts_task(
        str(host), (1001, 1004), "", "/set/ground", 0.0, "", str(built.host.parent / "arrays"), str(built.host.parent)
    )
    assert ROOT not in facts.root_prims
    assert not facts.obstacles
    assert not facts.warnings


@pytest.mark.parametrize(
    ("ids", "instancer", "says"),
    [([8], "", "has the id 8"), ([7], "shrubs", "It has: trees"), ([2**40 + 1], "trees", str(2**40))],
)
def test_when_what_is_asked_is_not_there_then_the_refusal_says_what_is(
    built: Built, ids: list[int], instancer: str, says: str
) -> None:
    with pytest.raises(NotFound) as refused:
        promote(interface(built), ids, built.host.parent / "mine.usda", instancer)
    assert says in str(refused.value)


@pytest.mark.parametrize("name", ["mine.usdc", "mine.txt", "mine"])
def test_when_the_file_to_write_is_no_usda_then_it_is_refused_and_nothing_is_written(built: Built, name: str) -> None:
    with pytest.raises(InvalidRequest, match=r"\.usda"):
        promote(interface(built), [7], built.host.parent / name)
    assert not (built.host.parent / name).exists()


def test_when_it_is_only_tried_then_the_same_file_is_refused(built: Built) -> None:
    file = written(built, "mine.usda", "# an evening's work\n")
    with pytest.raises(Conflict, match="already"):
        promoted_layer(interface(built), [7], file)
    with pytest.raises(InvalidRequest, match=r"\.usda"):
        promoted_layer(interface(built), [7], file.with_suffix(".usdc"))


def test_when_an_id_is_larger_than_any_then_it_is_not_found(built: Built) -> None:
    with pytest.raises(NotFound, match=str(2**80)):
        promote(interface(built), [7, 2**80], built.host.parent / "mine.usda")


def test_when_the_file_is_there_already_then_it_is_left_alone(built: Built) -> None:
    file = written(built, "mine.usda", "# an evening's work\n")
    with pytest.raises(Conflict, match="already"):
        promote(interface(built), [7], file)
    assert "evening" in file.read_text(encoding="utf-8")
    with pytest.raises(UnreadableInput):
        promote(built.folder / "nothing.usda", [7], built.host.parent / "other.usda")


def test_when_a_stronger_layer_replaces_arrays_then_each_is_listed_and_ids_are_not(built: Built) -> None:
    arrays, by_id = written(built, "arrays.usda", ARRAYS), written(built, "by_id.usda", BY_ID)
    found = check_overrides(shot(built, by_id, arrays))
    assert [(one.attribute, one.count, one.instances) for one in found] == [
        ("positions", 2, 3),
        ("protoIndices", 3, 3),
        ("primvars:usdai:ignition", 3, 3),
    ]
    assert all("arrays.usda" in one.sentence and "inactiveIds" in one.sentence for one in found)
    assert array_overrides(Usd.Stage.Open(str(shot(built, by_id)))) == ()


def test_when_a_studio_has_an_instancer_of_its_own_then_it_is_none_of_our_business(built: Built) -> None:
    own = written(built, "own.usda", 'def PointInstancer "rocks"\n{\n    point3f[] positions = [(0, 0, 0)]\n}\n')
    stronger = written(built, "lay.usda", 'over "rocks"\n{\n    point3f[] positions = [(9, 0, 0)]\n}\n')
    assert check_overrides(shot(built, stronger, own)) == ()


def test_when_the_host_replaces_arrays_then_the_check_of_a_new_layer_warns(built: Built) -> None:
    built.host.write_text(built.host.read_text(encoding="utf-8") + ARRAYS, encoding="utf-8")
    found = [
        f for f in check_task(str(built.folder), built.layer, str(built.host), built.facts) if f.rule == "overrides"
    ]
    assert {f.severity for f in found} == {"warning"}
    assert any("positions" in f.message for f in found)


def test_when_overrides_are_listed_from_the_command_line_then_the_exit_code_says_it(built: Built) -> None:
    arrays = written(built, "arrays.usda", ARRAYS)
    told = CliRunner().invoke(usd_ai, ["promote", "--check", str(shot(built, arrays)), "--json"])
    assert told.exit_code == 4
    assert [one["attribute"] for one in json.loads(told.output)["overrides"]][:2] == ["positions", "protoIndices"]
    clean = CliRunner().invoke(usd_ai, ["promote", "--check", str(shot(built))])
    assert clean.exit_code == 0
    assert "Nothing" in clean.output
    assert CliRunner().invoke(usd_ai, ["promote", "sh010"]).exit_code == 2
