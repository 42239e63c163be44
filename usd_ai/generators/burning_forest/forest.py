"""Builds and loads the forest of a world: trees on the land and around it, the fire's arrival, each tree's clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.plan import world_document
from usd_ai.core.ports import Arrays, Reporter
from usd_ai.core.types import StageFacts, World
from usd_ai.generators.burning_forest.caches import CacheFolder
from usd_ai.generators.burning_forest.planting import levels, plant_trees, refuse_too_many
from usd_ai.generators.burning_forest.plants import TREES
from usd_ai.generators.burning_forest.space import Space
from usd_ai.generators.burning_forest.spread import Front, spread_front
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.generators.burning_forest.steps import silent
from usd_ai.generators.burning_forest.world import (
    STEMS_PER_HECTARE,
    Columns,
    Land,
    load_columns,
    number,
    read_land,
    save_columns,
    stand_columns,
    stand_of,
    world_values,
)
from usd_ai.sim.firespread import SPECIES_FIRE, burn_phases
from usd_ai.sim.terrain import HeightField, SkirtMesh, skirt

F64 = NDArray[np.float64]

_SURROUNDINGS = 2.4  # trees stand up to this share of the ground's size beyond its border
_SURROUNDINGS_MOST = 400.0
_LAND_LEAST = 150.0  # metres of land around even the smallest ground
_SKIRT_COLUMNS = ("points", "triangles", "normals", "uv", "border")
_FAR_THINNING = 0.3  # share of the density that is left at the far end, where haze hides the gaps


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """A world as it stands: ``trees`` on the host's ground and ``beyond`` it, ground, land around, the fire's front."""

    trees: Stand
    beyond: Stand
    ground: HeightField
    around: SkirtMesh | None
    front: Front
    wind: F64  # [2] m/s, simulation space


def load_forest(world: World, facts: StageFacts, arrays: Arrays, cache: str) -> Forest:
    """The forest of a world; its trees and fire are computed once per world and kept in the cache."""
    space = Space(world.meters_per_unit, world.up_axis)
    land = read_land(facts.ground, arrays, space)
    ground = HeightField.from_triangles(land.points, land.triangles)
    wind = wind_vector(world)
    around = _land_around(world, land, ground, cache)
    folder = CacheFolder(cache).make(
        "world",
        world_document(world),
        lambda at, _: save_columns(at / "forest.npz", _grow(world, land, ground, around, wind)),
        silent,
    )
    columns = load_columns(folder / "forest.npz")
    return Forest(
        trees=stand_of(columns, "trees"),
        beyond=stand_of(columns, "beyond"),
        ground=ground,
        around=around,
        front=Front.of(columns),
        wind=wind,
    )


def wind_vector(world: World) -> F64:
    """Wind [2] in m/s, the way it blows to."""
    values = world_values(world)
    angle = np.radians(number(values, "wind_direction"))
    return number(values, "wind_speed") * np.array([np.cos(angle), np.sin(angle)])


def _reach(land: Land) -> float:
    size = max(land.high[0] - land.low[0], land.high[1] - land.low[1])
    return float(min(_SURROUNDINGS * size, _SURROUNDINGS_MOST))


def _land_around(world: World, land: Land, ground: HeightField, cache: str) -> SkirtMesh | None:
    """Land beyond the host's ground. It follows from ground and seed alone, so worlds that differ in trees share it."""
    if not world_values(world)["surroundings"]:
        return None
    document = world_document(world)
    key = {name: document[name] for name in ("algorithm_version", "generator", "ground", "seed", "units", "versions")}

    def build(at: Path, _: Reporter) -> None:
        made = skirt(ground, int(world.seed), reach_m=max(3.0 * _reach(land), _LAND_LEAST))
        save_columns(at / "land.npz", {name: np.asarray(getattr(made, name)) for name in _SKIRT_COLUMNS})

    columns = load_columns(CacheFolder(cache).make("land", key, build, silent) / "land.npz")
    points, triangles, normals, uv, border = (columns[name] for name in _SKIRT_COLUMNS)
    return SkirtMesh(points, triangles, normals, uv, int(border), HeightField.from_triangles(points, triangles))


def _grow(world: World, land: Land, ground: HeightField, around: SkirtMesh | None, wind: F64) -> Columns:
    values, seed = world_values(world), int(world.seed)
    density = STEMS_PER_HECTARE * number(values, "density")
    refuse_too_many(land, density)
    front = spread_front(world, land, ground, wind)
    trees = plant_trees(world, ground.low, ground.high, density, ground.height)
    trees = _burn(trees, front, seed)
    if around is None:
        beyond = trees.where(np.zeros(len(trees), np.bool_))
    else:
        reach = _reach(land)
        low, high = ground.low - reach, ground.high + reach
        beyond = plant_trees(world, low, high, density, around.height)
        outside = np.maximum(np.maximum(ground.low - beyond.places[:, :2], beyond.places[:, :2] - ground.high), 0.0)
        share = np.hypot(outside[:, 0], outside[:, 1]) / reach
        far = levels(world, beyond)
        beyond = beyond.where((share < 1.0) & (far <= density * (1.0 - (1.0 - _FAR_THINNING) * share)))
    return {**stand_columns(trees, "trees"), **stand_columns(beyond, "beyond"), **front.columns()}


def _burn(trees: Stand, front: Front, seed: int) -> Stand:
    """The stand with each tree's clock; one whose crown does not catch stays as it was."""
    at = trees.places[:, :2]
    phases = burn_phases(
        front.at(at),
        trees.species,
        trees.height,
        trees.ids,
        seed,
        table=[SPECIES_FIRE[name] for name in TREES],
        surface_intensity=front.intensity_at(at),
    )
    caught = phases.crown & np.isfinite(phases.ignition)
    return replace(
        trees,
        ignition=np.where(caught, phases.ignition, np.inf).astype(np.float32),
        flaming_end=np.where(caught, phases.flaming_end, np.inf).astype(np.float32),
        smoulder_end=np.where(caught, phases.smoulder_end, np.inf).astype(np.float32),
    )
