"""A stage that this project did not write as a project of its own, with a fire on it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import usd_ai
from tests.journeys.shows import GENERATOR, SEED, Published, serving
from usd_ai.core.types import ParameterValue

_STUDIO = """\
[project]
name = "corpus"
cut = "editorial/one.edl"
rate = "24"
handles = 0
stage = "{stage}"
"""
_CUT = """\
TITLE: one
FCM: NON-DROP FRAME
001  {shot:<8s} V     C        00:00:00:20 00:00:00:23 01:00:00:00 01:00:00:03
* FROM CLIP NAME: {shot}_v001
"""
# Ten metres of ground: the fire has crossed them within a minute.
WISH: dict[str, ParameterValue] = {"story_frame": 20, "story_time": 12.0, "density": 2.0}


@dataclass(frozen=True)
class Host:
    """A project around a stage of the corpus, and the layer on it. ``before``: digests of the host's files."""

    folder: Path
    stage: Path
    shot: str
    before: dict[str, str]
    published: Published


def foreign_project(folder: Path, source: Path, shot: str, stage: str) -> Path:
    """A project with one shot around a copy of a stage; its ``studio.toml``."""
    shutil.copytree(source, folder / shot)
    (folder / "editorial").mkdir()
    (folder / "editorial" / "one.edl").write_text(_CUT.format(shot=shot), encoding="ascii")
    studio = folder / "studio.toml"
    studio.write_text(_STUDIO.format(stage=f"{{shot}}/{stage}"), encoding="utf-8")
    return studio


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder, by its path in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="session")
def grid_shot(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The Houdini shot of the corpus with its own camera and ground, burning."""
    folder = tmp_path_factory.mktemp("grid")
    studio_file = foreign_project(folder / "show", corpus / "stages" / "grid_shot", "grid_shot", "scene.usd")
    home = folder / "show" / "grid_shot"
    before = digests(home)
    with serving(studio_file, folder / "state", workers=1) as server, usd_ai.connect(server.address) as studio:
        handle = studio.shot("grid_shot").generate(
            GENERATOR, WISH, seed=SEED, camera="/Cam/shotCam_001", ground="/grid1/mesh_0"
        )
        handle.wait()
        version = handle.publish()
        published = Published(Path(version.folder), handle.snapshot, version)
        yield Host(home, home / "scene.usd", "grid_shot", before, published)
