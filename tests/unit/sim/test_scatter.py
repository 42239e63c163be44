from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim.scatter import PATTERNS_TOGETHER, Points, ids_together, scatter, spacing
from usd_ai.sim.threads import limited

PLACES = st.floats(-5000.0, 5000.0, allow_nan=False)
SIDES = st.floats(5.0, 120.0)
SEEDS = st.integers(-(2**63), 2**64 - 1)


@pytest.fixture(scope="module")
def field() -> Points:
    return scatter((-200.0, 100.0), (300.0, 600.0), 7, 1600.0)


@settings(deadline=None, max_examples=30)
@given(x=PLACES, y=PLACES, width=SIDES, depth=SIDES, dx=SIDES, dy=SIDES, seed=SEEDS)
@example(x=0.0, y=0.0, width=64.0, depth=64.0, dx=32.0, dy=32.0, seed=0)  # region borders on cell borders
def test_when_two_regions_overlap_then_the_shared_points_are_the_same_bits(
    x: float, y: float, width: float, depth: float, dx: float, dy: float, seed: int
) -> None:
    small = scatter((x, y), (x + width, y + depth), seed, 900.0)
    large = scatter((x - dx, y - dy), (x + width + dy, y + depth + dx), seed, 2500.0)
    shared = large.where(
        (large.xy[:, 0] >= x)
        & (large.xy[:, 0] < x + width)
        & (large.xy[:, 1] >= y)
        & (large.xy[:, 1] < y + depth)
        & (large.level <= 900.0)
    )
    assert np.array_equal(small.ids, shared.ids)
    assert np.array_equal(small.xy, shared.xy)
    assert np.array_equal(small.level, shared.level)


@settings(deadline=None, max_examples=20)
@given(seed=SEEDS, low=st.floats(1.0, 800.0), high=st.floats(1.0, 800.0))
def test_when_density_rises_then_points_are_added_and_none_moves(seed: int, low: float, high: float) -> None:
    low, high = min(low, high), max(low, high)
    few, many = (scatter((0.0, 0.0), (150.0, 150.0), seed, density) for density in (low, high))
    places = {int(i): tuple(p) for i, p in zip(many.ids, many.xy.tolist(), strict=True)}
    assert all(places[int(i)] == tuple(p) for i, p in zip(few.ids, few.xy.tolist(), strict=True))
    assert np.array_equal(few.ids, many.thinned(low).ids)


@pytest.mark.parametrize("density", [25.0, 100.0, 312.5, 800.0, 1600.0])
def test_when_thinned_to_any_density_then_the_stated_spacing_holds(field: Points, density: float) -> None:
    kept = field.thinned(density)
    nearest = cKDTree(kept.xy).query(kept.xy, k=2)[0][:, 1]
    assert nearest.min() >= spacing(density)
    assert nearest.min() < 1.1 * spacing(density)  # and it is not an idle promise
    assert kept.ids.size == pytest.approx(density * 25.0, rel=0.04)


def test_when_density_varies_over_the_plane_then_each_place_keeps_its_own_spacing(field: Points) -> None:
    wanted = np.clip(100.0 + 3.0 * (field.xy[:, 0] + 200.0), 100.0, 1600.0)
    kept = field.thinned(wanted)
    distances, other = cKDTree(kept.xy).query(kept.xy, k=2)
    later = np.maximum(kept.level, kept.level[other[:, 1]])
    assert np.all(distances[:, 1] >= spacing(later))
    for west, east in ((-200.0, -50.0), (-50.0, 100.0), (100.0, 300.0)):
        here, all_here = ((points.xy[:, 0] >= west) & (points.xy[:, 0] < east) for points in (kept, field))
        expected = float(wanted[all_here].mean()) * (east - west) * 500.0 / 1e4
        assert here.sum() == pytest.approx(expected, rel=0.06)


def test_when_the_pair_correlation_is_taken_then_it_is_blue_noise(field: Points) -> None:
    # g(r) of points of density 1: nothing below the spacing, one peak behind it, flat beyond; and the power at low
    # frequencies is far below the 1 of white noise.
    for density in (200.0, 1600.0):
        points = field.thinned(density)
        unit = points.xy * np.sqrt(density / 1e4)
        inner = np.all(np.abs(unit - unit.mean(0)) < (np.ptp(unit[:, 0]) / 2 - 4.0), axis=1)
        edges = np.arange(0.0, 4.01, 0.25)
        counts = np.array([np.sum([len(n) - 1 for n in _within(unit, inner, r)]) for r in edges[1:]])
        shells = np.diff(np.concatenate([[0], counts])) / inner.sum() / (np.pi * np.diff(edges**2))
        assert shells[:2].max() == 0.0
        assert 1.3 < shells[3:5].max() < 2.6
        assert np.abs(shells[-4:] - 1.0).max() < 0.08


def _within(unit: np.ndarray, inner: np.ndarray, radius: float) -> list[list[int]]:
    return list(cKDTree(unit).query_ball_point(unit[inner], radius))


def test_when_counted_in_windows_then_numbers_vary_far_less_than_by_chance(field: Points) -> None:
    kept = field.thinned(800.0)
    counts, _, _ = np.histogram2d(kept.xy[:, 0], kept.xy[:, 1], bins=20)  # 50 expected in each window
    assert counts.var() / counts.mean() < 0.2  # 1 for independent points


def test_when_the_cells_frequencies_are_probed_then_no_grid_shows(field: Points) -> None:
    kept = field.thinned(1600.0)
    noise = 1.0 / np.sqrt(kept.ids.size)
    for cell in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0):
        along_axes = np.abs([np.exp(2j * np.pi * kept.xy[:, axis] / cell).mean() for axis in (0, 1)])
        assert along_axes.max() < 4.5 * noise


def test_when_ids_are_looked_at_then_they_are_positive_unique_and_sorted(field: Points) -> None:
    assert field.ids.dtype == np.int64
    assert field.ids.min() > 0
    assert np.all(np.diff(field.ids) > 0)


def test_when_patterns_share_a_list_then_every_id_stays_unique_and_positive_and_in_order(field: Points) -> None:
    together = [ids_together(field.ids, pattern) for pattern in range(PATTERNS_TOGETHER)]
    assert len(np.unique(np.concatenate(together))) == PATTERNS_TOGETHER * len(field.ids)
    assert all(ids.min() > 0 and np.all(np.diff(ids) > 0) for ids in together)
    with pytest.raises(ValueError, match="8"):
        ids_together(field.ids, PATTERNS_TOGETHER)


def test_when_seeds_or_layers_differ_then_patterns_have_nothing_in_common() -> None:
    region = ((0.0, 0.0), (200.0, 200.0))
    one = scatter(*region, 1, 400.0)
    for other in (scatter(*region, 2, 400.0), scatter(*region, 1, 400.0, "grass")):
        assert np.intersect1d(one.xy[:, 0], other.xy[:, 0]).size == 0


def test_when_other_processes_and_thread_counts_scatter_then_the_bytes_are_equal() -> None:
    program = (
        "import hashlib; from usd_ai.sim.scatter import scatter; p = scatter((0, 0), (90, 70), 5, 900);"
        "print(hashlib.sha256(p.ids.tobytes() + p.xy.tobytes() + p.level.tobytes()).hexdigest())"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": threads, "NUMBA_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert answers == {PINNED + "\n"}


@pytest.mark.parametrize(
    ("low", "high", "density"),
    [
        ((0.0, 0.0), (0.0, 1.0), 10.0),
        ((0.0, 0.0), (1.0, float("nan")), 10.0),
        ((0.0, 0.0), (1.0e6, 1.0), 10.0),
        ((0.0, 0.0), (1.0, 1.0), 0.0),
        ((0.0, 0.0), (1.0, 1.0), 1.0e8),
    ],
)
def test_when_the_region_or_density_cannot_be_then_the_refusal_says_what_to_give(
    low: tuple[float, float], high: tuple[float, float], density: float
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        scatter(low, high, 1, density)
    assert refusal.value.remedy


PINNED = "64ba388a93fd8d262e418669df919a15cb5999819a311feafec0f8c756841897"


def test_when_threads_differ_or_a_region_is_asked_for_in_parts_then_the_bits_are_equal() -> None:
    # Large enough to be done in bands, whose borders must not show either.
    whole = scatter((0.0, 0.0), (2300.0, 2300.0), 3, 400.0)
    with limited(1):
        alone = scatter((0.0, 0.0), (2300.0, 2300.0), 3, 400.0)
    halves = [scatter((west, 0.0), (west + 1150.0, 2300.0), 3, 400.0) for west in (0.0, 1150.0)]
    ids = np.concatenate([half.ids for half in halves])
    order = np.argsort(ids)
    for parts, one in (
        (alone.ids, whole.ids),
        (alone.xy, whole.xy),
        (alone.level, whole.level),
        (ids[order], whole.ids),
    ):
        assert np.array_equal(parts, one)
    assert np.array_equal(np.concatenate([half.xy for half in halves])[order], whole.xy)
    assert len(whole.ids) == pytest.approx(400.0 * 529.0, rel=0.01)
