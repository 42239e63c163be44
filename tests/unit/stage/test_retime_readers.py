"""Edits as OpenUSD 24.11 and 25.11 read them: value clips, steps in them, offsets and samples mean the same there."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.unit.stage.retimes import EMBERS, NAME, START, publish_moving, write
from usd_ai.core.types import FrameRange, Plays

ROOT = Path(__file__).resolve().parents[3]
SHOWN = FrameRange(-1, 10)
EASED = tuple(Fraction(1002) + Fraction(k * k, 8) for k in range(12))
PLAYED = {
    "slow": Plays(Fraction(1004), Fraction(1, 2)),
    "fast": Plays(Fraction(1003), Fraction(3, 2)),
    "reverse": Plays(Fraction(1020), Fraction(-1)),
    "freeze": Plays(Fraction(2021, 2), Fraction(0)),
    "ramp": Plays(Fraction(1002), Fraction(1), EASED),
    "jump": Plays(Fraction(1001), Fraction(1), tuple(Fraction(f) for f in (1001, 1002, 1003, 1019, 1020, 1021))),
}

_READ = """
import json, sys
from pxr import Usd, UsdGeom
def plain(value):
    if value is None or isinstance(value, (str, float, int)): return value
    if hasattr(value, "resolvedPath"): return value.resolvedPath
    if hasattr(value, "GetReal"): return [value.GetReal(), *value.GetImaginary()]
    return [plain(one) for one in value]
stage = Usd.Stage.Open(sys.argv[1])
first, last, parts = json.loads(sys.argv[2])
codes = [first + n / parts for n in range((last - first) * parts + 1)]
found = {}
for prim in stage.TraverseAll():
    for attribute in prim.GetAttributes():
        if attribute.ValueMightBeTimeVarying():
            found[str(attribute.GetPath())] = [plain(attribute.Get(code)) for code in codes]
embers = UsdGeom.PointBased(stage.GetPrimAtPath(sys.argv[3]))
found["moved"] = [plain(embers.ComputePointsAtTime(code + 0.25, code)) for code in codes[::parts]]
print(Usd.GetVersion())
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def edits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edits")
    published = publish_moving(folder / "publish" / "v001")
    for name, plays in PLAYED.items():
        write(published, folder / f"{name}.usda", plays, SHOWN)
    return folder


def read_with(python: str, edit: Path) -> tuple[list[int], dict[str, Any]]:
    span = json.dumps([START + SHOWN.start, START + SHOWN.end, 4])
    done = subprocess.run(
        [python, "-c", _READ, str(edit), span, EMBERS], capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    version, found = done.stdout.splitlines()
    return json.loads(version.replace("(", "[").replace(")", "]")), json.loads(found)


def same(first: object, second: object) -> bool:
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(same(one, other) for one, other in zip(first, second, strict=True))
    if isinstance(first, float) and isinstance(second, float):
        return abs(first - second) <= 1e-5 * max(1.0, abs(first))
    return first == second


@pytest.mark.parametrize("name", PLAYED)
@pytest.mark.parametrize(("folder", "version"), [(".venv-usd2411", [0, 24, 11]), (".venv-usd2511", [0, 25, 11])])
def test_when_an_older_openusd_reads_an_edit_then_it_finds_the_same_at_every_quarter_of_a_frame(
    edits: Path, folder: str, version: list[int], name: str
) -> None:
    python = ROOT / folder / "bin" / "python"
    if not python.exists():
        pytest.skip(f"needs usd-core {version[1]}.{version[2]} in {folder}: make {folder}/.done")
    _, expected = read_with(sys.executable, edits / f"{name}.usda")
    found_version, found = read_with(str(python), edits / f"{name}.usda")
    assert found_version == version
    assert set(found) == set(expected)
    assert f"/{NAME}/fire/flame/density.filePath" in found or name == "freeze"
    different = [path for path in sorted(found) if not same(found[path], expected[path])]
    assert different == []
