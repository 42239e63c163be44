"""The demo show with a cut of a few frames, served by the real server: what the journeys and the readers look at."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

import usd_ai
from tests.tools.timecodes import timecode
from usd_ai.core.types import ParameterValue

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = "burning_forest"
SEED = 7
FIRST, LAST = 1030, 1031
SHOTS = ("sh010", "sh020", "sh030", "sh040")
_START_SECONDS = 90.0


def build_show(out: Path) -> Path:
    """The demo studio with its whole cut; its ``studio.toml``."""
    subprocess.run([sys.executable, str(ROOT / "examples/demo_studio/build.py"), str(out)], check=True)
    return out / "studio.toml"


def build_small_show(out: Path, handles: int = 1) -> Path:
    """The demo studio with its cut rewritten to two frames a shot; its ``studio.toml``."""
    studio = build_show(out)
    (out / "editorial" / "short.edl").write_text(_short_cut(), encoding="ascii")
    text = studio.read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("cut ="):
            text = text.replace(line, 'cut = "editorial/short.edl"')
        if line.startswith("handles ="):
            text = text.replace(line, f"handles = {handles}")
    studio.write_text(text, encoding="utf-8")
    return studio


def _short_cut() -> str:
    length = LAST - FIRST + 1
    lines = ["TITLE: short", "FCM: NON-DROP FRAME"]
    for number, shot in enumerate(SHOTS):
        at = 86400 + number * length
        codes = " ".join(timecode(frame) for frame in (FIRST, FIRST + length, at, at + length))
        lines += [f"{number + 1:03d}  {shot:<8s} V     C        {codes}", f"* FROM CLIP NAME: {shot}_v001"]
    return "\n".join(lines) + "\n"


def fire_of(studio: Path, shot: str) -> dict[str, ParameterValue]:
    """The director's fire as the demo asks for it in a shot."""
    fire = tomllib.loads((studio.parent / "fire.toml").read_text(encoding="utf-8"))
    return {**fire["world"], "story_time": fire["story_time"][shot]}


@dataclass
class Server:
    """A server as a program of its own. ``state``: its folder; ``process``: to be killed in tests of crashes."""

    studio: Path
    state: Path
    process: subprocess.Popen[bytes]
    address: str

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def children(self) -> list[psutil.Process]:
        """Its worker processes."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def log(self) -> str:
        """What it wrote to its log."""
        return (self.state / "server.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def serving(studio: Path, state: Path, workers: int = 2) -> Generator[Server]:
    """A server for a show; ended, however the test left it, when the block ends."""
    state.mkdir(parents=True, exist_ok=True)
    ready = state / "ready.json"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "usd_ai.cli.main", "serve", "--project", str(studio), "--state", str(state)]
    command += ["--port", "0", "--workers", str(workers), "--ready-file", str(ready)]
    with (state / "server.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not ready.is_file():
            assert process.poll() is None, (state / "server.log").read_text(encoding="utf-8", errors="replace")
            assert time.monotonic() < deadline, "the server did not answer in time"
            time.sleep(0.05)
        yield Server(studio, state, process, str(json.loads(ready.read_text(encoding="utf-8"))["address"]))
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def lend_cache(state: Path, other: Path, kinds: tuple[str, ...] = ("flame", "world")) -> None:
    """Put a state's cache entries of some kinds into another's, as links: they take a minute to make anew."""
    for entry in sorted((state / "cache").iterdir()):
        if entry.name.startswith(kinds):
            shutil.copytree(entry, other / "cache" / entry.name, copy_function=os.link, dirs_exist_ok=True)


@dataclass(frozen=True)
class Published:
    """A published layer and how it came to be."""

    folder: Path
    generation: usd_ai.Generation
    version: usd_ai.Version

    @property
    def interface(self) -> Path:
        """The file that a stage sublayers."""
        return self.folder / f"{self.version.name}.usda"

    @property
    def trees(self) -> int:
        """Trees on the host's ground, as planned before anything was built."""
        assert self.generation.forecast is not None
        return dict(self.generation.forecast.elements)["trees"]


@dataclass
class SmallShow:
    """The show, its server, and the layers that were already asked of it."""

    server: Server
    studio: usd_ai.Studio
    _made: dict[str, Published] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The show's root."""
        return self.server.studio.parent

    def wish(self, shot: str, **parameters: ParameterValue) -> dict[str, ParameterValue]:
        """The parameters of the director's fire in a shot, with changes."""
        return {**fire_of(self.server.studio, shot), **parameters}

    def publish(
        self, shot: str, detail: usd_ai.Detail = usd_ai.Detail.FULL, name: str = "", **parameters: ParameterValue
    ) -> Published:
        """Generate and publish a layer; asked again with the same words, the same answer."""
        words = json.dumps([shot, detail, name, sorted(parameters.items())])
        if words not in self._made:
            wished = self.wish(shot, **parameters)
            handle = self.studio.shot(shot).generate(GENERATOR, wished, seed=SEED, detail=detail, name=name)
            handle.wait()
            version = handle.publish()
            self._made[words] = Published(Path(version.folder), handle.snapshot, version)
        return self._made[words]

    def stage(self, shot: str) -> Path:
        """The stage of a shot, whose environment layer points to what was published."""
        return self.folder / "shots" / shot / f"{shot}.usda"


@pytest.fixture(scope="session")
def small_show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallShow]:
    """The small show with its server; flames, world and layers are made once a session."""
    folder = tmp_path_factory.mktemp("show")
    studio = build_small_show(folder / "ember")
    with serving(studio, folder / "state") as server, usd_ai.connect(server.address) as connected:
        yield SmallShow(server, connected)
