"""Holds what a diff says against what the mutator did, event by event: recall, and false alarms, by kind."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.unit.editorial import mutator, mutator_edits
from usd_ai.core.changes import CutDiff
from usd_ai.core.types import Cut, Occurrence, Rate
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.opening import OpenCut
from usd_ai.editorial.read import cut_of, read_cut

_OWN_AFTER = {"ripple"}  # what every edit before it does to an event
Place = tuple[int, int, int, int]


@dataclass
class Tally:
    """By kind of change: made, called right with right frames, only the kind right, and said where nothing was."""

    made: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    frames_off: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    events: int = 0
    mistaken: int = 0  # events that were held to be another, new or gone
    notes: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count another one in."""
        for mine, more in (
            (self.made, other.made),
            (self.right, other.right),
            (self.frames_off, other.frames_off),
            (self.false, other.false),
        ):
            mine.update(more)
        self.events += other.events
        self.mistaken += other.mistaken
        self.notes += other.notes


def uid_at(use: Occurrence, places: Sequence[Place], lanes: bool) -> int:
    """The event that an occurrence is, by where it stands; -1 for none."""
    best, found = 0, -1
    for begin, end, lane, uid in places:
        common = min(end, use.record.end + 1) - max(begin, use.record.start)
        if common > best and (not lanes or lane == use.lane):
            best, found = common, uid
    return found


def judged(before: mutator.Reel, after: mutator.Reel, diff: CutDiff, ignored: Collection[str] = ()) -> Tally:
    """What was found of what was done. ``ignored``: kinds that are neither asked for nor false."""
    tally = Tally(events=len({event.uid for event in after.events}))
    old, new = mutator.places(before), mutator.places(after)
    said: dict[int, set[tuple[str, int]]] = {}
    for shot in diff.shots:
        for one in shot.occurrences:
            was = uid_at(one.old, old, lanes=True) if one.old else None
            now = uid_at(one.new, new, lanes=True) if one.new else None
            uid = now if now is not None else was
            assert uid is not None
            if was is not None and now is not None and was != now:
                tally.mistaken += 1
                tally.notes.append(f"{was} taken for {now} ({one.score}, {one.reasons})")
            said.setdefault(uid, set()).update((change.kind, change.frames) for change in one.changes)
    whole = {(change.kind, change.frames) for change in diff.changes}
    _count(tally, "the cut", after.whole, whole, ignored)
    for uid in sorted(set(said) | set(after.truth)):
        wanted = after.truth.get(uid, set())
        found = {change for change in said.get(uid, set()) if change[0] not in _OWN_AFTER}
        _count(tally, uid, wanted, found, ignored)
        lost = {kind for kind, _ in found - wanted} & {"new_in_cut", "omitted_in_cut"}
        tally.mistaken += bool(lost)
    return tally


def _count(
    tally: Tally,
    uid: object,
    wanted: Collection[tuple[str, int]],
    found: Collection[tuple[str, int]],
    ignored: Collection[str],
) -> None:
    left = {change for change in found if change[0] not in ignored}
    for change in wanted:
        kind = change[0]
        if kind in ignored:
            continue
        tally.made[kind] += 1
        if change in left:
            left.discard(change)
            tally.right[kind] += 1
            continue
        near = next((other for other in left if other[0] == kind), None)
        if near is not None:
            left.discard(near)
            tally.frames_off[kind] += 1
        tally.notes.append(f"event {uid}: {change} was called {sorted(found) or 'nothing'}")
    for kind, frames in left:
        tally.false[kind] += 1
        tally.notes.append(f"event {uid}: {kind} {frames} is a false alarm; done was {sorted(wanted) or 'nothing'}")


@dataclass(frozen=True)
class Damage:
    """What is done to both cuts before they are compared. ``world``: how clips are named."""

    ending: str = ".otio"
    world: str = "distinct"
    strip: bool = False
    renamed: float = 0.0


def tried(
    names: Sequence[str],
    seed: int,
    folder: Path,
    damage: Damage,
    lacks: frozenset[str] = frozenset(),
    ignored: Collection[str] = (),
    *,
    events: int = 60,
) -> Tally:
    """Make edits in a cut, write both as the damage says, read both, compare, judge."""
    before, old, state = _begun(seed, damage.ending, damage.world, lacks, events, folder, damage.strip)
    rng = random.Random()  # noqa: S311 - no secret
    rng.setstate(state)
    after = copy.deepcopy(before)
    for name in names:
        mutator_edits.EDITS[name](after, rng)
    if damage.renamed:
        mutator_edits.rename_some(after, rng, damage.renamed)
    diff = diff_cuts(
        old, _read(after, folder / f"new{damage.ending}", damage.ending, strip=damage.strip), {mutator.KNOWN}
    )
    tally = judged(before, after, diff, ignored)
    tally.notes = [f"{damage.ending} {damage.world} seed {seed} {names}: {note}" for note in tally.notes]
    return tally


@lru_cache(maxsize=8)
def _begun(
    seed: int,
    ending: str,
    world: str,
    lacks: frozenset[str],
    events: int,
    folder: Path,
    strip: bool,
) -> tuple[mutator.Reel, Cut, tuple[Any, ...]]:
    """A cut before any edit, as it reads, and the chance that goes on; written and read once for all tried on it."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    reel = mutator.new_reel(events, rng, world, lacks)
    state = rng.getstate()
    return reel, _read(reel, folder / f"old{ending}", ending, strip=strip), state


def _read(reel: mutator.Reel, file: Path, ending: str, *, strip: bool) -> Cut:
    mutator.written(reel, file, strip=strip)
    rate = Rate(reel.fps.numerator, reel.fps.denominator) if ending == ".edl" else None
    return read_cut(str(file), rate, 8)


def cuts_of(names: Sequence[str], seed: int, world: str) -> tuple[Cut, Cut]:
    """A cut and an edited one, through the text of a timeline, without files."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    before = mutator.new_reel(70, rng, world)
    after = copy.deepcopy(before)
    for name in names:
        mutator_edits.EDITS[name](after, rng)
    return _through_text(before), _through_text(after)


def _through_text(reel: mutator.Reel) -> Cut:
    timeline = mutator.timeline_of(reel)
    rate = Rate(reel.fps.numerator, reel.fps.denominator)
    return cut_of(OpenCut(timeline, rate, "0" * 64, []), 8, "cut.otio")


_NO_SPEED = "its writer has no speeds: the clip plays at speed"
_NO_SPEEDS = dict.fromkeys(
    ("retime 50 %", "retime 200 %", "retime 50 to 200 %", "retime and trim", "freeze", "reverse", "ramp"), _NO_SPEED
)
_ALWAYS_ON = dict.fromkeys(("disabled", "enabled"), "its writer does not say what is switched off")
_MIXES = (
    "dissolve added",
    "dissolves at both ends",
    *(f"dissolve {d}" for d in ("removed", "lengthened", "shortened")),
)

CANNOT: dict[str, dict[str, str]] = {
    ".otio": {},
    ".edl": {
        "ramp": "its writer refuses it; an EDL has one speed per event",
        "same shot in both lanes": "its writer refuses a second picture track",
        "move to V2": "its writer refuses a second picture track",
        "move down": "its writer refuses a second picture track",
        "disabled": "its writer leaves the event out: an omission",
        "enabled": "its writer leaves the event out: an omission",
        "nest": "its writer leaves nests out: an omission",
        "un-nest": "its writer leaves nests out: an omission",
        "nest trimmed": "its writer leaves nests out",
        "metadata only": "its writer drops what it does not know",
        "record TC shift": "its writer starts every cut at 0",
    },
    ".xml": {**_NO_SPEEDS, **_ALWAYS_ON, "metadata only": "its writer drops what it does not know"},
    ".fcpxml": {
        **_NO_SPEEDS,
        **_ALWAYS_ON,
        **dict.fromkeys(_MIXES, "its writer drops transitions"),
        "metadata only": "its writer drops what it does not know",
        "rate re-stamp": "its writer names no frame rate at 24000/1001",
        "record TC shift": "its writer starts every cut at 0",
    },
    ".aaf": {
        **_NO_SPEEDS,
        **_ALWAYS_ON,
        "nest": "its writer makes a submaster effect of it, which is no nest",
        "un-nest": "its writer makes a submaster effect of it, which is no nest",
        "nest trimmed": "its writer drops a nest's own trim",
        "metadata only": "its writer drops what it does not know",
    },
}
"""What a format's public writer cannot carry, by edit, and what becomes of it."""

LACKS: dict[str, frozenset[str]] = {".edl": frozenset({"up", "on", "nest"})}
"""What cannot stand in the cut from the start, by format."""
