"""Flames, lights and their names: whom they stand for, and when they begin and end."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usd_ai.core.types import FrameRange
from usd_ai.generators.burning_forest import flame_prims
from usd_ai.generators.burning_forest.air import MAX_LIGHTS, EmberField, fire_lights
from usd_ai.generators.burning_forest.blaze import Patches
from usd_ai.generators.burning_forest.caches import FlameCache
from usd_ai.generators.burning_forest.clock import StoryClock
from usd_ai.generators.burning_forest.haze import box_around
from usd_ai.generators.burning_forest.space import Space
from usd_ai.generators.burning_forest.spread import Front
from usd_ai.stage.canvas import Canvas

STORIES = np.arange(0.0, 4.0, 1 / 24)


def burning(places: np.ndarray, begin: np.ndarray) -> Patches:
    count = len(places)
    return Patches(
        ids=np.arange(count, dtype=np.int64) * 7 + 3, places=places, width=np.full(count, 5.0),
        height=np.full(count, 20.0), begin=begin, end=begin + 30.0, stems=np.ones(count, np.int64),
    )  # fmt: skip


def scattered(count: int, reach: float, seed: int = 0) -> Patches:
    draw = np.random.default_rng(seed)
    places = np.column_stack([draw.uniform(-reach, reach, (count, 2)), np.zeros(count)])
    return burning(places, draw.uniform(-20.0, 3.0, count))


def torch() -> FlameCache:
    return FlameCache(
        name="t", kind="torch", files=tuple(f"loop{n}" for n in range(48)), start=tuple(f"start{n}" for n in range(60)),
        end=tuple(f"end{n}" for n in range(60)), empty="empty", entry=16, tree=13.0, width=5.0, height=20.0,
        low=(0.0, 0.0, 0.0), high=(1.0, 1.0, 1.0), fields=("density",),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(begin=st.integers(-500, 3000), life=st.integers(0, 2000))
def test_when_a_tree_burns_then_files_follow_each_other_without_a_jump(begin: int, life: int) -> None:
    cache = torch()
    out = cache.out(begin, begin + life)
    seen = [cache.dies(tick, begin, out) for tick in range(begin - 2, out + 64)]
    assert seen[:3] == ["empty", "empty", "start0"]
    assert seen[-1] == "empty"
    follows = {f"loop{n}": {f"loop{(n + 1) % 48}"} for n in range(48)}
    follows |= {f"start{n}": {f"start{n + 1}"} for n in range(59)} | {
        "start59": {"loop16"},
        "empty": {"start0", "empty"},
    }
    follows |= {f"end{n}": {f"end{n + 1}"} for n in range(59)} | {"end59": {"empty"}}
    follows["loop47"] = {"loop0", "end0"}
    assert all(after in follows[before] for before, after in itertools.pairwise(seen))
    if life > 240:
        assert abs(out + 30 - (begin + life)) <= 24


def test_when_trees_burn_then_each_has_one_light_that_begins_with_the_first_of_its_trees() -> None:
    trees = scattered(60, 60.0)
    lights = fire_lights(trees, STORIES, 1, 1.0)
    assert 8 <= len(lights) <= MAX_LIGHTS
    told = np.concatenate([light.trees for light in lights])
    assert np.array_equal(np.sort(told), trees.ids)
    begins = dict(zip(trees.ids.tolist(), trees.begin.tolist(), strict=True))
    for light in lights:
        first = min(begins[tree] for tree in light.trees.tolist())
        shining = STORIES[light.nits > 0.0]
        assert shining[0] == pytest.approx(max(first, 0.0), abs=2 / 24)


def test_when_another_tree_catches_fire_then_lights_keep_their_names() -> None:
    trees = scattered(40, 40.0)
    more = burning(np.vstack([trees.places, [[500.0, 500.0, 0.0]]]), np.append(trees.begin, 1.0))
    before, after = ({light.name for light in fire_lights(found, STORIES, 1, 1.0)} for found in (trees, more))
    assert after - before == {"light_e022_n022"}
    assert before < after


def test_when_fires_are_too_many_then_the_weakest_cells_share_lights_and_none_is_lost() -> None:
    trees = scattered(400, 400.0)
    lights = fire_lights(trees, STORIES, 1, 1.0)
    assert len(lights) == MAX_LIGHTS
    assert sum(len(light.trees) for light in lights) == 400
    assert fire_lights(trees, STORIES, 1, 0.0) == []


def test_when_embers_fly_then_they_cool_within_their_life_and_no_frame_depends_on_another() -> None:
    field = EmberField(scattered(10, 20.0), np.array([4.0, 0.0]), 1, 1.0, 0.0, 4.0)
    now = field.at(2.0)
    assert len(np.unique(now.ids)) == len(now.ids) > 20
    age = 2.0 - now.birth
    assert (age >= -1e-4).all()
    assert (age <= now.life + 1e-4).all()
    assert 950.0 <= now.kelvin.min() < now.kelvin.max() <= 1400.0
    oldest = np.argsort(age / now.life)
    assert (np.diff(now.kelvin[oldest]) <= 1e-2).all()
    later = field.at(2.0 + 1 / 240)
    both = np.intersect1d(now.ids, later.ids)
    rows = [np.searchsorted(of.ids, both) for of in (now, later)]
    moved = (later.places[rows[1]] - now.places[rows[0]]) * 240.0
    np.testing.assert_allclose(moved, now.velocities[rows[0]], atol=1.5)


@pytest.mark.parametrize("seconds", [60, 250])
def test_when_a_shot_is_long_then_no_file_of_a_flame_stands_for_two_moments(
    seconds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: dict[str, str] = {}

    def link(source: str, target: Path) -> None:
        assert known.setdefault(target.name, source) == source

    monkeypatch.setattr(flame_prims, "link", link)
    last = 24 * seconds
    clock = StoryClock(0.0, 1, 24.0, FrameRange(1, last))
    author = flame_prims.Author(cast("Canvas", None), tmp_path, Space(1.0, "Z"), clock, 1)
    cache = torch()
    for tree, before in enumerate((30, 101, 202, 40), start=10**12):
        begin = last - before
        out = cache.out(begin, begin + 500)
        files = flame_prims._life(author, cache, tree, begin, out)
        for frame in (1, begin, begin + 20, last):
            assert known[files[frame].removeprefix("./vdb/")] == cache.dies(clock.tick(frame), begin, out)


def test_when_cameras_fly_far_then_the_air_is_around_all_of_them() -> None:
    path = np.array([[-9000.0, 0.0, 3.0], [0.0, 200.0, 2000.0], [6000.0, 100.0, -400.0]])
    low, voxel, shape = box_around(path)
    high = low + voxel * shape
    assert ((path - low)[:, :2] >= 1500.0).all()
    assert ((high - path)[:, :2] >= 1500.0).all()
    assert (path[:, 2] - low[2]).min() >= 150.0
    assert (high[2] - path[:, 2]).min() >= 450.0
    assert shape.max() <= 256
    assert box_around(np.zeros((1, 3)))[2].tolist() == [40, 40, 8]


def test_when_a_place_is_on_the_last_cell_that_burns_then_the_fire_comes_there_and_not_beyond() -> None:
    arrival = np.array([[1.0, 3.0, np.inf], [5.0, 7.0, np.inf], [np.inf] * 3], np.float32)
    front = Front(arrival, np.ones_like(arrival), (0.0, 0.0), 2.0)
    xy = np.array([[1.0, 1.0], [3.0, 1.0], [3.0, 3.0], [2.0, 3.0], [3.5, 1.0], [3.0, 3.5], [5.0, 1.0], [0.5, 1.0]])
    assert front.at(xy).tolist() == [1.0, 3.0, 7.0, 6.0, np.inf, np.inf, np.inf, 1.0]
