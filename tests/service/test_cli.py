from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.service.conftest import OpenDoor
from usd_ai.cli.main import VERBS, usd_ai
from usd_ai.client import GenerationHandle
from usd_ai.core import errors
from usd_ai.core.types import Finding

Call = Callable[..., Result]


@pytest.fixture
def call(open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run a command line against the open door."""
    monkeypatch.setenv("USD_AI_SERVER", open_door.address)
    return lambda *arguments: CliRunner().invoke(usd_ai, [str(a) for a in arguments])


def _object(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.strip().splitlines()[-1])


def test_when_the_path_is_walked_with_json_then_each_object_leads_to_the_next(call: Call, open_door: OpenDoor) -> None:
    open_door.world.start_workers()
    assert [s["shot"] for s in _object(call("shots", "--json"))["shots"]] == ["sh010", "sh020", "sh 030 (wide)"]
    asked = ("sh010", "-g", "bonfire", "--set", "density=1.5", "--set", "species=birch", "--seed", "7")
    planned = _object(call("plan", *asked, "--json"))
    assert planned["plan"]["document"]["seed"] == "7"
    assert planned["elements"]["logs"] == 12
    made = _object(call("generate", *asked, "--json"))
    assert made["plan"]["digest"] == planned["plan"]["digest"]
    assert made["layer"]["sha256"] == "7" * 64
    for thing in ("layer", "record", "preview"):
        assert Path(made[thing]["path"]).is_file(), thing
    assert made["cached"] is False
    assert isinstance(made["seconds"], float)
    assert _object(call("generate", *asked, "--json"))["cached"] is True
    dry = _object(call("publish", made["generation"], "--dry-run", "--json"))
    assert (dry["version"], dry["dry_run"]) == (1, True)
    published = _object(call("publish", made["generation"], "--json"))
    assert published["version"] == 1
    assert set(made) < set(published)
    assert [v["version"] for v in _object(call("list", "versions", "--json"))["versions"]] == [1]
    assert _object(call("show", "version", "sh010/bonfire", "--json"))["lineage"][0]["role"] == "cut"
    assert _object(call("show", "record", "sh010/bonfire/1", "--json"))["envelope"] == {"payload": ""}
    assert _object(call("show", made["generation"], "--json"))["request"]["parameters"]["density"] == 1.5
    assert _object(call("show", "sh010", "--json"))["versions"][0]["version"] == 1
    timeline = _object(call("timeline", "out.otio", "--json"))
    assert timeline["shots"] == ["sh010"]
    pictures = _object(call("preview", "sh010", "--layer", "bonfire", "--frames", "1001,1010", "--json"))["pictures"]
    assert len(pictures) == 2
    outside = call("preview", "sh010", "--layer", "bonfire", "--frames", "1001,5000", "--json")
    assert (outside.exit_code, json.loads(outside.stdout)["error"]["reason"]) == (2, "FRAMES_INVALID")
    assert "993 to 1056" in outside.stdout
    watched = call("watch", made["generation"], "--after", "0", "--json")
    numbers = [json.loads(line)["sequence"] for line in watched.stdout.splitlines() if "sequence" in line]
    assert numbers == list(range(1, len(numbers) + 1))


def test_when_several_shots_are_generated_then_each_has_its_object(call: Call, open_door: OpenDoor) -> None:
    open_door.world.start_workers()
    result = call("generate", "sh010", "sh020", "-g", "bonfire", "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert ["/sh010/" in lines[0]["generation"], "/sh020/" in lines[1]["generation"]] == [True, True]


def test_when_one_of_several_shots_cannot_be_generated_then_none_is(call: Call) -> None:
    result = call("generate", "sh010", "sh999", "-g", "bonfire")
    assert (result.exit_code, "sh999" in result.output) == (3, True)
    listed = _object(call("list", "generations", "--json"))["generations"]
    assert [made["state"] for made in listed] == ["CANCELLED"]


def test_when_what_was_queued_cannot_be_cancelled_then_the_first_error_is_told_and_the_others_are_cancelled(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def cancel(handle: GenerationHandle) -> None:
        asked.append(handle.name)
        raise errors.ServerAway("It went away.", remedy="Wait.")

    monkeypatch.setattr(GenerationHandle, "cancel", cancel)
    result = call("generate", "sh010", "sh020", "sh999", "-g", "bonfire")
    assert (result.exit_code, "sh999" in result.output, len(asked)) == (3, True, 2)


def test_when_a_pipe_reads_then_lines_are_bare_and_nothing_moves(call: Call) -> None:
    result = call("shots")
    assert result.stdout.splitlines()[0].split("\t")[:3] == ["sh010", "1001-1048", "993-1056"]
    assert "\x1b" not in result.output
    assert "─" not in result.output


def test_when_the_schema_is_shown_then_every_parameter_has_range_default_and_sentence(call: Call) -> None:
    words = call("show", "generator", "bonfire").stdout
    for word in ("density", "0.1 to 4 1/m2", "How close the logs lie.", "pine, birch", "shared by the sequence"):
        assert word in words
    told = {p["name"]: p for p in _object(call("show", "generators/bonfire", "--json"))["parameters"]}
    assert told["wind"]["default"] == [1.0, 0.0]
    assert told["caption"]["low"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("plan", "sh010", "-g", "bonfire", "--set", "densty=1"), 2, "UNKNOWN_PARAMETER"),
        (("plan", "sh010", "-g", "bonfire", "--set", "density=9"), 2, "PARAMETER_OUT_OF_RANGE"),
        (("plan", "sh010", "-g", "bonfire", "--set", "density=much"), 2, "PARAMETER_OUT_OF_RANGE"),
        (("plan", "sh010", "-g", "bonfire", "--set", "density"), 2, "SETTING_INVALID"),
        (("plan", "sh010", "-g", "bonfire", "--set", "logs=1", "--set", "logs=2"), 2, "PARAMETER_TWICE"),
        (("plan", "sh010", "-g", "flood"), 3, "NOT_FOUND"),
        (("plan", "sh999", "-g", "bonfire"), 3, "SHOT_NOT_FOUND"),
        (("plan", "sh010", "-g", "bonfire", "--camera", "/no/cam"), 3, "CAMERA_NOT_FOUND"),
        (("generate", "sh999", "-g", "bonfire"), 3, "SHOT_NOT_FOUND"),
        (("show", "generation", "sh010/generations/none"), 3, "NOT_FOUND"),
        (("show", "version", "sh010/bonfire"), 3, "NOT_FOUND"),
        (("show", "a", "b", "c"), 2, "NAME_INVALID"),
        (("publish", "sh010/generations/none"), 3, "NOT_FOUND"),
        (("publish", "GENERATION"), 2, "NAME_INVALID"),
        (("preview", "sh010", "--layer", "bonfire"), 3, "NOT_FOUND"),
        (("timeline", "/outside/x.otio"), 2, "PATH_OUTSIDE_PROJECT"),
        (("shots", "--cut", "../../x.edl"), 2, "PATH_OUTSIDE_PROJECT"),
        (("shots", "--server", "127.0.0.1:1"), 5, "SERVER_AWAY"),
        (("shots", "--project", "frost"), 2, "PROJECT_AMBIGUOUS"),
        (("verify", "/no/layer.usda"), 3, "NOT_FOUND"),
    ],
)
def test_when_it_cannot_be_done_then_the_exit_code_and_both_tellings_agree(
    call: Call, arguments: tuple[str, ...], code: int, reason: str
) -> None:
    people, programs = call(*arguments), call(*arguments, "--json")
    assert (people.exit_code, programs.exit_code) == (code, code)
    told = json.loads(programs.stdout)["error"]
    assert told["reason"] == reason
    assert told["remedy"]
    assert people.stdout == ""
    assert told["message"] in people.stderr
    assert told["remedy"] in people.stderr
    assert "Traceback" not in people.output


@pytest.mark.parametrize(
    "verb", ["nope", "shots --rate 0", "preview sh010 --size 4", "plan", "generate sh010 --seed -1"]
)
def test_when_usage_is_wrong_then_the_code_is_2(call: Call, verb: str) -> None:
    assert call(*verb.split()).exit_code == 2


def test_when_the_check_rejects_then_the_code_is_4_and_the_finding_is_told(call: Call, open_door: OpenDoor) -> None:
    open_door.world.workshop.findings = (Finding("error", "finite", "A point is not finite.", "/bonfire"),)
    open_door.world.start_workers()
    result = call("generate", "sh010", "-g", "bonfire")
    assert result.exit_code == 4
    assert "not finite" in result.stderr


def test_when_a_studio_file_is_unreadable_then_the_code_is_1(call: Call, open_door: OpenDoor) -> None:
    open_door.world.cuts.raises = errors.UnreadableInput("The cut is torn.", remedy="Export it again.")
    assert call("shots").exit_code == 1


def test_when_the_run_is_dry_then_nothing_is_stored_or_written(call: Call, open_door: OpenDoor) -> None:
    before = sorted(Path(open_door.world.show.root).rglob("*"))
    assert _object(call("generate", "sh010", "-g", "bonfire", "--dry-run", "--json"))["dry_run"] is True
    assert _object(call("timeline", "x.otio", "--dry-run", "--json"))["dry_run"] is True
    assert not _object(call("list", "--json"))["generations"]
    assert sorted(Path(open_door.world.show.root).rglob("*")) == before


def test_when_detached_then_watch_takes_over(call: Call, open_door: OpenDoor) -> None:
    open_door.world.workers.hold = threading.Event()
    queued = _object(call("generate", "sh010", "-g", "bonfire", "--detach", "--json"))
    assert queued["state"] == "QUEUED"
    open_door.world.start_workers()
    open_door.world.workers.hold.set()
    done = _object(call("watch", queued["generation"], "--json"))
    assert done["state"] == "AWAITING_REVIEW"


def test_when_help_is_asked_then_every_verb_is_listed_and_has_json(call: Call) -> None:
    words = call("--help").stdout
    for verb in VERBS:
        assert f"\n  {verb} " in words
        if verb != "serve":  # the server's own --help tells its options
            assert "--json" in call(verb, "--help").stdout, verb
    for verb in ("generate", "publish", "preview", "timeline"):
        assert "--dry-run" in call(verb, "--help").stdout


def test_when_watch_cancels_then_the_generation_ends_and_the_code_is_1(call: Call, open_door: OpenDoor) -> None:
    open_door.world.workers.hold = threading.Event()
    open_door.world.start_workers()
    queued = _object(call("generate", "sh010", "-g", "bonfire", "--detach", "--json"))
    result = call("watch", queued["generation"], "--cancel", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout.splitlines()[-1])["error"]["kind"] == "Cancelled"


def test_when_ctrl_c_is_pressed_then_the_work_goes_on_and_the_way_back_is_told(
    call: Call, open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_door.world.workers.hold = threading.Event()
    open_door.world.start_workers()

    def pressed(self: threading.Thread, timeout: float | None = None) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "join", pressed)
        result = call("generate", "sh010", "-g", "bonfire")
    assert result.exit_code == 1
    assert "usd-ai watch projects/ember/shots/sh010/generations/" in result.stderr
    open_door.world.workers.hold.set()
    name = result.stderr.split("usd-ai watch ")[1].split()[0]
    assert _object(call("watch", name, "--json"))["state"] == "AWAITING_REVIEW"
