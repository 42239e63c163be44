from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from numpy._core._multiarray_umath import __cpu_features__ as cpu_features

from usd_ai.core.types import Layer
from usd_ai.generators.burning_forest import ALGORITHM_VERSION, GENERATOR
from usd_ai.generators.burning_forest.build import build_task
from usd_ai.generators.burning_forest.forecast import forecast_task
from usd_ai.generators.burning_forest.plants import NEVER

SMALL = {"fire": 0.0, "density": 0.3, "undergrowth": 0.1, "surroundings": False}
GOLDEN = "burning_forest_small.json"

_IN_ANOTHER_PROCESS = """
import pickle, sys
from usd_ai.generators.burning_forest.build import build_task
arguments = pickle.load(open(sys.argv[1], "rb"))
layer = build_task(*arguments, lambda fraction, message: None)
print(layer.sha256, layer.content_sha256)
"""


def quiet(_fraction: float, _message: str) -> None:
    pass


def build(planned: Callable[..., object], folder: Path, **values: object) -> Layer:
    made = planned(frames=(1001, 1003), **{**SMALL, **values})
    folder.mkdir()
    return build_task(made.plan, made.world, made.facts, made.arrays, made.cache, str(folder), quiet)


def machine_class() -> dict[str, object]:
    """What decides bits besides the algorithm: the releases it names, and the vector instructions numpy uses."""
    vectors = sorted(name for name in ("AVX2", "FMA3", "AVX512F", "AVX512_SKX", "ASIMD") if cpu_features.get(name))
    return {"libraries": {n: version(n).partition("+")[0] for n in GENERATOR.libraries}, "vectors": vectors}


def test_when_golden_bytes_change_then_algorithm_version_must_have_grown(
    planned: Callable[..., object], tmp_path: Path, golden: Callable[[str, str], None], request: pytest.FixtureRequest
) -> None:
    file = Path(__file__).resolve().parents[2] / "golden" / GOLDEN
    rewriting = request.config.getoption("--rewrite-golden")
    if not rewriting:
        known = json.loads(file.read_text(encoding="utf-8"))
        if known["machine"] != machine_class():
            pytest.skip("the golden digest was made with other library releases or vector instructions")
    layer = build(planned, tmp_path / "layer")
    said = {"algorithm_version": ALGORITHM_VERSION, "content_sha256": layer.content_sha256, "machine": machine_class()}
    golden(GOLDEN, json.dumps(said, indent=1, sort_keys=True) + "\n")


def test_when_built_in_processes_of_other_surroundings_then_bytes_are_equal(
    planned: Callable[..., object], tmp_path: Path
) -> None:
    here = build(planned, tmp_path / "here")
    made = planned(frames=(1001, 1003), **SMALL)
    said = set()
    for number, surroundings in enumerate(
        ({"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}, {"PYTHONHASHSEED": "77", "TZ": "UTC", "LC_ALL": "C"})
    ):
        folder, file = tmp_path / f"there{number}", tmp_path / f"arguments{number}"
        folder.mkdir()
        cache = tmp_path / f"cache{number}"  # a fresh world as well
        file.write_bytes(pickle.dumps((made.plan, made.world, made.facts, made.arrays, str(cache), str(folder))))
        done = subprocess.run(
            [sys.executable, "-c", _IN_ANOTHER_PROCESS, str(file)],
            env={**surroundings, "PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        said.add(done.stdout.strip())
    assert said == {f"{here.sha256} {here.content_sha256}"}


def test_when_fire_is_out_then_no_volume_light_or_ember_is_there(
    planned: Callable[..., object], tmp_path: Path
) -> None:
    layer = build(planned, tmp_path / "layer")
    counts = dict(layer.elements)
    assert (counts["flames"], counts["fire_lights"], counts["embers"], counts["smoke"]) == (0, 0, 0, 0)
    looks = ["look/blender.py", "look/karma.usda", "look/look.json"]
    assert [file.path for file in layer.files] == [*looks, "payload.usdc", "states.usdc", "vdb/haze.vdb"]


def test_when_forecast_is_given_then_the_layer_has_exactly_so_many_trees(
    planned: Callable[..., object], tmp_path: Path
) -> None:
    made = planned(frames=(1001, 1003), **SMALL)
    told = dict(forecast_task(made.plan, made.world, made.facts, made.arrays, made.cache).elements)
    built = dict(build(planned, tmp_path / "layer").elements)
    assert told["trees"] == built["trees"] > 1000
    assert told["undergrowth"] == built["undergrowth"]


def test_when_nothing_burns_yet_then_the_forecast_says_what_to_change(planned: Callable[..., object]) -> None:
    made = planned(frames=(1001, 1003), story_time=-500.0, density=0.3, surroundings=False)
    warnings = forecast_task(made.plan, made.world, made.facts, made.arrays, made.cache).warnings
    assert any("story_time" in warning for warning in warnings)


def test_when_there_are_no_trees_at_all_then_a_layer_is_built_and_the_forecast_warns(
    planned: Callable[..., object], tmp_path: Path
) -> None:
    layer = build(planned, tmp_path / "layer", density=0.0, undergrowth=0.0)
    assert dict(layer.elements)["trees"] == 0
    made = planned(frames=(1001, 1003), **{**SMALL, "density": 0.0, "undergrowth": 0.0})
    warnings = forecast_task(made.plan, made.world, made.facts, made.arrays, made.cache).warnings
    assert any("No tree stands" in warning for warning in warnings)


def test_when_the_payload_is_read_then_ids_are_unique_and_never_is_minus_one(
    planned: Callable[..., object], tmp_path: Path
) -> None:
    from pxr import Usd, UsdGeom  # noqa: PLC0415 - only this test reads USD

    build(planned, tmp_path / "layer")
    stage = Usd.Stage.Open(str(tmp_path / "layer" / "payload.usdc"))
    trees = UsdGeom.PointInstancer(stage.GetPrimAtPath("/burning_forest/trees"))
    ids = np.array(trees.GetIdsAttr().Get())
    assert len(np.unique(ids)) == len(ids)
    ignition = np.array(UsdGeom.PrimvarsAPI(trees).GetPrimvar("usdai:ignition").Get())
    assert np.isfinite(ignition).all()
    assert ((ignition >= 0.0) & ((ignition < 1.0e6) | (ignition == NEVER))).all()
