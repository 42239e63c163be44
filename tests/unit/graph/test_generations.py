from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from small_show import open_ledger, ready, request

from usd_ai.core.errors import Conflict, InvalidRequest, NotFound
from usd_ai.core.types import Failure, Forecast, Generation, State
from usd_ai.graph.ledger import SqlLedger

FAILURE = Failure("UnreadableInput", "READER_DIED", "The stage is damaged.", "Export it again.", (("file", "a.usd"),))


def _move(ledger: SqlLedger, generation: Generation, *states: State) -> Generation:
    for state in states:
        generation = ledger.save(dataclasses.replace(generation, state=state))
    return generation


def test_when_a_generation_is_stored_then_another_process_reads_the_same_value(
    ledger: SqlLedger, tmp_path: Path
) -> None:
    stored = ready(ledger, tmp_path, "a", forecast=Forecast((("trees", 3),), 1.5, 10, ("thin",)))
    read = open_ledger(tmp_path).generation(stored.name)
    assert read == stored
    assert [type(value) for _, value in read.request.parameters] == [str, float, bool, int, tuple]


def test_when_a_request_id_is_repeated_then_the_stored_generation_comes_back(ledger: SqlLedger) -> None:
    first, new = ledger.create_generation(request(request_id="r1"))
    again, new_again = ledger.create_generation(request(request_id="r1"))
    assert (new, new_again) == (True, False)
    assert first == again
    with pytest.raises(Conflict) as caught:
        ledger.create_generation(request("other", request_id="r1"))
    assert caught.value.reason == "REQUEST_ID_REUSED"
    assert first.name in caught.value.remedy


def test_when_requests_carry_no_id_then_each_is_its_own_generation(ledger: SqlLedger) -> None:
    assert ledger.create_generation(request())[0].name != ledger.create_generation(request())[0].name


@pytest.mark.parametrize("shot", ["", "../sh010", "sh/010", ".hidden", "sh 010"])
def test_when_a_name_could_leave_its_folder_then_it_is_refused(ledger: SqlLedger, shot: str) -> None:
    with pytest.raises(InvalidRequest, match="cannot be the name of a shot"):
        ledger.create_generation(request(shot=shot))


def test_when_saved_then_the_etag_changes_and_the_old_one_is_refused(ledger: SqlLedger) -> None:
    first, _ = ledger.create_generation(request())
    second = _move(ledger, first, State.PLANNING)
    assert second.etag != first.etag
    assert _move(ledger, second, State.PLANNING).etag != second.etag
    with pytest.raises(Conflict) as caught:
        _move(ledger, first, State.PLANNING)
    assert caught.value.reason == "ETAG_MISMATCH"


@pytest.mark.parametrize("state", [State.GENERATING, State.CHECKING, State.AWAITING_REVIEW, State.PUBLISHED])
def test_when_a_step_is_skipped_then_the_save_is_refused(ledger: SqlLedger, state: State) -> None:
    queued, _ = ledger.create_generation(request())
    with pytest.raises(Conflict) as caught:
        _move(ledger, queued, state)
    assert caught.value.reason == "STATE_CONFLICT"
    assert ledger.generation(queued.name) == queued


def test_when_cancelled_meanwhile_then_the_workers_save_and_notes_are_refused(ledger: SqlLedger) -> None:
    queued, _ = ledger.create_generation(request())
    working = _move(ledger, queued, State.PLANNING)
    ended = ledger.fail(working.name, FAILURE, State.CANCELLED)
    with pytest.raises(Conflict):
        _move(ledger, working, State.GENERATING)
    with pytest.raises(Conflict) as caught:
        _move(ledger, ended, State.GENERATING)
    assert caught.value.reason == "GENERATION_ENDED"
    with pytest.raises(Conflict):
        ledger.note(working.name, State.GENERATING, 0.5, "late")
    assert ledger.generation(working.name).failure == FAILURE
    assert ledger.progress(working.name, 0)[-1].state is State.CANCELLED


def test_when_failed_again_then_it_stays_as_it_ended(ledger: SqlLedger) -> None:
    queued, _ = ledger.create_generation(request())
    cancelled = ledger.fail(queued.name, FAILURE, State.CANCELLED)
    assert ledger.fail(queued.name, FAILURE, State.FAILED) == cancelled
    assert len(ledger.progress(queued.name, 0)) == 2


def test_when_asked_what_is_unfinished_then_the_oldest_comes_first_and_what_ended_is_left_out(
    ledger: SqlLedger, tmp_path: Path
) -> None:
    running, cancelled, queued = (ledger.create_generation(request())[0] for _ in range(3))
    ledger.claim("worker")
    ledger.fail(cancelled.name, FAILURE, State.CANCELLED)
    reviewed = ready(ledger, tmp_path, "a")
    found = ledger.unfinished(queued.request.project)
    assert [one.name for one in found] == [running.name, queued.name, reviewed.name]
    assert ledger.unfinished("another") == []


def test_when_claimed_then_the_oldest_goes_first_and_none_twice(ledger: SqlLedger) -> None:
    names = [ledger.create_generation(request())[0].name for _ in range(24)]
    with ThreadPoolExecutor(8) as threads:
        claimed = [taken.name for taken in threads.map(ledger.claim, map(str, range(24))) if taken]
    assert sorted(claimed) == sorted(names)
    assert ledger.claim("late") is None
    third, fourth = (ledger.create_generation(request())[0].name for _ in range(2))
    assert [ledger.claim("w").name, ledger.claim("w").name] == [third, fourth]  # type: ignore[union-attr]


def test_when_the_server_died_then_running_work_is_queued_again_and_its_old_worker_is_shut_out(
    ledger: SqlLedger, tmp_path: Path
) -> None:
    lost, _ = ledger.create_generation(request())
    lost = _move(ledger, lost, State.PLANNING, State.GENERATING)
    waiting, _ = ledger.create_generation(request())
    done = ready(ledger, tmp_path, "done")
    assert open_ledger(tmp_path).requeue_lost() == 1
    assert ledger.generation(lost.name).state is State.QUEUED
    assert ledger.generation(waiting.name) == waiting
    assert ledger.generation(done.name) == done
    with pytest.raises(Conflict):
        _move(ledger, lost, State.CHECKING)
    assert ledger.claim("new").name == lost.name  # type: ignore[union-attr]


def test_when_many_threads_note_then_every_sequence_number_is_there_once(ledger: SqlLedger) -> None:
    working = _move(ledger, ledger.create_generation(request())[0], State.PLANNING)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda step: ledger.note(working.name, State.PLANNING, step / 40, f"{step}"), range(40)))
    told = ledger.progress(working.name, 0)
    assert [said.sequence for said in told] == list(range(1, len(told) + 1))
    assert ledger.progress(working.name, 30) == told[30:]
    assert ledger.progress(working.name, 1000) == []


def test_when_a_generation_does_not_exist_then_every_question_says_so(ledger: SqlLedger) -> None:
    for ask in (
        ledger.generation,
        lambda name: ledger.progress(name, 0),
        lambda name: ledger.note(name, State.PLANNING, 0.0, ""),
        lambda name: ledger.fail(name, FAILURE, State.FAILED),
    ):
        with pytest.raises(NotFound, match="no generation projects/x"):
            ask("projects/x/shots/y/generations/z")


def test_when_paging_then_new_entries_disturb_nothing(ledger: SqlLedger) -> None:
    names = [ledger.create_generation(request(shot=f"sh{number % 2}"))[0].name for number in range(11)]
    seen, token = ledger.generations("demo", "", 4, "")
    for _ in range(3):
        ledger.create_generation(request())
    while token:
        more, token = ledger.generations("demo", "", 4, token)
        seen += more
    assert [generation.name for generation in seen] == names[::-1]
    one_shot, end = ledger.generations("demo", "sh1", 0, "")
    assert ([generation.name for generation in one_shot], end) == (names[1::2][::-1], "")
    assert ledger.generations("other", "", 10, "") == ([], "")


def test_when_a_page_token_is_foreign_then_it_is_refused(ledger: SqlLedger) -> None:
    for _ in range(3):
        ledger.create_generation(request())
    _, token = ledger.generations("demo", "", 1, "")
    for bad in ("x", "{}", token[:-2], token + "AA"):
        with pytest.raises(InvalidRequest, match="page token"):
            ledger.generations("demo", "", 1, bad)
    with pytest.raises(InvalidRequest, match="page token"):
        ledger.generations("demo", "sh010", 1, token)
    with pytest.raises(InvalidRequest, match="page token"):
        ledger.versions("demo", "", 1, token)
    with pytest.raises(InvalidRequest, match="cannot hold -1"):
        ledger.generations("demo", "", -1, "")


def test_when_a_plan_was_built_then_it_is_found_while_its_files_are_whole(ledger: SqlLedger, tmp_path: Path) -> None:
    built = ready(ledger, tmp_path, "a")
    assert ledger.find_built(built.plan_digest, lambda _: True) == built
    assert ledger.find_built("0" * 64, lambda _: True) is None
    payload = Path(built.folder) / "payload.usdc"
    payload.write_bytes(payload.read_bytes()[:-1] + b"!")
    assert ledger.find_built(built.plan_digest, lambda _: True) is None


def test_when_a_plan_was_built_twice_then_the_best_is_found_and_else_the_newest(
    ledger: SqlLedger, tmp_path: Path
) -> None:
    one = ready(ledger, tmp_path, "a")
    two = ready(ledger, tmp_path, "b", plan_digest=one.plan_digest)
    assert ledger.find_built(one.plan_digest, lambda found: found.name == one.name) == one
    assert ledger.find_built(one.plan_digest, lambda _: False) == two


def test_when_only_the_published_files_are_left_then_the_build_is_found_there(
    ledger: SqlLedger, tmp_path: Path
) -> None:
    built = ready(ledger, tmp_path, "a")
    version = ledger.publish(built, "burning_forest", "", ())
    (Path(built.folder) / "record.json").unlink()
    found = ledger.find_built(built.plan_digest, lambda _: True)
    assert found is not None
    assert found.folder == version.folder
