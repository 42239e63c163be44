"""Least travel time over a plane on which every place has its own ellipse of speeds.

A fire that starts at a point of level, even fuel grows as an ellipse with the point at its rear focus. The time to a
displacement v is then ``a |v| - b · v``, a norm that differs from the isotropic one by a linear term alone. So the
exact update across a triangle of neighbours is that of the eikonal equation, applied to times from which the linear
term has been taken off. Times are the fixed point of these updates (Bornemann and Rasch, "Finite-element
discretization of static Hamilton-Jacobi equations based on a local variational principle", Computing and
Visualization in Science 9, 2006, equations 4 and 6, with its adaptive Gauss-Seidel iteration). Where
ellipses are so slim and so unlike that the queue would take cells over and over, plain sweeps finish the work.

Links carry a fire through the air: once their first cell burns, a place burns a fixed time later, as if it had been
lit there. They take part in the same iteration, so that times are one fixed point of ground and air together.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Words = NDArray[np.int64]

_EXACT = 4  # cells around a source that get the closed form; a grid is too coarse for a point's first steps
_PATIENCE = 6  # times that a cell may be taken from the queue on average before sweeping begins
_TOLERANCE = 1e-9  # of a cell's own crossing time: smaller gains are not passed on


class _Plane(NamedTuple):
    """What moves: lags and pulls of the cells, their size, and the pull that orders the queue."""

    slow: Floats
    pull_x: Floats
    pull_y: Floats
    cell: float
    tilt_x: float
    tilt_y: float


class Links(NamedTuple):
    """Ways through the air: those of cell ``k`` (row · columns + column) are ``begin[k]`` up to ``begin[k + 1]``.

    ``places`` [n, 2]: where each lands, in fractional rows and columns. ``lags`` [n]: seconds after its cell burns.
    """

    begin: Words
    places: Floats
    lags: Floats


class _Queue(NamedTuple):
    """A heap of four branches: ``keys`` and the ``cells`` they belong to, where each cell is, and how many."""

    keys: Floats
    cells: Words
    place: Words
    size: Words


@njit(cache=True)
def _swap(queue: _Queue, a: int, b: int) -> None:
    queue.keys[a], queue.keys[b] = queue.keys[b], queue.keys[a]
    queue.cells[a], queue.cells[b] = queue.cells[b], queue.cells[a]
    queue.place[queue.cells[a]], queue.place[queue.cells[b]] = a, b


@njit(cache=True)
def _push(queue: _Queue, which: int, key: float) -> None:
    """Put a cell into the queue, or move it forward in it."""
    at = queue.place[which]
    if at < 0:
        at = queue.size[0]
        queue.place[which], queue.cells[at] = at, which
        queue.size[0] += 1
    queue.keys[at] = key
    while at > 0:
        above = (at - 1) >> 2
        if queue.keys[above] <= queue.keys[at]:
            return
        _swap(queue, at, above)
        at = above


@njit(cache=True)
def _pop(queue: _Queue) -> int:
    """Take the cell with the least key out of the queue."""
    which = queue.cells[0]
    queue.size[0] -= 1
    size = queue.size[0]
    if size > 0:
        _swap(queue, 0, size)
    queue.place[which] = -1
    at = 0
    while True:
        least = at
        for child in range(4 * at + 1, min(4 * at + 5, size)):
            if queue.keys[child] < queue.keys[least]:
                least = child
        if least == at:
            return int(which)
        _swap(queue, at, least)
        at = least


@njit(cache=True)
def _across(straight: float, diagonal: float, step: float) -> float:
    """Time at a corner from a straight neighbour and a diagonal one beside it, for unit speed; inf-safe."""
    gain = straight - diagonal
    if gain <= 0.0:
        return straight + step
    if gain >= step * 0.7071067811865476:
        return diagonal + step * 1.4142135623730951
    return straight + math.sqrt(step * step - gain * gain)


@njit(cache=True)
def _reach(time: Floats, plane: _Plane, row: int, column: int, from_row: int, from_column: int) -> float:
    """Time at a cell through one neighbour, alone and together with the two neighbours beside that one."""
    cell, pull_x, pull_y = plane.cell, plane.pull_x[row, column], plane.pull_y[row, column]
    rows, columns = time.shape
    dr, dc = from_row - row, from_column - column
    step = plane.slow[row, column] * cell
    best = math.inf
    # Taking the linear term off: a neighbour at offset (dc, dr) looks earlier or later by the pull along it.
    here = time[from_row, from_column] + (pull_x * dc + pull_y * dr) * cell
    for side in (-1, 1):
        if dr == 0 or dc == 0:
            other_r, other_c = (side, dc) if dr == 0 else (dr, side)
        else:
            other_r, other_c = (dr, 0) if side < 0 else (0, dc)
        r, c = row + other_r, column + other_c
        other = math.inf
        if 0 <= r < rows and 0 <= c < columns:
            other = time[r, c] + (pull_x * other_c + pull_y * other_r) * cell
        if dr == 0 or dc == 0:
            value = here + step if other == math.inf else _across(here, other, step)
        else:
            value = here + step * 1.4142135623730951 if other == math.inf else _across(other, here, step)
        best = min(best, value)
    return best


@njit(cache=True)
def _common_pull(slow: Floats, pull_x: Floats, pull_y: Floats) -> tuple[float, float]:
    """The mean pull. Queued by time plus this pull, cells of even ground are final when taken, as in Dijkstra's way."""
    total_x, total_y, count = 0.0, 0.0, 0
    for row in range(slow.shape[0]):
        for column in range(slow.shape[1]):
            if slow[row, column] != math.inf:
                total_x += pull_x[row, column]
                total_y += pull_y[row, column]
                count += 1
    return (total_x / count, total_y / count) if count > 0 else (0.0, 0.0)


@njit(cache=True)
def _sweep(time: Floats, plane: _Plane, number: int) -> bool:
    """Update every cell from all its neighbours, from another corner at each number; whether any gained."""
    rows, columns = time.shape
    gained = False
    for m in range(rows):
        row = m if number % 2 == 0 else rows - 1 - m
        for n in range(columns):
            column = n if (number // 2) % 2 == 0 else columns - 1 - n
            if plane.slow[row, column] == math.inf:
                continue
            best = time[row, column] - _TOLERANCE * plane.slow[row, column] * plane.cell
            for r in range(max(0, row - 1), min(rows, row + 2)):
                for c in range(max(0, column - 1), min(columns, column + 2)):
                    if (r != row or c != column) and time[r, c] < math.inf:
                        value = _reach(time, plane, row, column, r, c)
                        if value < best:
                            best = value
                            time[row, column] = value
                            gained = True
    return gained


@njit(cache=True)
def _key(plane: _Plane, value: float, row: int, column: int) -> float:
    return value + (plane.tilt_x * column + plane.tilt_y * row) * plane.cell


@njit(cache=True)
def _light(time: Floats, plane: _Plane, queue: _Queue, across: float, up: float, start: float) -> None:
    """Set the cells around a source, at fractional cell indices, to the closed form of their own ellipse."""
    rows, columns = time.shape
    middle_row, middle_column = math.floor(up + 0.5), math.floor(across + 0.5)
    for row in range(max(0, middle_row - _EXACT), min(rows, middle_row + _EXACT + 1)):
        for column in range(max(0, middle_column - _EXACT), min(columns, middle_column + _EXACT + 1)):
            lag = plane.slow[row, column]
            if lag == math.inf:
                continue
            dx, dy = (column - across) * plane.cell, (row - up) * plane.cell
            value = start + lag * math.sqrt(dx * dx + dy * dy)
            value -= plane.pull_x[row, column] * dx + plane.pull_y[row, column] * dy
            if value < time[row, column]:
                time[row, column] = value
                _push(queue, row * columns + column, _key(plane, value, row, column))


@njit(cache=True)
def _pass_on(time: Floats, plane: _Plane, queue: _Queue, which: int) -> None:
    """Offer a cell's time to its neighbours; those that gain by it are queued."""
    rows, columns = time.shape
    from_row, from_column = which // columns, which % columns
    for row in range(max(0, from_row - 1), min(rows, from_row + 2)):
        for column in range(max(0, from_column - 1), min(columns, from_column + 2)):
            lag = plane.slow[row, column]
            # Through this neighbour no time is earlier than its own, as the pull shows it, and 0.7 of a straight step.
            here = plane.pull_x[row, column] * (from_column - column) + plane.pull_y[row, column] * (from_row - row)
            soonest = time[from_row, from_column] + (here + 0.7 * lag) * plane.cell
            if lag == math.inf or time[row, column] <= soonest:
                continue
            value = _reach(time, plane, row, column, from_row, from_column)
            if value < time[row, column] - _TOLERANCE * lag * plane.cell:
                time[row, column] = value
                _push(queue, row * columns + column, _key(plane, value, row, column))


@njit(cache=True)
def _cast(time: Floats, plane: _Plane, queue: _Queue, links: Links, which: int) -> None:
    """Light the places to which a burning cell is linked."""
    start = time[which // time.shape[1], which % time.shape[1]]
    for n in range(links.begin[which], links.begin[which + 1]):
        _light(time, plane, queue, links.places[n, 1], links.places[n, 0], start + links.lags[n])


@njit(cache=True)
def _settle(time: Floats, plane: _Plane, queue: _Queue, links: Links) -> None:
    """Sweep until neither ground nor air gains; the queue is emptied, as whatever it holds is swept over."""
    sweeps, linked = 0, links.begin[-1] > 0
    while queue.size[0] > 0:
        while queue.size[0] > 0:
            _pop(queue)
        while _sweep(time, plane, sweeps):
            sweeps += 1
        if linked:
            for which in range(time.size):
                if time[which // time.shape[1], which % time.shape[1]] < math.inf:
                    _cast(time, plane, queue, links, which)


@njit(cache=True)
def travel_time(
    slow: Floats, pull_x: Floats, pull_y: Floats, cell: float, sources: Floats, low_x: float, low_y: float, links: Links
) -> Floats:
    """Least times float64 [rows, columns] at cell centres, infinite where nothing leads.

    ``slow`` [rows, columns]: seconds a metre across the pull; infinite where nothing moves. ``pull_x``, ``pull_y``:
    seconds a metre gained along x and y; shorter than ``slow``. ``sources`` [n, 3]: x, y and the time there.
    """
    rows, columns = slow.shape
    tilt_x, tilt_y = _common_pull(slow, pull_x, pull_y)
    plane = _Plane(slow, pull_x, pull_y, cell, tilt_x, tilt_y)
    count = rows * columns
    queue = _Queue(np.empty(count), np.empty(count, np.int64), np.full(count, -1, np.int64), np.zeros(1, np.int64))
    time = np.full((rows, columns), math.inf)
    for n in range(sources.shape[0]):
        across, up = (sources[n, 0] - low_x) / cell - 0.5, (sources[n, 1] - low_y) / cell - 0.5
        _light(time, plane, queue, across, up, sources[n, 2])
    patience = _PATIENCE * count
    linked = links.begin[-1] > 0
    while queue.size[0] > 0 and patience > 0:
        patience -= 1
        which = _pop(queue)
        _pass_on(time, plane, queue, which)
        if linked:
            _cast(time, plane, queue, links, which)
    if queue.size[0] > 0:
        _settle(time, plane, queue, links)
    return time


def no_links(cells: int) -> Links:
    """Links of a fire that only runs over the ground."""
    return Links(np.zeros(cells + 1, np.int64), np.zeros((0, 2)), np.zeros(0))


@njit(cache=True)
def _came_from(time: Floats, plane: _Plane, row: int, column: int) -> tuple[float, int, int]:
    """The time that a cell gets through its best earlier neighbour, and that neighbour; infinite and itself if none."""
    rows, columns = time.shape
    best, best_row, best_column = math.inf, row, column
    for r in range(max(0, row - 1), min(rows, row + 2)):
        for c in range(max(0, column - 1), min(columns, column + 2)):
            if (r != row or c != column) and time[r, c] < time[row, column]:
                value = _reach(time, plane, row, column, r, c)
                if value < best:
                    best, best_row, best_column = value, r, c
    return best, best_row, best_column


@njit(cache=True)
def way_back(
    time: Floats, slow: Floats, pull_x: Floats, pull_y: Floats, cell: float, links: Links, start: int
) -> Words:
    """The cells through which the fire came to cell ``start``, from it back to where it was lit: int64 [n].

    Where a link explains a cell better than its neighbours do, the way goes on at the cell that the link starts from.
    """
    rows, columns = time.shape
    plane = _Plane(slow, pull_x, pull_y, cell, 0.0, 0.0)
    way = np.empty(rows * columns, np.int64)
    count, row, column = 0, start // columns, start % columns
    while count < way.size:
        way[count] = row * columns + column
        count += 1
        value, next_row, next_column = _came_from(time, plane, row, column)
        late = value - time[row, column]
        if late > 1e-3 * plane.slow[row, column] * cell + 1e-6 * abs(time[row, column]):  # more than float32 rounds off
            jump = _jumped(time, plane, links, row, column) if links.begin[-1] > 0 else -1
            if jump < 0:
                break  # lit from outside
            next_row, next_column = jump // columns, jump % columns
        if next_row == row and next_column == column:
            break
        row, column = next_row, next_column
    return way[:count]


@njit(cache=True)
def _jumped(time: Floats, plane: _Plane, links: Links, row: int, column: int) -> int:
    """The cell whose link lit the surroundings of a cell at its own time, or -1."""
    columns = time.shape[1]
    for which in range(time.size):
        for n in range(links.begin[which], links.begin[which + 1]):
            up, across = links.places[n, 0], links.places[n, 1]
            if abs(up - row) > _EXACT or abs(across - column) > _EXACT:
                continue
            dx, dy = (column - across) * plane.cell, (row - up) * plane.cell
            value = time[which // columns, which % columns] + links.lags[n]
            value += plane.slow[row, column] * math.sqrt(dx * dx + dy * dy)
            value -= plane.pull_x[row, column] * dx + plane.pull_y[row, column] * dy
            if abs(value - time[row, column]) < 1e-6 * max(1.0, abs(value)):
                return which
    return -1
