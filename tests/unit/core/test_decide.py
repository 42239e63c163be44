"""Every row of the table, and what must hold whatever the cut does."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.core.cuts import HANDLES, case, cut, decided, made, retimed, use
from usd_ai.core.case import Case
from usd_ai.core.decide import TABLE, decide
from usd_ai.core.decisions import Action, LayerUse, Standing
from usd_ai.core.edits import plays_digest
from usd_ai.core.types import Cut, FrameRange, Occurrence

A, B, C = use("a", 1001), use("b", 2001, at=40), use("c", 3001, at=80)
OLD = cut(A, B, C)


def replaced(one: Occurrence, **changes: object) -> Occurrence:
    return dataclasses.replace(one, **changes)  # type: ignore[arg-type]


def moved(one: Occurrence, frames: int) -> Occurrence:
    """Pushed along the cut."""
    return replaced(one, record=FrameRange(one.record.start + frames, one.record.end + frames))


def unused(number: int = 1) -> LayerUse:
    return LayerUse("b", "bonfire", "b", Standing.UNUSED, number)


# ------------------------------------------------------------------------------------------------ the table, row by row


@pytest.mark.parametrize(
    ("now", "action", "said"),
    [
        # nothing
        (cut(A, B, C), Action.NOTHING, "Nothing that v001"),
        (cut(A, moved(B, 12), moved(C, 12)), Action.NOTHING, "only ripple"),
        (cut(A, moved(C, -40), moved(B, 40)), Action.NOTHING, "only swap"),
        (cut(A, replaced(B, clip_name="b_v002"), C), Action.NOTHING, "only version"),
        (cut(A, replaced(B, depth=1), C), Action.NOTHING, "only nest"),
        (cut(A, replaced(B, lane=1, track="V2"), C), Action.NOTHING, "only track"),
        (cut(A, replaced(B, extra="marker"), C), Action.NOTHING, "only metadata"),
        (cut(A, B, C, start=86400), Action.NOTHING, "Nothing that v001"),
        # inside what was generated
        (cut(A, use("b", 2006, 35, at=40), C), Action.RE_RANGE, "frames 2006-2040 of the frames 1991-2050"),
        (cut(A, use("b", 2001, 30, at=40), C), Action.RE_RANGE, "20 after"),
        (cut(A, use("b", 1995, 46, at=40), C), Action.RE_RANGE, "4 are left before and 10 after"),
        (cut(A, use("b", 2009, at=40), C), Action.RE_RANGE, "18 are left before and 2 after"),
        (cut(A, use("b", 2011, at=40), C), Action.RE_RANGE, "0 after"),
        # beyond it
        (cut(A, use("b", 2012, at=40), C), Action.REGENERATE, "frames 2051-2051; v001 of bonfire has frames 1991-2050"),
        (cut(A, use("b", 1980, 61, at=40), C), Action.REGENERATE, "frames 1980-1990"),
        (cut(A, use("b", 2201, at=40), C), Action.REGENERATE, "frames 2201-2240"),
        # speed
        (cut(A, retimed(B, "linear", Fraction(1, 2)), C), Action.OFFSET_AND_SCALE, "50 %"),
        (cut(A, retimed(B, "linear", Fraction(2)), C), Action.OFFSET_AND_SCALE, "200 %"),
        (cut(A, retimed(B, "reverse", Fraction(-1)), C), Action.CLIPS, "backwards"),
        (cut(A, retimed(B, "freeze", Fraction(0)), C), Action.CLIPS, "Stands still"),
        (
            cut(A, retimed(B, "ramp", Fraction(1), tuple(Fraction(2001 + k * k, 40) + 1950 for k in range(40))), C),
            Action.CLIPS,
            "speed changes",
        ),
        # the material, the shot
        (cut(A, replaced(B, reel="OTHER", media="x.mov"), C), Action.REGENERATE, "Rb → OTHER"),
        (cut(A, C), Action.KEEP_UNUSED, "marked unused"),
        (cut(A, replaced(B, enabled=False), C), Action.KEEP_UNUSED, "Switched off"),
    ],
)  # fmt: skip
def test_when_a_cut_changes_then_the_table_says_what_happens(now: Cut, action: Action, said: str) -> None:
    decision = decided(OLD, now, "b")
    assert (decision.action, said in decision.why) == (action, True), decision
    assert decision.keeps == "d" * 64
    assert bool(decision.covers) == action.generates
    for other in "ac":
        assert decided(OLD, now, other).action is Action.NOTHING


def test_when_frames_are_built_one_by_one_then_only_the_missing_ones_are_made() -> None:
    now = cut(A, use("b", 1985, 70, at=40), C)
    decision = decided(OLD, now, "b", made(OLD, "b", frame_local=True))
    assert decision.action is Action.MISSING_FRAMES
    assert decision.missing == (FrameRange(1985, 1990), FrameRange(2051, 2054))
    assert decision.covers == FrameRange(1975, 2064)


def test_when_the_stage_has_another_camera_then_it_is_generated_again() -> None:
    decision = decided(OLD, OLD, "b", stage="the camera")
    assert (decision.action, decision.why) == (Action.REGENERATE, "The camera changed since v001 of bonfire was made.")


def test_when_a_shot_comes_back_then_its_layer_is_used_again_and_costs_nothing() -> None:
    decision = decided(OLD, OLD, "b", standing=unused())
    assert (decision.action, decision.seconds, decision.request) == (Action.REUSE, 0.0, None)
    assert decided(OLD, cut(A, use("b", 2100, at=40), C), "b", standing=unused()).action is Action.REGENERATE


@pytest.mark.parametrize(("wanted", "action"), [(True, Action.GENERATE), (False, Action.NOTHING)])
def test_when_a_shot_has_no_layer_then_it_gets_one_where_it_is_new(wanted: bool, action: Action) -> None:
    second = use("b", 2101, at=200)
    now = cut(A, B, C, second)
    decision = decide(Case("b", "bonfire", now.shot("b"), None, wanted=wanted))
    assert decision.action is action
    if wanted:
        assert decision.covers == FrameRange(2001 - HANDLES, 2140 + HANDLES)  # once, over the union of its uses
        assert "all its 2 uses" in decision.why


def test_when_a_new_shot_is_switched_off_then_nothing_is_made_of_it() -> None:
    now = cut(A, replaced(B, enabled=False))
    assert decide(Case("b", "bonfire", now.shot("b"), None, wanted=True)).action is Action.NOTHING


def test_when_the_cut_of_a_layer_is_not_known_then_its_frames_say_what_changed() -> None:
    plain = dataclasses.replace(case(OLD, OLD, "b"), since=None)
    assert decide(plain).action is Action.NOTHING
    trimmed = dataclasses.replace(plain, now=cut(use("b", 2003, 30)).shot("b"))
    assert decide(trimmed).action is Action.RE_RANGE


# ------------------------------------------------------------------------------------------------ done before, undone


def test_when_it_was_applied_then_it_is_done_and_undone_when_the_cut_goes_back() -> None:
    trimmed = cut(A, use("b", 2006, 35, at=40), C)
    first = decided(OLD, trimmed, "b")
    done = LayerUse("b", "bonfire", "b", Standing.USED, 1, plays_digest(first.edits))
    again = decided(OLD, trimmed, "b", standing=done)
    assert (again.action, again.why) == (Action.NOTHING, f"Done before. {first.why}")
    assert again.edits == first.edits  # what is approved stays the same thing
    assert decided(OLD, OLD, "b", standing=done).action is Action.RE_RANGE


def test_when_a_next_version_is_published_then_its_edit_layers_are_written_anew() -> None:
    reverse = cut(A, retimed(B, "reverse", Fraction(-1)), C)
    digest = plays_digest(decided(OLD, reverse, "b").edits)
    standing = LayerUse("b", "bonfire", "b", Standing.USED, 1, digest)
    assert decided(reverse, reverse, "b", made(reverse, "b", number=2), standing=standing).action is Action.CLIPS
    assert decided(reverse, reverse, "b", made(reverse, "b", number=1), standing=standing).action is Action.NOTHING


def test_when_it_was_marked_unused_then_it_is_not_marked_again() -> None:
    assert decided(OLD, cut(A, C), "b", standing=unused()).action is Action.NOTHING


# ------------------------------------------------------------------------------------------------ whatever the cut does


@settings(deadline=None)
@given(start=st.integers(0, 500), count=st.integers(2, 40), push=st.integers(-400, 400).filter(bool))
def test_when_a_cut_is_only_pushed_along_then_no_layer_is_touched(start: int, count: int, push: int) -> None:
    uses = [use(f"s{k}", 1001 + 100 * k, 20 + k, at=1000 + 60 * k) for k in range(count)]
    old = cut(*uses)
    now = cut(*(moved(one, push) for one in uses), start=start)
    assert {decided(old, now, shot.name).action for shot in old.shots} == {Action.NOTHING}


@settings(deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=2, max_size=6))
def test_when_slips_add_up_then_what_was_generated_counts_and_not_the_last_cut(slips: list[int]) -> None:
    total = sum(slips)
    now = cut(A, use("b", 2001 + total, at=40), C)
    action = decided(OLD, now, "b").action
    assert action is (Action.NOTHING if not total else Action.RE_RANGE if abs(total) <= HANDLES else Action.REGENERATE)


def test_when_two_slips_each_look_harmless_then_together_they_are_caught() -> None:
    first, second = cut(A, use("b", 2009, at=40), C), cut(A, use("b", 2012, at=40), C)
    assert decided(OLD, first, "b").action is Action.RE_RANGE
    assert decided(first, second, "b", made(OLD, "b")).missing == (FrameRange(2051, 2051),)


@settings(deadline=None)
@given(start=st.integers(1960, 2060), count=st.integers(1, 90))
def test_when_anything_is_seen_then_it_is_in_the_layer_or_asked_for(start: int, count: int) -> None:
    now = cut(A, use("b", start, count, at=40), C)
    decision = decided(OLD, now, "b")
    layer = made(OLD, "b").frames
    inside = layer.start <= start and start + count - 1 <= layer.end
    assert decision.action.generates is not inside
    if not inside:
        assert sum(part.count for part in decision.missing) == len(
            set(range(start, start + count)) - set(layer.frames())
        )


def test_when_two_thousand_shots_ripple_then_no_layer_is_touched_and_one_trim_re_ranges_one() -> None:
    uses = [use(f"s{k}", 1001, 20, at=20 * k) for k in range(2000)]
    old = cut(*uses)
    from usd_ai.editorial.diff import diff_cuts  # noqa: PLC0415 - the comparison is made once for all shots here

    for now, expected in (
        (cut(*(moved(one, 7) for one in uses)), {Action.NOTHING: 2000}),
        (
            cut(*uses[:9], use("s9", 1004, 17, at=180), *(moved(one, -3) for one in uses[10:])),
            {Action.NOTHING: 1999, Action.RE_RANGE: 1},
        ),
    ):
        since = {change.shot: change for change in diff_cuts(old, now).shots}
        found: dict[Action, int] = {}
        for shot in now.shots:
            one = decide(Case(shot.name, "bonfire", shot, made(old, shot.name), None, since[shot.name]))
            found[one.action] = found.get(one.action, 0) + 1
        assert found == expected


def test_when_the_table_is_read_then_the_last_row_always_holds_and_every_action_is_in_it() -> None:
    assert {row.action for row in TABLE} == set(Action)
    assert TABLE[-1].when(case(OLD, OLD, "b"))
