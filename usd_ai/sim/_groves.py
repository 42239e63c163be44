"""Kernels of `placement`: which kind a thing is, by slow waves over the land. They hold no state."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from usd_ai.sim.hashing import draw_scalar, to_unit_scalar

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

_GROVE_DEPTH = 2.2  # how strongly kinds gather in groves, in log shares
_CORNERS_EACH = 2  # corners of the lattices' octaves that are drawn beforehand, at most, for each thing


@njit(cache=True, nogil=True)
def _corner(stream: int, i: int, j: int, layer: int) -> float:
    """The value of a lattice's corner, as `sim.growth.noise` has it in the plane z = layer."""
    key = int(np.int64(i) * 73_856_093 + np.int64(j) * 19_349_669 + np.int64(layer) * 83_492_791)
    return to_unit_scalar(draw_scalar(stream, key))


@njit(cache=True, nogil=True)
def _corners(streams: I64, xy: F64, grove: float) -> tuple[F64, I64]:
    """Corners that places need of each kind, float64 [kinds, n], and of each octave where its part of n begins.

    A row of the second, int64 [octaves, 4]: first corner's i and j, corners in a row, begin. Neighbours share corners,
    so that drawing them once saves most of the time; where places lie so far apart that they do not, n is 0.
    """
    kinds, octaves = streams.shape
    (west, south), (east, north) = xy[0], xy[0]
    for n in range(len(xy)):
        west, east = min(west, xy[n, 0]), max(east, xy[n, 0])
        south, north = min(south, xy[n, 1]), max(north, xy[n, 1])
    parts, total = np.empty((octaves, 4), np.int64), 0
    for octave in range(octaves):
        scale = 2.0**octave
        i, j = math.floor(west / grove * scale), math.floor(south / grove * scale)
        columns, rows = math.floor(east / grove * scale) - i + 2, math.floor(north / grove * scale) - j + 2
        parts[octave, 0], parts[octave, 1], parts[octave, 2], parts[octave, 3] = i, j, columns, total
        total += columns * rows
    if total > _CORNERS_EACH * len(xy):
        return np.empty((kinds, 0)), parts
    found = np.empty((kinds, total))
    for kind in range(kinds):
        for octave in range(octaves):
            i, j, columns, begin = parts[octave]
            layer = int(kind * 2.0**octave)
            for n in range((parts[octave + 1, 3] if octave + 1 < octaves else total) - begin):
                found[kind, begin + n] = _corner(streams[kind, octave], i + n % columns, j + n // columns, layer)
    return found, parts


@njit(cache=True, nogil=True)
def _waves(streams: I64, corners: F64, parts: I64, x: float, y: float, out: F64) -> None:
    """`sim.growth.noise.fractal_noise` of each kind k in the plane z = k, octave by octave with a stream of its own."""
    weight, whole = 1.0, 0.0
    out[:] = 0.0
    for octave in range(streams.shape[1]):
        scale = 2.0**octave
        i, j = math.floor(x * scale), math.floor(y * scale)
        u, v = x * scale - i, y * scale - j
        u, v = u * u * (3.0 - 2.0 * u), v * v * (3.0 - 2.0 * v)
        columns = parts[octave, 2]
        at = parts[octave, 3] + (j - parts[octave, 1]) * columns + i - parts[octave, 0]
        for kind in range(streams.shape[0]):
            if corners.shape[1]:
                a, b = corners[kind, at], corners[kind, at + 1]
                c, d = corners[kind, at + columns], corners[kind, at + columns + 1]
            else:
                stream, layer = streams[kind, octave], int(kind * scale)
                a, b = _corner(stream, i, j, layer), _corner(stream, i + 1, j, layer)
                c, d = _corner(stream, i, j + 1, layer), _corner(stream, i + 1, j + 1, layer)
            out[kind] += weight * ((a * (1.0 - u) + b * u) * (1.0 - v) + (c * (1.0 - u) + d * u) * v)
        whole += weight
        weight *= 0.5
    out /= whole


@njit(cache=True, nogil=True)
def choose_kinds(
    stream: int,
    streams: NDArray[np.int64],
    ids: I64,
    xy: F64,
    logs: F64,
    grove: float,
    damp: F32,
    affinity: F64,
    out: I32,
) -> None:
    """The kind of each of n things, into ``out``: see `placement.kinds`. ``logs`` float64 [kinds] of their shares.

    ``stream`` draws among the kinds; ``streams`` int64 [kinds, octaves] draw the corners of each one's lattice.
    """
    if not ids.size:
        return
    weights, waves = np.empty(logs.size), np.empty(logs.size)
    corners, parts = _corners(streams, xy, grove)
    for n in range(ids.size):
        total = 0.0
        _waves(streams, corners, parts, xy[n, 0] / grove, xy[n, 1] / grove, waves)
        for k in range(logs.size):
            weights[k] = 0.0
            if logs[k] > -np.inf:
                weights[k] = math.exp(logs[k] + _GROVE_DEPTH * (waves[k] - 0.5) + affinity[k] * damp[n])
                total += weights[k]
        left = to_unit_scalar(draw_scalar(stream, ids[n])) * total
        chosen = 0
        for k in range(logs.size):
            if weights[k] > 0.0:
                chosen = k
                left -= weights[k]
                if left <= 0.0:
                    break
        out[n] = chosen
