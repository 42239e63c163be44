"""Numpy in, ``pxr`` values out: checked for shape, in the precision in which USD stores them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pxr import Vt

from usd_ai.sim.threads import each, slices
from usd_ai.stage.canvas_prims import Attribute, refuse

T = TypeVar("T")
Timed = Mapping[int, T] | Mapping[float, T]
"""Values by frame."""
Numbers = NDArray[Any]
Varying = Numbers | Timed[Numbers]
"""One array, or arrays by frame."""


def vec3(array: Numbers, what: str) -> Vt.Vec3fArray:
    """Floats [n, 3] as Vec3fArray."""
    return Vt.Vec3fArray.FromNumpy(shaped(array, 3, what))


def vec2(array: Numbers, what: str) -> Vt.Vec2fArray:
    """Floats [n, 2] as Vec2fArray."""
    return Vt.Vec2fArray.FromNumpy(shaped(array, 2, what))


def floats(array: Numbers, what: str) -> Vt.FloatArray:
    """Floats [n] as FloatArray."""
    return Vt.FloatArray.FromNumpy(shaped(array, 0, what))


def ints(array: Numbers, what: str) -> Vt.IntArray:
    """Integers [n] as IntArray. Refuses numbers that are not integers or do not fit into 32 bits."""
    if array.dtype == np.int32 and array.ndim == 1:
        return Vt.IntArray.FromNumpy(np.ascontiguousarray(array))
    whole = integers(array, what)
    if len(whole) and (whole.min() < -(2**31) or whole.max() >= 2**31):
        raise refuse("CANVAS_VALUE", f"{what} holds integers beyond 32 bits.", "Use int64 ids, int32 indices.")
    return Vt.IntArray.FromNumpy(whole.astype(np.int32))


def int64s(array: Numbers, what: str) -> Vt.Int64Array:
    """Integers [n] as Int64Array. Refuses numbers that are not integers."""
    return Vt.Int64Array.FromNumpy(integers(array, what))


def bools(array: Numbers, what: str) -> Vt.BoolArray:
    """Booleans [n] as BoolArray."""
    return Vt.BoolArray.FromNumpy(shaped(array, 0, what).astype(np.bool_))


def quaternions(array: Numbers, what: str) -> tuple[Vt.QuathArray, NDArray[np.float16]]:
    """Quaternions (w, x, y, z) [n, 4] as QuathArray, and in the half precision in which they are stored."""
    exact = shaped(array, 4, what)
    half, stored = np.empty(exact.shape, np.float16), np.empty(exact.shape, np.float16)

    def round_to_half(rows: slice) -> None:
        half[rows] = exact[rows]
        stored[rows, :3], stored[rows, 3] = half[rows, 1:], half[rows, 0]  # Gf has the imaginary part first in numpy

    each(round_to_half, slices(len(exact)))
    return Vt.QuathArray.FromNumpy(stored), half


def primvar(values: Varying, what: str) -> Attribute:
    """A primvar whose type follows from the array: float [n], [n, 2], [n, 3], int32 [n], int64 [n] or bool [n]."""
    found = values if isinstance(values, np.ndarray) else next(iter(values.values()))
    known: dict[tuple[str, int], tuple[str, Callable[[Numbers, str], object]]] = {
        ("f", 1): ("float[]", floats),
        ("f", 2): ("float2[]", vec2),
        ("f", 3): ("float3[]", vec3),
        ("b", 1): ("bool[]", bools),
        ("i", 1): ("int64[]", int64s) if found.dtype == np.int64 else ("int[]", ints),
    }
    key = (found.dtype.kind, found.size // max(len(found), 1) if found.ndim > 1 else 1)
    if key not in known:
        raise refuse(
            "CANVAS_VALUE",
            f"{what} is {found.dtype} with shape {found.shape}; no primvar type holds that.",
            "Give floats [n], [n, 2] or [n, 3], signed integers [n] or booleans [n].",
        )
    name, convert = known[key]
    return timed(values, name, lambda array: convert(array, what), interpolation="vertex")


def timed(
    values: Varying, type_name: str, convert: Callable[[Numbers], object], *, interpolation: str = ""
) -> Attribute:
    """An attribute with one value, or with a time sample for each frame."""
    if isinstance(values, np.ndarray):
        return Attribute(type_name, default=convert(values), interpolation=interpolation)
    samples = {float(frame): convert(values[frame]) for frame in sorted(values)}  # pyright: ignore[reportArgumentType]
    return Attribute(type_name, samples=samples, interpolation=interpolation)


def by_frame(values: Varying) -> dict[float | None, Numbers]:
    """The arrays in order of time; one that does not vary stands under None."""
    if isinstance(values, np.ndarray):
        return {None: values}
    if not values:
        raise refuse("CANVAS_VALUE", "There are no time samples.", "Give at least one frame.")
    return {float(frame): values[frame] for frame in sorted(values)}  # pyright: ignore[reportArgumentType]


def shaped(array: Numbers, width: int, what: str) -> NDArray[np.float32]:
    """The array as contiguous float32 [n, width] ([n] for width 0). Refuses another shape."""
    if array.shape[1:] != ((width,) if width else ()) or array.ndim == 0:
        wanted = f"[n, {width}]" if width else "[n]"
        raise refuse("CANVAS_VALUE", f"{what} has shape {array.shape}, not {wanted}.", "Mend the generator.")
    return np.ascontiguousarray(array, dtype=np.float32)


def integers(array: Numbers, what: str) -> NDArray[np.int64]:
    """The array as contiguous int64 [n]. Refuses another shape or numbers that are not integers."""
    if array.ndim != 1 or (array.dtype.kind not in "iu" and len(array)):
        raise refuse("CANVAS_VALUE", f"{what} is {array.dtype} {array.shape}, not integers [n].", "Mend the generator.")
    return np.ascontiguousarray(array, dtype=np.int64)
