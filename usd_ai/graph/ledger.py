"""The ledger: the truth about generations, versions and lineage (docs/decisions/030-ledger-sqlalchemy-sqlite.md)."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from usd_ai.core.digest import sha256_file
from usd_ai.graph import jobs, versions
from usd_ai.graph.blobs import Blobs
from usd_ai.graph.database import Database
from usd_ai.graph.history import SqlHistory
from usd_ai.graph.publish import RECORD_FILE, Publisher
from usd_ai.graph.reconcile import reconcile
from usd_ai.graph.versions import Series

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from usd_ai.core.ports import Clock, Projects
    from usd_ai.core.types import Edge, Failure, Generation, Progress, Request, State, Version


class SqlLedger:
    """`core.ports.Ledger` on a database and a folder of content-addressed files. Any thread and process may use it."""

    def __init__(self, url: str, blobs: Path, projects: Projects, clock: Clock) -> None:
        """Open the ledger, making or upgrading it. ``url`` as SQLAlchemy reads it: ``sqlite:////state/ledger.sqlite``.

        Versions are published below ``project.root / project.publish``. Raises UsdAiError LEDGER_UNAVAILABLE,
        LEDGER_TOO_NEW.
        """
        self._clock = clock
        self._projects = projects
        self._database = Database(url)
        self.history = SqlHistory(self._database, clock)
        self._publisher = Publisher(self._database, Blobs(blobs), self._root, clock.now)

    def _root(self, project: str) -> Path:
        show = self._projects.get(project)
        return Path(show.root) / show.publish

    def close(self) -> None:
        """Close all connections to the database."""
        self._database.close()

    # ------------------------------------------------------------------------------------------ generations

    def create_generation(self, request: Request) -> tuple[Generation, bool]:
        """Store a queued generation. A known (project, request_id) returns the stored one and False.

        Raises Conflict REQUEST_ID_REUSED when that id asked for something else, InvalidRequest for an unfit name.
        """
        with self._database.write() as connection:
            return jobs.create(connection, request, self._clock.now())

    def generation(self, name: str) -> Generation:
        """One generation. Raises NotFound."""
        with self._database.read() as connection:
            return jobs.get(connection, name)

    def requested(self, project: str, request_id: str) -> Generation | None:
        """The generation that a request id asked for, if it did."""
        with self._database.read() as connection:
            return jobs.requested(connection, project, request_id)

    def generations(self, project: str, shot: str, page_size: int, page_token: str) -> tuple[list[Generation], str]:
        """A page of generations, newest first, and the token of the next page. Raises InvalidRequest."""
        with self._database.read() as connection:
            return jobs.page(connection, project, shot, page_size, page_token)

    def unfinished(self, project: str) -> list[Generation]:
        """The generations that wait, run or await review, oldest first."""
        with self._database.read() as connection:
            return jobs.unfinished(connection, project)

    def save(self, generation: Generation) -> Generation:
        """Store the new state; returns it with a new etag.

        Raises Conflict when it has ended, when its etag is not the stored one, or when its state cannot follow.
        """
        with self._database.write() as connection:
            return jobs.save(connection, generation)

    def claim(self, worker: str) -> Generation | None:
        """Take the oldest queued generation for ``worker``; it is PLANNING then. None when nothing waits."""
        with self._database.read() as connection:
            if not jobs.waiting(connection):
                return None  # idle workers ask often; they must not stand in the way of writers
        with self._database.write() as connection:
            return jobs.claim(connection, worker)

    def requeue_lost(self) -> int:
        """Put generations that were running when the server died back into the queue; how many."""
        with self._database.write() as connection:
            return jobs.requeue_lost(connection)

    def note(self, name: str, state: State, fraction: float, message: str) -> Progress:
        """Append a progress message with the next sequence number. Raises Conflict for one that ended otherwise."""
        with self._database.write() as connection:
            return jobs.note(connection, name, state, fraction, message)

    def progress(self, name: str, after_sequence: int) -> list[Progress]:
        """The messages after a sequence number, in order. Raises NotFound."""
        with self._database.read() as connection:
            return jobs.progress_after(connection, name, after_sequence)

    def fail(self, name: str, failure: Failure, state: State) -> Generation:
        """End a generation as FAILED, REJECTED or CANCELLED, with a last progress message.

        One that has ended before stays as it ended; one that awaits review can be rejected or cancelled.
        """
        with self._database.write() as connection:
            return jobs.fail(connection, name, failure, state)

    def find_built(self, plan_digest: str, best: Callable[[Generation], bool]) -> Generation | None:
        """A generation with the same plan whose layer is still whole, or None; one that is ``best`` before others.

        Reads every byte of the layer.
        Where its own folder is gone and its version's is not, it comes with that folder.
        """
        with self._database.read() as connection:
            candidates = [
                (built, versions.by_generation(connection, built.name, self._root))
                for built in sorted(jobs.built(connection, plan_digest), key=lambda one: not best(one))
            ]
        for built, version in candidates:
            for folder in (built.folder, version.folder if version else ""):
                if folder and _whole(built, Path(folder)):
                    return dataclasses.replace(built, folder=folder)
        return None

    # ------------------------------------------------------------------------------------------ versions

    def publish(self, generation: Generation, name: str, request_id: str, edges: Sequence[Edge]) -> Version:
        """Publish a reviewed generation as the next version: files, version, edges, record in one step.

        The same request id, or a digest already published for (project, shot, name), returns its version. Raises
        Conflict (NOT_AWAITING_REVIEW, ETAG_MISMATCH, REQUEST_ID_REUSED, VERSION_FOLDER_TAKEN), CheckRejected,
        RecordInvalid, UsdAiError DISK_FULL; nothing is published then.
        """
        return self._publisher.publish(generation, name, request_id, edges)

    def reconcile(self) -> tuple[str, ...]:
        """Bring files and rows together after a crash; one sentence for each thing mended."""
        return reconcile(self._publisher, frozenset(project.name for project in self._projects.all()))

    def versions(self, project: str, shot: str, page_size: int, page_token: str) -> tuple[list[Version], str]:
        """A page of published versions, newest first, and the token of the next page. Raises InvalidRequest."""
        with self._database.read() as connection:
            return versions.page(connection, project, shot, page_size, page_token, self._root)

    def version(self, project: str, shot: str, name: str, number: int) -> Version:
        """One version; ``number`` 0 is the latest. Raises NotFound."""
        with self._database.read() as connection:
            return versions.get(connection, Series(project, shot, name), number, self._root)


def _whole(generation: Generation, folder: Path) -> bool:
    """Whether every file of a built layer, and its record, is what it was."""
    layer, record = generation.layer, generation.record
    if layer is None or record is None:
        return False
    kept = folder / RECORD_FILE
    return (
        kept.is_file()
        and kept.read_text(encoding="utf-8") == record.envelope
        and all(
            (folder / file.path).is_file() and sha256_file(folder / file.path) == file.sha256 for file in layer.files
        )
    )
