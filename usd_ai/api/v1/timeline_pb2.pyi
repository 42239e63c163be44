from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from usd_ai.api.v1 import values_pb2 as _values_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Project(_message.Message):
    __slots__ = ("name", "root", "cut", "rate", "handles")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    CUT_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    HANDLES_FIELD_NUMBER: _ClassVar[int]
    name: str
    root: str
    cut: str
    rate: _values_pb2.Rate
    handles: int
    def __init__(self, name: _Optional[str] = ..., root: _Optional[str] = ..., cut: _Optional[str] = ..., rate: _Optional[_Union[_values_pb2.Rate, _Mapping]] = ..., handles: _Optional[int] = ...) -> None: ...

class ListProjectsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListProjectsResponse(_message.Message):
    __slots__ = ("projects", "next_page_token")
    PROJECTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    projects: _containers.RepeatedCompositeFieldContainer[Project]
    next_page_token: str
    def __init__(self, projects: _Optional[_Iterable[_Union[Project, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ReadCutRequest(_message.Message):
    __slots__ = ("parent", "path", "rate", "handles", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    HANDLES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    path: str
    rate: _values_pb2.Rate
    handles: int
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., path: _Optional[str] = ..., rate: _Optional[_Union[_values_pb2.Rate, _Mapping]] = ..., handles: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ReadCutResponse(_message.Message):
    __slots__ = ("cut", "shots", "next_page_token")
    CUT_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    cut: Cut
    shots: _containers.RepeatedCompositeFieldContainer[Shot]
    next_page_token: str
    def __init__(self, cut: _Optional[_Union[Cut, _Mapping]] = ..., shots: _Optional[_Iterable[_Union[Shot, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Cut(_message.Message):
    __slots__ = ("title", "rate", "handles", "duration", "shot_count", "sha256", "notices")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    HANDLES_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    SHOT_COUNT_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    title: str
    rate: _values_pb2.Rate
    handles: int
    duration: int
    shot_count: int
    sha256: str
    notices: _containers.RepeatedCompositeFieldContainer[Notice]
    def __init__(self, title: _Optional[str] = ..., rate: _Optional[_Union[_values_pb2.Rate, _Mapping]] = ..., handles: _Optional[int] = ..., duration: _Optional[int] = ..., shot_count: _Optional[int] = ..., sha256: _Optional[str] = ..., notices: _Optional[_Iterable[_Union[Notice, _Mapping]]] = ...) -> None: ...

class Notice(_message.Message):
    __slots__ = ("severity", "message", "line")
    class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SEVERITY_UNSPECIFIED: _ClassVar[Notice.Severity]
        SEVERITY_WARNING: _ClassVar[Notice.Severity]
        SEVERITY_ERROR: _ClassVar[Notice.Severity]
    SEVERITY_UNSPECIFIED: Notice.Severity
    SEVERITY_WARNING: Notice.Severity
    SEVERITY_ERROR: Notice.Severity
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    severity: Notice.Severity
    message: str
    line: int
    def __init__(self, severity: _Optional[_Union[Notice.Severity, str]] = ..., message: _Optional[str] = ..., line: _Optional[int] = ...) -> None: ...

class Shot(_message.Message):
    __slots__ = ("name", "rate", "visible", "needed", "occurrences")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    VISIBLE_FIELD_NUMBER: _ClassVar[int]
    NEEDED_FIELD_NUMBER: _ClassVar[int]
    OCCURRENCES_FIELD_NUMBER: _ClassVar[int]
    name: str
    rate: _values_pb2.Rate
    visible: _values_pb2.FrameRange
    needed: _values_pb2.FrameRange
    occurrences: _containers.RepeatedCompositeFieldContainer[Occurrence]
    def __init__(self, name: _Optional[str] = ..., rate: _Optional[_Union[_values_pb2.Rate, _Mapping]] = ..., visible: _Optional[_Union[_values_pb2.FrameRange, _Mapping]] = ..., needed: _Optional[_Union[_values_pb2.FrameRange, _Mapping]] = ..., occurrences: _Optional[_Iterable[_Union[Occurrence, _Mapping]]] = ...) -> None: ...

class Occurrence(_message.Message):
    __slots__ = ("clip_name", "track", "record", "visible", "retime", "enabled", "reel", "transition_in", "transition_out")
    CLIP_NAME_FIELD_NUMBER: _ClassVar[int]
    TRACK_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    VISIBLE_FIELD_NUMBER: _ClassVar[int]
    RETIME_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    REEL_FIELD_NUMBER: _ClassVar[int]
    TRANSITION_IN_FIELD_NUMBER: _ClassVar[int]
    TRANSITION_OUT_FIELD_NUMBER: _ClassVar[int]
    clip_name: str
    track: str
    record: _values_pb2.FrameRange
    visible: _values_pb2.FrameRange
    retime: Retime
    enabled: bool
    reel: str
    transition_in: int
    transition_out: int
    def __init__(self, clip_name: _Optional[str] = ..., track: _Optional[str] = ..., record: _Optional[_Union[_values_pb2.FrameRange, _Mapping]] = ..., visible: _Optional[_Union[_values_pb2.FrameRange, _Mapping]] = ..., retime: _Optional[_Union[Retime, _Mapping]] = ..., enabled: bool = ..., reel: _Optional[str] = ..., transition_in: _Optional[int] = ..., transition_out: _Optional[int] = ...) -> None: ...

class Retime(_message.Message):
    __slots__ = ("kind", "scalar")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Retime.Kind]
        KIND_LINEAR: _ClassVar[Retime.Kind]
        KIND_FREEZE: _ClassVar[Retime.Kind]
        KIND_REVERSE: _ClassVar[Retime.Kind]
        KIND_RAMP: _ClassVar[Retime.Kind]
    KIND_UNSPECIFIED: Retime.Kind
    KIND_LINEAR: Retime.Kind
    KIND_FREEZE: Retime.Kind
    KIND_REVERSE: Retime.Kind
    KIND_RAMP: Retime.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    SCALAR_FIELD_NUMBER: _ClassVar[int]
    kind: Retime.Kind
    scalar: _values_pb2.Fraction
    def __init__(self, kind: _Optional[_Union[Retime.Kind, str]] = ..., scalar: _Optional[_Union[_values_pb2.Fraction, _Mapping]] = ...) -> None: ...

class WriteTimelineRequest(_message.Message):
    __slots__ = ("parent", "output_path", "validate_only")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_PATH_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    parent: str
    output_path: str
    validate_only: bool
    def __init__(self, parent: _Optional[str] = ..., output_path: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class WriteTimelineResponse(_message.Message):
    __slots__ = ("path", "shots")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    path: str
    shots: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, path: _Optional[str] = ..., shots: _Optional[_Iterable[str]] = ...) -> None: ...
