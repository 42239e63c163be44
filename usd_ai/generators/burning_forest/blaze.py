"""From burning trees to what is drawn: a flame for each tree, patches of ground fire, and heat that feeds the smoke.

A tree's flame belongs to the tree: it starts with its ignition, ends with its flaming, and is the same in every shot.
Patches (of ground fire, and of trees too far away to burn alone) lie on a grid that belongs to the world.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from usd_ai.core.digest import sha256_bytes
from usd_ai.generators.burning_forest.clock import StoryClock
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.sim.hashing import salt, uniform

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

CROWN_PATCH = 9.0
"""Metres between crown fire patches: about the width of the flame caches' fuel bed."""
GROUND_PATCH = 10.0
GROUND_RESIDENCE = 40.0
"""Seconds for which litter and shrubs flame behind the front (working value; crown fires: 34 s, Taylor 2004)."""

_TOGETHER = 5.0
"""Metres between trees whose flames join: about two crowns."""
_HEAT = 18700.0
"""kJ/kg, low heat of combustion of forest fuel (Byram 1959)."""
_SPREAD = 1.1
"""m/s: a crown fire's front [upper end of Taylor 2004, in look.md]."""
_GROUND_FUEL, _CROWN_FUEL = 0.9, 10.0
"""kg/m² of litter and shrubs, and kg of needles and twigs of a tree, that burn in the front (working values)."""
_STAND = 18.0
"""Metres of a tree that has that much in its crown."""

_AXIS_BITS = 24
_AXIS_HALF = 1 << (_AXIS_BITS - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Places that burn during the shot, as columns of equal length n.

    ``ids`` int64, unique, of the world's grid. ``places`` float64 [n, 3] foot of the flames, metres. ``width`` metres
    of the burning ground. ``height`` metres of the flames at their steady state. ``begin`` and ``end``: story seconds.
    ``stems``: burning trees in the patch.
    """

    ids: I64
    places: F64
    width: F64
    height: F64
    begin: F64
    end: F64
    stems: I64

    def where(self, keep: NDArray[np.bool_] | I64) -> Patches:
        """The patches that ``keep`` (mask or indices) picks, in order."""
        return Patches(
            self.ids[keep],
            self.places[keep],
            self.width[keep],
            self.height[keep],
            self.begin[keep],
            self.end[keep],
            self.stems[keep],
        )

    @property
    def digest(self) -> str:
        """SHA-256 of all that the patches are."""
        return sha256_bytes(b"".join(np.ascontiguousarray(getattr(self, f.name)).tobytes() for f in fields(Patches)))

    def with_others(self, others: Patches) -> Patches:
        """These patches and then the others."""
        columns = ((getattr(self, f.name), getattr(others, f.name)) for f in fields(Patches))
        return Patches(*(np.concatenate(pair) for pair in columns))

    def __len__(self) -> int:
        return len(self.ids)

    def strength(self, story: float) -> F64:
        """How strongly each patch burns [n], 0 to 1: up within 2.5 s, full, down over the last third."""
        rise = np.clip((story - self.begin) / 2.5, 0.0, 1.0)
        fall = np.clip((self.end - story) / np.maximum(0.33 * (self.end - self.begin), 1e-6), 0.0, 1.0)
        return rise * fall


def torches(stand: Stand, clock: StoryClock, seed: int, fire: float, among: Stand | None = None) -> Patches:
    """A patch for each tree that flames at some moment of the shot; ``ids`` are the trees', in rising order.

    ``among``: the stand whose fires make a tree's flame higher, unless it is the same. Of an edited world it is the
    unedited one, so that an edit of a tree leaves the flames of its neighbours as they are.
    """
    burns = (stand.ignition <= clock.end) & (stand.flaming_end > clock.start) & (fire > 0.0)
    trees = stand.where(burns)
    trees = trees.where(np.argsort(trees.ids, kind="stable"))
    tall = trees.height.astype(np.float64)
    vary = 0.7 + 0.6 * uniform(seed, trees.ids, salt("flame-height"))
    height = flame_height(tall, burning_with(stand if among is None else among, trees)) * vary * fire
    width = np.clip(0.3 * tall, 2.0, 6.0)
    begin, end = trees.ignition.astype(np.float64), trees.flaming_end.astype(np.float64)
    return Patches(trees.ids, trees.places, width, height, begin, end, np.ones(len(trees), np.int64))


def burning_with(stand: Stand, trees: Stand) -> I64:
    """How many trees of a stand burn beside each of ``trees``, itself among them, int64 [n]: feet within `_TOGETHER`.

    Those count whose flaming overlaps the tree's by half of it.
    """
    able = stand.where(np.isfinite(stand.ignition) & np.isfinite(stand.flaming_end))
    if not len(trees) or not len(able):
        return np.ones(len(trees), np.int64)
    near = KDTree(able.places[:, :2]).query_ball_point(trees.places[:, :2], _TOGETHER, return_sorted=True)
    counts = np.ones(len(trees), np.int64)
    for number, others in enumerate(near):
        begin, end = float(trees.ignition[number]), float(trees.flaming_end[number])
        shared = np.minimum(able.flaming_end[others], end) - np.maximum(able.ignition[others], begin)
        counts[number] = max(1, int(np.count_nonzero(shared >= 0.5 * (end - begin))))
    return counts


def flame_height(tall: F64, together: I64) -> F64:
    """Height in metres over the ground of the flames of trees ``tall`` metres high, ``together`` of which burn.

    Thomas's flame length, 0.0266 I^(2/3) (Forest Research Note 497, 1963, as in Alexander and Cruz, Int. J. Wildland
    Fire 21, 2012, table 2), over half the stand (Byram 1959 for crown fires); line intensity I = H w r in kW/m
    (Byram 1959). One tree comes to 1.5 times its height, a stand to twice and more (look.md).
    """
    fuel = _GROUND_FUEL + _CROWN_FUEL * together / (np.pi * _TOGETHER**2)
    intensity = _HEAT * fuel * _SPREAD
    return 0.5 * tall + 0.0266 * intensity ** (2.0 / 3.0) * (tall / _STAND)


def crown_patches(flames: Patches, seed: int) -> Patches:
    """Trees that burn (`torches`) gathered into patches, by falling height: flames of the far distance."""
    return _gathered(flames.ids, flames.places, flames.height, flames.begin, flames.end, CROWN_PATCH, seed)


def heat_patches(stand: Stand, begin: float, end: float, seed: int) -> Patches:
    """Patches of trees that flame at some moment of a span of story time: what feeds the smoke column."""
    trees = stand.where((stand.ignition <= end) & (stand.flaming_end > begin))
    times = trees.ignition.astype(np.float64), trees.flaming_end.astype(np.float64)
    return _gathered(trees.ids, trees.places, 1.4 * trees.height.astype(np.float64), *times, CROWN_PATCH, seed)


def ground_patches(
    arrival: NDArray[np.float32], low: tuple[float, float], cell: float, clock: StoryClock, seed: int, fire: float
) -> Patches:
    """Patches of burning litter, shrubs and grass along the front.

    ``arrival`` float32 [rows, columns]: story seconds at which the front arrives, cell centres ``cell`` metres apart,
    the first at ``low`` + half a cell. Places have height 0: the caller drops them onto the ground.
    """
    burning = (arrival <= clock.end) & (arrival > clock.start - GROUND_RESIDENCE)
    row, column = np.nonzero(burning)
    x, y = low[0] + (column + 0.5) * cell, low[1] + (row + 0.5) * cell
    keys, inverse, counts = np.unique(
        _keys(np.asarray(x, np.float64), np.asarray(y, np.float64), GROUND_PATCH),
        return_inverse=True,
        return_counts=True,
    )
    begin = np.full(len(keys), np.inf)
    np.minimum.at(begin, inverse, arrival[row, column].astype(np.float64))
    places = np.zeros((len(keys), 3))
    np.add.at(places[:, 0], inverse, x)
    np.add.at(places[:, 1], inverse, y)
    places[:, :2] /= counts[:, None]
    height = fire * (0.8 + 1.4 * uniform(seed, keys, salt("ground-flame-height")))
    end = begin + GROUND_RESIDENCE * (0.7 + 0.6 * uniform(seed, keys, salt("ground-flame-end")))
    whole = counts * cell * cell >= 0.2 * GROUND_PATCH**2  # a sliver of a patch would stand beside the front
    alive = whole & (end > clock.start) & (fire > 0.0)
    width = np.full(len(keys), GROUND_PATCH)
    found = Patches(keys, places, width, height, begin, end, np.zeros(len(keys), np.int64)).where(alive)
    return found.where(np.argsort(-found.height, kind="stable"))


def _gathered(ids: I64, places: F64, heights: F64, begins: F64, ends: F64, cell: float, seed: int) -> Patches:
    order = np.argsort(ids, kind="stable")  # sums depend on their order
    places, heights, begins, ends = places[order], heights[order], begins[order], ends[order]
    keys, inverse, stems = np.unique(_keys(places[:, 0], places[:, 1], cell), return_inverse=True, return_counts=True)
    middles = np.zeros((len(keys), 3))
    for axis in range(3):
        np.add.at(middles[:, axis], inverse, places[:, axis])
    middles /= np.maximum(stems, 1)[:, None]
    tallest = np.zeros(len(keys))
    np.maximum.at(tallest, inverse, heights)
    begin, end = np.full(len(keys), np.inf), np.full(len(keys), -np.inf)
    np.minimum.at(begin, inverse, begins)
    np.maximum.at(end, inverse, ends)
    # An active crown fire stands up to 2-3 times the stand (look.md); heights vary by half.
    ratio = 0.65 + 0.1 * np.minimum(stems, 5)
    vary = 0.55 + 0.9 * uniform(seed, keys, salt("flame-height"))
    width = np.asarray(cell * np.clip(0.75 + 0.1 * stems, 0.8, 1.25), np.float64)
    found = Patches(keys, middles, width, tallest * ratio * vary, begin, end, stems)
    found = found.where(found.height > 0.0)
    return found.where(np.argsort(-found.height, kind="stable"))


def _keys(x: F64, y: F64, cell: float) -> I64:
    column = np.floor(x / cell).astype(np.int64) + _AXIS_HALF
    row = np.floor(y / cell).astype(np.int64) + _AXIS_HALF
    return (row << _AXIS_BITS) | column
