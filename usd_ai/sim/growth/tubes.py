"""Stems to surfaces: trunks as fine grids with roots and furrows, branches as tapering tubes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.sim.growth.noise import fractal_noise, value_noise
from usd_ai.sim.growth.skeleton import I64, Stems
from usd_ai.sim.growth.vectors import F64, cross, dot, sideways, unit
from usd_ai.sim.hashing import salt, uniform

_LOBE = salt("growth.lobe")
_SPLINTER = salt("growth.splinter")
_EVEN = 0.2  # spacing of a trunk's rings at the foot, relative to even spacing
_CAP_FROM = 0.008  # metres: thinner ends close to nothing a camera can see


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Triangles and quads before they get colour.

    ``points``, ``normals`` [n, 3]; ``uv`` [n, 2] metres around and along; ``radius`` [n] of the stem at that point,
    metres; ``along`` [n] metres from the stem's base; ``level`` [n] of its stem; ``joints`` [n, 3] see `Stems`;
    ``faces`` int64 [f, 4], the last -1 in a triangle.
    """

    points: F64
    normals: F64
    uv: F64
    radius: F64
    along: F64
    level: I64
    joints: F64
    faces: I64

    @property
    def triangles(self) -> int:
        """Triangles after splitting every quad."""
        return 2 * len(self.faces) - int(np.count_nonzero(self.faces[:, 3] < 0))


@dataclass(frozen=True, slots=True)
class Relief:
    """How a trunk's surface departs from a round tube, as shares of its radius; furrows are metres apart.

    ``lobes`` roots at the foot (Weber and Penn 4.4), ``rough`` depth of the bark.
    """

    lobes: float
    rough: float
    furrow: float
    stretch: float  # how much longer than wide a furrow is
    plates: tuple[float, float] = (0.0, 0.0)  # of the bark per metre, around and along; see `cracks`
    depth: float = 0.0  # of the cracks between plates, as a share of the radius


def join_surfaces(surfaces: Sequence[Surface]) -> Surface:
    """All surfaces in order."""
    starts = np.cumsum([0] + [len(s.points) for s in surfaces])
    faces = [np.where(s.faces < 0, -1, s.faces + start) for s, start in zip(surfaces, starts, strict=False)]
    return Surface(
        np.concatenate([s.points for s in surfaces]),
        np.concatenate([s.normals for s in surfaces]),
        np.concatenate([s.uv for s in surfaces]),
        np.concatenate([s.radius for s in surfaces]),
        np.concatenate([s.along for s in surfaces]),
        np.concatenate([s.level for s in surfaces]),
        np.concatenate([s.joints for s in surfaces]),
        np.concatenate(faces),
    )


def _grid_faces(ring: I64, sides: int) -> I64:
    # Quads from each ring of ``ring`` to the next; a ring has a doubled seam, so ``sides + 1`` points.
    corner = ring[:, np.newaxis] * (sides + 1) + np.arange(sides, dtype=np.int64)
    above = corner + sides + 1
    return np.stack((corner, corner + 1, above + 1, above), axis=-1).reshape(-1, 4)


def _frames(points: F64, reference: F64, first: NDArray[np.bool_], last: NDArray[np.bool_]) -> tuple[F64, F64, F64]:
    # Heading by central differences inside a stem, and two vectors across it.
    before = np.where(first[:, np.newaxis], points, np.roll(points, 1, axis=0))
    after = np.where(last[:, np.newaxis], points, np.roll(points, -1, axis=0))
    heading = unit(after - before)
    across = unit(reference - heading * dot(reference, heading))
    return heading, across, cross(heading, across)


def tubes(stems: Stems, sides: int) -> Surface:
    """Tubes of ``sides`` sides around stems. Thick ends are closed."""
    counts = np.diff(stems.first)
    owner = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    total = len(stems.points)
    first = np.zeros(total, np.bool_)
    first[stems.first[:-1]] = True
    last = np.zeros(total, np.bool_)
    last[stems.first[1:] - 1] = True
    chord = unit(stems.points[stems.first[1:] - 1] - stems.points[stems.first[:-1]])
    heading, across, upper = _frames(stems.points, sideways(chord)[owner], first, last)
    angle = np.linspace(0.0, 2.0 * np.pi, sides + 1)
    out = across[:, np.newaxis] * np.cos(angle)[:, np.newaxis] + upper[:, np.newaxis] * np.sin(angle)[:, np.newaxis]
    points = stems.points[:, np.newaxis] + out * stems.radii[:, np.newaxis, np.newaxis]
    step = np.sqrt(np.sum(np.diff(stems.points, axis=0, prepend=stems.points[:1]) ** 2, axis=1))
    along = np.cumsum(np.where(first, 0.0, step))
    along -= along[stems.first[:-1]][owner]
    base = stems.base_radii[owner]
    uv = np.stack(np.broadcast_arrays(angle * base[:, np.newaxis], along[:, np.newaxis]), axis=-1)
    faces = _grid_faces(np.flatnonzero(~last), sides)
    surface = Surface(
        points.reshape(-1, 3),
        out.reshape(-1, 3),
        uv.reshape(-1, 2),
        np.repeat(stems.radii, sides + 1),
        np.repeat(along, sides + 1),
        np.repeat(stems.level[owner], sides + 1),
        np.repeat(stems.joints[owner], sides + 1, axis=0),
        faces,
    )
    ends = np.flatnonzero(last & (stems.radii > _CAP_FROM))
    return join_surfaces((surface, _caps(surface, ends, heading[ends], sides))) if len(ends) else surface


def _caps(tube: Surface, rings: I64, heading: F64, sides: int) -> Surface:
    # A disc of its own at each end: its normals differ from the tube's.
    rim = (rings[:, np.newaxis] * (sides + 1) + np.arange(sides, dtype=np.int64)).reshape(-1)
    count = len(rings)
    center = tube.points[rim].reshape(count, sides, 3).mean(axis=1)
    points = np.concatenate((tube.points[rim], center))
    normals = np.concatenate((np.repeat(heading, sides, axis=0), heading))
    corner = np.arange(count * sides, dtype=np.int64).reshape(count, sides)
    faces = np.stack(
        (
            corner,
            np.roll(corner, -1, axis=1),
            np.broadcast_to(count * sides + np.arange(count)[:, np.newaxis], corner.shape),
            np.full(corner.shape, -1),
        ),
        axis=-1,
    )
    pick = np.concatenate((rim, rim[::sides]))
    return Surface(
        points,
        normals,
        tube.uv[pick],
        tube.radius[pick],
        tube.along[pick],
        tube.level[pick],
        tube.joints[pick],
        faces.reshape(-1, 4),
    )


def thinned(stems: Stems, stride: int) -> Stems:
    """Stems with every ``stride``-th station; their ends stay."""
    counts = np.diff(stems.first)
    place = np.arange(len(stems.points)) - np.repeat(stems.first[:-1], counts)
    keep = place % stride == 0
    keep[stems.first[1:] - 1] = True
    # A station just before the end would make a stub; the end stands for it.
    behind = stems.first[1:] - 2
    keep[behind[counts > 2]] = False
    kept = np.concatenate((np.zeros(1, np.int64), np.cumsum(keep)))
    return Stems(stems.points[keep], stems.radii[keep], kept[stems.first], stems.level, stems.ids, stems.joints)


def trunk_surface(
    seed: int, points: F64, radii: F64, rings: int, sides: int, relief: Relief, *, splintered: bool = False
) -> Surface:
    """One trunk: ``points`` [k, 3] and ``radii`` [k] resampled to ``rings`` rings, denser towards the foot.

    The bark's relief displaces the surface; normals are those of the displaced surface.
    """
    heights = np.concatenate((np.zeros(1), np.cumsum(np.sqrt(np.sum(np.diff(points, axis=0) ** 2, axis=1)))))
    share = np.linspace(0.0, 1.0, rings)
    along = heights[-1] * share * (_EVEN + (1.0 - _EVEN) * share * share)
    center = np.stack([np.interp(along, heights, points[:, axis]) for axis in range(3)], axis=1)
    radius = np.interp(along, heights, radii)
    ends = np.zeros((2, rings), np.bool_)
    ends[0, 0] = ends[1, -1] = True
    chord = unit(points[-1:] - points[:1])
    reference = np.broadcast_to(sideways(chord), center.shape)
    heading, across, upper = _frames(center, reference, ends[0], ends[1])
    angle = (np.arange(sides + 1) % sides).astype(np.float64) * (2.0 * np.pi / sides)
    out = across[:, np.newaxis] * np.cos(angle)[:, np.newaxis] + upper[:, np.newaxis] * np.sin(angle)[:, np.newaxis]
    scale = _relief(seed, center, radius, out, along, angle, relief)
    surface = center[:, np.newaxis] + out * (radius[:, np.newaxis] * scale)[:, :, np.newaxis]
    if splintered:
        number = np.arange(sides + 1, dtype=np.int64) % sides
        jag = uniform(seed, number, _SPLINTER) ** 2
        surface[-1] += heading[-1] * (jag * 3.2 * radius[-1])[:, np.newaxis]
        surface[-2] += heading[-2] * (jag * 0.6 * radius[-1])[:, np.newaxis]
    turns = np.linspace(0.0, 2.0 * np.pi, sides + 1) * 0.5 * radius[min(rings // 3, rings - 1)] * 2.0
    result = Surface(
        surface.reshape(-1, 3),
        _grid_normals(surface).reshape(-1, 3),
        np.stack(np.broadcast_arrays(turns, along[:, np.newaxis]), axis=-1).reshape(-1, 2),
        np.repeat(radius, sides + 1),
        np.repeat(along, sides + 1),
        np.zeros(rings * (sides + 1), np.int64),
        np.broadcast_to(points[0] * np.array((1.0, 1.0, 0.0)), (rings * (sides + 1), 3)),
        _grid_faces(np.arange(rings - 1, dtype=np.int64), sides),
    )
    if radius[-1] <= _CAP_FROM:
        return result
    return join_surfaces((result, _caps(result, np.array([rings - 1]), heading[-1:], sides)))


def _relief(seed: int, center: F64, radius: F64, out: F64, along: F64, angle: F64, relief: Relief) -> F64:
    # Factor [rings, sides + 1] on the radius: roots that run out of the foot, and furrows longer than wide.
    number = np.arange(5, dtype=np.int64)
    phase = 2.0 * np.pi * (number / 5.0 + 0.16 * (uniform(seed, number, _LOBE) - 0.5))
    lobe = np.max(np.cos((angle[:, np.newaxis] - phase + np.pi) % (2.0 * np.pi) - np.pi) ** 9, axis=1)
    foot = np.exp(-along / 0.3)[:, np.newaxis] * (lobe[np.newaxis] - 0.35) * relief.lobes
    places = out * radius[:, np.newaxis, np.newaxis] + center[:, np.newaxis] * np.array(
        (0.0, 0.0, 1.0 / relief.stretch)
    )
    noise = fractal_noise(seed, places.reshape(-1, 3) / relief.furrow, 2).reshape(foot.shape)
    factor = 1.0 + foot + relief.rough * (2.0 * noise - 1.0)
    if relief.depth > 0.0:
        at = center[:, np.newaxis] + out * radius[:, np.newaxis, np.newaxis]
        open_at = cracks(seed, at.reshape(-1, 3), relief.plates).reshape(foot.shape)
        factor -= relief.depth * open_at
    return factor


def cracks(seed: int, places: F64, plates: tuple[float, float]) -> F64:
    """How far bark has opened at places [n, 3]: 1 in the middle of a crack, 0 on the plates between them. [n].

    ``plates`` per metre, around and along. Geometry and colour ask the same places, so the dark is in the grooves.
    """
    grid = places * np.array((plates[0], plates[0], plates[1]))
    grid += 0.7 * (value_noise(seed + 41, 0.5 * grid)[:, np.newaxis] - 0.5)
    return np.clip(1.0 - 4.2 * np.abs(2.0 * value_noise(seed + 40, grid) - 1.0), 0.0, 1.0)


def _grid_normals(surface: F64) -> F64:
    # Cross product of central differences around and along; the seam's two columns agree.
    ring = surface[:, :-1]
    around = np.roll(ring, -1, axis=1) - np.roll(ring, 1, axis=1)
    along = np.gradient(ring, axis=0)
    normals = unit(cross(around, along))
    return np.concatenate((normals, normals[:, :1]), axis=1)
