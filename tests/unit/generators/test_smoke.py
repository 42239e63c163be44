"""What heats the air over a fire: the same for every shot of a stretch, and to the end of the longest."""

from __future__ import annotations

import numpy as np
import pytest

from usd_ai.generators.burning_forest.clock import STORY_TICKS
from usd_ai.generators.burning_forest.smoke import _SKIP, _heat_times, _sources, _span, box_over, heat_of
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.sim.plumes import SmokeDomain, smoke_column

STRETCH = 64.0


def trees(ignition: list[float], apart: float = 30.0) -> Stand:
    count = len(ignition)
    begin, column = np.array(ignition, np.float32), np.zeros(count, np.float32)
    return Stand(
        ids=np.arange(count, dtype=np.int64), places=np.column_stack([apart * np.arange(count), *np.zeros((2, count))]),
        species=np.zeros(count, np.int32), variant=np.zeros(count, np.int32), scale=column + 1.0, yaw=column,
        lean=column, lean_azimuth=column, height=column + 15.0, ignition=begin,
        flaming_end=begin + np.float32(34.0), smoulder_end=begin + np.float32(300.0),
    )  # fmt: skip


def watts(stand: Stand, seconds: float, times: list[float]) -> np.ndarray:
    """Heat release [times] over all trees, as a shot that ends at story second ``seconds`` knows it."""
    span = _span(STRETCH, round(seconds * STORY_TICKS))
    return sum(
        _sources(fires, np.zeros(3), times, _heat_times(span))[:, :, 3].sum(axis=1)
        for fires in heat_of(stand, span, seed=3)
    )


@pytest.mark.parametrize("ends", [128.5, 140.0, 300.0])
def test_when_a_shot_is_longer_then_the_heat_before_is_the_same_and_after_it_goes_on(ends: float) -> None:
    stand = trees([70.0, 75.0, 110.0, 126.0, 131.0, 250.0, 260.0], apart=4.0)  # some cells hold trees of both parts
    early = np.arange(STRETCH, 128.0, 0.5).tolist()
    np.testing.assert_array_equal(watts(stand, ends, early), watts(stand, 100.0, early))
    late = np.arange(128.0, ends, 1.0).tolist()
    np.testing.assert_array_equal(watts(stand, ends, late), watts(stand, 400.0, late))


def test_when_a_tree_catches_fire_late_in_a_long_shot_then_it_heats_the_air_and_the_first_have_gone_out() -> None:
    stand = trees([70.0, 200.0])
    heat = watts(stand, 300.0, [80.0, 120.0, 150.0, 195.0, 215.0, 250.0])
    assert heat[0] > 0.0
    assert heat[4] > 0.0
    assert heat[[1, 2, 3, 5]].tolist() == [0.0] * 4


def test_when_a_shot_ends_within_the_first_part_then_no_part_is_added() -> None:
    assert _span(STRETCH, round(128.0 * STORY_TICKS)).tolist() == [32.0, 128.0]
    assert _span(STRETCH, round(128.0 * STORY_TICKS) + 1).tolist() == [32.0, 128.0, 160.0]
    assert _heat_times(_span(STRETCH, 0))[-1] == 128.0
    assert (np.diff(_heat_times(_span(STRETCH, 9000))) == _SKIP).all()


def test_when_the_fire_is_wide_then_the_box_holds_all_that_burns_and_its_voxels_stay_few() -> None:
    wind = np.array([5.0, -3.0])
    for apart, count in ((4.0, 12), (60.0, 30)):
        stand = trees(np.linspace(40.0, 180.0, count).tolist(), apart=apart)
        box = box_over(stand, wind, STRETCH)
        low, high = (box.place[:2] + sign * 0.5 * np.array(box.size[:2]) for sign in (-1.0, 1.0))
        assert (stand.places[:, :2] > low + 30.0).all()
        assert (stand.places[:, :2] < high - 30.0).all()
        assert (high - stand.places[:, :2].max(axis=0))[0] > 100.0  # room to leave by, downwind
        assert np.prod(np.array(box.size) / box.voxel) < 130_000


@pytest.mark.parametrize("apart", [2000.0, 6500.0, 8000.0, 12_000.0, 40_000.0])
def test_when_two_fires_burn_kilometres_apart_then_their_box_is_one_that_smoke_can_rise_in(apart: float) -> None:
    stand = trees([60.0, 70.0], apart=apart)
    stand.places[:, 1] = stand.places[:, 0]
    box = box_over(stand, np.array([3.0, 1.0]), STRETCH)
    domain = SmokeDomain((-0.5 * box.size[0], -0.5 * box.size[1], 0.0), box.size)
    smoke_column(np.zeros((1, 0, 5)), domain, box.voxel, (3.0, 1.0), 1, [0.0])  # refuses what has no sensible size


def test_when_nothing_burns_then_the_box_still_has_a_size() -> None:
    box = box_over(trees([1e6]), np.zeros(2), STRETCH)
    assert min(box.size) > 4 * box.voxel


@pytest.mark.parametrize("rise", [0.0, 60.0, 200.0, 700.0])
def test_when_fire_burns_high_on_a_slope_then_smoke_has_air_over_the_highest_one(rise: float) -> None:
    stand = trees([60.0, 70.0, 75.0])
    stand.places[:, 2] = [0.0, 0.5 * rise, rise]
    box = box_over(stand, np.array([3.0, 1.0]), STRETCH)
    assert box.place[2] + box.size[2] >= rise + 60.0
    assert box.size[2] == pytest.approx(126.0, abs=box.voxel) or rise > 66.0
