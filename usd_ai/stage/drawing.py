"""Many frames of a layer, drawn by several workers at once.

Every frame is drawn by itself, so who draws it changes no byte. A worker takes a few frames and is then free again:
between two such blocks somebody else's generation may have it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from usd_ai.core.ports import Cancel, Reporter

BLOCK = 4
"""Frames that a worker draws before it is free again. Opening the stage, once a block, is little beside them."""

Draw = Callable[[tuple[int, ...], Reporter, Cancel], Sequence[str]]
"""``draw(frames, report, cancel)``: the pictures of some frames, in their order."""


class _Stop:
    """`core.ports.Cancel`: set by who asked, or by a worker that failed."""

    def __init__(self, asked: Cancel | None) -> None:
        self._asked = asked
        self._failed = threading.Event()

    def fail(self) -> None:
        """Stop the others too."""
        self._failed.set()

    def is_set(self) -> bool:
        """Whether to stop."""
        return self._failed.is_set() or (self._asked is not None and self._asked.is_set())


class _Count:
    """How many frames are drawn, told as it grows."""

    def __init__(self, told: Callable[[int], None]) -> None:
        self._told = told
        self._lock = threading.Lock()
        self._drawn: dict[int, int] = {}
        self._said = 0

    def of(self, block: int, frames: int) -> Reporter:
        """The reporter of a block, whose task says the fraction of its frames that is drawn."""

        def report(fraction: float, _: str) -> None:
            with self._lock:
                self._drawn[block] = round(fraction * frames)
                count = sum(self._drawn.values())
                if count > self._said:
                    self._said = count
                    self._told(count)

        return report


def draw_frames(
    draw: Draw,
    frames: Sequence[int],
    lanes: int,
    told: Callable[[int], None] | None = None,
    cancel: Cancel | None = None,
) -> tuple[str, ...]:
    """The pictures of all frames in their order, ``lanes`` blocks at a time. ``told``: how many are drawn.

    Raises what ``draw`` raises first; the others are stopped before. Cancelled where ``cancel`` was set.
    """
    blocks = [tuple(frames[at : at + BLOCK]) for at in range(0, len(frames), BLOCK)]
    stop, count = _Stop(cancel), _Count(told or (lambda _: None))
    pictures: list[Sequence[str]] = [()] * len(blocks)
    errors: list[BaseException] = []
    turns = iter(range(len(blocks)))
    turn = threading.Lock()

    def lane() -> None:
        while not errors:
            with turn:
                block = next(turns, None)
            if block is None:
                return
            try:
                pictures[block] = draw(blocks[block], count.of(block, len(blocks[block])), stop)
            except BaseException as error:  # noqa: BLE001 - raised below, once the other lanes have stopped
                errors.append(error)
                stop.fail()

    with ThreadPoolExecutor(max(lanes, 1), thread_name_prefix="draw") as threads:
        for _ in range(min(max(lanes, 1), len(blocks))):
            threads.submit(lane)
    if errors:
        raise errors[0]
    return tuple(path for block in pictures for path in block)
