"""The front of the fire on the host's ground: when it arrives where. Simulation space, metres, story seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.types import World
from usd_ai.generators.burning_forest.fire_plan import Fire, parse_arrivals, parse_fires
from usd_ai.generators.burning_forest.fuel_map import fuels_of
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.generators.burning_forest.world import Land, number, world_values
from usd_ai.sim.firebend import Key, bent_to
from usd_ai.sim.firespread import (
    Grid,
    Torching,
    arrival_from_rates,
    brands_of,
    joined,
    spot_fires,
    spread_rates,
)
from usd_ai.sim.placement import Line
from usd_ai.sim.terrain import Footprint, HeightField

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

_ACTIVE = 2  # of `SpreadRates.crown`
_SLOWEST = 1e-3
_OPEN_WIND = 2.5  # wind at 6 m over the wind that flames feel (0.4 of it reaches them: Albini and Baughman, INT-221)
_TREE_HEIGHT, _TREE_DIAMETER = 16.0, 0.2  # m of the trees that torch, at tree_height 1: boreal at 50 years (look.md)
_CELL = 2.0
_CELLS_MOST = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Front:
    """Arrival float32 [rows, columns] on a grid: centres ``cell`` metres apart, the first at ``low`` + cell / 2."""

    arrival: F32
    intensity: F32  # kW/m of the surface fire [rows, columns]; infinite where crowns carry the fire themselves
    low: tuple[float, float]
    cell: float
    spots: F64 = field(default_factory=lambda: np.zeros((0, 6)))
    """Fires lit by brands [k, 6], the earliest first: x and y it flew from, x and y it lit, the seconds of both."""
    spared: F64 = field(default_factory=lambda: np.zeros((0, 3)))
    """Circles [m, 3] (x, y, radius) in which nothing burns, though the fire runs on beyond them as if it did."""

    def burning_arrival(self) -> F32:
        """The arrival [rows, columns] where something burns: infinite in cells whose centres are spared."""
        rows, columns = self.arrival.shape
        x = self.low[0] + (np.arange(columns) + 0.5) * self.cell
        y = self.low[1] + (np.arange(rows) + 0.5) * self.cell
        arrival = self.arrival.copy()
        for middle_x, middle_y, radius in self.spared:
            arrival[np.hypot(x[None, :] - middle_x, y[:, None] - middle_y) < radius] = np.inf
        return arrival

    def at(self, xy: F64) -> F64:
        """Arrival [n] at places [n, 2], bilinear; infinite where the fire never comes or there is no grid."""
        rows, columns = self.arrival.shape
        inside, across, along = self._grid_places(xy)
        j = np.clip(np.floor(across).astype(int), 0, max(columns - 2, 0))
        i = np.clip(np.floor(along).astype(int), 0, max(rows - 2, 0))
        u, v = np.clip(across - j, 0.0, 1.0), np.clip(along - i, 0.0, 1.0)
        right, up = np.minimum(j + 1, columns - 1), np.minimum(i + 1, rows - 1)
        a = self.arrival.astype(np.float64)
        lower = _share(a[i, j], 1 - u) + _share(a[i, right], u)
        upper = _share(a[up, j], 1 - u) + _share(a[up, right], u)
        value = _share(lower, 1 - v) + _share(upper, v)
        for x, y, radius in self.spared:
            inside &= np.hypot(xy[:, 0] - x, xy[:, 1] - y) >= radius
        return np.where(inside & np.isfinite(value), value, np.inf)

    def intensity_at(self, xy: F64) -> F64:
        """Intensity [n] in kW/m of the surface fire at places [n, 2], of the nearest cell; 0 off the grid."""
        rows, columns = self.intensity.shape
        inside, across, along = self._grid_places(xy)
        j = np.clip(np.rint(across).astype(int), 0, columns - 1)
        i = np.clip(np.rint(along).astype(int), 0, rows - 1)
        return np.where(inside, self.intensity[i, j].astype(np.float64), 0.0)

    def _grid_places(self, xy: F64) -> tuple[NDArray[np.bool_], F64, F64]:
        rows, columns = self.arrival.shape
        across = (xy[:, 0] - self.low[0]) / self.cell - 0.5
        along = (xy[:, 1] - self.low[1]) / self.cell - 0.5
        inside = (across > -0.5) & (across < columns - 0.5) & (along > -0.5) & (along < rows - 0.5)
        return inside, across, along

    def columns(self) -> dict[str, NDArray[Any]]:
        """As named columns for the cache."""
        return {
            "front.arrival": self.arrival,
            "front.intensity": self.intensity,
            "front.place": np.array([*self.low, self.cell]),
            "front.spots": self.spots,
        }

    @classmethod
    def of(cls, columns: dict[str, NDArray[Any]]) -> Self:
        """The front that `columns` wrote."""
        x, y, cell = (float(v) for v in columns["front.place"])
        arrival, intensity = (np.asarray(columns[f"front.{name}"], np.float32) for name in ("arrival", "intensity"))
        return cls(arrival, intensity, (x, y), cell, np.asarray(columns["front.spots"], np.float64))


def _share(times: F64, weight: F64) -> F64:
    """Times by their weights [n]; nothing of what has no weight, though it be infinite."""
    return np.multiply(times, weight, out=np.zeros_like(times), where=weight > 0.0)


def grid_of(land: Land) -> tuple[tuple[float, float], float, tuple[int, int]]:
    """Low corner, cell and (rows, columns) of the arrival grid over the ground."""
    width, depth = land.high[0] - land.low[0], land.high[1] - land.low[1]
    cell = max(min(_CELL, min(width, depth) / 32.0), max(width, depth) / _CELLS_MOST)
    return land.low, cell, (max(int(np.ceil(depth / cell)), 1), max(int(np.ceil(width / cell)), 1))


def ignitions(world: World, land: Land, wind: F64, grid: Grid) -> F64:
    """Where and when the fire starts, float64 [n, 3]: as asked, or a line across the upwind side of the ground."""
    fires: list[Fire] = parse_fires(str(world_values(world)["ignition"]))
    if fires:
        return np.concatenate([joined(np.array(fire, np.float64), grid) for fire in fires])
    middle = 0.5 * (np.array(land.low) + np.array(land.high))
    size = min(land.high[0] - land.low[0], land.high[1] - land.low[1])
    speed = np.linalg.norm(wind)
    along = wind / speed if speed > 0.0 else np.array([1.0, 0.0])
    across = np.array([-along[1], along[0]])
    return joined([middle - 0.25 * size * along + share * size * across for share in (-0.25, 0.0, 0.25)], grid)


def heights_on(ground: HeightField, low: tuple[float, float], cell: float, shape: tuple[int, int]) -> F64:
    """Ground heights [rows, columns] at cell centres; the mean where there is no ground."""
    x = low[0] + (np.arange(shape[1]) + 0.5) * cell
    y = low[1] + (np.arange(shape[0]) + 0.5) * cell
    grid = np.stack(np.meshgrid(x, y, indexing="xy"), axis=-1).reshape(-1, 2)
    heights = ground.height(grid)
    mean = float(np.nanmean(heights)) if np.isfinite(heights).any() else 0.0
    return np.where(np.isfinite(heights), heights, mean).reshape(shape)


def spread_front(
    world: World, land: Land, ground: HeightField, wind: F64, trees: Stand, breaks: Footprint, lines: tuple[Line, ...]
) -> Front:
    """The front of a world's fire, by Rothermel's surface and Van Wagner's crown fire over the host's ground.

    ``trees``: as they grew; ``breaks``: outlines of paths and water; ``lines``: of the placement rules. Raises
    InvalidRequest for fires and arrivals that cannot be.
    """
    values = world_values(world)
    low, cell, shape = grid_of(land)
    grid = Grid(low, cell, shape)
    fuels = fuels_of(values, grid, trees, breaks, lines)
    rates = spread_rates(
        grid,
        heights_on(ground, low, cell, shape),
        wind,
        fuels.ground,
        fuels.moisture,
        canopy=fuels.canopy,
        intensity=max(number(values, "spread"), _SLOWEST),
        wind_factor=1.0,  # the parameter is the wind that the flames feel
    )
    size = number(values, "tree_height")
    torching = Torching(_TREE_HEIGHT * size, _TREE_DIAMETER * size)
    brands = brands_of(rates, _OPEN_WIND * wind, fuels.moisture, torching, number(values, "spotting"), int(world.seed))
    lit = ignitions(world, land, wind, grid)
    keys = [Key((x, y), second) for x, y, second in parse_arrivals(str(values["arrivals"]))]
    bent = bent_to(rates, lit, keys, links=brands)
    spots = spot_fires(bent, lit, brands)
    flights = np.column_stack([spots.origin, spots.place, spots.launched, spots.ignited])
    intensity = np.where(bent.crown == _ACTIVE, np.inf, bent.intensity).astype(np.float32)
    return Front(arrival_from_rates(bent, lit, links=brands), intensity, low, cell, flights)
