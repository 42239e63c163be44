"""A movie in the making: told how far it is, and stopped when whoever asked for it goes away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

from services import asked, names
from services.calls import Calls
from usd_ai.api.v1 import assets_pb2
from usd_ai.core.engine import Engine
from usd_ai.core.errors import InvalidRequest
from usd_ai.core.movies import Movie

INTERVAL = 0.25
"""Seconds between two messages: four a second."""


class _Film:
    """What the thread that draws and the loop that tells have in common."""

    def __init__(self) -> None:
        self.cancel = threading.Event()
        self.done = (0, 0)

    def told(self, drawn: int, frames: int) -> None:
        """So many frames are drawn."""
        self.done = (drawn, frames)


async def film(engine: Engine, calls: Calls, request: assets_pb2.MakeMovieRequest) -> assets_pb2.MakeMovieResponse:
    """The movie, in one answer."""
    made = _Film()
    try:
        return _message(await _begun(engine, calls, request, made))
    finally:
        made.cancel.set()  # also where whoever asked hung up


async def told_film(
    engine: Engine, calls: Calls, request: assets_pb2.MakeMovieRequest
) -> AsyncGenerator[assets_pb2.StreamMovieResponse]:
    """How far the movie is whenever a frame is drawn, then the movie. Ended early, it stops the work."""
    made = _Film()
    work = asyncio.ensure_future(_begun(engine, calls, request, made))
    work.add_done_callback(_heard)
    said = (0, 0)
    try:
        while not work.done():
            await asyncio.wait({work}, timeout=INTERVAL)
            if made.done != said:
                said = made.done
                yield assets_pb2.StreamMovieResponse(drawn_frames=said[0], frame_count=said[1])
        yield assets_pb2.StreamMovieResponse(drawn_frames=said[0], frame_count=said[1], movie=_message(work.result()))
    finally:
        made.cancel.set()


def _begun(
    engine: Engine, calls: Calls, request: assets_pb2.MakeMovieRequest, made: _Film
) -> Coroutine[Any, Any, Movie]:
    """The movie in a thread; one that is only planned draws nothing, and needs no place among those that do."""
    return (calls.step if request.validate_only else calls.movie)(_make, engine, request, made)


def _make(engine: Engine, request: assets_pb2.MakeMovieRequest, made: _Film) -> Movie:
    if not request.output_path:
        raise InvalidRequest(
            "No output_path is given.", remedy="Name the .mov file to write.", reason="OUTPUT_REQUIRED"
        )
    name = names.version(request.name, engine.projects)
    return engine.back.movie(
        name.project,
        (name.shot, name.layer, name.number),
        asked.size_from(request),
        request.output_path,
        codec=request.codec or "prores",
        slate=request.slate or "none",
        burn_in=not request.clean,
        cut=request.cut,
        dry_run=request.validate_only,
        told=made.told,
        cancel=made.cancel,
    )


def _message(made: Movie) -> assets_pb2.MakeMovieResponse:
    return assets_pb2.MakeMovieResponse(
        path=made.path, first_frame=made.frames.start, last_frame=made.frames.end, timecode=made.timecode
    )


def _heard(work: asyncio.Future[Movie]) -> None:
    """Nobody may be there any more to hear how the work ended; that is no fault to be logged."""
    if not work.cancelled():
        work.exception()
