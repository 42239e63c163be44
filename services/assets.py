"""AssetService: published versions, what they were made from, and pictures of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc.aio

from services import asked, convert, filming, names, paging
from services.calls import Calls
from usd_ai.api.v1 import assets_pb2, assets_pb2_grpc
from usd_ai.core.engine import Engine
from usd_ai.core.errors import InvalidRequest

_Context = grpc.aio.ServicerContext[Any, Any]
_EDGES = 200
_MOST_EDGES = 1000


class AssetServicer(assets_pb2_grpc.AssetServiceServicer):
    """Published layers, which never change."""

    def __init__(self, engine: Engine, calls: Calls) -> None:
        self._engine = engine
        self._calls = calls

    async def ListVersions(  # noqa: N802 - named by the proto file, as every call below
        self, request: assets_pb2.ListVersionsRequest, context: _Context
    ) -> assets_pb2.ListVersionsResponse:
        """A page of published versions, newest first."""
        del context
        project, shot = names.shot(request.parent, self._engine.projects, any_shot=True)
        size = paging.size(request.page_size)
        found, token = await self._calls.look(self._engine.versions, project, shot, size, request.page_token)
        page = [convert.version_message(v) for v in found]
        return assets_pb2.ListVersionsResponse(versions=page, next_page_token=token)

    async def GetVersion(  # noqa: N802
        self, request: assets_pb2.GetVersionRequest, context: _Context
    ) -> assets_pb2.Version:
        """One version."""
        del context
        name = names.version(request.name, self._engine.projects)
        found = await self._calls.look(self._engine.version, name.project, name.shot, name.layer, name.number)
        return convert.version_message(found)

    async def ListLineage(  # noqa: N802
        self, request: assets_pb2.ListLineageRequest, context: _Context
    ) -> assets_pb2.ListLineageResponse:
        """A page of what a version was made from."""
        del context
        name = names.version(request.parent, self._engine.projects)
        version = await self._calls.look(self._engine.version, name.project, name.shot, name.layer, name.number)
        size = paging.size(request.page_size, _EDGES, _MOST_EDGES)
        page, token = paging.page(version.edges, size, request.page_token, f"v{version.number}")
        edges = [convert.edge_message(edge) for edge in page]
        return assets_pb2.ListLineageResponse(edges=edges, next_page_token=token)

    async def RenderPreview(  # noqa: N802
        self, request: assets_pb2.RenderPreviewRequest, context: _Context
    ) -> assets_pb2.RenderPreviewResponse:
        """Pictures of a version from its shot camera."""
        del context
        if not request.output_folder:
            raise InvalidRequest(
                "No output_folder is given.", remedy="Name the folder to write to.", reason="OUTPUT_REQUIRED"
            )
        name = names.version(request.name, self._engine.projects)
        size, frames = asked.size_from(request), tuple(request.frames)
        pictures = await self._calls.step(
            self._engine.preview, name.project, name.shot, name.layer, name.number, size, frames, request.output_folder
        )
        return assets_pb2.RenderPreviewResponse(paths=pictures)

    async def MakeMovie(  # noqa: N802
        self, request: assets_pb2.MakeMovieRequest, context: _Context
    ) -> assets_pb2.MakeMovieResponse:
        """A movie of a version that editors can cut in."""
        del context
        return await filming.film(self._engine, self._calls, request)

    async def StreamMovie(  # noqa: N802
        self, request: assets_pb2.StreamMovieRequest, context: _Context
    ) -> AsyncIterator[assets_pb2.StreamMovieResponse]:
        """The same, telling how far it is; whoever hangs up stops it."""
        del context
        async with aclosing(filming.told_film(self._engine, self._calls, request.movie)) as messages:
            async for message in messages:
                yield message

    async def MakeContactSheet(  # noqa: N802
        self, request: assets_pb2.MakeContactSheetRequest, context: _Context
    ) -> assets_pb2.MakeContactSheetResponse:
        """One page with the pictures of all shots."""
        del context
        if not request.output_path:
            raise InvalidRequest(
                "No output_path is given.", remedy="Name the PNG file to write.", reason="OUTPUT_REQUIRED"
            )
        project = names.project(request.parent, self._engine.projects)
        path, shots = await self._calls.step(self._engine.contact_sheet, project, request.output_path)
        return assets_pb2.MakeContactSheetResponse(path=path, shots=shots)
