"""A clip's speed as a rule (frame of the cut → frame of its source) → source start and OpenTimelineIO time effect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import opentimelineio as otio

from usd_ai.editorial.formats.markup import BadElementError

_SAME = Fraction(1, 10_000)  # frames: how far rounding in a file lets a straight line bend
_MOST_FRAMES = 200_000  # two hours at 24 a second; a retimed clip longer than that is an error in the file

Curve = Callable[[Fraction], Fraction]
"""Frames since the clip's first in the cut → the frame of its source shown then, neither of them whole."""


def straight(start: Fraction, slope: Fraction) -> Curve:
    """Constant speed from a frame on."""
    return lambda k: start + k * slope


def through(points: Sequence[tuple[Fraction, Fraction]]) -> Curve:
    """Straight lines between points, carried on beyond the first and the last. At least two, in order of time."""

    def at(k: Fraction) -> Fraction:
        place = next((i for i in range(1, len(points) - 1) if k < points[i][0]), len(points) - 1)
        (t0, v0), (t1, v1) = points[place - 1], points[place]
        return v0 + (k - t0) * (v1 - v0) / (t1 - t0)

    return at


def ordered(points: Sequence[tuple[Fraction, Fraction]]) -> list[tuple[Fraction, Fraction]]:
    """The points in order of time, one for each moment."""
    return sorted(dict(points).items())


def effects_of(
    curve: Curve, length: Fraction, ratio: Fraction, name: str, *, last_shown: bool = False
) -> tuple[Fraction, list[otio.schema.TimeEffect]]:
    """The first source frame of a clip's range and the effects that play it as the curve says.

    ``length``: frames of the cut. ``ratio``: frames of the source in the time of one of the cut, at speed.
    ``last_shown``: played backwards, the curve names the frame that is shown, not the moment at its end. A range that
    is played backwards ends a frame after the first one shown, slower than at speed only by what one step takes of it.
    Raises BadElementError for a clip longer than any.
    """
    if length > _MOST_FRAMES:
        raise BadElementError(f"its speed is changed over {int(length)} frames")
    start, slope = curve(Fraction(0)), curve(Fraction(1)) - curve(Fraction(0))
    shown = [curve(Fraction(k)) for k in range(int(length))]
    bend = max((abs(value - start - k * slope) for k, value in enumerate(shown)), default=Fraction(0))
    if bend > _SAME:
        effect = otio.schema.TimeEffect(name, "ramp")
        effect.metadata["lookup"] = [float(value - start - k) for k, value in enumerate(shown)]
        return start, [effect]
    scalar = slope / ratio
    if slope == 0:
        return start, [otio.schema.FreezeFrame()]
    if slope < 0:
        start = start + length * slope + (min(Fraction(1), -slope) if last_shown else 0)
    effects = [] if scalar == 1 else [otio.schema.LinearTimeWarp(name, time_scalar=float(scalar))]
    return start, list(effects)
