"""The outline of a ground: its border edges, and what the land beyond should know of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.spatial import KDTree

from usd_ai.sim._heightfield import Floats, HeightField, Indices

_WELD = 1e-6  # of the ground's size: corners closer than this are one
_NEAR, _FAR = 24, 256  # border samples that speak for a place: the nearest ones, and a selection of all
_STEEPEST = 0.35  # the ground's slope carries on beyond its border up to this one


@dataclass(frozen=True, slots=True)
class Border:
    """The outline of a ground as edges between ``points`` float64 [n, 3]: ``edges`` int32 [e, 2].

    ``gradients``: float64 [n, 2], the slope of the ground at each point (rise per metre in x and y).
    """

    points: Floats
    edges: Indices
    gradients: Floats

    def split(self, which: NDArray[np.bool_]) -> Border:
        """The same outline with the edges ``which`` (bool [e]) cut at their middles, which lie on the ground's edge."""
        cut = self.edges[which]
        middles = self.points.shape[0] + np.arange(cut.shape[0], dtype=np.int32)
        halves = np.concatenate([np.stack([cut[:, 0], middles], 1), np.stack([middles, cut[:, 1]], 1)])
        return Border(
            np.concatenate([self.points, 0.5 * (self.points[cut[:, 0]] + self.points[cut[:, 1]])]),
            np.concatenate([self.edges[~which], halves]).astype(np.int32),
            np.concatenate([self.gradients, 0.5 * (self.gradients[cut[:, 0]] + self.gradients[cut[:, 1]])]),
        )

    def lengths(self) -> Floats:
        """Length in the plane of each edge: float64 [e], metres."""
        along = self.points[self.edges[:, 1], :2] - self.points[self.edges[:, 0], :2]
        return np.hypot(along[:, 0], along[:, 1])

    def refined(self, longest: float) -> Border:
        """The same outline with no edge longer than ``longest`` metres."""
        border = self
        while bool(np.any(long := border.lengths() > longest)):
            border = border.split(long)
        return border


def trace(field: HeightField) -> Border:
    """The outline of a ground: edges that only one of its triangles has, where no other surface lies above them."""
    size = float(np.max(field.high - field.low))
    used, corners = np.unique(field.triangles.ravel(), return_inverse=True)
    keys = np.round(field.points[used] / (_WELD * size)).astype(np.int64)
    _, first, welded = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    points = field.points[used][first]
    triangles = welded.ravel()[corners.ravel()].reshape(-1, 3)
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    owner = np.tile(np.arange(triangles.shape[0]), 3)
    ordered = np.sort(pairs, axis=1)
    _, at, counts = np.unique(ordered, axis=0, return_index=True, return_counts=True)
    at = at[(counts == 1) & (ordered[at, 0] != ordered[at, 1])]
    edges, owner = pairs[at], owner[at]
    middles = 0.5 * (points[edges[:, 0]] + points[edges[:, 1]])
    on_top = field.height(middles[:, :2]) <= middles[:, 2] + 1e-4 * size
    edges, owner = edges[on_top], owner[on_top]
    normals = field.facet_normals()[owner]
    slopes = np.clip(-normals[:, :2] / normals[:, 2:], -_STEEPEST, _STEEPEST)
    kept, ends = np.unique(edges.ravel(), return_inverse=True)
    total, share = np.zeros((kept.size, 2)), np.zeros(kept.size)
    np.add.at(total, ends.ravel(), np.repeat(slopes, 2, axis=0))
    np.add.at(share, ends.ravel(), 1.0)
    return Border(points[kept], ends.reshape(-1, 2).astype(np.int32), total / share[:, np.newaxis])


def distances(border: Border, xy: Floats) -> Floats:
    """Metres from places [n, 2] to the nearest border point; to the border itself within half an edge."""
    return np.asarray(KDTree(border.points[:, :2]).query(xy)[0], dtype=np.float64)


def continued(border: Border, xy: Floats, damping: float) -> Floats:
    """The ground's heights carried on to places [n, 2] beyond its border: float64 [n] metres.

    Inverse-distance interpolation of planes at the border (Franke and Nielson, "Smooth Interpolation of Large Sets
    of Scattered Data", IJNME 15, 1980), each plane flattening over ``damping`` metres.
    """
    near = min(_NEAR, border.points.shape[0])
    _, found = KDTree(border.points[:, :2]).query(xy, k=near)
    index: NDArray[np.int64] = np.asarray(found, dtype=np.int64).reshape(-1, near)
    step = max(1, border.points.shape[0] // _FAR)
    far = np.arange(0, border.points.shape[0], step)
    out = np.empty(xy.shape[0])
    _carry_on(border.points, border.gradients, index, far, xy, damping, out)
    return out


@njit(cache=True)
def _weighted(
    points: Floats, gradients: Floats, chosen: NDArray[np.int64], x: float, y: float, damping: float, flat: float
) -> float:
    total, weights = 0.0, 0.0
    for k in chosen:
        dx, dy = x - points[k, 0], y - points[k, 1]
        square = dx * dx + dy * dy + 1e-12
        # A rational fade instead of exp: the rise of a plane never exceeds its slope times half the damping length.
        fade = 1.0 / (1.0 + square / (damping * damping))
        height = points[k, 2] + (gradients[k, 0] * dx + gradients[k, 1] * dy) * fade
        weight = 1.0 / (square * (square + flat))
        total += weight * height
        weights += weight
    return total / weights


@njit(cache=True)
def _carry_on(
    points: Floats,
    gradients: Floats,
    near: NDArray[np.int64],
    far: NDArray[np.int64],
    xy: Floats,
    damping: float,
    out: Floats,
) -> None:
    for n in range(xy.shape[0]):
        x, y = xy[n, 0], xy[n, 1]
        k = near[n, 0]
        distance = _length(x - points[k, 0], y - points[k, 1])
        # Near the border its nearest points speak; from afar all of them, so that no seam runs out from a corner.
        share = min(1.0, distance / (2.0 * damping))
        share = share * share * (3.0 - 2.0 * share)
        close = _weighted(points, gradients, near[n], x, y, damping, 0.0)
        wide = _weighted(points, gradients, far, x, y, damping, damping * damping * 1e4)
        out[n] = close * (1.0 - share) + wide * share


@njit(cache=True)
def _length(x: float, y: float) -> float:
    """The length of a vector by ``sqrt`` alone, which is the same on every machine."""
    return np.sqrt(x * x + y * y)
