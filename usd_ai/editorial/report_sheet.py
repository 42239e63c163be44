"""The change list as pictures: what goes on the contact sheet, old beside new. The page itself is the stage room's."""

from __future__ import annotations

from usd_ai.core.types import SheetShot
from usd_ai.editorial.report import ChangeList, ShotLine
from usd_ai.editorial.report_words import duration

_LONGEST = 96  # characters that fit beside a shot's name on a page of two pictures


def sheet_shots(changes: ChangeList) -> tuple[SheetShot, ...]:
    """A row for each shot that has a picture and to which something happened: before and now, with what was said."""
    return tuple(
        SheetShot(shot.shot, _shortened(_title(shot)), pictures, _captions(shot))
        for shot in changes.shots
        if not shot.minor and (pictures := _pictures(shot))
    )


def sheet_heading(changes: ChangeList) -> str:
    """The line on top of the page: the cuts, and the totals in short."""
    totals = changes.totals
    pushed = {"changed": f" ({totals.pushed} only pushed along)"} if totals.pushed else {}
    states = ", ".join(f"{count} {state}{pushed.get(state, '')}" for state, count in totals.shots if count)
    return f"{changes.title}   {states}; {totals.regenerated} generated, {duration(totals.seconds)}"


def _pictures(shot: ShotLine) -> tuple[tuple[str, str], ...]:
    found = ((shot.pictures.old, "before"), (shot.pictures.new, "now"))
    return tuple((path, caption) for path, caption in found if path)


def _title(shot: ShotLine) -> str:
    said = "; ".join(text for use in shot.uses for text in use.said)
    return said or shot.state


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _captions(shot: ShotLine) -> tuple[str, ...]:
    return tuple(f"{decision.layer}: {decision.action.value}" for decision in shot.decisions)
