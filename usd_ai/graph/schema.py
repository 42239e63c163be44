"""The tables, one definition for SQLite and PostgreSQL, and how an older ledger becomes a newer one.

Paths are relative to the published root, so that a studio can move its storage. A generation's body is JSON, because
the story owns its shape; what is searched or must be unique is a column.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from usd_ai.core.errors import UsdAiError

tables = sa.MetaData()

schema_version = sa.Table("schema_version", tables, sa.Column("number", sa.Integer, primary_key=True))

generations = sa.Table(
    "generations",
    tables,
    sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=True),  # age: the order of the queue and of lists
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("shot", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text),  # null where the asker gave none
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("etag", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("worker", sa.Text, nullable=False),
    sa.Column("progress", sa.Integer, nullable=False),  # sequence number of the last message
    sa.Column("plan_digest", sa.Text, nullable=False),
    sa.Column("record_sha256", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.UniqueConstraint("project", "request_id"),
    sa.Index("generations_by_state", "state", "ordinal"),
    sa.Index("generations_by_shot", "project", "shot", "ordinal"),
    sa.Index("generations_by_plan", "plan_digest"),
    sa.Index("generations_by_record", "record_sha256"),
    sqlite_autoincrement=True,
)

progress = sa.Table(
    "progress",
    tables,
    sa.Column("generation", sa.Text, sa.ForeignKey("generations.name"), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("fraction", sa.Float, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)

versions = sa.Table(
    "versions",
    tables,
    sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("shot", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("layer_sha256", sa.Text, nullable=False),
    sa.Column("plan_digest", sa.Text, nullable=False),
    sa.Column("record_id", sa.Text, nullable=False),
    sa.Column("generation", sa.Text, sa.ForeignKey("generations.name"), nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text),
    sa.UniqueConstraint("project", "shot", "name", "number"),
    sa.UniqueConstraint("project", "shot", "name", "layer_sha256"),
    sa.UniqueConstraint("project", "request_id"),
    sqlite_autoincrement=True,
)

files = sa.Table(
    "files",
    tables,
    sa.Column("version", sa.Integer, sa.ForeignKey("versions.ordinal"), primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("in_layer", sa.Boolean, nullable=False),  # whether the layer's digest is taken over it
)

edges = sa.Table(
    "edges",
    tables,
    sa.Column("version", sa.Integer, sa.ForeignKey("versions.ordinal"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Index("edges_by_source", "sha256"),
)

records = sa.Table(
    "records",
    tables,
    sa.Column("version", sa.Integer, sa.ForeignKey("versions.ordinal"), primary_key=True),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("envelope", sa.Text, nullable=False),
    sa.Column("payload_sha256", sa.Text, nullable=False),
)

outbox = sa.Table(
    "outbox",
    tables,
    sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, sa.ForeignKey("versions.ordinal"), nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

cuts = sa.Table(
    "cuts",
    tables,
    sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=True),  # age: the order of the history
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),  # of the file's bytes
    sa.Column("name", sa.Text, nullable=False),  # of the sequence in it
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("kept", sa.Text, nullable=False),
    sa.Column("applied", sa.Integer, nullable=False),  # counts applications, 0 = never: the highest is the current cut
    sa.Column("applied_at", sa.Text, nullable=False),
    sa.Column("studio", sa.Text, nullable=False),  # what studio.toml named then; "" where it never was applied
    sa.Column("body", sa.Text, nullable=False),  # the cut without its shots
    sa.UniqueConstraint("project", "sha256", "name"),
    sqlite_autoincrement=True,
)

cut_shots = sa.Table(
    "cut_shots",
    tables,
    sa.Column("cut", sa.Integer, sa.ForeignKey("cuts.ordinal"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),  # order of first appearance
    sa.Column("shot", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("cut_shots_by_shot", "shot", "cut"),
)

layer_uses = sa.Table(
    "layer_uses",
    tables,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("shot", sa.Text, primary_key=True),
    sa.Column("layer", sa.Text, primary_key=True),
    sa.Column("used_as", sa.Text, nullable=False),
    sa.Column("standing", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("plays", sa.Text, nullable=False),
    sa.Column("cut_sha256", sa.Text, nullable=False),
    sa.Column("changed", sa.Text, nullable=False),
)

numbered_uses = sa.Table(
    "numbered_uses",
    tables,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("shot", sa.Text, primary_key=True),
    sa.Column("layer", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # in the edit layer's name; one that was given stays given
    sa.Column("standing", sa.Text, nullable=False),
    sa.Column("cut", sa.Text, nullable=False),  # key of the last cut that had the use
    sa.Column("body", sa.Text, nullable=False),  # the use as that cut had it
)

_FIRST = (schema_version, generations, progress, versions, files, edges, records, outbox)
_HISTORY = (cuts, cut_shots, layer_uses, numbered_uses)

_MIGRATIONS: tuple[tuple[int, Callable[[sa.Connection], None]], ...] = (
    (1, lambda connection: tables.create_all(connection, _FIRST)),
    (2, lambda connection: tables.create_all(connection, _HISTORY)),
)
"""Steps in order, each with the number the ledger has after it."""

LATEST = _MIGRATIONS[-1][0]


def migrate(connection: sa.Connection) -> None:
    """Bring a ledger to the latest schema inside the caller's transaction. Raises UsdAiError for one that is newer."""
    schema_version.create(connection, checkfirst=True)
    current = connection.execute(sa.select(sa.func.max(schema_version.c.number))).scalar() or 0
    if current > LATEST:
        raise UsdAiError(
            f"The ledger has schema {current}; this program knows schemas up to {LATEST}.",
            remedy="Start the newer usd_ai that wrote it.",
            reason="LEDGER_TOO_NEW",
        )
    for number, step in _MIGRATIONS:
        if number > current:
            step(connection)
            connection.execute(schema_version.insert().values(number=number))
