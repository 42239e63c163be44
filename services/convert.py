"""Core types → messages. With `convert_cuts.py`, and `asked.py` for the other way, all of the door that knows both."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from google.longrunning import operations_pb2
from google.protobuf import any_pb2, duration_pb2, timestamp_pb2
from google.protobuf.message import Message

from services import names
from services.asked import DETAILS, UP_AXES
from services.interceptors import status_of_failure
from usd_ai.api.v1 import assets_pb2, generation_pb2, generators_pb2, provenance_pb2, values_pb2
from usd_ai.core.parameters import Parameter
from usd_ai.core.plan import canonical_json, plan_document
from usd_ai.core.ports import GeneratorSpec
from usd_ai.core.types import (
    Edge,
    Finding,
    Forecast,
    FrameRange,
    Generation,
    Layer,
    ParameterValue,
    PlannedWork,
    Progress,
    Rate,
    Record,
    Request,
    State,
    Trace,
    Understanding,
    Verdict,
    Version,
)

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_MAX_WORDS = 500  # of a progress message: thousands of them travel together

# ------------------------------------------------------------------------------------------------ generators


def generator_message(spec: GeneratorSpec) -> generators_pb2.Generator:
    """A generator and its parameter schema."""
    return generators_pb2.Generator(
        name=f"generators/{spec.id}",
        title=spec.title,
        summary=spec.summary,
        algorithm_version=spec.algorithm_version,
        parameters=[_parameter(p, world=p.name in spec.world_parameters) for p in spec.parameters],
    )


def value_message(value: ParameterValue) -> generators_pb2.ParameterValue:
    """A parameter's value."""
    if isinstance(value, bool):
        return generators_pb2.ParameterValue(bool_value=value)
    if isinstance(value, int):
        return generators_pb2.ParameterValue(int_value=value)
    if isinstance(value, float):
        return generators_pb2.ParameterValue(float_value=value)
    if isinstance(value, str):
        return generators_pb2.ParameterValue(text_value=value)
    return generators_pb2.ParameterValue(vector_value=generators_pb2.ParameterValue.Vector(components=value))


def _parameter(parameter: Parameter, *, world: bool) -> generators_pb2.Parameter:
    message = generators_pb2.Parameter(
        name=parameter.name,
        kind=f"KIND_{parameter.kind.upper()}",
        default_value=value_message(parameter.default),
        doc=parameter.doc,
        unit=parameter.unit,
        choices=parameter.choices,
        group=parameter.group,
        world=world,
    )
    if math.isfinite(parameter.low):
        message.low = parameter.low
    if math.isfinite(parameter.high):
        message.high = parameter.high
    return message


# ------------------------------------------------------------------------------------------------ generations


def generation_message(generation: Generation, *, brief: bool = False) -> generation_pb2.Generation:
    """A generation; ``brief`` leaves out what grows with its size: the plan's text, the files, the envelope."""
    request = generation.request
    message = generation_pb2.Generation(
        name=generation.name,
        generator=f"generators/{request.generator}",
        parameters=_settings(request.parameters),
        seed=request.seed,
        layer_name=request.name,
        camera=request.camera,
        ground=request.ground,
        detail=_key_of(DETAILS, request.detail),
        meters_per_unit=request.meters_per_unit,
        up_axis=_key_of(UP_AXES, request.up_axis),
        cut=request.cut,
        state=state_message(generation.state),
        etag=generation.etag,
        create_time=timestamp_message(generation.created),
        operator=request.operator,
        cached=generation.cached,
        work_duration=duration_message(generation.seconds),
        findings=[_finding(f) for f in generation.findings],
        version=generation.version,
    )
    folder = Path(generation.folder)
    if generation.plan_digest:
        text = "" if brief else generation.plan_json
        message.plan.CopyFrom(_preview(generation.plan_digest, text, "", generation.forecast))
        if generation.understanding is not None and not brief:
            message.plan.understanding.CopyFrom(_understanding(generation.understanding))
    if generation.layer is not None:
        message.layer.CopyFrom(_layer(generation.layer, folder, brief=brief))
        message.preview_path = str(folder / "preview.png")
    if generation.record is not None:
        message.record.CopyFrom(record_message(generation.record, str(folder / "record.json"), brief=brief))
    if generation.failure is not None:
        message.error.CopyFrom(status_of_failure(generation.failure))
    return message


def planned_message(request: Request, work: PlannedWork) -> generation_pb2.Generation:
    """What a request would become: a generation without a name that holds the plan."""
    document = canonical_json(plan_document(work.plan))
    message = generation_message(Generation(name="", request=request, state=State.QUEUED, created="", etag=""))
    message.ClearField("state")
    message.plan.CopyFrom(_preview(work.plan_digest, document, work.plan.world, work.forecast))
    if work.understanding is not None:
        message.plan.understanding.CopyFrom(_understanding(work.understanding))
    return message


def operation_message(
    generation: Generation, newest: Progress | None, *, brief: bool = False
) -> operations_pb2.Operation:
    """A generation as a long-running operation; ``brief`` as in `generation_message`."""
    metadata = generation_pb2.GenerationMetadata(
        generation=generation.name,
        state=state_message(generation.state),
        fraction=newest.fraction if newest else 0.0,
        message=newest.message[:_MAX_WORDS] if newest else "",
        last_sequence=newest.sequence if newest else 0,
    )
    operation = operations_pb2.Operation(
        name=names.OPERATION_PREFIX + generation.name, metadata=_packed(metadata), done=generation.state.ended
    )
    if generation.failure is not None and generation.state.ended:
        operation.error.CopyFrom(status_of_failure(generation.failure))
    elif generation.state.ended:
        operation.response.CopyFrom(_packed(generation_message(generation, brief=brief)))
    return operation


def planned_operation(request: Request, work: PlannedWork) -> operations_pb2.Operation:
    """A plan preview as an operation that is done."""
    return operations_pb2.Operation(done=True, response=_packed(planned_message(request, work)))


def progress_message(progress: Progress) -> generation_pb2.Progress:
    """One message of the progress stream."""
    return generation_pb2.Progress(
        sequence=progress.sequence,
        state=state_message(progress.state),
        fraction=progress.fraction,
        message=progress.message[:_MAX_WORDS],
    )


def state_message(state: State) -> str:
    """How a generation stands."""
    return f"STATE_{state.value}"  # constructors take the names of enum values


def _preview(digest: str, text: str, world: str, forecast: Forecast | None) -> generation_pb2.PlanPreview:
    message = generation_pb2.PlanPreview(digest=digest, canonical_json=text, world_digest=world)
    if forecast is not None:
        message.elements.extend(_counts(forecast.elements))
        message.estimated_duration.CopyFrom(duration_message(forecast.seconds))
        message.estimated_bytes = forecast.bytes
        message.warnings.extend(forecast.warnings)
    return message


def _understanding(understanding: Understanding) -> generation_pb2.Understanding:
    return generation_pb2.Understanding(
        readings=[
            generation_pb2.Understanding.Reading(
                words=reading.words,
                kind=f"KIND_{reading.kind.name}",
                attribute=reading.attribute,
                meaning=reading.meaning,
                settings=_settings(reading.settings),
                note=reading.note,
            )
            for reading in understanding.readings
        ],
        notes=understanding.notes,
        prompt_sha256=understanding.prompt_sha256,
        model=understanding.model,
        model_sha256=understanding.model_sha256,
        model_licence=understanding.model_licence,
    )


def _settings(values: tuple[tuple[str, ParameterValue], ...]) -> list[generation_pb2.ParameterSetting]:
    return [generation_pb2.ParameterSetting(name=name, value=value_message(value)) for name, value in values]


def _layer(layer: Layer, folder: Path, *, brief: bool) -> generation_pb2.Layer:
    files = () if brief else layer.files
    return generation_pb2.Layer(
        root=layer.root,
        sha256=layer.sha256,
        content_sha256=layer.content_sha256,
        path=str(folder / f"{layer.root}.usda"),
        files=[generation_pb2.LayerFile(path=f.path, sha256=f.sha256, size=f.size) for f in files],
        elements=_counts(layer.elements),
    )


def _counts(elements: tuple[tuple[str, int], ...]) -> list[values_pb2.ElementCount]:
    return [values_pb2.ElementCount(kind=kind, count=count) for kind, count in elements]


def _finding(finding: Finding) -> generation_pb2.Finding:
    severity = f"SEVERITY_{finding.severity.upper()}"
    return generation_pb2.Finding(severity=severity, rule=finding.rule, message=finding.message, prim=finding.prim)


# ------------------------------------------------------------------------------------------------ the asset graph


def version_message(version: Version) -> assets_pb2.Version:
    """A published version."""
    owner = f"projects/{version.project}/shots/{version.shot}/layers/{version.name}"
    return assets_pb2.Version(
        name=f"{owner}/versions/{version.number}",
        number=version.number,
        layer_sha256=version.layer_sha256,
        plan_digest=version.plan_digest,
        record_id=version.record_id,
        generation=version.generation,
        folder=version.folder,
        create_time=timestamp_message(version.created),
        request_id=version.request_id,
    )


def edge_message(edge: Edge) -> assets_pb2.LineageEdge:
    """A lineage edge."""
    return assets_pb2.LineageEdge(role=edge.role, sha256=edge.sha256, source=edge.name)


def record_message(record: Record, path: str, *, brief: bool = False) -> assets_pb2.Record:
    """A signed record and where it lies."""
    envelope = "" if brief else record.envelope
    return assets_pb2.Record(id=record.id, payload_sha256=record.payload_sha256, envelope=envelope, path=path)


def verdict_message(verdict: Verdict) -> provenance_pb2.VerifyLayerResponse:
    """What verification found."""
    return provenance_pb2.VerifyLayerResponse(
        verdict=f"VERDICT_{verdict.verdict}",
        record_id=verdict.record_id,
        reasons=verdict.reasons,
        layer_sha256=verdict.layer_sha256,
        signer=verdict.signer,
    )


def trace_message(trace: Trace) -> provenance_pb2.TracePrimResponse:
    """Where a prim comes from."""
    lines = [provenance_pb2.TraceLine(label=label, value=value) for label, value in trace.lines]
    return provenance_pb2.TracePrimResponse(lines=lines, record_id=trace.record_id)


# ------------------------------------------------------------------------------------------------ small things


def rate_message(rate: Rate) -> values_pb2.Rate:
    """Frames per second."""
    return values_pb2.Rate(numerator=rate.numerator, denominator=rate.denominator)


def range_message(frames: FrameRange) -> values_pb2.FrameRange:
    """Frames, both ends included."""
    return values_pb2.FrameRange(start=frames.start, end=frames.end)


def timestamp_message(text: str) -> timestamp_pb2.Timestamp | None:
    """A moment; None for ""."""
    if not text:
        return None
    message = timestamp_pb2.Timestamp()
    message.FromDatetime(datetime.fromisoformat(text).astimezone(UTC))
    return message


def duration_message(seconds: float) -> duration_pb2.Duration:
    """Seconds."""
    message = duration_pb2.Duration()
    message.FromMilliseconds(round(seconds * 1000))
    return message


def _packed(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


def _key_of(table: Mapping[_Key, _Value], value: _Value) -> _Key:
    return [key for key, held in table.items() if held == value][-1]
