from __future__ import annotations

import dataclasses
import re
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import grpc
import pytest

import usd_ai
from tests.service.conftest import OpenDoor
from tests.service.fakes import CUT, SPEC
from usd_ai.client import address as addresses
from usd_ai.core import errors
from usd_ai.core.types import Detail, Finding, Progress, Rate, State


@pytest.fixture
def studio(open_door: OpenDoor) -> Iterator[usd_ai.Studio]:
    with usd_ai.connect(open_door.address) as studio:
        yield studio


def test_when_connected_then_the_only_project_is_taken(studio: usd_ai.Studio) -> None:
    assert studio.project == "ember"
    assert [project.handles for project in studio.projects()] == [8]


def test_when_nobody_answers_then_server_away_says_how_to_start_one() -> None:
    with pytest.raises(errors.ServerAway, match="usd-ai serve"):
        usd_ai.connect("127.0.0.1:1")


def test_when_the_address_is_off_loopback_and_plain_then_nothing_is_sent() -> None:
    with pytest.raises(errors.InvalidRequest, match="plain text"):
        usd_ai.connect("192.0.2.7:50391")


def test_when_the_project_is_unknown_then_the_error_names_those_that_exist(open_door: OpenDoor) -> None:
    with pytest.raises(errors.InvalidRequest, match="ember"):
        usd_ai.connect(open_door.address, project="frost")


def test_when_a_cut_is_read_then_it_arrives_as_it_was_read(studio: usd_ai.Studio) -> None:
    cut = studio.cut(rate=Rate(25), handles=3)
    assert (cut.rate, cut.handles, cut.duration, cut.sha256) == (Rate(25), 3, CUT.duration, CUT.sha256)
    assert cut.shots == CUT.shots
    assert cut.notices == CUT.notices
    assert cut.shots[0].occurrences[0].retime.scalar == Fraction(1, 2)


def test_when_a_cut_has_more_shots_than_a_page_then_all_arrive_in_order(
    studio: usd_ai.Studio, open_door: OpenDoor
) -> None:

    many = tuple(dataclasses.replace(CUT.shots[0], name=f"sh{n:04}") for n in range(1234))
    open_door.world.cuts.cut = dataclasses.replace(CUT, shots=many)
    assert studio.cut().shots == many


def test_when_generators_are_asked_then_the_schema_is_the_one_declared(studio: usd_ai.Studio) -> None:
    info = studio.generator("bonfire")
    assert info.parameters == SPEC.parameters
    assert info.world == SPEC.world_parameters
    assert [g.id for g in studio.generators()] == ["bonfire"]


def test_when_planned_then_the_preview_has_counts_and_warnings(studio: usd_ai.Studio) -> None:
    shot = studio.shot("sh010")
    first = shot.plan("bonfire", {"density": 2.0, "wind": (0.0, 4.5), "sparks": False}, seed=2**64 - 1)
    assert dict(first.forecast.elements) == {"logs": 12, "embers": 9_007_199_254_740_993}
    assert first.forecast.warnings == ("The ground is small.", "Little wood.")
    assert first.digest != shot.plan("bonfire", {"density": 2.0}, seed=1).digest
    quick = shot.plan("bonfire", detail=Detail.FIRST_LOOK)
    assert '"detail":"first_look"' in quick.canonical_json


@pytest.mark.parametrize(
    ("stray", "remedy"),
    [
        ({"density": 2.0}, r'^[^?]*stand in a dictionary behind the generator: \("bonfire", {"density": ...}\)'),
        ({"densty": 2.0}, r"Did you mean the parameter 'density'\? .*\(\"bonfire\", {\"density\": ...}\)"),
        ({"sed": 4}, r"Did you mean seed=...\?"),
        ({"xyzzy": 4}, "Keywords are camera, cut, detail, edits, .*; parameters stand in a dictionary"),
    ],
)
def test_when_a_parameter_is_given_as_a_keyword_then_it_is_refused_and_told_where_it_goes(
    studio: usd_ai.Studio, stray: dict[str, float], remedy: str
) -> None:
    shot = studio.shot("sh010")
    for ask in (shot.plan, shot.generate):
        with pytest.raises(errors.InvalidRequest, match="is no keyword") as refusal:
            ask("bonfire", **stray)
        assert re.search(remedy, refusal.value.remedy)
    with pytest.raises(errors.NotFound):
        shot.plan("campfire", **stray)


def test_when_the_whole_path_is_walked_then_objects_lead_from_one_step_to_the_next(
    studio: usd_ai.Studio, open_door: OpenDoor
) -> None:
    open_door.world.start_workers()
    told: list[Progress] = []
    fire = studio.shot("sh010").generate("bonfire", {"logs": 20}, seed=7)
    done = fire.wait(told.append)
    assert [step.sequence for step in told] == list(range(1, len(told) + 1))
    assert done.state is State.AWAITING_REVIEW
    assert done.request.parameters == (("logs", 20),)
    assert fire.places.layer.endswith("bonfire.usda")
    assert fire.publish(dry_run=True).number == 1
    version = fire.publish()
    assert (version.shot, version.name, version.number) == ("sh010", "bonfire", 1)
    assert fire.snapshot.state is State.PUBLISHED
    assert studio.version("sh010", "bonfire").edges[0].role == "cut"
    assert [v.number for v in studio.versions("sh010")] == [1]
    assert studio.record("sh010", "bonfire").envelope == '{"payload":""}'
    assert [g.name for g in studio.generations()] == [fire.name]
    short = fire.name.removeprefix("projects/ember/shots/")
    assert studio.generation(short).snapshot.etag == fire.snapshot.etag
    path, shots = studio.write_timeline("out.otio")
    assert path.endswith("out.otio")
    assert shots == ("sh010",)
    assert studio.preview("sh010", "bonfire", "pictures", frames=(1001,))[0].endswith("bonfire.1001.960x540.png")


def test_when_the_check_rejects_then_wait_raises_the_same_error(studio: usd_ai.Studio, open_door: OpenDoor) -> None:
    open_door.world.workshop.findings = (Finding("error", "finite", "A point is not finite.", "/bonfire/logs"),)
    open_door.world.start_workers()
    fire = studio.shot("sh010").generate("bonfire")
    with pytest.raises(errors.CheckRejected, match="not finite") as caught:
        fire.wait()
    assert caught.value.remedy
    assert caught.value.context["checks"] == "finite"
    assert fire.snapshot.state is State.REJECTED


@pytest.mark.parametrize(
    "raised",
    [
        errors.UnreadableInput("The stage is torn.", remedy="Save it again.", context={"shot": "sh010"}),
        errors.WorkerLost("The worker died.", remedy="Ask again."),
        errors.UsdAiError("Odd.", reason="ODD"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_when_the_server_raises_then_the_client_raises_the_same(
    studio: usd_ai.Studio, open_door: OpenDoor, raised: errors.UsdAiError
) -> None:
    open_door.world.cuts.raises = raised
    with pytest.raises(type(raised)) as caught:
        studio.cut()
    got = caught.value
    assert (got.message, got.remedy, got.reason, got.context) == (
        raised.message,
        raised.remedy,
        raised.reason,
        raised.context,
    )


def test_when_a_generation_is_cancelled_then_wait_raises_cancelled(studio: usd_ai.Studio, open_door: OpenDoor) -> None:
    open_door.world.workers.hold = threading.Event()
    open_door.world.start_workers()
    fire = studio.shot("sh010").generate("bonfire")
    threading.Timer(0.5, fire.cancel).start()
    begun = time.monotonic()
    with pytest.raises(errors.Cancelled):
        fire.wait()
    assert time.monotonic() - begun < 3


def test_when_the_stream_breaks_then_watching_goes_on_where_it_broke(
    studio: usd_ai.Studio, open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_door.world.workers.messages, open_door.world.workers.pause = 40, 0.05
    open_door.world.start_workers()
    fire = studio.shot("sh010").generate("bonfire")
    real, calls = fire._watch_once, []

    def breaking(after: int) -> Iterator[Progress]:
        calls.append(after)
        for count, progress in enumerate(real(after)):
            if len(calls) < 4 and count == 3:
                raise errors.ServerAway("gone for a moment")
            yield progress

    monkeypatch.setattr(fire, "_watch_once", breaking)
    told: list[Progress] = []
    fire.wait(told.append)
    assert [step.sequence for step in told] == list(range(1, len(told) + 1))
    assert len(calls) == 4
    assert calls[1:3] == [3, 6]


def test_when_nobody_answers_for_a_moment_then_the_call_is_sent_again_with_the_same_request_id(
    studio: usd_ai.Studio, open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids: list[str] = []
    shot = studio.shot("sh010")
    real = shot._stub.CreateGeneration

    class Away(grpc.RpcError):
        def code(self) -> grpc.StatusCode:
            return grpc.StatusCode.UNAVAILABLE

        def details(self) -> str:
            return "connection reset"

        def trailing_metadata(self) -> tuple[()]:
            return ()

    def flaky(request, timeout):  # noqa: ANN001, ANN202 - as the stub it stands for
        ids.append(request.request_id)
        made = real(request, timeout=timeout)
        if len(ids) < 3:
            raise Away  # the answer was lost: the server has stored the generation
        return made

    monkeypatch.setattr(shot._stub, "CreateGeneration", flaky)
    shot.generate("bonfire")
    assert len(set(ids)) == 1
    assert len(ids) == 3
    assert len(list(studio.generations())) == 1


def test_when_no_address_is_given_then_it_is_found_in_this_order(tmp_path: Path) -> None:
    deep = tmp_path / "show" / "shots"
    (tmp_path / "show" / ".usd_ai").mkdir(parents=True)
    deep.mkdir()
    assert addresses.find(environment={}, here=deep) == addresses.DEFAULT
    (tmp_path / "show" / ".usd_ai" / "server.json").write_text('{"address": "127.0.0.1:7"}')
    assert addresses.find(environment={}, here=deep) == "127.0.0.1:7"
    assert addresses.find(environment={"USD_AI_SERVER": "127.0.0.1:8"}, here=deep) == "127.0.0.1:8"
    assert addresses.find("127.0.0.1:9", {"USD_AI_SERVER": "127.0.0.1:8"}, deep) == "127.0.0.1:9"
    (tmp_path / "show" / ".usd_ai" / "server.json").write_text("torn {")
    assert addresses.find(environment={}, here=deep) == addresses.DEFAULT
