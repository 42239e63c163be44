"""Which frame of a shot each frame of the cut shows, through every kind of retime: exact, one rule for all who ask."""

from __future__ import annotations

from fractions import Fraction

from usd_ai.core.types import Plays, Rate
from usd_ai.editorial.spans import Use, in_frames


def plays_of(use: Use, cut_rate: Rate) -> Plays:
    """How a use plays, counted from the first frame of its ``record``.

    A frame stands for the moment at its start; played backwards, the first one shown is the last frame of the range.
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
        return Plays(end - 1 + into * speed.scalar, step * speed.scalar)
    if speed.kind == "ramp" and speed.lookup:
        shown = tuple(begin + k + added for k, added in enumerate(speed.lookup))
        return Plays(begin, step, shown, -round(into))
    return Plays(begin + into * speed.scalar, step * speed.scalar)
