"""Edit layers keep their names over new cuts: what a stage sublayers never plays another use of the shot."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.service.turning import A, B, C, Turning
from tests.unit.core.cuts import cut, retimed, use
from usd_ai.core.decisions import Action, Decision, Standing, SyncPlan
from usd_ai.core.edits import edit_of
from usd_ai.core.errors import NotFound, UsdAiError
from usd_ai.core.types import Cut, Occurrence, UsePlayed

ONE, TWO = use("b", 2001, 10, at=40), use("b", 2021, 15, at=200)  # two uses of what b's layer has
LATER = use("b", 2011, 8, at=300)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Turning]:
    world = Turning(tmp_path)
    yield world
    world.stop()


def on(plan: SyncPlan, shot: str = "b") -> Decision:
    (decision,) = [decision for decision in plan.decisions if decision.shot == shot]
    return decision


def files(world: Turning) -> dict[str, str]:
    """What the edit layers of b say."""
    return {file.stem: file.read_text() for file in sorted(edit_folder(world).glob("*.usda"))}


def edit_folder(world: Turning) -> Path:
    version = world.engine.version("ember", "b", "bonfire", 0)
    return Path(version.folder).parents[2] / "edit"


def saying(**uses: Occurrence) -> dict[str, str]:
    return {name: repr(edit_of(one, int(name.rpartition("_")[2]))) for name, one in uses.items()}


def unused(world: Turning) -> set[int]:
    return {one.number for one in world.engine.history.numbers("ember", "b") if one.standing is Standing.UNUSED}


def test_when_the_first_use_is_omitted_then_the_second_plays_in_its_own_file_and_the_first_one_stays(
    world: Turning,
) -> None:
    world.apply(world.say("v2.otio", cut(A, ONE, C, TWO, name="v2")))
    before = files(world)
    assert before == saying(bonfire_1=ONE, bonfire_2=TWO)
    trimmed = use("b", 2023, 10, at=200)
    plan = world.apply(world.say("v3.otio", cut(A, C, trimmed, name="v3")))
    assert (on(plan).action, [e.number for e in on(plan).edits], on(plan).gone) == (Action.RE_RANGE, [2], (1,))
    assert "What played in bonfire_1.usda is gone: left as it was." in on(plan).why
    assert files(world) == before | saying(bonfire_2=trimmed)
    assert unused(world) == {1}
    world.apply(world.say("v4.otio", cut(A, ONE, C, trimmed, name="v4")))
    assert files(world) == saying(bonfire_1=ONE, bonfire_2=trimmed)
    assert unused(world) == set()


def test_when_a_use_is_added_before_the_first_then_it_gets_the_next_number(world: Turning) -> None:
    world.apply(world.say("v2.otio", cut(A, TWO, C, name="v2")))
    plan = world.apply(world.say("v3.otio", cut(A, ONE, C, TWO, name="v3")))
    assert [e.number for e in on(plan).edits] == [1, 2]
    assert files(world) == saying(bonfire_1=TWO, bonfire_2=ONE)


def test_when_a_shot_is_renamed_then_the_numbers_go_with_its_layer(world: Turning) -> None:
    def called(one: Occurrence) -> Occurrence:
        return dataclasses.replace(one, clip_name="bx_v001")

    world.apply(world.say("v2.otio", cut(A, ONE, C, TWO, name="v2")))
    world.apply(world.say("v3.otio", cut(A, called(ONE), C, called(TWO), name="v3")))
    plan = world.apply(world.say("v4.otio", cut(A, C, called(TWO), name="v4")))
    assert [e.number for e in on(plan, "bx").edits] == [2]
    assert files(world) == saying(bonfire_1=ONE, bonfire_2=TWO)


def test_when_all_uses_go_and_one_comes_back_then_it_plays_in_its_own_file(world: Turning) -> None:
    world.apply(world.say("v2.otio", cut(A, ONE, C, TWO, name="v2")))
    plan = world.apply(world.say("v3.otio", cut(A, C, name="v3")))
    assert (on(plan).action, unused(world)) == (Action.KEEP_UNUSED, {1, 2})
    plan = world.apply(world.say("v4.otio", cut(A, C, TWO, name="v4")))
    assert (on(plan).action, [e.number for e in on(plan).edits]) == (Action.REUSE, [2])


def test_when_looking_only_then_no_number_is_given(world: Turning) -> None:
    world.decide(world.say("v2.otio", cut(A, ONE, C, TWO, name="v2")))
    assert world.engine.history.numbers("ember") == []


# ------------------------------------------------------------------------------------------------ what a stage sees


def test_when_the_one_use_is_retimed_then_the_shots_stage_plays_its_edit_layer_until_it_is_at_speed_again(
    world: Turning,
) -> None:
    backwards = retimed(ONE, "reverse", Fraction(-1))
    world.workshop.pointed.clear()
    world.apply(world.say("v2.otio", cut(A, ONE, C, TWO, name="v2")))
    assert world.workshop.pointed == [("b", {"bonfire": ("", "bonfire_1.usda", "bonfire_2.usda")})]
    world.apply(world.say("v3.otio", cut(A, backwards, C, name="v3")))
    assert world.workshop.pointed[1:] == [("b", {"bonfire": ("bonfire_1.usda",)})]
    world.engine.start()
    assert ("b", {"bonfire": ("bonfire_1.usda",)}) in world.workshop.pointed[2:]
    world.apply(world.say("v4.otio", cut(A, ONE, C, name="v4")))
    assert world.workshop.pointed[-1] == ("b", {"bonfire": ("", "bonfire_1.usda")})
    world.published("b", seed=5)  # no edit layer plays the new version yet
    assert world.workshop.pointed[-1] == ("b", {})


def test_when_the_stage_of_a_shot_is_not_there_then_that_shot_waits_and_is_done_once_it_is(
    world: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = world.workshop.point

    def missing(stage: str, *rest: object) -> str:
        if stage.endswith("b.usda"):
            raise NotFound("There is no stage b.usda.", remedy="Put it back.")
        return real(stage, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(world.workshop, "point", missing)
    path = world.say("v2.otio", cut(use("a", 1003, 30), retimed(B, "reverse", Fraction(-1)), C, name="v2"))
    plan = world.apply(path)
    assert (on(plan).waits, on(plan, "a").waits) == ("There is no stage b.usda. Put it back.", "")
    monkeypatch.setattr(world.workshop, "point", real)
    assert [d.shot for d in world.decide(path).open] == ["b"]
    world.apply(path)
    assert world.decide(path).open == ()


# ------------------------------------------------------------------------------------------------ what comes back


def test_when_the_cut_is_written_back_then_each_use_names_its_own_edit_layer(
    world: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, tuple[UsePlayed, ...]]] = []

    def write(_show: object, _cut: object, published: Sequence[object], *_more: object) -> tuple[str, ...]:
        told.extend((p.shot, p.played) for p in published)  # type: ignore[attr-defined]
        return ()

    monkeypatch.setattr(world.engine._p.timelines, "write", write)  # type: ignore[attr-defined]
    off = dataclasses.replace(LATER, enabled=False)
    path = world.say("v2.otio", cut(A, TWO, C, ONE, off, name="v2"))
    world.apply(path)
    _write_timeline(world, path)
    played = dict(told)
    assert [(Path(one.path).name, one.number, str(one.frames)) for one in played["b"]] == [
        ("bonfire_2.usda", 2, "2021-2035"), ("bonfire_1.usda", 1, "2001-2010"), ("", 0, "2011-2018"),
    ]  # fmt: skip
    assert not Path(played["b"][0].path).is_absolute()
    assert played["a"] == ()  # plays as it is; nothing was written for it
    told.clear()
    _write_timeline(world, world.say("v3.otio", cut(A, TWO, C, ONE, name="v3")))  # was not applied
    assert dict(told)["b"] == ()


def _write_timeline(world: Turning, path: str) -> None:
    chosen = world.engine.which.choose("ember", path)
    world.engine.write_timeline("ember", "back.otio", chosen)


# ------------------------------------------------------------------------------------------------ crashes, sequences


@pytest.mark.parametrize("method", ["keep", "number", "stand", "apply", "play", "point"])
@pytest.mark.parametrize("times", [0, 1, 2])
def test_when_it_dies_at_any_step_then_applying_again_gives_the_same_numbers(
    world: Turning, method: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.apply(world.say("v2.otio", cut(A, TWO, C, name="v2")))
    path = world.say("v3.otio", cut(use("a", 1003, 30), ONE, C, TWO, LATER, name="v3"))
    plan = world.decide(path)
    port = world.workshop if method in {"play", "point"} else world.history
    real, left = getattr(port, method), [times]

    def dies(*arguments: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            raise UsdAiError("The power went.")
        return real(*arguments)

    monkeypatch.setattr(port, method, dies)
    try:
        world.apply(path, plan.etag)
    except UsdAiError as error:
        assert "power" in str(error)  # noqa: PT017 - some runs end before it goes
    monkeypatch.setattr(port, method, real)
    world.workshop.pointed.clear()
    world.engine.start()
    named = {file for files_ in dict(world.workshop.pointed)["b"].values() for file in files_ if file}
    assert named <= {file.name for file in edit_folder(world).glob("*.usda")}  # no stage names what is not there
    assert world.decide(path).etag == plan.etag
    world.apply(path, plan.etag)
    world.apply(path, plan.etag)
    assert files(world) == saying(bonfire_1=TWO, bonfire_2=ONE, bonfire_3=LATER)
    assert world.decide(path).open == ()


POOL = (ONE, TWO, LATER, use("b", 2000, 1, at=400))
_step = st.tuples(
    st.sets(st.integers(0, 3)),  # which uses the cut has
    st.integers(0, 2),  # how much they are trimmed
    st.sampled_from([None, Fraction(-1), Fraction(1, 2)]),  # how the first of them plays
    st.sampled_from(["apply", "apply", "twice", "look", "dies"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(_step, min_size=2, max_size=6))
def test_when_cuts_follow_one_another_then_every_file_plays_one_use_and_none_is_named_that_is_stale(
    steps: list[tuple[set[int], int, Fraction | None, str]],
) -> None:
    with TemporaryDirectory() as folder:
        world = Turning(Path(folder))
        played_by: dict[str, int] = {}
        for number, (labels, trim, speed, way) in enumerate(steps):
            new, there = _cut(labels, trim, speed, f"v{number}")
            path = world.say(f"v{number}.otio", new)
            before = files(world)
            if way == "look":
                world.decide(path)
                assert files(world) == before
                continue
            plan = world.decide(path)
            if way == "dies":
                _dies(world, path, plan.etag)
            world.apply(path, plan.etag)
            if way == "twice":
                world.apply(path, plan.etag)
            _assert_true(world, plan, before, there, played_by)


def _cut(labels: set[int], trim: int, speed: Fraction | None, name: str) -> tuple[Cut, dict[int, Occurrence]]:
    """A cut with some of the pool's uses, and one that it always has, so that no other is ever the only one."""
    there = {label: POOL[label] for label in sorted(labels)}
    for label, one in there.items():
        count = one.visible.count
        there[label] = use("b", one.visible.start, max(count - trim, 1), at=one.record.start)
        if speed is not None and label == min(there):
            there[label] = retimed(there[label], "reverse" if speed < 0 else "linear", speed)
    always = use("b", 2036, 4, at=500)
    return cut(A, *there.values(), C, always, name=name), {**there, 9: always}


def _dies(world: Turning, path: str, etag: str) -> None:
    real = world.history.stand

    def power(*_: object) -> None:
        raise UsdAiError("The power went.")

    world.history.stand = power  # type: ignore[method-assign, assignment]
    try:
        world.apply(path, etag)
    except UsdAiError:
        pass
    finally:
        world.history.stand = real  # type: ignore[method-assign]


def _assert_true(
    world: Turning, plan: SyncPlan, before: dict[str, str], there: dict[int, Occurrence], played_by: dict[str, int]
) -> None:
    now = files(world)
    used = {row.number: row.use for row in world.engine.history.numbers("ember", "b") if row.standing is Standing.USED}
    assert sorted(map(repr, used.values())) == sorted(map(repr, there.values()))
    label_of = {repr(one): label for label, one in there.items()}
    for number, one in used.items():
        name = f"bonfire_{number}"
        assert played_by.setdefault(name, label_of[repr(one)]) == label_of[repr(one)]
        if now:
            assert now.get(name, repr(edit_of(one, number))) == repr(edit_of(one, number))  # none plays an older cut
    assert len(set(played_by.values())) == len(played_by)
    named = {f"bonfire_{e.number}" for d in plan.decisions if d.shot == "b" for e in d.edits}
    assert named <= {f"bonfire_{number}" for number in used}
    for name in before.keys() - {f"bonfire_{number}" for number in used}:
        assert now[name] == before[name]
