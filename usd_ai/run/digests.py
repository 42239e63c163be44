"""Digests of files that stay: a volume that a hundred layers link to is read once, not a hundred times.

A file is taken for the one that was read when its place on the disk, its size and its time of change are the same, as
git does it. Only files that have a second name are remembered: those are links into a cache, others come and go. Who
publishes reads every byte all the same (`graph.blobs`), so a file that was tampered with is found there.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from usd_ai.core.digest import sha256_file

_FILE = "digests.json"
_MOST = 50_000  # files remembered: the ones used last

Entry = tuple[int, int, str]
"""Size in bytes, nanoseconds of the last change, SHA-256."""


@contextmanager
def kept_digests(folder: str) -> Generator[KeptDigests]:
    """What is remembered in ``folder``; what the block adds is remembered after it."""
    file = Path(folder) / _FILE
    kept = KeptDigests(_read(file))
    yield kept
    if kept.learnt:
        with suppress(OSError):  # a full disk or another's folder costs reading them again, not the layer
            _write(file, kept.known)


class KeptDigests:
    """SHA-256 by device and number of the file, as `kept_digests` gives them."""

    def __init__(self, known: dict[str, Entry]) -> None:
        self.known = known
        self.learnt = False

    def of(self, file: Path) -> str:
        """SHA-256 of a file's bytes as 64 lower-case hex digits."""
        state = file.stat()
        name = f"{state.st_dev}:{state.st_ino}"
        size, changed, digest = self.known.pop(name, (-1, -1, ""))
        if (size, changed) != (state.st_size, state.st_mtime_ns):
            digest = sha256_file(file)
            if state.st_nlink < 2:  # noqa: PLR2004 - a single name
                return digest
            self.learnt = True
        self.known[name] = (state.st_size, state.st_mtime_ns, digest)  # last: used last
        return digest


def _write(file: Path, known: dict[str, Entry]) -> None:
    """Remember the entries used last. Of two writers the later wins: the other's files are read again."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{_FILE}.{uuid.uuid4().hex}")  # processes of two containers may share their number
    try:
        fresh.write_text(json.dumps(dict(list(known.items())[-_MOST:])), encoding="utf-8")
        fresh.replace(file)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _read(file: Path) -> dict[str, Entry]:
    """What is remembered; nothing where the file is not there or is not whole."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {str(name): (int(size), int(changed), str(digest)) for name, (size, changed, digest) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return {}
