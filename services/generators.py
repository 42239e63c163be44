"""GeneratorService: what can be generated, and what can be set on it."""

from __future__ import annotations

from typing import Any

import grpc.aio

from services import convert, names, paging
from services.calls import Calls
from usd_ai.api.v1 import generators_pb2, generators_pb2_grpc
from usd_ai.core.engine import Engine

_Context = grpc.aio.ServicerContext[Any, Any]


class GeneratorServicer(generators_pb2_grpc.GeneratorServiceServicer):
    """The installed generators and their parameter schemas."""

    def __init__(self, engine: Engine, calls: Calls) -> None:
        self._engine = engine
        self._calls = calls

    async def ListGenerators(  # noqa: N802 - named by the proto file, as the call below
        self, request: generators_pb2.ListGeneratorsRequest, context: _Context
    ) -> generators_pb2.ListGeneratorsResponse:
        """A page of generators, by id."""
        del context
        found = await self._calls.step(self._engine.generators.all)  # a plug-in's import may take a moment
        page, token = paging.page(found, paging.size(request.page_size), request.page_token)
        generators = [convert.generator_message(spec) for spec in page]
        return generators_pb2.ListGeneratorsResponse(generators=generators, next_page_token=token)

    async def GetGenerator(  # noqa: N802
        self, request: generators_pb2.GetGeneratorRequest, context: _Context
    ) -> generators_pb2.Generator:
        """One generator."""
        del context
        spec = await self._calls.step(self._engine.generators.get, names.generator(request.name))
        return convert.generator_message(spec)
