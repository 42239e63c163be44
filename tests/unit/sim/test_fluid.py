from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim import fluid

INERT = fluid.Gas(radiation=0.0, mixing=0.0, soot_loss=0.0, expansion=0.0)
BOX = fluid.Box((24, 20, 28), 0.5)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with fluid.one_thread():
        yield


def _noise(shape: tuple[int, ...], seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def _ball(box: fluid.Box, height: float = 0.3, radius: float = 0.15) -> torch.Tensor:
    """A soft ball of ones over the middle of the floor; height and radius are shares of the box's height."""
    axes = [torch.arange(size) + 0.5 for size in box.shape]
    x, y, z = torch.meshgrid(*axes, indexing="ij")
    middle = (box.shape[0] / 2, box.shape[1] / 2, box.shape[2] * height)
    distance = ((x - middle[0]) ** 2 + (y - middle[1]) ** 2 + (z - middle[2]) ** 2).sqrt()
    return torch.sigmoid(2.0 * (radius * box.shape[2] - distance))


def _run(solver: fluid.Solver, source: fluid.Source, steps: int, seconds: float = 1 / 24) -> fluid.State:
    state = fluid.start(solver)
    for _ in range(steps):
        state = fluid.step(solver, state, source, seconds)
    return state


@settings(max_examples=15, deadline=None)
@given(
    shape=st.tuples(st.integers(4, 24), st.integers(4, 24), st.integers(4, 24)),
    voxel=st.floats(0.1, 5.0),
    seed=st.integers(0, 1000),
)
def test_when_face_velocities_are_projected_then_nothing_diverges(
    shape: tuple[int, int, int], voxel: float, seed: int
) -> None:
    solver = fluid.prepare(fluid.Box(shape, voxel), INERT)
    at_faces = fluid.faces(_noise((3, *shape), seed))
    before = fluid.divergence(at_faces, voxel).abs().max()
    projected = fluid.project_faces(solver, at_faces)
    assert fluid.divergence(projected, voxel).abs().max() < 3e-5 * before
    assert torch.equal(projected[2][:, :, 0], torch.zeros(shape[:2]))


def test_when_cell_velocities_are_projected_then_divergence_falls_and_the_wanted_one_stays() -> None:
    solver = fluid.prepare(BOX, INERT)
    velocity = _ball(BOX)[None] * torch.tensor([1.0, 2.0, 3.0])[:, None, None, None]
    before = fluid.divergence(fluid.faces(velocity), BOX.voxel).norm()
    after = fluid.divergence(fluid.faces(fluid.project(solver, velocity)), BOX.voxel).norm()
    assert after < 0.25 * before
    swelling = _ball(BOX)
    swollen = fluid.divergence(fluid.faces(fluid.project(solver, torch.zeros_like(velocity), swelling)), BOX.voxel)
    assert (swollen * swelling).sum() / (swelling**2).sum() == pytest.approx(1.0, abs=0.1)


def test_when_nothing_burns_then_the_wind_blows_on_and_the_air_stays_ambient() -> None:
    solver = fluid.prepare(replace(BOX, wind=(4.0, -1.0)), fluid.Gas())
    first, last = fluid.start(solver), _run(solver, fluid.Source(), 12)
    torch.testing.assert_close(last.velocity, first.velocity, atol=2e-3, rtol=0)
    assert (last.temperature - INERT.ambient).abs().max() < 1e-3
    assert last.density.abs().max() == 0


def test_when_a_cloud_drifts_and_rises_inside_the_box_then_its_mass_is_kept() -> None:
    box = fluid.Box((36, 24, 32), 0.5, wind=(1.0, 0.0))
    solver = fluid.prepare(box, INERT)
    ball = _ball(box)
    state = replace(fluid.start(solver), density=ball, temperature=INERT.ambient + 80.0 * ball)
    mass, heat = ball.sum(), 80.0 * ball.sum()
    for _ in range(24):
        state = fluid.step(solver, state, fluid.Source(), 1 / 24)
    assert state.density.sum() == pytest.approx(float(mass), rel=0.02)
    assert (state.temperature - INERT.ambient).sum() == pytest.approx(float(heat), rel=0.02)


def test_when_gas_is_hot_then_the_plume_rises_and_leans_downwind() -> None:
    box = replace(BOX, wind=(3.0, 0.0))
    state = _run(fluid.prepare(box, fluid.Gas(soot=1.0)), fluid.Source(fuel=4.0 * _ball(box, 0.1, 0.1)), 24)
    share = state.density / state.density.sum()
    heights = share.sum(dim=(0, 1)) @ torch.arange(28.0)
    sides = share.sum(dim=(1, 2)) @ (torch.arange(24.0) - 11.5)
    assert heights > 0.2 * 28
    assert sides > 0.5
    assert state.velocity[2].max() > 3.0


def test_when_wind_blows_then_smoke_leaves_through_the_open_sides() -> None:
    solver = fluid.prepare(replace(BOX, wind=(12.0, 0.0)), INERT)
    state = replace(fluid.start(solver), density=_ball(BOX, 0.5))
    mass = state.density.sum()
    for _ in range(48):
        state = fluid.step(solver, state, fluid.Source(), 1 / 24)
    assert state.density.sum() < 0.01 * mass


def test_when_hot_smoke_rises_then_it_leaves_through_the_open_top() -> None:
    gas = replace(INERT, buoyancy=1.0)
    solver = fluid.prepare(BOX, gas)
    ball = _ball(BOX, 0.6)
    state = replace(fluid.start(solver), density=ball, temperature=gas.ambient + 900 * ball)
    for _ in range(72):
        state = fluid.step(solver, state, fluid.Source(), 1 / 24)
    assert state.density.sum() < 0.2 * ball.sum()


def test_when_fields_are_carried_then_no_new_extrema_appear() -> None:
    solver = fluid.prepare(BOX, INERT)
    state = replace(
        fluid.start(solver), velocity=3.0 * _noise((3, *BOX.shape)), density=_noise(BOX.shape, 1).clamp(min=0)
    )
    moved = fluid.advect(solver, state, 0.2)
    assert moved.density.min() >= 0
    assert moved.density.max() <= state.density.max() + 1e-6


def test_when_fuel_burns_then_heat_and_soot_follow_and_the_ceiling_holds() -> None:
    gas = fluid.Gas()
    solver = fluid.prepare(BOX, gas)
    state = _run(solver, fluid.Source(fuel=50.0 * _ball(BOX)), 24)
    assert gas.ambient + 900 < state.temperature.max() <= gas.ceiling + 0.01
    assert state.temperature.min() >= gas.ambient - 0.01
    assert state.density.max() > 0.1
    assert state.fuel.min() >= 0


@settings(max_examples=50, deadline=None)
@given(excess=st.floats(1.0, 1187.0), seconds=st.floats(0.01, 2.0))
def test_when_gas_cools_then_two_half_steps_equal_a_whole_one(excess: float, seconds: float) -> None:
    gas = fluid.Gas(mixing=0.0)
    at = torch.full((1, 1, 1), gas.ambient + excess, dtype=torch.float64)
    nothing = torch.zeros_like(at)
    state = fluid.State(nothing, at, nothing, nothing)
    whole = fluid.burn(gas, state, fluid.Source(), seconds).temperature
    halves = fluid.burn(
        gas, fluid.burn(gas, state, fluid.Source(), seconds / 2), fluid.Source(), seconds / 2
    ).temperature
    assert float(halves) == pytest.approx(float(whole), rel=1e-9)
    assert gas.ambient < float(whole) < gas.ambient + excess


def test_when_fields_are_carried_beside_the_state_then_they_move_with_the_wind() -> None:
    solver = fluid.prepare(BOX, INERT)
    velocity = torch.zeros((3, *BOX.shape))
    velocity[1] = 1.0
    field = torch.arange(20.0)[None, None, :, None].expand(1, *BOX.shape).contiguous()
    moved = fluid.carry(solver, velocity, field, 0.5)
    torch.testing.assert_close(moved[0, :, 1:], field[0, :, 1:] - 1.0)


@pytest.mark.parametrize(
    "box", [fluid.Box((3, 8, 8), 0.5), fluid.Box((8, 8, 8), 0.0), fluid.Box((8, 8, 8), float("nan"))]
)
def test_when_a_box_has_no_sensible_size_then_it_is_refused(box: fluid.Box) -> None:
    with pytest.raises(InvalidRequest) as caught:
        fluid.prepare(box, INERT)
    assert caught.value.remedy


_DIGEST = """
import hashlib, torch
from usd_ai.sim import fluid
with fluid.one_thread():
    solver = fluid.prepare(fluid.Box((20, 24, 30), 0.4, (3.0, 1.0)), fluid.Gas())
    fuel = torch.zeros((20, 24, 30)); fuel[6:12, 8:14, 1:6] = 3.0
    state = fluid.start(solver)
    for _ in range(10):
        state = fluid.step(solver, state, fluid.Source(fuel=fuel), 1 / 24)
fields = (state.velocity, state.temperature, state.fuel, state.density)
print(hashlib.sha256(b"".join(f.contiguous().numpy().tobytes() for f in fields)).hexdigest())
"""


def test_when_run_in_other_processes_and_settings_then_the_bits_are_equal() -> None:
    root = str(Path(fluid.__file__).parents[2])
    found = [
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            env={**os.environ, "PYTHONPATH": root, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed, threads in (("0", "1"), ("5", "2"))
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 64
