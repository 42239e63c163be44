from __future__ import annotations

import dataclasses

import measure_frames
import numpy as np
import pytest
from film.air_figures import _DENSITY, _SLAB, seen_through_smoke
from film.layer import Flame, Light, Trees
from film.layer_figures import falloff, flame_figures, flicker, pulsing, stems_per_hectare, twins
from film.picture_figures import fire_figures, shown_figures, spanned
from film.ranges import RANGES, Reading
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from usd_ai.stage.preview.volumes import TINT


def trees(places: list[tuple[float, float]], *, burning: bool = True, height: float = 20.0) -> Trees:
    count = len(places)
    ones = np.ones(count)
    return Trees(
        places=np.column_stack([np.array(places, np.float64).reshape(-1, 2), np.zeros(count)]),
        height=height * ones,
        scale=ones,
        yaw=np.zeros(count),
        prototype=np.full(count, "pine_0_green_lod0"),
        kind=np.full(count, "pine"),
        burning=np.full(count, burning),
        lod=np.zeros(count, np.int64),
        leaf_area=ones,
    )


def flame(x: float, height: float, *, surface: bool = False) -> Flame:
    return Flame(np.array([x, 0.0, 0.0]), height, 6.0, 1373.0, 573.0, surface)


def test_when_pixels_are_clipped_or_dark_then_their_share_is_told() -> None:
    picture = np.full((10, 10, 3), 128, np.uint8)
    picture[0] = (255, 20, 20)
    picture[5:] = 30
    assert dict(shown_figures(picture)) == pytest.approx({"clipped": 0.1, "dark": 0.5})


def test_when_flames_are_known_then_only_their_pixels_are_fire() -> None:
    nits = np.full((20, 20, 3), 500.0)
    fire = np.zeros_like(nits)
    fire[5:15, 4:12] = (400.0, 80.0, 1.0)
    found = dict(fire_figures(nits, fire))
    assert found["fire_area"] == pytest.approx(80 / 400)
    assert found["fire_green"] == pytest.approx(0.2)
    assert found["fire_blue"] == pytest.approx(1 / 400)


def test_when_flames_are_not_known_then_colour_and_luminance_tell_them_from_white_lamps() -> None:
    nits = np.full((20, 20, 3), 5.0)
    nits[:10, :10] = (500.0, 90.0, 2.0)
    nits[10:, 10:] = 500.0
    assert dict(fire_figures(nits, None))["fire_area"] == pytest.approx(0.25)


def test_when_nothing_burns_then_nothing_is_said_of_its_colour() -> None:
    assert dict(fire_figures(np.ones((8, 8, 3)), np.zeros((8, 8, 3)))) == {"fire_area": 0.0, "fire_extent": 0.0}


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_when_anything_burns_then_what_it_spans_lies_between_nothing_and_all(seed: int, share: float) -> None:
    burning: NDArray[np.bool_] = np.random.default_rng(seed).random((9, 16)) < share
    assert 0.0 <= spanned(burning) <= 1.0
    assert (spanned(burning) > 0.0) == bool(burning.any())


def test_when_flames_stand_over_trees_then_their_class_follows_from_how_many_burn_there() -> None:
    burning = trees([(0.0, 0.0), (50.0, 0.0), (51.0, 1.0), (49.0, -1.0)])
    flames = (flame(0.0, 36.0), flame(50.0, 50.0), flame(100.0, 1.0), flame(50.0, 1.2, surface=True))
    found = dict(flame_figures(flames, burning))
    assert found["height_torching"] == pytest.approx(1.8)
    assert found["height_crown"] == pytest.approx(2.5)
    assert found["height_surface"] == pytest.approx(1.1)
    assert found["height_vary"] == 1.0
    green = dataclasses.replace(burning, burning=np.zeros(4, bool))
    assert "height_crown" not in dict(flame_figures(flames, green))


@pytest.mark.parametrize("hertz", [0.4, 0.5, 0.9, 1.6])
def test_when_a_light_flickers_then_its_span_and_frequency_are_found_below_slow_growth(hertz: float) -> None:
    seconds = np.arange(120) / 24.0
    nits = (500.0 + 40.0 * seconds) * (1.0 + 0.25 * np.sin(2.0 * np.pi * hertz * seconds))
    assert flicker(nits) == pytest.approx(0.25, abs=0.05)
    assert pulsing(nits, 24.0) == pytest.approx(hertz, rel=0.1)


def test_when_lights_stand_in_a_row_then_their_light_falls_as_a_line_and_far_away_as_a_point() -> None:
    lights = [Light(np.array([x, 0.0, 5.0]), 4.0, np.full(48, 900.0)) for x in np.arange(-100.0, 101.0, 10.0)]
    found = dict(falloff(lights, 10.0, 0.0, np.array([0.0, -60.0, 2.0])))
    assert found["front_slope"] == pytest.approx(-1.0, abs=0.25)
    assert found["far_slope"] == pytest.approx(-2.0, abs=0.15)
    assert found["near_slope"] > found["front_slope"]


def test_when_one_light_burns_then_nothing_is_said_of_a_front() -> None:
    found = dict(falloff([Light(np.zeros(3), 4.0, np.full(48, 900.0))], 10.0, 0.0, np.array([0.0, -60.0, 2.0])))
    assert "front_slope" not in found
    assert found["far_slope"] == pytest.approx(-2.0, abs=0.15)


@pytest.mark.parametrize("spacing", [4.0, 5.0])
def test_when_trees_stand_in_a_grid_then_stems_are_counted_inside_the_forest(spacing: float) -> None:
    line = np.arange(-100.0 + spacing / 2, 100.0, spacing)
    places = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    assert stems_per_hectare(places, np.zeros(2), np.array([0.0, 1.0])) == pytest.approx(1e4 / spacing**2)


def test_when_trees_are_alike_then_their_pairs_are_counted_also_across_the_full_turn() -> None:
    four = dataclasses.replace(
        trees([(n, 0.0) for n in range(4)]),
        yaw=np.radians([358.0, 3.0, 90.0, 91.0]),
        scale=np.array([1.0, 1.01, 1.0, 1.2]),
    )
    assert twins(four, np.arange(4)) == 1
    others = dataclasses.replace(four, prototype=np.array(["a", "b", "c", "d"]))
    assert twins(others, np.arange(4)) == 0


def test_when_light_comes_through_smoke_then_it_is_what_beer_and_lambert_say_by_colour() -> None:
    np.testing.assert_allclose(seen_through_smoke(), np.exp(-np.array(TINT) * _DENSITY * _SLAB), rtol=0.02)


def test_when_figures_are_reported_then_each_line_says_inside_or_outside_with_range_and_source() -> None:
    readings = [
        Reading("clipped", "sh010", "1001", 0.01),
        Reading("dark", "sh010", "1001", 0.1),
        Reading("fire_area", "sh010", "1001", 0.2),
        Reading("fire_area", "sh010", "1032", 0.02),
    ]
    lines = measure_frames.report(readings).splitlines()
    assert lines[0].startswith("inside   sh010  clipped pixels: 1.0 %  [at most 2.0 %; house rule")
    assert lines[1].startswith("outside  sh010  pixels below display 0.15: 10.0 %  [at least 40.0 %")
    assert lines[2].startswith("partly   sh010  fire's share of the picture: 20.0 2.0 %")
    assert lines[3].strip() == "outside at 1032"
    assert lines[-1] == "1 of 3 lines inside."


def test_when_figures_become_json_then_open_ends_are_null() -> None:
    (one,) = measure_frames.document([Reading("clipped", "sh010", "1001", 0.01)])
    assert one["low"] is None
    assert one["high"] == RANGES["clipped"].high
    assert one["inside"] is True
