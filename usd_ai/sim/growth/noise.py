"""Value noise over space, for bark and stone: smooth numbers that belong to a place and a seed."""

from __future__ import annotations

import numpy as np

from usd_ai.sim.growth.vectors import F64
from usd_ai.sim.hashing import salt, uniform

_CELL = salt("growth.noise")
_STRIDE = (np.int64(73_856_093), np.int64(19_349_669), np.int64(83_492_791))  # primes: cells a step apart never share


def value_noise(seed: int, places: F64) -> F64:
    """Noise in [0, 1] with one feature per unit of length. ``places`` [n, 3] → [n]. C1 continuous."""
    cell = np.floor(places)
    t = places - cell
    t = t * t * (3.0 - 2.0 * t)
    base = cell.astype(np.int64)
    key = base[:, 0] * _STRIDE[0] + base[:, 1] * _STRIDE[1] + base[:, 2] * _STRIDE[2]
    total = np.zeros(len(places))
    for corner in range(8):
        step = (corner & 1, corner >> 1 & 1, corner >> 2)
        weight = np.ones(len(places))
        shift = np.int64(0)
        for axis in range(3):
            weight *= t[:, axis] if step[axis] else 1.0 - t[:, axis]
            shift += step[axis] * _STRIDE[axis]
        total += weight * uniform(seed, key + shift, _CELL)
    return total


def fractal_noise(seed: int, places: F64, octaves: int = 3) -> F64:
    """Sum of octaves of `value_noise`, each half as strong and twice as fine; in [0, 1], mean 0.5."""
    total = np.zeros(len(places))
    weight, share = 1.0, 0.0
    for octave in range(octaves):
        total += weight * value_noise(seed + octave, places * 2.0**octave)
        share += weight
        weight *= 0.5
    return total / share
