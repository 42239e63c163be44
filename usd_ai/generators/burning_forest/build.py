"""Plan in, layer out: the order in which a burning forest is made. Runs in a worker, pinned to one thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from usd_ai.core.digest import layer_sha256
from usd_ai.core.ports import Reporter
from usd_ai.core.types import Detail, Layer, Plan, StageFacts, World
from usd_ai.generators.burning_forest.air import EmberField
from usd_ai.generators.burning_forest.blaze import Patches, crown_patches, ground_patches
from usd_ai.generators.burning_forest.choose import Keepout, read_keepout, trees_of_shot, undergrowth_of_shot
from usd_ai.generators.burning_forest.clock import StoryClock
from usd_ai.generators.burning_forest.fire import (
    Author,
    author_embers,
    author_flames,
    author_lights,
    author_smoke,
)
from usd_ai.generators.burning_forest.forest import Forest, load_forest
from usd_ai.generators.burning_forest.library import flames, smoke_over
from usd_ai.generators.burning_forest.plants import (
    TREES,
    UNDERGROWTH,
    author_materials,
    author_plants,
    levels_of_detail,
)
from usd_ai.generators.burning_forest.space import Space
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.generators.burning_forest.steps import part
from usd_ai.generators.burning_forest.surroundings import author_surroundings
from usd_ai.generators.burning_forest.views import Views, read_views
from usd_ai.generators.burning_forest.world import number
from usd_ai.run.arrays import FolderArrays
from usd_ai.stage.canvas import Canvas
from usd_ai.stage.canvas_prims import MetadataValue

CROWN_VOLUMES_MOST = 64
GROUND_VOLUMES_MOST = 40
_FIRST_LOOK_VOLUMES = 24


@dataclass(frozen=True, slots=True)
class Shot:
    """Everything a step of the build reads."""

    plan: Plan
    world: World
    space: Space
    forest: Forest
    keepout: Keepout
    views: Views
    clock: StoryClock

    @property
    def seed(self) -> int:
        """The world's seed."""
        return int(self.world.seed)

    def value(self, name: str) -> float:
        """A numeric parameter of the shot."""
        return number(dict(self.plan.parameters), name)

    @property
    def quick(self) -> bool:
        """A first look is wanted."""
        return self.plan.detail is Detail.FIRST_LOOK


def open_shot(plan: Plan, world: World, facts: StageFacts, arrays: str, cache: str) -> Shot:
    """Load (or grow) the world and read the shot's facts into simulation space."""
    store, space = FolderArrays(arrays), Space(plan.meters_per_unit, plan.up_axis)
    return Shot(
        plan=plan,
        world=world,
        space=space,
        forest=load_forest(world, facts, store, cache),
        keepout=read_keepout(facts, store, space),
        views=read_views(plan, facts, store, space),
        clock=StoryClock.of(plan),
    )


def build_task(
    plan: Plan, world: World, facts: StageFacts, arrays: str, cache: str, folder: str, report: Reporter
) -> Layer:
    """Build the layer of a plan into ``folder``. Raises domain errors only."""
    report(0.0, "growing the world")
    shot = open_shot(plan, world, facts, arrays, cache)
    canvas = Canvas(plan.root, plan.meters_per_unit, plan.up_axis, plan.time_codes_per_second, plan.frames)
    author = Author(canvas, Path(folder), shot.space, shot.clock, shot.seed)
    author_materials(canvas)
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


def trees_and_patches(shot: Shot) -> tuple[Stand, Patches, Patches]:
    """What a shot's layer will hold: its trees, its patches of crown fire and of ground fire."""
    fire = shot.value("fire")
    trees = trees_of_shot(shot.forest.trees, shot.keepout, shot.views, shot.plan)
    crowns = crown_patches(trees, shot.clock, shot.seed, fire)
    front = shot.forest.front
    ground = ground_patches(front.arrival, front.low, front.cell, shot.clock, shot.seed, fire)
    ground.places[:, 2] = np.nan_to_num(shot.forest.ground.height(ground.places[:, :2]))
    ground = ground.where(shot.keepout.solid.clear(ground.places[:, :2], 2.0))
    most = (_FIRST_LOOK_VOLUMES, _FIRST_LOOK_VOLUMES) if shot.quick else (CROWN_VOLUMES_MOST, GROUND_VOLUMES_MOST)
    return trees, _largest(shot, crowns, most[0]), _largest(shot, ground, most[1])


def _largest(shot: Shot, patches: Patches, most: int) -> Patches:
    """The patches that take most of the picture; the rest would cost more than it shows."""
    seen = shot.views.pixels(patches.places, patches.height) + 1e-3 * patches.height
    kept = np.sort(np.argsort(-seen, kind="stable")[:most])
    return patches.where(kept)


def _author_forest(shot: Shot, canvas: Canvas) -> dict[str, int]:
    trees, _, _ = trees_and_patches(shot)
    levels = _levels(shot, trees)
    counts = {"trees": len(trees)}
    if len(trees):
        counts["tree_prototypes"] = author_plants(
            canvas, "trees", space=shot.space, stand=trees, species=TREES, levels=levels, clock=shot.clock,
            seed=shot.seed,
        )  # fmt: skip
    small = undergrowth_of_shot(shot.world, shot.plan, shot.forest, shot.keepout, shot.views, shot.clock)
    counts["undergrowth"] = len(small)
    if len(small):
        author_plants(
            canvas, "undergrowth", space=shot.space, stand=small, species=UNDERGROWTH,
            levels=np.minimum(_levels(shot, small), 1), clock=shot.clock, seed=shot.seed,
        )  # fmt: skip
    counts |= author_surroundings(canvas, shot.space, shot.forest, shot.clock, shot.seed)
    return counts


def _levels(shot: Shot, stand: Stand) -> np.ndarray:
    levels = levels_of_detail(
        shot.views.pixels(stand.places, stand.height.astype(np.float64)), shot.views.nearest(stand.places)
    )
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
    return {
        "usdai:haze": shot.value("haze"),
        "usdai:storyTimeAtStart": shot.clock.start,
        "usdai:storyTimePerSecond": 1.0,
        "usdai:generator": shot.plan.generator,
    }
