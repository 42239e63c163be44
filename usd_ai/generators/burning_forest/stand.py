"""The trees of a world: where they stand, what they are, and when they burn. All in simulation space, metres."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
I32 = NDArray[np.int32]

STATES = ("green", "scorched", "burning", "charred", "skeleton")
SCORCH_LEAD = 12.0
"""Seconds before ignition at which radiant heat has browned the foliage (working value, by eye)."""


@dataclass(frozen=True, slots=True, eq=False)
class Stand:
    """Trees as columns of equal length n.

    ``ids`` int64, unique, by cell and rank: they do not depend on how many trees there are. ``places`` float64 [n, 3].
    ``species`` and ``variant`` index the growth library; ``scale`` multiplies the grown plant. ``yaw``, ``lean``,
    ``lean_azimuth`` in radians. ``height`` metres. ``ignition``, ``flaming_end``, ``smoulder_end``: story seconds,
    infinite for a tree that never burns.
    """

    ids: I64
    places: F64
    species: I32
    variant: I32
    scale: F32
    yaw: F32
    lean: F32
    lean_azimuth: F32
    height: F32
    ignition: F32
    flaming_end: F32
    smoulder_end: F32

    def where(self, keep: NDArray[np.bool_] | I64) -> Stand:
        """The trees that ``keep`` (mask or indices) picks, in order."""
        return Stand(**{f.name: getattr(self, f.name)[keep] for f in fields(self)})

    def unlit(self) -> Stand:
        """The same trees where nothing ever burns."""
        never = np.full(len(self), np.inf, np.float32)
        return replace(self, ignition=never, flaming_end=never, smoulder_end=never)

    def __len__(self) -> int:
        return len(self.ids)

    def states(self, story: float) -> I32:
        """State of every tree at a story time, as index into `STATES`."""
        state = np.zeros(len(self), np.int32)
        state[story >= self.ignition - SCORCH_LEAD] = 1
        state[story >= self.ignition] = 2
        state[story >= self.flaming_end] = 3
        state[story >= self.smoulder_end] = 4
        return state

    def burning(self, story: float) -> NDArray[np.bool_]:
        """Which trees flame at a story time."""
        return (self.ignition <= story) & (story < self.flaming_end)
