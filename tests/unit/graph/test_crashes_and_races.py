"""What must hold when publishers are killed anywhere and when many publish at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import syscall_kill
from small_show import EDGES, LAYER, open_ledger, ready

from usd_ai.graph.ledger import SqlLedger

ROOT = Path(__file__).parents[3]


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def _tracing() -> str:
    """Why this machine cannot trace, asked in a process of its own: tracing forks, and pytest may have threads."""
    asked = _run(
        "-c",
        f"import sys; sys.path.append({str(ROOT / 'tests/tools')!r})\nimport syscall_kill as s\nprint(s.supported())",
    )
    return asked.stdout.strip() or asked.stderr.strip()


def _shoot(folder: Path, tools: Path, points: int, seed: int) -> dict[str, object]:
    reason = _tracing()
    if reason:
        pytest.skip(reason)
    done = _run(tools / "kill_points.py", folder, str(points), str(seed))
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_when_publishers_are_killed_at_forty_points_then_the_graph_is_whole(tmp_path: Path, tools: Path) -> None:
    # This seed finds a folder that gets its name only after the commit, and a leftover that is not cleared away.
    summary = _shoot(tmp_path, tools, 40, 11)
    assert sum(summary["kills"].values()) >= 40  # type: ignore[attr-defined]
    assert {"write", "pwrite64", "fsync", "fdatasync", "rename", "link", "mkdir", "ftruncate"} <= set(summary["kinds"])  # type: ignore[call-overload]


@pytest.mark.slow
def test_when_publishers_are_killed_at_three_hundred_points_then_the_graph_is_whole(
    tmp_path: Path, tools: Path
) -> None:
    summary = _shoot(tmp_path, tools, 300, 3)
    assert sum(summary["kills"].values()) >= 300  # type: ignore[attr-defined]


def test_when_a_publish_is_traced_then_everything_is_on_disk_before_it_is_named(tmp_path: Path, tools: Path) -> None:
    if reason := _tracing():
        pytest.skip(reason)
    program = (
        f"import sys, json; sys.path.append({str(tools)!r})\n"
        "import kill_points as k; from pathlib import Path\n"
        f"h = k.Harness(Path({str(tmp_path)!r}), 1); h.told.write_text('[]'); h.learn(); print(json.dumps(h.publish))"
    )
    done = _run("-c", program)
    calls: list[str] = json.loads(done.stdout)
    for index, call in enumerate(calls):
        if call.startswith("write .incoming-"):
            # A stored file is synced before the rename that gives it its name.
            named = calls.index("rename", index)
            assert call.replace("write", "fsync") in calls[index:named], calls
    folder_named = max(index for index, call in enumerate(calls) if call == "rename")
    linked = max(index for index, call in enumerate(calls) if call.startswith("link"))
    assert any(call.startswith("fsync .incoming-") for call in calls[linked:folder_named]), "the folder's names"
    committed = max(index for index, call in enumerate(calls) if call == "ftruncate ledger.sqlite-journal")
    assert f"fsync {LAYER}" in calls[folder_named:committed], "the version's name"
    assert "fdatasync ledger.sqlite" in calls[folder_named:committed], "the rows"


def test_when_a_write_is_torn_then_the_tracer_leaves_half_of_it(tmp_path: Path, tools: Path) -> None:
    if reason := _tracing():
        pytest.skip(reason)
    target = tmp_path / "file"
    program = (
        f"import sys, os; sys.path.append({str(tools)!r}); import syscall_kill as s\n"
        f"def work():\n with open({str(target)!r}, 'wb', buffering=0) as f: f.write(b'x' * 1000)\n return b'done'\n"
        "whole = s.trace(work); print(whole.calls, whole.answer)\n"
        "torn = s.trace(work, kill_at=2, tear=True); print(torn.killed, torn.torn, torn.answer)"
    )
    done = _run("-c", program)
    assert done.stdout.splitlines() == [
        "['openat', 'write file', 'write pipe:[0]'] b'done'".replace(
            "pipe:[0]", done.stdout.split("write ")[2].split("'")[0]
        ),
        "True True b''",
    ]
    assert target.read_bytes() == b"x" * 500


def _publishers(folder: Path, tools: Path, shares: list[list[str]]) -> list[list[object]]:
    running = [
        subprocess.Popen(
            [sys.executable, str(tools / "publisher.py"), str(folder), *share],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for share in shares
    ]
    told: list[list[object]] = []
    for process in running:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        told += [json.loads(line) for line in output.splitlines()]
    return told


def _audit(folder: Path, tools: Path, told: list[list[object]]) -> None:
    (folder / "told.json").write_text(json.dumps(told))
    judged = _run(
        tools / "audit_graph.py", folder / "state/ledger.sqlite", folder / "publish", folder / "told.json", "settled"
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_when_eight_processes_publish_at_once_then_numbers_are_dense_and_all_are_there(
    ledger: SqlLedger, tmp_path: Path, tools: Path
) -> None:
    names = [ready(ledger, tmp_path, f"content {number}").name for number in range(32)]
    told = _publishers(tmp_path, tools, [names[index::8] for index in range(8)])
    assert sorted(number for _, _, number, _ in told) == list(range(1, 33))  # type: ignore[type-var]
    _audit(tmp_path, tools, told)


def test_when_eight_processes_publish_the_same_bytes_then_there_is_one_version(
    ledger: SqlLedger, tmp_path: Path, tools: Path
) -> None:
    twins = [ready(ledger, tmp_path, "the same").name for _ in range(8)]
    told = _publishers(tmp_path, tools, [[name] for name in twins])
    assert {number for _, _, number, _ in told} == {1}
    assert len(ledger.versions("demo", "", 10, "")[0]) == 1
    _audit(tmp_path, tools, told)


def test_when_a_ledger_is_opened_by_many_at_once_for_the_first_time_then_all_succeed(
    tmp_path: Path, tools: Path
) -> None:
    assert _publishers(tmp_path, tools, [[] for _ in range(6)]) == []
    generation = ready(open_ledger(tmp_path), tmp_path, "a")
    assert open_ledger(tmp_path).publish(generation, LAYER, "", EDGES).number == 1


def test_when_tracing_is_not_known_for_a_machine_then_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syscall_kill.platform, "machine", lambda: "riscv64")
    assert "x86_64 and aarch64" in syscall_kill.supported()
