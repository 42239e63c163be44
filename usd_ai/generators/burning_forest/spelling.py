"""One spelling for all texts that mean the same, of clearings, regions and lines: plans hold it, so digests do too.

What cannot be read stays as it was written: the rules refuse it, and say why. Needs neither numpy nor USD.
"""

from __future__ import annotations

import math


def canonical_clearings(text: str) -> str:
    """Circles 'x,y,radius' in the order of their numbers, each once."""
    circles = {tuple(_numbers(part)): None for part in _parts(text)}
    if any(None in circle for circle in circles):
        return text
    ordered = sorted(tuple(v for v in circle if v is not None) for circle in circles)
    return "; ".join(",".join(spelled(v) for v in circle) for circle in ordered)


def canonical_regions(text: str) -> str:
    """Regions 'share kind=share: x,y x,y x,y' in the order given, the share of the density first, kinds by name."""
    return "; ".join(_region(part) for part in _parts(text))


def canonical_lines(text: str) -> str:
    """Lines 'width share: x,y x,y' in the order given."""
    return "; ".join(_line(part) for part in _parts(text))


def spelled(number: float) -> str:
    """The shortest text that is read as this number; -0 is 0."""
    return repr(float(number) + 0.0).removesuffix(".0")


def _region(part: str) -> str:
    words, places = _halves(part)
    shares: dict[str, str] = {}
    for word in words:
        name, _, value = word.rpartition("=")
        if name in shares or (number := _number(value)) is None:
            return part
        shares[name] = spelled(number)
    if not words or places is None:
        return part
    density = shares.pop("", "1")
    return f"{' '.join([density, *(f'{name}={shares[name]}' for name in sorted(shares))])}: {places}"


def _line(part: str) -> str:
    words, places = _halves(part)
    numbers = [_number(word) for word in words]
    if not words or places is None or None in numbers:
        return part
    return f"{' '.join(spelled(v) for v in numbers if v is not None)}: {places}"


def _halves(part: str) -> tuple[list[str], str | None]:
    """The words before the ':', and the places after it; None where those cannot be read."""
    said, _, behind = part.partition(":")
    places = [_numbers(place) for place in behind.split()]
    if any(None in place for place in places):
        return said.split(), None
    return said.split(), " ".join(",".join(spelled(v) for v in place if v is not None) for place in places)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _numbers(text: str) -> list[float | None]:
    return [_number(word) for word in text.split(",")]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value + 0.0 if math.isfinite(value) else None
