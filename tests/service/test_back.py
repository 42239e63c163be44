"""What editorial gets back, through the open door: change lists, preview movies, and what the command line says."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

import usd_ai
from tests.service.conftest import OpenDoor
from tests.service.turning import A, C, Turning
from tests.unit.core.cuts import cut, use
from usd_ai.cli.main import usd_ai as program
from usd_ai.core.errors import InvalidRequest, NotFound
from usd_ai.core.movies import MovieWish
from usd_ai.core.types import FrameRange, Rate

Call = Callable[..., Result]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Turning]:
    world = Turning(tmp_path)
    world.say("v2.otio", cut(A, use("b", 2003, 35, at=40), use("d", 4001, at=75), name="v2", start=86400))
    yield world
    world.stop()


@pytest.fixture
def studio(open_door: OpenDoor) -> Iterator[usd_ai.Studio]:
    with usd_ai.connect(open_door.address) as studio:
        yield studio


@pytest.fixture
def call(open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("USD_AI_SERVER", open_door.address)
    return lambda *arguments: CliRunner().invoke(program, [str(a) for a in arguments])


def test_when_a_list_is_asked_for_then_it_stands_in_the_project_with_a_sentence_for_each_shot(
    studio: usd_ai.Studio, tmp_path: Path
) -> None:
    path, sentences = studio.change_list("lists/changes.json", "cuts/v2.otio")
    assert Path(path) == tmp_path / "lists" / "changes.json"
    told = json.loads(Path(path).read_bytes())
    assert told["totals"]["shots"] == {"unchanged": 1, "changed": 1, "new": 1, "omitted": 1, "reinstated": 0}
    assert [sentence.partition(":")[0] for sentence in sentences] == ["b", "d", "c"]
    assert "b: trimmed 2 frames at its head (2001-2040 → 2003-2037), trimmed 3 frames at its tail" in sentences[0]
    shot = next(shot for shot in told["shots"] if shot["shot"] == "b")
    assert shot["uses"][0]["new"]["timecode"][0] == "01:00:01:16"
    assert studio.change_list("lists/changes.json", "cuts/v2.otio")[0] == path  # our own file is replaced
    rows = Path(studio.change_list("lists/changes.csv", "cuts/v2.otio")[0]).read_text("utf-8-sig")
    assert {row["action"] for row in csv.DictReader(io.StringIO(rows)) if row["action"]} >= {"re-range", "generate"}


def test_when_only_asked_what_would_be_written_then_nothing_is(call: Call, tmp_path: Path) -> None:
    result = call("timeline", "report", "changes.html", "cuts/v2.otio", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "Would write" in result.output
    assert not (tmp_path / "changes.html").exists()


def test_when_the_list_is_written_from_the_command_line_then_pictures_stand_in_it(call: Call, world: Turning) -> None:
    for version in world.engine.versions("ember", "", 100, "")[0]:
        Image.new("RGB", (32, 18), (200, 80, 20)).save(Path(version.folder) / "preview.png")
    result = call("timeline", "report", "changes.html", "cuts/v2.otio", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    page = Path(told["report"]["path"]).read_text(encoding="utf-8")
    assert page.count("data:image/png") == 2  # b as it is, c as it was; d has none
    assert len(told["sentences"]) == 3
    sheet = call("timeline", "report", "changes.png", "cuts/v2.otio")
    assert sheet.exit_code == 0, sheet.output


def test_when_no_shot_has_a_picture_then_the_sheet_says_what_to_ask_for(studio: usd_ai.Studio, world: Turning) -> None:
    for version in world.engine.versions("ember", "", 100, "")[0]:
        (Path(version.folder) / "preview.png").unlink(missing_ok=True)
    with pytest.raises(NotFound, match=r"Ask for \.html"):
        studio.change_list("changes.png", "cuts/v2.otio")


@pytest.mark.parametrize("out", ["changes.docx", "../changes.html", "publish/changes.html", ""])
def test_when_the_list_may_not_be_written_there_then_it_is_refused(out: str, studio: usd_ai.Studio) -> None:
    with pytest.raises(InvalidRequest):
        studio.change_list(out, "cuts/v2.otio")


def test_when_a_file_of_the_studios_own_stands_there_then_it_stays(studio: usd_ai.Studio, tmp_path: Path) -> None:
    (tmp_path / "changes.csv").write_text("theirs")
    with pytest.raises(InvalidRequest, match="studio's own"):
        studio.change_list("changes.csv", "cuts/v2.otio")
    assert (tmp_path / "changes.csv").read_text() == "theirs"


def test_when_the_cut_carries_our_marks_then_the_cut_itself_is_not_written(call: Call, tmp_path: Path) -> None:
    (tmp_path / "cuts").mkdir(exist_ok=True)
    (tmp_path / "cuts" / "v2.otio").write_text('{"metadata": {"usd_ai": {}}}')
    refused = call("timeline", "write", "cuts/v2.otio", "--cut", "cuts/v2.otio")
    assert refused.exit_code != 0
    assert "is the cut itself, which is never written" in refused.output


def test_when_a_movie_is_asked_for_then_every_needed_frame_is_rendered_and_handles_are_known(
    studio: usd_ai.Studio, world: Turning
) -> None:
    path, frames, timecode = studio.movie("b", "bonfire", "movies/b.mov", size=(480, 270), slate="before")
    assert Path(path).read_text() == "a movie of usd_ai"
    ((pictures, wish),) = world.workshop.filmed
    shot = world.cuts.cut.shot("b")
    assert shot is not None
    assert len(pictures) == shot.needed.count
    assert (pictures[0], frames) == (f"bonfire.{shot.needed.start}.480x270.png", shot.needed)
    assert wish == MovieWish(Rate(24), shot.needed.start, "b", "bonfire v001", "Rb", handles=(10, 10), slate="before")
    assert timecode == "00:00:41:17"
    assert not list(Path(world.engine._p.work).glob("movie-*"))


def test_when_the_cut_needs_fewer_handles_than_the_layer_has_then_the_movie_is_as_the_cut(
    studio: usd_ai.Studio, world: Turning
) -> None:
    world.cuts.cuts["ember.otio"] = cut(A, use("b", 1993, 35, at=40), C)
    assert studio.movie("b", "bonfire", "b.mov")[1] == FrameRange(1991, 2037)
    assert world.workshop.filmed[-1][1].handles == (2, 10)
    world.cuts.cuts["ember.otio"] = cut(A, use("b", 1990, 35, at=40), C)
    with pytest.raises(InvalidRequest, match=r"shows frames 1990-2024 of b; v001 of bonfire has 1991-2050"):
        studio.movie("b", "bonfire", "b.mov")
    world.cuts.cuts["ember.otio"] = cut(A, C)
    assert studio.movie("b", "bonfire", "b.mov")[1] == FrameRange(1991, 2050)


def test_when_a_movie_is_asked_for_at_the_command_line_then_it_says_frames_and_timecode(
    call: Call, world: Turning
) -> None:
    result = call("preview", "b", "--layer", "bonfire", "--movie", "b.mov", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "frames 1991-2050 (60), from 00:01:22:23" in result.output.replace("\n", " ")
    assert world.workshop.filmed == []
    made = call("preview", "b", "--layer", "bonfire", "--movie", "b.mov", "--codec", "dnxhr", "--json")
    assert json.loads(made.stdout)["movie"]["frames"] == [1991, 2050]
    assert world.workshop.filmed[0][1].codec == "dnxhr"
    assert call("preview", "b", "--movie", "b.mov", "--frames", "1").exit_code == 2


def test_when_marks_are_asked_for_then_the_timeline_says_what_was_decided(call: Call, tmp_path: Path) -> None:
    result = call("timeline", "write", "marked.otio", "--cut", "cuts/v2.otio", "--marks", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["shots"] == ["a", "b"]
    assert (tmp_path / "marked.otio").read_text() == "a timeline b YELLOW; d RED; c PURPLE;"
    assert call("timeline", "plain.otio").exit_code == 0
    assert (tmp_path / "plain.otio").read_text() == "a timeline"
    assert call("timeline", "write", "x.otio", "--since", "v1").exit_code == 2
