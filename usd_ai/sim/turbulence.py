"""Detail finer than a simulation's voxels: periodic divergence-free noise, and fields wrinkled by it.

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
class Wrinkles:
    """Two layers of one noise tile; the finer one has half the size and half the strength.

    ``tile``: from `curl_tile`. ``cell``: metres per cell of the coarse layer. ``amplitude``: metres a lookup moves, at
    full strength ``rise`` metres above the floor and a quarter of it on the floor. ``erosion``: share of the excess
    temperature that the finer layer eats where it is strongest, from nothing on the floor to all at ``rise``.
    """

    tile: NDArray[np.float32]
    cell: float
    amplitude: float
    rise: float
    erosion: float = 0.0

    def drift(self, seconds: float, period: float, speed: float) -> float:
        """How far the layers have risen, metres: about ``speed`` m/s, but whole tiles in a ``period``: it loops."""
        length = self.cell * len(self.tile) * _STRETCH
        return max(round(speed * period / length), 1) * length * seconds / period


def flow(wrinkles: Wrinkles, shape: tuple[int, int, int], voxel: float, drift: float) -> NDArray[np.float32]:
    """The coarse layer as vectors at voxel centres, float32 [3, x, y, z], root mean square 1."""
    return _flow(wrinkles.tile, shape[0], shape[1], shape[2], voxel, wrinkles.cell, drift)


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """Texture coordinates that move with the gas, in phases: how far it came since its phase began.

    ``travel``: float32 [phases, x, y, z, 3], m, on the coarse voxels or one for all. ``weights``: float32 [phases].
    """

    travel: NDArray[np.float32]
    weights: NDArray[np.float32]


def rising(drift: float) -> Carried:
    """Texture coordinates of gas that rose by ``drift`` metres everywhere."""
    travel = np.zeros((1, 1, 1, 1, 3), np.float32)
    travel[..., 2] = drift
    return Carried(travel, np.ones(1, np.float32))


def wrinkle(
    wrinkles: Wrinkles,
    temperature: NDArray[np.float32],
    density: NDArray[np.float32],
    voxel: float,
    fine_voxel: float,
    carried: Carried,
    ambient: float,
    faint: float = 0.0,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both fields on voxels of ``fine_voxel`` metres over the same box, displaced and eroded: temperature, density.

    Nothing is looked for where the density nearby is at most ``faint``.
    """
    shape = np.array([max(round(size * voxel / fine_voxel), 2) for size in density.shape])
    scales = np.array([voxel, fine_voxel, wrinkles.cell, wrinkles.amplitude, wrinkles.rise, wrinkles.erosion, ambient])
    occupied = dilated(density > faint)
    return _wrinkle(temperature, density, occupied, shape, scales, wrinkles.tile, carried.travel, carried.weights)


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


@numba.njit(cache=True)
def _noise(
    tile: NDArray[np.float32],
    travel: NDArray[np.float32],
    weights: NDArray[np.float32],
    cell: float,
    place: tuple[float, float, float],
    at: tuple[float, float, float],
    scratch: NDArray[np.float32],
    total: NDArray[np.float32],
) -> float:
    """Both layers at ``place`` (m), which is ``at`` in coarse voxels, into ``total`` [3]; returns what erodes."""
    total[:] = 0.0
    eats = 0.0
    for phase in range(len(weights)):
        if travel.shape[1] == 1:
            scratch[:] = travel[phase, 0, 0, 0]
        else:
            inside_vector(travel[phase], at[0], at[1], at[2], scratch)
        x = (place[0] - scratch[0]) / cell + 17.0 * phase  # phases look at different places of the tile
        y = (place[1] - scratch[1]) / cell
        z = (place[2] - scratch[2]) / (cell * _STRETCH)
        wrapped(tile, x, y, z, scratch)
        for axis in range(3):
            total[axis] += weights[phase] * scratch[axis]
        eats += weights[phase] * 0.5 * scratch[1]
        wrapped(tile, 2.0 * x + 7.3, 2.0 * y + 3.1, 2.0 * z, scratch)
        for axis in range(3):
            total[axis] += weights[phase] * 0.5 * scratch[axis]
        eats += weights[phase] * scratch[0]
    return eats


@numba.njit(cache=True)
def _wrinkle(
    temperature: NDArray[np.float32],
    density: NDArray[np.float32],
    occupied: NDArray[np.bool_],
    shape: NDArray[np.int64],
    scales: NDArray[np.float64],
    tile: NDArray[np.float32],
    travel: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    voxel, fine_voxel, cell, amplitude, rise, erosion, ambient = scales
    hot = np.full((shape[0], shape[1], shape[2]), ambient, np.float32)
    thick = np.zeros((shape[0], shape[1], shape[2]), np.float32)
    scratch, moved = np.zeros(3, np.float32), np.zeros(3, np.float32)
    ratio = fine_voxel / voxel
    for i in range(shape[0]):
        at_x = (i + 0.5) * ratio - 0.5
        near_x = min(max(int(np.rint(at_x)), 0), density.shape[0] - 1)
        for j in range(shape[1]):
            at_y = (j + 0.5) * ratio - 0.5
            near_y = min(max(int(np.rint(at_y)), 0), density.shape[1] - 1)
            for k in range(shape[2]):
                at_z = (k + 0.5) * ratio - 0.5
                near_z = min(max(int(np.rint(at_z)), 0), density.shape[2] - 1)
                if not occupied[near_x, near_y, near_z]:
                    continue
                place = ((i + 0.5) * fine_voxel, (j + 0.5) * fine_voxel, (k + 0.5) * fine_voxel)
                eats = _noise(tile, travel, weights, cell, place, (at_x, at_y, at_z), scratch, moved)
                strength = amplitude * min(1.0, 0.25 + 0.75 * place[2] / rise) / voxel
                x, y, z = at_x + moved[0] * strength, at_y + moved[1] * strength, at_z + moved[2] * strength
                found = inside(density, x, y, z)
                if found > 0.0:
                    left = 1.0 - erosion * min(1.0, place[2] / rise) * min(1.0, max(0.0, eats))
                    thick[i, j, k] = found
                    hot[i, j, k] = ambient + (inside(temperature, x, y, z) - ambient) * left
    return hot, thick
