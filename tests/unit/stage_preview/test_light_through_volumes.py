from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usd_ai.stage.preview import planck
from usd_ai.stage.preview.embers import draw_embers
from usd_ai.stage.preview.march import air_colour, march
from usd_ai.stage.preview.surfaces import Surfaces, render_surfaces
from usd_ai.stage.preview.tonemap import agx, develop, ev_scale, glare
from usd_ai.stage.preview.values import Ball, Dome, Embers, Frame, Mesh, Volume, VolumeGrids
from usd_ai.stage.preview.volumes import ANISOTROPY, TINT, pack, phase

SIZE = (16, 8)


def bare(depth: float = math.inf, nits: float = 0.0) -> Surfaces:
    shape = (2 * SIZE[1], 2 * SIZE[0])
    alpha = np.full(shape, 0.0 if math.isinf(depth) else 1.0, np.float32)
    return Surfaces(np.full((*shape, 3), nits, np.float32) * alpha[..., None], alpha, np.full(shape, depth, np.float32))


def slant(frame: Frame) -> np.ndarray:
    """How much longer each pixel's way through a slab is than its thickness."""
    return 1.0 / -frame.camera.rays(*SIZE)[..., 2]


@pytest.mark.parametrize("thickness", [0.5, 3.0, 10.0])
def test_when_a_slab_of_flame_is_even_then_its_radiance_is_plancks_times_one_minus_transmittance(
    slab: Callable[..., Frame], thickness: float
) -> None:
    frame = slab(thickness, kelvin=1373.0, flame=1.0)
    found = march(frame, pack(frame, SIZE[0]), bare(), SIZE)
    depth = frame.soot * thickness * slant(frame)
    expected = planck.emission(np.array([1370.0, 1380.0]))
    expected = 0.7 * expected[0] + 0.3 * expected[1]  # the table is linear between its entries
    assert np.allclose(found, (1 - np.exp(-depth))[..., None] * expected, rtol=2e-3)


@pytest.mark.parametrize("extinction", [0.02, 0.4])
def test_when_smoke_stands_before_a_wall_then_the_wall_dims_by_beer_and_lambert_in_each_colour(
    slab: Callable[..., Frame], extinction: float
) -> None:
    frame = slab(5.0, density=extinction)
    found = march(frame, pack(frame, SIZE[0]), bare(depth=40.0, nits=100.0), SIZE)
    expected = 100.0 * np.exp(-extinction * 5.0 * slant(frame)[..., None] * np.array(TINT))
    assert np.allclose(found, expected, rtol=2e-3)


def test_when_a_wall_stands_in_the_middle_of_a_slab_then_only_the_half_before_it_counts(
    slab: Callable[..., Frame], camera: object
) -> None:
    del camera
    frame = slab(8.0, density=0.2)
    found = march(frame, pack(frame, SIZE[0]), bare(depth=14.0, nits=100.0), SIZE)
    middle = found[SIZE[1] // 2, SIZE[0] // 2, 1]
    assert middle == pytest.approx(100.0 * math.exp(-0.2 * 4.0), rel=0.02)


def test_when_a_wall_stands_before_the_flames_then_nothing_of_them_is_seen(slab: Callable[..., Frame]) -> None:
    frame = slab(5.0, kelvin=1300.0, flame=1.0)
    assert np.array_equal(march(frame, pack(frame, SIZE[0]), bare(depth=9.0), SIZE), np.zeros((SIZE[1], SIZE[0], 3)))


def test_when_two_volumes_overlap_then_their_extinctions_add_up(slab: Callable[..., Frame]) -> None:
    one = slab(5.0, density=0.1)
    two = dataclasses.replace(one, volumes=(*one.volumes, Volume("/again", 0, one.volumes[0].world)))
    thick = slab(5.0, density=0.2)
    results = [march(frame, pack(frame, SIZE[0]), bare(40.0, 100.0), SIZE) for frame in (two, thick)]
    assert np.allclose(results[0], results[1], rtol=1e-4)


def test_when_there_is_only_haze_then_surfaces_dim_by_distance_and_the_sky_stays_as_it_is(
    empty: Frame, even_sky: Callable[[float], Dome]
) -> None:
    frame = dataclasses.replace(empty, haze=0.004, domes=(even_sky(50.0),))
    assert np.allclose(march(frame, pack(frame, SIZE[0]), bare(), SIZE), 50.0)
    wall = march(frame, pack(frame, SIZE[0]), bare(depth=250.0, nits=8.0), SIZE)
    air = air_colour(frame, frame.camera.rays(*SIZE))
    assert np.allclose(wall, 8.0 * math.exp(-1.0) + air * (1 - math.exp(-1.0)), rtol=1e-5)
    assert np.allclose(air, 45.0)  # 0.9 of the light scatters on


def test_when_smoke_hangs_over_a_fire_light_then_its_underside_is_brighter_than_its_top(empty: Frame) -> None:
    values = np.zeros((14, 14, 14, 3), np.float32)
    values[1:-1, 1:-1, 1:-1] = (0.6, 290.0, 0.0)
    world = np.eye(4)
    world[3, :3] = (-3.25, -3.25, -16.0)
    low = Ball((0.0, -6.0, -13.0), 1.0, (900.0, 300.0, 60.0))
    frame = dataclasses.replace(
        empty, grids=(VolumeGrids(values, (0.0, 0.0, 0.0), 0.5),), volumes=(Volume("/smoke", 0, world),), balls=(low,)
    )
    found = march(frame, pack(frame, 400), bare(), SIZE)[:, SIZE[0] // 2, 0]
    assert found[-2] > 1.5 * found[1] > 0.0


@given(st.floats(-0.9, 0.9))
@settings(max_examples=20, deadline=None)
def test_when_a_phase_function_is_summed_over_all_directions_then_it_is_one(g: float) -> None:
    cosine = np.linspace(-1, 1, 20001)
    values = [phase(float(value), g) for value in cosine]
    assert np.trapezoid(values, cosine) * 2 * math.pi == pytest.approx(1.0, rel=1e-3)
    assert ANISOTROPY == 0.6


def test_when_soot_glows_then_luminance_and_colour_are_those_of_the_look_guide() -> None:
    kelvin = np.array([1100.0, 1200.0, 1373.0, 2000.0])
    rgb = planck.black_body(kelvin)
    luminance = rgb @ planck.LUMA
    assert np.allclose(luminance[:3], [23.0, 140.0, 1750.0], rtol=0.02)
    assert rgb[2, 1] / rgb[2, 0] == pytest.approx(0.11, abs=0.01)
    assert rgb[3, 1] / rgb[3, 0] == pytest.approx(0.27, abs=0.01)
    pushed = planck.emission(kelvin)
    assert np.allclose(pushed @ planck.LUMA, luminance)
    assert np.all(np.diff(pushed[:, 1] / pushed[:, 0]) > 0)


@pytest.mark.parametrize("albedo", [0.2, 0.8])
def test_when_a_wall_stands_under_an_even_sky_then_it_sends_back_its_albedo_of_what_it_gets(
    empty: Frame, even_sky: Callable[[float], Dome], wall: Callable[[float, float], Mesh], albedo: float
) -> None:
    frame = dataclasses.replace(empty, domes=(even_sky(50.0),), meshes=(wall(20.0, albedo),))
    found = render_surfaces(frame, (32, 16), 64)
    assert np.all(found.alpha == 1.0)
    assert np.allclose(found.depth[16, 32], 20.0, rtol=1e-3)
    assert found.nits.mean() == pytest.approx(50.0 * albedo, rel=0.03)


def test_when_a_fire_light_stands_before_a_wall_then_the_nearest_place_gets_its_illuminance(
    empty: Frame, wall: Callable[[float, float], Mesh]
) -> None:
    light = Ball((0.0, 0.0, -10.0), 0.5, (1000.0, 1000.0, 1000.0))
    frame = dataclasses.replace(empty, balls=(light,), meshes=(wall(20.0, 0.5),))
    found = render_surfaces(frame, (32, 16), 256)
    lux = math.pi * 1000.0 * 0.25 / 100.0
    assert found.nits[15:17, 31:33].mean() == pytest.approx(0.5 * lux / math.pi, rel=0.1)


def test_when_embers_fly_behind_a_wall_then_they_are_hidden_and_before_it_their_light_is_whole(empty: Frame) -> None:
    embers = Embers(
        np.array([[0.0, 0.0, -10.0]]), np.array([[30.0, 0.0, 0.0]]), np.array([0.05]), np.array([[1e4, 2e3, 0.0]])
    )
    frame = dataclasses.replace(empty, embers=(embers,))
    near, far = np.zeros((32, 64, 3)), np.zeros((32, 64, 3))
    draw_embers(frame, np.full((64, 128), 5.0, np.float32), near)
    draw_embers(frame, np.full((64, 128), np.inf, np.float32), far)
    assert not near.any()
    pixel = (1.0 / 64) * 10.0
    assert far[..., 0].sum() == pytest.approx(1e4 * math.pi * 0.025**2 / pixel**2, rel=0.05)
    assert (far[..., 0].max(axis=0) > 0.2 * far[..., 0].max()).sum() >= 30 / 48 / pixel  # a streak, no dot


def test_when_light_is_spread_by_glare_then_none_is_added_or_lost() -> None:
    picture = np.zeros((40, 80, 3))
    picture[20, 30] = 1000.0
    assert glare(picture).sum() == pytest.approx(picture.sum(), rel=1e-6)


def test_when_a_grey_card_is_metered_then_it_stays_grey_and_brightness_keeps_its_order() -> None:
    ramp = np.repeat(np.geomspace(0.5, 5000.0, 64)[None, :, None], 3, axis=2)
    shown = agx(ramp * ev_scale(9.0))
    assert np.allclose(shown, shown[..., :1], atol=0.004)
    assert np.all(np.diff(shown[0, :, 1]) > 0)
    assert 0.35 < float(np.interp(64.0, ramp[0, :, 1], shown[0, :, 1])) < 0.55


def test_when_nothing_is_there_then_the_picture_is_black(empty: Frame) -> None:
    surfaces = render_surfaces(empty, SIZE, 8)
    picture = march(empty, pack(empty, SIZE[0]), surfaces, SIZE)
    assert not picture.any()
    assert develop(picture, 1.0).max() <= 1
