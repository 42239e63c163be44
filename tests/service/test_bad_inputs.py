"""Each bad input gives its own clear error over gRPC and on the command line, and the server goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

import usd_ai
from usd_ai.cli import exits
from usd_ai.cli.main import usd_ai as command_line
from usd_ai.core import errors

_ROOT = Path(__file__).resolve().parents[2]
_CORPUS = Path(os.environ.get("USD_AI_CORPUS", _ROOT.parent / "shared" / "corpus"))

_SHOTS = ("sound", "torn", "unitless", "groundless", "stageless", "corrupt")
_HEADER = '#usda 1.0\n(\n    metersPerUnit = 1\n    upAxis = "Y"\n    timeCodesPerSecond = 24\n)\n'
_CAMERA = """
def Camera "cam"
{
    float2 clippingRange = (0.1, 10000)
    double3 xformOp:translate = (0, 2, 20)
    uniform token[] xformOpOrder = ["xformOp:translate"]
}
"""
_WALL = """
def Mesh "wall"
{
    int[] faceVertexCounts = [4]
    int[] faceVertexIndices = [0, 1, 2, 3]
    point3f[] points = [(-9, 0, 0), (9, 0, 0), (9, 5, 0), (-9, 5, 0)]
}
"""
_GROUND = """
def Mesh "ground"
{
    int[] faceVertexCounts = [4]
    int[] faceVertexIndices = [0, 1, 2, 3]
    point3f[] points = [(-50, 0, 50), (50, 0, 50), (50, 0, -50), (-50, 0, -50)]
}
"""


def _edl(shots: tuple[str, ...]) -> str:
    events = []
    for number, shot in enumerate(shots):
        source, record = "00:00:41:17 00:00:42:17", f"00:00:{number:02}:00 00:00:{number + 1:02}:00"
        events.append(f"{number + 1:03}  {shot[:8]}  V  C  {source} {record}\n* FROM CLIP NAME: {shot}\n")
    return "TITLE: bad\nFCM: NON-DROP FRAME\n\n" + "".join(events)


def _show(folder: Path, name: str, cut: str, rate: str = "24") -> Path:
    rate_line = f'rate = "{rate}"\n' if rate else ""
    file = folder / name / "studio.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f'[project]\nname = "{name}"\ncut = "{cut}"\n{rate_line}stage = "shots/{{shot}}.usda"\n')
    return file


def _good(folder: Path) -> Path:
    show = _show(folder, "bad", "cut.edl")
    (show.parent / "cut.edl").write_text(_edl(_SHOTS))
    shots = show.parent / "shots"
    shots.mkdir()
    (shots / "sound.usda").write_text(_HEADER + _CAMERA + _GROUND)
    (shots / "torn.usda").write_text(_HEADER + 'def Mesh "ground" { point3f[] points = [(1, 2')
    (shots / "unitless.usda").write_text("#usda 1.0\n" + _CAMERA + _GROUND)
    (shots / "groundless.usda").write_text(_HEADER + _CAMERA + _WALL)
    (shots / "corrupt.usda").write_bytes(b"PXR-USDC" + bytes(range(256)) * 40)
    return show


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server, as a program of its own, with several shows of which most are bad."""
    folder = tmp_path_factory.mktemp("shows")
    rateless = _show(folder, "rateless", "cut.edl", rate="")
    (rateless.parent / "cut.edl").write_text(_edl(("sound",)))
    shows = [_good(folder), rateless, _show(folder, "cutless", "absent.edl"), _show(folder, "newer", "newer.otio")]
    if _CORPUS.is_dir():
        shutil.copy(_CORPUS / "timelines" / "newer_schema.otio", folder / "newer" / "newer.otio")
    ready = folder / "ready.json"
    arguments = [part for show in shows for part in ("--project", str(show))]
    command = [sys.executable, "-m", "services.server", *arguments, "--port", "0", "--workers", "1"]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    log = (folder / "server.log").open("w")
    server = subprocess.Popen(
        [*command, "--ready-file", str(ready)], cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert server.poll() is None, (folder / "server.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield str(json.loads(ready.read_text())["address"])
        assert server.poll() is None, (folder / "server.log").read_text()
    finally:
        server.terminate()
        server.wait(30)
        log.close()


_TABLE = {
    "missing rate": ("rateless", "shots", errors.InvalidRequest, "rate"),
    "missing cut": ("cutless", "shots", errors.NotFound, "absent.edl"),
    "newer schema": ("newer", "shots", errors.UnreadableInput, "Marker"),
    "unknown shot": ("bad", "plan nobody", errors.NotFound, "nobody"),
    "missing stage": ("bad", "plan stageless", errors.NotFound, "shots/stageless.usda"),
    "malformed stage": ("bad", "plan torn", errors.UnreadableInput, "torn.usda"),
    "corrupt stage": ("bad", "plan corrupt", errors.UnreadableInput, "corrupt.usda"),
    "no units": ("bad", "plan unitless", errors.InvalidRequest, "metersPerUnit"),
    "empty ground": ("bad", "plan groundless --ground /wall", errors.InvalidRequest, "ground"),
    "camera not found": ("bad", "plan sound --camera /nope", errors.NotFound, "/nope"),
    "ground not found": ("bad", "plan sound --ground /nope", errors.NotFound, "/nope"),
    "unknown parameter": ("bad", "plan sound --set densty=1", errors.InvalidRequest, "density"),
    "out of range": ("bad", "plan sound --set density=-1", errors.InvalidRequest, "density"),
    "unknown generator": ("bad", "plan sound -g tsunami", errors.NotFound, "tsunami"),
}


@pytest.fixture(scope="module")
def tell(address: str) -> Callable[[str], tuple[int, dict[str, str]]]:
    """Exit code and error object of a case, asked once."""

    @cache
    def ask(case: str) -> tuple[int, dict[str, str]]:
        project, line, _, _ = _TABLE[case]
        arguments = [*line.split(), "--server", address, "--project", project, "--json"]
        result = CliRunner().invoke(command_line, arguments)
        return result.exit_code, json.loads(result.stdout)["error"]

    return ask


def _cases() -> list[str]:
    return [case for case in _TABLE if case != "newer schema" or _CORPUS.is_dir()]


@pytest.mark.parametrize("case", _TABLE)
def test_when_an_input_is_bad_then_its_own_error_is_told_and_the_server_goes_on(
    address: str, tell: Callable[[str], tuple[int, dict[str, str]]], case: str
) -> None:
    if case not in _cases():
        pytest.skip("needs the corpus: set USD_AI_CORPUS")
    _, _, kind, word = _TABLE[case]
    code, told = tell(case)
    sentence = f"{told['message']} {told['remedy']}"
    assert told["kind"] == kind.__name__, sentence
    assert code == exits.TABLE[kind]
    assert word in sentence
    assert told["remedy"]
    with usd_ai.connect(address, project="bad") as studio:
        assert len(studio.cut().shots) == len(_SHOTS)


def test_when_all_cases_are_told_then_no_two_sentences_are_the_same(
    tell: Callable[[str], tuple[int, dict[str, str]]],
) -> None:
    sentences = [tell(case)[1]["message"] for case in _cases()]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.skipif(not _CORPUS.is_dir(), reason="needs the corpus: set USD_AI_CORPUS")
def test_when_stages_are_hostile_then_each_is_refused_and_the_server_goes_on(address: str, tmp_path: Path) -> None:
    hostile = sorted((_CORPUS / "hostile" / "usda").glob("*.usda"))[::8]
    assert len(hostile) > 10
    with usd_ai.connect(address, project="bad") as studio:
        shots = Path(studio.projects()[0].root) / "shots"
        for file in hostile:
            shutil.copy(file, shots / "stageless.usda")
            with pytest.raises(errors.UsdAiError) as caught:
                studio.shot("stageless").plan("burning_forest")
            assert caught.value.remedy, file.name
            assert type(caught.value) is not errors.UsdAiError, file.name
        (shots / "stageless.usda").unlink()
        assert len(studio.cut().shots) == len(_SHOTS)
