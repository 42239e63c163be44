"""Which cut is used where nobody names one: the one applied last, until studio.toml is pointed at another."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
from click.testing import CliRunner, Result

import usd_ai
from tests.service.conftest import OpenDoor
from tests.service.turning import A, B, C, Turning
from tests.unit.core.cuts import HANDLES, cut, use
from usd_ai.cli.main import usd_ai as program
from usd_ai.core.back import Asked
from usd_ai.core.decisions import Action
from usd_ai.core.errors import Conflict, NotFound
from usd_ai.core.types import FrameRange, Rate, Request

Call = Callable[..., Result]
V2 = cut(A, use("b", 2005, at=40), C, use("d", 4001, at=120), name="v2")
V3 = cut(A, C, name="v3")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Turning]:
    world = Turning(tmp_path)
    world.say("v2.otio", V2)
    world.say("v3.otio", V3)
    yield world
    world.stop()


@pytest.fixture
def call(open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("USD_AI_SERVER", open_door.address)
    return lambda *arguments: CliRunner().invoke(program, [str(a) for a in arguments])


def settings(world: Turning, **changes: object) -> None:
    """Let studio.toml say something else."""
    world.show = dataclasses.replace(world.show, **changes)  # type: ignore[arg-type]
    world.engine.projects._shows["ember"] = world.show  # type: ignore[attr-defined]


def in_force(world: Turning) -> str:
    return world.engine.which.choose("ember").label


def test_when_a_cut_was_applied_then_it_is_the_one_in_force(world: Turning) -> None:
    assert in_force(world) == "ember"
    world.decide("cuts/v2.otio")  # looking changes nothing
    assert in_force(world) == "ember"
    world.apply("cuts/v2.otio")
    chosen = world.engine.which.choose("ember")
    assert (chosen.label, chosen.cut, chosen.path) == ("v2", V2, "cuts/v2.otio")
    assert chosen.applied
    assert chosen.told.startswith("v2, applied 2026-11-22 10:00 UTC")
    world.apply("cuts/v3.otio")
    assert in_force(world) == "v3"


def test_when_studio_toml_names_another_file_then_that_is_in_force_until_the_next_is_applied(world: Turning) -> None:
    world.apply("cuts/v2.otio")
    settings(world, cut="cuts/v3.otio")
    chosen = world.engine.which.choose("ember")
    assert (chosen.label, chosen.applied) == ("v3", "")
    assert chosen.told == "v3, as studio.toml says since v2 was applied"
    world.apply("cuts/v2.otio")
    assert in_force(world) == "v2"
    settings(world, cut="cuts/ember.otio")
    assert in_force(world) == "ember"


def test_when_the_file_that_studio_toml_names_is_written_over_then_it_is_in_force(world: Turning) -> None:
    world.apply("cuts/v2.otio")
    world.say("ember.otio", V3)
    assert world.engine.which.choose("ember").cut == V3
    assert world.decide("").new_label == "ember"  # sync without a name is about it too
    world.apply("")
    assert world.engine.which.choose("ember").applied


def test_when_studio_toml_is_pointed_at_the_applied_cut_itself_then_nothing_changes(world: Turning) -> None:
    world.apply("cuts/v2.otio")
    settings(world, cut="cuts/v2.otio")
    assert world.engine.which.choose("ember").applied
    settings(world, naming=dataclasses.replace(world.show.naming, sequence="reel 2"))
    assert world.engine.which.choose("ember").applied == ""


def test_when_the_file_of_studio_toml_was_cleared_away_then_the_applied_cut_stays(world: Turning) -> None:
    settings(world, cut="cuts/first.otio")
    world.say("first.otio", V3)
    world.apply("cuts/v2.otio")
    del world.cuts.cuts["first.otio"]
    assert in_force(world) == "v2"


def test_when_the_applied_file_changes_or_goes_then_what_was_applied_is_used_and_that_is_said(world: Turning) -> None:
    world.apply("cuts/v2.otio")
    world.say("v2.otio", V3)
    chosen = world.engine.which.choose("ember")
    assert chosen.cut == V2
    assert "(as it was kept; its file cuts/v2.otio is another one now)" in chosen.told
    del world.cuts.cuts["v2.otio"]
    assert "cuts/v2.otio is not there" in world.engine.which.choose("ember").told
    assert f'"start":{2005 - HANDLES}' in world.publish(asked(world, "b")).plan_json
    with pytest.raises(Conflict, match=r"cuts/v2\.otio does not hold v2 any more"):
        world.engine.back.timeline("ember", "out.otio", Asked(), marks=False)


def asked(world: Turning, shot: str, **changes: object) -> str:
    return world.engine.submit(Request("ember", shot, "bonfire", **changes)).name  # type: ignore[arg-type]


def test_when_handles_are_set_anew_in_studio_toml_then_they_count_for_the_applied_cut(world: Turning) -> None:
    world.apply("cuts/v2.otio")
    assert world.engine.which.choose("ember").cut.handles == HANDLES  # as it was applied, whatever studio.toml says
    assert world.engine.which.choose("ember", handles=3).cut.shot("b").needed == FrameRange(2002, 2047)  # type: ignore[union-attr]
    settings(world, handles=20)
    assert world.engine.which.choose("ember").cut.shot("b").needed == FrameRange(1985, 2064)  # type: ignore[union-attr]
    assert world.engine.which.choose("ember").applied


def test_when_a_layer_is_asked_for_then_it_is_made_for_the_cut_in_force_or_for_the_one_named(world: Turning) -> None:
    world.apply("cuts/v2.otio")
    for given, start in (("", 2005), ("ember", 2001), (V2.sha256[:8], 2005), ("cuts/ember.otio", 2001)):
        name = asked(world, "b", cut=given)
        assert f'"start":{start - HANDLES}' in world.publish(name).plan_json, given
    with pytest.raises(NotFound, match=r"has no shot b: cuts/v3\.otio, as asked for"):
        asked(world, "b", cut="cuts/v3.otio")
    with pytest.raises(NotFound, match="is no file of ember and no cut of its history"):
        asked(world, "b", cut="cuts/v9.otio")


def test_when_a_file_is_named_then_the_layer_is_made_for_what_it_held_when_it_was_asked(world: Turning) -> None:
    name = asked(world, "b", cut="cuts/v2.otio")
    world.say("v2.otio", V3)
    made = world.publish(name)
    assert (made.request.cut, made.request.handles) == (V2.key, HANDLES)
    assert f'"start":{2005 - HANDLES}' in made.plan_json
    assert in_force(world) == "ember"  # asking for a layer applies nothing


def test_when_a_kept_cut_is_read_with_other_handles_then_what_waits_keeps_its_own(world: Turning) -> None:
    wide = V2.with_handles(30)
    world.say("v2.otio", wide)
    waiting = next(d.generation for d in world.apply("cuts/v2.otio").decisions if d.generation)
    world.say("v2.otio", V2)
    asked(world, "b", cut="cuts/v2.otio")
    assert f'"start":{4001 - 30}' in world.publish(waiting).plan_json
    assert world.engine.history.cut("ember", "v2").cut.handles == 30  # as it was applied
    assert world.engine.which.choose("ember").cut.handles == 30


@pytest.mark.parametrize("layered", [True, False])
def test_when_a_shot_comes_back_then_it_is_generated_only_if_it_never_had_a_layer(
    world: Turning, *, layered: bool
) -> None:
    name, uses = "b" if layered else "d", (A, B, C, use("d", 4001, at=120))
    there = world.say("with.otio", cut(*uses, name="with"))
    gone = world.say("without.otio", cut(*(one for one in uses if one.clip_name[0] != name), name="without"))
    settings(world, cut=there)  # d was in it and nobody wanted a fire there
    world.published("a", seed=2)
    world.apply(gone)
    plan = world.apply(there)
    found = {d.shot: d.action for d in plan.decisions}
    assert found[name] is (Action.REUSE if layered else Action.GENERATE)
    assert sum(bool(d.generation) for d in plan.decisions) == (0 if layered else 1)


def test_when_people_ask_then_every_verb_says_which_cut_it_used(call: Call, world: Turning) -> None:
    world.apply("cuts/v2.otio")
    told = json.loads(call("shots", "--json").stdout)
    assert (told["label"], told["path"], [s["shot"] for s in told["shots"]]) == ("v2", "cuts/v2.otio", list("abcd"))
    assert told["applied"].startswith("2026-11-22T10:00")
    assert "cut  v2, applied 2026-11-22 10:00 UTC" in call("shots").stderr
    assert "cut  v2, applied" in call("timeline", "out.otio").stderr
    assert "cut  v2, applied" in call("preview", "b", "--layer", "bonfire", "--movie", "b.mov", "--dry-run").stderr
    planned = call("plan", "b", "-g", "bonfire", "--json")
    assert json.loads(planned.stdout)["cut"]["label"] == "v2"
    assert "cut  ember of the history" in call("generate", "b", "-g", "bonfire", "--cut", "ember", "--dry-run").stderr
    (found,) = [f for f in json.loads(call("doctor", "--json").stdout)["findings"] if f["what"] == "cut"]
    assert found["found"].startswith("v2, applied")


def test_when_another_cut_is_named_then_every_verb_uses_that(call: Call, world: Turning) -> None:
    world.apply("cuts/v3.otio")
    assert call("plan", "b", "-g", "bonfire").exit_code != 0
    ranges = json.loads(call("plan", "b", "-g", "bonfire", "--cut", "cuts/v2.otio", "--json").stdout)["plan"]
    assert ranges["document"]["frames"] == {"start": 2005 - HANDLES, "end": 2044 + HANDLES}
    assert [s["shot"] for s in json.loads(call("shots", "--cut", "ember", "--json").stdout)["shots"]] == list("abc")
    movie = call(
        "preview", "b", "--layer", "bonfire", "--movie", "b.mov", "--cut", "cuts/v2.otio", "--dry-run", "--json"
    )
    assert json.loads(movie.stdout)["movie"]["frames"] == [1995, 2050]
    written = call("timeline", "write", "out.otio", "--cut", "cuts/ember.otio", "--handles", "4", "--json")
    assert json.loads(written.stdout)["shots"] == ["a", "b", "c"]
    assert call("timeline", "write", "x.otio", "--rate", "nonsense").exit_code == 2
    made = call("generate", "b", "-g", "bonfire", "--cut", "cuts/v2.otio", "--detach", "--json")
    assert made.exit_code == 0, made.output
    assert call("preview", "b", "--layer", "bonfire", "--cut", "cuts/v2.otio").exit_code == 2


def test_when_python_asks_then_it_hears_which_cut_it_was(open_door: OpenDoor, world: Turning) -> None:
    world.apply("cuts/v2.otio")
    with usd_ai.connect(open_door.address) as studio:
        chosen = studio.which_cut()
        assert (chosen.label, chosen.cut.sha256, chosen.cut.shots) == ("v2", V2.sha256, ())
        assert [s.name for s in studio.shots()] == list("abcd")
        assert [s.name for s in studio.cut("ember").shots] == list("abc")
        made = studio.shot("b").generate("bonfire", cut="ember")
        assert made.refresh().request.cut == world.engine.history.cut("ember", "ember").cut.key


def test_when_a_cut_was_moved_and_is_applied_then_it_is_called_and_found_where_it_is(world: Turning) -> None:
    world.say("tmp.otio", V2)
    world.engine.submit(Request("ember", "a", "bonfire", seed=9, cut="cuts/tmp.otio"))
    del world.cuts.cuts["tmp.otio"]
    world.apply("cuts/v2.otio")

    chosen = world.engine.which.choose("ember")
    assert (chosen.label, chosen.path) == ("v2", "cuts/v2.otio")
    assert chosen.told.startswith("v2, applied ")
    assert "not there" not in chosen.told
    assert world.engine.back.timeline("ember", "out.otio", Asked(), marks=False)[1]  # written out of the file it names


def test_when_a_layer_is_asked_for_a_cut_that_carries_no_rate_then_it_can_be_said(
    call: Call, world: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Mock(wraps=world.cuts.read)
    monkeypatch.setattr(world.cuts, "read", read)
    options = ("--cut", "cuts/v2.otio", "--rate", "23.976", "--sequence", "picture")
    assert call("plan", "b", "-g", "bonfire", *options, "--json").exit_code == 0
    assert call("generate", "b", "-g", "bonfire", *options, "--dry-run").exit_code == 0
    with pytest.raises(NotFound):
        world.engine.history.cut("ember", "v2")  # looking keeps nothing
    asked = call("generate", "b", "-g", "bonfire", *options, "--detach", "--json")
    assert asked.exit_code == 0, asked.output
    kept = world.engine.history.cut("ember", "v2").cut
    queued = world.ledger.generation(json.loads(asked.stdout)["generation"]).request
    assert (queued.cut, queued.handles) == (kept.key, kept.handles)
    assert len(read.mock_calls) >= 3
    assert {(called.args[1], called.args[3]) for called in read.mock_calls} == {(Rate(24000, 1001), "picture")}
    refused = call("generate", "b", "-g", "bonfire", "--cut", "cuts/v2.otio", "--rate", "0", "--json")
    assert refused.exit_code == 2


def test_when_nothing_was_applied_then_the_studios_cut_has_a_name_and_others_are_found_beside_it(
    call: Call, world: Turning
) -> None:
    world.history._cuts.clear()  # nothing was made for any cut
    seen = call("timeline", "diff", "ember", "cuts/v2.otio", "--json")
    assert seen.exit_code == 1, seen.output
    assert json.loads(seen.stdout)["old"]["sha256"] == world.cuts.cut.sha256
    (Path(world.show.root) / world.show.cut).parent.mkdir(exist_ok=True)
    (Path(world.show.root) / world.show.cut).with_name("v3.otio").write_text("v3")
    near = call("timeline", "diff", "v3", "cuts/v2.otio")
    assert near.exit_code == 2
    assert "'v3' is no file of ember and no cut of its history." in near.output
    assert "Did you mean cuts/v3.otio? " in near.output
