"""The front of the fire on the host's ground: when it arrives where. Simulation space, metres, story seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.types import World
from usd_ai.generators.burning_forest.world import Land, number, parse_places, world_values
from usd_ai.sim.firespread import Canopy, Grid, Moisture, arrival_from_rates, spread_rates
from usd_ai.sim.terrain import HeightField

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

_TIMBER, _PASTURE = 10, 8  # Anderson: timber with litter and understorey; short litter that smoulders in clearings
_ACTIVE = 2  # of `SpreadRates.crown`
_SLOWEST = 1e-3
_CROWN_BASE = 1.5  # m; spruce below pine carries fire up (ladder fuel)
_CROWN_FUEL, _CROWN_FUEL_MOST = 0.3, 0.4  # kg/m³ of fine fuel in crowns: a dense boreal stand (working values)
_CELL = 2.0
_CELLS_MOST = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Front:
    """Arrival float32 [rows, columns] on a grid: centres ``cell`` metres apart, the first at ``low`` + cell / 2."""

    arrival: F32
    intensity: F32  # kW/m of the surface fire [rows, columns]; infinite where crowns carry the fire themselves
    low: tuple[float, float]
    cell: float
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
        with np.errstate(invalid="ignore"):  # infinite times zero is told apart below
            value = (a[i, j] * (1 - u) + a[i, right] * u) * (1 - v) + (a[up, j] * (1 - u) + a[up, right] * u) * v
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
        }

    @classmethod
    def of(cls, columns: dict[str, NDArray[Any]]) -> Self:
        """The front that `columns` wrote."""
        x, y, cell = (float(v) for v in columns["front.place"])
        arrival, intensity = (np.asarray(columns[f"front.{name}"], np.float32) for name in ("arrival", "intensity"))
        return cls(arrival, intensity, (x, y), cell)


def grid_of(land: Land) -> tuple[tuple[float, float], float, tuple[int, int]]:
    """Low corner, cell and (rows, columns) of the arrival grid over the ground."""
    width, depth = land.high[0] - land.low[0], land.high[1] - land.low[1]
    cell = max(min(_CELL, min(width, depth) / 32.0), max(width, depth) / _CELLS_MOST)
    return land.low, cell, (max(int(np.ceil(depth / cell)), 1), max(int(np.ceil(width / cell)), 1))


def ignition_line(world: World, land: Land, wind: F64) -> F64:
    """Where the fire starts, float64 [n, 2]: as asked, or a line across the upwind side of the ground."""
    asked = parse_places(str(world_values(world)["ignition"]), 2, "ignition")
    if len(asked):
        return asked
    middle = 0.5 * (np.array(land.low) + np.array(land.high))
    size = min(land.high[0] - land.low[0], land.high[1] - land.low[1])
    speed = np.linalg.norm(wind)
    along = wind / speed if speed > 0.0 else np.array([1.0, 0.0])
    across = np.array([-along[1], along[0]])
    return np.stack([middle - 0.25 * size * along + share * size * across for share in (-0.25, 0.0, 0.25)])


def heights_on(ground: HeightField, low: tuple[float, float], cell: float, shape: tuple[int, int]) -> F64:
    """Ground heights [rows, columns] at cell centres; the mean where there is no ground."""
    x = low[0] + (np.arange(shape[1]) + 0.5) * cell
    y = low[1] + (np.arange(shape[0]) + 0.5) * cell
    grid = np.stack(np.meshgrid(x, y, indexing="xy"), axis=-1).reshape(-1, 2)
    heights = ground.height(grid)
    mean = float(np.nanmean(heights)) if np.isfinite(heights).any() else 0.0
    return np.where(np.isfinite(heights), heights, mean).reshape(shape)


def spread_front(world: World, land: Land, ground: HeightField, wind: F64) -> Front:
    """The front of a world's fire, by Rothermel's surface and Van Wagner's crown fire over the host's ground."""
    values = world_values(world)
    low, cell, shape = grid_of(land)
    grid = Grid(low, cell, shape)
    fuel = np.full(shape, _TIMBER, np.int64)
    centres = grid.centres()
    for x, y, radius in parse_places(str(values["clearings"]), 3, "clearings"):
        fuel[np.hypot(centres[..., 0] - x, centres[..., 1] - y) < radius] = _PASTURE
    wet = number(values, "moisture")
    rates = spread_rates(
        grid,
        heights_on(ground, low, cell, shape),
        wind,
        fuel,
        Moisture(one_hour=wet, ten_hour=wet + 0.01, hundred_hour=wet + 0.02),
        canopy=_canopy(number(values, "density")),
        intensity=max(number(values, "spread"), _SLOWEST),
        wind_factor=1.0,  # the parameter is the wind that the flames feel
    )
    arrival = arrival_from_rates(rates, ignition_line(world, land, wind), line=True)
    intensity = np.where(rates.crown == _ACTIVE, np.inf, rates.intensity).astype(np.float32)
    return Front(arrival, intensity, low, cell)


def _canopy(density: float) -> Canopy | None:
    """The crowns of a stand: fuel in them grows with the number of stems, up to what crowded crowns hold."""
    if density <= 0.0:
        return None
    return Canopy(_CROWN_BASE, min(_CROWN_FUEL * density, _CROWN_FUEL_MOST))
