"""Small things that give scale: rocks, fence, pickup, hay bales, and a person.

Local space: metres, Z up, origin on the ground.
"""

from __future__ import annotations

from itertools import pairwise

import land
import numpy as np
from numpy.typing import NDArray
from shapes import Array, Color, Mesh, jitter, smooth_normals, sphere, tinted

Smooth = tuple[Array, NDArray[np.int64], Array, Array]  # points, triangles, normals, colours

WOOD: Color = (0.115, 0.098, 0.080)
PAINT: Color = (0.050, 0.085, 0.100)
RUBBER: Color = (0.016, 0.016, 0.017)
CHROME: Color = (0.300, 0.300, 0.300)
DARK: Color = (0.012, 0.012, 0.013)


def rock(number: int, size: float) -> Smooth:
    """A boulder about ``size`` metres across: a sphere cut by planes and roughened, its foot sunk into the ground."""
    points, triangles = sphere(4)
    dice = jitter(1000 + number, 64)
    stretch = np.array([0.8 + 0.5 * dice[0], 0.75 + 0.5 * dice[1], 0.55 + 0.3 * dice[2]])
    for k in range(11):
        z, angle = 2 * dice[3 + 2 * k] - 1, 2 * np.pi * dice[4 + 2 * k]
        normal = np.array([np.sqrt(1 - z * z) * np.cos(angle), np.sqrt(1 - z * z) * np.sin(angle), z])
        over = np.maximum(points @ normal - (0.62 + 0.25 * dice[30 + k]), 0.0)
        points = points - 0.92 * over[:, None] * normal
    rough = np.zeros(len(points))
    for octave, (period, amount) in enumerate(((0.9, 0.10), (0.4, 0.045), (0.17, 0.02))):
        a = land.noise(points[:, 0] / period + 3.1 * number, points[:, 1] / period, 60 + octave)
        b = land.noise(points[:, 2] / period, points[:, 0] / period + 1.7 * number, 70 + octave)
        rough += amount * (a + b)
    points = points * (1.0 + rough[:, None]) * stretch * size / 2
    points[:, 2] += size * 0.12
    tone = 0.85 + 1.6 * rough + 0.25 * land.noise(points[:, 0] * 4 / size, points[:, 1] * 4 / size, 80)
    colors = np.array([0.125, 0.118, 0.108]) * np.clip(tone, 0.45, 1.5)[:, None]
    lichen = land.smooth(1.8 * land.noise(points[:, 0] * 5 / size + 9, points[:, 1] * 5 / size, 81) - 0.5)[:, None]
    colors = colors * (1 - 0.6 * lichen) + 0.6 * lichen * np.array([0.130, 0.135, 0.085])
    return points, triangles, smooth_normals(points, triangles), colors


def fence(low_x: float, high_x: float, offset: float) -> Mesh:
    """A post-and-rail fence along the lane, in set space: leaning posts, sagging rails, some missing."""
    mesh = Mesh()
    stations: list[tuple[float, float]] = []
    x = low_x
    while x < high_x:
        slope = float(land.lane_y(np.asarray(x + 0.5)) - land.lane_y(np.asarray(x - 0.5)))
        scale = np.hypot(1.0, slope)
        stations.append((x - offset * slope / scale, float(land.lane_y(np.asarray(x))) + offset / scale))
        x += 2.6 / scale
    count = len(stations)
    lean, tone, gap = jitter(1200, 3 * count), jitter(1201, 4 * count), jitter(1202, 3 * count)
    feet = [np.array([px, py, float(land.mesh_height(np.asarray(px), np.asarray(py)))]) for px, py in stations]
    gate = [19.0 < px < 25.5 for px, _ in stations]
    for k, foot in enumerate(feet):
        if gate[k]:
            continue
        tip = foot + np.array(
            [0.16 * (lean[k] - 0.5), 0.16 * (lean[count + k] - 0.5), 1.22 + 0.12 * lean[2 * count + k]]
        )
        mesh.beam(
            foot - np.array([0, 0, 0.4]), tip, 0.13, 0.12, tinted(WOOD, float(tone[k])), np.array([1.0, 0.3, 0.0])
        )
    for k in range(count - 1):
        if gate[k] or gate[k + 1]:
            continue
        for rail, level in enumerate((0.42, 0.75, 1.08)):
            if gap[3 * k + rail] < 0.07:
                continue
            sag = 0.05 * (gap[3 * k + rail] - 0.5)
            a, b = feet[k] + np.array([0, 0.08, level + sag]), feet[k + 1] + np.array([0, 0.08, level - sag])
            mesh.beam(a, b, 0.045, 0.12, tinted(WOOD, float(tone[count + 3 * k + rail])))
    return mesh


def bale() -> Mesh:
    """A round hay bale, 1.25 m high, lying with its axis along X."""
    mesh = Mesh()
    sides, rings = 40, 6
    angle = 2 * np.pi * np.arange(sides) / sides
    rough = jitter(1300, sides * rings)
    rows = []
    for r in range(rings):
        wobble = 1.0 + 0.05 * (rough[r * sides : (r + 1) * sides] - 0.5)
        edge = 0.95 if r in {0, rings - 1} else 1.0
        x = np.full(sides, 1.2 * (r / (rings - 1) - 0.5))
        y, z = 0.62 * edge * wobble * np.cos(angle), 0.60 + 0.62 * edge * wobble * np.sin(angle)
        rows.append(np.column_stack([x, y, z]))
    points = np.concatenate(rows)
    tone = jitter(1301, len(points))
    colors = np.array([0.240, 0.180, 0.085]) * (0.7 + 0.5 * tone[:, None])
    faces = []
    for r in range(rings - 1):
        for k in range(sides):
            n = (k + 1) % sides
            faces.append((r * sides + k, (r + 1) * sides + k, (r + 1) * sides + n, r * sides + n))
    faces += [tuple(range(sides)), tuple(range(rings * sides - 1, (rings - 1) * sides - 1, -1))]
    mesh.add(points, tuple(reversed(faces)), colors)
    return mesh


def pickup() -> tuple[Mesh, Mesh, Mesh]:
    """An old pickup truck, 5.1 m long, nose to +X: paint and metal, glass, lamps."""
    body, glass, lamps = Mesh(), Mesh(), Mesh()
    hood = np.array([(0.55, 0.55), (2.42, 0.55), (2.5, 0.72), (2.46, 1.0), (2.2, 1.1), (0.95, 1.16), (0.55, 1.16)])
    body.prism(hood, -0.86, 0.86, PAINT, inset=0.06)
    cab = np.array([(-0.65, 0.5), (0.72, 0.5), (0.72, 1.14), (0.28, 1.74), (-0.42, 1.78), (-0.66, 1.2)])
    body.prism(cab, -0.84, 0.84, PAINT, inset=0.07)
    for y in (-0.87, 0.87):
        side = np.array([(-2.55, 0.62), (-0.62, 0.55), (-0.62, 1.14), (-2.55, 1.14)])
        body.prism(side, y - 0.04, y + 0.04, tinted(PAINT, 0.42))
    body.box((-2.55, -0.84, 0.6), (-0.62, 0.84, 0.70), tinted(RUBBER, 0.9))
    body.box((-2.58, -0.86, 0.62), (-2.50, 0.86, 1.12), tinted(PAINT, 0.38))
    body.box((-2.66, -0.9, 0.42), (-2.54, 0.9, 0.58), CHROME)
    body.box((2.44, -0.92, 0.42), (2.58, 0.92, 0.60), CHROME)
    for k in range(6):
        body.box((2.46, -0.52, 0.66 + 0.055 * k), (2.53, 0.52, 0.69 + 0.055 * k), CHROME)
    body.box((-2.45, -0.7, 0.36), (2.4, 0.7, 0.56), RUBBER)
    for x in (-1.6, 1.55):
        for y in (-0.78, 0.78):
            s = 1.0 if y > 0 else -1.0
            hub = np.array([x, y, 0.36])
            body.rod(hub - np.array([0, 0.11, 0]), hub + np.array([0, 0.11, 0]), (0.36, 0.36), RUBBER, sides=28)
            body.rod(hub, hub + np.array([0, 0.125 * s, 0]), (0.21, 0.19), CHROME, sides=20)
            arch = [(np.cos(a), np.sin(a)) for a in np.linspace(0.1, np.pi - 0.1, 9)]
            for (c0, s0), (c1, s1) in pairwise(arch):
                p, q = (
                    np.array([x + 0.45 * c0, s * 0.92, 0.36 + 0.45 * s0]),
                    np.array([x + 0.45 * c1, s * 0.92, 0.36 + 0.45 * s1]),
                )
                body.beam(p, q, 0.12, 0.05, tinted(PAINT, 0.55), np.array([0.0, 0.0, 1.0]))
    glass.hexahedron(_pane((0.70, 1.18), (0.31, 1.70), 0.70), DARK)
    glass.hexahedron(_pane((-0.675, 1.22), (-0.46, 1.70), 0.66), DARK)
    for y in (-0.835, 0.835):
        pane = np.array([(-0.52, 1.2), (0.56, 1.2), (0.24, 1.66), (-0.40, 1.68)])
        glass.prism(pane, y - 0.02, y + 0.02, DARK)
        mirror = sorted((y * 1.04, y * 1.24))
        body.box((0.55, mirror[0], 1.15), (0.68, mirror[1], 1.32), tinted(RUBBER, 0.8))
    for y in (-0.66, 0.66):
        lamps.rod(np.array([2.46, y, 0.82]), np.array([2.55, y, 0.82]), (0.13, 0.13), (0.6, 0.55, 0.45), sides=20)
        lamps.box((-2.61, y * 1.15 - 0.07, 0.78), (-2.55, y * 1.15 + 0.07, 0.98), (0.25, 0.02, 0.015))
    for k, (x, y) in enumerate(((-1.9, -0.35), (-1.25, 0.2), (-2.1, 0.4))):
        body.box((x - 0.28, y - 0.2, 0.7), (x + 0.28, y + 0.2, 1.02 + 0.08 * k), tinted(WOOD, 0.3 + 0.3 * k))
    return body, glass, lamps


def _pane(low: tuple[float, float], high: tuple[float, float], half: float) -> Array:
    """A slanted pane across Y from (x, z) ``low`` to ``high``, two centimetres thick."""
    corners = [
        (low[0], -half, low[1]),
        (low[0] + 0.02, -half, low[1]),
        (low[0] + 0.02, half, low[1]),
        (low[0], half, low[1]),
    ]
    top = half - 0.08
    corners += [
        (high[0], -top, high[1]),
        (high[0] + 0.02, -top, high[1]),
        (high[0] + 0.02, top, high[1]),
        (high[0], top, high[1]),
    ]
    return np.array(corners)


_LIMBS: tuple[tuple[tuple[float, float, float], tuple[float, float, float], float, float, Color], ...] = (
    # a tapered limb each: from, to, radii, colour; X right, +Y is where the person looks
    ((0.10, 0.00, 0.90), (0.115, 0.01, 0.50), 0.098, 0.070, (0.035, 0.040, 0.055)),
    ((0.115, 0.01, 0.50), (0.125, -0.03, 0.10), 0.066, 0.048, (0.035, 0.040, 0.055)),
    ((-0.10, 0.00, 0.90), (-0.13, 0.05, 0.50), 0.098, 0.070, (0.035, 0.040, 0.055)),
    ((-0.13, 0.05, 0.50), (-0.15, 0.04, 0.10), 0.066, 0.048, (0.035, 0.040, 0.055)),
    ((0.125, -0.06, 0.05), (0.145, 0.16, 0.045), 0.052, 0.045, (0.030, 0.022, 0.016)),
    ((-0.15, 0.01, 0.05), (-0.185, 0.23, 0.045), 0.052, 0.045, (0.030, 0.022, 0.016)),
    ((-0.06, 0.00, 0.95), (0.06, 0.00, 0.95), 0.125, 0.125, (0.035, 0.040, 0.055)),
    ((0.00, 0.00, 1.02), (0.00, -0.01, 1.30), 0.145, 0.165, (0.160, 0.095, 0.045)),
    ((-0.12, -0.01, 1.40), (0.12, -0.01, 1.40), 0.080, 0.080, (0.160, 0.095, 0.045)),
    ((0.185, -0.01, 1.41), (0.255, -0.03, 1.13), 0.066, 0.052, (0.160, 0.095, 0.045)),
    ((0.255, -0.03, 1.13), (0.235, 0.10, 0.89), 0.050, 0.040, (0.160, 0.095, 0.045)),
    ((-0.185, -0.01, 1.41), (-0.265, -0.04, 1.13), 0.066, 0.052, (0.160, 0.095, 0.045)),
    ((-0.265, -0.04, 1.13), (-0.25, 0.06, 0.88), 0.050, 0.040, (0.160, 0.095, 0.045)),
    ((0.235, 0.10, 0.88), (0.225, 0.14, 0.80), 0.040, 0.034, (0.230, 0.140, 0.095)),
    ((-0.25, 0.06, 0.87), (-0.245, 0.09, 0.79), 0.040, 0.034, (0.230, 0.140, 0.095)),
    ((0.00, 0.00, 1.46), (0.00, 0.01, 1.54), 0.055, 0.055, (0.230, 0.140, 0.095)),
    ((0.00, 0.02, 1.63), (0.00, 0.01, 1.66), 0.093, 0.098, (0.230, 0.140, 0.095)),
    ((0.00, 0.00, 1.71), (0.00, 0.00, 1.715), 0.104, 0.100, (0.050, 0.042, 0.035)),
    ((0.00, 0.10, 1.70), (0.00, 0.16, 1.69), 0.030, 0.020, (0.050, 0.042, 0.035)),
)


def person() -> Smooth:
    """A standing person, 1.8 m with cap: limbs blended by a distance field, polygonised by surface nets."""
    step = 0.018
    low, high = np.array([-0.42, -0.26, -0.03]), np.array([0.42, 0.36, 1.88])
    axes = [np.arange(low[k], high[k] + step, step) for k in range(3)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    points, triangles = _surface_nets(_skin(grid), low, step)
    distance = np.stack([_limb(points, limb) for limb in _LIMBS])
    colors = np.array([limb[4] for limb in _LIMBS])[np.argmin(distance, axis=0)]
    return points, triangles, smooth_normals(points, triangles), colors


def _limb(p: Array, limb: tuple[tuple[float, float, float], tuple[float, float, float], float, float, Color]) -> Array:
    a, b = np.array(limb[0]), np.array(limb[1])
    t = np.clip(((p - a) @ (b - a)) / float((b - a) @ (b - a)), 0.0, 1.0)
    return np.linalg.norm(p - a - t[..., None] * (b - a), axis=-1) - (limb[2] + (limb[3] - limb[2]) * t)


def _skin(p: Array) -> Array:
    """Distance field of all limbs, blended over 3.5 cm (polynomial smooth minimum, Quilez 2013)."""
    field = _limb(p, _LIMBS[0])
    for limb in _LIMBS[1:]:
        other = _limb(p, limb)
        h = np.maximum(0.035 - np.abs(field - other), 0.0) / 0.035
        field = np.minimum(field, other) - h * h * 0.035 / 4
    return field


def _surface_nets(field: Array, origin: Array, step: float) -> tuple[Array, NDArray[np.int64]]:
    """Zero surface of a field [x, y, z] as one vertex per mixed cell (Gibson 1998), two triangles per crossed edge."""
    inside = field < 0
    nx, ny, nz = (n - 1 for n in field.shape)
    total, weight = np.zeros((nx, ny, nz, 3)), np.zeros((nx, ny, nz))
    edges = [(a, b) for a in range(8) for b in (1, 2, 4) if not a & b]
    for a, bit in edges:
        pa = np.array([a & 1, (a >> 1) & 1, (a >> 2) & 1])
        pb = np.array([(a | bit) & 1, ((a | bit) >> 1) & 1, ((a | bit) >> 2) & 1])
        fa = field[pa[0] : pa[0] + nx, pa[1] : pa[1] + ny, pa[2] : pa[2] + nz]
        fb = field[pb[0] : pb[0] + nx, pb[1] : pb[1] + ny, pb[2] : pb[2] + nz]
        crossed = (fa < 0) != (fb < 0)
        t = np.where(crossed, fa / np.where(crossed, fa - fb, 1.0), 0.0)
        total += np.where(crossed[..., None], pa + t[..., None] * (pb - pa), 0.0)
        weight += crossed
    cells = np.argwhere(weight > 0)
    number = np.full((nx, ny, nz), -1, dtype=np.int64)
    number[tuple(cells.T)] = np.arange(len(cells))
    points = origin + step * (cells + total[tuple(cells.T)] / weight[tuple(cells.T)][:, None])
    triangles = []
    for axis in range(3):
        u, v = np.eye(3, dtype=np.int64)[(axis + 1) % 3], np.eye(3, dtype=np.int64)[(axis + 2) % 3]
        here = np.argwhere(np.diff(inside.astype(np.int8), axis=axis) != 0)
        here = here[(here @ u > 0) & (here @ v > 0)]
        here = here[(here @ u < np.array(field.shape) @ u - 1) & (here @ v < np.array(field.shape) @ v - 1)]
        quad = np.stack([number[tuple((here - s * u - t * v).T)] for s, t in ((1, 1), (0, 1), (0, 0), (1, 0))], axis=1)
        flip = ~inside[tuple(here.T)]
        quad[flip] = quad[flip][:, ::-1]
        triangles += [quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]]
    return points, np.concatenate(triangles)
