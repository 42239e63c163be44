"""Every edit that an editor makes is called by its name, with its frames, and the right thing is done about it.

Alone and five at once; against layers that were generated for the cut before, and for the one before that.
"""

from __future__ import annotations

import copy
import functools
import random
from collections.abc import Callable, Sequence

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.editorial import cutting_oracle as oracle
from tests.unit.editorial import cutting_room as cutting
from tests.unit.editorial.cutting_edits import EDITS
from usd_ai.core.case import Case
from usd_ai.core.changes import CutDiff, ShotChange
from usd_ai.core.decide import decide
from usd_ai.core.decisions import Action, Decision, Edit, LayerUse, Made, Standing
from usd_ai.core.types import Cut, FrameRange, Request
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.opening import OpenCut
from usd_ai.editorial.rates import parse_rate
from usd_ai.editorial.read import cut_of

Cutting = Callable[[cutting.Room, random.Random], None]
PUSHED = {"ripple"}
HANDLES = 8
SHOTS = 80
KNOWN = cutting.Room(
    [cutting.Piece(cutting.KNOWN, f"{cutting.KNOWN}_v003", "B777C001", 8_000_000, 60, born=cutting.KNOWN)]
)


def read(room: cutting.Room) -> Cut:
    """The cut as our reader sees it, through the file's text."""
    text = otio.adapters.write_to_string(cutting.timeline_of(room), "otio_json")
    timeline = otio.adapters.read_from_string(text, "otio_json")
    return cut_of(OpenCut(timeline, parse_rate(room.rate), "0" * 64, []), HANDLES, "cut.otio")


@functools.lru_cache(maxsize=16)
def begun(seed: int) -> tuple[cutting.Room, Cut]:
    """The cut before anything is done to it."""
    room = cutting.new_room(SHOTS, random.Random(seed))  # noqa: S311 - no secret
    return room, read(room)


@functools.lru_cache
def known_cut() -> Cut:
    """The cut that had the shot which comes back."""
    return read(KNOWN)


def said(diff: CutDiff, shot: str) -> set[tuple[str, int]]:
    """What the diff says of a shot, apart from its having been pushed along."""
    found = diff.shot(shot)
    if found is None:
        return set()
    return {(c.kind, c.frames) for one in found.occurrences for c in one.changes if c.kind not in PUSHED}


# ------------------------------------------------------------------------------------- what is decided on their layers


def made(layer: oracle.Shelved, *, frame_local: bool) -> Made:
    """A layer on the shelf as decisions know it."""
    frames = FrameRange(*layer.frames)
    request = Request("p", layer.born, "bonfire")
    return Made(
        layer.born, "bonfire", 1, "g1", "bonfire", frames, "p" * 64, "d" * 64, 1.0, request, frame_local=frame_local
    )


def decided(layer: oracle.Shelved, change: ShotChange | None, now: Cut, *, frame_local: bool) -> Decision:
    """What the table says to a layer of which a comparison says what changed."""
    name = change.shot if change is not None else layer.born
    known = change if change is not None and change.state not in {"new", "reinstated"} else None
    standing = LayerUse(layer.born, "bonfire", name, Standing.UNUSED, 1) if layer.unused else None
    return decide(Case(name, "bonfire", now.shot(name), made(layer, frame_local=frame_local), standing, known))


def hold_actions(layers: Sequence[oracle.Shelved], diff: CutDiff, room: cutting.Room, now: Cut, told: str) -> None:
    """Hold every decision on layers against what the frames say."""
    changes = {change.was or change.shot: change for change in diff.shots}
    for number, layer in enumerate(layers):
        frame_local = number % 2 == 0
        decision = decided(layer, changes.get(layer.born), now, frame_local=frame_local)
        if oracle.unknowable(layer, room):
            continue
        wanted = oracle.expected(layer, room)
        beyond = wanted is Action.REGENERATE and "take" not in {change.kind for change in decision.changes}
        if beyond and frame_local:
            wanted = Action.MISSING_FRAMES
        assert decision.action is wanted, f"{told}: {layer.born}: {wanted}, decided: {decision}"
        if wanted.plays:
            assert _left_over(decision.edits, oracle.edits(room, layer.born)) == [], f"{told}: {layer.born}"
        if wanted.generates:
            fresh = oracle.shelved(room, layer.born, HANDLES)
            assert decision.covers == FrameRange(*fresh.frames), f"{told}: {layer.born}"
        if beyond:
            first, last = oracle.seen(room, layer.born)
            lacking = set(range(first, last + 1)) - set(range(layer.frames[0], layer.frames[1] + 1))
            assert {frame for part in decision.missing for frame in part.frames()} == lacking, f"{told}: {layer.born}"


def _left_over(edits: Sequence[Edit], wanted: Sequence[oracle.Played]) -> list[object]:
    """What of either side has no other: an edit plays a use if it shows what the use shows, at every frame of it."""
    left, missed = list(edits), list[object]()
    for first, shown in wanted:
        frames = range(first, first + len(shown))
        fits = (e for e in left if e.shown.start <= first and frames[-1] <= e.shown.end)
        same = next((e for e in fits if tuple(e.plays.at(k) * oracle.TICKS for k in frames) == shown), None)
        if same is None:
            missed.append((first, shown))
        else:
            left.remove(same)
    return [*left, *missed]


def hold_all_actions(before: tuple[cutting.Room, Cut], diff: CutDiff, room: cutting.Room, now: Cut, told: str) -> None:
    """As above, for a layer of every shot of the cut before, and one of a shot that only an older cut had."""
    layers = [oracle.shelved(before[0], born, HANDLES) for born in oracle.born_in(before[0])]
    hold_actions(layers, diff, room, now, told)
    known = oracle.shelved(KNOWN, cutting.KNOWN, HANDLES)
    kept = oracle.done(known, Action.KEEP_UNUSED, KNOWN)
    hold_actions([kept], diff_cuts(known_cut(), now), room, now, told)


# ----------------------------------------------------------------------------------------------------------- the matrix


def hold(edits: Sequence[Cutting], seed: int, before: tuple[cutting.Room, Cut]) -> None:
    """Make the edits, and hold what is found, and what is decided, against what was done."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    after = copy.deepcopy(before[0])
    for edit in edits:
        edit(after, rng)
    told, now = f"{[e.__name__ for e in edits]} seed {seed}", read(after)
    diff = diff_cuts(before[1], now, {cutting.KNOWN})
    wrong = {shot: (wanted, said(diff, shot)) for shot, wanted in after.expected.items() if said(diff, shot) != wanted}
    assert not wrong, f"{told}: wanted, said: {wrong}"
    others = {shot.shot for shot in diff.shots} - set(after.expected)
    false = {shot: said(diff, shot) for shot in others if said(diff, shot)}
    assert not false, f"{told}: false alarms: {false}"
    assert {(c.kind, c.frames) for c in diff.changes} == after.whole
    assert {s.shot for s in diff.shots if s.state == "omitted"} == after.omitted
    assert {s.shot for s in diff.shots if s.state == "new"} == after.fresh
    assert {s.shot for s in diff.shots if s.state == "reinstated"} == after.back
    hold_all_actions(before, diff, after, now, told)
    for shot in after.fresh:
        decision = decide(Case(shot, "bonfire", now.shot(shot), None, wanted=True))
        assert decision.action is Action.GENERATE
        assert decision.covers == FrameRange(*oracle.shelved(after, shot, HANDLES).frames)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
@pytest.mark.parametrize("seed", range(6))
def test_when_one_edit_is_made_then_it_is_called_by_its_name_and_frames_and_the_right_thing_is_done(
    edit: Cutting, seed: int
) -> None:
    hold([edit], seed, begun(seed))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(EDITS), min_size=5, max_size=5), st.integers(0, 2**32))
def test_when_five_edits_are_made_at_once_then_each_is_told_apart_and_the_right_thing_is_done(
    edits: list[Cutting], seed: int
) -> None:
    hold(edits, seed, begun(seed % 16))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(EDITS), min_size=10, max_size=10), st.integers(0, 2**32))
def test_when_five_edits_follow_on_five_then_what_a_layer_was_generated_for_counts(
    edits: list[Cutting], seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    before = begun(seed % 16)
    after = before[0]
    for day in (edits[:5], edits[5:]):
        after = after.again()
        for edit in day:
            edit(after, rng)
    now = read(after)
    told = f"{[e.__name__ for e in edits]} seed {seed}"
    hold_all_actions(before, diff_cuts(before[1], now, {cutting.KNOWN}), after, now, told)


def test_when_nothing_is_different_then_nothing_is_said() -> None:
    room = cutting.new_room(40, random.Random(3))  # noqa: S311 - no secret
    diff = diff_cuts(read(room), read(room))
    assert not diff.changes
    assert {shot.state for shot in diff.shots} == {"unchanged"}
