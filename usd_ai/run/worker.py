"""One child process as its parent sees it: start it, hand it a task, hear it, kill it."""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from usd_ai.core.errors import Cancelled, UsdAiError
from usd_ai.run import wire

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from usd_ai.core.ports import Cancel, Limits, Reporter

POLL = 0.02
"""Seconds between two looks at the cancel flag and the wall clock."""

_BOOT = (
    "import json, sys; start = json.loads(sys.argv[1]); sys.path[:] = start['path'];"
    "from usd_ai.run.child import main; main(start['connection'], start['lifeline'], start['preload'])"
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all children of a pool share: environment variables, working folder, and modules imported ahead of need."""

    environment: Mapping[str, str]
    folder: str
    preload: tuple[str, ...] = ()


class DeathError(Exception):
    """The child ended before it answered.

    ``cause``: "signal", "exit", "wall" or "memory"; ``number``: of the signal or the exit code.
    """

    def __init__(self, cause: str, number: int = 0) -> None:
        super().__init__(cause, number)
        self.cause = cause
        self.number = number

    @property
    def words(self) -> str:
        """How it died, as a person reads it: ``SIGSEGV`` or ``exit code 1``."""
        if self.cause == "signal":
            return signal.Signals(self.number).name
        return f"exit code {self.number}" if self.cause == "exit" else f"{self.cause} limit"


class Worker:
    """A child process in a group of its own. Serves one task at a time; not for use by two threads at once."""

    def __init__(self, surroundings: Surroundings, log: Path) -> None:
        """Start the child and return at once; it imports what it preloads on its own time."""
        self.log = log
        ours, theirs = socket.socketpair()
        lifeline_end, self._lifeline = os.pipe()
        start = {
            "path": sys.path,
            "preload": surroundings.preload,
            "connection": theirs.fileno(),
            "lifeline": lifeline_end,
        }
        try:
            with log.open("wb") as output:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter with our own code
                    # -s and -P: neither the user's site-packages nor the working folder can bring in code.
                    [sys.executable, "-s", "-P", "-c", _BOOT, json.dumps(start)],
                    env=dict(surroundings.environment),
                    cwd=surroundings.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=(theirs.fileno(), lifeline_end),
                    start_new_session=True,
                )
        finally:
            theirs.close()
            os.close(lifeline_end)
        self._channel: Connection[Any, Any] = Connection(ours.detach())
        self._serving = False

    @property
    def pid(self) -> int:
        """The child's process id, also that of its group."""
        return self._process.pid

    @property
    def ready(self) -> bool:
        """Whether the child runs and has answered all it was asked, so that it can be asked again."""
        return not self._serving and self._process.poll() is None

    def call(
        self,
        task: str,
        arguments: Mapping[str, Any],
        *,
        report: Reporter | None,
        cancel: Cancel | None,
        limits: Limits | None = None,
    ) -> Any:  # noqa: ANN401 - the plain value the task returns
        """Run a task and wait. Raises its domain error, Cancelled (the child is dead then) or DeathError (so is it).

        After an exception of ``report`` the child is still at work; it is not `ready` and must be killed.
        """
        wall = limits.wall if limits else 0.0
        deadline = time.monotonic() + wall if wall else float("inf")
        request = pickle.dumps((task, dict(arguments), report is not None, limits))
        self._serving = True
        try:
            self._channel.send_bytes(request)
            while True:
                self._wait(task, cancel, deadline)
                message = wire.loads(self._channel.recv_bytes(wire.MESSAGE_LIMIT))
                if message[0] != "progress":
                    self._serving = message[0] == "memory"  # what memory errors leave behind is not used again
                    return _outcome(task, message, self.log)
                if report is not None:
                    report(message[1], message[2])
        except (EOFError, ConnectionError) as error:
            raise self._death() from error

    def _wait(self, task: str, cancel: Cancel | None, deadline: float) -> None:
        """Return when the child has said something. Kills it when it is cancelled or late."""
        while not self._channel.poll(POLL):
            if cancel is not None and cancel.is_set():
                self.kill()
                raise Cancelled(f"The step '{_short(task)}' was cancelled.", remedy="Start it again when it is wanted.")
            if time.monotonic() > deadline:
                self.kill()
                raise DeathError("wall")

    def strike(self) -> None:
        """Send the deadly signal and do not wait. The thread in `call` finds the child dead."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """Kill the child and everything it started; return when it is gone."""
        self.strike()
        self._process.wait()
        self._channel.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def _death(self) -> DeathError:
        """How the child ended, once it has closed its end of the connection."""
        try:
            code = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            self.kill()
            return DeathError("exit", 1)
        self.kill()
        return DeathError("signal", -code) if code < 0 else DeathError("exit", code)


def _outcome(task: str, message: Sequence[Any], log: Path) -> Any:  # noqa: ANN401 - the plain value the task returns
    """What the last message of a task says."""
    match message:
        case ("value", value):
            return value
        case ("domain", UsdAiError() as error):
            raise error
        case ("memory",):
            raise DeathError("memory")
        case ("unexpected", name):
            raise UsdAiError(
                f"The step '{_short(task)}' stopped with an unexpected {name}.",
                remedy=f"This is a fault of the program; its log {log.name} holds the details for a report.",
                reason="STEP_FAILED",
                context={"task": task, "log": log.name},
            )
        case _:
            raise DeathError("exit", 1)


def _short(task: str) -> str:
    """A task's name without the package: ``stage.facts:read``."""
    return task.removeprefix("usd_ai.")
