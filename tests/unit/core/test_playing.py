from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usd_ai.core.cuts import FrameRange, Plays, Rate
from usd_ai.core.playing import AS_IS, CLIPS, OFFSET, OFFSET_AND_SCALE, how_it_plays, knots, reach, speeds, steady_step

SHOWN = FrameRange(-4, 19)
FRAMES = st.fractions(min_value=900, max_value=1200, max_denominator=24)


def ramp(*frames: float, offset: int = 0) -> Plays:
    return Plays(Fraction(0), Fraction(1), tuple(Fraction(frame) for frame in frames), offset)


@pytest.mark.parametrize(
    ("plays", "way", "said"),
    [
        (Plays(Fraction(1001)), AS_IS, "same number"),
        (Plays(Fraction(1013)), OFFSET, "12 frames earlier"),
        (Plays(Fraction(1989, 2)), OFFSET, "6.5 frames later"),
        (Plays(Fraction(1001), Fraction(1, 2)), OFFSET_AND_SCALE, "50 %"),
        (Plays(Fraction(1001), Fraction(2)), OFFSET_AND_SCALE, "200 %"),
        (Plays(Fraction(1001), Fraction(2, 3)), OFFSET_AND_SCALE, "66.667 %"),
        (Plays(Fraction(1010), Fraction(0)), CLIPS, "frame 1010"),
        (Plays(Fraction(1040), Fraction(-1)), CLIPS, "-100 %"),
        (ramp(1001, 1001.5, 1002.5, 1004.5), CLIPS, "speed changes (0 % to 200 %)"),
        (ramp(*range(996, 1030), offset=-5), AS_IS, "same number"),
        (ramp(*range(1030, 996, -1), offset=-5), CLIPS, "backwards"),
    ],
)
def test_when_asked_how_an_occurrence_plays_then_the_cheapest_way_is_named_with_its_reason(
    plays: Plays, way: str, said: str
) -> None:
    found = how_it_plays(plays, SHOWN, 1001)
    assert found.way == way
    assert said in found.reason


def test_when_rates_differ_then_frames_stay_frames_and_the_reason_says_so() -> None:
    found = how_it_plays(Plays(Fraction(1001)), SHOWN, 1001, Rate(24), Rate(24000, 1001))
    assert (found.way, found.scale, found.offset) == (OFFSET_AND_SCALE, 1, 0)
    assert found.reason == "The layer counts 24 frames a second, the stage 24000/1001; frames stay frames."
    assert how_it_plays(Plays(Fraction(1001)), SHOWN, 1001, Rate(24), Rate(48, 2)).way == AS_IS


@given(
    first=FRAMES, step=st.fractions(min_value=Fraction(1, 16), max_value=8, max_denominator=24), k=st.integers(0, 99)
)
def test_when_it_plays_by_offset_and_scale_then_every_frame_lands_exactly_where_it_should(
    first: Fraction, step: Fraction, k: int
) -> None:
    plays = Plays(first, step)
    found = how_it_plays(plays, FrameRange(0, 99), 1001)
    assert plays.at(k) * found.scale + found.offset == 1001 + k
    assert found.scale > 0


@given(frames=st.lists(FRAMES, min_size=2, max_size=30), offset=st.integers(-8, 8))
def test_when_a_table_of_frames_is_played_then_every_knot_of_a_frame_shows_it(
    frames: list[Fraction], offset: int
) -> None:
    plays = Plays(frames[0], Fraction(1), tuple(frames), offset)
    shown = FrameRange(offset - 2, offset + len(frames) + 1)
    found = knots(plays, shown)
    assert [k for k, _ in found] == sorted(k for k, _ in found)
    right = dict(found)  # of two at one frame the later stands
    assert {k: right[k] for k in shown.frames()} == {k: plays.at(k) for k in shown.frames()}
    assert (min(right), max(right)) == (shown.start - 1, shown.end + 1)
    assert set(speeds(plays, shown)) == set(shown.frames())


def test_when_the_picture_jumps_then_it_moves_on_up_to_the_jump_and_as_after_it_from_there() -> None:
    plays = ramp(1001, 1002, 1003, 1020, 1021, 1022)
    found = knots(plays, FrameRange(0, 5))
    assert found[3:6] == ((2, 1003), (3, 1004), (3, 1020))
    assert set(speeds(plays, FrameRange(0, 5)).values()) == {1}


def test_when_a_speed_grows_fast_then_that_is_no_jump() -> None:
    plays = ramp(1001, 1002, 1005, 1010, 1020, 1035)
    assert len(knots(plays, FrameRange(0, 5))) == 8
    assert speeds(plays, FrameRange(0, 5))[3] == Fraction(15, 2)


def test_when_the_ends_of_a_table_are_shown_then_the_speed_there_goes_on() -> None:
    found = dict(knots(ramp(1010, 1008, 1006), FrameRange(0, 2)))
    assert (found[-1], found[3]) == (1012, 1004)
    assert speeds(ramp(1010, 1008, 1006), FrameRange(0, 2)) == {0: -2, 1: -2, 2: -2}


def test_when_a_single_frame_of_a_table_is_shown_then_its_neighbour_tells_the_speed() -> None:
    assert steady_step(ramp(1010, 1008, 1006), FrameRange(1, 1)) == -2
    assert steady_step(ramp(1010), FrameRange(0, 0)) == 0


def test_when_asked_what_is_reached_then_fractions_hold_the_frame_before_them() -> None:
    assert reach(Plays(Fraction(1001), Fraction(1, 2)), FrameRange(0, 47)) == FrameRange(1001, 1024)
    assert reach(Plays(Fraction(1048), Fraction(-1)), FrameRange(-2, 47)) == FrameRange(1001, 1050)
