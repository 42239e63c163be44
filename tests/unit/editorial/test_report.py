from __future__ import annotations

import base64
import csv
import dataclasses
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from tests.unit.core.cuts import cut, decided, use
from usd_ai.core.changes import CHANGE_KINDS, Change
from usd_ai.core.decisions import Decision
from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput
from usd_ai.core.marking import Pictures
from usd_ai.core.types import Cut, Occurrence, Rate
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.report import ChangeList, change_list
from usd_ai.editorial.report_html import as_html
from usd_ai.editorial.report_sheet import sheet_heading, sheet_shots
from usd_ai.editorial.report_tables import as_csv, as_json
from usd_ai.editorial.report_words import duration, sentence
from usd_ai.editorial.report_write import write_report
from usd_ai.stage.preview.sheet import sheet_task

_A, _B, _C, _D = use("a", 1001), use("b", 2001, at=40), use("c", 3001, at=80), use("d", 4001, at=120)
_OLD = cut(_A, _B, _C, _D, name="v1", start=86400)
_NEW = cut(_A, use("b", 2013, 28, at=40), use("d", 4001, at=68), use("e", 5001, at=108), name="v2", start=86400)


def _listed(old: Cut = _OLD, new: Cut = _NEW, **more: object) -> ChangeList:
    names = [shot.name for shot in old.shots]
    decisions = [decided(old, new, name) for name in names]
    return change_list(diff_cuts(old, new), decisions, new, **more)  # type: ignore[arg-type]


def _named(one: Occurrence, **changes: str) -> Occurrence:
    return dataclasses.replace(one, **changes)  # type: ignore[arg-type]


class _Page(HTMLParser):
    """What a browser would do with the page: its tags, and everything it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.handlers: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)
        self.loads += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "data"}]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_when_a_shot_is_trimmed_then_one_sentence_says_what_and_what_follows() -> None:
    line = next(line for line in _listed().shots if line.shot == "b")
    assert line.sentence == (
        "b: trimmed 12 frames at its head (2001-2040 → 2013-2040). bonfire: stays, another range of it. It shows "
        "frames 2013-2040 of the frames 1991-2050 in v001 of bonfire; 22 are left before and 10 after."
    )
    (placed,) = line.uses
    assert placed.new is not None
    assert (placed.new.first, placed.new.last) == ("01:00:01:16", "01:00:02:19")


def test_when_a_cut_changes_then_totals_stand_on_top() -> None:
    listed = _listed()
    assert dict(listed.totals.shots) == {"unchanged": 1, "changed": 2, "new": 1, "omitted": 1, "reinstated": 0}
    totals = listed.totals
    assert (totals.kept, totals.re_ranged, totals.regenerated, totals.seconds) == (3, 1, 0, 0.0)
    assert totals.pushed == 1
    assert "<b>2</b> changed (1 only pushed along)" in as_html(listed).decode()
    assert [line.shot for line in listed.shots if not line.minor] == ["b", "e", "c"]


def test_when_something_is_generated_then_its_minutes_are_counted_and_the_unknown_told() -> None:
    new = cut(_A, use("b", 1900, 140, at=40), use("c", 2900, 140, at=180), name="v2")
    found = [decided(_OLD, new, name) for name in "bc"]
    found = [dataclasses.replace(found[0], seconds=330.0), dataclasses.replace(found[1], seconds=None)]
    totals = change_list(diff_cuts(_OLD, new), found, new).totals
    assert (totals.regenerated, totals.seconds, totals.unmeasured) == (2, 330.0, 1)
    page = as_html(change_list(diff_cuts(_OLD, new), found, new)).decode()
    assert "<b>5.5 min</b> of one worker" in page
    assert "<b>1</b> layers of unknown time" in page


def test_when_a_cut_is_only_pushed_along_then_its_shots_are_folded_away() -> None:
    pushed = (use("x", 1, 8), use("a", 1001, at=8), use("b", 2001, at=48), use("c", 3001, at=88))
    listed = _listed(cut(_A, _B, _C, start=86400), cut(*pushed, start=86400))
    assert [line.shot for line in listed.shots if not line.minor] == ["x"]
    assert "<summary>3 shots are only pushed along" in as_html(listed).decode()
    assert "pushed along 8 frames later" in listed.shots[1].sentence


def test_when_the_rate_drops_frames_then_timecodes_do_and_the_older_cut_keeps_its_own() -> None:
    video = Rate(30000, 1001)
    old = cut(use("a", 1001, 2000), use("b", 2001, at=2000), start=0)
    new = cut(use("a", 1001, 1800), use("b", 2001, at=1800), start=107892, rate=video)
    line = next(line for line in _listed(old, new).shots if line.shot == "b")
    assert line.uses[0].new is not None
    assert line.uses[0].old is not None
    assert line.uses[0].new.first == "01:01:00;02"
    assert line.uses[0].old.first == "00:01:23:08"
    plain = next(line for line in _listed(old, new, drop=False).shots if line.shot == "b")
    assert plain.uses[0].new is not None
    assert plain.uses[0].new.first == "01:00:56:12"


@pytest.mark.parametrize("kind", CHANGE_KINDS)
def test_when_a_change_is_told_then_no_kind_is_without_words(kind: str) -> None:
    for frames in (-3, 0, 1, 12):
        said = sentence(Change(kind, frames, "before", "after"))
        assert said
        assert "_" not in said
        assert "1 frames" not in said


def test_when_a_kind_is_not_known_then_its_name_is_told() -> None:
    assert sentence(Change("turned_upside_down", 4)) == "turned upside down 4"


@pytest.mark.parametrize(("seconds", "said"), [(0, "0 min"), (24, "0.4 min"), (2100, "35 min"), (12600, "3.5 h")])
def test_when_machine_time_is_told_then_in_the_unit_people_use(seconds: float, said: str) -> None:
    assert duration(seconds) == said


_EVIL = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def test_when_a_clip_is_named_like_a_script_then_the_page_holds_only_its_letters() -> None:
    evil = {"clip_name": f"b_{_EVIL}", "reel": _EVIL, "track": _EVIL, "media": _EVIL}
    new = cut(_A, _named(_B, **evil), name=_EVIL, start=86400)
    decision = dataclasses.replace(decided(_OLD, _NEW, "b"), layer=_EVIL, why=_EVIL, waits=_EVIL)
    listed = change_list(diff_cuts(_OLD, new), [decision], new, notes=[_EVIL], title=_EVIL)
    listed = dataclasses.replace(
        listed, shots=tuple(dataclasses.replace(line, shot=_EVIL, was=_EVIL) for line in listed.shots)
    )
    page = _Page(as_html(listed).decode())
    assert "script" not in page.tags
    assert (page.loads, page.handlers, page.open) == ([], [], [])
    assert _EVIL in json.loads(as_json(listed))["notes"]


def test_when_pictures_are_given_then_the_page_carries_them_and_loads_nothing(tmp_path: Path) -> None:
    before, now = tmp_path / "before.png", tmp_path / "now.jpg"
    Image.new("RGB", (16, 9), (200, 80, 20)).save(before)
    Image.new("RGB", (16, 9), (20, 80, 200)).save(now)
    listed = _listed(pictures={"b": Pictures(str(before), str(now)), "c": Pictures(old=str(before))})
    text = as_html(listed).decode()
    page = _Page(text)
    assert [load[:22] for load in page.loads] == [
        "data:image/png;base64,",
        "data:image/jpeg;base64",
        "data:image/png;base64,",
    ]
    assert not re.search(r"https?:|url\(|@import|<script", text)
    assert str(tmp_path) not in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_when_a_picture_is_larger_than_a_page_needs_then_a_small_one_is_carried(tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    Image.effect_noise((1920, 804), 60).convert("RGB").save(large)
    text = as_html(_listed(pictures={"b": Pictures(new=str(large))})).decode()
    (held,) = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', text)
    with Image.open(io.BytesIO(base64.b64decode(held))) as small:
        assert small.size == (640, 268)
    assert len(text) < large.stat().st_size / 4
    (tmp_path / "half.png").write_bytes(large.read_bytes()[:9000])
    with pytest.raises(UnreadableInput, match=r"half\.png"):
        as_html(_listed(pictures={"b": Pictures(new=str(tmp_path / "half.png"))}))


def test_when_a_picture_is_missing_or_none_then_the_error_names_it(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"gone\.png"):
        as_html(_listed(pictures={"b": Pictures(new=str(tmp_path / "gone.png"))}))
    (tmp_path / "page.svg").write_text("<svg onload='alert(1)'/>")
    with pytest.raises(UnreadableInput, match=r"page\.svg"):
        as_html(_listed(pictures={"b": Pictures(new=str(tmp_path / "page.svg"))}))


def test_when_a_table_is_written_then_every_change_and_decision_is_a_row() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(_listed()).decode("utf-8-sig"), newline="")))
    trim = next(row for row in rows if row["change"] == "trim_head")
    assert (trim["usd_ai"], trim["shot"], trim["frames"], trim["new in"]) == ("change", "b", "12", "01:00:01:16")
    assert (trim["old frames"], trim["new frames"], trim["reel"]) == ("2001-2040", "2013-2040", "Rb")
    kept = next(row for row in rows if row["usd_ai"] == "decision" and row["shot"] == "c")
    assert (kept["layer"], kept["version"], kept["action"]) == ("bonfire", "1", "keep, mark unused")
    ripple = next(row for row in rows if row["shot"] == "d" and row["usd_ai"] == "change")
    assert int(ripple["frames"]) < 0  # a number stays a number


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", " =1", "\ufeff=1"])
def test_when_a_cell_would_be_computed_then_it_is_text(start: str) -> None:
    decision = dataclasses.replace(decided(_OLD, _NEW, "b"), layer=start, why=start, waits=f'{start}","=2')
    new = cut(_A, _named(_B, clip_name=f"b_{start}", reel=start, track=start), start=86400)
    listed = change_list(diff_cuts(_OLD, new), [decision], new)
    cells = [cell for row in csv.reader(io.StringIO(as_csv(listed).decode("utf-8-sig"), newline="")) for cell in row]
    assert f"'{start}" in cells
    assert not [cell for cell in cells if cell.lstrip(" \ufeff").startswith(("=", "@", "\t", "\r"))]
    assert all(cell != start for cell in cells)


def test_when_a_program_reads_the_list_then_it_finds_ranges_and_digests() -> None:
    told = json.loads(as_json(_listed()))
    shot = next(shot for shot in told["shots"] if shot["shot"] == "b")
    assert shot["uses"][0]["changes"][0]["frames"] == 12
    assert shot["uses"][0]["new"]["timecode"] == ["01:00:01:16", "01:00:02:19"]
    assert shot["layers"][0]["keeps"] == "d" * 64
    assert told["totals"]["layers"] == {"kept": 3, "re_ranged": 1, "regenerated": 0}
    assert (told["rate"], told["old"]["name"], told["new"]["sha256"]) == ("24", "v1", _NEW.sha256)


@pytest.mark.parametrize("ending", [".html", ".csv", ".json"])
def test_when_written_twice_then_the_bytes_are_the_same_and_ours(ending: str, tmp_path: Path) -> None:
    out = tmp_path / "new" / f"changes{ending}"
    first = Path(write_report(_listed(), str(out))).read_bytes()
    assert Path(write_report(_listed(), str(out))).read_bytes() == first
    assert b"usd_ai" in first  # so that it may be replaced
    assert [file.name for file in out.parent.iterdir()] == [out.name]


def test_when_the_ending_is_unknown_then_the_known_ones_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"\.html, \.csv, \.json"):
        write_report(_listed(), str(tmp_path / "changes.docx"))


def test_when_a_sheet_is_made_then_before_and_now_stand_side_by_side(tmp_path: Path) -> None:
    files = [tmp_path / "before.png", tmp_path / "now.png"]
    for k, file in enumerate(files):
        Image.new("RGB", (160, 90), (200 - 180 * k, 80, 20 + 180 * k)).save(file)
    listed = _listed(pictures={"b": Pictures(str(files[0]), str(files[1])), "d": Pictures(new=str(files[1]))})
    (row,) = sheet_shots(listed)  # d was only pushed along
    assert [(Path(path).name, caption) for path, caption in row.pictures] == [
        ("before.png", "before, v001"),
        ("now.png", "before and now, v001"),
    ]
    assert row.title == "changed"
    assert row.beside[0] == ("", "trimmed 12 frames at its head (2001-2040 → 2013-2040)")
    assert row.beside[1] == ("YELLOW", "bonfire: stays, another range of it")
    top, totals = sheet_heading(listed).split("\n")
    assert (top, totals.partition(".")[0]) == (
        "v1 → v2",
        "Shots: 1 unchanged, 2 changed (1 only pushed along), 1 new, 1 omitted",
    )
    page = tmp_path / "sheet.png"
    sheet_task(sheet_heading(listed), sheet_shots(listed), str(page))
    with Image.open(page) as opened:
        assert opened.width > 3 * 440  # two pictures and the words beside them


def test_when_a_shot_has_no_picture_of_now_then_an_empty_frame_says_why(tmp_path: Path) -> None:
    file = str(tmp_path / "before.png")
    Image.new("RGB", (160, 90), (200, 80, 20)).save(file)
    new = cut(_A, use("b", 1900, 140, at=40), _D, name="v2")
    names = [decided(_OLD, new, name) for name in "bc"]
    pictures = {name: Pictures(old=file) for name in "bc"}
    rows = sheet_shots(change_list(diff_cuts(_OLD, new), names, new, pictures=pictures))
    assert [(row.shot, row.pictures[1]) for row in rows] == [
        ("b", ("", "no picture until it is generated")),
        ("c", ("", "not in the cut any more")),
    ]


def test_when_nothing_is_different_then_the_list_says_so() -> None:
    none: list[Decision] = []
    listed = change_list(diff_cuts(_OLD, _OLD), none, _OLD)
    assert dict(listed.totals.shots)["unchanged"] == 4
    assert "Nothing else is different." in as_html(listed).decode()
