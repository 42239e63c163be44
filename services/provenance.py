"""ProvenanceService: where a layer comes from, and whether it still is what was signed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc.aio

from services import convert, names
from services.calls import Calls
from services.interceptors import is_remote
from usd_ai.api.v1 import assets_pb2, provenance_pb2, provenance_pb2_grpc
from usd_ai.core.engine import Engine
from usd_ai.core.errors import InvalidRequest

_Context = grpc.aio.ServicerContext[Any, Any]


class ProvenanceServicer(provenance_pb2_grpc.ProvenanceServiceServicer):
    """Questions about records."""

    def __init__(self, engine: Engine, calls: Calls) -> None:
        self._engine = engine
        self._calls = calls

    async def VerifyLayer(  # noqa: N802 - named by the proto file, as every call below
        self, request: provenance_pb2.VerifyLayerRequest, context: _Context
    ) -> provenance_pb2.VerifyLayerResponse:
        """Whether a layer is what its record signed."""
        path = self._allowed(request.path, context)
        return convert.verdict_message(await self._calls.step(self._engine.verify, path))

    async def TracePrim(  # noqa: N802
        self, request: provenance_pb2.TracePrimRequest, context: _Context
    ) -> provenance_pb2.TracePrimResponse:
        """Who made a prim, when, from which plan, seed, code and inputs."""
        path = self._allowed(request.path, context)
        return convert.trace_message(await self._calls.step(self._engine.trace, path, request.prim))

    async def GetRecord(  # noqa: N802
        self, request: provenance_pb2.GetRecordRequest, context: _Context
    ) -> assets_pb2.Record:
        """The signed record of a published version."""
        del context
        name = names.version(request.name, self._engine.projects)
        where = (name.project, name.shot, name.layer)
        version = await self._calls.look(self._engine.version, *where, name.number)
        record = await self._calls.look(self._engine.record, *where, version.number)
        return convert.record_message(record, str(Path(version.folder) / "record.json"))

    def _allowed(self, path: str, context: _Context) -> str:
        """An absolute path; for callers from elsewhere one inside a project, so that nobody explores this machine."""
        full = Path(_absolute(path)).resolve()
        if is_remote(context) and not any(full.is_relative_to(show.root) for show in self._engine.projects.all()):
            raise InvalidRequest(
                "The path lies outside every project of this server.",
                remedy="Name a published layer, as usd-ai list versions shows them.",
                reason="PATH_OUTSIDE_PROJECT",
            )
        return str(full)


def _absolute(path: str) -> str:
    if not Path(path).is_absolute():
        raise InvalidRequest(
            f"'{path[:200]}' is no absolute path.",
            remedy="The server does not know the folder you stand in: give the whole path.",
            reason="PATH_RELATIVE",
        )
    return path
