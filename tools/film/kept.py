"""What was drawn before, kept in a small JSON beside the pictures, so that only what changed is drawn again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from film.paint import Job


class Kept:
    """The pictures of a folder, by file name. Written after every picture: an interrupted run goes on where it was."""

    def __init__(self, file: Path) -> None:
        """``file``: film.json; made with the first picture."""
        self._file = file
        self._known: dict[str, dict[str, Any]] = json.loads(file.read_text("utf-8")) if file.is_file() else {}

    def holds(self, job: Job) -> bool:
        """Whether the picture is there and was drawn from the same."""
        known = self._known.get(self._name(job))
        there = Path(job.out).is_file() and (not job.linear or job.exr.is_file())
        return there and known is not None and known["digest"] == job.digest()

    def keep(self, job: Job, seconds: float) -> None:
        """Remember a picture that is drawn."""
        self._known[self._name(job)] = {
            "digest": job.digest(),
            "shot": job.shot.name,
            "frame": job.frame,
            "camera": job.hidden or job.shot.camera,
            "hidden": bool(job.hidden),
            "size": list(job.size),
            "samples": job.samples,
            "exposure": job.shot.exposure,
            "ev": round(job.shot.ev, 3),
            "linear": job.linear,
            "layer": job.shot.layer,
            "seconds": round(seconds, 1),
        }
        unfinished = self._file.with_suffix(".part")
        unfinished.write_text(json.dumps(self._known, indent=1, sort_keys=True) + "\n", encoding="utf-8", newline="\n")
        unfinished.replace(self._file)

    def _name(self, job: Job) -> str:
        return Path(job.out).relative_to(self._file.parent).as_posix()
