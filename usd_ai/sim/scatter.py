"""Progressive blue noise on the whole plane: every point has an id, a place and the density at which it joins.

Darts fall on the plane at a steady rate. A dart that falls when ``t`` darts per area have fallen before it sticks if
no earlier one sticks within ``r(t) = c / sqrt(t)``. So two points are never closer than the spacing of the later one,
and because the process looks the same at every scale, the points that stick are a fixed share of ``t``: density is
read off the time of falling. It is dart throwing with a shrinking radius (McCool and Fiume, "Hierarchical Poisson Disk
Sampling Distributions", Graphics Interface 1992, section 3) with darts drawn per cell by the counter-based hash, as
in Wei, "Parallel Poisson Disk Sampling", TOG 27(3) 20, 2008, so that no point depends on the region asked for.

Exactness at borders: a dart whose fate hangs on darts outside the computed halo is carried as *open*: it blocks
nobody, and whoever is near it and not blocked by a settled one is open too. If an open one lies in the region asked
for, the halo grows and the work is done again. So what is returned is what the infinite plane holds, to the bit. See
docs/decisions/013-progressive-scatter.md for the ways not taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim._darts import (
    AXIS_BITS,
    CELL_0,
    DART_BITS,
    DARTS,
    OPEN,
    REACH,
    STEP,
    C,
    Grid,
    Sheet,
    first_time,
)
from usd_ai.sim._falling import fall
from usd_ai.sim.hashing import salt, signed64, stream_scalar
from usd_ai.sim.threads import each

F64 = NDArray[np.float64]
Corner = tuple[float, float]

MAX_DENSITY = 1.0e7
"""Points per hectare that ids have room for: a thousand a square metre."""
MAX_COORDINATE = 4.0e5
"""Metres from the origin that ids have room for."""
PATTERNS_TOGETHER = 8
"""Patterns whose ids `ids_together` can tell apart in one list."""

_STICK = 0.02281  # the share of darts that stick, measured to 1 % at densities of 15 to 4500/ha (tests: 4 %)
_HECTARE = 1.0e4
_OCTAVES = 16
_HALO = 8.0  # first try, in spacings
_HALO_GROWTH = 1.5
_BAND = 320  # rows of cells that one thread takes at a time
_BAND_LEAST = 1 << 18  # cells from which an octave is shared out


@dataclass(frozen=True, slots=True)
class Points:
    """Points of a region, coarse ones first (sorted by id).

    ``ids``: int64 [n], positive; a point's id holds its octave, cell and dart, and is the same in every region.
    ``xy``: float64 [n, 2], metres. ``level``: float32 [n], the density in 1/ha from which on the point is there.
    """

    ids: NDArray[np.int64]
    xy: NDArray[np.float64]
    level: NDArray[np.float32]

    def where(self, keep: NDArray[np.bool_]) -> Points:
        """The points for which ``keep`` (bool [n]) holds, in the same order."""
        return Points(self.ids[keep], self.xy[keep], self.level[keep])

    def thinned(self, density: float | NDArray[np.float64]) -> Points:
        """The points of a density in 1/ha, one number or one per point (float64 [n]): those it has reached."""
        return self.where(np.asarray(self.level <= density))


def spacing(density_per_ha: ArrayLike) -> NDArray[np.float64]:
    """The least distance in metres between any two points kept at a density in 1/ha: 0.6976 of ``1 / sqrt(density)``.

    A hexagonal lattice of that density has 1.0746: the relative radius is 0.649 (Lagae and Dutré, "A Comparison of
    Methods for Generating Poisson Disk Distributions", CGF 27(1), 2008, section 3, ask for 0.65 to 0.85).
    """
    darts = np.asarray(density_per_ha, dtype=np.float64) / (_STICK * _HECTARE)
    return (C * (1.0 - 1e-6)) / np.sqrt(darts)  # the margin covers rounding of levels to float32


def ids_together(ids: NDArray[np.int64], pattern: int) -> NDArray[np.int64]:
    """Ids [n] of pattern 0 to 7 for a list that several patterns share: positive, unique there, in the same order.

    They stay neighbours as the points are. Hashed ids would be as unique, but the .usdc integer coding cannot shrink
    them, and tinyusdz 0.9.4 refuses an int64 array that does not shrink to half its size.
    """
    if not 0 <= pattern < PATTERNS_TOGETHER:
        raise ValueError(f"pattern {pattern} is not one of {PATTERNS_TOGETHER}")
    return ids | np.int64((pattern & 3) << 4 | (pattern >> 2) << 62)


def ids_of_seed(ids: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Ids [n] of points that another seed has drawn, for a list in which points of several seeds stand.

    The bits of the cell are turned over by the seed's: points of one seed stay apart and neighbours stay neighbours,
    and two seeds give one id only where 52 random bits place their cells alike.
    """
    word = int(stream_scalar(signed64(seed), salt("scatter.ids"))) & ((1 << 2 * AXIS_BITS) - 1)
    return ids ^ np.int64(word << DART_BITS)


def scatter(
    low_xy: tuple[float, float], high_xy: tuple[float, float], seed: int, max_density_per_ha: float, layer: str = ""
) -> Points:
    """The points with ``low_xy <= xy < high_xy`` and ``level <= max_density_per_ha``, sorted by id.

    Keeping those with ``level <= density(xy)`` gives blue noise of that density with at least `spacing` between
    points; raising it adds points and moves none. Densities are those of the plane: a region of area A holds about
    density times A points, within a few per cent from 0.1/ha on. ``layer`` names independent patterns of one seed
    ("trees", "grass"). About 0.7 s of one core per million points, shared out among the cores there are.

    Raises InvalidRequest for a region that is empty, not finite or further than `MAX_COORDINATE` from the origin, and
    for a density that is not above 0 or above `MAX_DENSITY`.
    """
    _check(low_xy, high_xy, max_density_per_ha)
    stream = int(np.uint64(stream_scalar(signed64(seed), salt(f"scatter.darts.{layer}"))).view(np.int64))
    darts = max_density_per_ha / (_STICK * _HECTARE)
    halo = _HALO
    while True:
        found = _grow(low_xy, high_xy, stream, darts, max_density_per_ha, halo)
        if found is not None:
            return found
        halo *= _HALO_GROWTH


def _check(low: tuple[float, float], high: tuple[float, float], density: float) -> None:
    if not all(math.isfinite(v) and abs(v) <= MAX_COORDINATE for v in (*low, *high)):
        raise InvalidRequest(
            f"Points cannot be scattered from {low} to {high} m.",
            remedy=f"Keep the region within {MAX_COORDINATE:g} m of the origin.",
            reason="REGION_OUT_OF_RANGE",
        )
    if not (low[0] < high[0] and low[1] < high[1]):
        raise InvalidRequest(
            f"The region from {low} to {high} m is empty.",
            remedy="Give a lower corner that is below the upper one in both axes.",
            reason="REGION_OUT_OF_RANGE",
        )
    if not 0.0 < density <= MAX_DENSITY:
        raise InvalidRequest(
            f"A density of {density:g} points per hectare cannot be scattered.",
            remedy=f"Give a density above 0 and up to {MAX_DENSITY:g} per hectare.",
            reason="DENSITY_OUT_OF_RANGE",
        )


def _inside(x: F64, y: F64, low: Corner, high: Corner) -> NDArray[np.bool_]:
    return (x >= low[0]) & (x < high[0]) & (y >= low[1]) & (y < high[1])


def _grow(low: Corner, high: Corner, stream: int, darts: float, density: float, halo: float) -> Points | None:
    """The points of a region, or None where one of them hangs on what lies beyond the halo.

    All octaves up to a number of darts per square metre are grown over the region and a halo around it.
    """
    before: list[list[Sheet]] = []  # of each octave the bands from south to north
    for octave in range(_OCTAVES):
        cell = CELL_0 / 2**octave
        first = first_time(octave)
        if first > darts:
            break
        margin = halo * cell * REACH
        # Even, so that blocks of two by two cells are the same in every region.
        i0, j0 = (math.floor((edge - margin) / cell) // 2 * 2 for edge in low)
        i1, j1 = (-(-math.ceil((edge + margin) / cell) // 2) * 2 for edge in high)
        grid = Grid(octave, i0, j0, j1 - j0, i1 - i0)
        rounds = min(DARTS, math.ceil((darts / first - 1.0) / STEP + 1e-9))
        reach = margin / 4.0  # beyond it lies little that the region's own points could hang on
        looked = (low[0] - reach, low[1] - reach), (high[0] + reach, high[1] + reach)
        work = partial(_band, grid, looked, before, stream, rounds, halo)
        before.append(each(work, _bands(grid)))
    return _points([band for bands in before for band in bands], low, high, density)


def _points(sheets: list[Sheet], low: Corner, high: Corner, density: float) -> Points | None:
    """The points of sheets, each sorted by id and one after the other, that lie in a region; None if one is open."""

    def those(sheet: Sheet) -> tuple[NDArray[np.int64], F64, NDArray[np.float32], bool]:
        level = (sheet.time * (_STICK * _HECTARE)).astype(np.float32)
        inside = _inside(sheet.x, sheet.y, low, high) & (level <= density)
        chosen = np.flatnonzero(inside)
        xy = np.empty((len(chosen), 2))
        xy[:, 0], xy[:, 1] = sheet.x[chosen], sheet.y[chosen]
        return sheet.ids[chosen], xy, level[chosen], bool(np.any(sheet.state[chosen] == OPEN))

    if not sheets:
        return Points(np.empty(0, np.int64), np.empty((0, 2)), np.empty(0, np.float32))
    ids, xy, level, open_ = zip(*each(those, sheets), strict=True)
    return None if any(open_) else Points(np.concatenate(ids), np.concatenate(xy), np.concatenate(level))


def _bands(grid: Grid) -> list[tuple[int, int]]:
    """First and last row (excluded) of the bands in which an octave is done: one where it is small."""
    if grid.rows * grid.columns < _BAND_LEAST:
        return [(0, grid.rows)]
    count = 2 * max(1, round(grid.rows / (2.0 * _BAND)))
    edges = [grid.rows * k // count // 2 * 2 for k in range(count)]
    return list(zip(edges, [*edges[1:], grid.rows], strict=True))


def _band(
    grid: Grid,
    looked: tuple[Corner, Corner],
    before: list[list[Sheet]],
    stream: int,
    rounds: int,
    halo: float,
    band: tuple[int, int],
) -> Sheet:
    """The points of an octave in some of its rows, sorted by id, given the octaves before.

    They are grown with rows around them, so that they are those of the whole; where these do not suffice to settle a
    point in the region ``looked`` at, more rows are taken.
    """
    while True:
        more = 2 * math.ceil(halo * REACH / 2.0)
        first, last = max(0, band[0] - more), min(grid.rows, band[1] + more)
        part = Grid(grid.octave, grid.i0, grid.j0 + first, last - first, grid.columns)
        found = fall(part, _known(part, before), stream, rounds, (band[0] - first, band[1] - first))
        unsettled = bool(np.any(_inside(found.x, found.y, *looked) & (found.state == OPEN)))
        if not unsettled or last - first == grid.rows:
            return found
        halo *= 2.0


def _known(grid: Grid, before: list[list[Sheet]]) -> tuple[F64, F64, NDArray[np.uint8]]:
    """Places and states of the points of the octaves before that lie on a grid's cells."""
    cell = CELL_0 / 2**grid.octave
    low = grid.i0 * cell, grid.j0 * cell
    high = low[0] + grid.columns * cell, low[1] + grid.rows * cell
    xs, ys, states = [np.empty(0)], [np.empty(0)], [np.empty(0, np.uint8)]
    for octave, bands in enumerate(before):
        wide = CELL_0 / 2**octave
        begin, end = _least_id(octave, math.floor(low[1] / wide)), _least_id(octave, math.ceil(high[1] / wide))
        for sheet in bands:
            rows = slice(*np.searchsorted(sheet.ids, [begin, end]))
            on = np.flatnonzero(_inside(sheet.x[rows], sheet.y[rows], low, high))
            xs.append(sheet.x[rows][on])
            ys.append(sheet.y[rows][on])
            states.append(sheet.state[rows][on])
    return np.concatenate(xs), np.concatenate(ys), np.concatenate(states)


def _least_id(octave: int, row: int) -> int:
    """An id below which those of an octave's rows further south lie, and no other of the octave."""
    return (octave << AXIS_BITS | row + (1 << AXIS_BITS - 1)) << AXIS_BITS + DART_BITS
