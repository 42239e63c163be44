"""What could not be read of a cut: said wherever it is compared or carried out, and an omission by it is doubtful."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import usd_ai
from tests.service.conftest import OpenDoor
from tests.service.turning import A, B, C, Turning
from tests.unit.core.cuts import cut
from usd_ai.cli.main import usd_ai as program
from usd_ai.core.decisions import Action, Standing
from usd_ai.core.errors import Conflict
from usd_ai.core.types import Notice

Call = Callable[..., Result]
LOST = Notice("error", "Event 002 was left out: '01:00:61:00' is no timecode.", 12)
GUESSED = Notice("warning", "The speed ramp on 'a' does not say which frames it shows.")
TORN = cut(A, C, notices=(LOST, GUESSED))
SURE = cut(A, C, notices=(GUESSED,))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Turning]:
    world = Turning(tmp_path)
    world.say("torn.otio", TORN)
    world.say("sure.otio", SURE)
    world.say("switched.otio", cut(A, dataclasses.replace(B, enabled=False), C, notices=(LOST,)))
    yield world
    world.stop()


@pytest.fixture
def call(open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run `usd-ai` against the open door."""
    monkeypatch.setenv("USD_AI_SERVER", open_door.address)
    return lambda *arguments: CliRunner().invoke(program, [str(a) for a in arguments])


@pytest.mark.parametrize(
    "words",
    [
        ("timeline", "diff", "cuts/torn.otio"),
        ("timeline", "diff", "--against-published", "cuts/torn.otio"),
        ("timeline", "sync", "cuts/torn.otio"),
        ("timeline", "sync", "cuts/torn.otio", "--apply", "--despite-errors"),
        ("timeline", "report", "list.html", "cuts/torn.otio", "--dry-run"),
        ("timeline", "write", "out.otio", "--cut", "cuts/torn.otio", "--dry-run"),
        ("shots", "--cut", "cuts/torn.otio"),
    ],
)
def test_when_something_could_not_be_read_then_every_verb_says_it(call: Call, words: tuple[str, ...]) -> None:
    said = call(*words)
    assert f"error  line 12: {LOST.message}" in said.stderr
    assert f"warning  {GUESSED.message}" in said.stderr
    told = json.loads(call(*words, "--json").stdout.splitlines()[0])["notices"]
    new = told["new"] if isinstance(told, dict) else told
    assert [(one["severity"], one["line"]) for one in new] == [("error", 12), ("warning", 0)]


def test_when_the_older_cut_was_not_read_whole_then_that_is_said_of_it(call: Call) -> None:
    said = call("timeline", "diff", "cuts/torn.otio", "cuts/sure.otio")
    assert f"error  {TORN.name} line 12: {LOST.message}" in said.stderr


def test_when_an_omission_is_doubtful_then_sync_says_so_and_apply_refuses(call: Call, world: Turning) -> None:
    looked = call("timeline", "sync", "cuts/torn.otio")
    assert "Doubtful: 1 thing of this cut could not be read" in looked.stdout
    assert "--apply refuses" in looked.stdout
    before = world.history.uses("ember")
    refused = call("timeline", "sync", "cuts/torn.otio", "--apply")
    assert refused.exit_code == 2
    assert LOST.message in refused.output
    assert "--despite-errors" in refused.output
    assert world.history.uses("ember") == before
    assert not any(kept.applied for kept in world.history.cuts("ember", 50, "")[0])
    assert call("timeline", "sync", "cuts/torn.otio", "--apply", "--despite-errors").exit_code == 0
    assert [use.standing for use in world.history.uses("ember", "b")] == [Standing.UNUSED]
    again = call("timeline", "sync", "cuts/torn.otio", "--apply")  # it is done: nothing is doubtful about it any more
    assert (again.exit_code, "Doubtful" in again.output) == (0, False)


def test_when_python_applies_what_is_doubtful_then_it_is_asked_too(open_door: OpenDoor) -> None:
    with usd_ai.connect(open_door.address) as studio:
        plan = studio.sync("cuts/torn.otio")
        assert plan.notices == studio.diff("cuts/torn.otio").notices == (LOST, GUESSED)
        assert [(d.shot, bool(d.doubt)) for d in plan.decisions if d.action is Action.KEEP_UNUSED] == [("b", True)]
        with pytest.raises(Conflict) as refusal:
            studio.sync("cuts/torn.otio", apply=True)
        assert (refusal.value.reason, refusal.value.context["shots"]) == ("OMISSIONS_DOUBTFUL", "b")
        done = studio.sync("cuts/torn.otio", apply=True, despite_errors=True)
        assert [d.shot for d in done.decisions if d.unused] == ["b"]


@pytest.mark.parametrize("file", ["sure.otio", "switched.otio"])
def test_when_only_warnings_were_given_or_a_shot_is_switched_off_then_nothing_is_doubtful(
    call: Call, file: str
) -> None:
    assert "Doubtful" not in call("timeline", "sync", f"cuts/{file}").output
    assert call("timeline", "sync", f"cuts/{file}", "--apply").exit_code == 0


def test_when_despite_errors_stands_alone_then_it_is_said_where_it_belongs(call: Call) -> None:
    refused = call("timeline", "sync", "cuts/torn.otio", "--despite-errors")
    assert (refused.exit_code, "--apply" in refused.output) == (2, True)
