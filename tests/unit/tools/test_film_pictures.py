from __future__ import annotations

import argparse
import dataclasses
from fractions import Fraction
from pathlib import Path

import make_film
import numpy as np
import pytest
from film import shots
from film.cameras import HIDDEN, focus_of, hidden_camera
from film.clip import write_clip
from film.kept import Kept
from film.paint import Job, read_exr, write_exr
from film.shots import FilmShot
from PIL import Image
from pxr import Gf, Usd, UsdGeom

from usd_ai.stage.preview import scene


def shot(name: str = "sh010", last: int = 1064) -> FilmShot:
    return FilmShot(name, f"{name}.usda", "layer", "fire", (1001, last), "/cameras/main", 0.0225, "abc")


def asked(**changed: object) -> argparse.Namespace:
    given = {
        "shots": "", "size": (1920, 1080), "big": (3840, 2160), "clip_size": (960, 540), "samples": 16,
        "clip_samples": 8, "clip_shot": "", "frames": 96, "only": make_film.PARTS,
    }  # fmt: skip
    return argparse.Namespace(**{**given, **changed})


def test_when_a_film_is_asked_for_then_it_has_nine_stills_one_large_nine_hidden_and_a_clip(tmp_path: Path) -> None:
    jobs = make_film._jobs(asked(), tuple(shot(f"sh0{n}0") for n in (1, 2, 3, 4)), tmp_path)
    stills = [job for job in jobs if job.size == (1920, 1080) and not job.hidden]
    assert len(stills) == 9
    assert {job.shot.name for job in stills} == {"sh010", "sh020", "sh030"}
    assert [job.frame for job in stills[:3]] == [1001, 1032, 1064]
    assert len([job for job in jobs if job.size == (3840, 2160)]) == 1
    assert sorted({job.hidden for job in jobs if job.hidden}) == sorted(HIDDEN)
    assert len([job for job in jobs if job.hidden]) == 9
    assert len([job for job in jobs if not job.linear]) == 96
    assert len({job.out for job in jobs}) == len(jobs)


def test_when_a_shot_is_long_enough_then_the_clip_is_of_it_alone(tmp_path: Path) -> None:
    jobs = make_film._clip_jobs(asked(), (shot("sh010"), shot("sh020", 1096)), tmp_path)
    assert {job.shot.name for job in jobs} == {"sh020"}
    assert [job.frame for job in jobs] == list(range(1001, 1097))


def test_when_no_shot_is_long_enough_then_the_clip_goes_on_with_the_next(tmp_path: Path) -> None:
    jobs = make_film._clip_jobs(asked(), (shot("sh010"), shot("sh020")), tmp_path)
    assert [job.shot.name for job in jobs] == ["sh010"] * 64 + ["sh020"] * 32


def test_when_a_picture_was_drawn_from_the_same_then_it_is_not_drawn_again(tmp_path: Path) -> None:
    job = Job(shot(), 1001, (8, 4), 16, str(tmp_path / "a.png"))
    assert not Kept(tmp_path / "film.json").holds(job)
    for path in (Path(job.out), job.exr):
        path.write_bytes(b"drawn")
    Kept(tmp_path / "film.json").keep(job, 1.0)
    assert Kept(tmp_path / "film.json").holds(job)
    changed = [
        Job(shot(), 1002, (8, 4), 16, job.out),
        Job(shot(), 1001, (8, 4), 8, job.out),
        Job(shot(), 1001, (8, 4), 16, job.out, hidden="near"),
        Job(dataclasses.replace(shot(), digest="other"), 1001, (8, 4), 16, job.out),
        Job(dataclasses.replace(shot(), exposure=0.03), 1001, (8, 4), 16, job.out),
    ]
    assert not any(Kept(tmp_path / "film.json").holds(other) for other in changed)
    job.exr.unlink()
    assert not Kept(tmp_path / "film.json").holds(job)


def test_when_nits_are_kept_then_they_are_read_back_to_half_a_thousandth(tmp_path: Path) -> None:
    nits = np.random.default_rng(1).uniform(0.1, 3000.0, (5, 7, 3))
    write_exr(tmp_path / "a.exr", nits, 0.5 * nits)
    read, fire = read_exr(tmp_path / "a.exr")
    assert fire is not None
    np.testing.assert_allclose(read, nits, rtol=5e-4)
    np.testing.assert_allclose(fire, 0.5 * nits, rtol=5e-4)
    write_exr(tmp_path / "b.exr", nits, None)
    assert read_exr(tmp_path / "b.exr")[1] is None


def test_when_pictures_become_a_clip_then_it_has_their_number_size_and_rate(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="clips as .mp4 need PyAV")
    pictures = []
    for number in range(6):
        path = tmp_path / f"{number}.png"
        Image.fromarray(np.full((36, 64, 3), 40 * number, np.uint8)).save(path)
        pictures.append(path)
    clip = write_clip(pictures, tmp_path / "clip", Fraction(24), 100_000)
    with av.open(str(clip)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert container.streams.video[0].average_rate == 24
    assert [frame.shape for frame in frames] == [(36, 64, 3)] * 6
    np.testing.assert_allclose([frame.mean() for frame in frames], [40 * n for n in range(6)], atol=4)


def test_when_a_clip_does_not_fit_then_the_program_ends_with_a_sentence(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((36, 64, 3), np.uint8)).save(tmp_path / "0.png")
    with pytest.raises(SystemExit, match="does not fit"):
        write_clip([tmp_path / "0.png"], tmp_path / "clip", Fraction(24), 10)


@pytest.fixture
def stage(tmp_path: Path) -> str:
    """Metres, Z up: rising ground, a camera 2 m above it that looks north."""
    made = Usd.Stage.CreateNew(str(tmp_path / "shot.usda"))
    UsdGeom.SetStageMetersPerUnit(made, 1.0)
    UsdGeom.SetStageUpAxis(made, "Z")
    ground = UsdGeom.Mesh.Define(made, "/ground")
    ground.CreatePointsAttr([(-500, -500, -50), (500, -500, -50), (500, 500, 50), (-500, 500, 50)])
    ground.CreateFaceVertexCountsAttr([4])
    ground.CreateFaceVertexIndicesAttr([0, 1, 2, 3])
    camera = UsdGeom.Camera.Define(made, "/cameras/main")
    turned = Gf.Matrix4d(Gf.Rotation(Gf.Vec3d(1, 0, 0), 90.0), Gf.Vec3d(0))
    camera.AddTransformOp().Set(turned * Gf.Matrix4d().SetTranslate(Gf.Vec3d(0, 0, 2)))
    made.Save()
    return str(tmp_path / "shot.usda")


@pytest.mark.parametrize(("name", "place"), [("turn90", (40, 40)), ("turn180", (0, 80)), ("near", (0, 80 / 3))])
def test_when_a_camera_is_hidden_then_it_sees_the_same_from_elsewhere_and_nothing_is_saved(
    stage: str, name: str, place: tuple[float, float]
) -> None:
    before = Path(stage).read_bytes()
    composed = scene.compose(stage, "", "")
    frame = scene.read_frame(composed, "", 1.0, (64, 36))
    focus = focus_of(frame)
    np.testing.assert_allclose(focus[:2], (0, 40), atol=1e-4)
    camera, _ = scene.read_camera(composed.stage, hidden_camera(composed, frame, name, 1.0), 1.0, 64 / 36)
    np.testing.assert_allclose(camera.eye[:2], place, atol=1e-3)
    assert camera.eye[2] == pytest.approx(0.1 * camera.eye[1] + 2.0, abs=1e-3)  # as high over its own ground
    toward = focus[:2] - camera.eye[:2]
    np.testing.assert_allclose(camera.axes()[2][:2], toward / np.linalg.norm(toward), atol=1e-3)
    assert camera.exposure == frame.camera.exposure
    assert Path(stage).read_bytes() == before


def test_when_a_shot_has_several_layers_then_the_film_is_of_the_first_ones_newest_version(tmp_path: Path) -> None:
    for layer in ("burning_forest/v002", "burning_forest/v010", "edited/v001", "edited/v012"):
        folder = tmp_path / "env" / layer
        folder.mkdir(parents=True)
        (folder / f"{folder.parent.name}.usda").touch()
    (tmp_path / "env" / "burning_forest" / "v011").mkdir()  # nothing was published there
    assert shots._latest(tmp_path) == tmp_path / "env" / "burning_forest" / "v010"
    assert shots._latest(tmp_path / "env") is None
