"""Rows of numbers that occur again and again, each told once: found in one pass over the bits, without sorting all."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

_MIX = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio in 64 bits: Fibonacci hashing, Knuth vol. 3, 6.4
_FEWEST_SLOTS = 64


def told_once(rows: NDArray[Any], most: int) -> tuple[NDArray[np.int64], NDArray[np.int32]] | None:
    """Where each distinct row of ``rows`` [n, width] first stands [m], and which of them each row is [n].

    Rows are equal when their bits are. The distinct ones come in the order of their bytes, as `numpy.unique` gives
    them, so that the order does not depend on where they stand. None where there are more than ``most``: what does not
    repeat costs only the look at its beginning.
    """
    bits = np.ascontiguousarray(rows, rows.dtype if rows.dtype.itemsize % 4 == 0 else np.float32).view(np.uint32)
    slots = max(_FEWEST_SLOTS, 1 << int(2 * most + 1).bit_length())
    first, which, count = _search(bits, most, np.full(slots, -1, np.int32))
    if count > most:
        return None
    first = first[:count]
    found = np.ascontiguousarray(bits[first])
    names = found.view(np.dtype((np.void, found.dtype.itemsize * found.shape[1]))).ravel()
    order = np.argsort(names, kind="stable")
    rank = np.empty(count, np.int32)
    rank[order] = np.arange(count, dtype=np.int32)
    return first[order], rank[which]


@njit(cache=True, nogil=True)
def _search(
    bits: NDArray[np.uint32], most: int, table: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32], int]:
    """First row and, for each row, number of every distinct row, by appearance; stops at ``most`` + 1 of them.

    ``table``: -1 in each of its slots, a power of two of them and more than twice ``most``.
    """
    rows, width = bits.shape
    first, which = np.empty(most, np.int64), np.empty(rows, np.int32)
    wrap, count = np.uint64(len(table) - 1), 0
    for row in range(rows):
        key = np.uint64(0)
        for column in range(width):
            key = (key ^ np.uint64(bits[row, column])) * _MIX
            key ^= key >> np.uint64(29)
        slot = key & wrap
        while True:
            known = table[slot]
            if known < 0:
                if count == most:
                    return first, which, most + 1
                first[count], which[row], table[slot] = row, count, count
                count += 1
                break
            same = True
            for column in range(width):
                if bits[first[known], column] != bits[row, column]:
                    same = False
                    break
            if same:
                which[row] = known
                break
            slot = (slot + np.uint64(1)) & wrap
    return first, which, count
