"""Looks at stages for decisions: is a layer's camera still the one it was made for, and what would a plan be."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from usd_ai.core.archive import Ports
from usd_ai.core.asking import without_take
from usd_ai.core.case import Case
from usd_ai.core.decisions import Decision
from usd_ai.core.errors import UsdAiError
from usd_ai.core.made import Shelf
from usd_ai.core.places import stage_of
from usd_ai.core.types import Cut, FrameRange, PlannedWork, Project, Request

_FEW = 8
"""So many shots are planned for a decision without being asked to: each opens a stage, which takes seconds."""

_MATERIAL = "version"

Planner = Callable[[Request, FrameRange | None, Cut], PlannedWork]
"""The plan of a request over some frames (None: those that the cut needs)."""


class StageLooks:
    """Opens the stages of a few shots, or of every shot."""

    def __init__(self, ports: Ports, plan: Planner, shelf: Shelf) -> None:
        self._p = ports
        self._plan = plan
        self._shelf = shelf

    def cases(self, cases: list[Case], cut: Cut, notes: list[str], *, every: bool) -> list[Case]:
        """The cases, with what of their stages the layers' plans do not know."""
        doubtful = [c for c in cases if c.since is not None and c.now is not None and _MATERIAL in c.since.kinds]
        looked = [c for c in cases if c.made is not None and c.now is not None] if every else doubtful[:_FEW]
        if len(doubtful) > len(looked):
            more = len(doubtful) - len(looked)
            notes.append(
                f"{more} more shots have a new version of their material; --check-stages looks at their stages."
            )
        stages: dict[int, str] = {}
        for case in looked:
            if case.made is None:
                continue
            try:
                request = dataclasses.replace(case.made.request, shot=case.shot)
                work = self._plan(request, case.made.frames, cut)
            except UsdAiError as error:
                notes.append(f"{case.shot}: its stage was not looked at. {error.message}")
            else:
                stages[id(case)] = self._shelf.other_stage(case.made, work.plan)
        return [dataclasses.replace(case, stage=stages.get(id(case), "")) for case in cases]

    def decisions(
        self,
        decisions: Sequence[tuple[Decision, Case]],
        project: str,
        cut: Cut,
        notes: list[str],
        *,
        every: bool,
    ) -> list[Decision]:
        """The decisions, those that generate with the digest of their plan, or with what they wait for.

        Also what was asked for already: an approval is for a plan, and holds while that would come out again.
        """
        show = self._p.projects.get(project)
        left = len(decisions) if every else _FEW
        found: list[Decision] = []
        for one, case in decisions:
            decision = one
            if decision.request is not None and not decision.waits:
                lacks = _lacks_stage(show, decision.shot)
                if lacks:
                    decision = decision if decision.generation else dataclasses.replace(decision, waits=lacks)
                elif left:
                    left -= 1
                    decision = self._with_plan(decision, case, cut)
                elif not decision.generation:
                    notes.append(f"{decision.shot}: not planned ahead; --check-stages plans every shot.")
            found.append(decision)
        return found

    def _with_plan(self, decision: Decision, case: Case, cut: Cut) -> Decision:
        assert decision.request is not None  # noqa: S101 - the caller looked
        try:
            work = self._plan(decision.request, None, cut)
        except UsdAiError as error:
            return decision if decision.generation else dataclasses.replace(decision, waits=error.message)
        if case.made is not None and work.plan_digest == case.made.plan_digest:
            said = f"{decision.why} Its plan is the same all the same: nothing else would come out."
            return without_take(case, said)
        seconds = decision.seconds if decision.seconds is not None else work.forecast.seconds
        return dataclasses.replace(decision, plan_digest=work.plan_digest, seconds=seconds)


def _lacks_stage(show: Project, shot: str) -> str:
    """Why a shot has no stage to plan in; "" where it has one. A name that is no file's holds up that shot alone."""
    try:
        stage = Path(stage_of(show, shot))
    except UsdAiError as error:
        return f"{error.message} {error.remedy}"
    return "" if stage.is_file() else f"There is no stage {stage.name} yet."
