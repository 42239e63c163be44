"""The trees of the library: one row per individual of a species, from sapling to veteran. A forest is a mix of them.

Measures of canopy trees follow boreal stands at 50 years (PMC6825224: stems per hectare, DBH, height) and, for fir and
oak, are working values of the same site quality. What an age is worth in form is said where each species grows.
"""

from __future__ import annotations

from dataclasses import dataclass

AGES = ("sapling", "young", "suppressed", "mature", "old")
"""Age and crown class: saplings and young trees in gaps, suppressed ones under the canopy, then what forms it."""


@dataclass(frozen=True, slots=True)
class Individual:
    """What makes one tree of a species itself.

    ``height``, ``dbh`` metres; ``lean`` degrees at the foot; ``sway`` degrees of random turning; ``crown_base`` share
    of the height below which no live branch grows; ``crown_radius`` metres; ``one_sided`` 0 to 0.6, how much the crown
    favours one side; ``gaps`` 0 to 1, how torn it is; ``leaf_area`` share of the default tree's; ``trunks`` from one
    foot; ``age`` one of `AGES`; ``lost`` share of the height that a storm broke off: ``height`` is what still stands.
    """

    height: float
    dbh: float
    lean: float
    sway: float
    crown_base: float
    crown_radius: float
    one_sided: float
    gaps: float
    leaf_area: float
    age: str = "mature"
    trunks: int = 1
    lost: float = 0.0


# The first of each species is the tree of default size.
INDIVIDUALS: dict[str, tuple[Individual, ...]] = {
    "pine": (
        Individual(19.5, 0.24, 1.5, 5.0, 0.55, 2.2, 0.2, 0.35, 1.0),
        Individual(20.5, 0.28, 2.5, 7.0, 0.52, 2.5, 0.4, 0.4, 1.03),
        Individual(16.0, 0.16, 3.5, 7.0, 0.62, 1.5, 0.5, 0.4, 0.55, "suppressed"),
        Individual(9.5, 0.13, 1.0, 5.0, 0.26, 1.5, 0.15, 0.3, 0.55, "young"),
        Individual(18.4, 0.21, 1.0, 6.0, 0.58, 1.9, 0.3, 0.45, 0.95),
        Individual(19.0, 0.22, 2.0, 9.0, 0.5, 2.1, 0.45, 0.3, 0.97),
        Individual(21.0, 0.26, 3.2, 8.0, 0.6, 2.3, 0.35, 0.5, 1.0),
        Individual(17.8, 0.22, 2.0, 7.0, 0.48, 2.1, 0.3, 0.4, 0.95, trunks=2),
        Individual(13.0, 0.13, 4.0, 8.0, 0.58, 1.3, 0.55, 0.5, 0.42, "suppressed"),
        Individual(12.0, 0.15, 1.5, 6.0, 0.34, 1.6, 0.3, 0.35, 0.6, "young"),
        Individual(3.2, 0.045, 1.0, 6.0, 0.06, 0.75, 0.1, 0.25, 0.09, "sapling"),
        Individual(22.0, 0.38, 2.0, 9.0, 0.6, 3.0, 0.4, 0.5, 1.05, "old"),
        Individual(18.0, 0.36, 3.0, 8.0, 0.55, 2.8, 0.5, 0.6, 1.3, "old", lost=0.14),
    ),
    "spruce": (
        Individual(19.0, 0.22, 0.8, 2.5, 0.14, 2.2, 0.15, 0.3, 1.03),
        Individual(21.0, 0.27, 1.2, 2.5, 0.3, 2.4, 0.3, 0.45, 1.05),
        Individual(14.5, 0.15, 3.0, 4.0, 0.4, 1.6, 0.5, 0.5, 0.6, "suppressed"),
        Individual(6.5, 0.09, 0.5, 3.0, 0.03, 1.4, 0.15, 0.25, 0.45, "young"),
        Individual(18.0, 0.19, 1.0, 3.0, 0.22, 1.9, 0.25, 0.4, 0.95),
        Individual(20.0, 0.24, 0.6, 2.0, 0.1, 2.3, 0.35, 0.35, 1.05),
        Individual(17.0, 0.2, 1.8, 3.5, 0.35, 1.9, 0.45, 0.5, 0.92),
        Individual(11.0, 0.14, 0.8, 3.0, 0.08, 1.8, 0.2, 0.3, 0.7, "young"),
        Individual(2.4, 0.03, 0.5, 4.0, 0.02, 0.7, 0.1, 0.2, 0.1, "sapling"),
        Individual(22.5, 0.34, 1.5, 2.5, 0.38, 2.7, 0.35, 0.6, 1.05, "old"),
        Individual(17.5, 0.33, 2.0, 3.0, 0.3, 2.7, 0.4, 0.65, 1.05, "old", lost=0.18),
    ),
    "birch": (
        Individual(17.5, 0.17, 2.0, 6.0, 0.34, 2.1, 0.25, 0.35, 0.98),
        Individual(19.5, 0.21, 3.0, 8.0, 0.45, 2.4, 0.4, 0.4, 1.03),
        Individual(13.5, 0.14, 5.0, 10.0, 0.34, 1.7, 0.35, 0.4, 0.75, "mature", trunks=2),
        Individual(8.0, 0.07, 3.0, 8.0, 0.25, 1.15, 0.3, 0.35, 0.3, "young"),
        Individual(16.0, 0.15, 4.0, 9.0, 0.4, 1.9, 0.5, 0.45, 0.93),
        Individual(18.5, 0.19, 1.0, 5.0, 0.3, 2.2, 0.2, 0.3, 1.0),
        Individual(12.0, 0.1, 6.0, 10.0, 0.5, 1.3, 0.55, 0.5, 0.4, "suppressed"),
        Individual(2.8, 0.025, 2.0, 9.0, 0.15, 0.55, 0.2, 0.3, 0.06, "sapling"),
        Individual(18.0, 0.3, 3.0, 10.0, 0.35, 2.8, 0.45, 0.6, 1.2, "old", lost=0.15),
    ),
    "snag": (
        Individual(14.0, 0.24, 1.5, 3.0, 0.2, 1.6, 0.3, 0.8, 0.0, "old"),
        Individual(6.5, 0.29, 3.0, 4.0, 0.3, 1.1, 0.3, 0.9, 0.0, "old"),
        Individual(12.5, 0.16, 7.0, 5.0, 0.25, 1.5, 0.4, 0.3, 0.0, "mature"),
        Individual(17.0, 0.22, 2.0, 4.0, 0.15, 1.8, 0.3, 0.2, 0.0, "mature"),
        Individual(3.4, 0.33, 2.0, 5.0, 0.4, 0.8, 0.2, 0.9, 0.0, "old"),
        Individual(9.0, 0.12, 11.0, 7.0, 0.3, 1.2, 0.4, 0.35, 0.0, "suppressed"),
    ),
    "fir": (
        Individual(18.5, 0.23, 0.6, 1.8, 0.05, 1.75, 0.1, 0.18, 1.03),
        Individual(20.5, 0.27, 0.8, 2.0, 0.12, 1.9, 0.2, 0.25, 1.05),
        Individual(17.0, 0.2, 0.5, 1.5, 0.03, 1.6, 0.1, 0.2, 0.95),
        Individual(12.5, 0.14, 1.5, 2.5, 0.25, 1.3, 0.35, 0.3, 0.55, "suppressed"),
        Individual(7.0, 0.1, 0.5, 2.0, 0.01, 1.25, 0.1, 0.15, 0.5, "young"),
        Individual(10.5, 0.14, 0.6, 2.0, 0.02, 1.45, 0.15, 0.2, 0.7, "young"),
        Individual(2.2, 0.035, 0.4, 3.0, 0.0, 0.65, 0.1, 0.15, 0.12, "sapling"),
        Individual(21.0, 0.36, 1.0, 2.0, 0.32, 2.2, 0.3, 0.5, 1.0, "old"),
        Individual(16.5, 0.34, 1.4, 2.5, 0.28, 2.2, 0.35, 0.5, 1.1, "old", lost=0.2),
    ),
    "oak": (
        Individual(15.5, 0.32, 2.0, 16.0, 0.3, 3.4, 0.2, 0.25, 1.03),
        Individual(17.0, 0.38, 3.0, 20.0, 0.27, 3.9, 0.3, 0.3, 1.05),
        Individual(14.5, 0.27, 4.0, 22.0, 0.34, 2.9, 0.4, 0.3, 0.95),
        Individual(16.0, 0.34, 2.5, 18.0, 0.32, 3.5, 0.3, 0.25, 1.0),
        Individual(12.0, 0.16, 5.0, 20.0, 0.44, 1.8, 0.5, 0.4, 0.45, "suppressed"),
        Individual(8.5, 0.13, 2.0, 14.0, 0.2, 1.8, 0.2, 0.25, 0.45, "young"),
        Individual(2.4, 0.03, 2.0, 16.0, 0.12, 0.7, 0.2, 0.3, 0.07, "sapling"),
        Individual(15.0, 0.56, 3.0, 20.0, 0.22, 4.5, 0.3, 0.4, 1.05, "old"),
        Individual(12.0, 0.6, 4.0, 22.0, 0.2, 4.2, 0.4, 0.45, 1.5, "old", lost=0.34),
    ),
}


def variants_of(species: str, ages: frozenset[str] | set[str] | tuple[str, ...] = AGES) -> tuple[int, ...]:
    """The variants of a species that are of one of these ages; of all ages where it has none of them."""
    rows = INDIVIDUALS[species]
    found = tuple(number for number, row in enumerate(rows) if row.age in ages)
    return found or tuple(range(len(rows)))
