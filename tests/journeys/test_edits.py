"""Edits and promoting as an artist meets them: by command line, on the real server, read from published files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pxr import Usd, UsdGeom

import usd_ai
from tests.journeys.geometry import read_trees
from tests.journeys.shows import GENERATOR, ROOT, SEED, Published, SmallShow
from usd_ai.core.types import ParameterValue

SHOT, NAME = "sh010", "edited"
LOOK = usd_ai.Detail.FIRST_LOOK


@pytest.fixture(scope="module")
def before(small_show: SmallShow) -> Published:
    return small_show.publish(SHOT, LOOK, name=NAME, fire=0.0)


@pytest.fixture(scope="module")
def tree(before: Published) -> int:
    return int(read_trees(before.interface).ids[1000])


def cli(show: SmallShow, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "USD_AI_SERVER": show.server.address, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "usd_ai.cli.main", *words]
    return subprocess.run(command, cwd=cwd or ROOT, env=environment, capture_output=True, text=True, check=False)


def wished(show: SmallShow, **more: ParameterValue) -> list[str]:
    words = ["--seed", str(SEED), "--name", NAME, "--first-look"]
    for name, value in show.wish(SHOT, fire=0.0, **more).items():
        words += ["--set", f"{name}={value}"]
    return words


def test_when_a_tree_is_edited_from_the_command_line_then_only_it_changes_and_the_layer_says_so(
    small_show: SmallShow, before: Published, tree: int, tmp_path: Path
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(f"# from the review\nturn {tree} 90   # its bad side\n", encoding="utf-8")
    words = ["generate", SHOT, *wished(small_show), "--edits", str(file), "--edit", "add spruce 20,60,14", "--json"]
    done = cli(small_show, *words)
    assert done.returncode == 0, done.stderr
    name = json.loads(done.stdout)["generation"]
    generation = small_show.studio.generation(name)
    assert generation.snapshot.layer is not None
    assert dict(generation.snapshot.layer.elements)["trees_edited"] == 2
    old, new = read_trees(before.interface), read_trees(Path(generation.places.layer))
    assert len(np.setdiff1d(new.ids, old.ids)) == 1
    same = old.ids != tree
    np.testing.assert_array_equal(new.transforms[new.rows(old.ids[same])], old.transforms[same])
    turned = [np.array(of.transforms[of.rows(np.array([tree]))]) for of in (old, new)]
    assert not np.array_equal(*turned)


def test_when_edits_are_given_as_a_list_then_the_plan_is_that_of_the_command_line(
    small_show: SmallShow, tree: int
) -> None:
    shot, wish = small_show.studio.shot(SHOT), small_show.wish(SHOT, fire=0.0)
    told = {"seed": SEED, "name": NAME, "detail": LOOK}
    listed = shot.plan(GENERATOR, wish, edits=[f"remove {tree}", "clear 5,60,3"], **told)
    done = cli(small_show, "plan", SHOT, *wished(small_show), "--edit", f"clear 5,60, 3;remove {tree}", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["plan"]["digest"] == listed.digest
    assert shot.plan(GENERATOR, wish, **told).digest != listed.digest


def test_when_an_id_is_mistyped_then_the_plan_names_the_near_one(small_show: SmallShow, tree: int) -> None:
    done = cli(small_show, "plan", SHOT, *wished(small_show), "--edit", f"remove {str(tree)[:-1]}")
    assert done.returncode == 2
    assert str(tree) in done.stderr
    assert cli(small_show, "plan", SHOT, "--edit", "remvoe 5").returncode == 2


def test_when_a_tree_is_promoted_and_the_layer_generated_again_then_the_same_tree_is_the_artists(
    small_show: SmallShow, before: Published, tree: int, tmp_path: Path
) -> None:
    out = tmp_path / "mine.usda"
    done = cli(small_show, "promote", SHOT, NAME, str(tree), "--out", str(out), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    old = read_trees(before.interface)
    denser = small_show.publish(SHOT, LOOK, name=NAME, fire=0.0, density=1.3)
    new = read_trees(denser.interface)
    assert len(new.ids) > 1.2 * len(old.ids)
    shot = tmp_path / "shot.usda"
    shot.write_text(f"#usda 1.0\n(\n    subLayers = [@./mine.usda@, @{denser.interface}@]\n)\n", encoding="utf-8")
    stage = Usd.Stage.Open(str(shot))
    mask = np.array(UsdGeom.PointInstancer(stage.GetPrimAtPath(f"/{NAME}/trees")).ComputeMaskAtTime(1030))
    assert new.ids[~mask].tolist() == [tree]
    own = UsdGeom.XformCache(1030).GetLocalToWorldTransform(stage.GetPrimAtPath(f"/{NAME}_promoted/tree_{tree}"))
    place = old.places[old.rows(np.array([tree]))][0]
    np.testing.assert_allclose(np.array(own.ExtractTranslation()), place, atol=1e-3)
    assert any(prim.IsA(UsdGeom.Mesh) for prim in Usd.PrimRange(stage.GetPrimAtPath(f"/{NAME}_promoted/tree_{tree}")))
    assert cli(small_show, "promote", "--check", str(shot)).returncode == 0
