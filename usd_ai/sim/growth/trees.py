"""From a tree's skeleton to its mesh in a state and at a level of detail, within a budget of triangles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from usd_ai.sim.growth import bark
from usd_ai.sim.growth.birch import grow_birch
from usd_ai.sim.growth.foliage import Leaf, colors, fewer, quads, remaining, spikes
from usd_ai.sim.growth.model import PlantMesh
from usd_ai.sim.growth.pine import grow_pine
from usd_ai.sim.growth.skeleton import Skeleton, Stems
from usd_ai.sim.growth.snag import grow_snag
from usd_ai.sim.growth.spruce import grow_spruce
from usd_ai.sim.growth.surfaces import bark_part
from usd_ai.sim.growth.trunk import Individual, sized
from usd_ai.sim.growth.tubes import Surface, join_surfaces, thinned, trunk_surface, tubes
from usd_ai.sim.hashing import hash64, salt

_INDIVIDUAL = salt("growth.individual")


@dataclass(frozen=True, slots=True)
class Budget:
    """What a level of detail may cost in triangles: of the whole tree, and of its foliage.

    ``rings`` and ``sides`` of the trunk, ``stride`` between the stations that branches keep, ``branch_sides`` of
    branches thicker than 4 cm, 1.5 cm and below; ``kept`` see `foliage.fewer`.
    """

    triangles: int
    foliage: int
    rings: int
    sides: int
    stride: int
    branch_sides: tuple[int, int, int]
    kept: float


BUDGETS = (
    Budget(39_500, 25_500, 176, 16, 1, (8, 5, 3), 1.0),
    Budget(4_900, 3_500, 26, 7, 2, (5, 3, 3), 0.9),
    Budget(895, 700, 9, 5, 3, (3, 3, 3), 0.86),
)

LEAVES = {
    "pine": Leaf((0.062, 0.09, 0.04), (0.14, 0.12, 0.032), 0.5, 0.55, "needles", 0.44),
    "spruce": Leaf((0.043, 0.075, 0.034), (0.08, 0.1, 0.034), 0.5, 0.45, "needles", 0.52),
    "birch": Leaf((0.075, 0.128, 0.03), (0.2, 0.19, 0.03), 0.45, 0.42, "leaves", 0.6),
}

BROAD_LEAVED = frozenset({"birch"})  # their leaves are folded diamonds near the camera

_GROW: dict[str, Callable[[int, Individual], Skeleton]] = {
    "pine": grow_pine,
    "spruce": grow_spruce,
    "birch": grow_birch,
    "snag": grow_snag,
}

# One row per variant; the first is the tree of default size.
INDIVIDUALS: dict[str, tuple[Individual, ...]] = {
    "pine": (
        Individual(19.5, 0.24, 1.5, 5.0, 0.55, 2.2, 0.2, 0.35, 1.05),
        Individual(21.0, 0.31, 2.5, 7.0, 0.52, 2.7, 0.4, 0.4, 1.35),
        Individual(16.0, 0.17, 3.5, 7.0, 0.62, 1.6, 0.5, 0.4, 0.65),
        Individual(9.5, 0.13, 1.0, 5.0, 0.28, 1.5, 0.15, 0.3, 0.6),
    ),
    "spruce": (
        Individual(19.0, 0.22, 0.8, 2.5, 0.14, 2.2, 0.15, 0.3, 1.15),
        Individual(21.0, 0.27, 1.2, 2.5, 0.3, 2.4, 0.3, 0.45, 1.25),
        Individual(14.5, 0.15, 3.0, 4.0, 0.4, 1.6, 0.5, 0.5, 0.65),
        Individual(6.5, 0.09, 0.5, 3.0, 0.03, 1.4, 0.15, 0.25, 0.45),
    ),
    "birch": (
        Individual(17.5, 0.17, 2.0, 6.0, 0.34, 2.1, 0.25, 0.35, 1.0),
        Individual(19.5, 0.21, 3.0, 8.0, 0.45, 2.4, 0.4, 0.4, 1.1),
        Individual(13.5, 0.14, 5.0, 10.0, 0.34, 1.7, 0.35, 0.4, 0.8, trunks=2),
        Individual(8.0, 0.07, 3.0, 8.0, 0.25, 1.15, 0.3, 0.35, 0.3),
    ),
    "snag": (
        Individual(14.0, 0.24, 1.5, 3.0, 0.2, 1.6, 0.3, 0.8, 0.0),
        Individual(6.5, 0.29, 3.0, 4.0, 0.3, 1.1, 0.3, 0.9, 0.0),
        Individual(12.5, 0.16, 7.0, 5.0, 0.25, 1.5, 0.4, 0.3, 0.0),
    ),
}

_FINE = {"green": 0.0, "scorched": 0.0, "burning": 0.0021, "charred": 0.0034}  # metres: thinner twigs are burnt away


@lru_cache(maxsize=64)
def skeleton(species: str, variant: int, seed: int) -> Skeleton:
    """The skeleton that all states and levels of detail of a tree share."""
    who = INDIVIDUALS[species][variant]
    key = individual_key(species, variant, seed)
    scale = sized(key, 1.0)
    grown = Individual(
        who.height * scale,
        who.dbh * scale,
        who.lean,
        who.sway,
        who.crown_base,
        who.crown_radius * scale,
        who.one_sided,
        who.gaps,
        who.leaf_area * scale * scale,
        who.trunks,
    )
    return _GROW[species](key, grown)


def individual_key(species: str, variant: int, seed: int) -> int:
    """The seed of one plant's own random numbers."""
    return int(hash64(seed, np.array([variant], np.int64), salt(f"growth.{species}") ^ _INDIVIDUAL)[0])


def tree(species: str, variant: int, state: str, lod: int, seed: int) -> PlantMesh:
    """A tree's mesh; see `plant` for the arguments, which are taken as valid here."""
    key = individual_key(species, variant, seed)
    grown = skeleton(species, variant, seed)
    budget = BUDGETS[lod]
    broad = species in BROAD_LEAVED and lod == 0
    each = 2 if broad else 1
    leaf = LEAVES.get(species, LEAVES["pine"])  # a snag has none; any will do
    leaves = fewer(key, remaining(key, grown.blades, state), budget.foliage // each, leaf.stretch, budget.kept)
    surface = _wood(key, species, grown, state, budget, budget.triangles - each * len(leaves.ids))
    material = "bark" if state in {"green", "scorched"} else "char"
    parts = [bark_part(surface, bark.albedo(key, species, surface, grown.height, state), material)]
    area = 0.0
    if len(leaves.ids):
        turned = "dead_leaves" if state != "green" else leaf.material
        mesh = quads if broad else spikes
        parts.append(mesh(leaves, colors(key, leaves, leaf, state), leaf, material=turned))
        area = float(leaves.area.sum())  # folding along the spine changes the area of neither half
    return PlantMesh(tuple(parts), grown.height, grown.crown_radius, area, grown.dbh)


def _wood(seed: int, species: str, grown: Skeleton, state: str, budget: Budget, triangles: int) -> Surface:
    stems = grown.stems
    surfaces: list[Surface] = []
    for trunk in np.flatnonzero(stems.level == 0):
        span = slice(stems.first[trunk], stems.first[trunk + 1])
        surfaces.append(
            trunk_surface(
                seed + int(trunk),
                stems.points[span],
                stems.radii[span],
                budget.rings,
                budget.sides,
                bark.RELIEF[species],
                splintered=grown.broken,
            )
        )
    left = triangles - sum(s.triangles for s in surfaces)
    surfaces += _branches(stems, _FINE[state], budget, left)
    return join_surfaces(surfaces)


def _branches(stems: Stems, finest: float, budget: Budget, triangles: int) -> list[Surface]:
    # The thickest first, as many as the budget holds. A child is never thicker than its parent, so none floats.
    base = stems.base_radii
    candidates = np.flatnonzero((stems.level > 0) & (base > finest))
    order = candidates[np.lexsort((stems.level[candidates], -base[candidates]))]
    thin = thinned(stems.pick(order), budget.stride)
    radius = thin.base_radii
    thick, middle, slim = budget.branch_sides
    sides = np.where(radius > 0.04, thick, np.where(radius > 0.015, middle, slim))
    cost = 2 * sides * (np.diff(thin.first) - 1) + sides
    chosen = np.cumsum(cost) <= triangles
    surfaces: list[Surface] = []
    for count in sorted(set(budget.branch_sides)):
        picked = np.flatnonzero(chosen & (sides == count))
        if len(picked):
            surfaces.append(tubes(thin.pick(picked), count))
    return surfaces
