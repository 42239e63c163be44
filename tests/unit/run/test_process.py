from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from usd_ai.core.errors import Cancelled, InvalidRequest, UsdAiError, WorkerLost
from usd_ai.core.types import FrameRange, Rate
from usd_ai.run.environment import PINNED
from usd_ai.run.process import Pool


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    with Pool(2, {"USER_CACHE": "/c"}, folder=str(tmp_path / "workers")) as started:
        yield started


def _gone(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


def test_when_a_task_returns_then_its_value_comes_back_from_a_warm_child(pool: Pool) -> None:
    assert pool.call("pool_tasks:add", {"left": 2, "right": 3}) == 5
    first = pool.call("pool_tasks:pid", {})
    assert first == pool.call("pool_tasks:pid", {})
    assert pool.call("pool_tasks:values", {}) == (FrameRange(1, 24), Rate(24000, 1001))


def test_when_the_machine_is_configured_oddly_then_children_see_only_pinned_variables(
    monkeypatch: pytest.MonkeyPatch, pool: Pool
) -> None:
    for name, value in {
        "OMP_NUM_THREADS": "64",
        "PXR_X": "1",
        "OTIO_X": "1",
        "USD_AI_X": "1",
        "TZ": "Asia/Tokyo",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", "/evil")
    seen = pool.call("pool_tasks:environment", {})
    assert {name: seen[name] for name in PINNED} == PINNED
    assert set(seen) - set(PINNED) <= {"HOME", "TMPDIR", "USER_CACHE", "LC_CTYPE"}
    folder, zone, modules = pool.call("pool_tasks:place", {})
    assert (Path(folder).name, zone) == ("tmp", "UTC")
    assert not {"torch", "pxr", "numpy"} & set(modules)


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "PYTHONPATH", "PXR_PLUGINPATH_NAME", "LD_PRELOAD"])
def test_when_settings_would_change_a_pinned_variable_then_the_pool_refuses(name: str) -> None:
    with pytest.raises(InvalidRequest, match=name):
        Pool(1, {name: "2"})


def test_when_a_task_raises_a_domain_error_then_it_arrives_intact_and_the_child_stays(pool: Pool) -> None:
    before = pool.call("pool_tasks:pid", {})
    with pytest.raises(InvalidRequest) as caught:
        pool.call("pool_tasks:refuse", {})
    error = caught.value
    assert (error.message, error.remedy, error.reason) == ("No rate.", "Give one.", "RATE_MISSING")
    assert error.context == {"file": "cut.edl"}
    assert pool.call("pool_tasks:pid", {}) == before


def test_when_a_task_stumbles_then_the_log_holds_the_traceback_and_the_error_does_not(
    pool: Pool, tmp_path: Path
) -> None:
    with pytest.raises(UsdAiError, match="unexpected KeyError") as caught:
        pool.call("pool_tasks:stumble", {})
    assert "secret" not in str(caught.value)
    assert "secret" in (tmp_path / "workers/logs" / caught.value.context["log"]).read_text()


def test_when_a_task_returns_something_that_does_not_travel_then_the_error_names_it(pool: Pool) -> None:
    with pytest.raises(UsdAiError, match="PosixPath"):
        pool.call("pool_tasks:arrays", {})
    assert pool.call("pool_tasks:add", {"left": 1, "right": 1}) == 2


@pytest.mark.parametrize(("task", "words"), [("crash", "SIGSEGV"), ("leave", "exit code 7")])
def test_when_a_child_dies_then_the_worker_is_lost_and_replaced(pool: Pool, task: str, words: str) -> None:
    before = pool.call("pool_tasks:pid", {})
    with pytest.raises(WorkerLost, match=words):
        pool.call(f"pool_tasks:{task}", {})
    assert pool.call("pool_tasks:pid", {}) != before


def test_when_memory_runs_out_then_the_worker_is_lost_with_that_reason_and_replaced(pool: Pool) -> None:
    before = pool.call("pool_tasks:pid", {})
    with pytest.raises(WorkerLost) as caught:
        pool.call("pool_tasks:refuse_memory", {})
    assert caught.value.reason == "OUT_OF_MEMORY"
    assert pool.call("pool_tasks:pid", {}) != before


def test_when_cancelled_while_the_interpreter_is_held_then_child_and_grandchild_are_dead_within_a_second(
    pool: Pool, tmp_path: Path
) -> None:
    note, cancel, ended = tmp_path / "pids", threading.Event(), []

    def work() -> None:
        with pytest.raises(Cancelled):
            pool.call("pool_tasks:hold_interpreter", {"seconds": 60, "note": str(note)}, cancel=cancel)
        ended.append(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    while not (note.exists() and note.read_text()):
        time.sleep(0.01)
    pids = [int(pid) for pid in note.read_text().split()]
    asked = time.monotonic()
    cancel.set()
    thread.join()
    assert ended[0] - asked < 1.0
    assert not psutil.pid_exists(pids[0])
    for _ in range(500):  # it was killed with its parent; on a busy machine its end takes a moment to be seen
        if _gone(pids[1]):
            break
        time.sleep(0.01)
    assert _gone(pids[1])
    assert pool.call("pool_tasks:add", {"left": 1, "right": 2}) == 3


def test_when_all_workers_are_busy_then_a_waiting_call_can_be_cancelled(tmp_path: Path) -> None:
    with Pool(1, folder=str(tmp_path)) as pool, ThreadPoolExecutor() as threads:
        busy = threads.submit(pool.call, "pool_tasks:sleep", {"seconds": 1.0})
        time.sleep(0.2)
        cancel = threading.Event()
        waiting = threads.submit(pool.call, "pool_tasks:add", {"left": 1, "right": 1}, cancel=cancel)
        cancel.set()
        with pytest.raises(Cancelled):
            waiting.result(timeout=0.5)
        assert not busy.done()


def test_when_a_task_reports_ten_thousand_times_then_few_messages_arrive_in_order_and_the_last_one_does(
    pool: Pool,
) -> None:
    heard: list[tuple[float, str]] = []
    pool.call(
        "pool_tasks:count",
        {"steps": 10_000, "pause": 0.00005},
        report=lambda fraction, message: heard.append((fraction, message)),
    )
    assert heard == sorted(heard, key=lambda item: item[0])
    assert heard[-1] == (1.0, "step 10000")
    assert 2 <= len(heard) < 200


def test_when_the_reporter_fails_then_the_child_is_replaced_and_the_failure_is_the_callers(pool: Pool) -> None:
    before = pool.call("pool_tasks:pid", {})

    def report(_fraction: float, _message: str) -> None:
        raise RuntimeError("stream closed")

    with pytest.raises(RuntimeError, match="stream closed"):
        pool.call("pool_tasks:count", {"steps": 100, "pause": 0.1}, report=report)
    assert pool.call("pool_tasks:pid", {}) != before
    assert not psutil.pid_exists(before)


def test_when_many_threads_call_then_every_answer_goes_to_its_asker(pool: Pool) -> None:
    def ask(number: int) -> int:
        return pool.call("pool_tasks:add", {"left": number, "right": 1000})

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(ask, range(200))) == [number + 1000 for number in range(200)]


def test_when_the_pool_closes_then_a_running_call_ends_and_later_ones_are_refused(tmp_path: Path) -> None:
    pool = Pool(1, folder=str(tmp_path))
    with ThreadPoolExecutor() as threads:
        running = threads.submit(pool.call, "pool_tasks:sleep", {"seconds": 60})
        time.sleep(0.5)
        pool.close()
        with pytest.raises(WorkerLost):
            running.result(timeout=2)
    with pytest.raises(WorkerLost, match="stopped"):
        pool.call("pool_tasks:pid", {})


def test_when_the_parent_is_killed_then_its_busy_children_die_with_it(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    program = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        "from usd_ai.run.process import Pool\n"
        f"Pool(1).call('pool_tasks:hold_interpreter', {{'seconds': 60, 'note': {str(note)!r}}})"
    )
    parent = subprocess.Popen([sys.executable, "-c", program])
    while not (note.exists() and note.read_text()):
        assert parent.poll() is None
        time.sleep(0.02)
    pids = [int(pid) for pid in note.read_text().split()]
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline and not all(map(_gone, pids)):
        time.sleep(0.02)
    assert all(map(_gone, pids))
