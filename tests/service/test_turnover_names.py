"""Shots that change names, and names that several shots want: no layer is lost, and none is kept for other material."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import pytest

from tests.service.turning import A, B, C, Turning
from tests.unit.core.cuts import HANDLES, cut, retimed, use
from usd_ai.core.decisions import Action, Decision, SyncPlan
from usd_ai.core.types import Generation, Occurrence, Request
from usd_ai.graph.jobs import check_name


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Turning]:
    world = Turning(tmp_path)
    yield world
    world.stop()


def called(one: Occurrence, shot: str) -> Occurrence:
    return dataclasses.replace(one, clip_name=f"{shot}_v001")


def on(plan: SyncPlan, shot: str) -> Decision:
    (decision,) = [decision for decision in plan.decisions if decision.shot == shot]
    return decision


FIRST, SECOND = use("a", 1001, 20), use("a", 1021, 20, at=200)


def test_when_one_of_two_uses_becomes_a_shot_of_its_own_then_the_layer_stays_with_the_name(world: Turning) -> None:
    world.apply(world.say("v2.otio", cut(FIRST, B, C, SECOND, name="v2")))
    plan = world.decide(world.say("v3.otio", cut(FIRST, B, C, called(SECOND, "d"), name="v3")))
    assert on(plan, "a").published_as == "a"
    assert on(plan, "a").action in {Action.RE_RANGE, Action.NOTHING}
    assert on(plan, "d").action is Action.GENERATE


def test_when_a_shot_becomes_two_of_other_names_then_one_has_the_layer_and_the_other_is_new(world: Turning) -> None:
    world.apply(world.say("v2.otio", cut(FIRST, B, C, SECOND, name="v2")))
    plan = world.decide(world.say("v3.otio", cut(called(FIRST, "e"), B, C, called(SECOND, "d"), name="v3")))
    assert on(plan, "e").published_as == "a"
    assert on(plan, "d").action is Action.GENERATE
    assert {d.shot for d in plan.decisions} == {"b", "c", "d", "e"}


def test_when_two_shots_exchange_their_names_then_neither_keeps_a_layer_of_the_others_material(world: Turning) -> None:
    between = [use(f"m{k}", 1001, at=40 * k) for k in range(1, 60)]
    x, y = use("a", 1001), use("b", 1001, at=40 * 60)
    world.cuts.cut = then = cut(x, *between, y)
    world.say("ember.otio", then)
    world.published("a")
    world.published("b")
    plan = world.decide(world.say("v2.otio", cut(called(x, "b"), *between, called(y, "a"), name="v2")))
    for shot in "ab":
        assert on(plan, shot).why.startswith("Another take than v00"), on(plan, shot)  # even if its plan is the same


def test_when_a_shot_is_new_and_backwards_then_its_layer_is_played_so_once_it_is_published(world: Turning) -> None:
    path = world.say("v2.otio", cut(A, B, C, retimed(use("d", 4001, at=120), "reverse", Fraction(-1)), name="v2"))
    world.publish(on(world.apply(path), "d").generation)
    assert on(world.apply(path), "d").action is Action.CLIPS
    assert [Path(one).name for one in world.workshop.played] == ["bonfire_1.usda"]
    assert world.decide(path).open == ()


def test_when_a_file_holds_two_sequences_then_each_is_asked_for_and_applied_as_itself(world: Turning) -> None:
    one, two = (cut(A, use("b", at, at=40), C, name=f"seq{at}", sha256="5" * 64) for at in (2101, 2201))
    path = world.say("v2.otio", one)
    asked = on(world.apply(path), "b")
    world.say("v2.otio", two)
    other = on(world.apply(path), "b")
    assert asked.generation != other.generation
    published = world.publish(asked.generation)
    assert f'"start":{2101 - HANDLES}' in published.plan_json
    world.say("v2.otio", one)
    plan = world.apply(path)
    assert (on(plan, "b").action, on(plan, "b").version) == (Action.NOTHING, 2)
    assert world.engine.history.cut("ember", "").cut.name == "seq2101"


def test_when_more_handles_are_asked_for_then_an_earlier_answer_is_not_taken_for_them(world: Turning) -> None:
    short, long = (cut(A, use("b", 2101, at=40), C, handles=count, sha256="6" * 64) for count in (10, 30))
    path = world.say("v2.otio", short)
    asked = on(world.apply(path), "b").generation
    world.say("v2.otio", long)
    assert on(world.apply(path), "b").generation not in {"", asked}


def test_when_a_cut_is_of_another_sequence_then_it_is_asked_whether_that_is_meant(world: Turning) -> None:
    world.apply(world.say("v2.otio", cut(A, B, C, name="v2")))
    other = world.say("sq020.otio", cut(use("x", 9001), use("y", 9501, at=40), name="sq020"))
    assert any("No shot of v2 is in this cut" in note for note in world.decide(other).notes)
    one_left = world.say("v3.otio", cut(A, use("x", 9001, at=40), name="v3"))
    assert not any("another sequence" in note for note in world.decide(one_left).notes)


def test_when_a_shots_name_leads_out_of_the_project_then_it_waits_and_the_others_do_not(world: Turning) -> None:
    odd = called(use("d", 4001, at=120), "../../../etc")
    plan = world.apply(world.say("v2.otio", cut(A, use("b", 2003, 35, at=40), C, odd)))
    assert on(plan, "b").action is Action.RE_RANGE
    assert "outside project" in on(plan, "../../../etc").waits


def test_when_a_shots_name_is_no_folders_then_it_waits_and_what_comes_after_it_is_done(
    world: Turning, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shots" / "a b.usda").write_text("#usda 1.0\n")
    real = world.ledger.create_generation

    def strict(request: Request) -> tuple[Generation, bool]:
        check_name("shot", request.shot)  # as the real ledger
        return real(request)

    monkeypatch.setattr(world.ledger, "create_generation", strict)
    odd = called(use("d", 4001, at=-40), "a b")
    path = world.say("v2.otio", cut(odd, A, use("b", 2003, 35, at=40), C))
    plan = world.apply(path)
    assert "'a b' cannot be the name of a shot" in on(plan, "a b").waits
    assert [Path(one).name for one in world.workshop.played] == ["bonfire_1.usda"]
    assert world.engine.history.cut("ember", "").cut.sha256 == plan.new_sha256


def test_when_two_cuts_are_applied_at_once_then_one_waits_for_the_other(
    world: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [world.say(f"v{n}.otio", cut(A, use("b", 2000 + n, 30, at=40), C, name=f"v{n}")) for n in (2, 3)]
    etags = [world.decide(path).etag for path in paths]
    inside, most, guard = [0], [0], threading.Lock()
    real = world.workshop.play

    def slow(*arguments: object) -> object:
        with guard:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        time.sleep(0.2)
        inside[0] -= 1
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(world.workshop, "play", slow)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(world.apply, paths, etags))
    assert (most[0], [on(plan, "b").action for plan in done]) == (1, [Action.RE_RANGE] * 2)
    (written,) = set(world.workshop.played)
    last = world.engine.history.cut("ember", "").cut.shots[1].visible.start
    assert str(last) in Path(written).read_text()
