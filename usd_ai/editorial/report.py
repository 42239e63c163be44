"""The change list that a person reads: what is different in a cut, what that means for layers, and what it costs.

Pure: from a diff, decisions and the new cut to plain values, which `report_html`, `report_tables` and `report_sheet`
write down. Frames are of the shot or the cut as each change says; timecodes are of the cuts, at their rates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from usd_ai.core.changes import SHOT_STATES, Change, CutDiff, OccurrenceChange, ShotChange
from usd_ai.core.decisions import Action, Decision
from usd_ai.core.marking import Pictures
from usd_ai.core.timecode import counts_drop, from_frames
from usd_ai.core.types import Cut, FrameRange, Notice, Occurrence, Rate
from usd_ai.editorial.rates import parse_rate
from usd_ai.editorial.report_words import layer_sentence, sentence

_PUSHED = frozenset({"ripple"})
RENAMED, NEITHER = "renamed", "in neither cut"
"""States of a shot of which only a layer is told: it has another name in both cuts, or none of them has it."""

_STILL = frozenset({"changed", "unchanged", RENAMED, NEITHER})
_KEPT = frozenset({Action.NOTHING, Action.KEEP_UNUSED, Action.REUSE})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a use of a shot stands: timecodes of its first and last frame in the cut, and the shot's frames.

    ``length`` in frames of the cut.
    """

    first: str
    last: str
    frames: FrameRange
    track: str
    clip: str
    reel: str
    length: int


@dataclass(frozen=True, slots=True)
class UseLine:
    """A use of a shot. ``old`` or ``new`` is None where the cut has it not. ``said``: a sentence for each change."""

    old: Place | None
    new: Place | None
    changes: tuple[Change, ...]
    said: tuple[str, ...]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShotLine:
    """A shot on the list. ``sentence`` says all of it in one breath; ``minor``: at most it was pushed along.

    ``state``: of `SHOT_STATES`, or RENAMED or NEITHER.
    """

    shot: str
    was: str
    state: str
    sentence: str
    uses: tuple[UseLine, ...]
    decisions: tuple[Decision, ...]
    pictures: Pictures
    minor: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """What stands on top. ``seconds``: of one worker; ``unmeasured``: layers whose time nobody knows yet.

    ``pushed``: of the changed shots, those that were only pushed along.
    """

    shots: tuple[tuple[str, int], ...]  # by state
    pushed: int
    kept: int
    re_ranged: int
    regenerated: int
    seconds: float
    unmeasured: int
    waiting: int


@dataclass(frozen=True, slots=True)
class ChangeList:
    """The whole list, shots in the new cut's order, omitted ones last.

    ``notices``: what a person should know about how the newer cut was read; ``old_notices``: and the older one.
    """

    title: str
    old_name: str
    new_name: str
    old_sha256: str
    new_sha256: str
    rate: Rate
    drop: bool
    whole: tuple[str, ...]  # sentences on the cut as a whole
    totals: Totals
    shots: tuple[ShotLine, ...]
    notes: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    old_notices: tuple[Notice, ...] = ()
    unlisted: int = field(default=0)  # shots of the cut of which nothing is to be told


def change_list(
    diff: CutDiff,
    decisions: Iterable[Decision],
    new: Cut,
    *,
    drop: bool | None = None,
    pictures: Mapping[str, Pictures] | None = None,
    notes: Sequence[str] = (),
    title: str = "",
) -> ChangeList:
    """The change list of a diff and what was decided on it.

    ``new`` is the newer cut. ``drop``: count all timecode drop-frame, or none; None for each as its cut says, else
    wherever its rate has it. ``pictures`` by shot. Where the older cut had another rate or start, the diff says so, and
    its timecodes are told at those.
    """
    old_rate, old_start = _older(diff, new)
    before = counts_drop(diff.old_drop if drop is None else drop, old_rate)
    drop = counts_drop(new.drop if drop is None else drop, new.rate)
    by_shot: dict[str, list[Decision]] = {}
    for decision in decisions:
        by_shot.setdefault(decision.shot, []).append(decision)
    then, now = _Clock(old_rate, old_start, before), _Clock(new.rate, new.start, drop)
    shown = {shot.shot for shot in diff.shots}
    quiet = [shot for shot in by_shot if shot not in shown]  # nothing is different, and still something is decided
    order = {shot.name: place for place, shot in enumerate(new.shots)}
    now_called = {shot.was: shot.shot for shot in diff.shots if shot.was}
    changes = [*diff.shots, *(_only_told(shot, order, now_called) for shot in quiet)]
    changes.sort(key=lambda shot: order.get(shot.shot, len(order)))
    lines = [
        _line(shot, tuple(by_shot.get(shot.shot, ())), (pictures or {}).get(shot.shot, Pictures()), then, now)
        for shot in changes
    ]
    unlisted = len(set(order) - {line.shot for line in lines})
    return ChangeList(
        title=title or f"{diff.old_name} → {diff.new_name}",
        old_name=diff.old_name,
        new_name=diff.new_name,
        old_sha256=diff.old_sha256,
        new_sha256=diff.new_sha256,
        rate=new.rate,
        drop=drop,
        whole=tuple(sentence(change) for change in diff.changes),
        totals=_totals(lines, unlisted),
        shots=tuple(lines),
        notes=tuple(notes),
        notices=diff.notices,
        old_notices=diff.old_notices,
        unlisted=unlisted,
    )


def _only_told(shot: str, order: Mapping[str, int], now_called: Mapping[str, str]) -> ShotChange:
    """A shot of which the cuts have nothing to tell, and of whose layer something was decided."""
    if shot in order:
        return ShotChange(shot, "unchanged", ())
    # Its name is that of the shot that goes on; what is told is the layer that stays behind.
    return ShotChange(shot, RENAMED if shot in now_called else NEITHER, ())


@dataclass(frozen=True, slots=True)
class _Clock:
    """What a frame of a cut is called."""

    rate: Rate
    start: int
    drop: bool

    def place(self, use: Occurrence | None) -> Place | None:
        if use is None:
            return None
        first, last = (
            from_frames(self.start + k, self.rate, drop=self.drop) for k in (use.record.start, use.record.end)
        )
        return Place(first, last, use.trimmed, use.track, use.clip_name, use.reel, use.record.count)


def _older(diff: CutDiff, new: Cut) -> tuple[Rate, int]:
    """Rate and start of the older cut: the newer one's where the diff does not say otherwise."""
    rate, start = new.rate, new.start
    for change in diff.changes:
        if change.kind == "rate_stamp":
            rate = parse_rate(change.before)
        elif change.kind == "start_shift":
            start = new.start - change.frames
    return rate, start


def _line(shot: ShotChange, decisions: tuple[Decision, ...], pictures: Pictures, then: _Clock, now: _Clock) -> ShotLine:
    uses = tuple(_use(one, then, now) for one in shot.occurrences)
    acts = any(decision.action is not Action.NOTHING for decision in decisions)
    return ShotLine(
        shot=shot.shot,
        was=shot.was,
        state=shot.state,
        sentence=_whole_sentence(shot, uses, decisions),
        uses=uses,
        decisions=decisions,
        pictures=pictures,
        minor=shot.state in _STILL and shot.kinds <= _PUSHED and not acts,
    )


def _use(one: OccurrenceChange, then: _Clock, now: _Clock) -> UseLine:
    said = tuple(sentence(change) for change in one.changes)
    return UseLine(then.place(one.old), now.place(one.new), one.changes, said, one.reasons)


def _whole_sentence(shot: ShotChange, uses: tuple[UseLine, ...], decisions: tuple[Decision, ...]) -> str:
    """``sh030: trimmed 12 frames at its head. burning_forest: re-range. It shows …``."""
    parts: list[str] = []
    for use in uses:
        said = ", ".join(use.said)
        place = use.new or use.old
        if said and len(uses) > 1 and place is not None:
            said = f"at {place.first} {said}"
        parts += [said] if said else []
    opening = {"new": "new", "omitted": "omitted", "reinstated": "back in the cut"}.get(shot.state, "")
    opening = {RENAMED: "has another name in this cut", NEITHER: "in neither cut"}.get(shot.state, opening)
    if opening:
        count = len(uses)
        parts = [opening + (f", {count} uses" if count > 1 else "")]
    what = "; ".join(parts) or "unchanged"
    was = f" (was {shot.was})" if shot.was else ""
    return f"{shot.shot}{was}: {what}. {' '.join(layer_sentence(decision) for decision in decisions)}".rstrip()


def _totals(lines: Sequence[ShotLine], unlisted: int) -> Totals:
    states: dict[str, int] = dict.fromkeys(SHOT_STATES, 0)
    for line in lines:
        if line.state in states:  # else there is no shot, only a layer
            states[line.state] += 1
    states["unchanged"] += unlisted
    found = [decision for line in lines for decision in line.decisions]
    builds = [decision for decision in found if decision.action.generates]
    left = [d for d in builds if d.state is None or not d.state.ended]
    return Totals(
        shots=tuple(states.items()),
        pushed=sum(line.minor and line.state == "changed" for line in lines),
        kept=sum(d.action in _KEPT for d in found),
        re_ranged=sum(d.action.plays and d.action not in _KEPT for d in found),
        regenerated=len(builds),
        seconds=sum((d.seconds or 0.0 for d in left), start=0.0),
        unmeasured=sum(d.seconds is None for d in left),
        waiting=sum(bool(d.waits) for d in found),
    )
