"""A small denoiser for pictures of few samples: calm foliage, then two rounds of an edge-stopping à-trous filter.

After Dammertz et al., "Edge-Avoiding À-Trous Wavelet Transform" (HPG 2010), with two stops: distance along the ray, so
that a branch never mixes with what is behind it, and the luminance of a 3 x 3 neighbourhood of like depth (as in
non-local means), so that a noisy pixel is compared by its surroundings. The reach is 6 sub-pixels, 3 pixels: leaves
keep their grain.

Leaves have next to no neighbours at their own distance, so both stops would keep every bright sample among them as a
spark. There, light is first shared between all that is about as far away; no light is added or lost by that.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from usd_ai.stage.preview.values import Floats

_ROUNDS = 2
_KERNEL = np.array([1.0 / 16, 1.0 / 4, 3.0 / 8, 1.0 / 4, 1.0 / 16])
_DEPTH = 0.012  # relative difference of distance that halves trust
_TONE = 0.8  # difference of log luminance that halves trust
_CROWN = 0.07  # relative difference of distance between the leaves of one crown
_CROWN_REACH = 4  # sub-pixels
_SOLID = 0.45  # share of like neighbours from which on a place is a surface, not foliage


def denoise(nits: Floats, alpha: Floats, depth: Floats) -> Floats:
    """Smoother nits float32 [h, w, 3]; ``alpha`` and ``depth`` (inf for sky) [h, w] stay what they are."""
    covered = np.maximum(alpha, 1e-3)[..., None]
    bare = np.where(alpha[..., None] > 0, nits / covered, 0.0).astype(np.float32)
    bare = _calm(bare, alpha, depth)
    for number in range(_ROUNDS):
        bare = _round(bare, alpha, depth, 1 << number)
    return (bare * alpha[..., None]).astype(np.float32)


@njit(cache=True)
def _alike(a: float, b: float, slope: float) -> float:
    """1 for like distances, towards 0 for unlike ones."""
    if math.isinf(a) or math.isinf(b):
        return 0.0
    gap = abs(a - b) / (_DEPTH * min(a, b) + slope)
    return math.exp(-0.7 * gap * gap) if gap < 4.0 else 0.0


@njit(cache=True)
def _calm(nits: Floats, alpha: Floats, depth: Floats) -> Floats:
    """Where few neighbours are at a place's own distance: the mean of those that are about as far away."""
    height, width = depth.shape
    out = nits.copy()
    for y in range(height):
        for x in range(width):
            if alpha[y, x] <= 0.0 or math.isinf(depth[y, x]):
                continue
            own, near, red, green, blue, weight = depth[y, x], 0.0, 0.0, 0.0, 0.0, 0.0
            count = 0
            for b in range(max(y - _CROWN_REACH, 0), min(y + _CROWN_REACH + 1, height)):
                for a in range(max(x - _CROWN_REACH, 0), min(x + _CROWN_REACH + 1, width)):
                    count += 1
                    gap = abs(depth[b, a] - own)
                    if alpha[b, a] <= 0.0 or not gap < _CROWN * own:
                        continue
                    near += 1.0 if gap < 2.0 * _DEPTH * own else 0.0
                    red += alpha[b, a] * nits[b, a, 0]
                    green += alpha[b, a] * nits[b, a, 1]
                    blue += alpha[b, a] * nits[b, a, 2]
                    weight += alpha[b, a]
            rough = 1.0 - min(near / count / _SOLID, 1.0)
            out[y, x, 0] += rough * (red / weight - nits[y, x, 0])
            out[y, x, 1] += rough * (green / weight - nits[y, x, 1])
            out[y, x, 2] += rough * (blue / weight - nits[y, x, 2])
    return out


@njit(cache=True)
def _tones(nits: Floats, alpha: Floats, depth: Floats) -> Floats:
    """Log luminance of the 3 x 3 neighbours of like depth, float32 [h, w]."""
    height, width = depth.shape
    out = np.zeros((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            total, weight = 0.0, 1e-6
            for b in range(max(y - 1, 0), min(y + 2, height)):
                for a in range(max(x - 1, 0), min(x + 2, width)):
                    if alpha[b, a] > 0.0:
                        like = _alike(depth[y, x], depth[b, a], 0.0)
                        luma = 0.2126 * nits[b, a, 0] + 0.7152 * nits[b, a, 1] + 0.0722 * nits[b, a, 2]
                        total += like * luma
                        weight += like
            out[y, x] = math.log(total / weight + 0.02)
    return out


@njit(cache=True)
def _round(nits: Floats, alpha: Floats, depth: Floats, stride: int) -> Floats:
    height, width = depth.shape
    tones = _tones(nits, alpha, depth)
    out = np.zeros_like(nits)
    for y in range(height):
        for x in range(width):
            if alpha[y, x] <= 0.0:
                continue
            # Ground seen at a grazing angle changes distance from row to row; that is no edge.
            slope = 0.0
            if 0 < y < height - 1 and not math.isinf(depth[y - 1, x]) and not math.isinf(depth[y + 1, x]):
                slope = min(abs(depth[y + 1, x] - depth[y, x]), abs(depth[y, x] - depth[y - 1, x]))
                slope = min(slope, 0.1 * depth[y, x])
            red, green, blue, weight = 0.0, 0.0, 0.0, 0.0
            for dy in range(-2, 3):
                b = y + dy * stride
                if b < 0 or b >= height:
                    continue
                for dx in range(-2, 3):
                    a = x + dx * stride
                    if a < 0 or a >= width or alpha[b, a] <= 0.0:
                        continue
                    like = _alike(depth[y, x], depth[b, a], slope * abs(dy) * stride) if (dx or dy) else 1.0
                    if like <= 0.0:
                        continue
                    tone = (tones[y, x] - tones[b, a]) / _TONE
                    like *= _KERNEL[dx + 2] * _KERNEL[dy + 2] * alpha[b, a] * math.exp(-0.7 * tone * tone)
                    red += like * nits[b, a, 0]
                    green += like * nits[b, a, 1]
                    blue += like * nits[b, a, 2]
                    weight += like
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = red / weight, green / weight, blue / weight
    return out
