"""A plant before it becomes triangles: stems as polylines with radii, and the blades that are its foliage.

The skeleton of one (species, variant, seed) is shared by all states and levels of detail: a tree that burns, or that
the camera walks up to, stays the same tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.sim.growth.vectors import F64

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Stems:
    """Polylines one after the other. Stem ``i`` owns stations ``first[i]`` to ``first[i + 1] - 1``, base first.

    ``points`` [s, 3] metres, ``radii`` [s] metres, ``first`` int64 [b + 1], ``level`` int64 [b] (0 trunk, 1 branch,
    …), ``ids`` uint64 [b]: identity of a stem, independent of how many others there are. ``joints`` [b, 3]: where the
    limb that carries the stem leaves the trunk, metres; of a trunk its foot, at height 0.
    """

    points: F64
    radii: F64
    first: I64
    level: I64
    ids: U64
    joints: F64

    @property
    def base_radii(self) -> F64:
        """Radius at the base of every stem, metres."""
        return self.radii[self.first[:-1]]

    def lengths(self) -> F64:
        """Length of every stem along its curve, metres."""
        steps = np.sqrt(np.sum(np.diff(self.points, axis=0) ** 2, axis=1))
        along = np.concatenate((np.zeros(1), np.cumsum(steps)))
        return along[self.first[1:] - 1] - along[self.first[:-1]]

    def pick(self, chosen: I64) -> Stems:
        """The stems of these indices, in that order."""
        counts = np.diff(self.first)[chosen]
        first = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
        station = np.arange(first[-1]) - np.repeat(first[:-1] - self.first[chosen], counts)
        return Stems(
            self.points[station], self.radii[station], first, self.level[chosen], self.ids[chosen], self.joints[chosen]
        )


@dataclass(frozen=True, slots=True, eq=False)
class Blades:
    """Foliage elements of the finest level of detail: folded diamonds.

    ``origins`` [n, 3] metres, where a blade is attached; ``axes`` [n, 3] unit, base to tip; ``faces`` [n, 3] unit,
    across the axis: the side it turns to the light; ``lengths``, ``widths`` [n] metres; ``ids`` uint64 [n];
    ``joints`` [n, 3]: of the stem that bears it, see `Stems`.
    """

    origins: F64
    axes: F64
    faces: F64
    lengths: F64
    widths: F64
    ids: U64
    joints: F64

    def pick(self, chosen: I64 | NDArray[np.bool_]) -> Blades:
        """The blades of these indices."""
        return Blades(
            self.origins[chosen],
            self.axes[chosen],
            self.faces[chosen],
            self.lengths[chosen],
            self.widths[chosen],
            self.ids[chosen],
            self.joints[chosen],
        )

    @property
    def area(self) -> F64:
        """One-sided area of each blade if it were flat, m²: half of length times width."""
        return 0.5 * self.lengths * self.widths


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    """A grown plant. ``height`` metres; ``dbh`` diameter at 1.3 m, metres; ``broken``: level 0 ends in splinters."""

    stems: Stems
    blades: Blades
    height: float
    dbh: float
    broken: bool = False

    @property
    def crown_radius(self) -> float:
        """Radius about the trunk's axis that holds 95 % of the foliage (of all stations, without foliage), metres."""
        places = self.blades.origins if len(self.blades.ids) else self.stems.points
        return float(np.quantile(np.hypot(places[:, 0], places[:, 1]), 0.95))


def no_blades() -> Blades:
    """The foliage of a dead tree."""
    none = np.zeros((0, 3))
    return Blades(none, none, none, np.zeros(0), np.zeros(0), np.zeros(0, np.uint64), none)


def join_stems(groups: Sequence[Stems]) -> Stems:
    """All stems of the groups, in order."""
    starts = np.cumsum([0] + [len(group.points) for group in groups])
    first = [group.first[:-1] + start for group, start in zip(groups, starts, strict=False)]
    return Stems(
        np.concatenate([group.points for group in groups]),
        np.concatenate([group.radii for group in groups]),
        np.concatenate([*first, starts[-1:]]).astype(np.int64),
        np.concatenate([group.level for group in groups]),
        np.concatenate([group.ids for group in groups]),
        np.concatenate([group.joints for group in groups]),
    )


def join_blades(groups: Sequence[Blades]) -> Blades:
    """All blades of the groups, in order."""
    return Blades(
        np.concatenate([group.origins for group in groups]),
        np.concatenate([group.axes for group in groups]),
        np.concatenate([group.faces for group in groups]),
        np.concatenate([group.lengths for group in groups]),
        np.concatenate([group.widths for group in groups]),
        np.concatenate([group.ids for group in groups]),
        np.concatenate([group.joints for group in groups]),
    )
