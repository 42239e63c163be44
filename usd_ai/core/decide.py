"""A change of the cut → what happens to the generated layer: the table, as code. Pure.

What counts is what a layer was *generated for*, never the previous cut: two slips of 8 and 3 frames each look harmless
against handles of 10, together they are not. The table in words: docs/decisions/072-what-a-change-means-for-a-layer.md.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from usd_ai.core import case as when
from usd_ai.core.case import Case, Condition
from usd_ai.core.decisions import Action, Decision
from usd_ai.core.playing import CLIPS, OFFSET_AND_SCALE


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: when it holds, what happens then, and why, with words in braces filled from the case."""

    when: Condition
    action: Action
    why: str


# fmt: off
TABLE: tuple[Row, ...] = (
    Row(when.superseded,         Action.KEEP_UNUSED,      "{by} has one of its own: {kept} stays, marked unused."),
    Row(when.omitted,            Action.KEEP_UNUSED,      "Not in the cut any more: {kept} stays, marked unused."),
    Row(when.disabled,           Action.KEEP_UNUSED,      "Switched off in the cut: {kept} stays, marked unused."),
    Row(when.new,                Action.GENERATE,         "It has no layer yet: generated once, for {uses}."),
    Row(when.never_made,         Action.NOTHING,          "Nothing was generated for it."),
    Row(when.other_take,         Action.REGENERATE,       "Another take than {kept} was made for{take}."),
    Row(when.other_stage,        Action.REGENERATE,       "{stage} changed since {kept} was made."),
    Row(when.beyond_frame_local, Action.MISSING_FRAMES,   "It shows {missing}; {kept} has {frames}: only those."),
    Row(when.beyond,             Action.REGENERATE,       "It shows {missing}; {kept} has {frames}."),
    Row(when.reinstated,         Action.REUSE,            "Back in the cut: {kept} was kept for it."),
    Row(when.in_clips,           Action.CLIPS,            "{playing} {kept} stays."),
    Row(when.scaled,             Action.OFFSET_AND_SCALE, "{playing} {kept} stays."),
    Row(when.other_range,        Action.RE_RANGE,         "It shows {seen} of the {frames} in {kept}; {left}."),
    Row(when.otherwise,          Action.NOTHING,          "Nothing that {kept} was made for changed{although}."),
)
# fmt: on
"""The first row that holds decides."""


def decide(case: Case) -> Decision:
    """What is to happen to the layer of a case, and why. What is as it should be already is said to be so."""
    row = next(row for row in TABLE if row.when(case))
    action, why = row.action, row.why.format(**_words(row.why, case))
    played = action.plays and action is not Action.REUSE
    if (action is Action.KEEP_UNUSED and case.marked_unused) or (played and case.settled):
        action, why = Action.NOTHING, f"Done before. {why}"
    made, now = case.made, case.now
    gone = case.gone if case.use is not None and case.use.plays else ()
    if gone and row.action is not Action.KEEP_UNUSED:
        files = " and ".join(f"{case.layer}_{number}.usda" for number in gone)
        why += f" What played in {files} is gone: left as it was."
    decision = Decision(
        shot=case.shot,
        layer=case.layer,
        action=action,
        why=why,
        published_as=made.shot if made is not None else case.shot,
        keeps=made.layer_sha256 if made is not None else "",
        version=made.number if made is not None else 0,
        unused=row.action is Action.KEEP_UNUSED,
        changes=case.changes,
        gone=gone,
    )
    if row.action.generates and now is not None:
        return dataclasses.replace(decision, covers=now.needed, missing=case.missing)
    # Also where all is done, so that an approval names the same thing before and after it was carried out.
    played_by_edits = row.action.plays or (case.use is not None and bool(case.use.plays))
    return dataclasses.replace(decision, edits=case.edits) if played_by_edits and not decision.unused else decision


def _words(why: str, case: Case) -> dict[str, str]:
    """What a sentence of the table is filled with."""
    made, now = case.made, case.now
    before, after = case.margins
    count = len(now.occurrences) if now is not None else 0
    ways = [edit for edit in case.edits if edit.way in {CLIPS, OFFSET_AND_SCALE}] if "{playing}" in why else []
    take = next((change for change in case.changes if change.kind == "take"), None)
    kinds = sorted({change.kind.replace("_", " ") for change in case.changes})
    return {
        "by": case.superseded_by,
        "kept": f"v{made.number:03} of {made.layer}" if made is not None else "",
        "frames": f"frames {made.frames}" if made is not None else "",
        "seen": f"frames {now.visible}" if now is not None else "",
        "uses": f"all its {count} uses" if count > 1 else "its one use",
        "take": f" ({take.before} → {take.after})" if take is not None and take.before and take.after else "",
        "stage": case.stage[:1].upper() + case.stage[1:],
        "missing": " and ".join(f"frames {part}" for part in case.missing),
        "playing": ways[0].reason if ways else "",
        "left": f"{before} are left before and {after} after",
        "although": f" (only {', '.join(kinds)})" if kinds else "",
    }
