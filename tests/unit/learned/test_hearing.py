from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usd_ai.generators.burning_forest import GENERATOR
from usd_ai.learned.hearing import hear
from usd_ai.learned.tagger import shipped
from usd_ai.learned.understanding import known_words


def said(prompt: str) -> list[str]:
    """Intents as short text: "!density=very high", "wind_speed=8", "?dragon"."""
    assert GENERATOR.vocabulary is not None
    found: list[str] = []
    for intent in hear(prompt, shipped(), known_words(), GENERATOR.vocabulary):
        if not intent.attribute:
            found.append(f"?{intent.words}")
            continue
        value = intent.value if intent.number is None else f"{intent.number:g}"
        degree = "" if intent.degree == "plain" else f"{intent.degree} "
        found.append(f"{'!' if intent.denied else ''}{intent.attribute}={degree}{value}")
    return found


@pytest.mark.parametrize(
    ("prompt", "intents"),
    [
        (
            "dense pine forest on a ridge, fire creeping from the left, night",
            ["density=high", "species=pine", "terrain=ridge", "spread=low", "fire_from=left", "time_of_day=night"],
        ),
        ("no smoke", ["smoke=none"]),
        ("without smoke or embers", ["smoke=none", "embers=none"]),
        ("the forest is not dense", ["!density=high"]),
        ("very dense", ["density=very high"]),
        ("wind 8 m/s", ["wind_speed=8"]),
        ("wind from the right", ["wind_from=right"]),
        ("lots of embers, less haze", ["embers=high", "haze=low"]),
        ("no birches", ["!species=birch"]),
        ("a clearing in the middle", ["clearing=centre"]),
        ("half an hour after ignition", ["progress=1800"]),
        ("a burning forest", []),
        ("", []),
    ],
)
def test_when_a_plain_wish_is_said_then_it_is_heard(prompt: str, intents: list[str]) -> None:
    assert said(prompt) == intents


@pytest.mark.parametrize("word", ["dragon", "skyscraper", "Zauberwald", "xqzvbn"])
def test_when_a_word_means_nothing_here_then_it_is_named(word: str) -> None:
    assert any(word in heard for heard in said(f"dense forest with a {word}") if heard.startswith("?"))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_when_anything_at_all_is_said_then_only_words_of_it_come_back(text: str) -> None:
    assert GENERATOR.vocabulary is not None
    for intent in hear(text, shipped(), known_words(), GENERATOR.vocabulary):
        assert intent.words in text


def test_when_processes_hash_differently_then_they_hear_the_same() -> None:
    script = (
        "from tests.unit.learned.test_hearing import said; "
        "print(said('dence pine woods, no smoke, wind 8 m/s from the left, a wizard, very dry'))"
    )
    heard = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed, threads in (("0", "1"), ("1", "2"), ("77", "1"))
    }
    assert len(heard) == 1
    assert "wind_speed=8" in heard.pop()


def test_when_a_prompt_is_read_then_torch_is_not_needed() -> None:
    script = (
        "import sys; from tests.unit.learned.test_hearing import said; said('dense'); "
        "sys.exit('torch' in sys.modules or 'pxr' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
