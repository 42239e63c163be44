"""Where the trees of a world stand and what each of them is. Simulation space, metres."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import World
from usd_ai.generators.burning_forest.bearing import bearings
from usd_ai.generators.burning_forest.plants import FORMS, TREES
from usd_ai.generators.burning_forest.rules import tree_mix
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.generators.burning_forest.world import STEMS_PER_HECTARE, number, world_values
from usd_ai.sim.hashing import normal, salt, uniform
from usd_ai.sim.placement import Rules, dampness, kinds, shares, stands
from usd_ai.sim.scatter import scatter
from usd_ai.sim.terrain import HeightField
from usd_ai.sim.threads import each, slices

F64 = NDArray[np.float64]

_STEMS_MOST = 8e6
_GROVE = 45.0  # metres over which the mix of species changes: seeds fall near their parents


def refuse_too_many(low: F64, high: F64, density: float) -> None:
    """Raises InvalidRequest where more trees were asked for, over a box, than one machine should hold."""
    area = float(np.prod(high - low)) / 1e4
    if area * density > _STEMS_MOST:
        raise InvalidRequest(
            f"{area * density / 1e6:.0f} million trees on {area:,.0f} hectares are more than can be grown here.",
            remedy="Lower density or the shares of regions and lines, name a smaller ground with --ground, or turn "
            "surroundings off.",
            reason="GROUND_TOO_LARGE",
        )


def levels(world: World, stand: Stand) -> F64:
    """A uniform number per tree, scaled to the density: thinning by it keeps the same trees at every density."""
    density = STEMS_PER_HECTARE * number(world_values(world), "density")
    return density * uniform(int(world.seed), stand.ids, salt("far-thinning"))


def plant_trees(world: World, low: F64, high: F64, density: float, surface: HeightField, rules: Rules) -> Stand:
    """Trees of the density (per hectare) over a box, on a surface, where the rules let them stand."""
    seed = int(world.seed)
    if density <= 0.0:
        return characters(world, np.zeros(0, np.int64), np.zeros((0, 3)), surface, rules)
    west, south, east, north = float(low[0]), float(low[1]), float(high[0]), float(high[1])
    points = scatter((west, south), (east, north), seed, density * rules.most, layer="trees")
    z, on = surface.find(points.xy)
    normals = surface.normals_of(on) if rules.steepness else None
    keep = np.flatnonzero(stands(points.level, density, shares(rules, points.xy, z, normals)) & (on >= 0))
    places = np.empty((len(keep), 3))
    places[:, :2], places[:, 2] = points.xy[keep], z[keep]
    damp = dampness(normals[keep]) if normals is not None else None
    return _characters(world, points.ids[keep], places, rules, damp)


def characters(world: World, ids: NDArray[np.int64], places: F64, surface: HeightField, rules: Rules) -> Stand:
    """Species, age and bearing of each tree: they follow from its id and place alone."""
    damp = dampness(surface.normal(places[:, :2])) if rules.steepness else None
    return _characters(world, ids, places, rules, damp)


def _characters(
    world: World, ids: NDArray[np.int64], places: F64, rules: Rules, damp: NDArray[np.float32] | None
) -> Stand:
    values, seed = world_values(world), int(world.seed)
    species = kinds(seed, ids, places[:, :2], tree_mix(values), _GROVE, rules, damp)
    parts = each(lambda rows: _born(world, ids[rows], places[rows], species[rows]), slices(max(len(ids), 1)))
    if len(parts) == 1:
        return parts[0]
    return Stand(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Stand)})


def _born(world: World, ids: NDArray[np.int64], places: F64, species: NDArray[np.int32]) -> Stand:
    values, seed = world_values(world), int(world.seed)
    # Age and crown class are the variant's; so are most differences of size.
    variant, turn = np.zeros(len(ids), np.int32), np.zeros(len(ids))
    grown, scale = np.zeros(len(ids)), np.full(len(ids), number(values, "tree_height"))
    for index, name in enumerate(TREES):
        of_it = np.flatnonzero(species == index)
        found = bearings(seed, name, places[of_it, :2])
        variant[of_it], turn[of_it] = found.variant, found.turn
        scale[of_it] *= found.size
        grown[of_it] = np.array(FORMS[name].heights)[found.variant]
    yaw = turn + np.radians(number(values, "wind_direction"))
    never = np.full(len(ids), np.inf, np.float32)
    return Stand(
        ids=ids,
        places=places,
        species=species,
        variant=variant,
        scale=scale.astype(np.float32),
        yaw=yaw.astype(np.float32),
        lean=np.abs(np.radians(1.8) * normal(seed, ids, salt("lean"))).astype(np.float32),
        lean_azimuth=(uniform(seed, ids, salt("lean-azimuth")) * 2.0 * np.pi).astype(np.float32),
        height=(scale * grown).astype(np.float32),
        ignition=never,
        flaming_end=never,
        smoulder_end=never,
    )
