"""SHA-256 of bytes, of files, and of a layer as a set of files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from usd_ai.core.types import LayerFile

_BLOCK = 1 << 20


def sha256_bytes(data: bytes) -> str:
    """SHA-256 of bytes as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: str | Path) -> str:
    """SHA-256 of a file's bytes, read in blocks so that a volume cache does not have to fit into memory."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def layer_sha256(files: Iterable[LayerFile]) -> str:
    r"""Identity of a layer: SHA-256 over the sorted lines ``<sha256>  <path>\n`` of its files.

    The lines are those of ``sha256sum``, so ``sha256sum payload.usdc vdb/* | LC_ALL=C sort | sha256sum`` inside the
    folder gives the same digest.
    """
    lines = sorted(f"{file.sha256}  {file.path}\n" for file in files)
    return sha256_bytes("".join(lines).encode("utf-8"))
