from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from usd_ai.cli import doctor
from usd_ai.cli.main import usd_ai

Examine = Callable[..., tuple[int, dict[str, dict[str, str]]]]


@pytest.fixture
def examine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """Run doctor on a state folder; its exit code and its findings by what they are about."""
    for name in ("USD_AI_SERVER", "USD_AI_STATE", "USD_AI_CORPUS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, dict[str, dict[str, str]]]:
        result = CliRunner().invoke(usd_ai, ["doctor", "--json", *arguments])
        told = json.loads(result.stdout)
        assert told["ok"] is (result.exit_code == 0)
        return result.exit_code, {finding["what"]: finding for finding in told["findings"]}

    return run


def test_when_nothing_runs_yet_then_the_notes_say_how_to_begin(examine: Examine) -> None:
    code, found = examine()
    assert code == 0
    assert found["state"]["command"].startswith("usd-ai serve")
    assert found["python"]["state"] == "ok"


def test_when_a_server_is_named_and_away_then_its_line_is_red(examine: Examine) -> None:
    code, found = examine("--server", "127.0.0.1:1")
    assert code == 1
    assert (found["server"]["state"], found["server"]["command"]) == ("bad", "usd-ai serve --project STUDIO_TOML")


def test_when_key_and_ledger_are_bad_then_both_are_red_with_commands(examine: Examine, tmp_path: Path) -> None:
    state = tmp_path / ".usd_ai"
    (state / "keys").mkdir(parents=True)
    (state / "keys" / "signing.pem").write_text("key")
    (state / "keys" / "signing.pem").chmod(0o644)
    (state / "ledger.sqlite").write_bytes(b"no database" * 100)
    code, found = examine()
    assert code == 1
    assert found["signing key"]["command"].startswith("chmod 600 ")
    assert found["ledger"]["state"] == "bad"
    assert "recover" in found["ledger"]["command"]


def test_when_state_is_whole_then_it_is_told_so(examine: Examine, tmp_path: Path) -> None:
    state = tmp_path / "elsewhere"
    (state / "keys").mkdir(parents=True)
    (state / "keys" / "signing.pem").write_text("key")
    (state / "keys" / "signing.pem").chmod(0o600)
    with sqlite3.connect(state / "ledger.sqlite") as ledger:
        ledger.execute("CREATE TABLE versions (number INTEGER)")
    code, found = examine("--state", str(state))
    assert code == 0
    assert (found["signing key"]["state"], found["ledger"]["state"]) == ("ok", "ok")


def test_when_a_library_is_missing_then_its_line_ends_in_the_command_that_installs_it() -> None:
    finding = doctor._library("no-such-library", "usd-ai[server]", needed=True)
    assert finding.state == "bad"
    assert finding.command.endswith("-m pip install 'usd-ai[server]'")


@pytest.mark.parametrize("what", ["python", "disk", "memory"])
def test_when_things_are_bad_then_every_red_line_has_a_command(
    monkeypatch: pytest.MonkeyPatch, examine: Examine, what: str
) -> None:
    monkeypatch.setattr(doctor, "_ROOM", 1 << 62)
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10))
    _, found = examine()
    assert found[what]["command"]
    assert all(finding["command"] for finding in found.values() if finding["state"] == "bad")
