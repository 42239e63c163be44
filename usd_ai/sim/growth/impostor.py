"""A tree of under a hundred triangles, for where it is smaller than a thumb: a lobed hull of its crown, a few limbs.

The hull is taken from the foliage of the very skeleton that nearer levels show: rings over the height, sectors about
the axis, each corner as far out as most of the leaf area of its sector reaches, with its mean colour. Opaque, no
textures: its outline holds from every side, and it costs a path tracer next to nothing.
"""

from __future__ import annotations

import numpy as np

from usd_ai.sim.growth.foliage import Leaf
from usd_ai.sim.growth.model import MeshPart
from usd_ai.sim.growth.skeleton import I64, Blades, Stems
from usd_ai.sim.growth.surfaces import smooth_normals
from usd_ai.sim.growth.tubes import Surface
from usd_ai.sim.growth.vectors import F64, cross, on_the_ground, sideways, unit
from usd_ai.sim.growth.wind import Wind
from usd_ai.sim.hashing import salt, uniform

_LOBE = salt("growth.impostor.lobe")
_RINGS, _SECTORS = 6, 6
_REACH = 0.84  # of a sector's leaf area lies within this share of it: the last wisps do not close an outline
_SHADE = 0.8  # a crown shades itself; a hull does not
_LIMBS = 9
_LEAST_WIDTH = 0.05  # metres: what is thinner flickers from frame to frame


def hull(seed: int, blades: Blades, albedo: F64, leaf: Leaf, material: str, wind: Wind) -> MeshPart:
    """The crown as one closed surface; ``albedo`` [n, 3] of the blades. 72 triangles."""
    places, area = blades.origins + blades.axes * (0.7 * blades.lengths)[:, np.newaxis], blades.area
    low, high = (float(v) for v in np.quantile(places[:, 2], (0.004, 0.9995)))
    ring = (np.arange(_RINGS) + 0.5) / _RINGS
    heights = low + (high - low) * ring
    band = np.clip(((places[:, 2] - low) / (high - low) * _RINGS).astype(np.int64), 0, _RINGS - 1)
    weight = np.bincount(band, area, _RINGS)
    axis = np.stack([np.bincount(band, area * places[:, k], _RINGS) for k in (0, 1)], axis=1)
    whole = np.average(places[:, :2], axis=0, weights=area)
    axis = np.where(weight[:, np.newaxis] > 0.0, axis / np.maximum(weight, 1e-9)[:, np.newaxis], whole)
    corners, tones = _corners(seed, (places, area, albedo, band), axis, leaf)
    points = np.concatenate((corners[:, :2], np.repeat(heights, _SECTORS)[:, np.newaxis]), axis=1)
    tips = np.array(((*axis[0], low), (*axis[-1], high)))
    ends = np.stack((tones[:_SECTORS].mean(axis=0), tones[-_SECTORS:].mean(axis=0)))
    points, tones = np.concatenate((points, tips)), np.concatenate((tones, ends))
    faces = _faces()
    fall = np.interp((points[:, 2] - low) / (high - low), (0.0, 0.5, 1.0), (0.72, 0.95, 1.12)) * _SHADE
    around = np.arctan2(points[:, 1], points[:, 0]) / (2.0 * np.pi) + 0.5
    uv = np.stack((around, (points[:, 2] - low) / (high - low)), axis=1)
    foot = np.zeros_like(points)
    return MeshPart(
        "foliage",
        on_the_ground(points).astype(np.float32),
        np.full(len(faces), 3, np.int32),
        faces.reshape(-1).astype(np.int32),
        uv.astype(np.float32),
        np.clip(tones * fall[:, np.newaxis], 0.004, 1.0).astype(np.float32),
        smooth_normals(points, faces).astype(np.float32),
        material,
        foot.astype(np.float32),
        wind.weights(points, foot).astype(np.float32),
        np.zeros(len(points), np.float32),
    )


def _corners(seed: int, crown: tuple[F64, F64, F64, I64], axis: F64, leaf: Leaf) -> tuple[F64, F64]:
    # Of every ring and sector, where the surface runs and its colour. Rings are turned against each other.
    places, area, albedo, band = crown
    offset = places[:, :2] - axis[band]
    reach = np.hypot(offset[:, 0], offset[:, 1])
    angle = np.arctan2(offset[:, 1], offset[:, 0]) / (2.0 * np.pi) + 1.0 - 0.5 * (band % 2) / _SECTORS
    sector = (np.floor(angle * _SECTORS + 0.5).astype(np.int64)) % _SECTORS
    cell = band * _SECTORS + sector
    count = _RINGS * _SECTORS
    usual = float(np.average(reach, weights=area))
    out, tones = (
        np.full(count, 0.35 * usual),
        np.broadcast_to(np.average(albedo, axis=0, weights=area), (count, 3)).copy(),
    )
    order = np.lexsort((reach, cell))
    first = np.searchsorted(cell[order], np.arange(count + 1))
    for number in range(count):
        mine = order[first[number] : first[number + 1]]
        if len(mine):
            summed = np.cumsum(area[mine])
            out[number] = reach[mine[min(np.searchsorted(summed, _REACH * summed[-1]), len(mine) - 1)]]
            tones[number] = np.average(albedo[mine], axis=0, weights=area[mine])
    jag = 1.0 + 0.34 * (uniform(seed, np.arange(count), _LOBE) - 0.5)
    if leaf.material == "needles":  # whorls stand out between gaps
        jag *= np.where((np.arange(count) // _SECTORS + np.arange(count)) % 2 == 0, 1.12, 0.84)
    turn = (np.arange(count) % _SECTORS + 0.5 * (np.arange(count) // _SECTORS % 2)) / _SECTORS * 2.0 * np.pi
    middle = np.repeat(axis, _SECTORS, axis=0)
    return middle + (out * jag)[:, np.newaxis] * np.stack((np.cos(turn), np.sin(turn)), axis=1), tones


def _faces() -> I64:
    # An antiprism from each ring to the next, closed by a fan below and one above.
    faces: list[tuple[int, int, int]] = []
    for ring in range(_RINGS - 1):
        for s in range(_SECTORS):
            a, b = ring * _SECTORS + s, ring * _SECTORS + (s + 1) % _SECTORS
            over = (ring + 1) * _SECTORS
            if ring % 2 == 0:
                c, d = over + s, over + (s + 1) % _SECTORS
                faces += [(a, b, c), (b, d, c)]
            else:
                c, d = over + s, over + (s + 1) % _SECTORS
                faces += [(a, d, c), (a, b, d)]
    bottom, top = _RINGS * _SECTORS, _RINGS * _SECTORS + 1
    last = (_RINGS - 1) * _SECTORS
    for s in range(_SECTORS):
        t = (s + 1) % _SECTORS
        faces += [(t, s, bottom), (last + s, last + t, top)]
    return np.array(faces, np.int64)


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
    normals = np.repeat(unit(cross(np.broadcast_to(wide, heading.shape), heading)), 3, axis=0)
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
