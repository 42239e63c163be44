"""`usd-ai timeline` against the open door: what it says, what it changes, its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import usd_ai
from tests.service.conftest import OpenDoor
from tests.service.turning import A, B, C, Turning
from tests.unit.core.cuts import cut, retimed, use
from usd_ai.cli.main import usd_ai as program
from usd_ai.core.decisions import Action
from usd_ai.core.errors import Conflict, InvalidRequest, NotFound
from usd_ai.core.types import Rate

Call = Callable[..., Result]
TRIMMED = cut(A, use("b", 2003, 35, at=40), C)
TURNED = cut(use("a", 1101), retimed(B, "reverse", Fraction(-1)), use("d", 4001, at=120))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Turning]:
    world = Turning(tmp_path)
    world.say("same.otio", cut(A, B, C))
    world.say("trimmed.otio", TRIMMED)
    world.say("turned.otio", TURNED)
    yield world
    world.stop()


@pytest.fixture
def call(open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run `usd-ai timeline` against the open door."""
    monkeypatch.setenv("USD_AI_SERVER", open_door.address)
    return lambda *arguments: CliRunner().invoke(program, ["timeline", *(str(a) for a in arguments)])


def told(result: Result, code: int = 0) -> dict[str, Any]:
    assert result.exit_code == code, result.output
    return json.loads(result.stdout.strip().splitlines()[0])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("diff", "ember", "cuts/same.otio"), 0),
        (("diff", "ember", "cuts/trimmed.otio"), 1),
        (("diff", "--against-published", "cuts/same.otio"), 0),
        (("diff", "--against-published", "cuts/trimmed.otio"), 1),
        (("diff", "V99", "cuts/trimmed.otio"), 2),
        (("diff", "cuts/trimmed.otio"), 1),
        (("diff", "a", "b", "c"), 2),
        (("diff", "--rate", "none", "cuts/same.otio"), 2),
        (("diff", "--server", "127.0.0.1:1", "cuts/same.otio"), 2),
        (("sync", "cuts/same.otio"), 0),
        (("sync", "cuts/trimmed.otio"), 1),
        (("sync", "cuts/trimmed.otio", "--apply"), 0),
        (("sync", "cuts/trimmed.otio", "--apply", "--etag", "stale"), 2),
        (("sync", "cuts/trimmed.otio", "--publish"), 2),
        (("history",), 0),
        (("history", "b", "--cut", "V99"), 3),
        (("history", "--cut", "ember"), 2),
    ],
)
def test_when_cuts_are_compared_then_exit_codes_are_those_of_diff(
    call: Call, arguments: tuple[str, ...], code: int
) -> None:
    for result in (call(*arguments), call(*arguments, "--json")):
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output


def test_when_a_cut_is_different_then_people_and_programs_hear_of_the_same_frames(call: Call) -> None:
    words = call("diff", "ember", "cuts/trimmed.otio").stdout.splitlines()
    assert words == ["b\tchanged\ttrim head 2\t2001-2040\t2003-2037", "b\tchanged\ttrim tail 3\t2001-2040\t2003-2037"]
    diff = told(call("diff", "ember", "cuts/trimmed.otio", "--json"), 1)
    (shot,) = diff["shots"]
    assert [(c["kind"], c["frames"]) for c in shot["occurrences"][0]["changes"]] == [("trim_head", 2), ("trim_tail", 3)]
    assert shot["occurrences"][0]["new"]["visible"] == [2003, 2037]


def test_when_a_cut_is_synced_then_it_is_dry_until_it_is_approved(call: Call, world: Turning) -> None:
    dry = told(call("sync", "cuts/turned.otio", "--json"), 1)
    assert {d["shot"]: d["action"] for d in dry["decisions"]} == {
        "a": "regenerate", "b": "value clips", "c": "keep, mark unused", "d": "generate",
    }  # fmt: skip
    assert (dry["open"], dry["applied"], world.workshop.played) == (4, False, [])
    assert all(d["plan"]["digest"] for d in dry["decisions"] if d["shot"] in "ad")
    assert told(call("sync", "cuts/turned.otio", "--apply", "--etag", dry["etag"], "--json"))["applied"] is True
    assert len(world.workshop.played) == 1
    again = told(call("sync", "cuts/turned.otio", "--json"))
    assert [(d["shot"], d["state"]) for d in again["decisions"]] == [("a", "QUEUED"), ("d", "QUEUED")]
    assert len(told(call("sync", "cuts/turned.otio", "--all", "--json"))["decisions"]) == 4


def test_when_a_person_reads_it_then_the_reason_the_cost_and_the_next_step_are_there(call: Call) -> None:
    words = call("sync", "cuts/turned.otio").stdout
    assert "It shows frames 1101-1140; v001 of bonfire has frames 991-1050." in words
    todo = "1 × generated; 1 × generated again; 1 × stays, marked unused; 1 × stays, played frame by frame"
    assert f"To do: {todo}; " in words
    assert not any(said in words for said in ("value clips", "re-range"))  # a program hears those: --json
    assert "etag " in words
    done = call("sync", "cuts/turned.otio", "--apply").stdout
    assert f"Done: {todo}. turned is the cut in force" in done


def test_when_a_cut_is_read_in_another_way_then_the_next_step_reads_it_so_too(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def kept(*commands: str) -> None:
        steps.extend(commands)

    monkeypatch.setattr("usd_ai.cli.output.next_steps", kept)
    call("sync", "cuts/turned.otio", "--rate", "24", "--handles", "12", "--check-stages")
    (step,) = steps
    told, etag = step.rsplit(" --apply --etag ", 1)
    assert told == "usd-ai timeline sync cuts/turned.otio --rate 24 --handles 12 --check-stages"
    done = call(*step.split()[2:])
    assert done.exit_code == 0, done.output
    assert etag


def test_when_publishing_is_asked_for_then_what_was_generated_is_published(call: Call, world: Turning) -> None:
    world.start_workers()
    result = call("sync", "cuts/turned.otio", "--apply", "--publish")
    assert result.exit_code == 0, result.output
    assert "Published bonfire v002 in a." in result.output
    assert {(v.shot, v.number) for v in world.ledger._versions} == {("a", 1), ("a", 2), ("b", 1), ("c", 1), ("d", 1)}
    assert call("sync", "cuts/turned.otio").exit_code == 0


def test_when_a_shot_has_to_wait_then_it_is_named_and_the_cut_is_not_done(call: Call, world: Turning) -> None:
    stage = Path(world.show.root) / "shots" / "d.usda"
    stage.unlink()
    path = world.say("more.otio", cut(A, B, C, use("d", 4001, at=120), name="more"))
    for more in ((), ("--apply",), ("--apply", "--publish")):
        words = call("sync", path, *more)
        assert (words.exit_code, "Waiting, see why above: 1 × generated (d)." in words.stdout) == (1, True), (
            words.output
        )
        assert "There is no stage d.usda yet." in words.stdout
        assert told(call("sync", path, *more, "--json"), 1)["waiting"] == 1
    stage.write_text("#usda 1.0\n")
    assert told(call("sync", path, "--apply", "--json"))["waiting"] == 0


def test_when_a_new_shot_plays_backwards_then_one_command_publishes_it_and_lets_it_play_so(
    call: Call, world: Turning
) -> None:
    world.start_workers()
    path = world.say("back.otio", cut(A, B, C, retimed(use("d", 4001, at=120), "reverse", Fraction(-1)), name="back"))
    done = call("sync", path, "--apply", "--publish", "--json")
    assert len(done.stdout.strip().splitlines()) == 1
    said = told(done)
    assert [(one["shot"], one["version"]) for one in said["published"]] == [("d", 1)]
    assert [(d["shot"], d["action"]) for d in said["then"]["decisions"]] == [("d", "value clips")]
    assert (said["then"]["applied"], len(world.workshop.played)) == (True, 1)
    assert told(call("sync", path, "--json"))["open"] == 0


def test_when_one_layer_cannot_be_published_then_the_others_are_and_it_is_told(
    call: Call, world: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.start_workers()
    publish = usd_ai.GenerationHandle.publish

    def refused(handle: usd_ai.GenerationHandle) -> object:
        if "/shots/a/" in handle.name:
            raise Conflict("The folder is not there.", remedy="Make it.", reason="NO_FOLDER")
        return publish(handle)

    monkeypatch.setattr("usd_ai.client.handles.GenerationHandle.publish", refused)
    result = call("sync", "cuts/turned.otio", "--apply", "--publish", "--json")
    assert len(result.stdout.strip().splitlines()) == 1
    a, d = told(result, 1)["published"]
    assert (a["shot"], a["error"]["reason"], "version" in a) == ("a", "NO_FOLDER", False)
    assert (d["shot"], d["version"]) == ("d", 1)
    words = call("sync", "cuts/turned.otio", "--apply", "--publish")
    assert (words.exit_code, "Not published: bonfire in a" in words.output) == (1, True)
    assert "The folder is not there." in words.output
    monkeypatch.undo()
    monkeypatch.setenv("USD_AI_SERVER", "")


def test_when_a_shot_was_never_there_then_that_is_said_with_what_is_near(call: Call, world: Turning) -> None:
    world.say("long.otio", cut(use("sh010", 1001), use("sh020", 1001, at=40), name="long"))
    assert call("sync", "cuts/long.otio", "--apply").exit_code == 0
    for words in (("history", "sh01"), ("history", "sh01", "--cut", "long")):
        never = call(*words)
        assert never.exit_code == 3
        assert "No cut of the history has a shot 'sh01'." in never.output
        assert "Did you mean sh010, sh020?" in never.output
        assert call(*words, "--json").exit_code == 3
    assert call("history", "a", "--cut", "long").exit_code == 0  # an earlier cut had it


def test_when_a_cut_is_named_by_its_key_or_wrongly_then_it_is_found_or_refused_by_that_word(
    call: Call, world: Turning
) -> None:
    assert call("sync", "cuts/trimmed.otio", "--apply").exit_code == 0
    key = world.engine.history.cut("ember", "trimmed").cut.key
    assert told(call("history", "b", "--cut", key, "--json"))["cuts"][0]["shot"]["visible"] == [2003, 2037]
    wrong = call("history", "b", "--cut", "a/b")
    assert wrong.exit_code == 3
    assert "a/b" in wrong.output
    assert "projects/" not in wrong.output


def test_when_asked_what_a_shot_looked_like_then_each_cut_answers(call: Call, world: Turning) -> None:
    for name in ("trimmed", "turned"):
        assert call("sync", f"cuts/{name}.otio", "--apply").exit_code == 0
    cuts = told(call("history", "--json"))["cuts"]
    assert [(c["label"], c["shots"], bool(c["applied"])) for c in cuts] == [
        ("turned", 3, True), ("trimmed", 3, True), ("ember", 3, False),
    ]  # fmt: skip
    shots = told(call("history", "c", "--json"))["cuts"]
    assert [s["shot"] and s["shot"]["visible"] for s in shots] == [None, [3001, 3040], [3001, 3040]]
    assert told(call("history", "b", "--cut", "trimmed", "--json"))["cuts"][0]["shot"]["visible"] == [2003, 2037]
    assert "not in it" in call("history", "c").stdout
    assert "turned" in call("history").stdout


@pytest.mark.parametrize("spelling", [("out.otio",), ("write", "out.otio"), ("--json", "out.otio")])
def test_when_the_old_spelling_is_used_then_a_timeline_is_written(
    call: Call, world: Turning, spelling: tuple[str, ...]
) -> None:
    assert call(*spelling, "--dry-run").exit_code == 0
    assert not (Path(world.show.root) / "out.otio").exists()
    assert call(*spelling).exit_code == 0
    assert (Path(world.show.root) / "out.otio").is_file()


def test_when_help_is_asked_then_every_verb_of_the_group_is_listed(call: Call) -> None:
    words = call("--help").stdout
    assert all(f"\n  {verb} " in words for verb in ("write", "diff", "sync", "history"))
    assert call().exit_code == 2


def test_when_python_asks_then_it_hears_the_same(open_door: OpenDoor, world: Turning) -> None:
    with usd_ai.connect(open_door.address) as studio:
        diff = studio.diff("cuts/turned.otio", "ember")
        assert [(s.shot, s.state) for s in diff.shots] == [
            ("a", "changed"), ("b", "changed"), ("d", "new"), ("c", "omitted"),
        ]  # fmt: skip
        assert diff.shot("b").occurrences[0].new.plays == TURNED.shots[1].occurrences[0].plays  # type: ignore[union-attr]
        here = world.engine.turnover.diff("ember", "ember", "cuts/turned.otio")[0]
        assert [s.kinds for s in diff.shots] == [s.kinds for s in here.shots]
        plan = studio.sync("cuts/turned.otio", every=True, rate=Rate(24), handles=8)
        inside = world.engine.turnover.decisions("ember", "cuts/turned.otio")
        assert [(d.shot, d.action, d.why, d.covers, d.missing, d.keeps) for d in plan.decisions] == [
            (d.shot, d.action, d.why, d.covers, d.missing, d.keeps) for d in inside.decisions
        ]
        assert plan.decisions[1].edits == inside.decisions[1].edits
        assert plan.decisions[0].request.seed == 0  # type: ignore[union-attr]
        with pytest.raises(Conflict, match="not those that were approved"):
            studio.sync("cuts/turned.otio", apply=True, etag="x")
        done = studio.sync("cuts/turned.otio", apply=True)
        assert {d.shot for d in done.decisions if d.generation} == {"a", "d"}
        assert [k.label for k in studio.cuts()] == ["turned", "ember"]
        assert studio.cut_shot("", "d").shot.visible.start == 4001  # type: ignore[union-attr]
        assert [k.shot is None for k in studio.shot_history("d")] == [False, True]
        assert studio.diff_against_published("cuts/same.otio").shots == ()
        for wrong in (lambda: studio.diff("cuts/same.otio", "V99"), lambda: studio.cut_shot("V99", "a")):
            with pytest.raises(NotFound):
                wrong()
        with pytest.raises(InvalidRequest):
            studio.diff("../outside.otio", "ember")
    assert Action.NOTHING not in {d.action for d in done.decisions}
