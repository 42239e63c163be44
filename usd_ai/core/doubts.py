"""What was decided from a cut that could not be read whole: who seems omitted may be lost in reading. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from usd_ai.core import case as when
from usd_ai.core.case import Case
from usd_ai.core.cuts import Cut, Notice
from usd_ai.core.decisions import Action, Decision, SyncPlan
from usd_ai.core.errors import Conflict

_NAMED = 5  # shots that a refusal names


def errors_of(notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """What could not be read and was left out; warnings are what was read and may be otherwise."""
    return tuple(notice for notice in notices if notice.severity == "error")


def doubted(decision: Decision, case: Case, cut: Cut) -> Decision:
    """The decision, with the doubt there is where it says that the cut has a shot no more."""
    count = len(errors_of(cut.notices))
    if not count or decision.action is not Action.KEEP_UNUSED or case.superseded_by or not when.omitted(case):
        return decision
    what = "1 thing" if count == 1 else f"{count} things"
    doubt = f"Doubtful: {what} of this cut could not be read, and the shot may be in there."
    return dataclasses.replace(decision, doubt=doubt)


def refuse_doubtful(plan: SyncPlan) -> None:
    """Raises Conflict OMISSIONS_DOUBTFUL where layers would be marked unused that the cut may still want."""
    shots = list(dict.fromkeys(decision.shot for decision in plan.decisions if decision.doubt and decision.asks))
    if not shots:
        return
    errors = errors_of(plan.notices)
    named = ", ".join(shots[:_NAMED]) + (f" and {len(shots) - _NAMED} more" if len(shots) > _NAMED else "")
    first = f"line {errors[0].line}: {errors[0].message}" if errors[0].line else errors[0].message
    raise Conflict(
        f"{plan.new_label} seems to have {named} no more, but {len(errors)} of its events or clips could not be read "
        f"({first}). Nothing was changed.",
        remedy="Look at them (usd-ai shots --cut CUT) and export the cut again. Where the shots are out of it all the "
        "same: usd-ai timeline sync CUT --apply --despite-errors.",
        reason="OMISSIONS_DOUBTFUL",
        context={"cut": plan.new_label, "shots": named},
    )
