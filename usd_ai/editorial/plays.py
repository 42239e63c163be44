"""Which frame of a shot each frame of the cut shows, through every kind of retime: exact, one rule for all who ask."""

from __future__ import annotations

from fractions import Fraction

from usd_ai.core.types import Plays, Rate
from usd_ai.editorial.spans import Use


def plays_of(use: Use, cut_rate: Rate) -> Plays:
    """How a use plays, counted from the first frame of its ``record``.

    A frame stands for the moment at its start; played backwards, the first one shown is the last frame of the range.
    """
    rate = use.rate.fraction
    begin = use.start * rate
    into = use.into * rate
    step = Fraction(1) if use.pace == 1 and use.rate == cut_rate else use.pace * rate / cut_rate.fraction
    speed = use.speed
    if not speed.kind:
        return Plays(begin + into, step)
    if speed.kind == "freeze":
        return Plays(begin, Fraction(0))
    if speed.kind == "reverse":
        end = begin + use.length * rate * -speed.scalar
        return Plays(end - 1 + into * speed.scalar, step * speed.scalar)
    if speed.kind == "ramp" and speed.lookup:
        shown = tuple(begin + k + added for k, added in enumerate(speed.lookup))
        return Plays(begin, step, shown, -round(into))
    return Plays(begin + into * speed.scalar, step * speed.scalar)
