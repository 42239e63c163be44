"""A shot as the generator sees it: its plan, the world, the views, and what of the world it holds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.types import Detail, Plan, StageFacts, World
from usd_ai.generators.burning_forest.blaze import Patches, ground_patches, torches
from usd_ai.generators.burning_forest.choose import Keepout, in_sight, read_keepout, trees_of_shot
from usd_ai.generators.burning_forest.clock import StoryClock
from usd_ai.generators.burning_forest.forest import Forest, load_forest
from usd_ai.generators.burning_forest.space import Space
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.generators.burning_forest.views import Views, read_views
from usd_ai.generators.burning_forest.world import number, world_values
from usd_ai.run.arrays import FolderArrays

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
    forest, views = load_forest(world, facts, store, cache), read_views(plan, facts, store, space)
    return Shot(
        plan=plan,
        world=world,
        space=space,
        forest=replace(forest, beyond=forest.beyond.where(in_sight(forest.beyond, views, plan))),
        keepout=read_keepout(facts, store, space, plan),
        views=views,
        clock=StoryClock.of(plan),
    )


def trees_and_patches(shot: Shot) -> tuple[Stand, Patches, Patches]:
    """What a shot's layer will hold: its trees, those of them that burn as patches, and its patches of ground fire."""
    trees = trees_of_shot(shot.forest.trees, shot.keepout, shot.views, shot.plan)
    burning = torches(trees, shot.clock, shot.seed, shot.value("fire"), _unedited(shot))
    front = shot.forest.front
    ground = _ground(shot, front.burning_arrival())
    among = _ground(shot, front.arrival) if len(front.spared) else ground
    most = _FIRST_LOOK_VOLUMES if shot.quick else GROUND_VOLUMES_MOST
    return trees, burning, largest(shot, ground, most, among)


def burning_unedited(shot: Shot, burning: Patches) -> Patches:
    """Of ``burning``, the trees that would burn had nobody edited the world.

    Where more burns than is drawn, this is the measure: so an edit neither lets others in nor pushes them out.
    """
    trees = _unedited(shot)
    return burning if trees is None else torches(trees, shot.clock, shot.seed, shot.value("fire"))


def _unedited(shot: Shot) -> Stand | None:
    """The trees that the shot would hold had nobody edited the world; None where nobody did."""
    grown = shot.forest.unedited
    return None if grown is None else trees_of_shot(grown, shot.keepout, shot.views, shot.plan)


def largest(shot: Shot, patches: Patches, most: int, among: Patches) -> Patches:
    """The patches that take as much of the picture as the ``most`` largest of ``among`` do.

    The rest would cost more than it shows. ``among``: those of the unedited world.
    """
    return patches.where(weight(shot, patches) >= least_of(weight(shot, among), most))


def weight(shot: Shot, patches: Patches) -> NDArray[np.float64]:
    """How much of the picture each patch takes: its height [n] in pixels; what is out of view comes last, by size."""
    return shot.views.pixels(patches.places, patches.height) + 1e-3 * patches.height


def least_of(values: NDArray[np.float64], most: int) -> float:
    """The value that the ``most`` largest reach; minus infinity where there are no more, infinity for none."""
    if len(values) <= most:
        return -np.inf
    return float(np.partition(values, len(values) - most)[len(values) - most]) if most > 0 else np.inf


def _ground(shot: Shot, arrival: NDArray[np.float32]) -> Patches:
    front = shot.forest.front
    ground = ground_patches(arrival, front.low, front.cell, shot.clock, shot.seed, shot.value("fire"))
    ground.places[:, 2] = np.nan_to_num(shot.forest.ground.height(ground.places[:, :2]))
    return ground.where(shot.keepout.solid.clear(ground.places[:, :2], 2.0))
