"""Locks between processes: one file per name, held by the kernel, released by the kernel when the holder dies."""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


class FileLocks:
    """`core.ports.Locks` over ``flock``. Works between threads, processes and, on a local disk, servers."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    @contextmanager
    def held(self, name: str) -> Generator[None]:
        """Hold the lock of that name, waiting for it. Not re-entrant: the same thread must not ask twice.

        The file stays behind: removing it while another process waits on it would let two of them in.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / (hashlib.sha256(name.encode()).hexdigest()[:32] + ".lock")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
