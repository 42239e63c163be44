"""A combustion fluid on a box of voxels: fuel burns to heat and soot, heat rises, wind leans it.

Sim space: metres, seconds, kelvin, z up; tensors are indexed [x, y, z]. Step order of a production solver: advect →
inject and burn → cool → buoyancy and vorticity confinement → pressure. The floor is solid, sides and top are open:
gas leaves and wind enters. torch is used inside only so far that tensors live on the device that was asked for.

Sources. Step structure and vorticity confinement: Fedkiw, Stam and Jensen, "Visual Simulation of Smoke", SIGGRAPH
2001, sections 2 and 3. Advection: Selle et al., "An Unconditionally Stable MacCormack Method", J. Sci. Comput. 35,
2008, section 3, with a limiter over the 3³ neighbourhood. Radiative cooling with the fourth power of temperature:
Nguyen, Fedkiw and Jensen, "Physically Based Modeling and Animation of Fire", SIGGRAPH 2002, section 4.3. Pressure: fast
diagonalisation of the 1-D Laplacians, Lynch, Rice and Thomas, Numer. Math. 6, 1964. Cell velocities with exact face
projection: Almgren, Bell and Szymczak, SIAM J. Sci. Comput. 17, 1996.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from usd_ai.core.errors import InvalidRequest

GRAVITY = 9.81
_TINY = 1e-6
_COUPLING = 0.25  # share of a checkerboard in the velocity, which faces do not see, that a step takes away
_CHANNELS = 6  # velocity x, y, z, temperature, fuel, density


@dataclass(frozen=True, slots=True)
class Gas:
    """What burns and how. Rates are per second; `fuel` is the fraction of burnable gas in a voxel."""

    ambient: float = 293.0  # K
    ceiling: float = 1480.0  # K, no burning heats gas above it
    burn_time: float = 0.35  # s, time constant of fuel → heat
    heat: float = 2600.0  # K that burning one unit of fuel adds, far below the ceiling
    soot: float = 1.0  # 1/m of extinction that burning one unit of fuel adds
    soot_loss: float = 0.25  # 1/s, soot that burns out or falls below sight
    radiation: float = 900.0  # K/s lost at the ceiling; falls with the fourth power of the excess temperature
    mixing: float = 0.35  # 1/s, excess temperature lost to eddies smaller than a voxel
    buoyancy: float = 0.6  # of Archimedes' acceleration: the rest sets surrounding air in motion
    confinement: float = 0.35  # strength of vorticity confinement
    expansion: float = 0.3  # of the volume that heating adds; 1 is a perfect gas


@dataclass(frozen=True, slots=True)
class Box:
    """The voxels: counts along x, y, z, edge in metres, and the wind that blows through.

    ``wind``: m/s along x and y, 10 m above ground. ``roughness``: metres, of the logarithmic wind profile.
    """

    shape: tuple[int, int, int]
    voxel: float
    wind: tuple[float, float] = (0.0, 0.0)
    roughness: float = 0.5
    device: str = "cpu"


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Fields at a moment, float32: velocity [3, x, y, z] m/s, temperature K, fuel fraction, density 1/m [x, y, z]."""

    velocity: Tensor
    temperature: Tensor
    fuel: Tensor
    density: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What a step adds per second, float32 [x, y, z]; None adds nothing. ``force``: m/s² [3, x, y, z]."""

    fuel: Tensor | None = None
    heat: Tensor | None = None  # K/s
    density: Tensor | None = None  # 1/m per second
    force: Tensor | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Solver:
    """What all steps in one box share: made once by `prepare`."""

    box: Box
    gas: Gas
    wind: Tensor  # [2, 1, 1, z], m/s
    places: Tensor  # [1, x, y, z, 3], where voxel centres stand in the padded array, as grid_sample counts
    sponge: Tensor  # [x, y, z], share of the velocity that returns to the wind in a second
    bases: tuple[Tensor, Tensor, Tensor]  # orthonormal eigenvectors of the 1-D Laplacians, one a column
    inverse: Tensor  # [x, y, z], voxel² over the sum of eigenvalues


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


def prepare(box: Box, gas: Gas) -> Solver:
    """The solver of a box. Raises InvalidRequest for boxes below 4 voxels along an axis or without size."""
    if min(box.shape) < 4 or not box.voxel > 0:
        raise InvalidRequest(
            f"A fluid box of {box.shape} voxels of {box.voxel} m cannot be simulated.",
            remedy="Give at least 4 voxels along each axis and a positive size.",
        )
    size_x, size_y, size_z = box.shape
    heights = (torch.arange(size_z, dtype=torch.float64) + 0.5) * box.voxel
    profile = torch.log1p(heights / box.roughness) / math.log1p(10.0 / box.roughness)
    wind = torch.stack([profile * box.wind[0], profile * box.wind[1]])[:, None, None, :]
    # One ring of ambient air stands around the sides and on top of the padded array, nothing below the floor.
    axes = (_places(size_x, 1, size_x + 2), _places(size_y, 1, size_y + 2), _places(size_z, 0, size_z + 1))
    grid_x, grid_y, grid_z = torch.meshgrid(*axes, indexing="ij")
    x, y, z = (_open_open(size_x), _open_open(size_y), _floor_open(size_z))
    total = x[1][:, None, None] + y[1][None, :, None] + z[1][None, None, :]
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
        inverse=(box.voxel**2 / total).to(box.device, torch.float32),
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
    gas = solver.gas
    moved = advect(solver, state, seconds)
    before = moved.temperature
    burned = burn(gas, moved, source, seconds)
    velocity = burned.velocity + accelerate(solver, burned, source, seconds)
    settle = (solver.sponge * seconds).clamp(max=1.0)
    velocity[:2] += (solver.wind - velocity[:2]) * settle
    velocity[2] *= 1.0 - settle
    swelling = None
    if gas.expansion:
        swelling = (burned.temperature - before) / (burned.temperature * seconds) * gas.expansion
    return State(project(solver, velocity, swelling), burned.temperature, burned.fuel, burned.density)


def advect(solver: Solver, state: State, seconds: float) -> State:
    """All fields carried along the velocity: MacCormack with second-order traces, no new extrema."""
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


def burn(gas: Gas, state: State, source: Source, seconds: float) -> State:
    """Inject, burn fuel to heat and soot, cool. Fuel is burned exactly over the step; cooling is integrated exactly."""
    fuel, temperature, density = state.fuel, state.temperature, state.density
    if source.fuel is not None:
        fuel = fuel + source.fuel * seconds
    if source.heat is not None:
        temperature = temperature + source.heat * seconds
    if source.density is not None:
        density = density + source.density * seconds
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


def project(solver: Solver, velocity: Tensor, swelling: Tensor | None = None) -> Tensor:
    """The velocity without what compresses: [3, x, y, z] in and out. ``swelling``: wanted divergence, 1/s [x, y, z].

    Pressure is exact for the velocity on faces (`faces` of the result before averaging back has the wanted divergence
    to rounding); cell velocities take the mean of the pressure forces on their two faces.
    """
    voxel = solver.box.voxel
    at_faces = faces(velocity)
    wanted = divergence(at_faces, voxel)
    if swelling is not None:
        wanted = wanted - swelling
    pressure = _solve(solver, wanted)
    result = velocity.clone()
    for axis, (slope, across) in enumerate(zip(_slopes(pressure, voxel), at_faces, strict=True)):
        size = pressure.shape[axis]
        result[axis] -= 0.5 * (slope.narrow(axis, 0, size) + slope.narrow(axis, 1, size))
        smooth = 0.5 * (across.narrow(axis, 0, size) + across.narrow(axis, 1, size))
        result[axis] += _COUPLING * (smooth - velocity[axis])
    return result


def project_faces(solver: Solver, at_faces: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Face velocities ([x+1, y, z], [x, y+1, z], [x, y, z+1]) made free of divergence to rounding."""
    voxel = solver.box.voxel
    slopes = _slopes(_solve(solver, divergence(at_faces, voxel)), voxel)
    return (at_faces[0] - slopes[0], at_faces[1] - slopes[1], at_faces[2] - slopes[2])


def faces(velocity: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Velocities on faces: means of the two cells, the cell's own at open faces, nothing through the floor."""
    result: list[Tensor] = []
    for axis in range(3):
        values = velocity[axis]
        size = values.shape[axis]
        first, last = values.narrow(axis, 0, 1), values.narrow(axis, size - 1, 1)
        between = 0.5 * (values.narrow(axis, 0, size - 1) + values.narrow(axis, 1, size - 1))
        result.append(torch.cat((first if axis < 2 else torch.zeros_like(first), between, last), dim=axis))
    return (result[0], result[1], result[2])


def divergence(at_faces: tuple[Tensor, Tensor, Tensor], voxel: float) -> Tensor:
    """Divergence of face velocities in each cell, 1/s [x, y, z]."""
    u, v, w = at_faces
    return (u[1:] - u[:-1] + v[:, 1:] - v[:, :-1] + w[:, :, 1:] - w[:, :, :-1]) / voxel


def _solve(solver: Solver, right: Tensor) -> Tensor:
    """Pressure whose Laplacian is ``right``: into the eigenbasis, divide, and back."""
    base_x, base_y, base_z = solver.bases
    shape = right.shape
    modes = (base_x.T @ right.reshape(shape[0], -1)).reshape(shape)
    modes = (base_y.T @ modes) @ base_z * solver.inverse
    modes = (base_y @ modes) @ base_z.T
    return (base_x @ modes.reshape(shape[0], -1)).reshape(shape)


def _slopes(pressure: Tensor, voxel: float) -> tuple[Tensor, Tensor, Tensor]:
    """Pressure differences across faces over the voxel: pressure is 0 outside open faces, equal below the floor."""
    result: list[Tensor] = []
    for axis in range(3):
        shape = list(pressure.shape)
        shape[axis] = 1
        outside = torch.zeros(shape, device=pressure.device)
        below = pressure.narrow(axis, 0, 1) if axis == 2 else outside
        result.append(torch.diff(pressure, dim=axis, prepend=below, append=outside) / voxel)
    return (result[0], result[1], result[2])


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
