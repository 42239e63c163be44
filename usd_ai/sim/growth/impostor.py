"""A tree of about a hundred triangles, for where it is smaller than a thumb: lobes of foliage, a few limbs.

The lobes are taken from the foliage of the very skeleton that nearer levels show: rings over the height, sectors about
the axis, and for each cell two triangles where its leaves are, as large as they are together and of their mean colour.
So the tree lets as much sky through as its nearer levels do. A closed hull was tried: 2.4 times too dark against the
sky, because real crowns are half air. Opaque, no textures: a path tracer meets a few triangles and no alpha.
"""

from __future__ import annotations

import numpy as np

from usd_ai.sim.growth.skeleton import I64, Blades, Stems
from usd_ai.sim.growth.tubes import Surface
from usd_ai.sim.growth.vectors import F64, UP, cross, sideways, turn, unit
from usd_ai.sim.hashing import hash64, normal, salt

_LOBE = salt("growth.impostor.lobe")
_ROLL = salt("growth.impostor.roll")
_RINGS, _SECTORS, _EACH = 9, 5, 2
_KEPT = 0.6  # of the leaf area: few large leaves hide each other less than many small ones
_LIMBS = 9
_LEAST_WIDTH = 0.05  # metres: what is thinner flickers from frame to frame


def lobes(seed: int, blades: Blades, albedo: F64) -> tuple[Blades, F64]:
    """At most 90 blades that stand for all others, and their albedo [n, 3] from that of the blades."""
    places, area = blades.origins + blades.axes * (0.5 * blades.lengths)[:, np.newaxis], blades.area
    cell = _cells(places, area)
    used, where = np.unique(cell, return_inverse=True)
    weight = np.bincount(where, area)

    def mean(values: F64) -> F64:
        return np.stack([np.bincount(where, area * column) / weight for column in values.T], axis=1)

    middle, tone, heading = mean(places), mean(albedo), mean(blades.axes)
    spread = np.sqrt(np.maximum(mean((places - middle[where]) ** 2), 1e-6))
    lobe = np.repeat(np.arange(len(used), dtype=np.int64), _EACH)
    ids = hash64(seed, used[lobe] * _EACH + np.tile(np.arange(_EACH), len(used)), _LOBE)
    stray = np.stack([normal(seed, ids, _LOBE + 1 + k) for k in range(3)], axis=1)
    axis = unit(heading[lobe] / np.sqrt(np.sum(heading * heading, axis=1))[lobe, np.newaxis] + 0.45 * stray + 1e-9 * UP)
    own = (_KEPT / _EACH) * weight[lobe]
    # Long along the way its leaves point, as far as they spread, yet no needle and no square.
    long = np.clip(2.2 * np.sqrt(np.sum(spread * spread, axis=1))[lobe], 1.7 * np.sqrt(own), 3.2 * np.sqrt(own))
    face = turn(cross(sideways(axis), axis), axis, 1.2 * normal(seed, ids, _ROLL))
    origin = middle[lobe] + 0.8 * spread[lobe] * stray - axis * (0.4 * long)[:, np.newaxis]
    joints = np.repeat(blades.joints[_first_of(where, len(used))], _EACH, axis=0)
    return Blades(origin, axis, face, long, 2.0 * own / long, ids, joints), tone[lobe]


def _cells(places: F64, area: F64) -> I64:
    # Ring and sector of every place, about the middle of its ring.
    low, high = (float(v) for v in np.quantile(places[:, 2], (0.0, 1.0)))
    ring = np.clip(((places[:, 2] - low) / max(high - low, 1e-6) * _RINGS).astype(np.int64), 0, _RINGS - 1)
    total = np.maximum(np.bincount(ring, area, _RINGS), 1e-12)
    axis = np.stack([np.bincount(ring, area * places[:, k], _RINGS) / total for k in (0, 1)], axis=1)
    offset = places[:, :2] - axis[ring]
    angle = np.arctan2(offset[:, 1], offset[:, 0]) / (2.0 * np.pi) + 1.0 + 0.5 * (ring % 2) / _SECTORS
    return ring * _SECTORS + np.floor(angle * _SECTORS).astype(np.int64) % _SECTORS


def _first_of(where: I64, count: int) -> I64:
    first = np.full(count, len(where), np.int64)
    np.minimum.at(first, where, np.arange(len(where), dtype=np.int64))
    return first


def few_limbs(stems: Stems) -> Surface:
    """The thickest limbs as one triangle each, wide enough to be seen."""
    limbs = np.flatnonzero(stems.level > 0)
    lengths = stems.lengths()[limbs]
    weight = stems.base_radii[limbs] * lengths
    if len(limbs):  # the one that reaches highest is the outline of a tree without a leader
        weight[np.argmax(stems.points[stems.first[limbs + 1] - 1, 2])] = np.inf
    order = limbs[np.argsort(-weight, kind="stable")][:_LIMBS]
    base, tip = stems.points[stems.first[order]], stems.points[stems.first[order + 1] - 1]
    heading = unit(tip - base)
    wide = sideways(heading) * np.maximum(stems.base_radii[order], 0.5 * _LEAST_WIDTH)[:, np.newaxis]
    points = np.stack((base - wide, base + wide, tip), axis=1).reshape(-1, 3)
    normals = np.repeat(unit(cross(wide, heading)), 3, axis=0)
    count = len(order)
    index = np.arange(3 * count, dtype=np.int64).reshape(-1, 3)
    return Surface(
        points,
        normals,
        np.tile(np.array(((0.0, 0.0), (1.0, 0.0), (0.5, 1.0))), (count, 1)),
        np.repeat(stems.base_radii[order], 3),
        np.tile(np.array((0.0, 0.0, 1.0)), count),
        np.repeat(stems.level[order], 3),
        np.repeat(stems.joints[order], 3, axis=0),
        np.concatenate((index, np.full((count, 1), -1)), axis=1),
    )
