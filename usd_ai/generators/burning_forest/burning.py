"""What of a shot's fire is drawn, and how finely: trees that burn alone, the nearest as heroes, the rest in patches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.generators.burning_forest.blaze import Patches, crown_patches
from usd_ai.generators.burning_forest.shot import Shot, largest

TORCHES_MOST = 128
"""Trees that burn alone; those that catch fire within the shot always do."""
_FIRST_LOOK_TORCHES = 24
FRONTS_MOST = 48
HERO_VOXEL = 0.25
"""m, of a torch of the library: where one covers more than `HERO_PIXELS`, a hero is worth its bytes."""
HERO_PIXELS = 3.0


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
    most = _FIRST_LOOK_TORCHES if shot.quick else TORCHES_MOST
    seen = shot.views.pixels(burning.places, burning.height)
    catches = burning.begin > shot.clock.start
    rank = np.empty(len(burning), np.int64)
    rank[np.argsort(-(seen + 1e-3 * burning.height), kind="stable")] = np.arange(len(burning))
    alone = catches | (rank < most)
    fronts = largest(shot, crown_patches(burning.where(~alone), shot.seed), FRONTS_MOST)
    torches = burning.where(alone)
    voxel = seen[alone] / torches.height * HERO_VOXEL
    near = np.argsort(-voxel, kind="stable")[: 0 if shot.quick else int(shot.value("hero"))]
    hero = np.zeros(len(torches), np.bool_)
    hero[near] = voxel[near] > HERO_PIXELS
    return Drawn(torches, hero, fronts)
