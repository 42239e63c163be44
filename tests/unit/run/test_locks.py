from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

from usd_ai.run.clock import SystemClock
from usd_ai.run.locks import FileLocks


def test_when_a_thread_holds_a_name_then_another_waits_and_other_names_are_free(tmp_path: Path) -> None:
    locks, order = FileLocks(str(tmp_path)), []
    with locks.held("world/a"):
        waiter = threading.Thread(target=lambda: _append(locks, "world/a", order))
        waiter.start()
        with locks.held("world/b"):
            order.append("b")
        time.sleep(0.1)
        order.append("released")
    waiter.join()
    assert order == ["b", "released", "world/a"]


def _append(locks: FileLocks, name: str, order: list[str]) -> None:
    with locks.held(name):
        order.append(name)


def test_when_a_holder_is_killed_then_the_lock_is_free(tmp_path: Path) -> None:
    program = (
        f"import sys, time; sys.path[:] = {sys.path!r}\n"
        "from usd_ai.run.locks import FileLocks\n"
        f"with FileLocks({str(tmp_path)!r}).held('x'): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.communicate()
    with FileLocks(str(tmp_path)).held("x"):
        pass


def test_when_asked_for_the_time_then_it_is_rfc_3339_in_utc() -> None:
    now = SystemClock().now()
    assert now.endswith("Z")
    assert len(now) == len("2026-11-22T10:00:00.000Z")
