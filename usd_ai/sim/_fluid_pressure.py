"""Pressure of the fluid: velocities without what compresses, exact in a plain box, iterated around obstacles.

Sources: fast diagonalisation of the 1-D Laplacians, Lynch, Rice and Thomas, Numer. Math. 6, 1964. Cell velocities with
exact face projection: Almgren, Bell and Szymczak, SIAM J. Sci. Comput. 17, 1996. Around obstacles: conjugate gradients
(Hestenes and Stiefel, J. Res. NBS 49, 1952) preconditioned with the box's exact inverse.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from usd_ai.sim import _fluid_cells as cells
from usd_ai.sim._fluid_values import Box, Solver

_COUPLING = 0.25  # share of a checkerboard in the velocity, which faces do not see, that a step takes away
_RESIDUAL = 1e-4  # of the divergence that conjugate gradients leave
_MOST_ROUNDS = 60


def project(solver: Solver, velocity: Tensor, swelling: Tensor | None = None) -> Tensor:
    """The velocity without what compresses: [3, x, y, z] in and out. ``swelling``: wanted divergence, 1/s [x, y, z].

    Pressure is exact for the velocity on faces (`faces` of the result before averaging back has the wanted divergence
    to rounding); cell velocities take the mean of the pressure forces on their two faces.
    """
    voxel = solver.box.voxel
    if solver.box.device == "cpu" and solver.solid is None:
        return _project_cells(solver, velocity, swelling)
    at_faces = faces(velocity, solver)
    wanted = divergence(at_faces, voxel)
    if swelling is not None:
        wanted = wanted - swelling
    pressure = _solve(solver, wanted)
    result = velocity.clone()
    for axis, (slope, across) in enumerate(zip(_slopes(solver, pressure), at_faces, strict=True)):
        size = pressure.shape[axis]
        result[axis] -= 0.5 * (slope.narrow(axis, 0, size) + slope.narrow(axis, 1, size))
        smooth = 0.5 * (across.narrow(axis, 0, size) + across.narrow(axis, 1, size))
        result[axis] += _COUPLING * (smooth - velocity[axis])
    return result if solver.solid is None else result * ~solver.solid


def _diverging(solver: Solver, velocity: NDArray[np.float32]) -> NDArray[np.float32]:
    box = solver.box
    result = np.empty(velocity.shape[1:], np.float32)
    walls = int(box.walls)
    cells.in_slabs(box.threads, box.shape[0], lambda a, b: cells.diverging(velocity, result, 0.5, walls, a, b))
    return result


def _project_cells(solver: Solver, velocity: Tensor, swelling: Tensor | None) -> Tensor:
    """As `project`, in compiled loops: a box without obstacles on a CPU."""
    box = solver.box
    plain = velocity.contiguous().numpy()
    walls = int(box.walls)
    right = torch.from_numpy(_diverging(solver, plain)).div_(box.voxel)
    if swelling is not None:
        right -= swelling
    pressure = _solve_box(solver, right).numpy()
    result = np.empty_like(plain)
    cells.in_slabs(
        box.threads,
        box.shape[0],
        lambda a, b: cells.push(plain, pressure, result, 1.0 / box.voxel, walls, _COUPLING, a, b),
    )
    return torch.from_numpy(result)


def _solve(solver: Solver, right: Tensor) -> Tensor:
    """Pressure whose Laplacian is ``right``; with obstacles by conjugate gradients that the plain box preconditions."""
    if solver.solid is None:
        return _solve_box(solver, right)
    gas = ~solver.solid
    left = right * gas
    goal = _RESIDUAL * float(left.norm())
    pressure = torch.zeros_like(left)
    towards = near = _solve_box(solver, left) * gas
    power = (left * near).sum()
    for _ in range(_MOST_ROUNDS):
        bent = divergence(_slopes(solver, towards), solver.box.voxel)
        share = power / (towards * bent).sum()
        pressure = pressure + share * towards
        left = left - share * bent
        if float(left.norm()) <= goal:
            break
        near = _solve_box(solver, left) * gas
        before, power = power, (left * near).sum()
        towards = near + (power / before) * towards
    return pressure


def project_faces(solver: Solver, at_faces: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Face velocities ([x+1, y, z], [x, y+1, z], [x, y, z+1]) made free of divergence to rounding."""
    voxel = solver.box.voxel
    slopes = _slopes(solver, _solve(solver, divergence(at_faces, voxel)))
    return (at_faces[0] - slopes[0], at_faces[1] - slopes[1], at_faces[2] - slopes[2])


def faces(velocity: Tensor, solver: Solver | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Velocities on faces: means of the two cells, the cell's own at open faces, nothing through the floor.

    Of a ``solver`` with walls or obstacles: nothing through these as well.
    """
    walls = solver is not None and solver.box.walls
    result: list[Tensor] = []
    for axis in range(3):
        values = velocity[axis]
        size = values.shape[axis]
        first, last = values.narrow(axis, 0, 1), values.narrow(axis, size - 1, 1)
        between = 0.5 * (values.narrow(axis, 0, size - 1) + values.narrow(axis, 1, size - 1))
        shut = walls or axis == 2
        result.append(torch.cat((first * (not shut), between, last * (not walls)), dim=axis))
    if solver is not None and solver.passable is not None:
        result = [across * let for across, let in zip(result, solver.passable, strict=True)]
    return (result[0], result[1], result[2])


def divergence(at_faces: tuple[Tensor, Tensor, Tensor], voxel: float) -> Tensor:
    """Divergence of face velocities in each cell, 1/s [x, y, z]."""
    u, v, w = at_faces
    return (u[1:] - u[:-1] + v[:, 1:] - v[:, :-1] + w[:, :, 1:] - w[:, :, :-1]) / voxel


def _solve_box(solver: Solver, right: Tensor) -> Tensor:
    """Pressure whose Laplacian is ``right`` in a box without obstacles: into the eigenbasis, divide, and back."""
    base_x, base_y, base_z = solver.bases
    shape = right.shape
    modes = (base_x.T @ right.reshape(shape[0], -1)).reshape(shape)
    modes = (base_y.T @ modes) @ base_z * solver.inverse
    modes = (base_y @ modes) @ base_z.T
    return (base_x @ modes.reshape(shape[0], -1)).reshape(shape)


def _slopes(solver: Solver, pressure: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Pressure differences across faces over the voxel: pressure is 0 outside open faces, equal behind solid ones."""
    result: list[Tensor] = []
    walls, voxel = solver.box.walls, solver.box.voxel
    for axis in range(3):
        size = pressure.shape[axis]
        first, last = pressure.narrow(axis, 0, 1), pressure.narrow(axis, size - 1, 1)
        below = first if walls or axis == 2 else torch.zeros_like(first)
        above = last if walls else torch.zeros_like(last)
        result.append(torch.diff(pressure, dim=axis, prepend=below, append=above) / voxel)
    if solver.passable is not None:
        result = [slope * let for slope, let in zip(result, solver.passable, strict=True)]
    return (result[0], result[1], result[2])


def passable(solid: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """1 on faces that no solid cell touches, 0 on the others: float32 [x+1, y, z], [x, y+1, z], [x, y, z+1]."""
    result: list[Tensor] = []
    for axis in range(3):
        size = solid.shape[axis]
        first, last = solid.narrow(axis, 0, 1), solid.narrow(axis, size - 1, 1)
        between = solid.narrow(axis, 0, size - 1) | solid.narrow(axis, 1, size - 1)
        result.append((~torch.cat((first, between, last), dim=axis)).to(torch.float32))
    return (result[0], result[1], result[2])


def bases(box: Box) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Eigenvectors (columns) and eigenvalues of the second difference along each axis of a box, float64."""
    if box.walls:
        x, y, z = (_wall_wall(size) for size in box.shape)
        return x, y, z
    size_x, size_y, size_z = box.shape
    return _open_open(size_x), _open_open(size_y), _floor_open(size_z)


def _open_open(size: int) -> tuple[Tensor, Tensor]:
    """Eigenvectors (columns) and eigenvalues of the second difference with nothing beyond both ends."""
    angle = math.pi * (torch.arange(size, dtype=torch.float64) + 1) / (size + 1)
    vectors = torch.sin((torch.arange(size, dtype=torch.float64)[:, None] + 1) * angle[None, :])
    return vectors / vectors.norm(dim=0), 2.0 * torch.cos(angle) - 2.0


def _floor_open(size: int) -> tuple[Tensor, Tensor]:
    """As `_open_open`, with a mirror below the first cell."""
    angle = math.pi * (torch.arange(size, dtype=torch.float64) + 0.5) / (size + 0.5)
    vectors = torch.cos((torch.arange(size, dtype=torch.float64)[:, None] + 0.5) * angle[None, :])
    return vectors / vectors.norm(dim=0), 2.0 * torch.cos(angle) - 2.0


def _wall_wall(size: int) -> tuple[Tensor, Tensor]:
    """As `_open_open`, with a mirror beyond both ends."""
    angle = math.pi * torch.arange(size, dtype=torch.float64) / size
    vectors = torch.cos((torch.arange(size, dtype=torch.float64)[:, None] + 0.5) * angle[None, :])
    return vectors / vectors.norm(dim=0), 2.0 * torch.cos(angle) - 2.0
