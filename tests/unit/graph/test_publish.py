from __future__ import annotations

import dataclasses
import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from small_show import EDGES, LAYER, open_ledger, ready

from usd_ai.core.errors import CheckRejected, Conflict, NotFound, RecordInvalid, UsdAiError
from usd_ai.core.types import Failure, Finding, Generation, State, Version
from usd_ai.graph import publish as publishing
from usd_ai.graph.ledger import SqlLedger


def _series(folder: Path) -> Path:
    return folder / "publish/sh010/env" / LAYER


def _publish(ledger: SqlLedger, generation: Generation, request_id: str = "") -> Version:
    return ledger.publish(generation, LAYER, request_id, EDGES)


def test_when_published_then_files_version_edges_record_and_state_are_there(ledger: SqlLedger, tmp_path: Path) -> None:
    generation = ready(ledger, tmp_path, "a")
    version = _publish(ledger, generation, "r1")
    assert (version.number, version.layer_sha256) == (1, generation.layer.sha256)  # type: ignore[union-attr]
    assert version.edges == EDGES
    assert Path(version.folder) == _series(tmp_path) / "v001"
    held = sorted(path.relative_to(version.folder).as_posix() for path in Path(version.folder).rglob("*.*"))
    assert held == [
        "burning_forest.usda", "payload.usdc", "preview.png", "record.json", "vdb/flame.0001.vdb", "vdb/smoke.0001.vdb",
    ]  # fmt: skip
    assert all((Path(version.folder) / path).stat().st_mode & 0o777 == 0o444 for path in held)
    after = open_ledger(tmp_path)
    assert after.version("demo", "sh010", LAYER, 0) == version
    assert after.version("demo", "sh010", LAYER, 1) == version
    assert after.versions("demo", "", 10, "") == ([version], "")
    assert (after.generation(generation.name).state, after.generation(generation.name).version) == (State.PUBLISHED, 1)
    assert after.progress(generation.name, 0)[-1].message == "Published as v001."
    assert sorted(path.name for path in _series(tmp_path).iterdir()) == ["v001"]


def test_when_equal_files_are_published_then_the_disk_holds_them_once(ledger: SqlLedger, tmp_path: Path) -> None:
    first, second = (_publish(ledger, ready(ledger, tmp_path, content)) for content in ("a", "b"))
    inodes = {(Path(version.folder) / "vdb/smoke.0001.vdb").stat().st_ino for version in (first, second)}
    assert len(inodes) == 1
    assert [first.number, second.number] == [1, 2]


def test_when_a_publish_is_repeated_then_the_same_version_comes_back(ledger: SqlLedger, tmp_path: Path) -> None:
    generation = ready(ledger, tmp_path, "a")
    version = _publish(ledger, generation, "r1")
    assert _publish(ledger, generation, "r1") == version
    assert _publish(ledger, generation) == version
    assert _publish(ledger, ledger.generation(generation.name), "r2") == version


def test_when_the_same_bytes_were_published_then_another_generation_of_them_gets_that_version(
    ledger: SqlLedger, tmp_path: Path
) -> None:
    version = _publish(ledger, ready(ledger, tmp_path, "a"))
    twin = ready(ledger, tmp_path, "a")
    assert _publish(ledger, twin, "r9") == version
    assert (ledger.generation(twin.name).state, ledger.generation(twin.name).version) == (State.PUBLISHED, 1)


def test_when_a_request_id_published_something_else_then_it_is_a_conflict(ledger: SqlLedger, tmp_path: Path) -> None:
    _publish(ledger, ready(ledger, tmp_path, "a"), "r1")
    with pytest.raises(Conflict) as caught:
        _publish(ledger, ready(ledger, tmp_path, "b"), "r1")
    assert caught.value.reason == "REQUEST_ID_REUSED"


def test_when_the_generation_changed_since_the_review_then_publishing_is_refused(
    ledger: SqlLedger, tmp_path: Path
) -> None:
    reviewed = dataclasses.replace(ready(ledger, tmp_path, "a"), etag="0123456789abcdef")
    with pytest.raises(Conflict) as caught:
        _publish(ledger, reviewed)
    assert caught.value.reason == "ETAG_MISMATCH"
    assert "usd-ai show" in caught.value.remedy


@pytest.mark.parametrize("state", [State.REJECTED, State.CANCELLED])
def test_when_it_does_not_await_review_then_publishing_is_refused(
    ledger: SqlLedger, tmp_path: Path, state: State
) -> None:
    generation = ready(ledger, tmp_path, "a")
    ended = ledger.fail(generation.name, Failure("CheckRejected", "CHECK_REJECTED", "No."), state)
    with pytest.raises(Conflict, match=f"is {state}; only one that awaits review"):
        _publish(ledger, ended)
    assert not _series(tmp_path).exists()


def test_when_a_finding_is_an_error_then_publishing_is_refused(ledger: SqlLedger, tmp_path: Path) -> None:
    rejected = ready(ledger, tmp_path, "a", findings=(Finding("error", "ids", "Two trees share id 7."),))
    with pytest.raises(CheckRejected, match="share id 7"):
        _publish(ledger, rejected)


def _damage_payload(work: Path) -> None:
    (work / "payload.usdc").write_bytes(b"flipped")


def _lose_volume(work: Path) -> None:
    (work / "vdb/flame.0001.vdb").unlink()


def _change_record(work: Path) -> None:
    (work / "record.json").write_text("{}")


def _lose_record(work: Path) -> None:
    (work / "record.json").unlink()


def _link_out(work: Path) -> None:
    (work / "secret.txt").symlink_to("/etc/passwd")


@pytest.mark.parametrize("harm", [_damage_payload, _lose_volume, _change_record, _lose_record, _link_out])
def test_when_the_files_are_not_those_that_were_sealed_then_nothing_is_published(
    ledger: SqlLedger, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    generation = ready(ledger, tmp_path, "a")
    harm(Path(generation.folder))
    with pytest.raises(RecordInvalid):
        _publish(ledger, generation)
    assert list(_series(tmp_path).iterdir()) == []
    assert ledger.versions("demo", "", 10, "") == ([], "")


def test_when_writing_fails_after_the_folder_got_its_name_then_the_name_is_free_again(
    ledger: SqlLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = ready(ledger, tmp_path, "a")
    seen: list[bool] = []

    def full(*_: object) -> None:
        seen.append((_series(tmp_path) / "v001").is_dir())
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(publishing.versions, "insert", full)
        with pytest.raises(UsdAiError) as caught:
            _publish(ledger, generation)
    assert caught.value.reason == "DISK_FULL"
    assert seen == [True]
    assert list(_series(tmp_path).iterdir()) == []
    assert _publish(ledger, generation).number == 1


@pytest.mark.parametrize("failing", ["fsync", "link", "rename"])
def test_when_the_disk_is_full_at_any_step_then_nothing_is_left_and_a_retry_works(
    ledger: SqlLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    generation = ready(ledger, tmp_path, "a")
    _publish(ledger, ready(ledger, tmp_path, "before"))
    real, calls = getattr(os, failing), []

    def full(*arguments: object, **named: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(os, failing, full)
        with pytest.raises(UsdAiError) as caught:
            _publish(ledger, generation)
    assert caught.value.reason == "DISK_FULL"
    assert sorted(path.name for path in _series(tmp_path).iterdir()) == ["v001"]
    assert _publish(ledger, generation).number == 2


def test_when_the_system_refuses_to_write_more_then_the_publisher_says_so_and_survives(
    ledger: SqlLedger, tmp_path: Path, tools: Path
) -> None:
    small, large = ready(ledger, tmp_path, "small"), ready(ledger, tmp_path, "large", size=1 << 20)
    program = (
        f"import sys; sys.path[:] = {[*sys.path, str(tools)]!r}\n"
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))\n"
        "from pathlib import Path; from small_show import *; from usd_ai.core.errors import UsdAiError\n"
        f"ledger = open_ledger(Path({str(tmp_path)!r}))\n"
        f"try: ledger.publish(ledger.generation({large.name!r}), LAYER, '', EDGES)\n"
        "except UsdAiError as error: print(error.reason)\n"
        f"print(ledger.publish(ledger.generation({small.name!r}), LAYER, '', EDGES).number)\n"
        "print('torch' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["DISK_FULL", "1", "False", "False"]
    assert _publish(ledger, large).number == 2


def test_when_a_foreign_folder_has_the_next_name_then_it_is_kept_and_publishing_is_refused(
    ledger: SqlLedger, tmp_path: Path
) -> None:
    foreign = _series(tmp_path) / "v001"
    foreign.mkdir(parents=True)
    (foreign / "record.json").write_text('{"payload": "YWJj"}')
    generation = ready(ledger, tmp_path, "a")
    with pytest.raises(Conflict) as caught:
        _publish(ledger, generation)
    assert caught.value.reason == "VERSION_FOLDER_TAKEN"
    assert (foreign / "record.json").read_text() == '{"payload": "YWJj"}'


def test_when_versions_are_paged_then_each_comes_once_newest_first(ledger: SqlLedger, tmp_path: Path) -> None:
    for number in range(5):
        _publish(ledger, ready(ledger, tmp_path, f"{number}", shot=f"sh01{number % 2}"))
    first, token = ledger.versions("demo", "", 2, "")
    second, token = ledger.versions("demo", "", 2, token)
    third, end = ledger.versions("demo", "", 2, token)
    assert [(version.shot, version.number) for version in first + second + third] == [
        ("sh010", 3), ("sh011", 2), ("sh010", 2), ("sh011", 1), ("sh010", 1),
    ]  # fmt: skip
    assert end == ""
    assert [version.number for version in ledger.versions("demo", "sh011", 10, "")[0]] == [2, 1]


def test_when_a_version_does_not_exist_then_it_is_not_found(ledger: SqlLedger, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no published burning_forest"):
        ledger.version("demo", "sh010", LAYER, 0)
    _publish(ledger, ready(ledger, tmp_path, "a"))
    with pytest.raises(NotFound, match="no version 2"):
        ledger.version("demo", "sh010", LAYER, 2)
