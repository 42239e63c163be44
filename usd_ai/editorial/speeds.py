"""What the time effects of an item come to, and the frames that a speed ramp shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import opentimelineio as otio

from usd_ai.core.types import Notice, Retime
from usd_ai.editorial.names import each


@dataclass(frozen=True)
class Speed:
    """The product of an item's time effects.

    ``lookup``: frames of the media added at each frame of the cut, as Hiero writes ramps: frame k of the cut shows the
    first frame + k + ``lookup[k]``, all in frames of the media, whatever its rate is.
    """

    kind: str = ""  # "" plays at speed; else as Retime.kind
    scalar: Fraction = Fraction(1)
    lookup: tuple[Fraction, ...] = ()

    @property
    def ramped(self) -> bool:
        """Whether it is a ramp that says which frames it shows."""
        return self.kind == "ramp" and bool(self.lookup)

    def ramp_at(self, k: Fraction) -> Fraction:
        """The frames of the media from a ramp's first to that of its frame ``k``, straight between whole ones.

        Beyond its ends a ramp holds its first and its last frame.
        """
        last = len(self.lookup) - 1
        if k <= 0 or k >= last:
            edge = 0 if k <= 0 else last
            return edge + self.lookup[edge]
        below = math.floor(k)
        before = below + self.lookup[below]
        if below == k:
            return before
        return before + (k - below) * (1 + self.lookup[below + 1] - self.lookup[below])

    def within(self, pace: Fraction) -> Retime | None:
        """As the cut tells it, in nests that pass ``pace`` times as fast as the cut."""
        if pace == 1 or (self.kind == "ramp" and pace):
            return Retime(self.kind, self.scalar * pace) if self.kind else None
        scalar = pace * (0 if self.kind == "freeze" else self.scalar)
        kind = _kind(scalar)
        return Retime(kind, scalar) if kind else None


def speed_of(item: otio.core.Item, notices: list[Notice]) -> Speed:
    """The product of an item's time effects."""
    speed = Speed()
    for effect in each(item.effects):
        if isinstance(effect, otio.schema.FreezeFrame):
            speed = Speed("freeze", Fraction(0))
        elif isinstance(effect, otio.schema.LinearTimeWarp):
            scalar = speed.scalar * Fraction(effect.time_scalar).limit_denominator(100_000)
            speed = Speed(_kind(scalar), scalar, speed.lookup)
        elif isinstance(effect, otio.schema.TimeEffect):
            lookup = _lookup(effect)
            if not lookup:
                message = (
                    f"The speed ramp '{effect.name or effect.effect_name}' on '{item.name}' does not say which frames "
                    "it shows; its range was taken at speed. Check the shot's range."
                )
                notices.append(Notice("warning", message))
            speed = Speed("ramp", speed.scalar, lookup)
    return speed


def _kind(scalar: Fraction) -> str:
    return "" if scalar == 1 else "freeze" if scalar == 0 else "reverse" if scalar < 0 else "linear"


def _lookup(effect: otio.schema.TimeEffect) -> tuple[Fraction, ...]:
    values = effect.metadata.get("lookup")
    if not isinstance(values, Sequence):
        return ()
    numbers = [value for value in values if isinstance(value, int | float) and math.isfinite(value)]
    return tuple(Fraction(n).limit_denominator(10_000) for n in numbers) if len(numbers) == len(values) else ()
