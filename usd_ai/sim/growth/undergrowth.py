"""What stands and lies between the trees: grass, fern, shrubs, fallen logs, stones, litter.

Stems follow Weber and Penn (1995) as the trees' do; a plant here is built per state, since it costs next to nothing.
Level of detail 0 is for the first 15 m, 1 for all beyond.
"""

from __future__ import annotations

import numpy as np

from usd_ai.sim.growth import bark
from usd_ai.sim.growth.foliage import Leaf, colors, fewer, quads, remaining
from usd_ai.sim.growth.model import BURNT, MeshPart, PlantMesh
from usd_ai.sim.growth.noise import fractal_noise, value_noise
from usd_ai.sim.growth.skeleton import Blades, join_blades
from usd_ai.sim.growth.surfaces import bark_part
from usd_ai.sim.growth.tubes import Relief, Surface, join_surfaces, thinned, trunk_surface, tubes
from usd_ai.sim.growth.vectors import F64, UP, around, cross, sideways, turn, unit
from usd_ai.sim.growth.weber_penn import Bend, Level, curved, spread, tapered
from usd_ai.sim.growth.wind import STILL, herb
from usd_ai.sim.hashing import hash64, normal, salt, uniform

_STEM = salt("growth.under.stem")
_AZIMUTH = salt("growth.under.azimuth")
_DOWN = salt("growth.under.down")
_LENGTH = salt("growth.under.length")
_PLACE = salt("growth.under.place")
_ROLL = salt("growth.under.roll")
_TINT = salt("growth.under.tint")

_GRASS = Leaf((0.095, 0.125, 0.04), (0.33, 0.27, 0.12), 0.3, 0.4, "leaves")
_FERN = Leaf((0.07, 0.125, 0.028), (0.2, 0.16, 0.04), 0.35, 0.35, "leaves")
_BILBERRY = Leaf((0.06, 0.1, 0.03), (0.16, 0.1, 0.03), 0.5, 0.45, "leaves")
_FALLEN = Leaf((0.16, 0.1, 0.05), (0.24, 0.16, 0.07), 0.5, 0.45, "dead_leaves")
_LOG_RELIEF = Relief(lobes=0.0, rough=0.12, furrow=0.07, stretch=1.0)
_LEFT = {"green": 1.0, "scorched": 0.85, "burning": 0.5, "charred": 0.22, "skeleton": 0.1}


def _scattered(seed: int, count: int, radius: float) -> tuple[np.ndarray, F64]:
    # Ids and places on the ground within a radius, denser in the middle.
    ids = hash64(seed, np.arange(count, dtype=np.int64), _STEM)
    angle = 2.0 * np.pi * uniform(seed, ids, _AZIMUTH)
    reach = radius * uniform(seed, ids, _PLACE) ** 0.75
    return ids, np.stack((reach * np.cos(angle), reach * np.sin(angle), np.zeros(count)), axis=1)


def _mesh(parts: list[MeshPart], height: float, radius: float, area: float = 0.0) -> PlantMesh:
    return PlantMesh(tuple(parts), height, radius, area, 0.0)


def grass(seed: int, size: float, state: str, lod: int) -> PlantMesh:
    """A tuft of wavy hair-grass: 40 to 80 blades that bend over, ``size`` metres tall. Charred: black stubble."""
    count = round(48 + 32 * float(uniform(seed, np.zeros(1, np.int64), _TINT)[0]))
    ids, origin = _scattered(seed, count, 0.42 * size)
    azimuth = np.arctan2(origin[:, 1], origin[:, 0]) + 0.7 * normal(seed, ids, _AZIMUTH)
    lean = np.radians(8.0) + 0.32 * np.abs(normal(seed, ids, _DOWN))
    heading = np.stack((np.sin(lean) * np.cos(azimuth), np.sin(lean) * np.sin(azimuth), np.cos(lean)), axis=1)
    length = size * (0.55 + 0.65 * uniform(seed, ids, _LENGTH))
    points = curved(seed, ids, origin, heading, length, Bend(4, curve=-18.0, back=-52.0, wander=16.0))
    left = uniform(seed, ids, _ROLL) < _LEFT[state]
    every = 1 if lod == 0 else 3
    left &= np.arange(count) % every == 0
    left[0] = True  # something always stands
    points = points[left]
    if state in {"burning", *BURNT}:  # burnt down to the stubble, or half way
        share = 0.75 if state == "burning" else 0.4
        points = origin[left][:, np.newaxis] + (points - origin[left][:, np.newaxis]) * share
    width = 0.0085 * np.sqrt(size / 0.5) * every**0.8
    part, area = _strips(seed, ids[left], points[:, :: 1 if lod == 0 else 2], width, state, size)
    return _mesh([part], float(size), 0.6 * size, area)


def _strips(seed: int, ids: np.ndarray, spine: F64, width: float, state: str, size: float) -> tuple[MeshPart, float]:
    # A blade of grass: a strip of quads that narrows to a triangle at its tip.
    count, stations = spine.shape[:2]
    chord = unit(spine[:, -1] - spine[:, 0])
    side = turn(sideways(chord), chord, 0.8 * normal(seed, ids, _ROLL))[:, np.newaxis]
    narrow = (1.0 - np.linspace(0.0, 1.0, stations) ** 2.0)[:-1, np.newaxis]
    edge = 0.5 * width * narrow * side
    pairs = np.stack((spine[:, :-1] - edge, spine[:, :-1] + edge), axis=2).reshape(count, -1, 3)
    points = np.concatenate((pairs, spine[:, -1:]), axis=1)
    per = points.shape[1]
    row = np.arange(stations - 2, dtype=np.int64) * 2
    quad = np.stack((row, row + 1, row + 3, row + 2), axis=1).reshape(-1)
    local = np.concatenate((quad, np.array((per - 3, per - 2, per - 1), np.int64)))
    indices = (np.arange(count, dtype=np.int64)[:, np.newaxis] * per + local).reshape(-1)
    counts = np.tile(np.array([4] * len(row) + [3], np.int32), count)
    tangent = np.gradient(spine, axis=1)
    face = unit(cross(np.broadcast_to(side, tangent.shape), tangent))
    normals = np.concatenate((np.repeat(face[:, :-1], 2, axis=1), face[:, -1:]), axis=1)
    flat = Blades(spine[:, 0], chord, face[:, 0], np.ones(count), np.ones(count), ids, spine[:, 0])
    tone = colors(seed, flat, _GRASS, state)[:, np.newaxis]
    along = np.concatenate((np.repeat(np.linspace(0.55, 1.1, stations)[:-1], 2), np.array((1.2,))))
    v = np.concatenate((np.repeat(np.linspace(0.0, 1.0, stations)[:-1], 2), np.ones(1)))
    u = np.concatenate((np.tile(np.array((0.0, 1.0)), stations - 1), np.array((0.5,))))
    part = MeshPart(
        "foliage",
        points.reshape(-1, 3).astype(np.float32),
        counts,
        indices.astype(np.int32),
        np.tile(np.stack((u, v), axis=1), (count, 1)).astype(np.float32),
        np.clip(tone * along[:, np.newaxis], 0.0, 1.0).reshape(-1, 3).astype(np.float32),
        normals.reshape(-1, 3).astype(np.float32),
        "leaves" if state == "green" else "dead_leaves",
        np.repeat(spine[:, 0], per, axis=0).astype(np.float32),
        herb(size).weights(points.reshape(-1, 3), 0.0 * points.reshape(-1, 3)).astype(np.float32),
        np.zeros(count * per, np.float32),
    )
    step = np.sqrt(np.sum(np.diff(spine, axis=1) ** 2, axis=2))
    wide = np.concatenate((narrow[:, 0], np.zeros(1))) * width
    return part, float(np.sum(step * 0.5 * (wide[:-1] + wide[1:])))


def fern(seed: int, size: float, state: str, lod: int) -> PlantMesh:
    """Bracken: fronds that rise from one foot and arch over, pinnae in two rows."""
    ids, origin = _scattered(seed, 9, 0.06)
    number = np.arange(9, dtype=np.int64)
    azimuth = number * np.radians(137.5) + 0.4 * normal(seed, ids, _AZIMUTH)
    lean = np.radians(20.0) + 0.2 * np.abs(normal(seed, ids, _DOWN))
    heading = np.stack((np.sin(lean) * np.cos(azimuth), np.sin(lean) * np.sin(azimuth), np.cos(lean)), axis=1)
    length = 1.25 * size * (0.7 + 0.45 * uniform(seed, ids, _LENGTH))
    points = curved(seed, ids, origin, heading, length, Bend(8, curve=-12.0, back=-62.0, wander=12.0))
    fronds = Level(points, tapered(np.full(9, 0.0045), 0.0012, 8), length, ids, np.ones(9, np.bool_), origin)
    pinnae = _pinnae(seed, fronds)
    if state != "green":
        pinnae = pinnae.pick(uniform(seed, pinnae.ids, _ROLL) < _LEFT[state] ** 2)
    few = pinnae if lod == 0 else fewer(seed, pinnae, 90, 0.6)
    stems = fronds.stems(1) if lod == 0 else thinned(fronds.stems(1), 3)
    surface = tubes(stems, 3)
    green = np.broadcast_to(np.array((0.12, 0.13, 0.04)), surface.points.shape)
    tone = bark.blackened(seed, green, surface.points, surface.normals, state)
    parts = [bark_part(surface, tone, "bark" if state == "green" else "char", "stems", wind=herb(size))]
    if len(few.ids):
        material = "leaves" if state == "green" else "dead_leaves"
        parts.append(quads(few, colors(seed, few, _FERN, state), _FERN, herb(size), material=material))
    return _mesh(parts, float(points[:, :, 2].max()), 0.9 * size, float(few.area.sum()))


def _pinnae(seed: int, fronds: Level) -> Blades:
    counts = np.full(len(fronds.ids), 40, np.int64)
    parent, number, share, ids = spread(seed, fronds, counts, (0.22, 1.0), 0.3, _PLACE)
    origin, heading, _ = fronds.at(parent, share)
    side = sideways(heading) * np.where(number % 2 == 0, 1.0, -1.0)[:, np.newaxis]
    axis = unit(side + 0.35 * heading - 0.18 * UP + 0.1 * normal(seed, ids, _ROLL)[:, np.newaxis] * UP)
    face = turn(cross(axis, heading) * np.where(number % 2 == 0, -1.0, 1.0)[:, np.newaxis], axis, 0.0 * share)
    face = unit(face - axis * np.sum(face * axis, axis=1, keepdims=True))
    long = 0.2 * fronds.lengths[parent] * np.interp(share, (0.2, 0.4, 1.0), (0.75, 1.0, 0.12))
    return Blades(origin, axis, face, long, 0.24 * long + 0.004, ids, fronds.joints[parent])


def shrub(seed: int, size: float, state: str, lod: int) -> PlantMesh:
    """Bilberry and heath: thin stems that fork twice, small leaves. ``size`` metres tall."""
    count = 16
    ids, origin = _scattered(seed, count, 0.55 * size)
    azimuth = np.arctan2(origin[:, 1], origin[:, 0]) + 0.6 * normal(seed, ids, _AZIMUTH)
    lean = np.radians(12.0) + 0.25 * np.abs(normal(seed, ids, _DOWN))
    heading = np.stack((np.sin(lean) * np.cos(azimuth), np.sin(lean) * np.sin(azimuth), np.cos(lean)), axis=1)
    length = size * (0.55 + 0.5 * uniform(seed, ids, _LENGTH))
    points = curved(seed, ids, origin, heading, length, Bend(4, wander=34.0, attraction=20.0))
    stems = Level(points, tapered(np.full(count, 0.0045), 0.002, 4), length, ids, np.ones(count, np.bool_), origin)
    twigs = _forks(seed, stems, 5, 0.5)
    tips = _forks(seed, twigs, 4, 0.55)
    leaves = remaining(seed, _small_leaves(seed, tips, size), state)
    leaves = leaves if lod == 0 else fewer(seed, leaves, 280, 0.5, 0.9)
    wood = [tubes(stems.stems(1), 3), tubes(twigs.stems(2), 3)]
    if lod > 0:
        wood = [tubes(thinned(stems.stems(1), 2), 3)]
    elif state not in BURNT:
        wood.append(tubes(thinned(tips.stems(3), 2), 3))
    surface = join_surfaces(wood)
    brown = np.broadcast_to(np.array((0.13, 0.1, 0.07)), surface.points.shape)
    tone = bark.blackened(seed, brown, surface.points, surface.normals, state)
    parts = [bark_part(surface, tone, "bark" if state == "green" else "char", "stems", wind=herb(size))]
    if len(leaves.ids):
        material = "leaves" if state == "green" else "dead_leaves"
        parts.append(quads(leaves, colors(seed, leaves, _BILBERRY, state), _BILBERRY, herb(size), material=material))
    return _mesh(parts, float(tips.points[:, :, 2].max()), 0.9 * size, float(leaves.area.sum()))


def _forks(seed: int, parents: Level, each: int, share_of_parent: float) -> Level:
    counts = np.full(len(parents.ids), each, np.int64)
    parent, number, share, ids = spread(seed, parents, counts, (0.3, 1.0), 0.9, _PLACE)
    origin, heading, radius = parents.at(parent, share)
    azimuth = number * np.radians(137.5) + 0.6 * normal(seed, ids, _AZIMUTH)
    down = np.radians(42.0) + 0.2 * normal(seed, ids, _DOWN)
    length = parents.lengths[parent] * share_of_parent * (0.6 + 0.7 * uniform(seed, ids, _LENGTH))
    bend = Bend(3, wander=24.0, attraction=25.0)
    points = curved(seed, ids, origin, around(heading, down, azimuth), length, bend)
    return Level(
        points, tapered(0.75 * radius, 0.0011, 3), length, ids, np.ones(len(ids), np.bool_), parents.joints[parent]
    )


def _small_leaves(seed: int, twigs: Level, size: float) -> Blades:
    counts = np.full(len(twigs.ids), 5, np.int64)
    parent, number, share, ids = spread(seed, twigs, counts, (0.1, 1.0), 0.6, _PLACE)
    origin, heading, _ = twigs.at(parent, share)
    axis = around(heading, np.full(len(ids), 0.85), number * np.radians(137.5) + 0.5 * normal(seed, ids, _AZIMUTH))
    face = turn(cross(sideways(axis), axis), axis, 0.6 * normal(seed, ids, _ROLL))
    long = 0.052 * np.sqrt(size / 0.4) * (0.7 + 0.6 * uniform(seed, ids, _LENGTH))
    return Blades(origin, axis, face, long, 0.62 * long, ids, twigs.joints[parent])


def log(seed: int, size: float, state: str, lod: int) -> PlantMesh:
    """A fallen trunk of ``size`` metres along X, sunk a little, its branches broken to stubs, moss on top."""
    ids = hash64(seed, np.zeros(1, np.int64), _STEM)
    radius = 0.021 * size + 0.05
    start = np.array([[-0.5 * size, 0.0, 0.55 * radius]])
    points = curved(seed, ids, start, np.array([[1.0, 0.0, 0.0]]), np.array([size]), Bend(10, wander=7.0))
    drift = np.linspace(0.0, 1.0, 11)[:, np.newaxis] * (points[0, -1] - points[0, 0])
    points[0, :, 2] -= drift[:, 2]
    radii = radius * np.linspace(1.0, 0.62, 11)[np.newaxis]
    trunk = Level(points, radii, np.array([size]), ids, np.ones(1, np.bool_), start)
    parent, _, share, stub_ids = spread(seed, trunk, np.array([round(2.2 * size)]), (0.15, 0.98), 1.5, _PLACE)
    origin, heading, _ = trunk.at(parent, share)
    spin = np.pi * uniform(seed, stub_ids, _AZIMUTH)
    length = 0.12 + 0.5 * uniform(seed, stub_ids, _LENGTH) ** 2
    direction = around(heading, np.radians(70.0) + 0.2 * normal(seed, stub_ids, _DOWN), spin)
    stubs = curved(seed, stub_ids, origin, direction, length, Bend(3, wander=20.0))
    stub_level = Level(
        stubs, tapered(0.012 + 0.02 * length, 0.006, 3), length, stub_ids, np.zeros(len(parent), np.bool_), origin
    )
    rings, sides = ((46, 14), (9, 6))[lod]
    body = trunk_surface(seed, points[0], radii[0], rings, sides, _LOG_RELIEF, splintered=True)
    foot = tubes(_butt(trunk).stems(0), sides)
    surface = join_surfaces(
        (body, foot, tubes(stub_level.stems(1) if lod == 0 else thinned(stub_level.stems(1), 3), 5))
    )
    tone = bark.blackened(seed, _log_color(seed, surface), surface.points, surface.normals, state)
    part = bark_part(surface, tone, "bark" if state in {"green", "scorched"} else "char")
    return _mesh([part], float(surface.points[:, 2].max()), 0.5 * size)


def _butt(trunk: Level) -> Level:
    # Closes the thick end: a short piece the other way round, whose cap faces out.
    points = trunk.points[:, 1::-1] * np.array((1.0, 1.0, 1.0))
    near = trunk.points[:, :1] + 0.02 * (points[:, :1] - trunk.points[:, :1])
    points = np.concatenate((near, trunk.points[:, :1]), axis=1)
    return Level(points, trunk.radii[:, :2] * 0.985, trunk.lengths, trunk.ids, trunk.live, trunk.joints)


def _log_color(seed: int, surface: Surface) -> F64:
    grain = fractal_noise(seed + 1, surface.points / np.array((0.4, 0.03, 0.03)), 2)[:, np.newaxis]
    wood = np.array((0.075, 0.06, 0.048)) * (1.0 - grain) + np.array((0.25, 0.215, 0.18)) * grain
    damp = fractal_noise(seed + 2, surface.points * 2.2, 2) + 0.45 * surface.normals[:, 2]
    moss = np.clip((damp - 0.62) * 5.0, 0.0, 0.9)[:, np.newaxis]
    return wood * (1.0 - moss) + np.array((0.075, 0.105, 0.028)) * (0.6 + 0.8 * grain) * moss


def litter(seed: int, size: float, state: str, lod: int) -> PlantMesh:
    """A patch of twigs and fallen leaves, ``size`` metres across. Charred: black sticks in grey ash."""
    count = 44 if lod == 0 else 16
    ids, origin = _scattered(seed, count, 0.5 * size)
    spin = 2.0 * np.pi * uniform(seed, ids, _ROLL)
    tilt = 0.12 * np.abs(normal(seed, ids, _DOWN))
    heading = unit(np.stack((np.cos(spin), np.sin(spin), tilt), axis=1))
    length = 0.07 + 0.42 * uniform(seed, ids, _LENGTH) ** 2
    points = curved(seed, ids, origin, heading, length, Bend(3, wander=28.0))
    thick = 0.0026 + 0.011 * length * uniform(seed, ids, _TINT)
    points[:, :, 2] = 0.3 * np.abs(points[:, :, 2]) + thick[:, np.newaxis]
    sticks = Level(points, tapered(thick, 0.0018, 3), length, ids, np.ones(count, np.bool_), origin)
    surface = tubes(sticks.stems(1) if lod == 0 else thinned(sticks.stems(1), 3), 3)
    wood = np.broadcast_to(np.array((0.16, 0.125, 0.095)), surface.points.shape) * (
        0.6 + 0.8 * value_noise(seed, surface.points * 9.0)[:, np.newaxis]
    )
    tone = bark.blackened(seed, wood, surface.points, surface.normals, state)
    leaves = _fallen_leaves(seed, 150 if lod == 0 else 40, size, 1.0 if lod == 0 else 1.9)
    leaves = leaves.pick(uniform(seed, leaves.ids, _TINT) < _LEFT[state])
    parts = [bark_part(surface, tone, "bark" if state in {"green", "scorched"} else "char", "stems")]
    if len(leaves.ids):  # a hot fire may leave none
        parts.append(quads(leaves, colors(seed, leaves, _FALLEN, state), _FALLEN, STILL, material="dead_leaves"))
    return _mesh(parts, float(points[:, :, 2].max()), 0.5 * size, float(leaves.area.sum()))


def _fallen_leaves(seed: int, count: int, size: float, grown: float) -> Blades:
    ids, origin = _scattered(seed + 1, count, 0.55 * size)
    spin = 2.0 * np.pi * uniform(seed, ids, _ROLL)
    axis = unit(np.stack((np.cos(spin), np.sin(spin), 0.22 * normal(seed, ids, _DOWN)), axis=1))
    face = turn(cross(sideways(axis), axis), axis, 0.3 * normal(seed, ids, _LENGTH))
    long = 0.05 * grown * (0.6 + 0.8 * uniform(seed, ids, _LENGTH))
    origin = origin + UP * (0.006 + 0.02 * uniform(seed, ids, _PLACE))[:, np.newaxis]
    return join_blades((Blades(origin, axis, face, long, 0.66 * long, ids, origin),))
