"""One clock: a tree's ignition, its flame, its light and its char come at the same moment of the story, in the files.

A fire that runs fast enough for a hundred trees to catch within the shot is built by the real task; all that is
compared is read back from what was written (`tests/tools/one_clock.py`). A tree's flame is the volume that says it
stands for the tree: neighbours' flames lean over it earlier, and are not counted.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pxr import Usd, UsdGeom

from tests.tools.one_clock import Clocks, read_clocks
from usd_ai.core import plan as planning
from usd_ai.core.ports import RunFacts
from usd_ai.core.types import Detail, Layer, Plan, Request, StageFacts, World
from usd_ai.generators.burning_forest import GENERATOR
from usd_ai.generators.burning_forest.build import build_task
from usd_ai.stage.canvas_write import list_files
from usd_ai.stage.facts import read_facts_task
from usd_ai.stage.interface import write_interface_task

ROOT = Path(__file__).resolve().parents[2]
FRAMES = (1001, 1064)
NOON = "2026-01-01T12:00:00.000Z"
WITHIN = 2.0
"""Frames between any two of a tree's four clocks."""
FAST = {
    "ignition": "-78,62; -20,88; 40,93", "wind_direction": -32.0, "wind_speed": 6.0, "spread": 10.0,
    "story_time": 28.0, "undergrowth": 0.0, "surroundings": False, "embers": 0.0, "smoke": 0.0, "haze": 0.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("studio")
    subprocess.run([sys.executable, str(ROOT / "examples/demo_studio/build.py"), str(out)], check=True)
    return out


def planned(studio: Path, **values: object) -> tuple[StageFacts, Plan, World]:
    stage = studio / "shots/sh010/sh010.usda"
    facts = read_facts_task(str(stage), FRAMES, "", "", 0.0, "", str(studio / "arrays"), str(studio))
    given = tuple(sorted({**FAST, **values}.items()))
    request = Request("ember", "sh010", "burning_forest", given, seed=7, detail=Detail.FIRST_LOOK)  # type: ignore[arg-type]
    plan, world = planning.make_plan(GENERATOR, request, facts, {}, (2048, 858))
    return facts, plan, world


def build(studio: Path, folder: Path, **values: object) -> Layer:
    facts, plan, world = planned(studio, **values)
    folder.mkdir()
    return build_task(
        plan, world, facts, str(studio / "arrays"), str(studio / "cache"), str(folder), lambda _f, _m: None
    )


@pytest.fixture(scope="module")
def burning(studio: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layer") / "burning"
    build(studio, folder)
    return folder


@pytest.fixture(scope="module")
def clocks(burning: Path) -> Clocks:
    return read_clocks(burning)


def test_when_a_hundred_trees_catch_then_flame_light_and_char_come_with_them(clocks: Clocks) -> None:
    # What is within `WITHIN` of either end may rightly be seen in one of the clocks and lie outside in another.
    caught = sorted(t for t, at in clocks.ignition.items() if FRAMES[0] + WITHIN < at < FRAMES[1] - WITHIN)
    assert len(caught) >= 100
    chosen = np.random.default_rng(11).choice(caught, 100, replace=False)
    for tree in (int(t) for t in chosen):
        four = {name: getattr(clocks, name).get(tree, np.inf) for name in ("ignition", "flame", "light", "char")}
        assert max(four.values()) - min(four.values()) <= WITHIN, (tree, four)


def test_when_a_tree_does_not_catch_in_the_shot_then_nothing_of_it_begins(clocks: Clocks) -> None:
    later = {t for t, at in clocks.ignition.items() if at > FRAMES[1] + WITHIN}
    assert len(later) > 1000
    for begun in (clocks.flame, clocks.light, clocks.char):
        assert not later & begun.keys()


def test_when_the_layers_fire_is_switched_off_then_all_four_are_gone(studio: Path, burning: Path) -> None:
    facts, plan, _ = planned(studio)
    layer = Layer("burning_forest", tuple(list_files(burning)), "0" * 64, "0" * 64, ())
    run = RunFacts("r", "q", "me", "ember", "sh010", NOON, NOON, (), (), GENERATOR.source_type)
    write_interface_task(str(burning), layer, planning.canonical_json(planning.plan_document(plan)), facts, run)
    stage = Usd.Stage.Open(str(burning / "burning_forest.usda"))
    root = stage.GetDefaultPrim()
    trees = UsdGeom.PointInstancer(root.GetChild("trees"))
    assert len(trees.GetProtoIndicesAttr().GetTimeSamples()) > 1
    root.GetVariantSet("fire").SetVariantSelection("off")
    assert trees.GetProtoIndicesAttr().GetTimeSamples() == []
    assert not UsdGeom.PrimvarsAPI(trees).GetPrimvar("usdai:ignition").HasValue()
    assert not [prim for prim in stage.Traverse() if prim.GetTypeName() in {"Volume", "SphereLight"}]


def test_when_the_fire_is_put_out_then_all_four_are_gone(studio: Path, tmp_path: Path) -> None:
    build(studio, tmp_path / "out", fire=0.0)
    cold = read_clocks(tmp_path / "out")
    assert (cold.ignition, cold.flame, cold.light, cold.char) == ({}, {}, {}, {})
    stage = Usd.Stage.Open(str(tmp_path / "out" / "payload.usdc"))
    assert not [prim for prim in stage.Traverse() if prim.GetTypeName() in {"Volume", "SphereLight"}]
    shutil.rmtree(tmp_path / "out")
