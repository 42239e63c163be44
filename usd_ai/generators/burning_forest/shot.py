"""A shot as the generator sees it: its plan, the world, the views, and what of the world it holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from usd_ai.core.types import Detail, Plan, StageFacts, World
from usd_ai.generators.burning_forest.blaze import Patches, crown_patches, ground_patches
from usd_ai.generators.burning_forest.choose import Keepout, read_keepout, trees_of_shot
from usd_ai.generators.burning_forest.clock import StoryClock
from usd_ai.generators.burning_forest.forest import Forest, load_forest
from usd_ai.generators.burning_forest.space import Space
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.generators.burning_forest.views import Views, read_views
from usd_ai.generators.burning_forest.world import number, world_values
from usd_ai.run.arrays import FolderArrays

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
    def season(self) -> str:
        """The world's season."""
        return str(world_values(self.world)["season"])


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
