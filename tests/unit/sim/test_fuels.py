from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usd_ai.sim.firespread import FUEL_MODELS, Moisture, surface_fire

_FEET_A_MINUTE = 0.3048 / 60.0
_CHAINS_AN_HOUR = 20.1168 / 3600.0
_DRY = Moisture(0.05, 0.07, 0.09, live=1.5, herb=0.5)
_LOW = Moisture(0.06, 0.07, 0.08, live=0.9, herb=0.6)


def rate(model: int, moisture: Moisture, midflame: float, rise: float, *, across: bool = False) -> float:
    fire = surface_fire(model, moisture)
    wind, slope = fire.wind_factor * midflame**fire.wind_power, fire.slope_factor * rise**2
    return fire.still * (1.0 + (math.hypot(wind, slope) if across else wind + slope))


def sheltered(cover: float) -> float:
    """Albini and Baughman, INT-221, 1979: midflame over 20-foot wind under crowns of 30 feet, half of each filled."""
    filled = 0.5 * cover / 3.0
    return 0.555 / (math.sqrt(filled * 30.0) * math.log((20.0 + 0.36 * 30.0) / (0.13 * 30.0)))


# BehavePlus 6, as its author's test data have it (github.com/cbevins/fire-behavior-simulator,
# src/dag/__behave_tests__/surfaceFire/fm010fm124.data.js): ft/min, midflame wind 880 ft/min across a slope of 0.25.
@pytest.mark.parametrize(("model", "still", "spread"), [(10, 0.679009, 18.551680), (124, 1.433325, 48.470426)])
def test_when_a_fuel_burns_then_behaveplus_agrees(model: int, still: float, spread: float) -> None:
    assert surface_fire(model, _DRY).still / _FEET_A_MINUTE == pytest.approx(still, rel=0.003)
    assert rate(model, _DRY, 880.0 * _FEET_A_MINUTE, 0.25, across=True) / _FEET_A_MINUTE == pytest.approx(
        spread, rel=0.003
    )


# The USDA Fire Lab's Behave (github.com/firelab/behave, src/testBehave/testBehave.cpp): chains an hour, 20-foot wind of
# 5 mi/h under crowns, 30 % slope up the wind (models 1 and 124) or 30 degrees across it (model 4).
@pytest.mark.parametrize(
    ("model", "rise", "cover", "across", "spread"),
    [
        (1, 0.30, 0.5, False, 21.971217),
        (124, 0.30, 0.5, False, 8.876216),
        (4, math.tan(math.radians(30.0)), 0.4, True, 46.631688),
    ],
)
def test_when_a_fuel_burns_then_the_fire_labs_behave_agrees(
    model: int, rise: float, cover: float, across: bool, spread: float
) -> None:
    found = rate(model, _LOW, 5.0 * 0.44704 * sheltered(cover), rise, across=across)
    assert found / _CHAINS_AN_HOUR == pytest.approx(spread, rel=0.003)


@given(model=st.sampled_from(sorted(FUEL_MODELS)), dry=st.floats(0.02, 0.2), wetter=st.floats(0.0, 0.2))
def test_when_a_standard_fuel_is_wetter_then_it_burns_no_faster(model: int, dry: float, wetter: float) -> None:
    rates = [surface_fire(model, Moisture(m, m, m, 1.0)).still for m in (dry, dry + wetter)]
    assert rates[0] >= rates[1] >= 0.0


@given(model=st.sampled_from([101, 104, 107, 121, 124]), herb=st.floats(0.3, 1.2), more=st.floats(0.0, 0.6))
def test_when_grass_is_greener_then_it_burns_no_faster(model: int, herb: float, more: float) -> None:
    rates = [surface_fire(model, Moisture(herb=h)).still for h in (herb, herb + more)]
    assert rates[0] >= rates[1] * (1.0 - 1e-9) >= 0.0
