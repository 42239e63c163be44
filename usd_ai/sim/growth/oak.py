"""Oak (Quercus robur): a bole that loses itself in heavy crooked limbs, a broad crown, leaves in rosettes at the tips.

The crown grows by space colonization (`colonize`) into clumps of free space on a dome. What an age does: a young oak
is a slender ovoid on a whole stem; a mature one spreads; an old one is thick, broad, broken at the top, and carries
dead limbs below and in its crown.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from usd_ai.sim.growth.colonize import Colony, Limbs, colonize
from usd_ai.sim.growth.individuals import Individual
from usd_ai.sim.growth.skeleton import Blades, Skeleton, Stems, join_stems
from usd_ai.sim.growth.trunk import LEAF_AREA_PER_TREE, favour, fit_area, grow_trunks
from usd_ai.sim.growth.vectors import F64, UP, around, cross, sideways, turn, unit
from usd_ai.sim.growth.weber_penn import Bend, Level, child_ids, curved, spread, tapered
from usd_ai.sim.hashing import hash64, normal, salt, uniform, uniform3

_CLUMP = salt("growth.oak.clump")
_CLUMP_SIZE = salt("growth.oak.clump size")
_POINT = salt("growth.oak.point")
_TUFT = salt("growth.oak.tuft")
_TURN = salt("growth.oak.turn")
_DOWN = salt("growth.oak.down")
_LENGTH = salt("growth.oak.length")
_ROLL = salt("growth.oak.roll")
_PLACE = salt("growth.oak.place")
_DEATH = salt("growth.oak.death")

_COLONY = Colony(step=0.2, influence=6.0, kill=0.3, rise=0.45, up=0.16, wobble=0.3, tip_radius=0.0048, exponent=1.75)
_POINTS_PER_CLUMP = 34
_LEAVES_PER_TUFT = 9
_MAX_LEAVES = 20_000
_USUAL_CROWN = 3.0  # metres


def grow_oak(seed: int, who: Individual) -> Skeleton:
    """An oak skeleton in metres, foot at the origin."""
    bole = {"sapling": 0.96, "young": 0.86, "suppressed": 0.84}.get(who.age, 0.74)
    trunk = grow_trunks(seed, replace(who, height=bole * who.height), segments=24, power=0.62)
    size = min(1.0, who.crown_radius / _USUAL_CROWN + 0.25)
    colony = replace(_COLONY, step=_COLONY.step * size, kill=_COLONY.kill * size)
    low = 0.85 * who.crown_base / bole
    # Limbs leave the bole here and there, not everywhere: few, so that each grows heavy.
    share = np.linspace(low, 1.0, int(who.height * bole * (1.0 - low) / (4.5 * colony.step)) + 2)
    nodes, _, _ = trunk.at(np.zeros(len(share), np.int64), share)
    limbs = colonize(seed, nodes, _free_space(seed, who, trunk, bole), colony)
    blades = _leaves(seed, limbs, len(nodes), who)
    blades = fit_area(seed, blades, LEAF_AREA_PER_TREE * who.leaf_area, _MAX_LEAVES)
    crown = _within_the_trunk(limbs.stems, trunk)
    stems = join_stems((trunk.stems(0), crown, _dead_limbs(seed, who, trunk, bole).stems(1)))
    return Skeleton(stems, blades, who.height, who.dbh)


def _free_space(seed: int, who: Individual, trunk: Level, bole: float) -> F64:
    # Clumps of leaves on the shell of a dome and some within it; light has reached all sides, so it is broad at once.
    number = np.arange(round(30 + 28 * who.crown_radius), dtype=np.int64)
    u = uniform3(seed, number, _CLUMP)
    depth = np.concatenate((np.array((0.03, 0.06, 0.1, 0.16)), 0.04 + 0.96 * u[4:, 0] ** 1.15))  # 0 at the top
    height = who.height * (1.0 - depth * (1.0 - who.crown_base))
    axis, _, _ = trunk.at(np.zeros(len(number), np.int64), np.minimum(height / (bole * who.height), 1.0))
    azimuth = 2.0 * np.pi * (number * 0.381966 + 0.35 * u[:, 1])
    broad = (0.3, 0.62, 0.88, 1.0, 0.92, 0.62) if who.age in {"mature", "old"} else (0.15, 0.4, 0.75, 1.0, 0.95, 0.6)
    dome = np.interp(depth, (0.0, 0.08, 0.25, 0.5, 0.8, 1.0), broad)
    reach = who.crown_radius * dome * (0.3 + 0.7 * np.sqrt(u[:, 2])) * favour(seed, who, azimuth, height)
    reach[:4] *= 0.5
    center = axis + np.stack((np.cos(azimuth) * reach, np.sin(azimuth) * reach, height - axis[:, 2]), axis=1)
    size = (0.38 + 0.42 * uniform(seed, number, _CLUMP_SIZE)) * np.sqrt(who.crown_radius / _USUAL_CROWN)
    clump = np.repeat(number, _POINTS_PER_CLUMP)
    v = uniform3(seed, np.arange(len(clump), dtype=np.int64), _POINT)
    angle, lift = 2.0 * np.pi * v[:, 0], 2.0 * v[:, 1] - 1.0
    radius = np.cbrt(v[:, 2]) * size[clump]
    flat = np.sqrt(1.0 - lift * lift) * radius
    offset = np.stack((flat * np.cos(angle), flat * np.sin(angle), 0.62 * lift * radius), axis=1)
    points = center[clump] + offset
    points[:, 2] = np.minimum(points[:, 2], who.height - 0.1)
    return points


def _within_the_trunk(limbs: Stems, trunk: Level) -> Stems:
    # A limb is never thicker than the bole it leaves: all of it shrinks in proportion.
    room = 0.82 * np.interp(limbs.joints[:, 2], trunk.points[0, :, 2], trunk.radii[0])
    joint, where = np.unique(limbs.joints[:, 2], return_inverse=True)
    thickest = np.zeros(len(joint))
    np.maximum.at(thickest, where, limbs.base_radii)
    factor = np.minimum(1.0, room / np.maximum(thickest[where], 1e-9))
    factor = np.maximum(factor, 0.3)
    radii = limbs.radii * np.repeat(factor, np.diff(limbs.first))
    return replace(limbs, radii=radii)


def _leaves(seed: int, limbs: Limbs, trunk_nodes: int, who: Individual) -> Blades:
    # Rosettes on the last years' growth: leaves stand crowded at the end of a shoot and tilt to the sky.
    young = np.flatnonzero(limbs.from_tip[trunk_nodes:] <= 2) + trunk_nodes
    if who.age == "old":  # some of the crown has died back
        young = young[uniform(seed, hash64(seed, (limbs.joints[young, 2] * 997.0).astype(np.int64), _DEATH), 0) > 0.12]
    tuft = np.repeat(young, 2)
    twice = np.tile(np.arange(2, dtype=np.int64), len(young))
    ids = hash64(seed, 2 * tuft + twice, _TUFT)
    leave = 0.5 + 0.35 * normal(seed, ids, _DOWN)
    shoot = unit(around(limbs.headings[tuft], leave, 2.0 * np.pi * uniform(seed, ids, _TURN)) + 0.3 * UP)
    stalk = 0.04 + 0.16 * uniform(seed, ids, _LENGTH)
    blade = np.repeat(np.arange(len(tuft), dtype=np.int64), _LEAVES_PER_TUFT)
    number = np.tile(np.arange(_LEAVES_PER_TUFT, dtype=np.int64), len(tuft))
    own = child_ids(seed, ids[blade], number)
    along = uniform(seed, own, _PLACE)
    open_angle = np.radians(82.0 - 34.0 * along) + 0.2 * normal(seed, own, _DOWN)
    axis = around(shoot[blade], open_angle, number * np.radians(137.5) + 0.4 * normal(seed, own, _TURN))
    axis = unit(axis - 0.18 * UP)
    face = turn(cross(sideways(axis), axis), axis, 0.7 * normal(seed, own, _ROLL))
    origin = limbs.nodes[tuft][blade] + shoot[blade] * (stalk[blade] * (0.35 + 0.65 * along))[:, np.newaxis]
    long = 0.115 * (0.7 + 0.6 * uniform(seed, own, _LENGTH))
    return Blades(origin, axis, face, long, 0.6 * long, own, limbs.joints[tuft][blade])


def _dead_limbs(seed: int, who: Individual, trunk: Level, bole: float) -> Level:
    # Shaded-out limbs below the crown: stubs on a young bole, long bare arms on an old one.
    old = who.age == "old"
    counts = np.array([round((1.1 if old else 0.5) * who.height)], np.int64)
    top = min(0.97, (who.crown_base + (0.25 if old else 0.08)) / bole)
    parent, number, share, ids = spread(seed, trunk, counts, (0.14, top), 1.8, _PLACE)
    origin, heading, radius = trunk.at(parent, share)
    azimuth = number * np.radians(137.5) + 0.9 * normal(seed, ids, _TURN)
    down = np.radians(68.0) + 0.2 * normal(seed, ids, _DOWN)
    length = 0.12 + (1.9 if old else 0.8) * uniform(seed, ids, _LENGTH) ** 2.2
    points = curved(seed, ids, origin, around(heading, down, azimuth), length, Bend(6, 14.0, -20.0, wander=70.0))
    thick = np.minimum(0.45 * radius, 0.008 + 0.03 * length)
    return Level(points, tapered(thick, 0.006, 6, 0.7), length, ids, np.zeros(len(ids), np.bool_), origin)
