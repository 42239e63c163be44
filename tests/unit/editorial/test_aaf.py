from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from tests.unit.editorial.avid import Avid
from usd_ai.core.errors import InvalidRequest, UnreadableInput
from usd_ai.core.types import FrameRange, Occurrence, Rate, Retime
from usd_ai.editorial.opening import open_cut
from usd_ai.editorial.read import read_cut


def _use(path: Path, shot: str) -> Occurrence:
    found = read_cut(str(path), None, 0).shot(shot)
    assert found is not None
    return found.occurrences[0]


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    return tmp_path / "cut.aaf"


def test_when_a_clip_is_read_then_its_timecode_tape_media_and_comments_are_there(cut: Path) -> None:
    with Avid(cut) as avid:
        plate = avid.master("sh010_v003", 1001, tape="A001", Scene="12", Comments="good smoke")
        avid.composition("reel 1", [avid.clip(plate, 8, 48)])
    found = read_cut(str(cut), None, 8)
    use = found.shots[0].occurrences[0]
    assert (found.name, found.rate, found.duration, found.start) == ("reel 1", Rate(24), 48, 86400)
    assert found.drop is False
    assert (found.shots[0].name, use.visible) == ("sh010", FrameRange(1009, 1056))
    assert (use.reel, use.media) == ("A001", "file:///media/sh010_v003.mxf")
    assert use.comments == ("COMMENTS: good smoke", "SCENE: 12")


def test_when_the_rate_is_that_of_film_then_frames_are_whole(cut: Path) -> None:
    with Avid(cut, Fraction(24000, 1001)) as avid:
        avid.composition("cut", [avid.clip(avid.master("sh010", 1001), 8, 48)])
    assert read_cut(str(cut), None, 0).rate == Rate(24000, 1001)
    assert _use(cut, "sh010").visible == FrameRange(1009, 1056)


def test_when_clips_meet_under_a_dissolve_then_both_are_seen_under_it(cut: Path) -> None:
    with Avid(cut) as avid:
        first, second = avid.master("sh010", 1001), avid.master("sh020", 1001)
        avid.composition("cut", [avid.clip(first, 8, 54), avid.dissolve(12, 6), avid.clip(second, 2, 54)])
    one, two = _use(cut, "sh010"), _use(cut, "sh020")
    assert (one.record, one.used, one.visible) == (FrameRange(0, 47), FrameRange(1009, 1056), FrameRange(1009, 1062))
    assert (two.record, two.used, two.visible) == (FrameRange(48, 95), FrameRange(1009, 1056), FrameRange(1003, 1056))
    assert (one.transition_out, two.transition_in) == (12, 12)


@pytest.mark.parametrize(
    ("offsets", "length", "retime", "visible", "shown"),
    [
        ([(0, 0), (24, 12)], 24, Retime("linear", Fraction(1, 2)), FrameRange(1051, 1062), (1051, 1062.5)),
        ([(0, 0), (24, 48)], 24, Retime("linear", Fraction(2)), FrameRange(1051, 1098), (1051, 1097)),
        ([(0, 23), (24, -1)], 24, Retime("reverse", Fraction(-1)), FrameRange(1051, 1074), (1074, 1051)),
        ([(0, 0), (2, 0)], 24, Retime("freeze", Fraction(0)), FrameRange(1051, 1051), (1051, 1051)),
        ([(0, 0), (12, 12), (24, 36)], 24, Retime("ramp", Fraction(1)), FrameRange(1051, 1085), (1051, 1085)),
    ],
)
def test_when_a_clip_has_a_motion_effect_then_every_frame_is_that_of_its_map(
    cut: Path,
    offsets: list[tuple[float, float]],
    length: int,
    retime: Retime,
    visible: FrameRange,
    shown: tuple[float, float],
) -> None:
    with Avid(cut) as avid:
        inner = avid.sequence(avid.clip(avid.master("sh010", 1001), 50, 24))
        avid.composition("cut", [avid.filler(5), avid.warp(inner, length, offsets, ratio="1")])
    use = _use(cut, "sh010")
    assert (use.record, use.retime, use.visible) == (FrameRange(5, 28), retime, visible)
    assert use.plays is not None
    assert (use.plays.at(0), use.plays.at(23)) == shown


def test_when_a_ramp_is_on_media_at_twice_the_rate_then_it_goes_by_frames_of_the_cut(cut: Path) -> None:
    with Avid(cut) as avid:
        clip = avid.clip(avid.master("sh010", 1000, rate=48), 0, 72)
        avid.composition("cut", [avid.warp(clip, 48, [(0, 0), (24, 24), (48, 72)], ratio="1")])
    use = _use(cut, "sh010")
    assert use.plays is not None
    assert [use.plays.at(k) for k in (0, 8, 24, 32, 47)] == [1000, 1016, 1048, 1080, 1140]
    assert (use.record, use.visible) == (FrameRange(0, 47), FrameRange(1000, 1140))


def test_when_a_motion_effect_says_only_a_ratio_then_that_is_its_speed(cut: Path) -> None:
    with Avid(cut) as avid:
        clips = [avid.clip(avid.master(f"sh0{k}0", 1001), 50, 12) for k in (1, 2, 3)]
        ratios = ("2", "-2", "24")
        avid.composition("cut", [avid.warp(c, 24, ratio=r) for c, r in zip(clips, ratios, strict=True)])
    assert _use(cut, "sh010").retime == Retime("linear", Fraction(1, 2))
    assert _use(cut, "sh020").retime == Retime("reverse", Fraction(-1, 2))
    assert _use(cut, "sh030").retime == Retime("freeze", Fraction(0))
    assert [_use(cut, f"sh0{k}0").visible.start for k in (1, 2, 3)] == [1051, 1051, 1051]


def test_when_a_speed_effect_does_not_say_what_it_does_then_it_is_told(cut: Path) -> None:
    with Avid(cut) as avid:
        clip = avid.clip(avid.master("sh010", 1001), 50, 24)
        avid.composition("cut", [avid.warp(clip, 24, name="Fluid Motion")])
    found = read_cut(str(cut), None, 0)
    assert "does not say which frames" in found.notices[0].message
    assert found.shots[0].occurrences[0].retime == Retime("ramp", Fraction(1))


def test_when_a_clip_is_muted_then_it_asks_for_no_frames(cut: Path) -> None:
    with Avid(cut) as avid:
        off = avid.muted(avid.clip(avid.master("sh020", 1001), 0, 24))
        avid.composition("cut", [avid.clip(avid.master("sh010", 1001), 8, 48), off])
    assert _use(cut, "sh010").enabled
    assert not _use(cut, "sh020").enabled


def test_when_a_sequence_is_nested_then_only_what_it_shows_of_its_clips_is_needed(cut: Path) -> None:
    with Avid(cut) as avid:
        inner = avid.composition("inner", [avid.clip(avid.master("sh080", 1001), 8, 40)], top=False)
        avid.composition("cut", [avid.clip(inner, 5, 20)])
    assert _use(cut, "sh080").visible == FrameRange(1014, 1033)
    assert _use(cut, "sh080").depth == 2


def test_when_a_marker_stands_over_a_clip_then_it_is_the_clips(cut: Path) -> None:
    with Avid(cut) as avid:
        plates = [avid.master(name, 1001) for name in ("sh010", "sh020")]
        avid.composition("cut", [avid.clip(p, 0, 24) for p in plates], markers=[(30, "more fire")])
    clips = open_cut(str(cut), None).timeline.find_clips()
    assert [[marker.name for marker in clip.markers] for clip in clips] == [[], ["more fire"]]
    assert clips[1].markers[0].marked_range.start_time.value == 1007


def test_when_one_event_is_bad_then_it_is_told_and_the_others_are_read(cut: Path) -> None:
    with Avid(cut) as avid:
        gone = avid.clip(avid.master("gone", 1001), 0, 24)
        gone.slot_id = 77
        clips = [avid.clip(avid.master(name, 1001), 0, 24) for name in ("sh010", "sh020")]
        avid.composition("cut", [clips[0], gone, clips[1]])
    found = read_cut(str(cut), None, 0)
    assert [shot.name for shot in found.shots] == ["sh010", "sh020"]
    assert found.shots[1].occurrences[0].record == FrameRange(48, 71)
    assert "frame 24 of track V1" in found.notices[0].message
    assert "no track 77" in found.notices[0].message


def test_when_a_file_holds_several_sequences_then_one_must_be_named(cut: Path) -> None:
    with Avid(cut) as avid:
        for name in ("one", "two"):
            avid.composition(name, [avid.clip(avid.master(f"sh_{name}", 1001), 0, 24)])
    with pytest.raises(InvalidRequest) as caught:
        read_cut(str(cut), None, 0)
    assert caught.value.reason == "AMBIGUOUS_SEQUENCE"
    assert read_cut(str(cut), None, 0, "two").shots[0].name == "sh_two"


def test_when_a_sequence_nests_itself_then_the_cut_is_refused(cut: Path) -> None:
    with Avid(cut) as avid:
        loop = avid.composition("loop", [avid.filler(24)])
        loop.slot_at(1).segment = avid.sequence(avid.clip(loop, 0, 24))
    with pytest.raises(UnreadableInput, match="in itself"):
        read_cut(str(cut), None, 0)


@pytest.mark.parametrize("cut_off", [0, 5, 600, 5000])
def test_when_a_file_is_cut_off_then_it_is_refused_with_the_reason(cut: Path, cut_off: int) -> None:
    with Avid(cut) as avid:
        avid.composition("cut", [avid.clip(avid.master("sh010", 1001), 0, 24)])
    cut.write_bytes(cut.read_bytes()[:cut_off])
    with pytest.raises(UnreadableInput) as caught:
        read_cut(str(cut), None, 0)
    assert caught.value.reason == "UNREADABLE_AAF"
    assert caught.value.remedy


# ------------------------------------------------------------------------------------------------ the corpus


def _told(track: otio.schema.Track) -> list[tuple[object, ...]]:
    told: list[tuple[object, ...]] = []
    for item in track:
        if isinstance(item, otio.schema.Transition):
            told.append(("transition", item.in_offset.value, item.out_offset.value))
        elif isinstance(item, otio.schema.Clip):
            scalars = [e.time_scalar for e in item.effects if isinstance(e, otio.schema.LinearTimeWarp)]
            speed = round(scalars[0], 4) if scalars else 1.0
            span = item.source_range
            assert span is not None
            # the common reader rounds the first frame down, and counts reverses from another end
            start = int(span.start_time.value) if speed >= 0 else None
            told.append((item.name, start, span.duration.value, speed))
    return told


@pytest.mark.parametrize("name", ["transitions.aaf", "time_warp.aaf"])
def test_when_a_real_avid_sequence_is_read_then_the_common_reader_agrees(timelines: Path, name: str) -> None:
    ours = open_cut(str(timelines / name), None)
    peer = otio.adapters.read_from_file(str(timelines / name), adapter_name="AAF", media_linker_name="")
    theirs = [track for track in peer.tracks if track.kind == otio.schema.TrackKind.Video]
    assert not ours.notices
    assert _told(ours.timeline.tracks[0]) == _told(theirs[0])


def test_when_real_reverses_are_read_then_their_frames_are_those_of_the_effect(timelines: Path) -> None:
    uses = [o for s in read_cut(str(timelines / "time_warp.aaf"), None, 0).shots for o in s.occurrences]
    backwards = [o for o in uses if o.retime and o.retime.kind == "reverse"]
    # offsets of the file's first: (0, 99) to (100, -1) over frames 0 to 99 of media that starts at 01:00:00:00
    assert backwards[0].visible == FrameRange(86400, 86499)
    assert backwards[0].plays is not None
    assert [backwards[0].plays.at(k) for k in (0, 99)] == [86499, 86400]
    # its second: (0, 50) to (100, 0) over 51 frames from 49
    assert backwards[1].visible == FrameRange(86449, 86499)
    assert backwards[1].plays is not None
    assert [backwards[1].plays.at(k) for k in (0, 98)] == [86499, 86450]
