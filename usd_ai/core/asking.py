"""What would be generated for a decision: the request, what it costs, and what became of it if it was asked before."""

from __future__ import annotations

import dataclasses
import itertools
import uuid
from collections.abc import Iterable, Sequence

from usd_ai.core.archive import Ports
from usd_ai.core.case import Case
from usd_ai.core.cases import Cases, Names, Turned, mades, neighbour
from usd_ai.core.decide import decide
from usd_ai.core.decisions import Action, Decision, Standing
from usd_ai.core.made import pace_of
from usd_ai.core.types import FrameRange, Generation, State

_NAMESPACE = uuid.UUID("6a5f3a0e-6d0b-5c59-9d0c-5a8f0a3c72d1")
_ENDED_BADLY = {State.FAILED, State.REJECTED, State.CANCELLED}
_OTHER_MATERIAL = {"take", "version"}


class Asking:
    """Finds the requests of decisions."""

    def __init__(self, ports: Ports, cases: Cases) -> None:
        self._p = ports
        self._cases = cases

    def asked(self, decision: Decision, case: Case, turned: Turned, cases: list[Case]) -> Decision:
        """The decision with its request, the id that this has, and what became of it if it was asked for before.

        What ended badly is asked for again, under the next id.
        """
        decision = self._priced(decision, case, turned, cases)
        if decision.request is None:
            return decision
        for attempt in itertools.count():
            told = f"{turned.cut.key}/{decision.shot}/{decision.layer}/{decision.keeps}/{decision.covers}/{attempt}"
            request = dataclasses.replace(decision.request, request_id=str(uuid.uuid5(_NAMESPACE, told)))
            found = self._p.ledger.requested(turned.project, request.request_id)
            if found is None:
                return self._followed(dataclasses.replace(decision, request=request), case, turned)
            if found.state is State.PUBLISHED:
                return without_take(case, f"{decision.why} It was generated for this cut, and came out as it was.")
            if found.state not in _ENDED_BADLY:
                return dataclasses.replace(decision, request=request, generation=found.name, state=found.state)
        raise AssertionError("unreachable: ids do not end")

    def overtaken(self, decisions: Sequence[Decision], turned: Turned) -> list[str]:
        """What was asked for another cut and would still be made, or could still be published."""
        mine = {one.generation for one in decisions}
        wanted = {(one.shot, one.layer) for one in decisions if one.request is not None}
        last = Names(turned.diff)
        said: list[str] = []
        for one in self._p.ledger.unfinished(turned.project):
            if one.name in mine or one.request.cut in {"", turned.cut.key}:
                continue
            shot = last.now.get(one.request.shot, one.request.shot)
            line = f"{shot}: {one.name} is {one.state} and was asked for another cut"
            if (shot, _layer(one)) in wanted:
                said.append(f"{line}; usd-ai watch it --cancel.")
            elif not one.state.ended:  # what awaits review since long was told when it was to be overtaken
                said.append(f"{line}, and this one needs nothing new of it; usd-ai watch it --cancel.")
        return said

    def _priced(self, decision: Decision, case: Case, turned: Turned, cases: list[Case]) -> Decision:
        """The decision with the request that would be submitted, and what that would cost."""
        if not decision.action.generates or case.now is None:
            return decision
        like = [case.made] if case.made is not None else neighbour(case.shot, turned.cut, cases)
        like = [one for one in like if one.layer == case.layer] or [m for m in mades(cases) if m.layer == case.layer]
        if not like:
            return dataclasses.replace(decision, waits=f"No other shot has a {case.layer} to make it like.")
        asked = dataclasses.replace(like[0].request, shot=case.shot, operator="", request_id="")
        asked = dataclasses.replace(asked, cut=turned.cut.key, handles=turned.cut.handles)
        if case.made is None:
            asked = dataclasses.replace(asked, camera="", ground="")  # those were another shot's
        there = case.made.frames if decision.action is Action.MISSING_FRAMES and case.made else None
        free = (_common(case.now.needed, there) if there else 0) * (1.0 - like[0].whole_share)
        pace = pace_of(like[0], mades(cases))
        seconds = None if pace is None else round(pace * (case.now.needed.count - free), 1)
        return dataclasses.replace(decision, request=asked, seconds=seconds)

    def _followed(self, decision: Decision, case: Case, turned: Turned) -> Decision:
        """The decision; where its first layer is on its way under the name that the shot had, with that.

        Only where the frames are the same and the material too: the layer is published under the earlier name, and is
        found again by this one.
        """
        if case.made is not None or case.now is None:
            return decision
        for shot in self._earlier(case, turned):
            page, _ = self._p.ledger.generations(turned.project, shot, 50, "")
            for one in page:
                if _layer(one) == case.layer and _is_open(one) and self._is_same(one, case, turned):
                    return dataclasses.replace(decision, published_as=shot, generation=one.name, state=one.state)
        return decision

    def _earlier(self, case: Case, turned: Turned) -> list[str]:
        """The names under which the first layer of a shot may be on its way."""
        now = Names(turned.diff).now
        return [
            use.shot
            for use in self._p.history.uses(turned.project)
            if use.standing is Standing.WANTED
            and use.layer == case.layer
            and use.shot != case.shot
            and now.get(use.used_as, use.used_as) == case.shot
        ]

    def _is_same(self, asked: Generation, case: Case, turned: Turned) -> bool:
        since = self._cases.since(turned, asked.request.cut)
        change = Names(since).changes.get(case.shot)
        if change is None or (change.was or change.shot) != asked.request.shot or change.kinds & _OTHER_MATERIAL:
            return False
        return change.needed_before == change.needed_after


def without_take(case: Case, why: str) -> Decision:
    """What is left to do where a plan for the new material would give the layer that is there, and why."""
    again = decide(dataclasses.replace(case, same_plan=True))
    if again.action.generates:  # nothing can come of that: the plan was for all that the cut needs
        return dataclasses.replace(again, action=Action.NOTHING, why=why, covers=None, missing=())
    same = again.action is Action.NOTHING and not again.edits
    return dataclasses.replace(again, why=why if same else f"{why} {again.why}")


def _layer(asked: Generation) -> str:
    return asked.request.name or asked.request.generator


def _is_open(asked: Generation) -> bool:
    return not asked.state.ended or asked.state is State.AWAITING_REVIEW


def _common(a: FrameRange, b: FrameRange) -> int:
    """How many frames two ranges share."""
    return max(min(a.end, b.end) - max(a.start, b.start) + 1, 0)


def strangers(turned: Turned) -> bool:
    """Whether the two cuts share no shot."""
    states: Iterable[str] = {shot.state for shot in turned.diff.shots} if turned.diff is not None else set()
    return "omitted" in states and bool({"new", "reinstated"} & {*states}) and not {"changed", "unchanged"} & {*states}
