from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import Rate
from usd_ai.editorial.rates import has_drop_frame, nominal, parse_rate, snapped

_FILM = Rate(24000, 1001)


@pytest.mark.parametrize(
    "spelling",
    ["23.976", "24000/1001", "23.98", 23.976, 23.976023976, 23.976024627685547, Fraction(24000, 1001), _FILM],
)
def test_when_a_rate_is_spelled_as_real_exports_do_then_it_is_24000_over_1001(spelling: str | float) -> None:
    assert parse_rate(spelling) == _FILM


@pytest.mark.parametrize(
    ("spelling", "rate"),
    [
        ("24", Rate(24)),
        (24.0, Rate(24)),
        (" 25 ", Rate(25)),
        (25.000001, Rate(25)),
        ("29.97", Rate(30000, 1001)),
        ("59.94", Rate(60000, 1001)),
        (47.952, Rate(48000, 1001)),
        (12.5, Rate(25, 2)),
    ],
)
def test_when_a_rate_is_spelled_in_other_ways_then_the_rational_is_exact(spelling: str | float, rate: Rate) -> None:
    assert parse_rate(spelling) == rate


_NONE = ["", "fast", "24 fps", "0", "-24", "1e9", "nan", "24/0", float("nan"), float("inf")]
_MISSPELT = ["23.97", "29.98", 23.97, "24.1", "2397/100", "59.9"]


@pytest.mark.parametrize("spelling", [*_NONE, *_MISSPELT])
def test_when_it_is_no_rate_or_nearly_one_then_the_request_is_refused_with_an_example(spelling: str | float) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_rate(spelling)
    assert caught.value.reason == "INVALID_RATE"
    assert "24000/1001" in caught.value.remedy


@given(st.sampled_from([Rate(24), Rate(25), Rate(30), _FILM, Rate(30000, 1001), Rate(60000, 1001)]))
def test_when_a_rate_is_written_as_text_or_float_then_it_comes_back(rate: Rate) -> None:
    assert parse_rate(str(rate)) == rate
    assert parse_rate(float(rate)) == rate


@given(st.integers(-(10**7), 10**7), st.floats(-0.045, 0.045))
def test_when_a_frame_count_is_a_little_off_then_it_snaps_to_the_frame(frame: int, noise: float) -> None:
    assert snapped(frame + noise) == frame


def test_when_a_frame_count_is_between_frames_then_it_stays_between() -> None:
    assert snapped(12.5) == Fraction(25, 2)


def test_when_asked_for_timecode_facts_then_they_are_those_of_the_nominal_rate() -> None:
    assert nominal(_FILM) == 24
    assert [has_drop_frame(rate) for rate in (_FILM, Rate(30), Rate(30000, 1001), Rate(60000, 1001))] == [
        False,
        False,
        True,
        True,
    ]
