"""The fluid's advection on a CPU: fields packed into cells, carried in compiled loops, and unpacked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from usd_ai.sim import _fluid_cells as cells
from usd_ai.sim._fluid_values import Solver, State

Tiles = NDArray[np.uint8]


def advect(solver: Solver, state: State, seconds: float, tiles: Tiles | None = None) -> State:
    """All fields carried along the velocity; those of tiles that are 0 stand still."""
    box = solver.box
    size_x, size_y, size_z = box.shape
    moving = np.ones([-(-size // cells.TILE) for size in box.shape], np.uint8) if tiles is None else tiles
    fields = [field.contiguous().numpy() for field in (state.velocity, state.temperature, state.fuel, state.density)]
    packed = surroundings(solver)
    carried = packed.copy()
    shift = np.empty((size_x, size_y, size_z, 3), np.float32)
    ring, second, per_cell = int(not box.walls), int(box.sharp), seconds / box.voxel

    def slabs(work: Callable[..., None], *arguments: NDArray[Any] | float) -> None:
        cells.in_slabs(box.threads, size_x, lambda first, last: work(*arguments, first, last))

    slabs(cells.pack, packed, *fields)
    slabs(cells.forward, packed, carried, shift, per_cell, ring, 0, second, moving)
    result = carried
    if second:
        result = np.empty_like(carried)
        slabs(cells.corrected, packed, carried, result, shift, ring, 0, moving)
    moved = [np.empty_like(field) for field in fields]
    slabs(cells.unpack, result, *moved)
    return State(*(torch.from_numpy(field) for field in moved))


def surroundings(solver: Solver) -> NDArray[np.float32]:
    """Packed cells whose ring holds what comes in: air at rest with the wind; the inner cells hold nothing yet."""
    size_x, size_y, size_z = solver.box.shape
    packed = np.zeros((size_x + 2, size_y + 2, size_z + 2, cells.LANES), np.float32)
    wind = solver.wind.numpy()[:, 0, 0, :]
    profile = np.concatenate((wind[:, :1], wind, wind[:, -1:]), axis=1).T
    for face in (packed[0], packed[-1], packed[:, 0], packed[:, -1]):
        face[..., :2] = profile
        face[..., 3] = solver.gas.ambient
    packed[:, :, -1, :2] = profile[-1]
    packed[:, :, -1, 3] = solver.gas.ambient
    return packed
