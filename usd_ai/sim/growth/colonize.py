"""Limbs that grow into free space, after Runions, Lane and Prusinkiewicz.

"Modeling Trees with a Space Colonization Algorithm", Eurographics Workshop on Natural Phenomena 2007, section 3:
attraction points stand for free space; each pulls the nearest node within the influence distance, a pulled node grows
one step along the mean of its pulls plus a tropism, and a point is taken away when a node comes within the kill
distance. Radii by the pipe model (r^n is the sum of the children's r^n). One departure: *nearest* is measured to a
place below the point, by ``rise`` times its horizontal distance, so limbs leave the trunk below their foliage and
climb to it, as on an old pine.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numba import njit

from usd_ai.sim.growth.skeleton import I64, Stems
from usd_ai.sim.growth.vectors import F64
from usd_ai.sim.hashing import hash64, normal_scalar, salt, signed64

_WOBBLE = salt("growth.colonize.wobble")
_CHAIN = salt("growth.colonize.chain")
_MOST_NODES = 5_000
_TAKEN = -2  # owner of an attraction point that is gone
_STUCK = 0.9995  # cosine: a node pulled twice the same way would grow the same child again


@dataclass(frozen=True, slots=True)
class Colony:
    """How space is taken.

    ``step``, ``influence``, ``kill`` metres; ``rise`` see the module; ``up`` (tropism) and ``wobble`` relative to the
    unit pull; ``tip_radius`` metres; ``exponent`` n of the pipe model.
    """

    step: float
    influence: float
    kill: float
    rise: float
    up: float
    wobble: float
    tip_radius: float
    exponent: float


@dataclass(frozen=True, slots=True, eq=False)
class Limbs:
    """What has grown: ``stems`` (levels from 1), and of every node its position, heading, radius and age.

    ``nodes`` [n, 3]; ``headings`` [n, 3] unit; ``radii`` [n] metres; ``parents`` int64 [n]; ``from_tip`` int64 [n]:
    steps to the farthest tip above it; ``joints`` [n, 3]: see `Stems`. The first nodes are the trunk's.
    """

    stems: Stems
    nodes: F64
    headings: F64
    radii: F64
    from_tip: I64
    joints: F64


@njit(cache=True)
def _meet(nodes: Any, fresh: int, count: int, points: Any, best: Any, owner: Any, rise: float, kill: float) -> None:  # noqa: ANN401 - arrays, typed by numba
    # Fresh nodes bid for every point that is left, and take those in reach.
    for a in range(len(points)):
        if owner[a] == _TAKEN:
            continue
        for n in range(fresh, count):
            dx = points[a, 0] - nodes[n, 0]
            dy = points[a, 1] - nodes[n, 1]
            dz = points[a, 2] - nodes[n, 2]
            flat = dx * dx + dy * dy
            if flat + dz * dz < kill * kill:
                owner[a] = _TAKEN
                break
            low = dz - rise * np.sqrt(flat)
            if flat + low * low < best[a]:
                best[a] = flat + low * low
                owner[a] = n


@njit(cache=True)
def _grow(nodes: Any, parents: Any, count: int, points: Any, seed: int, wobble_salt: int, colony: Any) -> int:  # noqa: ANN401 - as _meet
    step, influence, kill, rise, up, wobble = colony
    owner = np.full(len(points), -1, np.int64)
    best = np.full(len(points), influence * influence)
    last = np.zeros_like(nodes)
    pull = np.zeros_like(nodes)
    fresh = 0
    while True:
        _meet(nodes, fresh, count, points, best, owner, rise, kill)
        fresh = count
        pull[:count] = 0.0
        for a in range(len(points)):
            if owner[a] >= 0:
                d = points[a] - nodes[owner[a]]
                pull[owner[a]] += d / np.sqrt(np.sum(d * d))
        for n in range(fresh):
            size = np.sqrt(np.sum(pull[n] * pull[n]))
            if size < 1e-9 or count == len(nodes):
                continue
            way = pull[n] / size
            if np.sum(way * last[n]) > _STUCK:
                continue
            last[n] = way
            way = way.copy()
            way[2] += up
            for axis in range(3):
                way[axis] += wobble * normal_scalar(seed, 3 * n + axis, wobble_salt)
            nodes[count] = nodes[n] + step * way / np.sqrt(np.sum(way * way))
            parents[count] = n
            count += 1
        if fresh == count:
            return count


@njit(cache=True)
def _thicken(parents: Any, trunk: int, tip: float, exponent: float) -> Any:  # noqa: ANN401 - as _meet
    # A child always stands behind its parent, so one pass from the end sees children first.
    count = len(parents)
    carried = np.zeros(count)
    from_tip = np.zeros(count, np.int64)
    heir = np.full(count, -1, np.int64)
    heaviest = np.zeros(count)
    for n in range(count - 1, trunk - 1, -1):
        if carried[n] == 0.0:
            carried[n] = tip**exponent
        p = parents[n]
        carried[p] += carried[n]
        from_tip[p] = max(from_tip[p], from_tip[n] + 1)
        if carried[n] >= heaviest[p]:
            heaviest[p] = carried[n]
            heir[p] = n
    return carried ** (1.0 / exponent), from_tip, heir


@njit(cache=True)
def _chains(parents: Any, heir: Any, trunk: int) -> Any:  # noqa: ANN401 - as _meet
    # A chain starts at its parent's node and follows the heaviest child to the tip.
    count = len(parents)
    station = np.empty(2 * count, np.int64)
    first = np.empty(count + 1, np.int64)
    level = np.zeros(count, np.int64)
    node_level = np.zeros(count, np.int64)
    chains, filled = 0, 0
    for n in range(trunk, count):
        p = parents[n]
        if p >= trunk and heir[p] == n:
            continue
        first[chains] = filled
        level[chains] = node_level[p] + 1
        chains += 1
        station[filled] = p
        filled += 1
        m = n
        while m >= 0:
            station[filled] = m
            node_level[m] = node_level[p] + 1
            filled += 1
            m = heir[m]
    first[chains] = filled
    return station[:filled], first[: chains + 1], level[:chains]


@njit(cache=True)
def _roots(parents: Any, trunk: int) -> Any:  # noqa: ANN401 - as _meet
    # The trunk's node from which the limb of each node starts; parents stand before their children.
    root = np.arange(len(parents))
    for n in range(trunk, len(parents)):
        root[n] = root[parents[n]]
    return root


def colonize(seed: int, trunk: F64, points: F64, colony: Colony) -> Limbs:
    """Grow limbs from a trunk's nodes [t, 3] into attraction points [a, 3], metres."""
    start = len(trunk)
    nodes = np.zeros((_MOST_NODES, 3))
    nodes[:start] = trunk
    parents = np.maximum(np.arange(_MOST_NODES, dtype=np.int64) - 1, 0)
    kernel = astuple(colony)[:6]
    count = int(_grow(nodes, parents, start, points, signed64(seed), _WOBBLE, kernel))
    nodes, parents = nodes[:count], parents[:count]
    radii, from_tip, heir = _thicken(parents, start, colony.tip_radius, colony.exponent)
    station, first, level = _chains(parents, heir, start)
    headings = nodes - nodes[parents]
    headings[0] = (0.0, 0.0, 1.0)
    headings /= np.sqrt(np.sum(headings * headings, axis=1, keepdims=True))
    thickness = radii[station]
    roots = first[:-1]
    thickness[roots] = radii[station[roots + 1]]  # a limb is as thick as itself where it leaves its parent
    ids = hash64(seed, station[roots + 1], _CHAIN)
    joints = nodes[_roots(parents, start)]
    joints[:start] = (trunk[0, 0], trunk[0, 1], 0.0)
    stems = Stems(nodes[station], thickness, first, level, ids, joints[station[roots + 1]])
    return Limbs(stems, nodes, headings, radii, from_tip, joints)
