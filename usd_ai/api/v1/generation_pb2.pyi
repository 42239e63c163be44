from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.longrunning import operations_pb2 as _operations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from usd_ai.api.v1 import assets_pb2 as _assets_pb2
from usd_ai.api.v1 import generators_pb2 as _generators_pb2
from usd_ai.api.v1 import values_pb2 as _values_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Generation(_message.Message):
    __slots__ = ("name", "generator", "parameters", "seed", "layer_name", "camera", "ground", "detail", "meters_per_unit", "up_axis", "state", "etag", "create_time", "operator", "plan", "layer", "record", "preview_path", "cached", "work_duration", "findings", "error", "version", "prompt", "cut")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Generation.State]
        STATE_QUEUED: _ClassVar[Generation.State]
        STATE_PLANNING: _ClassVar[Generation.State]
        STATE_GENERATING: _ClassVar[Generation.State]
        STATE_CHECKING: _ClassVar[Generation.State]
        STATE_AWAITING_REVIEW: _ClassVar[Generation.State]
        STATE_PUBLISHED: _ClassVar[Generation.State]
        STATE_REJECTED: _ClassVar[Generation.State]
        STATE_FAILED: _ClassVar[Generation.State]
        STATE_CANCELLED: _ClassVar[Generation.State]
    STATE_UNSPECIFIED: Generation.State
    STATE_QUEUED: Generation.State
    STATE_PLANNING: Generation.State
    STATE_GENERATING: Generation.State
    STATE_CHECKING: Generation.State
    STATE_AWAITING_REVIEW: Generation.State
    STATE_PUBLISHED: Generation.State
    STATE_REJECTED: Generation.State
    STATE_FAILED: Generation.State
    STATE_CANCELLED: Generation.State
    class Detail(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DETAIL_UNSPECIFIED: _ClassVar[Generation.Detail]
        DETAIL_FIRST_LOOK: _ClassVar[Generation.Detail]
        DETAIL_FULL: _ClassVar[Generation.Detail]
    DETAIL_UNSPECIFIED: Generation.Detail
    DETAIL_FIRST_LOOK: Generation.Detail
    DETAIL_FULL: Generation.Detail
    class UpAxis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UP_AXIS_UNSPECIFIED: _ClassVar[Generation.UpAxis]
        UP_AXIS_Y: _ClassVar[Generation.UpAxis]
        UP_AXIS_Z: _ClassVar[Generation.UpAxis]
    UP_AXIS_UNSPECIFIED: Generation.UpAxis
    UP_AXIS_Y: Generation.UpAxis
    UP_AXIS_Z: Generation.UpAxis
    NAME_FIELD_NUMBER: _ClassVar[int]
    GENERATOR_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    LAYER_NAME_FIELD_NUMBER: _ClassVar[int]
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    METERS_PER_UNIT_FIELD_NUMBER: _ClassVar[int]
    UP_AXIS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_PATH_FIELD_NUMBER: _ClassVar[int]
    CACHED_FIELD_NUMBER: _ClassVar[int]
    WORK_DURATION_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    CUT_FIELD_NUMBER: _ClassVar[int]
    name: str
    generator: str
    parameters: _containers.RepeatedCompositeFieldContainer[ParameterSetting]
    seed: int
    layer_name: str
    camera: str
    ground: str
    detail: Generation.Detail
    meters_per_unit: float
    up_axis: Generation.UpAxis
    state: Generation.State
    etag: str
    create_time: _timestamp_pb2.Timestamp
    operator: str
    plan: PlanPreview
    layer: Layer
    record: _assets_pb2.Record
    preview_path: str
    cached: bool
    work_duration: _duration_pb2.Duration
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    error: _status_pb2.Status
    version: int
    prompt: str
    cut: str
    def __init__(self, name: _Optional[str] = ..., generator: _Optional[str] = ..., parameters: _Optional[_Iterable[_Union[ParameterSetting, _Mapping]]] = ..., seed: _Optional[int] = ..., layer_name: _Optional[str] = ..., camera: _Optional[str] = ..., ground: _Optional[str] = ..., detail: _Optional[_Union[Generation.Detail, str]] = ..., meters_per_unit: _Optional[float] = ..., up_axis: _Optional[_Union[Generation.UpAxis, str]] = ..., state: _Optional[_Union[Generation.State, str]] = ..., etag: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., operator: _Optional[str] = ..., plan: _Optional[_Union[PlanPreview, _Mapping]] = ..., layer: _Optional[_Union[Layer, _Mapping]] = ..., record: _Optional[_Union[_assets_pb2.Record, _Mapping]] = ..., preview_path: _Optional[str] = ..., cached: bool = ..., work_duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., version: _Optional[int] = ..., prompt: _Optional[str] = ..., cut: _Optional[str] = ...) -> None: ...

class ParameterSetting(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: _generators_pb2.ParameterValue
    def __init__(self, name: _Optional[str] = ..., value: _Optional[_Union[_generators_pb2.ParameterValue, _Mapping]] = ...) -> None: ...

class PlanPreview(_message.Message):
    __slots__ = ("digest", "canonical_json", "world_digest", "elements", "estimated_duration", "estimated_bytes", "warnings", "understanding")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    CANONICAL_JSON_FIELD_NUMBER: _ClassVar[int]
    WORLD_DIGEST_FIELD_NUMBER: _ClassVar[int]
    ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_DURATION_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_BYTES_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    UNDERSTANDING_FIELD_NUMBER: _ClassVar[int]
    digest: str
    canonical_json: str
    world_digest: str
    elements: _containers.RepeatedCompositeFieldContainer[_values_pb2.ElementCount]
    estimated_duration: _duration_pb2.Duration
    estimated_bytes: int
    warnings: _containers.RepeatedScalarFieldContainer[str]
    understanding: Understanding
    def __init__(self, digest: _Optional[str] = ..., canonical_json: _Optional[str] = ..., world_digest: _Optional[str] = ..., elements: _Optional[_Iterable[_Union[_values_pb2.ElementCount, _Mapping]]] = ..., estimated_duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., estimated_bytes: _Optional[int] = ..., warnings: _Optional[_Iterable[str]] = ..., understanding: _Optional[_Union[Understanding, _Mapping]] = ...) -> None: ...

class Understanding(_message.Message):
    __slots__ = ("readings", "notes", "prompt_sha256", "model", "model_sha256", "model_licence")
    class Reading(_message.Message):
        __slots__ = ("words", "kind", "attribute", "meaning", "settings", "note")
        class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
            __slots__ = ()
            KIND_UNSPECIFIED: _ClassVar[Understanding.Reading.Kind]
            KIND_SET: _ClassVar[Understanding.Reading.Kind]
            KIND_OVERRIDDEN: _ClassVar[Understanding.Reading.Kind]
            KIND_ELSEWHERE: _ClassVar[Understanding.Reading.Kind]
            KIND_UNKNOWN: _ClassVar[Understanding.Reading.Kind]
        KIND_UNSPECIFIED: Understanding.Reading.Kind
        KIND_SET: Understanding.Reading.Kind
        KIND_OVERRIDDEN: Understanding.Reading.Kind
        KIND_ELSEWHERE: Understanding.Reading.Kind
        KIND_UNKNOWN: Understanding.Reading.Kind
        WORDS_FIELD_NUMBER: _ClassVar[int]
        KIND_FIELD_NUMBER: _ClassVar[int]
        ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
        MEANING_FIELD_NUMBER: _ClassVar[int]
        SETTINGS_FIELD_NUMBER: _ClassVar[int]
        NOTE_FIELD_NUMBER: _ClassVar[int]
        words: str
        kind: Understanding.Reading.Kind
        attribute: str
        meaning: str
        settings: _containers.RepeatedCompositeFieldContainer[ParameterSetting]
        note: str
        def __init__(self, words: _Optional[str] = ..., kind: _Optional[_Union[Understanding.Reading.Kind, str]] = ..., attribute: _Optional[str] = ..., meaning: _Optional[str] = ..., settings: _Optional[_Iterable[_Union[ParameterSetting, _Mapping]]] = ..., note: _Optional[str] = ...) -> None: ...
    READINGS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    PROMPT_SHA256_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_SHA256_FIELD_NUMBER: _ClassVar[int]
    MODEL_LICENCE_FIELD_NUMBER: _ClassVar[int]
    readings: _containers.RepeatedCompositeFieldContainer[Understanding.Reading]
    notes: _containers.RepeatedScalarFieldContainer[str]
    prompt_sha256: str
    model: str
    model_sha256: str
    model_licence: str
    def __init__(self, readings: _Optional[_Iterable[_Union[Understanding.Reading, _Mapping]]] = ..., notes: _Optional[_Iterable[str]] = ..., prompt_sha256: _Optional[str] = ..., model: _Optional[str] = ..., model_sha256: _Optional[str] = ..., model_licence: _Optional[str] = ...) -> None: ...

class Layer(_message.Message):
    __slots__ = ("root", "sha256", "content_sha256", "path", "files", "elements")
    ROOT_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    CONTENT_SHA256_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    root: str
    sha256: str
    content_sha256: str
    path: str
    files: _containers.RepeatedCompositeFieldContainer[LayerFile]
    elements: _containers.RepeatedCompositeFieldContainer[_values_pb2.ElementCount]
    def __init__(self, root: _Optional[str] = ..., sha256: _Optional[str] = ..., content_sha256: _Optional[str] = ..., path: _Optional[str] = ..., files: _Optional[_Iterable[_Union[LayerFile, _Mapping]]] = ..., elements: _Optional[_Iterable[_Union[_values_pb2.ElementCount, _Mapping]]] = ...) -> None: ...

class LayerFile(_message.Message):
    __slots__ = ("path", "sha256", "size")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    path: str
    sha256: str
    size: int
    def __init__(self, path: _Optional[str] = ..., sha256: _Optional[str] = ..., size: _Optional[int] = ...) -> None: ...

class Finding(_message.Message):
    __slots__ = ("severity", "rule", "message", "prim")
    class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SEVERITY_UNSPECIFIED: _ClassVar[Finding.Severity]
        SEVERITY_WARNING: _ClassVar[Finding.Severity]
        SEVERITY_ERROR: _ClassVar[Finding.Severity]
    SEVERITY_UNSPECIFIED: Finding.Severity
    SEVERITY_WARNING: Finding.Severity
    SEVERITY_ERROR: Finding.Severity
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    PRIM_FIELD_NUMBER: _ClassVar[int]
    severity: Finding.Severity
    rule: str
    message: str
    prim: str
    def __init__(self, severity: _Optional[_Union[Finding.Severity, str]] = ..., rule: _Optional[str] = ..., message: _Optional[str] = ..., prim: _Optional[str] = ...) -> None: ...

class GenerationMetadata(_message.Message):
    __slots__ = ("generation", "state", "fraction", "message", "last_sequence")
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    generation: str
    state: Generation.State
    fraction: float
    message: str
    last_sequence: int
    def __init__(self, generation: _Optional[str] = ..., state: _Optional[_Union[Generation.State, str]] = ..., fraction: _Optional[float] = ..., message: _Optional[str] = ..., last_sequence: _Optional[int] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("sequence", "state", "fraction", "message")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    state: Generation.State
    fraction: float
    message: str
    def __init__(self, sequence: _Optional[int] = ..., state: _Optional[_Union[Generation.State, str]] = ..., fraction: _Optional[float] = ..., message: _Optional[str] = ...) -> None: ...

class CreateGenerationRequest(_message.Message):
    __slots__ = ("parent", "generation", "request_id", "validate_only", "cut_rate", "cut_sequence")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    CUT_RATE_FIELD_NUMBER: _ClassVar[int]
    CUT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    parent: str
    generation: Generation
    request_id: str
    validate_only: bool
    cut_rate: _values_pb2.Rate
    cut_sequence: str
    def __init__(self, parent: _Optional[str] = ..., generation: _Optional[_Union[Generation, _Mapping]] = ..., request_id: _Optional[str] = ..., validate_only: bool = ..., cut_rate: _Optional[_Union[_values_pb2.Rate, _Mapping]] = ..., cut_sequence: _Optional[str] = ...) -> None: ...

class GetGenerationRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListGenerationsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListGenerationsResponse(_message.Message):
    __slots__ = ("generations", "next_page_token")
    GENERATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    generations: _containers.RepeatedCompositeFieldContainer[Generation]
    next_page_token: str
    def __init__(self, generations: _Optional[_Iterable[_Union[Generation, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchGenerationRequest(_message.Message):
    __slots__ = ("name", "after_sequence")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    after_sequence: int
    def __init__(self, name: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class WatchGenerationResponse(_message.Message):
    __slots__ = ("progress", "generation")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    progress: _containers.RepeatedCompositeFieldContainer[Progress]
    generation: Generation
    def __init__(self, progress: _Optional[_Iterable[_Union[Progress, _Mapping]]] = ..., generation: _Optional[_Union[Generation, _Mapping]] = ...) -> None: ...

class CancelGenerationRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class PublishGenerationRequest(_message.Message):
    __slots__ = ("name", "etag", "request_id", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    request_id: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ..., validate_only: bool = ...) -> None: ...
