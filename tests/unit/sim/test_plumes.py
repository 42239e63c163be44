from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim import _flame_sheets, _flame_sources, _flames, _smoke_column, fluid, plumes, turbulence

FRAMES = 24
WIND = (4.0, 0.0)
DOMAIN = plumes.SmokeDomain((-40.0, -50.0, 0.0), (125.0, 100.0, 90.0))
TIMES = tuple(number / 24 for number in range(6))


def _digest(frames: tuple[plumes.PlumeFrame, ...] | list[plumes.PlumeFrame]) -> str:
    return hashlib.sha256(b"".join(f.density.tobytes() + f.temperature.tobytes() for f in frames)).hexdigest()


def _places(frame: plumes.PlumeFrame, axis: int) -> NDArray[np.float64]:
    return frame.origin[axis] + np.arange(frame.density.shape[axis]) * frame.voxel_size


def _center(frame: plumes.PlumeFrame, axis: int, weight: NDArray[np.float32]) -> float:
    others = tuple(a for a in range(3) if a != axis)
    return float(weight.sum(axis=others) @ _places(frame, axis) / weight.sum())


@pytest.fixture(scope="module")
def torch_fire() -> plumes.PlumeCache:
    return plumes.flame("torch_a", FRAMES, 1, WIND)


@pytest.fixture(scope="module")
def ground_fire() -> plumes.PlumeCache:
    return plumes.flame("surface", FRAMES, 1, WIND)


def _glowing(frame: plumes.PlumeFrame) -> NDArray[np.bool_]:
    """What a camera at dusk sees as flame: 1050 K and some soot."""
    return (frame.temperature > 1050) & (frame.density > 0.05)


def test_when_a_clump_burns_then_its_frames_are_arrays_a_renderer_can_use(torch_fire: plumes.PlumeCache) -> None:
    assert len(torch_fire.frames) == FRAMES
    for frame in torch_fire.frames:
        assert frame.density.dtype == frame.temperature.dtype == frame.flame.dtype == np.float32
        assert frame.density.shape == frame.temperature.shape == frame.flame.shape
        assert np.isfinite(frame.density).all()
        assert frame.density.min() >= 0
        assert 293 <= frame.temperature.min() < frame.temperature.max() <= 1481
        assert 0 <= frame.flame.min() < frame.flame.max() <= 1
        assert (frame.flame[frame.density == 0] == 0).all()


def test_when_a_clump_burns_then_heights_opacity_and_heat_are_those_of_the_look_guide(
    torch_fire: plumes.PlumeCache,
) -> None:
    tops = []
    for frame in torch_fire.frames:
        seen = _glowing(frame)
        tops.append(_places(frame, 2)[seen.any(axis=(0, 1))].max())
        assert 0.2 < np.median(frame.density[seen]) < 1.2
        assert 1250 < frame.temperature.max() < 1450
    assert 12 < np.median(tops) < 30
    assert max(tops) > 1.15 * min(tops)  # never of equal height


def test_when_wind_blows_then_flames_lean_downwind(torch_fire: plumes.PlumeCache) -> None:
    mean = np.mean([frame.density for frame in torch_fire.frames], axis=0)
    frame = torch_fire.frames[0]
    low = _center(frame, 0, mean[:, :, :10])
    high = _center(frame, 0, mean[:, :, 40:80])
    assert high > low + 1.0


def test_when_a_patch_of_ground_burns_then_low_tufts_of_flame_spread_over_it(
    ground_fire: plumes.PlumeCache,
) -> None:
    seen = np.mean([_glowing(frame) for frame in ground_fire.frames], axis=0) > 0.15
    frame = ground_fire.frames[0]
    across = _places(frame, 1)[seen.any(axis=(0, 2))]
    upward = _places(frame, 2)[seen.any(axis=(0, 1))]
    assert 7.0 < across.max() - across.min() < 11.5
    assert 0.4 < upward.max() < 3.2
    low = [_glowing(frame)[:, :, :3].any(axis=2).mean() for frame in ground_fire.frames]
    assert max(low) < 0.5  # tufts, not a sheet of fire


def test_when_a_plume_reaches_its_box_then_it_has_thinned_out(torch_fire: plumes.PlumeCache) -> None:
    for frame in torch_fire.frames:
        density = frame.density
        for face in (density[0], density[-1], density[:, 0], density[:, -1], density[:, :, -1]):
            assert face.max() == 0


@pytest.mark.parametrize("which", ["torch_fire", "ground_fire"])
def test_when_a_cache_repeats_then_the_seam_is_no_larger_than_other_steps(
    which: str, request: pytest.FixtureRequest
) -> None:
    frames = request.getfixturevalue(which).frames
    looped = [*frames, frames[0]]
    steps = [float(np.abs(b.flame - a.flame).mean()) for a, b in itertools.pairwise(looped)]
    assert min(steps) > 0
    assert steps[-1] <= 1.5 * max(steps[:-1])


def test_when_seed_or_number_changes_then_the_fire_is_another() -> None:
    fires = [plumes.flame("surface", 12, seed, WIND) for seed in (1, 1, 2)]
    digests = [_digest(fire.frames) for fire in fires]
    assert digests[0] == digests[1] != digests[2]


def test_when_a_tree_catches_fire_then_it_is_seen_at_the_foot_and_climbs(torch_fire: plumes.PlumeCache) -> None:
    first, half, last = (torch_fire.start[n] for n in (0, len(torch_fire.start) // 3, -1))
    x, y, z = np.meshgrid(*(_places(first, axis) for axis in range(3)), indexing="ij")
    assert (np.sqrt(x**2 + y**2 + z**2)[first.flame > 0] < 2.0).any()
    tops = [_places(frame, 2)[(frame.flame > 0).any(axis=(0, 1))].max() for frame in (first, half, last)]
    assert tops[0] < 3.0 < tops[1] < tops[2]
    assert tops[2] > torch_fire.tree


def test_when_the_start_meets_the_loop_and_the_loop_the_end_then_no_step_is_larger_than_others(
    torch_fire: plumes.PlumeCache,
) -> None:
    loop, entry = torch_fire.frames, torch_fire.entry
    usual = max(float(np.abs(b.flame - a.flame).mean()) for a, b in itertools.pairwise(loop))
    for before, after in ((torch_fire.start[-1], loop[entry]), (loop[-1], torch_fire.end[0])):
        assert 0 < np.abs(after.flame - before.flame).mean() <= 1.5 * usual


def test_when_fuel_runs_out_then_the_flame_is_gone_at_the_end(torch_fire: plumes.PlumeCache) -> None:
    burning = [float(frame.flame.sum()) for frame in torch_fire.end]
    assert burning[-1] < 0.1 * burning[0]


def test_when_only_a_part_of_a_hero_is_made_then_it_is_finer_and_moves() -> None:
    hero = plumes.flame("surface", 12, 1, WIND, hero=True, parts=("loop",))
    coarse = plumes.flame("surface", 12, 1, WIND)
    assert hero.start == hero.end == ()
    frame, plain = hero.frames[0], coarse.frames[0]
    assert frame.voxel_size == pytest.approx(0.62 * plain.voxel_size)
    assert plain.velocity is None
    assert frame.velocity is not None
    assert frame.velocity.shape == (*frame.density.shape, 3)
    rising = frame.velocity[..., 2][frame.flame > 0.3]
    assert 0.5 < np.median(rising) < 15.0
    heat = [float(f.flame.sum()) * f.voxel_size**3 for f in (frame, plain)]
    assert heat[0] == pytest.approx(heat[1], rel=0.4)


def test_when_two_torches_differ_by_number_then_their_trees_differ() -> None:
    recipe = _flames._FRONTS[0]
    box = fluid.Box(recipe.shape, recipe.voxel, WIND)
    first, fifth = (_flame_sources.crowns_and_ground(recipe, index, 1, box)[0] for index in (0, 4))
    assert len(first) == len(fifth) == recipe.trees
    assert not any(torch.equal(a, b) for (a, _), (b, _) in zip(first, fifth, strict=True))


@pytest.mark.parametrize(("name", "frames"), [("bonfire", 48), ("surface", 11)])
def test_when_a_flame_cannot_be_made_then_it_is_refused(name: str, frames: int) -> None:
    with pytest.raises(InvalidRequest) as caught:
        plumes.flame(name, frames)
    assert caught.value.remedy


_DIGEST = """
import hashlib, numpy as np
from usd_ai.sim import plumes
frames = list(plumes.flame("surface", 12, 3, (2.0, 1.0)).frames)
domain = plumes.SmokeDomain((-25.0, -25.0, 0.0), (50.0, 50.0, 40.0))
fires = np.tile([0.0, 0.0, 10.0, 3e7, 4.0], (3, 1, 1))
frames += plumes.smoke_column(fires, domain, 5.0, (3.0, 0.0), 3, [0.0, 0.1, 0.3])
print(hashlib.sha256(b"".join(f.density.tobytes() + f.temperature.tobytes() for f in frames)).hexdigest())
"""


def test_when_made_in_other_processes_and_settings_then_the_bytes_are_equal() -> None:
    root = str(Path(plumes.__file__).parents[2])
    found = [
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            env={**os.environ, "PYTHONPATH": root, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed, threads in (("0", "1"), ("9", "2"))
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 64


def _smoke(heat: float = 4e7, seed: int = 1, wind: tuple[float, float] = (3.0, 0.0)) -> list[plumes.PlumeFrame]:
    fires = np.tile([[-15.0, -12.0, 12.0, heat, 4.0], [-15.0, 14.0, 12.0, heat, 4.0]], (len(TIMES), 1, 1))
    return list(plumes.smoke_column(fires, DOMAIN, 5.0, wind, seed, TIMES))


@pytest.fixture(scope="module")
def smoke() -> list[plumes.PlumeFrame]:
    return _smoke()


def test_when_a_front_burns_then_a_column_stands_from_the_first_frame(smoke: list[plumes.PlumeFrame]) -> None:
    assert len(smoke) == len(TIMES)
    for frame in smoke:
        assert frame.density.shape == (75, 60, 54)
        assert frame.voxel_size == pytest.approx(5.0 / 3.0)
        assert frame.origin == pytest.approx((-40.0 + 2.5 / 3.0, -50.0 + 2.5 / 3.0, 2.5 / 3.0))
        assert frame.density.dtype == frame.temperature.dtype == np.float32
        thick = frame.density[frame.density > 0]
        assert 0.01 < np.percentile(thick, 90) < 0.6
        assert _places(frame, 2)[(frame.density > 0.01).any(axis=(0, 1))].max() > 40
        assert frame.flame.max() == 0


def test_when_wind_blows_then_the_column_leans_and_leaves_the_domain_without_an_edge(
    smoke: list[plumes.PlumeFrame],
) -> None:
    frame = smoke[0]
    assert _center(frame, 0, frame.density[:, :, 20:]) > -15.0 + 10.0  # the fires stand at -15
    for face in (
        frame.density[0],
        frame.density[-1],
        frame.density[:, 0],
        frame.density[:, -1],
        frame.density[:, :, -1],
    ):
        assert face.max() == 0
    downwind = frame.density[-12:-8].sum()
    assert downwind > 0.5  # it gets there, and is thinned out by the domain's end only


def test_when_more_burns_then_there_is_more_smoke_and_none_without_fire() -> None:
    little, much = _smoke(1e7)[0], _smoke(8e7)[0]
    assert much.density.sum() > 2 * little.density.sum()
    assert _smoke(0.0)[0].density.max() == 0


def test_when_the_seed_changes_then_the_column_is_another(smoke: list[plumes.PlumeFrame]) -> None:
    assert _digest(_smoke()) == _digest(smoke)
    assert _digest(_smoke(seed=2)) != _digest(smoke)


def test_when_time_passes_then_smoke_moves_a_little_in_every_frame(smoke: list[plumes.PlumeFrame]) -> None:
    steps = [np.abs(b.density - a.density).sum() for a, b in itertools.pairwise(smoke)]
    total = smoke[0].density.sum()
    assert all(0 < step < 0.25 * total for step in steps)


def _driven(shown: list[float], **more: Any) -> list[plumes.PlumeFrame]:  # noqa: ANN401 - state and keep
    """Smoke over a fire that grows, known every 4 s from 0 s on."""
    heat = np.array([1e7, 6e7, 2e7, 5e7, 4e7])
    fires = np.array([[[-15.0, -12.0, 12.0, watts, 4.0]] for watts in heat])
    return list(plumes.smoke_column(fires, DOMAIN, 5.0, WIND, 1, [0.0, 4.0, 8.0, 12.0, 16.0], shown, **more))


def test_when_a_moment_is_asked_for_in_another_range_then_it_is_the_same_to_the_bit() -> None:
    kept: list[plumes.SmokeState] = []
    every = [9.5, 10.0, 10.1, 10.5, 16.0, 16.3]
    long = dict(zip(every, _driven(every, keep=kept.append), strict=True))
    assert [state.now for state in kept] == pytest.approx([plumes.KEPT, 2 * plumes.KEPT])
    for shown, begin in (([10.1], None), ([10.0, 16.3], kept[0]), ([16.3], kept[1]), ([9.5, 10.5], kept[0])):
        again = _driven(shown, begin=begin)
        assert _digest(again) == _digest([long[moment] for moment in shown])
    assert _digest([long[10.0]]) != _digest([long[10.1]])


@pytest.mark.parametrize("shown", [[], [-0.1], [2.0, 1.0], [3.0, 3.0]])
def test_when_smoke_is_shown_before_it_begins_or_backwards_then_it_is_refused(shown: list[float]) -> None:
    with pytest.raises(InvalidRequest, match="Smoke cannot be shown"):
        _driven(shown)


def test_when_smoke_goes_on_from_a_state_then_the_first_moment_lies_after_it() -> None:
    kept: list[plumes.SmokeState] = []
    _driven([8.5], keep=kept.append)
    with pytest.raises(InvalidRequest, match="Smoke cannot be shown"):
        _driven([kept[0].now], begin=kept[0])


@settings(max_examples=30, deadline=None)
@given(
    place=st.tuples(st.floats(-30, 70), st.floats(-40, 40), st.floats(0, 80)),
    heat=st.floats(1e5, 1e9),
    radius=st.floats(0.1, 12),
)
def test_when_a_fire_heats_the_domain_then_all_its_heat_arrives(
    place: tuple[float, float, float], heat: float, radius: float
) -> None:
    power = np.zeros((25, 20, 18), np.float32)
    _smoke_column._deposit(power, np.array([[*place, heat, radius]]), np.array(DOMAIN.low), 5.0)
    assert power.sum(dtype=np.float64) * 5.0**3 == pytest.approx(heat, rel=1e-4)


@pytest.mark.parametrize(
    ("sources", "voxel", "times"),
    [
        (np.zeros((2, 1, 4)), 5.0, [0.0, 1.0]),
        (np.zeros((2, 1, 5)), 5.0, [0.0]),
        (np.zeros((2, 1, 5)), 5.0, [1.0, 0.0]),
        (np.full((1, 1, 5), np.nan), 5.0, [0.0]),
        (np.full((1, 1, 5), -1.0), 5.0, [0.0]),
        (np.zeros((1, 1, 5)), 0.0, [0.0]),
        (np.zeros((1, 1, 5)), 0.01, [0.0]),
        (np.zeros((1, 1, 5)), 50.0, [0.0]),
    ],
)
def test_when_smoke_cannot_be_made_then_it_is_refused_at_once(
    sources: NDArray[np.float64], voxel: float, times: list[float]
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        plumes.smoke_column(sources, DOMAIN, voxel, WIND, 0, times)
    assert caught.value.remedy


def test_when_a_noise_tile_is_made_then_it_repeats_without_divergence() -> None:
    tile = turbulence.curl_tile(4, 5).astype(np.float64)
    assert np.sqrt((tile**2).sum(axis=-1).mean()) == pytest.approx(1.0, rel=1e-4)
    modes = np.fft.fftn(tile, axes=(0, 1, 2))
    wave = np.fft.fftfreq(32, 1 / 32)
    k = np.stack(np.meshgrid(wave, wave, wave, indexing="ij"), axis=-1)
    assert np.abs((k * modes).sum(axis=-1)).max() < 1e-4 * np.abs(modes).max()


@settings(max_examples=20, deadline=None)
@given(period=st.floats(0.5, 8.0), speed=st.floats(0.1, 30.0))
def test_when_eddies_rise_for_a_period_then_they_stand_where_they_began(period: float, speed: float) -> None:
    eddies = turbulence.Eddies(turbulence.curl_tile(1, 2), 0.4)
    risen = eddies.drift(period, period, speed)
    first, last = (turbulence.flow(eddies, (6, 6, 6), 0.4, drift) for drift in (0.0, risen))
    np.testing.assert_allclose(first, last, atol=2e-3)


def _sheets(curl: float, erosion: float) -> _flame_sheets.Sheets:
    return _flame_sheets.Sheets(turbulence.curl_tile(1, 2), (0.3, 0.2), curl, (0.4, 0.2), 4.0, erosion, 0.05)


def test_when_nothing_displaces_then_gas_that_does_not_glow_is_only_resampled() -> None:
    density = 0.1 + np.random.default_rng(0).random((8, 9, 10)).astype(np.float32)
    sheets = _sheets(curl=0.0, erosion=0.0)
    hot, thick = _flame_sheets.torn(sheets, density + 300, density, 0.4, 0.4, np.zeros(4, np.float32), 300.0)
    np.testing.assert_allclose(thick, density, atol=1e-6)
    np.testing.assert_allclose(hot, density + 300, atol=1e-4)


def test_when_eddies_eat_heat_then_none_of_it_on_the_floor_and_no_gas_goes_below_the_air() -> None:
    density = np.ones((10, 10, 20), np.float32)
    warm = np.full_like(density, 700.0)
    sheets = _sheets(curl=0.3, erosion=1.0)
    hot, thick = _flame_sheets.torn(sheets, warm, density, 0.4, 0.4, np.zeros(4, np.float32), 300.0)
    np.testing.assert_array_equal(thick, density)
    assert hot.min() >= 300.0
    lost = (700.0 - hot) / 400.0
    assert lost[:, :, 0].max() <= 0.2 / 4.0 + 1e-4  # half a voxel over the floor, of the 4 m to full strength
    assert lost[:, :, 12:].max() > 0.3
