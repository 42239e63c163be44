"""Where things may stand and of which kind they are: rules as numbers per place, each a comparison per thing.

A rule gives every place a *share*: 0 where nothing stands, 1 where all do, more where they crowd. A point of `scatter`
stands where its level does not pass density × share. So raising the density, or a share, adds things and moves none;
a rule that changes somewhere changes nothing elsewhere; and what is kept is blue noise of the local density.

Sim space: metres, Z up, +Y north. Places are float64 [n, 2], shares float32 [n].
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from usd_ai.sim._groves import choose_kinds
from usd_ai.sim.hashing import draw_scalar, salt, signed64, stream_scalar, to_unit_scalar
from usd_ai.sim.threads import each, slices

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

_SLOPE_SOFT = 4.0  # degrees over which a slope limit thins out
_TREE_LINE_SOFT = 60.0  # metres over which a tree line thins out (30 to 100 m in the field; working value)
_LINE_SOFT = 2.0  # metres beyond a line's width over which its share fades
_SHADE_FULL = 0.35  # northward part of the normal from which a slope counts as fully shaded: 20 degrees
_CROWDS_CELLS = 65_536  # most cells that are looked at together for where shares multiply
_CROWDS_LEAST = 0.05  # metres of the smallest of them
_NOISE_CELL = salt("growth.noise")
_SPECIES = salt("species")


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A polygon (float64 [k, 2], k at least 3, any winding) with a ``share``, and shares of kinds or none."""

    outline: F64
    share: float = 1.0
    mix: F64 | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line (float64 [k, 2]) of a ``width`` in metres with a ``share``: a firebreak has 0, an alley more than 1."""

    points: F64
    width: float
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Circle:
    """A circle in which nothing stands, metres."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """Shares float32 [rows, columns] painted over a rectangle, the first row at its north edge; 1 outside."""

    shares: F32
    low: tuple[float, float]
    high: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """All rules of a world. Degrees and metres; infinite limits limit nothing."""

    slope_most: float = 90.0
    altitude_low: float = -math.inf
    altitude_high: float = math.inf
    circles: tuple[Circle, ...] = ()
    regions: tuple[Region, ...] = ()
    lines: tuple[Line, ...] = ()
    painted: Painted | None = None
    affinity: F64 = field(default_factory=lambda: np.zeros(0))
    """Of each kind, -1 dry and sunny to 1 damp and shaded, times how much it counts; empty where it does not."""

    @property
    def steepness(self) -> bool:
        """Whether slopes matter."""
        return self.slope_most < 90.0 or bool(np.any(self.affinity))

    @property
    def most(self) -> float:
        """A share that no place passes, near to the highest that one has."""
        return _most(self)


def shares(rules: Rules, xy: F64, z: F64, normals: F64 | None) -> F32:
    """The share float32 [n] of each place: the product of what every rule says; 0 where ``z`` is not a number.

    ``normals`` float64 [n, 3]: upward unit normals; needed where the rules look at slopes.
    """
    found = np.ones(len(xy), np.float32)

    def judge(rows: slice) -> None:
        found[rows] = _shares_of(rules, xy[rows], z[rows], None if normals is None else normals[rows])

    each(judge, slices(len(xy)))
    return found


def _shares_of(rules: Rules, xy: F64, z: F64, normals: F64 | None) -> F32:
    share = np.where(np.isfinite(z), 1.0, 0.0)
    for circle in rules.circles:
        share[(xy[:, 0] - circle.x) ** 2 + (xy[:, 1] - circle.y) ** 2 < circle.radius**2] = 0.0
    if normals is not None and rules.slope_most < 90.0:
        slope = np.degrees(np.arccos(np.clip(normals[:, 2], -1.0, 1.0)))
        share *= falling(slope, rules.slope_most, _SLOPE_SOFT)
    if math.isfinite(rules.altitude_high):
        share *= falling(z, rules.altitude_high, _TREE_LINE_SOFT)
    if math.isfinite(rules.altitude_low):
        share *= falling(-z, -rules.altitude_low, _TREE_LINE_SOFT)
    for region in rules.regions:
        if region.share != 1.0:
            share[inside(region.outline, xy)] *= region.share
    for line in rules.lines:
        away = to_line(line.points, xy)
        share *= 1.0 + (line.share - 1.0) * falling(away, 0.5 * line.width, _LINE_SOFT)
    if rules.painted is not None:
        share *= painted_at(rules.painted, xy)
    return np.nan_to_num(share).astype(np.float32)


@lru_cache(maxsize=8)  # asked for by everything that is planted; rules are one another only by identity
def _most(rules: Rules) -> float:
    painted = 1.0
    if rules.painted is not None and rules.painted.shares.size:
        painted = max(float(rules.painted.shares.max()), 1.0)
    crowds = [(*_outline(shaped), shaped.share) for shaped in (*rules.regions, *rules.lines) if shaped.share > 1.0]
    return painted * _most_together(crowds) if crowds else painted


def _outline(shaped: Region | Line) -> tuple[F64, float, bool]:
    """A closed outline or a line float64 [k, 2], metres around it to which the share reaches, whether it is closed."""
    if isinstance(shaped, Line):
        return shaped.points, 0.5 * shaped.width + _LINE_SOFT, False
    return np.concatenate([shaped.outline, shaped.outline[:1]]), 0.0, True


def _most_together(crowds: list[tuple[F64, float, bool, float]]) -> float:
    """The highest product of the shares of shapes that overlap: branch and bound over squares that are quartered.

    A square's bound is the product of all that may reach into it; the product at a middle is one that is reached. What
    is given back is never too low, and it is too high only where shapes pass each other closer than the last squares.
    """
    low = np.min([line.min(axis=0) - reach for line, reach, *_ in crowds], axis=0)
    high = np.max([line.max(axis=0) + reach for line, reach, *_ in crowds], axis=0)
    half, reached = 0.5 * float(np.max(high - low)), 1.0
    middles = 0.5 * (low + high)[None, :]
    quarters = np.array([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]])
    while True:
        bound, here = np.ones(len(middles)), np.ones(len(middles))
        for line, reach, closed, share in crowds:
            away = to_line(line, middles)
            within = (away <= reach) | (inside(line, middles) if closed else False)
            here[within] *= share
            bound[within | (away <= reach + 1.5 * half)] *= share  # half a diagonal, and room for rounding
        reached = max(reached, float(here.max()))
        middles = middles[bound > reached]
        if not len(middles):
            return reached
        if 4 * len(middles) > _CROWDS_CELLS or half < _CROWDS_LEAST:
            return float(bound.max())
        half *= 0.5
        middles = (middles[:, None, :] + half * quarters[None, :, :]).reshape(-1, 2)


def stands(level: F32, density: float, share: F32) -> NDArray[np.bool_]:
    """Whether points of these levels (1/ha) stand at a density with these shares: bool [n]."""
    return level <= np.float32(density) * share


def falling(value: F64, edge: float, soft: float) -> F64:
    """1 up to ``edge``, 0 from ``edge + soft`` on, a smooth fall between: float64 [n]."""
    part = np.clip((value - edge) / soft, 0.0, 1.0)
    return 1.0 - part * part * (3.0 - 2.0 * part)


def near_edge(distance: F64, keep: float, soft: float, seed: int, ids: I64, name: str) -> NDArray[np.bool_]:
    """Whether things stay clear of something ``distance`` metres away: bool [n].

    None stands within ``keep``; all do beyond ``keep + soft``; between, each has an edge of its own by its id.
    """
    if keep <= 0.0:
        return np.ones(len(distance), np.bool_)
    edges = np.empty(len(ids))
    _uniform(stream_of(seed, f"placement.{name}"), ids, edges)
    return distance >= keep + soft * edges


def dampness(normals: F64) -> F32:
    """How shaded and damp slopes are, -1 (steep to the south) to 1 (steep to the north): float32 [n]."""
    return np.clip(normals[:, 1] / _SHADE_FULL, -1.0, 1.0).astype(np.float32)


def inside(outline: F64, xy: F64) -> NDArray[np.bool_]:
    """Whether places lie in a polygon, by the even-odd rule: bool [n]."""
    found = np.empty(len(xy), np.bool_)
    _inside(np.ascontiguousarray(outline), np.ascontiguousarray(xy), found)
    return found


def to_line(points: F64, xy: F64) -> F64:
    """Distance float64 [n] from places to a line of points."""
    found = np.empty(len(xy))
    _to_line(np.ascontiguousarray(points), np.ascontiguousarray(xy), found)
    return found


def painted_at(painted: Painted, xy: F64) -> F64:
    """Shares float64 [n] of a painted map, bilinear between the middles of its pixels; 1 off the map."""
    rows, columns = painted.shares.shape
    (west, south), (east, north) = painted.low, painted.high
    u, v = (xy[:, 0] - west) / (east - west), (north - xy[:, 1]) / (north - south)
    on = (u >= 0.0) & (u <= 1.0) & (v >= 0.0) & (v <= 1.0)
    across, down = np.clip(u * columns - 0.5, 0.0, columns - 1.0), np.clip(v * rows - 0.5, 0.0, rows - 1.0)
    j, i = across.astype(np.int64), down.astype(np.int64)
    right, below = np.minimum(j + 1, columns - 1), np.minimum(i + 1, rows - 1)
    a, b = across - j, down - i
    corners = ((i, j), (i, right), (below, j), (below, right))  # gathered first: the whole map is large
    nw, ne, sw, se = (painted.shares[corner].astype(np.float64) for corner in corners)
    top, bottom = nw * (1.0 - a) + ne * a, sw * (1.0 - a) + se * a
    return np.where(on, top * (1.0 - b) + bottom * b, 1.0)


def kinds(seed: int, ids: I64, xy: F64, mix: F64, grove: float, rules: Rules, damp: F32 | None) -> I32:
    """The kind int32 [n] of each thing, an index into ``mix`` (shares float64 [k], not all 0).

    Each kind has a slow wave of its own over the land, ``grove`` metres long, so that kinds stand in groves. On damp
    ground (``damp``, see `dampness`) kinds gain by their affinity. In a region with a mix of its own, that one counts.
    """
    found = np.empty(len(ids), np.int32)
    lean = np.zeros(len(ids), np.float32) if damp is None else damp
    affinity = rules.affinity if len(rules.affinity) else np.zeros(len(mix))
    seeds = np.array([[signed64((seed ^ (k + 1)) + octave) for octave in range(3)] for k in range(len(mix))], np.int64)
    streams = np.array([[_stream(int(s), _NOISE_CELL) for s in row] for row in seeds], np.int64)
    own = stream_of(seed, "", _SPECIES)

    def choose(rows: slice) -> None:
        choose_kinds(own, streams, ids[rows], xy[rows], _logs(mix), grove, lean[rows], affinity, found[rows])
        for region in rules.regions:
            if region.mix is not None:
                which = np.flatnonzero(inside(region.outline, xy[rows]))
                part = np.empty(len(which), np.int32)
                logs = _logs(region.mix)
                choose_kinds(
                    own, streams, ids[rows][which], xy[rows][which], logs, grove, lean[rows][which], affinity, part
                )
                found[rows][which] = part

    each(choose, slices(len(ids)))
    return found


def stream_of(seed: int, name: str, named: int = 0) -> int:
    """The stream of a seed and a salt (by name, or ``named`` itself) as the kernels take it."""
    return _stream(signed64(seed), named or salt(name))


def _stream(seed: int, salted: int) -> int:
    return int(np.uint64(stream_scalar(signed64(seed), salted)).view(np.int64))


def _logs(mix: F64) -> F64:
    with np.errstate(divide="ignore"):
        return np.log(mix / mix.sum())


@njit(cache=True, nogil=True)
def _uniform(stream: int, ids: I64, out: F64) -> None:
    for n in range(ids.size):
        out[n] = to_unit_scalar(draw_scalar(stream, ids[n]))


@njit(cache=True, nogil=True)
def _inside(outline: F64, xy: F64, out: NDArray[np.bool_]) -> None:
    count = outline.shape[0]
    for n in range(xy.shape[0]):
        x, y, within = xy[n, 0], xy[n, 1], False
        for k in range(count):
            ax, ay = outline[k, 0], outline[k, 1]
            bx, by = outline[(k + 1) % count, 0], outline[(k + 1) % count, 1]
            if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
                within = not within
        out[n] = within


@njit(cache=True, nogil=True)
def _to_line(points: F64, xy: F64, out: F64) -> None:
    for n in range(xy.shape[0]):
        x, y = xy[n, 0], xy[n, 1]
        best = (x - points[0, 0]) ** 2 + (y - points[0, 1]) ** 2
        for k in range(points.shape[0] - 1):
            ax, ay = points[k, 0], points[k, 1]
            dx, dy = points[k + 1, 0] - ax, points[k + 1, 1] - ay
            length = dx * dx + dy * dy
            along = ((x - ax) * dx + (y - ay) * dy) / length if length > 0.0 else 0.0
            along = min(max(along, 0.0), 1.0)
            best = min(best, (x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2)
        out[n] = math.sqrt(best)
