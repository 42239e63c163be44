from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest, UnreadableInput
from usd_ai.sim import vdb

NAMES = ("density", "temperature", "velocity")


def _file(half: bool = True) -> bytes:
    rng = np.random.default_rng(5)

    def cloud(*shape: int) -> NDArray[np.float32]:
        values = rng.normal(size=shape).astype(np.float32)
        return np.where(np.abs(values) > 0.5, np.round(values, 1), 0.0).astype(np.float32)

    grids = [vdb.Grid("temperature", cloud(30, 20, 17), (-9, 3, 4)), vdb.Grid("density", cloud(30, 20, 17), (-9, 3, 4))]
    return vdb.encode([*grids, vdb.Grid("velocity", cloud(9, 8, 30, 3))], 0.5, (1.0, 2.0, 3.0), half=half)


@pytest.mark.parametrize("half", [True, False])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("factor", [0.25, 0.6, 1.0, 3.7])
def test_when_one_grid_is_scaled_then_the_bytes_are_those_of_writing_it_anew(
    name: str, factor: float, half: bool
) -> None:
    data = _file(half)
    found = vdb.decode(data)
    grids = [
        replace(grid, values=grid.values * np.float32(factor)) if grid.name == name else grid for grid in found.grids
    ]
    assert vdb.scaled(data, name, factor) == vdb.encode(grids, found.voxel_size, found.translation, half=half)


def test_when_values_fade_below_what_halves_hold_then_the_voxels_stay_active() -> None:
    data = vdb.encode([vdb.Grid("density", np.full((8, 8, 8), 1e-4, np.float32))], 1.0, (0.0, 0.0, 0.0))
    (grid,) = vdb.decode(vdb.scaled(data, "density", 1e-5)).grids
    assert grid.values.shape == (8, 8, 8)
    assert not grid.values.any()


@pytest.mark.parametrize(("name", "factor"), [("flame", 2.0), ("density", 0.0), ("density", 1e6)])
def test_when_a_grid_cannot_be_scaled_then_the_request_is_refused(name: str, factor: float) -> None:
    with pytest.raises(InvalidRequest):
        vdb.scaled(_file(), name, factor)


def test_when_a_grid_has_a_background_then_scaling_it_is_refused() -> None:
    warm = vdb.Grid("kelvin", np.full((4, 4, 4), 900.0, np.float32), (0, 0, 0), 300.0)
    data = vdb.encode([warm], 1.0, (0.0, 0.0, 0.0))
    with pytest.raises(InvalidRequest):
        vdb.scaled(data, "kelvin", 2.0)


def test_when_the_file_is_cut_short_then_scaling_it_is_refused() -> None:
    with pytest.raises(UnreadableInput):
        vdb.scaled(_file()[:-3], "density", 2.0)
