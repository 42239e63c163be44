"""Fluid where there is fire or smoke: the box shrinks around what is not plain air, and still tiles are left out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from usd_ai.sim import _fluid_cells as cells
from usd_ai.sim._fluid_values import Solver, Source, State

_SMOKE, _FUEL, _WARM = 1e-4, 1e-5, 2.0  # 1/m, fraction, K: below, a cell is air
_MARGIN = 12  # cells of air around, which the fire sets in motion

Dense = Callable[[Solver, State, Source, float, NDArray[np.uint8] | None], State]


def step(solver: Solver, state: State, source: Source, seconds: float, dense: Dense) -> State:
    """`fluid.step` in the window around all that burns or smokes; outside of it the wind blows undisturbed."""
    tiles = tiles_at(solver, state, source, seconds)
    if not tiles.any():
        return state
    low, high = window(solver, tiles)
    part = _solver_of(solver, low, high)
    where = tuple(slice(first, last) for first, last in zip(low, high, strict=True))
    at_tiles = tuple(slice(s.start // cells.TILE, -(-s.stop // cells.TILE)) for s in where)
    moving = np.ascontiguousarray(tiles[at_tiles])
    inside = dense(part, _cut(state, where), _cut_source(source, where), seconds, moving)
    velocity = torch.zeros_like(state.velocity)
    velocity[:2] = solver.wind
    velocity[:, *where] = inside.velocity
    result = [torch.full_like(state.temperature, solver.gas.ambient), torch.zeros_like(state.fuel)]
    result.append(torch.zeros_like(state.density))
    for whole, piece in zip(result, (inside.temperature, inside.fuel, inside.density), strict=True):
        whole[where] = piece
    return State(velocity, *result)


def tiles_at(solver: Solver, state: State, source: Source, seconds: float) -> NDArray[np.uint8]:
    """Tiles in which something is, begins, or could arrive within the step: uint8 [x, y, z] of tiles."""
    filled = (state.density > _SMOKE) | (state.fuel > _FUEL) | (state.temperature > solver.gas.ambient + _WARM)
    for field in (source.fuel, source.heat, source.density):
        if field is not None:
            filled |= field > 0
    speed = float(state.velocity.abs().max())
    reach = math.ceil(speed * seconds / solver.box.voxel) + 1
    return cells.tiles_of(filled.cpu().numpy(), reach)


def window(solver: Solver, tiles: NDArray[np.uint8]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Low and high corner, in cells and whole tiles, of the part that is computed; it stands on the floor."""
    low, high = [0, 0, 0], [0, 0, 0]
    for axis in range(3):
        there = np.nonzero(tiles.any(axis=tuple(a for a in range(3) if a != axis)))[0] * cells.TILE
        size, tile = solver.box.shape[axis], cells.TILE
        low[axis] = max(int(there[0]) - _MARGIN, 0) // tile * tile if axis < 2 else 0
        high[axis] = min(-(-(int(there[-1]) + tile + _MARGIN) // tile) * tile, size)
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def _solver_of(solver: Solver, low: tuple[int, ...], high: tuple[int, ...]) -> Solver:
    """The solver of a window, made once."""
    from usd_ai.sim.fluid import prepare  # noqa: PLC0415 - it imports this file

    key = (*low, *high)
    if key not in solver.windows:
        shape = (high[0] - low[0], high[1] - low[1], high[2] - low[2])
        where = tuple(slice(first, last) for first, last in zip(low, high, strict=True))
        solid = None if solver.solid is None else solver.solid[where]
        solver.windows[key] = prepare(replace(solver.box, shape=shape, sparse=False), solver.gas, solid)
    return solver.windows[key]


def _cut(state: State, where: tuple[slice, ...]) -> State:
    return State(
        state.velocity[:, *where].contiguous(),
        *(f[where].contiguous() for f in (state.temperature, state.fuel, state.density)),
    )


def _cut_source(source: Source, where: tuple[slice, ...]) -> Source:
    def of(field: Tensor | None) -> Tensor | None:
        return None if field is None else field[(..., *where)]

    return Source(of(source.fuel), of(source.heat), of(source.density), of(source.force))
