"""Phrases as film people say them, with the meaning of each word: out of vocabularies, by chance from a seed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from training.prompt import small_talk as talk
from usd_ai.core.words import Attribute, Meaning, Vocabulary
from usd_ai.learned.patterns import Piece, sample
from usd_ai.learned.tagger import OTHER, SUBJECT
from usd_ai.learned.tokens import tokens_of

_DIRECTIVES = {"+": ("very", False), "-": ("slight", False), "!": ("plain", True)}
_AMOUNTS = ("none", "low", "some", "high")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a phrase and its truth; ``label`` as of `usd_ai.learned.tagger.Tag`."""

    text: str
    label: str = SUBJECT
    degree: str = "plain"
    denied: bool = False


def literal(pattern: str) -> set[str]:
    """All words of a pattern, whichever of them are chosen."""
    return {t.text for t in tokens_of(re.sub(r"[@#][\w_]+|[~*]", " ", pattern)) if not t.is_mark and not t.is_number}


class Grammar:
    """Makes phrases out of vocabularies. The same seed makes the same phrases."""

    def __init__(self, vocabularies: Sequence[Vocabulary], seed: int) -> None:
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self._attributes = {a.name: a for v in vocabularies for a in v.attributes}
        self._subjects = (*talk.SUBJECTS, *(s for v in vocabularies for s in v.subject))
        weights = [len(a.meanings) ** 0.5 for a in self._attributes.values()]
        self._weights = np.cumsum(weights) / np.cumsum(weights)[-1]
        self._nouns = {
            name: sorted(
                {
                    " ".join(p.text if p.kind == "word" else f"@{p.text}" for p in sample(n, self.draw))
                    for n in a.nouns
                    for _ in range(40)
                }
            )
            for name, a in self._attributes.items()
        }
        used = [word for a in self._attributes.values() for word in {w for m in a.meanings for w in m.adjectives}]
        self._ambiguous = {word for word in used if used.count(word) > 1}  # a "thick" of its own says nothing

    def draw(self, count: int) -> int:
        """A whole number from 0 to ``count`` - 1."""
        return int(self._rng.integers(count))

    def phrase(self) -> list[Word]:
        """A whole prompt."""
        wishes = 1 + min(self.draw(7), self.draw(7))
        words = self._talk(talk.OPENINGS) if self._chance(0.3) else []
        if self._chance(0.3):
            words += self._join(self._talk(self._subjects))
        for index in range(wishes):
            words += self._wish()
            if index < wishes - 1:
                words += self._words(self._pick(talk.JOINTS))
        if self._chance(0.15):
            words += self._words(self._pick(talk.JOINTS)) + self._talk(self._subjects)
        if self._chance(0.12):
            words += self._talk(talk.CLOSINGS)
        return self._sloppy(words)

    def clause(self) -> list[Word]:
        """One wish, spelt rightly."""
        return self._wish()

    def words(self) -> set[str]:
        """Every word that stands in a pattern, but for those of strangers."""
        found: set[str] = set()
        for attribute in self._attributes.values():
            for meaning in attribute.meanings:
                for pattern in (*meaning.adjectives, *meaning.phrases):
                    found |= literal(self._directive(pattern, Word(""))[1])
            for noun in attribute.nouns:
                found |= literal(noun)
        lists = (
            *(talk.OPENINGS, talk.JOINTS, talk.CLOSINGS, self._subjects, talk.SLIGHT, talk.PLAIN, talk.VERY, talk.NOT),
            *(talk.IS_NOT, talk.IS, talk.MAKE, talk.NUMBER_WORDS, *talk.AMOUNTS.values()),
            *(units for _, units in talk.NUMBER_UNITS.values()),
        )
        for patterns in lists:
            for pattern in patterns:
                found |= literal(self._directive(pattern, Word(""))[1])
        return found | {"half", "hour", "minute", "quarter", "hundred", "thousand"}

    # ------------------------------------------------------------------------------------------------ wishes

    def _wish(self) -> list[Word]:
        kind = self._rng.random()
        if kind < 0.09:
            return self._stranger()
        if kind < 0.19:
            return self._noun_phrase()
        if kind < 0.25:
            return self._several()
        attribute = self._attribute()
        meaning = attribute.meanings[self.draw(len(attribute.meanings))]
        return self._say(attribute, meaning)

    def _attribute(self) -> Attribute:
        place = int(np.searchsorted(self._weights, self._rng.random()))
        return list(self._attributes.values())[place]

    def _say(self, attribute: Attribute, meaning: Meaning) -> list[Word]:
        amount = attribute.amounts and meaning.value in _AMOUNTS
        ways = ["phrase"] * bool(meaning.phrases) + ["adjective"] * bool(meaning.adjectives) + ["amount"] * amount
        way = ways[self.draw(len(ways))]
        if way == "phrase":
            return self._pattern(self._pick(meaning.phrases), attribute, meaning)
        if way == "adjective":
            return self._adjective(attribute, meaning)
        return self._amount(attribute, meaning.value, [self._noun(attribute)])

    def _adjective(self, attribute: Attribute, meaning: Meaning) -> list[Word]:
        adjective, noun = self._pick(meaning.adjectives), self._noun(attribute)
        truth = Word("", f"{attribute.name}={meaning.value}")
        named = truth if attribute.own_nouns or attribute.amounts else Word("")
        denied = self._chance(0.15)
        degree, adverb = ("plain", "") if denied else self._degree()
        said = replace(truth, degree=degree, denied=denied)
        before, after = replace(named, degree=degree, denied=denied), said
        kind = self.draw(6)
        if denied:
            if kind < 3 or not noun:
                tail = self._as(noun, before) if kind < 1 else []
                return self._as(f"{self._pick(talk.NOT)} {adjective}", after) + tail
            return self._as(noun, before) + self._as(f"{self._pick(talk.IS_NOT)} {adjective}", after)
        core = self._as(f"{adverb} {adjective}", after)
        if kind < 3 and noun:
            return self._words(self._pick(("", "", "a", "the"))) + core + self._as(noun, before)
        if kind == 3 and noun:
            return self._words("the") + self._as(noun, before) + self._words(self._pick(talk.IS)) + core
        if kind == 4 and noun:
            return self._words(f"{self._pick(talk.MAKE)} the") + self._as(noun, before) + core
        return core + self._as(noun, before) if adjective in self._ambiguous else core

    def _amount(self, attribute: Attribute, value: str, nouns: list[str]) -> list[Word]:
        pattern = self._pick(talk.AMOUNTS[value])
        truth, pattern = self._directive(pattern, Word("", f"{attribute.name}={value}"))
        degree = truth
        words: list[Word] = []
        for piece in sample(pattern, self.draw):
            words += self._as(nouns[0] if piece.text == "*" else piece.text, degree)
        return words

    def _several(self) -> list[Word]:
        """No smoke, embers or haze; lots of smoke and embers."""
        counted = [a for a in self._attributes.values() if a.amounts]
        value = self._pick(("none", "none", "low", "high", "some"))
        lead = {
            "none": ("no", "without", "without any", "no", "zero"), "low": ("less", "little", "not much",
            "only a little", "hardly any"),
            "high": ("lots of", "more", "plenty of", "tons of", "a lot of"), "some": ("with", "some", "with some"),
        }[value]  # fmt: skip
        chosen = [counted[int(i)] for i in self._rng.permutation(len(counted))[: 2 + self.draw(2)]]
        words: list[Word] = []
        for index, attribute in enumerate(chosen):
            truth = Word("", f"{attribute.name}={value}")
            lead_words = self._as(self._pick(lead), truth) if index == 0 else []
            if index:
                repeats = value == "none" and self._chance(0.3)
                link = (
                    ("and", ", no", ", and no")
                    if repeats
                    else (("or", ",", "and", ", and") if value == "none" else ("and", ","))
                )
                words += self._words(self._pick(link))
            words += lead_words + self._as(self._noun(attribute), truth)
        return words

    def _noun_phrase(self) -> list[Word]:
        """Several adjectives before one noun: a dense old pine forest."""
        attribute = self._attribute()
        if not self._nouns[attribute.name]:
            return self._say(attribute, attribute.meanings[self.draw(len(attribute.meanings))])
        noun = self._pick(tuple(self._nouns[attribute.name]))
        family = [
            a
            for a in self._attributes.values()
            if noun in self._nouns[a.name] and any(m.adjectives for m in a.meanings)
        ]
        if not family:
            return self._say(attribute, attribute.meanings[self.draw(len(attribute.meanings))])
        chosen = [family[int(i)] for i in self._rng.permutation(len(family))[: 1 + self.draw(3)]]
        words = self._words(self._pick(("", "a", "the", "this")))
        last = SUBJECT
        for one in chosen:
            able = [m for m in one.meanings if m.adjectives]
            meaning = able[self.draw(len(able))]
            degree, adverb = self._degree()
            truth = Word("", f"{one.name}={meaning.value}", degree)
            words += self._as(f"{adverb} {self._pick(meaning.adjectives)}", truth)
            last = truth.label if one.own_nouns or one.amounts else SUBJECT
        tail = Word("", last if len(chosen) == 1 else SUBJECT)
        words += self._as(noun, tail)
        return words

    def _stranger(self) -> list[Word]:
        words: list[Word] = []
        for part in self._pick(talk.STRANGERS).split():
            strange = self._pick(talk.STRANGE) if self._chance(0.6) else self._gibberish()
            words += self._as(strange if part == "%" else part, Word("", OTHER))
        return words

    # ------------------------------------------------------------------------------------------------ patterns

    def _pattern(self, pattern: str, attribute: Attribute, meaning: Meaning) -> list[Word]:
        truth, pattern = self._directive(pattern, Word("", f"{attribute.name}={meaning.value}"))
        pieces = sample(pattern, self.draw)
        slot = any(piece.kind == "degree" for piece in pieces)
        degree, adverb = self._degree() if slot and truth == replace(truth, degree="plain", denied=False) else ("", "")
        if adverb:
            truth = replace(truth, degree=degree)
        words: list[Word] = []
        for piece in pieces:
            words += self._piece(piece, truth, adverb)
        return words

    def _piece(self, piece: Piece, truth: Word, adverb: str) -> list[Word]:
        if piece.kind == "degree":
            return self._as(adverb, truth)
        if piece.kind == "number":
            return self._as(self._number(piece.text), truth)
        if piece.kind == "attribute":
            return self._mention(piece.text)
        return self._as(piece.text, Word("") if piece.context else truth)

    def _mention(self, name: str) -> list[Word]:
        """Another attribute within a pattern: its noun, its number, or one of its adjectives."""
        if name.endswith("_number"):
            attribute = self._attributes[name.removesuffix("_number")]
            return self._as(self._number(attribute.quantity), Word("", f"{attribute.name}=number"))
        attribute = self._attributes[name]
        if name == "species":
            return self._named(name)
        if attribute.own_nouns:
            return self._as(self._noun(attribute), Word("", f"{name}=some"))
        able = [m for m in attribute.meanings if m.adjectives]
        meaning = able[self.draw(len(able))]
        degree, adverb = self._degree()
        return self._as(f"{adverb} {self._pick(meaning.adjectives)}", Word("", f"{name}={meaning.value}", degree))

    def _named(self, name: str) -> list[Word]:
        """One of an attribute's meanings by its first phrase, as a noun that others describe: tall *pines*."""
        attribute = self._attributes[name]
        able = [m for m in attribute.meanings if m.phrases]
        meaning = able[self.draw(len(able))]
        return self._pattern(meaning.phrases[0], attribute, meaning)

    def _directive(self, pattern: str, truth: Word) -> tuple[Word, str]:
        if pattern[1:2] == ":" and pattern[0] in _DIRECTIVES:
            degree, denied = _DIRECTIVES[pattern[0]]
            return replace(truth, degree=degree, denied=denied), pattern[2:]
        return truth, pattern

    def _degree(self) -> tuple[str, str]:
        chance = self._rng.random()
        if chance < 0.12:
            return "slight", self._pick(talk.SLIGHT)
        if chance < 0.26:
            return "very", self._pick(talk.VERY)
        return ("plain", self._pick(talk.PLAIN)) if chance < 0.31 else ("plain", "")

    def _number(self, family: str) -> str:
        (low, high), units = talk.NUMBER_UNITS[family]
        unit = self._pick(units)
        if family == "duration" and self._chance(0.12):
            return self._pick(
                ("half an hour", "an hour", "a minute", "a quarter of an hour", "half a minute", "one hour")
            )
        if self._chance(0.2):
            return f"{self._pick(tuple(talk.NUMBER_WORDS))} {unit}"
        number = str(low + int((high - low) * self._rng.random() ** 2))
        if self._chance(0.1) and family in {"speed", "length"}:
            number += f".{self.draw(10)}"
        return f"{number} {unit}"

    # ------------------------------------------------------------------------------------------------ words

    def _noun(self, attribute: Attribute) -> str:
        return self._pick(tuple(self._nouns[attribute.name])) if self._nouns[attribute.name] else ""

    def _talk(self, patterns: Sequence[str]) -> list[Word]:
        return self._words(" ".join(piece.text for piece in sample(self._pick(patterns), self.draw)))

    def _join(self, words: list[Word]) -> list[Word]:
        return words + self._words(self._pick(talk.JOINTS))

    def _words(self, text: str) -> list[Word]:
        return self._as(text, Word(""))

    def _as(self, text: str, truth: Word) -> list[Word]:
        if text.startswith("@"):
            return self._named(text[1:])
        return [
            replace(truth, text=token.text)
            if not token.is_mark
            else Word(token.text, truth.label, truth.degree, truth.denied)
            for token in tokens_of(text)
        ]

    def _sloppy(self, words: list[Word]) -> list[Word]:
        chance = 0.25 if self._chance(0.2) else 0.015
        quiet = self._chance(0.1)  # nobody types marks on a phone
        kept = [w for w in words if not (quiet and w.text in ".,;:!?")]
        return [replace(w, text=self._misspelt(w.text)) if self._rng.random() < chance else w for w in kept]

    def _misspelt(self, text: str) -> str:
        if len(text) < 4 or not text.isalpha():
            return text
        at = 1 + self.draw(len(text) - 2)
        kind = self.draw(4)
        if kind == 0:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        if kind == 1:
            return text[:at] + text[at + 1 :]
        if kind == 2:
            return text[:at] + text[at] + text[at:]
        return text[:at] + "abcdefghijklmnopqrstuvwxyz"[self.draw(26)] + text[at + 1 :]

    def _gibberish(self) -> str:
        size = 1 + self.draw(3)
        return "".join(
            self._pick(tuple("bcdfghjklmnprstvwz")) + self._pick(tuple("aeiou")) for _ in range(size)
        ) + self._pick(("", "n", "r", "s", "x"))

    def _pick(self, options: Sequence[str]) -> str:
        return options[self.draw(len(options))]

    def _chance(self, share: float) -> bool:
        return bool(self._rng.random() < share)
