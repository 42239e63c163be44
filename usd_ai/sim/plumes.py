"""What a burning forest is made of: a library of looping flames, and one column of smoke over the front.

Sim space: metres, seconds, kelvin, z up. See docs/decisions/011-combustion-fluid.md.
"""

from __future__ import annotations

from usd_ai.sim._flames import FLAME_NAMES, PARTS, flame
from usd_ai.sim._plume_frames import PlumeCache, PlumeFrame
from usd_ai.sim._smoke_column import KEPT, SmokeDomain, SmokeState, smoke_column

__all__ = [
    "FLAME_NAMES",
    "KEPT",
    "PARTS",
    "PlumeCache",
    "PlumeFrame",
    "SmokeDomain",
    "SmokeState",
    "flame",
    "smoke_column",
]
