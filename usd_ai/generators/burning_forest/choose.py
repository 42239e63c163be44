"""Which of the world's plants a shot gets, and what grows between them near its cameras."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.ports import Arrays
from usd_ai.core.types import Plan, StageFacts, World
from usd_ai.generators.burning_forest.clock import StoryClock
from usd_ai.generators.burning_forest.forest import Forest
from usd_ai.generators.burning_forest.plants import FORMS, UNDERGROWTH
from usd_ai.generators.burning_forest.space import Space
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.generators.burning_forest.views import Views
from usd_ai.generators.burning_forest.world import number
from usd_ai.sim.hashing import salt, uniform
from usd_ai.sim.placement import near_edge
from usd_ai.sim.scatter import ids_together, scatter
from usd_ai.sim.terrain import Footprint, footprint

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

TREE_MARGIN = 1.2
"""Metres between a trunk and the outline of a building, rock or path."""

_REACH: dict[str, float] = {"grass": 42.0, "shrub": 85.0, "log": 90.0, "stone": 60.0, "litter": 35.0}
_PER_HECTARE: dict[str, float] = {"grass": 15000.0, "shrub": 1100.0, "log": 70.0, "stone": 160.0, "litter": 2600.0}
_CLEAR: dict[str, float] = {"grass": 0.9, "shrub": 4.5, "log": 3.5, "stone": 2.0, "litter": 0.9}
"""Metres from a camera's path that stay free: nothing may fill the lens."""
_EDGE_SOFT = 0.5  # of the distance kept, beyond it: no hedge is cut along a path
_BURNT_AWAY = {"grass", "litter"}
_MOST = 60_000


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """The outline of one role of things, and the metres that trees keep off it."""

    role: str
    outline: Footprint
    keep: float

    def free(self, stand: Stand, seed: int) -> Mask:
        """Which trees keep off; each has an edge of its own, up to half as far again."""
        away = self.outline.distance(stand.places[:, :2])
        return near_edge(away, self.keep, _EDGE_SOFT * self.keep, seed, stand.ids, self.role)


@dataclass(frozen=True, slots=True, eq=False)
class Keepout:
    """Outlines of what the host has put on the ground: of solid things, and of paths."""

    solid: Footprint
    path: Footprint
    edges: tuple[Edge, ...] = ()

    def free(self, xy: F64, margin: float, path_margin: float) -> Mask:
        """Whether places [n, 2] keep these margins (metres)."""
        return self.solid.clear(xy, margin) & self.path.clear(xy, path_margin)


def read_keepout(facts: StageFacts, arrays: Arrays, space: Space, plan: Plan) -> Keepout:
    """Outlines of the host's static obstacles."""
    soups: dict[str, list[tuple[F64, NDArray[np.int32]]]] = {}
    for mesh in facts.obstacles:
        if not mesh.animated:
            soup = space.to_sim(arrays.get(mesh.points)), np.asarray(arrays.get(mesh.triangles), np.int32)
            soups.setdefault(mesh.role, []).append(soup)
    level = [soup for role in ("path", "water") for soup in soups.get(role, [])]
    solid = [soup for role, found in soups.items() if role not in {"path", "water"} for soup in found]
    values = dict(plan.parameters)
    keeps = {role: number(values, f"keep_from_{role}") for role in ("building", "path", "water")}
    return Keepout(
        _outline(solid),
        _outline(level),
        tuple(
            Edge(role, _outline(soups[role], 1.0 + (1.0 + _EDGE_SOFT) * keep), keep)
            for role, keep in keeps.items()
            if keep > 0.0 and role in soups
        ),
    )


def trees_of_shot(trees: Stand, keepout: Keepout, views: Views, plan: Plan) -> Stand:
    """The world's trees less those where the host stands, lies or films, and far ones that no camera sees.

    Positions and ids are the world's.
    """
    clearance = number(dict(plan.parameters), "camera_clearance")
    free = keepout.free(trees.places[:, :2], TREE_MARGIN, TREE_MARGIN)
    free &= views.nearest(trees.places) >= clearance
    for edge in keepout.edges:
        free &= edge.free(trees, int(plan.seed))
    return trees.where(free & in_sight(trees, views, plan))


def in_sight(trees: Stand, views: Views, plan: Plan) -> Mask:
    """Which trees some camera sees over the whole range, or would if it turned: those near its path always count."""
    near = views.nearest(trees.places) <= number(dict(plan.parameters), "keep_unseen")
    if near.all():
        return near
    return near | (views.pixels(trees.places, trees.height.astype(np.float64)) > 0.0)


def undergrowth_of_shot(
    world: World, plan: Plan, forest: Forest, keepout: Keepout, views: Views, clock: StoryClock
) -> Stand:
    """Grass, shrubs, litter, logs and stones near the cameras, thinning out with distance.

    ``species`` of what is returned indexes `UNDERGROWTH`.
    """
    amount = number(dict(plan.parameters), "undergrowth")
    found = [
        _scattered(name, index, world, plan, forest, keepout, views, clock)
        for index, name in enumerate(UNDERGROWTH)
        if amount > 0.0
    ]
    found = [stand for stand in found if len(stand)]
    if not found:
        return forest.trees.where(np.zeros(len(forest.trees), np.bool_))
    joined = {name: np.concatenate([getattr(stand, name) for stand in found]) for name in Stand.__dataclass_fields__}
    return Stand(**joined)


def _scattered(
    name: str,
    index: int,
    world: World,
    plan: Plan,
    forest: Forest,
    keepout: Keepout,
    views: Views,
    clock: StoryClock,
) -> Stand:
    kind, seed = _kind(name), int(world.seed)
    reach = _REACH[kind]
    density = _PER_HECTARE[kind] * number(dict(plan.parameters), "undergrowth")
    low = np.maximum(views.places[:, :2].min(axis=0) - reach, forest.ground.low)
    high = np.minimum(views.places[:, :2].max(axis=0) + reach, forest.ground.high)
    if not np.all(high > low):
        return forest.trees.where(np.zeros(len(forest.trees), np.bool_))
    points = scatter(
        (float(low[0]), float(low[1])), (float(high[0]), float(high[1])), seed, density, layer=f"undergrowth-{name}"
    )
    z = forest.ground.height(points.xy)
    places = np.column_stack([points.xy, z])
    near = views.nearest(places)
    fade = np.clip(1.0 - near / reach, 0.0, 1.0)
    keep = np.isfinite(z) & (near > _CLEAR[kind]) & (points.level <= density * np.sqrt(fade))
    keep &= keepout.free(points.xy, 0.15, 0.35 if kind in {"grass", "litter"} else 1.2)
    front = _front(plan, forest, points.xy)
    if kind in _BURNT_AWAY:
        keep &= front > clock.start
    kept = np.flatnonzero(keep)
    kept = np.sort(kept[np.argsort(points.level[kept], kind="stable")[:_MOST]])  # the cap thins, it leaves no hole
    ids, places, front = points.ids[kept], places[kept], front[kept]
    size = 0.65 + 0.7 * uniform(seed, ids, salt(f"{name}-size"))
    count, variants = len(ids), FORMS[name].variants
    burning = front.astype(np.float32)
    return Stand(
        ids=ids_together(ids, index),
        places=places,
        species=np.full(count, index, np.int32),
        variant=np.minimum((uniform(seed, ids, salt(f"{name}-kind")) * variants).astype(np.int32), variants - 1),
        scale=size.astype(np.float32),
        yaw=(uniform(seed, ids, salt(f"{name}-yaw")) * 2.0 * np.pi).astype(np.float32),
        lean=np.zeros(count, np.float32),
        lean_azimuth=np.zeros(count, np.float32),
        height=(size * FORMS[name].heights[0]).astype(np.float32),
        ignition=burning,
        flaming_end=burning + np.float32(20.0),
        smoulder_end=burning + np.float32(120.0),
    )


def _front(plan: Plan, forest: Forest, xy: F64) -> F64:
    """When the fire comes to places [n, 2]: never where the shot has none."""
    return forest.front.at(xy) if number(dict(plan.parameters), "fire") > 0.0 else np.full(len(xy), np.inf)


def _kind(name: str) -> str:
    """Which of the kinds a species of the growth library is."""
    for kind, words in (
        ("grass", ("grass",)),
        ("log", ("log",)),
        ("stone", ("stone", "rock")),
        ("litter", ("litter", "twig")),
    ):
        if any(word in name for word in words):
            return kind
    return "shrub"


def _outline(soups: list[tuple[F64, NDArray[np.int32]]], reach: float = 20.0) -> Footprint:
    points, triangles, offset = [np.zeros((0, 3))], [np.zeros((0, 3), np.int32)], 0
    for own, faces in soups:
        points.append(own)
        triangles.append((faces + offset).astype(np.int32))
        offset += len(own)
    return footprint(np.concatenate(points), np.concatenate(triangles), reach=max(reach, 20.0))
