"""What a new cut means for published layers: what they were generated for, how they stand, what was decided.

Frames are of the shot, both ends included; seconds are of a worker's time; digests are SHA-256, lower-case hex.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from usd_ai.core.changes import Change
from usd_ai.core.cuts import Cut, FrameRange, Notice, Occurrence, Plays, Shot
from usd_ai.core.work import Request, State


class Action(StrEnum):
    """What happens to a generated layer, cheapest first."""

    NOTHING = "nothing"
    KEEP_UNUSED = "keep, mark unused"
    REUSE = "reuse"
    RE_RANGE = "re-range"
    OFFSET_AND_SCALE = "offset and scale"
    CLIPS = "value clips"
    MISSING_FRAMES = "generate missing frames"
    REGENERATE = "regenerate"
    GENERATE = "generate"

    @property
    def generates(self) -> bool:
        """Whether a worker has to build something."""
        return self in {Action.MISSING_FRAMES, Action.REGENERATE, Action.GENERATE}

    @property
    def plays(self) -> bool:
        """Whether the same layer is played otherwise, by edit layers above it."""
        return self in {Action.REUSE, Action.RE_RANGE, Action.OFFSET_AND_SCALE, Action.CLIPS}


class Standing(StrEnum):
    """How a layer stands in the cut that was applied last."""

    USED = "used"
    UNUSED = "unused"  # the cut shows its shot no more; it is kept
    WANTED = "wanted"  # the cut needs it and it is not published yet


@dataclass(frozen=True, slots=True)
class Made:
    """A published layer and what it was generated for: ``frames`` and the ``cut``.

    ``cut`` is its key, or only its digest where the layer is older than this ledger's generations say; "" = not known.
    ``shot`` is the name under which it is published. ``seconds`` is what building it took, 0 where nobody measured it.
    ``frame_local``: its generator keeps each frame by itself, and is still the one that made it; ``whole_share`` of a
    build's seconds are spent all the same. ``created``: when it was published, RFC 3339 in UTC.
    """

    shot: str
    layer: str
    number: int
    generation: str
    generator: str
    frames: FrameRange
    plan_digest: str
    layer_sha256: str
    seconds: float
    request: Request
    cut: str = ""
    created: str = ""
    frame_local: bool = False
    whole_share: float = 0.0


@dataclass(frozen=True, slots=True)
class LayerUse:
    """How a layer stands since a cut was applied, as the ledger keeps it.

    ``shot`` and ``layer`` name what is published; ``used_as`` is the shot's name in the cut, which may be another one.
    ``plays``: digest of its edit layers, "" where it has none; they were written for version ``number``.
    """

    shot: str
    layer: str
    used_as: str
    standing: Standing
    number: int = 0
    plays: str = ""
    cut_sha256: str = ""
    changed: str = ""  # RFC 3339, UTC


@dataclass(frozen=True, slots=True)
class NumberedUse:
    """A number of a layer of a shot and the use that has it, as the ledger keeps it: `core.numbers`.

    ``shot`` and ``layer`` name what is published. ``use`` is as the cut ``cut`` (its key) had it, the last one that
    did. ``standing``: USED, or UNUSED where that cut had it switched off or a later one has it no more.
    """

    shot: str
    layer: str
    number: int
    standing: Standing
    cut: str
    use: Occurrence


@dataclass(frozen=True, slots=True)
class Edit:
    """How one use of a shot in the cut plays its layer: what an edit layer is written from.

    Frame ``k`` of the cut after the use's first stands at time code ``start + k``; ``shown`` are all such ``k``, those
    under transitions included. ``way`` and ``reason`` as `core.playing` says. ``number``: of the use, for ever.
    """

    shown: FrameRange
    start: int
    plays: Plays
    way: str
    reason: str
    step: Fraction | None = None
    number: int = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to happen to one layer of one shot, and why, in a sentence for a person.

    ``keeps``: digest of the layer that stays. ``request``: what would be generated instead, with the digest of its plan
    where it was planned; ``covers`` are its frames, ``missing`` those that the kept layer lacks. ``edits``: how its
    uses play the layer that stays. ``seconds``: estimated from what earlier builds took, None where nothing was
    measured. ``generation`` and ``state``: what was asked for already. ``waits``: why it cannot be carried out yet.
    ``changes``: since the layer was generated. ``gone``: numbers of uses that just went; their edit layers stay as
    they were. ``doubt``: why it may be wrong, of an omission from a cut that could not be read whole.
    """

    shot: str
    layer: str
    action: Action
    why: str
    published_as: str = ""  # the shot's name in the layer's folder
    keeps: str = ""
    version: int = 0
    unused: bool = False
    request: Request | None = None
    plan_digest: str = ""
    covers: FrameRange | None = None
    missing: tuple[FrameRange, ...] = ()
    edits: tuple[Edit, ...] = ()
    seconds: float | None = 0.0
    changes: tuple[Change, ...] = ()
    generation: str = ""
    state: State | None = None
    waits: str = ""
    gone: tuple[int, ...] = ()
    doubt: str = ""

    @property
    def asks(self) -> bool:
        """Whether carrying it out would still do something."""
        return self.action is not Action.NOTHING and not self.generation and not self.waits


@dataclass(frozen=True, slots=True)
class StudioCut:
    """What studio.toml names as the project's cut at a moment. ``sha256`` is of the file's bytes, "" without a file."""

    path: str = ""
    sequence: str = ""
    sha256: str = ""
    handles: int = 0


@dataclass(frozen=True, slots=True)
class KeptCut:
    """A version of the cut in the history. ``label`` is its file's name without ending; ``cut`` holds its shots.

    ``kept`` and ``applied`` are moments, RFC 3339 in UTC; ``applied`` is "" for a cut that never was. ``studio``: what
    studio.toml named when it was applied. In lists the cut comes without its shots; ``count`` says how many there are.
    """

    label: str
    path: str  # relative to the project's root
    kept: str
    applied: str
    cut: Cut
    count: int = 0
    studio: StudioCut | None = None


@dataclass(frozen=True, slots=True)
class KeptShot:
    """A shot as a version of the cut had it; ``shot`` is None where that cut had none of the name."""

    label: str
    cut_sha256: str
    kept: str
    shot: Shot | None


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """All decisions on a new cut. ``etag`` names what was decided: an approval holds for it and for nothing else.

    ``notices``: what a person should know about how the new cut was read.
    """

    old_label: str
    new_label: str
    old_sha256: str
    new_sha256: str
    decisions: tuple[Decision, ...]
    etag: str
    notes: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def open(self) -> tuple[Decision, ...]:
        """The decisions that carrying out would still do something for."""
        return tuple(decision for decision in self.decisions if decision.asks)

    @property
    def seconds(self) -> float:
        """A worker's time for what is still to be generated, as far as it can be told."""
        waiting = (d for d in self.decisions if d.action.generates and not (d.state is not None and d.state.ended))
        return sum(decision.seconds or 0.0 for decision in waiting)
