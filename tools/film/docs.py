"""Small copies of a film's pictures for the docs: JPEG and the clip, so that the repository stays small."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from make_pictures import PICTURES, shrunk

from film.paint import Job

SHOWN = {"sh010.1001": "wide.jpg", "sh020.1036": "medium.jpg"}
"""Stills that the docs show, and how they are called there."""


def put(jobs: list[Job], clip: Path | None) -> Iterator[str]:
    """Copy the stills that the docs show and the clip into docs/pictures; a line for each file."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for job in jobs:
        if (name := Path(job.out).stem) not in SHOWN:
            continue
        target = PICTURES / SHOWN[name]
        target.write_bytes(shrunk(Path(job.out)))
        yield f"docs/pictures/{target.name}: {target.stat().st_size} bytes"
    if clip is not None:
        target = PICTURES / f"clip{clip.suffix}"
        shutil.copyfile(clip, target)
        yield f"docs/pictures/{target.name}: {target.stat().st_size} bytes"
