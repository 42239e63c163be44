"""Scots pine (Pinus sylvestris): a long bare stem, a few sinuous limbs, needles in flat pads.

The crown grows by space colonization (`colonize`) into pads of free space; the dead stubs below it are stems after
Weber and Penn (1995). What an age does: saplings and young pines are cones to the ground; the crown of a grown one is
a dome that has moved up its stem; an old one is a flat umbrella on few heavy limbs, over dead ones.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from usd_ai.sim.growth.colonize import Colony, Limbs, colonize
from usd_ai.sim.growth.individuals import Individual
from usd_ai.sim.growth.skeleton import Blades, Skeleton, join_stems
from usd_ai.sim.growth.trunk import LEAF_AREA_PER_TREE, favour, fit_area, grow_trunks
from usd_ai.sim.growth.vectors import F64, UP, around, cross, sideways, turn, unit
from usd_ai.sim.growth.weber_penn import Bend, Level, child_ids, curved, spread, tapered
from usd_ai.sim.hashing import hash64, normal, salt, uniform, uniform3

_PAD = salt("growth.pine.pad")
_PAD_SIZE = salt("growth.pine.pad size")
_POINT = salt("growth.pine.point")
_LEVEL = salt("growth.pine.level")
_TUFT = salt("growth.pine.tuft")
_TURN = salt("growth.pine.turn")
_DOWN = salt("growth.pine.down")
_LENGTH = salt("growth.pine.length")
_ROLL = salt("growth.pine.roll")

_COLONY = Colony(step=0.14, influence=5.0, kill=0.2, rise=0.55, up=0.1, wobble=0.22, tip_radius=0.0034, exponent=2.3)
_RISE = {"sapling": 0.35, "young": 0.4, "old": 0.75}
# Reach over depth: a dome with a flat top is broad at once, broadest halfway, drawn in at its base.
_DOME = (0.12, 0.5, 0.86, 1.0, 0.8, 0.42)
_CONE = (0.08, 0.22, 0.5, 0.78, 1.0, 0.9)
_CROWNS = {"sapling": _CONE, "young": _CONE, "old": (0.35, 0.85, 1.0, 0.9, 0.62, 0.3)}
_POINTS_PER_PAD = 62
_BLADES_PER_TUFT = 24
_MAX_BLADES = 40_000


def grow_pine(seed: int, who: Individual) -> Skeleton:
    """A Scots pine skeleton in metres, foot at the origin."""
    trunk = grow_trunks(seed, who, segments=30, power=0.62)
    share = np.linspace(0.0, 1.0, int(who.height * (1.0 - 0.9 * who.crown_base) / 0.3) + 2)
    share = 0.9 * who.crown_base + (1.0 - 0.9 * who.crown_base) * share
    nodes, _, _ = trunk.at(np.zeros(len(share), np.int64), share)
    small = min(1.0, 0.3 + who.crown_radius / 2.0)
    colony = replace(_COLONY, step=_COLONY.step * small, kill=_COLONY.kill * small, rise=_RISE.get(who.age, 0.55))
    limbs = colonize(seed, nodes, _free_space(seed, who, trunk), colony)
    blades = fit_area(seed, _needles(seed, limbs, len(nodes)), LEAF_AREA_PER_TREE * who.leaf_area, _MAX_BLADES)
    stems = join_stems((trunk.stems(0), limbs.stems, _stubs(seed, who, trunk).stems(2)))
    return Skeleton(stems, blades, who.height, who.dbh)


def _free_space(seed: int, who: Individual, trunk: Level) -> F64:
    # Pads of needles: flat ellipsoids strewn through the crown, denser towards its top and rim, none evenly placed.
    number = np.arange(round(26 * who.crown_radius), dtype=np.int64)
    u = uniform3(seed, number, _PAD)
    depth = np.concatenate((np.array((0.015, 0.05, 0.1)), u[3:, 0] ** 1.25))  # 0 at the top: the leader has its pads
    share = 1.0 - depth * (1.0 - who.crown_base)
    axis, _, _ = trunk.at(np.zeros(len(share), np.int64), share)
    azimuth = 2.0 * np.pi * (number * 0.381966 + 0.3 * u[:, 1])
    dome = np.interp(depth, (0.0, 0.08, 0.3, 0.55, 0.8, 1.0), _CROWNS.get(who.age, _DOME))
    reach = who.crown_radius * dome * np.sqrt(0.08 + 0.92 * u[:, 2]) * favour(seed, who, azimuth, axis[:, 2])
    reach[:3] *= 0.4
    flat = np.stack((np.cos(azimuth), np.sin(azimuth), np.zeros(len(number))), axis=1)
    center = axis + reach[:, np.newaxis] * flat
    size = (0.34 + 0.46 * uniform(seed, number, _PAD_SIZE)) * np.sqrt(who.crown_radius / 1.9)
    return _pad_points(seed, center, size, who.height)


def _pad_points(seed: int, center: F64, size: F64, height: float) -> F64:
    pad = np.repeat(np.arange(len(size), dtype=np.int64), _POINTS_PER_PAD)
    u = uniform3(seed, np.arange(len(pad), dtype=np.int64), _POINT)
    angle = 2.0 * np.pi * u[:, 0]
    radius = np.sqrt(u[:, 1]) * size[pad]
    lift = (u[:, 2] - 0.35) * 0.62 * size[pad] * (1.0 - 0.5 * u[:, 1])
    offset = np.stack((radius * np.cos(angle), radius * np.sin(angle), lift), axis=1)
    points = center[pad] + offset
    points[:, 2] = np.minimum(points[:, 2], height - 0.05)
    return points


def _needles(seed: int, limbs: Limbs, trunk_nodes: int) -> Blades:
    # Tufts stand on the last three years' growth: brushes of needles that open towards the tip.
    young = np.flatnonzero(limbs.from_tip[trunk_nodes:] <= 3) + trunk_nodes
    young = np.concatenate((young, np.array([trunk_nodes - 1])))
    tuft = np.repeat(young, 2)
    twice = np.tile(np.arange(2, dtype=np.int64), len(young))
    ids = hash64(seed, 2 * tuft + twice, _TUFT)
    end = (limbs.from_tip[tuft] == 0) & (twice == 0)
    leave = np.where(end, 0.15, 0.75) + 0.25 * normal(seed, ids, _DOWN)
    shoot = around(limbs.headings[tuft], leave, 2.0 * np.pi * uniform(seed, ids, _TURN))
    shoot = unit(shoot + 0.45 * UP)
    stalk = 0.03 + 0.11 * uniform(seed, ids, _LENGTH)
    blade = np.repeat(np.arange(len(tuft), dtype=np.int64), _BLADES_PER_TUFT)
    number = np.tile(np.arange(_BLADES_PER_TUFT, dtype=np.int64), len(tuft))
    own = child_ids(seed, ids[blade], number)
    along = uniform(seed, own, _LEVEL)
    open_angle = np.radians(74.0 - 46.0 * along) + 0.16 * normal(seed, own, _DOWN)
    spin = number * np.radians(137.5) + 0.5 * normal(seed, own, _TURN)
    axis = around(shoot[blade], open_angle, spin)
    face = turn(cross(sideways(axis), axis), axis, 1.2 * normal(seed, own, _ROLL))
    origin = limbs.nodes[tuft][blade] + shoot[blade] * (stalk[blade] * (0.3 + 0.9 * along))[:, np.newaxis]
    long = 0.135 * (0.75 + 0.5 * uniform(seed, own, _LENGTH))
    return Blades(origin, axis, face, long, 0.15 * long, own, limbs.joints[tuft][blade])


def _stubs(seed: int, who: Individual, trunk: Level) -> Level:
    # Dead branches below the crown, snapped off by wind and snow; they stay for decades.
    old = who.age == "old"
    counts = np.array([round((1.8 if old else 1.3) * who.height * who.crown_base)], np.int64)
    parent, number, share, ids = spread(seed, trunk, counts, (0.16, who.crown_base + 0.05), 1.8, _LEVEL)
    origin, heading, radius = trunk.at(parent, share)
    azimuth = number * np.radians(137.5) + 0.9 * normal(seed, ids, _TURN)
    down = np.radians(82.0) + 0.2 * normal(seed, ids, _DOWN)
    length = 0.12 + (1.9 if old else 1.1) * uniform(seed, ids, _LENGTH) ** 2.5 * np.interp(
        share, (0.16, who.crown_base), (0.5, 1.0)
    )
    bend = replace(Bend(4), curve=-10.0, back=6.0, wander=26.0)
    points = curved(seed, ids, origin, around(heading, down, azimuth), length, bend)
    thick = np.minimum(0.3 * radius, 0.008 + 0.012 * length)
    return Level(points, tapered(thick, 0.005, 4, 0.7), length, ids, np.zeros(len(ids), np.bool_), origin)
