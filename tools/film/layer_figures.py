"""Figures of a published layer at a frame: flames against trees, light, embers, forest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lombscargle
from scipy.spatial import cKDTree

from film.layer import Flame, LayerAt, Light, Trees
from film.picture_figures import LUMA
from usd_ai.stage.preview import planck

F64 = NDArray[np.float64]

_BESIDE = 2.0  # metres around a flame's foot within which a burning tree is part of it
_VARY = 0.5
_CELL = 20.0  # metres: cells by which stems are counted; only those whose neighbours are wooded too
_AHEAD = 200.0  # metres before the camera in which stems are counted
_FEWEST_CELLS = 5
_NEAREST = 200
_ALIKE_YAW, _ALIKE_SCALE = np.radians(10.0), 0.03
_SLOWEST, _FASTEST = 0.1, 4.0  # Hz
_FEWEST_SAMPLES = 24
_LONG_FRONT = 3.0  # flame widths from which a row of flames is a front


def layer_figures(layer: LayerAt) -> Iterator[tuple[str, float]]:
    """All figures, by the key of their range."""
    yield from flame_figures(layer.flames, layer.trees)
    yield from light_figures(layer.lights, layer.flames, layer.eye, layer.rate)
    yield from ember_figures(layer)
    yield from forest_figures(layer.trees, layer.eye, layer.forward)
    yield "prototypes", float(layer.prototypes)


def flame_figures(flames: tuple[Flame, ...], trees: Trees) -> Iterator[tuple[str, float]]:
    """Heights by class (litter, one burning tree in the flame, or more), their spread, temperatures."""
    places, heights = trees.places[trees.burning, :2], trees.height[trees.burning]
    by_class: dict[str, list[float]] = {"height_surface": [], "height_torching": [], "height_crown": []}
    for flame in flames:
        near = np.hypot(*(places - flame.foot[:2]).T) <= 0.5 * flame.width + _BESIDE
        own = heights[near & np.isfinite(heights)]
        if flame.surface or not len(own):
            by_class["height_surface"].append(flame.height)
        else:
            by_class["height_torching" if len(own) == 1 else "height_crown"].append(flame.height / float(own.mean()))
    inside: list[bool] = []
    for key, values in by_class.items():
        if values:
            middle = float(np.median(values))
            yield key, middle
            inside += [abs(value / middle - 1.0) <= _VARY for value in values]
    if inside:
        yield "height_vary", float(np.mean(inside))
        yield "base_kelvin", float(np.median([flame.base_kelvin for flame in flames]))
        yield "tip_kelvin", float(np.median([flame.tip_kelvin for flame in flames]))


def light_figures(
    lights: tuple[Light, ...], flames: tuple[Flame, ...], eye: F64, rate: float
) -> Iterator[tuple[str, float]]:
    """Number, flicker and falloff of the fire lights."""
    yield "lights", float(len(lights))
    shining = [light for light in lights if light.nits.max(initial=0.0) > 0.0]
    if not shining:
        return
    long = [light for light in shining if len(light.nits) >= _FEWEST_SAMPLES]
    if long:
        yield "flicker", float(np.median([flicker(light.nits) for light in long]))
    if long and flames:
        feet = np.array([flame.foot for flame in flames])
        widths = [flames[int(np.argmin(np.linalg.norm(feet - light.place, axis=1)))].width for light in long]
        ratios = [pulsing(light.nits, rate) / (1.5 / np.sqrt(width)) for light, width in zip(long, widths, strict=True)]
        yield "pulsing", float(np.median(ratios))
    if flames:
        yield from falloff(shining, float(np.median([f.width for f in flames])), min(f.foot[2] for f in flames), eye)


def flicker(nits: F64) -> float:
    """Half of the span of a light's brightness without its slow growth, against its mean."""
    steps = np.arange(len(nits))
    steady = np.polyval(np.polyfit(steps, nits, 2), steps)
    return float(0.5 * np.ptp(nits - steady) / max(nits.mean(), 1e-9))


def pulsing(nits: F64, rate: float) -> float:
    """The strongest frequency in a light, Hz: the peak of its Lomb-Scargle periodogram, slow growth taken off."""
    seconds = np.arange(len(nits)) / rate
    steady = np.polyval(np.polyfit(seconds, nits, 2), seconds)
    hertz = np.geomspace(max(_SLOWEST, 0.8 / seconds[-1]), _FASTEST, 400)
    return float(hertz[np.argmax(lombscargle(seconds, nits - steady, 2.0 * np.pi * hertz))])


def falloff(lights: list[Light], width: float, ground: float, eye: F64) -> Iterator[tuple[str, float]]:
    """Exponents of illuminance over distance, on a line from the middle of the lights, square to them, to the camera.

    Illuminance of a wall that faces the fire, standing on the ground, without shadows and haze: from the published
    lights' own numbers. Within a flame's width, between that and half the front's length, and beyond twice its length.
    """
    places = np.array([light.place for light in lights])
    power = np.array([float(np.median(light.nits)) * light.radius**2 for light in lights])
    middle = power @ places / power.sum()
    away = places[:, :2] - middle[:2]
    spread, axes = np.linalg.eigh((away * power[:, None]).T @ away / power.sum())
    along, across = axes[:, 1], axes[:, 0]
    length = float(np.sqrt(12.0 * max(spread[1], 0.0))) + width  # an even row has the variance length² / 12
    across = across if across @ (eye[:2] - middle[:2]) >= 0.0 else -across
    front = float(np.max(away @ across))
    del along

    def illuminance(distance: float) -> float:
        at = np.array([*(middle[:2] + across * (front + distance)), ground + 1.5])
        to = places - at
        far = np.maximum(np.linalg.norm(to, axis=1), [light.radius for light in lights])
        facing = np.maximum(-(to[:, :2] @ across), 0.0) / far
        return float(np.sum(np.pi * power * facing / far**2))

    zones = {"near_slope": (0.1 * width, 0.6 * width), "far_slope": (2.0 * length, 6.0 * length)}
    if length > _LONG_FRONT * width:
        zones["front_slope"] = (1.2 * width, 0.5 * length)
    for key, (low, high) in zones.items():
        steps = np.geomspace(low, high, 12)
        lux = np.maximum([illuminance(step) for step in steps], 1e-12)
        yield key, float(np.polyfit(np.log(steps), np.log(lux), 1)[0])


def ember_figures(layer: LayerAt) -> Iterator[tuple[str, float]]:
    """Speed, streak and temperature of the embers at the frame."""
    frame = layer.frame
    held = [embers for embers in frame.embers if len(embers.points)]
    if not held:
        return
    speeds = np.concatenate([np.linalg.norm(one.velocities, axis=1) for one in held]) * frame.meters_per_unit
    yield "ember_speed", float(np.median(speeds))
    yield "ember_streak", frame.camera.shutter * 48.0
    nits = np.concatenate([one.nits @ LUMA for one in held])
    kelvin = np.arange(planck.LOWEST, planck.HIGHEST + planck.STEP / 2, planck.STEP)
    glow = np.maximum.accumulate(planck.table() @ LUMA)
    yield "ember_kelvin", float(np.median(np.interp(np.log(np.maximum(nits, 1e-9)), np.log(glow + 1e-9), kelvin)))


def forest_figures(trees: Trees, eye: F64, forward: F64) -> Iterator[tuple[str, float]]:
    """Stems, leaf area, heights, snags, and whether the nearest trees differ."""
    if not len(trees.places):
        return
    stems = stems_per_hectare(trees.places[:, :2], eye[:2], forward[:2])
    yield "stems", stems
    yield "snags", float((trees.kind == "snag").mean())
    order = np.argsort(np.linalg.norm(trees.places - eye, axis=1), kind="stable")
    near = order[:_NEAREST]
    leafy = near[np.isfinite(trees.leaf_area[near])]
    leaf = trees.leaf_area[leafy[trees.lod[leafy] == trees.lod[leafy].min(initial=1)]]
    if len(leaf):
        yield "lai", float(leaf.mean()) * stems / 1e4
    for kind in ("pine", "birch", "spruce"):
        own = trees.height[(trees.kind == kind) & np.isfinite(trees.height)]
        if len(own):
            yield f"height_{kind}", float(np.median(own))
    yield "twins", float(twins(trees, near))


def stems_per_hectare(places: F64, eye: F64, forward: F64) -> float:
    """Median over cells of 20 m before the camera that lie inside the forest, places [n, 2] in metres."""
    cells = np.floor(places / _CELL).astype(np.int64)
    keys, counts = np.unique(cells, axis=0, return_counts=True)
    known = {(int(x), int(y)): int(count) for (x, y), count in zip(keys, counts, strict=True)}
    ahead: list[int] = []
    everywhere: list[int] = []
    for (x, y), count in known.items():
        if all((x + a, y + b) in known for a in (-1, 0, 1) for b in (-1, 0, 1)):
            everywhere.append(count)
            away = (np.array([x, y]) + 0.5) * _CELL - eye
            far = float(np.linalg.norm(away))
            if far <= _AHEAD and away @ forward >= 0.8 * far * float(np.linalg.norm(forward)):
                ahead.append(count)
    chosen = ahead if len(ahead) >= _FEWEST_CELLS else everywhere or list(known.values())
    return float(np.median(chosen)) / (_CELL**2 / 1e4)


def twins(trees: Trees, chosen: NDArray[np.int64]) -> int:
    """Pairs among the chosen trees that share prototype, yaw (10 degrees) and scale (3 per cent)."""
    found = 0
    for prototype in np.unique(trees.prototype[chosen]):
        own = chosen[trees.prototype[chosen] == prototype]
        yaw, scale = trees.yaw[own] % (2.0 * np.pi), np.log(trees.scale[own])
        alike = np.stack([yaw / _ALIKE_YAW, scale / np.log1p(_ALIKE_SCALE)], axis=1)
        turned = alike + np.array([2.0 * np.pi / _ALIKE_YAW, 0.0])
        tree = cKDTree(alike)
        found += len(tree.query_pairs(1.0, p=np.inf)) + int(tree.count_neighbors(cKDTree(turned), 1.0, p=np.inf))
    return found
