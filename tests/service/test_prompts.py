"""A prompt on its way: through the door and the client into a plan, its understanding back, its words nowhere else."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest
from click.testing import CliRunner, Result

from tests.service.conftest import OpenDoor, opened
from tests.service.fakes import SPEC, FakeWorkers, World
from usd_ai.api.v1 import generation_pb2
from usd_ai.cli.main import usd_ai
from usd_ai.client import connect
from usd_ai.core.types import Kind
from usd_ai.core.words import prompt_digest
from usd_ai.generators.burning_forest import GENERATOR
from usd_ai.generators.burning_forest.wishes import prompt_task
from usd_ai.provenance.statement import statement

FOREST = dataclasses.replace(GENERATOR, forecast_task=SPEC.forecast_task, build_task=SPEC.build_task)
PROMPT = "no smoke, wind 8 m/s, night, with a zeppelin"


class ReadingWorkers(FakeWorkers):
    """Reads prompts for real; ``last`` is the request's record facts as the sealing step got them."""

    def call(self, task: str, arguments: Mapping[str, Any], **how: Any) -> object:  # noqa: ANN401 - as the port's
        if task == FOREST.prompt_task:
            return prompt_task(**arguments)
        return super().call(task, arguments, **how)


@pytest.fixture
def forest_door(tmp_path: Path) -> Iterator[OpenDoor]:
    world = World(tmp_path, spec=FOREST, workers=ReadingWorkers())
    with opened(world) as door:
        yield door
    world.stop()


@pytest.fixture
def call(forest_door: OpenDoor, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("USD_AI_SERVER", forest_door.address)
    return lambda *arguments: CliRunner().invoke(usd_ai, [str(a) for a in arguments])


def planned(door: OpenDoor, prompt: str, **fields: object) -> generation_pb2.Generation:
    asked = generation_pb2.Generation(generator="generators/burning_forest", prompt=prompt, **fields)
    request = generation_pb2.CreateGenerationRequest(
        parent="projects/-/shots/sh010", generation=asked, validate_only=True
    )
    message = generation_pb2.Generation()
    assert door.generations.CreateGeneration(request).response.Unpack(message)
    return message


def test_when_a_prompt_is_planned_then_the_plan_holds_parameters_and_the_answer_what_was_understood(
    forest_door: OpenDoor,
) -> None:
    message = planned(forest_door, PROMPT)
    parameters = json.loads(message.plan.canonical_json)["parameters"]
    reading = generation_pb2.Understanding.Reading
    assert parameters["smoke"] == 0.0
    assert [r.kind for r in message.plan.understanding.readings] == [
        reading.KIND_SET, reading.KIND_SET, reading.KIND_ELSEWHERE, reading.KIND_UNKNOWN,
    ]  # fmt: skip
    assert message.plan.understanding.readings[3].words == "zeppelin"
    assert "zeppelin" not in message.plan.canonical_json
    assert message.prompt == ""


def test_when_two_prompts_mean_the_same_then_the_plan_is_the_same_and_that_of_the_parameters(
    forest_door: OpenDoor,
) -> None:
    plans = [planned(forest_door, p).plan.digest for p in ("No smoke! wind: 8 m/s", "wind 8 m/s without any smoke")]
    with connect(forest_door.address) as studio:
        by_hand = studio.shot("sh010").plan("burning_forest", {"smoke": 0.0, "wind_speed": 8.0})
    assert {*plans, by_hand.digest} == {by_hand.digest}
    assert by_hand.understanding is None


def test_when_a_parameter_is_given_too_then_it_wins(forest_door: OpenDoor) -> None:
    with connect(forest_door.address) as studio:
        plan = studio.shot("sh010").plan("burning_forest", {"smoke": 3.0}, prompt=PROMPT)
    assert json.loads(plan.canonical_json)["parameters"]["smoke"] == 3.0
    assert plan.understanding is not None
    assert plan.understanding.readings[0].kind is Kind.OVERRIDDEN


def test_when_a_prompt_is_generated_then_its_words_are_in_no_log_plan_or_record(
    forest_door: OpenDoor, caplog: pytest.LogCaptureFixture
) -> None:
    sealed: list[Any] = []
    keeper = forest_door.world.engine._p.records
    seal = keeper.seal
    keeper.seal = lambda *a: (sealed.append(a), seal(*a))[1]  # type: ignore[method-assign]
    forest_door.world.start_workers()
    with caplog.at_level(logging.DEBUG), connect(forest_door.address) as studio:
        handle = studio.shot("sh010").generate("burning_forest", prompt=PROMPT)
        snapshot = handle.wait()
        messages = " ".join(p.message for p in handle.watch())
    _, plan_json, world_json, layer, run = sealed[0]
    record = json.dumps(statement(plan_json, world_json, layer, (), run))
    assert run.understanding.prompt_sha256 in record
    assert run.understanding.model_sha256 in record
    assert snapshot.understanding is not None
    assert snapshot.request.prompt == ""
    for place in (caplog.text, plan_json, world_json, record, messages):
        assert "zeppelin" not in place
        assert PROMPT not in place


def test_when_prompt_and_hand_come_to_one_plan_then_each_record_names_its_own_prompt_or_none(
    forest_door: OpenDoor,
) -> None:
    sealed: list[Any] = []
    keeper = forest_door.world.engine._p.records
    seal = keeper.seal
    keeper.seal = lambda *a: (sealed.append(a[-1].understanding), seal(*a))[1]  # type: ignore[method-assign]
    forest_door.world.start_workers()
    with connect(forest_door.address) as studio:
        shot = studio.shot("sh010")
        by_hand = shot.generate("burning_forest", {"smoke": 0.0}).wait()
        prompted = shot.generate("burning_forest", prompt="no smoke").wait()
        assert by_hand.plan_digest == prompted.plan_digest
        assert [one and one.prompt_sha256 for one in sealed] == [None, prompt_digest("no smoke")]
        again = shot.generate("burning_forest", prompt="no smoke").wait()
        assert (prompted.cached, again.cached, len(sealed)) == (False, True, 2)
        shot.generate("burning_forest", {"smoke": 0.0}).wait()
    assert sealed[2:] in ([], [None])
    assert forest_door.world.workers.builds == 1


@pytest.mark.parametrize(("prompt", "reason"), [("x " * 500_000, "PROMPT_TOO_LONG"), ("smoke\x07", "PROMPT_NOT_TEXT")])
def test_when_a_prompt_is_hostile_then_it_is_refused_with_a_sentence_and_not_repeated(
    forest_door: OpenDoor, prompt: str, reason: str
) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        planned(forest_door, prompt)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason in str(refused.value.trailing_metadata())
    assert len(refused.value.details()) < 400


@pytest.mark.parametrize("prompt", ["", "   ", "森林火灾 🔥", "'; DROP TABLE generations; --", "{{7*7}} ../../etc"])
def test_when_a_prompt_means_nothing_then_the_plan_is_that_of_the_defaults(forest_door: OpenDoor, prompt: str) -> None:
    assert planned(forest_door, prompt).plan.digest == planned(forest_door, "").plan.digest


def test_when_a_generator_reads_no_prompts_then_it_says_so(open_door: OpenDoor) -> None:
    asked = generation_pb2.Generation(generator="generators/bonfire", prompt="more logs")
    request = generation_pb2.CreateGenerationRequest(parent="projects/-/shots/sh010", generation=asked)
    with pytest.raises(grpc.RpcError) as refused:
        open_door.generations.CreateGeneration(request)
    assert "reads no prompts" in refused.value.details()


def test_when_typed_on_the_command_line_then_people_and_programs_see_what_was_understood(
    call: Callable[..., Result],
) -> None:
    told = json.loads(call("plan", "sh010", "--prompt", PROMPT, "--json").stdout)
    assert told["understanding"]["settings"] == {"smoke": 0.0, "wind_speed": 8.0}
    assert told["understanding"]["unknown"] == ["zeppelin"]
    words = call("plan", "sh010", "-p", PROMPT).stdout
    for word in (
        "no smoke",
        "smoke=0",
        "wind_speed=8",
        "not understood",
        "zeppelin",
        "The stage's own lights decide it.",
    ):
        assert word in words
    dry = json.loads(call("generate", "sh010", "--prompt", PROMPT, "--dry-run", "--json").stdout)
    assert dry["understanding"] == told["understanding"]
    assert dry["plan"]["digest"] == told["plan"]["digest"]
