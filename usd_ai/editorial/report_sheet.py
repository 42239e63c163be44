"""The change list as pictures: what goes on the contact sheet, old beside new. The page itself is the stage room's."""

from __future__ import annotations

from usd_ai.core.types import SheetShot
from usd_ai.editorial.report import ChangeList, ShotLine
from usd_ai.editorial.report_words import HAPPENS, duration, picture_captions, reason, unread_heading


def sheet_shots(changes: ChangeList) -> tuple[SheetShot, ...]:
    """A row for each shot that has a picture and to which something happened: before and now, with what was said."""
    return tuple(
        SheetShot(shot.shot, shot.state, pictures, (), _beside(shot))
        for shot in changes.shots
        if not shot.minor and (pictures := _pictures(shot))
    )


def sheet_heading(changes: ChangeList) -> str:
    """What stands on top of the page: the cuts; below them how much could not be read, and the totals in short."""
    totals = changes.totals
    pushed = {"changed": f" ({totals.pushed} only pushed along)"} if totals.pushed else {}
    states = ", ".join(f"{count} {state}{pushed.get(state, '')}" for state, count in totals.shots if count)
    layers = f"{totals.kept} kept, {totals.re_ranged} re-ranged, {totals.regenerated} generated"
    lost = sum(notice.severity == "error" for notice in (*changes.notices, *changes.old_notices))
    unread = f"{unread_heading(lost)}\n" if lost else ""
    return f"{changes.title}\n{unread}Shots: {states}.   Layers: {layers}; {duration(totals.seconds)} of one worker."


def _pictures(shot: ShotLine) -> tuple[tuple[str, str], ...]:
    """Before and now; what is not there is an empty frame that says why. None at all where both are missing."""
    old, new = shot.pictures.old, shot.pictures.new
    before, now = picture_captions(shot.decisions)
    if not old and not new:
        return ()
    if any(decision.unused for decision in shot.decisions):
        return (old, before), ("", "not in the cut any more")
    if any(decision.action.generates for decision in shot.decisions):
        return (old, before if old else "no picture"), (new, now if new else "no picture until it is generated")
    return ((old, before), (new, now)) if old else ((new, now), ("", "the same layer"))


def _beside(shot: ShotLine) -> tuple[tuple[str, str], ...]:
    """What changed, a line each; then what happens to each layer in its colour, and why."""
    lines = [("", text) for use in shot.uses for text in use.said]
    for decision in shot.decisions:
        happens, colour = HAPPENS[decision.action]
        waits = f" It waits: {decision.waits}" if decision.waits else ""
        lines += [(colour, f"{decision.layer}: {happens}"), ("GREY", f"{reason(decision)}{waits}")]
    return tuple(lines)
