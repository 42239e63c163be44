"""What cameras see of many things: kernels of one pass over the things, all cameras in turn."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]


@njit(cache=True, nogil=True)
def nearest_in_plane(points: F64, places: F64, out: F64) -> None:
    """Distance in the ground plane from points [n, 3] to the nearest of ``places`` [v, 3], into ``out`` [n]."""
    for n in range(points.shape[0]):
        x, y = points[n, 0], points[n, 1]
        best = np.inf
        for v in range(places.shape[0]):
            dx, dy = x - places[v, 0], y - places[v, 1]
            best = min(best, dx * dx + dy * dy)
        out[n] = math.sqrt(best)


@njit(cache=True, nogil=True)
def largest_in_view(
    points: F64, sizes: F64, places: F64, axes: F64, lenses: F64, margin: float, width: float, out: F64
) -> None:
    """Largest projected size in pixels of things of ``sizes`` [n] metres that stand at points [n, 3], into ``out``.

    ``axes`` [v, 3, 3]: right, up, back. ``lenses`` [v, 4]: half width, half height at unit distance, and offsets. A
    thing counts where its own size touches the frame widened by ``margin``; 0 where it never does.
    """
    for n in range(points.shape[0]):
        size = sizes[n]
        x, y, z = points[n, 0], points[n, 1], points[n, 2] + 0.5 * size
        best = 0.0
        for v in range(places.shape[0]):
            dx, dy, dz = x - places[v, 0], y - places[v, 1], z - places[v, 2]
            depth = -(dx * axes[v, 2, 0] + dy * axes[v, 2, 1] + dz * axes[v, 2, 2])
            if depth <= -size:
                continue
            reach = max(depth, 0.1)
            pixels = size / reach * (width / (2.0 * lenses[v, 0]))
            if pixels <= best:
                continue
            across = dx * axes[v, 0, 0] + dy * axes[v, 0, 1] + dz * axes[v, 0, 2]
            if abs(across - lenses[v, 2] * reach) - 0.5 * size >= margin * lenses[v, 0] * reach:
                continue
            along = dx * axes[v, 1, 0] + dy * axes[v, 1, 1] + dz * axes[v, 1, 2]
            if abs(along - lenses[v, 3] * reach) - 0.5 * size < margin * lenses[v, 1] * reach:
                best = pixels
        out[n] = best
