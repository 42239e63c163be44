"""When the fire comes: rates of spread, arrival times over the ground, and what each tree does from then on.

A 2-D arrival time drives everything that burns. `spread_rates` turns ground, wind and fuel into an ellipse of speeds
per cell (Rothermel's surface fire; crown fire by Van Wagner), `brands_of` adds fire that flies, `arrival_from_rates`
makes seconds of it, `bent_to` changes the rates until the fire arrives where it was told to, `arrival_time` does the
first and the third, and `burn_phases` turns a tree's arrival into ignition and the ends of flaming and smouldering. See
docs/decisions/014-fire-spread.md and 062-fire-spread-controls.md.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim._burning import (
    SPECIES_FIRE,
    BurnPhases,
    SpeciesFire,
    TreeState,
    burn_phases,
    front_at,
    heat_release,
    state_at,
)
from usd_ai.sim._fuels import FUEL_MODELS, FuelModel, Moisture
from usd_ai.sim._rothermel import (
    SurfaceFire,
    crown_threshold,
    length_to_breadth,
    surface_fire,
)
from usd_ai.sim._spotting import (
    SpotFires,
    Torching,
    brand_links,
    greatest_distance,
    ignition_probability,
    spots_of,
)
from usd_ai.sim._traveltime import Links, no_links, travel_time, way_back

__all__ = [
    "FUEL_MODELS",
    "SPECIES_FIRE",
    "BurnPhases",
    "Canopy",
    "FuelModel",
    "Grid",
    "Links",
    "Moisture",
    "SpeciesFire",
    "SpotFires",
    "SpreadRates",
    "SurfaceFire",
    "Torching",
    "TreeState",
    "arrival_from_rates",
    "arrival_time",
    "brands_of",
    "burn_phases",
    "crown_threshold",
    "front_at",
    "greatest_distance",
    "heat_release",
    "ignition_probability",
    "joined",
    "length_to_breadth",
    "spot_fires",
    "spread_rates",
    "state_at",
    "surface_fire",
    "way_to",
]

Floats = NDArray[np.float64]

_SLIMMEST = 5.0  # length to breadth; gusts and eddies keep real fires from being slimmer for long
_CROWN_OVER_SURFACE = 3.34  # Rothermel, "Predicting behavior and size of crown fires", INT-438, 1991
_CROWN_WIND = 0.4  # midflame over open wind, for the fuel model 10 that stands for crowns; as above
_ACTIVE_FLUX = 3.0 / 60.0  # kg/m² a second that an active crown fire needs; Van Wagner 1977
_CROWN_SLOWEST, _CROWN_FASTEST = 0.3, 1.1  # m/s; Taylor et al., Can. J. For. Res. 34, 2004 (Northwest Territories)
_FELT = 8  # cells off the grid to which points of a line are laid; those beyond 4 do nothing
_STEEPEST = 1.2  # tangent; beyond it Rothermel's slope factor was not measured


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of ``cell`` metres from the lower corner ``low`` (x, y); ``shape`` is (rows along y, columns along x)."""

    low: tuple[float, float]
    cell: float
    shape: tuple[int, int]

    def centres(self) -> Floats:
        """Cell centres float64 [rows, columns, 2], metres."""
        x = self.low[0] + (np.arange(self.shape[1], dtype=np.float64) + 0.5) * self.cell
        y = self.low[1] + (np.arange(self.shape[0], dtype=np.float64) + 0.5) * self.cell
        return np.asarray(np.stack(np.meshgrid(x, y), axis=-1), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Canopy:
    """The stand above the ground fuel: where crowns begin in metres, and kg of fine fuel in a cubic metre of crown.

    ``bulk_density`` is one number or float64 [rows, columns].
    """

    base_m: float = 2.0
    bulk_density: float | Floats = 0.15


@dataclass(frozen=True, slots=True)
class SpreadRates:
    """The ellipse of speeds at each cell, all [rows, columns].

    ``head``: float64, m/s along ``heading`` float64 [rows, columns, 2] (unit vectors); 0 where nothing burns.
    ``eccentricity``: float64, 0 for a circle. ``intensity``: float64, kW/m of the surface fire at its head.
    ``crown``: uint8: 0 surface fire, 1 single trees torch, 2 active crown fire.
    """

    grid: Grid
    head: Floats
    heading: Floats
    eccentricity: Floats
    intensity: Floats
    crown: NDArray[np.uint8]


def spread_rates(
    grid: Grid,
    height: ArrayLike,
    wind: ArrayLike,
    fuel: ArrayLike = 10,
    moisture: Moisture | None = None,
    *,
    canopy: Canopy | None = None,
    intensity: float = 1.0,
    wind_factor: float = 0.3,
) -> SpreadRates:
    """How fast and how hard the fire burns at every cell.

    ``height``: metres [rows, columns], or one number for level ground. ``wind``: the way the air moves, m/s in x and
    y at 10 m in the open, one vector or [rows, columns, 2]; ``wind_factor`` of it reaches the flames (0.4 open, 0.1
    to 0.3 under trees: Albini and Baughman, INT-221, 1979). ``fuel``: numbers of `FUEL_MODELS`, one or [rows,
    columns]; 0 does not burn. ``intensity`` multiplies all rates. Wind and slope add up as vectors (Finney,
    RMRS-RP-4, 1998). With a ``canopy``, crowns burn where the surface fire is hot enough, and where the crown
    fire is also fast enough to feed itself it takes over the spread, at 0.3 to 1.1 m/s.

    Raises InvalidRequest for a fuel model that does not exist, arrays of another shape, or a grid without cells.
    """
    moisture = moisture or Moisture()
    _check(grid, intensity)
    land = _spread_over(height, grid.shape, "height")
    blowing = np.asarray(wind, dtype=np.float64)
    if blowing.shape not in {(2,), (*grid.shape, 2)}:
        raise InvalidRequest(f"A wind of shape {blowing.shape} does not fit.", remedy="Give (x, y) or one per cell.")
    blowing = np.broadcast_to(blowing, (*grid.shape, 2))
    numbers = _spread_over(fuel, grid.shape, "fuel").astype(np.int64)
    rise = np.stack([_slope(land, grid.cell, 1), _slope(land, grid.cell, 0)], axis=-1)
    steep = np.sqrt((rise * rise).sum(axis=-1))
    rise = rise * (np.minimum(steep, _STEEPEST) / np.maximum(steep, 1e-12))[..., np.newaxis]
    head, breadth = np.zeros(grid.shape), np.ones(grid.shape)
    heat, heading = np.zeros(grid.shape), np.zeros((*grid.shape, 2))
    for number in sorted(int(n) for n in np.unique(numbers) if n != 0):
        here = numbers == number
        fire = surface_fire(number, moisture)
        rate, way, felt = _headway(fire, blowing[here] * wind_factor, rise[here])
        head[here], heading[here], heat[here] = rate, way, rate * fire.heat
        breadth[here] = length_to_breadth(felt)
    crown = np.zeros(grid.shape, np.uint8)
    if canopy is not None:
        torching = (heat > crown_threshold(canopy.base_m, moisture.foliage)) & (numbers != 0)
        crowns = surface_fire(10, moisture)
        rate, way, felt = _headway(crowns, blowing[torching] * _CROWN_WIND, rise[torching])
        rate = rate * _CROWN_OVER_SURFACE
        active = rate * _spread_over(canopy.bulk_density, grid.shape, "bulk density")[torching] >= _ACTIVE_FLUX
        crown[torching] = np.where(active, 2, 1)
        over = crown == 2
        head[over] = np.maximum(head[over], np.clip(rate[active], _CROWN_SLOWEST, _CROWN_FASTEST))
        heading[over], breadth[over] = way[active], length_to_breadth(felt[active])
    slim = np.minimum(breadth, _SLIMMEST)
    return SpreadRates(grid, head * intensity, heading, np.sqrt(1.0 - 1.0 / (slim * slim)), heat * intensity, crown)


def arrival_from_rates(
    rates: SpreadRates, ignitions: ArrayLike, *, line: bool = False, links: Links | None = None
) -> NDArray[np.float32]:
    """Seconds at which the fire arrives at each cell's centre: float32 [rows, columns], infinite where it never does.

    ``ignitions``: float [n, 2] places that burn from 0 s on, or [n, 3] with the second at which each begins. With
    ``line`` each is joined to the next, and the second runs evenly from one to the other. One that lies off the grid
    is felt from at most 4 cells away. ``links``: what `brands_of` says flies. Times are exact around each ignition,
    and late by 0.4 % on average beyond (at most 5 %, close to it). Raises InvalidRequest when the ignitions are not
    places.
    """
    return np.asarray(_times(rates, ignitions, line=line, links=links), dtype=np.float32)


def brands_of(
    rates: SpreadRates, wind: ArrayLike, moisture: Moisture, trees: Torching, strength: float, seed: int
) -> Links:
    """What flies out of the crowns that burn: a brand's landing depends on its cell alone, not on the rest of the fire.

    ``wind``: the way the air moves at 6 m above the trees, m/s [2]. ``strength``: 0 for none, 1 as the model has it.
    """
    burns = rates.head > 0.0
    return brand_links(
        rates.crown, burns, rates.grid.cell, np.asarray(wind, np.float64), moisture, trees, strength, seed
    )


def spot_fires(rates: SpreadRates, ignitions: ArrayLike, links: Links, *, line: bool = False) -> SpotFires:
    """The fires that brands have lit ahead of the front, the earliest first; arguments as of `arrival_from_rates`."""
    times = _times(rates, ignitions, line=line, links=links)
    return spots_of(times, links, rates.grid.low, rates.grid.cell)


def way_to(
    rates: SpreadRates, times: NDArray[np.floating], links: Links | None, cell: tuple[int, int]
) -> NDArray[np.int64]:
    """The cells (row · columns + column) over which the fire came to a cell, back to where it was lit: int64 [n]."""
    lag, pull_x, pull_y = _norm(rates)
    flying = links or no_links(lag.size)
    start = cell[0] * lag.shape[1] + cell[1]
    return way_back(np.asarray(times, np.float64), lag, pull_x, pull_y, rates.grid.cell, flying, start)


def joined(places: ArrayLike, grid: Grid) -> Floats:
    """Places float [n, 2 or 3] as points float64 [m, 3], each joined to the next by points half a cell apart.

    Of what lies too far off the grid to be felt there, only the places themselves are kept.
    """
    sources = _sources(places)
    return _joined(sources, grid) if len(sources) > 1 else sources


def _times(rates: SpreadRates, ignitions: ArrayLike, *, line: bool, links: Links | None) -> Floats:
    sources = joined(ignitions, rates.grid) if line else _sources(ignitions)
    lag, pull_x, pull_y = _norm(rates)
    flying = links or no_links(lag.size)
    return travel_time(lag, pull_x, pull_y, rates.grid.cell, np.ascontiguousarray(sources), *rates.grid.low, flying)


def _sources(ignitions: ArrayLike) -> Floats:
    sources = np.atleast_2d(np.asarray(ignitions, dtype=np.float64))
    if sources.ndim != 2 or sources.shape[1] not in {2, 3} or not np.all(np.isfinite(sources)):
        raise InvalidRequest("The ignitions are not places.", remedy="Give x and y, and optionally seconds, of each.")
    return sources if sources.shape[1] == 3 else np.column_stack([sources, np.zeros(len(sources))])


def _norm(rates: SpreadRates) -> tuple[Floats, Floats, Floats]:
    """Lag and pull of each cell: the time to a displacement v is ``lag |v| - pull · v``."""
    burns = rates.head > 0.0
    lag = np.full(rates.grid.shape, np.inf)
    # R (1 - e) / (1 - e cos) is the ellipse about its rear focus whose head runs at R, so the time to a displacement v
    # is (|v| - e v·heading) / (R (1 - e)).
    lag[burns] = 1.0 / (rates.head[burns] * (1.0 - rates.eccentricity[burns]))
    pull = np.where(burns, np.where(burns, lag, 0.0) * rates.eccentricity, 0.0)
    return lag, pull * rates.heading[..., 0], pull * rates.heading[..., 1]


def arrival_time(
    grid: Grid,
    height: ArrayLike,
    wind: ArrayLike,
    fuel: ArrayLike,
    moisture: Moisture | None,
    ignitions: ArrayLike,
    *,
    canopy: Canopy | None = None,
    intensity: float = 1.0,
    wind_factor: float = 0.3,
    line: bool = False,
) -> NDArray[np.float32]:
    """`spread_rates` and then `arrival_from_rates`: seconds float32 [rows, columns], infinite where never."""
    rates = spread_rates(
        grid, height, wind, fuel, moisture, canopy=canopy, intensity=intensity, wind_factor=wind_factor
    )
    return arrival_from_rates(rates, ignitions, line=line)


def _check(grid: Grid, intensity: float) -> None:
    if min(grid.shape) < 1 or not grid.cell > 0.0:
        raise InvalidRequest("The fire's grid has no cells.", remedy="Give at least one row and column, of some size.")
    if not (math.isfinite(intensity) and intensity > 0.0):
        raise InvalidRequest(f"A fire of {intensity:g} times its intensity cannot be.", remedy="Give a number above 0.")


def _spread_over(value: ArrayLike, shape: tuple[int, int], name: str) -> Floats:
    array = np.asarray(value, dtype=np.float64)
    if array.shape not in {(), shape}:
        raise InvalidRequest(
            f"A {name} of shape {array.shape} does not fit a grid of {shape}.", remedy="Give one number or one a cell."
        )
    return np.broadcast_to(array, shape)


def _slope(height: Floats, cell: float, axis: int) -> Floats:
    if height.shape[axis] == 1:
        return np.zeros(height.shape)
    return np.asarray(np.gradient(height, cell, axis=axis), dtype=np.float64)


def _headway(fire: SurfaceFire, wind: Floats, rise: Floats) -> tuple[Floats, Floats, Floats]:
    """Rate in m/s [n], unit heading [n, 2] and the midflame wind in m/s [n] that alone would do the same."""
    speed = np.sqrt((wind * wind).sum(axis=-1))
    along = wind / np.maximum(speed, 1e-12)[..., np.newaxis]
    steep = np.sqrt((rise * rise).sum(axis=-1))
    push = (fire.wind_factor * speed**fire.wind_power)[..., np.newaxis] * along
    push = push + (fire.slope_factor * steep)[..., np.newaxis] * rise
    gain = np.sqrt((push * push).sum(axis=-1))
    heading = np.where(gain[..., np.newaxis] > 0.0, push / np.maximum(gain, 1e-300)[..., np.newaxis], (1.0, 0.0))
    return fire.still * (1.0 + gain), heading, (gain / fire.wind_factor) ** (1.0 / fire.wind_power)


def _joined(sources: Floats, grid: Grid) -> Floats:
    parts = [sources[-1:]]
    for here, there in itertools.pairwise(sources):
        count = max(1, math.ceil(float(np.hypot(*(there - here)[:2])) / (0.5 * grid.cell)))
        begin, end = _felt(here, there, grid)
        inner = np.arange(max(math.floor(begin * count), 1), min(math.ceil(end * count) + 1, count))
        share = np.concatenate([[0.0], inner / count])[:, np.newaxis]
        parts.append(here + share * (there - here))
    return np.concatenate(parts)


def _felt(here: Floats, there: Floats, grid: Grid) -> tuple[float, float]:
    """From which share to which of the way between two places a fire there is felt on a grid; (1, 0) for none."""
    begin, end = 0.0, 1.0
    for axis, cells in ((0, grid.shape[1]), (1, grid.shape[0])):
        low, high = grid.low[axis] - _FELT * grid.cell, grid.low[axis] + (cells + _FELT) * grid.cell
        way = float(there[axis] - here[axis])
        if way == 0.0:
            if not low <= here[axis] <= high:
                return 1.0, 0.0
            continue
        enter, leave = sorted(((low - float(here[axis])) / way, (high - float(here[axis])) / way))
        begin, end = max(begin, enter), min(end, leave)
    return (begin, end) if begin <= end else (1.0, 0.0)
