"""Cancel, a dead worker, a dead server: each ends as it was promised, and the next request is served."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

import usd_ai
from tests.journeys.shows import GENERATOR, SEED, SmallShow, build_small_show, fire_of, lend_cache, serving
from usd_ai.core.errors import Cancelled, WorkerLost

SHOT = "sh020"
ONCE = str(uuid.uuid4())
_PATIENCE = 120.0


@pytest.fixture(scope="module")
def warm(small_show: SmallShow) -> SmallShow:
    """The show with world and flames in the cache, so that what is interrupted here is the work of one shot."""
    small_show.publish("sh010", usd_ai.Detail.FIRST_LOOK)
    return small_show


def _until(holds: Callable[[], bool], seconds: float = _PATIENCE) -> float:
    """Wait until something holds; the seconds it took."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, "it did not come to pass"
        time.sleep(0.01)
    return time.monotonic() - begun


def _generating(handle: usd_ai.GenerationHandle) -> None:
    """Wait until a worker is at work on the layer itself."""

    def at_work() -> bool:
        snapshot = handle.refresh()
        assert not snapshot.state.ended, snapshot
        return snapshot.state is usd_ai.State.GENERATING

    _until(at_work)
    time.sleep(1.0)


def _busy(show: SmallShow) -> list[psutil.Process]:
    children = show.server.children()
    for child in children:
        child.cpu_percent()
    time.sleep(0.5)
    return [child for child in children if child.is_running() and child.cpu_percent() > 20.0]


@pytest.fixture
def long_work(warm: SmallShow, request: pytest.FixtureRequest) -> Iterator[usd_ai.GenerationHandle]:
    """A generation that simulates smoke nobody has simulated yet, seen at work."""
    smoke = 0.5 + 0.001 * len(request.node.name)  # each test its own
    handle = warm.studio.shot(SHOT).generate(GENERATOR, warm.wish(SHOT, smoke=smoke), seed=SEED)
    _generating(handle)
    yield handle
    handle.cancel()


def test_when_a_running_generation_is_cancelled_then_its_child_is_dead_within_a_second(
    warm: SmallShow, long_work: usd_ai.GenerationHandle
) -> None:
    busy = _busy(warm)
    assert busy, "nobody works"
    long_work.cancel()
    took = _until(lambda: not any(child.is_running() for child in busy), 5.0)
    assert took < 1.0
    with pytest.raises(Cancelled):
        long_work.wait()
    assert long_work.refresh().state is usd_ai.State.CANCELLED
    assert long_work.cancel().state is usd_ai.State.CANCELLED
    assert warm.studio.shot(SHOT).plan(GENERATOR, warm.wish(SHOT), seed=SEED).digest


def test_when_a_worker_is_killed_then_the_generation_fails_with_a_sentence_and_the_next_succeeds(
    warm: SmallShow, long_work: usd_ai.GenerationHandle
) -> None:
    for child in _busy(warm):
        child.kill()
    with pytest.raises(WorkerLost, match=r"worker died \(SIGKILL\)") as lost:
        long_work.wait()
    assert "again" in lost.value.remedy
    assert long_work.refresh().state is usd_ai.State.FAILED
    wish = warm.wish(SHOT)
    after = warm.studio.shot(SHOT).generate(GENERATOR, wish, seed=SEED, detail=usd_ai.Detail.FIRST_LOOK)
    assert after.wait().state is usd_ai.State.AWAITING_REVIEW


def test_when_the_server_is_killed_then_the_next_one_completes_the_generation(warm: SmallShow, tmp_path: Path) -> None:
    studio_file, state = build_small_show(tmp_path / "ember"), tmp_path / "state"
    (state / "cache").mkdir(parents=True)
    lend_cache(warm.server.state, state)
    words = {"seed": SEED, "detail": usd_ai.Detail.FIRST_LOOK}
    wish = fire_of(studio_file, SHOT)
    with serving(studio_file, state, workers=1) as server, usd_ai.connect(server.address) as studio:
        interrupted = studio.shot(SHOT).generate(GENERATOR, wish, request_id=ONCE, **words)
        _generating(interrupted)
        children = server.children()
        server.kill()
        _until(lambda: not any(child.is_running() for child in children), 5.0)

    with serving(studio_file, state, workers=1) as server, usd_ai.connect(server.address) as studio:
        assert "1 interrupted generation(s) were put back into the queue" in server.log()
        asked_again = studio.shot(SHOT).generate(GENERATOR, wish, request_id=ONCE, **words)
        assert asked_again.name == interrupted.name
        done = asked_again.wait()
        assert done.state is usd_ai.State.AWAITING_REVIEW
        assert not done.cached
        messages = list(studio.generation(interrupted.name).watch())
        assert [message.sequence for message in messages] == list(range(1, len(messages) + 1))
        assert any("begins again" in message.message for message in messages)

        second = studio.shot(SHOT).generate(GENERATOR, wish, request_id=str(uuid.uuid4()), **words)
        hit = second.wait()
        assert second.name != interrupted.name
        assert hit.cached
        assert hit.layer == done.layer
