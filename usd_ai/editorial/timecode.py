"""Timecode → frames, drop-frame included. The way there is `core.timecode`.

SMPTE ST 12-1:2014, section 5.2.2: two (or four, at 60) numbers a minute are skipped, except every tenth minute.
"""

from __future__ import annotations

import re

from usd_ai.core.types import Rate
from usd_ai.editorial.rates import has_drop_frame, nominal

_TIMECODE = re.compile(r"^(\d{1,2})([:;,])(\d{2})([:;,])(\d{2})([:;.,])(\d{2,3})$")
_MINUTES_AN_HOUR, _SECONDS_A_MINUTE, _TEN = 60, 60, 10


class BadTimecodeError(ValueError):
    """A timecode that does not exist; the message says why."""


def says_drop(text: str) -> bool:
    """Whether a timecode says by a separator that it is drop-frame: ``;``, or ``,`` in the first field."""
    return ";" in text or "," in text


def to_frames(text: str, rate: Rate, *, drop: bool) -> int:
    """The frame number of a timecode. ``drop``: count as drop-frame; its own separators, any of them, may say so too.

    Raises BadTimecodeError.
    """
    match = _TIMECODE.match(text)
    if match is None:
        raise BadTimecodeError(f"'{text}' is not a timecode")
    hours, minutes, seconds, frames = map(int, match.group(1, 3, 5, 7))
    base = nominal(rate)
    if frames >= base:
        raise BadTimecodeError(f"{text} has a frame {frames}, and there are {base} frames in a second at {rate}")
    if minutes >= _MINUTES_AN_HOUR or seconds >= _SECONDS_A_MINUTE:
        raise BadTimecodeError(f"'{text}' is not a timecode")
    count = (hours * 3600 + minutes * 60 + seconds) * base + frames
    if not (drop or ";" in text or ("," in text and has_drop_frame(rate))):
        return count
    if not has_drop_frame(rate):
        raise BadTimecodeError(f"{text} is drop-frame, which does not exist at {rate}")
    skipped = base // 15
    if minutes % _TEN and seconds == 0 and frames < skipped:
        raise BadTimecodeError(f"{text} is a timecode that drop-frame leaves out")
    past = hours * 60 + minutes
    return count - skipped * (past - past // _TEN)
