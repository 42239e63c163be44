"""Conifers with whorls on a straight leader: Norway spruce and fir.

Weber and Penn (1995) with branches set in whorls, one a year, as conifers do, instead of evenly along the trunk. What
an age does: a sapling has few, open whorls that rise; a young tree is a closed cone to the ground; an old one has lost
its lowest branches, keeps dead ones below the crown, hangs lower and is torn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.sim.growth.individuals import Individual
from usd_ai.sim.growth.skeleton import U64, Blades, Skeleton, join_blades, join_stems
from usd_ai.sim.growth.trunk import LEAF_AREA_PER_TREE, favour, fit_area, grow_trunks
from usd_ai.sim.growth.vectors import F64, around, sideways, turn
from usd_ai.sim.growth.weber_penn import Bend, Level, child_ids, curved, spread, tapered
from usd_ai.sim.hashing import normal, salt, uniform

_YEAR = salt("growth.whorled.year")
_TURN = salt("growth.whorled.turn")
_THERE = salt("growth.whorled.there")
_HEIGHT = salt("growth.whorled.height")
_LENGTH = salt("growth.whorled.length")
_DEATH = salt("growth.whorled.death")
_SHARE = salt("growth.whorled.share")
_AZIMUTH = salt("growth.whorled.azimuth")
_PIECE = salt("growth.whorled.piece")
_ROLL = salt("growth.whorled.roll")

_SLOTS = 7  # four branches of the whorl proper, three weak ones between this whorl and the next
_PROPER = 4
_MAX_BLADES = 40_000


@dataclass(frozen=True, slots=True)
class Habit:
    """How a species of whorled conifer grows.

    ``profile``: branch length over depth (0 top, 1 crown base) at 0, 0.06, 0.3, 0.62, 0.85, 1. ``angles``: degrees
    from the leader at depth 0, 0.15, 0.5, 1. ``weight``: how far foliage bends a branch down (1: spruce).
    ``hang``: degrees by which twigs are drawn down; ``herringbone``: radians by which they fall below the plane of
    their branch. ``density``: branches and twigs relative to spruce. ``spray``: radians to the side at which needles
    stand off their shoot; ``flat``: radians by which their faces turn about it; ``blade``: their length relative to
    spruce; ``wide``: width relative to length.
    """

    profile: tuple[float, float, float, float, float, float]
    angles: tuple[float, float, float, float]
    weight: float
    hang: float
    herringbone: float
    density: float
    spray: float
    flat: float
    blade: float
    wide: float


SPRUCE = Habit(
    (0.07, 0.17, 0.55, 0.93, 1.0, 0.72), (38.0, 62.0, 84.0, 102.0), 1.0, -55.0, 0.3, 1.0, 0.62, 0.8, 1.0, 0.13
)
FIR = Habit((0.07, 0.16, 0.5, 0.82, 0.97, 1.0), (46.0, 64.0, 76.0, 88.0), 0.5, -14.0, 0.16, 1.5, 0.95, 0.75, 0.8, 0.15)


def grow_spruce(seed: int, who: Individual) -> Skeleton:
    """A Norway spruce (Picea abies) in metres, foot at the origin: drooping branches, hanging twigs, ragged outline."""
    return _grow(seed, who, SPRUCE)


def grow_fir(seed: int, who: Individual) -> Skeleton:
    """A fir (Abies) in metres, foot at the origin: a dense narrow cone of level, flat sprays down to the ground."""
    return _grow(seed, who, FIR)


def _grow(seed: int, who: Individual, habit: Habit) -> Skeleton:
    trunk = grow_trunks(seed, who, segments=26, power=0.85)
    branches = _whorls(seed, who, trunk, habit)
    twigs = _twigs(seed, branches, habit)
    along = _needles(seed, branches, habit, begin=0.2, spacing=0.06, size=1.0)
    hanging = _needles(seed, twigs, habit, begin=0.0, spacing=0.062, size=0.9)
    leader = _needles(seed, trunk, habit, begin=0.93, spacing=0.03, size=0.8)
    blades = fit_area(seed, join_blades((leader, along, hanging)), LEAF_AREA_PER_TREE * who.leaf_area, _MAX_BLADES)
    stems = join_stems((trunk.stems(0), branches.stems(1), twigs.stems(2)))
    return Skeleton(stems, blades, who.height, who.dbh)


def _profile(habit: Habit, depth: F64) -> F64:
    # Length of branches from the tip (0) to the crown's base (1): widening fast, then carried, then shaded out.
    return np.interp(depth, (0.0, 0.06, 0.3, 0.62, 0.85, 1.0), habit.profile)


def _whorls(seed: int, who: Individual, trunk: Level, habit: Habit) -> Level:
    years = np.arange(90, dtype=np.int64)
    growth = max(who.height / 50.0, 0.2) / habit.density * (0.55 + 0.95 * uniform(seed, years, _YEAR))
    top = 0.12 + np.cumsum(growth)
    # Below, even dead branches have fallen; an old tree has kept them for decades.
    dead_to = (0.3 if who.age == "old" else 0.55) * who.crown_base
    years = years[top < who.height * (1.0 - dead_to)]
    year = np.repeat(years, _SLOTS)
    slot = np.tile(np.arange(_SLOTS, dtype=np.int64), len(years))
    ids = child_ids(seed, np.repeat(trunk.ids[:1], len(year)), year * 16 + slot)
    weak = slot >= _PROPER
    drop = np.where(weak, uniform(seed, ids, _HEIGHT), 0.16 * normal(seed, ids, _HEIGHT)) * growth[year]
    depth = np.clip((top[year] + drop) / (who.height * (1.0 - who.crown_base)), 0.005, None)
    azimuth = 2.0 * np.pi * (uniform(seed, year, _TURN) + slot / np.where(weak, 3.0, 4.0))
    azimuth += 0.38 * normal(seed, ids, _AZIMUTH)
    height = who.height - (top[year] + drop)
    dead = (depth > 1.0) | (uniform(seed, ids, _DEATH) < np.interp(depth, (0.3, 0.9), (0.01, 0.16)))
    present = uniform(seed, ids, _THERE) < np.where(
        weak, 0.6, np.where(depth > 1.0, 0.62 if who.age == "old" else 0.45, 0.9)
    )
    length = who.crown_radius * _profile(habit, np.minimum(depth, 1.0)) * favour(seed, who, azimuth, height)
    length *= np.exp(0.2 * normal(seed, ids, _LENGTH)) * np.where(weak, 0.55, 1.0) * np.where(dead, 0.5, 1.0)
    chosen = np.flatnonzero(present & (height > 0.25) & (height < who.height - 0.08))
    azimuth, length, depth = azimuth[chosen], np.maximum(length[chosen], 0.12), depth[chosen]
    sag = habit.weight * {"sapling": 0.1, "young": 0.6, "old": 1.25}.get(who.age, 1.0)
    share = height[chosen] / who.height
    return _branches(seed, trunk, ids[chosen], azimuth, length, depth, share, ~dead[chosen], habit, sag)


def _branches(
    seed: int,
    trunk: Level,
    ids: U64,
    azimuth: F64,
    length: F64,
    depth: F64,
    share: F64,
    live: NDArray[np.bool_],
    habit: Habit,
    sag: float,
) -> Level:
    parent = np.zeros(len(ids), np.int64)
    origin, heading, radius = trunk.at(parent, share)
    down = np.radians(np.interp(depth, (0.0, 0.15, 0.5, 1.0), habit.angles))
    down += 0.1 * normal(seed, ids, _SHARE)
    direction = around(heading, down, azimuth)
    # The weight of its foliage bends a branch down; its tip, a few years old, still grows towards the light.
    weight = sag * np.interp(depth, (0.0, 0.2, 0.6, 1.0), (-0.3, 0.3, 1.0, 1.15))
    points = curved(seed, ids, origin, direction, length, Bend(6, curve=-26.0, back=34.0, wander=14.0), weight)
    thick = np.minimum(0.42 * radius, 0.0045 + 0.0085 * length)
    return Level(points, tapered(thick, 0.003, 6, 0.9), length, ids, live, origin)


def _twigs(seed: int, branches: Level, habit: Habit) -> Level:
    counts = np.where(
        branches.live, np.clip(habit.density * branches.lengths / 0.1, 2, 24), branches.lengths / 0.3
    ).astype(np.int64)
    parent, number, share, ids = spread(seed, branches, counts, (0.14, 0.97), 0.8, _SHARE)
    origin, heading, radius = branches.at(parent, share)
    side = np.where(number % 2 == 0, 0.0, np.pi)
    azimuth = (
        side
        + np.where(number % 2 == 0, -1.0, 1.0) * habit.herringbone
        + (0.05 + habit.herringbone) * normal(seed, ids, _AZIMUTH)
    )
    down = np.radians(52.0) + 0.16 * normal(seed, ids, _TURN)
    parent_length = branches.lengths[parent]
    # Longest a third along the branch: a herringbone that narrows to the tip.
    length = (
        parent_length * np.interp(share, (0.1, 0.35, 1.0), (0.3, 0.4, 0.09)) * (0.6 + 0.8 * uniform(seed, ids, _LENGTH))
    )
    length = np.clip(length, 0.1, 0.95)
    points = curved(
        seed, ids, origin, around(heading, down, azimuth), length, Bend(3, wander=16.0, attraction=habit.hang)
    )
    live = branches.live[parent]
    thick = np.minimum(0.6 * radius, 0.0042)
    return Level(points, tapered(thick, 0.0022, 3), length, ids, live, branches.joints[parent])


def _needles(seed: int, stems: Level, habit: Habit, begin: float, spacing: float, size: float) -> Blades:
    # A spray: one blade along the shoot, one to either side of it. Needles are 1.5-2 cm, so a shoot is 3-4 cm wide.
    counts = np.where(stems.live, np.ceil(stems.lengths * (1.0 - begin) / spacing), 0).astype(np.int64)
    parent, _, share, piece = spread(seed, stems, counts, (begin, 1.0), 0.5, _PIECE)
    origin, heading, _ = stems.at(parent, share)
    side = sideways(heading)
    upper = np.cross(side, heading)
    groups = []
    for lane, angle in enumerate((0.0, habit.spray, -habit.spray)):
        ids = child_ids(seed, piece, np.full(len(piece), 64 + lane, np.int64))
        swing = angle + 0.14 * normal(seed, ids, _AZIMUTH)
        axis = turn(heading, upper, swing)
        axis = turn(axis, side, 0.22 * normal(seed, ids, _HEIGHT) - (0.25 if lane else 0.0))
        face = turn(np.cross(sideways(axis), axis), axis, habit.flat * normal(seed, ids, _ROLL))
        long = habit.blade * size * (0.2 if lane == 0 else 0.155) * (0.75 + 0.5 * uniform(seed, ids, _LENGTH))
        groups.append(Blades(origin, axis, face, long, habit.wide * long + 0.004, ids, stems.joints[parent]))
    return join_blades(groups)
