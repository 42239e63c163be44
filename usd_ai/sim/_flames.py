"""Flames as caches: single trees from first to last flame, clumps, burning ground; simulated, looped, sharpened.

Numbers without a source were set by eye on pictures; docs/decisions/063-flames-one-clock.md says against what.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim import fluid, hashing, turbulence
from usd_ai.sim._flame_sheets import Sheets, burnt_out, torn
from usd_ai.sim._flame_sources import RATE, Fuel, Recipe, foot, thinned
from usd_ai.sim._plume_frames import GLOW_KELVIN, PlumeCache, PlumeFrame

_LEAST_FRAMES = 12  # a loop below half a second is a flicker
_FAINT = 0.05  # 1/m, taken off everywhere: the haze that would fill the box leaves no edge where it ends
_COLD = 700.0  # K, below the first glow: what is colder is stored as ambient air
_FADE = 2.5  # m over which a plume thins out towards the sides of its box
_FADE_TOP = 7.0  # m, as _FADE towards the top
_GOES_OUT = 20  # frames over which what still glows at the end goes out
_FIRST = 1.2  # m from the foot, where a tree that catches fire must show its first flame
_FINEST = 1.1  # voxels per cell of the finest sheets: what is thinner would flicker from voxel to voxel
_HERO_FINER = 0.62  # of a library flame's voxels

_EDDIES = hashing.salt("plumes.eddies")

Moment = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""Temperature and density [x, y, z], velocity [3, x, y, z]."""

_TORCH = Recipe(
    "torch_a", "torch", trees=1, spread=0.0, tallest=13.0, crown=2.3, ground=1.5, rate=5.2, stir=24.0, erosion=0.62,
    warm_up=56, climb=8.0, decay=52, hollow=0.45, upwind=0.52, shape=(42, 28, 76), voxel=0.36,
    fine_voxel=0.2,
)  # fmt: skip
_TORCHES = (
    _TORCH,
    dataclasses.replace(_TORCH, name="torch_b", tallest=14.5, crown=1.9, stir=20.0, rate=5.6, hollow=0.3),
    dataclasses.replace(_TORCH, name="torch_c", tallest=11.0, crown=2.6, stir=30.0, rate=4.6, hollow=0.5),
)
_FRONTS = (
    Recipe("front_a", "front", trees=7, spread=3.2, tallest=14.0, crown=2.5, ground=4.0, rate=4.5),
    Recipe("front_b", "front", trees=8, spread=3.8, tallest=11.0, crown=2.4, ground=4.8, rate=3.8, stir=30.0),
)
_SURFACE = Recipe(
    "surface", "surface", trees=0, spread=5.0, tallest=0.0, crown=0.0, ground=5.0, rate=7.0, stir=14.0, erosion=0.5,
    speed=4.0, warm_up=30, upwind=0.1, shape=(48, 48, 18), voxel=0.26, fine_voxel=0.16, sheet=0.18,
    gas=dataclasses.replace(_TORCH.gas, radiation=1500.0, mixing=0.8, burn_time=0.3, soot=0.8),
)  # fmt: skip
_RECIPES = {recipe.name: (index, recipe) for index, recipe in enumerate((*_TORCHES, *_FRONTS, _SURFACE))}

PARTS = ("start", "loop", "end")
FLAME_NAMES: tuple[str, ...] = tuple(_RECIPES)
"""The flames of the library: three torching trees, two clumps for the distance, one fire of litter and shrubs."""


def flame(
    name: str,
    frames: int = 48,
    seed: int = 0,
    wind: tuple[float, float] = (3.0, 0.0),
    *,
    hero: bool = False,
    parts: tuple[str, ...] = PARTS,
) -> PlumeCache:
    """One flame of the library, leaning with the ``wind`` (m/s along x and y, 10 m above ground), 24 frames a second.

    Torches (15 x 10 x 27 m) begin with the first flame at the foot of a tree, climb it, loop for as long as it burns,
    and die down; fronts and the surface fire only loop. A ``hero`` is the same simulation on voxels of 0.62 times the
    size, with finer sheets, and has velocities. Only the ``parts`` that are asked for are made. Raises
    InvalidRequest for names that the library does not have, and loops below half a second.
    """
    if name not in _RECIPES or frames < _LEAST_FRAMES:
        raise InvalidRequest(
            f"A flame '{name}' of {frames} frames cannot be made.",
            remedy=f"Ask for one of {', '.join(FLAME_NAMES)} with at least {_LEAST_FRAMES} frames.",
        )
    index, recipe = _RECIPES[name]
    with fluid.one_thread():
        return _burn(recipe, index, frames, seed, wind, parts, hero=hero)


def _burn(
    recipe: Recipe,
    index: int,
    frames: int,
    seed: int,
    wind: tuple[float, float],
    parts: tuple[str, ...],
    *,
    hero: bool,
) -> PlumeCache:
    """Simulate, close the loop, sharpen."""
    eddies = turbulence.Eddies(turbulence.curl_tile(seed, _EDDIES + index), recipe.voxel)
    moments = list(_simulate(recipe, index, frames, seed, wind, eddies))
    young, blended = recipe.warm_up, frames // 3
    cooled = burnt_out([moment[0] for moment in moments], recipe.voxel, max(recipe.tallest, 1.0))
    moments = [(hot, thick, moving) for hot, (_, thick, moving) in zip(cooled, moments, strict=True)]
    sharpen = _Sharpener(recipe, eddies.tile, frames, wind, hero=hero)
    sequences = {"loop": (0, _loop(moments[young:], frames, recipe.gas.ambient))}
    if recipe.kind == "torch":
        first = _first_flame(recipe, moments, wind)
        sequences["start"] = (first - young, moments[first : young + blended])
        sequences["end"] = (frames, _gone(moments[young + frames :], recipe.gas.ambient))
    made = {
        part: tuple(sharpen.frame(moment, first + number) for number, moment in enumerate(sequence))
        for part, (first, sequence) in sequences.items()
        if part in parts
    }
    return PlumeCache(
        name=recipe.name, kind=recipe.kind, frames=made.get("loop", ()), rate=RATE, start=made.get("start", ()),
        end=made.get("end", ()), entry=blended, tree=recipe.tallest,
    )  # fmt: skip


def _simulate(
    recipe: Recipe, index: int, frames: int, seed: int, wind: tuple[float, float], eddies: turbulence.Eddies
) -> Iterator[Moment]:
    """What comes before the loop, the loop, what `_loop` blends into its beginning, and how the fire dies down."""
    box = fluid.Box(recipe.shape, recipe.voxel, wind)
    solver = fluid.prepare(box, recipe.gas)
    state = fluid.start(solver)
    fuel = Fuel(recipe, index, seed, box, frames)
    dying = frames + frames // 3
    for number in range(-recipe.warm_up, dying + recipe.decay):
        seconds = (number / RATE) % (frames / RATE)
        stirred = turbulence.flow(eddies, box.shape, box.voxel, eddies.drift(seconds, frames / RATE, recipe.speed))
        burning = ((state.temperature - 500.0) / 500.0).clamp(0.0, 1.0)
        force = torch.from_numpy(stirred) * (burning * recipe.stir)
        state = fluid.step(solver, state, fluid.Source(fuel=fuel.at(number, dying), force=force), 1.0 / RATE)
        yield state.temperature.numpy().copy(), state.density.numpy().copy(), state.velocity.numpy().copy()


def _first_flame(recipe: Recipe, moments: list[Moment], wind: tuple[float, float]) -> int:
    """The first moment with glowing gas near the foot of the tree."""
    at = foot(recipe, wind)
    x, y, z = np.meshgrid(*((np.arange(size) + 0.5) * recipe.voxel for size in recipe.shape), indexing="ij")
    across = np.hypot(
        x - 0.5 * recipe.voxel * recipe.shape[0] - at[0], y - 0.5 * recipe.voxel * recipe.shape[1] - at[1]
    )
    near = np.hypot(across, z) < _FIRST
    glowing = [bool((moment[0][near] > GLOW_KELVIN + 150.0).any()) for moment in moments[: recipe.warm_up]]
    return glowing.index(True) if True in glowing else recipe.warm_up - 1


class _Sharpener:
    """Coarse moments → frames on fine voxels, torn into sheets, faded towards the sides of the box."""

    def __init__(
        self, recipe: Recipe, tile: NDArray[np.float32], frames: int, wind: tuple[float, float], *, hero: bool
    ) -> None:
        self._recipe, self._hero = recipe, hero
        self._period = frames / RATE
        self._voxel = recipe.fine_voxel * (_HERO_FINER if hero else 1.0)
        at, half = foot(recipe, wind), 0.5 * self._voxel
        middle = [0.5 * recipe.voxel * size for size in recipe.shape]
        self._origin = (half - middle[0] - at[0], half - middle[1] - at[1], half)
        self._sheets = Sheets(
            tile=tile,
            cells=(recipe.sheet, max(0.5 * recipe.sheet, _FINEST * self._voxel)),
            curl=recipe.curl,
            sizes=tuple(recipe.voxel * share for share in (1.0, 0.5, 0.25) if recipe.voxel * share > self._voxel / 2),
            rise=0.2 * recipe.shape[2] * recipe.voxel,
            erosion=recipe.erosion,
            faint=_FAINT,
        )
        self._fade = thinned(recipe, self._voxel, _FADE, _FADE_TOP)

    def frame(self, moment: Moment, number: int) -> PlumeFrame:
        """The frame of a moment; ``number`` counts from the loop's first."""
        recipe, ambient = self._recipe, self._recipe.gas.ambient
        drifts = self._sheets.drifts((number / RATE) % self._period, self._period, recipe.speed)
        hot, thick, moving = moment
        temperature, density = torn(
            self._sheets, _soften(hot), _soften(thick), recipe.voxel, self._voxel, drifts, ambient
        )
        density = np.maximum(density * self._fade - np.float32(_FAINT), np.float32(0.0))
        # Heat fades as well, in the outer half of what density fades over: a flame that leans out ends in no plane.
        temperature = (ambient + (temperature - ambient) * np.minimum(2.0 * self._fade, 1.0)).astype(np.float32)
        temperature[(density == 0.0) | (temperature < (GLOW_KELVIN if self._hero else _COLD))] = ambient
        velocity = None
        if self._hero:
            velocity = turbulence.resampled(moving, temperature > GLOW_KELVIN, recipe.voxel, self._voxel)
        return PlumeFrame(density, temperature, self._voxel, self._origin, velocity)


def _loop(moments: list[Moment], frames: int, ambient: float) -> list[Moment]:
    """The first ``frames`` moments, where the beginning grows out of what follows the end.

    Both are shown at full strength in the middle of the blend: gas that burns in one or the other burns. A plain
    average would show two pale flames, because light falls steeply with temperature.
    """
    blended = frames // 3
    result = moments[:frames]
    for number in range(blended):
        share = number / blended
        young, old = np.float32(min(1.0, 2.0 * share)), np.float32(min(1.0, 2.0 - 2.0 * share))
        (hot, thick, moving), (old_hot, old_thick, old_moving) = moments[number], moments[frames + number]
        zero = np.float32(ambient)
        temperature = np.maximum((hot - zero) * young, (old_hot - zero) * old) + zero
        velocity = moving * np.float32(share) + old_moving * np.float32(1.0 - share)
        thickness = np.maximum(thick * young, old_thick * old)
        result[number] = (temperature.astype(np.float32), thickness.astype(np.float32), velocity.astype(np.float32))
    return result


def _gone(moments: list[Moment], ambient: float) -> list[Moment]:
    """The end of a fire, whose last embers of gas are out in its last frame."""
    result: list[Moment] = []
    for left, (hot, thick, moving) in zip(range(len(moments) - 1, -1, -1), moments, strict=True):
        share = np.float32(min(1.0, left / _GOES_OUT))
        result.append((np.float32(ambient) + (hot - np.float32(ambient)) * share, thick, moving))
    return result


def _soften(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """The field without the steps between voxels that finer sampling would show: weights 1, 6, 1 along each axis."""
    for axis in range(3):
        padded = np.pad(field, [(1, 1) if a == axis else (0, 0) for a in range(3)], mode="edge")
        last = field.shape[axis]
        before, after = (np.take(padded, range(first, first + last), axis) for first in (0, 2))
        field = ((before + np.float32(6) * field + after) * np.float32(0.125)).astype(np.float32, copy=False)
    return field
