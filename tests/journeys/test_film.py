"""A film of published layers by the workshop's programs, as a supervisor gets it: pictures, a clip, figures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.journeys.shows import ROOT, SmallShow, build_small_show

SHOT = "sh010"


def _run(program: str, *arguments: str) -> str:
    command = [sys.executable, str(ROOT / "tools" / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def film(small_show: SmallShow, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], str]:
    """Arguments of the programs, and what the first run of make_film.py said.

    A film shows a shot's newest version, and other journeys publish unlit woods in the same shot: so it is made of a
    copy of the show that holds the one version with its fire.
    """
    lit = small_show.publish(SHOT)
    demo = build_small_show(tmp_path_factory.mktemp("filmed") / "ember").parent
    shutil.copytree(lit.folder, demo / lit.folder.relative_to(small_show.folder), copy_function=os.link)
    out = tmp_path_factory.mktemp("film")
    arguments = [str(demo), "--out", str(out), "--shots", SHOT, "--size", "96x54", "--big", "128x72"]
    arguments += ["--clip-size", "64x36", "--frames", "3", "--only", "stills,big,hidden,clip", "--workers", "1"]
    return arguments, _run("make_film.py", *arguments)


def test_when_a_film_is_made_then_all_its_pictures_lie_there_and_its_exposure_was_told(
    film: tuple[list[str], str],
) -> None:
    arguments, said = film
    out = Path(arguments[2])
    known = json.loads((out / "film.json").read_text(encoding="utf-8"))
    assert f"{SHOT}: EV " in said
    assert "minutes of CPU" in said
    assert {tuple(one["size"]) for one in known.values()} == {(96, 54), (128, 72), (64, 36)}
    assert len({one["exposure"] for one in known.values()}) == 1
    for name, one in known.items():
        with Image.open(out / name) as picture:
            assert list(picture.size) == one["size"]
            assert np.asarray(picture).std() > 1.0
    assert (out / "film.png").is_file()
    assert list(out.glob("clip.*"))


def test_when_a_film_is_made_again_then_only_what_is_missing_is_drawn(film: tuple[list[str], str]) -> None:
    arguments, _ = film
    out = Path(arguments[2])
    gone = next(out.glob(f"{SHOT}.near.*.png"))
    kept = {path: path.stat().st_mtime_ns for path in out.rglob("*.png") if path.name != "film.png"}
    gone.unlink()
    assert "1/1 " in _run("make_film.py", *arguments)
    assert {path for path, time in kept.items() if path.stat().st_mtime_ns != time} == {gone}


def test_when_a_film_is_measured_then_layer_light_and_pictures_are_held_against_their_ranges(
    film: tuple[list[str], str], tmp_path: Path
) -> None:
    demo, out = film[0][0], film[0][2]
    said = _run("measure_frames.py", demo, "--film", out, "--json", str(tmp_path / "figures.json"))
    found = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    lines = {one["line"] for one in found}
    assert {"clipped", "dark", "fire_area", "fire_green", "height_crown", "base_kelvin", "lights"} <= lines
    assert {"stems", "lai", "snags", "prototypes", "haze", "tint_red", "ember_kelvin"} <= lines
    assert all(np.isfinite(one["value"]) for one in found)
    assert said.strip().endswith("lines inside.")
    colours = [one for one in found if one["line"] in {"fire_green", "fire_blue", "haze", "tint_red", "tint_blue"}]
    assert all(one["inside"] for one in colours)
