"""What editorial says: cuts, the shots in them, rates and frames.

Frames are integers in the shot's own numbering, ranges are inclusive at both ends.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from fractions import Fraction

from usd_ai.core.naming import PLAIN, Naming


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


MOST_HANDLES = 100_000
"""The most frames of handles that may be asked for: an hour. More would be another shot's."""


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
class Plays:
    """Which frame of the shot each frame of the cut shows.

    Frame ``k`` after ``Occurrence.record.start`` shows ``first + k * step``; with ``frames`` (a ramp) it shows
    ``frames[k - offset]``, the last of them beyond their end and the first before their start.
    All in the shot's frames, exact: half speed steps by 1/2.
    """

    first: Fraction
    step: Fraction = Fraction(1)
    frames: tuple[Fraction, ...] = ()
    offset: int = 0

    def at(self, k: int) -> Fraction:
        """The shot's frame that is shown ``k`` frames after the occurrence's first."""
        if self.frames:
            return self.frames[min(max(k - self.offset, 0), len(self.frames) - 1)]
        return self.first + k * self.step


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
    used: FrameRange | None = None  # ``visible`` without what is seen under transitions; None where nobody said
    plays: Plays | None = None  # None where nobody said
    media: str = ""  # the source file or sequence as the format names it
    comments: tuple[str, ...] = ()
    lane: int = 0  # picture track, counted from the bottom
    depth: int = 0  # how many nests stand around it
    extra: str = ""  # digest of the clip's markers and of all metadata that says none of the above; "" without any

    @property
    def trimmed(self) -> FrameRange:
        """The frames between its cuts: ``used``, or ``visible`` where that was not said."""
        return self.used or self.visible


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
    start: int = 0  # record timecode of its first frame, counted in frames
    extra: str = ""  # digest of the metadata and markers of the sequence itself
    drop: bool | None = None  # whether its record timecode counts drop-frame; None where its file does not say

    @property
    def key(self) -> str:
        """What tells it from every other cut, also from other sequences of the same file: ``<sha256>/<name>``."""
        return f"{self.sha256}/{self.name}"

    def with_handles(self, handles: int) -> Cut:
        """The same cut with other handles: what is needed of each shot is another range, what is seen is not."""
        if handles == self.handles:
            return self
        shots = tuple(
            dataclasses.replace(s, needed=FrameRange(s.visible.start - handles, s.visible.end + handles))
            for s in self.shots
        )
        return dataclasses.replace(self, handles=handles, shots=shots)

    def shot(self, name: str) -> Shot | None:
        """The shot of that name, or None."""
        return next((s for s in self.shots if s.name == name), None)


STAGE, COMP = "stage", "comp"
"""Who plays a retime, as a show's ``retimes`` says."""


@dataclass(frozen=True, slots=True)
class Project:
    """A show as `studio.toml` describes it. ``root`` is absolute; the other paths are relative to it.

    ``stage`` is a template with ``{shot}``. ``resolution`` is that of the delivery, pixels. ``naming``: how its
    clips are named. ``retimes``: where a shot with one use is retimed, by its stage (STAGE) or in comp (COMP).
    """

    name: str
    root: str
    cut: str
    rate: Rate | None
    handles: int
    stage: str
    publish: str
    resolution: tuple[int, int] = (4096, 2160)
    naming: Naming = PLAIN
    retimes: str = STAGE
