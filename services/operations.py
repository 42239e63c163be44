"""google.longrunning.Operations over generations: for clients that speak it and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc.aio
from google.longrunning import operations_pb2, operations_pb2_grpc
from google.protobuf import empty_pb2

from services import convert, names, paging
from services.calls import Calls
from services.watch import ProgressFeeds
from usd_ai.core.engine import Engine
from usd_ai.core.errors import InvalidRequest

_Context = grpc.aio.ServicerContext[Any, Any]
_LONGEST_WAIT = 3600.0


class OperationsServicer(operations_pb2_grpc.OperationsServicer):
    """Get, list, cancel and wait; the operation of a generation is named ``operations/`` + its name."""

    def __init__(self, engine: Engine, calls: Calls, feeds: ProgressFeeds) -> None:
        self._engine = engine
        self._calls = calls
        self._feeds = feeds

    async def GetOperation(  # noqa: N802 - named by the proto file, as every call below
        self, request: operations_pb2.GetOperationRequest, context: _Context
    ) -> operations_pb2.Operation:
        """Where an operation stands."""
        del context
        return await self._operation(names.operation(request.name, self._engine.projects))

    async def ListOperations(  # noqa: N802
        self, request: operations_pb2.ListOperationsRequest, context: _Context
    ) -> operations_pb2.ListOperationsResponse:
        """A page of a project's operations, newest first, without their results."""
        del context
        if request.filter:
            raise InvalidRequest(
                "Operations cannot be filtered.", remedy="Leave filter empty.", reason="FILTER_UNSUPPORTED"
            )
        parent = request.name.removeprefix(names.OPERATION_PREFIX.rstrip("/")).strip("/") or "projects/-"
        project = names.project(parent, self._engine.projects)
        size = paging.size(request.page_size)
        found, token = await self._calls.look(self._engine.generations, project, "", size, request.page_token)
        page = [convert.operation_message(generation, None, brief=True) for generation in found]
        return operations_pb2.ListOperationsResponse(operations=page, next_page_token=token)

    async def CancelOperation(  # noqa: N802
        self, request: operations_pb2.CancelOperationRequest, context: _Context
    ) -> empty_pb2.Empty:
        """Stop an operation."""
        del context
        await self._calls.look(self._engine.cancel, names.operation(request.name, self._engine.projects))
        return empty_pb2.Empty()

    async def DeleteOperation(  # noqa: N802
        self, request: operations_pb2.DeleteOperationRequest, context: _Context
    ) -> empty_pb2.Empty:
        """Refused: the ledger keeps what was asked and made."""
        del context
        raise InvalidRequest(
            f"{request.name[:200]} stays: generations are part of the record.",
            remedy="Cancel it if it should not run.",
            reason="OPERATION_KEPT",
        )

    async def WaitOperation(  # noqa: N802
        self, request: operations_pb2.WaitOperationRequest, context: _Context
    ) -> operations_pb2.Operation:
        """The operation when it is done, or as it stands when the timeout (an hour at most) is over."""
        del context
        name = names.operation(request.name, self._engine.projects)
        seconds = request.timeout.ToTimedelta().total_seconds() if request.HasField("timeout") else _LONGEST_WAIT
        try:
            async with asyncio.timeout(min(max(seconds, 0.0), _LONGEST_WAIT)):
                async for _ in self._feeds.follow(name, 0):
                    pass
        except TimeoutError:
            pass  # as asked: the answer then is where it stands
        return await self._operation(name)

    async def _operation(self, name: str) -> operations_pb2.Operation:
        generation = await self._calls.look(self._engine.generation, name)
        progress = await self._calls.look(self._engine.progress, name, 0)
        return convert.operation_message(generation, progress[-1] if progress else None)
