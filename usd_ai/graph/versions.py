"""Published versions, each function inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from usd_ai.core.errors import NotFound
from usd_ai.core.types import Edge, LayerFile, Record, Version
from usd_ai.graph import paging
from usd_ai.graph.schema import edges, files, outbox, records, versions

Root = Callable[[str], Path]
"""The folder that holds a project's published shots."""


@dataclass(frozen=True, slots=True)
class Series:
    """What version numbers count: the versions of one layer name in one shot."""

    project: str
    shot: str
    name: str

    @property
    def folder(self) -> str:
        """Its folder, relative to the project's root of published shots."""
        return f"{self.shot}/env/{self.name}"

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """Selects its versions."""
        return sa.and_(versions.c.project == self.project, versions.c.shot == self.shot, versions.c.name == self.name)


def insert(
    connection: sa.Connection, version: Version, record: Record, contents: Iterable[tuple[LayerFile, bool]]
) -> None:
    """Store a version with its files, edges and record, and what trackers are to hear of it."""
    series = Series(version.project, version.shot, version.name)
    ordinal = connection.execute(
        versions.insert()
        .values(
            project=version.project,
            shot=version.shot,
            name=version.name,
            number=version.number,
            layer_sha256=version.layer_sha256,
            plan_digest=version.plan_digest,
            record_id=version.record_id,
            generation=version.generation,
            folder=f"{series.folder}/{folder_name(version.number)}",
            created=version.created,
            request_id=version.request_id or None,
        )
        .returning(versions.c.ordinal)
    ).scalar_one()
    connection.execute(
        files.insert(),
        [
            {"version": ordinal, "path": file.path, "sha256": file.sha256, "size": file.size, "in_layer": in_layer}
            for file, in_layer in contents
        ],
    )
    if version.edges:
        connection.execute(
            edges.insert(),
            [
                {"version": ordinal, "position": position, "role": edge.role, "sha256": edge.sha256, "name": edge.name}
                for position, edge in enumerate(version.edges)
            ],
        )
    connection.execute(
        records.insert().values(
            version=ordinal, id=record.id, envelope=record.envelope, payload_sha256=record.payload_sha256
        )
    )
    connection.execute(outbox.insert().values(kind="version-published", version=ordinal, created=version.created))


def folder_name(number: int) -> str:
    """The name of a version's folder: ``v003``."""
    return f"v{number:03d}"


def latest_number(connection: sa.Connection, series: Series) -> int:
    """The number of the latest version, 0 when there is none."""
    return connection.execute(sa.select(sa.func.max(versions.c.number)).where(series.condition)).scalar() or 0


def by_request(connection: sa.Connection, project: str, request_id: str, root: Root) -> Version | None:
    """The version that a request id has published, if it has."""
    return _first(connection, sa.and_(versions.c.project == project, versions.c.request_id == request_id), root)


def by_digest(connection: sa.Connection, series: Series, layer_sha256: str, root: Root) -> Version | None:
    """The version of a series that holds these very bytes, if there is one."""
    return _first(connection, sa.and_(series.condition, versions.c.layer_sha256 == layer_sha256), root)


def by_generation(connection: sa.Connection, generation: str, root: Root) -> Version | None:
    """The version whose files a generation made, if it was published."""
    return _first(connection, versions.c.generation == generation, root)


def get(connection: sa.Connection, series: Series, number: int, root: Root) -> Version:
    """One version; number 0 is the latest. Raises NotFound."""
    wanted = number or latest_number(connection, series)
    found = _first(connection, sa.and_(series.condition, versions.c.number == wanted), root)
    if found is None:
        what = f"version {number} of {series.name}" if number else f"published {series.name}"
        raise NotFound(
            f"The shot {series.shot} of {series.project} has no {what}.",
            remedy="`usd-ai list versions` shows those that exist.",
            context={"shot": series.shot, "name": series.name},
        )
    return found


def page(
    connection: sa.Connection, project: str, shot: str, size: int, token: str, root: Root
) -> tuple[list[Version], str]:
    """A page of versions, newest first, and the next token."""
    count, start = paging.size(size), paging.before(token, "versions", project, shot)
    query = sa.select(versions).where(versions.c.project == project)
    query = query.where(versions.c.shot == shot) if shot else query
    query = query.where(versions.c.ordinal < start) if start is not None else query
    rows = connection.execute(query.order_by(versions.c.ordinal.desc()).limit(count + 1)).all()
    more = paging.token(rows[count - 1].ordinal, "versions", project, shot) if len(rows) > count else ""
    return _values(connection, rows[:count], root), more


def _first(connection: sa.Connection, condition: sa.ColumnElement[bool], root: Root) -> Version | None:
    rows = connection.execute(sa.select(versions).where(condition).order_by(versions.c.ordinal).limit(1)).all()
    return _values(connection, rows, root)[0] if rows else None


def _values(connection: sa.Connection, rows: Sequence[sa.Row[Any]], root: Root) -> list[Version]:
    lineage: dict[int, list[Edge]] = {row.ordinal: [] for row in rows}
    found = sa.select(edges).where(edges.c.version.in_(list(lineage))).order_by(edges.c.version, edges.c.position)
    for edge in connection.execute(found):
        lineage[edge.version].append(Edge(edge.role, edge.sha256, edge.name))
    return [
        Version(
            project=row.project,
            shot=row.shot,
            name=row.name,
            number=row.number,
            layer_sha256=row.layer_sha256,
            plan_digest=row.plan_digest,
            record_id=row.record_id,
            generation=row.generation,
            folder=str(root(row.project) / row.folder),
            created=row.created,
            request_id=row.request_id or "",
            edges=tuple(lineage[row.ordinal]),
        )
        for row in rows
    ]
