from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from hypothesis import given
from hypothesis import strategies as st

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import FrameRange
from usd_ai.generators.burning_forest.arrival_map import CHANNEL, author_arrival, tree_arrival
from usd_ai.generators.burning_forest.fire_plan import parse_arrivals, parse_fires, settle
from usd_ai.generators.burning_forest.forest import Forest, load_forest
from usd_ai.generators.burning_forest.fuel_map import moisture_of
from usd_ai.generators.burning_forest.plants import NEVER, as_written
from usd_ai.generators.burning_forest.space import Space
from usd_ai.run.arrays import FolderArrays
from usd_ai.sim.firebend import sample
from usd_ai.sim.firespread import Grid
from usd_ai.stage.canvas import Canvas

VALUES = {"story_time": 20.0, "story_frame": 1001, "ignition": "", "arrivals": ""}
DRY = {"dryness": 0.75, "moisture": 0.0, "season": "summer"}


@pytest.fixture(scope="session")
def grown(planned: Callable[..., object]) -> Callable[..., Forest]:
    def make(**values: object) -> Forest:
        made = planned(**{"surroundings": False, **values})
        return load_forest(made.world, made.facts, FolderArrays(made.arrays), made.cache)

    return make


def test_when_moments_are_frames_then_the_plan_holds_story_seconds(planned: Callable[..., object]) -> None:
    given = {**VALUES, "ignition": "0,1; 2,3@f1049 | 9,9@5", "arrivals": "4,5@f1073;6,7@90"}
    settled = settle(given, 24.0)
    assert settled["ignition"] == "0,1; 2,3@22 | 9,9@5"
    assert settled["arrivals"] == "4,5@23; 6,7@90"
    assert settle(settled, 25.0) == settled
    made = planned(ignition="-38,82; 10,73@f1025", story_time=10.0)
    assert dict(made.world.parameters)["ignition"] == "-38,82; 10,73@11"


def test_when_fires_are_written_then_each_is_a_line_with_its_seconds() -> None:
    assert parse_fires("1,2; 3,4@5; 6,7 | 8,9@1") == [
        ((1.0, 2.0, 0.0), (3.0, 4.0, 5.0), (6.0, 7.0, 5.0)),
        ((8.0, 9.0, 1.0),),
    ]
    assert parse_fires("") == []
    assert parse_arrivals("1,2@3; 4,5@6.5") == [(1.0, 2.0, 3.0), (4.0, 5.0, 6.5)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ignition", "1"),
        ("ignition", "1,2,3"),
        ("ignition", "1,x"),
        ("ignition", "1,2@"),
        ("ignition", "1,2@soon"),
        ("ignition", "1,nan"),
        ("ignition", "1,2; 1e7,2"),
        ("ignition", "1,2@1e9"),
        ("arrivals", "1,2@-1000001"),
        ("ignition", "; ".join("1,2" for _ in range(2001))),
        ("arrivals", "1,2"),
        ("arrivals", "0,-400001@3"),
        ("arrivals", "1,2@f"),
        ("arrivals", "1,2@inf"),
    ],
)
def test_when_a_fire_cannot_be_read_then_the_refusal_says_how_to_write_it(name: str, text: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        settle({**VALUES, name: text}, 24.0)
    assert refusal.value.context["parameter"] == name
    assert "x,y" in refusal.value.remedy


def test_when_the_forest_is_drier_then_all_fuel_holds_less_water() -> None:
    waters = [moisture_of({**DRY, "dryness": float(d)}) for d in np.linspace(0.0, 1.0, 9)]
    for name in ("one_hour", "ten_hour", "hundred_hour", "live", "foliage", "herb"):
        held = [getattr(water, name) for water in waters]
        assert all(wet > dry for wet, dry in itertools.pairwise(held)), name
    assert moisture_of(DRY).one_hour == pytest.approx(0.06)
    given = moisture_of({**DRY, "moisture": 0.11})
    assert (given.one_hour, given.live) == (0.11, moisture_of(DRY).live)
    assert moisture_of({**DRY, "season": "spring"}).live > moisture_of({**DRY, "season": "autumn"}).live


def test_when_the_ground_is_soaked_then_the_fire_hardly_runs(grown: Callable[..., Forest]) -> None:
    wet, dry = (grown(dryness=d).front.arrival for d in (0.0, 1.0))
    assert np.isfinite(dry).mean() > 0.9
    assert np.isfinite(wet).mean() < 0.1


def test_when_a_fire_shall_be_somewhere_then_trees_there_know_it(grown: Callable[..., Forest]) -> None:
    own = grown()
    place = np.array([[30.0, 20.0]])
    by_itself = float(own.front.at(place)[0])
    bent = grown(arrivals=f"30,20@{0.6 * by_itself:.1f}")
    assert abs(float(bent.front.at(place)[0]) - round(0.6 * by_itself, 1)) <= 0.1
    near = np.hypot(bent.trees.places[:, 0] - 30.0, bent.trees.places[:, 1] - 20.0) < 6.0
    assert near.any()
    assert np.all(bent.trees.ignition[near] < own.trees.ignition[near])
    assert np.array_equal(bent.trees.ids, own.trees.ids)
    assert np.array_equal(bent.trees.places, own.trees.places)


def test_when_another_fire_is_lit_later_then_it_begins_at_its_second(grown: Callable[..., Forest]) -> None:
    forest = grown(ignition="-38,82; -20,78 | 60,-60@40")
    at = float(forest.front.at(np.array([[60.0, -60.0]]))[0])
    assert 40.0 <= at < 75.0  # a cell around it, against the wind


def test_when_a_firebreak_runs_across_then_only_brands_cross_it(grown: Callable[..., Forest]) -> None:
    asked = {"lines": "14 0: -400,10 400,10", "ignition": "0,70", "wind_direction": -90.0}
    alone = grown(**asked, spotting=0.0).front
    rows = alone.arrival.shape[0]
    y = alone.low[1] + (np.arange(rows) + 0.5) * alone.cell
    assert np.isfinite(alone.arrival[y > 20.0]).any()
    assert np.isinf(alone.arrival[y < 0.0]).all()
    flying = grown(**asked, spotting=3.0, wind_speed=9.0).front
    assert len(flying.spots) > 0
    assert np.isfinite(flying.arrival[y < 0.0]).any()
    assert np.all(flying.spots[:, 5] > flying.spots[:, 4])


def test_when_the_arrival_is_published_then_texture_and_mesh_tell_what_the_trees_know(
    grown: Callable[..., Forest], tmp_path: Path
) -> None:
    forest, space = grown(), Space(0.01, "Y")
    for name in ("one", "two"):
        canvas = Canvas("burning_forest", 0.01, "Y", 24.0, FrameRange(1001, 1003))
        author_arrival(canvas, tmp_path / name, space, forest)
        files, _ = canvas.write(str(tmp_path / name))
        assert "tex/arrival.exr" in {file.path for file in files}
    assert (tmp_path / "one/tex/arrival.exr").read_bytes() == (tmp_path / "two/tex/arrival.exr").read_bytes()
    pixels = np.array(OpenEXR.File(str(tmp_path / "one/tex/arrival.exr")).channels()[CHANNEL].pixels)[::-1]
    assert pixels.dtype == np.float32
    front = forest.front
    finite = np.isfinite(front.arrival)
    assert np.array_equal(pixels[finite], front.arrival[finite])
    assert np.all(pixels[~finite] == NEVER)
    grid = Grid(front.low, front.cell, front.arrival.shape)
    known = tree_arrival(front, forest.trees.places)
    burns = known < NEVER
    told = sample(np.where(pixels == NEVER, np.inf, pixels), grid, forest.trees.places[burns, :2])
    assert np.abs(told - known[burns]).max() < 0.01
    caught = np.isfinite(forest.trees.ignition)
    assert np.all(forest.trees.ignition[caught] > known[caught])


@given(st.floats(-1.0e6, 1.0e6, width=32), st.floats(-1.0e6, 1.0e6, width=32))
def test_when_a_moment_is_written_then_it_is_never_only_where_no_fire_comes(second: float, other: float) -> None:
    told = parse_fires(str(settle({**VALUES, "ignition": f"0,0@{second!r}"}, 24.0)["ignition"]))[0][0][2]
    assert abs(told - second) <= 1e-6 * abs(second)
    written = as_written(np.array([told, other, np.inf, np.nan]))
    assert np.array_equal(written == NEVER, [False, False, True, True])
    assert (written[0] <= np.float32(other)) == (np.float32(told) <= np.float32(other))
    assert not (written[2] <= np.float32(other))
