"""Trunks, and what trees of every species share: the individual's measures, its lopsided crown, its leaf area."""

from __future__ import annotations

import numpy as np

from usd_ai.sim.growth.individuals import Individual
from usd_ai.sim.growth.noise import value_noise
from usd_ai.sim.growth.skeleton import I64, U64, Blades
from usd_ai.sim.growth.vectors import F64
from usd_ai.sim.growth.weber_penn import Bend, Level, curved
from usd_ai.sim.hashing import hash64, salt, uniform

BREAST_HEIGHT = 1.3  # metres
LEAF_AREA_PER_TREE = 70.0  # m²: leaf area index 5.6 (Asner 2003: 5.1-6.7 in boreal forest) over 800 stems per hectare
_EYE_HEIGHT = 1.7  # metres
_EYE_DISTANCE = 4.5  # metres
_AZIMUTH = salt("growth.lean azimuth")
_SIDE = salt("growth.favoured side")
_STEM = salt("growth.stem")
_KEEP = salt("growth.keep blade")
_SIZE = salt("growth.size")


def varied(seed: int, value: float, question: int, spread: float) -> float:
    """The value, changed by up to ``spread`` of itself by the seed."""
    return value * (1.0 + spread * (2.0 * float(uniform(seed, np.zeros(1, np.int64), question)[0]) - 1.0))


def sized(seed: int, value: float) -> float:
    """A variant's measure for this seed: within 4 %."""
    return varied(seed, value, _SIZE, 0.04)


def grow_trunks(seed: int, who: Individual, segments: int, power: float, *, spread_angle: float = 0.0) -> Level:
    """The trunks, `Level` of ``who.trunks`` stems. The first ends exactly at ``who.height``.

    Radius falls as ((H - z) / (H - 1.3))^power, so it is DBH / 2 at breast height, and flares at the foot (Weber and
    Penn 4.4). A leaning trunk straightens up. With several trunks, those after the first part by ``spread_angle``.
    """
    number = np.arange(who.trunks, dtype=np.int64)
    ids: U64 = hash64(seed, number, _STEM)
    azimuth = 2.0 * np.pi * (uniform(seed, number[:1], _AZIMUTH)[0] + number / max(1, who.trunks))
    tilt = np.radians(who.lean + spread_angle * (number > 0) + 0.4 * spread_angle * (who.trunks > 1))
    heading = np.stack((np.sin(tilt) * np.cos(azimuth), np.sin(tilt) * np.sin(azimuth), np.cos(tilt)), axis=1)
    height: F64 = who.height * (1.0 - 0.13 * number.astype(np.float64))
    foot = np.stack((np.cos(azimuth), np.sin(azimuth), np.zeros(len(number))), axis=1)
    foot *= 0.32 * who.dbh * (who.trunks > 1)
    points = curved(seed, ids, foot, heading, height, Bend(segments=segments, wander=who.sway))
    points[:, :, 2] *= (height / points[:, -1, 2])[:, np.newaxis]
    # A tree that sways ends above where it leans to: shift every station by its share of the difference.
    top = foot[:, :2] + heading[:, :2] * (0.75 * height)[:, np.newaxis]
    share = (points[:, :, 2] / height[:, np.newaxis])[:, :, np.newaxis]
    points[:, :, :2] += (top - points[:, -1, :2])[:, np.newaxis] * share
    diameter = who.dbh * (1.0 - 0.22 * number)
    rest = np.clip((height[:, np.newaxis] - points[:, :, 2]) / (height[:, np.newaxis] - BREAST_HEIGHT), 0.0, None)
    radii = 0.5 * diameter[:, np.newaxis] * rest**power
    radii += 0.28 * diameter[:, np.newaxis] * np.exp(-np.maximum(points[:, :, 2], 0.0) / 0.28)
    radii = np.maximum(radii, 0.006)
    lengths = np.sum(np.sqrt(np.sum(np.diff(points, axis=1) ** 2, axis=2)), axis=1)
    return Level(points, radii, lengths, ids, np.ones(len(ids), np.bool_), foot)


def favour(seed: int, who: Individual, azimuth: F64, height: F64) -> F64:
    """Factor on a branch's length: longer on the favoured side, torn by gaps a couple of metres wide. [n] → [n]."""
    side = 2.0 * np.pi * uniform(seed, np.zeros(1, np.int64), _SIDE)[0]
    places = np.stack((1.3 * np.cos(azimuth), 1.3 * np.sin(azimuth), 0.45 * height), axis=1)
    torn = 2.0 * value_noise(seed, places + 31.0) - 1.0
    return np.maximum(0.15, 1.0 + who.one_sided * np.cos(azimuth - side) + who.gaps * torn)


def fit_area(seed: int, blades: Blades, area: float, limit: int) -> Blades:
    """At most ``limit`` of the blades, scaled so that their area is ``area`` m² and its distribution stays.

    Detail goes where a person's eye comes close: a blade's size grows with its distance from an eye 1.7 m above the
    ground and 4.5 m away, and the number of blades falls with the square of it.
    """
    above = np.maximum(blades.origins[:, 2] - _EYE_HEIGHT, 0.0)
    size = np.sqrt(1.0 + (above / _EYE_DISTANCE) ** 2)
    rank = uniform(seed, blades.ids, _KEEP) * size * size
    chosen: I64 = np.sort(np.argsort(rank, kind="stable")[:limit])
    blades, size = blades.pick(chosen), size[chosen]
    factor = size * np.sqrt(area / float(np.sum(blades.area * size * size)))
    return Blades(
        blades.origins,
        blades.axes,
        blades.faces,
        blades.lengths * factor,
        blades.widths * factor,
        blades.ids,
        blades.joints,
    )
