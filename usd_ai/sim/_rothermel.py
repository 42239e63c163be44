"""Surface fire in standard fuels: how fast it runs, how hard it burns, and when it climbs into crowns.

Rothermel, "A mathematical model for predicting fire spread in wildland fuels", USDA INT-115, 1972, with Albini's
changes (INT-30, 1976) as Andrews lists them in RMRS-GTR-371, 2018, section 3 and appendix; fuel models of Anderson,
"Aids to determining fuel models for estimating fire behavior", GTR INT-122, 1982, table 1. The equations are in the
units they were published in (feet, pounds, minutes, Btu); SI comes in and goes out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest

Floats = NDArray[np.float64]

_POUNDS_PER_FOOT2 = 2000.0 / 43560.0  # per ton an acre
_METRES_PER_SECOND = 0.3048 / 60.0  # per foot a minute
_KILOJOULES_PER_METRE2 = 11.35653  # per Btu a square foot
_DEAD_SAV = (0.0, 109.0, 30.0)  # 1/ft of the 10 h and 100 h classes; that of the 1 h class is the model's own
_HEAT = 8000.0  # Btu/lb
_PARTICLE_DENSITY = 32.0  # lb/ft³
_MINERAL, _SILICA_FREE = 0.0555, 0.010


@dataclass(frozen=True, slots=True)
class FuelModel:
    """A standard fuel. Loads in tons an acre, depth in feet, extinction moisture as a share, SAV in 1/ft, as published.

    ``loads``: dead 1 h, 10 h, 100 h, and live. ``sav``: surface to volume of the dead 1 h class and of the live one.
    """

    name: str
    loads: tuple[float, float, float, float]
    depth: float
    extinction: float
    sav: tuple[float, float]


FUEL_MODELS: dict[int, FuelModel] = {
    1: FuelModel("short grass", (0.74, 0.0, 0.0, 0.0), 1.0, 0.12, (3500.0, 1500.0)),
    2: FuelModel("timber with grass", (2.00, 1.00, 0.50, 0.50), 1.0, 0.15, (3000.0, 1500.0)),
    3: FuelModel("tall grass", (3.01, 0.0, 0.0, 0.0), 2.5, 0.25, (1500.0, 1500.0)),
    4: FuelModel("chaparral", (5.01, 4.01, 2.00, 5.01), 6.0, 0.20, (2000.0, 1500.0)),
    5: FuelModel("brush", (1.00, 0.50, 0.0, 2.00), 2.0, 0.20, (2000.0, 1500.0)),
    6: FuelModel("dormant brush", (1.50, 2.50, 2.00, 0.0), 2.5, 0.25, (1750.0, 1500.0)),
    7: FuelModel("southern rough", (1.13, 1.87, 1.50, 0.37), 2.5, 0.40, (1750.0, 1550.0)),
    8: FuelModel("closed timber litter", (1.50, 1.00, 2.50, 0.0), 0.2, 0.30, (2000.0, 1500.0)),
    9: FuelModel("hardwood litter", (2.92, 0.41, 0.15, 0.0), 0.2, 0.25, (2500.0, 1500.0)),
    10: FuelModel("timber with litter and understory", (3.01, 2.00, 5.01, 2.00), 1.0, 0.25, (2000.0, 1500.0)),
    11: FuelModel("light slash", (1.50, 4.51, 5.51, 0.0), 1.0, 0.15, (1500.0, 1500.0)),
    12: FuelModel("medium slash", (4.01, 14.03, 16.53, 0.0), 2.3, 0.20, (1500.0, 1500.0)),
    13: FuelModel("heavy slash", (7.01, 23.04, 28.05, 0.0), 3.0, 0.25, (1500.0, 1500.0)),
}
"""Anderson's thirteen, by number. Number 0 in a fuel map is ground that does not burn."""


@dataclass(frozen=True, slots=True)
class Moisture:
    """Water in fuels as a share of their dry weight: dead 1 h, 10 h and 100 h, live undergrowth, and needles."""

    one_hour: float = 0.06
    ten_hour: float = 0.07
    hundred_hour: float = 0.08
    live: float = 1.0
    foliage: float = 1.0


@dataclass(frozen=True, slots=True)
class SurfaceFire:
    """What a fuel at a moisture does: everything but wind and slope.

    ``still``: m/s on level ground in still air. ``wind_factor`` and ``wind_power``: the rise by a midflame wind U in
    m/s is ``wind_factor * U ** wind_power``. ``slope_factor``: the rise by a slope is it times tan². ``heat``: kJ/m²
    released as the front passes, so that heat times rate is Byram's intensity in kW/m.
    """

    still: float
    wind_factor: float
    wind_power: float
    slope_factor: float
    heat: float


def surface_fire(number: int, moisture: Moisture) -> SurfaceFire:
    """The surface fire of a fuel model. Raises InvalidRequest for a number that is not one of Anderson's thirteen."""
    if number not in FUEL_MODELS:
        raise InvalidRequest(
            f"There is no fuel model {number}.", remedy="Give one of 1 to 13, or 0 for ground that does not burn."
        )
    fuel = FUEL_MODELS[number]
    wet_dead = np.array([moisture.one_hour, moisture.ten_hour, moisture.hundred_hour])
    load = np.array(fuel.loads) * _POUNDS_PER_FOOT2
    sav = np.array([fuel.sav[0], _DEAD_SAV[1], _DEAD_SAV[2], fuel.sav[1]])
    surface = load * sav / _PARTICLE_DENSITY
    dead, live = float(surface[:3].sum()), float(surface[3])
    share = np.concatenate([surface[:3] / dead, [1.0 if live > 0.0 else 0.0]])
    part_dead, part_live = dead / (dead + live), live / (dead + live)
    mean_sav = part_dead * float((share[:3] * sav[:3]).sum()) + part_live * float(sav[3])
    bulk = float(load.sum()) / fuel.depth
    packing = bulk / _PARTICLE_DENSITY
    relative = packing / (3.348 * mean_sav**-0.8189)

    high = mean_sav**1.5 / (495.0 + 0.0594 * mean_sav**1.5)
    power = 133.0 * mean_sav**-0.7913
    velocity = high * relative**power * math.exp(power * (1.0 - relative))
    damped_dead = _moisture_damping(float((share[:3] * wet_dead).sum()), fuel.extinction)
    damped_live = _moisture_damping(moisture.live, _live_extinction(fuel, load, sav, wet_dead)) if live > 0.0 else 0.0
    net = load * (1.0 - _MINERAL)
    burning = float((share[:3] * net[:3]).sum()) * damped_dead + float(net[3]) * damped_live
    reaction = velocity * burning * _HEAT * 0.174 * _SILICA_FREE**-0.19

    flux = math.exp((0.792 + 0.681 * math.sqrt(mean_sav)) * (packing + 0.1)) / (192.0 + 0.2595 * mean_sav)
    ignite = np.exp(-138.0 / sav) * (250.0 + 1116.0 * np.append(wet_dead, moisture.live))
    sink = bulk * (part_dead * float((share[:3] * ignite[:3]).sum()) + part_live * float(ignite[3]))
    wind_power = 0.02526 * mean_sav**0.54
    wind = 7.47 * math.exp(-0.133 * mean_sav**0.55) * relative ** (-0.715 * math.exp(-3.59e-4 * mean_sav))
    residence = 384.0 / mean_sav  # minutes: Anderson, "Heat transfer and fire spread", INT-69, 1969
    return SurfaceFire(
        still=reaction * flux / sink * _METRES_PER_SECOND,
        wind_factor=wind * _METRES_PER_SECOND**-wind_power,
        wind_power=wind_power,
        slope_factor=5.275 * packing**-0.3,
        heat=reaction * residence * _KILOJOULES_PER_METRE2,
    )


def _moisture_damping(moisture: float, extinction: float) -> float:
    ratio = min(1.0, moisture / extinction)
    return max(0.0, 1.0 - 2.59 * ratio + 5.11 * ratio**2 - 3.52 * ratio**3)


def _live_extinction(fuel: FuelModel, load: Floats, sav: Floats, wet_dead: Floats) -> float:
    fine = load[:3] * np.exp(-138.0 / sav[:3])
    dead_to_live = float(fine.sum()) / float(load[3] * np.exp(-500.0 / sav[3]))
    fine_moisture = float((fine * wet_dead).sum() / fine.sum())
    return max(2.9 * dead_to_live * (1.0 - fine_moisture / fuel.extinction) - 0.226, fuel.extinction)


def length_to_breadth(midflame: Floats) -> Floats:
    """How much longer than broad a fire grows in a midflame wind in m/s: 1 in still air, at most 8.

    Anderson, "Predicting wind-driven wild land fire size and shape", INT-305, 1983, as Finney gives it in
    FARSITE (RMRS-RP-4, 1998), which takes off 0.397 to begin with a circle.
    """
    speed = np.minimum(midflame, 20.0)
    return np.minimum(0.936 * np.exp(0.2566 * speed) + 0.461 * np.exp(-0.1548 * speed) - 0.397, 8.0)


def crown_threshold(crown_base_m: float | Floats, foliage_moisture: float) -> Floats:
    """Intensity in kW/m of a surface fire that sets crowns alight whose lowest branches hang at a height in metres.

    Van Wagner, "Conditions for the start and spread of crown fire", Can. J. For. Res. 7, 1977.
    """
    base = np.asarray(crown_base_m, dtype=np.float64)
    return (0.010 * base * (460.0 + 2590.0 * foliage_moisture)) ** 1.5
