"""Numbers with units, in digits or words, as SI: "8 m/s", "25 km/h", "ten minutes", "half an hour", "12 percent"."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

UNITS: dict[str, dict[str, float]] = {
    "speed": {
        "m/s": 1.0, "mps": 1.0, "metres per second": 1.0, "meters per second": 1.0, "metre per second": 1.0,
        "km/h": 1 / 3.6, "kmh": 1 / 3.6, "kph": 1 / 3.6, "kilometres per hour": 1 / 3.6,
        "kilometers per hour": 1 / 3.6, "mph": 0.44704, "miles per hour": 0.44704,
        "knots": 1852 / 3600, "knot": 1852 / 3600, "kn": 1852 / 3600, "kt": 1852 / 3600, "kts": 1852 / 3600,
    },
    "length": {
        "m": 1.0, "metres": 1.0, "metre": 1.0, "meters": 1.0, "meter": 1.0, "km": 1000.0, "kilometres": 1000.0,
        "kilometre": 1000.0, "kilometers": 1000.0, "ft": 0.3048, "feet": 0.3048, "foot": 0.3048,
        "yards": 0.9144, "mile": 1609.344, "miles": 1609.344,
    },
    "duration": {
        "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "min": 60.0, "mins": 60.0, "minute": 60.0,
        "minutes": 60.0, "h": 3600.0, "hr": 3600.0, "hrs": 3600.0, "hour": 3600.0, "hours": 3600.0,
    },
    "share": {"%": 0.01, "percent": 0.01, "per cent": 0.01},
    "count": {
        "stems per hectare": 1.0, "trees per hectare": 1.0, "stems /ha": 1.0, "trees /ha": 1.0, "per hectare": 1.0,
        "/ha": 1.0, "stems per ha": 1.0, "trees per ha": 1.0, "stems a hectare": 1.0, "trees a hectare": 1.0,
    },
}  # fmt: skip
"""Spellings of units, and what one of them is in m/s, m, s, 1 and 1/ha."""

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
_TENS = {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
WORDS: dict[str, float] = {**{word: float(n) for n, word in enumerate(_SMALL)}, **_TENS, "half": 0.5, "dozen": 12.0}
"""Numbers that are one word."""

_SCALES = {"hundred": 100.0, "thousand": 1000.0}
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_GROUPED_WITH_POINTS = re.compile(r"[1-9]\d{0,2}(?:(?:\.\d{3}){2,}(?:,\d+)?|\.\d{3},\d+)")
_SINGLE = {"a": 1.0, "an": 1.0, "one": 1.0}


def quantity(words: Sequence[str], family: str) -> float | None:
    """The first number with a unit of that family among lower-case words, in SI; None without one that is finite."""
    units = UNITS[family]
    longest = max(len(unit.split()) for unit in units)
    for start in range(len(words)):
        number, used = _number(words, start)
        if number is None:
            continue
        after = start + used
        while after < len(words) and words[after] in {"a", "an", "of"}:
            after += 1
        for size in range(longest, 0, -1):
            unit = " ".join(words[after : after + size])
            if unit in units:
                value = number * units[unit]
                return value if math.isfinite(value) else None
    return None


def _digits(word: str) -> float | None:
    """A number in digits: "1,000" and "1.000.000" group thousands, "2,5" and "1.000,5" have a decimal comma.

    None for what can be read in no such way ("1,00,0"), and for what is larger than a float.
    """
    if _GROUPED.fullmatch(word):
        plain = word.replace(",", "")
    elif _GROUPED_WITH_POINTS.fullmatch(word):
        plain = word.replace(".", "").replace(",", ".")
    elif _PLAIN.fullmatch(word):
        plain = word.replace(",", ".")
    else:
        return None
    value = float(plain)
    return value if math.isfinite(value) else None


def _number(words: Sequence[str], start: int) -> tuple[float | None, int]:
    word = words[start]
    if word[0].isdecimal():
        return _digits(word), 1
    if word in _SINGLE and start + 1 < len(words) and words[start + 1] in _SCALES:
        return _SCALES[words[start + 1]], 2
    if word in WORDS:
        value, used = WORDS[word], 1
        following = words[start + 1] if start + 1 < len(words) else ""
        if following in _SCALES:
            return value * _SCALES[following], 2
        if word in _TENS or word == "twenty":
            ones = WORDS.get(following, 0.0)
            if 1.0 <= ones < 10.0:  # noqa: PLR2004 - "twenty five"
                return value + ones, 2
        return value, used
    return (1.0, 1) if word in {"a", "an"} else (None, 0)
