"""What growth hands out: meshes in plain arrays, and the facts by which a scatterer picks a species."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STATES = ("green", "scorched", "burning", "charred", "skeleton")
"""Of a plant in a fire: `charred` still smoulders, `skeleton` is what stands when the last of it has gone out."""
BURNT = frozenset({"charred", "skeleton"})
"""States in which nothing is left of the foliage."""


@dataclass(frozen=True, slots=True, eq=False)
class MeshPart:
    """One mesh of a plant. Metres, Z up, the foot of the trunk at the origin.

    ``points`` float32 [n, 3]; ``counts`` int32 [f], 3 or 4 points a face; ``indices`` int32 [sum of counts], counter-
    clockwise seen from outside (foliage: from either side). ``uv`` float32 [n, 2]: on bark metres around and along, on
    foliage 0 to 1 over a leaf. ``color`` float32 [n, 3]: linear Rec.709 albedo per point. ``normals`` float32 [n, 3].
    A folded quad is meant to be split along its first diagonal (points 0 and 2), as a fan from point 0 does.
    ``material``: name of one of `MATERIALS`. ``pivot`` float32 [n, 3] and ``sway`` float32 [n]: see `wind`. ``glow``
    float32 [n]: kelvin of what glows there, 0 where nothing does.
    """

    name: str
    points: NDArray[np.float32]
    counts: NDArray[np.int32]
    indices: NDArray[np.int32]
    uv: NDArray[np.float32]
    color: NDArray[np.float32]
    normals: NDArray[np.float32]
    material: str
    pivot: NDArray[np.float32]
    sway: NDArray[np.float32]
    glow: NDArray[np.float32]

    @property
    def triangles(self) -> int:
        """Triangles after splitting every face."""
        return int(self.counts.sum()) - 2 * len(self.counts)


@dataclass(frozen=True, slots=True, eq=False)
class PlantMesh:
    """A plant at one state and level of detail.

    ``height`` and ``crown_radius`` (95 % of the foliage is nearer to the trunk's axis) in metres belong to the green
    plant and are equal over states and lods. ``leaf_area``: one-sided area of the foliage of *this* mesh, m².
    ``trunk_diameter``: at breast height (1.3 m), metres; 0 where there is no trunk.
    """

    parts: tuple[MeshPart, ...]
    height: float
    crown_radius: float
    leaf_area: float
    trunk_diameter: float

    @property
    def triangles(self) -> int:
        """Triangles of all parts."""
        return sum(part.triangles for part in self.parts)


@dataclass(frozen=True, slots=True)
class MaterialHint:
    """How light meets a material whose albedo is the points' colour.

    ``roughness`` as in UsdPreviewSurface. ``translucency``: share of the light that leaves on the far side of a leaf.
    """

    name: str
    roughness: float
    translucency: float
    double_sided: bool


MATERIALS = (
    MaterialHint("bark", 0.9, 0.0, double_sided=False),
    MaterialHint("char", 0.75, 0.0, double_sided=False),
    MaterialHint("needles", 0.55, 0.25, double_sided=True),
    MaterialHint("leaves", 0.5, 0.45, double_sided=True),
    MaterialHint("dead_leaves", 0.85, 0.2, double_sided=True),
    MaterialHint("stone", 0.85, 0.0, double_sided=False),
)


@dataclass(frozen=True, slots=True)
class SpeciesForm:
    """What a scatterer needs to know of a species.

    ``heights``: height in metres of each variant as grown (before the seed's own few per cent). Instances may be
    scaled so that their height lies in ``height_range``; DBH scales along and stays in ``dbh_range`` (metres).
    ``crown_radius``: metres, of variant 0. ``stems_per_hectare``: typical range in a stand; for undergrowth pieces
    per hectare. ``lods``: levels of detail, 0 the finest. ``lod_distance``: metres from which lod 1, 2, … is enough
    in a frame of 1,920 pixels across 54 degrees; in proportion to the pixels per degree elsewhere.
    """

    name: str
    kind: str  # "tree" or "undergrowth"
    variants: int
    heights: tuple[float, ...]
    height_range: tuple[float, float]
    dbh_range: tuple[float, float]
    crown_radius: float
    stems_per_hectare: tuple[float, float]
    lods: int
    lod_distance: tuple[float, ...]
    flammable: bool
    sources: str
