"""A new cut arrives: what is different, what that means for published layers, and, once approved, doing it.

Everything here may be done twice: a request's id follows from the cut, the shot and the layer it replaces; edit layers
of equal content are equal bytes; and the cut counts as applied only when all of it is. A crash is mended by applying
again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from usd_ai.core import plan as planning
from usd_ai.core.archive import Archive, Ports
from usd_ai.core.asking import Asking, strangers
from usd_ai.core.case import Case
from usd_ai.core.cases import Cases, Turned, mades, unlike_any
from usd_ai.core.changes import CutDiff, ShotChange
from usd_ai.core.decide import decide
from usd_ai.core.decisions import Action, Decision, KeptCut, LayerUse, Standing, SyncPlan
from usd_ai.core.doubts import doubted, refuse_doubtful
from usd_ai.core.edits import plays_digest
from usd_ai.core.errors import CheckRejected, Conflict, InvalidRequest, NotFound, UnreadableInput
from usd_ai.core.made import Shelf
from usd_ai.core.numbers import Numbering, Numbers
from usd_ai.core.pointing import Pointer
from usd_ai.core.stage_looks import Planner, StageLooks
from usd_ai.core.types import Cut, Generation, Rate, Request

_NAMED = 8  # shots that a note names


class Turnover:
    """From a new cut to decisions, and from an approved plan to work."""

    def __init__(
        self,
        ports: Ports,
        archive: Archive,
        plan: Planner,
        submit: Callable[[Request], Generation],
        pointer: Pointer,
    ) -> None:
        self._p = ports
        self._archive = archive
        self._submit = submit
        self._shelf = Shelf(ports)
        self._cases = Cases(ports.history, self._shelf, self._compare)
        self._asking = Asking(ports, self._cases)
        self._looks = StageLooks(ports, plan, self._shelf)
        self._numbers = Numbers(ports.history, self._compare)
        self._pointer = pointer

    # ------------------------------------------------------------------------------------------ looking

    def diff(
        self,
        project: str,
        old: str,
        new: str,
        rate: Rate | None = None,
        handles: int | None = None,
        sequence: str = "",
    ) -> tuple[CutDiff, Cut]:
        """What is different in ``new`` (as `WhichCut.choose` takes it); that cut.

        ``old``: likewise, but "" is the one applied last, before the first the project's own.
        """
        choose = self._archive.which.choose
        cut = choose(project, new, rate, handles, sequence).cut
        if old:
            older = choose(project, old, rate, handles, sequence).cut
        else:
            kept = self._older(project, cut, rate, handles)
            older = kept.cut if kept is not None else cut
        return self._compare(project, older, cut), cut

    def diff_against_published(
        self, project: str, new: str, rate: Rate | None = None, handles: int | None = None, sequence: str = ""
    ) -> tuple[CutDiff, Cut]:
        """What is different in ``new`` from the cuts that each published layer was generated for."""
        turned = self._turned(project, new, rate, handles, sequence)
        cases = self._cases.of(turned)
        shots: dict[str, ShotChange] = {}
        for case in cases:
            if case.since is not None:
                shots.setdefault(case.shot, case.since)
            elif case.made is not None and case.now is None and not case.superseded_by:
                shots.setdefault(case.shot, ShotChange(case.shot, "omitted", (), case.made.frames, None))
        name, digest = "what was generated", planning.digest_of({"cuts": sorted({c.cut for c in mades(cases)})})
        told = (digest, turned.cut.sha256, (), tuple(shots.values()), turned.cut.notices)
        return CutDiff(name, turned.cut.name, *told), turned.cut

    def decisions(
        self,
        project: str,
        path: str,
        rate: Rate | None = None,
        handles: int | None = None,
        sequence: str = "",
        *,
        check_stages: bool = False,
    ) -> SyncPlan:
        """What a cut means for every published layer, and for shots that have none yet. Changes nothing.

        ``check_stages``: look at the stage of every shot for another camera, and plan whatever is to be generated;
        else this is done for a few shots only.
        """
        return self._decided(self._turned(project, path, rate, handles, sequence), check_stages=check_stages)[0]

    # ------------------------------------------------------------------------------------------ doing

    def apply(
        self,
        project: str,
        path: str,
        etag: str,
        operator: str,
        rate: Rate | None = None,
        handles: int | None = None,
        sequence: str = "",
        *,
        check_stages: bool = False,
        despite_errors: bool = False,
    ) -> SyncPlan:
        """Carry out what was approved under ``etag``; the plan with what was asked for. Again does what is left.

        Raises Conflict SYNC_STALE where the decisions are not those that were approved; OMISSIONS_DOUBTFUL where shots
        seem to be gone of a cut that could not be read whole, unless ``despite_errors``. One at a time in a project:
        two cuts applied at once would each overwrite edit layers that the other says are its own.
        """
        with self._p.locks.held(f"sync-{project}"):
            how = {"check_stages": check_stages, "despite_errors": despite_errors}
            return self._applied(project, path, etag, operator, (rate, handles, sequence), **how)

    def _applied(
        self,
        project: str,
        path: str,
        etag: str,
        operator: str,
        read: tuple[Rate | None, int | None, str],
        *,
        check_stages: bool,
        despite_errors: bool,
    ) -> SyncPlan:
        rate, handles, sequence = read
        turned = self._turned(project, path, rate, handles, sequence)
        plan, numbering = self._decided(turned, check_stages=check_stages)
        if etag != plan.etag:
            raise Conflict(
                f"The decisions on {plan.new_label} are not those that were approved.",
                remedy="A cut, a layer or a stage changed since. Look again: usd-ai timeline sync CUT; approve that.",
                reason="SYNC_STALE",
                context={"cut": plan.new_label},
            )
        if not despite_errors:
            refuse_doubtful(plan)
        if turned.older is not None and not turned.older.kept:
            self._p.history.keep(project, turned.older.label, turned.older.path, turned.older.cut)
        self._p.history.keep(project, plan.new_label, turned.path, turned.cut)
        self._p.history.number(project, numbering.changed)  # before any file bears a number: if it dies, these hold
        done = tuple(self._carry_out(decision, turned, operator) for decision in plan.decisions)
        for case in self._cases.of(turned):
            self._remember_name(case, turned)
        self._p.history.apply(project, turned.cut, self._archive.which.named_by(project), turned.path)
        return dataclasses.replace(plan, decisions=done)

    def _carry_out(self, decision: Decision, turned: Turned, operator: str) -> Decision:
        use = LayerUse(
            decision.published_as,
            decision.layer,
            decision.shot,
            Standing.UNUSED if decision.unused else Standing.USED,
            decision.version,
            plays_digest(decision.edits) if decision.action.plays else "",
            turned.cut.sha256,
        )
        if decision.action is Action.GENERATE:  # also one that waits: a later apply finds it
            self._p.history.stand(turned.project, dataclasses.replace(use, standing=Standing.WANTED))
        if not decision.asks:
            return decision
        if decision.request is not None:
            try:
                asked = self._submit(dataclasses.replace(decision.request, operator=operator))
            except InvalidRequest as error:  # a name that is no folder's, a parameter that is no more: the others go on
                return dataclasses.replace(decision, waits=f"{error.message} {error.remedy}".strip())
            return dataclasses.replace(decision, generation=asked.name, state=asked.state)
        if not decision.action.plays:
            self._p.history.stand(turned.project, use)
            return decision
        try:
            self._shelf.play(turned.project, decision)
            self._pointer.point(turned.project, decision.published_as, use)
        except (CheckRejected, InvalidRequest, NotFound, UnreadableInput) as error:  # one layer: the others go on
            return dataclasses.replace(decision, waits=f"{error.message} {error.remedy}".strip())
        return decision

    def _remember_name(self, case: Case, turned: Turned) -> None:
        """A shot that the cut calls by another name than its layer's folder is found again by it."""
        if case.made is None or case.now is None:
            return
        called = case.use.used_as if case.use is not None else case.made.shot
        if called != case.shot:
            fresh = LayerUse(case.made.shot, case.layer, case.shot, Standing.USED)
            use = case.use if case.use is not None else fresh
            self._p.history.stand(
                turned.project, dataclasses.replace(use, used_as=case.shot, cut_sha256=turned.cut.sha256)
            )

    # ------------------------------------------------------------------------------------------ deciding

    def _turned(self, project: str, path: str, rate: Rate | None, handles: int | None, sequence: str) -> Turned:
        chosen = self._archive.which.choose(project, path, rate, handles, sequence)
        older = self._older(project, chosen.cut, rate, handles)
        diff = self._compare(project, older.cut, chosen.cut) if older is not None else None
        return Turned(project, chosen.path, chosen.cut, older, diff)

    def _older(self, project: str, cut: Cut, rate: Rate | None, handles: int | None) -> KeptCut | None:
        """The cut applied last; before the first, the newest other one of the history, else the project's own."""
        try:
            return self._p.history.cut(project, "")
        except NotFound:  # the first cut ever: that is no mistake of the asker's
            kept, _ = self._p.history.cuts(project, 2, "")
        for other in kept:
            if other.cut.key != cut.key:
                return self._p.history.cut(project, other.cut.key)
        try:
            own = self._archive.which.choose(project, "", rate, handles)  # none was applied: the one of studio.toml
        except NotFound:  # the project's cut may be the one that is still to come
            return None
        return KeptCut(own.label, own.path, "", "", own.cut, len(own.cut.shots)) if own.cut.key != cut.key else None

    def _compare(self, project: str, old: Cut, new: Cut) -> CutDiff:
        naming = self._p.projects.get(project).naming
        return self._p.cuts.compare(old, new, self._p.history.known_shots(project, new.sha256), naming)

    def _decided(self, turned: Turned, *, check_stages: bool) -> tuple[SyncPlan, Numbering]:
        notes: list[str] = []
        older = turned.older.cut if turned.older is not None else None
        cases = self._cases.of(turned, turned.comes)
        cases, numbering = self._numbers.numbered(turned.project, cases, turned.cut, older, turned.diff)
        cases = self._looks.cases(cases, turned.cut, notes, every=check_stages)
        decided = [(doubted(decide(case), case, turned.cut), case) for case in cases]
        asked = [(self._asking.asked(decision, case, turned, cases), case) for decision, case in decided]
        found = self._looks.decisions(asked, turned.project, turned.cut, notes, every=check_stages)
        notes += self._asking.overtaken(found, turned)
        order = {shot.name: place for place, shot in enumerate(turned.cut.shots)}
        found.sort(key=lambda d: (order.get(d.shot, len(order)), d.shot, d.layer))
        if alone := unlike_any(turned, cases):
            notes.append(
                f"{_some(alone)}: new, and no shot of this cut has a layer that theirs could be like. Nothing is "
                f"generated by itself: usd-ai generate {alone[0]}."
            )
        if turned.older is not None and strangers(turned):
            notes.append(
                f"No shot of {turned.older.label} is in this cut. Is it another sequence? Then give it a project of "
                "its own; applied here, it marks the layers of all other shots unused."
            )
        if not cases:
            notes.append("Nothing is published in this project, so there is nothing to decide.")
        plan = SyncPlan(
            old_label=turned.older.label if turned.older is not None else "",
            new_label=Path(turned.path).stem,
            old_sha256=turned.older.cut.sha256 if turned.older is not None else "",
            new_sha256=turned.cut.sha256,
            decisions=tuple(found),
            etag=_etag(turned, found),
            notes=tuple(notes),
            notices=turned.cut.notices,
        )
        return plan, numbering


def _some(shots: Sequence[str]) -> str:
    more = len(shots) - _NAMED
    return ", ".join(shots[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _etag(turned: Turned, decisions: Iterable[Decision]) -> str:
    """What an approval is for: what shall be true in the end. Not what was done of it before, nor what it costs."""
    targets: list[object] = []
    for d in decisions:
        asked = dataclasses.replace(d.request, request_id="", operator="") if d.request is not None else None
        plays = plays_digest(d.edits) if d.edits else ""
        targets.append([d.shot, d.layer, d.unused, d.keeps, plays, repr(asked), str(d.covers or ""), d.plan_digest])
    told = {"cut": turned.cut.key, "rate": str(turned.cut.rate), "handles": turned.cut.handles, "targets": targets}
    return planning.digest_of(told)[:32]
