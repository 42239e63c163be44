"""Blades to leaf quads: which of them are left in a state, which stand for the others far away, and their colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.sim.growth.model import MeshPart
from usd_ai.sim.growth.skeleton import Blades
from usd_ai.sim.growth.vectors import F64, cross, on_the_ground, unit
from usd_ai.sim.growth.wind import Wind
from usd_ai.sim.hashing import normal, salt, uniform

_STATE = salt("growth.foliage left")
_LOD = salt("growth.foliage lod")
_TINT = salt("growth.foliage tint")
_HUE = salt("growth.foliage hue")
_BROWN = salt("growth.foliage brown")
_SPIKE_UV = np.array(((0.0, 0.0), (1.0, 0.0), (0.5, 1.0)), np.float32)
_UV = np.array(((0.5, 0.0), (1.0, 0.45), (0.5, 1.0), (0.0, 0.45)), np.float32)


@dataclass(frozen=True, slots=True)
class Leaf:
    """The leaf of a species.

    ``albedo``: linear Rec.709; ``yellow``: albedo of the oldest; ``fold``: radians; ``belly``: where along the leaf it
    is widest; ``material``: a name of `model.MATERIALS`; ``stretch`` see `fewer`.
    """

    albedo: tuple[float, float, float]
    yellow: tuple[float, float, float]
    fold: float
    belly: float
    material: str
    stretch: float = 0.5


@dataclass(frozen=True, slots=True)
class Burn:
    """What fire did to the foliage: share ``left`` at the foot and at the top of the crown, and its colour.

    ``brown``: share that has turned at the foot and at the top; ``black``: share of those that are charred.
    """

    left: tuple[float, float]
    brown: tuple[float, float]
    black: float


BURNS = {
    "green": Burn((1.0, 1.0), (0.0, 0.0), 0.0),
    "scorched": Burn((0.55, 0.85), (1.1, 0.55), 0.04),
    "burning": Burn((0.08, 0.42), (1.1, 1.0), 0.45),
    "charred": Burn((0.0, 0.0), (1.0, 1.0), 1.0),
    "skeleton": Burn((0.0, 0.0), (1.0, 1.0), 1.0),
}
_SCORCHED = np.array((0.185, 0.088, 0.034))
_SCORCHED_DARK = np.array((0.085, 0.042, 0.02))
_CHARRED = np.array((0.022, 0.02, 0.019))


def remaining(seed: int, blades: Blades, state: str) -> Blades:
    """The blades that are left in a state: fire takes the lower ones first."""
    burn = BURNS[state]
    if min(burn.left) >= 1.0 or not len(blades.ids):
        return blades
    left = np.interp(_relative_height(blades.origins), (0.0, 1.0), burn.left)
    return blades.pick(uniform(seed, blades.ids, _STATE) < left)


def fewer(seed: int, blades: Blades, count: int, stretch: float, kept: float = 1.0) -> Blades:
    """``count`` of the blades, grown so that a share ``kept`` of their area stays; large ones are likelier among them.

    Few large leaves hide each other less than many small ones: a little less area looks as dense. ``stretch``: how
    much of the growth goes into length (0.5 keeps the shape, 0 widens only). Grown blades are moved back along their
    axes, so that the crown's outline stays.
    """
    if len(blades.ids) <= count:
        return blades
    area = blades.area
    chosen = np.sort(np.argsort(uniform(seed, blades.ids, _LOD) / area, kind="stable")[:count])
    few = blades.pick(chosen)
    wanted = 0.6 + 0.8 * uniform(seed, few.ids, _TINT)
    growth = wanted * (kept * float(area.sum()) / float(wanted.sum())) / few.area
    lengths = few.lengths * growth**stretch
    origins = few.origins - few.axes * (0.5 * (lengths - few.lengths))[:, np.newaxis]
    return Blades(origins, few.axes, few.faces, lengths, few.widths * growth ** (1.0 - stretch), few.ids, few.joints)


def _relative_height(places: F64) -> F64:
    z = places[:, 2]
    low, high = float(z.min()), float(z.max())
    return (z - low) / max(high - low, 1e-6)


def colors(seed: int, blades: Blades, leaf: Leaf, state: str) -> F64:
    """Albedo [n, 3] of each blade, linear Rec.709; of none where the fire has left none."""
    if not len(blades.ids):
        return np.zeros((0, 3))
    tint = np.exp(0.22 * normal(seed, blades.ids, _TINT))[:, np.newaxis]
    hue = uniform(seed, blades.ids, _HUE)[:, np.newaxis]
    albedo = np.asarray(leaf.albedo) + (np.asarray(leaf.yellow) - np.asarray(leaf.albedo)) * hue**3
    reach = np.hypot(blades.origins[:, 0], blades.origins[:, 1])
    inner = np.clip(reach / max(float(np.quantile(reach, 0.9)), 1e-6), 0.0, 1.0)[:, np.newaxis]
    albedo = albedo * (0.72 + 0.34 * inner)  # old needles and shade leaves inside the crown are darker
    burn = BURNS[state]
    if max(burn.brown) > 0.0:
        share = np.interp(_relative_height(blades.origins), (0.0, 1.0), burn.brown)
        chance = uniform(seed, blades.ids, _BROWN)
        turned = np.clip(4.0 * (share - chance), 0.0, 1.0)[:, np.newaxis]
        dead = _SCORCHED + (_SCORCHED_DARK - _SCORCHED) * hue
        albedo = albedo * (1.0 - turned) + dead * turned
        black = (uniform(seed, blades.ids, _HUE) < burn.black)[:, np.newaxis]
        albedo = np.where(black, _CHARRED, albedo)
    return np.clip(albedo * tint, 0.004, 0.9)


def quads(blades: Blades, albedo: F64, leaf: Leaf, wind: Wind, *, material: str = "") -> MeshPart:
    """Folded diamonds: base, right, tip, left of each blade; normals follow the fold."""
    count = len(blades.ids)
    side = unit(cross(blades.axes, blades.faces))
    half = (0.5 * blades.widths)[:, np.newaxis]
    long = blades.lengths[:, np.newaxis]
    middle = blades.origins + blades.axes * (leaf.belly * long)
    lift = blades.faces * (half * np.sin(leaf.fold))
    wide = side * (half * np.cos(leaf.fold))
    tip = blades.origins + blades.axes * long
    corners = np.stack((blades.origins, middle + wide + lift, tip, middle - wide + lift), axis=1)
    right = unit(cross(corners[:, 1] - corners[:, 0], tip - corners[:, 0]))
    left = unit(cross(tip - corners[:, 0], corners[:, 3] - corners[:, 0]))
    spine = unit(right + left)
    normals = np.stack((spine, right, spine, left), axis=1)
    shade = np.array((0.82, 1.0, 1.12, 1.0))[:, np.newaxis]
    joints, sway = _moved(blades, wind, corners)
    return MeshPart(
        "foliage",
        on_the_ground(corners).reshape(-1, 3).astype(np.float32),
        np.full(count, 4, np.int32),
        np.arange(4 * count, dtype=np.int32),
        np.tile(_UV, (count, 1)),
        np.clip(albedo[:, np.newaxis] * shade, 0.0, 1.0).reshape(-1, 3).astype(np.float32),
        normals.reshape(-1, 3).astype(np.float32),
        material or leaf.material,
        joints,
        sway,
        np.zeros(len(sway), np.float32),
    )


def _moved(blades: Blades, wind: Wind, corners: F64) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    # A blade moves as the twig that bears it; all its corners [n, k, 3] share its weight, so that it keeps its shape.
    each = corners.shape[1]
    sway = wind.weights(blades.origins, blades.joints)
    return np.repeat(blades.joints.astype(np.float32), each, axis=0), np.repeat(sway.astype(np.float32), each)


def spikes(blades: Blades, albedo: F64, leaf: Leaf, wind: Wind, *, material: str = "") -> MeshPart:
    """One narrow triangle a blade, two points at its base and one at its tip: bunches of needles, and far leaves.

    As large as the diamond of the same length and width. The normals at the base lean apart, as if it were round.
    """
    count = len(blades.ids)
    side = unit(cross(blades.axes, blades.faces))
    face = cross(side, blades.axes)
    half = side * (0.5 * blades.widths)[:, np.newaxis]
    tip = blades.origins + blades.axes * blades.lengths[:, np.newaxis]
    corners = np.stack((blades.origins - half, blades.origins + half, tip), axis=1)
    lean = np.tan(0.5 * leaf.fold)
    normals = np.stack((unit(face - lean * side), unit(face + lean * side), face), axis=1)
    shade = np.array((0.85, 0.85, 1.3))[:, np.newaxis]
    joints, sway = _moved(blades, wind, corners)
    return MeshPart(
        "foliage",
        on_the_ground(corners).reshape(-1, 3).astype(np.float32),
        np.full(count, 3, np.int32),
        np.arange(3 * count, dtype=np.int32),
        np.tile(_SPIKE_UV, (count, 1)),
        np.clip(albedo[:, np.newaxis] * shade, 0.0, 1.0).reshape(-1, 3).astype(np.float32),
        normals.reshape(-1, 3).astype(np.float32),
        material or leaf.material,
        joints,
        sway,
        np.zeros(len(sway), np.float32),
    )
