"""What storms and fire take from a grown skeleton: a top that broke, limbs that burnt through, twigs to their stubs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from usd_ai.sim.growth.skeleton import I64, Skeleton, Stems
from usd_ai.sim.growth.vectors import F64
from usd_ai.sim.hashing import salt, uniform

_FALLEN = salt("growth.storm.fallen limb")


def broken_at(grown: Skeleton, height: float) -> Skeleton:
    """The tree with everything above ``height`` metres gone: the trunk ends there, thick, in splinters.

    A limb goes with the piece of trunk that bore it, and so does one that starts below and reaches well above.
    """
    stems = grown.stems
    trunk = stems.level == 0
    gone = np.unique(np.concatenate((_too_high(stems, height), stems.joints[stems.joints[:, 2] > height - 0.05, 2])))
    kept = trunk | ~np.isin(stems.joints[:, 2], gone)
    counts = np.diff(stems.first)
    of_trunk = np.repeat(trunk, counts)
    below = ~of_trunk | (stems.points[:, 2] < height)
    # The first station above the break is drawn down to it.
    first_above = np.flatnonzero(~below & np.concatenate((np.zeros(1, np.bool_), below[:-1])))
    points, radii = stems.points.copy(), stems.radii.copy()
    low, high = points[first_above - 1], points[first_above]
    share = ((height - low[:, 2]) / (high[:, 2] - low[:, 2]))[:, np.newaxis]
    points[first_above] = low + (high - low) * share
    radii[first_above] = radii[first_above - 1] * (1.0 - share[:, 0]) + radii[first_above] * share[:, 0]
    below[first_above] = True
    cut = stations(replace(stems, points=points, radii=radii), below).pick(np.flatnonzero(kept))
    blades = grown.blades
    on_trunk = blades.joints[:, 2] <= 0.0
    left = np.where(on_trunk, blades.origins[:, 2] < height - 0.05, ~np.isin(blades.joints[:, 2], gone))
    return Skeleton(cut, blades.pick(left), height, grown.dbh, broken=True)


def _too_high(stems: Stems, height: float) -> F64:
    # Heights of the joints whose limbs reach more than a twentieth above.
    high = np.maximum.reduceat(stems.points[:, 2], stems.first[:-1]) > 1.05 * height
    return stems.joints[high & (stems.level > 0), 2]


def stations(stems: Stems, keep: NDArray[np.bool_]) -> Stems:
    """The stems with those of their stations for which ``keep`` holds; stems left with fewer than two are dropped."""
    counts = np.add.reduceat(keep, stems.first[:-1]).astype(np.int64)
    whole: I64 = np.flatnonzero(counts >= 2)
    keep = keep & np.repeat(counts >= 2, np.diff(stems.first))
    first = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts[whole])))
    return Stems(
        stems.points[keep], stems.radii[keep], first, stems.level[whole], stems.ids[whole], stems.joints[whole]
    )


def burnt_back(seed: int, stems: Stems, finest: float, fallen: float) -> Stems:
    """Stems without what is thinner than ``finest`` metres, and without a share ``fallen`` of the limbs.

    A limb falls as a whole, with all it bears: children share its joint. The trunk stands.
    """
    kept = (stems.level == 0) | (uniform(seed, _words(stems.joints[:, 2]), _FALLEN) >= fallen)
    stems = stems.pick(np.flatnonzero(kept))
    thick = (stems.radii >= finest) | np.repeat(stems.level == 0, np.diff(stems.first))
    # Radii fall along a stem, so what is left is its lower part; bumps of the pipe model must not leave islands.
    before = np.maximum.accumulate(np.where(thick, 0, np.arange(len(thick)) + 1))
    start = np.repeat(stems.first[:-1], np.diff(stems.first))
    return stations(stems, before <= start)


def _words(heights: F64) -> NDArray[np.uint64]:
    return np.ascontiguousarray(heights, np.float64).view(np.uint64)
