"""Smoke with lobes: a coarse density on finer voxels, its edges cut by creased noise that the gas carries.

A solver's voxel of some metres holds the mean of smoke and clear air. Rising smoke has neither haze nor ramps at its
edge but lobes, round outwards and creased inwards. So a place's density is compared with that of its surroundings,
which is 1 well inside and falls to 0 across the edge, |noise| in three octaves is added to it, and smoke is where the
sum passes a threshold. The absolute value makes the lobes ("billow" noise: Ebert et al., "Texturing and Modeling: A
Procedural Approach", 3rd ed., ch. 9, on procedural clouds); numbers without a source were set by eye on pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from usd_ai.sim import turbulence

F32 = NDArray[np.float32]

_STRETCH = 1.25  # lobes in rising gas are a little taller than wide
_AROUND = 2  # voxels to each side that count as a place's surroundings
_TYPICAL = 0.46  # mean |component| of noise vectors of root mean square 1, a third of it along each axis
_TINY = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Billows:
    """How lobes look. ``tile``: from `turbulence.curl_tile`; ``cell``: metres per cell of its largest layer.

    ``push``: metres by which noise displaces what is looked up. ``depth``: how strongly lobes cut, as a share of the
    density around. ``edge``: share of the density around at which smoke begins; ``soft``: half the width of its ramp.
    """

    tile: F32
    cell: float
    push: float
    depth: float
    edge: float = 1.15
    soft: float = 0.08


def billowed(
    look: Billows, temperature: F32, density: F32, voxel: float, finer: int, carried: turbulence.Carried, faint: float,
    ambient: float,
) -> tuple[F32, F32]:  # fmt: skip
    """Temperature and density on voxels ``finer`` times as small over the same box: float32 [x, y, z] each.

    Nothing is looked for where the density around is at most ``faint``.
    """
    around = _blurred(density, _AROUND)
    scales = np.array([voxel, look.cell, look.push, look.depth, look.edge, look.soft, faint, ambient])
    return _draw(temperature, density, around, finer, scales, look.tile, carried.travel, carried.weights)


def _blurred(field: F32, reach: int) -> F32:
    """Mean over a cube of 2 ``reach`` + 1 voxels, empty beyond the box."""
    result = field.astype(np.float64)
    width = 2 * reach + 1
    for axis in range(3):
        ends = [(reach + 1, reach) if a == axis else (0, 0) for a in range(3)]
        sums = np.cumsum(np.pad(result, ends), axis=axis)
        size = field.shape[axis]
        high, low = np.arange(width, width + size), np.arange(size)
        result = (np.take(sums, high, axis) - np.take(sums, low, axis)) / width
    return result.astype(np.float32)


@numba.njit(cache=True)
def _lobes(
    tile: F32, travel: F32, weights: F32, cell: float, place: tuple[float, float, float],
    at: tuple[float, float, float], scratch: F32, layers: F32,
) -> float:  # fmt: skip
    """Three octaves of noise at a place (m; ``at`` in coarse voxels): the largest as vector into ``layers[0]``.

    Returns their creased sum, about 0 in the mean.
    """
    layers[:] = 0.0
    for phase in range(len(weights)):
        turbulence.inside_vector(travel[phase], at[0], at[1], at[2], scratch)
        x = (place[0] - scratch[0]) / cell + 17.0 * phase  # phases look at different places of the tile
        y = (place[1] - scratch[1]) / cell
        z = (place[2] - scratch[2]) / (cell * _STRETCH)
        size = 1.0
        for octave in range(3):
            turbulence.wrapped(tile, x * size + 7.3 * octave, y * size + 3.1 * octave, z * size, scratch)
            for axis in range(3):
                layers[octave, axis] += weights[phase] * scratch[axis]
            size *= 2.0
    total, share = 0.0, 1.0
    for octave in range(3):
        total += share * (abs(layers[octave, octave]) - _TYPICAL)
        share *= 0.5
    return total


@numba.njit(cache=True)
def _draw(
    temperature: F32, density: F32, around: F32, finer: int, scales: NDArray[np.float64], tile: F32, travel: F32,
    weights: F32,
) -> tuple[F32, F32]:  # fmt: skip
    voxel, cell, push, depth, edge, soft, faint, ambient = scales
    shape = (density.shape[0] * finer, density.shape[1] * finer, density.shape[2] * finer)
    hot, thick = np.full(shape, ambient, np.float32), np.zeros(shape, np.float32)
    scratch, layers = np.zeros(3, np.float32), np.zeros((3, 3), np.float32)
    fine = voxel / finer
    for i in range(shape[0]):
        at_x = (i + 0.5) / finer - 0.5
        for j in range(shape[1]):
            at_y = (j + 0.5) / finer - 0.5
            for k in range(shape[2]):
                if around[i // finer, j // finer, k // finer] <= faint:
                    continue
                at_z = (k + 0.5) / finer - 0.5
                near = turbulence.inside(around, at_x, at_y, at_z)
                place = ((i + 0.5) * fine, (j + 0.5) * fine, (k + 0.5) * fine)
                lobes = _lobes(tile, travel, weights, cell, place, (at_x, at_y, at_z), scratch, layers)
                x = at_x + layers[0, 0] * push / voxel
                y = at_y + layers[0, 1] * push / voxel
                z = at_z + layers[0, 2] * push / voxel
                found = turbulence.inside(density, x, y, z)
                share = (found / (near + _TINY) + depth * lobes - edge + soft) / (2.0 * soft)
                if share <= 0.0 or found <= 0.0:
                    continue
                share = min(share, 1.0)
                share *= share * (3.0 - 2.0 * share)
                thick[i, j, k] = max(found, near) * share
                hot[i, j, k] = turbulence.inside(temperature, x, y, z)
    return hot, thick
