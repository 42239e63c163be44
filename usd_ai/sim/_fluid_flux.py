"""The fluid's transport by what crosses the faces of cells: sums are kept where they are, and edges stay sharp.

Tracing back (`fluid.advect`) keeps no sums; scaling a field to its sum moves heat from where much is lost, at the
source, to wherever there is some, and a plume then carries more heat high up than it was given. Here each face takes
from one cell what it gives to the other.

Sources. Second-order upwind fluxes with a limiter: van Leer, J. Comput. Phys. 32, 1979; the limiter is his monotonised
central one. Split by axes with air carried along, so that even air stays even: Easter, Mon. Weather Rev. 121, 1993.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import torch
from numpy.typing import NDArray

from usd_ai.sim import _fluid_cells as cells
from usd_ai.sim import _fluid_pressure as pressure
from usd_ai.sim._fluid_values import Solver, State

F32 = NDArray[np.float32]

_COURANT = 0.5  # of a cell that a sub-step may cross along an axis: so no axis empties a cell of its air
_CHANNELS = 6  # velocity x, y, z, excess temperature, fuel, density
_MOST_PARTS = 12


def carried(solver: Solver, state: State, seconds: float) -> State:
    """All fields ``seconds`` later, carried by the state's velocity without what diverges. CPU, no obstacles."""
    gas, box = solver.gas, solver.box
    at_faces = pressure.project_faces(solver, pressure.faces(state.velocity, solver))
    across = [face.contiguous().numpy() * np.float32(seconds / box.voxel) for face in at_faces]
    fastest = max(float(np.abs(face).max()) for face in across)
    parts = min(max(1, math.ceil(fastest / _COURANT)), _MOST_PARTS)
    fields = torch.cat(
        (state.velocity, torch.stack((state.temperature - gas.ambient, state.fuel, state.density)))
    ).numpy()
    outside = np.zeros((_CHANNELS, box.shape[2]), np.float32)
    outside[:2] = solver.wind[:, 0, 0].numpy()
    for number in range(parts):
        # Turned around in every other part, so that no axis is always the first.
        fields = _once(fields, [face / np.float32(parts) for face in across], outside, number % 2 == 1, box.threads)
    moved = torch.from_numpy(fields)
    return State(moved[:3].clone(), moved[3] + gas.ambient, moved[4].clone(), moved[5].clone())


def _once(fields: F32, across: list[F32], outside: F32, turned: bool, threads: int) -> F32:
    air = np.ones(fields.shape[1:], np.float32)
    result = fields.copy()
    there = np.array([bool(field.any()) or bool(come.any()) for field, come in zip(fields, outside, strict=True)])
    for axis in (2, 1, 0) if turned else (0, 1, 2):
        side = 1 if axis == 0 else 0  # slabs lie along an axis that lines do not run along

        def lines(first: int, last: int, axis: int = axis) -> None:
            _along(result, there, air, across[axis], outside, axis, first, last)

        cells.in_slabs(threads, air.shape[side], lines)
    return result


@numba.njit(cache=True, nogil=True)
def _limited(ahead: float, behind: float) -> float:
    """The slope between two differences: none at an extremum, else their mean or twice the smaller one."""
    if ahead * behind <= 0.0:
        return 0.0
    least = 2.0 * min(abs(ahead), abs(behind))
    mean = 0.5 * (ahead + behind)
    return min(least, mean) if mean > 0.0 else max(-least, mean)


@numba.njit(cache=True, nogil=True)
def _line(line: F32, air: F32, courant: F32, count: int, flux: F32) -> None:
    """Carry one field along a line of ``count`` cells, of which ``line`` has two more at each end."""
    for face in range(count + 1):
        c = courant[face]
        if c >= 0.0:
            value = line[face + 1]
            slope = _limited(line[face + 2] - value, value - line[face])
        else:
            value = line[face + 2]
            slope = _limited(line[face + 1] - value, value - line[face + 3])
        flux[face] = c * (value + 0.5 * (1.0 - abs(c)) * slope)
    for cell in range(count):
        left = air[cell] - courant[cell + 1] + courant[cell]
        line[cell + 2] = (line[cell + 2] * air[cell] - flux[cell + 1] + flux[cell]) / left


@numba.njit(cache=True, nogil=True)
def _along(
    fields: F32, there: NDArray[np.bool_], air: F32, across: F32, outside: F32, axis: int, first: int, last: int
) -> None:
    """Carry all fields that are ``there`` along ``axis``; of the first other axis, lines ``first`` to ``last``."""
    channels = len(fields)
    shape = air.shape
    count = shape[axis]
    others = shape[2] if axis != 2 else shape[1]
    line, flux = np.zeros(count + 4, np.float32), np.zeros(count + 1, np.float32)
    courant, before = np.zeros(count + 1, np.float32), np.zeros(count, np.float32)
    for one in range(first, last):
        for two in range(others):
            if axis == 0:
                whole, faces = air[:, one, two], across[:, one, two]
            elif axis == 1:
                whole, faces = air[one, :, two], across[one, :, two]
            else:
                whole, faces = air[one, two, :], across[one, two, :]
            courant[:] = faces
            before[:] = whole
            for channel in range(channels):
                if not there[channel]:
                    continue
                if axis == 0:
                    own = fields[channel, :, one, two]
                elif axis == 1:
                    own = fields[channel, one, :, two]
                else:
                    own = fields[channel, one, two, :]
                line[2 : count + 2] = own
                low = own[0] if axis == 2 else outside[channel, two]
                high = outside[channel, shape[2] - 1] if axis == 2 else outside[channel, two]
                line[0], line[1], line[count + 2], line[count + 3] = low, low, high, high
                _line(line, before, courant, count, flux)
                own[:] = line[2 : count + 2]
            for cell in range(count):
                whole[cell] = before[cell] - courant[cell + 1] + courant[cell]
