"""What production needs of the fluid: obstacles, walls, sparse boxes, other devices, threads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim import fluid

INERT = fluid.Gas(radiation=0.0, mixing=0.0, soot_loss=0.0, expansion=0.0, confinement=0.0)
BOX = fluid.Box((24, 24, 32), 0.5, wind=(3.0, 0.0))


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with fluid.one_thread():
        yield


def _pillar() -> torch.Tensor:
    solid = torch.zeros(BOX.shape, dtype=torch.bool)
    solid[10:14, 10:14, :20] = True
    return solid


def _fire(shape: tuple[int, int, int]) -> torch.Tensor:
    fuel = torch.zeros(shape)
    fuel[4:8, 8:14, 1:5] = 3.0
    return fuel


def _run(solver: fluid.Solver, source: fluid.Source, steps: int) -> fluid.State:
    state = fluid.start(solver)
    for _ in range(steps):
        state = fluid.step(solver, state, source, 1 / 24)
    return state


def test_when_trunks_stand_in_the_wind_then_nothing_blows_through_and_nothing_diverges() -> None:
    solver = fluid.prepare(BOX, INERT, _pillar())
    wind = torch.zeros((3, *BOX.shape))
    wind[:2] = solver.wind
    at_faces = fluid.faces(wind, solver)
    projected = fluid.project_faces(solver, at_faces)
    before = fluid.divergence(at_faces, BOX.voxel).norm()
    assert before > 1.0
    assert fluid.divergence(projected, BOX.voxel).norm() < 2e-4 * before
    assert projected[0][10:15, 10:14, :20].abs().max() == 0
    assert projected[1][10:14, 10:15, :20].abs().max() == 0
    beside = projected[0][12, 6:9, 4:16].mean()
    assert beside > 1.1 * at_faces[0][2, 6:9, 4:16].mean()  # it goes around, and faster there


def test_when_smoke_meets_a_trunk_then_none_gets_in() -> None:
    solver = fluid.prepare(BOX, fluid.Gas(), _pillar())
    state = _run(solver, fluid.Source(fuel=_fire(BOX.shape)), 48)
    inside = _pillar()
    assert state.density[inside].max() == 0
    assert state.velocity[:, inside].abs().max() == 0
    assert (state.temperature[inside] == solver.gas.ambient).all()
    assert state.density[14:].max() > 0.01  # some went past it


def test_when_a_box_has_walls_then_smoke_stays_in_it() -> None:
    box = replace(BOX, wind=(0.0, 0.0), walls=True)
    heat = torch.zeros(box.shape)
    heat[10:14, 10:14, :4] = 400.0
    state = _run(fluid.prepare(box, INERT), fluid.Source(heat=heat, density=heat / 400.0), 72)
    given = float(heat.sum()) / 400.0 * 72 / 24
    assert float(state.density.sum()) == pytest.approx(given, rel=0.02)
    at_faces = fluid.faces(state.velocity, fluid.prepare(box, INERT))
    assert all(face.abs().max() == 0 for face in (at_faces[0][0], at_faces[0][-1], at_faces[2][:, :, -1]))


def test_when_a_box_is_sparse_then_the_fire_is_nearly_the_same_and_far_air_is_the_wind() -> None:
    box = replace(BOX, shape=(64, 40, 48))
    whole, part = (
        _run(fluid.prepare(replace(box, sparse=sparse), fluid.Gas()), fluid.Source(fuel=_fire(box.shape)), 24)
        for sparse in (False, True)
    )
    assert float(part.density.sum()) == pytest.approx(float(whole.density.sum()), rel=0.03)
    heights = [float(s.density.sum(dim=(0, 1)) @ torch.arange(48.0)) / float(s.density.sum()) for s in (whole, part)]
    assert heights[1] == pytest.approx(heights[0], rel=0.05)
    wind = fluid.start(fluid.prepare(box, INERT)).velocity
    assert torch.equal(part.velocity[:, -8:], wind[:, -8:])


def test_when_nothing_burns_in_a_sparse_box_then_a_step_changes_nothing() -> None:
    solver = fluid.prepare(replace(BOX, sparse=True), fluid.Gas())
    first = fluid.start(solver)
    assert fluid.step(solver, first, fluid.Source(), 1 / 24) is first


def test_when_fields_are_carried_in_tensor_operations_then_they_are_those_of_the_compiled_loops() -> None:
    solver = fluid.prepare(BOX, fluid.Gas())
    state = _run(solver, fluid.Source(fuel=_fire(BOX.shape)), 12)
    loops, tensors = fluid.advect(solver, state, 1 / 24), fluid.advect_on_device(solver, state, 1 / 24)
    # Both limit differently where fields are steep; elsewhere they are one scheme.
    for mine, other in ((loops.velocity, tensors.velocity), (loops.temperature, tensors.temperature)):
        assert (mine - other).abs().median() < 1e-4 * other.abs().max()
        assert (mine - other).norm() < 0.01 * other.norm()


def test_when_more_threads_work_then_the_bits_are_the_same() -> None:
    digests = [
        _run(fluid.prepare(replace(BOX, threads=threads), fluid.Gas()), fluid.Source(fuel=_fire(BOX.shape)), 6)
        for threads in (1, 2, 3)
    ]
    for other in digests[1:]:
        assert torch.equal(other.velocity, digests[0].velocity)
        assert torch.equal(other.temperature, digests[0].temperature)


def test_when_obstacles_do_not_fit_the_box_then_they_are_refused() -> None:
    with pytest.raises(InvalidRequest) as caught:
        fluid.prepare(BOX, INERT, torch.zeros((4, 4, 4), dtype=torch.bool))
    assert caught.value.remedy
