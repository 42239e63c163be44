from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from small_show import open_ledger, request

from usd_ai.core.errors import UsdAiError
from usd_ai.graph import schema
from usd_ai.graph.database import Database


def test_when_opened_then_every_connection_is_durable_and_checks_references(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/ledger.sqlite")
    with database.write() as connection:
        modes = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert modes == ["truncate", 2, 1]


def test_when_opened_again_then_the_schema_is_as_it_was(tmp_path: Path) -> None:
    name = open_ledger(tmp_path).create_generation(request())[0].name
    assert open_ledger(tmp_path).generation(name).name == name
    with sqlite3.connect(tmp_path / "state/ledger.sqlite") as raw:
        assert raw.execute("SELECT number FROM schema_version").fetchall() == [
            (number + 1,) for number in range(schema.LATEST)
        ]


def test_when_a_newer_program_wrote_the_ledger_then_it_is_refused(tmp_path: Path) -> None:
    open_ledger(tmp_path).close()
    with sqlite3.connect(tmp_path / "state/ledger.sqlite") as raw:
        raw.execute("INSERT INTO schema_version VALUES (99)")
    with pytest.raises(UsdAiError) as caught:
        open_ledger(tmp_path)
    assert caught.value.reason == "LEDGER_TOO_NEW"


def test_when_the_ledger_is_damaged_or_unreachable_then_the_error_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database, certainly not one" * 100)
    for place in (tmp_path / "ledger.sqlite", tmp_path / "missing/ledger.sqlite"):
        with pytest.raises(UsdAiError) as caught:
            Database(f"sqlite:///{place}")
        assert caught.value.reason == "LEDGER_UNAVAILABLE"
        assert caught.value.remedy


def test_when_a_block_fails_then_nothing_of_it_is_stored(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/ledger.sqlite")

    def change_and_fail() -> None:
        with database.write() as connection:
            connection.execute(schema.schema_version.insert().values(number=50))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_fail()
    with database.read() as connection:
        assert connection.execute(schema.schema_version.select()).scalars().all() == [*range(1, schema.LATEST + 1)]
