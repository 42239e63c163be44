"""Frames counted as timecode, drop-frame included. Pure; the way back, with all its traps, is editorial's.

SMPTE ST 12-1:2014, section 5.2.2: two (or four, at 60) numbers a minute are skipped, except every tenth minute.
"""

from __future__ import annotations

import math

from usd_ai.core.cuts import Rate
from usd_ai.core.errors import InvalidRequest

_TEN_MINUTES, _SECONDS_A_DAY = 600, 86_400


def nominal(rate: Rate) -> int:
    """The frames that a timecode counts in a second: 24 for 24000/1001."""
    return math.ceil(rate.fraction)


def has_drop_frame(rate: Rate) -> bool:
    """Whether drop-frame timecode exists at a rate: at 30000/1001 and 60000/1001."""
    return rate.denominator == 1001 and rate.numerator in {30000, 60000}  # noqa: PLR2004 - NTSC's own numbers


def counts_drop(said: bool | None, rate: Rate) -> bool:
    """Whether timecode at a rate is told drop-frame: as its cut says, else wherever the rate has it."""
    return has_drop_frame(rate) and said is not False


def from_frames(frame: int, rate: Rate, *, drop: bool = False) -> str:
    """A frame number as timecode; drop-frame has ``;`` before the frames. After a day it begins anew, as clocks do.

    Raises InvalidRequest (DROP_FRAME) for drop-frame at a rate that has none.
    """
    base = nominal(rate)
    if drop and not has_drop_frame(rate):
        raise InvalidRequest(
            f"Drop-frame timecode does not exist at {rate} frames a second.",
            remedy="Count non-drop, or give the rate 30000/1001 or 60000/1001.",
            reason="DROP_FRAME",
        )
    skipped = base // 15 if drop else 0
    ten = _TEN_MINUTES * base - 9 * skipped
    frame %= _SECONDS_A_DAY // _TEN_MINUTES * ten
    tens, rest = divmod(frame, ten)
    frame += 9 * skipped * tens + skipped * max(0, (rest - skipped) // (60 * base - skipped))
    seconds, frames = divmod(frame, base)
    mark = ";" if drop else ":"
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{frames:02d}"
