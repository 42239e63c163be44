"""A studio's naming convention, from `studio.toml` to the shots of a cut."""

from __future__ import annotations

from pathlib import Path

import opentimelineio as otio
import pytest

from usd_ai.core.naming import Naming
from usd_ai.core.types import Rate
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.read import read_cut

NAMING = Naming(
    shots=(r"(?P<shot>\d{3}_[A-Z]+_\d+)(-[a-z]+)?\.(?P<version>\d+)", r"^(?P<shot>x\d+)"),
    ignored_reels=("bars", "slate.*"),
)


def written(folder: Path, *clips: tuple[str, str], name: str = "cut.otio") -> str:
    """A cut of clips as (name, reel), 24 frames each."""
    timeline = otio.schema.Timeline("cut")
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    timeline.tracks.append(track)
    for clip, reel in clips:
        span = otio.opentime.TimeRange(otio.opentime.RationalTime(1009, 24), otio.opentime.RationalTime(24, 24))
        made = otio.schema.Clip(clip, source_range=span)
        if reel:
            made.metadata["cmx_3600"] = {"reel": reel}
        track.append(made)
    otio.adapters.write_to_file(timeline, str(folder / name))
    return str(folder / name)


@pytest.mark.parametrize(
    ("clip", "shot"),
    [
        ("079_HA_0010-anim.12", "079_HA_0010"),
        ("x17_temp_grade", "x17"),
        ("sh010_v003", "sh010"),  # no pattern matches: our own rules
        ("river wide", "river wide"),
    ],
)
def test_when_a_clip_follows_the_convention_then_its_shot_is_what_the_pattern_says(
    tmp_path: Path, clip: str, shot: str
) -> None:
    cut = read_cut(written(tmp_path, (clip, "")), None, 8, naming=NAMING)
    assert [s.name for s in cut.shots] == [shot]


def test_when_only_the_comment_names_the_shot_then_it_is_found_there(tmp_path: Path) -> None:
    edl = tmp_path / "cut.edl"
    edl.write_text(
        "TITLE: x\nFCM: NON-DROP FRAME\n\n"
        "001  A001C003 V     C        01:00:00:00 01:00:01:00 00:00:00:00 00:00:01:00\n"
        "* FROM CLIP NAME: A001C003\n* LOC: 01:00:00:12 RED 079_HA_0020-comp.4\n",
        encoding="utf-8",
    )
    assert [s.name for s in read_cut(str(edl), Rate(24), 8, naming=NAMING).shots] == ["079_HA_0020"]


def test_when_a_reel_is_to_be_ignored_then_its_clips_are_no_shots_and_it_is_said(tmp_path: Path) -> None:
    clips = (("head", "SLATE_01"), ("x1", "A001"), ("bars", "BARS"), ("x2", "BARS2"))
    cut = read_cut(written(tmp_path, *clips), None, 8, naming=NAMING)
    assert [s.name for s in cut.shots] == ["x1", "x2"]
    assert [("SLATE_01" in n.message, "BARS" in n.message) for n in cut.notices] == [(False, True), (True, False)]
    assert len(read_cut(written(tmp_path, *clips), None, 8).shots) == 4


def test_when_a_file_holds_several_sequences_then_the_show_says_which_is_the_cut(tmp_path: Path) -> None:
    both = otio.schema.SerializableCollection("all")
    for name in ("picture", "temp"):
        timeline = otio.adapters.read_from_file(written(tmp_path, (f"x_{name}", "")))
        timeline.name = name
        both.append(timeline)
    file = str(tmp_path / "both.otio")
    otio.adapters.write_to_file(both, file)
    assert read_cut(file, None, 8, naming=Naming(sequence="temp")).name == "temp"
    assert read_cut(file, None, 8, "picture", Naming(sequence="temp")).name == "picture"


@pytest.mark.parametrize(("naming", "kind"), [(NAMING, "version"), (Naming(), "rename")])
def test_when_a_version_is_spelled_the_studios_way_then_a_new_one_is_no_rename(
    tmp_path: Path, naming: Naming, kind: str
) -> None:
    cuts = [
        read_cut(written(tmp_path, (f"079_HA_0010-anim.{number}", "")), None, 8, naming=NAMING) for number in (12, 13)
    ]
    (shot,) = diff_cuts(*cuts, naming=naming).shots
    assert kind in shot.kinds
