from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim.firebend import Key, bent_to, sample
from usd_ai.sim.firespread import Grid, Moisture, SpreadRates, Torching, arrival_from_rates, brands_of, spread_rates

GRID = Grid((-60.0, 10.0), 3.0, (72, 80))
LINE = [[-20.0, 60.0], [-20.0, 160.0]]


def land(seed: int) -> SpreadRates:
    random = np.random.default_rng(seed)
    height = gaussian_filter(random.normal(0.0, 1.0, GRID.shape), 10) * 60.0
    return spread_rates(GRID, height, (3.0, 0.8), 10, Moisture(), wind_factor=1.0)


@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 99), factor=st.floats(0.25, 4.0), x=st.floats(20.0, 150.0), y=st.floats(40.0, 190.0))
def test_when_a_key_is_set_then_the_fire_is_there_and_every_place_has_an_earlier_neighbour(
    seed: int, factor: float, x: float, y: float
) -> None:
    rates = land(seed)
    own = float(sample(arrival_from_rates(rates, LINE, line=True), GRID, [[x, y]])[0])
    bent = bent_to(rates, LINE, [Key((x, y), factor * own)], line=True)
    times = arrival_from_rates(bent, LINE, line=True)
    assert abs(float(sample(times, GRID, [[x, y]])[0]) - factor * own) <= 0.1
    # A bent fire is a fire: no island, and no front that is steeper than the slowest of its rates.
    padded = np.pad(times, 1, constant_values=np.inf)
    shape = GRID.shape
    around = np.min(
        [padded[1 + r : 1 + r + shape[0], 1 + c : 1 + c + shape[1]] for r in (-1, 0, 1) for c in (-1, 0, 1) if r or c],
        axis=0,
    )
    lonely = GRID.centres()[around >= times]
    assert np.all(np.abs(lonely[:, 0] + 20.0) <= 4.0 * GRID.cell)
    assert np.all((lonely[:, 1] > 40.0) & (lonely[:, 1] < 180.0))
    slowest = 1.0 / (bent.head * (1.0 - bent.eccentricity))
    steepest = (slowest * (1.0 + bent.eccentricity)).max() * GRID.cell
    assert np.abs(np.diff(times, axis=0)).max() <= steepest
    assert np.abs(np.diff(times, axis=1)).max() <= steepest


def test_when_several_keys_are_set_then_all_are_met() -> None:
    rates = land(3)
    places = [(40.0, 70.0), (70.0, 110.0), (120.0, 120.0)]
    own = sample(arrival_from_rates(rates, LINE, line=True), GRID, places)
    wanted = own * (1.5, 0.7, 0.9)
    bent = bent_to(rates, LINE, [Key(p, float(t)) for p, t in zip(places, wanted, strict=True)], line=True)
    found = sample(arrival_from_rates(bent, LINE, line=True), GRID, places)
    assert np.abs(found - wanted).max() <= 0.1


def test_when_a_key_is_set_then_far_from_its_way_little_changes() -> None:
    rates = land(4)
    before = arrival_from_rates(rates, LINE, line=True)
    place = (10.0, 60.0)
    own = float(sample(before, GRID, [place])[0])
    after = arrival_from_rates(bent_to(rates, LINE, [Key(place, 1.6 * own)], line=True), LINE, line=True)
    far = np.hypot(*np.moveaxis(GRID.centres() - np.array(place), -1, 0)) > 95.0
    behind = GRID.centres()[..., 1] > 120.0
    assert np.abs(after[far & behind] / before[far & behind] - 1.0).max() < 0.02


def test_when_brands_fly_then_keys_are_met_all_the_same() -> None:
    rates = spread_rates(GRID, 0.0, (5.0, 1.0), 10, Moisture(), wind_factor=1.0)
    torching = SpreadRates(rates.grid, rates.head, rates.heading, rates.eccentricity, rates.intensity, rates.crown + 1)
    links = brands_of(torching, (10.0, 2.0), Moisture(), Torching(), 3.0, 2)
    assert len(links.lags) > 0
    place = (120.0, 110.0)
    own = float(sample(arrival_from_rates(torching, LINE, line=True, links=links), GRID, [place])[0])
    bent = bent_to(torching, LINE, [Key(place, 0.8 * own)], line=True, links=links)
    found = sample(arrival_from_rates(bent, LINE, line=True, links=links), GRID, [place])
    assert abs(float(found[0]) - 0.8 * own) <= 0.1


def test_when_no_key_is_set_then_nothing_is_touched() -> None:
    rates = land(1)
    assert bent_to(rates, LINE, [], line=True) is rates


@pytest.mark.parametrize(
    "keys",
    [
        [Key((60.0, 100.0), 0.0)],
        [Key((60.0, 100.0), -5.0)],
        [Key((900.0, 100.0), 300.0)],
        [Key((60.0, 100.0), 0.5)],
        [Key((60.0, 100.0), 200.0), Key((60.5, 100.0), 900.0)],
    ],
)
def test_when_a_key_cannot_be_met_then_the_refusal_says_what_could(keys: list[Key]) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        bent_to(land(2), LINE, keys, line=True)
    assert refusal.value.reason == "ARRIVAL_IMPOSSIBLE"
    assert refusal.value.remedy


def test_when_a_key_lies_in_water_then_it_is_refused() -> None:
    fuel = np.full(GRID.shape, 10)
    fuel[20:40, 30:50] = 0
    rates = spread_rates(GRID, 0.0, (3.0, 0.8), fuel, Moisture(), wind_factor=1.0)
    with pytest.raises(InvalidRequest, match="never comes"):
        bent_to(rates, LINE, [Key((60.0, 100.0), 300.0)], line=True)


def test_when_more_keys_are_set_than_can_be_met_together_then_that_is_said_at_once() -> None:
    keys = [Key((-10.0 + 2.0 * n, 60.0), 30.0 + n) for n in range(65)]
    with pytest.raises(InvalidRequest, match="arrive at 65 places: more than 64") as refused:
        bent_to(land(3), LINE, keys)
    assert "64 or fewer" in refused.value.remedy
