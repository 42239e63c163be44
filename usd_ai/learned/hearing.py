"""Prompt → intents: what is spoken of, in which words, and which words mean nothing here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache

from usd_ai.core.words import Attribute, Vocabulary
from usd_ai.learned.numbers import WORDS, quantity
from usd_ai.learned.tagger import OTHER, SUBJECT, Tag, Tagger
from usd_ai.learned.tokens import Token, tokens_of

CERTAIN = 0.4
"""Below this mean certainty a span is not believed: its words are told as not understood."""

_LIKE = 0.78  # difflib's ratio above which a word counts as a misspelling of a known one
_SHORT = 4
_BESIDE = 2  # words on either side of a number's span in which its unit may stand

SMALL = frozenset(
    """
    a about add again all also an and any are aren't around as at be been being between bit but by can could did
    do does doesn't don't down for frame from get give got had has have he her here his i i'd if image in into
    is isn't it it's its just kind less let let's like look looks lot lots made make makes many may maybe me
    more much must my need needs no nor not now of off ok okay on one only onto or our out over picture please
    pretty put quite rather really scene see shall she shot should show so some sort still sure than thank
    thanks that that's the their them then there these they this those through to too under up us use very want
    wants we we'd well what when where which while who will with without would you your
    """.split()  # noqa: SIM905 - so many words read better as text
)
"""Words that carry a sentence and not its meaning: never told as not understood, never believed alone."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A span of a prompt that speaks of an attribute; `attribute` "" means that it was not understood.

    ``degree``: "plain", "slight" or "very". ``number``: in SI units, where the value is "number".
    """

    words: str
    start: int
    attribute: str = ""
    value: str = ""
    degree: str = "plain"
    denied: bool = False
    number: float | None = None


def hear(prompt: str, tagger: Tagger, known: frozenset[str], vocabulary: Vocabulary) -> tuple[Intent, ...]:
    """The intents of a prompt in its order. ``known``: words that some phrase of training could hold."""
    tokens = tokens_of(prompt)
    tags = tuple(_doubted(token, tag, known) for token, tag in zip(tokens, tagger.tag(tokens), strict=True))
    found: list[Intent] = []
    for first, last in _spans(tokens, tags):
        span = tokens[first:last]
        label = tags[first].label
        intent = _intent(prompt, tokens, tags, first, last, vocabulary) if label != OTHER else None
        if intent is None and any(_matters(token) for token in span):
            kept = [token for token in span if not token.is_mark]
            while kept and not _matters(kept[0]):
                kept = kept[1:]
            while kept and not _matters(kept[-1]):
                kept = kept[:-1]
            intent = Intent(prompt[kept[0].start : kept[-1].end], kept[0].start)
        if intent is not None:
            found.append(intent)
    return tuple(found)


def _spans(tokens: Sequence[Token], tags: Sequence[Tag]) -> list[tuple[int, int]]:
    """Runs of one label, context left out; a run goes on over one small word or mark."""
    runs: list[tuple[int, int]] = []
    for place, tag in enumerate(tags):
        if tag.label == SUBJECT:
            continue
        if runs and tags[runs[-1][0]].label == tag.label:
            between = tokens[runs[-1][1] : place]
            if not between or (len(between) == 1 and not _matters(between[0]) and not between[0].is_mark):
                runs[-1] = (runs[-1][0], place + 1)
                continue
        runs.append((place, place + 1))
    return runs


def _intent(
    prompt: str, tokens: Sequence[Token], tags: Sequence[Tag], first: int, last: int, vocabulary: Vocabulary
) -> Intent | None:
    span, said = [t for t in tokens[first:last] if not t.is_mark], tags[first:last]
    name, _, value = tags[first].label.partition("=")
    attribute = vocabulary.attribute(name)
    if attribute is None or sum(t.certainty for t in said) / len(said) < CERTAIN:
        return None
    if value != "number" and not any(_matters(t) and _one_of(t, words_of(attribute)) for t in span):
        return None  # no word of it can be said of the attribute: the network has guessed from what stands beside
    intent = Intent(
        prompt[span[0].start : span[-1].end],
        span[0].start,
        name,
        value,
        Counter(tag.degree for tag in said).most_common(1)[0][0],
        2 * sum(tag.denied for tag in said) > len(said),
    )
    if value == "number":
        return _numbered(prompt, intent, tokens, first, last, attribute.quantity)
    if attribute.amounts and intent.denied and value == "some":
        return replace(intent, value="none", denied=False)
    return intent


def _numbered(
    prompt: str, intent: Intent, tokens: Sequence[Token], first: int, last: int, family: str
) -> Intent | None:
    """The intent with its number; the unit may stand beside the span."""
    while first and (tokens[first - 1].text in WORDS or tokens[first - 1].is_number):
        first -= 1  # "half" of "half an hour"
    for more in range(_BESIDE + 1):
        low, high = max(first - more, 0), min(last + more, len(tokens))
        number = quantity([t.text for t in tokens[low:high]], family)
        if number is not None:
            words = prompt[tokens[low].start : tokens[high - 1].end] if more else intent.words
            return replace(intent, number=number, words=words, denied=False, degree="plain")
    return None


def _doubted(token: Token, tag: Tag, known: frozenset[str]) -> Tag:
    """A word that no training phrase could hold, misspelt or not, is not understood, whatever the network says."""
    if token.is_mark or token.is_number or not _matters(token) or token.text in known:
        return tag
    return tag if _one_of(token, known) else replace(tag, label=OTHER)


def _one_of(token: Token, known: frozenset[str]) -> bool:
    """Whether a word is among known ones, or is a misspelling of one."""
    if token.text in known:
        return True
    return len(token.text) >= _SHORT and bool(get_close_matches(token.text, _sorted(known), n=1, cutoff=_LIKE))


@lru_cache(maxsize=256)
def _sorted(known: frozenset[str]) -> list[str]:
    return sorted(word for word in known if len(word) >= _SHORT)


@lru_cache(maxsize=256)
def words_of(attribute: Attribute) -> frozenset[str]:
    """Every word that stands in an attribute's patterns, whichever of them is chosen."""
    patterns = [p for m in attribute.meanings for p in (*m.adjectives, *m.phrases)]
    plain = (re.sub(r"<[^<>]*>|[@#][\w_]+|[~*]", " ", pattern) for pattern in (*patterns, *attribute.nouns))
    return frozenset(t.text for text in plain for t in tokens_of(text)) - SMALL


def _matters(token: Token) -> bool:
    return not token.is_mark and token.text not in SMALL
