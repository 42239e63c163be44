"""A pool of warm child processes (docs/decisions/032-worker-processes.md)."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from usd_ai.core.errors import Cancelled, WorkerLost
from usd_ai.run.environment import of_child
from usd_ai.run.sandbox import Sandbox
from usd_ai.run.worker import DeathError, Surroundings, Worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from usd_ai.core.ports import Cancel, Limits, Reporter

_TURN = 0.05
"""Seconds between two looks at the cancel flag while all workers are busy."""


class Pool:
    """`core.ports.Workers`: at most ``size`` warm children for tasks, and fresh ones for tasks with limits.

    ``environment`` adds variables to the pinned ones (a cache folder, a device); nothing is inherited from the parent.
    ``folder`` holds the children's logs, home and temporary files; without one they vanish with the pool. ``preload``
    and ``sandbox_preload`` name modules that a child imports before its first task. Children start when first needed
    and stay. Any number of threads may call. When this process dies, however it dies, the children die with it.
    """

    def __init__(
        self,
        size: int,
        environment: Mapping[str, str] | None = None,
        *,
        folder: str = "",
        preload: Iterable[str] = (),
        sandbox_preload: Iterable[str] = (),
    ) -> None:
        self._own_folder = None if folder else tempfile.TemporaryDirectory(prefix="usd-ai-workers-")
        root = Path(self._own_folder.name if self._own_folder else folder).absolute()
        self._logs, home, temporary = root / "logs", root / "home", root / "tmp"
        for path in (self._logs, home, temporary):
            path.mkdir(parents=True, exist_ok=True)
        variables = of_child(environment or {}, home=str(home), temporary=str(temporary))
        self._surroundings = Surroundings(variables, str(temporary), tuple(preload))
        self._sandbox = Sandbox(Surroundings(variables, str(temporary), tuple(sandbox_preload)), self._logs)
        self._turn = threading.Condition()
        self._idle: list[tuple[int, Worker | None]] = [(slot, None) for slot in reversed(range(max(size, 1)))]
        self._busy: dict[int, Worker] = {}
        self._closed = False

    def call(
        self,
        task: str,
        arguments: Mapping[str, Any],
        *,
        report: Reporter | None = None,
        cancel: Cancel | None = None,
        limits: Limits | None = None,
    ) -> Any:  # noqa: ANN401 - the plain value the task returns
        """Run a task in a child and wait for it; see `core.ports.Workers`.

        With ``limits``, a death is UnreadableInput naming the file in ``arguments`` (see `Sandbox.call`). An
        exception that is no domain error is UsdAiError STEP_FAILED; its traceback stands in the child's log.
        """
        if limits is not None:
            return self._sandbox.call(task, arguments, limits, report=report, cancel=cancel)
        slot, worker = self._take(task, cancel)
        try:
            return worker.call(task, arguments, report=report, cancel=cancel)
        except DeathError as death:
            raise _lost(task, death, worker.log.name) from death
        finally:
            self._give_back(slot, worker)

    def close(self) -> None:
        """Kill all children and wait for them. Calls in progress end with WorkerLost."""
        with self._turn:
            self._closed = True
            for worker in self._busy.values():
                worker.strike()  # the thread that called it buries it
            self._turn.wait_for(lambda: not self._busy)
            idle, self._idle = self._idle, []
            self._turn.notify_all()
        for _, worker in idle:
            if worker is not None:
                worker.kill()
        self._sandbox.close()
        if self._own_folder is not None:
            self._own_folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self, task: str, cancel: Cancel | None) -> tuple[int, Worker]:
        """An idle worker, the one used last first because it is the warmest; waits for one."""
        with self._turn:
            while not self._idle:
                if self._closed:
                    break
                if cancel is not None and cancel.is_set():
                    raise Cancelled(f"The step '{task}' was cancelled before it began.", remedy="Start it again.")
                self._turn.wait(_TURN)
            if self._closed:
                raise WorkerLost(
                    "The workers were stopped.", remedy="Start the server again.", reason="WORKERS_STOPPED"
                )
            slot, worker = self._idle.pop()
            if worker is not None and not worker.ready:  # it died while nobody looked, of memory for one
                worker.kill()
                worker = None
            try:
                self._busy[slot] = worker or self._start(slot)
            except BaseException:
                self._idle.append((slot, None))
                raise
            return slot, self._busy[slot]

    def _give_back(self, slot: int, worker: Worker) -> None:
        """Put a worker back, or bury it and put a new one, already warming up, in its place."""
        keep = worker.ready
        if not keep:
            worker.kill()
        replacement = worker if keep else None
        with self._turn:
            del self._busy[slot]
            try:
                if not keep and not self._closed:
                    replacement = self._start(slot)
            finally:
                self._idle.append((slot, replacement))
                self._turn.notify_all()

    def _start(self, slot: int) -> Worker:
        return Worker(self._surroundings, self._logs / f"worker-{slot}.log")


def _lost(task: str, death: DeathError, log: str) -> WorkerLost:
    """What a person reads when a child died."""
    if death.cause == "memory":
        return WorkerLost(
            f"The step '{task}' ran out of memory.",
            remedy="Ask for less detail or fewer elements, or run it on a machine with more memory.",
            reason="OUT_OF_MEMORY",
            context={"task": task, "log": log},
        )
    return WorkerLost(
        f"The worker died ({death.words}) during the step '{task}'.",
        remedy=f"Start the work again; if it dies again, its log {log} shows where.",
        context={"task": task, "log": log, "death": death.words},
    )
