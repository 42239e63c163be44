"""Which individual of its species a tree is, how it is turned and how large: such that no two near each other agree.

All three follow from a tree's place alone, through a lattice. The plane is cut into cells so small that no two trees
of the densest stand share one; a linear form of the cell's numbers, modulo the number of combinations, gives each cell
a number, and a shuffled table turns it into (variant, turn, size). Cells of one number form a lattice; the form is the
one whose shortest vector is longest, so the same combination comes back only tens of metres away: beyond the 200
trees that stand nearest to a camera. See docs/decisions/060-no-two-trees-alike.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from usd_ai.sim.growth.individuals import AGES, variants_of
from usd_ai.sim.hashing import hash64, salt, uniform

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

CELL = 1.25
"""Metres. The diagonal is below the least spacing of trees up to 1,550 stems per hectare (`scatter.spacing`)."""
TURNS = 19
"""Turns about downwind, 10.6 degrees apart, so that two differ by more than 10 degrees."""
SIZES = 11
"""Sizes about 1, each 3.1 per cent above the last, so that two differ by more than 3 per cent: 0.86 to 1.17."""
_STEP = 1.031
_TURN = np.radians(180.0 / 17.0)
_JITTER = np.radians(0.2)


@dataclass(frozen=True, slots=True, eq=False)
class Bearings:
    """Of each tree [n]: ``variant`` int32; ``turn`` radians from downwind, within 1.67; ``size`` factor near 1."""

    variant: I32
    turn: F64
    size: F64


def bearings(seed: int, species: str, places: F64, ages: tuple[str, ...] = AGES) -> Bearings:
    """What the trees of a species at ``places`` [n, 2] metres look like, among its variants of these ages.

    The lee side of a plant, where char climbs higher, is +X of its own space: a tree is turned by at most 95 degrees
    from downwind, so that its lee side stays one.
    """
    variants = np.array(variants_of(species, ages), np.int32)
    combinations = len(variants) * TURNS * SIZES
    cell = np.floor(places / CELL).astype(np.int64)
    number = (cell[:, 0] + spread_form(combinations) * cell[:, 1]) % combinations
    which = _shuffled(seed, species, combinations)[number]
    rest, size = np.divmod(which, SIZES)
    kind, turn = np.divmod(rest, TURNS)
    jitter = _JITTER * (2.0 * uniform(seed, number, salt("bearing.jitter")) - 1.0)
    return Bearings(
        variants[kind],
        (turn - 0.5 * (TURNS - 1)) * _TURN + jitter,
        _STEP ** (size - 0.5 * (SIZES - 1)),
    )


@lru_cache(maxsize=64)
def spread_form(count: int) -> int:
    """The b for which equal values of (i + b j) modulo ``count`` lie farthest apart: the lattice of Korobov."""
    b = np.arange(1, count, dtype=np.int64)[:, np.newaxis]
    reach = int(np.ceil(1.08 * np.sqrt(count))) + 1  # no lattice of this density has a longer shortest vector
    j = np.arange(1, reach, dtype=np.int64)
    i = (b * j + count // 2) % count - count // 2
    shortest = np.minimum((i * i + j * j).min(axis=1), count * count)
    return int(b[np.argmax(shortest), 0])


@lru_cache(maxsize=64)
def _shuffled(seed: int, species: str, count: int) -> I64:
    # Which combination a number stands for. Shuffled, so that no neighbours differ in one thing only.
    return np.argsort(hash64(seed, np.arange(count, dtype=np.int64), salt(f"bearing.{species}")), kind="stable")
