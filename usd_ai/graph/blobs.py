"""Files by what they contain: ``<folder>/ab/abcdef…``, read-only, named by SHA-256, written once."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from usd_ai.core.digest import sha256_file
from usd_ai.core.errors import NotFound, RecordInvalid
from usd_ai.graph.folders import abandoned, discard, make, new_file, owned, space_needed

_BLOCK = 1 << 20
_READ_ONLY = 0o444

# Another file system, one without links, a file with as many links as it can have.
_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK})


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored file: digest and size in bytes."""

    sha256: str
    size: int


class Blobs:
    """A folder of content-addressed files. Safe for many processes at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        make(folder)

    def put(self, source: Path, expected: str = "") -> Blob:
        """Store a file. Raises RecordInvalid when it is not what ``expected`` says.

        Content that is there already is verified, not written again; damaged content is replaced. The bytes are on
        disk when this returns; their name here may be lost in a power cut, which costs storing them once more and
        saves a sync per file: whoever needs them links them into a folder that he syncs.
        """
        if expected and self._holds(expected):
            return Blob(expected, self.path(expected).stat().st_size)
        with space_needed(), owned(self._folder, new_file) as (temporary, descriptor):
            try:
                blob = _copy(source, descriptor)
                if expected not in {"", blob.sha256}:
                    raise RecordInvalid(
                        f"The file {source.name} is not the one that was checked and recorded.",
                        remedy="Generate the layer again; something changed its files.",
                        context={"file": source.name, "expected": expected, "found": blob.sha256},
                    )
                target = self.path(blob.sha256)
                if not self._holds(blob.sha256):
                    os.fchmod(descriptor, _READ_ONLY)
                    os.fsync(descriptor)
                    target.parent.mkdir(exist_ok=True)
                    temporary.rename(target)
            finally:
                discard(temporary)
        return blob

    def path(self, sha256: str) -> Path:
        """Where the content of that digest lies or would lie."""
        return self._folder / sha256[:2] / sha256

    def verified(self, sha256: str) -> Path:
        """The file of that digest, after reading it all. Raises NotFound, RecordInvalid."""
        path = self.path(sha256)
        if not path.is_file():
            raise NotFound(f"There is no stored file {sha256[:12]}…", remedy="Publish the layer again.")
        if sha256_file(path) != sha256:
            raise RecordInvalid(
                f"The stored file {sha256[:12]}… was changed after it was stored.",
                remedy="Publish the layer again; its content will be stored anew.",
                context={"sha256": sha256},
            )
        return path

    def link(self, sha256: str, target: Path) -> None:
        """Have the content of a digest at ``target`` too: the same file where the disk allows it, else a copy.

        The name is on disk once the caller has synced the folder.
        """
        source = self.path(sha256)
        try:
            os.link(source, target)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            with space_needed():
                shutil.copyfile(source, target)
                target.chmod(_READ_ONLY)
                with target.open("rb") as copy:
                    os.fsync(copy.fileno())

    def sweep(self) -> int:
        """Remove half-written files of dead writers; how many."""
        swept = 0
        for path in abandoned(self._folder):
            discard(path)
            swept += 1
        return swept

    def _holds(self, sha256: str) -> bool:
        path = self.path(sha256)
        return path.is_file() and sha256_file(path) == sha256


def _copy(source: Path, descriptor: int) -> Blob:
    """Copy and digest in one pass, so that what was digested is what was written."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reader, os.fdopen(descriptor, "wb", closefd=False) as writer:
        while block := reader.read(_BLOCK):
            digest.update(block)
            writer.write(block)
            size += len(block)
    return Blob(digest.hexdigest(), size)
