from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.service.conftest import OpenDoor, opened
from tests.service.fakes import SPEC, FakeClock, FakeProjects, World
from usd_ai.api.v1 import generation_pb2, generation_pb2_grpc
from usd_ai.core.types import Project, Rate, State
from usd_ai.graph.ledger import SqlLedger
from usd_ai.run.process import Pool

_WATCHERS = 200
_CONNECTIONS = 8


@pytest.fixture
def heavy_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDoor]:
    """A door before the real ledger and a real child, whose builds export millions of points."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))  # where the child finds heavy_tasks
    show = Project("ember", str(tmp_path), "cuts/ember.otio", Rate(24), 8, "shots/{shot}.usda", "publish")
    ledger = SqlLedger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", tmp_path / "blobs", FakeProjects(show), FakeClock())
    workers = Pool(1, folder=str(tmp_path / "workers"))
    spec = dataclasses.replace(SPEC, forecast_task="heavy_tasks:forecast", build_task="heavy_tasks:build")
    world = World(tmp_path, spec=spec, workers=workers, ledger=ledger)
    try:
        with opened(world) as door:
            yield door
    finally:
        world.stop()
        workers.close()
        ledger.close()


def test_when_200_watch_a_child_export_millions_of_points_then_health_stays_quick_and_none_misses_a_number(
    heavy_door: OpenDoor,
) -> None:
    name = heavy_door.create()
    own_connection = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.insecure_channel(heavy_door.address, own_connection) for _ in range(_CONNECTIONS)]
    with ThreadPoolExecutor(_WATCHERS) as pool:
        watching = [pool.submit(_sequences, channels[n % _CONNECTIONS], name) for n in range(_WATCHERS)]
        heavy_door.world.start_workers()
        waits = _health_while(heavy_door.channel, lambda: not all(watcher.done() for watcher in watching))
        seen = [watcher.result(60) for watcher in watching]
    for channel in channels:
        channel.close()
    stored = [message.sequence for message in heavy_door.world.engine.progress(name, 0)]
    ended = heavy_door.generations.GetGeneration(generation_pb2.GetGenerationRequest(name=name))
    assert ended.state == generation_pb2.Generation.STATE_AWAITING_REVIEW, ended.error
    assert stored == list(range(1, len(stored) + 1))
    assert len(stored) > 10
    assert all(sequences == stored for sequences in seen)
    assert len(waits) >= 50
    p99 = statistics.quantiles(waits, n=100)[98]
    assert p99 <= 0.25, f"health p99 {p99 * 1000:.0f} ms over {len(waits)} checks"


def test_when_a_busy_build_is_cancelled_then_it_is_over_within_a_second(heavy_door: OpenDoor) -> None:
    heavy_door.world.start_workers()
    name = heavy_door.create()
    stream = heavy_door.generations.WatchGeneration(generation_pb2.WatchGenerationRequest(name=name))
    for response in stream:
        if any("round" in message.message for message in response.progress):
            break
    stream.cancel()
    begun = time.monotonic()
    heavy_door.generations.CancelGeneration(generation_pb2.CancelGenerationRequest(name=name))
    while heavy_door.world.engine.generation(name).state is not State.CANCELLED:
        assert time.monotonic() - begun < 1.0
        time.sleep(0.01)


def _sequences(channel: grpc.Channel, name: str) -> list[int]:
    stub = generation_pb2_grpc.GenerationServiceStub(channel)
    responses = stub.WatchGeneration(generation_pb2.WatchGenerationRequest(name=name))
    return [message.sequence for response in responses for message in response.progress]


def _health_while(channel: grpc.Channel, busy: Callable[[], bool]) -> list[float]:
    """Seconds that each health check took, while ``busy()``."""
    stub = health_pb2_grpc.HealthStub(channel)
    waits: list[float] = []
    while busy():
        begun = time.monotonic()
        stub.Check(health_pb2.HealthCheckRequest())
        waits.append(time.monotonic() - begun)
        time.sleep(0.02)
    return waits
