"""What goes wrong beside a turnover: cuts that change while something is built, names that move, layers that refuse."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from tests.service.turning import OLD, A, B, C, Turning
from tests.unit.core.cuts import cut, retimed, use
from usd_ai.core.cuts import COMP
from usd_ai.core.decisions import Action, Decision, Standing, SyncPlan
from usd_ai.core.errors import CheckRejected, Conflict, InvalidRequest, NotFound, UnreadableInput, UsdAiError
from usd_ai.core.types import ArrayRef, Generation, Occurrence, Request, State

BACKWARDS = retimed(B, "reverse", Fraction(-1))
OTHER_TAKE = dataclasses.replace(B, reel="OTHER", media="x.mov")
D = use("d", 4001, at=120)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Turning]:
    world = Turning(tmp_path)
    yield world
    world.stop()


def on(plan: SyncPlan, shot: str) -> Decision:
    (decision,) = [decision for decision in plan.decisions if decision.shot == shot]
    return decision


def called(one: Occurrence, shot: str) -> Occurrence:
    return dataclasses.replace(one, clip_name=f"{shot}_v001")


def stage_of(world: Turning, shot: str) -> Path:
    stage = Path(world.show.root) / "shots" / f"{shot}.usda"
    stage.write_text("#usda 1.0\n")
    return stage


class Building:
    """A generation of b for the cut in force that is held while it is built."""

    def __init__(self, world: Turning) -> None:
        self._world = world
        self._name = world.engine.submit(Request("ember", "b", "bonfire", seed=5)).name
        workers = world.workers
        workers.hold = self._hold = threading.Event()  # type: ignore[attr-defined]
        before = workers.builds  # type: ignore[attr-defined]
        claimed = world.ledger.claim("test")
        assert claimed is not None
        self._runs = threading.Thread(target=world.engine.run, args=(claimed,))
        self._runs.start()
        while workers.builds == before:  # type: ignore[attr-defined]
            time.sleep(0.005)

    def done(self) -> Generation:
        self._hold.set()
        self._runs.join()
        return self._world.ledger.generation(self._name)


# --------------------------------------------------------------------------------- the cut that a layer was made for


def test_when_another_cut_is_applied_while_a_layer_is_built_then_it_was_made_for_the_one_it_was_planned_on(
    world: Turning,
) -> None:
    building = Building(world)
    other = cut(A, OTHER_TAKE, C, use("b", 2005, at=200, reel="OTHER", media="x.mov"), name="v2")
    path = world.say("v2.otio", other)
    world.apply(path)
    done = building.done()
    assert (done.cut, done.handles) == (OLD.key, OLD.handles)
    world.publish(done.name)
    version = world.engine.version("ember", "b", "bonfire", 0)
    assert [edge.sha256 for edge in version.edges if edge.role == "cut"] == [OLD.sha256]
    assert on(world.decide(path), "b").why.startswith("Another take than v002")


def test_when_the_cuts_file_goes_while_a_layer_is_built_then_the_layer_is_not_lost(world: Turning) -> None:
    building = Building(world)
    world.cuts.raises = NotFound("There is no cut ember.otio.")
    assert building.done().state is State.AWAITING_REVIEW


def test_when_a_file_holds_two_sequences_then_a_layer_asked_without_a_cut_knows_its_own(world: Turning) -> None:
    first, second = (cut(A, use("b", at, at=40), C, name=f"seq{at}", sha256="5" * 64) for at in (2001, 2401))
    world.cuts.cut = first
    world.say("ember.otio", first)
    world.published("b", seed=6)
    world.history.keep("ember", "two", "cuts/ember.otio", second)
    plan = world.decide(world.say("v2.otio", cut(A, B, C, name="v2")))
    assert on(plan, "b").why == "Nothing that v002 of bonfire was made for changed."


# --------------------------------------------------------------------------------------------------- names that move


def _renamed_and_built_again(world: Turning) -> str:
    stage_of(world, "bx")
    world.apply(world.say("v2.otio", cut(A, called(B, "bx"), C, name="v2")))
    path = world.say("v3.otio", cut(A, called(use("b", 2015, at=40), "bx"), C, name="v3"))
    world.publish(on(world.apply(path), "bx").generation)
    return path


def test_when_a_renamed_shot_is_generated_again_then_only_its_own_layer_goes_on(world: Turning) -> None:
    path = _renamed_and_built_again(world)
    plan = world.apply(path)
    assert (on(plan, "bx").published_as, on(plan, "bx").version) == ("bx", 1)
    assert (on(plan, "b").action, on(plan, "b").unused) == (Action.KEEP_UNUSED, True)
    assert on(plan, "b").why == "bx has one of its own: v001 of bonfire stays, marked unused."
    assert world.apply(path, plan.etag).open == ()
    trimmed = cut(A, called(use("b", 2015, 37, at=40), "bx"), C, name="v4")
    plan = world.apply(world.say("v4.otio", trimmed))
    assert [(d.shot, d.action) for d in plan.open] == [("bx", Action.RE_RANGE)]
    assert len(world.ledger.unfinished("ember")) == 0


def test_when_a_shot_gets_the_name_of_a_superseded_layer_then_it_is_generated_and_both_go_on(world: Turning) -> None:
    world.apply(_renamed_and_built_again(world))
    named = called(use("n", 7001, at=160), "b")
    new = cut(A, called(use("b", 2015, at=40), "bx"), C, named, name="v4")
    path = world.say("v4.otio", new)
    plan = world.apply(path)
    (asked,) = [d for d in plan.decisions if d.request is not None]
    assert (asked.shot, asked.action) == ("b", Action.REGENERATE)  # what lay there shows other material
    world.publish(asked.generation)
    world.apply(path)
    plan = world.decide(path)
    assert {(d.shot, d.published_as, d.action) for d in plan.decisions} == {
        (shot, shot, Action.NOTHING) for shot in ("a", "b", "bx", "c")
    }


def test_when_shots_were_renamed_then_timeline_and_sheet_still_have_them(world: Turning) -> None:
    path = world.say("v2.otio", cut(A, called(B, "bx"), C, name="v2"))
    world.apply(path)
    _, carried = world.engine.write_timeline("ember", "out.otio", world.engine.which.choose("ember", path))
    assert carried == ("a", "bx", "c")
    _, shown = world.engine.contact_sheet("ember", "sheet.png")
    assert shown == ("a", "bx", "c")
    older = world.engine.which.choose("ember", "cuts/ember.otio")
    assert world.engine.write_timeline("ember", "older.otio", older)[1] == ("a", "b", "c")


def test_when_a_shot_is_renamed_while_its_first_layer_waits_then_that_is_its_layer_and_no_second_is_built(
    world: Turning,
) -> None:
    stage_of(world, "dx")
    asked = on(world.apply(world.say("v2.otio", cut(A, B, C, D, name="v2"))), "d").generation
    path = world.say("v3.otio", cut(A, B, C, called(D, "dx"), name="v3"))
    plan = world.apply(path)
    assert (on(plan, "dx").generation, plan.notes) == (asked, ())
    plan = world.apply(world.say("v4.otio", cut(A, B, C, called(use("d", 4001, at=130), "dx"), name="v4")))
    assert on(plan, "dx").generation == asked
    assert [g.name for g in world.ledger.unfinished("ember")] == [asked]
    world.publish(asked)
    plan = world.apply("cuts/v4.otio")
    assert (on(plan, "dx").published_as, on(plan, "dx").action) == ("d", Action.NOTHING)


def test_when_a_renamed_shot_that_waits_shows_other_frames_then_it_is_asked_for_anew_and_the_first_is_told(
    world: Turning,
) -> None:
    stage_of(world, "dx")
    asked = on(world.apply(world.say("v2.otio", cut(A, B, C, D, name="v2"))), "d").generation
    longer = called(use("d", 4001, 48, at=120), "dx")
    plan = world.apply(world.say("v3.otio", cut(A, B, C, longer, name="v3")))
    assert on(plan, "dx").generation not in {"", asked}
    assert [note for note in plan.notes if note.startswith("dx:") and asked in note]


def test_when_what_was_asked_for_is_in_the_cut_no_more_then_it_is_told(world: Turning) -> None:
    asked = on(world.apply(world.say("v2.otio", cut(A, B, C, D, name="v2"))), "d").generation
    plan = world.apply(world.say("v3.otio", cut(A, B, C, name="v3")))
    (note,) = plan.notes
    assert note == (
        f"d: {asked} is QUEUED and was asked for another cut, and this one needs nothing new of it; "
        "usd-ai watch it --cancel."
    )
    world.engine.cancel(asked)
    assert world.decide("cuts/v3.otio").notes == ()


# ------------------------------------------------------------------------------------- another take, the same plan


@pytest.mark.parametrize(
    ("now", "action"),
    [
        ((retimed(OTHER_TAKE, "reverse", Fraction(-1)),), Action.CLIPS),
        ((retimed(OTHER_TAKE, "linear", Fraction(1, 2)),), Action.OFFSET_AND_SCALE),
        ((OTHER_TAKE, dataclasses.replace(use("b", 2001, 20, at=200), reel="OTHER", media="x.mov")), Action.RE_RANGE),
        ((OTHER_TAKE,), Action.NOTHING),
    ],
)
def test_when_another_take_gives_the_same_plan_then_all_else_that_happened_is_done(
    world: Turning, now: tuple[Occurrence, ...], action: Action
) -> None:
    path = world.say("v2.otio", cut(A, *now, C, name="v2"))
    plan = world.decide(path)
    assert on(plan, "b").action is action
    assert "nothing else would come out" in on(plan, "b").why
    assert world.apply(path, plan.etag).etag == plan.etag
    assert world.apply(path, plan.etag).open == ()
    assert len(world.workshop.played) == (action is not Action.NOTHING) * len(now)


def test_when_an_omitted_shot_is_back_with_another_take_of_the_same_plan_then_it_is_used_again(world: Turning) -> None:
    world.apply(world.say("v2.otio", cut(A, C, name="v2")))
    plan = world.apply(world.say("v3.otio", cut(A, C, OTHER_TAKE, name="v3")))
    assert on(plan, "b").action is Action.REUSE
    assert [u.standing for u in world.history.uses("ember")] == [Standing.USED]


# -------------------------------------------------------------------------------------- layers that cannot be played


@pytest.mark.parametrize("kind", [CheckRejected, InvalidRequest, UnreadableInput])
def test_when_a_layer_cannot_be_played_then_it_waits_with_the_reason_and_the_others_go_on(
    world: Turning, monkeypatch: pytest.MonkeyPatch, kind: type[UsdAiError]
) -> None:
    real = world.workshop.play

    def refuses(folder: str, *rest: object) -> object:
        if "/b/" in folder:
            raise kind("Its payload brings in other files.", remedy="Retime it in comp.")
        return real(folder, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(world.workshop, "play", refuses)
    path = world.say("v2.otio", cut(use("a", 1101), BACKWARDS, use("c", 3003, 35, at=80), name="v2"))
    plan = world.apply(path)
    assert on(plan, "b").waits == "Its payload brings in other files. Retime it in comp."
    assert on(plan, "a").generation
    assert [Path(one).parts[-3] for one in world.workshop.played] == ["c"]
    assert world.history.cut("ember", "").label == "v2"
    monkeypatch.setattr(world.workshop, "play", real)
    assert [d.shot for d in world.decide(path).open] == ["b"]
    world.apply(path)
    assert world.decide(path).open == ()


# ------------------------------------------------------------------------------------------------- shots that come in


def test_when_a_shot_came_in_switched_off_then_it_is_generated_once_it_is_switched_on(world: Turning) -> None:
    off = dataclasses.replace(D, enabled=False)
    assert on(world.apply(world.say("v2.otio", cut(A, B, C, off, name="v2"))), "d").action is Action.NOTHING
    world.apply(world.say("v3.otio", cut(A, B, dataclasses.replace(off, record=D.record), C, name="v3")))
    plan = world.apply(world.say("v4.otio", cut(A, B, C, D, name="v4")))
    assert (on(plan, "d").action, bool(on(plan, "d").generation)) == (Action.GENERATE, True)


def test_when_a_new_shot_has_no_neighbour_with_a_layer_then_a_line_says_so(world: Turning) -> None:
    plan = world.decide(world.say("v2.otio", cut(D, dataclasses.replace(use("e", 5001, at=160), enabled=False))))
    said = "d: new, and no shot of this cut has a layer that theirs could be like."
    assert [note.startswith(said) and "usd-ai generate d" in note for note in plan.notes].count(True) == 1
    assert not any(note.startswith("d:") for note in world.decide(world.say("v3.otio", cut(A, D))).notes)


# ------------------------------------------------------------------------------------------------- what a stage plays


def test_when_it_dies_between_numbering_and_writing_then_the_next_start_leaves_the_stage_as_it_was(
    world: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = use("b", 2001, 10, at=40), use("b", 2012, 9, at=50)
    world.apply(world.say("v2.otio", cut(A, one, two, C, name="v2")))
    path = world.say("v3.otio", cut(A, retimed(use("b", 2030, 10, at=40), "reverse", Fraction(-1)), C, name="v3"))

    def dies(*_: object) -> None:
        raise UsdAiError("The power went.")

    with monkeypatch.context() as patched:
        patched.setattr(world.workshop, "play", dies)
        with pytest.raises(UsdAiError, match="power"):
            world.apply(path)
    world.workshop.pointed.clear()
    world.engine.start()
    assert dict(world.workshop.pointed)["b"] == {"bonfire": ("", "bonfire_1.usda", "bonfire_2.usda")}
    world.apply(path)
    assert world.workshop.pointed[-1] == ("b", {"bonfire": ("bonfire_3.usda",)})


def test_when_a_shot_is_omitted_then_its_stage_stays_as_it_was_also_at_the_next_start(world: Turning) -> None:
    world.apply(world.say("v2.otio", cut(A, BACKWARDS, C, name="v2")))
    world.workshop.pointed.clear()
    world.apply(world.say("v3.otio", cut(A, C, name="v3")))
    assert world.workshop.pointed == []
    world.engine.start()  # what stands in the pointer layer stays: it is one of these
    assert dict(world.workshop.pointed)["b"] == {"bonfire": ("", "bonfire_1.usda")}


def test_when_retimes_are_done_in_comp_then_the_stage_plays_the_published_layer_and_the_edit_layer_is_there(
    world: Turning,
) -> None:
    show = dataclasses.replace(world.show, retimes=COMP)
    world.ports.projects._shows["ember"] = show  # type: ignore[attr-defined]
    world.apply(world.say("v2.otio", cut(A, BACKWARDS, C, name="v2")))
    assert world.workshop.pointed[-1] == ("b", {"bonfire": ("",)})
    assert [Path(one).name for one in world.workshop.played] == ["bonfire_1.usda"]


# --------------------------------------------------------------------------------------------------- what is approved


def test_when_a_stage_changes_after_the_approval_then_nothing_is_done(world: Turning) -> None:
    path = world.say("v2.otio", cut(A, B, C, D, name="v2"))
    etag = world.decide(path).etag
    real = world.stages.read

    def turned(*arguments: object, **named: object) -> object:
        facts = real(*arguments, **named)  # type: ignore[arg-type]
        camera = dataclasses.replace(facts.cameras[0], world=ArrayRef("e" * 64, "float64", (1, 4, 4)))
        return dataclasses.replace(facts, cameras=(camera,))

    world.stages.read = turned  # type: ignore[method-assign, assignment]
    with pytest.raises(Conflict) as caught:
        world.apply(path, etag)
    assert caught.value.reason == "SYNC_STALE"
    world.apply(path)
    assert world.apply(path, world.decide(path).etag).open == ()
