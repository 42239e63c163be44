"""What is different between two cuts, what that means for published layers, and what was decided.

Frame counts are positive and in the shot's frames unless a kind says otherwise; digests are text.
"""

from __future__ import annotations

from dataclasses import dataclass

from usd_ai.core.cuts import FrameRange, Notice, Occurrence

CHANGE_KINDS = (
    # the range
    "trim_head",  # fewer frames at the start: frames
    "trim_tail",
    "extend_head",  # more frames at the start: frames
    "extend_tail",
    "slip",  # the same length from another place of the source: frames, negative towards its start
    # the speed
    "retime",  # another constant speed forward: frames = how many more (or, negative, fewer) frames of source it takes
    "freeze",
    "reverse",
    "ramp",
    # the place; frames of the cut
    "ripple",  # only pushed along: frames, negative towards the start
    "reorder",  # stands in another order among its neighbours: frames it moved
    "swap",  # changed places with one other
    "track",  # on another track: frames = how many tracks up
    "nest",  # put into a nested sequence
    "unnest",
    "blade",  # cut into pieces that play on as one did: frames = pieces
    "heal",
    # what is seen through it
    "transition_added",  # frames of the cut
    "transition_removed",
    "transition_lengthened",
    "transition_shortened",
    "disabled",
    "enabled",
    # what it is
    "rename",
    "version",  # another version of the same material
    "take",  # other material: frames = how much longer it stands in the cut
    "metadata",
    # the occurrence
    "new_in_cut",
    "omitted_in_cut",
    # the whole cut
    "rate_stamp",  # the same frames at another rate
    "start_shift",  # record timecode of its first frame: frames
    "sequence_metadata",
)
"""Kinds of changes that are told apart."""

SHOT_STATES = ("unchanged", "changed", "new", "omitted", "reinstated")
"""What happened to a shot; its occurrences have changes of their own."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different. ``before`` and ``after`` are what a person reads: ``100 %`` → ``-50 %``."""

    kind: str
    frames: int = 0
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class OccurrenceChange:
    """An occurrence in the older cut (or None), the newer one (or None), and what is different.

    ``score`` and ``reasons`` say why the two are held to be the same; blades are healed, so an occurrence may stand for
    several clips in a row.
    """

    old: Occurrence | None
    new: Occurrence | None
    changes: tuple[Change, ...]
    score: float = 0.0
    reasons: tuple[str, ...] = ()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of its changes."""
        return frozenset(change.kind for change in self.changes)


@dataclass(frozen=True, slots=True)
class ShotChange:
    """A shot over two cuts. ``was`` is its name in the older one where that differs. Ranges: None where it is not.

    ``left_out``: uses that a server had no room to tell of.
    """

    shot: str
    state: str
    occurrences: tuple[OccurrenceChange, ...]
    needed_before: FrameRange | None = None
    needed_after: FrameRange | None = None
    was: str = ""
    left_out: int = 0

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of all its occurrences' changes."""
        return frozenset(kind for occurrence in self.occurrences for kind in occurrence.kinds)


@dataclass(frozen=True, slots=True)
class CutDiff:
    """Two cuts compared: what is different of the whole, and shot by shot in the newer one's order, omitted last.

    ``notices``: what a person should know about how the newer cut was read; ``old_notices``: and the older one. What
    could not be read seems to be omitted, or new. ``old_drop``: whether the older cut's timecode is drop-frame, None
    where its file does not say.
    """

    old_name: str
    new_name: str
    old_sha256: str
    new_sha256: str
    changes: tuple[Change, ...]
    shots: tuple[ShotChange, ...]
    notices: tuple[Notice, ...] = ()
    old_notices: tuple[Notice, ...] = ()
    old_drop: bool | None = None

    def shot(self, name: str) -> ShotChange | None:
        """The shot of that name, or None."""
        return next((shot for shot in self.shots if shot.shot == name), None)
