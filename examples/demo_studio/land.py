"""The lie of the land: heights, the lane, the open country, ground colours.

Pure functions of (x east, y north) in metres.
"""

from __future__ import annotations

import numpy as np
import show
from numpy.typing import NDArray

Array = NDArray[np.float64]

SIZE = 400.0
CELL = 1.6  # metres between vertices of the ground mesh
LANE_WIDTH = 3.0
FIELD: tuple[tuple[tuple[float, float], tuple[float, float], float, float], ...] = (  # capsules: from, to, radii
    ((-20.4, -50.0), (-11.0, -6.0), 3.6, 17.5),  # the wide's view to the lane
    ((-30.0, 21.0), (14.0, 30.0), 24.0, 24.0),  # the hay field
    ((-6.0, 40.0), (-3.0, 52.0), 15.0, 12.0),  # its northern corner, where the close shot stands
    ((24.0, 18.0), (38.0, 20.0), 18.0, 15.0),  # the yard
    ((32.0, 34.0), (46.0, 84.0), 14.0, 19.0),  # the pasture
    ((46.0, 84.0), (60.0, 122.0), 17.0, 9.0),  # the pasture up to the ridge
    ((20.0, 12.0), (70.0, -12.0), 17.0, 8.0),  # the meadow by the lane, seen along the fence
    ((20.0, -14.0), (14.0, 0.0), 7.0, 9.0),  # where the pickup stands
)
LANE_SIDE = 6.5


def smooth(x: Array) -> Array:
    """Quintic ramp from 0 to 1 over 0 to 1, flat at both ends."""
    t = np.clip(x, 0.0, 1.0)
    return t * t * t * (t * (t * 6.0 - 15.0) + 10.0)


def _lattice(i: NDArray[np.int64], j: NDArray[np.int64], seed: int) -> Array:
    """A number in [0, 1) per lattice point, by integer mixing (the finaliser of MurmurHash3, Appleby 2011)."""
    with np.errstate(over="ignore"):  # the low 32 bits are kept, and those do not mind
        h = (i * 0x9E3779B1 + j * 0x85EBCA77 + seed * 0xC2B2AE3D) & 0xFFFFFFFF
        h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
        h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return ((h ^ (h >> 16)) & 0xFFFFFF) / float(1 << 24)


def noise(x: Array, y: Array, seed: int) -> Array:
    """Value noise with a period of one lattice cell, -1 to 1, two derivatives continuous."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    i, j = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    u, v = smooth(x - i), smooth(y - j)
    low = _lattice(i, j, seed) * (1 - u) + _lattice(i + 1, j, seed) * u
    high = _lattice(i, j + 1, seed) * (1 - u) + _lattice(i + 1, j + 1, seed) * u
    return 2.0 * (low * (1 - v) + high * v) - 1.0


def lane_y(x: Array) -> Array:
    """Where the lane's middle runs: y for every x."""
    return 4.5 * np.sin(x / 34.0 + 0.9) + 1.7 * np.sin(x / 13.0 + 2.1) - 4.0


def lane_distance(x: Array, y: Array) -> Array:
    """Distance to the lane's middle, metres (the lane is nowhere steep, so measured along y and foreshortened)."""
    slope = (lane_y(x + 0.5) - lane_y(x - 0.5)) / 1.0
    return np.abs(y - lane_y(x)) / np.sqrt(1.0 + slope * slope)


def _untouched(x: Array, y: Array) -> Array:
    """Heights before anybody built here: valley, southern rise, the ridge on the fire's side, hummocks."""
    crest = 148.0 + 9.0 * np.sin(x / 55.0 + 0.4)
    ridge = (23.0 + 3.5 * np.sin(x / 47.0 + 1.2)) * smooth((y - 24.0) / (crest - 24.0))
    south = 7.0 * smooth((-y - 22.0) / 160.0)
    valley = -1.3 * np.exp(-(((y - lane_y(x)) / 16.0) ** 2))
    hummocks = (
        1.5 * noise(x / 43.0, y / 43.0, 11)
        + 0.6 * noise(x / 17.0, y / 17.0, 12)
        + 0.20 * noise(x / 6.5, y / 6.5, 13)
        + 0.05 * noise(x / 2.7, y / 2.7, 14)
    )
    return ridge + south + valley + hummocks


def height(x: Array, y: Array) -> Array:
    """Height of the ground, metres; level where the buildings stand, worn down where the lane runs."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    h = _untouched(x, y)
    for place, reach in ((show.BARN, 9.5), (show.CABIN, 7.0)):
        level = float(_untouched(np.asarray(place[0]), np.asarray(place[1])))
        keep = smooth((np.hypot(x - place[0], y - place[1]) - reach) / 8.0)
        h = level + (h - level) * keep
    wear = np.exp(-((lane_distance(x, y) / 1.9) ** 2))
    return h - 0.16 * wear


def open_country(x: Array, y: Array) -> Array:
    """Signed distance to the edge of field, pasture and yard in metres, negative inside; the edge wanders."""
    inside = np.full(np.shape(x), 1e9)
    for (x0, y0), (x1, y1), r0, r1 in FIELD:
        dx, dy = x1 - x0, y1 - y0
        t = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0.0, 1.0)
        inside = np.minimum(inside, np.hypot(x - x0 - t * dx, y - y0 - t * dy) - (r0 + (r1 - r0) * t))
    beside_lane = lane_distance(x, y) - LANE_SIDE + 60.0 * smooth((np.abs(x) - 118.0) / 60.0)
    inside = np.minimum(inside, beside_lane)
    return inside + 2.2 * noise(x / 9.0, y / 9.0, 21) + 0.8 * noise(x / 3.1, y / 3.1, 22)


def clearings() -> list[tuple[float, float, float]]:
    """The open country as overlapping circles (x, y, radius): where people keep the land free of trees."""
    circles: list[tuple[float, float, float]] = []
    for (x0, y0), (x1, y1), r0, r1 in FIELD:
        length, at = float(np.hypot(x1 - x0, y1 - y0)), 0.0
        while at < length:
            t = at / length
            circles.append((x0 + (x1 - x0) * t, y0 + (y1 - y0) * t, r0 + (r1 - r0) * t))
            at += 0.9 * circles[-1][2]
        circles.append((x1, y1, r1))
    circles += [(float(x), float(lane_y(x)), LANE_SIDE) for x in np.arange(-72.0, 97.0, 7.0)]
    return [(round(x, 1), round(y, 1), round(radius, 1)) for x, y, radius in circles]


def forest_floor(x: Array, y: Array) -> Array:
    """Linear Rec.709 albedo of needles, leaf litter and bare earth, [..., 3]."""
    blend = smooth(0.5 + 0.5 * noise(x / 7.0, y / 7.0, 31))[..., None]
    fine = 1.0 + 0.30 * noise(x / 1.7, y / 1.7, 32)[..., None] + 0.15 * noise(x / 0.8, y / 0.8, 33)[..., None]
    needles, earth = np.array([0.085, 0.056, 0.034]), np.array([0.055, 0.044, 0.033])
    moss = smooth(1.6 * noise(x / 11.0, y / 11.0, 34) - 0.5)[..., None] * np.array([-0.020, 0.004, -0.008])
    return np.clip((needles * blend + earth * (1 - blend) + moss) * fine, 0.01, 0.6)


def stubble(x: Array, y: Array) -> Array:
    """Linear Rec.709 albedo of a mown late-summer field: straw, olive patches, earth showing through, [..., 3]."""
    patch = smooth(0.5 + 0.6 * noise(x / 12.0, y / 12.0, 41))[..., None]
    bare = smooth(1.5 * noise(x / 4.5, y / 4.5, 42) - 0.55)[..., None]
    rows = 1.0 + 0.10 * np.sin(0.42 * (y * 2.0 * np.pi / 2.2) + 0.6 * noise(x / 8.0, y / 8.0, 43))[..., None]
    fine = 1.0 + 0.22 * noise(x / 1.3, y / 1.3, 44)[..., None]
    straw, olive = np.array([0.175, 0.135, 0.070]), np.array([0.100, 0.095, 0.046])
    earth = np.array([0.075, 0.055, 0.038])
    grass = straw * patch + olive * (1 - patch)
    return np.clip((grass * (1 - bare) + earth * bare) * rows * fine, 0.01, 0.6)


def ground_color(x: Array, y: Array) -> Array:
    """Albedo of the ground: forest floor under the trees, stubble in the open, softly blended at the wood's edge."""
    share = smooth((2.0 - open_country(x, y)) / 4.0)[..., None]
    return stubble(x, y) * share + forest_floor(x, y) * (1 - share)


def lane_color(x: Array, y: Array) -> Array:
    """Albedo of the lane: two pale wheel tracks, a darker middle with grass, [..., 3]."""
    across = lane_distance(x, y)
    track = np.exp(-(((across - 0.78) / 0.33) ** 2))[..., None]
    middle = np.exp(-((across / 0.38) ** 2))[..., None]
    fine = 1.0 + 0.18 * noise(x / 0.9, y / 0.9, 51)[..., None] + 0.10 * noise(x / 3.3, y / 3.3, 52)[..., None]
    base = np.array([0.115, 0.085, 0.056])
    mixed = base + track * np.array([0.085, 0.068, 0.050]) + middle * np.array([-0.015, -0.005, -0.018])
    return np.clip(mixed * fine, 0.01, 0.6)


def grid() -> tuple[Array, Array]:
    """Places (x and y) of the ground mesh's vertices, each [n, n], row 0 in the south."""
    count = round(SIZE / CELL) + 1
    axis = (np.arange(count) - (count - 1) / 2) * CELL
    return np.meshgrid(axis, axis, indexing="xy")


def mesh_height(x: Array, y: Array) -> Array:
    """Height of the ground *mesh*, not of the formula: exact on its triangles, so nothing sinks or floats."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    half = SIZE / 2
    i, j = np.floor((x + half) / CELL), np.floor((y + half) / CELL)
    x0, y0 = i * CELL - half, j * CELL - half
    u, v = (x - x0) / CELL, (y - y0) / CELL
    h00, h10 = height(x0, y0), height(x0 + CELL, y0)
    h01, h11 = height(x0, y0 + CELL), height(x0 + CELL, y0 + CELL)
    lower = h00 + u * (h10 - h00) + v * (h11 - h10)
    upper = h00 + v * (h01 - h00) + u * (h11 - h01)
    return np.where(u >= v, lower, upper)
