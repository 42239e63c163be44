"""Kernels of `scatter`: darts of one octave against the points that stick. They hold no state.

Points are looked up in *blocks* of two by two cells: a block is as wide as the widest radius of its octave, so what
can block a dart lies in the block's neighbours. Blocks begin at even cells of the plane, whatever region is asked
for: darts that fall at the very same moment are taken in the order of blocks.

Blocks are done row by row, so that what one looks at is still in the cache, and some of a row together: the loops
that do the work run along the row without branches, which lets the compiler take several blocks at once.
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
STAGE = 2  # darts of a cell that are thrown before those that stick are looked up in order
CELL_0 = 512.0  # metres. Cells halve with every octave: a power of two keeps every place exact in float64.
STUCK, OPEN = 1, 2
FREE, NEAR_OPEN, GONE = 3, 4, 5  # a dart that has yet to settle, with no open point near it or with one; a blocked one
DART_BITS, AXIS_BITS = 6, 26  # a dart's number takes 4 of the 6, and the top bit but one is free: `ids_together`
_AXIS_HALF = 1 << (AXIS_BITS - 1)
_HALF_WORD = np.uint64(16)
_UPPER_24 = np.uint64(40)
_LOWER_24 = np.uint64(0xFFFFFF)
_LOWER_16 = np.uint64(0xFFFF)
_SURE = 1.0 + 1e-9  # margin on shortcuts, so that rounding never makes one decide what the exact test would not
_LANES = 4 * STAGE  # darts of a block that are thrown in a stage
_WIDE = 32  # blocks of a row that are tested together
_SLOTS = 32  # disks of half a radius have 28 times room in a block with what can reach into it; a multiple of 4
_ASIDE = 2  # blocks beside them, into which points are put that no dart asks for
_FAR = 1e150

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


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
    starts: I32


class Sheet(NamedTuple):
    """Darts: places, state, id, and the darts per square metre before them."""

    x: F64
    y: F64
    state: NDArray[np.uint8]
    ids: NDArray[np.int64]
    time: F64


class Lanes(NamedTuple):
    """Darts [darts of a block, blocks] of some blocks in a row, and the points near them in slots [slots, blocks]."""

    x: F64
    y: F64
    time: F64
    least: F64
    ids: NDArray[np.int64]
    near_x: F64
    near_y: F64
    taken: NDArray[np.int64]
    open: NDArray[np.bool_]


@njit(cache=True, nogil=True)
def _lanes() -> Lanes:
    darts, slots = (_LANES, _WIDE), (_SLOTS, _WIDE + 2 * _ASIDE)
    x, y, time, least = np.empty(darts), np.empty(darts), np.empty(darts), np.empty(darts)
    taken, open_ = np.zeros(slots[1], np.int64), np.zeros(slots[1], np.bool_)
    return Lanes(x, y, time, least, np.empty(darts, np.int64), np.full(slots, _FAR), np.full(slots, _FAR), taken, open_)


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
def _draw(grid: Grid, stream: int, darts: tuple[int, int], block_row: int, begin: int, lanes: Lanes) -> None:
    """Draw the darts of a stage in the blocks of a row from ``begin`` on."""
    x, y, time, least, ids = lanes.x, lanes.y, lanes.time, lanes.least, lanes.ids
    cell, first, number = CELL_0 / (1 << grid.octave), first_time(grid.octave), darts[1] - darts[0]
    for lane in range(4 * number):
        which, dart = lane // number, darts[0] + lane % number
        row, column = 2 * block_row + which // 2, 2 * begin + which % 2
        base = dart_id(grid, column, row, dart)
        i, j = grid.i0 + column, grid.j0 + row
        for b in range(_WIDE):
            ids[lane, b] = base + (b << DART_BITS + 1)
            word = draw_scalar(stream, ids[lane, b])
            x[lane, b] = (i + 2 * b + np.float64(np.int64(word >> _UPPER_24)) * 2.0**-24) * cell
            y[lane, b] = (j + np.float64(np.int64((word >> _HALF_WORD) & _LOWER_24)) * 2.0**-24) * cell
            when = np.float64(np.int64(word & _LOWER_16))
            time[lane, b] = first * (1.0 + (dart + when * 2.0**-16) * STEP)
            least[lane, b] = np.inf


@njit(cache=True, nogil=True)
def _gather(grid: Grid, known: Known, limit: float, block_row: int, begin: int, lanes: Lanes) -> int:
    """Put the points that stick, no further from a block than the root of ``limit``, into its slots; the most of one.

    Each point is offered to its own block's column and those beside it. Slots that are left over hold a place far away.
    """
    known_x, known_y, known_state, starts = known.x, known.y, known.state, known.starts
    near_x, near_y, taken, open_ = lanes.near_x, lanes.near_y, lanes.taken, lanes.open
    rows, columns = grid.rows // 2, grid.columns // 2
    size, per_metre = 2.0 * CELL_0 / (1 << grid.octave), 0.5 / CELL_0 * (1 << grid.octave)
    south, west = (grid.j0 // 2 + block_row) * size, (grid.i0 // 2 + begin - _ASIDE) * size
    for b in range(_WIDE + 2 * _ASIDE):
        taken[b], open_[b] = 0, False
    for slot in range(_SLOTS):
        for b in range(_WIDE + 2 * _ASIDE):
            near_x[slot, b] = _FAR
    for row in range(max(0, block_row - 1), min(rows, block_row + 2)):
        first = np.uint64(starts[row * columns + max(0, begin - 1)])
        last = np.uint64(starts[row * columns + min(columns, begin + _WIDE + 1)])
        for k in range(first, last):
            x, y = known_x[k], known_y[k]
            dy = max(south - y, y - south - size, 0.0)
            own = math.floor((x - west) * per_metre)
            from_west = x - west - own * size
            for side in range(3):
                b = np.uint64(own + side - 1)
                dx = (0.0 if side == 1 else from_west) if side < 2 else size - from_west
                # No branches: whether one is near is as good as chance. If it is not, the next takes its slot.
                near = (dx * dx + dy * dy < limit) & (known_state[k] == STUCK)
                slot = np.uint64(taken[b])
                near_x[slot, b], near_y[slot, b] = x, y
                taken[b] = slot + np.uint64(near)
                open_[b] |= known_state[k] == OPEN
    most = 0
    for b in range(_WIDE + 2 * _ASIDE):
        near_x[np.uint64(taken[b]), b] = _FAR
        most = max(most, taken[b])
    return most


@njit(cache=True, nogil=True)
def _test(lanes: Lanes, number: int, most: int) -> None:
    """The least squared distance of each dart to the points in its block's slots, times the dart's time."""
    x, y, time, least, near_x, near_y = lanes.x, lanes.y, lanes.time, lanes.least, lanes.near_x, lanes.near_y
    for lane in range(number):
        for slot in range(0, most, 4):  # four at once: what is loaded is used, and the loop is worth its start
            for b in range(_WIDE):
                here_x, here_y, a = x[lane, b], y[lane, b], b + _ASIDE
                dx, dy = near_x[slot, a] - here_x, near_y[slot, a] - here_y
                p = dx * dx + dy * dy
                dx, dy = near_x[slot + 1, a] - here_x, near_y[slot + 1, a] - here_y
                q = dx * dx + dy * dy
                dx, dy = near_x[slot + 2, a] - here_x, near_y[slot + 2, a] - here_y
                r = dx * dx + dy * dy
                dx, dy = near_x[slot + 3, a] - here_x, near_y[slot + 3, a] - here_y
                s = dx * dx + dy * dy
                least[lane, b] = min(least[lane, b], min(min(p, q), min(r, s)))  # noqa: PLW3301 - in pairs
        for b in range(_WIDE):
            least[lane, b] *= time[lane, b]


@njit(cache=True, nogil=True)
def _near_open(grid: Grid, known: Known, block_row: int, column: int, x: float, y: float, time: float) -> bool:
    """Whether a dart in a block has an open point within its radius."""
    rows, columns = grid.rows // 2, grid.columns // 2
    for row in range(max(0, block_row - 1), min(rows, block_row + 2)):
        begin = known.starts[row * columns + max(0, column - 1)]
        for k in range(begin, known.starts[row * columns + min(columns, column + 2)]):
            dx, dy = known.x[k] - x, known.y[k] - y
            if known.state[k] == OPEN and (dx * dx + dy * dy) * time < C_SQUARED:
                return True
    return False


@njit(cache=True, nogil=True)
def throw(grid: Grid, known: Known, stream: int, darts: tuple[int, int], fallen: Sheet, count: int, begins: I32) -> int:
    """Throw the darts of a stage into every cell; those that no known point blocks follow the ``count`` of ``fallen``.

    How many those are then. What there is no room for is only counted. ``begins`` int32 [blocks + 1] gets where those
    of a block are.
    """
    fallen_x, fallen_y, fallen_state = fallen.x, fallen.y, fallen.state
    fallen_ids, fallen_time, room = fallen.ids, fallen.time, fallen.x.size
    rows, columns, number = grid.rows // 2, grid.columns // 2, 4 * (darts[1] - darts[0])
    # Squared: what is further from a block blocks none of its darts.
    limit = C_SQUARED * _SURE / (first_time(grid.octave) * (1.0 + darts[0] * STEP))
    lanes = _lanes()
    x, y, time, least, ids, open_ = lanes.x, lanes.y, lanes.time, lanes.least, lanes.ids, lanes.open
    chosen = np.empty(_LANES + 1, np.int64)
    for block_row in range(rows):
        for begin in range(0, columns, _WIDE):
            _draw(grid, stream, darts, block_row, begin, lanes)
            _test(lanes, number, _gather(grid, known, limit, block_row, begin, lanes))
            for b in range(min(_WIDE, columns - begin)):
                begins[block_row * columns + begin + b] = min(count, room)
                free = 0
                for lane in range(number):
                    chosen[free] = lane
                    free += least[lane, b] >= C_SQUARED
                for n in range(min(free, room - count)):
                    lane, to = chosen[n], count + n
                    fallen_x[to], fallen_y[to], fallen_time[to] = x[lane, b], y[lane, b], time[lane, b]
                    fallen_ids[to], fallen_state[to] = ids[lane, b], FREE
                    if open_[b + _ASIDE] and _near_open(
                        grid, known, block_row, begin + b, x[lane, b], y[lane, b], time[lane, b]
                    ):
                        fallen_state[to] = NEAR_OPEN
                count += free
    begins[rows * columns] = min(count, room)
    return count
