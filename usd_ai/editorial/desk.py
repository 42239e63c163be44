"""The editorial room as the engine sees it: cuts are read in limited children, timelines are written in workers."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from usd_ai.core.changes import CutDiff
from usd_ai.core.decisions import SyncPlan
from usd_ai.core.errors import NotFound
from usd_ai.core.marking import ClipMark, ClipMedia, Pictures, Told
from usd_ai.core.naming import PLAIN, Naming
from usd_ai.core.ports import Limits, Workers
from usd_ai.core.types import Cut, Project, PublishedShot, Rate
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.formats.bundles import cut_file
from usd_ai.editorial.report import change_list
from usd_ai.editorial.report_marks import clip_marks
from usd_ai.editorial.report_sheet import sheet_heading, sheet_shots
from usd_ai.editorial.report_write import write_report

READING_LIMITS = Limits(memory=4 << 30, cpu=60, wall=120.0)
"""5,000 clips are read in under a second; a file that needs more than this is not a cut."""

_KEPT = 16


@lru_cache(_KEPT)
def _compared(old: Cut, new: Cut, known: frozenset[str], naming: Naming) -> CutDiff:
    return diff_cuts(old, new, known, naming)


class Desk:
    """`core.ports_editorial.CutReader` and `TimelineWriter`.

    A cut that was read stays in memory by the digest of its bytes: a server is asked for the same cut many times.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._cuts: dict[tuple[object, ...], Cut] = {}
        self._lock = threading.Lock()

    def read(self, path: str, rate: Rate | None, handles: int, sequence: str = "", naming: Naming = PLAIN) -> Cut:
        """The cut in a file. Raises NotFound, InvalidRequest, UnreadableInput."""
        file = cut_file(path)
        text = str(rate) if rate else ""
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()  # an AAF may carry its media
        # With its name, for that is the cut's where the file says none.
        key = (f"{file.suffix}:{digest}", Path(path).name, text, handles, sequence, naming)
        with self._lock:
            known = self._cuts.get(key)
        if known is not None:
            return known
        cut: Cut = self._workers.call(
            "usd_ai.editorial.read:read_cut_task",
            {"path": path, "rate": text, "handles": handles, "sequence": sequence, "naming": naming},
            limits=READING_LIMITS,
        )
        with self._lock:
            while len(self._cuts) >= _KEPT:
                self._cuts.pop(next(iter(self._cuts)))
            self._cuts[key] = cut
        return cut

    def digest(self, path: str) -> str:
        """SHA-256 of the file that holds a cut; "" where there is none."""
        try:
            file = cut_file(path)
        except NotFound:
            return ""
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()

    def compare(self, old: Cut, new: Cut, known: Collection[str], naming: Naming = PLAIN) -> CutDiff:
        """What is different in ``new``. The last comparisons are kept: a server answers page by page."""
        return _compared(old, new, frozenset(known), naming)

    def told(self, diff: CutDiff, plan: SyncPlan, cut: Cut, pictures: Mapping[str, Pictures]) -> Told:
        """A change list in words, and as rows of a contact sheet."""
        listed = change_list(diff, plan.decisions, cut, pictures=pictures, notes=plan.notes)
        sentences = tuple(shot.sentence for shot in listed.shots if not shot.minor)
        return Told(sentences, sheet_heading(listed), sheet_shots(listed))

    def write_told(self, diff: CutDiff, plan: SyncPlan, cut: Cut, pictures: Mapping[str, Pictures], out: str) -> None:
        """A change list in a file."""
        write_report(change_list(diff, plan.decisions, cut, pictures=pictures, notes=plan.notes), out)

    def marks(self, diff: CutDiff, plan: SyncPlan) -> tuple[ClipMark, ...]:
        """What is different and what was decided, as marks on clips."""
        return clip_marks(diff, plan.decisions)

    def write(
        self,
        project: Project,
        cut: str,
        published: Sequence[PublishedShot],
        out: str,
        marks: Sequence[ClipMark] = (),
        media: Sequence[ClipMedia] = (),
    ) -> tuple[str, ...]:
        """Write the timeline; returns the shots whose clips carry a layer."""
        return tuple(
            self._workers.call(
                "usd_ai.editorial.write:write_timeline_task",
                {
                    "path": cut,
                    "rate": str(project.rate) if project.rate else "",
                    "handles": project.handles,
                    "published": tuple(published),
                    "out": out,
                    "naming": project.naming,
                    "marks": tuple(marks),
                    "media": tuple(media),
                },
                limits=READING_LIMITS,
            )
        )
