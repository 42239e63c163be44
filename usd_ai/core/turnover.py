"""A new cut arrives: what is different, what that means for published layers, and, once approved, doing it.

Everything here may be done twice: a request's id follows from the cut, the shot and the layer it replaces; edit layers
of equal content are equal bytes; and the cut counts as applied only when all of it is. A crash is mended by applying
again.
"""

from __future__ import annotations

import dataclasses
import itertools
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from usd_ai.core import plan as planning
from usd_ai.core.archive import Archive, Ports
from usd_ai.core.case import Case
from usd_ai.core.changes import CutDiff, ShotChange
from usd_ai.core.decide import decide
from usd_ai.core.decisions import Action, Decision, KeptCut, LayerUse, Made, Standing, SyncPlan
from usd_ai.core.edits import plays_digest
from usd_ai.core.errors import Conflict, InvalidRequest, NotFound, UnreadableInput
from usd_ai.core.made import Shelf, pace_of
from usd_ai.core.numbers import Numbering, Numbers
from usd_ai.core.pointing import Pointer
from usd_ai.core.stage_looks import Planner, StageLooks
from usd_ai.core.types import Cut, Generation, Rate, Request, State

_NAMESPACE = uuid.UUID("6a5f3a0e-6d0b-5c59-9d0c-5a8f0a3c72d1")
_COMES = {"new", "reinstated"}
_ENDED_BADLY = {State.FAILED, State.REJECTED, State.CANCELLED}


@dataclass(frozen=True, slots=True)
class Turned:
    """A cut as it was asked for: its file, how it was read, and what it is compared with."""

    project: str
    path: str
    cut: Cut
    older: KeptCut | None
    diff: CutDiff | None  # against the older one


class _Names:
    """The shots of a comparison: what each is called now, by what it was called, and what changed of it."""

    def __init__(self, diff: CutDiff | None) -> None:
        shots = diff.shots if diff is not None else ()
        self.now = {shot.was or shot.shot: shot.shot for shot in shots if shot.needed_after is not None}
        self.changes = {shot.shot: shot for shot in shots}


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
        cases = self._cases(turned, frozenset())
        shots: dict[str, ShotChange] = {}
        for case in cases:
            if case.since is not None:
                shots.setdefault(case.shot, case.since)
            elif case.made is not None and case.now is None:
                shots.setdefault(case.shot, ShotChange(case.shot, "omitted", (), case.made.frames, None))
        name, digest = "what was generated", planning.digest_of({"cuts": sorted({c.cut for c in _mades(cases)})})
        return CutDiff(name, turned.cut.name, digest, turned.cut.sha256, (), tuple(shots.values())), turned.cut

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
    ) -> SyncPlan:
        """Carry out what was approved under ``etag``; the plan with what was asked for. Again does what is left.

        Raises Conflict SYNC_STALE where the decisions are not those that were approved. One at a time in a project: two
        cuts applied at once would each overwrite edit layers that the other says are its own.
        """
        with self._p.locks.held(f"sync-{project}"):
            return self._applied(project, path, etag, operator, (rate, handles, sequence), check_stages=check_stages)

    def _applied(
        self,
        project: str,
        path: str,
        etag: str,
        operator: str,
        read: tuple[Rate | None, int | None, str],
        *,
        check_stages: bool,
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
        if turned.older is not None and not turned.older.kept:
            self._p.history.keep(project, turned.older.label, turned.older.path, turned.older.cut)
        self._p.history.keep(project, plan.new_label, turned.path, turned.cut)
        self._p.history.number(project, numbering.changed)  # before any file bears a number: if it dies, these hold
        done = tuple(self._carry_out(decision, turned, operator) for decision in plan.decisions)
        for case in self._cases(turned, frozenset()):
            self._remember_name(case, turned)
        self._p.history.apply(project, turned.cut, self._archive.which.named_by(project))
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
        self._shelf.play(turned.project, decision)
        try:
            self._pointer.point(turned.project, decision.published_as, use)
        except (InvalidRequest, NotFound, UnreadableInput) as error:  # its stage is not there: the others go on
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
        wanted = {s.shot for s in turned.diff.shots if s.state in _COMES} if turned.diff is not None else set[str]()
        older = turned.older.cut if turned.older is not None else None
        cases = self._cases(turned, frozenset(wanted))
        cases, numbering = self._numbers.numbered(turned.project, cases, turned.cut, older, turned.diff)
        cases = self._looks.cases(cases, turned.cut, notes, every=check_stages)
        made = {(case.shot, case.layer): case.made for case in cases}
        found = [self._asked(self._priced(decide(case), case, turned, cases), turned) for case in cases]
        found = self._looks.decisions(found, made, turned.project, turned.cut, notes, every=check_stages)
        notes += self._superseded(found, turned)
        order = {shot.name: place for place, shot in enumerate(turned.cut.shots)}
        found.sort(key=lambda d: (order.get(d.shot, len(order)), d.shot, d.layer))
        if turned.older is not None and turned.diff is not None and _strangers(turned.diff):
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
        )
        return plan, numbering

    def _cases(self, turned: Turned, new: frozenset[str]) -> list[Case]:
        """Every published layer, and every layer that a shot of the cut still wants, also under another name by now.

        ``new``: shots that come into the cut. One that was there before and has any layer of its own wants no more.
        """
        made, uses = self._shelf.made(turned.project), self._p.history.uses(turned.project)
        standing = {(use.shot, use.layer): use for use in uses}
        shots, last = {shot.name: shot for shot in turned.cut.shots}, _Names(turned.diff)
        since = {digest: _Names(self._since(turned, digest)) for digest in {one.cut for one in made}}
        cases: list[Case] = []
        for one in made:
            use, then = standing.get((one.shot, one.layer)), since[one.cut]
            called = use.used_as if use is not None else one.shot
            name = last.now.get(called) or then.now.get(one.shot) or called
            change = then.changes.get(name)
            known = change if change is not None and change.state not in {"new", "reinstated"} else None
            cases.append(Case(name, one.layer, shots.get(name), one, use, known))
        have = {(case.shot, case.layer) for case in cases}
        new -= {shot for shot, _ in have}
        asked = {(last.now.get(u.shot, u.shot), u.layer) for u in uses if u.standing is Standing.WANTED}
        for shot in turned.cut.shots:
            near = self._neighbour(shot.name, turned, cases) if shot.name in new else []
            layers = {one.layer for one in near} | {layer for name, layer in asked if name == shot.name}
            cases += [Case(shot.name, n, shot, None, wanted=True) for n in sorted(layers) if (shot.name, n) not in have]
        return cases

    def _since(self, turned: Turned, digest: str) -> CutDiff | None:
        if not digest:
            return None
        try:
            then = self._p.history.cut(turned.project, digest).cut
        except NotFound:  # published before there was a history: the layer's frames tell what they can
            return None
        return self._compare(turned.project, then, turned.cut)

    def _neighbour(self, shot: str, turned: Turned, cases: Iterable[Case]) -> list[Made]:
        """The layers of the shot with any that stands nearest in the cut, the earlier of two."""
        place = {one.name: k for k, one in enumerate(turned.cut.shots)}
        there = [case for case in cases if case.made is not None and case.now is not None]
        if not there:
            return []
        nearest = min(there, key=lambda case: (abs(place[case.shot] - place[shot]), place[case.shot])).shot
        return [case.made for case in there if case.shot == nearest and case.made is not None]

    def _priced(self, decision: Decision, case: Case, turned: Turned, cases: list[Case]) -> Decision:
        """The decision with the request that would be submitted, and what that would cost."""
        if not decision.action.generates or case.now is None:
            return decision
        like = [case.made] if case.made is not None else self._neighbour(case.shot, turned, cases)
        like = [one for one in like if one.layer == case.layer] or [m for m in _mades(cases) if m.layer == case.layer]
        if not like:
            return dataclasses.replace(decision, waits=f"No other shot has a {case.layer} to make it like.")
        asked = dataclasses.replace(like[0].request, shot=case.shot, operator="", request_id="")
        asked = dataclasses.replace(asked, cut=turned.cut.key, handles=turned.cut.handles)
        if case.made is None:
            asked = dataclasses.replace(asked, camera="", ground="")  # those were another shot's
        there = set(case.made.frames.frames()) if decision.action is Action.MISSING_FRAMES and case.made else set[int]()
        free = len(set(case.now.needed.frames()) & there) * (1.0 - like[0].whole_share)
        pace = pace_of(like[0], _mades(cases))
        seconds = None if pace is None else round(pace * (case.now.needed.count - free), 1)
        return dataclasses.replace(decision, request=asked, seconds=seconds)

    def _asked(self, decision: Decision, turned: Turned) -> Decision:
        """The decision with the id its request has, and what became of it if it was asked for before.

        What ended badly is asked for again, under the next id.
        """
        if decision.request is None:
            return decision
        for attempt in itertools.count():
            told = f"{turned.cut.key}/{decision.shot}/{decision.layer}/{decision.keeps}/{decision.covers}/{attempt}"
            request = dataclasses.replace(decision.request, request_id=str(uuid.uuid5(_NAMESPACE, told)))
            found = self._p.ledger.requested(turned.project, request.request_id)
            if found is None:
                return dataclasses.replace(decision, request=request)
            if found.state is State.PUBLISHED:
                why = f"{decision.why} It was generated for this cut, and came out as it was."
                return dataclasses.replace(decision, action=Action.NOTHING, why=why, seconds=0.0)
            if found.state not in _ENDED_BADLY:
                return dataclasses.replace(decision, request=request, generation=found.name, state=found.state)
        raise AssertionError("unreachable: ids do not end")

    def _superseded(self, decisions: Iterable[Decision], turned: Turned) -> list[str]:
        """What was asked for another cut and would still be made, or could still be published."""
        said: list[str] = []
        for decision in decisions:
            if decision.request is None:
                continue
            page, _ = self._p.ledger.generations(turned.project, decision.shot, 50, "")
            said += [
                f"{decision.shot}: {one.name} is {one.state} and was asked for another cut; usd-ai watch it --cancel."
                for one in page
                if one.request.cut not in {"", turned.cut.key}
                and (not one.state.ended or one.state is State.AWAITING_REVIEW)
                and (one.request.name or one.request.generator) == decision.layer
            ]
        return said


def _strangers(diff: CutDiff) -> bool:
    """Whether two cuts share no shot."""
    states = {shot.state for shot in diff.shots}
    return "omitted" in states and bool(states & {"new", "reinstated"}) and not states & {"changed", "unchanged"}


def _mades(cases: Iterable[Case]) -> list[Made]:
    return [case.made for case in cases if case.made is not None]


def _etag(turned: Turned, decisions: Iterable[Decision]) -> str:
    """What an approval is for: what shall be true in the end. Not what was done of it before, nor what it costs."""
    targets: list[object] = []
    for d in decisions:
        asked = dataclasses.replace(d.request, request_id="", operator="") if d.request is not None else None
        plays = plays_digest(d.edits) if d.edits else ""
        targets.append([d.shot, d.layer, d.unused, d.keeps, plays, repr(asked), str(d.covers or "")])
    told = {"cut": turned.cut.key, "rate": str(turned.cut.rate), "handles": turned.cut.handles, "targets": targets}
    return planning.digest_of(told)[:32]
