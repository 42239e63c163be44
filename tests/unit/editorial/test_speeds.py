"""Speeds whose frames were counted by hand: ramps at other rates, reverses, nests and tracks that are retimed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from usd_ai.core.playing import reach
from usd_ai.core.types import Cut, FrameRange, Occurrence, Rate, Retime
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.read import read_cut

_RAMP = [*range(24), *(24 + 2 * k for k in range(24))]  # a second at 100 %, a second at 200 %: frame of the source


def _span(start: float, count: float, rate: float = 24, of: float = 24) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(otio.opentime.RationalTime(start, rate), otio.opentime.RationalTime(count, of))


def _clip(name: str, start: int, count: int, *effects: otio.schema.Effect, rate: float = 24) -> otio.schema.Clip:
    clip = otio.schema.Clip(name, source_range=_span(start, count, rate))
    clip.effects.extend(effects)
    return clip


def _ramp(*shown: float) -> otio.schema.TimeEffect:
    effect = otio.schema.TimeEffect("ramp", "TimeWarp")
    effect.metadata["lookup"] = [value - k for k, value in enumerate(shown)]
    return effect


def _speed(scalar: float) -> otio.schema.Effect:
    return otio.schema.LinearTimeWarp(time_scalar=scalar) if scalar else otio.schema.FreezeFrame()


def _nest(effect: otio.schema.Effect | None, begin: int, count: int, *items: otio.core.Item) -> otio.schema.Stack:
    nest, track = otio.schema.Stack("nest"), otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    track.extend(items)
    nest.append(track)
    nest.source_range = _span(begin, count)
    if effect is not None:
        nest.effects.append(effect)
    return nest


def _cut(folder: Path, *items: otio.core.Item, on_track: otio.schema.Effect | None = None, said: bool = True) -> Cut:
    timeline, track = otio.schema.Timeline("cut"), otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    timeline.global_start_time = otio.opentime.RationalTime(0, 24) if said else None
    track.extend(items)
    if on_track is not None:
        track.effects.append(on_track)
    timeline.tracks.append(track)
    file = folder / "cut.otio"
    file.write_text(otio.core.serialize_json_to_string(timeline))
    return read_cut(str(file), None, 0)


def _use(cut: Cut, shot: str = "sh010") -> Occurrence:
    found = cut.shot(shot)
    assert found is not None
    return found.occurrences[0]


def _shown(use: Occurrence) -> list[Fraction]:
    assert use.plays is not None
    return [use.plays.at(k) for k in range(use.record.count)]


def _kinds(before: Cut, after: Cut) -> set[str]:
    return {
        change.kind for shot in diff_cuts(before, after).shots for use in shot.occurrences for change in use.changes
    }


@pytest.mark.parametrize("counted", [24, 48])
def test_when_a_ramp_is_on_a_source_at_twice_the_rate_then_it_goes_by_frames_of_the_cut(
    tmp_path: Path, counted: int
) -> None:
    clip = _clip("sh010", 0, 48, _ramp(*(2 * value for value in _RAMP)), rate=48)
    clip.source_range = _span(0, 2 * counted, 48, counted)
    use = _use(_cut(tmp_path, clip))
    assert use.record == FrameRange(0, 47)
    assert _shown(use) == [2 * value for value in _RAMP]
    assert use.visible == FrameRange(0, 140)


@pytest.mark.parametrize("scalar", [-0.5, -0.3, -1.0, -1.5, -2.0])
def test_when_a_clip_plays_backwards_at_any_speed_then_it_shows_no_frame_beyond_its_range(
    tmp_path: Path, scalar: float
) -> None:
    use = _use(_cut(tmp_path, _clip("sh010", 901, 40, _speed(scalar))))
    assert use.plays is not None
    begun = reach(use.plays, FrameRange(0, 39))
    assert use.visible.start <= begun.start
    assert begun.end == use.visible.end == 900 - 40 * scalar


def test_when_a_clip_plays_backwards_at_half_speed_then_every_frame_of_it_is_shown_twice(tmp_path: Path) -> None:
    use = _use(_cut(tmp_path, _clip("sh010", 901, 6, _speed(-0.5))))
    assert use.visible == FrameRange(901, 903)
    assert [int(frame) for frame in _shown(use)] == [903, 903, 902, 902, 901, 901]


@pytest.mark.parametrize(
    ("scalar", "retime", "shown", "kind"),
    [
        (-1.0, Retime("reverse", Fraction(-1)), range(1030, 1010, -1), "reverse"),
        (0.0, Retime("freeze", Fraction(0)), [1011] * 20, "freeze"),
        (0.5, Retime("linear", Fraction(1, 2)), [1011 + Fraction(k, 2) for k in range(20)], "retime"),
        (1.5, Retime("linear", Fraction(3, 2)), [1011 + Fraction(3 * k, 2) for k in range(20)], "retime"),
        (-0.5, Retime("reverse", Fraction(-1, 2)), [1020 + Fraction(1 - k, 2) for k in range(20)], "reverse"),
    ],
)
def test_when_a_nest_is_retimed_then_its_shots_play_so_frame_by_frame_and_that_is_the_change(
    tmp_path: Path, scalar: float, retime: Retime, shown: range | list[Fraction], kind: str
) -> None:
    def cut(effect: otio.schema.Effect | None) -> Cut:
        return _cut(tmp_path, _clip("sh000", 1, 10), _nest(effect, 10, 20, _clip("sh010", 1001, 48)))

    before, after = cut(None), cut(_speed(scalar))
    use = _use(after)
    assert use.record == FrameRange(10, 29)
    assert use.retime == retime
    assert _shown(use) == list(shown)
    assert use.visible == FrameRange(int(min(shown)), int(max(shown)) + (scalar == 1.5))
    assert _kinds(before, after) == {kind}
    assert not after.notices


def test_when_a_nest_plays_backwards_then_its_shots_stand_in_the_other_order(tmp_path: Path) -> None:
    nest = _nest(_speed(-1.0), 4, 12, _clip("sh010", 1001, 10), _clip("sh020", 2001, 10))
    cut = _cut(tmp_path, nest, _clip("sh030", 1, 4))
    first, second = _use(cut, "sh020"), _use(cut, "sh010")
    assert (first.record, _shown(first)) == (FrameRange(0, 5), [2006, 2005, 2004, 2003, 2002, 2001])
    assert (second.record, _shown(second)) == (FrameRange(6, 11), [1010, 1009, 1008, 1007, 1006, 1005])


def test_when_nests_and_clips_in_them_play_backwards_then_twice_backwards_is_forwards(tmp_path: Path) -> None:
    inner = _nest(_speed(-1.0), 0, 10, _clip("sh010", 1001, 10))
    assert _shown(_use(_cut(tmp_path, _nest(_speed(-1.0), 0, 10, inner)))) == list(range(1001, 1011))
    backwards = _clip("sh010", 1001, 10, _speed(-1.0))
    use = _use(_cut(tmp_path, _nest(_speed(-1.0), 0, 10, backwards)))
    assert (use.retime, _shown(use)) == (None, list(range(1001, 1011)))
    frozen = _nest(None, 0, 10, _nest(_speed(0.0), 3, 10, backwards.clone()))  # 1010, 1009, 1008, 1007
    assert _shown(_use(_cut(tmp_path, frozen))) == [1007] * 10


def test_when_a_source_at_twice_the_rate_is_in_a_reversed_nest_then_the_nests_last_frame_is_first(
    tmp_path: Path,
) -> None:
    clip = _clip("sh010", 1000, 10, rate=48)
    clip.source_range = _span(1000, 10, 48)
    assert _shown(_use(_cut(tmp_path, _nest(_speed(-1.0), 0, 10, clip)))) == list(range(1018, 999, -2))


def test_when_a_dissolve_is_in_a_reversed_nest_then_it_is_at_the_other_end_of_its_shots(tmp_path: Path) -> None:
    dissolve = otio.schema.Transition(
        "d", "SMPTE_Dissolve", otio.opentime.RationalTime(2, 24), otio.opentime.RationalTime(1, 24)
    )
    nest = _nest(_speed(-1.0), 0, 20, _clip("sh010", 1001, 10), dissolve, _clip("sh020", 2001, 10))
    cut = _cut(tmp_path, nest)
    assert (_use(cut).transition_in, _use(cut).transition_out) == (3, 0)
    assert (_use(cut).visible, _use(cut).trimmed) == (FrameRange(1001, 1011), FrameRange(1001, 1010))
    assert (_use(cut, "sh020").transition_out, _use(cut, "sh020").visible) == (3, FrameRange(1999, 2010))


@pytest.mark.parametrize(
    ("scalar", "count", "shown"),
    [
        (2.0, 24, [1001 + Fraction(3 * k) for k in range(24)]),
        (0.5, 24, [1001 + Fraction(3 * k, 4) for k in range(24)]),
        (-1.0, 24, [1001 + Fraction(3 * k, 2) for k in range(23, -1, -1)]),
        (0.0, 24, [Fraction(1001)] * 24),
    ],
)
def test_when_a_ramp_is_in_a_retimed_nest_then_it_is_passed_through_at_the_nests_pace(
    tmp_path: Path, scalar: float, count: int, shown: list[Fraction]
) -> None:
    ramped = _clip("sh010", 1001, 48, _ramp(*(1.5 * k for k in range(48))))
    use = _use(_cut(tmp_path, _nest(_speed(scalar), 0, count, ramped)))
    assert _shown(use) == shown
    assert use.visible == FrameRange(int(min(shown)), -(-max(shown) // 1))


@pytest.mark.parametrize(
    ("scalar", "shown"), [(2.0, range(1001, 1049, 2)), (-1.0, range(1048, 1000, -1)), (0.0, [1001] * 48)]
)
def test_when_a_whole_track_is_retimed_then_its_clips_play_so(
    tmp_path: Path, scalar: float, shown: range | list[int]
) -> None:
    before, after = (_cut(tmp_path, _clip("sh010", 1001, 48), on_track=e) for e in (None, _speed(scalar)))
    assert _shown(_use(after)) == list(shown)
    assert _kinds(before, after) & {"retime", "reverse", "freeze"}


def test_when_one_clip_has_an_odd_rate_then_it_is_named_and_the_rest_is_read_at_its_place(tmp_path: Path) -> None:
    odd = [otio.schema.Clip("sh020", source_range=_span(0, 96000, 48000, 48000))]
    odd.append(otio.schema.Clip("sh021", source_range=_span(0, 24, 0.5)))
    cut = _cut(tmp_path, _clip("sh010", 1001, 24), *odd, _clip("sh030", 1001, 24))
    assert [(shot.name, shot.occurrences[0].record) for shot in cut.shots] == [
        ("sh010", FrameRange(0, 23)),
        ("sh030", FrameRange(24 + 48 + 24, 24 + 48 + 24 + 23)),
    ]
    assert [(notice.severity, notice.message.split("'")[1]) for notice in cut.notices] == [
        ("error", "sh020"),
        ("error", "sh021"),
    ]
    first = _cut(tmp_path, *(item.clone() for item in odd), _clip("sh010", 1001, 24), said=False)
    assert (first.rate, [shot.name for shot in first.shots]) == (Rate(24), ["sh010"])
