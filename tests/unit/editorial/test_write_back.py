from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from tests.unit.core.cuts import cut, decided, use
from usd_ai.core.errors import InvalidRequest
from usd_ai.core.marking import FRAMES, MOVIE, ClipMark, ClipMedia
from usd_ai.core.types import FrameRange, PublishedShot, Rate, Version
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.read import read_cut
from usd_ai.editorial.report_marks import clip_marks
from usd_ai.editorial.write import LAYER_KEY, write_timeline
from usd_ai.editorial.write_media import FRAMES_KEY, MOVIE_KEY, SCHEMAS

_PLAIN_VALUES = {"RationalTime.1", "TimeRange.1", "Box2d.1", "V2d.1"}


def _span(start: float, count: float, rate: float = 24) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(otio.opentime.RationalTime(start, rate), otio.opentime.RationalTime(count, rate))


@pytest.fixture
def turned(tmp_path: Path) -> Path:
    """A cut with a dissolve, a slow clip at another rate, a nest, and an editor's own marker."""
    made = otio.schema.Timeline("v2", global_start_time=otio.opentime.RationalTime(86400, 24))
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    made.tracks.append(track)
    first = otio.schema.Clip(
        "a_v001", otio.schema.ExternalReference("../plates/a.mov", _span(1001, 80)), _span(1009, 48)
    )
    first.markers.append(otio.schema.Marker("look here", _span(1020, 1), "BLUE"))
    track.append(first)
    track.append(
        otio.schema.Transition("SMPTE_Dissolve", in_offset=_span(0, 4).duration, out_offset=_span(0, 4).duration)
    )
    track.append(
        otio.schema.Clip("b_v001", otio.schema.ExternalReference("../plates/b.mov", _span(2000, 90)), _span(2013, 28))
    )
    slow = otio.schema.Clip(
        "c_v001", otio.schema.ExternalReference("../plates/c.mov", _span(100, 90, 25)), _span(110, 50, 25)
    )
    slow.effects.append(otio.schema.LinearTimeWarp(time_scalar=0.5))
    nest = otio.schema.Stack("nest")
    inner = otio.schema.Track("inner", kind=otio.schema.TrackKind.Video)
    inner.append(slow)
    nest.append(inner)
    track.append(nest)
    track.append(otio.schema.Clip("d_v001", otio.schema.MissingReference(available_range=_span(4001, 30))))
    file = tmp_path / "editorial" / "v2.otio"
    file.parent.mkdir()
    otio.adapters.write_to_file(made, str(file))
    return file


def _marks(turned: Path) -> tuple[ClipMark, ...]:
    new = read_cut(str(turned), None, 8)
    shots = new.shots
    frames = {shot.name: shot.occurrences[0].record for shot in shots}
    return (
        ClipMark("b", "V1", frames["b"], "trimmed 12 frames at its head", "forest: re-range. It stays.", "YELLOW"),
        ClipMark("c", shots[2].occurrences[0].track, frames["c"], "another speed: 100 % → 50 %", "", "GREEN"),
        ClipMark(
            "x", "V1", FrameRange(60, 90), "not used here any more", "forest: keep, mark unused.", "PURPLE", gone=True
        ),
        ClipMark("y", "V1", FrameRange(900, 990), "not used here any more", "", "PURPLE", gone=True),
    )


def _media(root: Path, *, default: bool = False) -> tuple[ClipMedia, ...]:
    return (
        ClipMedia("b", MOVIE, str(root / "previews" / "b cut.mov"), FrameRange(2004, 2048), Rate(24), default),
        ClipMedia("b", FRAMES, str(root / "renders" / "b" / "beauty.####.exr"), FrameRange(2005, 2048), Rate(24)),
        ClipMedia("d", MOVIE, str(root / "previews" / "d.mov"), FrameRange(3993, 4038), Rate(24), default),
    )


def _published(root: Path) -> PublishedShot:
    folder = "publish/b/env/forest/v003"
    version = Version("p", "b", "forest", 3, "a" * 64, "b" * 64, "r", "g", str(root / folder), "2026", "r1")
    return PublishedShot(
        "b", version, f"{folder}/forest.usda", f"{folder}/preview.png", "7", "forest", FrameRange(2000, 2060)
    )


def _clips(file: Path) -> dict[str, Any]:
    return {clip.name[0]: clip for clip in otio.adapters.read_from_file(str(file)).find_clips()}


def test_when_a_shot_changed_then_its_clip_is_marked_on_its_first_frame(turned: Path, tmp_path: Path) -> None:
    out = tmp_path / "editorial" / "back.otio"
    write_timeline(str(turned), None, 8, [_published(tmp_path)], str(out), marks=_marks(turned))
    clips = _clips(out)
    (mark,) = clips["b"].markers
    assert (mark.name, mark.color) == ("b: trimmed 12 frames at its head", "YELLOW")
    assert mark.comment == "forest: re-range. It stays."
    assert mark.marked_range == _span(2013, 1)
    assert clips["b"].metadata["usd_ai"]["decided"] == "forest: re-range. It stays."
    assert clips["b"].metadata["usd_ai"]["version"] == 3
    (slow,) = clips["c"].markers
    assert slow.marked_range == _span(110, 1, 25)  # a clip counts in its own rate
    assert [marker.name for marker in clips["a"].markers] == ["look here"]


def test_when_a_use_is_gone_then_the_sequence_is_marked_where_it_stood(turned: Path, tmp_path: Path) -> None:
    out = tmp_path / "back.otio"
    write_timeline(str(turned), None, 8, [], str(out), marks=_marks(turned))
    stack = otio.adapters.read_from_file(str(out)).tracks
    first, second = stack.markers
    assert (first.name, first.marked_range) == ("x: not used here any more", _span(60, 1))
    assert second.marked_range == _span(48 + 28 + 48 + 30 - 1, 1)  # y stood behind the end of the newer cut


def test_when_media_is_added_then_each_says_which_frames_it_has(turned: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "back.otio"
    write_timeline(str(turned), None, 8, [_published(tmp_path)], str(out), media=_media(tmp_path))
    clip = _clips(out)["b"]
    references = clip.media_references()
    assert sorted(references) == ["DEFAULT_MEDIA", FRAMES_KEY, LAYER_KEY, MOVIE_KEY, "usd_ai.preview"]
    assert clip.active_media_reference_key == "DEFAULT_MEDIA"
    assert references["DEFAULT_MEDIA"].target_url == "../plates/b.mov"
    assert references[MOVIE_KEY].target_url == "../previews/b%20cut.mov"
    assert references[MOVIE_KEY].available_range == _span(2004, 45)
    frames = references[FRAMES_KEY]
    assert frames.target_url_for_image_number(0) == "../renders/b/beauty.2005.exr"
    assert frames.available_range == _span(2005, 44)
    assert all(reference.available_range for reference in references.values())


def test_when_the_movie_stands_in_then_the_clips_own_media_is_kept_and_the_cut_is_the_same(
    turned: Path, tmp_path: Path
) -> None:
    before = read_cut(str(turned), None, 8)
    out, back = turned.parent / "in.otio", turned.parent / "back.otio"
    write_timeline(str(turned), None, 8, [], str(out), media=_media(tmp_path, default=True))
    clips = _clips(out)
    assert clips["b"].media_reference.target_url == "../previews/b%20cut.mov"
    assert clips["b"].media_references()["usd_ai.media"].target_url == "../plates/b.mov"
    assert clips["d"].source_range == _span(4001, 30)
    assert read_cut(str(out), None, 8).shots == before.shots
    write_timeline(str(out), None, 8, [], str(back), media=_media(tmp_path))
    clip = _clips(back)["b"]
    assert clip.media_reference.target_url == "../plates/b.mov"
    assert sorted(clip.media_references()) == ["DEFAULT_MEDIA", FRAMES_KEY, MOVIE_KEY]


@pytest.mark.parametrize("default", [False, True])
def test_when_written_back_twice_then_nothing_is_doubled_and_the_cut_is_unchanged(
    turned: Path, tmp_path: Path, *, default: bool
) -> None:
    given = {"marks": _marks(turned), "media": _media(tmp_path, default=default)}
    out, again = turned.parent / "one.otio", turned.parent / "two.otio"
    published = [_published(tmp_path)]
    write_timeline(str(turned), None, 8, published, str(out), **given)  # type: ignore[arg-type]
    first = out.read_bytes()
    write_timeline(str(turned), None, 8, published, str(out), **given)  # type: ignore[arg-type]
    assert out.read_bytes() == first
    write_timeline(str(out), None, 8, published, str(again), **given)  # type: ignore[arg-type]
    one, two = (json.loads(file.read_bytes()) for file in (out, again))
    for told in (one, two):
        del told["metadata"]["usd_ai"]["cut_sha256"]  # names the file that it was written from
    assert one == two
    old, new = read_cut(str(turned), None, 8), read_cut(str(again), None, 8)
    assert new.shots == old.shots
    diff = diff_cuts(old, new)
    assert not diff.changes
    assert all(shot.state == "unchanged" for shot in diff.shots)


def test_when_nothing_is_marked_any_more_then_our_old_marks_and_notes_are_gone(turned: Path, tmp_path: Path) -> None:
    out, plain = turned.parent / "one.otio", turned.parent / "two.otio"
    write_timeline(str(turned), None, 8, [], str(out), marks=_marks(turned))
    write_timeline(str(out), None, 8, [], str(plain))
    timeline = otio.adapters.read_from_file(str(plain))
    assert [marker.name for clip in timeline.find_clips() for marker in clip.markers] == ["look here"]
    assert len(timeline.tracks.markers) == 0
    assert not [clip.name for clip in timeline.find_clips() if "usd_ai" in clip.metadata]


def test_when_everything_is_written_then_only_schemas_occur_that_older_readers_know(
    turned: Path, tmp_path: Path
) -> None:
    out = tmp_path / "back.otio"
    write_timeline(str(turned), None, 8, [_published(tmp_path)], str(out), marks=_marks(turned), media=_media(tmp_path))
    found = _schemas(json.loads(out.read_bytes()))
    assert found <= {f"{name}.{version}" for name, version in SCHEMAS.items()} | _PLAIN_VALUES
    assert {"Marker.2", "Clip.2", "ImageSequenceReference.1", "LinearTimeWarp.1"} <= found


def _schemas(value: object) -> set[str]:
    if isinstance(value, list):
        return {schema for item in value for schema in _schemas(item)}
    if not isinstance(value, dict):
        return set()
    own = {value["OTIO_SCHEMA"]} if "OTIO_SCHEMA" in value else set()
    return own | {schema for item in value.values() for schema in _schemas(item)}


def test_when_a_sequence_does_not_say_where_its_number_stands_then_it_is_refused(turned: Path, tmp_path: Path) -> None:
    wrong = ClipMedia("b", FRAMES, str(tmp_path / "beauty.exr"), FrameRange(1, 2), Rate(24))
    with pytest.raises(InvalidRequest, match=r"beauty\.####\.exr"):
        write_timeline(str(turned), None, 8, [], str(tmp_path / "x.otio"), media=[wrong])
    assert not (tmp_path / "x.otio").exists()


def test_when_a_diff_is_decided_on_then_each_change_that_counts_becomes_a_mark() -> None:
    a, b, c = use("a", 1001), use("b", 2001, at=40), use("c", 3001, at=80)
    old = cut(a, b, c)
    new = cut(a, use("b", 2013, 28, at=40), use("d", 4001, at=68))
    decisions = [decided(old, new, name) for name in "abc"]
    marks = clip_marks(diff_cuts(old, new), decisions)
    assert [(mark.shot, mark.colour, mark.gone) for mark in marks] == [
        ("b", "YELLOW", False),
        ("d", "GREEN", False),
        ("c", "PURPLE", True),
    ]
    assert marks[0].said == "trimmed 12 frames at its head (2001-2040 → 2013-2040)"
    assert marks[0].note.startswith("bonfire: stays, another range of it. It shows frames 2013-2040")
    later = [dataclasses.replace(one, record=FrameRange(one.record.start + 8, one.record.end + 8)) for one in (a, b, c)]
    pushed = cut(use("x", 1, 8), *later)
    told = clip_marks(diff_cuts(old, pushed), [decided(old, pushed, name) for name in "abc"])
    assert [mark.shot for mark in told] == ["x"]


def test_when_a_clip_says_no_frames_at_all_then_the_others_are_marked_all_the_same(tmp_path: Path) -> None:
    made = otio.schema.Timeline("v2")
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    made.tracks.append(track)
    track.append(otio.schema.Clip("b_v001", otio.schema.MissingReference(), _span(2013, 28)))
    track.append(otio.schema.Clip("lost"))
    file = tmp_path / "v2.otio"
    otio.adapters.write_to_file(made, str(file))
    marks = (
        ClipMark("b", "V1", FrameRange(0, 27), "slipped", "", "GREEN"),
        ClipMark("x", "V1", FrameRange(60, 90), "gone", "", "PURPLE", gone=True),
    )
    write_timeline(str(file), None, 8, [], str(tmp_path / "back.otio"), marks=marks)
    timeline = otio.adapters.read_from_file(str(tmp_path / "back.otio"))
    assert [marker.name for clip in timeline.find_clips() for marker in clip.markers] == ["b: slipped"]
    assert timeline.tracks.markers[0].marked_range == _span(27, 1)
