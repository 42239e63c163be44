"""Stems and their children after Weber and Penn, "Creation and Rendering of Realistic Trees", SIGGRAPH 1995.

Used of the paper's section 4: the curved stem (4.1: nCurve, nCurveBack, nCurveV over nCurveRes segments), stem
children (4.3: nBranches, nDownAngle, nRotate, ShapeRatio), stem radius (4.4: RatioPower, taper, Flare, Lobes) and
vertical attraction (4.8: AttractionUp). Departures: random turns are normal deviates whose sum over a stem has the
stated spread whatever the number of segments, every stem draws by its own identity instead of from one stream, and
all stems of a level are grown at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.sim.growth.skeleton import I64, U64, Stems
from usd_ai.sim.growth.vectors import F64, cross, sideways, turn, unit
from usd_ai.sim.hashing import hash64, normal, salt, uniform

_CHILD = salt("growth.child")
_WANDER_UP = salt("growth.wander up")
_WANDER_ACROSS = salt("growth.wander across")
_STATION = np.uint64(0x632BE59BD9B4E019)  # odd: spreads the stations of one stem over the words


@dataclass(frozen=True, slots=True)
class Bend:
    """How a stem curves. Degrees over the whole stem; positive is upward.

    ``curve`` over the first half and ``back`` over the second (nCurve, nCurveBack), ``wander`` the spread of random
    turns (nCurveV), ``attraction`` the pull towards the sky, strongest on a horizontal stem (AttractionUp).
    """

    segments: int
    curve: float = 0.0
    back: float = 0.0
    wander: float = 0.0
    attraction: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """All stems of one level: ``points`` [b, k + 1, 3], ``radii`` [b, k + 1], ``lengths`` [b], ``ids`` uint64 [b].

    ``live`` bool [b]: whether it carries foliage. ``joints`` [b, 3]: see `Stems`.
    """

    points: F64
    radii: F64
    lengths: F64
    ids: U64
    live: NDArray[np.bool_]
    joints: F64

    def stems(self, level: int) -> Stems:
        """The same stems one after the other."""
        count, stations = self.radii.shape
        return Stems(
            self.points.reshape(-1, 3),
            self.radii.reshape(-1),
            np.arange(count + 1, dtype=np.int64) * stations,
            np.full(count, level, np.int64),
            self.ids,
            self.joints,
        )

    def at(self, parent: I64, share: F64) -> tuple[F64, F64, F64]:
        """Position [n, 3], unit heading [n, 3] and radius [n] at a share (0 base, 1 tip) of given stems."""
        segments = self.radii.shape[1] - 1
        place = np.clip(share, 0.0, 1.0) * segments
        low = np.minimum(place.astype(np.int64), segments - 1)
        t = place - low
        start, end = self.points[parent, low], self.points[parent, low + 1]
        radius = self.radii[parent, low] * (1.0 - t) + self.radii[parent, low + 1] * t
        return start + (end - start) * t[:, np.newaxis], unit(end - start), radius


def child_ids(seed: int, parents: U64, number: I64) -> U64:
    """Identity of the ``number``-th child of each parent: a hash, so it does not depend on its siblings' number."""
    return hash64(seed, parents ^ (number.astype(np.uint64) * _STATION), _CHILD)


def curved(
    seed: int, ids: U64, origins: F64, headings: F64, lengths: F64, bend: Bend, strength: F64 | float = 1.0
) -> F64:
    """Points [b, segments + 1, 3] of stems that start at ``origins`` along ``headings`` (sections 4.1 and 4.8).

    ``strength`` [b] scales ``curve`` and ``back`` of each stem.
    """
    count = bend.segments
    points = np.empty((len(ids), count + 1, 3))
    points[:, 0] = origins
    heading = unit(headings)
    step = (lengths / count)[:, np.newaxis]
    spread = np.radians(bend.wander) / np.sqrt(count)
    for segment in range(count):
        word = ids ^ np.array(segment, np.uint64) * _STATION
        axis = sideways(heading)
        declination = np.sqrt(np.maximum(0.0, 1.0 - heading[:, 2] ** 2))
        planned = strength * np.radians(2.0 * (bend.curve if 2 * segment < count else bend.back) / count)
        pull = np.radians(bend.attraction) / count * declination
        heading = turn(heading, axis, planned + pull + spread * normal(seed, word, _WANDER_UP))
        heading = turn(heading, cross(axis, heading), spread * normal(seed, word, _WANDER_ACROSS))
        heading = unit(heading)
        points[:, segment + 1] = points[:, segment] + heading * step
    return points


def tapered(base: F64, tip: float, segments: int, power: float = 1.0) -> F64:
    """Radii [b, segments + 1] from ``base`` to ``tip`` (section 4.4; power 1 is a cone)."""
    share = np.linspace(0.0, 1.0, segments + 1)
    low = np.minimum(tip, base * 0.5)[:, np.newaxis]
    return low + (base[:, np.newaxis] - low) * (1.0 - share) ** power


def spread(
    seed: int, parents: Level, counts: I64, span: tuple[float, float], jitter: float, question: int
) -> tuple[I64, I64, F64, U64]:
    """Places of children along their parents (section 4.3).

    ``counts`` [b] children per parent, between the shares ``span`` of its length, moved by up to ``jitter`` of their
    spacing. Returns the parent [n], the child's number on it [n], its share [n] and its id [n].
    """
    parent = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    ends = np.cumsum(counts)
    number = np.arange(len(parent), dtype=np.int64) - np.repeat(ends - counts, counts)
    ids = child_ids(seed, parents.ids[parent], number)
    place = (number + 0.5 + jitter * (uniform(seed, ids, question) - 0.5)) / counts[parent]
    return parent, number, span[0] + (span[1] - span[0]) * place, ids
