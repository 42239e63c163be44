"""Dead standing trees: the conifers that died before the fire, barkless and grey, broken by wind.

Weber and Penn (1995) stems; what is dead has lost its twigs first, then its branches, then its top.
"""

from __future__ import annotations

import numpy as np

from usd_ai.sim.growth.individuals import Individual
from usd_ai.sim.growth.skeleton import Skeleton, join_stems, no_blades
from usd_ai.sim.growth.trunk import favour, grow_trunks
from usd_ai.sim.growth.vectors import around
from usd_ai.sim.growth.weber_penn import Bend, Level, curved, spread, tapered
from usd_ai.sim.hashing import normal, salt, uniform

_PLACE = salt("growth.snag.place")
_TURN = salt("growth.snag.turn")
_DOWN = salt("growth.snag.down")
_LENGTH = salt("growth.snag.length")


def grow_snag(seed: int, who: Individual) -> Skeleton:
    """A snag in metres, foot at the origin. ``who.crown_radius`` is the reach of what is left of its branches.

    ``who.gaps`` above 0.5 means the top is broken off: the trunk ends thick and in splinters.
    """
    broken = who.gaps > 0.5
    trunk = grow_trunks(seed, who, segments=22, power=0.3 if broken else 0.85)
    if broken:
        share = np.linspace(1.0, 0.45, trunk.radii.shape[1])
        trunk = Level(
            trunk.points,
            np.maximum(trunk.radii, 0.5 * who.dbh * share),
            trunk.lengths,
            trunk.ids,
            trunk.live,
            trunk.joints,
        )
    branches = _branches(seed, who, trunk)
    twigs = _twigs(seed, branches)
    stems = join_stems((trunk.stems(0), branches.stems(1), twigs.stems(2)))
    return Skeleton(stems, no_blades(), who.height, who.dbh, broken)


def _branches(seed: int, who: Individual, trunk: Level) -> Level:
    counts = np.array([round(9.0 * who.height * (1.0 - who.crown_base))], np.int64)
    parent, number, share, ids = spread(seed, trunk, counts, (who.crown_base, 0.97), 2.5, _PLACE)
    share = np.clip(share, 0.05, 0.97)
    origin, heading, radius = trunk.at(parent, share)
    azimuth = number * np.radians(137.5) + 0.8 * normal(seed, ids, _TURN)
    down = np.radians(np.interp(share, (0.3, 1.0), (98.0, 55.0))) + 0.18 * normal(seed, ids, _DOWN)
    reach = who.crown_radius * np.interp(share, (0.2, 0.5, 1.0), (0.7, 1.0, 0.15))
    # Most have snapped near the trunk; a few are whole.
    length = reach * (0.08 + 1.15 * uniform(seed, ids, _LENGTH) ** 2.0) * favour(seed, who, azimuth, origin[:, 2])
    length = np.clip(length, 0.1, None)
    points = curved(seed, ids, origin, around(heading, down, azimuth), length, Bend(5, -24.0, 20.0, wander=24.0))
    thick = np.minimum(0.4 * radius, 0.008 + 0.011 * reach)
    return Level(points, tapered(thick, 0.0045, 5, 0.8), length, ids, length > 0.4 * reach, origin)


def _twigs(seed: int, branches: Level) -> Level:
    counts = np.where(branches.live, branches.lengths / 0.13, 0).astype(np.int64)
    parent, number, share, ids = spread(seed, branches, counts, (0.2, 0.98), 1.2, _PLACE)
    origin, heading, radius = branches.at(parent, share)
    azimuth = np.where(number % 2 == 0, 0.0, np.pi) + 0.5 * normal(seed, ids, _TURN)
    down = np.radians(54.0) + 0.25 * normal(seed, ids, _DOWN)
    length = 0.07 + 0.4 * uniform(seed, ids, _LENGTH) ** 2
    points = curved(seed, ids, origin, around(heading, down, azimuth), length, Bend(3, wander=25.0, attraction=-40.0))
    live = np.zeros(len(ids), np.bool_)
    return Level(points, tapered(np.minimum(0.6 * radius, 0.004), 0.002, 3), length, ids, live, branches.joints[parent])
