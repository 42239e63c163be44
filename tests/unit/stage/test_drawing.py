from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from usd_ai.core.errors import Cancelled, UnreadableInput
from usd_ai.core.ports import Cancel, Reporter
from usd_ai.stage.drawing import BLOCK, draw_frames

_FRAMES = tuple(range(1001, 1024))


def _draw(frames: tuple[int, ...], report: Reporter, cancel: Cancel) -> Sequence[str]:
    assert not cancel.is_set()
    for number in range(len(frames) + 1):
        report(number / len(frames), "")
    return [f"{frame}.png" for frame in frames]


@pytest.mark.parametrize("lanes", [1, 2, 16])
def test_when_several_draw_then_pictures_stay_in_order_and_every_frame_is_counted_once(lanes: int) -> None:
    heard: list[int] = []
    pictures = draw_frames(_draw, _FRAMES, lanes, heard.append)
    assert pictures == tuple(f"{frame}.png" for frame in _FRAMES)
    assert heard == list(range(1, len(_FRAMES) + 1))
    assert draw_frames(_draw, (), lanes) == ()


def test_when_two_may_draw_then_two_do_at_the_same_time_and_each_a_few_frames() -> None:
    both = threading.Barrier(2, timeout=10)
    asked: list[tuple[int, ...]] = []

    def draw(frames: tuple[int, ...], report: Reporter, cancel: Cancel) -> Sequence[str]:
        if len(asked) < 2:
            asked.append(frames)
            both.wait()  # broken, and the test with it, unless the other is here too
        return _draw(frames, report, cancel)

    draw_frames(draw, _FRAMES, 2)
    assert sorted(asked) == [_FRAMES[:BLOCK], _FRAMES[BLOCK : 2 * BLOCK]]


def test_when_one_fails_then_the_other_is_stopped_and_the_first_error_is_raised() -> None:
    stopped, both = threading.Event(), threading.Barrier(2, timeout=10)

    def draw(frames: tuple[int, ...], _: Reporter, cancel: Cancel) -> Sequence[str]:
        both.wait()
        if frames[0] == _FRAMES[0]:
            raise UnreadableInput("A volume is broken.", remedy="Generate it again.")
        until = time.monotonic() + 10
        while not cancel.is_set() and time.monotonic() < until:
            time.sleep(0.001)
        stopped.set()
        raise Cancelled("stopped", remedy="")

    with pytest.raises(UnreadableInput, match="A volume is broken"):
        draw_frames(draw, _FRAMES, 2)
    assert stopped.is_set()


def test_when_somebody_cancels_then_no_further_block_is_begun() -> None:
    cancel, begun = threading.Event(), []

    def draw(frames: tuple[int, ...], report: Reporter, stop: Cancel) -> Sequence[str]:
        begun.append(frames)
        cancel.set()
        assert stop.is_set()
        raise Cancelled("stopped", remedy="")

    with pytest.raises(Cancelled):
        draw_frames(draw, _FRAMES, 1, None, cancel)
    assert len(begun) == 1
