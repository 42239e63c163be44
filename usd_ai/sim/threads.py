"""Work in parts on all cores that this process may use. What comes out does not depend on how many those are.

Parts are fixed by the work, never by the machine, and each writes only what is its own; threads merely share them out.
Kernels release the interpreter (``nogil``), so plain threads are enough, and no library's thread count is touched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

Part = TypeVar("Part")
Made = TypeVar("Made")

_ROWS = 1 << 16  # rows of a table that one part takes
_asked: ContextVar[int] = ContextVar("threads", default=0)


def cores() -> int:
    """How many threads parts are shared among: the cores of this process, or what `limited` says."""
    return _asked.get() or len(os.sched_getaffinity(0))


@contextmanager
def limited(threads: int) -> Generator[None]:
    """Share parts among ``threads`` at most within the block: for tests and for measuring."""
    token = _asked.set(threads)
    try:
        yield
    finally:
        _asked.reset(token)


def each(work: Callable[[Part], Made], parts: Iterable[Part]) -> list[Made]:
    """``work`` of every part, in the order of the parts. Raises what the first failing part raised."""
    listed = list(parts)
    threads = min(cores(), len(listed))
    if threads < 2:
        return [work(part) for part in listed]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, listed))


def slices(rows: int, size: int = _ROWS) -> list[slice]:
    """A table's rows in parts of ``size``."""
    return [slice(start, min(start + size, rows)) for start in range(0, rows, size)]
