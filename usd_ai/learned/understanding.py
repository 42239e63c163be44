"""Intents → what a plan shows: words that set something, were overridden, are for somebody else, or are unknown."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from usd_ai.core.types import Kind, ParameterValue, Reading, Understanding
from usd_ai.core.words import Attribute, Vocabulary, checked_prompt, prompt_digest
from usd_ai.learned.hearing import Intent, hear
from usd_ai.learned.tagger import NAME, shipped
from usd_ai.learned.tokens import tokens_of

_MOSTLY = 0.5
_FEW = 3

Settings = tuple[tuple[str, ParameterValue], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an intent comes to: the parameters it sets, or a ``note`` that says why it sets none."""

    settings: Settings = ()
    note: str = ""


Decide = Callable[[tuple[Intent, ...]], Sequence[Outcome]]
"""A generator's rules: one outcome for each intent."""


@cache
def known_words() -> frozenset[str]:
    """Words that the shipped network was trained on."""
    card = json.loads((files("usd_ai.learned") / "models" / f"{NAME}.json").read_text(encoding="utf-8"))
    return frozenset(card["words"])


def understand(prompt: str, given: frozenset[str], vocabulary: Vocabulary, decide: Decide) -> Understanding:
    """What a prompt means to a generator. ``given``: parameters that a person set; they win over the prompt.

    Raises InvalidRequest for a prompt that is too long or not text, RecordInvalid for damaged weights.
    """
    text, tagger = checked_prompt(prompt), shipped()
    heard = hear(text, tagger, known_words(), vocabulary)
    intents = tuple(intent for intent in heard if intent.attribute)
    outcomes = dict(zip((i.start for i in intents), decide(intents), strict=True))
    last = {name: intent.start for intent in intents for name, _ in outcomes[intent.start].settings}
    readings: list[Reading] = []
    for intent in heard:
        if not intent.attribute:
            readings.append(Reading(intent.words, Kind.UNKNOWN))
        else:
            readings.append(_reading(intent, outcomes[intent.start], given, last))
    settings = {name: value for reading in readings for name, value in reading.settings}
    return Understanding(
        readings=tuple(readings),
        settings=tuple(sorted(settings.items())),
        notes=_notes(text, heard, vocabulary, tagger.labels),
        prompt_sha256=prompt_digest(text),
        model=NAME,
        model_sha256=tagger.sha256,
        model_licence=tagger.licence,
    )


def plain_outcome(attribute: Attribute, intent: Intent) -> Outcome:
    """What a meaning's own numbers set; an empty outcome with a note where they set nothing."""
    if attribute.elsewhere:
        return Outcome(note=attribute.elsewhere)
    meaning = attribute.meaning(intent.value)
    if not attribute.parameter or meaning is None:
        return Outcome(note="Nothing is set by it.")
    if intent.number is not None:
        return Outcome(((attribute.parameter, _rounded(intent.number * attribute.factor)),))
    if intent.denied:
        value = meaning.denied
        if value is None:
            return Outcome(note="Saying what it is not sets nothing: say what it is.")
        return Outcome(((attribute.parameter, value),))
    value = {"slight": meaning.slight, "very": meaning.very}.get(intent.degree)
    value = meaning.plain if value is None else value
    return Outcome(note="Nothing is set by it.") if value is None else Outcome(((attribute.parameter, value),))


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _reading(intent: Intent, outcome: Outcome, given: frozenset[str], last: dict[str, int]) -> Reading:
    reading = Reading(
        intent.words, Kind.SET, intent.attribute, _spoken(intent), settings=outcome.settings, note=outcome.note
    )
    if not outcome.settings:
        return replace(reading, kind=Kind.ELSEWHERE)
    by_hand = [name for name, _ in outcome.settings if name in given]
    later = [name for name, _ in outcome.settings if name not in given and last[name] != intent.start]
    kept = tuple(pair for pair in outcome.settings if pair[0] not in {*by_hand, *later})
    notes = [outcome.note] * bool(outcome.note)
    notes += [f"{', '.join(by_hand)}: set by hand, which wins."] * bool(by_hand)
    notes += [f"{', '.join(later)}: said otherwise later, which wins."] * bool(later)
    return replace(reading, kind=Kind.SET if kept else Kind.OVERRIDDEN, settings=kept, note=" ".join(notes))


def _spoken(intent: Intent) -> str:
    if intent.number is not None:
        return f"{_rounded(intent.number):g}"
    degree = {"slight": "slightly ", "very": "very "}.get(intent.degree, "")
    return f"{'not ' if intent.denied else ''}{degree}{intent.value}"


def _notes(text: str, heard: Sequence[Intent], vocabulary: Vocabulary, labels: tuple[str, ...]) -> tuple[str, ...]:
    notes: list[str] = []
    words = [token for token in tokens_of(text) if not token.is_mark]
    strange = sum(len(tokens_of(intent.words)) for intent in heard if not intent.attribute)
    if len(words) >= _FEW and strange > _MOSTLY * len(words):
        notes.append("Most of these words were not understood: prompts are read in English.")
    learnt = {label.partition("=")[0] for label in labels}
    deaf = [attribute.name for attribute in vocabulary.attributes if attribute.name not in learnt]
    if deaf:
        notes.append(
            f"The network has not learnt these attributes yet and hears none of them: {', '.join(deaf)} "
            "(train it again: python -m training.prompt.train)."
        )
    return tuple(notes)
