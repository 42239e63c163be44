"""Published layers are read by OpenUSD 24.11, 25.11 and tinyusdz as the present OpenUSD reads them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from tests.journeys.shows import ROOT, Published, SmallShow

_COUNT = """
import hashlib, json, sys
from collections import Counter
from pxr import Usd, UsdGeom, UsdVol

stage = Usd.Stage.Open(sys.argv[1])
digest = lambda array: hashlib.sha256(memoryview(array)).hexdigest() if array else ""
kinds, instancers, volumes, lights = Counter(), {}, {}, {}
for prim in stage.TraverseAll():
    kinds[str(prim.GetTypeName())] += 1
    path = str(prim.GetPath())
    if prim.IsA(UsdGeom.PointInstancer):
        it = UsdGeom.PointInstancer(prim)
        first = it.GetProtoIndicesAttr().GetTimeSamples() or [0.0]
        indices = it.GetProtoIndicesAttr().Get(first[0])
        instancers[path] = [
            len(it.GetIdsAttr().Get()), len(indices), len(it.GetPrototypesRel().GetTargets()),
            digest(it.GetIdsAttr().Get()), digest(it.GetPositionsAttr().Get()),
        ]
    if prim.IsA(UsdVol.OpenVDBAsset):
        file = prim.GetAttribute("filePath")
        times = file.GetTimeSamples()
        volumes[path] = [[time, file.Get(time).path, bool(file.Get(time).resolvedPath)] for time in times]
    if prim.GetTypeName() == "SphereLight":
        intensity = prim.GetAttribute("inputs:intensity")
        lights[path] = [intensity.Get(time) for time in intensity.GetTimeSamples() or [0.0]]
range_ = [stage.GetStartTimeCode(), stage.GetEndTimeCode(), UsdGeom.GetStageMetersPerUnit(stage)]
print(Usd.GetVersion())
print(json.dumps({"kinds": kinds, "instancers": instancers, "volumes": volumes, "lights": lights, "range": range_}))
"""


@pytest.fixture(scope="module")
def layer(small_show: SmallShow) -> Published:
    return small_show.publish("sh010")


@pytest.fixture(scope="module")
def expected(layer: Published) -> dict[str, Any]:
    return _read_with(sys.executable, layer)[1]


def _read_with(python: str, layer: Published) -> tuple[tuple[int, ...], dict[str, Any]]:
    done = subprocess.run([python, "-c", _COUNT, str(layer.interface)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    version, found = done.stdout.splitlines()
    return tuple(json.loads(version.replace("(", "[").replace(")", "]"))), json.loads(found)


@pytest.mark.parametrize(("folder", "version"), [(".venv-usd2411", (0, 24, 11)), (".venv-usd2511", (0, 25, 11))])
def test_when_an_older_openusd_reads_a_published_layer_then_it_finds_the_same(
    layer: Published, expected: dict[str, Any], folder: str, version: tuple[int, ...]
) -> None:
    python = ROOT / folder / "bin" / "python"
    if not python.exists():
        pytest.skip(f"needs usd-core {version[1]}.{version[2]} in {folder}: make {folder}/.done")
    found_version, found = _read_with(str(python), layer)
    assert found_version == version
    assert found == expected
    assert found["instancers"]["/burning_forest/trees"][:2] == [layer.trees, layer.trees]


def test_when_the_present_openusd_reads_it_then_every_volume_file_is_found_at_every_frame(
    expected: dict[str, Any],
) -> None:
    start, end, metres = expected["range"]
    assert metres == pytest.approx(0.01)
    assert expected["kinds"]["Volume"] > 10
    assert expected["kinds"]["SphereLight"] > 0
    for path, samples in expected["volumes"].items():
        assert all(resolved for _, _, resolved in samples), path
        assert all(name.startswith("./vdb/") for _, name, _ in samples), path
        assert samples[0][0] <= start, path
        assert samples[-1][0] >= end, path


def test_when_tinyusdz_reads_the_payload_then_it_finds_the_same_prims(
    layer: Published, expected: dict[str, Any]
) -> None:
    tinyusdz = pytest.importorskip("tinyusdz", reason="needs the independent reader of the dev extra")
    stage = tinyusdz.load(str(layer.folder / "payload.usdc"))
    kinds: Counter[str] = Counter()
    species: list[int] = []

    def visit(prim: Any, path: str, _depth: int) -> None:  # noqa: ANN401 - tinyusdz has no public type for it
        kinds[prim.type_name] += 1
        if path == "/burning_forest/trees":
            species.append(prim.get_attribute("primvars:usdai:species").value.to_string().count(",") + 1)

    stage.visit_prims(visit)
    assert dict(kinds) == expected["kinds"]
    assert species == [layer.trees]
