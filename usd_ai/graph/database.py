"""Transactions on the ledger's database: one writer at a time, durable when they return."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError

from usd_ai.core.errors import UsdAiError
from usd_ai.graph import schema
from usd_ai.graph.folders import disk_full

if TYPE_CHECKING:
    from collections.abc import Generator

_PATIENCE = 60.0
"""Seconds a transaction waits for another before it gives up."""

_READING = "usd_ai_reading"


class Database:
    """The engine behind a URL: ``sqlite:////folder/ledger.sqlite`` or ``postgresql+psycopg://…``."""

    def __init__(self, url: str) -> None:
        """Open the database and bring its schema up to date."""
        options: dict[str, Any] = {}
        if url.startswith("sqlite"):
            options["connect_args"] = {"timeout": _PATIENCE, "check_same_thread": False}
        self._engine = sa.create_engine(url, **options)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        else:
            event.listen(self._engine, "begin", _begin_server)
        with self.write() as connection:
            schema.migrate(connection)

    @contextmanager
    def read(self) -> Generator[sa.Connection]:
        """A transaction that sees one moment and changes nothing."""
        with _explained(), self._engine.connect().execution_options(**{_READING: True}) as connection:
            yield connection

    @contextmanager
    def write(self) -> Generator[sa.Connection]:
        """A transaction that no other writer overlaps; committed and on disk when the block ends, or rolled back."""
        with _explained(), self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    # SQLAlchemy's begin event below says BEGIN, not Python's module, which would start transactions too late.
    connection.isolation_level = None
    for pragma in (
        # Python's SQLite is of the range in which a WAL can corrupt when two connections checkpoint at once.
        "journal_mode = TRUNCATE",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # A deferred transaction that turns into a writer fails at once when another was faster; an immediate one waits.
    reading = connection.get_execution_options().get(_READING)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _begin_server(connection: sa.Connection) -> None:
    # The same promise as BEGIN IMMEDIATE on a server: one writer at a time, until the end of its transaction.
    if not connection.get_execution_options().get(_READING):
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(8314121)")


@contextmanager
def _explained() -> Generator[None]:
    """Database failures that a person can mend, as domain errors."""
    try:
        yield
    except IntegrityError:
        raise  # two writers asked for the same thing: the caller knows what that means
    except DBAPIError as error:
        raise _failure(error) from error


def _failure(error: DBAPIError) -> UsdAiError:
    cause = error.orig
    code = cause.sqlite_errorcode & 0xFF if isinstance(cause, sqlite3.Error) else 0
    if code == sqlite3.SQLITE_FULL:
        return disk_full()
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return UsdAiError(
            f"Another program has held the ledger for {_PATIENCE:g} s.",
            remedy="Try again; if it persists, find who holds it with `fuser` and end that program.",
            reason="LEDGER_BUSY",
        )
    return UsdAiError(
        "The ledger's database does not answer as it should.",
        remedy="See that its folder exists and can be written, or that its server runs.",
        reason="LEDGER_UNAVAILABLE",
        context={"database": str(cause)[:200]},
    )
