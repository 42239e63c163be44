"""Every rule of the check is shown to fire by breaking one thing in a layer that passes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pxr import Sdf, Usd, Vt

from usd_ai.core.types import Finding, FrameRange
from usd_ai.stage.check import RULES, check_task

if TYPE_CHECKING:
    from tests.unit.stage.conftest import Built

Edit = Callable[[Sdf.Layer], None]


def check(built: Built) -> tuple[Finding, ...]:
    return check_task(str(built.folder), built.layer, str(built.host), built.facts)


def rewritten(built: Built, name: str, edit: Edit) -> None:
    """Change a file of the layer and list the files anew."""
    path = built.folder / name
    layer = Sdf.Layer.OpenAsAnonymous(str(path))
    edit(layer)
    unfinished = path.with_name(f"new{path.suffix}")
    layer.Export(str(unfinished))
    os.replace(unfinished, path)  # noqa: PTH105 - a new inode, as publishing does it
    built.relist()


def value(path: str, new: object) -> Edit:
    return lambda layer: setattr(layer.GetAttributeAtPath(path), "default", new)


def sample(path: str, frame: float, new: object) -> Edit:
    return lambda layer: layer.SetTimeSample(path, frame, new)


def without(path: str) -> Edit:
    def edit(layer: Sdf.Layer) -> None:
        spec = layer.GetPropertyAtPath(path)
        spec.owner.RemoveProperty(spec)

    return edit


def info(key: str, new: object, path: str = "/") -> Edit:
    return lambda layer: layer.GetPrimAtPath(path).SetInfo(key, new)


def prim(path: str) -> Edit:
    return lambda layer: Sdf.CreatePrimInLayer(layer, path) and None


def target(path: str, new: str) -> Edit:
    return lambda layer: setattr(layer.GetRelationshipAtPath(path).targetPathList, "explicitItems", [Sdf.Path(new)])


def unlisted_volume(layer: Sdf.Layer) -> None:
    layer.SetTimeSample(f"{FLAME}/density.filePath", 1001.0, Sdf.AssetPath("./vdb/other.vdb"))


def loose_material(layer: Sdf.Layer) -> None:
    layer.GetPrimAtPath(f"{BARK}").ClearInfo("apiSchemas")


TREES, FLAME, EMBERS = "/grove/trees", "/grove/fire/flames/flame_0000", "/grove/fire/embers"
BARK = f"{TREES}/Prototypes/pine_0/bark"
NAN = float("nan")

PAYLOAD, INTERFACE = "payload.usdc", "grove.usda"

BREAKS: list[tuple[str, str, str, Edit]] = [
    ("ids", "two instances share an id", PAYLOAD, value(f"{TREES}.ids", Vt.Int64Array([1, 1, 2]))),
    ("ids", "two points share an id", PAYLOAD, sample(f"{EMBERS}.ids", 1002, Vt.Int64Array([4, 4]))),
    ("ids", "instances have no ids", PAYLOAD, without(f"{TREES}.ids")),
    ("lengths", "one position too few", PAYLOAD, value(f"{TREES}.positions", Vt.Vec3fArray(2))),
    ("lengths", "one prototype index too few", PAYLOAD, sample(f"{TREES}.protoIndices", 1003, Vt.IntArray([1, 1]))),
    ("lengths", "one primvar too few", PAYLOAD, value(f"{TREES}.primvars:usdai:species", Vt.IntArray([1]))),
    ("lengths", "one width too many", PAYLOAD, sample(f"{EMBERS}.widths", 1002, Vt.FloatArray([1, 1, 1]))),
    ("lengths", "faces and corners differ", PAYLOAD, value(f"{BARK}.faceVertexCounts", Vt.IntArray([3, 4]))),
    ("lengths", "one normal too few", PAYLOAD, value(f"{BARK}.normals", Vt.Vec3fArray(5))),
    ("lengths", "one uv too few", PAYLOAD, value(f"{BARK}.primvars:st", Vt.Vec2fArray(3))),
    (
        "indices",
        "a prototype that is not there",
        PAYLOAD,
        sample(f"{TREES}.protoIndices", 1003, Vt.IntArray([1, 2, 1])),
    ),
    ("indices", "a negative prototype", PAYLOAD, sample(f"{TREES}.protoIndices", 1001, Vt.IntArray([0, -1, 0]))),
    (
        "indices",
        "a corner without a point",
        PAYLOAD,
        value(f"{BARK}.faceVertexIndices", Vt.IntArray([0, 1, 2, 0, 2, 9])),
    ),
    (
        "finite",
        "a NaN position",
        PAYLOAD,
        value(f"{TREES}.positions", Vt.Vec3fArray([(0, 0, 0), (NAN, 0, 0), (0, 0, -10)])),
    ),
    ("finite", "an infinite ember", PAYLOAD, sample(f"{EMBERS}.points", 1004, Vt.Vec3fArray([(0, float("inf"), 0)]))),
    ("finite", "a NaN ignition", PAYLOAD, value(f"{TREES}.primvars:usdai:ignition", Vt.FloatArray([1, NAN, 2]))),
    ("finite", "a NaN light", PAYLOAD, sample("/grove/fire/lights/light_00.inputs:intensity", 1001, NAN)),
    ("extent", "no extent on the instancer", PAYLOAD, without(f"{TREES}.extent")),
    ("extent", "no extent on the volume", PAYLOAD, without(f"{FLAME}.extent")),
    (
        "extent",
        "an extent that cuts trees off",
        PAYLOAD,
        value(f"{TREES}.extent", Vt.Vec3fArray([(0, 0, 0), (1, 1, 1)])),
    ),
    (
        "extent",
        "an extent that cuts a mesh off",
        PAYLOAD,
        value(f"{BARK}.extent", Vt.Vec3fArray([(0, 0, 0), (1, 0.5, 1)])),
    ),
    ("extent", "an extent turned inside out", PAYLOAD, value(f"{FLAME}.extent", Vt.Vec3fArray([(1, 1, 1), (0, 0, 0)]))),
    (
        "extent",
        "an extentsHint that cuts the layer off",
        INTERFACE,
        value("/grove.extentsHint", Vt.Vec3fArray([(0, 0, 0), (1, 1, 1)])),
    ),
    ("extent", "no extentsHint", INTERFACE, without("/grove.extentsHint")),
    ("units", "another unit", PAYLOAD, info("metersPerUnit", 1.0)),
    ("units", "another unit outside", INTERFACE, info("metersPerUnit", 1.0)),
    ("units", "another axis", PAYLOAD, info("upAxis", "Z")),
    ("units", "other time codes", INTERFACE, info("timeCodesPerSecond", 25.0)),
    ("units", "another range", PAYLOAD, info("endTimeCode", 1100.0)),
    ("units", "no unit at all", PAYLOAD, lambda layer: layer.pseudoRoot.ClearInfo("metersPerUnit")),
    ("time", "a sample before the range", PAYLOAD, sample(f"{TREES}.protoIndices", 900, Vt.IntArray([0, 0, 0]))),
    (
        "time",
        "a volume two frames after",
        PAYLOAD,
        sample(f"{FLAME}/density.filePath", 1006, Sdf.AssetPath("./vdb/flame.1001.vdb")),
    ),
    ("path", "an absolute path", PAYLOAD, sample(f"{FLAME}/density.filePath", 1001, Sdf.AssetPath("/job/a.vdb"))),
    ("path", "a backslash", PAYLOAD, sample(f"{FLAME}/density.filePath", 1001, Sdf.AssetPath("vdb\\a.vdb"))),
    (
        "path",
        "a path out of the folder",
        PAYLOAD,
        sample(f"{FLAME}/density.filePath", 1001, Sdf.AssetPath("../v000/a.vdb")),
    ),
    (
        "path",
        "a folder of somebody in metadata",
        PAYLOAD,
        info("customData", {"scene": "/home/ada/scene.hip"}, "/grove"),
    ),
    (
        "path",
        "an anonymous layer in metadata",
        INTERFACE,
        lambda layer: setattr(layer, "customLayerData", {"usd_ai": {"layer": "grove", "from": "anon:0x1:x"}}),
    ),
    ("files", "a volume that is nowhere", PAYLOAD, unlisted_volume),
    ("root", "a prim beside the root", PAYLOAD, prim("/other")),
    ("root", "an opinion about a host prim", INTERFACE, prim("/set/ground")),
    ("root", "a binding to a host prim", PAYLOAD, target(f"{BARK}.material:binding", "/set")),
    ("root", "a sublayer", INTERFACE, lambda layer: layer.subLayerPaths.append("./payload.usdc")),
    (
        "root",
        "an instanceable root",
        INTERFACE,
        lambda layer: setattr(layer.GetPrimAtPath("/grove"), "instanceable", True),
    ),
    ("root", "another default prim", INTERFACE, info("defaultPrim", "other")),
    ("authorship", "an unstamped root", INTERFACE, without("/grove.authorship:run_123e4567:instanceID")),
    (
        "authorship",
        "an unstamped prototype",
        INTERFACE,
        without(f"{TREES}/Prototypes/pine_1.authorship:run_123e4567:instanceID"),
    ),
    ("validators", "a material binding without its API", PAYLOAD, loose_material),
]


def test_when_nothing_is_broken_then_there_is_nothing_to_say(built: Built) -> None:
    assert check(built) == ()


@pytest.mark.parametrize("name", [PAYLOAD, INTERFACE])
def test_when_a_file_is_only_written_again_then_there_is_still_nothing_to_say(built: Built, name: str) -> None:
    rewritten(built, name, lambda _: None)
    assert check(built) == ()


@pytest.mark.parametrize(("rule", "what", "name", "edit"), BREAKS, ids=[what for _, what, _, _ in BREAKS])
def test_when_one_thing_is_broken_then_its_rule_fires(
    built: Built, rule: str, what: str, name: str, edit: Edit
) -> None:
    rewritten(built, name, edit)
    found = [finding for finding in check(built) if finding.severity == "error"]
    assert rule in {finding.rule for finding in found}, (what, found)


def test_when_the_layer_changes_a_host_prim_then_the_host_is_seen_to_differ(built: Built) -> None:
    def dye(layer: Sdf.Layer) -> None:
        spec = Sdf.CreatePrimInLayer(layer, "/set/ground")
        Sdf.AttributeSpec(spec, "primvars:displayColor", Sdf.ValueTypeNames.Color3fArray).default = Vt.Vec3fArray(1)

    rewritten(built, "grove.usda", dye)
    assert {"removal", "root"} <= {finding.rule for finding in check(built)}


def test_when_a_listed_file_is_gone_then_that_is_found(built: Built) -> None:
    (built.folder / "vdb" / "flame.1002.vdb").unlink()
    assert "files" in {finding.rule for finding in check(built)}


def test_when_a_listed_file_was_cut_short_then_that_is_found(built: Built) -> None:
    (built.folder / "vdb" / "flame.1002.vdb").write_bytes(b"")
    assert "files" in {finding.rule for finding in check(built)}


@pytest.mark.parametrize("name", ["payload.usdc", "grove.usda"])
def test_when_a_usd_file_is_gone_then_that_is_the_finding(built: Built, name: str) -> None:
    (built.folder / name).unlink()
    assert [(finding.rule, finding.severity) for finding in check(built)] == [("files", "error")]


def test_when_the_host_has_a_prim_of_that_name_then_that_is_found(built: Built) -> None:
    built.facts = replace(built.facts, root_prims=("set", "grove"))
    assert "root" in {finding.rule for finding in check(built)}


def test_when_volumes_reach_one_frame_beyond_the_range_then_that_is_allowed(built: Built) -> None:
    def pad(layer: Sdf.Layer) -> None:
        for name in ("density", "temperature", "flame"):
            layer.SetTimeSample(f"{FLAME}/{name}.filePath", 1005.0, Sdf.AssetPath("./vdb/flame.1001.vdb"))

    rewritten(built, "payload.usdc", pad)
    assert check(built) == ()


def test_when_the_host_itself_fails_validators_then_only_what_is_new_counts(built: Built) -> None:
    text = built.host.read_text(encoding="utf-8").replace('defaultPrim = "set"', 'defaultPrim = "nowhere"')
    built.host.write_text(text + '\ndef Xform "broken" (references = @./gone.usda@)\n{\n}\n', encoding="utf-8")
    assert check(built) == ()


def test_when_the_host_is_instanced_and_has_no_default_prim_then_that_is_not_held_against_the_layer(
    built: Built,
) -> None:
    body = "".join(
        f'def Xform "p{n}" (\n    instanceable = true\n    references = </_kind{n % 7}>\n)\n{{\n}}\n'
        for n in range(200)
    )
    kinds = "".join(
        f'class Xform "_kind{n}"\n{{\n    def Sphere "s"\n    {{\n        double radius = {n}\n    }}\n}}\n'
        for n in range(7)
    )
    text = built.host.read_text(encoding="utf-8").replace('    defaultPrim = "set"\n', "")
    built.host.write_text(text + body + kinds, encoding="utf-8")
    names = tuple(f"p{n}" for n in range(200))
    built.facts = replace(built.facts, root_prims=("set", "cam", *names, *(f"_kind{n}" for n in range(7))))
    assert check(built) == ()


@pytest.mark.parametrize("stage", ["grid_shot/scene.usd", "layered_teapots/scenes/teapotScene.usd"])
def test_when_the_host_is_a_real_stage_then_what_is_wrong_with_it_is_not_held_against_the_layer(
    built: Built, corpus: Path, stage: str
) -> None:
    built.host = corpus / "stages" / stage
    opened = Usd.Stage.Open(str(built.host))
    roots = tuple(prim.GetName() for prim in opened.GetPseudoRoot().GetAllChildren())
    built.facts = replace(built.facts, root_prims=roots)
    assert check(built) == ()


def test_when_an_older_version_is_published_already_then_the_new_one_is_checked_without_it(built: Built) -> None:
    text = built.host.read_text(encoding="utf-8")
    old = built.folder.parent / "v000"
    shutil.copytree(built.folder, old)
    sublayers = "subLayers = [@../../ember/sh010/env/grove/v000/grove.usda@]"
    built.host.write_text(text.replace('upAxis = "Y"', f'{sublayers}\n    upAxis = "Y"'), encoding="utf-8")
    assert check(built) == ()


@pytest.mark.parametrize(
    ("indices", "rules"), [([0, 1, 1, 0], set()), ([0, 1, 1], {"lengths"}), ([0, 1, 2, 0], {"indices"})]
)
def test_when_a_primvar_is_indexed_then_its_indices_are_counted_and_held_to_its_values(
    built: Built, indices: list[int], rules: set[str]
) -> None:
    def index(layer: Sdf.Layer) -> None:
        mesh = layer.GetPrimAtPath(f"{TREES}/Prototypes/pine_0/bark")
        color = mesh.properties["primvars:displayColor"]
        color.default = Vt.Vec3fArray([(0, 0, 0), (1, 1, 1)])
        color.SetInfo("interpolation", "vertex")
        spread = Sdf.AttributeSpec(mesh, "primvars:displayColor:indices", Sdf.ValueTypeNames.IntArray)
        spread.default = Vt.IntArray(indices)

    rewritten(built, PAYLOAD, index)
    assert {finding.rule for finding in check(built)} == rules


def test_when_very_much_is_wrong_then_the_report_stays_readable(built: Built) -> None:
    built.facts = replace(built.facts, frames=FrameRange(1, 2))
    findings = check(built)
    for rule in RULES:
        assert sum(finding.rule == rule for finding in findings) <= 11
    assert any("more findings" in finding.message for finding in findings)


def test_when_rules_are_listed_then_each_has_a_test_that_makes_it_fire() -> None:
    assert {rule for rule, _, _, _ in BREAKS} | {"overrides", "removal"} == set(RULES)
