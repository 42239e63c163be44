"""Needed ranges against an independent walk over every frame of the cut, on random timelines."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from usd_ai.core.types import FrameRange, Rate
from usd_ai.editorial import spans
from usd_ai.editorial.read import read_cut

_SPEEDS = [
    Fraction(1),
    Fraction(1),
    Fraction(1, 2),
    Fraction(2),
    Fraction(3, 2),
    Fraction(0),
    Fraction(-1),
    Fraction(-2),
]


@dataclass
class _Clip:
    shot: str
    start: int
    length: int
    speed: Fraction


@dataclass
class _Nest:
    items: list[_Item]
    trim: int
    length: int


@dataclass
class _Item:
    what: _Clip | _Nest | int  # an int is a gap of that length
    dissolve: tuple[int, int] = (0, 0)  # in and out offset of the transition before it
    length: int = field(init=False)

    def __post_init__(self) -> None:
        self.length = self.what if isinstance(self.what, int) else self.what.length


_clips = st.builds(
    _Clip,
    shot=st.sampled_from([f"sh{k:03d}" for k in range(5)]),
    start=st.integers(0, 5000),
    length=st.integers(1, 60),
    speed=st.sampled_from(_SPEEDS),
)


def _items(content: st.SearchStrategy[_Clip | _Nest | int]) -> st.SearchStrategy[list[_Item]]:
    offsets = st.tuples(st.integers(0, 9), st.integers(0, 9))
    return st.lists(st.builds(_Item, content, st.one_of(st.just((0, 0)), offsets)), min_size=1, max_size=7)


_nests = st.builds(_Nest, _items(_clips), trim=st.integers(0, 40), length=st.integers(1, 50))
_tracks = _items(st.one_of(_clips, _clips, st.integers(1, 30), _nests))


def _walk(items: list[_Item], frame: int) -> list[tuple[str, int, int]]:
    """What a track shows during one of its frames: shot, first and last media frame."""
    shown: list[tuple[str, int, int]] = []
    begin = 0
    for k, item in enumerate(items):
        head = item.dissolve[0] if k else 0
        tail = items[k + 1].dissolve[1] if k + 1 < len(items) else 0
        inside = frame - begin
        begin += item.length
        if not -head <= inside < item.length + tail or isinstance(item.what, int):
            continue
        if isinstance(item.what, _Nest):
            within = item.what.trim + inside
            if 0 <= within < sum(part.length for part in item.what.items):  # a nest has nothing before or after itself
                shown += _walk(item.what.items, within)
        elif item.what.speed == 0:
            shown.append((item.what.shot, item.what.start, item.what.start))
        else:
            clip = item.what
            origin = clip.start if clip.speed > 0 else clip.start - clip.speed * clip.length
            a, b = sorted((origin + clip.speed * inside, origin + clip.speed * (inside + 1)))
            shown.append((clip.shot, math.floor(a), math.ceil(b) - 1))
    return shown


def _track(items: list[_Item], rate: float) -> otio.schema.Track:
    def time(frames: int) -> otio.opentime.RationalTime:
        return otio.opentime.RationalTime(frames, rate)

    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    for k, item in enumerate(items):
        if k and item.dissolve != (0, 0):
            track.append(otio.schema.Transition("d", "SMPTE_Dissolve", time(item.dissolve[0]), time(item.dissolve[1])))
        if isinstance(item.what, int):
            track.append(otio.schema.Gap(source_range=otio.opentime.TimeRange(time(0), time(item.what))))
        elif isinstance(item.what, _Nest):
            nest = otio.schema.Stack("nest")
            nest.append(_track(item.what.items, rate))
            nest.source_range = otio.opentime.TimeRange(time(item.what.trim), time(item.what.length))
            track.append(nest)
        else:
            clip = otio.schema.Clip(f"{item.what.shot}_v001")
            clip.source_range = otio.opentime.TimeRange(time(item.what.start), time(item.what.length))
            if item.what.speed == 0:
                clip.effects.append(otio.schema.FreezeFrame())
            elif item.what.speed != 1:
                clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=float(item.what.speed)))
            track.append(clip)
    return track


def _normal(items: list[_Item]) -> list[_Item]:
    """As the frame walk and a track both mean it: no transition before the first item, none without length."""
    for item in items:
        if isinstance(item.what, _Nest):
            _normal(item.what.items)
    items[0].dissolve = (0, 0)
    return items


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tracks=st.lists(_tracks, min_size=1, max_size=3), handles=st.integers(0, 12), film=st.booleans())
def test_when_any_cut_is_read_then_ranges_are_those_of_a_walk_over_every_frame(
    tmp_path: Path, tracks: list[list[_Item]], handles: int, *, film: bool
) -> None:
    tracks = [_normal(items) for items in tracks]
    rate = Rate(24000, 1001) if film else Rate(24)
    timeline = otio.schema.Timeline("random")
    for items in tracks:
        timeline.tracks.append(_track(items, float(rate)))
    duration = max(sum(item.length for item in items) for items in tracks)
    expected: dict[str, FrameRange] = {}
    for items in tracks:
        for frame in range(sum(item.length for item in items)):
            for shot, low, high in _walk(items, frame):
                seen = FrameRange(low, high)
                expected[shot] = expected[shot].union(seen) if shot in expected else seen
    file = tmp_path / "cut.otio"
    otio.adapters.write_to_file(timeline, str(file))
    if not expected:
        return
    cut = read_cut(str(file), None, handles)
    assert cut.rate == rate
    assert cut.duration == duration
    assert {shot.name: shot.visible for shot in cut.shots} == expected
    for shot in cut.shots:
        assert (shot.needed.start, shot.needed.end) == (shot.visible.start - handles, shot.visible.end + handles)
        assert all(0 <= o.record.start <= o.record.end < duration for o in shot.occurrences)


def test_when_a_cut_grows_then_reading_it_grows_no_faster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def steps(clips: int) -> int:
        items = [_Item(_Clip(f"sh{k}", 1000, 24, Fraction(1))) for k in range(clips)]
        timeline = otio.schema.Timeline("long")
        timeline.tracks.append(_track(items, 24.0))
        file = tmp_path / f"{clips}.otio"
        otio.adapters.write_to_file(timeline, str(file))
        calls = 0
        honest = spans.snapped

        def counted(value: float) -> Fraction:
            nonlocal calls
            calls += 1
            return honest(value)

        with monkeypatch.context() as patch:
            patch.setattr(spans, "snapped", counted)
            read_cut(str(file), None, 8)
        return calls

    assert steps(400) <= 2 * steps(200) + 8
