from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.timecode import from_frames
from usd_ai.core.types import Rate
from usd_ai.editorial.timecode import to_frames

_VIDEO, _FAST = Rate(30000, 1001), Rate(60000, 1001)


@given(st.integers(0, 144 * 17982 - 1))
def test_when_frames_become_drop_frame_timecode_then_they_come_back(frame: int) -> None:
    text = from_frames(frame, _VIDEO, drop=True)
    assert text[-3] == ";"
    assert to_frames(text, _VIDEO, drop=False) == frame
    assert to_frames(from_frames(2 * frame, _FAST, drop=True), _FAST, drop=False) == 2 * frame


@pytest.mark.parametrize(
    ("frame", "text"),
    [(1799, "00:00:59;29"), (1800, "00:01:00;02"), (17982, "00:10:00;00"), (107892, "01:00:00;00")],
)
def test_when_a_minute_begins_then_its_first_two_numbers_are_left_out(frame: int, text: str) -> None:
    assert from_frames(frame, _VIDEO, drop=True) == text


def test_when_a_day_is_over_then_timecode_begins_anew() -> None:
    assert from_frames(24 * 86400, Rate(24)) == "00:00:00:00"
    assert from_frames(-1, Rate(24)) == "23:59:59:23"
    assert from_frames(144 * 17982, _VIDEO, drop=True) == "00:00:00;00"
    assert from_frames(-1, _VIDEO, drop=True) == "23:59:59;29"


def test_when_timecode_shall_drop_at_a_rate_without_then_it_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="does not exist at 24000/1001"):
        from_frames(0, Rate(24000, 1001), drop=True)
