"""Kernels of `scatter`: how the darts of an octave come to rest, stage by stage. They hold no state.

Which of two darts came first is asked of neighbours alone, block after block: no list is sorted by time.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from usd_ai.sim._darts import (
    AXIS_BITS,
    C_SQUARED,
    CELL_0,
    DART_BITS,
    FREE,
    GONE,
    NEAR_OPEN,
    OPEN,
    STAGE,
    STUCK,
    Grid,
    Known,
    Sheet,
    dart_id,
    throw,
)

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_AXIS_MASK = (1 << AXIS_BITS) - 1


@njit(cache=True, nogil=True)
def _order_by_block(grid: Grid, sheet_x: F64, sheet_y: F64, sheet_state: NDArray[np.uint8]) -> Known:
    """Points [n], all of them on the grid, in the order of blocks."""
    size, count = 2.0 * CELL_0 / (1 << grid.octave), sheet_x.size
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
def _settle(grid: Grid, fallen: Sheet, begins: I32) -> None:
    """Let fallen darts settle: their state becomes stuck, open or gone.

    A dart sticks if none that sticks and came earlier lies within its radius. Earlier ones that have not settled yet
    do so first, those that they hang on before them: always on earlier ones, so that the stack ends.
    """
    fallen_x, fallen_y, state, fallen_time = fallen.x, fallen.y, fallen.state, fallen.time
    rows, columns = grid.rows // 2, grid.columns // 2
    cell = CELL_0 / (1 << grid.octave)
    each = 0.5 / cell
    west, south = grid.i0 * cell, grid.j0 * cell
    east, north = west + grid.columns * cell, south + grid.rows * cell
    waiting = np.empty(begins[-1] - begins[0] + 1, np.int32)
    for asked in range(begins[0], begins[-1]):
        if state[asked] < FREE:
            continue
        waiting[0], depth = asked, 1
        while depth:
            n = np.uint64(waiting[depth - 1])
            x, y, time = fallen_x[n], fallen_y[n], fallen_time[n]
            block_row, block_column = math.floor((y - south) * each), math.floor((x - west) * each)
            free, met_open, hangs_on, soonest = True, state[n] == NEAR_OPEN, n, np.inf
            for row in range(max(0, block_row - 1), min(rows, block_row + 2)):
                begin = np.uint64(begins[row * columns + max(0, block_column - 1)])
                end = np.uint64(begins[row * columns + min(columns, block_column + 2)])
                for k in range(begin, end):
                    # No branches: whether a neighbour is near is as good as chance.
                    dx, dy, when, kind = fallen_x[k] - x, fallen_y[k] - y, fallen_time[k], state[k]
                    near = ((dx * dx + dy * dy) * time < C_SQUARED) & ((when < time) | ((when == time) & (k < n)))
                    free &= not (near & (kind == STUCK))
                    met_open |= near & (kind == OPEN)
                    sooner = near & (kind > OPEN) & (kind != GONE) & (when < soonest)
                    hangs_on, soonest = (k if sooner else hangs_on), (when if sooner else soonest)
            if free and hangs_on != n:
                waiting[depth] = hangs_on
                depth += 1
                continue
            depth -= 1
            if not free:
                state[n] = GONE
                continue
            to_edge = min(x - west, y - south, east - x, north - y)
            state[n] = OPEN if met_open or to_edge * to_edge * time < C_SQUARED else STUCK
            if state[n] == STUCK and depth:  # it blocks the one that hung on it
                depth -= 1
                state[waiting[depth]] = GONE


@njit(cache=True, nogil=True)
def _joined(known: Known, fallen: Sheet, begins: I32) -> Known:
    """The known points and those that have settled, in the order of blocks."""
    fallen_x, fallen_y, fallen_state = fallen.x, fallen.y, fallen.state
    known_x, known_y, known_state, known_starts = known.x, known.y, known.state, known.starts
    more = 0
    for k in range(begins[0], begins[-1]):
        more += fallen_state[k] <= OPEN
    count = known_x.size + more
    x, y, state, starts = np.empty(count), np.empty(count), np.empty(count, np.uint8), np.empty_like(known_starts)
    to = 0
    for b in range(starts.size - 1):
        starts[b] = to
        for k in range(known_starts[b], known_starts[b + 1]):
            x[to], y[to], state[to] = known_x[k], known_y[k], known_state[k]
            to += 1
        for k in range(begins[b], begins[b + 1]):
            if fallen_state[k] <= OPEN:
                x[to], y[to], state[to] = fallen_x[k], fallen_y[k], fallen_state[k]
                to += 1
    starts[-1] = to
    return Known(x, y, state, starts)


@njit(cache=True, nogil=True)
def _room_for(count: int) -> Sheet:
    return Sheet(
        np.empty(count), np.empty(count), np.empty(count, np.uint8), np.empty(count, np.int64), np.empty(count)
    )


@njit(cache=True, nogil=True)
def _put(sheet: Sheet, k: int, into: Sheet, to: int) -> None:
    into.x[to], into.y[to], into.state[to] = sheet.x[k], sheet.y[k], sheet.state[k]
    into.ids[to], into.time[to] = sheet.ids[k], sheet.time[k]


@njit(cache=True, nogil=True)
def _sorted(grid: Grid, sheet: Sheet, count: int, own: tuple[int, int]) -> Sheet:
    """The first ``count`` of a sheet by id: those of a cell must be in order already, and all in the ``own`` rows."""
    low = dart_id(grid, 0, own[0], 0)
    starts = np.zeros((own[1] - own[0]) * grid.columns + 1, np.int32)
    cells = np.empty(count, np.int32)
    for k in range(count):
        i, j = (sheet.ids[k] >> DART_BITS) & _AXIS_MASK, sheet.ids[k] >> (DART_BITS + AXIS_BITS)
        cells[k] = (j - (low >> (DART_BITS + AXIS_BITS))) * grid.columns + i - ((low >> DART_BITS) & _AXIS_MASK)
        starts[cells[k] + 1] += 1
    for cell in range(1, starts.size):
        starts[cell] += starts[cell - 1]
    found = _room_for(count)
    for k in range(count):
        to = starts[cells[k]]
        starts[cells[k]] += 1
        found.x[to], found.y[to], found.state[to] = sheet.x[k], sheet.y[k], sheet.state[k]
        found.ids[to], found.time[to] = sheet.ids[k], sheet.time[k]
    return found


@njit(cache=True, nogil=True)
def fall(
    grid: Grid, before: tuple[F64, F64, NDArray[np.uint8]], stream: int, rounds: int, own: tuple[int, int]
) -> Sheet:
    """The darts of an octave that stick in its ``own`` rows (first, last excluded; even), sorted by id.

    ``before``: places and states of the points of earlier octaves, all of them on the grid. ``rounds``: darts a cell.
    """
    known = _order_by_block(grid, before[0], before[1], before[2])
    columns, kept = grid.columns // 2, 0
    begins = np.empty((grid.rows // 2) * columns + 1, np.int32)
    fallen = _room_for(max(grid.rows * grid.columns // 2, 64))
    for begin in range(0, rounds, STAGE):
        darts = begin, min(begin + STAGE, rounds)
        count = throw(grid, known, stream, darts, fallen, kept, begins)
        if count > fallen.x.size:
            more = _room_for(count + count // 4)
            for k in range(kept):
                _put(fallen, k, more, k)
            fallen = more
            throw(grid, known, stream, darts, fallen, kept, begins)
        _settle(grid, fallen, begins)
        if darts[1] < rounds:
            known = _joined(known, fallen, begins)
        for k in range(begins[own[0] // 2 * columns], begins[own[1] // 2 * columns]):
            if fallen.state[k] <= OPEN:
                _put(fallen, k, fallen, kept)
                kept += 1
    return _sorted(grid, fallen, kept, own)
