"""Progress for many watchers: one reader of the ledger per generation, whatever the number of those who look on."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from operator import attrgetter

from services.calls import Calls
from usd_ai.core.engine import Engine
from usd_ai.core.errors import ServerAway, UsdAiError
from usd_ai.core.types import Generation, Progress

INTERVAL = 0.25
"""Seconds between two batches: four a second."""

BATCH = 1000
"""Messages in a batch at most, so that a long history stays below the message limit."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages in order without gaps; ``ended`` is the generation, in the last batch only."""

    messages: tuple[Progress, ...]
    ended: Generation | None = None


@dataclass(slots=True)
class _Feed:
    """What is known of one generation, kept while somebody looks on."""

    messages: list[Progress] = field(default_factory=list)
    ended: Generation | None = None
    error: BaseException | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    watchers: int = 0
    reader: asyncio.Task[None] | None = None

    def announce(self) -> None:
        """Wake everybody who waits; who comes later waits for the next change."""
        self.changed.set()
        self.changed = asyncio.Event()


class ProgressFeeds:
    """Feeds by generation. All methods run in the server's loop."""

    def __init__(self, engine: Engine, calls: Calls, interval: float = INTERVAL) -> None:
        self._engine = engine
        self._calls = calls
        self._interval = interval
        self._feeds: dict[str, _Feed] = {}
        self._stopping = False

    async def follow(self, name: str, after_sequence: int) -> AsyncIterator[Batch]:
        """All batches after a sequence number until the generation has ended. Raises NotFound, ServerAway.

        Batches are at least the interval apart. Every stored message arrives exactly once, in order.
        """
        if self._stopping:
            raise _stopping()
        feed = self._feeds.get(name)
        if feed is None or feed.ended is not None:  # an ended one may have been published since
            feed = self._open(name)
        feed.watchers += 1
        loop = asyncio.get_running_loop()
        last, due = after_sequence, loop.time()
        try:
            while True:
                changed = feed.changed
                pending = _after(feed.messages, last)
                if not pending and feed.ended is None:
                    if feed.error is not None:
                        raise feed.error
                    await changed.wait()
                    continue
                if loop.time() < due:
                    await asyncio.sleep(due - loop.time())
                    pending = _after(feed.messages, last)
                due = loop.time() + self._interval
                # Read before the batch is handed out: the feed may end while the watcher is busy with it.
                ended = feed.ended if len(pending) <= BATCH else None
                if pending:
                    last = pending[:BATCH][-1].sequence
                yield Batch(tuple(pending[:BATCH]), ended)
                if ended is not None:
                    return
        finally:
            feed.watchers -= 1
            if feed.watchers == 0:
                self._close(name, feed)

    def stop(self) -> None:
        """End all streams with an error that tells watchers to come back."""
        self._stopping = True
        for name, feed in list(self._feeds.items()):
            self._close(name, feed)
            if feed.ended is None:
                feed.error = _stopping()
            feed.announce()

    def _open(self, name: str) -> _Feed:
        feed = self._feeds[name] = _Feed()
        feed.reader = asyncio.get_running_loop().create_task(self._read(name, feed), name=f"progress of {name}")
        return feed

    def _close(self, name: str, feed: _Feed) -> None:
        if feed.reader is not None:
            feed.reader.cancel()
        if self._feeds.get(name) is feed:
            del self._feeds[name]

    async def _read(self, name: str, feed: _Feed) -> None:
        """Read the ledger until the generation has ended and its last message is stored."""
        settled = False
        try:
            while True:
                last = feed.messages[-1].sequence if feed.messages else 0
                generation, new = await self._calls.look(self._look, name, last)
                feed.messages += new
                if generation.state.ended:
                    # The state is stored before its message: believe the end once the message is there, or at the
                    # second look that finds nothing more.
                    told = bool(feed.messages) and feed.messages[-1].state.ended
                    if told or (settled and not new):
                        feed.ended = generation
                        feed.announce()
                        return
                    settled = True
                if new:
                    feed.announce()
                await asyncio.sleep(self._interval)
        except UsdAiError as error:
            feed.error = error
            feed.announce()
        except Exception as error:  # noqa: BLE001 - watchers raise it, and the table reports it
            feed.error = error
            feed.announce()

    def _look(self, name: str, after_sequence: int) -> tuple[Generation, list[Progress]]:
        generation = self._engine.generation(name)  # first: messages stored before its end are then all found
        return generation, self._engine.progress(name, after_sequence)


def _after(messages: list[Progress], sequence: int) -> list[Progress]:
    return messages[bisect_right(messages, sequence, key=attrgetter("sequence")) :]


def _stopping() -> ServerAway:
    return ServerAway(
        "The server is stopping.",
        remedy="Watch again in a moment with the last sequence number you have; nothing is lost.",
        reason="SERVER_STOPPING",
    )
