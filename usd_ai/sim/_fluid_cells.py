"""The fluid's work per cell on a CPU, in compiled loops: every field of a cell is fetched at once.

Cells are packed as float32 [x + 2, y + 2, z + 2, 8] (velocity x, y, z, temperature, fuel, density, and two that are
empty, so that a cell is one cache line's half) inside a ring that holds what comes in from outside. Loops run over
slabs of x and write only their own cells, so results do not depend on the number of threads.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from usd_ai.sim import threads

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

LANES = 8
TILE = 8
"""Cells along an edge of a tile, the unit in which empty air is left out."""
_SLABS = 16

_VELOCITY, _TEMPERATURE, _FUEL, _DENSITY = 0, 3, 4, 5


def in_slabs(number: int, cells: int, work: Callable[[int, int], None]) -> None:
    """``work(first, last)`` for slabs that cover ``cells``, on so many threads; the slabs do not depend on these."""
    edges = [round(cells * edge / _SLABS) for edge in range(_SLABS + 1)]
    spans = [(first, last) for first, last in itertools.pairwise(edges) if last > first]
    with threads.limited(number):
        threads.each(lambda span: work(*span), spans)


def tiles_of(occupied: NDArray[np.bool_], reach: int) -> U8:
    """Which tiles hold something or could within ``reach`` cells, uint8 [tiles along x, y, z]."""
    counts = [-(-size // TILE) for size in occupied.shape]
    padded = np.zeros([count * TILE for count in counts], np.uint8)
    padded[tuple(slice(0, size) for size in occupied.shape)] = occupied
    found: U8 = padded.reshape(counts[0], TILE, counts[1], TILE, counts[2], TILE).max(axis=(1, 3, 5))
    for _ in range(-(-reach // TILE)):
        for axis in range(3):
            ends = [(1, 1) if a == axis else (0, 0) for a in range(3)]
            wide, last = np.pad(found, ends), found.shape[axis]
            shifted = [np.take(wide, range(first, first + last), axis) for first in range(3)]
            found = np.maximum(np.maximum(shifted[0], shifted[1]), shifted[2])
    return found


@numba.njit(cache=True, nogil=True)
def pack(cells: F32, velocity: F32, temperature: F32, fuel: F32, density: F32, first: int, last: int) -> None:
    """Fill the inner cells of a packed array from fields."""
    _, size_x, size_y, size_z = velocity.shape
    for i in range(first, min(last, size_x)):
        for j in range(size_y):
            for k in range(size_z):
                for axis in range(3):
                    cells[i + 1, j + 1, k + 1, axis] = velocity[axis, i, j, k]
                cells[i + 1, j + 1, k + 1, 3] = temperature[i, j, k]
                cells[i + 1, j + 1, k + 1, 4] = fuel[i, j, k]
                cells[i + 1, j + 1, k + 1, 5] = density[i, j, k]


@numba.njit(cache=True, nogil=True)
def unpack(cells: F32, velocity: F32, temperature: F32, fuel: F32, density: F32, first: int, last: int) -> None:
    """The reverse of `pack`."""
    _, size_x, size_y, size_z = velocity.shape
    for i in range(first, min(last, size_x)):
        for j in range(size_y):
            for k in range(size_z):
                for axis in range(3):
                    velocity[axis, i, j, k] = cells[i + 1, j + 1, k + 1, axis]
                temperature[i, j, k] = cells[i + 1, j + 1, k + 1, 3]
                fuel[i, j, k] = cells[i + 1, j + 1, k + 1, 4]
                density[i, j, k] = cells[i + 1, j + 1, k + 1, 5]


@numba.njit(cache=True, nogil=True, inline="always")
def _corner(at: Any, low: int, high: int) -> tuple[int, Any]:  # noqa: ANN401 - numbers whose type numba infers
    """The lower neighbour of a place and the share (float32) of the upper one, within cells ``low`` to ``high``."""
    at = min(max(at, float(low)), float(high))
    lower = min(int(at), high - 1)
    return lower, np.float32(at - lower)


@numba.njit(cache=True, nogil=True)
def _sample(flat: F32, stride_x: int, stride_y: int, base: int, a: float, b: float, c: float, out: F32) -> None:
    """All lanes at a place: ``base`` is its lower corner, ``a``, ``b``, ``c`` the shares of the upper ones."""
    one = np.float32(1.0)
    w000, w001 = (one - a) * (one - b) * (one - c), (one - a) * (one - b) * c
    w010, w011 = (one - a) * b * (one - c), (one - a) * b * c
    w100, w101 = a * (one - b) * (one - c), a * (one - b) * c
    w110, w111 = a * b * (one - c), a * b * c
    p00 = flat[base : base + 16]
    p01 = flat[base + stride_y : base + stride_y + 16]
    p10 = flat[base + stride_x : base + stride_x + 16]
    p11 = flat[base + stride_x + stride_y : base + stride_x + stride_y + 16]
    for lane in range(8):
        out[lane] = (
            w000 * p00[lane] + w001 * p00[lane + 8] + w010 * p01[lane] + w011 * p01[lane + 8]
            + w100 * p10[lane] + w101 * p10[lane + 8] + w110 * p11[lane] + w111 * p11[lane + 8]
        )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def forward(
    cells: F32, out: F32, shift: F32, step: float, ring: int, floor: int, second: int, tiles: U8, first: int, last: int
) -> None:
    """Each cell's fields from where they were; ``shift`` [x, y, z, 3] keeps how far that is, in cells.

    ``ring`` 1: what is outside is in the ring, 0: the outermost cells go on (walls). ``floor``: as ring, below.
    ``second`` 1: traces through the velocity half way, 0: straight back. Cells of tiles at rest stay as they are.
    """
    padded_x, padded_y, padded_z, _ = cells.shape
    flat = cells.reshape(-1)
    stride_y = padded_z * 8
    stride_x = padded_y * stride_y
    low, low_z = 1 - ring, 1 - floor
    high_x, high_y, high_z = padded_x - 2 + ring, padded_y - 2 + ring, padded_z - 2 + ring
    found = np.zeros(8, np.float32)
    for i in range(first + 1, min(last, padded_x - 2) + 1):
        for j in range(1, padded_y - 1):
            for k in range(1, padded_z - 1):
                own = i * stride_x + j * stride_y + k * 8
                if tiles[(i - 1) // 8, (j - 1) // 8, (k - 1) // 8] == 0:
                    shift[i - 1, j - 1, k - 1, :] = 0.0
                    for lane in range(8):
                        out[i, j, k, lane] = flat[own + lane]
                    continue
                u, v, w = flat[own] * step, flat[own + 1] * step, flat[own + 2] * step
                if second:
                    x, a = _corner(i - 0.5 * u, low, high_x)
                    y, b = _corner(j - 0.5 * v, low, high_y)
                    z, c = _corner(k - 0.5 * w, low_z, high_z)
                    _sample(flat, stride_x, stride_y, x * stride_x + y * stride_y + z * 8, a, b, c, found)
                    u, v, w = found[0] * step, found[1] * step, found[2] * step
                x, a = _corner(i - u, low, high_x)
                y, b = _corner(j - v, low, high_y)
                z, c = _corner(k - w, low_z, high_z)
                _sample(flat, stride_x, stride_y, x * stride_x + y * stride_y + z * 8, a, b, c, found)
                for lane in range(8):
                    out[i, j, k, lane] = found[lane]
                shift[i - 1, j - 1, k - 1, 0] = u
                shift[i - 1, j - 1, k - 1, 1] = v
                shift[i - 1, j - 1, k - 1, 2] = w


@numba.njit(cache=True, nogil=True)
def corrected(
    cells: F32, carried: F32, out: F32, shift: F32, ring: int, floor: int, tiles: U8, first: int, last: int
) -> None:
    """MacCormack's second half: half of what a trip there and back loses is given back, within the eight old values."""
    padded_x, padded_y, padded_z, _ = cells.shape
    before, after = cells.reshape(-1), carried.reshape(-1)
    stride_y = padded_z * 8
    stride_x = padded_y * stride_y
    low, low_z = 1 - ring, 1 - floor
    high_x, high_y, high_z = padded_x - 2 + ring, padded_y - 2 + ring, padded_z - 2 + ring
    returned = np.zeros(8, np.float32)
    for i in range(first + 1, min(last, padded_x - 2) + 1):
        for j in range(1, padded_y - 1):
            for k in range(1, padded_z - 1):
                own = i * stride_x + j * stride_y + k * 8
                if tiles[(i - 1) // 8, (j - 1) // 8, (k - 1) // 8] == 0:
                    for lane in range(8):
                        out[i, j, k, lane] = after[own + lane]
                    continue
                u, v, w = shift[i - 1, j - 1, k - 1, 0], shift[i - 1, j - 1, k - 1, 1], shift[i - 1, j - 1, k - 1, 2]
                x, a = _corner(i + u, low, high_x)
                y, b = _corner(j + v, low, high_y)
                z, c = _corner(k + w, low_z, high_z)
                _sample(after, stride_x, stride_y, x * stride_x + y * stride_y + z * 8, a, b, c, returned)
                x, _ = _corner(i - u, low, high_x)
                y, _ = _corner(j - v, low, high_y)
                z, _ = _corner(k - w, low_z, high_z)
                base = x * stride_x + y * stride_y + z * 8
                p00 = before[base : base + 16]
                p01 = before[base + stride_y : base + stride_y + 16]
                p10 = before[base + stride_x : base + stride_x + 16]
                p11 = before[base + stride_x + stride_y : base + stride_x + stride_y + 16]
                for lane in range(8):
                    least = min(
                        p00[lane], p00[lane + 8], p01[lane], p01[lane + 8],
                        p10[lane], p10[lane + 8], p11[lane], p11[lane + 8],
                    )  # fmt: skip
                    most = max(
                        p00[lane], p00[lane + 8], p01[lane], p01[lane + 8],
                        p10[lane], p10[lane + 8], p11[lane], p11[lane + 8],
                    )  # fmt: skip
                    value = after[own + lane] + np.float32(0.5) * (before[own + lane] - returned[lane])
                    out[i, j, k, lane] = min(max(value, least), most)


@numba.njit(cache=True, nogil=True)
def diverging(velocity: F32, out: F32, half: float, closed: int, first: int, last: int) -> None:
    """Divergence of velocities on faces (`fluid.faces`) times the voxel: [3, x, y, z] → [x, y, z]; ``half`` is 0.5."""
    _, size_x, size_y, size_z = velocity.shape
    u, v, w = velocity[0], velocity[1], velocity[2]
    for i in range(first, min(last, size_x)):
        for j in range(size_y):
            for k in range(size_z):
                east = half * (u[i, j, k] + u[i + 1, j, k]) if i < size_x - 1 else (1 - closed) * u[i, j, k]
                west = half * (u[i - 1, j, k] + u[i, j, k]) if i > 0 else (1 - closed) * u[i, j, k]
                north = half * (v[i, j, k] + v[i, j + 1, k]) if j < size_y - 1 else (1 - closed) * v[i, j, k]
                south = half * (v[i, j - 1, k] + v[i, j, k]) if j > 0 else (1 - closed) * v[i, j, k]
                above = half * (w[i, j, k] + w[i, j, k + 1]) if k < size_z - 1 else (1 - closed) * w[i, j, k]
                below = half * (w[i, j, k - 1] + w[i, j, k]) if k > 0 else 0.0
                out[i, j, k] = np.float32(east - west + north - south + above - below)


@numba.njit(cache=True, nogil=True, inline="always")
def _pushed(
    field: F32, pressure: F32, before: tuple[int, int, int], at: tuple[int, int, int], after: tuple[int, int, int],
    outer: int, wall_low: float, wall_high: float, scale: float, coupling: float
) -> float:  # fmt: skip
    """A velocity after the mean of the pressure forces on its two faces, a little smoothed. ``outer``: -1, 0 or 1."""
    own, here = field[at], pressure[at]
    slope_low = here - pressure[before] if outer != -1 else wall_low * here
    slope_high = pressure[after] - here if outer != 1 else -wall_high * here
    low = 0.5 * (field[before] + own) if outer != -1 else wall_low * own
    high = 0.5 * (own + field[after]) if outer != 1 else wall_high * own
    return own - 0.5 * scale * (slope_low + slope_high) + coupling * (0.5 * (low + high) - own)


@numba.njit(cache=True, nogil=True)
def push(
    velocity: F32, pressure: F32, out: F32, scale: float, closed: int, coupling: float, first: int, last: int
) -> None:
    """`fluid.project`'s last part: velocities [3, x, y, z] after the pressure, ``scale`` 1 over the voxel."""
    _, size_x, size_y, size_z = velocity.shape
    open_side = 1.0 - closed
    for i in range(first, min(last, size_x)):
        side_x = -1 if i == 0 else (1 if i == size_x - 1 else 0)
        for j in range(size_y):
            side_y = -1 if j == 0 else (1 if j == size_y - 1 else 0)
            for k in range(size_z):
                side_z = -1 if k == 0 else (1 if k == size_z - 1 else 0)
                at = (i, j, k)
                out[0, i, j, k] = _pushed(
                    velocity[0], pressure, (max(i - 1, 0), j, k), at, (min(i + 1, size_x - 1), j, k),
                    side_x, open_side, open_side, scale, coupling,
                )  # fmt: skip
                out[1, i, j, k] = _pushed(
                    velocity[1], pressure, (i, max(j - 1, 0), k), at, (i, min(j + 1, size_y - 1), k),
                    side_y, open_side, open_side, scale, coupling,
                )  # fmt: skip
                out[2, i, j, k] = _pushed(
                    velocity[2], pressure, (i, j, max(k - 1, 0)), at, (i, j, min(k + 1, size_z - 1)),
                    side_z, 0.0, open_side, scale, coupling,
                )  # fmt: skip
