"""Surface fire in standard fuels: how fast it runs, how hard it burns, and when it climbs into crowns.

Rothermel, "A mathematical model for predicting fire spread in wildland fuels", USDA INT-115, 1972, with Albini's
changes (INT-30, 1976) as Andrews lists them in RMRS-GTR-371, 2018, section 3 and appendix; herbs that dry as Scott and
Burgan have it (RMRS-GTR-153, 2005). The equations are in the units they were published in (feet, pounds, minutes, Btu);
SI comes in and goes out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim._fuels import FUEL_MODELS, FuelModel, Moisture

Floats = NDArray[np.float64]

_POUNDS_PER_FOOT2 = 2000.0 / 43560.0  # per ton an acre
_METRES_PER_SECOND = 0.3048 / 60.0  # per foot a minute
_KILOJOULES_PER_METRE2 = 11.35653  # per Btu a square foot
_COARSE_SAV = (109.0, 30.0)  # 1/ft of the 10 h and 100 h classes; the others are the model's own
_SIZES = (1200.0, 192.0, 96.0, 48.0, 16.0)  # 1/ft: classes of size that Albini's net load sums over
_PARTICLE_DENSITY = 32.0  # lb/ft³
_MINERAL, _SILICA_FREE = 0.0555, 0.010


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
    """The surface fire of a fuel model. Raises InvalidRequest for a number that is not one of `FUEL_MODELS`."""
    if number not in FUEL_MODELS:
        raise InvalidRequest(
            f"There is no fuel model {number}.",
            remedy="Give 1 to 13 or 101 to 204 of the standard models, or 0 for ground that does not burn.",
        )
    fuel = FUEL_MODELS[number]
    load, sav, wet = _particles(fuel, moisture)
    surface = load * sav / _PARTICLE_DENSITY
    dead, live = float(surface[:4].sum()), float(surface[4:].sum())
    share = np.concatenate([surface[:4] / dead, surface[4:] / max(live, 1e-300)])
    part_dead, part_live = dead / (dead + live), live / (dead + live)
    part = np.repeat([part_dead, part_live], [4, 2])
    mean_sav = float((part * share * sav).sum())
    bulk = float(load.sum()) / fuel.depth
    packing = bulk / _PARTICLE_DENSITY
    relative = packing / (3.348 * mean_sav**-0.8189)

    high = mean_sav**1.5 / (495.0 + 0.0594 * mean_sav**1.5)
    power = 133.0 * mean_sav**-0.7913
    velocity = high * relative**power * math.exp(power * (1.0 - relative))
    net = _net_load(share, sav, load * (1.0 - _MINERAL))
    burning = net[0] * _moisture_damping(float((share * wet)[:4].sum()), fuel.extinction)
    if live > 0.0:
        wettest = _live_extinction(fuel, load, sav, wet)
        burning += net[1] * _moisture_damping(float((share * wet)[4:].sum()), wettest)
    reaction = velocity * burning * fuel.heat * 0.174 * _SILICA_FREE**-0.19

    flux = math.exp((0.792 + 0.681 * math.sqrt(mean_sav)) * (packing + 0.1)) / (192.0 + 0.2595 * mean_sav)
    sink = bulk * float((part * share * np.exp(-138.0 / sav) * (250.0 + 1116.0 * wet)).sum())
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


def _particles(fuel: FuelModel, moisture: Moisture) -> tuple[Floats, Floats, Floats]:
    """Loads in lb/ft², SAV in 1/ft, moisture, each [6]: dead 1 h, 10 h, 100 h, dried herbs; live herbs, live wood."""
    one, ten, hundred, herb, wood = (tons * _POUNDS_PER_FOOT2 for tons in fuel.loads)
    # Two thirds dry at 60 % moisture, wholly at 30 %: Burgan 1979, in RMRS-GTR-153, "Dynamic fuel models".
    dried = min(max(1.333 - 1.11 * moisture.herbs, 0.0), 1.0) if fuel.dynamic else 0.0
    fine, herb_sav, wood_sav = fuel.sav
    return (
        np.array([one, ten, hundred, herb * dried, herb * (1.0 - dried), wood]),
        np.array([fine, *_COARSE_SAV, herb_sav, herb_sav, wood_sav]),
        np.array(
            [
                moisture.one_hour,
                moisture.ten_hour,
                moisture.hundred_hour,
                moisture.one_hour,
                moisture.herbs,
                moisture.live,
            ]
        ),
    )


def _net_load(share: Floats, sav: Floats, net: Floats) -> tuple[float, float]:
    """Net loads of dead and of live fuel: each particle's, weighted by what its class of size has of the surface."""
    size = np.searchsorted(-np.array(_SIZES), -sav)  # 0 for the finest; past the last, too coarse to count
    found: list[float] = []
    for part in (slice(0, 4), slice(4, 6)):
        weight = [float(share[part][size[part] == own].sum()) if own < len(_SIZES) else 0.0 for own in size[part]]
        found.append(float((np.array(weight) * net[part]).sum()))
    return found[0], found[1]


def _moisture_damping(moisture: float, extinction: float) -> float:
    ratio = moisture / extinction
    if ratio >= 1.0:  # where the polynomial is nothing but rounding
        return 0.0
    return max(0.0, 1.0 - 2.59 * ratio + 5.11 * ratio**2 - 3.52 * ratio**3)


def _live_extinction(fuel: FuelModel, load: Floats, sav: Floats, wet: Floats) -> float:
    fine = load[:4] * np.exp(-138.0 / sav[:4])
    dead_to_live = float(fine.sum()) / float((load[4:] * np.exp(-500.0 / sav[4:])).sum())
    fine_moisture = float((fine * wet[:4]).sum() / fine.sum())
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
