"""GenerationService: ask for layers, watch them come, publish what was reviewed."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
from google.longrunning import operations_pb2

from services import asked, convert, names, paging
from services.calls import Calls
from services.interceptors import operator_of
from services.watch import ProgressFeeds
from usd_ai.api.v1 import assets_pb2, generation_pb2, generation_pb2_grpc
from usd_ai.core.engine import Engine
from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import Cut, Rate, Request

_Context = grpc.aio.ServicerContext[Any, Any]


class GenerationServicer(generation_pb2_grpc.GenerationServiceServicer):
    """From a request to a reviewed layer."""

    def __init__(self, engine: Engine, calls: Calls, feeds: ProgressFeeds) -> None:
        self._engine = engine
        self._calls = calls
        self._feeds = feeds

    async def CreateGeneration(  # noqa: N802 - named by the proto file, as every call below
        self, request: generation_pb2.CreateGenerationRequest, context: _Context
    ) -> operations_pb2.Operation:
        """Queue a generation, or plan it and change nothing."""
        project, shot = names.shot(request.parent, self._engine.projects)
        wish = asked.request_from(request, project, shot, operator_of(context))
        rate, sequence = asked.cut_rate_from(request), request.cut_sequence
        if rate is not None or sequence:
            wish, cut = await self._calls.step(self._read, wish, rate, sequence, keep=not request.validate_only)
        else:
            cut = None
        if request.validate_only:
            return convert.planned_operation(wish, await self._calls.step(self._engine.plan, wish, cut=cut))
        generation = await self._calls.step(self._engine.submit, wish)
        progress = await self._calls.look(self._engine.progress, generation.name, 0)
        return convert.operation_message(generation, progress[-1] if progress else None)

    def _read(self, wish: Request, rate: Rate | None, sequence: str, *, keep: bool) -> tuple[Request, Cut]:
        """The wish for a cut that is read in another way than it would be by itself, and that cut.

        It is kept at once: when the turn of the request comes, nobody knows any more how it was to be read.
        """
        chosen = self._engine.which.choose(wish.project, wish.cut, rate, wish.handles, sequence)
        if keep and not chosen.kept:
            self._engine.history.keep(wish.project, chosen.label, chosen.path, chosen.cut)
        return dataclasses.replace(wish, cut=chosen.cut.key, handles=chosen.cut.handles), chosen.cut

    async def GetGeneration(  # noqa: N802
        self, request: generation_pb2.GetGenerationRequest, context: _Context
    ) -> generation_pb2.Generation:
        """One generation."""
        del context
        name = names.generation(request.name, self._engine.projects)
        return convert.generation_message(await self._calls.look(self._engine.generation, name))

    async def ListGenerations(  # noqa: N802
        self, request: generation_pb2.ListGenerationsRequest, context: _Context
    ) -> generation_pb2.ListGenerationsResponse:
        """A page of generations, newest first."""
        del context
        project, shot = names.shot(request.parent, self._engine.projects, any_shot=True)
        size = paging.size(request.page_size)
        found, token = await self._calls.look(self._engine.generations, project, shot, size, request.page_token)
        page = [convert.generation_message(g, brief=True) for g in found]
        return generation_pb2.ListGenerationsResponse(generations=page, next_page_token=token)

    async def WatchGeneration(  # noqa: N802
        self, request: generation_pb2.WatchGenerationRequest, context: _Context
    ) -> AsyncIterator[generation_pb2.WatchGenerationResponse]:
        """Progress after a sequence number until the generation has ended."""
        del context
        if request.after_sequence < 0:
            raise InvalidRequest(
                f"after_sequence is {request.after_sequence}.",
                remedy="Give 0 for everything, or the last sequence number you have.",
                reason="SEQUENCE_INVALID",
            )
        name = names.generation(request.name, self._engine.projects)
        async for batch in self._feeds.follow(name, request.after_sequence):
            ended = None if batch.ended is None else convert.generation_message(batch.ended)
            progress = [convert.progress_message(p) for p in batch.messages]
            yield generation_pb2.WatchGenerationResponse(progress=progress, generation=ended)

    async def CancelGeneration(  # noqa: N802
        self, request: generation_pb2.CancelGenerationRequest, context: _Context
    ) -> generation_pb2.Generation:
        """Stop a generation."""
        del context
        name = names.generation(request.name, self._engine.projects)
        return convert.generation_message(await self._calls.look(self._engine.cancel, name))

    async def PublishGeneration(  # noqa: N802
        self, request: generation_pb2.PublishGenerationRequest, context: _Context
    ) -> assets_pb2.Version:
        """Publish what was reviewed as the next version."""
        del context
        if not request.etag:
            raise InvalidRequest(
                "No etag is given.",
                remedy="Look at the generation (GetGeneration) and publish with the etag it has.",
                reason="ETAG_REQUIRED",
            )
        name = names.generation(request.name, self._engine.projects)
        wish = asked.request_id_from(request.request_id)
        published = await self._calls.step(
            self._engine.publish, name, request.etag, wish, dry_run=request.validate_only
        )
        return convert.version_message(published)
