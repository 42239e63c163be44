"""The dusk sky as a lat-long picture in nits: single scattering in a round atmosphere, the sun three degrees down.

Rayleigh, Mie and ozone after Nishita et al., "Display of the Earth Taking into Account Atmospheric Scattering"
(SIGGRAPH 1993), with the coefficients of Bruneton, "A Qualitative and Quantitative Evaluation of 8 Clear Sky Models"
(2017, section 4); a faint uniform blue stands for what is scattered twice. The result is scaled once, so that the
horizon under the sun reads as a photographer meters it twenty minutes after sunset.
"""

from __future__ import annotations

from pathlib import Path

import land
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SUN_ELEVATION = -3.0  # degrees
SUN_AZIMUTH = 276.0  # degrees from north over east: a little north of west
HORIZON_NITS = 120.0
GROUND_NITS = (3.4, 2.9, 2.3)  # what lies below the horizon
_EARTH, _TOP = 6360e3, 6440e3
_RAYLEIGH = np.array([5.80e-6, 13.56e-6, 33.10e-6])
_MIE, _MIE_LOSS, _MIE_G = 4.0e-6, 4.4e-6, 0.80
_OZONE = np.array([0.65e-6, 1.881e-6, 0.085e-6])
_SUN = np.array([1.0, 0.96, 0.90])
_VIEW_STEPS, _LIGHT_STEPS = 40, 24


def _depths(height: Array) -> tuple[Array, Array, Array]:
    """Densities of air, haze and ozone at a height in metres, 1 at their densest."""
    ozone = np.maximum(0.0, 1.0 - np.abs(height - 25e3) / 15e3)
    return np.exp(-np.maximum(height, 0) / 8000.0), np.exp(-np.maximum(height, 0) / 1200.0), ozone


def _to_shell(origin: Array, direction: Array, radius: float) -> Array:
    """Distance along a ray from inside a sphere to its surface."""
    b = np.sum(origin * direction, axis=-1)
    c = np.sum(origin * origin, axis=-1) - radius * radius
    return -b + np.sqrt(np.maximum(b * b - c, 0.0))


def _sunlight(points: Array, sun: Array) -> Array:
    """Share of sunlight that reaches points in the air, per colour, [..., 3]; 0 in the Earth's shadow."""
    reach = _to_shell(points, np.broadcast_to(sun, points.shape), _TOP)
    depth = np.zeros((*points.shape[:-1], 3))
    for k in range(_LIGHT_STEPS):
        along = reach * (k + 0.5) / _LIGHT_STEPS
        height = np.linalg.norm(points + along[..., None] * sun, axis=-1) - _EARTH
        air, haze, ozone = _depths(height)
        depth += (reach / _LIGHT_STEPS)[..., None] * (
            _RAYLEIGH * air[..., None] + _MIE_LOSS * haze[..., None] + _OZONE * ozone[..., None]
        )
    b = np.sum(points * sun, axis=-1)
    nearest = np.sqrt(np.maximum(np.sum(points * points, axis=-1) - b * b, 0.0))
    # The Earth's edge is softened over a kilometre: refraction and haze blur the real one more than that.
    lit = np.where(b < 0, land.smooth((nearest - _EARTH + 500.0) / 1000.0), 1.0)
    return np.exp(-depth) * lit[..., None]


def _scattered(directions: Array) -> Array:
    """Relative radiance [..., 3] of directions (x east, y north, z up) above the horizon."""
    e, a = np.radians(SUN_ELEVATION), np.radians(SUN_AZIMUTH)
    sun = np.array([np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)])
    eye = np.broadcast_to(np.array([0.0, 0.0, _EARTH + 2.0]), directions.shape)
    reach = _to_shell(eye, directions, _TOP)
    cosine = directions @ sun
    rayleigh = 3.0 / (16.0 * np.pi) * (1.0 + cosine**2)
    g2 = _MIE_G**2
    mie = 3.0 / (8.0 * np.pi) * (1 - g2) * (1 + cosine**2) / ((2 + g2) * (1 + g2 - 2 * _MIE_G * cosine) ** 1.5)
    total, depth = np.zeros(directions.shape), np.zeros(directions.shape)
    edges = reach[..., None] * (np.arange(_VIEW_STEPS + 1) / _VIEW_STEPS) ** 2.2
    for k in range(_VIEW_STEPS):
        step, along = edges[..., k + 1] - edges[..., k], (edges[..., k + 1] + edges[..., k]) / 2
        points = eye + along[..., None] * directions
        air, haze, ozone = _depths(np.linalg.norm(points, axis=-1) - _EARTH)
        loss = _RAYLEIGH * air[..., None] + _MIE_LOSS * haze[..., None] + _OZONE * ozone[..., None]
        here = np.exp(-depth - 0.5 * step[..., None] * loss)
        source = (rayleigh * air)[..., None] * _RAYLEIGH + (mie * haze)[..., None] * _MIE
        total += step[..., None] * here * source * _sunlight(points, sun)
        depth += step[..., None] * loss
    twice = (1.0 - np.exp(-1.2 * depth)) * np.array([0.40, 0.64, 1.0])
    return (total + 2.6e-3 * twice) * _SUN


def picture(width: int = 512) -> Array:
    """The sky, float64 [width/2, width, 3] in nits, in the layout that UsdLux gives a Y-up dome.

    Row 0 is the zenith; the middle column looks to +Z (south in this set), a quarter to its left +X (east).
    """
    rows, columns = width // 2, width
    elevation = np.pi / 2 - (np.arange(rows // 2) + 0.5) / rows * np.pi
    bearing = np.linspace(0.0, np.pi, 97)  # from the sun's azimuth; the sky is the same on both sides of it
    azimuth = np.radians(SUN_AZIMUTH) + bearing
    ce, se = np.cos(elevation)[:, None], np.sin(elevation)[:, None]
    directions = np.stack([ce * np.sin(azimuth), ce * np.cos(azimuth), se * np.ones_like(azimuth)], axis=-1)
    half = _scattered(directions)
    half *= HORIZON_NITS / float(half[-6:, 0].mean(axis=0) @ np.array([0.2126, 0.7152, 0.0722]))
    longitude = np.pi - 2 * np.pi * (np.arange(columns) + 0.5) / columns
    east, north = np.sin(longitude), -np.cos(longitude)
    apart = np.arccos(np.clip(np.cos(np.arctan2(east, north) - np.radians(SUN_AZIMUTH)), -1.0, 1.0))
    sky = np.empty((rows, columns, 3))
    for row in range(rows // 2):
        for channel in range(3):
            sky[row, :, channel] = np.interp(apart, bearing, half[row, :, channel])
    sky[rows // 2 :] = np.array(GROUND_NITS)
    return sky


def write_hdr(path: Path, pixels: Array) -> None:
    """Write scene-linear pixels as a flat Radiance picture (Ward, "Real Pixels", Graphics Gems II, 1991)."""
    rows, columns, _ = pixels.shape
    peak = np.maximum(pixels.max(axis=-1), 1e-32)
    mantissa, exponent = np.frexp(peak)
    scaled = pixels * (mantissa * 256.0 / peak)[..., None]
    body = np.concatenate([np.clip(scaled, 0, 255), (exponent + 128)[..., None]], axis=-1).astype(np.uint8)
    header = f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\nEXPOSURE=1\n\n-Y {rows} +X {columns}\n"
    path.write_bytes(header.encode("ascii") + body.tobytes())
