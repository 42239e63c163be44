"""A new cut, from decisions to work, through the real engine: idempotent, resumable, refused when stale."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from tests.service.fakes import SPEC, World
from tests.service.turning import OLD, A, B, C, Turning
from tests.unit.core.cuts import HANDLES, cut, retimed, use
from usd_ai.core.decisions import Action, SyncPlan
from usd_ai.core.errors import Conflict, NotFound, UsdAiError
from usd_ai.core.types import ArrayRef, CameraFacts, FrameRange, Occurrence, State


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Turning]:
    world = Turning(tmp_path)
    yield world
    world.stop()


def actions(plan: SyncPlan) -> dict[str, Action]:
    return {decision.shot: decision.action for decision in plan.decisions}


def generations(world: World) -> list[str]:
    return sorted(g.request.shot for g in world.ledger.generations("ember", "", 1000, "")[0])


def moved(one: Occurrence, frames: int) -> Occurrence:
    return dataclasses.replace(one, record=FrameRange(one.record.start + frames, one.record.end + frames))


def test_when_the_cut_only_ripples_then_nothing_is_done_and_it_is_the_applied_one(world: Turning) -> None:
    path = world.say("v2.otio", cut(A, moved(B, 9), moved(C, 9), name="v2"))
    plan = world.apply(path)
    assert set(actions(plan).values()) == {Action.NOTHING}
    assert (plan.open, plan.seconds, world.workshop.played, len(generations(world))) == ((), 0.0, [], 3)
    assert world.engine.history.cut("ember", "").label == "v2"


def test_when_a_shot_is_trimmed_inside_its_handles_then_one_is_re_ranged_and_none_generated(world: Turning) -> None:
    path = world.say("v2.otio", cut(A, use("b", 2003, 35, at=40), moved(C, -3)))
    plan = world.decide(path)
    assert actions(plan) == {"a": Action.NOTHING, "b": Action.RE_RANGE, "c": Action.NOTHING}
    assert world.engine.history.uses("ember") == []  # looking changed nothing
    world.apply(path)
    (written,) = world.workshop.played
    assert written.endswith("/edit/bonfire_1.usda")
    assert "2003" in Path(written).read_text()
    assert len(generations(world)) == 3


def test_when_applied_twice_then_the_second_time_does_nothing(world: Turning) -> None:
    new = cut(use("a", 1101), retimed(B, "reverse", Fraction(-1)), use("d", 4001, at=120))
    path = world.say("v2.otio", new)
    first = world.apply(path)
    assert actions(first) == {
        "a": Action.REGENERATE, "b": Action.CLIPS, "c": Action.KEEP_UNUSED, "d": Action.GENERATE,
    }  # fmt: skip
    asked = generations(world)
    assert asked == ["a", "a", "b", "c", "d"]
    second = world.apply(path, first.etag)  # an answer that was lost is asked for again under the same approval
    assert second.open == ()
    assert actions(second)["b"] is actions(second)["c"] is Action.NOTHING
    assert [d.state for d in second.decisions if d.generation] == [State.QUEUED] * 2
    assert (generations(world), len(world.workshop.played)) == (asked, 1)


def test_when_a_layer_is_asked_for_then_it_is_made_for_the_new_cut_like_its_neighbour(world: Turning) -> None:
    world.published("c", parameters=(("density", 2.0),), seed=7, camera="/cam")
    path = world.say("v2.otio", cut(A, B, C, use("d", 4001, at=120), name="v2"))
    plan = world.apply(path)
    (decision,) = [d for d in plan.decisions if d.shot == "d"]
    made = world.publish(decision.generation)
    assert (made.request.parameters, made.request.seed, made.request.camera) == ((("density", 2.0),), 7, "")
    assert made.request.operator == "ada"
    assert made.plan_digest == decision.plan_digest
    assert f'"end":{4040 + HANDLES},"start":{4001 - HANDLES}' in made.plan_json
    assert actions(world.decide(path))["d"] is Action.NOTHING


def test_when_slips_add_up_over_applied_cuts_then_the_second_is_caught(world: Turning) -> None:
    first = world.say("v2.otio", cut(A, use("b", 2009, at=40), C))
    assert actions(world.apply(first))["b"] is Action.RE_RANGE
    second = world.say("v3.otio", cut(A, use("b", 2012, at=40), C))
    plan = world.decide(second)
    (decision,) = [d for d in plan.decisions if d.shot == "b"]
    assert (decision.action, decision.missing) == (Action.REGENERATE, (FrameRange(2051, 2051),))
    assert decision.request is not None
    assert decision.covers == FrameRange(2002, 2061)


def test_when_a_shot_is_omitted_and_comes_back_then_its_layer_is_there_and_nothing_is_built(world: Turning) -> None:
    world.apply(world.say("v2.otio", cut(A, C)))
    (use_of_b,) = world.engine.history.uses("ember")
    assert (use_of_b.shot, use_of_b.standing) == ("b", "unused")
    plan = world.apply(world.say("v3.otio", cut(A, C, use("b", 2003, 30, at=80))))
    assert actions(plan)["b"] is Action.REUSE
    assert len(generations(world)) == 3
    assert [u.standing for u in world.engine.history.uses("ember")] == ["used"]
    assert world.apply("cuts/v3.otio", plan.etag).open == ()  # under the same approval, when all was done


@pytest.mark.parametrize("method", ["keep", "number", "stand", "apply", "play", "point"])
@pytest.mark.parametrize("times", [0, 1, 2])
def test_when_it_dies_at_any_step_then_applying_again_does_what_is_left(
    world: Turning, method: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.say("v2.otio", cut(use("a", 1101), retimed(B, "freeze", Fraction(0)), use("d", 4001, at=120)))
    etag = world.decide(path).etag
    port = world.workshop if method in {"play", "point"} else world.history
    real, left = getattr(port, method), [times]

    def dies(*arguments: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            raise UsdAiError("The power went.")
        return real(*arguments)

    monkeypatch.setattr(port, method, dies)
    if method == "stand" or not times:
        with pytest.raises(UsdAiError, match="power"):
            world.apply(path, etag)
    monkeypatch.setattr(port, method, real)
    world.workshop.pointed.clear()
    world.engine.start()
    assert _named(world) <= _written(world)  # no stage names a file that is not there
    done = world.apply(path, etag)
    world.engine.start()
    assert _named(world) == _written(world) == {("b", "bonfire_1.usda")}
    assert generations(world) == ["a", "a", "b", "c", "d"]
    assert [d.shot for d in done.decisions if d.generation] == ["a", "d"]
    assert {(u.shot, u.standing) for u in world.engine.history.uses("ember")} == {
        ("b", "used"), ("c", "unused"), ("d", "wanted"),
    }  # fmt: skip
    assert world.engine.history.cut("ember", "").label == "v2"
    assert world.decide(path).open == ()


def _named(world: Turning) -> set[tuple[str, str]]:
    """The edit layers that the stages name, or may."""
    told = dict(world.workshop.pointed)
    return {(shot, file) for shot, played in told.items() for files in played.values() for file in files if file}


def _written(world: Turning) -> set[tuple[str, str]]:
    files = (Path(world.show.root) / world.show.publish).glob("*/edit/*.usda")
    return {(file.parts[-3], file.name) for file in files}


def test_when_the_approval_is_stale_then_nothing_is_done(world: Turning) -> None:
    path = world.say("v2.otio", cut(A, use("b", 2003, 35, at=40), C))
    etag = world.decide(path).etag
    world.say("v2.otio", cut(A, use("b", 2101, at=40), C))
    for stale in (etag, "", "0" * 32):
        with pytest.raises(Conflict) as caught:
            world.engine.turnover.apply("ember", path, stale, "ada")
        assert caught.value.reason == "SYNC_STALE"
    assert (world.workshop.played, len(generations(world))) == ([], 3)


def test_when_a_generation_ended_badly_then_applying_again_asks_again(world: Turning) -> None:
    path = world.say("v2.otio", cut(use("a", 1101), B, C))
    world.workers.raises = UsdAiError("The disk is full.")  # type: ignore[attr-defined]
    first = next(d for d in world.apply(path).decisions if d.shot == "a")
    while claimed := world.ledger.claim("test"):
        world.engine.run(claimed)
    assert world.ledger.generation(first.generation).state is State.FAILED
    world.workers.raises = None  # type: ignore[attr-defined]
    second = next(d for d in world.apply(path).decisions if d.shot == "a")
    assert second.generation not in {"", first.generation}
    world.publish(second.generation)
    assert world.decide(path).open == ()


def test_when_the_take_is_another_but_the_plan_is_the_same_then_nothing_is_built(world: Turning) -> None:
    path = world.say("v2.otio", cut(A, dataclasses.replace(B, reel="OTHER", media="x.mov"), C))
    (decision,) = [d for d in world.decide(path).decisions if d.shot == "b"]
    assert decision.action is Action.NOTHING
    assert "Another take" in decision.why
    assert "nothing else would come out" in decision.why


def test_when_a_version_of_the_material_brings_another_camera_then_it_is_generated_again(world: Turning) -> None:
    path = world.say("v2.otio", cut(A, dataclasses.replace(B, clip_name="b_v002"), C))
    assert actions(world.decide(path))["b"] is Action.NOTHING
    _turn_camera(world)
    assert actions(world.decide(path)) == {"a": Action.NOTHING, "b": Action.REGENERATE, "c": Action.NOTHING}
    every = world.decide(path, check_stages=True)
    assert set(actions(every).values()) == {Action.REGENERATE}
    assert all("camera" in d.why and d.plan_digest for d in every.decisions)


def _turn_camera(world: Turning) -> None:
    plain = world.stages.read

    def other(*arguments: object, **named: object) -> object:
        facts = plain(*arguments, **named)  # type: ignore[arg-type]
        turned = CameraFacts(
            "/cam", ArrayRef("e" * 64, "float64", (1, 4, 4)), ArrayRef("4" * 64, "float64", (1, 5)), (0.1, 1e4)
        )
        return dataclasses.replace(facts, cameras=(turned,))

    world.stages.read = other  # type: ignore[method-assign, assignment]


def test_when_a_shot_is_renamed_then_its_layer_goes_with_it_through_every_later_cut(world: Turning) -> None:
    renamed = dataclasses.replace(B, clip_name="bx_v001")
    plan = world.apply(world.say("v2.otio", cut(A, renamed, C)))
    assert actions(plan) == {"a": Action.NOTHING, "bx": Action.NOTHING, "c": Action.NOTHING}
    later = world.decide(world.say("v3.otio", cut(A, dataclasses.replace(renamed, clip_name="bx_v002"), C)))
    assert actions(later)["bx"] is Action.NOTHING
    gone = world.decide(world.say("v4.otio", cut(A, C)))
    assert actions(gone)["bx"] is Action.KEEP_UNUSED


def test_when_a_new_shot_has_no_stage_yet_then_it_waits_and_is_asked_for_once_there_is_one(world: Turning) -> None:
    stage = Path(world.show.root) / "shots" / "d.usda"
    stage.unlink()
    path = world.say("v2.otio", cut(A, B, C, use("d", 4001, at=120)))
    waiting = next(d for d in world.apply(path).decisions if d.shot == "d")
    assert (waiting.waits, waiting.generation) == ("There is no stage d.usda yet.", "")
    assert "d" not in generations(world)
    stage.write_text("#usda 1.0\n")
    assert next(d for d in world.apply(path).decisions if d.shot == "d").generation


def test_when_builds_were_measured_then_the_estimate_is_by_their_pace(world: Turning) -> None:
    for name, known in world.ledger._generations.items():
        world.ledger._generations[name] = dataclasses.replace(known, seconds=120.0, cached=False)
    path = world.say("v2.otio", cut(use("a", 1101, 20), B, C, use("d", 4001, at=120)))
    costs = {d.shot: d.seconds for d in world.decide(path).decisions}
    assert costs == {"a": 80.0, "b": 0.0, "c": 0.0, "d": 120.0}  # 60 frames took 120 s; 40 and 60 are needed


def test_when_a_generator_is_frame_local_then_only_new_frames_are_counted(tmp_path: Path) -> None:
    world = Turning(tmp_path)
    local = dataclasses.replace(SPEC, frame_local=True)
    world.engine.generators._spec = local  # type: ignore[attr-defined]
    for name, known in world.ledger._generations.items():
        world.ledger._generations[name] = dataclasses.replace(known, seconds=60.0, cached=False)
    path = world.say("v2.otio", cut(use("a", 1012), B, C))
    (decision,) = [d for d in world.decide(path).decisions if d.shot == "a"]
    assert (decision.action, decision.missing) == (Action.MISSING_FRAMES, (FrameRange(1051, 1051),))
    assert decision.seconds == 11.0  # 1051 to 1061
    world.engine.generators._spec = dataclasses.replace(local, whole_share=0.2)  # type: ignore[attr-defined]
    world.published("a", seed=4)
    for name, known in world.ledger._generations.items():
        world.ledger._generations[name] = dataclasses.replace(known, seconds=60.0, cached=False)
    (decision,) = [d for d in world.decide(path).decisions if d.shot == "a"]
    assert decision.seconds == 20.8  # a fifth of what 1002 to 1050 took is spent again


def test_when_the_generator_is_another_release_than_made_the_layer_then_all_of_it_is_made_anew(tmp_path: Path) -> None:
    world = Turning(tmp_path)
    newer = dataclasses.replace(SPEC, frame_local=True, algorithm_version=SPEC.algorithm_version + 1)
    path = world.say("v2.otio", cut(use("a", 1012), B, C))
    for spec in (newer, dataclasses.replace(SPEC, frame_local=True, libraries=(*SPEC.libraries, "numpy"))):
        world.engine.generators._spec = spec  # type: ignore[attr-defined]
        world.engine.turnover._shelf._known.clear()  # what a server that was started anew knows
        (decision,) = [d for d in world.decide(path).decisions if d.shot == "a"]
        assert (decision.action, decision.missing) == (Action.REGENERATE, (FrameRange(1051, 1051),))


def test_when_cuts_are_compared_then_the_old_one_may_be_a_file_or_one_of_the_history(world: Turning) -> None:
    new = world.say("v2.otio", cut(A, use("b", 2003, 35, at=40), C))
    (Path(world.show.root) / "cuts").mkdir()
    (Path(world.show.root) / "cuts/ember.otio").write_text("as the fake says")
    for old in ("cuts/ember.otio", "ember", OLD.sha256[:10]):
        diff, read = world.engine.turnover.diff("ember", old, new)
        assert [s.state for s in diff.shots] == ["unchanged", "changed", "unchanged"], old
        assert read.sha256 == diff.new_sha256
    with pytest.raises(NotFound):
        world.engine.turnover.diff("ember", "V99", new)


def test_when_the_older_cut_is_nowhere_then_both_places_are_named(world: Turning) -> None:
    path = world.say("v2.otio", cut(A, B, C, name="v2"))
    with pytest.raises(NotFound, match=r"'cuts/nope\.edl' is no file of ember and no cut of its history"):
        world.engine.turnover.diff("ember", "cuts/nope.edl", path)


def test_when_compared_with_what_was_published_then_each_shot_tells_since_its_own_cut(world: Turning) -> None:
    world.cuts.cut = second = cut(A, use("b", 2005, at=40), C, name="v2")
    world.say("ember.otio", second)
    world.published("b", seed=3)
    diff, _ = world.engine.turnover.diff_against_published("ember", world.say("v3.otio", cut(A, use("b", 2007, at=40))))
    (slip,) = [change for use in diff.shot("b").occurrences for change in use.changes]  # type: ignore[union-attr]
    assert (slip.kind, slip.frames) == ("slip", 2)
    assert diff.shot("c").state == "omitted"  # type: ignore[union-attr]


def test_when_nothing_is_published_then_it_is_said(tmp_path: Path) -> None:
    world = World(tmp_path)
    plan = world.engine.turnover.decisions("ember", "cuts/ember.otio")
    assert (plan.decisions, plan.open) == ((), ())
    assert "Nothing is published" in plan.notes[0]


def test_when_a_feature_of_two_thousand_shots_ripples_then_no_layer_is_touched_and_a_trim_touches_one(
    tmp_path: Path,
) -> None:
    world = Turning(tmp_path)
    uses = [use(f"s{k}", 1001, at=40 * k) for k in range(2000)]
    old = cut(*uses)
    world.engine.history.keep("ember", "old", "cuts/old.otio", old)
    (pattern,) = [g for g in world.ledger._generations.values() if g.request.shot == "a"]
    (version,) = [v for v in world.ledger._versions if v.shot == "a"]
    edges = tuple(dataclasses.replace(e, sha256=old.sha256) if e.role == "cut" else e for e in version.edges)
    version = dataclasses.replace(version, edges=edges, folder=f"{tmp_path}/publish/x/env/bonfire/v001")
    world.ledger._versions.clear()
    for shot in old.shots:
        name = f"projects/ember/shots/{shot.name}/generations/g"
        request = dataclasses.replace(pattern.request, shot=shot.name)
        world.ledger._generations[name] = dataclasses.replace(pattern, name=name, request=request, cut=old.key)
        world.ledger._versions.append(dataclasses.replace(version, shot=shot.name, generation=name))
    plan = world.apply(world.say("rippled.otio", cut(*(moved(one, 11) for one in uses))))
    assert (len(plan.decisions), plan.open, world.workshop.played) == (2000, (), [])
    trimmed = cut(*uses[:7], use("s7", 1004, 37, at=280), *(moved(one, -3) for one in uses[8:]))
    plan = world.apply(world.say("trimmed.otio", trimmed))
    assert [(d.shot, d.action) for d in plan.open] == [("s7", Action.RE_RANGE)]
    assert len(world.workshop.played) == 1


def test_when_a_next_cut_overtakes_what_was_asked_for_then_it_is_said(world: Turning) -> None:
    first = world.apply(world.say("v2.otio", cut(use("a", 1101), B, C)))
    asked = next(d.generation for d in first.decisions if d.generation)
    plan = world.decide(world.say("v3.otio", cut(use("a", 1201), B, C)))
    assert [note for note in plan.notes if asked in note and "another cut" in note]
    assert not world.decide("cuts/v2.otio").notes


def test_when_the_first_cut_is_synced_then_it_is_compared_with_the_projects_and_both_are_kept(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.cuts.cuts["ember.otio"] = OLD
    world.cuts.cuts["v2.otio"] = cut(A, C)
    diff, _ = world.engine.turnover.diff("ember", "", "cuts/v2.otio")
    assert [(s.shot, s.state) for s in diff.shots if s.state != "unchanged"] == [("b", "omitted")]
    plan = world.engine.turnover.decisions("ember", "cuts/v2.otio")
    assert plan.old_label == "ember"
    world.engine.turnover.apply("ember", "cuts/v2.otio", plan.etag, "ada")
    assert [kept.label for kept in world.engine.history.cuts("ember", 0, "")[0]] == ["v2", "ember"]
    same, _ = world.engine.turnover.diff("ember", "", "cuts/v2.otio")
    assert {s.state for s in same.shots} == {"unchanged"}
