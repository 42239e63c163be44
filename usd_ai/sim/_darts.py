"""Kernels of `scatter`: darts of one octave against those that stick. They hold no state and release the interpreter.

Points are looked up in *blocks* of two by two cells: a block is as wide as the widest radius of its octave, so what
can block a dart lies in the block's neighbours. Blocks begin at even cells of the plane, whatever region is asked
for: darts that fall at the very same moment are taken in the order of blocks.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from usd_ai.sim.hashing import draw_scalar

DARTS = 16  # per cell and octave; with REACH they fix c. More darts: wider spacing for a density, more time.
REACH = 2.0  # the spacing at an octave's start, in cells; at its end it is half of that
C = REACH * math.sqrt(DARTS / 3.0)
C_SQUARED = C * C
STEP = 3.0 / DARTS  # an octave is a factor of four in time
CELL_0 = 512.0  # metres. Cells halve with every octave: a power of two keeps every place exact in float64.
STUCK, OPEN = 1, 2
DART_BITS, AXIS_BITS = 6, 26  # a dart's number takes 4 of the 6, and the top bit but one is free: `ids_together`
_AXIS_HALF = 1 << (AXIS_BITS - 1)
_HALF_WORD = np.uint64(16)
_UPPER_24 = np.uint64(40)
_LOWER_24 = np.uint64(0xFFFFFF)
_LOWER_16 = np.uint64(0xFFFF)
_SURE = 1.0 + 1e-9  # margin on shortcuts, so that rounding never makes one decide what the exact test would not

F64 = NDArray[np.float64]


class Grid(NamedTuple):
    """Cells of an octave from cell (i0, j0) of the plane, both even; ``rows`` and ``columns`` are even too."""

    octave: int
    i0: int
    j0: int
    rows: int
    columns: int


class Known(NamedTuple):
    """Points that stick, in the order of blocks; those of block b are ``starts[b]`` to ``starts[b + 1]``."""

    x: F64
    y: F64
    state: NDArray[np.uint8]
    starts: NDArray[np.int32]


class Fallen(NamedTuple):
    """Darts of one stage that no known point blocks: cell (column, row), place, dart, time within it, near an open."""

    cell: NDArray[np.int32]
    xy: F64
    dart: NDArray[np.uint8]
    when: NDArray[np.uint16]
    open: NDArray[np.bool_]


class Sheet(NamedTuple):
    """Darts that stick, with room to grow: places, state, id, and the darts per square metre before them."""

    x: F64
    y: F64
    state: NDArray[np.uint8]
    ids: NDArray[np.int64]
    time: F64


@njit(cache=True, nogil=True)
def first_time(octave: int) -> float:
    """Darts per square metre that have fallen when an octave begins."""
    cell = CELL_0 / (1 << octave)
    return DARTS / (3.0 * cell * cell)


@njit(cache=True, nogil=True)
def dart_id(grid: Grid, column: int, row: int, dart: int) -> int:
    """The id of a cell's dart."""
    i, j = grid.i0 + column + _AXIS_HALF, grid.j0 + row + _AXIS_HALF
    return (((grid.octave << AXIS_BITS | j) << AXIS_BITS | i) << DART_BITS) | dart


@njit(cache=True, nogil=True)
def order_by_block(grid: Grid, sheet: Sheet, count: int) -> Known:
    """The first ``count`` points of a sheet, all of them on the grid, in the order of blocks."""
    sheet_x, sheet_y, sheet_state = sheet.x, sheet.y, sheet.state
    size = 2.0 * CELL_0 / (1 << grid.octave)
    i0, j0, columns = grid.i0 // 2, grid.j0 // 2, grid.columns // 2
    starts = np.zeros((grid.rows // 2) * columns + 1, np.int32)
    blocks = np.empty(count, np.int32)
    for k in range(count):
        block = (math.floor(sheet_y[k] / size) - j0) * columns + math.floor(sheet_x[k] / size) - i0
        blocks[k] = block
        starts[block + 1] += 1
    for b in range(1, starts.size):
        starts[b] += starts[b - 1]
    place = starts.copy()
    x, y, state = np.empty(count), np.empty(count), np.empty(count, np.uint8)
    for k in range(count):
        to = place[blocks[k]]
        place[blocks[k]] += 1
        x[to], y[to], state[to] = sheet_x[k], sheet_y[k], sheet_state[k]
    return Known(x, y, state, starts)


@njit(cache=True, nogil=True)
def _reached(xs: F64, ys: F64, count: int, x: float, y: float, time: float) -> int:
    """The first of ``count`` points within the radius of a dart, or -1."""
    for k in range(count):
        dx, dy = xs[k] - x, ys[k] - y
        if (dx * dx + dy * dy) * time < C_SQUARED:
            return k
    return -1


@njit(cache=True, nogil=True)
def most_near(grid: Grid, known: Known) -> int:
    """The most points that a block and its neighbours hold."""
    starts, columns, rows = known.starts, grid.columns // 2, grid.rows // 2
    most = 0
    for block_row in range(rows):
        for column in range(columns):
            count = 0
            for row in range(max(0, block_row - 1), min(rows, block_row + 2)):
                count += starts[row * columns + min(columns, column + 2)] - starts[row * columns + max(0, column - 1)]
            most = max(most, count)
    return most


@njit(cache=True, nogil=True)
def throw(  # noqa: C901, PLR0912 - one kernel: calls that hand arrays on cost more than their work
    grid: Grid, known: Known, stream: int, darts: tuple[int, int], fallen: Fallen, most: int
) -> int:
    """Throw the darts of a stage into every cell; those that no known point blocks go to ``fallen``. How many.

    More than ``fallen`` has room for are only counted. ``most``: what `most_near` says.
    """
    # Columns as local names: taking them out of a tuple in a loop costs more than the loop.
    known_x, known_y, known_state, starts = known.x, known.y, known.state, known.starts
    fallen_cell, fallen_xy, fallen_dart, fallen_when = fallen.cell, fallen.xy, fallen.dart, fallen.when
    fallen_open = fallen.open
    rows, columns, i0, j0 = grid.rows // 2, grid.columns // 2, grid.i0, grid.j0
    cell = CELL_0 / (1 << grid.octave)
    size, half = 2.0 * cell, 0.5 * cell
    first = first_time(grid.octave)
    limit = C_SQUARED * _SURE / (first * (1.0 + darts[0] * STEP))  # squared: what is further blocks no dart
    shut = C_SQUARED / (first * (1.0 + darts[1] * STEP) * _SURE)  # a cell all within this is shut for the stage
    near_x, near_y, open_x, open_y = np.empty(most), np.empty(most), np.empty(most), np.empty(most)
    count, likely = 0, 0
    for block_row in range(rows):
        south = (j0 + 2 * block_row) * cell
        for block_column in range(columns):
            west = (i0 + 2 * block_column) * cell
            stuck, open_ = 0, 0
            for near_row in range(max(0, block_row - 1), min(rows, block_row + 2)):
                begin = starts[near_row * columns + max(0, block_column - 1)]
                end = starts[near_row * columns + min(columns, block_column + 2)]
                for k in range(begin, end):
                    x, y = known_x[k], known_y[k]
                    dx, dy = max(west - x, x - west - size, 0.0), max(south - y, y - south - size, 0.0)
                    if dx * dx + dy * dy < limit:
                        if known_state[k] == STUCK:
                            near_x[stuck], near_y[stuck] = x, y
                            stuck += 1
                        else:
                            open_x[open_], open_y[open_] = x, y
                            open_ += 1
            for which in range(4):
                row, column = 2 * block_row + which // 2, 2 * block_column + which % 2
                middle_x, middle_y = (i0 + column) * cell + half, (j0 + row) * cell + half
                covered = False
                for k in range(stuck):
                    dx, dy = abs(near_x[k] - middle_x) + half, abs(near_y[k] - middle_y) + half
                    covered |= dx * dx + dy * dy < shut
                if covered:
                    continue
                for dart in range(darts[0], darts[1]):
                    word = draw_scalar(stream, dart_id(grid, column, row, dart))
                    x = (i0 + column + np.float64(word >> _UPPER_24) * 2.0**-24) * cell
                    y = (j0 + row + np.float64((word >> _HALF_WORD) & _LOWER_24) * 2.0**-24) * cell
                    when = np.uint16(word & _LOWER_16)
                    time = first * (1.0 + (dart + when * 2.0**-16) * STEP)
                    if likely < stuck:  # what has blocked one dart is likely to block the next
                        dx, dy = near_x[likely] - x, near_y[likely] - y
                        if (dx * dx + dy * dy) * time < C_SQUARED:
                            continue
                    blocker = _reached(near_x, near_y, stuck, x, y, time)
                    if blocker >= 0:
                        likely = blocker
                        continue
                    if count < fallen_when.size:
                        fallen_cell[count, 0], fallen_cell[count, 1] = column, row
                        fallen_xy[count, 0], fallen_xy[count, 1] = x, y
                        fallen_dart[count], fallen_when[count] = dart, when
                        fallen_open[count] = open_ > 0 and _reached(open_x, open_y, open_, x, y, time) >= 0
                    count += 1
    return count


@njit(cache=True, nogil=True)
def settle(
    grid: Grid,
    sheet: Sheet,
    count: int,
    fallen: Fallen,
    order: NDArray[np.int64],
    head: NDArray[np.int32],
    next_: NDArray[np.int32],
) -> int:
    """Let the darts ``order`` names settle one after the other; ``count`` points before, how many after.

    ``head`` [block rows, block columns] and ``next_`` [room of the sheet] chain the points of this stage by block.
    """
    sheet_x, sheet_y, sheet_state, sheet_ids, sheet_time = sheet.x, sheet.y, sheet.state, sheet.ids, sheet.time
    fallen_cell, fallen_xy, fallen_dart, fallen_when = fallen.cell, fallen.xy, fallen.dart, fallen.when
    fallen_open = fallen.open
    rows, columns = head.shape
    cell = CELL_0 / (1 << grid.octave)
    first = first_time(grid.octave)
    west, south = grid.i0 * cell, grid.j0 * cell
    east, north = west + grid.columns * cell, south + grid.rows * cell
    for s in order:
        x, y, dart = fallen_xy[s, 0], fallen_xy[s, 1], int(fallen_dart[s])
        time = first * (1.0 + (dart + float(fallen_when[s]) * 2.0**-16) * STEP)
        block_row, block_column = fallen_cell[s, 1] // 2, fallen_cell[s, 0] // 2
        free, met_open = True, fallen_open[s]
        for row in range(max(0, block_row - 1), min(rows, block_row + 2)):
            for column in range(max(0, block_column - 1), min(columns, block_column + 2)):
                k = head[row, column]
                while k >= 0 and free:
                    dx, dy = sheet_x[k] - x, sheet_y[k] - y
                    if (dx * dx + dy * dy) * time < C_SQUARED:
                        free = sheet_state[k] != STUCK
                        met_open = True
                    k = next_[k]
        if not free:
            continue
        to_edge = min(x - west, y - south, east - x, north - y)
        sheet_x[count], sheet_y[count], sheet_time[count] = x, y, time
        sheet_ids[count] = dart_id(grid, fallen_cell[s, 0], fallen_cell[s, 1], dart)
        sheet_state[count] = OPEN if met_open or to_edge * to_edge * time < C_SQUARED else STUCK
        next_[count] = head[block_row, block_column]
        head[block_row, block_column] = count
        count += 1
    return count
