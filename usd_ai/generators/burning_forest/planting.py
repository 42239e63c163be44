"""Where the trees of a world stand and what each of them is. Simulation space, metres."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import World
from usd_ai.generators.burning_forest.plants import FORMS, TREES
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.generators.burning_forest.world import STEMS_PER_HECTARE, Land, number, parse_places, world_values
from usd_ai.sim.growth.noise import fractal_noise
from usd_ai.sim.hashing import normal, salt, uniform
from usd_ai.sim.scatter import scatter

F64 = NDArray[np.float64]

_STEMS_MOST = 6e6
_GROVE = 45.0  # metres over which the mix of species changes: seeds fall near their parents


def refuse_too_many(land: Land, density: float) -> None:
    """Raises InvalidRequest where more trees were asked for than one machine should hold."""
    area = (land.high[0] - land.low[0]) * (land.high[1] - land.low[1]) / 1e4
    if area * density > _STEMS_MOST:
        raise InvalidRequest(
            f"{area * density / 1e6:.0f} million trees on {area:,.0f} hectares are more than can be grown here.",
            remedy="Lower density, or name a smaller ground with --ground.",
            reason="GROUND_TOO_LARGE",
        )


def levels(world: World, stand: Stand) -> F64:
    """A uniform number per tree, scaled to the density: thinning by it keeps the same trees at every density."""
    density = STEMS_PER_HECTARE * number(world_values(world), "density")
    return density * uniform(int(world.seed), stand.ids, salt("far-thinning"))


def plant_trees(world: World, low: F64, high: F64, density: float, height: Any) -> Stand:  # noqa: ANN401 - a lookup
    """Trees of the density over a box, on the surface that ``height`` knows (NaN where there is none)."""
    values, seed = world_values(world), int(world.seed)
    if density <= 0.0:
        return characters(world, np.zeros(0, np.int64), np.zeros((0, 3)))
    points = scatter((float(low[0]), float(low[1])), (float(high[0]), float(high[1])), seed, density, layer="trees")
    z = height(points.xy)
    keep = np.isfinite(z)
    for x, y, radius in parse_places(str(values["clearings"]), 3, "clearings"):
        keep &= np.hypot(points.xy[:, 0] - x, points.xy[:, 1] - y) >= radius
    return characters(world, points.ids[keep], np.column_stack([points.xy[keep], z[keep]]))


def characters(world: World, ids: NDArray[np.int64], places: F64) -> Stand:
    """Species, age and bearing of each tree: they follow from its id and place alone."""
    values, seed = world_values(world), int(world.seed)
    shares = np.array([max(number(values, name), 0.0) if name in values else 0.0 for name in TREES])
    shares = shares / shares.sum() if shares.sum() > 0.0 else np.full(len(TREES), 1.0 / len(TREES))
    # Each species has a slow wave of its own over the land, so that kinds stand in groves.
    logits = np.log(np.maximum(shares, 1e-9))[None, :] + np.zeros((len(ids), 1))
    for index in range(len(TREES)):
        wave = fractal_noise(seed ^ (index + 1), np.column_stack([places[:, :2] / _GROVE, np.full(len(ids), index)]))
        logits[:, index] += 2.2 * (wave - 0.5)
    weights = np.exp(logits) * (shares > 0.0)
    edges = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    species = (uniform(seed, ids, salt("species"))[:, None] > edges[:, :-1]).sum(axis=1).astype(np.int32)
    variants = np.array([FORMS[name].variants for name in TREES])[species]
    variant = np.minimum((uniform(seed, ids, salt("variant")) * variants).astype(np.int32), variants - 1)
    grown = np.zeros(len(ids))
    for index, name in enumerate(TREES):
        heights = np.array(FORMS[name].heights)
        of_it = species == index
        grown[of_it] = heights[np.minimum(variant[of_it], len(heights) - 1)]
    # Crown class: most trees near the canopy's height, a tail of suppressed ones.
    vigour = uniform(seed, ids, salt("vigour"))
    scale = np.where(vigour < 0.22, 0.5 + 1.4 * vigour, 0.86 + 0.3 * (vigour - 0.22))
    scale = scale * (1.0 + 0.06 * normal(seed, ids, salt("size"))) * number(values, "tree_height")
    scale = np.clip(scale, 0.25, 2.0)
    never = np.full(len(ids), np.inf, np.float32)
    return Stand(
        ids=ids,
        places=places,
        species=species,
        variant=variant,
        scale=scale.astype(np.float32),
        yaw=(uniform(seed, ids, salt("yaw")) * 2.0 * np.pi).astype(np.float32),
        lean=np.abs(np.radians(1.8) * normal(seed, ids, salt("lean"))).astype(np.float32),
        lean_azimuth=(uniform(seed, ids, salt("lean-azimuth")) * 2.0 * np.pi).astype(np.float32),
        height=(scale * grown).astype(np.float32),
        ignition=never,
        flaming_end=never,
        smoulder_end=never,
    )
