"""Clips that no film has: left out and told, before a list of their frames fills a memory."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from services import convert_cuts
from usd_ai.core.errors import UnreadableInput
from usd_ai.core.playing import reach
from usd_ai.core.types import Cut, FrameRange, Plays
from usd_ai.editorial.bounds import FARTHEST, MOST_FRAMES, MOST_RETIMED
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.read import read_cut

_OK = ("sh010", 1001, 24)


def _time(frames: float, rate: float = 24.0) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(frames, rate)


def _clip(name: str, start: float, count: float, speed: float | None = None, rate: float = 24.0) -> otio.schema.Clip:
    clip = otio.schema.Clip(name, source_range=otio.opentime.TimeRange(_time(start, rate), _time(count, rate)))
    if speed is not None:
        clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=speed))
    return clip


def _read(folder: Path, *items: otio.core.Item, start: float | None = None, handles: int = 8) -> Cut:
    track = otio.schema.Track(kind=otio.schema.TrackKind.Video)
    track.extend(items)
    timeline = otio.schema.Timeline("t")
    timeline.global_start_time = _time(start) if start is not None else None
    timeline.tracks.append(track)
    file = folder / "cut.otio"
    file.write_text(otio.core.serialize_json_to_string(timeline), encoding="utf-8")
    return read_cut(str(file), None, handles)


def _names(cut: Cut) -> list[str]:
    return [shot.name for shot in cut.shots]


def _says(cut: Cut) -> None:
    """Let every message be made of a cut that the wire has for one: none may find a number that it cannot hold."""
    assert convert_cuts.cut_message(cut).SerializeToString()
    for shot in cut.shots:
        assert convert_cuts.shot_message("p", shot).SerializeToString()
    for change in diff_cuts(cut, cut).shots:
        assert convert_cuts.shot_change_message("p", change).SerializeToString()


@pytest.mark.parametrize(
    "odd",
    [
        _clip("odd", 1001, 100_000_000, -1.0),  # backwards: every frame of it would stand in a list
        _clip("odd", 1001, 100_000_000),
        _clip("odd", 1001, 100_000_000, 0.5),
        _clip("odd", 1001, 1000, 1e9),
        _clip("odd", 1001, MOST_RETIMED + 1, -1.0),
        _clip("odd", 1e11, 10),
        _clip("odd", -1e11, 10),
        _clip("odd", FARTHEST, 10),
        _clip("odd", 3_000_000_000, 24),  # beyond 32 bits, and still a number
        _clip("odd", 0, MOST_FRAMES * 8, rate=1000.0),
    ],
)
def test_when_a_clip_is_longer_or_farther_than_any_then_it_is_left_out_and_told(
    tmp_path: Path, odd: otio.schema.Clip
) -> None:
    cut = _read(tmp_path, _clip(*_OK), odd.clone())
    assert _names(cut) == ["sh010"]
    assert [notice.severity for notice in cut.notices if "'odd' was left out" in notice.message] == ["error"]
    _says(cut)


def test_when_a_ramp_shows_frames_beyond_all_then_it_is_left_out_and_told(tmp_path: Path) -> None:
    clip = _clip("odd", 1001, 10)
    effect = otio.schema.TimeEffect("r", "ramp")
    effect.metadata["lookup"] = [0.0] * 9 + [1e15]
    clip.effects.append(effect)
    cut = _read(tmp_path, _clip(*_OK), clip)
    assert (_names(cut), [notice.severity for notice in cut.notices]) == (["sh010"], ["error"])
    _says(cut)


def test_when_clips_stand_far_out_in_the_cut_then_they_are_left_out_and_the_cut_ends_before(tmp_path: Path) -> None:
    gap = otio.schema.Gap(source_range=otio.opentime.TimeRange(_time(0), _time(5e10)))
    cut = _read(tmp_path, _clip(*_OK), gap, _clip("sh020", 1001, 24))
    assert (_names(cut), cut.duration) == (["sh010"], 24)
    assert {notice.severity for notice in cut.notices} == {"error", "warning"}
    _says(cut)


def test_when_a_cut_starts_beyond_all_frames_then_it_starts_at_none_and_that_is_told(tmp_path: Path) -> None:
    cut = _read(tmp_path, _clip(*_OK), start=5e10)
    assert (cut.start, [notice.severity for notice in cut.notices]) == (0, ["warning"])
    _says(cut)


def test_when_uses_of_one_name_lie_days_apart_then_only_those_near_the_first_are_one_shot(tmp_path: Path) -> None:
    cut = _read(tmp_path, _clip(*_OK), _clip("sh010", 500_000_000, 24), _clip("sh010", 1101, 24))
    assert (cut.shots[0].visible, len(cut.shots[0].occurrences)) == (FrameRange(1001, 1124), 2)
    assert [notice.severity for notice in cut.notices] == ["error"]


def test_when_nothing_of_a_cut_is_within_bounds_then_it_is_refused_with_why(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="longer than a day") as refusal:
        _read(tmp_path, _clip("odd", 1001, 100_000_000))
    assert refusal.value.reason == "EMPTY_CUT"


def test_when_a_clip_is_as_long_as_any_may_be_then_it_is_read(tmp_path: Path) -> None:
    cut = _read(tmp_path, _clip("long", 0, 24 * 60 * 60 * 24), _clip("slow", 0, MOST_RETIMED, -1.0), start=86400)
    assert (_names(cut), cut.notices) == (["long", "slow"], ())
    _says(cut)


def test_when_a_speed_is_steady_then_its_reach_is_known_by_its_ends_alone() -> None:
    asked: list[int] = []

    class Counted(Plays):
        def at(self, k: int) -> Fraction:
            asked.append(k)
            return Plays.at(self, k)

    backwards = Counted(Fraction(MOST_FRAMES), Fraction(-1, 2))
    assert reach(backwards, FrameRange(0, MOST_FRAMES - 1)) == FrameRange(MOST_FRAMES // 2, MOST_FRAMES)
    assert len(asked) == 2


@pytest.mark.parametrize("shown", [FrameRange(0, 3), FrameRange(-5, 1), FrameRange(2, 90), FrameRange(-9, -4)])
@pytest.mark.parametrize("offset", [0, -2, 3])
def test_when_a_speed_changes_then_its_reach_is_that_of_every_frame(shown: FrameRange, offset: int) -> None:
    ramp = Plays(Fraction(0), Fraction(1), tuple(Fraction(value, 2) for value in (9, 4, 30, -7, 8)), offset)
    frames = [ramp.at(k) for k in shown.frames()]
    assert reach(ramp, shown) == FrameRange(min(frames) // 1, max(frames) // 1)
