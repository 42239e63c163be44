"""Looping flames: burning clumps of trees and a patch of burning ground, simulated, closed to a loop, sharpened.

Numbers without a source were set by eye on pictures; docs/decisions/011-combustion-fluid.md says against what.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim import fluid, hashing, turbulence
from usd_ai.sim._plume_frames import PlumeCache, PlumeFrame

RATE = 24.0  # frames per second
_LEAST_FRAMES = 12  # a loop below half a second is a flicker
_LARGEST_COUNT = 64
_PUFFS = 1.5  # Hz times the square root of the diameter in metres, how often a pool of fire puffs
_FAINT = 0.008  # 1/m, taken off everywhere: the haze that would fill the box leaves no edge where it ends
_COLD = 600.0  # K, the tip of a flame, below the first glow: what is colder is stored as ambient air
_FADE = 2.5  # m over which a plume thins out towards the sides of its box
_FADE_TOP = 7.0  # m, as _FADE towards the top
_PER_CACHE = 1 << 32  # ids that a cache may use for its own draws
_SURFACE_INDEX = 1 << 20  # the surface fire's place among caches, out of reach of any count of flames

_TREE = hashing.salt("plumes.tree")
_BLOTCHES = hashing.salt("plumes.blotches")
_EDDIES = hashing.salt("plumes.eddies")

Moment = tuple[NDArray[np.float32], NDArray[np.float32]]  # temperature and density [x, y, z]


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How a clump burns. Lengths in metres."""

    name: str
    trees: int
    spread: float  # radius of the circle that the trees stand in
    tallest: float
    crown: float  # largest crown radius
    ground: float  # radius of the burning ground
    rate: float  # fuel fraction per second where a source is full
    stir: float = 28.0  # m/s² of turbulent force in burning gas
    erosion: float = 0.55
    amplitude: float = 0.45
    speed: float = 12.8  # m/s at which wrinkles rise
    warm_up: int = 44  # frames simulated before the first
    upwind: float = 0.4  # how far the foot stands upwind of the middle at 4 m/s, in halves of the box
    shape: tuple[int, int, int] = (40, 40, 76)
    voxel: float = 0.4
    fine_voxel: float = 0.3
    gas: fluid.Gas = fluid.Gas(  # noqa: RUF009 - frozen
        heat=4000.0,
        radiation=600.0,
        mixing=0.25,
        confinement=0.5,
        buoyancy=0.6,
        expansion=1.0,
        burn_time=0.55,
        soot=1.0,
        soot_loss=0.3,
    )


_CLUMPS = (
    _Recipe("tall", trees=7, spread=3.2, tallest=14.0, crown=2.5, ground=4.0, rate=4.5),
    _Recipe("wide", trees=8, spread=3.8, tallest=11.0, crown=2.4, ground=4.8, rate=3.8, stir=30.0),
    _Recipe("single", trees=2, spread=1.4, tallest=16.0, crown=2.6, ground=2.4, rate=4.8, stir=22.0, erosion=0.5),
    _Recipe("low", trees=6, spread=4.0, tallest=7.5, crown=2.2, ground=5.0, rate=3.2, stir=30.0, erosion=0.6),
)
_SURFACE = _Recipe(
    "surface",
    trees=0,
    spread=5.0,
    tallest=0.0,
    crown=0.0,
    ground=5.0,
    rate=9.0,
    stir=14.0,
    erosion=0.5,
    amplitude=0.2,
    speed=4.0,
    warm_up=30,
    upwind=0.1,
    shape=(48, 48, 18),
    voxel=0.26,
    fine_voxel=0.2,
    gas=dataclasses.replace(_CLUMPS[0].gas, radiation=1500.0, mixing=0.8, burn_time=0.3, soot=0.8),
)


def flame_library(
    count: int = 4, frames: int = 48, seed: int = 0, wind: tuple[float, float] = (3.0, 0.0)
) -> list[PlumeCache]:
    """``count`` looping flames of torching clumps, and a low fire on a 10 x 10 m patch of ground as the last cache.

    Each is a box of 16 x 16 x 30 m (ground fire: 12.5 x 12.5 x 4.7 m) at 24 frames per second, leaning with the
    ``wind`` (m/s along x and y, 10 m above ground). Clumps alternate between tall, wide, single and low; each has trees
    of its own, drawn by (seed, number). Raises InvalidRequest for no flames, too many, or loops below half a second.
    """
    if not 0 < count <= _LARGEST_COUNT or frames < _LEAST_FRAMES:
        raise InvalidRequest(
            f"A library of {count} flames of {frames} frames cannot be made.",
            remedy=f"Ask for 1 to {_LARGEST_COUNT} flames of at least {_LEAST_FRAMES} frames.",
        )
    with fluid.one_thread():
        caches = [_burn(_CLUMPS[index % len(_CLUMPS)], index, frames, seed, wind) for index in range(count)]
        caches.append(surface_fire(frames, seed, wind))
    return caches


def torching_clump(index: int, frames: int, seed: int, wind: tuple[float, float]) -> PlumeCache:
    """Flame number ``index`` of the library alone: what a worker makes when flames are made side by side."""
    with fluid.one_thread():
        return _burn(_CLUMPS[index % len(_CLUMPS)], index, frames, seed, wind)


def surface_fire(frames: int, seed: int, wind: tuple[float, float]) -> PlumeCache:
    """The library's ground fire alone."""
    with fluid.one_thread():
        return _burn(_SURFACE, _SURFACE_INDEX, frames, seed, wind)


def _burn(recipe: _Recipe, index: int, frames: int, seed: int, wind: tuple[float, float]) -> PlumeCache:
    """Simulate, close the loop, sharpen."""
    ambient, period = recipe.gas.ambient, frames / RATE
    wrinkles = turbulence.Wrinkles(
        tile=turbulence.curl_tile(seed, _EDDIES + index),
        cell=recipe.voxel,
        amplitude=recipe.amplitude,
        rise=0.2 * recipe.shape[2] * recipe.voxel,
        erosion=recipe.erosion,
    )
    moments = _loop(_simulate(recipe, index, frames, seed, wind, wrinkles), frames, ambient)
    foot = _foot(recipe, wind)
    middle = [0.5 * recipe.voxel * size for size in recipe.shape]
    half = 0.5 * recipe.fine_voxel
    origin = (half - middle[0] - foot[0], half - middle[1] - foot[1], half)
    fade = _fade(recipe)
    result: list[PlumeFrame] = []
    for number, (hot, thick) in enumerate(moments):
        carried = turbulence.rising(wrinkles.drift(number / RATE, period, recipe.speed))
        voxels = (recipe.voxel, recipe.fine_voxel)
        temperature, density = turbulence.wrinkle(
            wrinkles, _soften(hot), _soften(thick), *voxels, carried, ambient, _FAINT
        )
        density = np.maximum(density * fade - np.float32(_FAINT), np.float32(0.0))
        temperature[(density == 0.0) | (temperature < _COLD)] = ambient
        result.append(PlumeFrame(density, temperature, recipe.fine_voxel, origin))
    return PlumeCache(recipe.name, tuple(result), RATE)


def _simulate(
    recipe: _Recipe, index: int, frames: int, seed: int, wind: tuple[float, float], wrinkles: turbulence.Wrinkles
) -> list[Moment]:
    """The frames of the loop and, after them, those that `_loop` blends into its beginning."""
    box = fluid.Box(recipe.shape, recipe.voxel, wind)
    period = frames / RATE
    solver = fluid.prepare(box, recipe.gas)
    state = fluid.start(solver)
    trees, ground = _fuel(recipe, index, seed, box)
    blotches = _blotches(recipe, index, seed)
    diameter = 2.0 * (recipe.spread + recipe.crown)
    puffs = max(1, round(_PUFFS / math.sqrt(diameter) * period))
    moments: list[Moment] = []
    for number in range(-recipe.warm_up, frames + _blended(frames)):
        seconds = (number / RATE) % period
        turn = 2.0 * math.pi * seconds / period
        emission = ground * 0.7
        for crown, phase in trees:
            emission = torch.maximum(emission, crown * (0.7 + 0.5 * math.sin(puffs * turn + phase)))
        emission = emission * ((_turned(blotches, turn) + 0.45) / 0.7).clamp(0.0, 1.0) * recipe.rate
        eddies = turbulence.flow(wrinkles, box.shape, box.voxel, wrinkles.drift(seconds, period, recipe.speed))
        burning = ((state.temperature - 500.0) / 500.0).clamp(0.0, 1.0)
        force = torch.from_numpy(eddies) * (burning * recipe.stir)
        state = fluid.step(solver, state, fluid.Source(fuel=emission, force=force), 1.0 / RATE)
        if number >= 0:
            moments.append((state.temperature.numpy().copy(), state.density.numpy().copy()))
    return moments


def _fuel(recipe: _Recipe, index: int, seed: int, box: fluid.Box) -> tuple[list[tuple[Tensor, float]], Tensor]:
    """Where fuel comes from, 0 to 1 [x, y, z]: each tree's crown with the phase of its puffs, and the ground."""
    voxel = box.voxel
    axes = [(torch.arange(size) + 0.5) * voxel for size in box.shape]
    foot_x, foot_y = _foot(recipe, box.wind)
    x, y, z = torch.meshgrid(
        axes[0] - 0.5 * voxel * box.shape[0] - foot_x,
        axes[1] - 0.5 * voxel * box.shape[1] - foot_y,
        axes[2],
        indexing="ij",
    )
    draws = hashing.uniform(seed, np.arange(recipe.trees * 6) + index * _PER_CACHE, _TREE).reshape(-1, 6)
    trees: list[tuple[Tensor, float]] = []
    for number, (reach, turn, tall, low, wide, phase) in enumerate(draws.tolist()):
        angle = 2.0 * math.pi * (number + turn) / recipe.trees
        away = recipe.spread * math.sqrt(reach)
        top = recipe.tallest * (0.55 + 0.45 * tall)
        bottom = top * (0.05 + 0.15 * low)
        distance = torch.hypot(x - away * math.cos(angle), y - away * math.sin(angle))
        radius = recipe.crown * (0.6 + 0.4 * wide) * (1.0 - (z - bottom) / (top - bottom)).clamp(0.0, 1.0) ** 0.7
        crown = torch.sigmoid((radius - distance) / (0.5 * voxel)) * ((z > bottom) & (z < top))
        trees.append((crown, math.pi * phase))
    ground = torch.sigmoid((recipe.ground - torch.hypot(x, y)) / voxel) * (z < 2.2 * voxel)
    return trees, ground


def _foot(recipe: _Recipe, wind: tuple[float, float]) -> tuple[float, float]:
    """Where the fire stands, from the middle of the box: upwind, so that what leans stays in the box."""
    reach = 0.5 * recipe.voxel * recipe.shape[0] * recipe.upwind
    scale = reach / max(math.hypot(*wind), 4.0)
    return (-wind[0] * scale, -wind[1] * scale)


def _blotches(recipe: _Recipe, index: int, seed: int) -> Tensor:
    """Four noise fields [4, x, y, z]: two of large and two of small blotches, for `_turned`."""
    tile = turbulence.curl_tile(seed, _BLOTCHES + index)
    large = turbulence.Wrinkles(tile, recipe.voxel, 0.0, 1.0)
    small = turbulence.Wrinkles(tile, 0.5 * recipe.voxel, 0.0, 1.0)
    first = turbulence.flow(large, recipe.shape, recipe.voxel, 0.0)
    second = turbulence.flow(small, recipe.shape, recipe.voxel, 5.0)
    return torch.from_numpy(np.stack((first[0], first[1], second[0], second[1])))


def _turned(blotches: Tensor, turn: float) -> Tensor:
    """Blotches that come and go and are the same after a full turn [x, y, z]: two fields rotated into each other."""
    large = blotches[0] * math.cos(turn) + blotches[1] * math.sin(turn)
    return large + 0.6 * (blotches[2] * math.cos(3.0 * turn) + blotches[3] * math.sin(3.0 * turn))


def _blended(frames: int) -> int:
    """How many frames after the end are blended into the beginning."""
    return frames // 3


def _loop(moments: list[Moment], frames: int, ambient: float) -> list[Moment]:
    """The first ``frames`` moments, where the beginning grows out of what follows the end.

    Both are shown at full strength in the middle of the blend: gas that burns in one or the other burns. A plain
    average would show two pale flames, because light falls steeply with temperature.
    """
    blended = _blended(frames)
    result = moments[:frames]
    for number in range(blended):
        share = number / blended
        young, old = np.float32(min(1.0, 2.0 * share)), np.float32(min(1.0, 2.0 - 2.0 * share))
        (hot, thick), (old_hot, old_thick) = moments[number], moments[frames + number]
        zero = np.float32(ambient)
        temperature = np.maximum((hot - zero) * young, (old_hot - zero) * old) + zero
        result[number] = (temperature, np.maximum(thick * young, old_thick * old))
    return result


def _soften(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """The field without the steps between voxels that finer sampling would show: weights 1, 6, 1 along each axis."""
    for axis in range(3):
        padded = np.pad(field, [(1, 1) if a == axis else (0, 0) for a in range(3)], mode="edge")
        last = field.shape[axis]
        before, after = (np.take(padded, range(first, first + last), axis) for first in (0, 2))
        field = ((before + np.float32(6) * field + after) * np.float32(0.125)).astype(np.float32, copy=False)
    return field


def _fade(recipe: _Recipe) -> NDArray[np.float32]:
    """1 inside, smoothly 0 at the sides and the top of the fine box [x, y, z], so that no plume ends in a plane."""
    ramps: list[NDArray[np.float64]] = []
    for axis, size in enumerate(recipe.shape):
        count = max(round(size * recipe.voxel / recipe.fine_voxel), 2)
        place = np.arange(count) * recipe.fine_voxel
        length = place[-1]
        top = axis == len(recipe.shape) - 1
        distance = (length - place) / min(_FADE_TOP, 0.3 * length) if top else np.minimum(place, length - place) / _FADE
        share = np.clip(distance, 0.0, 1.0)
        ramps.append(share * share * (3.0 - 2.0 * share))
    return (ramps[0][:, None, None] * ramps[1][None, :, None] * ramps[2][None, None, :]).astype(np.float32)
