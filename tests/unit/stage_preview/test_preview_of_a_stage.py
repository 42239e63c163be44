from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pxr import Gf, Sdf, Usd, UsdGeom, UsdLux, UsdVol

from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput
from usd_ai.core.types import SheetShot
from usd_ai.sim import vdb
from usd_ai.stage.preview import scene, surfaces
from usd_ai.stage.preview.render import draw, preview_task
from usd_ai.stage.preview.scene_lights import sky
from usd_ai.stage.preview.sheet import contact_sheet
from usd_ai.stage.preview.values import Dome, Instances, Mesh

SIZE = (64, 32)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A ground and a camera two metres above it, in centimetres, Y up."""
    stage = Usd.Stage.CreateNew(str(tmp_path / "shot.usda"))
    UsdGeom.SetStageMetersPerUnit(stage, 0.01)
    UsdGeom.SetStageUpAxis(stage, "Y")
    stage.SetTimeCodesPerSecond(24)
    ground = UsdGeom.Mesh.Define(stage, "/set/ground")
    ground.CreatePointsAttr([(-5000, 0, -5000), (5000, 0, -5000), (5000, 0, 5000), (-5000, 0, 5000)])
    ground.CreateFaceVertexCountsAttr([4])
    ground.CreateFaceVertexIndicesAttr([0, 1, 2, 3])
    ground.CreateDisplayColorAttr([(0.3, 0.3, 0.3)])
    camera = UsdGeom.Camera.Define(stage, "/cameras/main")
    camera.AddTranslateOp().Set(Gf.Vec3d(0, 200, 0))
    UsdLux.DomeLight.Define(stage, "/lights/sky").CreateIntensityAttr(40.0)
    stage.Save()
    return tmp_path / "shot.usda"


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A flame, a light, embers and three posts under /fire."""
    folder = tmp_path / "fire_v001"
    (folder / "vdb").mkdir(parents=True)
    stage = Usd.Stage.CreateNew(str(folder / "fire.usda"))
    UsdGeom.SetStageMetersPerUnit(stage, 0.01)
    UsdGeom.SetStageUpAxis(stage, "Y")
    stage.SetTimeCodesPerSecond(24)
    UsdGeom.Xform.Define(stage, "/fire")
    posts = UsdGeom.PointInstancer.Define(stage, "/fire/posts")
    post = UsdGeom.Cube.Define(stage, "/fire/posts/prototypes/post")
    post.CreateSizeAttr(100.0)
    posts.CreatePrototypesRel().SetTargets([post.GetPath()])
    posts.CreatePositionsAttr([(-300, 50, -1000), (0, 50, -1500), (300, 50, -1000)])
    posts.CreateProtoIndicesAttr([0, 0, 0])
    posts.CreateIdsAttr([10, 11, 12])
    values = np.ones((6, 6, 10), np.float32)
    grids = (
        vdb.Grid("density", 0.001 * values),
        vdb.Grid("temperature", 1373.0 * values),
        vdb.Grid("flame", values),
    )
    (folder / "vdb" / "flame.0001.vdb").write_bytes(vdb.encode(grids, 40.0, (-120.0, 0.0, -1400.0)))
    volume = UsdVol.Volume.Define(stage, "/fire/flame")
    for name in ("density", "temperature", "flame"):
        field = UsdVol.OpenVDBAsset.Define(stage, f"/fire/flame/{name}")
        field.CreateFilePathAttr().Set(Sdf.AssetPath("./vdb/flame.0001.vdb"), 1001.0)
        field.CreateFieldNameAttr(name)
        volume.CreateFieldRelationship(name, field.GetPath())
    light = UsdLux.SphereLight.Define(stage, "/fire/light")
    light.AddTranslateOp().Set(Gf.Vec3d(0, 200, -1200))
    light.CreateRadiusAttr(60.0)
    light.CreateIntensityAttr(900.0)
    embers = UsdGeom.Points.Define(stage, "/fire/embers")
    embers.CreatePointsAttr([(100, 300, -900), (-80, 260, -900)])
    embers.CreateWidthsAttr([2.0, 2.0])
    stage.Save()
    return folder


def pixels(path: str) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), dtype=np.float64)


def test_when_a_layer_is_drawn_then_its_flame_glows_in_the_middle_and_the_host_is_there(
    host: Path, layer: Path, tmp_path: Path
) -> None:
    paths = preview_task(str(layer), "fire", str(host), [1001], SIZE, 16, out=str(tmp_path))
    picture = pixels(paths[0])
    assert picture.shape == (32, 64, 3)
    flame, ground = picture[16:20, 30:34].mean(axis=(0, 1)), picture[-3:, :6].mean(axis=(0, 1))
    assert flame[0] > 200 > flame[2]
    assert 10 < ground.mean() < 160
    with Image.open(paths[0]) as image:
        image.load()
        said = image.info["Description"]
    assert "EV 9 is assumed" in said
    assert "0.004 1/m is assumed" in said


def test_when_the_same_frame_is_drawn_in_other_processes_with_other_threads_then_bytes_are_equal(
    host: Path, layer: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from usd_ai.stage.preview.render import preview_task; "
        "preview_task(sys.argv[1], 'fire', sys.argv[2], [1001], (64, 32), 16, out=sys.argv[3])"
    )
    digests = set()
    for threads, seed in (("1", "0"), ("2", "77")):
        out = tmp_path / f"out{threads}"
        out.mkdir()
        environment = {**os.environ, "OMP_NUM_THREADS": threads, "NUMBA_NUM_THREADS": threads, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code, str(layer), str(host), str(out)]
        subprocess.run(command, check=True, env=environment)
        digests.add(hashlib.sha256((out / "fire.1001.png").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_when_a_volume_file_is_missing_then_the_error_names_it(host: Path, layer: Path, tmp_path: Path) -> None:
    (layer / "vdb" / "flame.0001.vdb").unlink()
    with pytest.raises(NotFound, match=r"flame\.0001\.vdb") as caught:
        preview_task(str(layer), "fire", str(host), [1001], SIZE, 8, out=str(tmp_path))
    assert caught.value.reason == "VOLUME_MISSING"


def test_when_a_volume_file_is_damaged_then_the_error_names_it(host: Path, layer: Path, tmp_path: Path) -> None:
    (layer / "vdb" / "flame.0001.vdb").write_bytes(b"no volume")
    with pytest.raises(UnreadableInput, match=r"flame\.0001\.vdb"):
        preview_task(str(layer), "fire", str(host), [1001], SIZE, 8, out=str(tmp_path))


def test_when_a_layer_a_stage_or_a_camera_is_missing_then_each_has_its_error(
    host: Path, layer: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotFound, match="payload"):
        preview_task(str(tmp_path / "nowhere"), "fire", str(host), [1001], SIZE, 8)
    with pytest.raises(NotFound, match="gone"):
        preview_task(str(layer), "fire", str(tmp_path / "gone.usda"), [1001], SIZE, 8)
    with pytest.raises(NotFound, match="/cameras/other") as caught:
        preview_task(str(layer), "fire", str(host), [1001], SIZE, 8, camera="/cameras/other")
    assert caught.value.reason == "CAMERA_NOT_FOUND"


def test_when_a_stage_is_empty_but_for_a_camera_then_an_even_dusk_sky_is_drawn_and_said(tmp_path: Path) -> None:
    stage = Usd.Stage.CreateNew(str(tmp_path / "empty.usda"))
    UsdGeom.Camera.Define(stage, "/cam")
    stage.Save()
    paths = preview_task("", "", str(tmp_path / "empty.usda"), [1], SIZE, 8, out=str(tmp_path))
    picture = pixels(paths[0])
    assert np.ptp(picture.reshape(-1, 3), axis=0).max() <= 2
    with Image.open(paths[0]) as image:
        image.load()
        assert "even dusk sky" in image.info["Description"]


def test_when_an_instance_is_hidden_by_id_then_it_is_not_drawn(host: Path, layer: Path) -> None:
    before = scene.read_frame(scene.compose(str(host), str(layer / "fire.usda"), "fire"), "", 1001.0, SIZE)
    stage = Usd.Stage.Open(str(layer / "fire.usda"))
    posts = UsdGeom.PointInstancer(stage.GetPrimAtPath("/fire/posts"))
    posts.CreateInvisibleIdsAttr([11])
    posts.DeactivateId(12)
    stage.Save()
    after = scene.read_frame(scene.compose(str(host), str(layer / "fire.usda"), "fire"), "", 1001.0, SIZE)
    assert len(before.instances[0].which) == 3
    assert after.instances[0].matrices[:, 3, 0].tolist() == [-300.0]


def test_when_instances_are_flattened_into_meshes_then_depth_and_coverage_are_equal(host: Path, layer: Path) -> None:
    frame = scene.read_frame(scene.compose(str(host), str(layer / "fire.usda"), "fire"), "", 1001.0, SIZE)
    posts = frame.instances[0]
    flat: list[Mesh] = []
    for which, matrix in zip(posts.which, posts.matrices, strict=True):
        for part in posts.prototypes[which]:
            points = part.points.astype(np.float64) @ matrix[:3, :3] + matrix[3, :3]
            flat.append(dataclasses.replace(part, points=points.astype(np.float32)))
    two = dataclasses.replace(frame, instances=(), meshes=(*frame.meshes, *flat))
    one = surfaces.render_surfaces(frame, SIZE, 8)
    other = surfaces.render_surfaces(two, SIZE, 8)
    assert np.allclose(one.depth, other.depth, rtol=1e-4)
    assert np.array_equal(one.alpha, other.alpha)
    assert one.nits.mean() == pytest.approx(other.nits.mean(), rel=0.02)


def test_when_instances_lie_behind_the_camera_or_are_too_small_then_they_are_left_out(host: Path, layer: Path) -> None:
    frame = scene.read_frame(scene.compose(str(host), str(layer / "fire.usda"), "fire"), "", 1001.0, SIZE)
    posts = frame.instances[0]
    places = np.repeat(np.eye(4)[None], 3, axis=0)
    places[:, 3, :3] = [(0, 50, -9000), (0, 50, 20000), (0, 50, -9000000)]
    moved = Instances(posts.path, posts.prototypes, np.zeros(3, np.int32), places)
    assert surfaces.visible_instances(moved, frame, 128).tolist() == [0]


def test_when_a_sky_has_one_bright_side_then_mitsuba_lights_what_the_picture_sees_it_face(
    host: Path, layer: Path
) -> None:
    frame = scene.read_frame(scene.compose(str(host), str(layer / "fire.usda"), "fire"), "", 1001.0, SIZE)
    nits = np.full((16, 32, 3), 1.0, np.float32)
    nits[:8, :8] = 500.0  # the picture's left quarter: longitude 90 to 180 degrees, +X turning to -Z
    dome = Dome(nits, np.eye(3))
    assert sky((dome,), np.array([0.7, 0.1, -0.7])).mean() > 300
    post = frame.instances[0].prototypes[0]
    only = dataclasses.replace(frame, domes=(dome,), balls=(), volumes=(), grids=(), embers=(), meshes=post)
    brightness = []
    for corner in ((1, -1), (-1, -1), (1, 1), (-1, 1)):  # seen from the lit side and from the three others
        world = np.eye(4)
        forward = np.array([-corner[0], 0.0, -corner[1]]) / np.sqrt(2)
        world[:3, :3] = np.stack([np.cross(forward, (0, 1, 0)), (0, 1, 0), -forward])
        world[3, :3] = -300.0 * forward
        turned = dataclasses.replace(only, camera=dataclasses.replace(frame.camera, world=world))
        brightness.append(surfaces.render_surfaces(turned, SIZE, 32).nits.mean())
    assert brightness[0] > 1.5 * max(brightness[1:])


def test_when_an_aperture_is_offset_then_mitsuba_and_our_rays_agree_where_a_post_stands(
    host: Path, layer: Path
) -> None:
    frame = scene.read_frame(scene.compose(str(host), str(layer / "fire.usda"), "fire"), "", 1001.0, SIZE)
    shifted = dataclasses.replace(frame.camera, window=(-0.1, 0.5, -0.2, 0.1))
    moved = dataclasses.replace(frame, camera=shifted, meshes=())
    depth = surfaces.render_surfaces(moved, (128, 64), 8).depth
    rows, columns = np.nonzero(np.isfinite(depth))
    rays = shifted.rays(256, 128)[rows, columns] * depth[rows, columns][:, None] + shifted.eye
    assert abs(rays[rays[:, 0] > 100][:, 0].min() - 250) < 8
    assert abs(rays[:, 1].max() - 100) < 8


def test_when_the_same_sheet_is_made_twice_then_size_and_bytes_are_those_of_its_pictures(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        Image.new("RGB", (96, 40), (40, 30, 20)).save(tmp_path / f"{name}.png")
    three = tuple((str(tmp_path / f"{name}.png"), f"frame {name}") for name in ("a", "b", "c"))
    entries = (
        SheetShot("sh010", "wide", three, ("burning_forest v003", "plan 12ab34cd", "seed 7")),
        SheetShot("sh020", "reverse", three[:1]),
    )
    first = contact_sheet(entries, str(tmp_path / "one.png"), heading="ember · sq010")
    second = contact_sheet(entries, str(tmp_path / "two.png"), heading="ember · sq010")
    assert Path(first).read_bytes() == Path(second).read_bytes()
    picture = pixels(first)
    assert picture.shape[1] == 2 * 44 + 3 * 440 + 2 * 10
    assert (picture == (40.0, 30.0, 20.0)).all(axis=2).sum() == pytest.approx(4 * 440 * round(40 * 440 / 96), rel=0.01)


def test_when_a_sheet_has_no_or_missing_pictures_then_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest):
        contact_sheet((), str(tmp_path / "sheet.png"))
    with pytest.raises(NotFound, match=r"gone\.png"):
        contact_sheet((SheetShot("a", "b", ((str(tmp_path / "gone.png"), ""),)),), str(tmp_path / "sheet.png"))
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(UnreadableInput, match=r"text\.png"):
        contact_sheet((SheetShot("a", "b", ((str(tmp_path / "text.png"), ""),)),), str(tmp_path / "sheet.png"))


def test_when_a_frame_is_drawn_twice_in_one_process_then_the_pictures_are_equal(host: Path, layer: Path) -> None:
    frame = scene.read_frame(scene.compose(str(host), str(layer / "fire.usda"), "fire"), "", 1001.0, SIZE)
    assert np.array_equal(draw(frame, SIZE, 8), draw(frame, SIZE, 8))


def test_when_words_are_wider_than_the_sheet_then_they_are_wrapped_or_cut_off_and_none_run_over(tmp_path: Path) -> None:
    Image.new("RGB", (96, 40), (40, 30, 20)).save(tmp_path / "a.png")
    long = "trimmed 8 frames at its head (1009-1056 → 1017-1056) " * 9
    shot = SheetShot("sh010_" + "x" * 200, long, ((str(tmp_path / "a.png"), long), ("", long)), (), (("RED", long),))
    picture = pixels(contact_sheet((shot,), str(tmp_path / "long.png"), heading=long))
    assert picture.shape[1] == 2 * 44 + 2 * 440 + 10 + 470 + 20
    margins = np.concatenate([picture[:, :40], picture[:, -40:]], axis=1)
    assert (margins == margins[0, 0]).all()
