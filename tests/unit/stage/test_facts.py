from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pxr import Sdf, Usd, UsdGeom

from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput
from usd_ai.core.types import FrameRange, StageFacts
from usd_ai.run.arrays import FolderArrays
from usd_ai.stage import facts as facts_module
from usd_ai.stage import facts_open
from usd_ai.stage.facts import read_facts_task
from usd_ai.stage.facts_meshes import triangulated
from usd_ai.stage.facts_roles import role_of
from usd_ai.stage.pointer import point_task

if TYPE_CHECKING:
    from tests.unit.stage.conftest import Built


def read(path: Path, arrays: Path, frames: tuple[int, int] = (1, 4), **stated: str | float) -> StageFacts:
    given_values = {"camera": "", "ground": "", "meters_per_unit": 0.0, "up_axis": "", **stated}
    return read_facts_task(
        str(path), frames, arrays=str(arrays / "arrays"), project_root=str(path.parent), **given_values
    )


def host(tmp_path: Path, body: str = "", header: str = 'metersPerUnit = 1\n    upAxis = "Y"') -> Path:
    path = tmp_path / "shot.usda"
    path.write_text(f"#usda 1.0\n(\n    {header}\n)\n{body}\n", encoding="utf-8")
    return path


def square(name: str, size: float, height: float = 0.0, extra: str = "") -> str:
    corners = (
        f"({-size},{height},{size}), ({size},{height},{size}), ({size},{height},{-size}), ({-size},{height},{-size})"
    )
    return (
        f'def Mesh "{name}"\n{{\n    int[] faceVertexCounts = [4]\n    int[] faceVertexIndices = [0, 1, 2, 3]\n'
        f"    point3f[] points = [{corners}]\n    {extra}\n}}\n"
    )


CAMERA = """def Camera "cam"
{
    float focalLength.timeSamples = { 1: 35, 4: 50 }
    double3 xformOp:translate.timeSamples = { 1: (0, 2, 5), 4: (3, 2, 5) }
    uniform token[] xformOpOrder = ["xformOp:translate"]
}
"""


# ----------------------------------------------------------------------------------------------------- real stages


def test_when_a_houdini_shot_is_read_then_its_camera_ground_and_instances_are_known(
    corpus: Path, tmp_path: Path
) -> None:
    path = corpus / "stages" / "grid_shot" / "scene.usd"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    facts = read(path, tmp_path, (1, 120))
    store = FolderArrays(tmp_path / "arrays")
    assert (facts.meters_per_unit, facts.up_axis, facts.time_codes_per_second) == (1.0, "Y", 24.0)
    assert [camera.path for camera in facts.cameras] == ["/Cam/shotCam_001"]
    world = store.get(facts.cameras[0].world)
    stage = Usd.Stage.Open(str(path))
    for frame in (1, 60, 120):
        wanted = UsdGeom.XformCache(frame).GetLocalToWorldTransform(stage.GetPrimAtPath("/Cam/shotCam_001"))
        assert (world[frame - 1] == np.array(wanted)).all()
    assert [mesh.path for mesh in facts.ground] == ["/grid1/mesh_0"]
    assert facts.ground[0].triangles.shape == (162, 3)
    cubes = {mesh.path: mesh for mesh in facts.obstacles}["/instancer1"]
    assert cubes.triangles.shape == (1000 * 12, 3)
    assert cubes.animated
    assert [light.kind for light in facts.lights] == ["DomeLight"]
    assert [(layer.path, layer.sha256) for layer in facts.layers] == [("scene.usd", before)]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_when_a_file_of_a_layered_stage_is_missing_then_it_is_a_warning(corpus: Path, tmp_path: Path) -> None:
    facts = read(corpus / "stages" / "layered_teapots" / "scenes" / "teapotScene.usd", tmp_path, (1, 8))
    assert any("teapot_animCycle.usd could not be opened" in warning for warning in facts.warnings)
    assert any("timeCodesPerSecond" in warning for warning in facts.warnings)
    assert any("by their boxes only" in warning for warning in facts.warnings)
    assert sum(mesh.triangles.shape[0] for mesh in facts.obstacles) < facts_module.TRIANGLE_CAP * 1.01
    assert "../assets/teapot/teapot.usd" in {layer.path for layer in facts.layers}
    assert facts.ground == ()
    assert any("No ground" in warning for warning in facts.warnings)
    assert not any("/" + "shared" in warning for warning in facts.warnings), "a warning names a folder of this machine"


def test_when_a_stage_runs_at_an_ntsc_rate_then_its_time_codes_are_kept(corpus: Path, tmp_path: Path) -> None:
    facts = read(corpus / "stages" / "ntsc_skinned" / "test.usd", tmp_path, (1600, 1602))
    assert facts.time_codes_per_second == 23.976
    assert facts.frames == FrameRange(1600, 1602)
    assert all(mesh.animated for mesh in facts.obstacles)


# -------------------------------------------------------------------------------------------------- units and names


def test_when_units_are_not_authored_then_the_asker_is_told_how_to_state_them(tmp_path: Path) -> None:
    path = host(tmp_path, CAMERA, header='doc = "bare"')
    with pytest.raises(InvalidRequest) as caught:
        read(path, tmp_path)
    assert caught.value.reason == "UNITS_UNAUTHORED"
    assert caught.value.context["missing"] == "metersPerUnit,upAxis"
    stated = read(path, tmp_path, meters_per_unit=0.01, up_axis="Z")
    assert (stated.meters_per_unit, stated.up_axis) == (0.01, "Z")


def test_when_only_a_sublayer_says_units_then_that_is_pointed_out(tmp_path: Path) -> None:
    (tmp_path / "layout.usda").write_text('#usda 1.0\n(\n    metersPerUnit = 0.01\n    upAxis = "Z"\n)\n')
    with pytest.raises(InvalidRequest, match=r"layout\.usda says 0\.01 and Z"):
        read(host(tmp_path, header="subLayers = [@./layout.usda@]"), tmp_path)


@pytest.mark.parametrize(
    ("header", "stated", "reason"),
    [
        ('metersPerUnit = 1\n    upAxis = "Y"', {"meters_per_unit": 0.01}, "UNITS_CONFLICT"),
        ('metersPerUnit = 1\n    upAxis = "Y"', {"up_axis": "Z"}, "UNITS_CONFLICT"),
        ('metersPerUnit = -1\n    upAxis = "Y"', {}, "UNITS_INVALID"),
        ('metersPerUnit = 1\n    upAxis = "X"', {}, "UNITS_INVALID"),
        (
            'framesPerSecond = 24\n    metersPerUnit = 1\n    timeCodesPerSecond = 6000\n    upAxis = "Y"',
            {},
            "TIME_CODES_NOT_FRAMES",
        ),
    ],
)
def test_when_units_contradict_then_it_is_refused(
    tmp_path: Path, header: str, stated: dict[str, str | float], reason: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read(host(tmp_path, header=header), tmp_path, **stated)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ({"camera": "/nobody"}, "CAMERA_NOT_FOUND"),
        ({"ground": "/nowhere"}, "GROUND_NOT_FOUND"),
        ({"ground": "nowhere"}, "GROUND_NOT_FOUND"),
    ],
)
def test_when_a_name_leads_nowhere_then_it_is_not_found(tmp_path: Path, stated: dict[str, str], reason: str) -> None:
    with pytest.raises(NotFound) as caught:
        read(host(tmp_path, CAMERA + square("ground", 10)), tmp_path, **stated)
    assert caught.value.reason == reason


def test_when_the_named_ground_holds_no_mesh_then_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read(host(tmp_path, CAMERA), tmp_path, ground="/cam")
    assert caught.value.reason == "GROUND_EMPTY"


def test_when_there_is_no_such_stage_then_it_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read(tmp_path / "none.usda", tmp_path)


def test_when_a_stage_cannot_be_parsed_then_the_sentence_names_the_file_and_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput) as caught:
        read(host(tmp_path, "def {"), tmp_path)
    assert "shot.usda" in caught.value.message
    assert str(tmp_path) not in str(caught.value)


def test_when_a_stage_has_too_many_prims_then_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts_open, "PRIM_CAP", 20)
    body = "".join(f'def "p{number}" {{\n}}\n' for number in range(21))
    with pytest.raises(UnreadableInput) as caught:
        read(host(tmp_path, body), tmp_path)
    assert caught.value.reason == "TOO_MANY_PRIMS"


# --------------------------------------------------------------------------------------------- cameras and geometry


def test_when_a_camera_moves_then_it_is_sampled_at_every_frame(tmp_path: Path) -> None:
    facts = read(host(tmp_path, CAMERA), tmp_path)
    store = FolderArrays(tmp_path / "arrays")
    assert store.get(facts.cameras[0].world)[:, 3, 0].tolist() == [0, 1, 2, 3]
    assert store.get(facts.cameras[0].lens)[:, 0].tolist() == [35, 40, 45, 50]


def test_when_a_camera_is_flat_then_it_is_left_out_with_a_warning(tmp_path: Path) -> None:
    order = 'uniform token[] xformOpOrder = ["xformOp:scale"]'
    body = f'def Camera "flat"\n{{\n    float3 xformOp:scale = (1, 0, 1)\n    {order}\n}}\n'
    facts = read(host(tmp_path, CAMERA + body), tmp_path)
    assert [camera.path for camera in facts.cameras] == ["/cam"]
    assert any("/flat" in warning for warning in facts.warnings)


def test_when_nothing_is_named_ground_then_it_is_the_largest_upward_mesh_under_the_camera(tmp_path: Path) -> None:
    body = CAMERA + square("far", 900, height=50) + square("plane", 30) + square("table", 1, height=1)
    facts = read(host(tmp_path, body), tmp_path)
    assert [mesh.path for mesh in facts.ground] == ["/plane"]
    assert {mesh.path for mesh in facts.obstacles} == {"/far", "/table"}


def test_when_a_mesh_is_named_ground_then_a_larger_pond_under_it_does_not_win(tmp_path: Path) -> None:
    body = CAMERA + square("pond", 100, height=-1) + square("ground", 30)
    facts = read(host(tmp_path, body), tmp_path)
    assert [mesh.path for mesh in facts.ground] == ["/ground"]
    assert [mesh.role for mesh in facts.obstacles] == ["water"]


def test_when_the_ground_is_asked_for_then_it_is_that_one(tmp_path: Path) -> None:
    body = CAMERA + square("plane", 30) + f'def Xform "set"\n{{\n{square("table", 1, height=1)}}}\n'
    facts = read(host(tmp_path, body), tmp_path, ground="/set")
    assert [mesh.path for mesh in facts.ground] == ["/set/table"]


def test_when_geometry_is_hidden_or_a_guide_then_it_is_not_there(tmp_path: Path) -> None:
    body = CAMERA + square("plane", 30)
    body += square("hidden", 2, 1, 'token visibility = "invisible"') + square(
        "rig", 2, 1, 'uniform token purpose = "guide"'
    )
    assert read(host(tmp_path, body), tmp_path).obstacles == ()


def test_when_a_mesh_is_malformed_then_it_is_left_out_with_a_warning(tmp_path: Path) -> None:
    broken = square("broken", 2, 1).replace("[0, 1, 2, 3]", "[0, 1, 2, 9]")
    facts = read(host(tmp_path, CAMERA + square("plane", 30) + broken), tmp_path)
    assert facts.obstacles == ()
    assert any("/broken is malformed" in warning for warning in facts.warnings)


def test_when_obstacles_are_too_many_then_the_farthest_become_boxes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts_module, "TRIANGLE_CAP", 3)
    body = CAMERA + square("plane", 30)
    body += "".join(
        f'def Xform "at{x}"\n{{\n    double3 xformOp:translate = ({x}, 1, 0)\n'
        f'    uniform token[] xformOpOrder = ["xformOp:translate"]\n{square("crate", 0.5)}}}\n'
        for x in (2, 20)
    )
    facts = read(host(tmp_path, body), tmp_path)
    assert {mesh.path: mesh.triangles.shape[0] for mesh in facts.obstacles} == {"/at2/crate": 2, "/at20/crate": 12}
    assert any("1 obstacle(s) far from the cameras" in warning for warning in facts.warnings)


@given(st.lists(st.integers(0, 7), max_size=30))
def test_when_faces_are_cut_into_triangles_then_each_face_of_n_gives_n_less_two(sizes: list[int]) -> None:
    counts = np.array(sizes, dtype=np.int64)
    triangles = triangulated(counts, np.arange(counts.sum()), np.zeros(0, dtype=np.int64))
    assert len(triangles) == sum(max(size - 2, 0) for size in sizes)
    starts = np.cumsum(counts) - counts
    face = np.searchsorted(np.cumsum(counts), triangles[:, 0], side="right") if len(triangles) else np.zeros(0, int)
    assert (triangles[:, 0] == starts[face]).all()
    assert (triangles[:, 2] == triangles[:, 1] + 1).all()


def test_when_a_face_is_a_hole_then_it_gives_no_triangle() -> None:
    assert triangulated(np.array([3, 3]), np.arange(6), np.array([0])).tolist() == [[3, 4, 5]]


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/set/stonePath/mesh_0", "path"),
        ("/set/river_rock_03", "rock"),
        ("/set/barn/door", "building"),
        ("/geo/TERRAIN_mesh", "ground"),
        ("/world/ponds/surface", "water"),
        ("/set/skyDome", "sky"),
        ("/set/groundhog", "other"),
        ("/characters/hero/body", "other"),
    ],
)
def test_when_a_path_has_words_then_they_tell_the_role(path: str, role: str) -> None:
    assert role_of(path) == role


# --------------------------------------------------------------------------------------------- our own layers, others'


def test_when_our_layer_is_published_then_facts_are_what_they_were_without_it(built: Built, tmp_path: Path) -> None:
    text = built.host.read_text(encoding="utf-8")
    built.host.write_text(text.replace('upAxis = "Y"', 'subLayers = [@./sh010_env.usda@]\n    upAxis = "Y"'))
    before = read(built.host, tmp_path, (1001, 1004))
    assert before.environment_layer == "sh010_env.usda"
    point_task(str(built.host), [built.version(1)])
    assert Usd.Stage.Open(str(built.host)).GetPrimAtPath("/grove/trees")
    after = read(built.host, tmp_path, (1001, 1004))
    assert after.root_prims == before.root_prims == ("set", "cam")
    assert (after.cameras, after.ground, after.obstacles) == (before.cameras, before.ground, before.obstacles)
    assert {layer.path for layer in after.layers} == {"sh010.usda", "sh010_env.usda"}


def test_when_our_layer_was_renamed_then_its_mark_still_keeps_it_out(built: Built, tmp_path: Path) -> None:
    shutil.copytree(built.folder, built.host.parent / "elsewhere")
    text = built.host.read_text(encoding="utf-8")
    built.host.write_text(text.replace('upAxis = "Y"', 'subLayers = [@./elsewhere/grove.usda@]\n    upAxis = "Y"'))
    assert read(built.host, tmp_path, (1001, 1004)).root_prims == ("set", "cam")


def test_when_facts_are_read_then_no_layer_is_left_dirty_or_changed(built: Built, tmp_path: Path) -> None:
    before = built.host.read_bytes()
    layer = Sdf.Layer.FindOrOpen(str(built.host))
    read(built.host, tmp_path, (1001, 1004))
    assert not layer.dirty
    assert built.host.read_bytes() == before
