"""Silver birch (Betula pendula): slender white stems, ascending limbs, fine twigs that hang.

Weber and Penn (1995) with four levels; the hanging twigs are their negative vertical attraction (section 4.8), as in
the paper's weeping willow.
"""

from __future__ import annotations

import numpy as np

from usd_ai.sim.growth.individuals import Individual
from usd_ai.sim.growth.skeleton import Blades, Skeleton, join_stems
from usd_ai.sim.growth.trunk import LEAF_AREA_PER_TREE, favour, fit_area, grow_trunks
from usd_ai.sim.growth.vectors import F64, UP, around, cross, sideways, turn, unit
from usd_ai.sim.growth.weber_penn import Bend, Level, child_ids, curved, spread, tapered
from usd_ai.sim.hashing import normal, salt, uniform

_PLACE = salt("growth.birch.place")
_TURN = salt("growth.birch.turn")
_DOWN = salt("growth.birch.down")
_LENGTH = salt("growth.birch.length")
_DEATH = salt("growth.birch.death")
_LEAF = salt("growth.birch.leaf")
_ROLL = salt("growth.birch.roll")
_GOLDEN = np.radians(137.5)
_MAX_LEAVES = 20_000


def grow_birch(seed: int, who: Individual) -> Skeleton:
    """A birch skeleton in metres, foot at the origin."""
    trunks = grow_trunks(seed, who, segments=26, power=0.8, spread_angle=9.0)
    limbs = _limbs(seed, who, trunks)
    branches = _branches(seed, limbs)
    twigs = _twigs(seed, branches)
    leaves = fit_area(seed, _leaves(seed, twigs), LEAF_AREA_PER_TREE * who.leaf_area, _MAX_LEAVES)
    stems = join_stems((trunks.stems(0), limbs.stems(1), branches.stems(2), twigs.stems(3)))
    return Skeleton(stems, leaves, who.height, who.dbh)


def _limbs(seed: int, who: Individual, trunks: Level) -> Level:
    per_trunk = round(10.0 + 2.2 * who.height * (1.0 - who.crown_base))
    counts = np.full(who.trunks, per_trunk, np.int64)
    parent, number, share, ids = spread(seed, trunks, counts, (who.crown_base, 0.985), 1.6, _PLACE)
    share = np.minimum(share, 0.985)
    origin, heading, radius = trunks.at(parent, share)
    rest = (1.0 - share) / (1.0 - who.crown_base)  # 1 at the crown's base, 0 at the top
    azimuth = number * _GOLDEN + 0.5 * normal(seed, ids, _TURN)
    outward = np.arctan2(heading[:, 1], heading[:, 0])
    length = np.interp(rest, (0.0, 0.25, 0.6, 0.85, 1.0), (0.28, 0.7, 1.0, 0.95, 0.6)) * who.crown_radius * 1.35
    length *= favour(seed, who, azimuth - outward, origin[:, 2]) * np.exp(0.26 * normal(seed, ids, _LENGTH))
    dead = uniform(seed, ids, _DEATH) < np.interp(rest, (0.55, 1.0), (0.0, 0.3))
    length = np.clip(np.where(dead, 0.5 * length, length), 0.25, 0.3 + 0.8 * (1.0 - share) * who.height)
    down = np.radians(np.interp(rest, (0.0, 0.5, 1.0), (28.0, 44.0, 62.0))) + 0.16 * normal(seed, ids, _DOWN)
    direction = around(heading, down, azimuth)
    bend = Bend(7, curve=14.0, back=-46.0, wander=30.0)
    points = curved(seed, ids, origin, direction, length, bend, np.interp(rest, (0.0, 0.5), (0.3, 1.0)))
    thick = np.minimum(0.5 * radius, 0.006 + 0.0105 * length)
    return Level(points, tapered(thick, 0.004, 7, 0.9), length, ids, ~dead, origin)


def _branches(seed: int, limbs: Level) -> Level:
    counts = np.where(limbs.live, np.clip(limbs.lengths / 0.17, 4, 20), limbs.lengths / 0.5).astype(np.int64)
    parent, number, share, ids = spread(seed, limbs, counts, (0.2, 0.99), 0.9, _PLACE)
    origin, heading, radius = limbs.at(parent, share)
    azimuth = number * _GOLDEN + 0.6 * normal(seed, ids, _TURN)
    down = np.radians(46.0) + 0.2 * normal(seed, ids, _DOWN)
    length = limbs.lengths[parent] * np.interp(share, (0.2, 0.5, 1.0), (0.42, 0.4, 0.22))
    length = np.clip(length * (0.6 + 0.8 * uniform(seed, ids, _LENGTH)), 0.16, 1.3)
    bend = Bend(4, wander=34.0, attraction=-42.0)
    points = curved(seed, ids, origin, around(heading, down, azimuth), length, bend)
    thick = np.minimum(0.6 * radius, 0.0055)
    return Level(points, tapered(thick, 0.0025, 4), length, ids, limbs.live[parent], limbs.joints[parent])


def _twigs(seed: int, branches: Level) -> Level:
    counts = np.where(branches.live, np.clip(branches.lengths / 0.12, 3, 8), 0).astype(np.int64)
    parent, number, share, ids = spread(seed, branches, counts, (0.25, 1.0), 0.9, _PLACE)
    origin, heading, radius = branches.at(parent, share)
    azimuth = number * _GOLDEN + 0.7 * normal(seed, ids, _TURN)
    down = np.radians(48.0) + 0.25 * normal(seed, ids, _DOWN)
    length = 0.26 + 0.62 * uniform(seed, ids, _LENGTH) ** 2
    bend = Bend(3, wander=22.0, attraction=-150.0)
    points = curved(seed, ids, origin, around(heading, down, azimuth), length, bend)
    thick = np.minimum(0.7 * radius, 0.0026)
    live, joints = branches.live[parent], branches.joints[parent]
    return Level(points, tapered(thick, 0.0016, 3), length, ids, live, joints)


def _leaves(seed: int, twigs: Level) -> Blades:
    counts = np.ceil(twigs.lengths / 0.05).astype(np.int64)
    parent, number, share, ids = spread(seed, twigs, counts, (0.08, 1.0), 0.7, _LEAF)
    origin, heading, _ = twigs.at(parent, share)
    spin = number * _GOLDEN + 0.8 * normal(seed, ids, _TURN)
    out = around(heading, np.radians(62.0) + 0.3 * normal(seed, ids, _DOWN), spin)
    axis = unit(out - 0.75 * UP)  # leaves hang from long stalks
    face = turn(cross(sideways(axis), axis), axis, 0.9 * normal(seed, ids, _ROLL))
    origin = origin + 0.02 * out
    long: F64 = 0.075 * (0.7 + 0.6 * uniform(seed, child_ids(seed, ids, number * 0), _LENGTH))
    return Blades(origin, axis, face, long, 0.78 * long, ids, twigs.joints[parent])
