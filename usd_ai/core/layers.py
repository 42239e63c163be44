"""What was made: layers and their files, records and verdicts, published versions and where they came from."""

from __future__ import annotations

from dataclasses import dataclass, field

from usd_ai.core.cuts import FrameRange


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
    interface, the record and the preview stand outside it. ``content_sha256`` is taken over what the payload
    says and survives usda ↔ usdc. ``elements`` counts what is in it, by kind.
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


@dataclass(frozen=True, slots=True)
class UsePlayed:
    """The edit layer that a use of a shot plays in, relative to the project's root, "" where it has none.

    ``number``: of the use. ``frames``: time codes in which the use is seen there, both included.
    """

    path: str
    number: int
    frames: FrameRange


@dataclass(frozen=True, slots=True)
class PublishedShot:
    """What a timeline says of a shot's published layer. Paths are relative to the project's root.

    ``played``: the edit layers of all uses of the shot in the cut, in order; () where it has none.
    """

    shot: str
    version: Version
    layer_path: str
    preview_path: str
    seed: str
    generator: str
    frames: FrameRange
    played: tuple[UsePlayed, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetShot:
    """A shot on a contact sheet: ``pictures`` are (absolute path, caption), ``captions`` stand right above them.

    A picture without a path is an empty frame with its caption in it. ``beside``: lines right of the pictures, each
    (colour, text), the colour as OTIO names it or "" for plain.
    """

    shot: str
    title: str
    pictures: tuple[tuple[str, str], ...]
    captions: tuple[str, ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
