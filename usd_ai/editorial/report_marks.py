"""The change list as marks on the clips of a timeline: what changed and what was decided, where an editor works."""

from __future__ import annotations

from collections.abc import Iterable

from usd_ai.core.changes import CutDiff
from usd_ai.core.decisions import Action, Decision
from usd_ai.core.marking import ClipMark
from usd_ai.editorial.report_words import layer_sentence, sentence

_PUSHED = frozenset({"ripple"})
_GONE, _NOTHING, _PLAYED, _BUILT = "PURPLE", "GREEN", "YELLOW", "RED"


def clip_marks(diff: CutDiff, decisions: Iterable[Decision]) -> tuple[ClipMark, ...]:
    """The marks of a diff and what was decided on it, in the diff's order.

    A use that was only pushed along, or is as it was, and whose layers need nothing, gets none. Red: something is
    generated; yellow: the same layer is played otherwise; green: nothing happens; purple: the cut has the use no more.
    """
    by_shot: dict[str, list[Decision]] = {}
    for decision in decisions:
        by_shot.setdefault(decision.shot, []).append(decision)
    marks: list[ClipMark] = []
    for shot in diff.shots:
        found = by_shot.get(shot.shot, [])
        acts = any(decision.action is not Action.NOTHING for decision in found)
        note = " ".join(layer_sentence(decision) for decision in found)
        for use in shot.occurrences:
            stands = use.new or use.old
            if stands is None or not (use.kinds - _PUSHED or acts):
                continue
            said = ", ".join(sentence(change) for change in use.changes) or shot.state
            gone = use.new is None
            colour = _GONE if gone else _colour(found)
            marks.append(ClipMark(shot.shot, stands.track, stands.record, said, note, colour, gone))
    return tuple(marks)


def _colour(decisions: list[Decision]) -> str:
    if any(decision.action.generates for decision in decisions):
        return _BUILT
    return _PLAYED if any(decision.action.plays for decision in decisions) else _NOTHING
