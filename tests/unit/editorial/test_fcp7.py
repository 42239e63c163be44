from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from usd_ai.core.errors import InvalidRequest, UnreadableInput
from usd_ai.core.types import Cut, FrameRange, Occurrence, Rate, Retime
from usd_ai.editorial.opening import open_cut
from usd_ai.editorial.read import read_cut

_RATE = "<rate><timebase>24</timebase><ntsc>FALSE</ntsc></rate>"


def _file(number: int, start: int = 1001, count: int = 124, reel: str = "A001", rate: str = _RATE) -> str:
    return (
        f'<file id="file-{number}"><name>plate{number}.mov</name><pathurl>file:///plates/plate{number}.mov</pathurl>{rate}'
        f"<duration>{count}</duration><timecode>{rate}<frame>{start}</frame><displayformat>NDF</displayformat>"
        f"<reel><name>{reel}</name></reel></timecode></file>"
    )


def _clip(name: str, record: tuple[int, int], source: tuple[int, int], *more: str) -> str:
    inside = "".join(more) or _file(1)
    return (
        f"<clipitem><name>{name}</name>{_RATE}<start>{record[0]}</start><end>{record[1]}</end>"
        f"<in>{source[0]}</in><out>{source[1]}</out>{inside}</clipitem>\n"
    )


def _remap(speed: str, *, reverse: bool = False, keys: str = "", varies: int = 0, enabled: str = "TRUE") -> str:
    values = {"variablespeed": varies, "speed": speed, "reverse": str(reverse).upper()}
    told = "".join(
        f"<parameter><parameterid>{k}</parameterid><value>{v}</value></parameter>" for k, v in values.items()
    )
    graph = f"<parameter><parameterid>graphdict</parameterid>{keys}</parameter>" if keys else ""
    effect = f"<effect><name>Time Remap</name><effectid>timeremap</effectid>{told}{graph}</effect>"
    return f"<filter><enabled>{enabled}</enabled>{effect}</filter>"


def _keys(*points: tuple[int, int]) -> str:
    return "".join(f"<keyframe><when>{w}</when><value>{v}</value></keyframe>" for w, v in points)


def _sequence(name: str, *tracks: str, rate: str = _RATE, more: str = "") -> str:
    inner = "".join(f"<track>{track}</track>" for track in tracks)
    return f'<sequence id="{name}"><name>{name}</name>{rate}{more}<media><video>{inner}</video></media></sequence>'


def _xml(folder: Path, *content: str) -> str:
    file = folder / "cut.xml"
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n<xmeml version="5">\n{"".join(content)}</xmeml>\n'
    )
    file.write_text(text, encoding="utf-8")
    return str(file)


def _cut(folder: Path, *items: str, handles: int = 0) -> Cut:
    return read_cut(_xml(folder, _sequence("cut", "".join(items))), None, handles)


def _use(cut: Cut, shot: str) -> Occurrence:
    found = cut.shot(shot)
    assert found is not None
    return found.occurrences[0]


def test_when_a_clip_is_read_then_its_timecode_reel_media_and_words_are_there(tmp_path: Path) -> None:
    said = (
        "<logginginfo><scene>12</scene><lognote>good smoke</lognote></logginginfo>"
        "<comments><mastercomment1>fire left</mastercomment1></comments>"
    )
    timecode = f"<timecode>{_RATE}<string>01:00:00:00</string><displayformat>NDF</displayformat></timecode>"
    clip = _clip("sh010_v003.mov", (0, 48), (8, 56), _file(1), said)
    cut = read_cut(_xml(tmp_path, _sequence("reel 1", clip, more=timecode)), None, 8)
    use = _use(cut, "sh010")
    assert (cut.name, cut.rate, cut.duration, cut.start) == ("reel 1", Rate(24), 48, 86400)
    assert cut.drop is False
    assert use.visible == FrameRange(1009, 1056)
    assert cut.shots[0].needed == FrameRange(1001, 1064)
    assert (use.reel, use.media) == ("A001", "file:///plates/plate1.mov")
    assert use.comments == ("SCENE: 12", "LOG NOTE: good smoke", "COMMENT: fire left")


def test_when_a_file_is_named_again_by_its_id_then_it_is_the_same_media(tmp_path: Path) -> None:
    again = _clip("sh020", (48, 72), (0, 24), '<file id="file-1"/>')
    cut = _cut(tmp_path, _clip("sh010", (0, 48), (8, 56)), again)
    assert _use(cut, "sh020").visible == FrameRange(1001, 1024)
    assert _use(cut, "sh020").media == "file:///plates/plate1.mov"


def test_when_clips_meet_under_a_dissolve_then_both_are_seen_under_it(tmp_path: Path) -> None:
    dissolve = (
        f"<transitionitem>{_RATE}<start>42</start><end>54</end><alignment>center</alignment>"
        "<effect><name>Cross Dissolve</name></effect></transitionitem>"
    )
    first = _clip("sh010", (0, -1), (8, 62))
    second = _clip("sh020", (-1, 96), (2, 56), _file(2))
    cut = _cut(tmp_path, first, dissolve, second)
    assert (_use(cut, "sh010").record, _use(cut, "sh010").visible) == (FrameRange(0, 47), FrameRange(1009, 1062))
    assert (_use(cut, "sh020").record, _use(cut, "sh020").visible) == (FrameRange(48, 95), FrameRange(1003, 1056))
    assert _use(cut, "sh020").used == FrameRange(1009, 1056)
    assert (_use(cut, "sh010").transition_out, _use(cut, "sh020").transition_in) == (12, 12)


@pytest.mark.parametrize(
    ("source", "why"), [((100, 124), "in and out after the speed change"), ((50, 62), "in and out in the source")]
)
def test_when_a_clip_is_slowed_then_both_ways_of_counting_mean_the_same(
    tmp_path: Path, source: tuple[int, int], why: str
) -> None:
    cut = _cut(tmp_path, _clip("sh010", (0, 24), source, _file(1), _remap("50")))
    assert _use(cut, "sh010").retime == Retime("linear", Fraction(1, 2)), why
    assert _use(cut, "sh010").visible == FrameRange(1051, 1062), why
    assert not cut.notices, why


def test_when_a_clip_plays_backwards_then_the_frames_are_counted_from_its_medias_end(tmp_path: Path) -> None:
    use = _use(_cut(tmp_path, _clip("sh010", (0, 24), (0, 24), _file(1), _remap("100", reverse=True))), "sh010")
    assert use.retime == Retime("reverse", Fraction(-1))
    assert use.visible == FrameRange(1101, 1124)
    assert use.plays is not None
    assert [use.plays.at(k) for k in (0, 23)] == [1124, 1101]


_FAST = _RATE.replace("24", "48")


def test_when_a_clip_of_48_plays_backwards_in_24_then_its_frames_are_the_last_of_its_media(tmp_path: Path) -> None:
    file = _file(1, start=0, count=1000, rate=_FAST)
    use = _use(_cut(tmp_path, _clip("sh010", (0, 48), (0, 48), file, _remap("100", reverse=True))), "sh010")
    assert use.visible == FrameRange(904, 999)
    assert use.plays is not None
    assert [use.plays.at(k) for k in (0, 1, 47)] == [999, 997, 905]


def test_when_a_clip_of_48_ramps_in_24_then_every_frame_is_that_of_the_graph(tmp_path: Path) -> None:
    keys = _keys((0, 0), (24, 24), (48, 72))
    ramp = _remap("100", varies=1, keys=keys)
    use = _use(_cut(tmp_path, _clip("sh010", (0, 48), (0, 48), _file(1, 0, 1000, rate=_FAST), ramp)), "sh010")
    assert use.plays is not None
    assert [use.plays.at(k) for k in (0, 8, 24, 32, 47)] == [0, 16, 48, 80, 140]
    assert (use.record, use.visible) == (FrameRange(0, 47), FrameRange(0, 140))


def test_when_a_graph_plays_backwards_slowly_then_its_frames_are_those_it_names(tmp_path: Path) -> None:
    ramp = _remap("-50", varies=1, keys=_keys((0, 100), (100, 50)))
    use = _use(_cut(tmp_path, _clip("sh010", (0, 24), (0, 24), _file(1), ramp)), "sh010")
    assert use.plays is not None
    assert [use.plays.at(k) for k in (0, 23)] == [1101, 1101 - Fraction(23, 2)]
    assert use.visible == FrameRange(1089, 1101)


def test_when_a_sequence_counts_drop_frame_then_the_cut_knows(tmp_path: Path) -> None:
    video = "<rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate>"
    code = f"<timecode>{video}<string>01;00;00;00</string><displayformat>DF</displayformat></timecode>"
    clip = _clip("sh010", (0, 30), (0, 30), _file(1, rate=video)).replace(_RATE, video)
    cut = read_cut(_xml(tmp_path, _sequence("cut", clip, rate=video, more=code)), None, 0)
    assert (cut.start, cut.drop) == (107892, True)


@pytest.mark.parametrize("told", ["<frame>108000</frame>", "<string>01:00:00:00</string>"])
def test_when_a_timecode_counts_30_for_media_of_60_then_it_is_counted_at_its_own_rate(
    tmp_path: Path, told: str
) -> None:
    sixty, thirty = _RATE.replace("24", "60"), _RATE.replace("24", "30")
    code = f"<timecode>{thirty}{told}<displayformat>NDF</displayformat></timecode>"
    file = f'<file id="file-1"><name>plate1.mov</name>{sixty}<duration>1000</duration>{code}</file>'
    clip = _clip("sh010", (0, 60), (0, 60), file).replace(_RATE, sixty)
    cut = read_cut(_xml(tmp_path, _sequence("cut", clip, rate=sixty, more=code)), None, 0)
    assert _use(cut, "sh010").visible == FrameRange(216000, 216059)
    assert cut.start == 216000


def test_when_a_clip_is_frozen_then_one_frame_is_used(tmp_path: Path) -> None:
    use = _use(_cut(tmp_path, _clip("sh010", (0, 24), (10, 34), _file(1), _remap("0"))), "sh010")
    assert (use.retime, use.visible) == (Retime("freeze", Fraction(0)), FrameRange(1011, 1011))


def test_when_a_speed_ramps_then_every_frame_is_that_of_the_graph(tmp_path: Path) -> None:
    keys = _keys((0, 0), (20, 20), (40, 60))
    use = _use(_cut(tmp_path, _clip("sh010", (0, 30), (10, 40), _file(1), _remap("150", varies=1, keys=keys))), "sh010")
    assert use.retime is not None
    assert use.retime.kind == "ramp"
    assert use.plays is not None
    assert [use.plays.at(k) for k in (0, 10, 11, 29)] == [1011, 1021, 1023, 1059]
    assert use.visible == FrameRange(1011, 1059)


def test_when_a_speed_effect_is_switched_off_then_the_clip_plays_at_speed(tmp_path: Path) -> None:
    use = _use(_cut(tmp_path, _clip("sh010", (0, 24), (8, 32), _file(1), _remap("50", enabled="FALSE"))), "sh010")
    assert (use.retime, use.visible) == (None, FrameRange(1009, 1032))


def test_when_in_and_out_fit_no_speed_then_it_is_told(tmp_path: Path) -> None:
    cut = _cut(tmp_path, _clip("sh010", (0, 24), (0, 99), _file(1), _remap("50")))
    assert "99 frames by its in and out, 12 by its speed" in cut.notices[0].message


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("<clipitem><name>bad</name><start>x</start><end>60</end><in>0</in><out>12</out></clipitem>", "not a number"),
        (_clip("bad", (48, 60), (0, 12), "<pixelaspectratio/>"), "names no media"),
        (_clip("bad", (-1, 60), (0, 12)), "under a transition"),
        (_clip("bad", (60, 48), (0, 12)), "ends before it starts"),
        (
            _clip("bad", (48, 60), (0, 12), "<file id='f'><rate><timebase>0</timebase></rate></file>"),
            "not a frame rate",
        ),
    ],
)
def test_when_one_clip_is_bad_then_its_line_is_told_and_the_others_are_read(
    tmp_path: Path, broken: str, why: str
) -> None:
    cut = _cut(tmp_path, _clip("sh010", (0, 48), (8, 56)), broken, _clip("sh020", (60, 72), (0, 12), _file(2)))
    assert [shot.name for shot in cut.shots] == ["sh010", "sh020"]
    assert _use(cut, "sh020").record == FrameRange(60, 71)
    assert [(notice.severity, notice.line) for notice in cut.notices] == [("error", 5)]
    assert "'bad'" in cut.notices[0].message
    assert why in cut.notices[0].message


def test_when_clips_and_tracks_are_off_then_they_ask_for_no_frames(tmp_path: Path) -> None:
    off = _clip("sh010", (48, 60), (60, 72), '<file id="file-1"/>', "<enabled>FALSE</enabled>")
    hidden = _clip("sh020", (0, 10), (0, 10), _file(2)) + "<enabled>FALSE</enabled>"
    cut = read_cut(_xml(tmp_path, _sequence("cut", _clip("sh010", (0, 48), (8, 56)) + off, hidden)), None, 0)
    assert [o.enabled for o in cut.shots[0].occurrences] == [True, False]
    assert cut.shots[0].visible == FrameRange(1009, 1056)
    assert (_use(cut, "sh020").enabled, _use(cut, "sh020").lane) == (False, 1)


def test_when_media_of_24_stands_in_a_sequence_of_23976_then_its_frames_are_counted_as_they_are(tmp_path: Path) -> None:
    film = "<rate><timebase>24</timebase><ntsc>TRUE</ntsc></rate>"
    clip = _clip("sh010", (0, 48), (8, 56)).replace(_RATE, film, 1)
    cut = read_cut(_xml(tmp_path, _sequence("cut", clip, rate=film)), Rate(24000, 1001), 0)
    assert cut.rate == Rate(24000, 1001)
    assert cut.shots[0].visible == FrameRange(1009, 1056)


def test_when_media_of_another_rate_is_slowed_then_its_own_frames_are_counted(tmp_path: Path) -> None:
    fast = "<rate><timebase>48</timebase><ntsc>FALSE</ntsc></rate>"
    clip = _clip("sh010", (0, 24), (100, 148), _file(1, rate=fast), _remap("50")).replace(_RATE, fast, 1)
    cut = _cut(tmp_path, clip)
    assert _use(cut, "sh010").retime == Retime("linear", Fraction(1, 2))
    assert _use(cut, "sh010").visible == FrameRange(1051, 1074)
    assert cut.shots[0].rate == Rate(48)
    assert not cut.notices


def test_when_the_sequence_is_drop_frame_then_its_start_counts_as_such(tmp_path: Path) -> None:
    ntsc = "<rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate>"
    code = f"<timecode>{ntsc}<string>01:00:00:00</string><displayformat>DF</displayformat></timecode>"
    clip = _clip("sh010", (0, 30), (0, 30)).replace(_RATE, ntsc)
    cut = read_cut(_xml(tmp_path, _sequence("cut", clip, rate=ntsc, more=code)), None, 0)
    assert cut.start == 107892


def test_when_a_sequence_is_nested_then_only_what_it_shows_of_its_clips_is_needed(tmp_path: Path) -> None:
    inner = _sequence("inner", _clip("sh080", (0, 40), (8, 48)))
    nest = _clip("a nest", (0, 20), (5, 25), inner)
    cut = _cut(tmp_path, nest, _clip("sh010", (20, 30), (0, 10), _file(2)))
    assert _use(cut, "sh080").visible == FrameRange(1014, 1033)
    assert _use(cut, "sh080").depth == 2


def test_when_several_sequences_stand_in_bins_then_one_must_be_named(tmp_path: Path) -> None:
    one, two = (_sequence(name, _clip(f"sh_{name}", (0, 24), (0, 24))) for name in ("one", "two"))
    file = _xml(tmp_path, f"<project><children><bin><children>{one}</children></bin>{two}</children></project>")
    with pytest.raises(InvalidRequest) as caught:
        read_cut(file, None, 0)
    assert caught.value.reason == "AMBIGUOUS_SEQUENCE"
    assert '"one"' in caught.value.message
    assert read_cut(file, None, 0, "one").shots[0].name == "sh_one"
    with pytest.raises(InvalidRequest, match="none named 'three'"):
        read_cut(file, None, 0, "three")


def test_when_all_but_one_sequence_are_nested_in_it_then_that_one_is_the_cut(tmp_path: Path) -> None:
    inner = _sequence("inner", _clip("sh080", (0, 40), (8, 48)))
    outer = _sequence("outer", _clip("nest", (0, 20), (5, 25), '<sequence id="inner"/>'))
    file = _xml(tmp_path, f"<project><children>{inner}{outer}</children></project>")
    assert read_cut(file, None, 0).name == "outer"
    assert read_cut(file, None, 0, "inner").shots[0].visible == FrameRange(1009, 1048)


def test_when_a_sequence_nests_itself_then_the_cut_is_refused(tmp_path: Path) -> None:
    file = _xml(tmp_path, _sequence("loop", _clip("nest", (0, 20), (0, 20), '<sequence id="loop"/>')))
    with pytest.raises(UnreadableInput, match="in itself"):
        read_cut(file, None, 0)


def test_when_a_file_holds_no_sequence_then_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput) as caught:
        read_cut(_xml(tmp_path, "<project><children/></project>"), None, 0)
    assert caught.value.reason == "EMPTY_CUT"


def test_when_clips_overlap_on_a_track_then_both_are_kept_and_it_is_told(tmp_path: Path) -> None:
    cut = _cut(tmp_path, _clip("sh010", (0, 48), (8, 56)), _clip("sh020", (24, 72), (0, 48), _file(2)))
    assert _use(cut, "sh020").record == FrameRange(24, 71)
    assert "overlaps" in cut.notices[0].message


def test_when_a_multiclip_stands_in_the_cut_then_it_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    cut = _cut(tmp_path, _clip("cams", (0, 9), (0, 9), "<multiclip/>"), _clip("sh010", (9, 18), (0, 9)))
    assert [shot.name for shot in cut.shots] == ["sh010"]
    assert "multiclip" in cut.notices[0].message


# ------------------------------------------------------------------------------------------------ the corpus


def test_when_a_real_premiere_export_is_read_then_the_common_reader_agrees(timelines: Path) -> None:
    file = timelines / "empty_name_tags.xml"
    ours = open_cut(str(file), None)
    peer = otio.adapters.read_from_file(str(file), adapter_name="fcp_xml", media_linker_name="")
    theirs = [track for track in peer.tracks if track.kind == otio.schema.TrackKind.Video]

    def told(track: otio.schema.Track) -> list[tuple[object, ...]]:
        spans = [(item, item.source_range) for item in track if isinstance(item, otio.core.Item)]
        return [(type(item), item.name, round(span.duration.to_seconds(), 6)) for item, span in spans if span]

    assert ours.rate == Rate(24000, 1001)
    assert not ours.notices
    assert [told(track) for track in ours.timeline.tracks] == [told(track) for track in theirs]


def test_when_a_real_ramp_is_read_then_its_keyframes_are_met(timelines: Path) -> None:
    cut = read_cut(str(timelines / "empty_name_tags.xml"), None, 0)
    uses = [o for shot in cut.shots for o in shot.occurrences if o.retime is not None]
    assert [o.retime.kind for o in uses if o.retime] == ["ramp"]
    assert uses[0].plays is not None
    # the file's keys: 51 → 51 and 114 → 126, of media that starts at frame 984; its nest shows it from frame 25 on
    assert [uses[0].plays.at(k - 25) for k in (25, 51, 114)] == [984 + 25, 984 + 51, 984 + 126]
