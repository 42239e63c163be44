"""Plan in, layer out: the order in which a burning forest is made. Runs in a worker, pinned to one thread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.digest import layer_sha256, sha256_bytes
from usd_ai.core.ports import Reporter
from usd_ai.core.types import Layer, Plan, StageFacts, World
from usd_ai.generators.burning_forest.arrival_map import author_arrival, tree_arrival
from usd_ai.generators.burning_forest.choose import undergrowth_of_shot
from usd_ai.generators.burning_forest.fire import author_fire
from usd_ai.generators.burning_forest.flame_prims import Author
from usd_ai.generators.burning_forest.forest import edited_elements
from usd_ai.generators.burning_forest.haze import author_haze
from usd_ai.generators.burning_forest.kept_plants import Grow, KeptPlants
from usd_ai.generators.burning_forest.look_files import SOOT, look_table, write_look_files
from usd_ai.generators.burning_forest.materials import author_materials
from usd_ai.generators.burning_forest.plants import (
    TREES,
    UNDERGROWTH,
    author_plants,
    levels_of_detail,
    levels_of_undergrowth,
)
from usd_ai.generators.burning_forest.shot import Shot, open_shot, trees_and_patches
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.generators.burning_forest.steps import part
from usd_ai.generators.burning_forest.surroundings import author_surroundings
from usd_ai.generators.burning_forest.world import world_values
from usd_ai.run.digests import kept_digests
from usd_ai.stage.canvas import Canvas
from usd_ai.stage.canvas_prims import MetadataValue

WHITE_BALANCE = 4600.0
"""Kelvin to which a camera is balanced so that dusk stays blue beside fire: 3200-4300 K on film stages (look guide), a
little cooler here, where the sky is the only other light."""


def build_task(
    plan: Plan, world: World, facts: StageFacts, arrays: str, cache: str, folder: str, report: Reporter
) -> Layer:
    """Build the layer of a plan into ``folder``. Raises domain errors only."""
    report(0.0, "growing the world")
    shot = open_shot(plan, world, facts, arrays, cache)
    canvas = Canvas(plan.root, plan.meters_per_unit, plan.up_axis, plan.time_codes_per_second, plan.frames)
    author = Author(canvas, Path(folder), shot.space, shot.clock, shot.seed, shot.forest.ground)
    author_materials(canvas, shot.space)
    report(0.1, "planting")
    trees, burning, ground = trees_and_patches(shot)
    if shot.value("fire") <= 0.0:
        trees = trees.unlit()
    elements = _author_forest(shot, canvas, trees, KeptPlants(cache, shot.seed, plan.versions).grow)
    report(0.35, "lighting the fire")
    elements |= author_fire(shot, author, cache, burning, ground, part(report, 0.35, 0.9))
    elements |= author_haze(author, shot)
    if shot.value("fire") > 0.0:
        author_arrival(canvas, Path(folder), shot.space, shot.forest)
    canvas.metadata("", custom=_said(shot))
    write_look_files(Path(folder), look_table(shot, WHITE_BALANCE), canvas.paths("Volume"))
    report(0.92, "writing")
    with kept_digests(cache) as digests:
        files, content = canvas.write(folder, digests.of)
    return Layer(
        root=plan.root,
        files=tuple(files),
        sha256=layer_sha256(files),
        content_sha256=content,
        elements=tuple(sorted(elements.items())),
    )


def _author_forest(shot: Shot, canvas: Canvas, trees: Stand, grow: Grow) -> dict[str, int]:
    levels = _levels(shot, trees)
    counts = {"trees": len(trees)}
    if len(trees):
        counts["tree_prototypes"] = author_plants(
            canvas, "trees", space=shot.space, stand=trees, species=TREES, levels=levels, clock=shot.clock,
            grow=grow, season=shot.season, arrival=tree_arrival(shot.forest.front, trees.places)
            if shot.value("fire") > 0.0 else None,
        )  # fmt: skip
    small = undergrowth_of_shot(shot.world, shot.plan, shot.forest, shot.keepout, shot.views, shot.clock)
    counts["undergrowth"] = len(small)
    if len(small):
        author_plants(
            canvas, "undergrowth", space=shot.space, stand=small, species=UNDERGROWTH,
            levels=_small_levels(shot, small), clock=shot.clock, grow=grow, season=shot.season,
        )  # fmt: skip
    counts |= author_surroundings(canvas, shot.space, shot.forest, shot.views, shot.clock, shot.seed, shot.season, grow)
    return counts | edited_elements(shot.forest)


def _levels(shot: Shot, stand: Stand) -> NDArray[np.int32]:
    tall = stand.height.astype(np.float64)
    levels = levels_of_detail(
        shot.views.pixels(stand.places, tall), shot.views.nearest(stand.places), shot.views.turned(stand.places, tall)
    )
    return np.maximum(levels, 1) if shot.quick else levels


def _small_levels(shot: Shot, stand: Stand) -> NDArray[np.int32]:
    levels = levels_of_undergrowth(shot.views.pixels(stand.places, stand.height.astype(np.float64)))
    return np.maximum(levels, 1) if shot.quick else levels


def _said(shot: Shot) -> dict[str, MetadataValue]:
    """What the layer says of itself on its root, for readers without us."""
    edits = str(world_values(shot.world)["edits"])
    said: dict[str, MetadataValue] = {
        "haze": shot.value("haze"),
        "soot": SOOT,
        "looks": {"blender": "./look/blender.py", "karma": "./look/karma.usda", "numbers": "./look/look.json"},
        "whiteBalance": WHITE_BALANCE,
        "storyTimeAtStart": shot.clock.start,
        "storyTimePerSecond": 1.0,
        "generator": shot.plan.generator,
    }
    if edits:
        said["edits"] = sha256_bytes(edits.encode())
    return {"usdai": said}
