"""Other states of the same plants: before the fire, after it, and lighter ones, over prototypes that are there anyway.

Variant sets of the layer choose between them (`usd_ai.stage.variants`); an instance keeps its id, place and size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from usd_ai.generators.burning_forest.instancing import distinct
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.stage.canvas_values import Varying

I32 = NDArray[np.int32]
Cell = tuple[int, int, int, int]
"""Species, variant, state and level of detail of a prototype, as indices."""

STEPS = {"full": 0, "medium": 1, "light": 2}
"""Levels by which a detail is coarser."""
_COARSEST = 2  # beyond are impostors, which a lighter's preview near the camera must not show
_LONG_AFTER = 1e9


def end_states(stand: Stand) -> dict[str, I32]:
    """States [n] of the plants before anything burned, and when all that ever burns has burned."""
    return {"before": np.zeros(len(stand), np.int32), "after": stand.states(_LONG_AFTER)}


def missing_cells(cells: Sequence[Cell], stand: Stand, levels: I32) -> list[Cell]:
    """Prototypes that `end_states` needs and that exist at no level, at the coarsest level asked for, sorted."""
    have = {cell[:3] for cell in cells}
    found: dict[tuple[int, int, int], int] = {}
    for states in end_states(stand).values():
        for a, b, c, level in sorted(distinct(stand.species, stand.variant, states, np.minimum(levels, _COARSEST))):
            if (a, b, c) not in have:
                found[a, b, c] = max(found.get((a, b, c), 0), level)
    return sorted((a, b, c, level) for (a, b, c), level in found.items())


def other_indices(stand: Stand, levels: I32, story: Mapping[int, I32], table: I32) -> dict[tuple[str, str], Varying]:
    """Prototype indices by (state, detail), for all but the story in full detail.

    ``story``: states [n] by frame. ``table``: prototype index by `Cell`, -1 where there is none.
    """
    found: dict[tuple[str, str], Varying] = {}
    for detail, steps in STEPS.items():
        coarser = _shifted(table, steps)

        def shown(states: I32, coarser: I32 = coarser) -> I32:
            return coarser[stand.species, stand.variant, states, levels]

        for state, states in end_states(stand).items():
            found[state, detail] = shown(states)
        if steps:
            samples = {frame: shown(states) for frame, states in story.items()}
            found["story", detail] = samples if len(samples) > 1 else next(iter(samples.values()))
    return found


def _shifted(table: I32, steps: int) -> I32:
    """The table with every level replaced by the nearest that exists, ``steps`` existing levels coarser."""
    out = np.full_like(table, -1)
    for cell in np.ndindex(table.shape[:3]):
        have = np.flatnonzero(table[cell] >= 0)
        for level in range(table.shape[3]):
            allowed = have[have <= max(_COARSEST, level)]
            if len(allowed):
                nearest = min(int(np.searchsorted(allowed, level)), len(allowed) - 1)
                out[(*cell, level)] = table[(*cell, allowed[min(nearest + steps, len(allowed) - 1)])]
            elif len(have):
                out[(*cell, level)] = table[(*cell, have[0])]
    return out
