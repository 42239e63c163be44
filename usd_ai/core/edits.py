"""How the uses of a shot play a layer of it: from occurrences to what edit layers are written from. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from math import floor

from usd_ai.core.cuts import FrameRange, Occurrence, Shot
from usd_ai.core.decisions import Edit
from usd_ai.core.playing import how_it_plays, reach


def edits_of(shot: Shot, numbers: Sequence[int] = ()) -> tuple[Edit, ...]:
    """An edit for each use that is seen, by number: changing places in the cut changes none.

    ``numbers``: of every use of the shot in order, as `core.numbers` has them; without them, as if it was new.
    A use begins at the time code of the first frame between its cuts, so one at normal speed plays the layer as it is.
    """
    if numbers:
        uses = [(number, use) for number, use in zip(numbers, shot.occurrences, strict=True) if is_seen(use)]
    else:
        uses = list(enumerate(sorted(filter(is_seen, shot.occurrences), key=frame_order), start=1))
    return tuple(edit_of(use, number) for number, use in sorted(uses, key=lambda one: one[0]))


def is_seen(use: Occurrence) -> bool:
    """Whether a use has an edit layer: it is switched on, and it is known which frames it shows."""
    return use.enabled and use.plays is not None


def frame_order(use: Occurrence) -> tuple[FrameRange, FrameRange, str]:
    """What uses of a shot are sorted by when they get their numbers: not where they stand in the cut."""
    return use.visible, use.trimmed, str(use.retime)


def seen_of(shot: Shot) -> FrameRange:
    """The frames that a layer of a shot has to have: those that are visible, and those that retimed uses begin on.

    Half a frame at the end of a backward retime is rounded to another frame by the cut than by a player.
    """
    seen = shot.visible
    for use in shot.occurrences:
        if use.enabled and use.plays is not None and (use.plays.frames or use.plays.step != 1):
            seen = seen.union(reach(use.plays, shown_of(use)))
    return seen


def plays_digest(edits: Sequence[Edit]) -> str:
    """What tells one way to play from another: 16 hex digits."""
    told = [
        (e.number, str(e.shown), e.start, e.plays.first, e.plays.step, e.plays.frames, e.plays.offset) for e in edits
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def edit_of(use: Occurrence, number: int = 1) -> Edit:
    """How a use that is seen plays its shot's layer."""
    assert use.plays is not None  # noqa: S101 - edits_of takes no other
    shown, start = shown_of(use), use.trimmed.start
    playing = how_it_plays(use.plays, shown, start)
    return Edit(shown, start, use.plays, playing.way, playing.reason, playing.step, number)


def shown_of(use: Occurrence) -> FrameRange:
    """The frames of the cut that a use is seen in, counted from its first, those under transitions included."""
    first, last = -use.transition_in, use.record.count - 1 + use.transition_out
    if use.plays is None:
        return FrameRange(0, use.record.count - 1)
    # A transition may lie to any part on either side of the cut; what is visible says how far the use is really seen.
    while first < 0 and not use.visible.start <= floor(use.plays.at(first)) <= use.visible.end:
        first += 1
    while last > use.record.count - 1 and not use.visible.start <= floor(use.plays.at(last)) <= use.visible.end:
        last -= 1
    return FrameRange(first, last)
