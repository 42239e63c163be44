"""Messages → core types, as the server sent them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import timestamp_pb2

from usd_ai.api.v1 import assets_pb2, generation_pb2, generators_pb2, provenance_pb2, values_pb2
from usd_ai.client.channel import failure_of
from usd_ai.core.parameters import Parameter
from usd_ai.core.types import (
    Detail,
    Edge,
    Finding,
    Forecast,
    FrameRange,
    Generation,
    Kind,
    Layer,
    LayerFile,
    ParameterValue,
    Progress,
    Rate,
    Reading,
    Record,
    Request,
    State,
    Trace,
    Understanding,
    Verdict,
    Version,
)

DETAILS = {Detail.FULL: "DETAIL_FULL", Detail.FIRST_LOOK: "DETAIL_FIRST_LOOK"}
UP_AXES = {"": "UP_AXIS_UNSPECIFIED", "Y": "UP_AXIS_Y", "Z": "UP_AXIS_Z"}


@dataclass(frozen=True, slots=True)
class Places:
    """Where a generation's files lie on the server's file system; "" for what is not there yet."""

    layer: str
    record: str
    preview: str


def value(message: generators_pb2.ParameterValue) -> ParameterValue:
    """A parameter's value."""
    which = message.WhichOneof("value")
    if which == "vector_value":
        return tuple(message.vector_value.components)
    return getattr(message, which) if which else ""


def encoded(given: ParameterValue) -> generators_pb2.ParameterValue:
    """A parameter's value as a message."""
    if isinstance(given, bool):
        return generators_pb2.ParameterValue(bool_value=given)
    if isinstance(given, int):
        return generators_pb2.ParameterValue(int_value=given)
    if isinstance(given, float):
        return generators_pb2.ParameterValue(float_value=given)
    if isinstance(given, str):
        return generators_pb2.ParameterValue(text_value=given)
    return generators_pb2.ParameterValue(vector_value=generators_pb2.ParameterValue.Vector(components=given))


def parameter(message: generators_pb2.Parameter) -> Parameter:
    """A declared parameter."""
    return Parameter(
        name=message.name,
        kind=word(generators_pb2.Parameter.Kind.Name(message.kind), "KIND_"),
        default=value(message.default_value),
        doc=message.doc,
        unit=message.unit,
        low=message.low if message.HasField("low") else -math.inf,
        high=message.high if message.HasField("high") else math.inf,
        choices=tuple(message.choices),
        group=message.group,
    )


def generation(message: generation_pb2.Generation) -> Generation:
    """A generation. A plan preview, which has no state, reads as QUEUED."""
    _, project, _, shot, *_ = f"{message.name}////".split("/")
    state = generation_pb2.Generation.State.Name(message.state).removeprefix("STATE_")
    planned, folder = message.HasField("plan"), Path(message.preview_path).parent if message.preview_path else ""
    return Generation(
        name=message.name,
        request=request(message, project, shot),
        state=State(state) if message.state else State.QUEUED,
        created=moment(message.create_time) if message.HasField("create_time") else "",
        etag=message.etag,
        plan_digest=message.plan.digest,
        plan_json=message.plan.canonical_json,
        layer=_layer(message.layer) if message.HasField("layer") else None,
        record=record(message.record) if message.HasField("record") else None,
        folder=str(folder),
        cached=message.cached,
        seconds=message.work_duration.ToMilliseconds() / 1000,
        version=message.version,
        failure=failure_of(message.error) if message.HasField("error") else None,
        findings=tuple(_finding(f) for f in message.findings),
        forecast=forecast(message.plan) if planned else None,
        understanding=understanding(message.plan),
    )


def places(message: generation_pb2.Generation) -> Places:
    """Where a generation's files lie."""
    return Places(message.layer.path, message.record.path, message.preview_path)


def forecast(message: generation_pb2.PlanPreview) -> Forecast:
    """What a plan will come to."""
    return Forecast(
        elements=_counts(message.elements),
        seconds=message.estimated_duration.ToMilliseconds() / 1000,
        bytes=message.estimated_bytes,
        warnings=tuple(message.warnings),
    )


def understanding(message: generation_pb2.PlanPreview) -> Understanding | None:
    """What was understood of a plan's prompt; None where it had none."""
    if not message.HasField("understanding"):
        return None
    told = message.understanding
    readings = tuple(_reading(reading) for reading in told.readings)
    return Understanding(
        readings=readings,
        settings=tuple(sorted({name: value for r in readings for name, value in r.settings}.items())),
        notes=tuple(told.notes),
        prompt_sha256=told.prompt_sha256,
        model=told.model,
        model_sha256=told.model_sha256,
        model_licence=told.model_licence,
    )


def progress(message: generation_pb2.Progress) -> Progress:
    """One message of the progress stream."""
    state = State(generation_pb2.Generation.State.Name(message.state).removeprefix("STATE_"))
    return Progress(message.sequence, state, message.fraction, message.message)


def version(message: assets_pb2.Version, edges: tuple[Edge, ...] = ()) -> Version:
    """A published version. Lineage is asked for separately."""
    _, project, _, shot, _, name, _, _ = message.name.split("/")
    return Version(
        project=project,
        shot=shot,
        name=name,
        number=message.number,
        layer_sha256=message.layer_sha256,
        plan_digest=message.plan_digest,
        record_id=message.record_id,
        generation=message.generation,
        folder=message.folder,
        created=moment(message.create_time) if message.HasField("create_time") else "",
        request_id=message.request_id,
        edges=edges,
    )


def record(message: assets_pb2.Record) -> Record:
    """A signed record."""
    return Record(message.id, message.envelope, message.payload_sha256)


def edge(message: assets_pb2.LineageEdge) -> Edge:
    """A lineage edge."""
    return Edge(message.role, message.sha256, message.source)


def verdict(message: provenance_pb2.VerifyLayerResponse) -> Verdict:
    """What verification found."""
    word = provenance_pb2.VerifyLayerResponse.Verdict.Name(message.verdict).removeprefix("VERDICT_")
    return Verdict(word, tuple(message.reasons), message.record_id, message.layer_sha256, message.signer)


def trace(message: provenance_pb2.TracePrimResponse, prim: str) -> Trace:
    """Where a prim comes from."""
    return Trace(prim, message.record_id, tuple((line.label, line.value) for line in message.lines))


def rate(message: values_pb2.Rate) -> Rate:
    """Frames per second."""
    return Rate(message.numerator, message.denominator)


def request(message: generation_pb2.Generation, project: str, shot: str) -> Request:
    """What was asked for."""
    details = {name: detail for detail, name in DETAILS.items()}
    axes = {name: axis for axis, name in UP_AXES.items()}
    return Request(
        project=project,
        shot=shot,
        generator=message.generator.removeprefix("generators/"),
        parameters=tuple((p.name, value(p.value)) for p in message.parameters),
        seed=message.seed,
        name=message.layer_name,
        camera=message.camera,
        ground=message.ground,
        detail=details.get(generation_pb2.Generation.Detail.Name(message.detail), Detail.FULL),
        operator=message.operator,
        meters_per_unit=message.meters_per_unit,
        up_axis=axes[generation_pb2.Generation.UpAxis.Name(message.up_axis)],
        cut=message.cut,
    )


def _reading(message: generation_pb2.Understanding.Reading) -> Reading:
    return Reading(
        words=message.words,
        kind=Kind(word(generation_pb2.Understanding.Reading.Kind.Name(message.kind), "KIND_")),
        attribute=message.attribute,
        meaning=message.meaning,
        settings=tuple((s.name, value(s.value)) for s in message.settings),
        note=message.note,
    )


def _layer(message: generation_pb2.Layer) -> Layer:
    return Layer(
        root=message.root,
        files=tuple(LayerFile(f.path, f.sha256, f.size) for f in message.files),
        sha256=message.sha256,
        content_sha256=message.content_sha256,
        elements=_counts(message.elements),
    )


def _finding(message: generation_pb2.Finding) -> Finding:
    severity = word(generation_pb2.Finding.Severity.Name(message.severity), "SEVERITY_")
    return Finding(severity, message.rule, message.message, message.prim)


def _counts(messages: Iterable[values_pb2.ElementCount]) -> tuple[tuple[str, int], ...]:
    return tuple((m.kind, m.count) for m in messages)


def frames(message: values_pb2.FrameRange) -> FrameRange:
    """Frames, both ends included."""
    return FrameRange(message.start, message.end)


def moment(message: timestamp_pb2.Timestamp) -> str:
    """A moment, RFC 3339 in UTC."""
    return message.ToDatetime().isoformat(timespec="milliseconds") + "Z"


def word(name: str, prefix: str) -> str:
    """The name of an enum's value in lower case, without its prefix."""
    return name.removeprefix(prefix).lower()
