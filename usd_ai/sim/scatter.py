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
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim.hashing import draw_scalar, salt, signed64, stream_scalar

MAX_DENSITY = 1.0e7
"""Points per hectare that ids have room for: a thousand a square metre."""
MAX_COORDINATE = 4.0e5
"""Metres from the origin that ids have room for."""
PATTERNS_TOGETHER = 8
"""Patterns whose ids `ids_together` can tell apart in one list."""

_DARTS = 16  # per cell and octave; with _REACH they fix c. More darts: wider spacing for a density, more time.
_REACH = 2.0  # the spacing at an octave's start, in cells; at its end it is half of that
_C = _REACH * math.sqrt(_DARTS / 3.0)
_C_SQUARED = _C * _C
_STEP = 3.0 / _DARTS  # an octave is a factor of four in time
_STICK = 0.02281  # the share of darts that stick, measured to 1 % at densities of 15 to 4500/ha (tests: 4 %)
_HECTARE = 1.0e4
_CELL_0 = 512.0  # metres. Cells halve with every octave: a power of two keeps every place exact in float64.
_OCTAVES = 16
_HALO = 8.0  # first try, in spacings
_HALO_GROWTH = 1.5
_STUCK, _OPEN = 1, 2
_HINTS = 2  # settled darts remembered per cell; they save looking around, never change a result
_DART_BITS, _AXIS_BITS = 6, 26  # a dart's number takes 4 of the 6, and the top bit but one is free: `ids_together`
_AXIS_HALF = 1 << (_AXIS_BITS - 1)
_HALF_WORD = np.uint64(16)
_UPPER_24 = np.uint64(40)
_LOWER_24 = np.uint64(0xFFFFFF)
_LOWER_16 = np.uint64(0xFFFF)


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
    return (_C * (1.0 - 1e-6)) / np.sqrt(darts)  # the margin covers rounding of levels to float32


def ids_together(ids: NDArray[np.int64], pattern: int) -> NDArray[np.int64]:
    """Ids [n] of pattern 0 to 7 for a list that several patterns share: positive, unique there, in the same order.

    They stay neighbours as the points are. Hashed ids would be as unique, but the .usdc integer coding cannot shrink
    them, and tinyusdz 0.9.4 refuses an int64 array that does not shrink to half its size.
    """
    if not 0 <= pattern < PATTERNS_TOGETHER:
        raise ValueError(f"pattern {pattern} is not one of {PATTERNS_TOGETHER}")
    return ids | np.int64((pattern & 3) << 4 | (pattern >> 2) << 62)


def scatter(
    low_xy: tuple[float, float], high_xy: tuple[float, float], seed: int, max_density_per_ha: float, layer: str = ""
) -> Points:
    """The points with ``low_xy <= xy < high_xy`` and ``level <= max_density_per_ha``, sorted by id.

    Keeping those with ``level <= density(xy)`` gives blue noise of that density with at least `spacing` between
    points; raising it adds points and moves none. Densities are those of the plane: a region of area A holds about
    density times A points, within a few per cent from 0.1/ha on. ``layer`` names independent patterns of one seed
    ("trees", "grass"). About 2 s per million points on one core.

    Raises InvalidRequest for a region that is empty, not finite or further than `MAX_COORDINATE` from the origin, and
    for a density that is not above 0 or above `MAX_DENSITY`.
    """
    _check(low_xy, high_xy, max_density_per_ha)
    stream = int(np.uint64(stream_scalar(signed64(seed), salt(f"scatter.darts.{layer}"))).view(np.int64))
    darts = max_density_per_ha / (_STICK * _HECTARE)
    halo = _HALO
    while True:
        sheet = _grow(low_xy, high_xy, stream, darts, halo)
        inside = (sheet.x >= low_xy[0]) & (sheet.x < high_xy[0]) & (sheet.y >= low_xy[1]) & (sheet.y < high_xy[1])
        level = (sheet.time * (_STICK * _HECTARE)).astype(np.float32)
        inside &= level <= max_density_per_ha
        if not bool(np.any(sheet.state[inside] == _OPEN)):
            break
        halo *= _HALO_GROWTH
    chosen = np.flatnonzero(inside)
    chosen = chosen[np.argsort(sheet.ids[chosen])]
    return Points(sheet.ids[chosen], np.stack([sheet.x[chosen], sheet.y[chosen]], axis=1), level[chosen])


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


class _Sheet(NamedTuple):
    """Darts that stick, with room to grow: places, state, id, and the darts per square metre before them."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    state: NDArray[np.uint8]
    ids: NDArray[np.int64]
    time: NDArray[np.float64]

    def taken(self, which: NDArray[np.int64] | slice) -> _Sheet:
        return _Sheet(self.x[which], self.y[which], self.state[which], self.ids[which], self.time[which])

    def with_room(self, count: int, more: int) -> _Sheet:
        """The same darts in arrays that hold ``more`` beyond ``count``."""
        if count + more <= self.x.size:
            return self
        spare = max(more, count)
        return _Sheet(
            np.concatenate([self.x[:count], np.empty(spare)]),
            np.concatenate([self.y[:count], np.empty(spare)]),
            np.concatenate([self.state[:count], np.empty(spare, np.uint8)]),
            np.concatenate([self.ids[:count], np.empty(spare, np.int64)]),
            np.concatenate([self.time[:count], np.empty(spare)]),
        )


class _Grid(NamedTuple):
    """Cells of an octave that begin at cell (i0, j0).

    ``head`` and ``next_`` chain the darts of a cell (``next_`` by dart). ``hint`` is a settled dart that blocks most
    of a cell, and ``shut`` the first dart number that it might let through: neither changes a result, only how soon
    it is known.
    """

    octave: int
    i0: int
    j0: int
    head: NDArray[np.int32]
    hint: NDArray[np.int32]
    shut: NDArray[np.int8]


class _Fallen(NamedTuple):
    """Darts of one round that no settled one blocks: cell (column, row), place, and time within the round."""

    cell: NDArray[np.int32]
    xy: NDArray[np.float64]
    when: NDArray[np.uint16]


def _grow(low: tuple[float, float], high: tuple[float, float], stream: int, darts: float, halo: float) -> _Sheet:
    sheet = _Sheet(np.empty(0), np.empty(0), np.empty(0, np.uint8), np.empty(0, np.int64), np.empty(0))
    for octave in range(_OCTAVES):
        cell = _CELL_0 / 2**octave
        first = _DARTS / (3.0 * cell * cell)
        if first > darts:
            break
        margin = halo * cell * _REACH
        i0, j0 = (math.floor((edge - margin) / cell) for edge in low)
        i1, j1 = (math.ceil((edge + margin) / cell) for edge in high)
        rows, columns = j1 - j0, i1 - i0
        column, row = np.floor(sheet.x / cell) - i0, np.floor(sheet.y / cell) - j0
        near = np.flatnonzero((column >= 0) & (column < columns) & (row >= 0) & (row < rows))
        # Memory in the order of cells: neighbours in the plane are neighbours in the cache.
        near = near[np.argsort(row[near] * columns + column[near], kind="stable")]
        sheet = sheet.taken(near)
        grid = _Grid(
            octave,
            i0,
            j0,
            np.full((rows, columns), -1, np.int32),
            np.full((rows, columns, _HINTS), -1, np.int32),
            np.zeros((rows, columns), np.int8),
        )
        rounds = min(_DARTS, math.ceil((darts / first - 1.0) / _STEP + 1e-9))
        sheet = _fall(sheet, grid, stream, rounds)
    return sheet


def _fall(sheet: _Sheet, grid: _Grid, stream: int, rounds: int) -> _Sheet:
    count, cells = sheet.x.size, grid.head.size
    next_ = np.empty(max(count, 1), np.int32)
    _register(grid, next_, sheet, count)
    fallen = _Fallen(np.empty((cells, 2), np.int32), np.empty((cells, 2)), np.empty(cells, np.uint16))
    for dart in range(rounds):
        new = int(_throw(grid, next_, sheet, stream, dart, fallen))
        sheet = sheet.with_room(count, new)
        if next_.size < sheet.x.size:
            next_ = np.concatenate([next_, np.empty(sheet.x.size - next_.size, np.int32)])
        order = np.argsort(fallen.when[:new], kind="stable")
        count = int(_settle(grid, next_, sheet, count, dart, fallen, order))
    return sheet.taken(slice(0, count))


@njit(cache=True)
def _first_time(octave: int) -> float:
    cell = _CELL_0 / (1 << octave)
    return _DARTS / (3.0 * cell * cell)


@njit(cache=True)
def _lean(grid: _Grid, row: int, column: int, k: int, x: float, y: float) -> None:
    """Make dart ``k`` the hint of a cell if it shuts the whole cell for longer than the present one."""
    cell = _CELL_0 / (1 << grid.octave)
    far_x = abs(x - (grid.i0 + column + 0.5) * cell) + 0.5 * cell
    far_y = abs(y - (grid.j0 + row + 0.5) * cell) + 0.5 * cell
    until = _C_SQUARED / (far_x * far_x + far_y * far_y)
    dart = (until / _first_time(grid.octave) - 1.0) / _STEP - 1e-6
    if dart > grid.shut[row, column]:
        grid.shut[row, column] = int(min(dart, 127.0))
    if grid.hint[row, column, 0] != k:
        for place in range(_HINTS - 1, 0, -1):
            grid.hint[row, column, place] = grid.hint[row, column, place - 1]
        grid.hint[row, column, 0] = k


@njit(cache=True)
def _hinted(grid: _Grid, sheet: _Sheet, row: int, column: int, x: float, y: float, time: float) -> bool:
    """Whether one of the cell's hints blocks a dart."""
    for place in range(_HINTS):
        k = grid.hint[row, column, place]
        if k < 0:
            return False
        dx, dy = sheet.x[k] - x, sheet.y[k] - y
        if (dx * dx + dy * dy) * time < _C_SQUARED:
            return True
    return False


@njit(cache=True)
def _register(grid: _Grid, next_: NDArray[np.int32], sheet: _Sheet, count: int) -> None:
    rows, columns = grid.head.shape
    cell = _CELL_0 / (1 << grid.octave)
    for k in range(count):
        column = math.floor(sheet.x[k] / cell) - grid.i0
        row = math.floor(sheet.y[k] / cell) - grid.j0
        next_[k] = grid.head[row, column]
        grid.head[row, column] = k
        if sheet.state[k] == _STUCK:
            for near_row in range(max(0, row - 1), min(rows, row + 2)):
                for near_column in range(max(0, column - 1), min(columns, column + 2)):
                    _lean(grid, near_row, near_column, k, sheet.x[k], sheet.y[k])


@njit(cache=True)
def _blocker(grid: _Grid, next_: NDArray[np.int32], sheet: _Sheet, x: float, y: float, time: float) -> tuple[int, bool]:
    """A settled dart within the radius, or -1, and whether an open one was met on the way."""
    rows, columns = grid.head.shape
    per_metre = (1 << grid.octave) / _CELL_0
    radius = _C / math.sqrt(time)
    met_open = False
    first_column = max(0, math.floor((x - radius) * per_metre) - grid.i0)
    last_column = min(columns - 1, math.floor((x + radius) * per_metre) - grid.i0)
    first_row = max(0, math.floor((y - radius) * per_metre) - grid.j0)
    last_row = min(rows - 1, math.floor((y + radius) * per_metre) - grid.j0)
    for row in range(first_row, last_row + 1):
        for column in range(first_column, last_column + 1):
            k = grid.head[row, column]
            while k >= 0:
                dx, dy = sheet.x[k] - x, sheet.y[k] - y
                if (dx * dx + dy * dy) * time < _C_SQUARED:
                    if sheet.state[k] == _STUCK:
                        return int(k), met_open
                    met_open = True
                k = next_[k]
    return -1, met_open


@njit(cache=True)
def _dart_id(grid: _Grid, column: int, row: int, dart: int) -> int:
    i, j = grid.i0 + column + _AXIS_HALF, grid.j0 + row + _AXIS_HALF
    return (((grid.octave << _AXIS_BITS | j) << _AXIS_BITS | i) << _DART_BITS) | dart


@njit(cache=True)
def _throw(grid: _Grid, next_: NDArray[np.int32], sheet: _Sheet, stream: int, dart: int, fallen: _Fallen) -> int:
    """Throw one dart into every cell; those that no settled dart of earlier rounds blocks go to ``fallen``."""
    rows, columns = grid.head.shape
    cell = _CELL_0 / (1 << grid.octave)
    first = _first_time(grid.octave)
    count = 0
    for row in range(rows):
        for column in range(columns):
            if dart < grid.shut[row, column]:
                continue
            word = draw_scalar(stream, _dart_id(grid, column, row, dart))
            x = (grid.i0 + column + np.float64(word >> _UPPER_24) * 2.0**-24) * cell
            y = (grid.j0 + row + np.float64((word >> _HALF_WORD) & _LOWER_24) * 2.0**-24) * cell
            when = np.uint16(word & _LOWER_16)
            time = first * (1.0 + (dart + when * 2.0**-16) * _STEP)
            if _hinted(grid, sheet, row, column, x, y, time):
                continue
            blocker, _ = _blocker(grid, next_, sheet, x, y, time)
            if blocker >= 0:
                _lean(grid, row, column, blocker, sheet.x[blocker], sheet.y[blocker])
                continue
            fallen.cell[count, 0], fallen.cell[count, 1] = column, row
            fallen.xy[count, 0], fallen.xy[count, 1] = x, y
            fallen.when[count] = when
            count += 1
    return count


@njit(cache=True)
def _settle(
    grid: _Grid,
    next_: NDArray[np.int32],
    sheet: _Sheet,
    count: int,
    dart: int,
    fallen: _Fallen,
    order: NDArray[np.int64],
) -> int:
    """Let the darts of a round settle in the order of their falling; ties fall in the order of cells."""
    rows, columns = grid.head.shape
    cell = _CELL_0 / (1 << grid.octave)
    first = _first_time(grid.octave)
    west, south = grid.i0 * cell, grid.j0 * cell
    east, north = west + columns * cell, south + rows * cell
    for s in order:
        column, row = fallen.cell[s, 0], fallen.cell[s, 1]
        x, y = fallen.xy[s, 0], fallen.xy[s, 1]
        time = first * (1.0 + (dart + float(fallen.when[s]) * 2.0**-16) * _STEP)
        k, met_open = _blocker(grid, next_, sheet, x, y, time)
        if k >= 0:
            continue
        to_edge = min(x - west, y - south, east - x, north - y)
        sheet.x[count], sheet.y[count] = x, y
        sheet.ids[count] = _dart_id(grid, column, row, dart)
        sheet.time[count] = time
        sheet.state[count] = _OPEN if met_open or to_edge * to_edge * time < _C_SQUARED else _STUCK
        next_[count] = grid.head[row, column]
        grid.head[row, column] = count
        count += 1
    return count
