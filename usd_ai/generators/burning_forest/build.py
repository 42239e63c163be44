"""Plan in, layer out: the order in which a burning forest is made. Runs in a worker, pinned to one thread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.digest import layer_sha256, sha256_bytes
from usd_ai.core.ports import Reporter
from usd_ai.core.types import Layer, Plan, StageFacts, World
from usd_ai.generators.burning_forest.air import EmberField
from usd_ai.generators.burning_forest.choose import undergrowth_of_shot
from usd_ai.generators.burning_forest.fire import (
    Author,
    author_embers,
    author_flames,
    author_lights,
    author_smoke,
)
from usd_ai.generators.burning_forest.forest import edited_elements
from usd_ai.generators.burning_forest.library import flames
from usd_ai.generators.burning_forest.plants import (
    TREES,
    UNDERGROWTH,
    author_materials,
    author_plants,
    levels_of_detail,
    levels_of_undergrowth,
)
from usd_ai.generators.burning_forest.shot import Shot, open_shot, trees_and_patches
from usd_ai.generators.burning_forest.smoke import smoke_over
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.generators.burning_forest.steps import part
from usd_ai.generators.burning_forest.surroundings import author_surroundings
from usd_ai.generators.burning_forest.world import world_values
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
    author = Author(canvas, Path(folder), shot.space, shot.clock, shot.seed)
    author_materials(canvas, shot.space)
    report(0.1, "planting")
    elements = _author_forest(shot, canvas)
    report(0.35, "lighting the fire")
    elements |= _author_fire(shot, author, cache, part(report, 0.35, 0.9))
    canvas.metadata("", custom=_said(shot))
    report(0.92, "writing")
    files, content = canvas.write(folder)
    return Layer(
        root=plan.root,
        files=tuple(files),
        sha256=layer_sha256(files),
        content_sha256=content,
        elements=tuple(sorted(elements.items())),
    )


def _author_forest(shot: Shot, canvas: Canvas) -> dict[str, int]:
    trees, _, _ = trees_and_patches(shot)
    levels = _levels(shot, trees)
    counts = {"trees": len(trees)}
    if len(trees):
        counts["tree_prototypes"] = author_plants(
            canvas, "trees", space=shot.space, stand=trees, species=TREES, levels=levels, clock=shot.clock,
            seed=shot.seed, season=shot.season,
        )  # fmt: skip
    small = undergrowth_of_shot(shot.world, shot.plan, shot.forest, shot.keepout, shot.views, shot.clock)
    counts["undergrowth"] = len(small)
    if len(small):
        author_plants(
            canvas, "undergrowth", space=shot.space, stand=small, species=UNDERGROWTH,
            levels=_small_levels(shot, small), clock=shot.clock, seed=shot.seed, season=shot.season,
        )  # fmt: skip
    counts |= author_surroundings(canvas, shot.space, shot.forest, shot.views, shot.clock, shot.seed, shot.season)
    return counts | edited_elements(shot.forest)


def _levels(shot: Shot, stand: Stand) -> NDArray[np.int32]:
    levels = levels_of_detail(
        shot.views.pixels(stand.places, tall), shot.views.nearest(stand.places), shot.views.turned(stand.places, tall)
    )
    return np.maximum(levels, 1) if shot.quick else levels


def _small_levels(shot: Shot, stand: Stand) -> NDArray[np.int32]:
    levels = levels_of_undergrowth(shot.views.pixels(stand.places, stand.height.astype(np.float64)))
    return np.maximum(levels, 1) if shot.quick else levels


def _author_fire(shot: Shot, author: Author, cache: str, report: Reporter) -> dict[str, int]:
    _, crowns, ground = trees_and_patches(shot)
    fire, wind = shot.value("fire"), shot.forest.wind
    if fire <= 0.0 or len(crowns) + len(ground) == 0:
        return {"flames": 0, "fire_lights": 0, "embers": 0, "smoke": 0}
    yaw = float(np.arctan2(wind[1], wind[0]))
    tall, low = flames(cache, shot.space, shot.world, part(report, 0.0, 0.5))
    count = author_flames(author, "fire/flames", crowns, tall, yaw, "flame")
    count += author_flames(author, "fire/ground", ground, low, yaw, "flame")
    report(0.55, "lights and embers")
    lights = author_lights(author, "fire/lights", crowns if len(crowns) else ground, fire)
    field = EmberField(crowns, wind, shot.seed, shot.value("embers"), shot.clock.start, shot.clock.end)
    embers = author_embers(author, "fire/embers", field)
    columns = 0
    if shot.value("smoke") > 0.0 and not shot.quick:
        smoke = smoke_over(shot, cache, part(report, 0.6, 1.0))
        columns = author_smoke(author, "smoke/column", smoke)
    return {"flames": count, "fire_lights": lights, "embers": embers, "smoke": columns}


def _said(shot: Shot) -> dict[str, MetadataValue]:
    """What the layer says of itself on its root, for readers without us."""
    edits = str(world_values(shot.world)["edits"])
    named: dict[str, MetadataValue] = {"edits": sha256_bytes(edits.encode())} if edits else {}
    return {
        "usdai": named
        | {
            "haze": shot.value("haze"),
            "whiteBalance": WHITE_BALANCE,
            "storyTimeAtStart": shot.clock.start,
            "storyTimePerSecond": 1.0,
            "generator": shot.plan.generator,
        }
    }
