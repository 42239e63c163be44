"""Bring files and rows together after a crash. The ledger is the truth: what no row names was never published."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlalchemy as sa

from usd_ai.graph import folders
from usd_ai.graph.publish import Publisher, is_ours
from usd_ai.graph.schema import generations, versions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_VERSION = re.compile(r"v\d{3,}")


def reconcile(publisher: Publisher, projects: frozenset[str]) -> tuple[str, ...]:
    """Remove what dead publishers left in the folders of these projects; one sentence for each thing mended or missing.

    Works only on names that publishing gives, in shots that this ledger knows, and on version folders only when their
    record is one of this ledger's. Publishers that live are not disturbed.
    """
    said: list[str] = []
    with publisher.database.write() as connection:  # no version appears while we look
        published = {
            (row.project, row.folder)
            for row in connection.execute(sa.select(versions.c.project, versions.c.folder))
            if row.project in projects
        }
        for project, series in _series(connection, publisher, projects):
            for folder in sorted(series.iterdir()):
                relative = folder.relative_to(publisher.root(project)).as_posix()
                orphan = _VERSION.fullmatch(folder.name) and (project, relative) not in published
                if orphan and is_ours(connection, folder):
                    folders.set_aside(folder)
                    said.append(f"{relative} of {project} was never published; its folder was removed.")
            for left in folders.abandoned(series):
                folders.discard(left)
        said += [
            f"{folder} of {project} was published, but its folder is gone: bring it back from a backup."
            for project, folder in sorted(published)
            if not (publisher.root(project) / folder).is_dir()
        ]
    swept = publisher.blobs.sweep()
    return (*said, f"{swept} half-written file(s) were removed.") if swept else tuple(said)


def _series(connection: sa.Connection, publisher: Publisher, projects: frozenset[str]) -> Iterator[tuple[str, Path]]:
    """The folders in which publishing may have left something, each with its project."""
    known = sa.select(generations.c.project, generations.c.shot).distinct()
    for project, shot in connection.execute(known.order_by(generations.c.project, generations.c.shot)).all():
        if project in projects:
            for series in sorted((publisher.root(project) / shot / "env").glob("*/")):
                yield project, series
