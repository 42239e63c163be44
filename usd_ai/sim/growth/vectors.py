"""Small vector algebra on arrays [..., 3] in float64, right-handed, Z up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
UP = np.array((0.0, 0.0, 1.0))


def unit(vectors: F64) -> F64:
    """The vectors at length 1. None may be zero."""
    return vectors / np.sqrt(np.sum(vectors * vectors, axis=-1, keepdims=True))


def cross(a: F64, b: F64) -> F64:
    """Cross product; written out because `numpy.cross` spends most of its time on shapes."""
    x = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    y = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    z = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return np.stack((x, y, z), axis=-1)


def dot(a: F64, b: F64) -> F64:
    """Dot product with the last axis kept at length 1."""
    return np.sum(a * b, axis=-1, keepdims=True)


def sideways(heading: F64) -> F64:
    """A horizontal unit vector across each unit heading; +X across a heading that is vertical."""
    across = cross(heading, np.broadcast_to(UP, heading.shape))
    steep = np.sum(across * across, axis=-1, keepdims=True) < 1e-6
    return unit(np.where(steep, np.array((1.0, 0.0, 0.0)), across))


def turn(vectors: F64, axis: F64, angle: F64) -> F64:
    """Vectors turned about unit axes by angles in radians (Rodrigues); ``angle`` has the shape without the 3."""
    c = np.cos(angle)[..., np.newaxis]
    s = np.sin(angle)[..., np.newaxis]
    return vectors * c + cross(axis, vectors) * s + axis * dot(axis, vectors) * (1.0 - c)


def around(heading: F64, down: F64, azimuth: F64) -> F64:
    """Unit directions that leave each heading at angle ``down``, turned by ``azimuth`` about it (radians).

    Azimuth 0 lies sideways of the heading, pi/2 on its upper side.
    """
    side = sideways(heading)
    upper = cross(side, heading)
    c, s = np.cos(azimuth)[..., np.newaxis], np.sin(azimuth)[..., np.newaxis]
    lean = np.sin(down)[..., np.newaxis]
    return unit(heading * np.cos(down)[..., np.newaxis] + (side * c + upper * s) * lean)


def on_the_ground(points: F64) -> F64:
    """Points [..., 3] of twigs that hang to the ground: what would sink deeper than 0.35 m is gathered above 0.55 m.

    Heights are squeezed, not cut, so that no leaf loses its area.
    """
    deep = np.minimum(points[..., 2] + 0.35, 0.0)
    squeezed = np.where(deep < 0.0, -0.35 - 0.2 * (1.0 - np.exp(deep / 0.2)), points[..., 2])
    return np.concatenate([points[..., :2], squeezed[..., np.newaxis]], axis=-1)
