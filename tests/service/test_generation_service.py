from __future__ import annotations

import json
import threading
import time
import uuid

import grpc
import pytest
from google.longrunning import operations_pb2

from tests.service.conftest import OpenDoor
from usd_ai.api.v1 import assets_pb2, generation_pb2, generators_pb2
from usd_ai.core.errors import WorkerLost
from usd_ai.core.types import State

_Generation = generation_pb2.Generation


def _setting(name: str, **value: object) -> generation_pb2.ParameterSetting:
    return generation_pb2.ParameterSetting(name=name, value=generators_pb2.ParameterValue(**value))


def test_when_validate_only_then_the_plan_comes_back_and_nothing_is_stored(open_door: OpenDoor) -> None:
    asked = _Generation(generator="generators/bonfire", seed=2**64 - 1, parameters=[_setting("logs", int_value=20)])
    request = generation_pb2.CreateGenerationRequest(
        parent="projects/ember/shots/sh010", generation=asked, validate_only=True
    )
    operation = open_door.generations.CreateGeneration(request)
    planned = _Generation()
    assert operation.done
    assert operation.response.Unpack(planned)
    plan = json.loads(planned.plan.canonical_json)
    assert plan["seed"] == "18446744073709551615"
    assert plan["parameters"]["logs"] == 20
    assert plan["world"] == planned.plan.world_digest
    assert {e.kind: e.count for e in planned.plan.elements} == {"logs": 12, "embers": 9_007_199_254_740_993}
    assert list(planned.plan.warnings) == ["The ground is small.", "Little wood."]
    assert planned.plan.estimated_duration.ToMilliseconds() == 2500
    assert planned.state == _Generation.STATE_UNSPECIFIED
    listed = open_door.generations.ListGenerations(generation_pb2.ListGenerationsRequest(parent="projects/-/shots/-"))
    assert not listed.generations


def test_when_created_watched_and_published_then_each_step_answers_with_the_next(open_door: OpenDoor) -> None:
    open_door.world.start_workers()
    ended = open_door.finished(open_door.create(seed=7))
    assert ended.state == _Generation.STATE_AWAITING_REVIEW
    assert ended.layer.path.endswith("/bonfire.usda")
    assert ended.preview_path.endswith("/preview.png")
    assert ended.operator
    assert ended.create_time.ToJsonString() == "2026-11-22T10:00:00.123Z"
    publish = generation_pb2.PublishGenerationRequest(name=ended.name, etag=ended.etag, request_id=str(uuid.uuid4()))
    preview = generation_pb2.PublishGenerationRequest(name=ended.name, etag=ended.etag, validate_only=True)
    assert open_door.generations.PublishGeneration(preview).number == 1
    version = open_door.generations.PublishGeneration(publish)
    assert version.name == "projects/ember/shots/sh010/layers/bonfire/versions/1"
    assert open_door.generations.PublishGeneration(publish) == version
    latest = assets_pb2.GetVersionRequest(name="projects/-/shots/sh010/layers/bonfire/versions/latest")
    assert open_door.assets.GetVersion(latest) == version


def test_when_the_same_request_id_is_sent_twice_then_one_generation_exists(open_door: OpenDoor) -> None:
    request = generation_pb2.CreateGenerationRequest(
        parent="projects/-/shots/sh010",
        generation=_Generation(generator="generators/bonfire"),
        request_id=str(uuid.uuid4()),
    )
    assert open_door.generations.CreateGeneration(request).name == open_door.generations.CreateGeneration(request).name


def test_when_the_same_plan_is_asked_again_then_the_cache_answers_and_says_so(open_door: OpenDoor) -> None:
    open_door.world.start_workers()
    first = open_door.finished(open_door.create(seed=7))
    second = open_door.finished(open_door.create(seed=7))
    assert (first.cached, second.cached) == (False, True)
    assert first.layer.sha256 == second.layer.sha256
    assert open_door.world.workers.builds == 1


def test_when_a_shot_has_spaces_and_brackets_then_it_can_be_named(open_door: OpenDoor) -> None:
    name = open_door.create(shot="sh 030 (wide)")
    read = open_door.generations.GetGeneration(generation_pb2.GetGenerationRequest(name=name))
    assert read.name == name


def test_when_lists_are_paged_then_every_generation_appears_once_newest_first(open_door: OpenDoor) -> None:
    made = [open_door.create() for _ in range(7)]
    seen: list[str] = []
    token = ""
    while True:
        request = generation_pb2.ListGenerationsRequest(parent="projects/-/shots/-", page_size=3, page_token=token)
        page = open_door.generations.ListGenerations(request)
        seen += [g.name for g in page.generations]
        token = page.next_page_token
        if not token:
            break
    assert seen == made[::-1]


def test_when_a_generation_is_cancelled_then_its_operation_ends_with_that_error(open_door: OpenDoor) -> None:
    name = open_door.create()
    open_door.generations.CancelGeneration(generation_pb2.CancelGenerationRequest(name=name))
    operation = open_door.operations.GetOperation(operations_pb2.GetOperationRequest(name=f"operations/{name}"))
    assert operation.done
    assert operation.error.code == grpc.StatusCode.CANCELLED.value[0]
    again = open_door.generations.CancelGeneration(generation_pb2.CancelGenerationRequest(name=name))
    assert again.state == _Generation.STATE_CANCELLED


def test_when_an_operation_is_waited_for_then_it_comes_back_done_or_as_it_stands(open_door: OpenDoor) -> None:
    name = f"operations/{open_door.create()}"
    short = operations_pb2.WaitOperationRequest(name=name)
    short.timeout.FromMilliseconds(300)
    waiting = open_door.operations.WaitOperation(short)
    metadata = generation_pb2.GenerationMetadata()
    assert not waiting.done
    assert waiting.metadata.Unpack(metadata)
    assert metadata.state == _Generation.STATE_QUEUED
    open_door.world.start_workers()
    done = open_door.operations.WaitOperation(operations_pb2.WaitOperationRequest(name=name))
    result = _Generation()
    assert done.done
    assert done.response.Unpack(result)
    assert result.layer.sha256 == "7" * 64
    listed = open_door.operations.ListOperations(operations_pb2.ListOperationsRequest(name="operations"))
    assert [operation.name for operation in listed.operations] == [name]


def test_when_an_operation_is_deleted_then_it_is_refused(open_door: OpenDoor) -> None:
    request = operations_pb2.DeleteOperationRequest(name=f"operations/{open_door.create()}")
    with pytest.raises(grpc.RpcError) as caught:
        open_door.operations.DeleteOperation(request)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_when_a_stop_interrupts_a_build_then_the_generation_waits_for_the_next_start(open_door: OpenDoor) -> None:
    workers = open_door.world.workers
    workers.hold, workers.raises = threading.Event(), WorkerLost("The child was ended.")
    open_door.world.start_workers()
    name = open_door.create()
    while open_door.world.engine.generation(name).state is not State.GENERATING:
        time.sleep(0.01)
    open_door.world.stop()
    open_door.world.engine.close()
    workers.hold.set()  # as the death of the child does
    time.sleep(0.3)
    assert open_door.world.engine.generation(name).state is State.GENERATING


def test_when_a_worker_dies_while_the_server_runs_then_the_generation_fails_and_the_next_is_served(
    open_door: OpenDoor,
) -> None:
    open_door.world.workers.raises = WorkerLost("The child died of signal 9.", remedy="Ask again.")
    open_door.world.start_workers()
    failed = open_door.finished(open_door.create())
    assert failed.state == _Generation.STATE_FAILED
    assert failed.error.code == grpc.StatusCode.UNAVAILABLE.value[0]
    open_door.world.workers.raises = None
    assert open_door.finished(open_door.create()).state == _Generation.STATE_AWAITING_REVIEW
