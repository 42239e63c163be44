"""Every edit that an editor makes is called by its name, with its frames; alone and five at once."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Sequence

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.editorial import cutting_room as cutting
from tests.unit.editorial.cutting_edits import EDITS
from usd_ai.core.changes import CutDiff
from usd_ai.core.types import Cut
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.opening import OpenCut
from usd_ai.editorial.rates import parse_rate
from usd_ai.editorial.read import cut_of

Edit = Callable[[cutting.Room, random.Random], None]
PUSHED = {"ripple"}
HANDLES = 8


def read(room: cutting.Room) -> Cut:
    """The cut as our reader sees it, through the file's text."""
    text = otio.adapters.write_to_string(cutting.timeline_of(room), "otio_json")
    timeline = otio.adapters.read_from_string(text, "otio_json")
    return cut_of(OpenCut(timeline, parse_rate(room.rate), "0" * 64, []), HANDLES, "cut.otio")


def said(diff: CutDiff, shot: str) -> set[tuple[str, int]]:
    """What the diff says of a shot, apart from its having been pushed along."""
    found = diff.shot(shot)
    if found is None:
        return set()
    return {(c.kind, c.frames) for one in found.occurrences for c in one.changes if c.kind not in PUSHED}


def hold(edits: Sequence[Edit], seed: int) -> None:
    """Make the edits, and hold what is found against what was done."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    before = cutting.new_room(90, rng)
    after = copy.deepcopy(before)
    for edit in edits:
        edit(after, rng)
    diff = diff_cuts(read(before), read(after), {cutting.KNOWN})
    wrong = {shot: (wanted, said(diff, shot)) for shot, wanted in after.expected.items() if said(diff, shot) != wanted}
    assert not wrong, f"{[e.__name__ for e in edits]} seed {seed}: wanted, said: {wrong}"
    others = {shot.shot for shot in diff.shots} - set(after.expected)
    false = {shot: said(diff, shot) for shot in others if said(diff, shot)}
    assert not false, f"{[e.__name__ for e in edits]} seed {seed}: false alarms: {false}"
    assert {(c.kind, c.frames) for c in diff.changes} == after.whole
    assert {s.shot for s in diff.shots if s.state == "omitted"} == after.omitted
    assert {s.shot for s in diff.shots if s.state == "new"} == after.fresh
    assert {s.shot for s in diff.shots if s.state == "reinstated"} == after.back


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
@pytest.mark.parametrize("seed", range(8))
def test_when_one_edit_is_made_then_it_is_called_by_its_name_and_frames_and_nothing_else_is(
    edit: Edit, seed: int
) -> None:
    hold([edit], seed)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(EDITS), min_size=5, max_size=5), st.integers(0, 2**32))
def test_when_five_edits_are_made_at_once_then_each_is_told_apart(edits: list[Edit], seed: int) -> None:
    hold(edits, seed)


def test_when_nothing_is_different_then_nothing_is_said() -> None:
    room = cutting.new_room(40, random.Random(3))  # noqa: S311 - no secret
    diff = diff_cuts(read(room), read(room))
    assert not diff.changes
    assert {shot.state for shot in diff.shots} == {"unchanged"}
