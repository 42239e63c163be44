"""A plume over a point source against Morton, Taylor and Turner, Proc. R. Soc. A 234, 1956, section 2.

In still, even air its radius grows in proportion to height and its speed falls with height to the power -1/3, both from
a virtual origin; the heat that passes is the same at every height.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from usd_ai.sim import fluid

INERT = fluid.Gas(radiation=0.0, mixing=0.0, soot_loss=0.0, expansion=0.0, buoyancy=1.0, confinement=0.0)
AIR_HEAT = 1206.0  # J/(m³ K)
WATTS, VOXEL, STEP, SECONDS, SETTLED = 1e6, 1.0, 0.25, 80.0, 30.0
SHAPE = (64, 64, 64)  # four radii wide at the top: air must come in from the sides, not from above
SOURCE = 2.5  # m, radius and height of the heated ball


@pytest.fixture(scope="module")
def plume() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Top-hat radius (m), its speed (m/s) and heat past over heat given, by height of voxels, in the mean over time.

    The plume is what is warmer than a twentieth of the warmest at its height, at each moment: the mean over time of a
    plume that sways is wider than it ever is.
    """
    axes = [(torch.arange(size) + 0.5) * VOXEL for size in SHAPE]
    x, y, z = torch.meshgrid(*axes, indexing="ij")
    middle = 0.5 * SHAPE[0] * VOXEL
    away = (x - middle) ** 2 + (y - middle) ** 2 + (z - SOURCE) ** 2
    weight = (1.0 - away / SOURCE**2).clamp(min=0.0)
    heat = weight / (weight.sum() * VOXEL**3) * (WATTS / AIR_HEAT)
    noise = torch.Generator().manual_seed(1)
    sums, count = torch.zeros((3, SHAPE[2]), dtype=torch.float64), 0
    with fluid.one_thread():
        solver = fluid.prepare(fluid.Box(SHAPE, VOXEL, flux=True, threads=2), INERT)
        state = fluid.start(solver)
        for number in range(round(SECONDS / STEP)):
            shaken = torch.randn((3, *SHAPE), generator=noise) * (heat > 0.0) * 4.0  # without, it rises as one thread
            state = fluid.step(solver, state, fluid.Source(heat=heat, force=shaken), STEP)
            if number * STEP >= SETTLED:
                excess, upward = state.temperature - INERT.ambient, state.velocity[2]
                within = upward.clamp(min=0.0) * (excess > 0.05 * excess.amax(dim=(0, 1)))
                sums += torch.stack([flow.double().sum(dim=(0, 1)) for flow in (within, within**2, upward * excess)])
                count += 1
    volume, momentum, past = (sums / count * VOXEL**2).numpy()
    return volume / np.sqrt(np.pi * momentum), momentum / volume, past * AIR_HEAT / WATTS


def test_when_air_is_heated_at_a_point_then_its_plume_widens_and_slows_as_theory_says(
    plume: tuple[NDArray[np.float64], ...],
) -> None:
    radius, speed, _ = plume
    heights = (np.arange(SHAPE[2]) + 0.5) * VOXEL
    part = slice(14, 50)  # above what the source's size shows in, below what the open top shows in
    slope, start = np.polyfit(heights[part], radius[part], 1)
    entrained = slope * 5.0 / 6.0
    # Top-hat entrainment of 0.10 to 0.13 is what is usually found (working value); 30 % around it, because 50 s are
    # some ten turns of the largest eddies.
    assert entrained == pytest.approx(0.115, rel=0.3)
    above = heights[part] + start / slope
    power = np.polyfit(np.log(above), np.log(speed[part]), 1)[0]
    assert power == pytest.approx(-1.0 / 3.0, abs=0.1)
    flux = 9.81 * WATTS / (AIR_HEAT * INERT.ambient)
    told = 5.0 / (6.0 * entrained) * (0.9 * entrained * flux / np.pi) ** (1.0 / 3.0) * above ** (-1.0 / 3.0)
    assert np.median(speed[part] / told) == pytest.approx(1.0, abs=0.15)


def test_when_a_plume_rises_then_the_heat_it_was_given_passes_every_height(
    plume: tuple[NDArray[np.float64], ...],
) -> None:
    share = plume[2]
    assert share[8:56] == pytest.approx(np.ones(48), abs=0.1)


@pytest.fixture(scope="module")
def cloud() -> list[fluid.State]:
    """A hot cloud of smoke in a box it does not leave, from the first moment on."""
    solver = fluid.prepare(fluid.Box((24, 24, 40), 0.5, flux=True), INERT)
    state = fluid.start(solver)
    density = torch.zeros(solver.box.shape)
    density[9:15, 9:15, 4:10] = 1.0
    states = [fluid.State(state.velocity, state.temperature + 40.0 * density, state.fuel, density)]
    with fluid.one_thread():
        for _ in range(36):
            states.append(fluid.step(solver, states[-1], fluid.Source(), 1 / 12))
    return states


def test_when_fields_move_by_what_crosses_faces_then_sums_are_kept_and_no_new_extrema_appear(
    cloud: list[fluid.State],
) -> None:
    given = float(cloud[0].density.sum())
    assert float(cloud[-1].density[:, :, 12:].sum()) > 0.3 * given  # it rose
    for state in cloud:
        assert float(state.density.sum()) == pytest.approx(given, rel=1e-4)
        assert float((state.temperature - INERT.ambient).sum()) == pytest.approx(40.0 * given, rel=1e-3)
        assert float(state.density.min()) >= -1e-4
        assert float(state.density.max()) <= 1.1  # axes one after the other: a little above what was there


def test_when_fields_move_by_what_crosses_faces_then_threads_do_not_change_a_bit(cloud: list[fluid.State]) -> None:
    moved = []
    for threads in (1, 3):
        solver = fluid.prepare(fluid.Box((24, 24, 40), 0.5, flux=True, threads=threads), INERT)
        with fluid.one_thread():
            moved.append(fluid.step(solver, cloud[5], fluid.Source(), 0.4))
    for name in ("velocity", "temperature", "fuel", "density"):
        assert all(torch.equal(getattr(a, name), getattr(b, name)) for a, b in itertools.pairwise(moved))
