from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Version(_message.Message):
    __slots__ = ("name", "number", "layer_sha256", "plan_digest", "record_id", "generation", "folder", "create_time", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    LAYER_SHA256_FIELD_NUMBER: _ClassVar[int]
    PLAN_DIGEST_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    number: int
    layer_sha256: str
    plan_digest: str
    record_id: str
    generation: str
    folder: str
    create_time: _timestamp_pb2.Timestamp
    request_id: str
    def __init__(self, name: _Optional[str] = ..., number: _Optional[int] = ..., layer_sha256: _Optional[str] = ..., plan_digest: _Optional[str] = ..., record_id: _Optional[str] = ..., generation: _Optional[str] = ..., folder: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class Record(_message.Message):
    __slots__ = ("id", "payload_sha256", "envelope", "path")
    ID_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_SHA256_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    id: str
    payload_sha256: str
    envelope: str
    path: str
    def __init__(self, id: _Optional[str] = ..., payload_sha256: _Optional[str] = ..., envelope: _Optional[str] = ..., path: _Optional[str] = ...) -> None: ...

class LineageEdge(_message.Message):
    __slots__ = ("role", "sha256", "source")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    role: str
    sha256: str
    source: str
    def __init__(self, role: _Optional[str] = ..., sha256: _Optional[str] = ..., source: _Optional[str] = ...) -> None: ...

class ListVersionsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVersionsResponse(_message.Message):
    __slots__ = ("versions", "next_page_token")
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    versions: _containers.RepeatedCompositeFieldContainer[Version]
    next_page_token: str
    def __init__(self, versions: _Optional[_Iterable[_Union[Version, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetVersionRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListLineageRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListLineageResponse(_message.Message):
    __slots__ = ("edges", "next_page_token")
    EDGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    edges: _containers.RepeatedCompositeFieldContainer[LineageEdge]
    next_page_token: str
    def __init__(self, edges: _Optional[_Iterable[_Union[LineageEdge, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RenderPreviewRequest(_message.Message):
    __slots__ = ("name", "frames", "width", "height", "output_folder")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FOLDER_FIELD_NUMBER: _ClassVar[int]
    name: str
    frames: _containers.RepeatedScalarFieldContainer[int]
    width: int
    height: int
    output_folder: str
    def __init__(self, name: _Optional[str] = ..., frames: _Optional[_Iterable[int]] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., output_folder: _Optional[str] = ...) -> None: ...

class RenderPreviewResponse(_message.Message):
    __slots__ = ("paths",)
    PATHS_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, paths: _Optional[_Iterable[str]] = ...) -> None: ...

class MakeContactSheetRequest(_message.Message):
    __slots__ = ("parent", "output_path")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_PATH_FIELD_NUMBER: _ClassVar[int]
    parent: str
    output_path: str
    def __init__(self, parent: _Optional[str] = ..., output_path: _Optional[str] = ...) -> None: ...

class MakeContactSheetResponse(_message.Message):
    __slots__ = ("path", "shots")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    path: str
    shots: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, path: _Optional[str] = ..., shots: _Optional[_Iterable[str]] = ...) -> None: ...

class MakeMovieRequest(_message.Message):
    __slots__ = ("name", "output_path", "width", "height", "codec", "slate", "clean", "validate_only", "cut")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_PATH_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    CODEC_FIELD_NUMBER: _ClassVar[int]
    SLATE_FIELD_NUMBER: _ClassVar[int]
    CLEAN_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    CUT_FIELD_NUMBER: _ClassVar[int]
    name: str
    output_path: str
    width: int
    height: int
    codec: str
    slate: str
    clean: bool
    validate_only: bool
    cut: str
    def __init__(self, name: _Optional[str] = ..., output_path: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., codec: _Optional[str] = ..., slate: _Optional[str] = ..., clean: bool = ..., validate_only: bool = ..., cut: _Optional[str] = ...) -> None: ...

class MakeMovieResponse(_message.Message):
    __slots__ = ("path", "first_frame", "last_frame", "timecode")
    PATH_FIELD_NUMBER: _ClassVar[int]
    FIRST_FRAME_FIELD_NUMBER: _ClassVar[int]
    LAST_FRAME_FIELD_NUMBER: _ClassVar[int]
    TIMECODE_FIELD_NUMBER: _ClassVar[int]
    path: str
    first_frame: int
    last_frame: int
    timecode: str
    def __init__(self, path: _Optional[str] = ..., first_frame: _Optional[int] = ..., last_frame: _Optional[int] = ..., timecode: _Optional[str] = ...) -> None: ...

class StreamMovieRequest(_message.Message):
    __slots__ = ("movie",)
    MOVIE_FIELD_NUMBER: _ClassVar[int]
    movie: MakeMovieRequest
    def __init__(self, movie: _Optional[_Union[MakeMovieRequest, _Mapping]] = ...) -> None: ...

class StreamMovieResponse(_message.Message):
    __slots__ = ("drawn_frames", "frame_count", "movie")
    DRAWN_FRAMES_FIELD_NUMBER: _ClassVar[int]
    FRAME_COUNT_FIELD_NUMBER: _ClassVar[int]
    MOVIE_FIELD_NUMBER: _ClassVar[int]
    drawn_frames: int
    frame_count: int
    movie: MakeMovieResponse
    def __init__(self, drawn_frames: _Optional[int] = ..., frame_count: _Optional[int] = ..., movie: _Optional[_Union[MakeMovieResponse, _Mapping]] = ...) -> None: ...
