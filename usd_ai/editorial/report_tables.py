"""The change list for spreadsheets (CSV) and programs (JSON). Equal lists give equal bytes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from usd_ai.core.decisions import Decision
from usd_ai.core.types import FrameRange, Notice
from usd_ai.editorial.report import ChangeList, Place, ShotLine, UseLine
from usd_ai.editorial.report_words import notice_words, reason

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so is a formula to a spreadsheet, whoever wrote it (OWASP, CSV Injection)."""

_COLUMNS = (
    *("usd_ai", "shot", "was", "state", "use", "change", "frames", "before", "after"),
    *("old in", "old out", "new in", "new out", "old frames", "new frames", "track", "clip", "reel"),
    *("layer", "version", "action", "why", "minutes", "waits"),
)
_USE = len(_COLUMNS) - 6


def as_csv(changes: ChangeList) -> bytes:
    """RFC 4180 in UTF-8 with the mark that spreadsheets know it by: a row for each change and each decision.

    The first column says which of both a row is.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for of, notices in (("", changes.notices), (changes.old_name, changes.old_notices)):
        for notice in notices:
            writer.writerow(_padded(["notice", "", "", notice.severity, "", notice_words(notice, of)]))
    for said in changes.whole:
        writer.writerow(_padded(["cut", "", "", "", "", said]))
    for shot in changes.shots:
        writer.writerows(_shot_rows(shot))
    return out.getvalue().encode("utf-8-sig")


def _shot_rows(shot: ShotLine) -> Iterator[list[str | int]]:
    head: list[str | int] = [shot.shot, shot.was, shot.state]
    for number, use in enumerate(shot.uses, start=1):
        place = _place_cells(use)
        for change in use.changes:
            row = ["change", *head, number, change.kind, change.frames, change.before, change.after, *place]
            yield _padded(row)
    if not any(use.changes for use in shot.uses):
        yield _padded(["shot", *head])
    for d in shot.decisions:
        minutes = "" if d.seconds is None else f"{d.seconds / 60:.2f}"
        told: list[str | int] = [d.layer, d.version, d.action.value, reason(d), minutes, d.waits]
        yield [_safe(cell) for cell in [*_padded(["decision", *head], _USE), *told]]


def _place_cells(use: UseLine) -> list[str | int]:
    times = [text for place in (use.old, use.new) for text in ((place.first, place.last) if place else ("", ""))]
    spans = [str(place.frames) if place else "" for place in (use.old, use.new)]
    here = use.new or use.old
    return [*times, *spans, *((here.track, here.clip, here.reel) if here else ("", "", ""))]


def _padded(cells: list[str | int], count: int = len(_COLUMNS)) -> list[str | int]:
    return [*(_safe(cell) for cell in cells), *[""] * (count - len(cells))]


def _safe(cell: str | int) -> str | int:
    """Text that a spreadsheet takes for text: an apostrophe before what it would compute. Numbers are ours."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" \u00a0\ufeff").startswith(_FORMULA) else cell


def as_json(changes: ChangeList) -> bytes:
    """One object, keys sorted; frames as [first, last], rates as "24000/1001", digests as text."""
    totals = changes.totals
    told: dict[str, Any] = {
        "format": "usd_ai change list 1",
        "title": changes.title,
        "old": {"name": changes.old_name, "sha256": changes.old_sha256},
        "new": {"name": changes.new_name, "sha256": changes.new_sha256},
        "rate": str(changes.rate),
        "drop_frame": changes.drop,
        "cut": list(changes.whole),
        "totals": {
            "shots": dict(totals.shots),
            "pushed_along": totals.pushed,
            "layers": {"kept": totals.kept, "re_ranged": totals.re_ranged, "regenerated": totals.regenerated},
            "seconds": totals.seconds,
            "unmeasured": totals.unmeasured,
            "waiting": totals.waiting,
        },
        "shots": [_shot(shot) for shot in changes.shots],
        "notes": list(changes.notes),
        "notices": {"new": _notices(changes.notices), "old": _notices(changes.old_notices)},
    }
    return (json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8")


def _notices(notices: Sequence[Notice]) -> list[dict[str, Any]]:
    return [{"severity": notice.severity, "message": notice.message, "line": notice.line} for notice in notices]


def _shot(shot: ShotLine) -> dict[str, Any]:
    return {
        "shot": shot.shot,
        "was": shot.was,
        "state": shot.state,
        "sentence": shot.sentence,
        "minor": shot.minor,
        "uses": [_use(use) for use in shot.uses],
        "layers": [_decision(decision) for decision in shot.decisions],
    }


def _use(use: UseLine) -> dict[str, Any]:
    return {
        "old": _place(use.old),
        "new": _place(use.new),
        "changes": [
            {"kind": c.kind, "frames": c.frames, "before": c.before, "after": c.after, "said": said}
            for c, said in zip(use.changes, use.said, strict=True)
        ],
        "matched_by": list(use.reasons),
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {
        "timecode": [place.first, place.last],
        "frames": _frames(place.frames),
        "track": place.track,
        "clip": place.clip,
        "reel": place.reel,
        "length": place.length,
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "layer": decision.layer,
        "version": decision.version,
        "keeps": decision.keeps,
        "action": decision.action.value,
        "why": decision.why,
        "doubt": decision.doubt,
        "covers": _frames(decision.covers),
        "missing": [_frames(part) for part in decision.missing],
        "seconds": decision.seconds,
        "waits": decision.waits,
    }


def _frames(frames: FrameRange | None) -> list[int] | None:
    return [frames.start, frames.end] if frames is not None else None
