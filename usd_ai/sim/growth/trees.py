"""From a tree's skeleton to its mesh in a state and at a level of detail, within a budget of triangles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from usd_ai.sim.growth import bark
from usd_ai.sim.growth.birch import grow_birch
from usd_ai.sim.growth.foliage import Leaf, colors, fewer, quads, remaining, spikes
from usd_ai.sim.growth.impostor import few_limbs, lobes
from usd_ai.sim.growth.individuals import INDIVIDUALS, Individual
from usd_ai.sim.growth.model import MeshPart, PlantMesh
from usd_ai.sim.growth.oak import grow_oak
from usd_ai.sim.growth.pine import grow_pine
from usd_ai.sim.growth.skeleton import Blades, Skeleton, Stems
from usd_ai.sim.growth.snag import grow_snag
from usd_ai.sim.growth.storm import broken_at, burnt_back
from usd_ai.sim.growth.surfaces import bark_part
from usd_ai.sim.growth.trunk import sized
from usd_ai.sim.growth.tubes import Surface, join_surfaces, thinned, trunk_surface, tubes
from usd_ai.sim.growth.vectors import F64
from usd_ai.sim.growth.whorled import grow_fir, grow_spruce
from usd_ai.sim.growth.wind import Wind
from usd_ai.sim.hashing import hash64, salt

_INDIVIDUAL = salt("growth.individual")


@dataclass(frozen=True, slots=True)
class Budget:
    """What a level of detail may cost in triangles: of the whole tree, and of its foliage.

    ``rings`` and ``sides`` of the trunk, ``stride`` between the stations that branches keep, ``branch_sides`` of
    branches thicker than 4 cm, 1.5 cm and below, 0 for `impostor.few_limbs`; ``kept`` see `foliage.fewer`.
    """

    triangles: int
    foliage: int
    rings: int
    sides: int
    stride: int
    branch_sides: tuple[int, int, int]
    kept: float


BUDGETS = (
    Budget(66_500, 40_000, 230, 36, 1, (8, 5, 3), 1.0),
    Budget(4_900, 3_500, 26, 7, 2, (5, 3, 3), 0.9),
    Budget(895, 700, 9, 5, 3, (3, 3, 3), 0.86),
    Budget(125, 90, 3, 3, 3, (0, 0, 0), 0.74),
)
IMPOSTOR = 3

LEAVES = {
    "pine": Leaf((0.062, 0.09, 0.04), (0.14, 0.12, 0.032), 0.5, 0.55, "needles", 0.44),
    "spruce": Leaf((0.043, 0.075, 0.034), (0.08, 0.1, 0.034), 0.5, 0.45, "needles", 0.52),
    "birch": Leaf((0.075, 0.128, 0.03), (0.2, 0.19, 0.03), 0.45, 0.42, "leaves", 0.6),
    "fir": Leaf((0.036, 0.07, 0.038), (0.075, 0.105, 0.04), 0.4, 0.45, "needles", 0.52),
    "oak": Leaf((0.066, 0.105, 0.03), (0.13, 0.14, 0.03), 0.35, 0.58, "leaves", 0.55),
}

BROAD_LEAVED = frozenset({"birch", "oak"})  # their leaves are folded diamonds near the camera

_GROW: dict[str, Callable[[int, Individual], Skeleton]] = {
    "pine": grow_pine,
    "spruce": grow_spruce,
    "birch": grow_birch,
    "snag": grow_snag,
    "fir": grow_fir,
    "oak": grow_oak,
}

# Of each state: twigs thinner than this are burnt away, metres; and the share of the limbs that has fallen.
_BURNT_AWAY = {
    "green": (0.0, 0.0),
    "scorched": (0.0, 0.0),
    "burning": (0.0021, 0.0),
    "charred": (0.0034, 0.0),
    "skeleton": (0.0075, 0.34),
}
_STIFFNESS = {"pine": 1.35, "spruce": 1.35, "fir": 1.6, "birch": 1.0, "oak": 1.7, "snag": 1.9}
_FURROW, _RING = 0.02, 0.05  # metres of bark that a near trunk resolves around and along
_TRUNK_SWAY = 0.3  # of the top of a trunk, relative to a twig's tip


@lru_cache(maxsize=64)
def skeleton(species: str, variant: int, seed: int) -> Skeleton:
    """The skeleton that all states and levels of detail of a tree share."""
    who = INDIVIDUALS[species][variant]
    key = individual_key(species, variant, seed)
    scale = sized(key, 1.0)
    grown = _GROW[species](
        key,
        replace(
            who,
            height=who.height * scale / (1.0 - who.lost),
            dbh=who.dbh * scale,
            crown_radius=who.crown_radius * scale,
            leaf_area=who.leaf_area * scale * scale,
        ),
    )
    return broken_at(grown, who.height * scale) if who.lost > 0.0 else grown


def individual_key(species: str, variant: int, seed: int) -> int:
    """The seed of one plant's own random numbers."""
    return int(hash64(seed, np.array([variant], np.int64), salt(f"growth.{species}") ^ _INDIVIDUAL)[0])


def tree(species: str, variant: int, state: str, lod: int, seed: int) -> PlantMesh:
    """A tree's mesh; see `plant` for the arguments, which are taken as valid here."""
    key = individual_key(species, variant, seed)
    grown = skeleton(species, variant, seed)
    budget = BUDGETS[lod]
    wind = _wind(species, grown)
    leaf = LEAVES.get(species, LEAVES["pine"])  # a snag has none; any will do
    left = remaining(key, grown.blades, state)
    parts: list[MeshPart] = []
    area = 0.0
    if len(left.ids):
        turned = "dead_leaves" if state != "green" else leaf.material
        part, area = _crown(key, species, left, state, lod, leaf, turned, wind)
        parts.append(part)
    surface = _wood(key, species, grown, state, budget, budget.triangles - sum(part.triangles for part in parts))
    material = "bark" if state in {"green", "scorched"} else "char"
    tone = bark.albedo(key, species, surface, grown.height, state)
    glow = bark.glow(key, surface, grown.height, state)
    parts.insert(0, bark_part(surface, bark.lit(tone, glow), material, wind=wind, glow=glow))
    return PlantMesh(tuple(parts), grown.height, grown.crown_radius, area, grown.dbh)


def _crown(
    key: int, species: str, left: Blades, state: str, lod: int, leaf: Leaf, material: str, wind: Wind
) -> tuple[MeshPart, float]:
    # The foliage at a level, and its one-sided area.
    budget = BUDGETS[lod]
    if lod == IMPOSTOR:
        few, tint = lobes(key, left, colors(key, left, leaf, state))
        return spikes(few, tint, leaf, wind, material=material), float(few.area.sum())
    broad = species in BROAD_LEAVED and lod == 0
    leaves = fewer(key, left, budget.foliage // (2 if broad else 1), leaf.stretch, budget.kept)
    tint = colors(key, leaves, leaf, state)
    part = (quads if broad else spikes)(leaves, tint, leaf, wind, material=material)
    return part, float(leaves.area.sum())  # folding along the spine changes the area of neither half


def _wind(species: str, grown: Skeleton) -> Wind:
    stems = grown.stems
    last = stems.first[1:] - 1
    limbs = stems.level > 0
    if not np.any(limbs):
        return Wind(grown.height, 1.0, _TRUNK_SWAY, 2.0)
    out = np.sqrt(np.sum((stems.points[last] - stems.joints) ** 2, axis=1))[limbs]
    return Wind(grown.height, max(float(np.quantile(out, 0.98)), 0.2), _TRUNK_SWAY, _STIFFNESS[species])


def _wood(seed: int, species: str, grown: Skeleton, state: str, budget: Budget, triangles: int) -> Surface:
    finest, fallen = _BURNT_AWAY[state]
    stems = burnt_back(seed, grown.stems, finest, fallen) if fallen > 0.0 else grown.stems
    surfaces: list[Surface] = []
    for trunk in np.flatnonzero(stems.level == 0):
        span = slice(stems.first[trunk], stems.first[trunk + 1])
        surfaces.append(
            trunk_surface(
                seed + int(trunk),
                stems.points[span],
                stems.radii[span],
                *_trunk_grid(budget, stems.points[span], stems.radii[span]),
                bark.RELIEF[species],
                splintered=grown.broken,
            )
        )
    left = triangles - sum(s.triangles for s in surfaces)
    if budget.branch_sides == (0, 0, 0):
        surfaces.append(few_limbs(stems))
    else:
        surfaces += _branches(stems, finest, budget, left)
    return join_surfaces(surfaces)


def _trunk_grid(budget: Budget, points: F64, radii: F64) -> tuple[int, int]:
    # Rings and sides: of a thin stem no more than its bark has relief for.
    sides = round(2.0 * np.pi * float(np.interp(1.3, points[:, 2], radii)) / _FURROW)
    rings = round(float(points[-1, 2]) / _RING)
    return min(budget.rings, max(rings, 3)), min(budget.sides, max(sides, min(budget.sides, 10)))


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
