"""Publish: files, version, edges, record and outbox row appear together or not at all.

Order is the whole trick (docs/decisions/031-blobs-hardlinks.md). Files are stored and linked out of sight and synced.
Then, while nobody else writes: the number is taken, the folder gets its name, the rows are committed. A death before
the commit leaves a folder that no row names, which `reconcile` removes; a death after it leaves a published version.
No third thing can be found.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from usd_ai.core.digest import layer_sha256
from usd_ai.core.errors import CheckRejected, Conflict, RecordInvalid
from usd_ai.core.types import Edge, Generation, Layer, LayerFile, Record, State, Version
from usd_ai.graph import folders, jobs, versions
from usd_ai.graph.folders import Incoming
from usd_ai.graph.schema import generations
from usd_ai.graph.versions import Series

if TYPE_CHECKING:
    from usd_ai.graph.blobs import Blobs
    from usd_ai.graph.database import Database

RECORD_FILE = "record.json"


@dataclass(frozen=True, slots=True)
class Publisher:
    """What publishing needs: the ledger's database, the stored files, the projects' folders, and the time."""

    database: Database
    blobs: Blobs
    root: versions.Root
    now: Callable[[], str]

    def publish(self, generation: Generation, name: str, request_id: str, edges: Sequence[Edge]) -> Version:
        """See `core.ports.Ledger.publish`. Raises Conflict, CheckRejected, RecordInvalid, UsdAiError DISK_FULL."""
        series = Series(generation.request.project, generation.request.shot, jobs.check_name("layer", name))
        with self.database.write() as connection:
            known = self._known(connection, series, generation, request_id)
            if known is not None:
                return known
            layer, record = _reviewed(connection, generation)
        with folders.space_needed(), Incoming(self.root(series.project) / series.folder) as incoming:
            contents = self._stage(Path(generation.folder), layer, record, incoming.path)
            try:
                with self.database.write() as connection:
                    known = self._known(connection, series, generation, request_id)
                    if known is not None:
                        return known
                    return self._commit(connection, incoming, series, generation, request_id, edges, contents)
            except BaseException:
                self._take_back(incoming, generation)
                raise

    def _known(
        self, connection: sa.Connection, series: Series, generation: Generation, request_id: str
    ) -> Version | None:
        """The version that this very publish, or one of the same bytes, has made before."""
        if request_id:
            asked = versions.by_request(connection, series.project, request_id, self.root)
            if asked is not None:
                _same_publish(asked, series, generation)
                return asked
        if generation.layer is None:
            return None
        same = versions.by_digest(connection, series, generation.layer.sha256, self.root)
        if same is not None:
            stored = jobs.get(connection, generation.name)
            if stored.state is State.AWAITING_REVIEW:
                jobs.check_etag(stored.etag, generation)
                jobs.published(connection, generation.name, same.number)
        return same

    def _stage(self, source: Path, layer: Layer, record: Record, incoming: Path) -> tuple[tuple[LayerFile, bool], ...]:
        """Store a generation's files and link them into the incoming folder; all of it on disk at the end."""
        expected = {file.path: file.sha256 for file in layer.files}
        contents: list[tuple[LayerFile, bool]] = []
        used = {incoming}
        for path in _listing(source, layer, record):
            blob = self.blobs.put(source / path, expected.get(path, ""))
            target = incoming / path
            target.parent.mkdir(parents=True, exist_ok=True)
            self.blobs.link(blob.sha256, target)
            used.update(parent for parent in target.parents if parent.is_relative_to(incoming))
            contents.append((LayerFile(path, blob.sha256, blob.size), path in expected))
        for folder in sorted(used, reverse=True):
            folders.sync(folder)
        return tuple(contents)

    def _commit(
        self,
        connection: sa.Connection,
        incoming: Incoming,
        series: Series,
        generation: Generation,
        request_id: str,
        edges: Sequence[Edge],
        contents: Sequence[tuple[LayerFile, bool]],
    ) -> Version:
        """Take the next number, give the folder its name, store the rows. The caller commits."""
        layer, record = _reviewed(connection, generation)
        number = versions.latest_number(connection, series) + 1
        target = self.root(series.project) / series.folder / versions.folder_name(number)
        version = Version(
            project=series.project,
            shot=series.shot,
            name=series.name,
            number=number,
            layer_sha256=layer.sha256,
            plan_digest=generation.plan_digest,
            record_id=record.id,
            generation=generation.name,
            folder=str(target),
            created=self.now(),
            request_id=request_id,
            edges=tuple(edges),
        )
        _clear_way(connection, target)
        incoming.place(target)
        versions.insert(connection, version, record, contents)
        jobs.published(connection, generation.name, number)
        return version

    def _take_back(self, incoming: Incoming, generation: Generation) -> None:
        """After a failure: undo the placing, unless the commit has come through in spite of its error."""
        with self.database.write() as connection:  # nobody places a folder meanwhile
            if versions.by_generation(connection, generation.name, self.root) is None:
                incoming.withdraw()


def is_ours(connection: sa.Connection, folder: Path) -> bool:
    """Whether a folder without a row is the rest of a publish into this ledger: its record is one of ours.

    Version-like folders of the studio, or of another ledger, are not.
    """
    try:
        payload = base64.b64decode(json.loads((folder / RECORD_FILE).read_bytes())["payload"], validate=True)
    except (OSError, ValueError, KeyError, TypeError, binascii.Error):
        return False  # no record that we could have written
    digest = hashlib.sha256(payload).hexdigest()
    found = connection.execute(sa.select(generations.c.name).where(generations.c.record_sha256 == digest).limit(1))
    return found.first() is not None


def _clear_way(connection: sa.Connection, target: Path) -> None:
    """Make sure that no folder has the name of the next version; one that a dead publisher left is set aside."""
    if not target.exists():
        return
    if not is_ours(connection, target):
        raise Conflict(
            f"There is a folder {target.name} for {target.parent.name} that this ledger did not publish.",
            remedy="Bring back the ledger that published it, or move the folder away; it will not be replaced.",
            reason="VERSION_FOLDER_TAKEN",
            context={"folder": target.name, "name": target.parent.name},
        )
    folders.set_aside(target)


def _same_publish(asked: Version, series: Series, generation: Generation) -> None:
    """Raise Conflict when a request id is used again for something else."""
    same_bytes = generation.layer is not None and generation.layer.sha256 == asked.layer_sha256
    if Series(asked.project, asked.shot, asked.name) != series or not same_bytes:
        raise Conflict(
            f"The request id '{asked.request_id}' has published something else: v{asked.number:03d} of {asked.name}.",
            remedy="Use a new request id for every publish; repeat one only to repeat the same publish.",
            reason="REQUEST_ID_REUSED",
            context={"version": str(asked.number), "name": asked.name, "shot": asked.shot},
        )


def _reviewed(connection: sa.Connection, generation: Generation) -> tuple[Layer, Record]:
    """The layer and record of a generation that may be published. Raises Conflict, CheckRejected, RecordInvalid."""
    stored = jobs.get(connection, generation.name)
    if stored.state is not State.AWAITING_REVIEW or stored.layer is None or stored.record is None:
        raise Conflict(
            f"The generation {stored.name} is {stored.state}; only one that awaits review can be published.",
            remedy=f"`usd-ai watch {stored.name}` shows how far it is; one that ended must be generated again.",
            reason="NOT_AWAITING_REVIEW",
            context={"generation": stored.name, "state": str(stored.state)},
        )
    jobs.check_etag(stored.etag, generation)
    errors = [finding.message for finding in stored.findings if finding.severity == "error"]
    if errors:
        raise CheckRejected(
            f"The layer of {stored.name} failed its check: {errors[0]}",
            remedy="Change what the finding names and generate again.",
            context={"generation": stored.name},
        )
    if layer_sha256(stored.layer.files) != stored.layer.sha256:
        raise RecordInvalid(f"The layer digest of {stored.name} is not that of its files.", remedy="Generate it again.")
    return stored.layer, stored.record


def _listing(source: Path, layer: Layer, record: Record) -> list[str]:
    """Paths of all files to publish, sorted. Raises RecordInvalid when one is missing, a link, or the wrong record."""
    found: list[str] = []
    for folder, inner, names in os.walk(source):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            path = Path(folder) / name
            if path.is_symlink():
                raise RecordInvalid(f"{name} is a link; a layer holds files only.", remedy="Generate the layer again.")
            found.append(path.relative_to(source).as_posix())
    missing = sorted(({file.path for file in layer.files} | {RECORD_FILE}) - set(found))
    if missing:
        raise RecordInvalid(
            f"The layer's file {missing[0]} is gone.",
            remedy="Generate the layer again.",
            context={"file": missing[0]},
        )
    if (source / RECORD_FILE).read_text(encoding="utf-8") != record.envelope:
        raise RecordInvalid(
            "The record beside the layer is not the one that was sealed.", remedy="Generate the layer again."
        )
    return sorted(found)
