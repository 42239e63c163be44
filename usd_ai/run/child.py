"""What runs inside a worker: receive a task, do it, send back a value or an error. Started by `usd_ai.run.worker`.

Messages to the child: ``(task, arguments, wants progress, limits)``. Messages from it, each a tuple that begins with
its kind: ``("progress", fraction, message)``, then exactly one of ``("value", value)``, ``("domain", error)``,
``("memory",)`` or ``("unexpected", type name)``. All are pickled; values are plain (see `usd_ai.run.wire`).
"""

from __future__ import annotations

import contextlib
import faulthandler
import fcntl
import importlib
import math
import os
import pickle
import resource
import select
import signal
import sys
import time
import traceback
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from usd_ai.core.errors import UsdAiError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from usd_ai.core.ports import Limits

PROGRESS_INTERVAL = 0.05
"""Seconds between two progress messages: 20 a second is more than an eye or a stream can use."""


def main(connection: int, lifeline: int, preload: Sequence[str]) -> None:
    """Serve tasks until the parent closes the connection. The arguments are inherited file descriptors."""
    _die_with_parent(lifeline)
    os.umask(0o022)
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for module in preload:
        importlib.import_module(module)
    channel: Connection[Any, Any] = Connection(connection)
    while True:
        try:
            task, arguments, wants_progress, limits = pickle.loads(channel.recv_bytes())  # noqa: S301 - from our parent
        except EOFError:
            return
        channel.send_bytes(_answer(channel, task, arguments, wants_progress, limits))


def _die_with_parent(lifeline: int) -> None:
    """Have the kernel kill this process group when the parent's end of the lifeline closes.

    A watching thread would wait for the interpreter lock, which an export can hold for seconds; PR_SET_PDEATHSIG
    fires when the *thread* that started the child ends. A signal on the pipe has neither fault.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:
        os._exit(1)  # the parent was gone before the signal was armed


def _answer(
    channel: Connection[Any, Any], task: str, arguments: Mapping[str, Any], wants_progress: bool, limits: Limits | None
) -> bytes:
    """The pickled last message of a task. Whatever a task raises ends here, because the parent must hear of it."""
    progress = _Progress(channel)
    try:
        if limits is not None:
            _confine(limits)
        module, _, function = task.partition(":")
        work = getattr(importlib.import_module(module), function)
        value = work(**arguments, report=progress.report) if wants_progress else work(**arguments)
        progress.flush()
        return pickle.dumps(("value", value))
    except UsdAiError as error:
        return pickle.dumps(("domain", error))
    except MemoryError:
        return pickle.dumps(("memory",))
    except Exception as error:  # noqa: BLE001 - the border of the process: logged here, named there
        traceback.print_exc()
        sys.stderr.flush()
        return pickle.dumps(("unexpected", type(error).__name__))


def _confine(limits: Limits) -> None:
    """Limit this process for good; only a child that serves a single task is confined."""
    # Python ignores this signal, which would turn the limit into an OSError that a library may swallow.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    if limits.memory:
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    if limits.file_size:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_size, limits.file_size))
    if limits.cpu:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        end = math.ceil(usage.ru_utime + usage.ru_stime) + limits.cpu
        resource.setrlimit(resource.RLIMIT_CPU, (end, end + 1))


class _Progress:
    """Sends at most one message per interval, and always the last one."""

    def __init__(self, channel: Connection[Any, Any]) -> None:
        self._channel = channel
        self._sent = -math.inf
        self._held: tuple[float, str] | None = None

    def report(self, fraction: float, message: str) -> None:
        self._held = (min(max(float(fraction), 0.0), 1.0), str(message))
        if time.monotonic() - self._sent >= PROGRESS_INTERVAL:
            self.flush()

    def flush(self) -> None:
        if self._held is None:
            return
        held, self._held = self._held, None
        self._sent = time.monotonic()
        with contextlib.suppress(BrokenPipeError):  # the parent is gone, and so will this process be
            self._channel.send_bytes(pickle.dumps(("progress", *held)))
