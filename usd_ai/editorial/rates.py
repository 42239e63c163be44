"""Frame rates as editorial systems spell them, and the rationals that they mean."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.timecode import has_drop_frame as has_drop_frame  # noqa: PLC0414 - a rate's own matter, said here too
from usd_ai.core.timecode import nominal as nominal  # noqa: PLC0414 - as above
from usd_ai.core.types import Rate

_SPELLED = re.compile(r"\d{1,12}(\.\d{0,20})?(/\d{1,12})?")  # no exponents: 1e99999999 would fill the memory
_NTSC_BASES = (24, 30, 48, 60, 120)
_KNOWN = (24, 25, 30, 48, 50, 60, 100, 120)
_NEAR = Fraction(1, 100)  # nearer than this to a known rate stands a misspelling of it: 23.97, 29.98
_SLOWEST, _FASTEST = 1, 1000
_SPELLING = 2e-4  # relative: 23.98, 23.976, 23.976023976 and float32's 23.976024627685547 all mean 24000/1001
_FRAME_SNAP = 0.05  # frames; Hiero writes 909986.0387 for 909986 because it went through a float32 rate


@lru_cache(maxsize=256)  # a cut of 5,000 clips asks 20,000 times for the same one
def parse_rate(spelling: str | float | Fraction | Rate) -> Rate:
    """The rate that a spelling means: ``24``, ``"23.976"``, ``"24000/1001"``, ``29.97``.

    Raises InvalidRequest (reason INVALID_RATE) for what no frame rate is, and for what is nearly one of those in use.
    """
    if isinstance(spelling, Rate):
        return spelling
    if isinstance(spelling, str) and not _SPELLED.fullmatch(spelling.strip()):
        raise _refusal(spelling)
    try:
        value = Fraction(spelling.strip()) if isinstance(spelling, str) else Fraction(spelling)
    except (ValueError, OverflowError, ZeroDivisionError) as error:
        raise _refusal(spelling) from error
    if not _SLOWEST <= value <= _FASTEST:
        raise _refusal(spelling)
    for base in _NTSC_BASES:
        exact = Fraction(base * 1000, 1001)
        if abs(value - exact) <= exact * Fraction(_SPELLING):
            return Rate(exact.numerator, exact.denominator)
    near = value.limit_denominator(1001)
    if abs(value - near) > value * Fraction(_SPELLING):
        raise _refusal(spelling)
    known = next((base for base in _KNOWN if abs(near - base) < base * _NEAR), None)
    if known is not None and near.denominator != 1:
        bases = [str(known), f"{known * 1000}/1001"] if known in _NTSC_BASES else [str(known)]
        raise _refusal(spelling, f"'{spelling}' is no spelling of a frame rate; near it are {' and '.join(bases)}.")
    return Rate(near.numerator, near.denominator)


def snapped(value: float) -> Fraction:
    """A frame count as a float in a file, as the exact number it stands for: whole where it is within 0.05 of it."""
    whole = round(value)
    if abs(value - whole) <= _FRAME_SNAP:
        return Fraction(whole)
    return Fraction(value).limit_denominator(10_000)


def _refusal(spelling: object, why: str = "") -> InvalidRequest:
    return InvalidRequest(
        why or f"'{spelling}' is not a frame rate.",
        remedy='Write frames per second as 24, "23.976" or "24000/1001".',
        reason="INVALID_RATE",
        context={"rate": str(spelling)[:40]},
    )
