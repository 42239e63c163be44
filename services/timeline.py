"""TimelineService: projects, cuts in, timelines out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from functools import partial
from typing import Any

import grpc.aio

from services import asked, convert, convert_cuts, names, paging
from services.answers import Answers
from services.calls import Calls
from services.interceptors import operator_of
from usd_ai.api.v1 import timeline_pb2, timeline_pb2_grpc
from usd_ai.core.back import Asked
from usd_ai.core.changes import CutDiff
from usd_ai.core.decisions import Action, Decision, KeptShot, SyncPlan
from usd_ai.core.engine import Engine
from usd_ai.core.errors import InvalidRequest, NotFound
from usd_ai.core.types import Cut

_Context = grpc.aio.ServicerContext[Any, Any]
_SHOTS = 200
_MOST_SHOTS = 1000


class TimelineServicer(timeline_pb2_grpc.TimelineServiceServicer):
    """Reading cuts, telling and doing what a new one means, and writing timelines."""

    def __init__(self, engine: Engine, calls: Calls) -> None:
        self._engine = engine
        self._calls = calls
        self._diffs: Answers[tuple[CutDiff, Cut]] = Answers()
        self._plans: Answers[SyncPlan] = Answers()

    async def ListProjects(  # noqa: N802 - named by the proto file, as every call below
        self, request: timeline_pb2.ListProjectsRequest, context: _Context
    ) -> timeline_pb2.ListProjectsResponse:
        """A page of projects, by name."""
        del context
        page, token = paging.page(self._engine.projects.all(), paging.size(request.page_size), request.page_token)
        projects = [convert_cuts.project_message(show) for show in page]
        return timeline_pb2.ListProjectsResponse(projects=projects, next_page_token=token)

    async def ReadCut(  # noqa: N802
        self, request: timeline_pb2.ReadCutRequest, context: _Context
    ) -> timeline_pb2.ReadCutResponse:
        """A cut and a page of its shots. The token holds what the cut is: one that changed is refused."""
        del context
        project = names.project(request.parent, self._engine.projects)
        rate, handles = asked.rate_from(request), asked.handles_from(request)
        chosen = await self._calls.step(
            self._engine.which.choose, project, request.path, rate, handles, request.sequence
        )
        size = paging.size(request.page_size, _SHOTS, _MOST_SHOTS)
        shots, token = paging.messages(
            chosen.cut.shots, size, request.page_token, chosen.cut.key, partial(convert_cuts.shot_message, project)
        )
        return timeline_pb2.ReadCutResponse(
            cut=convert_cuts.cut_message(chosen.cut),
            shots=shots,
            next_page_token=token,
            label=chosen.label,
            path=chosen.path,
            apply_time=convert.timestamp_message(chosen.applied),
            told=chosen.told,
        )

    async def WriteTimeline(  # noqa: N802
        self, request: timeline_pb2.WriteTimelineRequest, context: _Context
    ) -> timeline_pb2.WriteTimelineResponse:
        """Write a new timeline in which every generated shot carries its layer."""
        del context
        project = names.project(request.parent, self._engine.projects)
        if not request.output_path:
            raise InvalidRequest(
                "No output_path is given.", remedy="Name the .otio file to write.", reason="OUTPUT_REQUIRED"
            )
        path, shots = await self._calls.step(
            self._engine.back.timeline,
            project,
            request.output_path,
            Asked(request.old, request.path, asked.rate_from(request), asked.handles_from(request), request.sequence),
            marks=request.marks,
            dry_run=request.validate_only,
        )
        return timeline_pb2.WriteTimelineResponse(path=path, shots=shots)

    async def DiffCut(  # noqa: N802
        self, request: timeline_pb2.DiffCutRequest, context: _Context
    ) -> timeline_pb2.DiffCutResponse:
        """What is different in a cut, and a page of its shots."""
        del context
        project = names.project(request.parent, self._engine.projects)
        found = self._diffs.get(request) or await self._compared(project, request)
        diff, cut = found
        told = [s for s in diff.shots if request.include_unchanged or s.state != "unchanged"]
        size = paging.size(request.page_size, _SHOTS, _MOST_SHOTS)
        state = f"{diff.old_sha256}{diff.new_sha256}"
        shots, token = paging.messages(
            told, size, request.page_token, state, partial(convert_cuts.shot_change_message, project)
        )
        self._diffs.keep(request, token, found)
        return timeline_pb2.DiffCutResponse(
            old_title=diff.old_name,
            new_title=diff.new_name,
            old_sha256=diff.old_sha256,
            new_sha256=diff.new_sha256,
            different=bool(diff.changes) or any(s.state != "unchanged" for s in diff.shots),
            changes=[convert_cuts.change_message(change) for change in diff.changes],
            shots=shots,
            notices=convert_cuts.notice_messages(cut.notices),
            old_notices=convert_cuts.notice_messages(diff.old_notices),
            next_page_token=token,
        )

    async def _compared(self, project: str, request: timeline_pb2.DiffCutRequest) -> tuple[CutDiff, Cut]:
        read = (asked.rate_from(request), asked.handles_from(request), request.sequence)
        turnover = self._engine.turnover
        if request.against_published:
            return await self._calls.step(turnover.diff_against_published, project, request.path, *read)
        return await self._calls.step(turnover.diff, project, request.old, request.path, *read)

    async def SyncCut(  # noqa: N802
        self, request: timeline_pb2.SyncCutRequest, context: _Context
    ) -> timeline_pb2.SyncCutResponse:
        """What a new cut means for every published layer; without ``validate_only``, the carrying out of it."""
        project = names.project(request.parent, self._engine.projects)
        read = (asked.rate_from(request), asked.handles_from(request), request.sequence)
        turnover, look = self._engine.turnover, request.check_stages
        if request.validate_only:
            plan = self._plans.get(request) or await self._calls.step(
                turnover.decisions, project, request.path, *read, check_stages=look
            )
            told = [d for d in plan.decisions if request.include_unchanged or _tells(d)]
            size = paging.size(request.page_size, _SHOTS, _MOST_SHOTS)
            decisions, token = paging.messages(
                told, size, request.page_token, plan.etag, partial(convert_cuts.decision_message, project)
            )
            self._plans.keep(request, token, plan)
            return _synced(plan, decisions, len(plan.open), token)
        if not request.etag:
            raise InvalidRequest(
                "No etag is given.",
                remedy="Look at the decisions (validate_only) and approve them with the etag they have.",
                reason="ETAG_REQUIRED",
            )
        operator = operator_of(context)
        how = {"check_stages": look, "despite_errors": request.despite_errors}
        plan = await self._calls.apply(
            project, turnover.apply, project, request.path, request.etag, operator, *read, **how
        )
        done = [convert_cuts.brief_decision(d) for d in plan.decisions if _tells(d)]
        count = sum(not decision.waits for decision in done)
        carried_out, _ = paging.messages(done, _MOST_SHOTS, "", "", partial(convert_cuts.decision_message, project))
        return _synced(plan, carried_out, count, "")

    async def WriteChangeList(  # noqa: N802
        self, request: timeline_pb2.WriteChangeListRequest, context: _Context
    ) -> timeline_pb2.WriteChangeListResponse:
        """What a new cut changes and what that means for layers, in a file for people."""
        del context
        project = names.project(request.parent, self._engine.projects)
        if not request.output_path:
            raise InvalidRequest(
                "No output_path is given.", remedy="Name the file to write: changes.html.", reason="OUTPUT_REQUIRED"
            )
        read = (asked.rate_from(request), asked.handles_from(request), request.sequence)
        path, sentences = await self._calls.step(
            self._engine.back.change_list,
            project,
            request.output_path,
            Asked(request.old, request.path, *read),
            dry_run=request.validate_only,
        )
        return timeline_pb2.WriteChangeListResponse(path=path, sentences=paging.few(sentences, paging.ROOM))

    async def ListCuts(  # noqa: N802
        self, request: timeline_pb2.ListCutsRequest, context: _Context
    ) -> timeline_pb2.ListCutsResponse:
        """A page of the history, newest first."""
        del context
        project = names.project(request.parent, self._engine.projects)
        size = paging.size(request.page_size)
        cuts, token = await self._calls.look(self._engine.history.cuts, project, size, request.page_token)
        kept = [convert_cuts.kept_cut_message(project, cut) for cut in cuts]
        return timeline_pb2.ListCutsResponse(cuts=kept, next_page_token=token)

    async def GetCutShot(  # noqa: N802
        self, request: timeline_pb2.GetCutShotRequest, context: _Context
    ) -> timeline_pb2.CutShot:
        """A shot as a version of the cut had it."""
        del context
        project, cut, shot = names.cut_shot(request.name, self._engine.projects)
        kept = await self._calls.look(self._engine.history.cut, project, cut)
        if kept.cut.shot(shot) is None:
            known = await self._calls.look(self._engine.history.known_shots, project)
            if shot not in known:
                raise _never(shot, known)
        found = KeptShot(kept.label, kept.cut.sha256, kept.kept, kept.cut.shot(shot))
        return convert_cuts.cut_shot_message(project, shot, found)

    async def ListCutShots(  # noqa: N802
        self, request: timeline_pb2.ListCutShotsRequest, context: _Context
    ) -> timeline_pb2.ListCutShotsResponse:
        """A page of a shot's history, newest first."""
        del context
        project, shot = names.shot(request.parent, self._engine.projects)
        found = await self._calls.look(self._engine.history.shots, project, shot)
        if all(kept.shot is None for kept in found):
            raise _never(shot, await self._calls.look(self._engine.history.known_shots, project))
        page, token = paging.page(found, paging.size(request.page_size), request.page_token, str(len(found)))
        kept = [convert_cuts.cut_shot_message(project, shot, one) for one in page]
        return timeline_pb2.ListCutShotsResponse(cut_shots=kept, next_page_token=token)


def _never(shot: str, known: Collection[str]) -> NotFound:
    """No cut that is kept has the shot."""
    near = get_close_matches(shot, sorted(known), n=3)
    means = f"Did you mean {', '.join(near)}? " if near else ""
    return NotFound(
        f"No cut of the history has a shot '{shot}'." if known else f"No cut is kept yet, so none has a shot '{shot}'.",
        remedy=f"{means}usd-ai shots lists those of the cut in force; usd-ai timeline history lists the cuts.",
        reason="SHOT_NOT_KEPT",
        context={"shot": shot},
    )


def _tells(decision: Decision) -> bool:
    """Whether somebody has to hear of a decision."""
    return decision.action is not Action.NOTHING


def _synced(
    plan: SyncPlan, decisions: Sequence[timeline_pb2.Decision], count: int, token: str
) -> timeline_pb2.SyncCutResponse:
    return timeline_pb2.SyncCutResponse(
        etag=plan.etag,
        old_label=plan.old_label,
        new_label=plan.new_label,
        old_sha256=plan.old_sha256,
        new_sha256=plan.new_sha256,
        decisions=decisions,
        decision_count=len(plan.decisions),
        open_count=count,
        estimated_duration=convert.duration_message(plan.seconds),
        notes=paging.few(plan.notes),
        notices=convert_cuts.notice_messages(plan.notices),
        next_page_token=token,
    )
