"""Detail finer than a simulation's voxels: periodic divergence-free noise, and looking fields up between voxels.

Source: Bridson, Hourihan and Nordenstam, "Curl-Noise for Procedural Fluid Flow", SIGGRAPH 2007; the spectrum is
Kolmogorov's and texture coordinates are carried in two staggered phases as in Kim et al., "Wavelet Turbulence for
Fluid Simulation", SIGGRAPH 2008, sections 3 and 5. The noise is synthesised in Fourier space, so a tile repeats
without a seam and has no divergence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from usd_ai.sim import hashing

_STRETCH = 1.6  # eddies in rising gas are drawn out along z
_KOLMOGOROV = -11.0 / 6.0  # amplitude of a mode over its wave number, from E(k) ~ k^(-5/3) in three dimensions
_CELLS = 32  # a power of two: the kernels wrap by a mask
_FINEST = 5.0  # cells along the smallest eddy: what is smaller would alias on the voxels it is sampled at


def curl_tile(seed: int, salt: int, largest: float = 3.0) -> NDArray[np.float32]:
    """Noise vectors on a periodic lattice, float32 [32, 32, 32, 3], root mean square 1, without divergence.

    ``largest``: how many of the largest eddies fit along the tile.
    """
    cells = _CELLS
    count = cells**3
    white = hashing.uniform(seed, np.arange(3 * count), salt).reshape(3, cells, cells, cells) - 0.5
    modes = np.fft.fftn(white, axes=(1, 2, 3))
    wave = np.fft.fftfreq(cells, 1.0 / cells)
    k_x, k_y, k_z = np.meshgrid(wave, wave, wave, indexing="ij")
    size = np.sqrt(k_x**2 + k_y**2 + k_z**2)
    size[0, 0, 0] = 1.0
    kept = (size >= largest * 0.75) & (size <= cells / _FINEST)
    modes *= np.where(kept, size ** (_KOLMOGOROV - 1.0), 0.0)
    curl = np.stack(
        [
            k_y * modes[2] - k_z * modes[1],
            k_z * modes[0] - k_x * modes[2],
            k_x * modes[1] - k_y * modes[0],
        ]
    )
    noise = np.moveaxis(np.real(np.fft.ifftn(1j * curl, axes=(1, 2, 3))), 0, -1)
    return np.ascontiguousarray(noise / np.sqrt((noise**2).sum(axis=-1).mean()), dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Eddies:
    """Noise that fills space and rises. ``tile``: from `curl_tile`. ``cell``: metres per cell of it."""

    tile: NDArray[np.float32]
    cell: float

    def drift(self, seconds: float, period: float, speed: float) -> float:
        """How far the noise has risen, metres: about ``speed`` m/s, but whole tiles in a ``period``: it loops."""
        length = self.cell * len(self.tile) * _STRETCH
        return max(round(speed * period / length), 1) * length * seconds / period


def flow(eddies: Eddies, shape: tuple[int, int, int], voxel: float, drift: float) -> NDArray[np.float32]:
    """Eddies as vectors at voxel centres, float32 [3, x, y, z], root mean square 1."""
    return _flow(eddies.tile, shape[0], shape[1], shape[2], voxel, eddies.cell, drift)


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """Texture coordinates that move with the gas, in phases: how far it came since its phase began.

    ``travel``: float32 [phases, x, y, z, 3], m, on the coarse voxels. ``weights``: float32 [phases].
    """

    travel: NDArray[np.float32]
    weights: NDArray[np.float32]


def resampled(
    field: NDArray[np.float32], where: NDArray[np.bool_], voxel: float, fine_voxel: float
) -> NDArray[np.float32]:
    """A field of vectors [3, x, y, z] on finer voxels over the same box, float32 [x, y, z, 3]; 0 outside ``where``.

    Rounded to m/s, which motion blur does not see and compression does.
    """
    return _resampled(np.ascontiguousarray(np.moveaxis(field, 0, -1)), where, fine_voxel / voxel)


def dilated(result: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where a displaced lookup could find something: within two voxels of something."""
    for _ in range(2):
        for axis in range(3):
            grown = result.copy()
            first = [slice(None)] * 3
            last = [slice(None)] * 3
            first[axis], last[axis] = slice(0, -1), slice(1, None)
            grown[tuple(first)] |= result[tuple(last)]
            grown[tuple(last)] |= result[tuple(first)]
            result = grown
    return result


@numba.njit(cache=True)
def wrapped(tile: NDArray[np.float32], x: float, y: float, z: float, out: NDArray[np.float32]) -> None:
    """Trilinear vector of a periodic tile at a place counted in its cells, into ``out`` [3]."""
    low_x, low_y, low_z = np.floor(x), np.floor(y), np.floor(z)
    a, b, c = np.float32(x - low_x), np.float32(y - low_y), np.float32(z - low_z)
    mask = tile.shape[0] - 1
    x0, y0, z0 = int(low_x) & mask, int(low_y) & mask, int(low_z) & mask
    x1, y1, z1 = (x0 + 1) & mask, (y0 + 1) & mask, (z0 + 1) & mask
    one = np.float32(1.0)
    for axis in range(3):
        near = (tile[x0, y0, z0, axis] * (one - c) + tile[x0, y0, z1, axis] * c) * (one - b) + (
            tile[x0, y1, z0, axis] * (one - c) + tile[x0, y1, z1, axis] * c
        ) * b
        far = (tile[x1, y0, z0, axis] * (one - c) + tile[x1, y0, z1, axis] * c) * (one - b) + (
            tile[x1, y1, z0, axis] * (one - c) + tile[x1, y1, z1, axis] * c
        ) * b
        out[axis] = near * (one - a) + far * a


@numba.njit(cache=True)
def inside(field: NDArray[np.float32], x: float, y: float, z: float) -> float:
    """Trilinear value of a field at a place counted in its cells, the edge's value outside."""
    size_x, size_y, size_z = field.shape
    x = min(max(x, 0.0), size_x - 1.0)
    y = min(max(y, 0.0), size_y - 1.0)
    z = min(max(z, 0.0), size_z - 1.0)
    x0, y0, z0 = min(int(x), size_x - 2), min(int(y), size_y - 2), min(int(z), size_z - 2)
    a, b, c = np.float32(x - x0), np.float32(y - y0), np.float32(z - z0)
    one = np.float32(1.0)
    near = (field[x0, y0, z0] * (one - c) + field[x0, y0, z0 + 1] * c) * (one - b) + (
        field[x0, y0 + 1, z0] * (one - c) + field[x0, y0 + 1, z0 + 1] * c
    ) * b
    far = (field[x0 + 1, y0, z0] * (one - c) + field[x0 + 1, y0, z0 + 1] * c) * (one - b) + (
        field[x0 + 1, y0 + 1, z0] * (one - c) + field[x0 + 1, y0 + 1, z0 + 1] * c
    ) * b
    return near * (one - a) + far * a


@numba.njit(cache=True)
def inside_vector(field: NDArray[np.float32], x: float, y: float, z: float, out: NDArray[np.float32]) -> None:
    """As `inside`, for a field [x, y, z, 3] and into ``out`` [3]."""
    size_x, size_y, size_z, _ = field.shape
    x = min(max(x, 0.0), size_x - 1.0)
    y = min(max(y, 0.0), size_y - 1.0)
    z = min(max(z, 0.0), size_z - 1.0)
    x0, y0, z0 = min(int(x), size_x - 2), min(int(y), size_y - 2), min(int(z), size_z - 2)
    a, b, c = np.float32(x - x0), np.float32(y - y0), np.float32(z - z0)
    one = np.float32(1.0)
    for axis in range(3):
        near = (field[x0, y0, z0, axis] * (one - c) + field[x0, y0, z0 + 1, axis] * c) * (one - b) + (
            field[x0, y0 + 1, z0, axis] * (one - c) + field[x0, y0 + 1, z0 + 1, axis] * c
        ) * b
        far = (field[x0 + 1, y0, z0, axis] * (one - c) + field[x0 + 1, y0, z0 + 1, axis] * c) * (one - b) + (
            field[x0 + 1, y0 + 1, z0, axis] * (one - c) + field[x0 + 1, y0 + 1, z0 + 1, axis] * c
        ) * b
        out[axis] = near * (one - a) + far * a


@numba.njit(cache=True)
def _resampled(field: NDArray[np.float32], where: NDArray[np.bool_], ratio: float) -> NDArray[np.float32]:
    size_x, size_y, size_z = where.shape
    result = np.zeros((size_x, size_y, size_z, 3), np.float32)
    for i in range(size_x):
        for j in range(size_y):
            for k in range(size_z):
                if where[i, j, k]:
                    at_x, at_y, at_z = (i + 0.5) * ratio - 0.5, (j + 0.5) * ratio - 0.5, (k + 0.5) * ratio - 0.5
                    inside_vector(field, at_x, at_y, at_z, result[i, j, k])
                    for axis in range(3):
                        result[i, j, k, axis] = np.rint(result[i, j, k, axis])
    return result


@numba.njit(cache=True)
def _flow(
    tile: NDArray[np.float32], size_x: int, size_y: int, size_z: int, voxel: float, cell: float, drift: float
) -> NDArray[np.float32]:
    result = np.empty((3, size_x, size_y, size_z), np.float32)
    vector = np.zeros(3, np.float32)
    scale, upright = voxel / cell, 1.0 / (cell * _STRETCH)
    for x in range(size_x):
        for y in range(size_y):
            for z in range(size_z):
                wrapped(tile, (x + 0.5) * scale, (y + 0.5) * scale, ((z + 0.5) * voxel - drift) * upright, vector)
                for axis in range(3):
                    result[axis, x, y, z] = vector[axis]
    return result
