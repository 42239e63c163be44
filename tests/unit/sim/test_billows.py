"""Lobes of smoke: cut out of a coarse density, with edges, and no smoke where there was none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from usd_ai.sim import _billows, _smoke_column, turbulence

F32 = NDArray[np.float32]
VOXEL, FINER = 4.5, 3
TILE = turbulence.curl_tile(3, 5)


def still(shape: tuple[int, int, int]) -> turbulence.Carried:
    return turbulence.Carried(np.zeros((1, *shape, 3), np.float32), np.ones(1, np.float32))


def ball(size: int = 24) -> F32:
    """A ball of smoke that thins out over a third of its radius, 0.3 /m in its middle."""
    middle = (size - 1) / 2.0
    x, y, z = np.meshgrid(*[np.arange(size) - middle] * 3, indexing="ij")
    away = np.sqrt(x * x + y * y + z * z) / (0.4 * size)
    return (0.3 * np.clip((1.0 - away) * 3.0, 0.0, 1.0)).astype(np.float32)


def drawn(density: F32) -> tuple[F32, F32]:
    look = _billows.Billows(TILE, cell=0.45 * VOXEL, push=VOXEL, depth=1.5)
    hot = np.where(density > 0, np.float32(340.0), np.float32(293.0))
    return _billows.billowed(look, hot, density, VOXEL, FINER, still(density.shape), 0.001, 293.0)


def test_when_a_ball_of_smoke_is_drawn_then_lobes_have_edges_and_clear_air_between() -> None:
    density = ball()
    hot, thick = drawn(density)
    assert hot.shape == thick.shape == (72, 72, 72)
    assert thick.dtype == hot.dtype == np.float32
    inside = np.repeat(np.repeat(np.repeat(density, FINER, 0), FINER, 1), FINER, 2) > 0.15
    filled = (thick[inside] > 0.0).mean()
    assert 0.3 < filled < 0.8  # a resampled ball fills all of it
    part = thick[inside & (thick > 0.0)]
    assert (part > 0.1).mean() > 0.85  # and what is there is thick: no ramp down to nothing
    assert thick.max() <= density.max() * 1.001
    assert hot[thick == 0.0].max() == 293.0


def test_when_air_is_clear_then_it_stays_clear() -> None:
    density = np.zeros((12, 12, 12), np.float32)
    assert drawn(density)[1].max() == 0.0
    density[:3] = 0.2
    assert drawn(density)[1][18:].max() == 0.0  # lobes reach two voxels out of the smoke at most


def test_when_smoke_is_twice_as_thick_then_its_lobes_have_the_same_shape() -> None:
    once, twice = drawn(ball())[1], drawn(2.0 * ball())[1]
    shared = ((once > 0) & (twice > 0)).sum() / ((once > 0) | (twice > 0)).sum()
    assert shared > 0.95
    assert twice.sum() == pytest.approx(2.0 * once.sum(), rel=0.05)


def test_when_fires_puff_then_each_keeps_its_heat_over_time_and_they_do_not_puff_as_one() -> None:
    fires = np.array([[0.0, 0.0, 8.0, 1e7, 5.0], [3.0, 9.0, 8.0, 1e7, 5.0]])
    period = np.sqrt(10.0) / 1.5  # s, at 1.5/√D Hz [look guide]
    moments = np.linspace(0.0, 20.0 * period, 2000, endpoint=False)
    heat = np.array([_smoke_column.puffing(fires, float(moment))[:, 3] for moment in moments])
    assert heat.mean(axis=0) == pytest.approx([1e7, 1e7], rel=0.01)
    assert heat.min() > 0.0
    assert abs(np.corrcoef(heat.T)[0, 1]) < 0.99
    assert _smoke_column.puffing(fires, 1.0)[0, 3] == pytest.approx(_smoke_column.puffing(fires, 1.0 + period)[0, 3])
