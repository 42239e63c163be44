from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from usd_ai.api.v1 import generation_pb2 as _generation_pb2
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
    __slots__ = ("parent", "path", "rate", "handles", "page_size", "page_token", "sequence")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    HANDLES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    parent: str
    path: str
    rate: _values_pb2.Rate
    handles: int
    page_size: int
    page_token: str
    sequence: str
    def __init__(self, parent: _Optional[str] = ..., path: _Optional[str] = ..., rate: _Optional[_Union[_values_pb2.Rate, _Mapping]] = ..., handles: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., sequence: _Optional[str] = ...) -> None: ...

class ReadCutResponse(_message.Message):
    __slots__ = ("cut", "shots", "next_page_token", "label", "path", "apply_time", "told")
    CUT_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    APPLY_TIME_FIELD_NUMBER: _ClassVar[int]
    TOLD_FIELD_NUMBER: _ClassVar[int]
    cut: Cut
    shots: _containers.RepeatedCompositeFieldContainer[Shot]
    next_page_token: str
    label: str
    path: str
    apply_time: _timestamp_pb2.Timestamp
    told: str
    def __init__(self, cut: _Optional[_Union[Cut, _Mapping]] = ..., shots: _Optional[_Iterable[_Union[Shot, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., label: _Optional[str] = ..., path: _Optional[str] = ..., apply_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., told: _Optional[str] = ...) -> None: ...

class Cut(_message.Message):
    __slots__ = ("title", "rate", "handles", "duration", "shot_count", "sha256", "notices", "drop_frame")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    HANDLES_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    SHOT_COUNT_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    DROP_FRAME_FIELD_NUMBER: _ClassVar[int]
    title: str
    rate: _values_pb2.Rate
    handles: int
    duration: int
    shot_count: int
    sha256: str
    notices: _containers.RepeatedCompositeFieldContainer[Notice]
    drop_frame: bool
    def __init__(self, title: _Optional[str] = ..., rate: _Optional[_Union[_values_pb2.Rate, _Mapping]] = ..., handles: _Optional[int] = ..., duration: _Optional[int] = ..., shot_count: _Optional[int] = ..., sha256: _Optional[str] = ..., notices: _Optional[_Iterable[_Union[Notice, _Mapping]]] = ..., drop_frame: bool = ...) -> None: ...

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
    __slots__ = ("clip_name", "track", "record", "visible", "retime", "enabled", "reel", "transition_in", "transition_out", "used", "media", "plays")
    CLIP_NAME_FIELD_NUMBER: _ClassVar[int]
    TRACK_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    VISIBLE_FIELD_NUMBER: _ClassVar[int]
    RETIME_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    REEL_FIELD_NUMBER: _ClassVar[int]
    TRANSITION_IN_FIELD_NUMBER: _ClassVar[int]
    TRANSITION_OUT_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    PLAYS_FIELD_NUMBER: _ClassVar[int]
    clip_name: str
    track: str
    record: _values_pb2.FrameRange
    visible: _values_pb2.FrameRange
    retime: Retime
    enabled: bool
    reel: str
    transition_in: int
    transition_out: int
    used: _values_pb2.FrameRange
    media: str
    plays: Plays
    def __init__(self, clip_name: _Optional[str] = ..., track: _Optional[str] = ..., record: _Optional[_Union[_values_pb2.FrameRange, _Mapping]] = ..., visible: _Optional[_Union[_values_pb2.FrameRange, _Mapping]] = ..., retime: _Optional[_Union[Retime, _Mapping]] = ..., enabled: bool = ..., reel: _Optional[str] = ..., transition_in: _Optional[int] = ..., transition_out: _Optional[int] = ..., used: _Optional[_Union[_values_pb2.FrameRange, _Mapping]] = ..., media: _Optional[str] = ..., plays: _Optional[_Union[Plays, _Mapping]] = ...) -> None: ...

class Plays(_message.Message):
    __slots__ = ("first", "step", "frames", "offset")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    first: _values_pb2.Fraction
    step: _values_pb2.Fraction
    frames: _containers.RepeatedCompositeFieldContainer[_values_pb2.Fraction]
    offset: int
    def __init__(self, first: _Optional[_Union[_values_pb2.Fraction, _Mapping]] = ..., step: _Optional[_Union[_values_pb2.Fraction, _Mapping]] = ..., frames: _Optional[_Iterable[_Union[_values_pb2.Fraction, _Mapping]]] = ..., offset: _Optional[int] = ...) -> None: ...

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
    __slots__ = ("parent", "output_path", "validate_only", "path", "marks", "old", "rate", "handles", "sequence")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_PATH_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    MARKS_FIELD_NUMBER: _ClassVar[int]
    OLD_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    HANDLES_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    parent: str
    output_path: str
    validate_only: bool
    path: str
    marks: bool
    old: str
    rate: _values_pb2.Rate
    handles: int
    sequence: str
    def __init__(self, parent: _Optional[str] = ..., output_path: _Optional[str] = ..., validate_only: bool = ..., path: _Optional[str] = ..., marks: bool = ..., old: _Optional[str] = ..., rate: _Optional[_Union[_values_pb2.Rate, _Mapping]] = ..., handles: _Optional[int] = ..., sequence: _Optional[str] = ...) -> None: ...

class WriteTimelineResponse(_message.Message):
    __slots__ = ("path", "shots")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    path: str
    shots: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, path: _Optional[str] = ..., shots: _Optional[_Iterable[str]] = ...) -> None: ...

class DiffCutRequest(_message.Message):
    __slots__ = ("parent", "old", "path", "rate", "handles", "sequence", "against_published", "include_unchanged", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    OLD_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    HANDLES_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    AGAINST_PUBLISHED_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    old: str
    path: str
    rate: _values_pb2.Rate
    handles: int
    sequence: str
    against_published: bool
    include_unchanged: bool
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., old: _Optional[str] = ..., path: _Optional[str] = ..., rate: _Optional[_Union[_values_pb2.Rate, _Mapping]] = ..., handles: _Optional[int] = ..., sequence: _Optional[str] = ..., against_published: bool = ..., include_unchanged: bool = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class DiffCutResponse(_message.Message):
    __slots__ = ("old_title", "new_title", "old_sha256", "new_sha256", "different", "changes", "shots", "notices", "next_page_token", "old_notices")
    OLD_TITLE_FIELD_NUMBER: _ClassVar[int]
    NEW_TITLE_FIELD_NUMBER: _ClassVar[int]
    OLD_SHA256_FIELD_NUMBER: _ClassVar[int]
    NEW_SHA256_FIELD_NUMBER: _ClassVar[int]
    DIFFERENT_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    OLD_NOTICES_FIELD_NUMBER: _ClassVar[int]
    old_title: str
    new_title: str
    old_sha256: str
    new_sha256: str
    different: bool
    changes: _containers.RepeatedCompositeFieldContainer[Change]
    shots: _containers.RepeatedCompositeFieldContainer[ShotChange]
    notices: _containers.RepeatedCompositeFieldContainer[Notice]
    next_page_token: str
    old_notices: _containers.RepeatedCompositeFieldContainer[Notice]
    def __init__(self, old_title: _Optional[str] = ..., new_title: _Optional[str] = ..., old_sha256: _Optional[str] = ..., new_sha256: _Optional[str] = ..., different: bool = ..., changes: _Optional[_Iterable[_Union[Change, _Mapping]]] = ..., shots: _Optional[_Iterable[_Union[ShotChange, _Mapping]]] = ..., notices: _Optional[_Iterable[_Union[Notice, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., old_notices: _Optional[_Iterable[_Union[Notice, _Mapping]]] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ("kind", "frames", "before", "after")
    KIND_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    kind: str
    frames: int
    before: str
    after: str
    def __init__(self, kind: _Optional[str] = ..., frames: _Optional[int] = ..., before: _Optional[str] = ..., after: _Optional[str] = ...) -> None: ...

class ShotChange(_message.Message):
    __slots__ = ("name", "state", "occurrences", "needed_before", "needed_after", "was", "left_out")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[ShotChange.State]
        STATE_UNCHANGED: _ClassVar[ShotChange.State]
        STATE_CHANGED: _ClassVar[ShotChange.State]
        STATE_NEW: _ClassVar[ShotChange.State]
        STATE_OMITTED: _ClassVar[ShotChange.State]
        STATE_REINSTATED: _ClassVar[ShotChange.State]
    STATE_UNSPECIFIED: ShotChange.State
    STATE_UNCHANGED: ShotChange.State
    STATE_CHANGED: ShotChange.State
    STATE_NEW: ShotChange.State
    STATE_OMITTED: ShotChange.State
    STATE_REINSTATED: ShotChange.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    OCCURRENCES_FIELD_NUMBER: _ClassVar[int]
    NEEDED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    NEEDED_AFTER_FIELD_NUMBER: _ClassVar[int]
    WAS_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: ShotChange.State
    occurrences: _containers.RepeatedCompositeFieldContainer[OccurrenceChange]
    needed_before: _values_pb2.FrameRange
    needed_after: _values_pb2.FrameRange
    was: str
    left_out: int
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[ShotChange.State, str]] = ..., occurrences: _Optional[_Iterable[_Union[OccurrenceChange, _Mapping]]] = ..., needed_before: _Optional[_Union[_values_pb2.FrameRange, _Mapping]] = ..., needed_after: _Optional[_Union[_values_pb2.FrameRange, _Mapping]] = ..., was: _Optional[str] = ..., left_out: _Optional[int] = ...) -> None: ...

class OccurrenceChange(_message.Message):
    __slots__ = ("old", "new", "changes", "score", "reasons")
    OLD_FIELD_NUMBER: _ClassVar[int]
    NEW_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    old: Occurrence
    new: Occurrence
    changes: _containers.RepeatedCompositeFieldContainer[Change]
    score: float
    reasons: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, old: _Optional[_Union[Occurrence, _Mapping]] = ..., new: _Optional[_Union[Occurrence, _Mapping]] = ..., changes: _Optional[_Iterable[_Union[Change, _Mapping]]] = ..., score: _Optional[float] = ..., reasons: _Optional[_Iterable[str]] = ...) -> None: ...

class SyncCutRequest(_message.Message):
    __slots__ = ("parent", "path", "rate", "handles", "sequence", "check_stages", "validate_only", "etag", "include_unchanged", "page_size", "page_token", "despite_errors")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    HANDLES_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CHECK_STAGES_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DESPITE_ERRORS_FIELD_NUMBER: _ClassVar[int]
    parent: str
    path: str
    rate: _values_pb2.Rate
    handles: int
    sequence: str
    check_stages: bool
    validate_only: bool
    etag: str
    include_unchanged: bool
    page_size: int
    page_token: str
    despite_errors: bool
    def __init__(self, parent: _Optional[str] = ..., path: _Optional[str] = ..., rate: _Optional[_Union[_values_pb2.Rate, _Mapping]] = ..., handles: _Optional[int] = ..., sequence: _Optional[str] = ..., check_stages: bool = ..., validate_only: bool = ..., etag: _Optional[str] = ..., include_unchanged: bool = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., despite_errors: bool = ...) -> None: ...

class SyncCutResponse(_message.Message):
    __slots__ = ("etag", "old_label", "new_label", "old_sha256", "new_sha256", "decisions", "decision_count", "open_count", "estimated_duration", "notes", "next_page_token", "notices")
    ETAG_FIELD_NUMBER: _ClassVar[int]
    OLD_LABEL_FIELD_NUMBER: _ClassVar[int]
    NEW_LABEL_FIELD_NUMBER: _ClassVar[int]
    OLD_SHA256_FIELD_NUMBER: _ClassVar[int]
    NEW_SHA256_FIELD_NUMBER: _ClassVar[int]
    DECISIONS_FIELD_NUMBER: _ClassVar[int]
    DECISION_COUNT_FIELD_NUMBER: _ClassVar[int]
    OPEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_DURATION_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    etag: str
    old_label: str
    new_label: str
    old_sha256: str
    new_sha256: str
    decisions: _containers.RepeatedCompositeFieldContainer[Decision]
    decision_count: int
    open_count: int
    estimated_duration: _duration_pb2.Duration
    notes: _containers.RepeatedScalarFieldContainer[str]
    next_page_token: str
    notices: _containers.RepeatedCompositeFieldContainer[Notice]
    def __init__(self, etag: _Optional[str] = ..., old_label: _Optional[str] = ..., new_label: _Optional[str] = ..., old_sha256: _Optional[str] = ..., new_sha256: _Optional[str] = ..., decisions: _Optional[_Iterable[_Union[Decision, _Mapping]]] = ..., decision_count: _Optional[int] = ..., open_count: _Optional[int] = ..., estimated_duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., notes: _Optional[_Iterable[str]] = ..., next_page_token: _Optional[str] = ..., notices: _Optional[_Iterable[_Union[Notice, _Mapping]]] = ...) -> None: ...

class Decision(_message.Message):
    __slots__ = ("name", "layer", "action", "why", "published_as", "keeps", "version", "request", "plan_digest", "covers", "missing", "edits", "estimated_duration", "generation", "state", "waits", "changes", "unused", "gone", "doubt")
    class Action(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ACTION_UNSPECIFIED: _ClassVar[Decision.Action]
        ACTION_NOTHING: _ClassVar[Decision.Action]
        ACTION_KEEP_UNUSED: _ClassVar[Decision.Action]
        ACTION_REUSE: _ClassVar[Decision.Action]
        ACTION_RE_RANGE: _ClassVar[Decision.Action]
        ACTION_OFFSET_AND_SCALE: _ClassVar[Decision.Action]
        ACTION_CLIPS: _ClassVar[Decision.Action]
        ACTION_MISSING_FRAMES: _ClassVar[Decision.Action]
        ACTION_REGENERATE: _ClassVar[Decision.Action]
        ACTION_GENERATE: _ClassVar[Decision.Action]
    ACTION_UNSPECIFIED: Decision.Action
    ACTION_NOTHING: Decision.Action
    ACTION_KEEP_UNUSED: Decision.Action
    ACTION_REUSE: Decision.Action
    ACTION_RE_RANGE: Decision.Action
    ACTION_OFFSET_AND_SCALE: Decision.Action
    ACTION_CLIPS: Decision.Action
    ACTION_MISSING_FRAMES: Decision.Action
    ACTION_REGENERATE: Decision.Action
    ACTION_GENERATE: Decision.Action
    NAME_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AS_FIELD_NUMBER: _ClassVar[int]
    KEEPS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    PLAN_DIGEST_FIELD_NUMBER: _ClassVar[int]
    COVERS_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    EDITS_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_DURATION_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WAITS_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    UNUSED_FIELD_NUMBER: _ClassVar[int]
    GONE_FIELD_NUMBER: _ClassVar[int]
    DOUBT_FIELD_NUMBER: _ClassVar[int]
    name: str
    layer: str
    action: Decision.Action
    why: str
    published_as: str
    keeps: str
    version: int
    request: _generation_pb2.Generation
    plan_digest: str
    covers: _values_pb2.FrameRange
    missing: _containers.RepeatedCompositeFieldContainer[_values_pb2.FrameRange]
    edits: _containers.RepeatedCompositeFieldContainer[Edit]
    estimated_duration: _duration_pb2.Duration
    generation: str
    state: _generation_pb2.Generation.State
    waits: str
    changes: _containers.RepeatedCompositeFieldContainer[Change]
    unused: bool
    gone: _containers.RepeatedScalarFieldContainer[int]
    doubt: str
    def __init__(self, name: _Optional[str] = ..., layer: _Optional[str] = ..., action: _Optional[_Union[Decision.Action, str]] = ..., why: _Optional[str] = ..., published_as: _Optional[str] = ..., keeps: _Optional[str] = ..., version: _Optional[int] = ..., request: _Optional[_Union[_generation_pb2.Generation, _Mapping]] = ..., plan_digest: _Optional[str] = ..., covers: _Optional[_Union[_values_pb2.FrameRange, _Mapping]] = ..., missing: _Optional[_Iterable[_Union[_values_pb2.FrameRange, _Mapping]]] = ..., edits: _Optional[_Iterable[_Union[Edit, _Mapping]]] = ..., estimated_duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., generation: _Optional[str] = ..., state: _Optional[_Union[_generation_pb2.Generation.State, str]] = ..., waits: _Optional[str] = ..., changes: _Optional[_Iterable[_Union[Change, _Mapping]]] = ..., unused: bool = ..., gone: _Optional[_Iterable[int]] = ..., doubt: _Optional[str] = ...) -> None: ...

class Edit(_message.Message):
    __slots__ = ("shown", "start", "way", "reason", "plays", "number")
    SHOWN_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    WAY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PLAYS_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    shown: _values_pb2.FrameRange
    start: int
    way: str
    reason: str
    plays: Plays
    number: int
    def __init__(self, shown: _Optional[_Union[_values_pb2.FrameRange, _Mapping]] = ..., start: _Optional[int] = ..., way: _Optional[str] = ..., reason: _Optional[str] = ..., plays: _Optional[_Union[Plays, _Mapping]] = ..., number: _Optional[int] = ...) -> None: ...

class KeptCut(_message.Message):
    __slots__ = ("name", "label", "path", "create_time", "apply_time", "cut")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    APPLY_TIME_FIELD_NUMBER: _ClassVar[int]
    CUT_FIELD_NUMBER: _ClassVar[int]
    name: str
    label: str
    path: str
    create_time: _timestamp_pb2.Timestamp
    apply_time: _timestamp_pb2.Timestamp
    cut: Cut
    def __init__(self, name: _Optional[str] = ..., label: _Optional[str] = ..., path: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., apply_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., cut: _Optional[_Union[Cut, _Mapping]] = ...) -> None: ...

class ListCutsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCutsResponse(_message.Message):
    __slots__ = ("cuts", "next_page_token")
    CUTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    cuts: _containers.RepeatedCompositeFieldContainer[KeptCut]
    next_page_token: str
    def __init__(self, cuts: _Optional[_Iterable[_Union[KeptCut, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetCutShotRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CutShot(_message.Message):
    __slots__ = ("name", "label", "create_time", "shot")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    SHOT_FIELD_NUMBER: _ClassVar[int]
    name: str
    label: str
    create_time: _timestamp_pb2.Timestamp
    shot: Shot
    def __init__(self, name: _Optional[str] = ..., label: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., shot: _Optional[_Union[Shot, _Mapping]] = ...) -> None: ...

class ListCutShotsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCutShotsResponse(_message.Message):
    __slots__ = ("cut_shots", "next_page_token")
    CUT_SHOTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    cut_shots: _containers.RepeatedCompositeFieldContainer[CutShot]
    next_page_token: str
    def __init__(self, cut_shots: _Optional[_Iterable[_Union[CutShot, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WriteChangeListRequest(_message.Message):
    __slots__ = ("parent", "output_path", "old", "path", "rate", "handles", "sequence", "validate_only")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_PATH_FIELD_NUMBER: _ClassVar[int]
    OLD_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    HANDLES_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    parent: str
    output_path: str
    old: str
    path: str
    rate: _values_pb2.Rate
    handles: int
    sequence: str
    validate_only: bool
    def __init__(self, parent: _Optional[str] = ..., output_path: _Optional[str] = ..., old: _Optional[str] = ..., path: _Optional[str] = ..., rate: _Optional[_Union[_values_pb2.Rate, _Mapping]] = ..., handles: _Optional[int] = ..., sequence: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class WriteChangeListResponse(_message.Message):
    __slots__ = ("path", "sentences")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SENTENCES_FIELD_NUMBER: _ClassVar[int]
    path: str
    sentences: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, path: _Optional[str] = ..., sentences: _Optional[_Iterable[str]] = ...) -> None: ...
