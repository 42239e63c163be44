"""Messages → core types, as the server sent them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from google.protobuf import timestamp_pb2

from usd_ai.api.v1 import assets_pb2, generation_pb2, generators_pb2, provenance_pb2, timeline_pb2, values_pb2
from usd_ai.client.channel import failure_of
from usd_ai.core.parameters import Parameter
from usd_ai.core.types import (
    Cut,
    Detail,
    Edge,
    Finding,
    Forecast,
    FrameRange,
    Generation,
    Kind,
    Layer,
    LayerFile,
    Notice,
    Occurrence,
    ParameterValue,
    Progress,
    Project,
    Rate,
    Reading,
    Record,
    Request,
    Retime,
    Shot,
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
        kind=_word(generators_pb2.Parameter.Kind.Name(message.kind), "KIND_"),
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
        request=_request(message, project, shot),
        state=State(state) if message.state else State.QUEUED,
        created=_moment(message.create_time) if message.HasField("create_time") else "",
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
        created=_moment(message.create_time) if message.HasField("create_time") else "",
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


def project(message: timeline_pb2.Project) -> Project:
    """A show, as far as the server tells."""
    return Project(
        name=message.name.removeprefix("projects/"),
        root=message.root,
        cut=message.cut,
        rate=rate(message.rate) if message.HasField("rate") else None,
        handles=message.handles,
        stage="",
        publish="",
    )


def cut(message: timeline_pb2.Cut, shots: tuple[Shot, ...]) -> Cut:
    """A cut and its shots."""
    return Cut(
        name=message.title,
        rate=rate(message.rate),
        handles=message.handles,
        duration=message.duration,
        shots=shots,
        sha256=message.sha256,
        notices=tuple(
            Notice(_word(timeline_pb2.Notice.Severity.Name(n.severity), "SEVERITY_"), n.message, n.line)
            for n in message.notices
        ),
    )


def shot(message: timeline_pb2.Shot) -> Shot:
    """A shot and its occurrences."""
    return Shot(
        name=message.name.rpartition("/")[2],
        occurrences=tuple(_occurrence(o) for o in message.occurrences),
        visible=_range(message.visible),
        needed=_range(message.needed),
        rate=rate(message.rate),
    )


def rate(message: values_pb2.Rate) -> Rate:
    """Frames per second."""
    return Rate(message.numerator, message.denominator)


def _request(message: generation_pb2.Generation, project: str, shot: str) -> Request:
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
    )


def _reading(message: generation_pb2.Understanding.Reading) -> Reading:
    return Reading(
        words=message.words,
        kind=Kind(_word(generation_pb2.Understanding.Reading.Kind.Name(message.kind), "KIND_")),
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
    severity = _word(generation_pb2.Finding.Severity.Name(message.severity), "SEVERITY_")
    return Finding(severity, message.rule, message.message, message.prim)


def _occurrence(message: timeline_pb2.Occurrence) -> Occurrence:
    retime = None
    if message.HasField("retime"):
        scalar = Fraction(message.retime.scalar.numerator, message.retime.scalar.denominator)
        retime = Retime(_word(timeline_pb2.Retime.Kind.Name(message.retime.kind), "KIND_"), scalar)
    return Occurrence(
        clip_name=message.clip_name,
        track=message.track,
        record=_range(message.record),
        visible=_range(message.visible),
        retime=retime,
        enabled=message.enabled,
        reel=message.reel,
        transition_in=message.transition_in,
        transition_out=message.transition_out,
    )


def _counts(messages: Iterable[values_pb2.ElementCount]) -> tuple[tuple[str, int], ...]:
    return tuple((m.kind, m.count) for m in messages)


def _range(message: values_pb2.FrameRange) -> FrameRange:
    return FrameRange(message.start, message.end)


def _moment(message: timestamp_pb2.Timestamp) -> str:
    moment = message.ToDatetime()
    return moment.isoformat(timespec="milliseconds") + "Z"


def _word(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower()
