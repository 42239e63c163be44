"""The barn and the cabin, board by board. Local space: metres, Z up, origin on the ground in the middle of the floor.

The front looks to -Y. Every board differs a little in tone, width and depth, by counters and not by chance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from shapes import Color, Mesh, jitter, tinted

WEATHERED: Color = (0.105, 0.088, 0.072)
OXBLOOD: Color = (0.115, 0.036, 0.026)
TRIM: Color = (0.230, 0.205, 0.170)
SHINGLE: Color = (0.060, 0.053, 0.047)
RUST: Color = (0.130, 0.075, 0.050)
STONE: Color = (0.150, 0.140, 0.125)
DARK: Color = (0.012, 0.012, 0.013)
HAY: Color = (0.260, 0.190, 0.085)
IRON: Color = (0.030, 0.030, 0.032)


@dataclass
class Building:
    """A building's parts by material."""

    solid: Mesh
    glass: Mesh
    lit: Mesh


def _boards(
    mesh: Mesh,
    start: tuple[float, float],
    end: tuple[float, float],
    top: Callable[[float], float],
    bottom: float,
    color: Color,
    seed: int,
    openings: tuple[tuple[float, float, float, float], ...] = (),
) -> None:
    """Upright boards along a wall from ``start`` to ``end``.

    ``top(t)`` is the height at t metres along. Openings (t0, t1, z0, z1) stay free. Boards overlap by their varying
    depth so that no gap shows.
    """
    a, b = np.array(start), np.array(end)
    length = float(np.linalg.norm(b - a))
    along = (b - a) / length
    out = np.array([along[1], -along[0]])
    count = max(1, round(length / 0.21))
    tone, depth, ragged = jitter(seed, count), jitter(seed + 1, count), jitter(seed + 2, count)
    for k in range(count):
        t0, t1 = length * k / count, length * (k + 1) / count + 0.012
        middle = (t0 + t1) / 2
        spans = [(bottom - 0.05 * ragged[k], None)]
        for o0, o1, z0, z1 in openings:
            if o0 < middle < o1:
                spans = [(spans[0][0], z0), (z1, None)]
        thick = 0.026 + 0.014 * depth[k]
        for low, high in spans:
            tops = [high if high is not None else top(min(max(t, 0.0), length)) for t in (t0, t1)]
            if min(tops) - low < 0.02:
                continue
            corners = []
            for z in (low, None):
                for t, o in ((t0, thick), (t1, thick), (t1, -0.03), (t0, -0.03)):
                    p = a + along * t + out * o
                    level = low if z is not None else tops[0] if t == t0 else tops[1]
                    corners.append((p[0], p[1], level))
            mesh.hexahedron(np.array(corners), tinted(color, float(tone[k])))


def _slope(
    mesh: Mesh,
    eave: tuple[float, float],
    ridge: tuple[float, float],
    low_x: float,
    high_x: float,
    course: float,
    plank: float,
    color: Color,
    seed: int,
) -> None:
    """One side of a roof: courses of shingles or sheets from the eave (y, z) to the ridge (y, z), laid along X."""
    run, rise = ridge[0] - eave[0], ridge[1] - eave[1]
    length = float(np.hypot(run, rise))
    along = np.array([run, rise]) / length
    normal = np.array([-along[1], along[0]]) if run > 0 else np.array([along[1], -along[0]])
    courses, planks = max(1, round(length / course)), max(1, round((high_x - low_x) / plank))
    tone, lift = jitter(seed, courses * planks), jitter(seed + 1, courses * planks)
    for c in range(courses):
        s0, s1 = length * c / courses, length * (c + 1) / courses + 0.10
        for p in range(planks):
            k = c * planks + p
            shift = 0.5 * (c % 2) * (high_x - low_x) / planks
            x0 = max(low_x, low_x + (high_x - low_x) * p / planks - shift)
            x1 = min(high_x, low_x + (high_x - low_x) * (p + 1) / planks - shift + 0.01)
            if p == planks - 1:
                x1 = high_x
            under, over = 0.045 + 0.02 * lift[k], 0.0
            corners = []
            for top in (0.0, 0.028):
                for x, s, raised in ((x0, s0, under), (x1, s0, under), (x1, s1, over), (x0, s1, over)):
                    q = np.array(eave) + along * s + normal * (raised + top)
                    corners.append((x, q[0], q[1]))
            mesh.hexahedron(np.array(corners), tinted(color, float(tone[k])))


def _window(
    house: Building, middle: tuple[float, float, float], width: float, tall: float, axis: int, side: float, lit: bool
) -> None:
    """A four-pane window with frame, sill and, behind it, glass. ``axis`` 0: in a wall along X, 1: along Y."""

    def place(u: float, depth: float, z: float) -> tuple[float, float, float]:
        x, y, h = middle
        return (x + u, y + side * depth, h + z) if axis == 0 else (x + side * depth, y + u, h + z)

    def slab(u0: float, u1: float, d0: float, d1: float, z0: float, z1: float, mesh: Mesh, color: Color) -> None:
        p, q = np.array(place(u0, d0, z0)), np.array(place(u1, d1, z1))
        low, high = np.minimum(p, q), np.maximum(p, q)
        mesh.box(tuple(low), tuple(high), color)  # type: ignore[arg-type]

    w, t = width / 2, tall / 2
    slab(-w, w, -0.02, 0.0, -t, t, house.lit if lit else house.glass, (0.6, 0.35, 0.14) if lit else DARK)
    for u in (-w, 0.0, w):
        slab(u - 0.035, u + 0.035, 0.0, 0.055, -t, t, house.solid, TRIM)
    for z in (-t, 0.0, t):
        slab(-w, w, 0.0, 0.05, z - 0.03, z + 0.03, house.solid, TRIM)
    slab(-w - 0.09, w + 0.09, 0.0, 0.12, -t - 0.08, -t - 0.03, house.solid, TRIM)


def _stones(mesh: Mesh, half_x: float, half_y: float, top: float, seed: int) -> None:
    """A footing of field stones around a floor; it goes deep enough for a yard that is not level."""
    for side, (start, end) in enumerate(
        (
            ((-half_x, -half_y), (half_x, -half_y)),
            ((half_x, -half_y), (half_x, half_y)),
            ((half_x, half_y), (-half_x, half_y)),
            ((-half_x, half_y), (-half_x, -half_y)),
        )
    ):
        a, b = np.array(start), np.array(end)
        count = round(float(np.linalg.norm(b - a)) / 0.55)
        tone, bulge = jitter(seed + side, count), jitter(seed + 10 + side, count)
        for k in range(count):
            p, q = a + (b - a) * k / count, a + (b - a) * (k + 0.96) / count
            grow = 0.08 + 0.10 * float(bulge[k])
            low, high = np.minimum(p, q) - grow, np.maximum(p, q) + grow
            lift = top - 0.06 * float(tone[k])
            mesh.box((low[0], low[1], -0.7), (high[0], high[1], lift), tinted(STONE, float(tone[k])))


def barn() -> Building:
    """A timber barn, 13 by 8.6 m, ridge at 7.6 m: double door ajar, hay door, ladder, bales, trough, wood pile."""
    house = Building(Mesh(), Mesh(), Mesh())
    m = house.solid
    hx, hy, eave, ridge = 6.5, 4.3, 3.7, 7.6

    def gable(t: float) -> float:
        return eave + (ridge - eave) * (1.0 - abs(t - hy) / hy)

    _stones(m, hx, hy, 0.32, 100)
    _boards(
        m,
        (-hx, -hy),
        (hx, -hy),
        lambda _: eave,
        0.25,
        OXBLOOD,
        200,
        ((5.0, 8.0, 0.25, 3.05), (1.5, 2.5, 1.5, 2.5), (10.3, 11.3, 1.5, 2.5)),
    )
    _boards(m, (hx, hy), (-hx, hy), lambda _: eave, 0.25, OXBLOOD, 210)
    _boards(m, (-hx, hy), (-hx, -hy), gable, 0.25, OXBLOOD, 220, ((3.5, 5.1, 4.4, 6.0),))
    _boards(m, (hx, -hy), (hx, hy), gable, 0.25, OXBLOOD, 230, ((3.5, 5.1, 4.4, 6.0), (1.0, 2.0, 1.4, 2.4)))
    _slope(m, (-hy - 0.55, eave - 0.48), (0.0, ridge + 0.06), -hx - 0.5, hx + 0.5, 1.25, 0.82, RUST, 300)
    _slope(m, (hy + 0.55, eave - 0.48), (0.0, ridge + 0.06), -hx - 0.5, hx + 0.5, 1.25, 0.82, RUST, 310)
    m.beam(
        np.array([-hx - 0.55, 0, ridge + 0.13]), np.array([hx + 0.55, 0, ridge + 0.13]), 0.34, 0.06, tinted(RUST, 0.3)
    )
    m.box((-hx + 0.1, -hy + 0.1, 0.1), (hx - 0.1, hy - 0.1, 0.28), WEATHERED)
    for x in (-hx, hx):
        for y in (-hy, hy):
            m.box((x - 0.1, y - 0.1, 0.1), (x + 0.1, y + 0.1, eave), TRIM)
        out = 0.06 if x > 0 else -0.06
        for side in (-1.0, 1.0):
            m.beam(
                np.array([x * 1.08, side * (hy + 0.5), eave - 0.36]),
                np.array([x * 1.08, 0, ridge + 0.06]),
                0.05,
                0.2,
                TRIM,
            )
        for y0, y1, z0, z1 in (
            (-0.86, -0.74, 4.4, 6.0),
            (0.74, 0.86, 4.4, 6.0),
            (-0.86, 0.86, 5.94, 6.06),
            (-0.86, 0.86, 4.34, 4.46),
        ):
            m.box((min(x, x + out), y0, z0), (max(x, x + out), y1, z1), TRIM)
        m.box((min(x - out, x), -0.76, 4.42), (max(x - out, x), 0.76, 5.98), DARK)
        m.beam(np.array([x * 0.9, 0, 6.7]), np.array([x * 1.17, 0, 6.7]), 0.14, 0.16, WEATHERED)
    _barn_door(m, hy)
    for u in (-hx + 2.0, -hx + 10.8):
        _window(house, (u, -hy, 2.0), 1.0, 1.0, 0, -1.0, lit=False)
    _window(house, (hx, -hy + 1.5, 1.9), 1.0, 1.0, 1, 1.0, lit=False)
    _barn_yard(m, hx, hy)
    return house


def _barn_door(m: Mesh, hy: float) -> None:
    """The double door in the front: trim, track, one leaf shut, one slid open on a dark interior with hay in it."""
    m.box((-1.4, -hy + 0.5, 0.3), (1.4, -hy + 0.55, 3.0), DARK)
    for x in (-1.56, 1.5):
        m.box((x, -hy - 0.07, 0.25), (x + 0.12, -hy + 0.05, 3.15), TRIM)
    m.box((-3.3, -hy - 0.11, 3.1), (3.3, -hy, 3.24), IRON)
    for low, seed in ((-1.62, 400), (0.85, 410)):
        leaf = jitter(seed, 8)
        for k in range(8):
            x = low + 0.19 * k
            m.box((x, -hy - 0.10, 0.32), (x + 0.185, -hy - 0.06, 3.08), tinted(OXBLOOD, 0.25 + 0.5 * float(leaf[k])))
        for z in (0.42, 1.64, 2.9):
            m.box((low, -hy - 0.13, z), (low + 1.52, -hy - 0.095, z + 0.13), TRIM)
        y = -hy - 0.115
        m.beam(np.array([low + 0.06, y, 0.5]), np.array([low + 1.46, y, 1.66]), 0.03, 0.12, TRIM)
        m.beam(np.array([low + 1.46, y, 1.76]), np.array([low + 0.06, y, 2.92]), 0.03, 0.12, TRIM)
    for k, (x, z) in enumerate(((0.1, 0.3), (0.25, 0.75), (-0.35, 0.3))):
        m.box((x, -hy + 0.1, z), (x + 0.9, -hy + 0.48, z + 0.42), tinted(HAY, 0.3 + 0.2 * k))


def _barn_yard(m: Mesh, hx: float, hy: float) -> None:
    """What people left leaning and lying around: ladder, barrels, trough, wood pile, a lean-to's poles."""
    for side in (-0.22, 0.22):
        m.beam(np.array([-4.2 + side, -hy - 1.0, 0.0]), np.array([-4.2 + side, -hy - 0.12, 3.6]), 0.05, 0.08, WEATHERED)
    for k in range(9):
        t = (k + 0.7) / 9.6
        p = np.array([-4.2, -hy - 1.0 + 0.88 * t, 3.6 * t])
        m.beam(p - np.array([0.24, 0, 0]), p + np.array([0.24, 0, 0]), 0.035, 0.035, tinted(WEATHERED, 0.8))
    for x, y in ((2.7, -hy - 0.55), (3.35, -hy - 0.5), (3.0, -hy - 1.1)):
        m.rod(np.array([x, y, -0.1]), np.array([x, y, 0.45]), (0.26, 0.31), tinted(RUST, 0.4))
        m.rod(np.array([x, y, 0.45]), np.array([x, y, 0.92]), (0.31, 0.26), tinted(RUST, 0.55))
    m.box((4.4, -hy - 1.3, -0.05), (6.3, -hy - 1.22, 0.5), WEATHERED)
    m.box((4.4, -hy - 0.7, -0.05), (6.3, -hy - 0.62, 0.5), WEATHERED)
    m.box((4.4, -hy - 1.3, -0.05), (4.48, -hy - 0.62, 0.5), WEATHERED)
    m.box((6.22, -hy - 1.3, -0.05), (6.3, -hy - 0.62, 0.5), WEATHERED)
    m.box((4.48, -hy - 1.22, 0.3), (6.22, -hy - 0.7, 0.36), (0.02, 0.025, 0.03))
    tone = jitter(500, 64)
    k = 0
    for row in range(5):
        for column in range(11 - row):
            y, z = -2.9 + 0.27 * column + 0.135 * row, 0.12 + 0.235 * row
            end = 1.0 + 0.08 * float(tone[k])
            color = tinted(WEATHERED, float(tone[k]))
            m.rod(np.array([-hx - 0.2, y, z]), np.array([-hx - 0.2 - end, y, z]), (0.13, 0.12), color, sides=9)
            k += 1


def cabin() -> Building:
    """A farmhouse cabin, 7.4 by 5.6 m: porch, stone chimney, two lit windows, a bench, firewood, a wash line."""
    house = Building(Mesh(), Mesh(), Mesh())
    m = house.solid
    hx, hy, eave, ridge = 3.7, 2.8, 2.75, 5.2

    def gable(t: float) -> float:
        return eave + (ridge - eave) * (1.0 - abs(t - hy) / hy)

    _stones(m, hx, hy, 0.42, 700)
    _boards(
        m,
        (-hx, -hy),
        (hx, -hy),
        lambda _: eave,
        0.4,
        WEATHERED,
        710,
        ((3.2, 4.2, 0.4, 2.45), (0.9, 1.9, 1.2, 2.2), (5.5, 6.5, 1.2, 2.2)),
    )
    _boards(m, (hx, hy), (-hx, hy), lambda _: eave, 0.4, WEATHERED, 720, ((3.0, 4.0, 1.2, 2.2),))
    _boards(m, (-hx, hy), (-hx, -hy), gable, 0.4, WEATHERED, 730, ((2.3, 3.3, 1.2, 2.2),))
    _boards(m, (hx, -hy), (hx, hy), gable, 0.4, WEATHERED, 740)
    _slope(m, (-hy - 0.4, eave - 0.36), (0.0, ridge + 0.05), -hx - 0.4, hx + 0.4, 0.36, 0.30, SHINGLE, 750)
    _slope(m, (hy + 0.4, eave - 0.36), (0.0, ridge + 0.05), -hx - 0.4, hx + 0.4, 0.36, 0.30, SHINGLE, 760)
    m.beam(
        np.array([-hx - 0.42, 0, ridge + 0.11]),
        np.array([hx + 0.42, 0, ridge + 0.11]),
        0.26,
        0.05,
        tinted(SHINGLE, 0.2),
    )
    for x in (-hx - 0.36, hx + 0.36):
        for side in (-1.0, 1.0):
            m.beam(np.array([x, side * (hy + 0.38), eave - 0.24]), np.array([x, 0, ridge + 0.05]), 0.05, 0.16, TRIM)
    for x in (-hx, hx):
        for y in (-hy, hy):
            m.box((x - 0.08, y - 0.08, 0.3), (x + 0.08, y + 0.08, eave), TRIM)
    _window(house, (-hx + 1.4, -hy, 1.7), 1.0, 1.0, 0, -1.0, lit=True)
    _window(house, (hx - 1.2, -hy, 1.7), 1.0, 1.0, 0, -1.0, lit=True)
    _window(house, (0.2, hy, 1.7), 1.0, 1.0, 0, 1.0, lit=False)
    _window(house, (-hx, 0.0, 1.7), 1.0, 1.0, 1, -1.0, lit=True)
    m.box((-0.5, -hy - 0.02, 0.42), (0.5, -hy + 0.03, 2.45), (0.045, 0.075, 0.070))
    for x in (-0.58, 0.5):
        m.box((x, -hy - 0.06, 0.4), (x + 0.08, -hy + 0.04, 2.53), TRIM)
    m.box((0.32, -hy - 0.07, 1.35), (0.38, -hy - 0.02, 1.41), IRON)
    _porch(m, hx, hy)
    _chimney(m, hx)
    return house


def _porch(m: Mesh, hx: float, hy: float) -> None:
    """The porch on the front: deck, posts, rail, a roof of its own, steps, a bench, a bucket and firewood."""
    front = -hy - 1.9
    tone = jitter(800, 64)
    for k in range(30):
        x = -hx + 2 * hx * k / 30
        m.box((x, front, 0.32), (x + 2 * hx / 30 - 0.01, -hy, 0.40), tinted(WEATHERED, float(tone[k])))
    for x in (-hx + 0.08, -1.0, 1.0, hx - 0.08):
        m.box((x - 0.07, front + 0.03, -0.4), (x + 0.07, front + 0.17, 2.35), tinted(WEATHERED, 0.7))
    _slope(m, (front - 0.3, 2.28), (-hy + 0.05, 2.86), -hx - 0.3, hx + 0.3, 0.36, 0.32, SHINGLE, 810)
    m.box((-hx, front + 0.02, 2.27), (hx, front + 0.16, 2.40), WEATHERED)
    for low, high in ((-hx, -1.0), (1.0, hx)):
        m.box((low, front + 0.05, 1.22), (high, front + 0.13, 1.30), WEATHERED)
        for k in range(1, 9):
            x = low + (high - low) * k / 9
            m.box(
                (x - 0.02, front + 0.07, 0.40), (x + 0.02, front + 0.11, 1.23), tinted(WEATHERED, float(tone[k + 30]))
            )
    for k in range(3):
        m.box(
            (-0.9, front - 0.3 * (k + 1), -0.5),
            (0.9, front - 0.3 * k, 0.32 - 0.15 * (k + 1) + 0.06),
            tinted(WEATHERED, 0.4 + 0.1 * k),
        )
    m.box((1.3, -hy - 0.5, 0.80), (2.9, -hy - 0.1, 0.86), TRIM)
    for x in (1.4, 2.75):
        m.box((x, -hy - 0.46, 0.4), (x + 0.06, -hy - 0.14, 0.8), TRIM)
    m.rod(np.array([-1.45, -hy - 0.5, 0.4]), np.array([-1.45, -hy - 0.5, 0.7]), (0.12, 0.16), IRON)
    logs = jitter(820, 40)
    k = 0
    for row in range(4):
        for column in range(7 - row):
            x, z = -3.4 + 0.2 * column + 0.1 * row, 0.5 + 0.17 * row
            m.rod(
                np.array([x, -hy - 0.5, z]),
                np.array([x, -hy - 0.08, z]),
                (0.09, 0.1),
                tinted(WEATHERED, 0.3 + 0.7 * float(logs[k])),
                sides=8,
            )
            k += 1


def _chimney(m: Mesh, hx: float) -> None:
    """A stone chimney up the gable, course by course, and a tin cap."""
    tone = jitter(900, 200)
    k = 0
    for course in range(24):
        z = -0.6 + 0.28 * course
        wide = 0.62 if course < 12 else 0.44
        for y in (-1.0, -0.34, 0.33):
            if course >= 12 and y < -0.9:
                continue
            grow = 0.03 * float(tone[k])
            y0 = y * wide / 0.62 + 0.3
            m.box(
                (hx + 0.02, y0 - grow, z),
                (hx + wide + grow + 0.1, y0 + 0.66 * wide / 0.62 + grow, z + 0.285),
                tinted(STONE, float(tone[k])),
            )
            k += 1
    m.box((hx, -0.05, 6.12), (hx + 0.66, 0.95, 6.2), IRON)
