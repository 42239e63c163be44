"""Hills: ridged noise for where the land rises, and rivers that carve it."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from usd_ai.sim.hashing import draw_scalar, salt, signed64, stream_scalar, to_unit_scalar

Floats = NDArray[np.float64]
Words = NDArray[np.int64]

_LATTICE = salt("relief.lattice")
_DIAGONAL = math.sqrt(2.0)


@njit(cache=True)
def _slope_at(stream: int, i: int, j: int, x: float, y: float) -> float:
    word = draw_scalar(stream, int(np.int64(i) << 32 ^ (np.int64(j) & 0xFFFFFFFF)))
    along, across = to_unit_scalar(word) * 2.0 - 1.0, to_unit_scalar(word * np.uint64(0x9E3779B97F4A7C15)) * 2.0 - 1.0
    return along * x + across * y


@njit(cache=True)
def gradient_noise(stream: int, x: float, y: float) -> float:
    """Gradient noise at a place, about -1 to 1, zero at whole numbers; period of detail 1.

    Perlin, "Improving Noise", SIGGRAPH 2002 (the quintic fade), with gradients from the counter-based hash.
    """
    i, j = math.floor(x), math.floor(y)
    u, v = x - i, y - j
    fade_u = u * u * u * (u * (u * 6.0 - 15.0) + 10.0)
    fade_v = v * v * v * (v * (v * 6.0 - 15.0) + 10.0)
    south = _slope_at(stream, i, j, u, v) * (1.0 - fade_u) + _slope_at(stream, i + 1, j, u - 1.0, v) * fade_u
    north = _slope_at(stream, i, j + 1, u, v - 1.0) * (1.0 - fade_u)
    north += _slope_at(stream, i + 1, j + 1, u - 1.0, v - 1.0) * fade_u
    return 1.5 * (south * (1.0 - fade_v) + north * fade_v)


@njit(cache=True)
def _fill_ridged(stream: int, xy: Floats, octaves: int, out: Floats) -> None:
    for n in range(xy.shape[0]):
        x, y = xy[n, 0], xy[n, 1]
        bend_x = gradient_noise(stream ^ 1, x * 0.7, y * 0.7)
        bend_y = gradient_noise(stream ^ 2, x * 0.7, y * 0.7)
        x, y = x + 0.45 * bend_x, y + 0.45 * bend_y
        total, weight, amplitude, most = 0.0, 1.0, 1.0, 0.0
        for octave in range(octaves):
            signal = 1.0 - abs(gradient_noise(stream + 16 + octave, x, y))
            signal *= signal * weight
            total += signal * amplitude
            most += amplitude
            weight = min(1.0, max(0.0, signal * 2.0))
            amplitude *= 0.5
            x, y = x * 2.03 + 17.31, y * 2.03 - 9.17
        out[n] = total / most


def ridged(seed: int, xy: Floats, size: float, octaves: int = 5) -> Floats:
    """Ridged multifractal noise, float64 [n] from 0 to 1, at places [n, 2]; ``size`` metres from ridge to ridge.

    Musgrave in Ebert et al., "Texturing and Modeling", 3rd ed. 2003, chapter 16, "RidgedMultifractal" (H = 1,
    offset = 1, gain = 2), its domain bent by noise so that ridges do not follow the lattice.
    """
    out = np.empty(xy.shape[0])
    stream = int(np.uint64(stream_scalar(signed64(seed), _LATTICE)).view(np.int64)) >> 1
    _fill_ridged(stream, np.ascontiguousarray(xy / size), octaves, out)
    return out


def rolling(seed: int, xy: Floats, size: float) -> Floats:
    """Smooth noise, float64 [n] about -1 to 1, at places [n, 2]; ``size`` metres from rise to rise."""
    out = np.empty(xy.shape[0])
    stream = int(np.uint64(stream_scalar(signed64(seed), _LATTICE)).view(np.int64)) >> 1
    _fill_rolling(stream, np.ascontiguousarray(xy / size), out)
    return out


@njit(cache=True)
def _fill_rolling(stream: int, xy: Floats, out: Floats) -> None:
    for n in range(xy.shape[0]):
        out[n] = gradient_noise(stream ^ 3, xy[n, 0], xy[n, 1]) * 0.75
        out[n] += gradient_noise(stream ^ 4, xy[n, 0] * 2.1 + 5.3, xy[n, 1] * 2.1) * 0.25


@njit(cache=True)
def _receivers(height: Floats, held: NDArray[np.bool_], receiver: Words, length: Floats) -> None:
    rows, columns = height.shape
    for row in range(rows):
        for column in range(columns):
            here = row * columns + column
            receiver[here], length[here] = here, 1.0
            if held[row, column]:
                continue
            steepest = 0.0
            for dr in range(-1, 2):
                for dc in range(-1, 2):
                    r, c = row + dr, column + dc
                    if (dr == 0 and dc == 0) or r < 0 or c < 0 or r >= rows or c >= columns:
                        continue
                    span = _DIAGONAL if dr != 0 and dc != 0 else 1.0
                    fall = (height[row, column] - height[r, c]) / span
                    if fall > steepest:
                        steepest = fall
                        receiver[here], length[here] = r * columns + c, span


@njit(cache=True)
def _downstream_first(receiver: Words) -> Words:
    """Cells ordered so that each comes after the one it drains to (Braun and Willett 2013, section 2.2)."""
    count = receiver.size
    donors = np.zeros(count + 1, np.int64)
    for cell in range(count):
        donors[receiver[cell] + 1] += 1
    starts = np.cumsum(donors)
    place, listed = starts[:-1].copy(), np.empty(count, np.int64)
    for cell in range(count):
        listed[place[receiver[cell]]] = cell
        place[receiver[cell]] += 1
    order, n = np.empty(count, np.int64), 0
    for cell in range(count):
        if receiver[cell] == cell:
            order[n] = cell
            n += 1
    done = 0
    while done < n:
        cell = order[done]
        done += 1
        for k in range(starts[cell], starts[cell + 1]):
            if listed[k] != cell:
                order[n] = listed[k]
                n += 1
    return order


@njit(cache=True)
def _carve(
    height: Floats, uplift: Floats, held: NDArray[np.bool_], cell: float, steps: int, carving: float, creep: float
) -> None:
    rows, columns = height.shape
    count = rows * columns
    receiver, length = np.empty(count, np.int64), np.empty(count)
    flat, lift = height.reshape(count), uplift.reshape(count)
    for _ in range(steps):
        _receivers(height, held, receiver, length)
        order = _downstream_first(receiver)
        area = np.full(count, cell * cell)
        for n in range(count - 1, -1, -1):
            here = order[n]
            if receiver[here] != here:
                area[receiver[here]] += area[here]
        for here in order:
            to = receiver[here]
            if to != here:
                factor = carving * math.sqrt(area[here]) / (length[here] * cell)
                flat[here] = (flat[here] + lift[here] + factor * flat[to]) / (1.0 + factor)
            elif not held[here // columns, here % columns]:
                flat[here] += lift[here]  # a pit fills until it spills
        before = height.copy()
        for row in range(1, rows - 1):
            for column in range(1, columns - 1):
                if not held[row, column]:
                    around = before[row - 1, column] + before[row + 1, column]
                    around += before[row, column - 1] + before[row, column + 1]
                    height[row, column] += creep * (0.25 * around - before[row, column])


def carve(height: Floats, uplift: Floats, held: NDArray[np.bool_], cell: float, steps: int, creep: float) -> Floats:
    """Land after ``steps`` of rising and of being carved by its rivers: float64 [rows, columns] metres.

    Stream power with exponents 1/2 and 1, solved implicitly from the outlets upwards: Braun and Willett, "A very
    efficient O(n), implicit and parallel method to solve the stream power equation", Geomorphology 180-181, 2013,
    equation 14; uplift against erosion as in Cordonnier et al., "Large Scale Terrain Generation from Tectonic Uplift
    and Fluvial Erosion", CGF 35(2), 2016. ``held`` cells (bool) keep their height: they are where rivers leave.
    ``uplift``: metres a step. ``creep`` 0 to 1: the share by which soil rounds the land at each step.
    """
    land = np.ascontiguousarray(height, dtype=np.float64).copy()
    _carve(land, np.ascontiguousarray(uplift, dtype=np.float64), held, cell, steps, 0.012, creep)
    return land
