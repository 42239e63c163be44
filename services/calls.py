"""Blocking calls go to threads, so that the loop answers health within milliseconds whatever runs behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

_LOOKS = 8
_STEPS = 4


class Calls:
    """Two pools: looks (the ledger, milliseconds) never wait behind steps (reading stages, rendering; seconds)."""

    def __init__(self) -> None:
        self._looks = ThreadPoolExecutor(_LOOKS, thread_name_prefix="look")
        self._steps = ThreadPoolExecutor(_STEPS, thread_name_prefix="step")

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

    def close(self) -> None:
        """Take no new calls; those that run are left to end by themselves."""
        self._looks.shutdown(wait=False, cancel_futures=True)
        self._steps.shutdown(wait=False, cancel_futures=True)
