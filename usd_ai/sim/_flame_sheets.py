"""Flames finer than they were simulated: wrinkled, torn into sheets and filaments, and tongues that let go.

Soot glows in sheets some centimetres thick where fuel gas meets air; between them gas is cooler and nearly clear.
A simulated voxel holds several of them. Here they stand where a noise that rises with the gas changes its sign: the
places where noise is zero are sheets, where two noises are zero at once they are threads. Within a sheet, gas is as hot
as the flame can be there; between sheets it is darker by stops, so that one looks through to the sheets behind.

Numbers without a source were set by eye on pictures; docs/decisions/063-flames-one-clock.md says against what.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from usd_ai.sim._plume_frames import BASE_KELVIN, GLOW_KELVIN
from usd_ai.sim.turbulence import dilated, inside, wrapped

F32 = NDArray[np.float32]

_GLOW, _FLAME = GLOW_KELVIN, BASE_KELVIN

_BENT = 0.22
"""Exponent by which the share of heat in a voxel becomes that of its sheets: mean and cooler gas share the voxel."""
_LEFT = 0.03  # share of heat that glows no more: what is bent upwards must end
_GAP = 0.36  # of a sheet's share of heat that the gas between sheets has
_THICK = (0.34, 0.38)  # noise at which sheets and threads have faded to 1/e
_THREADS = 0.75  # strength of the finer sheets
_STRETCH = 1.3  # sheets are drawn out along z
_RAGGED = (0.1, 0.6)  # m over the ground between which a flame begins to glow, from place to place
_FEET = 0.55  # m per cell of the noise that says where
_LET_GO = 1.3  # m from the body of a flame over which tongues that have let go burn out
_TORN = 900.0  # K of gas that belongs to the body of a flame
_SMOOTHED = 7  # frames over which a tongue's burning out is averaged, so that none goes out at once


@dataclass(frozen=True, slots=True, eq=False)
class Sheets:
    """How a flame is torn.

    ``tile``: from `turbulence.curl_tile`. ``cells``: metres per cell of the noise of sheets and of threads. ``sizes``:
    metres per cell of layers of eddies, from large to small, each of which moves a lookup by ``curl`` cells, at full
    strength ``rise`` metres above the floor and a quarter of it on the floor. ``erosion``: share of the heat that
    eddies of the second size eat, from nothing on the floor to all at ``rise``. ``faint``: 1/m of density below which
    there is nothing.
    """

    tile: F32
    cells: tuple[float, float]
    curl: float
    sizes: tuple[float, ...]
    rise: float
    erosion: float
    faint: float

    def drifts(self, seconds: float, period: float, speed: float) -> F32:
        """How far noise of each size has risen, metres: whole tiles in a ``period``, so that it loops."""
        lengths = [size * len(self.tile) * _STRETCH for size in (*self.cells, *self.sizes)]
        turns = [max(round(speed * period / length), 1) for length in lengths]
        return np.array([n * a * seconds / period for n, a in zip(turns, lengths, strict=True)], np.float32)


def burnt_out(temperatures: Sequence[F32], voxel: float, fuel: float) -> list[F32]:
    """Temperatures [x, y, z] of following frames, where tongues that have let go of their flame cool with distance.

    A flame's body is the glowing gas that hangs together with what lies below ``fuel`` metres, where fuel is.
    """
    shares = [_held(kelvin, voxel, fuel) for kelvin in temperatures]
    result: list[F32] = []
    for number, kelvin in enumerate(temperatures):
        near = shares[max(number - _SMOOTHED // 2, 0) : number + _SMOOTHED // 2 + 1]
        share = np.mean(near, axis=0, dtype=np.float32)
        glow = np.maximum(kelvin - np.float32(_GLOW), np.float32(0.0))
        result.append(np.minimum(kelvin, np.float32(_GLOW)) + glow * share)
    return result


def _held(kelvin: F32, voxel: float, fuel: float) -> F32:
    """1 in a flame's body, falling with the distance from it."""
    labels = np.zeros(kelvin.shape, np.int32)
    ndimage.label(kelvin > _TORN, output=labels)
    low = np.unique(labels[:, :, : max(round(fuel / voxel), 1)])
    body = np.isin(labels, low[low > 0])
    if not body.any():
        return np.ones(kelvin.shape, np.float32)
    away = np.asarray(ndimage.distance_transform_edt(~body), np.float64) * voxel
    return np.exp(-np.maximum(away - 2.0 * voxel, 0.0) / _LET_GO).astype(np.float32)


def torn(
    sheets: Sheets, kelvin: F32, density: F32, voxel: float, fine_voxel: float, drifts: F32, ambient: float
) -> tuple[F32, F32]:
    """Temperature and density [x, y, z] on voxels of ``fine_voxel`` metres over the same box.

    ``drifts``: from `Sheets.drifts`. Nothing is looked for where there is no density nearby.
    """
    shape = np.array([max(round(size * voxel / fine_voxel), 2) for size in density.shape])
    sizes = np.array((*sheets.cells, *sheets.sizes))
    scales = np.array([voxel, fine_voxel, ambient, sheets.curl, sheets.rise, sheets.erosion])
    look = np.array([_BENT, _GAP, *_THICK, _THREADS, _STRETCH, *_RAGGED, _FEET, fine_voxel])
    return _torn(kelvin, density, dilated(density > sheets.faint), shape, scales, look, sheets.tile, sizes, drifts)


@numba.njit(cache=True)
def _torn(
    kelvin: F32, density: F32, occupied: NDArray[np.bool_], shape: NDArray[np.int64], scales: NDArray[np.float64],
    look: NDArray[np.float64], tile: F32, sizes: NDArray[np.float64], drifts: F32,
) -> tuple[F32, F32]:  # fmt: skip
    voxel, fine_voxel, ambient, curl, rise, erosion = scales
    stretch = look[5]
    hot = np.full((shape[0], shape[1], shape[2]), ambient, np.float32)
    thick = np.zeros((shape[0], shape[1], shape[2]), np.float32)
    noise = np.zeros(3, np.float32)
    ratio = fine_voxel / voxel
    for i in range(shape[0]):
        at_x = (i + 0.5) * ratio - 0.5
        near_x = min(max(int(np.rint(at_x)), 0), density.shape[0] - 1)
        for j in range(shape[1]):
            at_y = (j + 0.5) * ratio - 0.5
            near_y = min(max(int(np.rint(at_y)), 0), density.shape[1] - 1)
            x, y = (i + 0.5) * fine_voxel, (j + 0.5) * fine_voxel
            wrapped(tile, x / look[8], y / look[8], 0.25 * drifts[2] / sizes[2], noise)
            foot = look[6] + (look[7] - look[6]) * max(0.0, noise[0])
            for k in range(shape[2]):
                at_z = (k + 0.5) * ratio - 0.5
                if not occupied[near_x, near_y, min(max(int(np.rint(at_z)), 0), density.shape[2] - 1)]:
                    continue
                z = (k + 0.5) * fine_voxel
                strength, eats = min(1.0, 0.25 + 0.75 * z / rise), 0.0
                a, b, c = at_x, at_y, at_z
                for layer in range(2, len(sizes)):  # eddies, each moved by the larger ones
                    size = sizes[layer]
                    wrapped(
                        tile,
                        (a + 0.5) * voxel / size + 7.3 * layer,
                        (b + 0.5) * voxel / size + 3.1 * layer,
                        ((c + 0.5) * voxel - drifts[layer]) / (size * stretch),
                        noise,
                    )
                    moved = curl * size * strength / voxel
                    a, b, c = a + noise[0] * moved, b + noise[1] * moved, c + noise[2] * moved * stretch
                    if layer == 3:
                        eats = noise[0]
                found = inside(density, a, b, c)
                if found <= 0.0:
                    continue
                thick[i, j, k] = found
                gas = inside(kelvin, a, b, c)
                gas = ambient + (gas - ambient) * (1.0 - erosion * min(1.0, z / rise) * min(1.0, max(0.0, eats)))
                if gas > _GLOW:
                    share = (gas - _GLOW) / (_FLAME - _GLOW) * min(1.0, z / foot)
                    place = (a + 0.5) * voxel, (b + 0.5) * voxel, (c + 0.5) * voxel
                    gas = _GLOW + (_FLAME - _GLOW) * _sheet(look, tile, sizes, drifts, place, share)
                hot[i, j, k] = gas
    return hot, thick


@numba.njit(cache=True)
def _sheet(
    look: NDArray[np.float64], tile: F32, sizes: NDArray[np.float64], drifts: F32, place: tuple[float, float, float],
    share: float,
) -> float:  # fmt: skip
    """Share of heat, 0 to 1, at a place in metres where the mean share is ``share``."""
    x, y, z = place
    bent, gap, thick_sheet, thick_thread, threads, stretch = look[:6]
    noise = np.zeros(3, np.float32)
    wrapped(tile, x / sizes[0], y / sizes[0], (z - drifts[0]) / (sizes[0] * stretch), noise)
    large = math.exp(-((noise[0] / thick_sheet) ** 2))
    wrapped(tile, x / sizes[1] + 11.7, y / sizes[1] + 5.3, (z - drifts[1]) / (sizes[1] * stretch), noise)
    small = math.exp(-((noise[1] / thick_thread) ** 2))
    # Threads of threads: the same noise at half the size, where the voxels show it.
    size = 0.5 * sizes[1]
    if size >= look[9]:
        wrapped(tile, x / size + 3.9, y / size + 8.1, (z - drifts[1]) / (size * stretch), noise)
        small = max(small, 0.8 * math.exp(-((noise[0] / thick_thread) ** 2)))
    sheet = 1.0 - (1.0 - large) * (1.0 - threads * small)
    return max(share - _LEFT, 0.0) ** bent * (gap + (1.0 - gap) * sheet)
