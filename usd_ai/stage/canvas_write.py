"""From an authored layer to files on disk: one canonical export, durable and listed with digests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pxr import Sdf

from usd_ai.core.digest import sha256_file
from usd_ai.core.errors import UsdAiError
from usd_ai.core.types import LayerFile
from usd_ai.sim.threads import each
from usd_ai.stage.content import content_sha256

PAYLOAD = "payload.usdc"
STATES = "states.usdc"
"""Other states of instancers; a layer that has none has no such file."""
CONTENT_FOLDERS = ("clips", "look", "tex", "vdb")


def export_payload(layer: Sdf.Layer, folder: Path) -> str:
    """Write ``payload.usdc``; returns the SHA-256 of its content, which is the same for usda and usdc."""
    folder.mkdir(parents=True, exist_ok=True)
    # `Save` writes other bytes than `Export`, and the suffix decides the format: a name of our own, then a rename.
    unfinished = folder / f".{PAYLOAD.removesuffix('.usdc')}.unfinished.usdc"
    if not layer.Export(str(unfinished)):
        raise UsdAiError(
            f"USD could not write {PAYLOAD}.",
            remedy="Look at free space and rights of the work folder.",
            reason="WRITE",
        )
    # The digest is reckoned while the disk is waited for.
    work: tuple[Callable[[], object], Callable[[], str]]
    work = (lambda: replace_durably(unfinished, folder / PAYLOAD)), (lambda: content_sha256(layer))
    return str(each(lambda part: part(), work)[1])


def replace_durably(source: Path, target: Path) -> None:
    """Put ``source`` in the place of ``target`` so that a crash leaves the old or the new file, never a part."""
    with source.open("rb") as stream:
        os.fsync(stream.fileno())
    source.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def list_files(folder: Path, digest: Callable[[Path], str] = sha256_file) -> list[LayerFile]:
    """Payload, clips, look files, textures and volumes of a layer folder, sorted by path, with SHA-256 and size."""
    found = [folder / name for name in (PAYLOAD, STATES) if (folder / name).is_file()]
    for name in CONTENT_FOLDERS:
        found += [path for path in (folder / name).rglob("*") if path.is_file()]
    named = sorted((path.relative_to(folder).as_posix(), path) for path in found)
    return [LayerFile(name, digest(path), path.stat().st_size) for name, path in named]
