from __future__ import annotations

import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.service.conftest import OpenDoor
from usd_ai.api.v1 import generation_pb2, generation_pb2_grpc

_WATCHERS = 200
_CHANNELS = 8  # HTTP/2 allows about a hundred streams on one connection


def _watch(stub: generation_pb2_grpc.GenerationServiceStub, name: str, after: int = 0) -> tuple[list[int], list[float]]:
    """The sequence numbers that arrived, and when each response did."""
    sequences: list[int] = []
    moments: list[float] = []
    for response in stub.WatchGeneration(generation_pb2.WatchGenerationRequest(name=name, after_sequence=after)):
        moments.append(time.monotonic())
        sequences += [message.sequence for message in response.progress]
    return sequences, moments


def test_when_200_watch_then_each_accounts_for_every_number_and_health_stays_quick(open_door: OpenDoor) -> None:
    workers = open_door.world.workers
    workers.messages, workers.pause, workers.hold = 400, 0.008, threading.Event()
    name = open_door.create()
    channels = [
        grpc.insecure_channel(open_door.address, [("grpc.use_local_subchannel_pool", 1)]) for _ in range(_CHANNELS)
    ]
    stubs = [generation_pb2_grpc.GenerationServiceStub(channel) for channel in channels]
    with ThreadPoolExecutor(_WATCHERS) as pool:
        watching = [pool.submit(_watch, stubs[n % _CHANNELS], name) for n in range(_WATCHERS)]
        open_door.world.start_workers()
        health, waits = health_pb2_grpc.HealthStub(open_door.channel), []
        for _ in range(100):
            begun = time.monotonic()
            health.Check(health_pb2.HealthCheckRequest())
            waits.append(time.monotonic() - begun)
            time.sleep(0.03)
        workers.hold.set()
        seen = [watcher.result(60) for watcher in watching]
    stored = [message.sequence for message in open_door.world.engine.progress(name, 0)]
    assert len(stored) > 400
    assert all(sequences == stored for sequences, _ in seen)
    assert statistics.quantiles(waits, n=100)[98] <= 0.25
    for channel in channels:
        channel.close()


def test_when_200_watch_then_the_ledger_is_read_by_one(open_door: OpenDoor) -> None:
    open_door.world.workers.hold = threading.Event()
    name = open_door.create()
    with ThreadPoolExecutor(50) as pool:
        watching = [pool.submit(_watch, open_door.generations, name) for _ in range(50)]
        open_door.world.start_workers()
        time.sleep(1.5)
        before = open_door.world.ledger.progress_reads
        time.sleep(1.0)
        reads = open_door.world.ledger.progress_reads - before
        open_door.world.workers.hold.set()
        for watcher in watching:
            watcher.result(30)
    assert 1 <= reads <= 5


def test_when_much_happens_then_at_most_four_responses_a_second_arrive(open_door: OpenDoor) -> None:
    open_door.world.workers.messages, open_door.world.workers.pause = 250, 0.008
    name = open_door.create()
    open_door.world.start_workers()
    sequences, moments = _watch(open_door.generations, name)
    assert sequences == list(range(1, len(sequences) + 1))
    for moment in moments:
        assert sum(1 for other in moments if moment <= other < moment + 0.98) <= 4


def test_when_a_watcher_comes_back_then_it_gets_what_it_has_not_seen(open_door: OpenDoor) -> None:
    open_door.world.start_workers()
    name = open_door.create()
    all_of_it, _ = _watch(open_door.generations, name)
    assert _watch(open_door.generations, name, after=3)[0] == all_of_it[3:]
    assert _watch(open_door.generations, name, after=len(all_of_it))[0] == []


def test_when_a_history_is_long_then_it_arrives_whole_in_several_batches(open_door: OpenDoor) -> None:
    open_door.world.workers.messages = 2500
    name = open_door.create()
    open_door.world.start_workers()
    open_door.finished(name)
    sequences, moments = _watch(open_door.generations, name)
    assert sequences == list(range(1, len(sequences) + 1))
    assert len(sequences) > 2500
    assert len(moments) >= 3


def test_when_a_watcher_leaves_then_nothing_is_read_for_it_any_more(open_door: OpenDoor) -> None:
    name = open_door.create()
    stream = open_door.generations.WatchGeneration(generation_pb2.WatchGenerationRequest(name=name))
    next(stream)
    stream.cancel()
    time.sleep(0.6)
    before = open_door.world.ledger.progress_reads
    time.sleep(0.8)
    assert open_door.world.ledger.progress_reads == before


def test_when_the_server_drains_then_watchers_are_told_to_come_back(open_door: OpenDoor) -> None:
    name = open_door.create()
    stream = open_door.generations.WatchGeneration(generation_pb2.WatchGenerationRequest(name=name))
    next(stream)
    begun = time.monotonic()
    open_door.close()
    with pytest.raises(grpc.RpcError) as caught:
        list(stream)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "stopping" in caught.value.details()
    assert time.monotonic() - begun < 3
