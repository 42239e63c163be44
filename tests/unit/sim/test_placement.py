from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usd_ai.sim.growth.noise import fractal_noise
from usd_ai.sim.hashing import salt, uniform
from usd_ai.sim.placement import (
    Circle,
    Line,
    Painted,
    Region,
    Rules,
    dampness,
    inside,
    kinds,
    near_edge,
    painted_at,
    shares,
    stands,
    to_line,
)
from usd_ai.sim.scatter import Points, scatter
from usd_ai.sim.threads import limited

SIDE = 300.0
PLACE = st.floats(-20.0, SIDE + 20.0)
SHARE = st.floats(0.0, 1.0)
OUTLINES = st.lists(st.tuples(PLACE, PLACE), min_size=3, max_size=7).map(lambda p: np.array(p, np.float64))
RULES = st.builds(
    Rules,
    slope_most=st.floats(0.0, 60.0),
    altitude_low=st.floats(-50.0, 20.0),
    altitude_high=st.floats(20.0, 90.0),
    circles=st.lists(st.builds(Circle, PLACE, PLACE, st.floats(1.0, 90.0)), max_size=2).map(tuple),
    regions=st.lists(st.builds(Region, OUTLINES, SHARE), max_size=2).map(tuple),
    lines=st.lists(st.builds(Line, OUTLINES, st.floats(1.0, 40.0), SHARE), max_size=2).map(tuple),
)


@pytest.fixture(scope="module")
def points() -> Points:
    return scatter((0.0, 0.0), (SIDE, SIDE), 5, 900.0)


def _ground(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Heights and upward normals of two waves of hills."""
    z = 40.0 + 30.0 * np.sin(xy[:, 0] / 40.0) * np.cos(xy[:, 1] / 55.0)
    rise = np.stack(
        [
            0.75 * np.cos(xy[:, 0] / 40.0) * np.cos(xy[:, 1] / 55.0),
            -30.0 / 55.0 * np.sin(xy[:, 0] / 40.0) * np.sin(xy[:, 1] / 55.0),
        ]
    )
    normals = np.column_stack([-rise[0], -rise[1], np.ones(len(xy))])
    return z, normals / np.linalg.norm(normals, axis=1)[:, None]


@settings(deadline=None, max_examples=40)
@given(rules=RULES, low=st.floats(0.0, 900.0), high=st.floats(0.0, 900.0))
def test_when_density_rises_then_no_rule_takes_a_tree_away(
    points: Points, rules: Rules, low: float, high: float
) -> None:
    share = shares(rules, points.xy, *_ground(points.xy))
    few, many = (stands(points.level, density, share) for density in sorted((low, high)))
    assert not np.any(few & ~many)
    assert share.dtype == np.float32
    assert np.all((share >= 0.0) & (share <= rules.most))


@settings(deadline=None, max_examples=40)
@given(rules=RULES, outline=OUTLINES, share=SHARE)
def test_when_a_region_is_added_then_nothing_changes_outside_it(
    points: Points, rules: Rules, outline: np.ndarray, share: float
) -> None:
    more = Rules(
        rules.slope_most,
        rules.altitude_low,
        rules.altitude_high,
        rules.circles,
        (*rules.regions, Region(outline, share)),
        rules.lines,
    )
    before, after = (shares(r, points.xy, *_ground(points.xy)) for r in (rules, more))
    within = inside(outline, points.xy)
    assert np.array_equal(before[~within], after[~within])
    assert np.all(after[within] <= before[within])


@settings(deadline=None, max_examples=25)
@given(rules=RULES, cut=st.integers(1, 4000))
def test_when_places_are_asked_for_in_parts_or_by_one_thread_then_the_bits_are_equal(
    points: Points, rules: Rules, cut: int
) -> None:
    z, normals = _ground(points.xy)
    whole = shares(rules, points.xy, z, normals)
    with limited(1):
        parts = [shares(rules, points.xy[p], z[p], normals[p]) for p in (slice(0, cut), slice(cut, None))]
    assert np.array_equal(np.concatenate(parts), whole)


def test_when_a_slope_limit_is_set_then_only_what_is_steeper_goes(points: Points) -> None:
    z, normals = _ground(points.xy)
    slope = np.degrees(np.arccos(normals[:, 2]))
    share = shares(Rules(slope_most=20.0), points.xy, z, normals)
    assert np.all(share[slope <= 20.0] == 1.0)
    assert np.all(share[slope >= 24.0] == 0.0)
    assert 0 < np.count_nonzero((share > 0.0) & (share < 1.0)) < 0.3 * len(share)


def test_when_there_is_a_tree_line_then_trees_thin_out_over_tens_of_metres() -> None:
    xy, z = np.zeros((101, 2)), np.linspace(1500.0, 1600.0, 101)
    share = shares(Rules(altitude_high=1520.0), xy, z, None)
    assert np.all(share[:20] == 1.0)
    assert np.all(share[81:] == 0.0)
    assert np.all(np.diff(share) <= 0.0)
    assert share[50] == pytest.approx(0.5, abs=0.01)


def test_when_there_is_no_ground_then_nothing_stands() -> None:
    share = shares(Rules(), np.zeros((2, 2)), np.array([np.nan, 1.0]), None)
    assert share.tolist() == [0.0, 1.0]


def test_when_a_line_is_a_firebreak_then_it_is_bare_to_its_width_and_full_beyond(points: Points) -> None:
    line = np.array([[20.0, 30.0], [200.0, 180.0], [280.0, 90.0]])
    share = shares(Rules(lines=(Line(line, 16.0, 0.0),)), points.xy, np.zeros(len(points.xy)), None)
    away = to_line(line, points.xy)
    assert np.all(share[away < 8.0] == 0.0)
    assert np.all(share[away > 10.0] == 1.0)


def test_when_a_share_is_above_one_then_density_grows_there_alone() -> None:
    outline = np.array([[100.0, 100.0], [200.0, 100.0], [200.0, 200.0], [100.0, 200.0]])
    rules = Rules(regions=(Region(outline, 2.5),))
    assert rules.most == 2.5
    found = scatter((0.0, 0.0), (SIDE, SIDE), 5, 300.0 * rules.most)
    stand = stands(found.level, 300.0, shares(rules, found.xy, np.zeros(len(found.xy)), None))
    within = inside(outline, found.xy)
    assert np.count_nonzero(stand & within) == pytest.approx(750, rel=0.06)
    assert np.count_nonzero(stand & ~within) == pytest.approx(2400, rel=0.04)


def test_when_a_map_is_painted_then_its_middles_say_their_share_and_its_first_row_lies_north() -> None:
    painted = Painted(np.array([[0.0, 1.0], [0.5, 0.25]], np.float32), (0.0, 0.0), (20.0, 20.0))
    at = painted_at(painted, np.array([[5.0, 15.0], [15.0, 15.0], [5.0, 5.0], [15.0, 5.0], [10.0, 10.0], [30.0, 5.0]]))
    assert at.tolist() == [0.0, 1.0, 0.5, 0.25, 0.4375, 1.0]


def test_when_things_keep_their_distance_then_the_edge_is_soft_and_belongs_to_each() -> None:
    ids = np.arange(2000, dtype=np.int64)
    free = np.array([near_edge(np.full(2000, away), 5.0, 4.0, 3, ids, "path") for away in (4.9, 6.0, 8.0, 9.1)])
    assert not free[0].any()
    assert free[3].all()
    assert np.all(free[1] <= free[2])
    assert free[1].mean() == pytest.approx(0.25, abs=0.04)
    assert near_edge(np.zeros(3), 0.0, 4.0, 3, ids[:3], "path").all()


def test_when_kinds_are_chosen_then_shares_hold_and_groves_form_as_the_noise_says(points: Points) -> None:
    mix = np.array([0.5, 0.0, 0.3, 0.2])
    found = kinds(9, points.ids, points.xy, mix, 45.0, Rules(), None)
    assert np.bincount(found, minlength=4)[1] == 0
    assert np.bincount(found, minlength=4) / len(found) == pytest.approx(mix, abs=0.12)
    # The slow form of the same: the noise of sim.growth, all of it in numpy.
    weights = np.zeros((len(found), 4))
    for k in (0, 2, 3):
        wave = fractal_noise(9 ^ (k + 1), np.column_stack([points.xy / 45.0, np.full(len(found), float(k))]))
        weights[:, k] = np.exp(np.log(mix[k]) + 2.2 * (wave - 0.5))
    edges = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    slow = (uniform(9, points.ids, salt("species"))[:, None] > edges[:, :-1] + 1e-12).sum(axis=1)
    assert np.mean(slow == found) > 0.999


def test_when_things_stand_alone_or_far_apart_then_their_kinds_are_those_they_have_among_all(points: Points) -> None:
    # Among many, corners of the groves' lattices are drawn once for all that share them; alone, for each by itself.
    mix = np.array([0.5, 0.0, 0.3, 0.2])
    among = kinds(9, points.ids, points.xy - 170.0, mix, 45.0, Rules(), None)
    some = np.arange(0, len(points.ids), 97)
    alone = [kinds(9, points.ids[k : k + 1], points.xy[k : k + 1] - 170.0, mix, 45.0, Rules(), None)[0] for k in some]
    apart = kinds(9, points.ids[some], points.xy[some] - 170.0, mix, 45.0, Rules(), None)
    assert np.array_equal(among[some], np.array(alone))
    assert np.array_equal(among[some], apart)


def test_when_ground_is_damp_then_kinds_that_like_it_gain(points: Points) -> None:
    _, normals = _ground(points.xy)
    damp = dampness(normals)
    found = kinds(9, points.ids, points.xy, np.ones(2), 45.0, Rules(affinity=np.array([2.0, -2.0])), damp)
    assert np.mean(found[damp > 0.5] == 0) > 0.85
    assert np.mean(found[damp < -0.5] == 1) > 0.85


def test_when_a_region_has_kinds_of_its_own_then_only_they_stand_there(points: Points) -> None:
    outline = np.array([[50.0, 50.0], [250.0, 50.0], [150.0, 250.0]])
    mix = np.array([0.6, 0.4, 0.0])
    rules = Rules(regions=(Region(outline, 1.0, np.array([0.0, 0.0, 1.0])),))
    plain, own = (kinds(9, points.ids, points.xy, mix, 45.0, r, None) for r in (Rules(), rules))
    within = inside(outline, points.xy)
    assert np.all(own[within] == 2)
    assert np.array_equal(own[~within], plain[~within])


def test_when_crowded_places_lie_apart_then_their_shares_do_not_multiply() -> None:
    alleys = tuple(Line(np.array([[0.0, 12.0 * n], [400.0, 12.0 * n + 300.0]]), 3.0, 4.0) for n in range(8))
    assert Rules(lines=alleys).most == 4.0
    crossing = Line(np.array([[0.0, 200.0], [400.0, 60.0]]), 3.0, 2.0)
    assert Rules(lines=(*alleys, crossing)).most == 8.0
    square = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]])
    assert Rules(regions=(Region(square, 1.5), Region(square + 101.0, 2.0), Region(square, 0.5))).most == 2.0
    assert Rules(regions=(Region(square, 1.5), Region(square + 99.0, 2.0))).most == 3.0


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_when_shapes_lie_anyhow_then_no_share_passes_the_bound(seed: int) -> None:
    random = np.random.default_rng(seed)
    regions = tuple(Region(random.uniform(0.0, SIDE, (5, 2)), float(random.uniform(0.0, 4.0))) for _ in range(4))
    lines = tuple(
        Line(random.uniform(0.0, SIDE, (3, 2)), float(random.uniform(0.1, 30.0)), float(random.uniform(0.0, 4.0)))
        for _ in range(4)
    )
    rules = Rules(regions=regions, lines=lines)
    places = random.uniform(-20.0, SIDE + 20.0, (20_000, 2))
    assert shares(rules, places, np.zeros(len(places)), None).max() <= rules.most * (1.0 + 1e-6)


def test_when_a_large_map_is_asked_for_few_places_then_it_is_not_copied() -> None:
    painted = Painted(np.full((1500, 1500), 0.5, np.float32), (0.0, 0.0), (900.0, 900.0))
    tracemalloc.start()
    assert painted_at(painted, np.array([[450.0, 450.0], [3.0, 890.0]])).tolist() == [0.5, 0.5]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 100_000
