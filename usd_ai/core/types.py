"""The values that travel between the rooms: frozen, plain, hashable, picklable. No behaviour beyond arithmetic.

Frames are integers in the shot's own numbering, ranges are inclusive at both ends. Lengths are in the unit that the
docstring names; a host stage's unit is ``meters_per_unit`` metres. Matrices follow USD: row vectors, ``p' = p · M``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """Frames per second as a rational, never a float: 24000/1001 is not 23.976."""

    numerator: int
    denominator: int = 1

    @property
    def fraction(self) -> Fraction:
        """The rate as an exact fraction, frames per second."""
        return Fraction(self.numerator, self.denominator)

    def __float__(self) -> float:
        return self.numerator / self.denominator

    def __str__(self) -> str:
        return str(self.numerator) if self.denominator == 1 else f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True, slots=True, order=True)
class FrameRange:
    """Frames ``start`` to ``end``, both included."""

    start: int
    end: int

    @property
    def count(self) -> int:
        """Number of frames."""
        return self.end - self.start + 1

    def frames(self) -> range:
        """The frames in order."""
        return range(self.start, self.end + 1)

    def union(self, other: FrameRange) -> FrameRange:
        """Smallest range that holds both."""
        return FrameRange(min(self.start, other.start), max(self.end, other.end))

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


# ---------------------------------------------------------------------------------------------------- editorial


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader of a cut wants a person to know: a lost retime, an event that could not be read."""

    severity: str  # "warning" or "error"
    message: str
    line: int = 0  # 1-based line in a text format, 0 where the format has none


@dataclass(frozen=True, slots=True)
class Retime:
    """How an occurrence plays its media: ``scalar`` 1/2 is half speed, 0 a freeze, -1 reverse."""

    kind: str  # "linear", "freeze", "reverse" or "ramp"
    scalar: Fraction


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One use of a shot in the cut. ``visible`` is in the shot's frames and includes frames under transitions."""

    clip_name: str
    track: str
    record: FrameRange  # frames of the cut, 0 = first frame of the sequence
    visible: FrameRange  # frames of the shot
    retime: Retime | None = None
    enabled: bool = True
    reel: str = ""
    transition_in: int = 0  # frames of the cut under the incoming transition
    transition_out: int = 0


@dataclass(frozen=True, slots=True)
class Shot:
    """A shot and all its occurrences. ``needed`` = union of what is visible, plus handles at both ends."""

    name: str
    occurrences: tuple[Occurrence, ...]
    visible: FrameRange
    needed: FrameRange
    rate: Rate


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut as read from an editorial format. ``sha256`` is of the file's bytes."""

    name: str
    rate: Rate
    handles: int
    duration: int  # frames of the sequence
    shots: tuple[Shot, ...]  # in order of first appearance
    sha256: str
    notices: tuple[Notice, ...] = ()

    def shot(self, name: str) -> Shot | None:
        """The shot of that name, or None."""
        return next((s for s in self.shots if s.name == name), None)


@dataclass(frozen=True, slots=True)
class Project:
    """A show as `studio.toml` describes it. ``root`` is absolute; the other paths are relative to it.

    ``stage`` is a template with ``{shot}``. ``resolution`` is that of the delivery, pixels.
    """

    name: str
    root: str
    cut: str
    rate: Rate | None
    handles: int
    stage: str
    publish: str
    resolution: tuple[int, int] = (4096, 2160)


@dataclass(frozen=True, slots=True)
class PublishedShot:
    """What a timeline says of a shot's published layer. Paths are relative to the project's root."""

    shot: str
    version: Version
    layer_path: str
    preview_path: str
    seed: str
    generator: str
    frames: FrameRange


@dataclass(frozen=True, slots=True)
class SheetShot:
    """A published layer on a contact sheet: ``pictures`` are (absolute path, caption), ``captions`` stand beside."""

    shot: str
    title: str
    pictures: tuple[tuple[str, str], ...]
    captions: tuple[str, ...]


# ---------------------------------------------------------------------------------------------------- stage facts


@dataclass(frozen=True, slots=True)
class ArrayRef:
    """A numeric array kept outside the value, found by the SHA-256 of its canonical .npy bytes."""

    digest: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """A camera sampled at every frame of the facts' range.

    ``world``: float64 [frames, 4, 4], camera to world, host units, USD row vectors (camera looks along -Z, +Y up).
    ``lens``: float64 [frames, 5]: focal length, horizontal aperture, vertical aperture (tenths of a scene unit as USD
    stores them, i.e. millimetres where a unit is a centimetre; only their ratios matter), horizontal and vertical
    aperture offset. ``clipping``: near and far in host units. ``shutter``: open and close relative to the frame.
    """

    path: str
    world: ArrayRef
    lens: ArrayRef
    clipping: tuple[float, float]
    shutter: tuple[float, float] = (0.0, 0.5)


@dataclass(frozen=True, slots=True)
class MeshFacts:
    """A host mesh as triangles in world space at the first frame, host units.

    ``points``: float32 [n, 3]. ``triangles``: int32 [m, 3]. ``low``/``high``: bounds. ``role``: what a person calls
    it, from its path: "ground", "path", "water", "building", "rock" or "other".
    """

    path: str
    points: ArrayRef
    triangles: ArrayRef
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    role: str = "other"
    animated: bool = False


@dataclass(frozen=True, slots=True)
class LightFacts:
    """A host light: type name, world matrix at the first frame, colour, intensity and exposure as authored."""

    path: str
    kind: str
    world: tuple[float, ...]  # 16 numbers, row by row
    color: tuple[float, float, float]
    intensity: float
    exposure: float


@dataclass(frozen=True, slots=True)
class LayerInput:
    """A file that the host stage is composed of: path relative to the project root, SHA-256 of its bytes."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What a generator may know of the studio's stage, read with our own published layers muted."""

    meters_per_unit: float
    up_axis: str  # "Y" or "Z"
    time_codes_per_second: float
    frames: FrameRange
    cameras: tuple[CameraFacts, ...]
    ground: tuple[MeshFacts, ...]
    obstacles: tuple[MeshFacts, ...]
    lights: tuple[LightFacts, ...]
    root_prims: tuple[str, ...]  # names directly under the pseudo-root; they belong to others
    default_prim: str
    color_configuration: str
    layers: tuple[LayerInput, ...]
    environment_layer: str  # path, relative to the stage's folder, of the shot's sublayered `<shot>_env.usda`, or ""
    warnings: tuple[str, ...] = ()


# ---------------------------------------------------------------------------------------------------- generating


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


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """A plan, the world it lives in, the facts it was made from, and what it will come to."""

    plan: Plan
    plan_digest: str
    world: World
    facts: StageFacts
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A file of a layer: path relative to the layer's folder with forward slashes, SHA-256 and size in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Layer:
    r"""An immutable set of files.

    ``sha256``: SHA-256 over the sorted lines ``<sha256>  <path>\n`` of payload, clips, volumes and textures. The
    interface, the record and the preview stand outside it. ``content_sha256`` is taken over the payload's exported
    text and survives usda ↔ usdc. ``elements`` counts what is in it, by kind.
    """

    root: str
    files: tuple[LayerFile, ...]
    sha256: str
    content_sha256: str
    elements: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence of a check report. ``severity``: "error" rejects the layer, "warning" does not."""

    severity: str
    rule: str
    message: str
    prim: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A signed record: the DSSE envelope as JSON text, and the SHA-256 of its payload, which is its identity."""

    id: str  # UUID, also stamped into the layer
    envelope: str
    payload_sha256: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the offline command says of a layer.

    ``verdict``: INTACT (file digests hold), CONVERTED (content digest holds), ALTERED (a record is known, the bytes
    differ), UNRECORDED (no record) or INVALID (signature or record does not hold). ``reasons``: one sentence each.
    """

    verdict: str
    reasons: tuple[str, ...]
    record_id: str = ""
    layer_sha256: str = ""
    signer: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """Answers about one prim of a layer, as (question, answer) lines in a fixed order."""

    prim: str
    record_id: str
    lines: tuple[tuple[str, str], ...]


# ---------------------------------------------------------------------------------------------------- the asset graph


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
    """A unit of work and its result. ``name`` is ``projects/P/shots/S/generations/ID``; ``folder`` is absolute."""

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


@dataclass(frozen=True, slots=True)
class Edge:
    """A lineage edge: the version was made from ``sha256``, in ``role`` ("stage-layer", "cut", "plan", "world")."""

    role: str
    sha256: str
    name: str  # path relative to the project, or a resource name


@dataclass(frozen=True, slots=True)
class Version:
    """A published layer. ``number`` is dense from 1 per (project, shot, name). ``folder`` is absolute."""

    project: str
    shot: str
    name: str
    number: int
    layer_sha256: str
    plan_digest: str
    record_id: str
    generation: str
    folder: str
    created: str
    request_id: str
    edges: tuple[Edge, ...] = field(default_factory=tuple)
