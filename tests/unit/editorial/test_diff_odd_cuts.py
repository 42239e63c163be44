"""Cuts that no editor would make: nothing of them may be lost, counted twice, or said of a cut against itself."""

from __future__ import annotations

import dataclasses
import random
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.core.cuts import case, cut, made, use
from usd_ai.core.decide import decide
from usd_ai.core.errors import UnreadableInput
from usd_ai.core.types import Cut, FrameRange, Occurrence, Plays, Rate, Retime
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.read import read_cut

_WORLDS = ("names", "one name", "one reel", "bare", "one frame")


def _odd(rng: random.Random, world: str) -> list[Occurrence]:
    found: list[Occurrence] = []
    for k in range(rng.choice([0, 0, 1, 1, 2, 3, 8, 15])):
        length = 1 if world == "one frame" or rng.random() < 0.2 else rng.randrange(1, 30)
        start = rng.choice([0, 1000, 1000 + k * 7, rng.randrange(3000)])
        one = use("x" if world == "one name" else rng.choice("abcdefghij"), start, length)
        source = {"one reel": ("A1", "A1.mov"), "bare": ("", "")}.get(world, (one.reel, one.media))
        one = dataclasses.replace(one, reel=source[0], media=source[1], enabled=rng.random() < 0.8)
        one = dataclasses.replace(one, depth=rng.choice([0, 0, 1, 2]), lane=rng.choice([0, 0, 1]))
        if rng.random() < 0.3:
            speed = rng.choice([Fraction(1, 2), Fraction(2), Fraction(-1), Fraction(0)])
            kind = "freeze" if not speed else "reverse" if speed < 0 else "linear"
            plays = Plays(Fraction(start + length - 1 if speed < 0 else start), speed)
            one = dataclasses.replace(one, retime=Retime(kind, speed), plays=plays)
        found.append(dataclasses.replace(one, transition_in=rng.choice([0, 0, 0, 1, 8])))
    return found


def _laid(uses: list[Occurrence], rng: random.Random) -> Cut:
    at, laid = rng.choice([0, 0, 30]), list[Occurrence]()
    for one in uses:
        laid.append(dataclasses.replace(one, record=FrameRange(at, at + one.record.count - 1)))
        at += one.record.count + rng.choice([0, 0, 0, 5])
    return cut(*laid)


def _frames(uses: list[Occurrence | None]) -> int:
    return sum(one.record.count for one in uses if one is not None)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(_WORLDS), st.integers(0, 2**32))
@example("one reel", 76227117)  # the uses of two shots go on as those of one
def test_when_cuts_are_odd_then_every_frame_is_accounted_for_once(world: str, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    before = _odd(rng, world)
    after = list(before) if rng.random() < 0.7 else _odd(rng, world)
    for _ in range(rng.randrange(4)):
        if after and rng.random() < 0.5:
            after.pop(rng.randrange(len(after)))
        elif after:
            renamed = dataclasses.replace(rng.choice(after), clip_name=rng.choice(["q_v001", "a_v002", "x_v009"]))
            after.insert(rng.randrange(len(after) + 1), renamed)
        if rng.random() < 0.3:
            rng.shuffle(after)
    old, new = _laid(before, rng), _laid(after, rng)
    for one in (old, new):
        same = diff_cuts(one, one)
        assert (same.changes, {shot.state for shot in same.shots} - {"unchanged"}) == ((), set())
    diff = diff_cuts(old, new)
    uses = [one for shot in diff.shots for one in shot.occurrences]
    assert _frames([one.old for one in uses]) == _frames([*(u for s in old.shots for u in s.occurrences)])
    assert _frames([one.new for one in uses]) == _frames([*(u for s in new.shots for u in s.occurrences)])
    was = [shot.was or shot.shot for shot in diff.shots if shot.needed_before is not None]
    assert sorted(was) == sorted({shot.name for shot in old.shots})  # each goes on once, or is omitted
    for name in {shot.name for shot in old.shots} & {shot.name for shot in new.shots}:
        now, layer = new.shot(name), made(old, name).frames
        assert now is not None
        if any(one.enabled for one in now.occurrences) and not decide(case(old, new, name)).action.generates:
            assert layer.start <= now.visible.start
            assert now.visible.end <= layer.end


def test_when_a_cut_has_no_clip_then_all_of_the_other_is_new_or_omitted() -> None:
    empty, one = cut(), cut(use("a", 1001))
    assert [shot.state for shot in diff_cuts(empty, one).shots] == ["new"]
    assert [shot.state for shot in diff_cuts(one, empty).shots] == ["omitted"]
    assert diff_cuts(empty, empty).shots == ()


def test_when_a_file_has_no_clip_then_it_is_refused_and_omits_no_shot(tmp_path: Path) -> None:
    timeline = otio.schema.Timeline("empty")
    timeline.tracks.append(otio.schema.Track("V1", kind=otio.schema.TrackKind.Video))
    otio.adapters.write_to_file(timeline, str(tmp_path / "empty.otio"))
    with pytest.raises(UnreadableInput):
        read_cut(str(tmp_path / "empty.otio"), Rate(24), 8)
