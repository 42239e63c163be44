"""Which frame of a shot each frame of the cut shows, through every kind of retime: exact, one rule for all who ask."""

from __future__ import annotations

import math
from fractions import Fraction

from usd_ai.core.types import Plays, Rate
from usd_ai.editorial.spans import Use, in_frames

_FRAME = Fraction(1)


def plays_of(use: Use, cut_rate: Rate) -> Plays:
    """How a use plays, counted from the first frame of its ``record``.

    A frame stands for the moment at its start. Played backwards, the first one shown is the last frame of the range,
    and one that is slower than at speed passes through every frame of the range as it would forwards.
    """
    begin = in_frames(use.start, use.rate)
    into = in_frames(use.into, use.rate)
    step = use.pace if use.rate == cut_rate else use.pace * use.rate.fraction / cut_rate.fraction
    speed = use.speed
    if not speed.kind:
        return Plays(begin + into if into else begin, step)
    if speed.kind == "freeze":
        return Plays(begin, Fraction(0))
    if speed.kind == "reverse":
        end = begin + in_frames(use.length, use.rate) * -speed.scalar
        each = step * speed.scalar
        return Plays(end - (min(_FRAME, abs(each)) if each else _FRAME) + into * speed.scalar, each)
    if speed.ramped:
        return _ramped(use, begin, step, cut_rate)
    return Plays(begin + into * speed.scalar, step * speed.scalar)


def _ramped(use: Use, begin: Fraction, step: Fraction, cut_rate: Rate) -> Plays:
    """How a ramp plays, which is told by the frame of the clip's own time; in nests those are not the cut's."""
    into = in_frames(use.into, use.counted)
    passing = use.pace * use.counted.fraction / cut_rate.fraction
    if not passing:
        return Plays(begin + use.speed.ramp_at(into), Fraction(0))
    if passing == 1 and into.denominator == 1:
        shown = tuple(begin + k + added for k, added in enumerate(use.speed.lookup))
        return Plays(begin, step, shown, -into.numerator)
    first = math.floor(in_frames(use.seen[0] - use.record[0], cut_rate))
    end = math.ceil(in_frames(use.seen[1] - use.record[0], cut_rate))
    frames = tuple(begin + use.speed.ramp_at(into + k * passing) for k in range(first, end))
    return Plays(begin, step, frames, first)
