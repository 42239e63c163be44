from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput, UsdAiError
from usd_ai.core.types import Cut, FrameRange, Rate, Retime
from usd_ai.editorial.read import read_cut, read_cut_task


def _time(frames: float, rate: float = 24.0) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(frames, rate)


def _span(start: float, count: float, rate: float = 24.0) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(_time(start, rate), _time(count, rate))


def _written(folder: Path, *items: otio.core.Composable, name: str = "cut.otio") -> str:
    timeline = otio.schema.Timeline("cut")
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    timeline.tracks.append(track)
    for item in items:
        track.append(item)
    otio.adapters.write_to_file(timeline, str(folder / name))
    return str(folder / name)


def _clip(name: str, start: float = 1009, count: float = 24, rate: float = 24.0) -> otio.schema.Clip:
    return otio.schema.Clip(name, source_range=_span(start, count, rate))


def test_when_an_edl_comes_without_a_rate_then_the_request_is_told_what_to_set(tmp_path: Path) -> None:
    file = tmp_path / "a.edl"
    file.write_text("TITLE: x\n", encoding="utf-8")
    with pytest.raises(InvalidRequest) as caught:
        read_cut_task(str(file), "", 8)
    assert caught.value.reason == "MISSING_RATE"
    assert caught.value.message.startswith("An EDL carries no frame rate")
    assert "studio.toml" in caught.value.remedy


def test_when_the_file_is_missing_then_it_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        read_cut(str(tmp_path / "away.otio"), None, 8)
    assert caught.value.reason == "CUT_NOT_FOUND"
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "5", '{"OTIO_SCHEMA": "Timeline.1"', "not json", '{"OTIO_SCHEMA": "Track.1", "children": 3}'],
)
def test_when_a_timeline_is_malformed_then_it_is_unreadable_and_says_so(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.otio"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableInput) as caught:
        read_cut(str(file), Rate(24), 8)
    assert caught.value.remedy


def test_when_the_format_is_unknown_then_the_known_ones_are_named(tmp_path: Path) -> None:
    file = tmp_path / "cut.mxf"
    file.write_bytes(b"x")
    with pytest.raises(UnreadableInput) as caught:
        read_cut(str(file), None, 8)
    assert caught.value.reason == "UNKNOWN_FORMAT"
    assert ".otio" in caught.value.remedy


def test_when_the_given_rate_is_not_the_cuts_then_both_are_named(tmp_path: Path) -> None:
    file = _written(tmp_path, _clip("sh010", rate=24000 / 1001))
    with pytest.raises(InvalidRequest) as caught:
        read_cut(file, Rate(24), 8)
    assert caught.value.reason == "RATE_MISMATCH"
    assert "24000/1001" in caught.value.message


def test_when_a_cut_shows_no_shot_then_it_is_said(tmp_path: Path) -> None:
    bars = otio.schema.Clip("bars", otio.schema.GeneratorReference("bars", "SMPTEBars"), _span(0, 24))
    with pytest.raises(UnreadableInput) as caught:
        read_cut(_written(tmp_path, otio.schema.Gap(source_range=_span(0, 24)), bars), None, 8)
    assert caught.value.reason == "EMPTY_CUT"


def test_when_a_shot_is_used_twice_then_its_range_is_the_union(tmp_path: Path) -> None:
    cut = read_cut(_written(tmp_path, _clip("sh010_v001"), _clip("sh020"), _clip("sh010_v002", 1050)), None, 8)
    assert [shot.name for shot in cut.shots] == ["sh010", "sh020"]
    assert cut.shots[0].visible == FrameRange(1009, 1073)
    assert [o.clip_name for o in cut.shots[0].occurrences] == ["sh010_v001", "sh010_v002"]


def test_when_a_use_is_disabled_then_it_is_kept_but_asks_for_no_frames(tmp_path: Path) -> None:
    off = _clip("sh010", 2000)
    off.enabled = False
    shot = read_cut(_written(tmp_path, _clip("sh010"), off), None, 8).shots[0]
    assert [o.enabled for o in shot.occurrences] == [True, False]
    assert shot.visible == FrameRange(1009, 1032)


def test_when_every_use_is_disabled_then_the_shot_keeps_its_range(tmp_path: Path) -> None:
    off = _clip("sh010", 2000)
    off.enabled = False
    assert read_cut(_written(tmp_path, off), None, 8).shots[0].visible == FrameRange(2000, 2023)


def test_when_a_clip_has_no_range_then_it_is_reported_and_its_neighbours_are_read(tmp_path: Path) -> None:
    cut = read_cut(_written(tmp_path, _clip("sh010"), otio.schema.Clip("sh020"), _clip("sh030")), None, 8)
    assert [shot.name for shot in cut.shots] == ["sh010", "sh030"]
    assert "sh020" in cut.notices[0].message


def test_when_a_source_range_is_missing_then_the_medias_is_used(tmp_path: Path) -> None:
    clip = otio.schema.Clip("sh010", otio.schema.ExternalReference("a.mov", _span(100, 10)))
    assert read_cut(_written(tmp_path, clip), None, 0).shots[0].visible == FrameRange(100, 109)


def test_when_a_track_starts_at_a_negative_time_then_nothing_is_lost(tmp_path: Path) -> None:
    timeline = otio.schema.Timeline("from an edl reader")
    track = otio.schema.Track("V", kind=otio.schema.TrackKind.Video, source_range=_span(-86400, 48))
    timeline.tracks.append(track)
    track.extend([_clip("sh010"), _clip("sh020")])
    file = tmp_path / "cut.otio"
    otio.adapters.write_to_file(timeline, str(file))
    assert [shot.visible.count for shot in read_cut(str(file), None, 0).shots] == [24, 24]


def test_when_a_file_holds_several_timelines_then_one_must_be_named(tmp_path: Path) -> None:
    collection = otio.schema.SerializableCollection("all")
    for name in ("one", "two"):
        timeline = otio.schema.Timeline(name)
        timeline.tracks.append(otio.schema.Track("V", kind=otio.schema.TrackKind.Video))
        timeline.tracks[0].append(_clip(f"sh_{name}"))
        collection.append(timeline)
    file = str(tmp_path / "all.otio")
    otio.adapters.write_to_file(collection, file)
    with pytest.raises(InvalidRequest) as caught:
        read_cut(file, None, 8)
    assert caught.value.reason == "AMBIGUOUS_SEQUENCE"
    assert '"one", "two"' in caught.value.message
    assert read_cut(file, None, 8, "two").shots[0].name == "sh_two"


def test_when_nests_are_too_deep_then_the_cut_is_refused(tmp_path: Path) -> None:
    item: otio.core.Item = _clip("sh010")
    for _ in range(60):
        stack = otio.schema.Stack("nest")
        stack.append(item)
        item = stack
    with pytest.raises(UnreadableInput, match="deep"):
        read_cut(_written(tmp_path, item), None, 8)


def test_when_the_environment_asks_for_plug_ins_then_the_cut_is_read_the_same(tmp_path: Path) -> None:
    file = _written(tmp_path, _clip("sh010"))
    code = f"from usd_ai.editorial.read import read_cut_task; print(read_cut_task({file!r}, '', 8).shots)"
    hostile = {
        "OTIO_DEFAULT_MEDIA_LINKER": "no_such_linker",
        "OTIO_PLUGIN_MANIFEST_PATH": str(tmp_path / "none.json"),
        "OTIO_DEFAULT_TARGET_VERSION_FAMILY_LABEL": "OTIO_CORE:0.0.0",
    }
    seen = [
        subprocess.run([sys.executable, "-c", code], env=os.environ | more, capture_output=True, text=True, check=True)
        for more in ({}, hostile)
    ]
    assert seen[0].stdout == seen[1].stdout != ""


def test_when_a_cut_crosses_a_process_border_then_it_is_the_same(tmp_path: Path) -> None:
    cut = read_cut(_written(tmp_path, _clip("sh010")), None, 8)
    assert pickle.loads(pickle.dumps(cut)) == cut  # noqa: S301 - our own bytes
    assert isinstance(hash(cut), int)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.floats(0, 1),
    cut_out=st.integers(0, 60),
    put_in=st.sampled_from(["", "0", "-1", "1e999", '"', "null", "{}"]),
)
def test_when_a_timeline_is_damaged_then_it_is_read_or_refused_but_never_worse(
    tmp_path: Path, place: float, cut_out: int, put_in: str
) -> None:
    slow = _clip("sh010")
    slow.effects.append(otio.schema.LinearTimeWarp(time_scalar=0.5))
    dissolve = otio.schema.Transition("d", "SMPTE_Dissolve", _time(6), _time(6))
    text = Path(_written(tmp_path, slow, dissolve, _clip("sh020"))).read_text(encoding="utf-8")
    at = int(place * len(text))
    damaged = tmp_path / "damaged.otio"
    damaged.write_text(text[:at] + put_in + text[at + cut_out :], encoding="utf-8")
    try:
        cut = read_cut(str(damaged), None, 8)
    except UsdAiError as error:
        assert error.remedy  # noqa: PT017 - either outcome is right, and each has its own demand
    else:
        assert cut.shots


# ------------------------------------------------------------------------------------------------ the corpus


def test_when_the_schema_is_newer_then_schema_version_and_remedy_are_named(timelines: Path) -> None:
    with pytest.raises(UnreadableInput) as caught:
        read_cut(str(timelines / "newer_schema.otio"), None, 8)
    assert caught.value.reason == "NEWER_SCHEMA"
    assert caught.value.context["schema"] == "Marker.3"
    assert "Marker.2" in caught.value.message
    assert otio.__version__ in caught.value.message
    assert "OTIO_CORE:0.17.0" in caught.value.remedy


def test_when_a_real_transition_is_read_then_both_neighbours_are_seen_under_it(timelines: Path) -> None:
    cut = read_cut(str(timelines / "transition.otio"), None, 0)
    ranges = {shot.name: shot.visible for shot in cut.shots}
    assert ranges["Clip-001"] == FrameRange(3, 5)
    assert ranges["Clip-002"] == FrameRange(2, 10)  # 6 frames of its own, 3 under the transition's out offset
    assert ranges["Clip-003"].start < 3


def test_when_real_nests_are_read_then_what_they_trim_away_is_not_needed(timelines: Path) -> None:
    cut = read_cut(str(timelines / "nested_example.otio"), None, 0)
    ranges = {shot.name: shot.visible for shot in cut.shots}
    assert ranges["Clip Inside A Stack 1"] == FrameRange(373, 403)  # 37 frames, of which the nest shows 31
    assert ranges["Normal Clip 1"] == FrameRange(135, 372)
    assert cut.duration == 636


def _dump(timelines: Path, folder: Path, name: str) -> Cut:
    shutil.copy(timelines / "nle_dumps" / name, folder / "clip.otio")
    return read_cut(str(folder / "clip.otio"), None, 0)


@pytest.mark.parametrize(
    ("name", "rate", "visible", "retime"),
    [
        ("img_seq_24_to_23.976_no_legacy.json", Rate(24000, 1001), FrameRange(883159, 883266), None),
        ("img_seq_2x_speed.json", Rate(24000, 1001), FrameRange(909986, 910007), Retime("linear", Fraction(2))),
        # frozen between two frames, at 909990.83: either may be what the program shows
        ("img_seq_freeze_frame.json", Rate(24000, 1001), FrameRange(909990, 909991), Retime("freeze", Fraction(0))),
        ("img_seq_reverse_speed_no_tc.json", Rate(24), FrameRange(20, 60), Retime("reverse", Fraction(-1))),
        ("movie_with_handles.json", Rate(25), FrameRange(0, 170), None),
        ("qt_23.976_embedded_long_tc.json", Rate(24000, 1001), FrameRange(1937906, 1937987), None),
        ("qt_retimed_speed.json", Rate(25), FrameRange(0, 427), Retime("linear", Fraction(5, 2))),
        # the ramp adds -5 frames at its first frame and 10 at its eleventh
        ("img_seq_tw_beyond_range.json", Rate(24000, 1001), FrameRange(909981, 910006), Retime("ramp", Fraction(1))),
    ],
)
def test_when_a_clip_from_an_editing_program_is_read_then_its_media_is_right(
    timelines: Path, tmp_path: Path, name: str, rate: Rate, visible: FrameRange, retime: Retime | None
) -> None:
    cut = _dump(timelines, tmp_path, name)
    assert cut.rate == rate
    assert cut.shots[0].visible == visible
    assert cut.shots[0].occurrences[0].retime == retime


def test_when_every_real_timeline_is_read_then_all_handles_and_digests_are_there(timelines: Path) -> None:
    read = 0
    for file in sorted([*timelines.glob("*.edl"), *timelines.glob("*.otio")]):
        if "newer" in file.name:
            continue
        cut = read_cut(str(file), Rate(24), 8)
        assert len(cut.sha256) == 64
        assert all(shot.needed.count == shot.visible.count + 16 for shot in cut.shots)
        assert json.dumps([shot.name for shot in cut.shots])
        read += 1
    assert read == 6
