"""Builds and loads the forest of a world: trees on the land and around it, the fire's arrival, each tree's clock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.plan import world_document
from usd_ai.core.ports import Arrays, Reporter
from usd_ai.core.types import StageFacts, World
from usd_ai.generators.burning_forest.caches import CacheFolder
from usd_ai.generators.burning_forest.editing import (
    Ground,
    circles,
    edit_burning,
    edit_stands,
    ids_changed,
    put,
)
from usd_ai.generators.burning_forest.edits import parse_edits
from usd_ai.generators.burning_forest.fuel_map import read_breaks
from usd_ai.generators.burning_forest.own_ground import is_own
from usd_ai.generators.burning_forest.planting import characters, levels, plant_trees, refuse_too_many
from usd_ai.generators.burning_forest.plants import TREES
from usd_ai.generators.burning_forest.rules import read_rules
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
from usd_ai.sim.hashing import hash64, salt
from usd_ai.sim.placement import Rules
from usd_ai.sim.terrain import Footprint, HeightField, SkirtMesh, skirt

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
    rules: Rules = field(default_factory=Rules)
    own: bool = False  # the ground is not the host's: the layer brings it
    edited: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Ids of the trees that edits changed, brought or took away."""
    unedited: Stand | None = None

    @property
    def as_grown(self) -> Stand:
        """``trees`` as they stood before the edits."""
        return self.trees if self.unedited is None else self.unedited


def load_forest(world: World, facts: StageFacts, arrays: Arrays, cache: str) -> Forest:
    """The forest of a world; its trees and fire are computed once per world and kept in the cache.

    What edits change is computed on top of the unedited world, so that an edit costs what it touches. Raises
    InvalidRequest for an edit that cannot be made.
    """
    wild = without_edits(world)
    forest = _wild_forest(wild, facts, arrays, cache)
    return forest if wild == world else _edited(world, forest)


def edited_elements(forest: Forest) -> dict[str, int]:
    """How many trees edits changed, brought or took away; nothing where nobody edited."""
    return {"trees_edited": len(forest.edited)} if len(forest.edited) else {}


def without_edits(world: World) -> World:
    """The world as it would stand had nobody edited it."""
    return replace(world, parameters=tuple((n, "" if n == "edits" else v) for n, v in world.parameters))


def _wild_forest(world: World, facts: StageFacts, arrays: Arrays, cache: str) -> Forest:
    space = Space(world.meters_per_unit, world.up_axis)
    land = read_land(facts.ground, arrays, space)
    ground = HeightField.from_triangles(land.points, land.triangles)
    wind, rules = wind_vector(world), read_rules(world, arrays, ground.low, ground.high)
    around = _land_around(world, ground, cache)
    folder = CacheFolder(cache).make(
        "world",
        world_document(world),
        lambda at, _: save_columns(
            at / "forest.npz", _grow(world, land, ground, around, wind, read_breaks(facts, arrays, space), rules)
        ),
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
        rules=rules,
        own=is_own(facts),
    )


def wind_vector(world: World) -> F64:
    """Wind [2] in m/s, the way it blows to."""
    values = world_values(world)
    angle = np.radians(number(values, "wind_direction"))
    return number(values, "wind_speed") * np.array([np.cos(angle), np.sin(angle)])


def _reach(low: F64, high: F64) -> float:
    size = float(np.max(high - low))
    return float(min(_SURROUNDINGS * size, _SURROUNDINGS_MOST))


def _planted(ground: HeightField, around: SkirtMesh | None) -> tuple[F64, F64]:
    """Lower and upper corner of all land on which trees stand."""
    reach = 0.0 if around is None else _reach(ground.low, ground.high)
    return ground.low - reach, ground.high + reach


def _land_around(world: World, ground: HeightField, cache: str) -> SkirtMesh | None:
    """Land beyond the host's ground. It follows from ground and seed alone, so worlds that differ in trees share it."""
    if not world_values(world)["surroundings"]:
        return None
    document = world_document(world)
    key = {name: document[name] for name in ("algorithm_version", "generator", "ground", "seed", "units", "versions")}

    def build(at: Path, _: Reporter) -> None:
        made = skirt(ground, int(world.seed), reach_m=max(3.0 * _reach(ground.low, ground.high), _LAND_LEAST))
        save_columns(at / "land.npz", {name: np.asarray(getattr(made, name)) for name in _SKIRT_COLUMNS})

    columns = load_columns(CacheFolder(cache).make("land", key, build, silent) / "land.npz")
    points, triangles, normals, uv, border = (columns[name] for name in _SKIRT_COLUMNS)
    return SkirtMesh(points, triangles, normals, uv, int(border), HeightField.from_triangles(points, triangles))


def _grow(
    world: World,
    land: Land,
    ground: HeightField,
    around: SkirtMesh | None,
    wind: F64,
    breaks: Footprint,
    rules: Rules,
) -> Columns:
    values, seed = world_values(world), int(world.seed)
    density = STEMS_PER_HECTARE * number(values, "density")
    low, high = _planted(ground, around)
    refuse_too_many(low, high, density * rules.most)
    trees = plant_trees(world, ground.low, ground.high, density, ground, rules)
    front = spread_front(world, land, ground, wind, trees, breaks, rules.lines)
    trees = _burn(trees, front, seed)
    beyond = _none(trees) if around is None else _plant_beyond(world, ground, around, low, high, rules)
    return {**stand_columns(trees, "trees"), **stand_columns(beyond, "beyond"), **front.columns()}


def _plant_beyond(world: World, ground: HeightField, around: SkirtMesh, low: F64, high: F64, rules: Rules) -> Stand:
    """Trees of a box beyond the host's ground, thinning out with distance."""
    density = STEMS_PER_HECTARE * number(world_values(world), "density")
    reach = _reach(ground.low, ground.high)
    beyond = plant_trees(world, low, high, density, around.field, rules)
    outside = np.maximum(np.maximum(ground.low - beyond.places[:, :2], beyond.places[:, :2] - ground.high), 0.0)
    share = np.hypot(outside[:, 0], outside[:, 1]) / reach
    far = levels(world, beyond)
    return beyond.where((share < 1.0) & (far <= density * (1.0 - (1.0 - _FAR_THINNING) * share)))


def _edited(world: World, wild: Forest) -> Forest:
    """The forest after the edits of its world."""
    edits, seed = parse_edits(str(world_values(world)["edits"])), int(world.seed)
    front = replace(wild.front, spared=circles(edits, "protect"))
    grounds = _grounds(world, wild)
    made = edit_stands(edits, grounds, STEMS_PER_HECTARE * number(world_values(world), "density"))
    stands: list[Stand] = []
    for ground, new in zip(grounds, made, strict=True):
        stand = new.stand
        if ground.burns and new.fresh.any():
            stand = put(stand, new.fresh, _burn(stand.where(new.fresh), front, seed))
        stands.append(edit_burning(edits, ground, stand, lambda trees: _catch(trees, seed)))
    if len(stands) == 1:
        stands.append(wild.beyond)
    changed = np.union1d(ids_changed(wild.trees, stands[0]), ids_changed(wild.beyond, stands[1]))
    return replace(wild, trees=stands[0], beyond=stands[1], front=front, edited=changed, unedited=wild.trees)


def _grounds(world: World, forest: Forest) -> list[Ground]:
    """The host's ground and, where there is one, the land around it, as edits see them."""
    density, rules = STEMS_PER_HECTARE * number(world_values(world), "density"), forest.rules

    def other(seed: int) -> World:
        return replace(world, seed=str(hash64(int(world.seed), np.array([seed]), salt("reseed"))[0]))

    def anew(seed: int, low: F64, high: F64) -> Stand:
        part = _within(low, high, _planted(forest.ground, None))
        return plant_trees(other(seed), *part, density, forest.ground, rules) if part else _none(forest.trees)

    def one(ids: NDArray[np.int64], places: F64) -> Stand:
        return characters(world, ids, places, forest.ground, rules)

    found = [Ground(forest.trees, forest.ground.height, anew, one, burns=True)]
    if (around := forest.around) is not None:

        def anew_beyond(seed: int, low: F64, high: F64) -> Stand:
            part = _within(low, high, _planted(forest.ground, around))
            return _plant_beyond(other(seed), forest.ground, around, *part, rules) if part else _none(forest.beyond)

        found.append(Ground(forest.beyond, around.height, anew_beyond, one, burns=False))
    return found


def _within(low: F64, high: F64, land: tuple[F64, F64]) -> tuple[F64, F64] | None:
    """The part of a box that lies on the land's, or None where none does."""
    low, high = np.maximum(low, land[0]), np.minimum(high, land[1])
    return (low, high) if np.all(low < high) else None


def _none(stand: Stand) -> Stand:
    return stand.where(np.zeros(len(stand), np.bool_))


def _burn(trees: Stand, front: Front, seed: int) -> Stand:
    """The stand with each tree's clock; one whose crown does not catch stays as it was."""
    at = trees.places[:, :2]
    return _catch(trees, seed, front.at(at), front.intensity_at(at))


def _catch(trees: Stand, seed: int, arrival: F64 | float = 0.0, intensity: F64 | float = np.inf) -> Stand:
    """The stand as fire of an intensity (kW/m) burns it that arrives at these story seconds."""
    phases = burn_phases(
        np.broadcast_to(arrival, len(trees)),
        trees.species,
        trees.height,
        trees.ids,
        seed,
        table=[SPECIES_FIRE[name] for name in TREES],
        surface_intensity=intensity,
    )
    caught = phases.crown & np.isfinite(phases.ignition)
    return replace(
        trees,
        ignition=np.where(caught, phases.ignition, np.inf).astype(np.float32),
        flaming_end=np.where(caught, phases.flaming_end, np.inf).astype(np.float32),
        smoulder_end=np.where(caught, phases.smoulder_end, np.inf).astype(np.float32),
    )
