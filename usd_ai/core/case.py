"""One layer of one shot, put to the table of `decide`: the facts of the case and the conditions over them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from usd_ai.core.changes import Change, OccurrenceChange, ShotChange
from usd_ai.core.cuts import FrameRange, Shot
from usd_ai.core.decisions import Edit, LayerUse, Made, Standing
from usd_ai.core.edits import edits_of, plays_digest, seen_of
from usd_ai.core.playing import CLIPS, OFFSET_AND_SCALE

_RANGE = {"trim_head", "trim_tail", "extend_head", "extend_tail", "slip", "new_in_cut", "omitted_in_cut"} | {
    f"transition_{what}" for what in ("added", "removed", "lengthened", "shortened")
}
_SPEED = {"retime", "freeze", "reverse", "ramp"}


@dataclass(frozen=True)  # without slots, for rows of the table ask for the same things
class Case:
    """One layer of one shot. ``shot`` is its name in the new cut, or the last one it had.

    ``now``: the shot as the new cut has it, None where it has it no more. ``made``: the published layer, None where
    there is none. ``use``: how the layer stands since a cut was applied. ``since``: what changed since the cut that
    the layer was generated for, None where that cut is not known. ``wanted``: the shot is new, or waits for its first
    layer. ``stage``: what of its stage the layer's plan does not know ("the camera"), where the stage was looked at.
    ``numbers``: of all uses in ``now``, as `core.numbers` has them; ``gone``: of those that just went.
    ``same_plan``: a plan for the new cut was made, or even built, and nothing else came out. ``superseded_by``: the
    shot that the layer was of, and that has another layer of the kind by now.
    """

    shot: str
    layer: str
    now: Shot | None
    made: Made | None
    use: LayerUse | None = None
    since: ShotChange | None = None
    wanted: bool = False
    stage: str = ""
    numbers: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()
    same_plan: bool = False
    superseded_by: str = ""

    @cached_property
    def edits(self) -> tuple[Edit, ...]:
        """How its uses play the layer."""
        return edits_of(self.now, self.numbers) if self.now is not None else ()

    @cached_property
    def missing(self) -> tuple[FrameRange, ...]:
        """The frames that are seen and that the layer does not have."""
        if self.made is None or self.now is None:
            return ()
        seen, there = seen_of(self.now), self.made.frames
        if seen.end < there.start or seen.start > there.end:
            return (seen,)
        before, after = FrameRange(seen.start, there.start - 1), FrameRange(there.end + 1, seen.end)
        return tuple(part for part in (before, after) if part.count > 0)

    @property
    def margins(self) -> tuple[int, int]:
        """Frames of the layer that are left before and after what is seen."""
        if self.made is None or self.now is None:
            return (0, 0)
        return self.now.visible.start - self.made.frames.start, self.made.frames.end - self.now.visible.end

    @property
    def settled(self) -> bool:
        """Whether its edit layers say already how it plays."""
        return (
            self.use is not None
            and self.made is not None
            and self.use.standing is Standing.USED
            and (self.use.number, self.use.plays) == (self.made.number, plays_digest(self.edits))
        )

    @property
    def marked_unused(self) -> bool:
        """Whether the ledger says that the cut does not show it."""
        if self.use is not None and self.superseded_by and self.use.standing is Standing.WANTED:
            return True  # its name is another shot's, which waits for its first layer
        return self.use is not None and self.use.standing is Standing.UNUSED

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """All that changed since the layer was generated."""
        return tuple(change for use in self.since.occurrences for change in use.changes) if self.since else ()


Condition = Callable[[Case], bool]


def superseded(case: Case) -> bool:
    """Its shot was renamed and generated again under its new name."""
    return bool(case.superseded_by)


def omitted(case: Case) -> bool:
    """The cut has the shot no more."""
    return case.made is not None and case.now is None


def disabled(case: Case) -> bool:
    """Every use of the shot is switched off."""
    return case.made is not None and case.now is not None and not any(use.enabled for use in case.now.occurrences)


def new(case: Case) -> bool:
    """The shot is new in the cut, is seen, and has no layer yet."""
    seen = case.now is not None and any(use.enabled for use in case.now.occurrences)
    return case.made is None and case.wanted and seen


def never_made(case: Case) -> bool:
    """Nothing was generated for this shot."""
    return case.made is None


def other_take(case: Case) -> bool:
    """It shows other material than the layer was generated for; also that of a shot which gave it its name."""
    if case.same_plan:
        return False
    return case.since is not None and ("take" in case.since.kinds or _all_from_another(case.since))


def other_stage(case: Case) -> bool:
    """Its camera, or another thing of the stage that the plan holds, is not what the layer was generated for."""
    return bool(case.stage) and not case.same_plan


def beyond(case: Case) -> bool:
    """It shows frames that the layer does not have. Handles may be used up: what counts is what is seen."""
    return bool(case.missing)


def beyond_frame_local(case: Case) -> bool:
    """As ``beyond``, and each frame can be built by itself."""
    return beyond(case) and case.made is not None and case.made.frame_local


def reinstated(case: Case) -> bool:
    """It was marked unused and is seen again."""
    return case.marked_unused


def in_clips(case: Case) -> bool:
    """It plays in another way than it did, and that way is no layer offset: reverse, freeze, ramp."""
    return _plays_otherwise(case) and any(edit.way == CLIPS for edit in case.edits)


def scaled(case: Case) -> bool:
    """It plays in another way than it did, and that way is a constant speed forward."""
    return _plays_otherwise(case) and any(edit.way == OFFSET_AND_SCALE for edit in case.edits)


def other_range(case: Case) -> bool:
    """It shows other frames than it was generated for, or than its edit layers say; all of them are there."""
    if _plays_otherwise(case):
        return True
    if case.since is not None:
        return bool(case.since.kinds & _RANGE)
    return case.made is not None and case.now is not None and case.now.needed != case.made.frames


def otherwise(case: Case) -> bool:
    """Ripple, reorder, swap, rename, nest, track, timecode start, rate stamp, version, blade, metadata, no change."""
    del case
    return True


def _plays_otherwise(case: Case) -> bool:
    if case.use is not None and case.use.plays:
        number = case.made.number if case.made is not None else 0
        return (case.use.number, case.use.plays) != (number, plays_digest(case.edits))
    # No edit layer is there yet. A layer plays in its own frames, also one that was generated for a retimed use: only
    # what plays at its own speed needs nothing said.
    if any(edit.way in {CLIPS, OFFSET_AND_SCALE} for edit in case.edits):
        return True
    return case.since is not None and bool(case.since.kinds & _SPEED)


def _all_from_another(since: ShotChange) -> bool:
    """Whether the older cut had the shot, and no use of it goes on: the name is another material's now."""
    if since.was or since.needed_before is None:
        return False
    uses = [one for one in since.occurrences if one.new is not None]
    return bool(uses) and all(one.old is None or _was_another(one, since.shot) for one in uses)


def _was_another(one: OccurrenceChange, shot: str) -> bool:
    return any(change.kind == "rename" and change.after == shot for change in one.changes)
