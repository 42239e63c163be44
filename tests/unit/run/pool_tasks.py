"""Tasks that the tests of the pool and the sandbox run in children."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import FrameRange, Rate


def add(left: int, right: int) -> int:
    return left + right


def pid() -> int:
    return os.getpid()


def environment() -> dict[str, str]:
    return dict(os.environ)


def place() -> tuple[str, str, list[str]]:
    import sys  # noqa: PLC0415 - what the child sees, asked when it runs

    return str(Path.cwd()), time.tzname[0], sorted(sys.modules)


def values() -> tuple[FrameRange, Rate]:
    return FrameRange(1, 24), Rate(24000, 1001)


def arrays() -> Any:  # noqa: ANN401 - the point is that it does not travel
    return Path("/somewhere")


def refuse() -> None:
    raise InvalidRequest("No rate.", remedy="Give one.", reason="RATE_MISSING", context={"file": "cut.edl"})


def stumble() -> None:
    raise KeyError("secret")


def crash(path: str = "") -> None:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError(path)


def leave() -> None:
    os._exit(7)


def sleep(seconds: float, path: str = "") -> str:
    time.sleep(seconds)
    return path


def hold_interpreter(seconds: int, note: str) -> None:
    """Sleep in C without releasing the interpreter lock, as an export does, with a grandchild beside."""
    child = subprocess.Popen(["sleep", str(seconds)])
    Path(note).write_text(f"{os.getpid()} {child.pid}")
    ctypes.PyDLL(None).sleep(seconds)


def count(steps: int, pause: float, report: Any) -> int:  # noqa: ANN401 - a core.ports.Reporter
    for step in range(steps):
        report((step + 1) / steps, f"step {step + 1}")
        time.sleep(pause)
    return steps


def allocate(mebibytes: int, path: str) -> int:
    return len(bytearray(mebibytes << 20)) + len(path) * 0


def burn(path: str) -> None:
    while path:
        pass


def write(mebibytes: int, path: str, target: str) -> str:
    Path(target).write_bytes(bytes(mebibytes << 20))
    return path


def refuse_memory() -> None:
    raise MemoryError
