"""What a season does to leaves: colours, and whether there are any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from usd_ai.sim.growth.model import BURNT, PlantMesh
from usd_ai.sim.growth.vectors import F64

SUMMER = "summer"
SEASONS = ("spring", SUMMER, "autumn", "winter")
BARE_IN_WINTER = frozenset({"birch", "oak", "shrub"})

# Albedo that leaves turn to, linear Rec.709, and how far: working values, by eye.
_TURNED: dict[tuple[str, str], tuple[tuple[float, float, float], float]] = {
    ("birch", "spring"): ((0.11, 0.19, 0.035), 0.75),
    ("oak", "spring"): ((0.13, 0.16, 0.035), 0.7),
    ("birch", "autumn"): ((0.38, 0.25, 0.028), 0.85),
    ("oak", "autumn"): ((0.24, 0.13, 0.034), 0.8),
    ("fern", "spring"): ((0.1, 0.18, 0.035), 0.6),
    ("fern", "autumn"): ((0.19, 0.1, 0.035), 0.85),
    ("fern", "winter"): ((0.13, 0.075, 0.035), 0.95),
    ("grass", "autumn"): ((0.26, 0.19, 0.075), 0.6),
    ("grass", "winter"): ((0.24, 0.19, 0.1), 0.85),
    ("shrub", "autumn"): ((0.21, 0.05, 0.025), 0.7),
    ("spruce", "spring"): ((0.075, 0.12, 0.035), 0.3),
    ("fir", "spring"): ((0.07, 0.12, 0.04), 0.3),
    ("spruce", "winter"): ((0.036, 0.056, 0.034), 0.5),
    ("fir", "winter"): ((0.032, 0.054, 0.036), 0.5),
    ("pine", "winter"): ((0.055, 0.068, 0.036), 0.5),
}


def seasonal(color: F64, species: str, season: str) -> F64:
    """Albedo [n, 3] of the living leaves of a species in a season; that of `SUMMER` comes in.

    What is lighter or darker than its neighbours stays so; leaves do not turn all at once.
    """
    found = _TURNED.get((species, season))
    if found is None or not len(color):
        return color
    target, share = np.array(found[0]), found[1]
    bright = color.sum(axis=1, keepdims=True)
    relative = bright / max(float(bright.mean()), 1e-6)
    own = np.clip(share * (0.55 + 0.45 * relative), 0.0, 1.0)
    return np.clip(color * (1.0 - own) + target * relative * own, 0.0, 1.0)


def in_season(mesh: PlantMesh, species: str, state: str, season: str) -> PlantMesh:
    """A plant of `growth.plant` as it is in a season. Scorched and burning leaves have their own colours already."""
    if season == SUMMER or state in BURNT:
        return mesh
    if season == "winter" and species in BARE_IN_WINTER:
        return replace(mesh, parts=tuple(part for part in mesh.parts if part.name != "foliage"), leaf_area=0.0)
    if state != "green":
        return mesh
    parts = tuple(
        replace(part, color=seasonal(part.color.astype(np.float64), species, season).astype(np.float32))
        if part.name == "foliage"
        else part
        for part in mesh.parts
    )
    return replace(mesh, parts=parts)
