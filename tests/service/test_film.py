"""A movie in the making, through the open door: how far it is, and what is left of it when somebody hangs up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import usd_ai
from services.calls import MOVIES
from tests.service.conftest import OpenDoor
from tests.service.turning import Turning
from usd_ai.core.decisions import SyncPlan
from usd_ai.core.errors import Conflict, InvalidRequest, NotFound


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Turning]:
    world = Turning(tmp_path)
    yield world
    world.stop()


@pytest.fixture
def studio(open_door: OpenDoor) -> Iterator[usd_ai.Studio]:
    with usd_ai.connect(open_door.address) as studio:
        yield studio


def _left_over(world: Turning) -> list[Path]:
    return [*Path(world.engine._p.work).glob("movie-*"), *Path(world.engine._p.work).parent.rglob("*.part")]


def test_when_a_movie_is_drawn_then_frames_done_of_all_are_told(studio: usd_ai.Studio) -> None:
    heard: list[tuple[int, int]] = []
    path, frames, _ = studio.movie("b", "bonfire", "b.mov", progress=lambda *told: heard.append(told))
    assert Path(path).is_file()
    assert heard[-1] == (frames.count, frames.count)
    assert heard == sorted(heard)


class _HungUpError(Exception):
    """As Ctrl-C would be."""


def test_when_somebody_hangs_up_then_the_drawing_stops_and_nothing_is_left(
    studio: usd_ai.Studio, world: Turning, tmp_path: Path
) -> None:
    world.workshop.hold = threading.Event()

    def hang_up(drawn: int, frames: int) -> None:
        if drawn:
            raise _HungUpError(f"{drawn} of {frames}")

    with pytest.raises(_HungUpError, match="1 of 60"):
        studio.movie("b", "bonfire", "b.mov", progress=hang_up)
    assert world.workshop.drawing.is_set()
    until = time.monotonic() + 10
    while _left_over(world) and time.monotonic() < until:
        time.sleep(0.02)
    assert _left_over(world) == []
    assert world.workshop.filmed == []
    assert not (tmp_path / "b.mov").exists()


def test_when_as_many_movies_as_may_be_are_drawn_then_others_are_served_and_the_next_is_refused(
    open_door: OpenDoor, world: Turning
) -> None:
    world.workshop.hold = threading.Event()
    ended: list[str] = []

    def draw(number: int) -> None:
        with usd_ai.connect(open_door.address) as studio:
            ended.append(studio.movie("b", "bonfire", f"m{number}.mov")[0])

    drawing = [threading.Thread(target=draw, args=(number,), daemon=True) for number in range(MOVIES)]
    for thread in drawing:
        thread.start()
    with usd_ai.connect(open_door.address) as studio:
        until = time.monotonic() + 10
        while open_door.door._calls._drawn < MOVIES and time.monotonic() < until:
            time.sleep(0.02)
        with pytest.raises(Conflict, match="4 movies are being drawn already") as full:
            studio.movie("b", "bonfire", "one_more.mov")
        assert (full.value.reason, "Ask again" in full.value.remedy) == ("MOVIES_FULL", True)
        assert studio.movie("b", "bonfire", "one_more.mov", dry_run=True)[0]  # draws nothing, and needs no place
        begun = time.monotonic()
        assert len(studio.cut().shots) == len(world.cuts.cut.shots)
        assert time.monotonic() - begun < 5
        world.workshop.hold.set()
        for thread in drawing:
            thread.join(10)
        assert len(ended) == MOVIES
        assert studio.movie("b", "bonfire", "last.mov")[0].endswith("last.mov")


def test_when_applies_wait_for_one_another_then_others_are_served(
    open_door: OpenDoor, world: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, hold = threading.Semaphore(0), threading.Event()
    etag = world.decide("cuts/ember.otio").etag
    plan = world.decide("cuts/ember.otio")
    at_once: list[int] = []

    def slow(*_: object, **__: object) -> SyncPlan:
        at_once.append(1)
        going.release()
        hold.wait(20)
        return plan

    monkeypatch.setattr(world.engine.turnover, "apply", slow)

    def apply() -> None:
        with usd_ai.connect(open_door.address) as studio:
            studio.sync("cuts/ember.otio", apply=True, etag=etag)

    waiting = [threading.Thread(target=apply, daemon=True) for _ in range(8)]
    for thread in waiting:
        thread.start()
    assert going.acquire(timeout=10)
    time.sleep(0.3)  # the others come, and none of them may begin
    with usd_ai.connect(open_door.address) as studio:
        begun = time.monotonic()
        assert studio.cut().shots
        assert time.monotonic() - begun < 5
    assert len(at_once) == 1
    hold.set()
    for thread in waiting:
        thread.join(10)
    assert len(at_once) == 8


def test_when_the_movie_cannot_be_made_then_the_stream_says_why(studio: usd_ai.Studio) -> None:
    with pytest.raises(InvalidRequest, match=r"\.mov"):
        studio.movie("b", "bonfire", "b.mp4")
    with pytest.raises(NotFound):
        studio.movie("nowhere", "bonfire", "b.mov")
