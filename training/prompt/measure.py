"""How well intents are heard, against phrases whose intents were written down by hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from usd_ai.learned.hearing import SMALL, Intent
from usd_ai.learned.tokens import tokens_of

Hear = Callable[[str], tuple[Intent, ...]]
Item = tuple[str, str, bool]
"""Attribute, value (or its number, to three digits), denied."""

_DEGREES = {"+": "very", "-": "slight"}


@dataclass(frozen=True, slots=True)
class Truth:
    """A phrase, what it means, degrees of that, and its words that mean nothing here."""

    phrase: str
    items: tuple[Item, ...]
    degrees: tuple[str, ...]
    unknown: frozenset[str]


@dataclass(slots=True)
class Measure:
    """Counts over a list of phrases."""

    phrases: int = 0
    exact: int = 0
    right: Counter[str] = field(default_factory=Counter[str])
    missed: Counter[str] = field(default_factory=Counter[str])
    invented: Counter[str] = field(default_factory=Counter[str])
    degrees: int = 0
    unknown_right: int = 0
    unknown_missed: int = 0
    unknown_invented: int = 0
    wrong: list[str] = field(default_factory=list[str])

    def figures(self) -> dict[str, float]:
        """Rates, 0 to 1."""
        right, missed, invented = (sum(c.values()) for c in (self.right, self.missed, self.invented))
        heard = self.unknown_right + self.unknown_invented
        return {
            "phrases": self.phrases,
            "exact": round(self.exact / max(self.phrases, 1), 3),
            "precision": round(right / max(right + invented, 1), 3),
            "recall": round(right / max(right + missed, 1), 3),
            "f1": round(2 * right / max(2 * right + missed + invented, 1), 3),
            "degree": round(self.degrees / max(right, 1), 3),
            "unknown_recall": round(self.unknown_right / max(self.unknown_right + self.unknown_missed, 1), 3),
            "unknown_precision": round(self.unknown_right / max(heard, 1), 3),
        }

    def by_attribute(self) -> list[tuple[str, int, float, float]]:
        """Attribute, times said, precision, recall; sorted by name."""
        names = sorted({*self.right, *self.missed, *self.invented})
        return [
            (
                n,
                self.right[n] + self.missed[n],
                self.right[n] / max(self.right[n] + self.invented[n], 1),
                self.right[n] / max(self.right[n] + self.missed[n], 1),
            )
            for n in names
        ]


def read_truths(file: Path) -> list[Truth]:
    """A list of phrases: JSON lines with phrase, intents ("!" denies, "+" and "-" are degrees) and unknown words."""
    truths: list[Truth] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        items: list[Item] = []
        degrees: list[str] = []
        for intent in entry["intents"]:
            name, _, value = intent.removeprefix("!").partition("=")
            degrees.append(_DEGREES.get(value[-1], "plain"))
            items.append((name, _spelt(value.rstrip("+-")), intent.startswith("!")))
        words = frozenset(t.text for word in entry["unknown"] for t in tokens_of(word))
        truths.append(Truth(entry["phrase"], tuple(items), tuple(degrees), words))
    return truths


def measure_by(hear: Hear, truths: Sequence[Truth]) -> Measure:
    """Hear every phrase and count."""
    counts = Measure()
    for truth in truths:
        intents = hear(truth.phrase)
        said = [i for i in intents if i.attribute]
        heard = {_item(i): i.degree for i in said}
        meant = dict(zip(truth.items, truth.degrees, strict=True))
        both = [item for item in meant if item in heard]
        counts.phrases += 1
        counts.exact += set(heard) == set(meant)
        counts.right.update(item[0] for item in both)
        counts.missed.update(item[0] for item in meant if item not in heard)
        counts.invented.update(item[0] for item in heard if item not in meant)
        counts.degrees += sum(heard[item] == meant[item] for item in both)
        words = {t.text for i in intents if not i.attribute for t in tokens_of(i.words)} - SMALL
        counts.unknown_right += len(words & truth.unknown)
        counts.unknown_missed += len(truth.unknown - words)
        counts.unknown_invented += len(words - truth.unknown)
        if set(heard) != set(meant):
            counts.wrong.append(f"{truth.phrase}\n    meant {sorted(meant)}\n    heard {sorted(heard)}")
    return counts


def _item(intent: Intent) -> Item:
    number = intent.number
    return intent.attribute, intent.value if number is None else _spelt(str(number)), intent.denied


def _spelt(value: str) -> str:
    try:
        return f"{float(value):.3g}"
    except ValueError:
        return value
