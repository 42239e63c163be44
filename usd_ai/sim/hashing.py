"""Random numbers that belong to a thing, not to an order: a pure function of (seed, id, salt).

The generator is SplitMix64 used as a counter-based generator: the salted seed picks a stream, the id is the counter
(Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014; the
finalizer is variant 13 of Stafford's "Better Bit Mixing", 2011). Only integer operations and IEEE 754 ``+ - * /``
and ``sqrt`` are used, never a mathematical library's ``log`` or ``cos``: numpy, numba and every machine give the
same bits.

A *salt* keeps questions about one thing apart ("how tall is tree 12?", "which way does it face?"). Make salts once,
at module level, with `salt("room.question")`.

Functions on arrays take ids of any integer dtype and any shape. Those named ``…_scalar`` are for use inside numba
kernels; they take 64-bit integers (large seeds through `signed64`) and give the same values.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any, cast

import numpy as np
from numba import njit, vectorize
from numpy.typing import NDArray

Ids = NDArray[np.int64] | NDArray[np.uint64] | NDArray[np.int32] | NDArray[np.uint32]

_MASK = (1 << 64) - 1
_GAMMA = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, odd
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_11 = np.uint64(11)
_SHIFT_27 = np.uint64(27)
_SHIFT_30 = np.uint64(30)
_SHIFT_31 = np.uint64(31)
_TO_UNIT = 2.0**-53
_LN_2 = 0.6931471805599453
_SQRT_HALF = 0.7071067811865476


def salt(name: str) -> int:
    """A salt from a name such as ``"firespread.jitter"``: 63 bits of its SHA-256, so names never collide by chance."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1


def signed64(value: int) -> int:
    """The signed 64-bit integer of the same bits: numba kernels take no Python integer from 2^63 on."""
    return (value + (1 << 63) & _MASK) - (1 << 63)


@njit(cache=True)
def _mix(z: Any) -> Any:  # noqa: ANN401 - a 64-bit word, whose type numba infers
    z = (z ^ (z >> _SHIFT_30)) * _MIX_1
    z = (z ^ (z >> _SHIFT_27)) * _MIX_2
    return z ^ (z >> _SHIFT_31)


@njit(cache=True)
def stream_scalar(seed: int, salt: int) -> Any:  # noqa: ANN401 - uint64, which Python does not have
    """The stream of a seed and a salt, uint64: lift it out of a loop and call `draw_scalar` inside."""
    return _mix(_mix(np.uint64(seed) + _GAMMA) ^ (np.uint64(salt) * _GAMMA))


@njit(cache=True)
def draw_scalar(stream: int, id: int) -> Any:  # noqa: A002, ANN401 - the word of this module; uint64
    """Word number ``id`` of a stream, uint64. ``hash64_scalar(seed, id, salt)`` in two steps."""
    return _mix(np.uint64(stream) + (np.uint64(id) + np.uint64(1)) * _GAMMA)


@njit(cache=True)
def to_unit_scalar(word: int) -> float:
    """A 64-bit word as a float64 in [0, 1): its upper 53 bits."""
    return np.float64(np.uint64(word) >> _SHIFT_11) * _TO_UNIT


@njit(cache=True)
def hash64_scalar(seed: int, id: int, salt: int) -> Any:  # noqa: A002, ANN401 - as draw_scalar
    """64 random bits of (seed, id, salt), uint64. For numba kernels."""
    return draw_scalar(stream_scalar(seed, salt), id)


@njit(cache=True)
def uniform_scalar(seed: int, id: int, salt: int) -> float:  # noqa: A002 - the word of this module
    """A float64 in [0, 1) of (seed, id, salt). For numba kernels."""
    return to_unit_scalar(hash64_scalar(seed, id, salt))


@njit(cache=True)
def _log_scalar(x: float) -> float:
    # ln x for 0 < x < 1 by exact steps only: x = m 2^e with m in [sqrt(1/2), sqrt(2)), then ln m = 2 artanh(s).
    m, e = math.frexp(x)
    if m < _SQRT_HALF:
        m *= 2.0
        e -= 1
    s = (m - 1.0) / (m + 1.0)
    square = s * s
    total = 0.0
    for k in range(12, -1, -1):
        total = total * square + 1.0 / (2 * k + 1)
    return e * _LN_2 + 2.0 * s * total


@njit(cache=True)
def _normal_tail_scalar(p: float) -> float:
    # Wichura's rational functions of r = sqrt(-ln p), p < 0.075 (AS241, PPND16): middle and far tail.
    r = math.sqrt(-_log_scalar(p))
    if r <= 5.0:  # split point of AS241
        r -= 1.6
        top = 7.7454501427834140764e-4 * r + 0.0227238449892691845833
        top = ((top * r + 0.24178072517745061177) * r + 1.27045825245236838258) * r + 3.64784832476320460504
        top = ((top * r + 5.7694972214606914055) * r + 4.6303378461565452959) * r + 1.42343711074968357734
        low = 1.05075007164441684324e-9 * r + 5.475938084995344946e-4
        low = ((low * r + 0.0151986665636164571966) * r + 0.14810397642748007459) * r + 0.68976733498510000455
        low = ((low * r + 1.6763848301838038494) * r + 2.05319162663775882187) * r + 1.0
        return top / low
    r -= 5.0
    top = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
    top = ((top * r + 0.0012426609473880784386) * r + 0.026532189526576123093) * r + 0.29656057182850489123
    top = ((top * r + 1.7848265399172913358) * r + 5.4637849111641143699) * r + 6.6579046435011037772
    low = 2.04426310338993978564e-15 * r + 1.4215117583164458887e-7
    low = ((low * r + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r + 0.0148753612908506148525
    low = ((low * r + 0.13692988092273580531) * r + 0.59983220655588793769) * r + 1.0
    return top / low


@njit(cache=True)
def normal_quantile_scalar(p: float) -> float:
    """The standard normal deviate below which a share ``p`` (0 < p < 1) lies, to 1e-15 relative.

    Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied Statistics 37, 1988 (PPND16).
    """
    q = p - 0.5
    if abs(q) > 0.425:  # split point of AS241
        return -_normal_tail_scalar(p) if q < 0.0 else _normal_tail_scalar(1.0 - p)
    r = 0.180625 - q * q
    top = 2509.0809287301226727 * r + 33430.575583588128105
    top = ((top * r + 67265.770927008700853) * r + 45921.953931549871457) * r + 13731.693765509461125
    top = ((top * r + 1971.5909503065514427) * r + 133.14166789178437745) * r + 3.387132872796366608
    low = 5226.495278852545925 * r + 28729.085735721942674
    low = ((low * r + 39307.89580009271061) * r + 21213.794301586595867) * r + 5394.1960214247511077
    low = ((low * r + 687.1870074920579083) * r + 42.313330701600911252) * r + 1.0
    return q * top / low


@njit(cache=True)
def normal_scalar(seed: int, id: int, salt: int) -> float:  # noqa: A002 - the word of this module
    """A standard normal float64 of (seed, id, salt). For numba kernels."""
    return normal_quantile_scalar(uniform_scalar(seed, id, salt) + 0.5 * _TO_UNIT)


@vectorize(["float64(float64)"], cache=True)
def _normal_quantiles(p: float) -> float:
    return normal_quantile_scalar(p)


def _mix_array(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> _SHIFT_30)) * _MIX_1
    z = (z ^ (z >> _SHIFT_27)) * _MIX_2
    return z ^ (z >> _SHIFT_31)


def _stream(seed: int, salt: int) -> NDArray[np.uint64]:
    # One-element arrays wrap silently where numpy scalars would warn of overflow.
    seeds = np.array([seed & _MASK], dtype=np.uint64)
    salts = np.array([salt & _MASK], dtype=np.uint64)
    return _mix_array(_mix_array(seeds + _GAMMA) ^ (salts * _GAMMA))


def hash64(seed: int, ids: Ids, salt: int) -> NDArray[np.uint64]:
    """64 random bits per id: uint64 of the shape of ``ids``. ``seed`` and ``salt`` count modulo 2^64."""
    counters = np.asarray(ids).astype(np.uint64)  # two's complement for negative ids, as numba casts
    return _mix_array(_stream(seed, salt) + (np.atleast_1d(counters) + np.uint64(1)) * _GAMMA).reshape(counters.shape)


def _to_unit(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    return (words >> _SHIFT_11).astype(np.float64) * _TO_UNIT


def uniform(seed: int, ids: Ids, salt: int) -> NDArray[np.float64]:
    """A float64 in [0, 1) per id, of the shape of ``ids``."""
    return _to_unit(hash64(seed, ids, salt))


def uniform3(seed: int, ids: Ids, salt: int) -> NDArray[np.float64]:
    """Three independent float64 in [0, 1) per id: the shape of ``ids`` plus an axis of 3."""
    words = hash64(seed, ids, salt)[..., np.newaxis]
    lanes = np.arange(1, 4, dtype=np.uint64) * _GAMMA
    return _to_unit(_mix_array(words + lanes))


def normal(seed: int, ids: Ids, salt: int) -> NDArray[np.float64]:
    """A standard normal float64 per id, of the shape of ``ids``; at most 8.3 from zero."""
    return cast("NDArray[np.float64]", _normal_quantiles(cast("Any", uniform(seed, ids, salt) + 0.5 * _TO_UNIT)))
