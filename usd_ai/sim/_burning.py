"""What a tree does once the fire has come: when it catches, flames, smoulders, and how much heat it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim._rothermel import crown_threshold
from usd_ai.sim.hashing import Ids, normal, salt, uniform

Floats = NDArray[np.float64]

_CATCH, _HOLD, _GLOW = salt("burning.catch"), salt("burning.hold"), salt("burning.glow")
_RESIDENCE, _RESIDENCE_SPREAD = 35.5, 3.0  # s: 34 in crown fire (Taylor 2004), 37 on average (Wotton 2012)
_USUAL_HEIGHT = 15.0  # m; taller trees have thicker twigs, which flame longer
_CATCH_MEDIAN = 3.0  # s from the front's arrival to the flame in the lowest branches (working value)
_GLOW_MEDIAN = 900.0  # s of smouldering (working value)
_HEAT = 18_600.0  # kJ/kg: low heat of combustion of needles and twigs; Van Wagner 1977
_GLOW_SHARE = 0.01  # of the mean flaming rate, at the beginning of smouldering (working value)
_RISE, _FALL = 0.25, 0.45  # shares of the flaming time in which the rate climbs and dies down (working values)


@dataclass(frozen=True, slots=True)
class SpeciesFire:
    """How a species burns. ``crown_base``: height of its lowest live branches as a share of its height.

    ``fuel``: kg of needles and twigs that burn in the flames, per square metre of height (a tree of h metres has
    ``fuel * h²``); ``patience``: factor on the time it takes to catch.
    """

    crown_base: float
    fuel: float
    patience: float


SPECIES_FIRE: dict[str, SpeciesFire] = {
    "pine": SpeciesFire(0.45, 0.045, 1.0),
    "spruce": SpeciesFire(0.08, 0.085, 0.7),
    "birch": SpeciesFire(0.35, 0.030, 1.6),
    "snag": SpeciesFire(0.05, 0.015, 0.8),
    "fir": SpeciesFire(0.04, 0.085, 0.75),
    "oak": SpeciesFire(0.33, 0.035, 1.8),
}
"""Working values for boreal species of 10 to 20 m, by the names of the growth library."""


class TreeState(IntEnum):
    """What a tree does at a moment."""

    LIVE = 0
    FLAMING = 1
    SMOULDERING = 2
    BURNT = 3


@dataclass(frozen=True, slots=True)
class BurnPhases:
    """Story seconds float64 [n] at which each tree catches, ceases to flame and ceases to glow; infinite if never.

    ``crown``: bool [n], whether its crown burns, or the fire only passes at its foot. ``peak``: float64 [n], kW, the
    highest rate of heat release.
    """

    ignition: Floats
    flaming_end: Floats
    smoulder_end: Floats
    crown: NDArray[np.bool_]
    peak: Floats


def burn_phases(
    arrival: ArrayLike,
    species: ArrayLike,
    height: ArrayLike,
    ids: Ids,
    seed: int,
    *,
    table: Sequence[SpeciesFire] | None = None,
    surface_intensity: ArrayLike = np.inf,
    foliage_moisture: float = 1.0,
) -> BurnPhases:
    """The phases of each tree's fire, all [n]; each tree's own, whatever other trees there are.

    ``arrival``: seconds at the tree's foot. ``species``: index into ``table``; without one, of `SPECIES_FIRE` in its
    order. ``height``: metres. ``surface_intensity``: kW/m at the tree (one number or [n]); a crown catches where it
    passes Van Wagner's threshold for the tree's own crown base, and without one all do.

    Raises InvalidRequest for a species that is not in the table.
    """
    fires = list(table) if table is not None else list(SPECIES_FIRE.values())
    kind = np.asarray(species, dtype=np.int64)
    if kind.size and (int(kind.min()) < 0 or int(kind.max()) >= len(fires)):
        raise InvalidRequest(
            f"A tree is of species {int(kind.max())}, but there are {len(fires)}.",
            remedy="Give the table that the species numbers index.",
        )
    base, fuel, patience = (
        np.array([getattr(fire, name) for fire in fires])[kind] for name in ("crown_base", "fuel", "patience")
    )
    tall, came = np.asarray(height, dtype=np.float64), np.asarray(arrival, dtype=np.float64)
    crown = np.broadcast_to(
        np.asarray(surface_intensity, np.float64) > crown_threshold(base * tall, foliage_moisture), came.shape
    )
    catch = _CATCH_MEDIAN * patience * np.exp(0.45 * normal(seed, ids, _CATCH))
    ignition = came + catch
    size = np.clip(np.sqrt(np.sqrt(np.maximum(tall, 0.1) / _USUAL_HEIGHT)), 0.6, 1.4)
    hold = (_RESIDENCE + _RESIDENCE_SPREAD * np.clip(normal(seed, ids, _HOLD), -3.0, 3.0)) * size
    flames = np.where(crown, hold, 0.6 * hold)
    flaming_end = ignition + flames
    glow = _GLOW_MEDIAN * size * (0.4 + 1.2 * uniform(seed, ids, _GLOW))
    mean = np.where(np.isfinite(came), fuel * tall * tall * _HEAT / flames, 0.0) * np.where(crown, 1.0, 0.05)
    # The rate climbs as t² and dies down as (1 - t)²: the mean is this share of the peak.
    peak = mean / (_RISE / 3.0 + _FALL / 3.0 + (1.0 - _RISE - _FALL))
    return BurnPhases(ignition, flaming_end, flaming_end + np.where(crown, glow, 0.3 * glow), crown.copy(), peak)


def state_at(phases: BurnPhases, time: float) -> NDArray[np.uint8]:
    """The `TreeState` of each tree at a story second: uint8 [n]."""
    state = np.zeros(phases.ignition.shape, np.uint8)
    state[phases.ignition <= time] = TreeState.FLAMING
    state[phases.flaming_end <= time] = TreeState.SMOULDERING
    state[phases.smoulder_end <= time] = TreeState.BURNT
    return state


def front_at(phases: BurnPhases, time: float) -> NDArray[np.int64]:
    """Which trees stand in flames at a story second: int64 indices, those that caught first coming first."""
    burning = np.flatnonzero(state_at(phases, time) == TreeState.FLAMING)
    return burning[np.argsort(phases.ignition[burning], kind="stable")]


def heat_release(phases: BurnPhases, time: float) -> Floats:
    """The heat each tree gives at a story second: float64 [n], kW. Its sum over the flaming time burns the fuel up."""
    with np.errstate(invalid="ignore"):  # trees that never burn are infinite on both sides; told apart below
        age = (time - phases.ignition) / (phases.flaming_end - phases.ignition)
        ash = (time - phases.flaming_end) / (phases.smoulder_end - phases.flaming_end)
    climbing = np.clip(age / _RISE, 0.0, 1.0) ** 2
    dying = np.clip((1.0 - age) / _FALL, 0.0, 1.0) ** 2
    state = state_at(phases, time)
    flames = np.where(state == TreeState.FLAMING, phases.peak * np.minimum(climbing, dying), 0.0)
    embers = np.where(state == TreeState.SMOULDERING, phases.peak * _GLOW_SHARE * np.clip(1.0 - ash, 0.0, 1.0), 0.0)
    return np.nan_to_num(flames + embers)
