"""A name may be as long as a file is: it costs no more than its length, and what is kept of it is bounded and told."""

from __future__ import annotations

import resource
import subprocess
import sys
import unicodedata
from pathlib import Path

import opentimelineio as otio
import pytest

from usd_ai.core.naming import Naming
from usd_ai.core.types import Cut
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.likeness import media_key, name_key, reel_key
from usd_ai.editorial.names import LONGEST_TEXT, shot_of
from usd_ai.editorial.read import read_cut

_RATE = 24.0
_CPU = 10  # seconds; quadratic patterns took minutes for what this child does, linear ones take some milliseconds

_HARD = """
from usd_ai.editorial.likeness import file_of, name_key, without_rendition
from usd_ai.editorial.names import shot_code, shot_of, take_of
for unit in ("-", " ", ".", "_v1", ".proxy", " FF", "(", "(A 1)", ".new", "_1", "#", ".####", "/", "prores-hq"):
    for text in (unit * 20_000, unit * 20_000 + "x", "x" + unit * 20_000, "x" + unit * 20_000 + "!"):
        for read in (shot_of, take_of, shot_code, file_of, without_rendition, name_key):
            read(text)
print("done")
"""


def _cut(folder: Path, name: str, *, reel: str = "", media: str = "", comment: str = "", file: str = "cut") -> Cut:
    clip = otio.schema.Clip(
        name,
        source_range=otio.opentime.TimeRange(
            otio.opentime.RationalTime(1001, _RATE), otio.opentime.RationalTime(24, _RATE)
        ),
        media_reference=otio.schema.ExternalReference(target_url=media) if media else None,
    )
    if reel or comment:
        clip.metadata["cmx_3600"] = {"reel": reel, "comments": [comment] if comment else []}
    track = otio.schema.Track(kind=otio.schema.TrackKind.Video)
    track.append(clip)
    timeline = otio.schema.Timeline("t")
    timeline.tracks.append(track)
    path = folder / f"{file}.otio"
    path.write_text(otio.core.serialize_json_to_string(timeline), encoding="utf-8")
    return read_cut(str(path), None, 0)


def test_when_names_are_very_long_then_no_pattern_takes_more_than_their_length() -> None:
    child = subprocess.run(
        [sys.executable, "-c", _HARD],
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (_CPU, _CPU)),
        cwd=Path(__file__).resolve().parents[3],
    )
    assert (child.returncode, child.stdout) == (0, "done\n"), child.stderr[-500:]


@pytest.mark.parametrize("said", ["name", "reel", "media", "comment"])
def test_when_a_clip_says_too_much_of_itself_then_a_part_is_kept_and_that_is_told(tmp_path: Path, said: str) -> None:
    words = {"name": "sh010", said: "sh010" + "-" * 20_000 + "x"}
    cut = _cut(tmp_path, **words)
    use = cut.shots[0].occurrences[0]
    kept = {"name": use.clip_name, "reel": use.reel, "media": use.media, "comment": "".join(use.comments)}[said]
    assert len(kept) == LONGEST_TEXT
    assert any(f"{LONGEST_TEXT:,} characters" in notice.message for notice in cut.notices)


def test_when_a_path_is_too_long_then_the_files_name_is_what_is_kept(tmp_path: Path) -> None:
    cut = _cut(tmp_path, "sh010", media="folder/" * 1000 + "A001_v002.mov")
    assert cut.shots[0].occurrences[0].media.endswith("/A001_v002.mov")
    assert media_key(cut.shots[0].occurrences[0].media) == "a001"


def test_when_a_studios_pattern_is_slow_then_it_sees_no_more_than_what_is_kept(tmp_path: Path) -> None:
    seen: list[int] = []

    class Counted(Naming):
        def without_version(self, name: str) -> str:
            seen.append(len(name))
            return ""

    _cut(tmp_path, "sh010" + "-" * 20_000)
    name_key("-" * 20_000, Counted())
    assert seen == [LONGEST_TEXT]


def test_when_names_are_as_ever_then_nothing_is_told(tmp_path: Path) -> None:
    assert _cut(tmp_path, "sh010_v001", reel="A001", media="file:///plates/A001.mov", comment="*").notices == ()


def test_when_a_name_is_written_in_another_unicode_form_then_it_is_the_same_shot(tmp_path: Path) -> None:
    one, two = (unicodedata.normalize(form, "shé010_v001") for form in ("NFC", "NFD"))
    assert one != two
    old, new = _cut(tmp_path, one, reel=one, media=one, file="a"), _cut(tmp_path, two, reel=two, media=two, file="b")
    assert old.shots[0].name == new.shots[0].name == unicodedata.normalize("NFC", "shé010")
    assert diff_cuts(old, new).shots[0].kinds <= {"metadata"}
    assert (reel_key(one), media_key(one), name_key(one)) == (reel_key(two), media_key(two), name_key(two))


def test_when_only_capitals_differ_then_it_is_a_renaming_and_no_version(tmp_path: Path) -> None:
    old, new = _cut(tmp_path, "SH010", reel="A001", file="a"), _cut(tmp_path, "sh010", reel="a001", file="b")
    shot = diff_cuts(old, new).shots[0]
    assert (shot.shot, shot.was, shot.kinds) == ("sh010", "SH010", {"rename"})


def test_when_separators_stand_before_what_is_taken_away_then_all_of_them_go() -> None:
    assert (shot_of("sh010 __.v003"), media_key("A001 - proxy.mov"), shot_of("sh010  FF")) == ("sh010", "a001", "sh010")
