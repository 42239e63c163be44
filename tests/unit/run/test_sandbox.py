from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from usd_ai.core.errors import Cancelled, InvalidRequest, UnreadableInput, WorkerLost
from usd_ai.core.ports import Limits
from usd_ai.run.process import Pool

GIBIBYTE = 1 << 30
FILE = "/show/sq010/hostile.usda"


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    with Pool(1, folder=str(tmp_path / "workers")) as started:
        yield started


def test_when_a_call_has_limits_then_every_call_gets_a_fresh_child_that_is_dead_afterwards(pool: Pool) -> None:
    first, second = (pool.call("pool_tasks:pid", {}, limits=Limits(wall=10)) for _ in range(2))
    assert first != second
    assert not psutil.pid_exists(first)
    assert not psutil.pid_exists(second)


@pytest.mark.parametrize(
    ("task", "arguments", "limits", "reason", "words"),
    [
        ("crash", {}, Limits(memory=2 * GIBIBYTE), "READER_DIED", "SIGSEGV"),
        ("allocate", {"mebibytes": 4096}, Limits(memory=2 * GIBIBYTE), "MEMORY_LIMIT", "2048 MiB"),
        ("burn", {}, Limits(cpu=1), "CPU_LIMIT", "more than 1 s"),
        ("sleep", {"seconds": 60}, Limits(wall=0.5), "WALL_LIMIT", "within 0.5 s"),
    ],
)
def test_when_a_limit_is_hit_then_the_error_names_the_file_and_the_limit(
    pool: Pool, task: str, arguments: dict[str, object], limits: Limits, reason: str, words: str
) -> None:
    with pytest.raises(UnreadableInput) as caught:
        pool.call(f"pool_tasks:{task}", {**arguments, "path": FILE}, limits=limits)
    error = caught.value
    assert error.reason == reason
    assert "'hostile.usda'" in error.message
    assert words in error.message
    assert error.remedy
    assert "/show" not in str((error.message, error.remedy, error.context))


def test_when_a_reader_writes_too_much_then_it_is_stopped(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput) as caught:
        pool.call(
            "pool_tasks:write",
            {"mebibytes": 4, "path": FILE, "target": str(tmp_path / "out")},
            limits=Limits(file_size=1 << 20),
        )
    assert caught.value.reason == "FILE_SIZE_LIMIT"
    assert (tmp_path / "out").stat().st_size <= 1 << 20


def test_when_no_argument_names_a_file_then_a_death_is_a_lost_worker(pool: Pool) -> None:
    with pytest.raises(WorkerLost, match="SIGSEGV"):
        pool.call("pool_tasks:crash", {}, limits=Limits(cpu=5))


def test_when_the_task_refuses_then_its_own_error_comes_back(pool: Pool) -> None:
    with pytest.raises(InvalidRequest, match="No rate"):
        pool.call("pool_tasks:refuse", {}, limits=Limits(cpu=5))


def test_when_a_limited_call_is_cancelled_then_it_ends_at_once(pool: Pool) -> None:
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        pool.call("pool_tasks:sleep", {"seconds": 60}, limits=Limits(wall=50), cancel=cancel)
    assert time.monotonic() - began < 1.5


def test_when_a_hostile_file_was_read_then_the_next_call_works(pool: Pool) -> None:
    with pytest.raises(UnreadableInput):
        pool.call("pool_tasks:crash", {"path": FILE}, limits=Limits(cpu=5))
    assert pool.call("pool_tasks:add", {"left": 1, "right": 1}, limits=Limits(cpu=5)) == 2
