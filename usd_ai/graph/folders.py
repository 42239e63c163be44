"""Folders that appear whole or not at all, and stay after a power cut."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from usd_ai.core.errors import UsdAiError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

INCOMING = ".incoming-"
"""Beginning of the names of folders and files that are being written. Nobody but their writer looks at them."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def disk_full() -> UsdAiError:
    """What a person reads when a disk or a quota is full."""
    return UsdAiError(
        "The disk of the ledger or of the published files is full; nothing was published.",
        remedy="Free some space and repeat the step.",
        reason="DISK_FULL",
    )


@contextmanager
def space_needed() -> Generator[None]:
    """Turn the operating system's several ways to say "full" into one domain error."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise disk_full() from error
        raise


def sync(folder: Path) -> None:
    """Have the names in a folder on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make(folder: Path) -> None:
    """Make a folder and its parents, each on disk when this returns."""
    if folder.is_dir():
        return
    make(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


@contextmanager
def owned(parent: Path, make_and_open: Callable[[Path], int]) -> Generator[tuple[Path, int]]:
    """A new file or folder in ``parent`` under a lock that the kernel frees when its writer dies.

    Yields its path and descriptor. `abandoned` tells what a dead writer left. `new_file` and `new_folder` make one.
    """
    while True:
        path = parent / (INCOMING + secrets.token_hex(8))
        try:
            descriptor = make_and_open(path)
        except FileNotFoundError:
            if not parent.is_dir():
                raise
            continue  # swept away as abandoned between its making and its opening
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if not path.exists():
                continue  # the same, before its locking
            yield path, descriptor
        finally:
            os.close(descriptor)
        return


def new_file(path: Path) -> int:
    """Make a file for writing; its descriptor."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)


def new_folder(path: Path) -> int:
    """Make a folder; its descriptor."""
    path.mkdir()
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def abandoned(folder: Path) -> Iterator[Path]:
    """What dead writers left in a folder, in the order of their names; each locked while the caller discards it."""
    for path in sorted(folder.glob(INCOMING + "*")):
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue  # its writer finished while we looked
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield path
        except BlockingIOError:
            continue  # its writer lives
        finally:
            os.close(descriptor)


def discard(path: Path) -> None:
    """Remove a file or a folder with all it holds; that it is gone already is well."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=False)
    else:
        path.unlink(missing_ok=True)


def set_aside(folder: Path) -> Path:
    """Take a folder's name away from it in one step; returns the name it has until it is discarded."""
    aside = folder.with_name(INCOMING + secrets.token_hex(8))
    folder.rename(aside)
    sync(folder.parent)
    return aside


class Incoming:
    """A folder that is filled out of sight and then takes its place in one step. Removed on exit unless placed."""

    def __init__(self, series: Path) -> None:
        make(series)
        self._owner = owned(series, new_folder)
        self._placed = False

    def __enter__(self) -> Self:
        self.path, descriptor = self._owner.__enter__()
        self._inode = os.fstat(descriptor).st_ino
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if not self._placed:
                discard(self.path)
        finally:
            self._owner.__exit__(None, None, None)

    def place(self, target: Path) -> None:
        """Give the folder its final name. Everything in it must be on disk; the name is when this returns."""
        self.path.rename(target)
        self.path, self._placed = target, True
        sync(target.parent)

    def withdraw(self) -> None:
        """Undo `place`, unless the place was given to somebody else."""
        if self._placed and self.path.exists() and self.path.stat().st_ino == self._inode:
            self.path = set_aside(self.path)
            self._placed = False
