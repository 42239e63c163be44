from __future__ import annotations

import itertools

import pytest

from usd_ai.generators.installed import InstalledGenerators
from usd_ai.learned.patterns import parse, sample

VOCABULARIES = [spec.vocabulary for spec in InstalledGenerators().all() if spec.vocabulary]


def all_of(pattern: str, tries: int = 60) -> set[str]:
    """Phrases of a small pattern, by walking through its choices with a counter."""
    found: set[str] = set()
    for seed in range(tries):
        counter = itertools.count(seed)
        found.add(" ".join(p.text for p in sample(pattern, lambda n, c=counter: (next(c) * 7919 + 13) // 3 % n)))
    return found


def test_when_a_pattern_has_choices_then_each_is_met() -> None:
    assert all_of("(thick|heavy) smoke") == {"thick smoke", "heavy smoke"}
    assert all_of("a [big] fire") == {"a fire", "a big fire"}


def test_when_a_pattern_has_context_slots_and_numbers_then_the_pieces_say_so() -> None:
    pieces = sample("<fire> ~wide #length @spread", lambda _: 0)
    assert [(p.kind, p.text, p.context) for p in pieces] == [
        ("word", "fire", True),
        ("degree", "", False),
        ("word", "wide", False),
        ("number", "length", False),
        ("attribute", "spread", False),
    ]


@pytest.mark.parametrize("pattern", ["(a|b", "a)", "[a", "<a", "a]", "(a|[b)"])
def test_when_brackets_do_not_match_then_the_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        parse(pattern)


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_when_a_vocabulary_is_installed_then_its_patterns_parse_and_its_names_are_its_own(vocabulary: object) -> None:
    attributes = vocabulary.attributes  # type: ignore[attr-defined]
    assert len({a.name for a in attributes}) == len(attributes)
    for attribute in attributes:
        assert len({m.value for m in attribute.meanings}) == len(attribute.meanings)
        assert attribute.elsewhere == "" or not attribute.parameter
        for meaning in attribute.meanings:
            assert meaning.adjectives or meaning.phrases or (attribute.amounts and meaning.value != "number")
            for pattern in (*meaning.adjectives, *meaning.phrases, *attribute.nouns):
                parse(pattern[2:] if pattern[1:2] == ":" else pattern)
