"""From uses in a cut to edit layers: what is shown, from where, and what a layer must have for it."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.cuts import cut, retimed, use
from usd_ai.core.edits import edits_of, plays_digest, seen_of, shown_of
from usd_ai.core.playing import reach
from usd_ai.core.types import FrameRange, Occurrence, Plays

PLAIN = use("a", 1001, 24, at=100)


def dissolved(one: Occurrence, head: int, tail: int, seen: FrameRange) -> Occurrence:
    return dataclasses.replace(one, transition_in=head, transition_out=tail, visible=seen)


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        (PLAIN, FrameRange(0, 23)),
        (dissolved(PLAIN, 8, 0, FrameRange(993, 1024)), FrameRange(-8, 23)),  # the dissolve lies before the cut
        (dissolved(PLAIN, 8, 0, FrameRange(997, 1024)), FrameRange(-4, 23)),  # it is centred on it
        (dissolved(PLAIN, 8, 6, FrameRange(1001, 1027)), FrameRange(0, 26)),
        (dataclasses.replace(PLAIN, plays=None), FrameRange(0, 23)),
    ],
)
def test_when_a_use_lies_under_transitions_then_all_that_is_seen_is_shown(one: Occurrence, shown: FrameRange) -> None:
    assert shown_of(one) == shown


def test_when_a_use_plays_at_speed_then_its_edit_is_the_layer_as_it_is() -> None:
    (edit,) = edits_of(cut(PLAIN).shots[0])
    assert (edit.way, edit.start, edit.shown, edit.step) == ("as is", 1001, FrameRange(0, 23), 1)


def test_when_uses_change_places_then_edits_stay_and_one_that_is_off_has_none() -> None:
    other = use("a", 2001, 24, at=300)
    there, back = cut(PLAIN, other).shots[0], cut(dataclasses.replace(other, record=FrameRange(0, 23)), PLAIN).shots[0]
    assert plays_digest(edits_of(there)) == plays_digest(edits_of(back))
    assert len(edits_of(cut(PLAIN, dataclasses.replace(other, enabled=False)).shots[0])) == 1


def test_when_a_backward_retime_begins_on_half_a_frame_then_the_frame_below_is_needed_too() -> None:
    half = retimed(use("a", 1001, 12), "reverse", Fraction(-1, 2))
    shot = cut(half).shots[0]
    assert half.plays is not None
    assert reach(half.plays, shown_of(half)) == FrameRange(1000, 1012)
    assert seen_of(shot) == FrameRange(1000, 1012)
    assert seen_of(cut(PLAIN).shots[0]) == FrameRange(1001, 1024)


@given(first=st.integers(0, 99), start=st.integers(0, 99), count=st.integers(1, 40))
def test_when_anything_differs_then_the_digest_does(first: int, start: int, count: int) -> None:
    here, there = use("a", 10, 20), use("a", start, count, plays=Plays(Fraction(first)))
    same = (start, count, first) == (10, 20, 10)
    digests = [plays_digest(edits_of(cut(one).shots[0])) for one in (here, there)]
    assert (digests[0] == digests[1]) is same
