"""What there is to burn, place by place: fuel on the ground and in crowns, as the trees and the land have it.

The map follows from the trees as they grew, before anybody edited one: a tree that is moved by hand burns elsewhere,
and the front does not run another way because of it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from usd_ai.core.ports import Arrays
from usd_ai.core.types import ParameterValue, StageFacts
from usd_ai.generators.burning_forest.plants import TREES
from usd_ai.generators.burning_forest.space import Space
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.generators.burning_forest.world import STEMS_PER_HECTARE, number, parse_clearings
from usd_ai.sim.firespread import Canopy, Grid, Moisture
from usd_ai.sim.placement import Line
from usd_ai.sim.terrain import Footprint, footprint

F64 = NDArray[np.float64]

_TIMBER, _LITTER, _PASTURE = 10, 9, 8  # under conifers, under broadleaved trees, in the open between trees
_SMOOTH = 12.0  # m over which crowns carry fire from tree to tree (working value)
_OPEN = 0.12  # of a full stand; fewer trees are grassland with trees in it
_CROWN_BASE = 1.5  # m; spruce below pine carries fire up (ladder fuel)
_CROWN_FUEL, _CROWN_FUEL_MOST = 0.35, 0.42  # kg/m³ of fine fuel in crowns: conifers of density 1 (working values)
_BROADLEAVED = {"birch": 0.35, "oak": 0.35, "snag": 0.15}  # of a conifer's fine fuel in crowns (working values)
_SEASON_LIVE = {"spring": 1.25, "summer": 1.0, "autumn": 0.8, "winter": 0.7}  # of live fuel's water (working values)

# Scott and Burgan, RMRS-GTR-153, 2005, tables 2 and 3: dead fuel high, moderate, low, very low (D4 to D1) and live
# fuel from fully green to fully cured (L4 to L1), a quarter of dryness apart; soaked ground beyond them is too wet to
# burn (working value).
_DRYNESS = (0.0, 0.25, 0.5, 0.75, 1.0)
_ONE_HOUR = (0.35, 0.12, 0.09, 0.06, 0.03)
_WOOD = (1.8, 1.5, 1.2, 0.9, 0.6)
_HERB = (1.5, 1.2, 0.9, 0.6, 0.3)
_NEEDLES = (1.3, 1.2, 1.1, 1.0, 0.85)


@dataclass(frozen=True, slots=True, eq=False)
class Fuels:
    """Fuel models int64 [rows, columns] (0 where nothing burns), the crowns above them, and the water in all of it."""

    ground: NDArray[np.int64]
    canopy: Canopy | None
    moisture: Moisture


def moisture_of(values: dict[str, ParameterValue]) -> Moisture:
    """Water in fuels: of the dryness, but in dead fuel as ``moisture`` says where it is given."""
    dry = number(values, "dryness")
    one, wood, herb, needles = (
        float(np.interp(dry, _DRYNESS, column)) for column in (_ONE_HOUR, _WOOD, _HERB, _NEEDLES)
    )
    green = _SEASON_LIVE[str(values["season"])]
    one = number(values, "moisture") or one
    return Moisture(one, one + 0.01, one + 0.02, live=green * wood, foliage=needles, herb=green * herb)


def read_breaks(facts: StageFacts, arrays: Arrays, space: Space) -> Footprint:
    """Outlines of the set's paths and water. What is narrower than a cell of the fire stops none."""
    points, triangles, count = [np.zeros((0, 3))], [np.zeros((0, 3), np.int32)], 0
    for mesh in facts.obstacles:
        if mesh.role in {"path", "water"} and not mesh.animated:
            points.append(space.to_sim(arrays.get(mesh.points)))
            triangles.append((np.asarray(arrays.get(mesh.triangles), np.int32) + count).astype(np.int32))
            count += len(points[-1])
    return footprint(np.concatenate(points), np.concatenate(triangles))


def fuels_of(
    values: dict[str, ParameterValue], grid: Grid, trees: Stand, breaks: Footprint, lines: tuple[Line, ...]
) -> Fuels:
    """What burns on a grid. ``breaks``: outlines of paths and water; ``lines`` on which nothing stands burn neither."""
    stems = _around(grid, trees.places[:, :2], np.ones(len(trees)))
    needles = _around(grid, trees.places[:, :2], _crown_shares()[trees.species])
    ground = np.where(needles >= 0.65 * stems, _TIMBER, _LITTER)
    ground[stems < _OPEN] = _PASTURE
    centres = grid.centres()
    for x, y, radius in parse_clearings(str(values["clearings"])):
        ground[np.hypot(centres[..., 0] - x, centres[..., 1] - y) < radius] = _PASTURE
    flat = centres.reshape(-1, 2)
    bare = breaks.distance(flat) <= 0.0
    for line in lines:
        if line.share <= 0.0:
            bare |= _along(flat, line.points) <= 0.5 * line.width
    ground[bare.reshape(grid.shape)] = 0
    crowns = np.minimum(_CROWN_FUEL * needles, _CROWN_FUEL_MOST)
    canopy = Canopy(_CROWN_BASE, crowns) if len(trees) else None
    return Fuels(ground.astype(np.int64), canopy, moisture_of(values))


def _along(xy: F64, line: F64) -> F64:
    """Metres [n] from places [n, 2] to a line of points [m, 2]."""
    best = np.full(len(xy), np.inf)
    for here, there in itertools.pairwise(line):
        way = there - here
        share = np.clip((xy - here) @ way / max(float(way @ way), 1e-12), 0.0, 1.0)
        best = np.minimum(best, np.hypot(*(xy - here - share[:, None] * way).T))
    return best


def _crown_shares() -> F64:
    return np.array([_BROADLEAVED.get(name, 1.0) for name in TREES])


def _around(grid: Grid, places: F64, weight: F64) -> F64:
    """Trees around each cell, as a share of a stand of density 1: float64 [rows, columns]."""
    rows, columns = grid.shape
    column = np.floor((places[:, 0] - grid.low[0]) / grid.cell).astype(np.int64)
    row = np.floor((places[:, 1] - grid.low[1]) / grid.cell).astype(np.int64)
    here = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    count = np.bincount(row[here] * columns + column[here], weights=weight[here], minlength=rows * columns)
    width = _SMOOTH / grid.cell
    spread = gaussian_filter(count.reshape(grid.shape), width, mode="constant")
    land = gaussian_filter(np.ones(grid.shape), width, mode="constant")  # beyond the border nothing was counted
    return np.asarray(spread / land / (STEMS_PER_HECTARE * 1e-4 * grid.cell**2), np.float64)
