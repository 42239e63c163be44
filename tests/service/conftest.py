from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from google.longrunning import operations_pb2_grpc

from services.door import Door
from tests.service.fakes import World
from usd_ai.api.v1 import (
    assets_pb2_grpc,
    generation_pb2,
    generation_pb2_grpc,
    generators_pb2_grpc,
    provenance_pb2_grpc,
    timeline_pb2_grpc,
)


@dataclass
class OpenDoor:
    """A server in a thread of its own, its engine's world, and plain stubs that speak to it over loopback."""

    world: World
    door: Door
    loop: asyncio.AbstractEventLoop
    address: str
    channel: grpc.Channel = field(init=False)

    def __post_init__(self) -> None:
        self.channel = grpc.insecure_channel(self.address)
        self.generations = generation_pb2_grpc.GenerationServiceStub(self.channel)
        self.generators = generators_pb2_grpc.GeneratorServiceStub(self.channel)
        self.timeline = timeline_pb2_grpc.TimelineServiceStub(self.channel)
        self.provenance = provenance_pb2_grpc.ProvenanceServiceStub(self.channel)
        self.assets = assets_pb2_grpc.AssetServiceStub(self.channel)
        self.operations = operations_pb2_grpc.OperationsStub(self.channel)

    def create(self, shot: str = "sh010", **fields: object) -> str:
        """Queue a bonfire; its generation's name."""
        generation = generation_pb2.Generation(generator="generators/bonfire", **fields)
        request = generation_pb2.CreateGenerationRequest(parent=f"projects/-/shots/{shot}", generation=generation)
        return self.generations.CreateGeneration(request).name.removeprefix("operations/")

    def finished(self, name: str) -> generation_pb2.Generation:
        """The generation once it has ended."""
        *_, last = self.generations.WatchGeneration(generation_pb2.WatchGenerationRequest(name=name))
        return last.generation

    def close(self) -> None:
        """Drain the server, as SIGTERM does."""
        asyncio.run_coroutine_threadsafe(self.door.close(), self.loop).result(20)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.stop()


@pytest.fixture
def open_door(world: World) -> Iterator[OpenDoor]:
    with opened(world) as door:
        yield door


@contextmanager
def opened(world: World) -> Generator[OpenDoor]:
    """A door around a world, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="server loop", daemon=True)
    thread.start()

    async def start() -> tuple[Door, str]:
        door = Door(world.engine, drain=1.0)
        return door, await door.open("127.0.0.1", 0)

    door, address = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
    there = OpenDoor(world, door, loop, address)
    yield there
    there.close()
    there.channel.close()
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
