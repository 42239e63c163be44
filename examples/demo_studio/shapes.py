"""Small solid modelling: boxes, planks, rods, hulls and blended limbs, gathered into one mesh with colours.

Local space is metres, Z up. Solids do not share vertices between faces, so every reader shades them flat without
authored normals; smooth bodies carry normals.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Color = tuple[float, float, float]

_BOX_FACES = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))


@dataclass
class Mesh:
    """Points [n, 3] in metres, faces as vertex counts and indices, a linear albedo per point, perhaps normals."""

    points: list[Array] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    colors: list[Array] = field(default_factory=list)

    def add(self, points: Array, faces: tuple[tuple[int, ...], ...], color: Array | Color) -> None:
        """Add faces over their own copies of the points, so that edges stay sharp."""
        start = sum(len(p) for p in self.points)
        corners = np.concatenate([points[list(face)] for face in faces])
        tint = np.asarray(color, dtype=np.float64)
        per_point = np.broadcast_to(tint, points.shape) if tint.ndim == 1 else tint
        self.points.append(corners)
        self.colors.append(np.concatenate([per_point[list(face)] for face in faces]))
        for face in faces:
            self.counts.append(len(face))
            self.indices.extend(range(start, start + len(face)))
            start += len(face)

    def hexahedron(self, corners: Array, color: Color) -> None:
        """Eight corners, the lower four counter-clockwise seen from above, then the upper four."""
        self.add(corners, _BOX_FACES, color)

    def box(self, low: tuple[float, float, float], high: tuple[float, float, float], color: Color) -> None:
        """An upright box."""
        (x0, y0, z0), (x1, y1, z1) = low, high
        ring = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        self.hexahedron(np.array([(x, y, z) for z in (z0, z1) for x, y in ring], dtype=np.float64), color)

    def beam(self, start: Array, end: Array, width: float, depth: float, color: Color, up: Array | None = None) -> None:
        """A square timber from ``start`` to ``end``; ``depth`` is measured along ``up``."""
        along = (end - start) / np.linalg.norm(end - start)
        reference = np.array([0.0, 0.0, 1.0]) if up is None else up
        if abs(float(along @ reference)) > 0.95:
            reference = np.array([1.0, 0.0, 0.0])
        side = np.cross(along, reference)
        side = side / np.linalg.norm(side) * width / 2
        rise = np.cross(side, along)
        rise = rise / np.linalg.norm(rise) * depth / 2
        ring = [-side - rise, side - rise, side + rise, -side + rise]
        self.hexahedron(np.array([end + r for r in ring] + [start + r for r in ring]), color)

    def rod(self, start: Array, end: Array, radii: tuple[float, float], color: Color, sides: int = 12) -> None:
        """A round bar or a cone with closed ends."""
        along = (end - start) / np.linalg.norm(end - start)
        reference = np.array([0.0, 0.0, 1.0]) if abs(along[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
        side = np.cross(along, reference)
        side = side / np.linalg.norm(side)
        other = np.cross(along, side)
        angle = 2 * np.pi * np.arange(sides) / sides
        ring = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * other
        points = np.concatenate([start + ring * radii[0], end + ring * radii[1]])
        faces = [(k, (k + 1) % sides, sides + (k + 1) % sides, sides + k) for k in range(sides)]
        faces += [tuple(range(sides - 1, -1, -1)), tuple(range(sides, 2 * sides))]
        self.add(points, tuple(faces), color)

    def prism(self, outline: Array, low: float, high: float, color: Color, inset: float = 0.0) -> None:
        """An outline in the X-Z plane (counter-clockwise seen from -Y) drawn out along Y, ends shrunk by ``inset``."""
        n = len(outline)
        middle = outline.mean(axis=0)
        near = middle + (outline - middle) * (1.0 - inset)
        rings = [(near, low), (outline, low + inset * 0.6), (outline, high - inset * 0.6), (near, high)]
        points = np.concatenate([np.column_stack([ring[:, 0], np.full(n, y), ring[:, 1]]) for ring, y in rings])
        faces = [tuple(range(n)), tuple(range(4 * n - 1, 3 * n - 1, -1))]
        for r in range(3):
            faces += [(r * n + k, (r + 1) * n + k, (r + 1) * n + (k + 1) % n, r * n + (k + 1) % n) for k in range(n)]
        self.add(points, tuple(faces), color)

    def turn(self, degrees: float, about: tuple[float, float] = (0.0, 0.0)) -> None:
        """Turn everything so far about a vertical axis, counter-clockwise seen from above."""
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        middle = np.array([*about, 0.0])
        spin = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
        self.points = [(p - middle) @ spin + middle for p in self.points]

    def shift(self, offset: tuple[float, float, float]) -> None:
        """Move everything so far."""
        self.points = [p + np.array(offset) for p in self.points]

    def merge(self, other: Mesh) -> None:
        """Take another mesh's faces."""
        start = sum(len(p) for p in self.points)
        self.points += other.points
        self.colors += other.colors
        self.counts += other.counts
        self.indices += [start + k for k in other.indices]

    def arrays(self) -> tuple[Array, Array]:
        """All points and all colours, each [n, 3]."""
        return np.concatenate(self.points), np.concatenate(self.colors)


def jitter(seed: int, count: int) -> Array:
    """Numbers in [0, 1) from a counter: the same on every machine and every run."""
    h = (np.arange(count, dtype=np.int64) * 0x9E3779B1 + (seed + 1) * 0x85EBCA77) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return ((h ^ (h >> 16)) & 0xFFFFFF) / float(1 << 24)


def tinted(color: Color, amount: float) -> Color:
    """A colour made lighter or darker, ``amount`` 0 to 1 around no change at 0.5."""
    scale = 0.65 + 0.7 * amount
    return (color[0] * scale, color[1] * scale, color[2] * scale)


def sphere(levels: int) -> tuple[Array, NDArray[np.int64]]:
    """Unit icosphere: points [n, 3] and triangles [m, 3]."""
    g = (1 + 5**0.5) / 2
    points = [(-1, g, 0), (1, g, 0), (-1, -g, 0), (1, -g, 0), (0, -1, g), (0, 1, g)]
    points += [(0, -1, -g), (0, 1, -g), (g, 0, -1), (g, 0, 1), (-g, 0, -1), (-g, 0, 1)]
    verts = [np.array(p, dtype=np.float64) / np.linalg.norm(p) for p in points]
    faces = [(0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4), (11, 10, 2), (10, 7, 6)]
    faces += [(7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8), (3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10)]
    faces += [(8, 6, 7), (9, 8, 1)]
    for _ in range(levels):
        middle: dict[tuple[int, int], int] = {}
        finer: list[tuple[int, int, int]] = []
        for a, b, c in faces:
            new = []
            for i, j in ((a, b), (b, c), (c, a)):
                key = (min(i, j), max(i, j))
                if key not in middle:
                    middle[key] = len(verts)
                    verts.append((verts[i] + verts[j]) / np.linalg.norm(verts[i] + verts[j]))
                new.append(middle[key])
            ab, bc, ca = new
            finer += [(a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca)]
        faces = finer
    return np.array(verts), np.array(faces, dtype=np.int64)


def smooth_normals(points: Array, triangles: NDArray[np.int64]) -> Array:
    """Area-weighted vertex normals [n, 3]."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    normals = np.zeros_like(points)
    for k in range(3):
        np.add.at(normals, triangles[:, k], face)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
