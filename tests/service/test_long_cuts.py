"""A cut of 5,000 shots over the wire: everything arrives, and no answer is larger than a message may be."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from unittest.mock import Mock

import pytest

import usd_ai
from services import paging
from services.answers import MOST, Answers
from services.interceptors import LIMIT
from tests.service.conftest import OpenDoor
from tests.service.turning import Turning
from tests.unit.core.cuts import cut, retimed, use
from usd_ai.api.v1 import timeline_pb2
from usd_ai.client.studio import Studio
from usd_ai.core.decisions import Action, Decision, SyncPlan
from usd_ai.core.edits import edits_of
from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import Notice

COUNT, RAMPED = 5000, 200
CURVE = tuple(Fraction(1001) + Fraction(k * k, 1000) for k in range(1000))
PLAIN = [use(f"s{k:04}", 1001, at=k * 40) for k in range(COUNT)]
LONG = cut(*(retimed(one, "ramp", Fraction(1), CURVE) if k < RAMPED else one for k, one in enumerate(PLAIN)))
BEFORE = cut(*(dataclasses.replace(one, comments=("before",)) for one in PLAIN), name="v0")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Turning]:
    world = Turning(tmp_path)
    notices = tuple(Notice("warning", f"Event {k} takes 41 frames of source for 40 of the cut.") for k in range(COUNT))
    world.say("long.otio", dataclasses.replace(LONG, notices=notices))
    world.say("before.otio", BEFORE)
    for name in ("long.otio", "before.otio"):
        file = tmp_path / "cuts" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(name)
    yield world
    world.stop()


@pytest.fixture
def studio(open_door: OpenDoor) -> Iterator[Studio]:
    with usd_ai.connect(open_door.address) as studio:
        yield studio


def test_when_a_cut_has_5000_shots_and_ramps_then_all_of_them_arrive(studio: Studio) -> None:
    read = studio.cut("cuts/long.otio")

    assert read.shots == LONG.shots
    assert read.notices[0].message.startswith("Event 0 ")
    assert read.notices[-1].message == f"... and {COUNT - len(read.notices) + 1} more."


def test_when_two_cuts_of_5000_shots_differ_then_every_shot_is_told(studio: Studio) -> None:
    diff = studio.diff("cuts/long.otio", "cuts/before.otio")

    assert [shot.shot for shot in diff.shots] == [shot.name for shot in LONG.shots]
    assert sum("ramp" in shot.kinds for shot in diff.shots) == RAMPED
    assert diff.shots[0].occurrences[0].new == LONG.shots[0].occurrences[0]


def test_when_5000_layers_play_otherwise_then_every_decision_arrives(
    studio: Studio, world: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    decisions = tuple(
        Decision(one.name, "bonfire", Action.CLIPS, "The speed changes.", edits=edits_of(one)) for one in LONG.shots
    )
    notes = tuple(f"{one.name}: was asked for another cut; usd-ai watch it --cancel." for one in LONG.shots)
    plan = SyncPlan("v0", "long", "0" * 64, LONG.sha256, decisions, "e", notes)
    monkeypatch.setattr(world.engine.turnover, "decisions", Mock(return_value=plan))
    monkeypatch.setattr(world.engine.turnover, "apply", Mock(return_value=plan))

    told = studio.sync("cuts/long.otio")
    done = studio.sync("cuts/long.otio", apply=True, etag="e")

    assert [(one.shot, one.edits[0].plays) for one in told.decisions] == [(d.shot, d.edits[0].plays) for d in decisions]
    assert told.notes[-1].endswith("more.")
    assert [one.shot for one in done.decisions] == [one.shot for one in decisions[:1000]]


def test_when_a_page_of_1000_is_asked_for_then_it_ends_where_a_message_is_full(open_door: OpenDoor) -> None:
    request = timeline_pb2.DiffCutRequest(
        parent="projects/-", old="cuts/before.otio", path="cuts/long.otio", page_size=1000
    )

    first = open_door.timeline.DiffCut(request)
    request.page_token = first.next_page_token
    second = open_door.timeline.DiffCut(request)

    assert 0 < len(first.shots) < RAMPED
    assert second.shots[0].name.endswith(LONG.shots[len(first.shots)].name)
    assert max(first.ByteSize(), second.ByteSize()) <= LIMIT


def test_when_every_shot_has_a_long_sentence_then_what_has_room_is_told_and_the_rest_counted() -> None:
    sentences = [f"s{k:04}: {'trimmed at its head, ' * 20}" for k in range(COUNT)]

    told = paging.few(sentences, paging.ROOM)

    assert told[:-1] == sentences[: len(told) - 1]
    assert told[-1] == f"... and {COUNT - len(told) + 1} more."
    assert paging.few(sentences[:10]) == sentences[:10]


def test_when_one_shot_has_6000_uses_then_it_is_compared_and_what_has_no_room_is_counted(
    studio: Studio, world: Turning
) -> None:
    count, slipped = 6000, 5990
    was = [use("a", 1001 + k % 20, 10, at=10 * k) for k in range(count)]
    now = [*was[:slipped], *(dataclasses.replace(one, reel="B002", media="b.mov") for one in was[slipped:])]
    for name, uses in (("before.otio", was), ("long.otio", now)):
        world.say(name, cut(*uses, name=name))

    (shot,) = studio.diff("cuts/long.otio", "cuts/before.otio").shots

    assert shot.left_out > 0
    assert len(shot.occurrences) + shot.left_out == count
    assert sum("take" in use.kinds for use in shot.occurrences) == count - slipped  # what changed is told first


def test_when_one_layer_plays_in_more_uses_than_have_room_then_the_decision_arrives(
    studio: Studio, world: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses = edits_of(cut(*(use("a", 1001 + k % 20, 10, at=10 * k) for k in range(6000))).shots[0])
    edits = tuple(dataclasses.replace(one, reason="A reason that takes room. " * 8) for one in uses)
    decision = Decision("a", "bonfire", Action.CLIPS, "The speed changes.", edits=edits * 9)
    plan = SyncPlan("v0", "long", "0" * 64, LONG.sha256, (decision,), "e")
    monkeypatch.setattr(world.engine.turnover, "decisions", Mock(return_value=plan))

    (told,) = studio.sync("cuts/long.otio").decisions

    left = 54000 - len(told.edits)
    assert left > 0
    assert told.why == f"The speed changes. {left} of its 54000 uses are not told here: they have no room."


def test_when_an_answer_is_read_page_by_page_then_it_is_worked_out_once(
    open_door: OpenDoor, world: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    turnover = world.engine.turnover
    compared, decided = Mock(wraps=turnover.diff), Mock(wraps=turnover.decisions)
    monkeypatch.setattr(turnover, "diff", compared)
    monkeypatch.setattr(turnover, "decisions", decided)
    ask = timeline_pb2.DiffCutRequest(parent="projects/-", path="cuts/long.otio", old="cuts/before.otio")
    seen: list[str] = []
    while True:
        page = open_door.timeline.DiffCut(ask)
        seen += [shot.name for shot in page.shots]
        ask.page_token = page.next_page_token
        if not ask.page_token:
            break
    assert (len(seen), len(set(seen)), compared.call_count) == (COUNT, COUNT, 1)

    sync = timeline_pb2.SyncCutRequest(parent="projects/-", path="cuts/ember.otio", validate_only=True, page_size=1)
    sync.include_unchanged = True
    first = open_door.timeline.SyncCut(sync)
    sync.page_token = first.next_page_token
    for changed in ("cuts/before.otio", "cuts/ember.otio"):  # another question is worked out for itself
        other = timeline_pb2.SyncCutRequest()
        other.CopyFrom(sync)
        other.path, other.page_token = changed, ""
        open_door.timeline.SyncCut(other)
    assert decided.call_count == 3
    assert open_door.timeline.SyncCut(sync).etag == first.etag
    assert decided.call_count == 3


def test_when_answers_are_kept_then_few_and_not_for_long() -> None:
    async def kept() -> list[int]:
        answers: Answers[str] = Answers(0.05)
        state = "digest@200"
        questions = [timeline_pb2.DiffCutRequest(path=str(number)) for number in range(MOST + 2)]
        for question in questions:
            answers.keep(question, state, question.path)
        found = [len(answers)]
        again = timeline_pb2.DiffCutRequest(path=questions[-1].path, page_token=state, page_size=7)
        assert answers.get(again) == again.path
        assert answers.get(questions[-1]) is None  # a first page is always worked out
        again.page_token = f"changed{state}"
        assert answers.get(again) is None
        again.page_token = state
        answers.keep(again, "", "")  # the last page was read
        found.append(len(answers))
        await asyncio.sleep(0.2)
        return [*found, len(answers)]

    assert asyncio.run(kept()) == [MOST, MOST - 1, 0]


def test_when_no_message_has_room_for_a_shot_then_the_refusal_names_it_and_the_cause(
    studio: Studio, world: Turning
) -> None:
    world.say("long.otio", cut(*(use("a", 1001 + k % 20, 10, at=10 * k) for k in range(30_000)), name="long"))

    with pytest.raises(InvalidRequest, match=r"a alone has .* it is used thousands of times in this cut") as refused:
        studio.cut("cuts/long.otio")
    assert "smaller page" not in str(refused.value)
