from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usd_ai.sim.firespread import (
    Canopy,
    Grid,
    Moisture,
    SpreadRates,
    Torching,
    arrival_from_rates,
    brands_of,
    greatest_distance,
    ignition_probability,
    spot_fires,
    spread_rates,
)

GRID = Grid((-40.0, 20.0), 4.0, (120, 140))
PLACE = [[0.0, 260.0]]
WIND = np.array([12.0, 3.0])


def crowning(fuel: object = 10) -> SpreadRates:
    return spread_rates(GRID, 0.0, (9.0, 2.25), np.asarray(fuel), canopy=Canopy(1.0, 0.3), wind_factor=1.0)


# The USDA Fire Lab's Behave (github.com/firelab/behave, testSpotModule): 15 Engelmann spruces of 20 inches and 30 feet,
# wind of 5 mi/h at 20 feet; testIgniteModule: 6 % at 80 °F and 7 % at 90 °F, half and a quarter shaded.
def test_when_trees_torch_then_brands_fly_as_far_as_behave_says() -> None:
    trees = Torching(30.0 * 0.3048, 20.0 * 0.0254, 15.0)
    assert greatest_distance(trees, 5.0 * 0.44704) / 1609.344 == pytest.approx(0.181449, rel=1e-4)
    assert greatest_distance(trees, 0.0) == 0.0


@pytest.mark.parametrize(("moisture", "fahrenheit", "share"), [(0.06, 95.0, 0.54831705), (0.07, 110.0, 0.50717573)])
def test_when_a_brand_lands_then_it_lights_fuel_as_often_as_behave_says(
    moisture: float, fahrenheit: float, share: float
) -> None:
    assert ignition_probability(moisture, (fahrenheit - 32.0) / 1.8) == pytest.approx(share, rel=1e-6)


def test_when_brands_fly_then_fires_begin_ahead_of_the_front_and_downwind() -> None:
    rates = crowning()
    links = brands_of(rates, WIND, Moisture(), Torching(), 3.0, 5)
    alone = arrival_from_rates(rates, PLACE)
    both = arrival_from_rates(rates, PLACE, links=links)
    assert np.all(both <= alone + 1e-3)
    spots = spot_fires(rates, PLACE, links)
    assert len(spots) > 5
    assert np.all((spots.place - spots.origin) @ WIND > 0.0)
    assert np.all(np.diff(spots.ignited) >= 0.0)
    assert np.all(spots.ignited > spots.launched)
    row = np.rint((spots.place[:, 1] - GRID.low[1]) / GRID.cell - 0.5).astype(int)
    column = np.rint((spots.place[:, 0] - GRID.low[0]) / GRID.cell - 0.5).astype(int)
    assert np.all(alone[row, column] > spots.ignited)
    assert np.all(both[row, column] >= spots.ignited - 1e-3)
    slowest = (1.0 + rates.eccentricity[0, 0]) / (rates.head[0, 0] * (1.0 - rates.eccentricity[0, 0]))
    assert np.all(both[row, column] <= spots.ignited + 0.75 * slowest * GRID.cell)  # within the cell it landed in


def test_when_the_field_is_solved_then_no_brand_could_have_lit_anything_sooner() -> None:
    rates = crowning()
    links = brands_of(rates, WIND, Moisture(), Torching(), 2.0, 5)
    times = arrival_from_rates(rates, PLACE, links=links)
    slowest = 1.0 / (rates.head[0, 0] * (1.0 - rates.eccentricity[0, 0]))
    start = np.repeat(np.arange(times.size), np.diff(links.begin))
    there = np.rint(links.places).astype(int)
    lit = times.ravel()[start] + links.lags
    reach = slowest * (1.0 + rates.eccentricity[0, 0]) * GRID.cell * 0.75  # within the cell it landed in
    assert np.all(times[there[:, 0], there[:, 1]] <= lit + reach)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32), strength=st.floats(0.1, 3.0))
def test_when_spotting_is_stronger_then_each_brand_flies_as_before_and_others_join(seed: int, strength: float) -> None:
    rates = crowning()
    few, many = (brands_of(rates, WIND, Moisture(), Torching(), s, seed) for s in (strength, strength + 0.5))
    assert {*map(tuple, few.places.tolist())} <= {*map(tuple, many.places.tolist())}
    again = brands_of(rates, WIND, Moisture(), Torching(), strength, seed)
    assert np.array_equal(few.places, again.places)
    assert np.array_equal(few.lags, again.lags)


def test_when_water_lies_across_then_only_brands_cross_it() -> None:
    fuel = np.full(GRID.shape, 10)
    fuel[:, 60:66] = 0
    rates = crowning(fuel)
    assert np.isinf(arrival_from_rates(rates, PLACE)[:, 70:]).all()
    links = brands_of(rates, WIND, Moisture(), Torching(), 3.0, 5)
    times = arrival_from_rates(rates, PLACE, links=links)
    assert np.isfinite(times[:, 70:]).any()
    there = np.rint(links.places).astype(int)
    assert np.all(fuel[there[:, 0], there[:, 1]] != 0)


@pytest.mark.parametrize("case", ["calm", "none", "wet"])
def test_when_nothing_can_fly_then_nothing_does(case: str) -> None:
    rates = crowning()
    wind = np.zeros(2) if case == "calm" else WIND
    moisture = Moisture(one_hour=0.6) if case == "wet" else Moisture()
    links = brands_of(rates, wind, moisture, Torching(), 0.0 if case == "none" else 1.0, 5)
    assert len(links.lags) == 0
