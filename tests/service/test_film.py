"""A movie in the making, through the open door: how far it is, and what is left of it when somebody hangs up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import usd_ai
from tests.service.conftest import OpenDoor
from tests.service.turning import Turning
from usd_ai.core.errors import InvalidRequest, NotFound


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


def test_when_the_movie_cannot_be_made_then_the_stream_says_why(studio: usd_ai.Studio) -> None:
    with pytest.raises(InvalidRequest, match=r"\.mov"):
        studio.movie("b", "bonfire", "b.mp4")
    with pytest.raises(NotFound):
        studio.movie("nowhere", "bonfire", "b.mov")
