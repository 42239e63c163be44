from google.api import field_behavior_pb2 as _field_behavior_pb2
from usd_ai.api.v1 import assets_pb2 as _assets_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class VerifyLayerRequest(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class VerifyLayerResponse(_message.Message):
    __slots__ = ("verdict", "record_id", "reasons", "layer_sha256", "signer")
    class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        VERDICT_UNSPECIFIED: _ClassVar[VerifyLayerResponse.Verdict]
        VERDICT_INTACT: _ClassVar[VerifyLayerResponse.Verdict]
        VERDICT_CONVERTED: _ClassVar[VerifyLayerResponse.Verdict]
        VERDICT_ALTERED: _ClassVar[VerifyLayerResponse.Verdict]
        VERDICT_UNRECORDED: _ClassVar[VerifyLayerResponse.Verdict]
        VERDICT_INVALID: _ClassVar[VerifyLayerResponse.Verdict]
    VERDICT_UNSPECIFIED: VerifyLayerResponse.Verdict
    VERDICT_INTACT: VerifyLayerResponse.Verdict
    VERDICT_CONVERTED: VerifyLayerResponse.Verdict
    VERDICT_ALTERED: VerifyLayerResponse.Verdict
    VERDICT_UNRECORDED: VerifyLayerResponse.Verdict
    VERDICT_INVALID: VerifyLayerResponse.Verdict
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    LAYER_SHA256_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    verdict: VerifyLayerResponse.Verdict
    record_id: str
    reasons: _containers.RepeatedScalarFieldContainer[str]
    layer_sha256: str
    signer: str
    def __init__(self, verdict: _Optional[_Union[VerifyLayerResponse.Verdict, str]] = ..., record_id: _Optional[str] = ..., reasons: _Optional[_Iterable[str]] = ..., layer_sha256: _Optional[str] = ..., signer: _Optional[str] = ...) -> None: ...

class TracePrimRequest(_message.Message):
    __slots__ = ("path", "prim")
    PATH_FIELD_NUMBER: _ClassVar[int]
    PRIM_FIELD_NUMBER: _ClassVar[int]
    path: str
    prim: str
    def __init__(self, path: _Optional[str] = ..., prim: _Optional[str] = ...) -> None: ...

class TracePrimResponse(_message.Message):
    __slots__ = ("lines", "record_id")
    LINES_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedCompositeFieldContainer[TraceLine]
    record_id: str
    def __init__(self, lines: _Optional[_Iterable[_Union[TraceLine, _Mapping]]] = ..., record_id: _Optional[str] = ...) -> None: ...

class TraceLine(_message.Message):
    __slots__ = ("label", "value")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    label: str
    value: str
    def __init__(self, label: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class GetRecordRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...
