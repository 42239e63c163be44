from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usd_ai.core.timecode import from_frames
from usd_ai.core.types import Rate
from usd_ai.editorial.timecode import BadTimecodeError, says_drop, to_frames

_VIDEO = Rate(30000, 1001)


@pytest.mark.parametrize(
    ("text", "frame"),
    [("00:00:59;29", 1799), ("00:01:00;02", 1800), ("00:10:00;00", 17982), ("01:00:00;00", 107892)],
)
def test_when_timecode_is_drop_frame_then_the_skipped_numbers_do_not_count(text: str, frame: int) -> None:
    assert to_frames(text, _VIDEO, drop=False) == frame
    assert to_frames(text.replace(";", ":"), _VIDEO, drop=True) == frame


def test_when_drop_frame_runs_at_sixty_then_four_numbers_a_minute_are_skipped() -> None:
    assert to_frames("00:01:00;04", Rate(60000, 1001), drop=False) == 3600


@pytest.mark.parametrize("text", ["00:01:00;00", "00:01:00;01", "00:00:00:30", "00:61:00:00", "1001", "00:00:00", ""])
def test_when_a_timecode_does_not_exist_then_it_is_refused(text: str) -> None:
    with pytest.raises(BadTimecodeError):
        to_frames(text, _VIDEO, drop=False)


@pytest.mark.parametrize("text", ["01;00;00;00", "01,00,00,00", "01:00;00:00", "01;00:00:00"])
def test_when_any_separator_says_drop_frame_then_it_is_counted_so(text: str) -> None:
    assert to_frames(text, _VIDEO, drop=False) == 107892
    assert says_drop(text)


def test_when_drop_frame_stands_at_film_rate_then_it_is_refused() -> None:
    with pytest.raises(BadTimecodeError, match="does not exist"):
        to_frames("00:00:01;00", Rate(24), drop=False)


@given(st.integers(0, 24 * 3600 * 24 - 1))
def test_when_frames_become_timecode_then_they_come_back(frame: int) -> None:
    assert to_frames(from_frames(frame, Rate(24)), Rate(24), drop=False) == frame


@given(st.integers(0, 3 * 3600 * 30))
def test_when_drop_frame_timecodes_follow_one_another_then_frames_grow_by_one(seconds: int) -> None:
    # Every number that exists, in order, is one frame later than the one before it.
    minutes, second = divmod(seconds // 30 % 10800, 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d};29"
    following_second = minutes * 60 + second + 1
    skips = following_second % 60 == 0 and following_second // 60 % 10 != 0
    following = (
        f"{following_second // 3600:02d}:{following_second // 60 % 60:02d}:{following_second % 60:02d};"
        f"{2 if skips else 0:02d}"
    )
    assert to_frames(following, _VIDEO, drop=False) == to_frames(text, _VIDEO, drop=False) + 1
