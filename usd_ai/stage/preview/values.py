"""What a frame of a stage comes to before it is drawn: plain arrays in host units, luminances in nits (cd/m²).

Matrices follow USD: row vectors, ``p' = p · M``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A pinhole at one frame. ``world``: float64 [4, 4], camera to world, looking along -Z with +Y up.

    ``window``: left, right, bottom, top of the picture on the plane one unit before the eye. ``exposure``: what a
    luminance in nits is multiplied with, so that 1.0 is white before the view transform. ``shutter``: seconds it is
    open.
    """

    path: str
    world: Doubles
    window: tuple[float, float, float, float]
    near: float
    far: float
    exposure: float
    shutter: float

    @property
    def eye(self) -> Doubles:
        """Position in world space, float64 [3]."""
        return self.world[3, :3]

    def axes(self) -> Doubles:
        """Right, up and forward as orthonormal rows, float64 [3, 3]; a scale in the matrix is left out."""
        rows = self.world[:3, :3] / np.linalg.norm(self.world[:3, :3], axis=1, keepdims=True)
        return np.stack([rows[0], rows[1], -rows[2]])

    def rays(self, width: int, height: int) -> Doubles:
        """Unit directions through the pixel centres, float64 [height, width, 3]."""
        left, right, bottom, top = self.window
        x = left + (right - left) * (np.arange(width) + 0.5) / width
        y = top + (bottom - top) * (np.arange(height) + 0.5) / height
        right_axis, up_axis, forward = self.axes()
        rays = x[None, :, None] * right_axis + y[:, None, None] * up_axis + forward
        return rays / np.linalg.norm(rays, axis=-1, keepdims=True)


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles.

    ``points`` float32 [n, 3], ``triangles`` int32 [m, 3], ``colors`` float32 [n, 3]: linear Rec.709 albedo.
    """

    points: Floats
    triangles: NDArray[np.int32]
    colors: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Instances:
    """An instancer at one frame: ``which`` int32 [n] into ``prototypes``, ``matrices`` float64 [n, 4, 4] to world."""

    path: str
    prototypes: tuple[tuple[Mesh, ...], ...]
    which: NDArray[np.int32]
    matrices: Doubles


@dataclass(frozen=True, slots=True)
class Ball:
    """A sphere light: centre, radius in host units, luminance of its surface in nits by colour."""

    center: tuple[float, float, float]
    radius: float
    nits: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Sun:
    """A distant light: the direction its light travels, and the illuminance in lux by colour on a facing surface."""

    direction: tuple[float, float, float]
    lux: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Dome:
    """A lat-long sky.

    ``nits`` float32 [rows, columns, 3]; ``from_world`` float64 [3, 3]: row vector directions in world space to the
    dome's own, in which +Y is up and the picture's centre lies along +Z.
    """

    nits: Floats
    from_world: Doubles


@dataclass(frozen=True, slots=True, eq=False)
class VolumeGrids:
    """One time sample of a volume. ``values`` float32 [x, y, z, 3]: extinction per host unit, kelvin, flame 0 to 1.

    ``origin`` and ``voxel``: position of the centre of ``values[0, 0, 0]`` and spacing, in the volume's own space.
    """

    values: Floats
    origin: tuple[float, float, float]
    voxel: float


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """A placed volume: ``grids`` is the index of its time sample in `Frame.grids`, ``world`` float64 [4, 4]."""

    path: str
    grids: int
    world: Doubles


@dataclass(frozen=True, slots=True, eq=False)
class Embers:
    """Glowing points.

    ``points`` and ``velocities`` (per second) float64 [n, 3], ``widths`` float64 [n], ``nits`` float64 [n, 3].
    """

    points: Doubles
    velocities: Doubles
    widths: Doubles
    nits: Doubles


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Everything a picture is made of. ``notes``: sentences about what was assumed and what is not shown."""

    camera: Camera
    meters_per_unit: float
    up: tuple[float, float, float]
    haze: float  # extinction of the air per host unit
    soot: float  # absorption of a full flame per host unit
    meshes: tuple[Mesh, ...] = ()
    instances: tuple[Instances, ...] = ()
    balls: tuple[Ball, ...] = ()
    suns: tuple[Sun, ...] = ()
    domes: tuple[Dome, ...] = ()
    grids: tuple[VolumeGrids, ...] = ()
    volumes: tuple[Volume, ...] = ()
    embers: tuple[Embers, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)
    white: float = 6504.0  # the lamp, in kelvin, that the picture shows as white; D65 leaves colours as they are
