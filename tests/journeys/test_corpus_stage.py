"""A stage that this project did not write: a layer goes in, nothing of the host changes, it comes out again."""

from __future__ import annotations

import shutil
from pathlib import Path

from pxr import Sdf, Usd

import usd_ai
from tests.journeys.foreign import Host, digests, foreign_project
from tests.journeys.geometry import read_trees
from tests.journeys.shows import GENERATOR, SEED, serving
from usd_ai.stage.pointer import unpoint_task


def test_when_a_forest_burns_on_a_foreign_stage_then_it_holds_what_was_planned(grid_shot: Host) -> None:
    layer = grid_shot.published
    assert layer.generation.forecast is not None
    planned = dict(layer.generation.forecast.elements)
    assert planned["trees"] > 3
    assert planned["flames"] > 0
    assert len(read_trees(layer.interface).ids) == planned["trees"]
    assert not [finding for finding in layer.generation.findings if finding.severity == "error"]
    stage = Usd.Stage.Open(str(layer.interface))  # held: its prims die with it
    kinds = [prim.GetTypeName() for prim in stage.TraverseAll()]
    assert kinds.count("Volume") >= planned["flames"]


def test_when_it_is_published_then_no_prim_and_no_file_of_the_host_has_changed(grid_shot: Host) -> None:
    review = grid_shot.folder / "grid_shot_review.usda"
    with_us, alone = Usd.Stage.Open(str(review)), Usd.Stage.Open(str(grid_shot.stage))
    assert with_us.GetPrimAtPath(f"/{GENERATOR}/trees")
    assert _host_of(with_us) == _host_of(alone)
    now = digests(grid_shot.folder)
    assert {name: now.get(name) for name in grid_shot.before} == grid_shot.before
    assert set(now) - set(grid_shot.before) == {review.name}


def test_when_the_layer_is_taken_out_then_the_stage_is_identical(grid_shot: Host, tmp_path: Path) -> None:
    folder = tmp_path / "show" / grid_shot.folder.name
    shutil.copytree(grid_shot.folder.parent, tmp_path / "show")
    stage = str(folder / grid_shot.stage.name)
    assert digests(folder) != grid_shot.before
    assert unpoint_task(stage, grid_shot.shot) == stage
    assert digests(folder) == grid_shot.before


def _host_of(stage: Usd.Stage) -> dict[str, str]:
    """Every root prim of the stage but ours, composed and written out, and the stage's own times."""
    flat = stage.Flatten(addSourceFileComment=False)
    texts: dict[str, str] = {}
    for prim in list(flat.rootPrims):
        if prim.name != GENERATOR:
            single = Sdf.Layer.CreateAnonymous(".usda")
            Sdf.CopySpec(flat, prim.path, single, prim.path)
            texts[prim.name] = single.ExportToString()
    texts["range"] = f"{stage.GetStartTimeCode()} {stage.GetEndTimeCode()} {stage.GetTimeCodesPerSecond()}"
    return texts


def test_when_a_stage_has_no_ground_then_land_is_made_and_somebody_is_told(corpus: Path, tmp_path: Path) -> None:
    source = corpus / "stages" / "layered_teapots"
    studio_file = foreign_project(tmp_path / "show", source, "layered_teapots", "scenes/teapotScene.usd")
    with (
        serving(studio_file, tmp_path / "state", workers=1) as server,
        usd_ai.connect(server.address) as studio,
    ):
        shot = studio.shot("layered_teapots")
        work = shot.plan(GENERATOR, {"story_frame": 20, "density": 0.1}, seed=SEED)
    assert any("no ground" in warning and "--ground" in warning for warning in work.forecast.warnings)
    assert dict(work.forecast.elements)["trees"] > 100
