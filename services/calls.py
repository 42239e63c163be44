"""Blocking calls go to threads, so that the loop answers health within milliseconds whatever runs behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from usd_ai.core.errors import Conflict

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

_LOOKS = 8
_STEPS = 4
_LONG = 4
MOVIES = 4
"""Movies at a time: all workers draw on each of them, so more would only be late together."""


class Calls:
    """Four pools. None waits behind one that is slower.

    Looks ask the ledger (milliseconds), steps read cuts and stages and draw pictures (seconds), applies carry out a new
    cut one at a time in a project (minutes, most of them waiting for each other), movies draw every frame (an hour).
    """

    def __init__(self) -> None:
        self._looks = ThreadPoolExecutor(_LOOKS, thread_name_prefix="look")
        self._steps = ThreadPoolExecutor(_STEPS, thread_name_prefix="step")
        self._applies = ThreadPoolExecutor(_LONG, thread_name_prefix="apply")
        self._movies = ThreadPoolExecutor(MOVIES, thread_name_prefix="movie")
        self._drawn = 0  # movies in the making; touched by the loop alone
        self._turns: dict[str, asyncio.Lock] = {}

    async def look(
        self, function: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> _Result:
        """Call something that only asks the ledger."""
        return await asyncio.get_running_loop().run_in_executor(self._looks, partial(function, *args, **kwargs))

    async def step(
        self, function: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> _Result:
        """Call something that opens files or starts work."""
        return await asyncio.get_running_loop().run_in_executor(self._steps, partial(function, *args, **kwargs))

    async def apply(
        self, project: str, function: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> _Result:
        """Call something of which a project has one at a time. Who waits for its turn holds no thread meanwhile."""
        async with self._turns.setdefault(project, asyncio.Lock()):
            return await asyncio.get_running_loop().run_in_executor(self._applies, partial(function, *args, **kwargs))

    async def movie(
        self, function: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> _Result:
        """Call something that draws a movie. Raises Conflict MOVIES_FULL where as many as may be are in the making.

        One whose asker hung up counts until its last frame is drawn: until then it holds its thread.
        """
        if self._drawn >= MOVIES:
            raise Conflict(
                f"{MOVIES} movies are being drawn already, and the server draws no more at a time.",
                remedy="Ask again when one of them is done; Ctrl-C where one was asked for stops it.",
                reason="MOVIES_FULL",
                context={"movies": str(MOVIES)},
            )
        self._drawn += 1
        work = asyncio.get_running_loop().run_in_executor(self._movies, partial(function, *args, **kwargs))
        work.add_done_callback(self._ended)
        return await asyncio.shield(work)

    def _ended(self, work: asyncio.Future[_Result]) -> None:
        self._drawn -= 1
        if not work.cancelled():
            work.exception()  # whoever asked may be gone: nobody else hears of it

    def close(self) -> None:
        """Take no new calls; those that run are left to end by themselves."""
        for pool in (self._looks, self._steps, self._applies, self._movies):
            pool.shutdown(wait=False, cancel_futures=True)
