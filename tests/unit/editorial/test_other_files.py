"""The same frames of the same reel from another file: what is said of it, and when nothing is."""

from __future__ import annotations

import dataclasses

import pytest

from tests.unit.core.cuts import cut, use
from usd_ai.core.changes import Change
from usd_ai.core.types import FrameRange, Plays
from usd_ai.editorial.diff import diff_cuts

A, C = use("a", 1001), use("c", 3001, at=80)


def said(before: str, after: str, *, reel: str = "A012", slip: int = 0, name: str = "b_v001") -> list[Change]:
    """What is said of a shot whose file was one and is another, apart from its metadata."""
    old = use("b", 2001, at=40, reel=reel, media=before)
    frames = FrameRange(2001 + slip, 2040 + slip)
    new = dataclasses.replace(
        old,
        media=after,
        visible=frames,
        used=frames,
        clip_name=name,
        plays=Plays(old.plays.first + slip),  # type: ignore[union-attr]
    )
    diff = diff_cuts(cut(A, old, C), cut(A, new, C))
    shot = diff.shot(name.partition("_")[0])
    assert shot is not None
    assert {one.state for one in diff.shots if one is not shot} == {"unchanged"}
    return [change for one in shot.occurrences for change in one.changes if change.kind != "metadata"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("plate_a.mov", "plate_b.mov"),  # another element on the same roll
        ("A012C003.mov", "A012C003_graded.mov"),
        ("sh010_bg.%04d.exr", "sh010_fg.%04d.exr"),
        ("plate_v001.mov", "plate_v002.mov"),
        ("Z677_4C (ANIM10).mov", "Z677_4C (ANIM11).mov"),
    ],
)
def test_when_the_same_frames_of_a_reel_come_from_another_file_then_that_is_another_version(
    before: str, after: str
) -> None:
    assert said(f"/mnt/plates/{before}", f"/mnt/plates/{after}") == [Change("version", 0, before, after)]


def test_when_only_the_folder_says_the_version_then_the_paths_are_told() -> None:
    before, after = "/plates/sh010/v001/plate.%04d.exr", "/plates/sh010/v002/plate.%04d.exr"
    assert said(before, after) == [Change("version", 0, before, after)]
    assert said("/plates/sh010_v1/plate.mov", "/plates/sh010_v2/plate.mov")[0].kind == "version"


@pytest.mark.parametrize("reel", ["A012", "AX"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/raid/A012C003.mov", "/Volumes/Proxies/A012C003.mov"),
        ("D:\\raid\\A012C003.mov", "/Volumes/raid/A012C003.mov"),
        ("/raid/A012C003.mxf", "/proxies/A012C003_Proxy.mov"),
        ("/raid/A012C003_offline_DNxHD36.mxf", "/raid/A012C003.[1001-1040].exr"),
        ("/raid/A012C003_1080p_h264.mp4", "/raid/A012C003_prores422hq.mov"),
        ("/raid/sh010_v002_proxy.mov", "/raid/sh010_v002.mov"),
    ],
)
def test_when_a_clip_is_relinked_to_a_proxy_or_back_then_nothing_is_said(before: str, after: str, reel: str) -> None:
    assert said(before, after, reel=reel) == []
    assert said(after, before, reel=reel) == []


def test_when_a_proxy_is_of_another_version_then_that_is_said() -> None:
    assert said("/raid/sh010_v002_proxy.mov", "/raid/sh010_v003.mov")[0].kind == "version"


def test_when_no_reel_vouches_for_another_file_then_it_is_another_take() -> None:
    assert said("plate_a.mov", "plate_b.mov", reel="AX")[0].kind == "take"


def test_when_another_file_shows_other_frames_of_the_reel_then_it_is_another_take() -> None:
    assert [change.kind for change in said("plate_a.mov", "plate_b.mov", slip=400)] == ["take"]


def test_when_another_file_is_slipped_too_then_both_are_said() -> None:
    assert [(one.kind, one.frames) for one in said("plate_a.mov", "plate_b.mov", slip=6)] == [
        ("version", 0),
        ("slip", 6),
    ]


def test_when_the_file_is_renamed_with_its_clip_then_it_is_only_renamed() -> None:
    assert [one.kind for one in said("/mnt/b.mov", "/mnt/x.mov", name="x_v001")] == ["rename"]
    assert [one.kind for one in said("/mnt/b.mov", "/mnt/other.mov", name="x_v001")] == ["rename", "version"]
