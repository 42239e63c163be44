from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import opentimelineio as otio
import pytest

from usd_ai.core.types import FrameRange, PublishedShot, Rate, UsePlayed, Version
from usd_ai.editorial.read import read_cut
from usd_ai.editorial.write import LAYER_KEY, PREVIEW_KEY, PUBLISHED_KEY, write_timeline, write_timeline_task

_EDL = """TITLE: ember
FCM: NON-DROP FRAME
001  sh010    V     C        00:00:42:01 00:00:44:01 01:00:00:00 01:00:02:00
* FROM CLIP NAME: sh010_v003
002  sh020    V     C        00:00:42:01 00:00:43:01 01:00:02:00 01:00:04:00
M2   sh020          012.0                00:00:42:01
* FROM CLIP NAME: sh020_v001
003  sh010    V     C        00:00:43:01 00:00:44:12 01:00:04:00 01:00:05:11
* FROM CLIP NAME: sh010_v003
"""


def _time(frames: int) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(frames, 24)


def _span(start: int, count: int) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(_time(start), _time(count))


def _published(root: Path, shot: str, number: int = 3) -> PublishedShot:
    folder = f"publish/{shot}/env/burning forest/v{number:03d}"
    version = Version(
        project="ember",
        shot=shot,
        name="burning forest",
        number=number,
        layer_sha256="a" * 64,
        plan_digest="b" * 64,
        record_id="5f0c",
        generation=f"projects/ember/shots/{shot}/generations/g1",
        folder=str(root / folder),
        created="2026-01-01T00:00:00.000Z",
        request_id="r1",
    )
    return PublishedShot(
        shot,
        version,
        f"{folder}/layer.usda",
        f"{folder}/preview.png",
        str(2**64 - 1),
        "burning_forest",
        FrameRange(1001, 1072),
    )


@pytest.fixture
def edl(tmp_path: Path) -> Path:
    file = tmp_path / "editorial" / "cut.edl"
    file.parent.mkdir()
    file.write_text(_EDL, encoding="utf-8")
    return file


@pytest.fixture
def timeline(tmp_path: Path) -> Path:
    made = otio.schema.Timeline("cut")
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    made.tracks.append(track)
    plate = otio.schema.ExternalReference("../plates/sh010.mov", _span(1001, 80))
    track.append(otio.schema.Clip("sh010_v003", plate, _span(1009, 48), metadata={"house": {"note": "keep me"}}))
    frames = otio.schema.ImageSequenceReference(
        "../plates/sh020/", "sh020.", ".exr", 1001, rate=24, available_range=_span(1001, 64)
    )
    track.append(otio.schema.Clip("sh020_v001", frames, _span(1009, 48)))
    track.append(
        otio.schema.Clip("sh030_v001", otio.schema.ExternalReference("s3://b/x.mov", _span(0, 99)), _span(9, 48))
    )
    file = tmp_path / "editorial" / "cut.otio"
    file.parent.mkdir(exist_ok=True)
    otio.adapters.write_to_file(made, str(file))
    return file


def test_when_a_shot_was_published_then_all_its_clips_carry_layer_and_preview(edl: Path, tmp_path: Path) -> None:
    out = tmp_path / "publish" / "timeline.otio"
    marked = write_timeline(str(edl), Rate(24), 8, [_published(tmp_path, "sh010")], str(out))
    assert marked == ("sh010",)
    clips = list(otio.adapters.read_from_file(str(out)).find_clips())
    assert [LAYER_KEY in clip.media_references() for clip in clips] == [True, False, True]
    for clip in (clips[0], clips[2]):
        references = clip.media_references()
        assert clip.active_media_reference_key == "DEFAULT_MEDIA"
        for key, name in ((LAYER_KEY, "layer.usda"), (PREVIEW_KEY, "preview.png")):
            target = (out.parent / unquote(references[key].target_url)).resolve()
            assert target == tmp_path / "publish" / "sh010" / "env" / "burning forest" / "v003" / name
            assert references[key].available_range == _span(1001, 72)
        told = dict(clip.metadata["usd_ai"])
        assert told["seed"] == "18446744073709551615"
        assert told["layer_sha256"] == "a" * 64
        assert told["version"] == 3
        assert told["record_id"] == "5f0c"
    assert str(tmp_path) not in out.read_text(encoding="utf-8")


def test_when_a_timeline_is_written_then_the_cut_reads_back_the_same(edl: Path, timeline: Path, tmp_path: Path) -> None:
    for source in (edl, timeline):
        out = tmp_path / "publish" / "again.otio"
        before = read_cut(str(source), Rate(24), 8)
        write_timeline(
            str(source), Rate(24), 8, [_published(tmp_path, "sh010"), _published(tmp_path, "sh020")], str(out)
        )
        after = read_cut(str(out), None, 8)
        assert after.shots == before.shots
        assert after.duration == before.duration
        again = tmp_path / "publish" / "third.otio"
        write_timeline(str(out), None, 8, [_published(tmp_path, "sh010", 4)], str(again))
        clip = next(iter(otio.adapters.read_from_file(str(again)).find_clips()))
        assert clip.metadata["usd_ai"]["version"] == 4
        assert sorted(clip.media_references()) == ["DEFAULT_MEDIA", LAYER_KEY, PREVIEW_KEY]


def test_when_the_new_timeline_stands_beside_the_cut_then_its_own_media_is_untouched(
    timeline: Path, tmp_path: Path
) -> None:
    out = timeline.parent / "new.otio"
    write_timeline(str(timeline), None, 8, [_published(tmp_path, "sh010")], str(out))
    before = list(otio.adapters.read_from_file(str(timeline)).find_clips())
    after = list(otio.adapters.read_from_file(str(out)).find_clips())
    for old, new in zip(before, after, strict=True):
        assert new.media_references()["DEFAULT_MEDIA"].is_equivalent_to(old.media_references()["DEFAULT_MEDIA"])
    assert after[0].metadata["house"]["note"] == "keep me"


def test_when_it_stands_elsewhere_then_relative_media_still_finds_its_file(timeline: Path, tmp_path: Path) -> None:
    out = tmp_path / "publish" / "deep" / "new.otio"
    write_timeline(str(timeline), None, 8, [], str(out))
    first, second, third = otio.adapters.read_from_file(str(out)).find_clips()
    assert (out.parent / first.media_reference.target_url).resolve() == tmp_path / "plates" / "sh010.mov"
    assert (out.parent / second.media_reference.target_url_base).resolve() == tmp_path / "plates" / "sh020"
    assert third.media_reference.target_url == "s3://b/x.mov"


def test_when_written_by_other_processes_then_the_bytes_are_the_same(edl: Path, tmp_path: Path) -> None:
    published = [_published(tmp_path, "sh010"), _published(tmp_path, "sh020")]
    out = tmp_path / "publish" / "a.otio"
    write_timeline_task(str(edl), "24", 8, published, str(out))
    code = (
        "from usd_ai.editorial.write import write_timeline_task; from usd_ai.core.types import *; "
        f"write_timeline_task({str(edl)!r}, '24', 8, {list(reversed(published))!r}, {str(out.with_name('b.otio'))!r})"
    )
    more = {"PYTHONHASHSEED": "77", "OTIO_DEFAULT_TARGET_VERSION_FAMILY_LABEL": "OTIO_CORE:0.14.0", "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-c", code], env=os.environ | more, check=True, cwd=Path.cwd())
    assert out.read_bytes() == out.with_name("b.otio").read_bytes()


def test_when_opened_without_our_plug_ins_then_every_schema_is_a_standard_one(edl: Path, tmp_path: Path) -> None:
    out = tmp_path / "t.otio"
    write_timeline(str(edl), Rate(24), 8, [_published(tmp_path, "sh010")], str(out))
    opened = otio.adapters.read_from_file(str(out))
    objects = [
        opened,
        *opened.find_children(),
        *(m for c in opened.find_clips() for m in c.media_references().values()),
    ]
    assert not [item for item in objects if type(item).__name__ == "UnknownSchema"]
    assert {type(item).__module__.split(".")[0] for item in objects} == {"opentimelineio"}


def test_when_writing_fails_then_the_old_file_stands_and_nothing_is_left(
    edl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out" / "t.otio"
    write_timeline(str(edl), Rate(24), 8, [], str(out))
    before = out.read_bytes()

    def fail(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_timeline(str(edl), Rate(24), 8, [_published(tmp_path, "sh010")], str(out))
    assert out.read_bytes() == before
    assert [file.name for file in out.parent.iterdir()] == ["t.otio"]


def test_when_the_published_shot_is_not_in_the_cut_then_nothing_is_marked(edl: Path, tmp_path: Path) -> None:
    stranger = replace(_published(tmp_path, "sh990"), shot="sh990")
    assert write_timeline(str(edl), Rate(24), 8, [stranger], str(tmp_path / "t.otio")) == ()


def test_when_uses_play_in_edit_layers_then_each_clip_names_its_own_and_the_layer_beside_it(
    edl: Path, tmp_path: Path
) -> None:
    layer = _published(tmp_path, "sh010")
    edits = tuple(
        UsePlayed(f"publish/sh010/edit/burning forest_{number}.usda", number, frames)
        for number, frames in ((2, FrameRange(1009, 1056)), (1, FrameRange(1033, 1067)))
    )
    out = tmp_path / "editorial" / "out.otio"
    write_timeline(str(edl), Rate(24), 8, [replace(layer, played=edits)], str(out))
    clips = [clip for clip in otio.adapters.read_from_file(str(out)).find_clips() if clip.name.startswith("sh010")]
    assert len(clips) == len(edits)
    for clip, edit in zip(clips, edits, strict=True):
        references = clip.media_references()
        named = (out.parent / unquote(references[LAYER_KEY].target_url)).resolve()
        assert named == (tmp_path / edit.path).resolve()
        span = references[LAYER_KEY].available_range
        assert (span.start_time.value, span.duration.value) == (edit.frames.start, edit.frames.count)
        assert unquote(references[PUBLISHED_KEY].target_url).endswith("v003/layer.usda")
        assert clip.metadata["usd_ai"]["use"] == edit.number
    again = tmp_path / "editorial" / "again.otio"
    off = UsePlayed("", 0, FrameRange(1033, 1067))
    write_timeline(str(out), None, 8, [replace(layer, played=(off, edits[1]))], str(again))
    first, second = (c for c in otio.adapters.read_from_file(str(again)).find_clips() if c.name.startswith("sh010"))
    assert (PUBLISHED_KEY in first.media_references(), "use" in first.metadata["usd_ai"]) == (False, False)
    assert first.media_references()[LAYER_KEY].target_url.endswith("layer.usda")
    assert second.metadata["usd_ai"]["use"] == 1
    assert read_cut(str(again), None, 8).shots == read_cut(str(edl), Rate(24), 8).shots  # what we wrote is no change
