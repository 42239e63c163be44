"""What the network is measured against: rules on key words, and the nearest training phrase. No learning in either.

Both read the same vocabularies as the network. Rules: the longest phrase of a meaning that stands in the prompt word by
word; "no", "not" and "without" just before it deny it; "very" and the like are its degree. Nearest: each part of a
prompt, cut at marks and "and", means what the most alike training phrase of one wish means (cosine of bags of words).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from training.prompt import small_talk as talk
from training.prompt.grammar import Grammar, Word
from usd_ai.core.words import Vocabulary
from usd_ai.learned.hearing import Intent
from usd_ai.learned.numbers import quantity
from usd_ai.learned.tagger import OTHER, SUBJECT
from usd_ai.learned.tokens import tokens_of

_NOT = {"no", "not", "without", "isn't", "never", "zero", "don't"}
_LONGEST = 6
_PHRASES = 12_000
_ALIKE = 0.35


@dataclass(frozen=True, slots=True)
class _Known:
    label: str
    degree: str
    denied: bool


class Rules:
    """Key words."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        grammar = Grammar([vocabulary], seed=1)
        self._table: dict[tuple[str, ...], _Known] = {}
        for words in (grammar.clause() for _ in range(_PHRASES)):
            for run in _runs(words):
                key = tuple("#" if w.text[0].isdigit() else w.text for w in run)
                if len(key) <= _LONGEST:
                    self._table.setdefault(key, _Known(run[0].label, run[0].degree, run[0].denied))

    def hear(self, prompt: str) -> tuple[Intent, ...]:
        """Intents by the longest known phrases, from left to right."""
        words = [t.text for t in tokens_of(prompt)]
        keys = ["#" if w[0].isdigit() else w for w in words]
        found: list[Intent] = []
        at = 0
        while at < len(words):
            size = next((n for n in range(_LONGEST, 0, -1) if tuple(keys[at : at + n]) in self._table), 0)
            if size:
                known = self._table[tuple(keys[at : at + size])]
                before = words[at - 1] if at else ""
                intent = self._intent(known, words[at : at + size], denied=before in _NOT, degree=_degree_of(before))
                found += [intent] if intent else []
            at += max(size, 1)
        return tuple(found)

    def _intent(self, known: _Known, words: list[str], *, denied: bool, degree: str) -> Intent | None:
        name, _, value = known.label.partition("=")
        attribute = self._vocabulary.attribute(name)
        if attribute is None:
            return None
        number = quantity(words, attribute.quantity) if value == "number" else None
        if value == "number" and number is None:
            return None
        intent = Intent(" ".join(words), 0, name, value, known.degree, known.denied, number)
        if degree:
            intent = replace(intent, degree=degree)
        if denied and attribute.amounts:
            return replace(intent, value="none", number=None)
        return replace(intent, denied=True) if denied else intent


class Nearest:
    """The most alike phrase of training."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        grammar = Grammar([vocabulary], seed=2)
        self._phrases: list[tuple[Counter[str], _Known]] = []
        for words in (grammar.clause() for _ in range(_PHRASES)):
            said = {w.label for w in words} - {OTHER, SUBJECT}
            if len(said) == 1:
                first = next(w for w in words if w.label not in {OTHER, SUBJECT})
                bag = Counter("#" if w.text[0].isdigit() else w.text for w in words)
                self._phrases.append((bag, _Known(first.label, first.degree, first.denied)))

    def hear(self, prompt: str) -> tuple[Intent, ...]:
        """One intent at most for each part of the prompt."""
        parts: list[list[str]] = [[]]
        for token in tokens_of(prompt):
            if token.is_mark or token.text == "and":
                parts.append([])
            else:
                parts[-1].append(token.text)
        return tuple(intent for part in parts if part for intent in self._part(part))

    def _part(self, words: list[str]) -> list[Intent]:
        bag = Counter("#" if w[0].isdigit() else w for w in words)
        alike, known = max(((_cosine(bag, other), known) for other, known in self._phrases), key=lambda pair: pair[0])
        name, _, value = known.label.partition("=")
        attribute = self._vocabulary.attribute(name)
        if alike < _ALIKE or attribute is None:
            return []
        number = quantity(words, attribute.quantity) if value == "number" else None
        if value == "number" and number is None:
            return []
        return [Intent(" ".join(words), 0, name, value, known.degree, known.denied, number)]


def _cosine(one: Counter[str], other: Counter[str]) -> float:
    dot = sum(count * other[word] for word, count in one.items())
    size = sum(c * c for c in one.values()) * sum(c * c for c in other.values())
    return dot / size**0.5 if size else 0.0


def _runs(words: list[Word]) -> list[list[Word]]:
    runs: list[list[Word]] = []
    for word in words:
        if word.label in {OTHER, SUBJECT}:
            runs.append([])
        elif runs and runs[-1] and runs[-1][-1].label == word.label:
            runs[-1].append(word)
        else:
            runs.append([word])
    return [run for run in runs if run]


def _degree_of(word: str) -> str:
    return "very" if word in talk.VERY else "slight" if word in talk.SLIGHT else ""
