"""What of a cut is too long or too far to be one: frames that no list can hold and no message can carry.

A file may say any number. What lies beyond these bounds is left out and told; its neighbours are read.
"""

from __future__ import annotations

from fractions import Fraction

from usd_ai.core.types import FrameRange, Occurrence, Plays

MOST_FRAMES = 24 * 60 * 60 * 120
"""The longest clip: a day at 120 frames a second."""

MOST_RETIMED = 200_000
"""The longest clip whose speed is changed, in frames of the cut: two hours at 24, for such are told frame by frame."""

FARTHEST = (1 << 30) - 1
"""The farthest frame from 0: two of them and handles between them are still whole numbers of 32 bits on the wire."""

_WORD = 1 << 63  # what a fraction has above and below its line on the wire


def too_long(record: FrameRange, visible: FrameRange, *, retimed: bool) -> str:
    """Why a use has more frames than are read; "" where it has not. ``record`` of the cut, ``visible`` of the shot."""
    if max(record.count, visible.count) > MOST_FRAMES:
        return f"it is {max(record.count, visible.count):,} frames long, and {MOST_FRAMES:,} are the most"
    if retimed and record.count > MOST_RETIMED:
        return f"its speed is changed over {record.count:,} frames, and {MOST_RETIMED:,} are the most"
    ends = (record.start, record.end, visible.start, visible.end)
    if any(abs(frame) > FARTHEST for frame in ends):
        return f"its frames lie beyond {FARTHEST:,}"
    return ""


def unsayable(use: Occurrence) -> str:
    """Why no message can carry a use that is not too long; "" where one can."""
    if max(use.transition_in, use.transition_out) > MOST_FRAMES:
        return f"its transition is longer than {MOST_FRAMES:,} frames"
    speed = (use.retime.scalar,) if use.retime is not None else ()
    if not all(_fits(value) for value in (*_numbers(use.plays), *speed)):
        return f"frames that it shows lie beyond {FARTHEST:,}, or its speed is no plain fraction"
    return ""


def _numbers(plays: Plays | None) -> tuple[Fraction, ...]:
    return (plays.first, plays.step, *plays.frames, Fraction(plays.offset)) if plays is not None else ()


def _fits(value: Fraction) -> bool:
    return abs(value) <= 2 * FARTHEST and abs(value.numerator) < _WORD and value.denominator < _WORD
