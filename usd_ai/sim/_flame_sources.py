"""Where flames get their fuel from: crowns of drawn trees and burning ground, in blotches that come and go.

Numbers without a source were set by eye on pictures; docs/decisions/063-flames-one-clock.md says against what.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from usd_ai.sim import fluid, hashing, turbulence

RATE = 24.0  # frames per second
_PUFFS = 1.5  # Hz times the square root of the diameter in metres, how often a pool of fire puffs
_PER_CACHE = 1 << 32  # ids that a cache may use for its own draws

_TREE = hashing.salt("plumes.tree")
_BLOTCHES = hashing.salt("plumes.blotches")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a tree, a clump or a patch of ground burns. Lengths in metres, times in frames."""

    name: str
    kind: str  # "torch": one tree from its first flame to its last; "front": a clump for the distance; "surface"
    trees: int
    spread: float  # radius of the circle that the trees stand in
    tallest: float
    crown: float  # largest crown radius
    ground: float  # radius of the burning ground
    rate: float  # fuel fraction per second where a source is full
    stir: float = 28.0  # m/s² of turbulent force in burning gas
    erosion: float = 0.55
    speed: float = 12.8  # m/s at which eddies and sheets rise
    warm_up: int = 44  # frames simulated before the loop; of a torch: how it catches fire
    climb: float = 0.0  # m/s at which fire climbs a tree that catches; 0: it burns everywhere at once
    decay: int = 0  # frames over which it dies down after the loop
    hollow: float = 0.0  # share of a crown's radius, from the axis, that gives no fuel: needles burn, wood does not
    upwind: float = 0.4  # how far the foot stands upwind of the middle at 4 m/s, in halves of the box
    shape: tuple[int, int, int] = (40, 40, 76)
    voxel: float = 0.4
    fine_voxel: float = 0.3
    sheet: float = 0.22  # m per cell of the noise that tears a flame into sheets
    curl: float = 0.9  # cells by which each finer layer of eddies moves them
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


_CLUMPS = (-0.45, 0.25)
_TUFTS = (0.35, 0.8)
"""Blotches between which fuel goes from none to full: crowns burn nearly all over, litter and shrubs in tufts."""


class Fuel:
    """The fuel of a recipe over its frames: ``at(number)`` gives fuel fraction per second, float32 [x, y, z]."""

    def __init__(self, recipe: Recipe, index: int, seed: int, box: fluid.Box, frames: int) -> None:
        """``index`` is the cache's place in the library, ``frames`` the length of its loop."""
        self._recipe, self._frames = recipe, frames
        self._trees, self._ground, self._height = crowns_and_ground(recipe, index, seed, box)
        self._blotches = _blotches(recipe, index, seed)
        diameter = 2.0 * (recipe.spread + recipe.crown)
        self._puffs = max(1, round(_PUFFS / math.sqrt(diameter) * frames / RATE))

    def at(self, number: int, dying: int) -> Tensor:
        """Frame ``number`` of the loop; negative ones come before it, from ``dying`` on the fire runs out of fuel."""
        recipe, period = self._recipe, self._frames / RATE
        turn = 2.0 * math.pi * ((number / RATE) % period) / period
        emission = self._ground * 0.7
        for crown, phase in self._trees:
            emission = torch.maximum(emission, crown * (0.7 + 0.5 * math.sin(self._puffs * turn + phase)))
        least, full = _TUFTS if recipe.kind == "surface" else _CLUMPS
        emission = emission * ((_turned(self._blotches, turn) - least) / (full - least)).clamp(0.0, 1.0) * recipe.rate
        if recipe.climb:
            lit = recipe.climb * (number + recipe.warm_up + 1) / RATE
            emission = emission * torch.sigmoid((lit - self._height) / 0.7)
        if recipe.decay and number >= dying:
            left = max(0.0, 1.0 - (number - dying) / (0.5 * recipe.decay))
            emission = emission * left * torch.sigmoid((recipe.tallest * left - self._height) / 0.7 + 1.0)
        return emission


def foot(recipe: Recipe, wind: tuple[float, float]) -> tuple[float, float]:
    """Where the fire stands, from the middle of the box: upwind, so that what leans stays in the box."""
    reach = 0.5 * recipe.voxel * recipe.shape[0] * recipe.upwind
    scale = reach / max(math.hypot(*wind), 4.0)
    return (-wind[0] * scale, -wind[1] * scale)


def crowns_and_ground(
    recipe: Recipe, index: int, seed: int, box: fluid.Box
) -> tuple[list[tuple[Tensor, float]], Tensor, Tensor]:
    """Each tree's crown (0 to 1 [x, y, z]) with the phase of its puffs, the ground (same), and heights [1, 1, z]."""
    voxel = box.voxel
    axes = [(torch.arange(size) + 0.5) * voxel for size in box.shape]
    foot_x, foot_y = foot(recipe, box.wind)
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
        top = recipe.tallest * (1.0 if recipe.kind == "torch" else 0.55 + 0.45 * tall)
        bottom = top * (0.05 + 0.15 * low)
        distance = torch.hypot(x - away * math.cos(angle), y - away * math.sin(angle))
        radius = recipe.crown * (0.6 + 0.4 * wide) * (1.0 - (z - bottom) / (top - bottom)).clamp(0.0, 1.0) ** 0.7
        crown = torch.sigmoid((radius - distance) / (0.5 * voxel)) * ((z > bottom) & (z < top))
        if recipe.hollow:
            crown = crown * (0.25 + 0.75 * torch.sigmoid((distance - recipe.hollow * radius) / (0.5 * voxel)))
        trees.append((crown, math.pi * phase))
    ground = torch.sigmoid((recipe.ground - torch.hypot(x, y)) / voxel) * (z < 2.2 * voxel)
    return trees, ground, axes[2][None, None, :]


def _blotches(recipe: Recipe, index: int, seed: int) -> Tensor:
    """Four noise fields [4, x, y, z]: two of large and two of small blotches, for `_turned`."""
    tile = turbulence.curl_tile(seed, _BLOTCHES + index)
    large = turbulence.Eddies(tile, recipe.voxel)
    small = turbulence.Eddies(tile, 0.5 * recipe.voxel)
    first = turbulence.flow(large, recipe.shape, recipe.voxel, 0.0)
    second = turbulence.flow(small, recipe.shape, recipe.voxel, 5.0)
    return torch.from_numpy(np.stack((first[0], first[1], second[0], second[1])))


def _turned(blotches: Tensor, turn: float) -> Tensor:
    """Blotches that come and go and are the same after a full turn [x, y, z]: two fields rotated into each other."""
    large = blotches[0] * math.cos(turn) + blotches[1] * math.sin(turn)
    return large + 0.6 * (blotches[2] * math.cos(3.0 * turn) + blotches[3] * math.sin(3.0 * turn))


def thinned(recipe: Recipe, fine_voxel: float, side: float, top: float) -> NDArray[np.float32]:
    """1 inside, smoothly 0 at the sides and the top of the fine box [x, y, z], so that no plume ends in a plane."""
    ramps: list[NDArray[np.float64]] = []
    for axis, size in enumerate(recipe.shape):
        count = max(round(size * recipe.voxel / fine_voxel), 2)
        place = np.arange(count) * fine_voxel
        length = place[-1]
        upward = axis == len(recipe.shape) - 1
        distance = (length - place) / min(top, 0.3 * length) if upward else np.minimum(place, length - place) / side
        share = np.clip(distance, 0.0, 1.0)
        ramps.append(share * share * (3.0 - 2.0 * share))
    return (ramps[0][:, None, None] * ramps[1][None, :, None] * ramps[2][None, None, :]).astype(np.float32)
