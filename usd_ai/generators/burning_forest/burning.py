"""What of a shot's fire is drawn, and how finely: trees that burn alone, the nearest as heroes, the rest in patches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.generators.burning_forest.blaze import Patches, crown_patches
from usd_ai.generators.burning_forest.shot import Shot, burning_unedited, largest, least_of, weight

TORCHES_MOST = 128
"""Trees that burn alone; those that catch fire within the shot always do."""
_FIRST_LOOK_TORCHES = 24
FRONTS_MOST = 48
HERO_VOXEL = 0.2
"""m, of a torch of the library: where one covers more than `HERO_PIXELS`, a hero is worth its bytes."""
HERO_PIXELS = 3.0
_TALL = 28.0
"""m of a flame that is as wide as in the library: taller ones are wider, and so are their voxels."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Flames of a shot: ``torches`` for single trees with ``hero`` bool [n], and ``fronts`` for patches of the rest."""

    torches: Patches
    hero: NDArray[np.bool_]
    fronts: Patches

    def __len__(self) -> int:
        return len(self.torches) + len(self.fronts)


def drawn(shot: Shot, burning: Patches) -> Drawn:
    """Which of the trees that burn (one patch each) have a flame of their own."""
    among = burning_unedited(shot, burning)
    least = least_of(weight(shot, among), _FIRST_LOOK_TORCHES if shot.quick else TORCHES_MOST)
    alone, theirs = _alone(shot, burning, least), _alone(shot, among, least)
    crowds = (crown_patches(some.where(~own), shot.seed) for some, own in ((burning, alone), (among, theirs)))
    fronts = largest(shot, next(crowds), FRONTS_MOST, next(crowds))
    torches = burning.where(alone)
    finest = least_of(_voxels(shot, among.where(theirs)), 0 if shot.quick else int(shot.value("hero")))
    voxels = _voxels(shot, torches)
    return Drawn(torches, (voxels >= finest) & (voxels > HERO_PIXELS), fronts)


def _alone(shot: Shot, trees: Patches, least: float) -> NDArray[np.bool_]:
    return (trees.begin > shot.clock.start) | (weight(shot, trees) >= least)


def _voxels(shot: Shot, trees: Patches) -> NDArray[np.float64]:
    """Pixels [n] that a voxel of each tree's flame would cover where its lower half is in view, else 0."""
    middle = trees.places + np.array([0.0, 0.0, 0.3]) * trees.height[:, None]
    voxel = HERO_VOXEL * np.maximum(0.7, trees.height / _TALL)
    return shot.views.pixels(middle, trees.width) / trees.width * voxel
