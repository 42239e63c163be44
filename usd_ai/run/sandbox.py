"""Files of others are read here: in a child that serves one task, within limits, and is never used again."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from usd_ai.core.errors import UnreadableInput, UsdAiError, WorkerLost
from usd_ai.run.worker import DeathError, Surroundings, Worker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usd_ai.core.ports import Cancel, Limits, Reporter

SUBJECTS = ("path", "stage", "layer")
"""Arguments of a task that name the file it reads, the first one found; errors name that file."""

_LOGS = 16  # logs kept, so that a server that reads files for months does not fill a disk
_MEBIBYTE = 1 << 20


class Sandbox:
    """Calls with limits, each in a fresh child.

    One child is started ahead, so that a call does not wait for Python and the modules it preloads (0.5 s for pxr).
    """

    def __init__(self, surroundings: Surroundings, logs: Path) -> None:
        self._surroundings = surroundings
        self._logs = logs
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._spare: Worker | None = None
        self._busy: list[Worker] = []
        self._closed = False

    def call(
        self,
        task: str,
        arguments: Mapping[str, Any],
        limits: Limits,
        *,
        report: Reporter | None = None,
        cancel: Cancel | None = None,
    ) -> Any:  # noqa: ANN401 - the plain value the task returns
        """Run a task within limits.

        When the child dies or is too slow: UnreadableInput with the name of the file in ``arguments`` and the limit
        that was hit; WorkerLost when no argument names a file. The task's domain errors come back as they are.
        """
        worker = self._take()
        try:
            return worker.call(task, arguments, report=report, cancel=cancel, limits=limits)
        except DeathError as death:
            raise _unreadable(task, arguments, limits, death, worker.log) from death
        finally:
            worker.kill()
            with self._lock:
                self._busy.remove(worker)

    def close(self) -> None:
        """Kill all children."""
        with self._lock:
            self._closed = True
            spare, self._spare = self._spare, None
            for worker in self._busy:
                worker.strike()
        if spare is not None:
            spare.kill()

    def _take(self) -> Worker:
        with self._lock:
            if self._closed:
                raise WorkerLost(
                    "The workers were stopped.", remedy="Start the server again.", reason="WORKERS_STOPPED"
                )
            worker, self._spare = self._spare, None
            if worker is not None and not worker.ready:
                worker.kill()
                worker = None
            worker = worker or self._start()
            self._busy.append(worker)
            self._spare = self._start()
            return worker

    def _start(self) -> Worker:
        return Worker(self._surroundings, self._logs / f"sandbox-{next(self._numbers) % _LOGS}.log")


def _unreadable(task: str, arguments: Mapping[str, Any], limits: Limits, death: DeathError, log: Path) -> UsdAiError:
    """The error for a child that died: which file, which limit, what to do."""
    path = next((str(arguments[name]) for name in SUBJECTS if arguments.get(name)), "")
    subject = PurePath(path).name
    reason, what, remedy = _diagnosis(death, limits, log)
    context = {"task": task, "limit": reason.lower(), "log": log.name}
    if not subject:
        return WorkerLost(f"The step '{task}' {what}.", remedy=remedy, reason=reason, context=context)
    return UnreadableInput(
        f"The file '{subject}' {what}.", remedy=remedy, reason=reason, context={"file": subject, **context}
    )


def _diagnosis(death: DeathError, limits: Limits, log: Path) -> tuple[str, str, str]:
    """Reason, end of the sentence, and remedy for a death."""
    smaller = "Make the file lighter, or raise the limits for reading files in the settings."
    if death.cause == "wall":
        return "WALL_LIMIT", f"was not read within {limits.wall:g} s", smaller
    if death.words == "SIGXCPU":
        return "CPU_LIMIT", f"took more than {limits.cpu} s of processor time to read", smaller
    if death.words == "SIGXFSZ":
        return "FILE_SIZE_LIMIT", f"made its reader write more than {limits.file_size // _MEBIBYTE} MiB", smaller
    if death.cause == "memory" or death.words == "SIGKILL" or (limits.memory and _ran_dry(log)):
        if limits.memory:
            return "MEMORY_LIMIT", f"needs more than {limits.memory // _MEBIBYTE} MiB of memory to read", smaller
        return "MEMORY_LIMIT", "needs more memory to read than this machine has", smaller
    return (
        "READER_DIED",
        f"brought its reader down ({death.words})",
        "The file is damaged or made to do harm; write it again from the program it came from.",
    )


def _ran_dry(log: Path) -> bool:
    """Whether C++ said that it got no memory; it aborts then, where Python raises MemoryError."""
    return b"bad_alloc" in log.read_bytes()[-65536:]
