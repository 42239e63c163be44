from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usd_ai.learned.numbers import quantity
from usd_ai.learned.tokens import BUCKETS, PER_WORD, features, tokens_of


def test_when_a_prompt_is_cut_then_words_numbers_and_marks_are_apart() -> None:
    said = [t.text for t in tokens_of("Wind 8m/s, don\u2019t — 25km/h; close-up (4%).")]
    assert said == ["wind", "8", "m/s", ",", "don't", ",", "25", "km/h", ";", "close", "up", "4", "%", "."]


@given(st.text(max_size=200))
def test_when_any_text_is_cut_then_every_word_is_where_it_says(text: str) -> None:
    tokens = tokens_of(text)
    assert all(0 <= t.start < t.end <= len(text) for t in tokens)
    assert [t.start for t in tokens] == sorted({t.start for t in tokens})
    rows = features(tokens)
    assert rows.shape == (len(tokens), PER_WORD)
    assert rows.size == 0 or (rows.min() >= 0 and rows.max() <= BUCKETS)


def test_when_numbers_differ_then_the_network_sees_the_same() -> None:
    assert (features(tokens_of("8"))[0] == features(tokens_of("31.5"))[0]).all()


@pytest.mark.parametrize(
    ("words", "family", "value"),
    [
        ("8 m/s", "speed", 8.0),
        ("36 km/h", "speed", 10.0),
        ("30 mph", "speed", 13.4112),
        ("10 knots", "speed", 5.1444),
        ("ten minutes", "duration", 600.0),
        ("half an hour", "duration", 1800.0),
        ("an hour", "duration", 3600.0),
        ("twenty five seconds", "duration", 25.0),
        ("two hundred metres", "length", 200.0),
        ("a hundred metres", "length", 100.0),
        ("1,200 trees per hectare", "count", 1200.0),
        ("2,5 m", "length", 2.5),
        ("0,250 m", "length", 0.25),
        ("10,000,000 m/s", "speed", 1e7),
        ("1,000.5 m", "length", 1000.5),
        ("1.000,5 m/s", "speed", 1000.5),
        ("1.000.000 m", "length", 1e6),
        ("1,00,0 m/s", "speed", None),
        ("1,000,5 m/s", "speed", None),
        ("9" * 400 + " m", "length", None),
        ("9" * 307 + " km", "length", None),
        ("12 percent", "share", 0.12),
        ("up to about 60 feet tall", "length", 18.288),
        ("eight", "speed", None),
        ("8 apples", "length", None),
        ("", "length", None),
    ],
)
def test_when_a_number_has_a_unit_then_it_is_read_in_si(words: str, family: str, value: float | None) -> None:
    read = quantity([t.text for t in tokens_of(words)], family)
    assert read == (None if value is None else pytest.approx(value, rel=1e-4))
