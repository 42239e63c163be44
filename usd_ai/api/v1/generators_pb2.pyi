from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Generator(_message.Message):
    __slots__ = ("name", "title", "summary", "algorithm_version", "parameters")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    ALGORITHM_VERSION_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    summary: str
    algorithm_version: int
    parameters: _containers.RepeatedCompositeFieldContainer[Parameter]
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., summary: _Optional[str] = ..., algorithm_version: _Optional[int] = ..., parameters: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ...) -> None: ...

class Parameter(_message.Message):
    __slots__ = ("name", "kind", "default_value", "doc", "unit", "low", "high", "choices", "group", "world")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Parameter.Kind]
        KIND_BOOL: _ClassVar[Parameter.Kind]
        KIND_INT: _ClassVar[Parameter.Kind]
        KIND_FLOAT: _ClassVar[Parameter.Kind]
        KIND_CHOICE: _ClassVar[Parameter.Kind]
        KIND_TEXT: _ClassVar[Parameter.Kind]
        KIND_VECTOR: _ClassVar[Parameter.Kind]
        KIND_PICTURE: _ClassVar[Parameter.Kind]
    KIND_UNSPECIFIED: Parameter.Kind
    KIND_BOOL: Parameter.Kind
    KIND_INT: Parameter.Kind
    KIND_FLOAT: Parameter.Kind
    KIND_CHOICE: Parameter.Kind
    KIND_TEXT: Parameter.Kind
    KIND_VECTOR: Parameter.Kind
    KIND_PICTURE: Parameter.Kind
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    DOC_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    WORLD_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: Parameter.Kind
    default_value: ParameterValue
    doc: str
    unit: str
    low: float
    high: float
    choices: _containers.RepeatedScalarFieldContainer[str]
    group: str
    world: bool
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[Parameter.Kind, str]] = ..., default_value: _Optional[_Union[ParameterValue, _Mapping]] = ..., doc: _Optional[str] = ..., unit: _Optional[str] = ..., low: _Optional[float] = ..., high: _Optional[float] = ..., choices: _Optional[_Iterable[str]] = ..., group: _Optional[str] = ..., world: bool = ...) -> None: ...

class ParameterValue(_message.Message):
    __slots__ = ("bool_value", "int_value", "float_value", "text_value", "vector_value")
    class Vector(_message.Message):
        __slots__ = ("components",)
        COMPONENTS_FIELD_NUMBER: _ClassVar[int]
        components: _containers.RepeatedScalarFieldContainer[float]
        def __init__(self, components: _Optional[_Iterable[float]] = ...) -> None: ...
    BOOL_VALUE_FIELD_NUMBER: _ClassVar[int]
    INT_VALUE_FIELD_NUMBER: _ClassVar[int]
    FLOAT_VALUE_FIELD_NUMBER: _ClassVar[int]
    TEXT_VALUE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_VALUE_FIELD_NUMBER: _ClassVar[int]
    bool_value: bool
    int_value: int
    float_value: float
    text_value: str
    vector_value: ParameterValue.Vector
    def __init__(self, bool_value: bool = ..., int_value: _Optional[int] = ..., float_value: _Optional[float] = ..., text_value: _Optional[str] = ..., vector_value: _Optional[_Union[ParameterValue.Vector, _Mapping]] = ...) -> None: ...

class ListGeneratorsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListGeneratorsResponse(_message.Message):
    __slots__ = ("generators", "next_page_token")
    GENERATORS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    generators: _containers.RepeatedCompositeFieldContainer[Generator]
    next_page_token: str
    def __init__(self, generators: _Optional[_Iterable[_Union[Generator, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetGeneratorRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...
