"""What bark looks like: albedo by species, height and thickness, and how fire blackens it."""

from __future__ import annotations

import numpy as np

from usd_ai.sim.growth.noise import fractal_noise, value_noise
from usd_ai.sim.growth.tubes import Relief, Surface, cracks
from usd_ai.sim.growth.vectors import F64

CHAR = np.array((0.04, 0.038, 0.036))  # look guide: char albedo 0.04
_ASH = np.array((0.4, 0.39, 0.375))  # look guide: ash 0.4
_STREAK = np.array((0.21, 0.205, 0.2))
_EMBER = np.array((0.62, 0.13, 0.02))
RELIEF = {
    "pine": Relief(lobes=0.22, rough=0.07, furrow=0.05, stretch=3.0, plates=(15.0, 4.6), depth=0.12),
    "spruce": Relief(lobes=0.4, rough=0.05, furrow=0.04, stretch=1.6, plates=(24.0, 17.0), depth=0.045),
    "birch": Relief(lobes=0.28, rough=0.05, furrow=0.07, stretch=1.2),
    "fir": Relief(lobes=0.3, rough=0.035, furrow=0.05, stretch=1.2, plates=(20.0, 9.0), depth=0.03),
    "oak": Relief(lobes=0.5, rough=0.08, furrow=0.055, stretch=4.5, plates=(21.0, 4.4), depth=0.13),
    "snag": Relief(lobes=0.35, rough=0.07, furrow=0.05, stretch=8.0, plates=(26.0, 1.1), depth=0.09),
}
_FIRE = {  # height of the char on the windward side, metres; its share above that; patches of ash
    "scorched": (1.4, 0.06, 0.0),
    "burning": (60.0, 0.9, 0.0),
    "charred": (60.0, 1.0, 0.2),
    "skeleton": (60.0, 1.0, 0.26),
}


def albedo(seed: int, species: str, surface: Surface, height: float, state: str) -> F64:
    """Albedo [n, 3], linear Rec.709, of every point of a plant's bark.

    Char climbs from the foot, higher on the lee side, where the flame stands in the wake of the trunk (Gutsell and
    Johnson, "How fire scars are formed", Can. J. For. Res. 26, 1996). The lee side is +X of the plant's own space.
    """
    living = {"pine": _pine, "spruce": _spruce, "birch": _birch, "snag": _snag, "fir": _fir, "oak": _oak}[species](
        seed, surface, height
    )
    return blackened(seed, living, surface.points, surface.normals, state)


def blackened(seed: int, living: F64, points: F64, normals: F64, state: str) -> F64:
    """Albedo after fire of points [n, 3] with outward normals [n, 3]; see `albedo`."""
    if state == "green":
        return living
    windward, above, ash = _FIRE[state]
    patchy = fractal_noise(seed + 11, points * np.array((5.0, 5.0, 1.6)), 3)
    lee = 0.5 + 0.5 * normals[:, 0]
    line = windward * (1.0 + 2.2 * lee * lee) * (0.55 + 0.9 * value_noise(seed + 12, points * 1.1))
    burnt = np.clip((line - points[:, 2]) / (0.25 * line) + 0.5, 0.0, 1.0)
    burnt = np.maximum(burnt, np.where(patchy < above, 0.6 * above, 0.0))
    burnt = np.where(patchy > 0.4 + 0.55 * burnt, 0.35 * burnt, burnt)[:, np.newaxis]
    checked = value_noise(seed + 13, points * np.array((28.0, 28.0, 16.0)))[:, np.newaxis]
    black = CHAR * (0.55 + 0.9 * checked)
    result = living * (1.0 - 0.97 * burnt) + black * 0.97 * burnt
    if ash > 0.0:
        spots = fractal_noise(seed + 14, points * np.array((7.0, 7.0, 4.0)), 3)
        upward = 0.2 * np.clip(normals[:, 2], 0.0, 1.0)
        low = np.clip(0.05 - 0.05 * points[:, 2], -0.2, 0.05)
        white = np.clip((spots + upward + low + ash - 0.9) * 6.0, 0.0, 0.8)[:, np.newaxis]
        result = result * (1.0 - white) + _ASH * (0.7 + 0.4 * checked) * white
    if state == "skeleton":  # rain has washed the ash into streaks down the wood
        streak = fractal_noise(seed + 16, points * np.array((19.0, 19.0, 0.8)), 2)
        grey = np.clip((streak - 0.54) * 5.0, 0.0, 0.55)[:, np.newaxis]
        result = result * (1.0 - grey) + _STREAK * (0.75 + 0.5 * checked) * grey
    return result


def glow(seed: int, surface: Surface, height: float, state: str) -> F64:
    """Kelvin [n] of embers in the cracks of burning or smouldering bark; 0 where nothing glows.

    Hottest at the foot and on the lee side, where fuel and flame stay longest. 1,200 K in flames and 1,000 K while it
    smoulders are working values within what the look guide names for embers (920 to 1,090 K) and for flame.
    """
    share, hot = {"burning": (0.5, 1200.0), "charred": (0.26, 1020.0)}.get(state, (0.0, 0.0))
    if share <= 0.0:
        return np.zeros(len(surface.points))
    crack = cracks(seed + 18, surface.points, (16.0, 8.0))
    patch = fractal_noise(seed + 19, surface.points * np.array((1.7, 1.7, 0.9)), 2)
    near = np.clip(1.1 - surface.points[:, 2] / (0.7 * height), 0.15, 1.0)
    lee = 0.75 + 0.25 * surface.normals[:, 0]
    open_at = np.clip((crack - 0.35) * 1.8, 0.0, 1.0) * (patch < share * near * lee + 0.06)
    return np.where(open_at > 0.0, hot - 280.0 * (1.0 - open_at), 0.0)


def lit(albedo: F64, kelvin: F64) -> F64:
    """Albedo [n, 3] with the embers of `glow` painted in, for readers that know no emission."""
    share = 0.7 * np.clip((kelvin - 760.0) / 440.0, 0.0, 1.0)[:, np.newaxis]
    return albedo + (_EMBER - albedo) * share


def _mix(a: F64, b: tuple[float, float, float], weight: F64) -> F64:
    return a + (np.array(b) - a) * weight[:, np.newaxis]


def _flat(rgb: tuple[float, float, float], count: int) -> F64:
    return np.broadcast_to(np.array(rgb), (count, 3)).copy()


def _grain(seed: int, surface: Surface, width: float, length: float) -> F64:
    return fractal_noise(seed + 1, surface.points / np.array((width, width, length)), 2)


def _pine(seed: int, surface: Surface, height: float) -> F64:
    # Thick grey-brown plates below, thin orange bark that flakes above half the height and on the limbs.
    grain = _grain(seed, surface, 0.04, 0.12)
    grooves = cracks(seed, surface.points, RELIEF["pine"].plates)
    low = _mix(_flat((0.13, 0.1, 0.082), len(grain)), (0.25, 0.2, 0.165), np.clip(3.0 * grain - 1.0, 0.0, 1.0))
    low = _mix(low, (0.035, 0.028, 0.024), 0.92 * grooves)
    flakes = _grain(seed + 3, surface, 0.05, 0.07)
    high = _mix(_flat((0.3, 0.125, 0.05), len(grain)), (0.43, 0.225, 0.11), np.clip(2.0 * flakes - 0.5, 0.0, 1.0))
    edge = 0.38 + 0.2 * (value_noise(seed + 2, surface.points * 0.8) - 0.5)
    upper = np.clip((surface.points[:, 2] / height - edge) / 0.14, 0.0, 1.0)
    color = low + (high - low) * upper[:, np.newaxis]
    twig = np.clip((0.022 - surface.radius) / 0.016, 0.0, 1.0) * (surface.level > 0)
    return _mix(color, (0.15, 0.105, 0.075), twig)


def _spruce(seed: int, surface: Surface, height: float) -> F64:
    grain = _grain(seed, surface, 0.045, 0.05)
    color = _mix(_flat((0.06, 0.048, 0.04), len(grain)), (0.235, 0.195, 0.165), np.clip(3.6 * grain - 1.3, 0.0, 1.0))
    color = _mix(color, (0.045, 0.037, 0.031), 0.75 * cracks(seed, surface.points, RELIEF["spruce"].plates))
    lichen = value_noise(seed + 4, surface.points * 3.0) * value_noise(seed + 5, surface.points * 17.0)
    color = _mix(color, (0.26, 0.285, 0.235), np.clip(5.0 * lichen - 1.7, 0.0, 0.75))
    reddish = np.clip(surface.points[:, 2] / height - 0.6, 0.0, 0.4)
    return _mix(color, (0.17, 0.095, 0.06), reddish)


def _birch(seed: int, surface: Surface, height: float) -> F64:
    # White paper with black dashes across, black cracked cork at the foot, dark twigs.
    del height
    count = len(surface.points)
    papery = value_noise(seed + 6, surface.points * np.array((3.0, 3.0, 1.2)))
    color = _mix(_flat((0.62, 0.6, 0.55), count), (0.46, 0.41, 0.36), papery)
    # Warped, so that the dashes do not sit on the cells of the noise.
    bent = surface.points + 0.12 * (papery - 0.5)[:, np.newaxis]
    dash = value_noise(seed + 7, bent * np.array((6.0, 6.0, 15.0)))
    fine = value_noise(seed + 8, bent * np.array((13.0, 13.0, 45.0)))
    color = _mix(color, (0.045, 0.04, 0.036), np.clip((dash - 0.6) * 14.0, 0.0, 0.97))
    color = _mix(color, (0.13, 0.11, 0.1), np.clip((fine - 0.68) * 8.0, 0.0, 0.7))
    cork = value_noise(seed + 9, surface.points * np.array((17.0, 17.0, 2.2)))
    foot = np.clip(1.3 - surface.points[:, 2] / 1.3 + 3.2 * (cork - 0.5), 0.0, 1.0)
    color = _mix(color, (0.06, 0.052, 0.046), foot * np.clip(3.5 * cork - 0.7, 0.0, 1.0))
    twig = np.clip((0.03 - surface.radius) / 0.018, 0.0, 1.0)
    return _mix(color, (0.075, 0.05, 0.042), twig)


def _fir(seed: int, surface: Surface, height: float) -> F64:
    # Smooth grey bark with blisters of resin, fine cracks at the foot of old trees, lichen.
    grain = _grain(seed, surface, 0.03, 0.035)
    color = _mix(_flat((0.13, 0.125, 0.115), len(grain)), (0.24, 0.235, 0.215), np.clip(2.2 * grain - 0.5, 0.0, 1.0))
    grooves = cracks(seed, surface.points, RELIEF["fir"].plates)
    low = np.clip(1.2 - surface.points[:, 2] / (0.25 * height), 0.0, 1.0)
    color = _mix(color, (0.055, 0.05, 0.045), 0.85 * low * grooves)
    lichen = value_noise(seed + 4, surface.points * 2.2) * value_noise(seed + 5, surface.points * 13.0)
    color = _mix(color, (0.3, 0.32, 0.27), np.clip(5.0 * lichen - 1.5, 0.0, 0.7))
    return _mix(color, (0.12, 0.09, 0.07), np.clip((0.012 - surface.radius) / 0.008, 0.0, 1.0))


def _oak(seed: int, surface: Surface, height: float) -> F64:
    # Deep furrows between pale grey ridges; moss low on the shaded side; smooth olive twigs.
    grain = _grain(seed, surface, 0.03, 0.09)
    grooves = cracks(seed, surface.points, RELIEF["oak"].plates)
    color = _mix(_flat((0.115, 0.1, 0.085), len(grain)), (0.25, 0.225, 0.19), np.clip(2.4 * grain - 0.6, 0.0, 1.0))
    color = _mix(color, (0.03, 0.026, 0.022), 0.9 * grooves)
    damp = fractal_noise(seed + 22, surface.points * 2.6, 2) - 0.3 * surface.normals[:, 0]
    low = np.clip(1.3 - surface.points[:, 2] / (0.2 * height), 0.0, 1.0)
    color = _mix(color, (0.07, 0.1, 0.03), low * np.clip((damp - 0.55) * 4.0, 0.0, 0.75))
    return _mix(color, (0.13, 0.115, 0.08), np.clip((0.02 - surface.radius) / 0.015, 0.0, 1.0))


def _snag(seed: int, surface: Surface, height: float) -> F64:
    # Silver wood with dark checks along the grain; scraps of bark stay low on the trunk.
    grain = _grain(seed, surface, 0.018, 0.5)
    color = _mix(_flat((0.1, 0.09, 0.08), len(grain)), (0.34, 0.315, 0.285), np.clip(2.4 * grain - 0.6, 0.0, 1.0))
    color = _mix(color, (0.05, 0.045, 0.04), 0.85 * cracks(seed, surface.points, RELIEF["snag"].plates))
    scraps = fractal_noise(seed + 10, surface.points * np.array((9.0, 9.0, 1.2)), 2)
    share = np.clip(4.0 * (3.2 * (scraps - 0.5) + 0.3 - 1.5 * surface.points[:, 2] / height), 0.0, 1.0)
    on_trunk = surface.level == 0
    return _mix(color, (0.1, 0.078, 0.062), share * on_trunk)
