from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tomllib
from fractions import Fraction
from pathlib import Path

import pytest
from pxr import Kind, Usd, UsdGeom, UsdShade, UsdValidation

from usd_ai.config import load_project
from usd_ai.core.types import Cut, FrameRange, Rate, Retime
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.read import read_cut

_BUILD = Path(__file__).resolve().parents[3] / "examples" / "demo_studio" / "build.py"


def _build(out: Path, **environment: str) -> Path:
    subprocess.run(
        [sys.executable, str(_BUILD), str(out)], check=True, env=os.environ | environment, capture_output=True
    )
    return out


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build(tmp_path_factory.mktemp("studio") / "ember")


@pytest.fixture(scope="module")
def cut(studio: Path) -> Cut:
    return read_cut(str(studio / "editorial" / "sq010_v001.otio"), None, 8)


def _open(studio: Path, shot: str) -> Usd.Stage:
    return Usd.Stage.Open(str(studio / "shots" / shot / f"{shot}.usda"))


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_when_the_studio_is_built_twice_then_every_byte_is_the_same(studio: Path, tmp_path: Path) -> None:
    again = _build(tmp_path / "other place", PYTHONHASHSEED="5", TZ="Asia/Tokyo", OMP_NUM_THREADS="2", LC_ALL="C")
    assert _digests(studio) == _digests(again)


def test_when_the_studio_file_is_read_then_it_leads_to_the_cut_and_the_stages(studio: Path, cut: Cut) -> None:
    project = load_project(studio / "studio.toml")
    assert (project.name, project.handles, project.rate) == ("ember", 8, Rate(24))
    assert (studio / project.cut).is_file()
    assert all((studio / project.stage.format(shot=shot.name)).is_file() for shot in cut.shots)


def test_when_edl_and_timeline_are_read_then_they_ask_for_the_same_frames(studio: Path, cut: Cut) -> None:
    edl = read_cut(str(studio / "editorial" / "sq010_v001.edl"), Rate(24), 8)
    assert not edl.notices
    assert not cut.notices
    assert edl.duration == cut.duration
    assert [(s.name, s.visible, s.needed, s.rate) for s in edl.shots] == [
        (s.name, s.visible, s.needed, s.rate) for s in cut.shots
    ]
    assert [[(o.clip_name, o.visible, o.retime) for o in s.occurrences] for s in edl.shots] == [
        [(o.clip_name, o.visible, o.retime) for o in s.occurrences] for s in cut.shots
    ]


def test_when_the_next_cut_is_compared_then_it_asks_for_no_frame_that_was_not_needed(studio: Path, cut: Cut) -> None:
    after = read_cut(str(studio / "editorial" / "sq010_v002.otio"), None, 8)
    assert not after.notices
    diff = diff_cuts(cut, after)
    said = {shot.shot: {(c.kind, c.frames) for use in shot.occurrences for c in use.changes} for shot in diff.shots}
    assert ("trim_head", 8) in said["sh010"]
    assert ("slip", 3) in said["sh020"]
    assert "reverse" in {kind for kind, _ in said["sh030"]}
    assert ("trim_tail", 6) in said["sh050"]  # half speed: twelve frames of the cut
    assert {shot.shot for shot in diff.shots if shot.state == "omitted"} == {"sh040"}
    for shot in after.shots:
        before = cut.shot(shot.name)
        assert before is not None
        assert before.needed.start <= shot.visible.start <= shot.visible.end <= before.needed.end


def test_when_the_cut_is_read_then_it_has_what_a_cut_has(cut: Cut) -> None:
    assert [shot.name for shot in cut.shots] == [f"sh{n:03d}" for n in range(10, 80, 10)]
    uses = [o for shot in cut.shots for o in shot.occurrences]
    assert len(uses) == 8
    assert sum(o.transition_in > 0 for o in uses) == 1
    assert [o.retime for o in uses if o.retime] == [Retime("linear", Fraction(1, 2))]
    assert cut.shots[1].occurrences[1].visible == FrameRange(1041, 1064)
    assert all(36 <= shot.visible.count <= 60 for shot in cut.shots)
    assert all(shot.needed.start == 1001 for shot in cut.shots)


def test_when_a_shot_is_opened_then_units_axis_and_range_are_the_shots(studio: Path, cut: Cut) -> None:
    for shot in cut.shots:
        stage = _open(studio, shot.name)
        assert UsdGeom.GetStageMetersPerUnit(stage) == pytest.approx(0.01)
        assert UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.y
        assert stage.GetTimeCodesPerSecond() == stage.GetFramesPerSecond() == 24
        assert (stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (shot.needed.start, shot.needed.end)
        assert not stage.GetCompositionErrors()


def test_when_layers_are_listed_then_departments_stand_strong_to_weak(studio: Path) -> None:
    departments = ["lighting", "fx", "crowd", "env", "animation", "layout", "assembly"]
    for shot in ("sh010", "sh060"):
        wanted = [d for d in departments if (shot, d) != ("sh060", "env")]
        assert list(_open(studio, shot).GetRootLayer().subLayerPaths) == [f"./{shot}_{d}.usda" for d in wanted]
        assert (studio / "shots" / shot / f"{shot}_env.usda").is_file() == ("env" in wanted)


def test_when_the_camera_is_sampled_then_every_needed_frame_has_a_place_a_person_could_film_from(
    studio: Path, cut: Cut
) -> None:
    for shot in cut.shots:
        stage = _open(studio, shot.name)
        camera = UsdGeom.Camera(stage.GetPrimAtPath("/cameras/main"))
        assert 28 <= camera.GetFocalLengthAttr().Get() <= 40
        assert camera.GetHorizontalApertureAttr().Get() == 36
        op = UsdGeom.Xformable(camera).GetOrderedXformOps()[0]
        assert op.GetTimeSamples() == [float(frame) for frame in shot.needed.frames()]
        ground = UsdGeom.Mesh(stage.GetPrimAtPath("/set/ground/surface")).GetPointsAttr().Get()
        for frame in (shot.needed.start, shot.needed.end):
            eye = op.Get(frame).ExtractTranslation()
            under = min(ground, key=lambda p: (p[0] - eye[0]) ** 2 + (p[2] - eye[2]) ** 2)
            assert 60 < eye[1] - under[1] < 300, shot.name


def test_when_prims_are_walked_then_the_model_hierarchy_holds(studio: Path) -> None:
    stage = _open(studio, "sh010")
    components = [prim for prim in stage.Traverse() if Usd.ModelAPI(prim).IsKind(Kind.Tokens.component)]
    rocks = [prim for prim in components if prim.GetParent().GetName() == "rocks"]
    assert len(rocks) >= 12
    assert {"barn", "cabin", "ground", "path", "fence", "pickup", "person"} <= {prim.GetName() for prim in components}
    assert all(Usd.ModelAPI(prim.GetParent()).IsGroup() for prim in components)
    boulders = {UsdGeom.Mesh(rock.GetChild("boulder")).GetPointsAttr().Get()[0] for rock in rocks}
    assert len(boulders) == len(rocks)


def test_when_meshes_are_walked_then_each_has_extent_colour_and_material(studio: Path) -> None:
    stage = _open(studio, "sh020")
    meshes = [UsdGeom.Mesh(prim) for prim in stage.Traverse() if prim.IsA(UsdGeom.Mesh)]
    for mesh in meshes:
        points = mesh.GetPointsAttr().Get()
        assert len(mesh.GetDisplayColorAttr().Get()) == len(points)
        assert UsdShade.MaterialBindingAPI(mesh).ComputeBoundMaterial()[0]
        low, high = mesh.GetExtentAttr().Get()
        assert all(low[k] <= p[k] <= high[k] for p in points for k in range(3))
        assert sum(mesh.GetFaceVertexCountsAttr().Get()) == len(mesh.GetFaceVertexIndicesAttr().Get())
        assert max(mesh.GetFaceVertexIndicesAttr().Get()) == len(points) - 1
    ground = UsdGeom.Mesh(stage.GetPrimAtPath("/set/ground/surface")).GetExtentAttr().Get()
    assert tuple(ground[1] - ground[0])[::2] == pytest.approx((40000, 40000))


def test_when_pixars_validators_look_then_they_find_no_error(studio: Path) -> None:
    context = UsdValidation.ValidationContext(UsdValidation.ValidationRegistry().GetOrLoadAllValidators())
    for shot in ("sh010", "sh060"):
        errors = [
            e for e in context.Validate(_open(studio, shot)) if e.GetType() == UsdValidation.ValidationErrorType.Error
        ]
        assert [error.GetMessage() for error in errors] == []


def test_when_files_are_searched_then_no_path_leaves_the_studio(studio: Path) -> None:
    for file in [*studio.rglob("*.usda"), *studio.rglob("*.otio"), *studio.rglob("*.toml")]:
        text = file.read_text(encoding="utf-8")
        assert str(studio) not in text
        assert "anon:" not in text


def test_when_the_sky_is_read_then_it_is_dusk_in_nits(studio: Path) -> None:
    data = (studio / "lighting" / "sky_dusk.hdr").read_bytes()
    header, _, body = data.partition(b"+X 512\n")
    assert header.startswith(b"#?RADIANCE")
    assert len(body) == 512 * 256 * 4

    def nits(row: int) -> list[float]:
        values = []
        for column in range(0, 512, 8):
            r, g, b, e = body[(row * 512 + column) * 4 : (row * 512 + column) * 4 + 4]
            values.append((0.2126 * r + 0.7152 * g + 0.0722 * b) * 2.0 ** (e - 136))
        return values

    assert 8 < min(nits(0)) <= max(nits(0)) < 40  # zenith
    assert 100 < max(nits(124)) < 260  # the horizon under the sun
    assert min(nits(124)) > 5  # and the opposite one is not black


def test_when_the_afterglow_shines_then_it_comes_low_from_where_the_sun_went(studio: Path) -> None:
    stage = _open(studio, "sh010")
    matrix = UsdGeom.Xformable(stage.GetPrimAtPath("/lights/afterglow")).ComputeLocalToWorldTransform(1009)
    along = tuple(-matrix[2][k] for k in range(3))
    assert along[0] > 0.9  # to the east
    assert -0.3 < along[1] < -0.05  # downwards


def test_when_the_fire_is_read_then_it_lies_on_the_ground_in_front_of_the_cameras(studio: Path, cut: Cut) -> None:
    table = tomllib.loads((studio / "fire.toml").read_text(encoding="utf-8"))
    line = [tuple(float(v) for v in point.split(",")) for point in table["world"]["ignition"].split(";")]
    assert all(abs(x) < 200 and abs(y) < 200 for x, y in line)
    assert set(table["story_time"]) == {shot.name for shot in cut.shots}
    middle = line[len(line) // 2]
    for shot in cut.shots:
        stage = _open(studio, shot.name)
        op = UsdGeom.Xformable(stage.GetPrimAtPath("/cameras/main")).GetOrderedXformOps()[0]
        matrix = op.Get(shot.needed.start)
        away = (middle[0] * 100 - matrix[3][0], -middle[1] * 100 - matrix[3][2])
        ahead = -(matrix[2][0] * away[0] + matrix[2][2] * away[1]) / (away[0] ** 2 + away[1] ** 2) ** 0.5
        assert ahead > 0.8, shot.name
