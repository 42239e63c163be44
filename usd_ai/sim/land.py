"""Land of our own for a shot whose host has none: hills around a floor that lies under the cameras, carved by rivers.

Sim space: metres, Z up.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from scipy.spatial import KDTree

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim._heightfield import HeightField
from usd_ai.sim._relief import carve, ridged, rolling

Floats = NDArray[np.float64]

_CELLS = 320  # across the land: 200,000 triangles
_RELIEF = 0.065  # height of the hills, as a share of the land's size (a valley in low mountains; working value)
_FLAT = 12.0  # metres about a camera's path that stay nearly level
_STEPS = 60
_CARVED = 14.0  # metres: the size of cells that the constants of `carve` are for
_RIDGES = 0.4  # distance from ridge to ridge, as a share of the size


def eroded_land(eyes: ArrayLike, size: float, seed: int, clearance: float = 1.7) -> tuple[Floats, NDArray[np.int32]]:
    """A square of land: points float64 [n, 3] and triangles int32 [m, 3], counter-clockwise from above.

    ``eyes`` float [k, 3], k at least 1: places of cameras. The square is ``size`` metres wide, centred under them; each
    eye is at least ``clearance`` metres above the ground, and the lowest just so. Around the eyes the land is a floor
    that undulates by a hand's breadth; around it hills of ridged noise rise that are carved by rivers (`_relief.carve`:
    stream power, Braun and Willett 2013) and fall off to the edges, where other land may go on.

    Raises InvalidRequest for a size below 50 m or above 20 km, and for eyes that do not fit on it.
    """
    places = np.asarray(eyes, dtype=np.float64).reshape(-1, 3)
    middle = 0.5 * (places[:, :2].min(axis=0) + places[:, :2].max(axis=0))
    if not 50.0 <= size <= 2e4 or np.max(np.abs(places[:, :2] - middle)) > 0.45 * size:
        raise InvalidRequest(
            f"Land of {size:g} m cannot be laid under these cameras.",
            remedy="Give own_ground from 50 to 20000 m, and a tenth more than the cameras' paths span.",
            reason="PARAMETER_OUT_OF_RANGE",
            context={"parameter": "own_ground"},
        )
    cell = size / (_CELLS - 1)
    axis = (np.arange(_CELLS) - 0.5 * (_CELLS - 1)) * cell
    xy = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2) + middle
    away = KDTree(places[:, :2]).query(xy)[0]
    edge = 0.5 * size - np.max(np.abs(xy - middle), axis=1)
    crest = ridged(seed, xy, _RIDGES * size) * _ramp(away, _FLAT, 0.3 * size) * _ramp(edge, 0.0, 0.18 * size)
    held = (away < 2.0 * _FLAT).reshape(_CELLS, _CELLS)
    held[[0, -1], :] = held[:, [0, -1]] = True  # rivers leave over the edges
    start = (crest * 140.0).reshape(_CELLS, _CELLS)
    hills = carve(start, (crest * 2.0).reshape(_CELLS, _CELLS), held, _CARVED, _STEPS, 0.12)
    hills = np.asarray(ndimage.gaussian_filter(np.maximum(hills, 0.0), 0.7), dtype=np.float64).ravel()
    hills *= _RELIEF * size / max(float(np.quantile(hills, 0.995)), 1e-9)
    z = hills * _ramp(away, _FLAT, 4.0 * _FLAT) + 0.12 * rolling(seed, xy, 9.0)
    z += 0.8 * rolling(seed, xy, 40.0) * _ramp(away, _FLAT, 5.0 * _FLAT)
    points = np.column_stack([xy, z])
    corner = (np.arange(_CELLS - 1)[:, None] * _CELLS + np.arange(_CELLS - 1)[None, :]).ravel()
    quads = np.stack([corner, corner + 1, corner + _CELLS + 1, corner + _CELLS], axis=1)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    under = HeightField.from_triangles(points, triangles).height(places[:, :2])
    points[:, 2] += float(np.min(places[:, 2] - under)) - clearance
    return points, triangles


def land_size(eyes: ArrayLike, least: float = 800.0) -> float:
    """The size in metres that suits cameras at ``eyes`` [k, 3]: ``least``, or more where their paths span far."""
    places = np.asarray(eyes, dtype=np.float64).reshape(-1, 3)
    span = float(np.max(places[:, :2].max(axis=0) - places[:, :2].min(axis=0)))
    return max(least, math.ceil((span + 0.75 * least) / 100.0) * 100.0)


def _ramp(value: Floats, low: float, high: float) -> Floats:
    share = np.clip((value - low) / (high - low), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)
