from __future__ import annotations

import logging
import uuid

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from services.interceptors import DOMAIN, LIMIT, TABLE
from tests.service.conftest import OpenDoor
from usd_ai.api.v1 import (
    assets_pb2,
    generation_pb2,
    generators_pb2,
    provenance_pb2,
    timeline_pb2,
    timeline_pb2_grpc,
    values_pb2,
)
from usd_ai.core import errors

_METHOD = "/usd_ai.api.v1.TimelineService/ReadCut"
_CUT = timeline_pb2.ReadCutRequest(parent="projects/-")


def _refusal(call: object, *arguments: object) -> tuple[grpc.StatusCode, error_details_pb2.ErrorInfo, str, str]:
    """Code, ErrorInfo, sentence and remedy of a call that must be refused."""
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments)  # type: ignore[operator]
    info, remedy = error_details_pb2.ErrorInfo(), error_details_pb2.LocalizedMessage()
    for key, value in caught.value.trailing_metadata():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                detail.Unpack(info)
                detail.Unpack(remedy)
    return caught.value.code(), info, caught.value.details(), remedy.message


def _answers(door: OpenDoor) -> bool:
    door.world.cuts.raises = None
    return bool(door.timeline.ReadCut(_CUT).shots)


def test_when_the_table_is_read_then_every_domain_error_is_in_it() -> None:
    known = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.UsdAiError)}
    assert known == set(TABLE)


@pytest.mark.parametrize("kind", list(TABLE), ids=lambda kind: kind.__name__)
def test_when_a_domain_error_is_raised_then_it_leaves_as_the_table_says(
    open_door: OpenDoor, kind: type[errors.UsdAiError]
) -> None:
    open_door.world.cuts.raises = kind(
        "The cut of ember is odd.", remedy="Mend it.", reason="ODD_CUT", context={"shot": "sh010"}
    )
    code, info, sentence, remedy = _refusal(open_door.timeline.ReadCut, _CUT)
    assert code is TABLE[kind]
    assert (info.domain, info.reason) == (DOMAIN, "ODD_CUT")
    assert dict(info.metadata) == {"kind": kind.__name__, "shot": "sh010"}
    assert (sentence, remedy) == ("The cut of ember is odd.", "Mend it.")
    assert _answers(open_door)


def test_when_something_unexpected_is_raised_then_nothing_leaks_and_the_log_has_it(
    open_door: OpenDoor, caplog: pytest.LogCaptureFixture
) -> None:
    open_door.world.cuts.raises = ZeroDivisionError("password=hunter2 in /home/ada/secret.py")
    with caplog.at_level(logging.ERROR, logger="usd_ai.door"):
        code, info, sentence, remedy = _refusal(open_door.timeline.ReadCut, _CUT)
    assert code is grpc.StatusCode.INTERNAL
    assert info.reason == "INTERNAL"
    assert "hunter2" not in sentence + remedy + str(info)
    assert info.metadata["incident"] in remedy
    assert info.metadata["incident"] in caplog.text
    assert "hunter2" in caplog.text
    assert _answers(open_door)


def test_when_an_error_is_very_long_then_it_still_fits_the_headers(open_door: OpenDoor) -> None:
    open_door.world.cuts.raises = errors.UnreadableInput(
        "x" * 50_000, remedy="y" * 50_000, context={f"key{n}": "z" * 9_000 for n in range(40)}
    )
    code, info, sentence, _ = _refusal(open_door.timeline.ReadCut, _CUT)
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert info.reason == "UNREADABLE_INPUT"
    assert 1000 < len(sentence) < 2000
    assert _answers(open_door)


def _generation(**fields: object) -> generation_pb2.CreateGenerationRequest:
    request = {"parent": "projects/-/shots/sh010", "validate_only": True}
    asked = {"generator": "generators/bonfire", **fields}
    return generation_pb2.CreateGenerationRequest(**request, generation=generation_pb2.Generation(**asked))


def _set(name: str, **value: object) -> generation_pb2.ParameterSetting:
    return generation_pb2.ParameterSetting(name=name, value=generators_pb2.ParameterValue(**value))


_BAD = {
    "unknown parameter": (_generation(parameters=[_set("densty", float_value=1)]), "UNKNOWN_PARAMETER", "densty"),
    "out of range": (_generation(parameters=[_set("density", float_value=9)]), "PARAMETER_OUT_OF_RANGE", "density"),
    "not a number": (
        _generation(parameters=[_set("density", float_value=float("nan"))]),
        "PARAMETER_OUT_OF_RANGE",
        "density",
    ),
    "infinite": (
        _generation(parameters=[_set("density", float_value=float("inf"))]),
        "PARAMETER_OUT_OF_RANGE",
        "density",
    ),
    "wrong kind": (_generation(parameters=[_set("logs", text_value="many")]), "PARAMETER_OUT_OF_RANGE", "logs"),
    "wrong size": (
        _generation(parameters=[_set("wind", vector_value=generators_pb2.ParameterValue.Vector(components=[1, 2, 3]))]),
        "PARAMETER_OUT_OF_RANGE",
        "wind",
    ),
    "no value": (_generation(parameters=[_set("logs")]), "PARAMETER_WITHOUT_VALUE", "logs"),
    "set twice": (
        _generation(parameters=[_set("logs", int_value=1), _set("logs", int_value=2)]),
        "PARAMETER_TWICE",
        "logs",
    ),
    "no generator": (_generation(generator=""), "GENERATOR_REQUIRED", "ListGenerators"),
    "odd generator": (_generation(generator="generators/../../etc"), "NAME_INVALID", "generators/"),
    "unknown generator": (_generation(generator="generators/flood"), "NOT_FOUND", "flood"),
    "camera no prim": (_generation(camera="cam; rm -rf"), "PRIM_PATH_INVALID", "camera"),
    "camera not found": (_generation(camera="/no/such"), "CAMERA_NOT_FOUND", "/no/such"),
    "layer name": (_generation(layer_name="1 fire"), "LAYER_NAME_INVALID", "1 fire"),
    "layer name taken": (_generation(layer_name="set"), "LAYER_NAME_TAKEN", "set"),
    "units": (_generation(meters_per_unit=-1), "UNITS_INVALID", "metres"),
    "unknown enum": (_generation(up_axis=77), "ENUM_UNKNOWN", "up_axis"),
}


@pytest.mark.parametrize("case", _BAD)
def test_when_a_request_is_wrong_then_its_own_error_says_what_and_where(open_door: OpenDoor, case: str) -> None:
    request, reason, word = _BAD[case]
    code, info, sentence, remedy = _refusal(open_door.generations.CreateGeneration, request)
    assert code in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND)
    assert info.reason == reason
    assert word in sentence + remedy
    assert remedy
    assert _answers(open_door)


_NO_NAMES = (
    "",
    "projects",
    "projects/-",
    "projects/-/shots/",
    "projects/-/shots/../x",
    "projects/a b/shots/c",
    "x" * 5000,
    "projects/-/shots/sh\n010",
    "projects/-/shots/-",
)


@pytest.mark.parametrize("parent", _NO_NAMES)
def test_when_a_name_is_no_resource_name_then_it_is_refused(open_door: OpenDoor, parent: str) -> None:
    request = generation_pb2.CreateGenerationRequest(parent=parent)
    code, info, _, _ = _refusal(open_door.generations.CreateGeneration, request)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert info.reason == "NAME_INVALID"


_OWNER = "projects/-/shots/sh010"
_ABSENT = {
    "generations.GetGeneration": generation_pb2.GetGenerationRequest(name=f"{_OWNER}/generations/g9"),
    "generations.CancelGeneration": generation_pb2.CancelGenerationRequest(name=f"{_OWNER}/generations/g9"),
    "generations.CreateGeneration": generation_pb2.CreateGenerationRequest(
        parent="projects/-/shots/sh999", generation=generation_pb2.Generation(generator="generators/bonfire")
    ),
    "generations.ListGenerations": generation_pb2.ListGenerationsRequest(parent="projects/other/shots/-"),
    "assets.GetVersion": assets_pb2.GetVersionRequest(name=f"{_OWNER}/layers/bonfire/versions/4"),
    "generators.GetGenerator": generators_pb2.GetGeneratorRequest(name="generators/flood"),
    "provenance.VerifyLayer": provenance_pb2.VerifyLayerRequest(path="/no/such/layer.usda"),
}


@pytest.mark.parametrize("method", _ABSENT)
def test_when_something_does_not_exist_then_the_call_says_so_and_what_does(open_door: OpenDoor, method: str) -> None:
    service, _, call = method.partition(".")
    code, info, sentence, remedy = _refusal(getattr(getattr(open_door, service), call), _ABSENT[method])
    assert (code, info.domain) == (grpc.StatusCode.NOT_FOUND, DOMAIN)
    assert sentence
    assert remedy


def test_when_nothing_is_there_to_watch_then_the_stream_says_so(open_door: OpenDoor) -> None:
    request = generation_pb2.WatchGenerationRequest(name=f"{_OWNER}/generations/g9")
    code, _, _, _ = _refusal(lambda r: list(open_door.generations.WatchGeneration(r)), request)
    assert code is grpc.StatusCode.NOT_FOUND


def _cut(**fields: object) -> timeline_pb2.ReadCutRequest:
    return timeline_pb2.ReadCutRequest(parent="projects/-", **fields)


def _token(text: str) -> dict[str, str]:
    return {"page_token": text}


_NAME = "projects/-/shots/sh010/generations/g0001"
_MEANINGLESS = {
    "RATE_INVALID": ("timeline.ReadCut", _cut(rate=values_pb2.Rate(numerator=24, denominator=0))),
    "HANDLES_INVALID": ("timeline.ReadCut", _cut(handles=-1)),
    "PAGE_SIZE_INVALID": ("timeline.ReadCut", _cut(page_size=-1)),
    "PAGE_TOKEN_INVALID": ("timeline.ReadCut", _cut(**_token("?"))),
    "PAGE_TOKEN_STALE": ("timeline.ReadCut", _cut(**_token("old@2"))),
    "PATH_OUTSIDE_PROJECT": ("timeline.ReadCut", _cut(path="../../etc/passwd")),
    "OUTPUT_REQUIRED": ("timeline.WriteTimeline", timeline_pb2.WriteTimelineRequest(parent="projects/-")),
    "PATH_RELATIVE": ("provenance.VerifyLayer", provenance_pb2.VerifyLayerRequest(path="layer.usda")),
    "ETAG_REQUIRED": ("generations.PublishGeneration", generation_pb2.PublishGenerationRequest(name=_NAME)),
    "REQUEST_ID_INVALID": (
        "generations.PublishGeneration",
        generation_pb2.PublishGenerationRequest(name=_NAME, etag="e1", request_id="7"),
    ),
    "SIZE_INVALID": (
        "assets.RenderPreview",
        assets_pb2.RenderPreviewRequest(
            name="projects/-/shots/sh010/layers/bonfire/versions/1", width=1, output_folder="previews"
        ),
    ),
}


@pytest.mark.parametrize("reason", _MEANINGLESS)
def test_when_a_field_has_no_meaning_then_its_own_error_says_so(open_door: OpenDoor, reason: str) -> None:
    method, request = _MEANINGLESS[reason]
    service, _, call = method.partition(".")
    code, info, _, remedy = _refusal(getattr(getattr(open_door, service), call), request)
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)
    assert remedy


def test_when_a_watcher_starts_before_the_beginning_then_it_is_refused(open_door: OpenDoor) -> None:
    request = generation_pb2.WatchGenerationRequest(name=open_door.create(), after_sequence=-1)
    code, info, _, _ = _refusal(lambda r: list(open_door.generations.WatchGeneration(r)), request)
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "SEQUENCE_INVALID")


def test_when_the_etag_is_old_or_nothing_is_ready_then_publishing_conflicts(open_door: OpenDoor) -> None:
    waiting = open_door.create()
    state = open_door.generations.GetGeneration(generation_pb2.GetGenerationRequest(name=waiting))
    publish = open_door.generations.PublishGeneration
    early = generation_pb2.PublishGenerationRequest(name=waiting, etag=state.etag, request_id=str(uuid.uuid4()))
    code, info, _, _ = _refusal(publish, early)
    assert (code, info.reason) == (grpc.StatusCode.ABORTED, "NOT_READY")
    open_door.world.start_workers()
    open_door.finished(waiting)
    code, info, _, _ = _refusal(publish, early)
    assert (code, info.reason) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")


def test_when_bytes_are_no_message_then_the_error_says_so_and_the_server_goes_on(open_door: OpenDoor) -> None:
    raw = open_door.channel.unary_unary(_METHOD)
    for hostile in (b"\xff\xff\xff\xff", b"\x0a\xff\xff\xff\xff\x0f", b"\x08" * 64, b"\x0b" * 100_000):
        code, info, _, remedy = _refusal(raw, hostile)
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert info.reason in ("MESSAGE_MALFORMED", "NAME_INVALID")
        assert remedy
    assert _answers(open_door)


def test_when_a_message_is_too_large_then_it_is_refused_and_the_server_goes_on(open_door: OpenDoor) -> None:
    just_above = timeline_pb2.ReadCutRequest(parent="x" * (LIMIT + 1))
    code, info, _, remedy = _refusal(open_door.timeline.ReadCut, just_above)
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MESSAGE_TOO_LARGE")
    assert "file" in remedy
    far_above = timeline_pb2.ReadCutRequest(parent="x" * (16 * LIMIT))
    code, _, _, _ = _refusal(open_door.timeline.ReadCut, far_above)
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert _answers(open_door)


def test_when_a_message_grows_as_it_is_unpacked_then_it_is_refused_all_the_same(open_door: OpenDoor) -> None:
    bomb = timeline_pb2.ReadCutRequest(parent="x" * (64 * LIMIT))
    packed = grpc.insecure_channel(
        open_door.address, [("grpc.max_send_message_length", -1)], compression=grpc.Compression.Gzip
    )
    with packed, pytest.raises(grpc.RpcError) as caught:
        timeline_pb2_grpc.TimelineServiceStub(packed).ReadCut(bomb)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert _answers(open_door)


def test_when_a_method_is_unknown_then_the_error_names_it(open_door: OpenDoor) -> None:
    code, info, sentence, _ = _refusal(open_door.channel.unary_unary("/usd_ai.api.v1.GenerationService/Burn"), b"")
    assert (code, info.reason) == (grpc.StatusCode.UNIMPLEMENTED, "UNKNOWN_METHOD")
    assert "Burn" in sentence


def test_when_the_ledger_fails_while_people_watch_then_they_are_told_and_the_server_goes_on(
    open_door: OpenDoor,
) -> None:
    name = open_door.create()
    open_door.world.ledger.raises = OSError("disk gone")
    code, info, _, _ = _refusal(
        lambda r: list(open_door.generations.WatchGeneration(r)), generation_pb2.WatchGenerationRequest(name=name)
    )
    assert (code, info.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    open_door.world.ledger.raises = None
    assert open_door.generations.GetGeneration(generation_pb2.GetGenerationRequest(name=name)).name == name
