"""A host that is unlike the demo's in everything: inches, Z-up, 24000/1001 codes a second, three cameras, no ground."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pxr import Gf, Usd, UsdGeom, Vt

import usd_ai
from tests.journeys.foreign import digests, foreign_project
from tests.journeys.geometry import read_mesh
from tests.journeys.shows import GENERATOR, SEED, serving
from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import ParameterValue

INCH = 0.0254
RATE = 24000.0 / 1001.0
FIRST, LAST = 20, 23
EYES = {"close": (0.0, 0.0, 66.0), "wide": (400.0, -1500.0, 78.0), "crane": (-900.0, 300.0, 480.0)}
"""Places of the cameras at the first frame, inches; they travel 40 inches along x over the shot."""
WISH: dict[str, ParameterValue] = {"fire": 0.0, "density": 0.3, "own_ground": 420.0, "story_frame": FIRST}
F64 = NDArray[np.float64]


def _host(folder: Path) -> Path:
    folder.mkdir()
    stage = Usd.Stage.CreateNew(str(folder / "scene.usda"))
    stage.SetMetadata("metersPerUnit", INCH)
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    for setter in (stage.SetTimeCodesPerSecond, stage.SetFramesPerSecond):
        setter(RATE)
    stage.SetStartTimeCode(FIRST)
    stage.SetEndTimeCode(LAST)
    UsdGeom.Xform.Define(stage, "/world")
    for name, (x, y, z) in EYES.items():
        camera = UsdGeom.Camera.Define(stage, f"/world/cameras/{name}")
        camera.CreateFocalLengthAttr(35.0)
        move, turn = camera.AddTranslateOp(), camera.AddRotateXOp()
        turn.Set(82.0)  # from looking down to nearly level
        move.Set(Gf.Vec3d(x, y, z), FIRST)
        move.Set(Gf.Vec3d(x + 40.0, y, z), LAST)
    prop = UsdGeom.Mesh.Define(stage, "/world/prop")  # a thing in the air that is no ground
    prop.CreatePointsAttr(Vt.Vec3fArray([(50, 90, 40), (60, 90, 40), (60, 90, 60), (50, 90, 60)]))
    prop.CreateFaceVertexCountsAttr([4])
    prop.CreateFaceVertexIndicesAttr([0, 1, 2, 3])
    stage.GetRootLayer().Save()
    return folder


@dataclass(frozen=True)
class Planted:
    home: Path
    before: dict[str, str]
    studio: usd_ai.Studio
    folder: Path
    stage: Usd.Stage
    warnings: tuple[str, ...]
    trees: int


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    folder = tmp_path_factory.mktemp("other")
    source = _host(folder / "inches")
    studio_file = foreign_project(folder / "show", source, "inches", "scene.usda")
    text = studio_file.read_text(encoding="utf-8").replace('rate = "24"', 'rate = "24000/1001"')
    studio_file.write_text(text, encoding="utf-8")
    home = folder / "show" / "inches"
    before = digests(home)
    with serving(studio_file, folder / "state", workers=1) as server, usd_ai.connect(server.address) as studio:
        handle = studio.shot("inches").generate(GENERATOR, WISH, seed=SEED, detail=usd_ai.Detail.FIRST_LOOK)
        handle.wait()
        version = handle.publish()
        forecast = handle.snapshot.forecast
        assert forecast is not None
        stage = Usd.Stage.Open(str(next(path for path in sorted(home.glob("*_review.usda")))))
        yield Planted(
            home, before, studio, Path(version.folder), stage, forecast.warnings, dict(forecast.elements)["trees"]
        )


def test_when_the_host_is_in_inches_and_odd_codes_then_the_layer_is_too(planted: Planted) -> None:
    payload = Usd.Stage.Open(str(planted.folder / "payload.usdc"))
    assert UsdGeom.GetStageMetersPerUnit(payload) == pytest.approx(INCH)
    assert UsdGeom.GetStageUpAxis(payload) == UsdGeom.Tokens.z
    assert payload.GetTimeCodesPerSecond() == RATE
    assert planted.stage.GetTimeCodesPerSecond() == RATE
    kept = digests(planted.home)
    assert {name: kept[name] for name in planted.before} == planted.before


def test_when_there_is_no_ground_then_land_lies_under_every_camera_and_somebody_is_told(planted: Planted) -> None:
    assert any("no ground" in warning and "--ground" in warning for warning in planted.warnings)
    points, triangles = read_mesh(planted.stage, "/burning_forest/ground", FIRST)
    assert np.ptp(points[:, 0]) * INCH == pytest.approx(420.0, rel=0.01)
    clear = []
    for name in EYES:
        for frame in range(FIRST, LAST + 1):
            prim = UsdGeom.Xformable(planted.stage.GetPrimAtPath(f"/world/cameras/{name}"))
            eye = np.array(prim.ComputeLocalToWorldTransform(frame).ExtractTranslation())
            clear.append((eye[2] - _height(points, triangles, eye[:2])) * INCH)
    assert min(clear) == pytest.approx(1.7, abs=0.01)
    assert np.ptp(points[:, 2]) * INCH > 15.0  # hills, no plate


def _height(points: F64, triangles: NDArray[np.int32], at: F64) -> float:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    v = ((at[0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (at[1] - a[:, 1])) / area
    w = ((b[:, 0] - a[:, 0]) * (at[1] - a[:, 1]) - (at[0] - a[:, 0]) * (b[:, 1] - a[:, 1])) / area
    on = np.flatnonzero((v >= -1e-9) & (w >= -1e-9) & (v + w <= 1.0 + 1e-9))
    assert len(on), f"no ground under {at}"
    k = on[0]
    return float(a[k, 2] + v[k] * (b[k, 2] - a[k, 2]) + w[k] * (c[k, 2] - a[k, 2]))


def test_when_the_land_is_ours_then_trees_stand_on_it_and_clear_of_all_three_cameras(planted: Planted) -> None:
    trees = UsdGeom.PointInstancer(planted.stage.GetPrimAtPath("/burning_forest/trees"))
    places = np.array(trees.GetPositionsAttr().Get(FIRST), np.float64)
    assert len(places) == planted.trees > 500
    points, triangles = read_mesh(planted.stage, "/burning_forest/ground", FIRST)
    some = places[:: len(places) // 40]
    gaps = [abs(place[2] - _height(points, triangles, place[:2])) * INCH for place in some]
    assert max(gaps) < 0.02
    heights = np.array(UsdGeom.PrimvarsAPI(trees).GetPrimvar("usdai:height").Get()) * INCH
    assert 2.0 < np.median(heights) < 30.0
    for x, y, _ in EYES.values():
        assert np.hypot(places[:, 0] - x, places[:, 1] - y).min() * INCH >= 4.0 - 0.01


def test_when_the_land_is_too_small_for_the_cameras_then_the_refusal_says_what_to_give(planted: Planted) -> None:
    with pytest.raises(InvalidRequest) as refused:
        planted.studio.shot("inches").plan(GENERATOR, {**WISH, "own_ground": 50.0}, seed=SEED)
    assert "own_ground" in refused.value.remedy


def test_when_a_named_ground_has_no_faces_up_then_the_refusal_says_so(planted: Planted) -> None:
    with pytest.raises(InvalidRequest) as refused:
        planted.studio.shot("inches").plan(GENERATOR, WISH, seed=SEED, ground="/world/prop")
    assert refused.value.reason == "GROUND_EMPTY"
    assert "own" in refused.value.remedy
