"""TimelineService: projects, cuts in, timelines out."""

from __future__ import annotations

from typing import Any

import grpc.aio

from services import asked, convert, names, paging
from services.calls import Calls
from usd_ai.api.v1 import timeline_pb2, timeline_pb2_grpc
from usd_ai.core.engine import Engine
from usd_ai.core.errors import InvalidRequest

_Context = grpc.aio.ServicerContext[Any, Any]
_SHOTS = 200
_MOST_SHOTS = 1000


class TimelineServicer(timeline_pb2_grpc.TimelineServiceServicer):
    """Reading cuts and writing timelines."""

    def __init__(self, engine: Engine, calls: Calls) -> None:
        self._engine = engine
        self._calls = calls

    async def ListProjects(  # noqa: N802 - named by the proto file, as every call below
        self, request: timeline_pb2.ListProjectsRequest, context: _Context
    ) -> timeline_pb2.ListProjectsResponse:
        """A page of projects, by name."""
        del context
        page, token = paging.page(self._engine.projects.all(), paging.size(request.page_size), request.page_token)
        projects = [convert.project_message(show) for show in page]
        return timeline_pb2.ListProjectsResponse(projects=projects, next_page_token=token)

    async def ReadCut(  # noqa: N802
        self, request: timeline_pb2.ReadCutRequest, context: _Context
    ) -> timeline_pb2.ReadCutResponse:
        """A cut and a page of its shots. The token holds the cut's digest: a cut that changed is refused."""
        del context
        project = names.project(request.parent, self._engine.projects)
        handles = request.handles if request.HasField("handles") else None
        if handles is not None and handles < 0:
            raise InvalidRequest(
                f"Handles of {handles} frames are impossible.", remedy="Give 0 or more.", reason="HANDLES_INVALID"
            )
        cut = await self._calls.step(self._engine.read_cut, project, request.path, asked.rate_from(request), handles)
        size = paging.size(request.page_size, _SHOTS, _MOST_SHOTS)
        page, token = paging.page(cut.shots, size, request.page_token, cut.sha256)
        shots = [convert.shot_message(project, shot) for shot in page]
        return timeline_pb2.ReadCutResponse(cut=convert.cut_message(cut), shots=shots, next_page_token=token)

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
            self._engine.write_timeline, project, request.output_path, dry_run=request.validate_only
        )
        return timeline_pb2.WriteTimelineResponse(path=path, shots=shots)
