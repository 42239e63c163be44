"""What is asked for, what is planned, and how a generation stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from usd_ai.core.cuts import FrameRange
from usd_ai.core.facts import StageFacts
from usd_ai.core.layers import Finding, Layer, Record


class Detail(StrEnum):
    """How much of a plan is built. A first look keeps ids and cameras of the full layer and is ready in seconds."""

    FIRST_LOOK = "first_look"
    FULL = "full"


ParameterValue = bool | int | float | str | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked for. ``operator`` comes from the authenticated peer, never from a field of the request."""

    project: str
    shot: str
    generator: str
    parameters: tuple[tuple[str, ParameterValue], ...] = ()
    seed: int = 0
    name: str = ""  # the layer's name, "" = the generator's id
    camera: str = ""  # prim path of the main camera, "" = the only one, or the first found
    ground: str = ""  # prim path of the ground, "" = found under the cameras
    detail: Detail = Detail.FULL
    request_id: str = ""
    operator: str = ""
    meters_per_unit: float = 0.0  # only where the host stage authors none
    up_axis: str = ""  # as meters_per_unit
    prompt: str = ""  # wishes in words; parameters that are given win over what it says
    cut: str = ""  # the cut whose range of the shot is meant: its ``Cut.key`` once asked; "" = the one in force then
    handles: int | None = None  # of that cut; None = those it was kept with


@dataclass(frozen=True, slots=True)
class World:
    """What all shots of a sequence share. Its digest is part of every plan made in it."""

    generator: str
    algorithm_version: int
    seed: str  # decimal; JSON numbers lose integers above 2^53
    parameters: tuple[tuple[str, ParameterValue], ...]
    ground: tuple[tuple[str, str], ...]  # (digest of points, digest of triangles) per ground mesh
    meters_per_unit: float
    up_axis: str
    versions: tuple[tuple[str, str], ...]  # numeric libraries whose release may change bits
    breaks: tuple[tuple[str, str, str], ...] = ()  # role and digests, as of ground, of paths and water of the set


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides the bytes of a layer, and nothing that does not: no time, no person, no path, no shot."""

    generator: str
    algorithm_version: int
    root: str  # name of the root prim
    world: str  # the world's digest
    seed: str
    parameters: tuple[tuple[str, ParameterValue], ...]
    frames: FrameRange
    time_codes_per_second: float
    meters_per_unit: float
    up_axis: str
    cameras: tuple[tuple[str, str, str], ...]  # (path, digest of world, digest of lens); the main camera first
    ground: tuple[tuple[str, str], ...]
    obstacles: tuple[tuple[str, str, str], ...]  # (role, digest of points, digest of triangles)
    resolution: tuple[int, int]
    detail: Detail
    threads: int
    device: str
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a plan will come to, told before it is built. Counts are exact, seconds and bytes are estimates."""

    elements: tuple[tuple[str, int], ...]
    seconds: float
    bytes: int
    warnings: tuple[str, ...] = ()


class Kind(StrEnum):
    """What became of some words of a prompt."""

    SET = "set"  # they set parameters
    OVERRIDDEN = "overridden"  # what they would set was given explicitly, or said otherwise later
    ELSEWHERE = "elsewhere"  # understood; somebody else decides it, as the note says
    UNKNOWN = "unknown"  # not understood


@dataclass(frozen=True, slots=True)
class Reading:
    """Some words of a prompt, what they were taken to mean (``attribute`` and ``meaning``), and what they set."""

    words: str
    kind: Kind
    attribute: str = ""
    meaning: str = ""
    settings: tuple[tuple[str, ParameterValue], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Understanding:
    """All of a prompt, in its order. ``settings``: the parameters that it sets. Digests are SHA-256, lower-case hex."""

    readings: tuple[Reading, ...]
    settings: tuple[tuple[str, ParameterValue], ...]
    notes: tuple[str, ...]
    prompt_sha256: str
    model: str
    model_sha256: str
    model_licence: str


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """A plan, the world it lives in, the facts it was made from, and what it will come to."""

    plan: Plan
    plan_digest: str
    world: World
    facts: StageFacts
    forecast: Forecast
    understanding: Understanding | None = None  # of the request's prompt, where it has one


class State(StrEnum):
    """States of a generation, as AIP-216 spells them."""

    QUEUED = "QUEUED"
    PLANNING = "PLANNING"
    GENERATING = "GENERATING"
    CHECKING = "CHECKING"
    AWAITING_REVIEW = "AWAITING_REVIEW"
    PUBLISHED = "PUBLISHED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def ended(self) -> bool:
        """Nothing will run for this generation any more."""
        return self in _ENDED


_ENDED = frozenset({State.AWAITING_REVIEW, State.PUBLISHED, State.REJECTED, State.FAILED, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class Progress:
    """One message of the progress stream. ``sequence`` grows by one per stored message, without gaps."""

    sequence: int
    state: State
    fraction: float  # 0 to 1 over the whole generation
    message: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A domain error as stored with a generation."""

    kind: str  # class name in core.errors
    reason: str
    message: str
    remedy: str = ""
    context: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Generation:
    """A unit of work and its result. ``name`` is ``projects/P/shots/S/generations/ID``; ``folder`` is absolute.

    ``cut``: the key of the cut that it was planned for, with which ``handles``; "" until it was, and in older ledgers.
    """

    name: str
    request: Request
    state: State
    created: str  # RFC 3339, UTC
    etag: str
    plan_digest: str = ""
    plan_json: str = ""
    layer: Layer | None = None
    record: Record | None = None
    folder: str = ""  # holds the layer's files, record.json and preview.png
    cached: bool = False
    seconds: float = 0.0
    version: int = 0
    failure: Failure | None = None
    findings: tuple[Finding, ...] = ()
    forecast: Forecast | None = None
    understanding: Understanding | None = None
    cut: str = ""
    handles: int | None = None
