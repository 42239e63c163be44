"""The values plumes come in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BASE_KELVIN = 1373.0  # temperature at the foot of a flame [Wotton et al., Int. J. Wildland Fire 21, 2012]
GLOW_KELVIN = 800.0  # below, gas does not glow in a camera


@dataclass(frozen=True, slots=True, eq=False)
class PlumeFrame:
    """A moment of a plume on voxels, float32 [x, y, z], z up.

    ``density``: extinction, 1/m. ``temperature``: K. ``voxel_size``: m. ``origin``: centre of voxel [0, 0, 0], m.
    ``velocity``: m/s [x, y, z, 3] at the centres, where it was asked for.
    """

    density: NDArray[np.float32]
    temperature: NDArray[np.float32]
    voxel_size: float
    origin: tuple[float, float, float]
    velocity: NDArray[np.float32] | None = None

    @property
    def flame(self) -> NDArray[np.float32]:
        """How much the gas burns, 0 to 1, float32 [x, y, z]: from the first glow to the foot of a flame."""
        share = (self.temperature - np.float32(GLOW_KELVIN)) / np.float32(BASE_KELVIN - GLOW_KELVIN)
        return np.where(self.density > 0, np.clip(share, 0, 1), np.float32(0)).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class PlumeCache:
    """A flame that stands on (0, 0, 0), ``rate`` frames per second. After the last of ``frames`` follows the first.

    A torch also has a ``start``, from the first flame to the moment before frame ``entry`` of the loop, and an ``end``,
    which follows the last frame of the loop. ``tree``: height in metres of the tallest tree that burns in it.
    """

    name: str
    kind: str  # "torch", "front" or "surface"
    frames: tuple[PlumeFrame, ...]
    rate: float
    start: tuple[PlumeFrame, ...] = ()
    end: tuple[PlumeFrame, ...] = ()
    entry: int = 0
    tree: float = 0.0

    @property
    def voxel_size(self) -> float:
        """Edge of a voxel, m: the same in all frames."""
        return self.frames[0].voxel_size

    @property
    def origin(self) -> tuple[float, float, float]:
        """Centre of voxel [0, 0, 0], m: the same in all frames."""
        return self.frames[0].origin
