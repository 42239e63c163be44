"""What a fluid is made of: gas, box, fields, sources, and what all steps in one box share."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor


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

    ``wind``: m/s along x and y, 10 m above ground. ``roughness``: metres, of the logarithmic wind profile. ``walls``:
    sides and top are solid like the floor. ``sharp``: MacCormack advection, else first order. ``sparse``: work only
    where there is fire or smoke, or could be after a step. ``threads`` a step may use on a CPU: its bits do not change.
    ``flux``: fields move by what crosses the faces of cells, which keeps their sums in place (CPU, no obstacles).
    """

    shape: tuple[int, int, int]
    voxel: float
    wind: tuple[float, float] = (0.0, 0.0)
    roughness: float = 0.5
    device: str = "cpu"
    walls: bool = False
    sharp: bool = True
    sparse: bool = False
    threads: int = 1
    flux: bool = False


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
    solid: Tensor | None = None  # bool [x, y, z], where gas cannot go
    passable: tuple[Tensor, Tensor, Tensor] | None = None  # 1 on faces between gas and gas, 0 beside what is solid
    windows: dict[tuple[int, ...], Solver] = field(default_factory=dict)
    """Solvers of parts of a sparse box, by low and high corner."""
