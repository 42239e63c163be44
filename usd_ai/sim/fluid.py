"""A combustion fluid on a box of voxels: fuel burns to heat and soot, heat rises, wind leans it.

Sim space: metres, seconds, kelvin, z up; tensors are indexed [x, y, z]. Step order of a production solver: advect →
inject and burn → cool → buoyancy and vorticity confinement → pressure. The floor is solid, sides and top are open:
gas leaves and wind enters, and obstacles stand where they are told to. On a CPU advection runs in compiled loops, on
other devices in tensor operations.

Sources. Step structure and vorticity confinement: Fedkiw, Stam and Jensen, "Visual Simulation of Smoke", SIGGRAPH
2001, sections 2 and 3. Advection: Selle et al., "An Unconditionally Stable MacCormack Method", J. Sci. Comput. 35,
2008, section 3, limited by the eight values at the foot of a trace. Radiative cooling: Nguyen, Fedkiw and Jensen,
"Physically Based Modeling and Animation of Fire", SIGGRAPH 2002, section 4.3. Pressure: fast
diagonalisation of the 1-D Laplacians, Lynch, Rice and Thomas, Numer. Math. 6, 1964. Cell velocities with exact face
projection: Almgren, Bell and Szymczak, SIAM J. Sci. Comput. 17, 1996.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import functional

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim import _fluid_flux as flux
from usd_ai.sim import _fluid_on_cpu as on_cpu
from usd_ai.sim import _fluid_pressure as pressure
from usd_ai.sim import _fluid_sparse as sparse
from usd_ai.sim._fluid_on_cpu import Tiles
from usd_ai.sim._fluid_pressure import divergence, faces, project, project_faces
from usd_ai.sim._fluid_values import Box, Gas, Solver, Source, State

__all__ = [
    "Box",
    "Gas",
    "Solver",
    "Source",
    "State",
    "accelerate",
    "advect",
    "burn",
    "carry",
    "divergence",
    "faces",
    "one_thread",
    "prepare",
    "project",
    "project_faces",
    "start",
    "step",
]

GRAVITY = 9.81
_TINY = 1e-6
_CHANNELS = 6  # velocity x, y, z, temperature, fuel, density


@contextmanager
def one_thread() -> Generator[None]:
    """One thread for torch inside, so that the machine's environment cannot change a sum's order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)


def prepare(box: Box, gas: Gas, solid: Tensor | None = None) -> Solver:
    """The solver of a box with obstacles where ``solid`` (bool [x, y, z]) is true.

    Raises InvalidRequest for boxes below 4 voxels along an axis or without size, and obstacles of another shape.
    """
    if min(box.shape) < 4 or not box.voxel > 0:
        raise InvalidRequest(
            f"A fluid box of {box.shape} voxels of {box.voxel} m cannot be simulated.",
            remedy="Give at least 4 voxels along each axis and a positive size.",
        )
    if solid is not None and tuple(solid.shape) != box.shape:
        raise InvalidRequest(
            f"Obstacles of {tuple(solid.shape)} voxels do not fit a box of {box.shape}.",
            remedy="Give one value per voxel.",
        )
    size_x, size_y, size_z = box.shape
    heights = (torch.arange(size_z, dtype=torch.float64) + 0.5) * box.voxel
    profile = torch.log1p(heights / box.roughness) / math.log1p(10.0 / box.roughness)
    wind = torch.stack([profile * box.wind[0], profile * box.wind[1]])[:, None, None, :]
    # One ring of ambient air stands around the sides and on top of the padded array, nothing below the floor.
    axes = (_places(size_x, 1, size_x + 2), _places(size_y, 1, size_y + 2), _places(size_z, 0, size_z + 1))
    grid_x, grid_y, grid_z = torch.meshgrid(*axes, indexing="ij")
    x, y, z = pressure.bases(box)
    total = x[1][:, None, None] + y[1][None, :, None] + z[1][None, None, :]
    inverse = torch.where(total.abs() < _TINY, 0.0, box.voxel**2 / total)  # walls all around: pressure has no zero
    blocked = None if solid is None or not bool(solid.any()) else solid.to(box.device, torch.bool)
    return Solver(
        box=box,
        gas=gas,
        wind=wind.to(box.device, torch.float32),
        places=torch.stack((grid_z, grid_y, grid_x), dim=-1)[None].to(box.device, torch.float32),
        sponge=_sponge(box.shape).to(box.device, torch.float32),
        bases=(
            x[0].to(box.device, torch.float32),
            y[0].to(box.device, torch.float32),
            z[0].to(box.device, torch.float32),
        ),
        inverse=inverse.to(box.device, torch.float32),
        solid=blocked,
        passable=None if blocked is None else pressure.passable(blocked),
    )


def start(solver: Solver) -> State:
    """Ambient air that moves with the wind."""
    shape, device = solver.box.shape, solver.box.device
    velocity = torch.zeros((3, *shape), device=device)
    velocity[:2] = solver.wind
    nothing = torch.zeros(shape, device=device)
    return State(velocity, torch.full(shape, solver.gas.ambient, device=device), nothing, nothing.clone())


def step(solver: Solver, state: State, source: Source, seconds: float) -> State:
    """The state ``seconds`` later. Equal arguments give equal bits on one class of machine with one thread."""
    if solver.box.sparse:
        return sparse.step(solver, state, source, seconds, dense)
    return dense(solver, state, source, seconds)


def dense(solver: Solver, state: State, source: Source, seconds: float, tiles: Tiles | None = None) -> State:
    """As `step`, for the whole box; fields stand still in ``tiles`` (uint8) that are 0."""
    gas = solver.gas
    if solver.box.flux:
        moved = flux.carried(solver, state, seconds)
    else:
        moved = advect(solver, state, seconds, tiles)
        if not gas.expansion:
            moved = _kept(solver, state, moved, seconds)
    before = moved.temperature
    burned = burn(gas, moved, source, seconds)
    velocity = burned.velocity + accelerate(solver, burned, source, seconds)
    settle = (solver.sponge * seconds).clamp(max=1.0)
    velocity[:2] += (solver.wind - velocity[:2]) * settle
    velocity[2] *= 1.0 - settle
    swelling = None
    if gas.expansion and not solver.box.walls:
        swelling = (burned.temperature - before) / (burned.temperature * seconds) * gas.expansion
    velocity = project(solver, velocity, swelling)
    if solver.solid is None:
        return State(velocity, burned.temperature, burned.fuel, burned.density)
    free = ~solver.solid
    kelvin = torch.where(free, burned.temperature, gas.ambient)
    return State(velocity, kelvin, burned.fuel * free, burned.density * free)


def advect(solver: Solver, state: State, seconds: float, tiles: Tiles | None = None) -> State:
    """All fields carried along the velocity: MacCormack with second-order traces, no new extrema."""
    if solver.box.device == "cpu":
        return on_cpu.advect(solver, state, seconds, tiles)
    return advect_on_device(solver, state, seconds)


def advect_on_device(solver: Solver, state: State, seconds: float) -> State:
    """`advect` in tensor operations, on whatever device the fields are; open boxes, second order."""
    fields = torch.cat((state.velocity, torch.stack((state.temperature, state.fuel, state.density))))
    padded = _pad(solver, fields)
    cells = _cells_to_places(solver, seconds)
    half_way = _sample(padded[:3], solver.places - _displacement(state.velocity, cells * 0.5))
    shift = _displacement(half_way, cells)
    forward = _sample(padded, solver.places - shift)
    returned = _sample(_pad(solver, forward), solver.places + shift)
    low, high = _neighbourhood(forward)
    result = torch.add(forward, fields - returned, alpha=0.5).clamp_(low, high)
    return State(result[:3], result[3], result[4], result[5])


def carry(solver: Solver, velocity: Tensor, fields: Tensor, seconds: float) -> Tensor:
    """Other fields [channels, x, y, z] carried along the velocity; what comes in over an edge is as at the edge."""
    places = torch.stack(
        torch.meshgrid(*(torch.arange(size, device=velocity.device) for size in solver.box.shape), indexing="ij")[::-1],
        dim=-1,
    )
    sizes = torch.tensor([size - 1 for size in solver.box.shape[::-1]], device=velocity.device)
    shift = torch.stack((velocity[2], velocity[1], velocity[0]), dim=-1) * (seconds / solver.box.voxel)
    return _sample(fields, ((places - shift) * (2.0 / sizes) - 1.0)[None])


def _kept(solver: Solver, before: State, moved: State, seconds: float) -> State:
    """What was carried, scaled so that its sum is what it was less what left through open sides.

    Traces back do not keep sums: a closed box gained a quarter of its smoke in three seconds. Where gas expands by
    design there is no sum to keep.
    """
    ambient = solver.gas.ambient
    fields = (before.temperature - ambient, before.fuel, before.density)
    after = (moved.temperature - ambient, moved.fuel, moved.density)
    scaled: list[Tensor] = []
    for old, new in zip(fields, after, strict=True):
        had, has = old.sum(dtype=torch.float64), new.sum(dtype=torch.float64)
        left = _outflow(solver, before.velocity, old) * (seconds / solver.box.voxel)
        share = ((had - left) / has).clamp(0.8, 1.2) if float(has) > _TINY else torch.ones(())
        scaled.append(new * share.to(torch.float32))
    return State(moved.velocity, scaled[0] + ambient, scaled[1], scaled[2])


def _outflow(solver: Solver, velocity: Tensor, field: Tensor) -> Tensor:
    """Sum of speed outwards times ``field`` over the cells at open sides and the top."""
    total = torch.zeros((), dtype=torch.float64, device=field.device)
    if solver.box.walls:
        return total
    for axis, end, sign in ((0, 0, -1.0), (0, -1, 1.0), (1, 0, -1.0), (1, -1, 1.0), (2, -1, 1.0)):
        outwards = (velocity[axis].select(axis, end) * sign).clamp(min=0.0)
        total += (outwards * field.select(axis, end)).sum(dtype=torch.float64)
    return total


def burn(gas: Gas, state: State, source: Source, seconds: float) -> State:
    """Inject, burn fuel to heat and soot, cool. Fuel is burned exactly over the step; cooling is integrated exactly."""
    fuel, temperature, density = state.fuel, state.temperature, state.density
    if source.fuel is not None:
        fuel = fuel + source.fuel * seconds
    if source.heat is not None:
        temperature = temperature + source.heat * seconds
    if source.density is not None:
        density = density + source.density * seconds
    if source.fuel is None and not (gas.radiation or gas.mixing or gas.soot_loss):
        return State(state.velocity, temperature, fuel, density)  # nothing burns and nothing is lost
    left = math.exp(-seconds / gas.burn_time)
    burned = fuel * (1.0 - left)
    span = gas.ceiling - gas.ambient
    excess = ((temperature - gas.ambient) / span).clamp_(min=0.0)
    # Heating slows towards the ceiling: 1 - excess falls exponentially with the heat that was released.
    excess = 1.0 - (1.0 - excess.clamp(max=1.0)) * torch.exp(burned * (-gas.heat / span))
    density = density + burned * excess * gas.soot  # soot needs heat to form: cool gas leaves none
    rate = 3.0 * gas.radiation / span * seconds
    excess = excess / (1.0 + rate * excess**3) ** (1.0 / 3.0) * math.exp(-gas.mixing * seconds)
    density = density * math.exp(-gas.soot_loss * seconds)
    return State(state.velocity, gas.ambient + span * excess, fuel * left, density)


def accelerate(solver: Solver, state: State, source: Source, seconds: float) -> Tensor:
    """Change of velocity over the step [3, x, y, z]: buoyancy, vorticity confinement, the source's force."""
    gas = solver.gas
    eddies = state.velocity.clone()
    eddies[:2] -= solver.wind  # the wind's own shear is no eddy to be given back
    change = _confinement(eddies, solver.box.voxel, gas.confinement)
    change[2] += (GRAVITY * gas.buoyancy) * (state.temperature / gas.ambient - 1.0)
    if source.force is not None:
        change = change + source.force
    return change * seconds


def _places(size: int, before: int, padded: int) -> Tensor:
    """Where the ``size`` cells stand along an axis of ``padded`` cells, from -1 (first centre) to 1 (last centre)."""
    return (torch.arange(size, dtype=torch.float64) + before) * (2.0 / (padded - 1)) - 1.0


def _sponge(shape: tuple[int, int, int]) -> Tensor:
    """Return to the wind in the outer cells of the sides: 2 per second at the edge, nothing from three cells in."""
    distance = torch.full(shape, float("inf"), dtype=torch.float64)
    for axis in range(2):
        index = torch.arange(shape[axis], dtype=torch.float64)
        edge = torch.minimum(index, shape[axis] - 1 - index)
        distance = torch.minimum(distance, edge[:, None, None] if axis == 0 else edge[None, :, None])
    return 2.0 * (1.0 - distance / 3.0).clamp(min=0.0)


def _pad(solver: Solver, fields: Tensor) -> Tensor:
    """The fields [6, x, y, z] with a ring of ambient air at the sides and on top."""
    size_x, size_y, size_z = solver.box.shape
    padded = torch.zeros((_CHANNELS, size_x + 2, size_y + 2, size_z + 1), device=fields.device)
    padded[:2, :, :, :-1] = solver.wind
    padded[:2, :, :, -1] = solver.wind[:, :, :, -1]
    padded[3] = solver.gas.ambient
    padded[:, 1:-1, 1:-1, :-1] = fields
    return padded


def _cells_to_places(solver: Solver, seconds: float) -> Tensor:
    """What a velocity along z, y, x over the step is in the coordinates of `Solver.places`."""
    sizes = (solver.box.shape[2], solver.box.shape[1] + 1, solver.box.shape[0] + 1)
    scale = [2.0 * seconds / (solver.box.voxel * size) for size in sizes]
    return torch.tensor(scale, device=solver.box.device)


def _displacement(velocity: Tensor, scale: Tensor) -> Tensor:
    return torch.stack((velocity[2], velocity[1], velocity[0]), dim=-1).mul_(scale)[None]


def _sample(fields: Tensor, places: Tensor) -> Tensor:
    """Trilinear values [channels, x, y, z] of ``fields`` at ``places`` [1, x, y, z, 3]."""
    return functional.grid_sample(fields[None], places, padding_mode="border", align_corners=True)[0]


def _neighbourhood(fields: Tensor) -> tuple[Tensor, Tensor]:
    """Smallest and largest value among each cell and its 26 neighbours, [channels, x, y, z] each."""
    low = high = fields
    for axis in (1, 2, 3):
        low, high = _among_three(low, axis, torch.minimum), _among_three(high, axis, torch.maximum)
    return low, high


def _among_three(fields: Tensor, axis: int, choose: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """``choose`` over each cell and its two neighbours along an axis."""
    size = fields.shape[axis]
    pairs = choose(fields.narrow(axis, 0, size - 1), fields.narrow(axis, 1, size - 1))
    inner = choose(pairs.narrow(axis, 0, size - 2), pairs.narrow(axis, 1, size - 2))
    return torch.cat((pairs.narrow(axis, 0, 1), inner, pairs.narrow(axis, size - 2, 1)), dim=axis)


def _confinement(velocity: Tensor, voxel: float, strength: float) -> Tensor:
    """Acceleration that gives back the eddies which the grid smears, m/s² [3, x, y, z]."""
    result = torch.zeros_like(velocity)
    if not strength:
        return result
    u, v, w = velocity
    curl_x = _derivative(w, 1, voxel).sub_(_derivative(v, 2, voxel))
    curl_y = _derivative(u, 2, voxel).sub_(_derivative(w, 0, voxel))
    curl_z = _derivative(v, 0, voxel).sub_(_derivative(u, 1, voxel))
    size = _length(curl_x, curl_y, curl_z)
    x, y, z = (_derivative(size, axis, voxel) for axis in range(3))
    scale = strength * voxel / _length(x, y, z).add_(_TINY)
    result[0] = (y * curl_z).sub_(z * curl_y).mul_(scale)
    result[1] = (z * curl_x).sub_(x * curl_z).mul_(scale)
    result[2] = (x * curl_y).sub_(y * curl_x).mul_(scale)
    return result


def _derivative(field: Tensor, axis: int, voxel: float) -> Tensor:
    """Central difference along an axis, one-sided at the ends."""
    size = field.shape[axis]
    result = torch.empty_like(field)
    inner = result.narrow(axis, 1, size - 2)
    torch.sub(field.narrow(axis, 2, size - 2), field.narrow(axis, 0, size - 2), out=inner)
    inner *= 0.5 / voxel
    for end, first in ((0, 0), (size - 1, size - 2)):
        difference = field.narrow(axis, first + 1, 1) - field.narrow(axis, first, 1)
        result.narrow(axis, end, 1).copy_(difference / voxel)
    return result


def _length(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    return (x * x).addcmul_(y, y).addcmul_(z, z).sqrt_()
