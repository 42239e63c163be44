"""Where a project's files may be read and written. A client names paths; this decides which of them are its to name."""

from __future__ import annotations

import mmap
from pathlib import Path

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import Project

_STATE, _LEDGER = ".usd_ai", "ledger.sqlite"
"""Where the server keeps its ledger, key and work, in a show's folder; and what tells such a folder of another name."""

MARK = b"usd_ai"
"""Stands in everything that is written for a client, so that it is known again and may be replaced."""

_MARKS = {
    ".csv": b"\xef\xbb\xbfusd_ai,",
    ".html": b'<meta name="generator" content="usd_ai">',
    ".json": b'"format": "usd_ai change list',
}
"""What stands in change lists: files of these kinds that only speak of usd_ai are a studio's own settings and pages."""


def stage_of(show: Project, shot: str) -> str:
    """The absolute path of a shot's stage."""
    return inside(show, show.stage.format(shot=shot))


def inside(show: Project, path: str) -> str:
    """The absolute path of a project file. Raises InvalidRequest for one outside the project's root, or for no path."""
    root = Path(show.root).resolve()
    try:
        full = (root / path).resolve()
        full.exists()  # asks for a look, which a name that is too long refuses
    except (ValueError, RuntimeError, OSError):  # a NUL in it; links that lead in a circle
        raise InvalidRequest(
            f"{path!r} is no path that can be followed.",
            remedy="Give a path inside the project's folder, without links that lead in a circle.",
            reason="PATH_UNREADABLE",
        ) from None
    if not full.is_relative_to(root):
        raise InvalidRequest(
            f"'{path}' lies outside project {show.name}.",
            remedy="Give a path inside the project's folder.",
            reason="PATH_OUTSIDE_PROJECT",
        )
    return str(full)


def writable(show: Project, path: str, suffix: str) -> str:
    """The absolute path of a file that may be written for a client: new, or one that was written for a client before.

    ``suffix``: ".otio" or ".png"; "" for a folder. Raises InvalidRequest for paths outside the project or among its
    published layers or the server's own files, for another suffix, and for a file that is the studio's own.
    """
    full = Path(inside(show, path))
    if full.is_relative_to(inside(show, show.publish)):
        raise _refused(path, "lies among the published layers, which never change", "Choose another folder.")
    if _of_the_server(full, Path(show.root).resolve()):
        raise _refused(path, "lies in the server's own folder (ledger, key, work)", "Choose another folder.")
    if suffix and full.suffix != suffix:
        raise _refused(path, f"does not end in {suffix}", f"Give a file name that ends in {suffix}.")
    if (suffix and full.is_dir()) or (not suffix and full.is_file()):
        raise _refused(path, f"is a {'folder' if suffix else 'file'}", "Choose another name.")
    if suffix and full.exists() and not _ours(full):
        raise _refused(path, "is a file of the studio's own and is not replaced", "Choose another name.")
    return str(full)


def _of_the_server(full: Path, root: Path) -> bool:
    """Whether a path is, or lies in, a folder where a server keeps its state."""
    inner = full.relative_to(root).parts
    folders = (root.joinpath(*inner[:k]) for k in range(1, len(inner) + 1))
    return _STATE in {part.casefold() for part in inner} or any((folder / _LEDGER).is_file() for folder in folders)


def _ours(file: Path) -> bool:
    """Whether a file was written here; a movie is not read into memory for it."""
    if not file.stat().st_size:
        return False
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(_MARKS.get(file.suffix, MARK)) >= 0


def _refused(path: str, what: str, remedy: str) -> InvalidRequest:
    return InvalidRequest(f"'{path}' {what}.", remedy=remedy, reason="OUTPUT_REFUSED")
