"""The edits of the diff's adversary, by name, and what must be said of each."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping
from fractions import Fraction

from tests.unit.editorial.mutator import KNOWN, Event, Reel

Edit = Callable[[Reel, random.Random], None]


def _spread(head: int, tail: int) -> Edit:
    """Frames added at the head and the tail: trims, extensions and slips."""

    def edit(reel: Reel, rng: random.Random) -> None:
        event = reel.events[reel.pick(rng)]
        size = rng.randrange(1, 13)
        event.source -= head * size
        event.n += (head + tail) * size
        what = ("slip", -head * size) if head == -tail else (("extend", "trim")[head + tail < 0], size)
        kind = what[0] if head == -tail else f"{what[0]}_{'head' if head else 'tail'}"
        reel.say(event, what=[(kind, what[1])])

    return edit


def _sped(kind: str, speed: Fraction, trim: int = 0) -> Edit:
    def edit(reel: Reel, rng: random.Random) -> None:
        event = reel.events[reel.pick(rng)]
        event.speed = speed
        event.source += trim
        took = 1 if not speed else -(-event.n * abs(speed.numerator) // speed.denominator)
        reel.say(event, what=[(kind, took - event.n), *([("trim_head", trim)] if trim else [])])

    return edit


def _ramp(reel: Reel, rng: random.Random) -> None:
    event = reel.events[reel.pick(rng)]
    event.curve = tuple(float(k) for k in range(event.n))  # ends at twice the speed
    reel.say(event, what=[("ramp", event.n - 1)])


def _respeed(reel: Reel, _: random.Random) -> None:
    event = _the(reel, 11)
    before = -(-event.n // 2)
    event.speed = Fraction(2)
    reel.say(event, what=[("retime", event.n * 2 - before)])


def _other_freeze(reel: Reel, rng: random.Random) -> None:
    event, by = _the(reel, 16), rng.randrange(1, 9)
    event.source += by
    reel.say(event, what=[("slip", by)])


def _swap(reel: Reel, rng: random.Random, apart: int = 1) -> None:
    k = reel.pick(rng, around=apart + 1)
    here, there = reel.events[k], reel.events[k + apart]
    between = reel.events[k + 1 : k + apart]
    reel.events[k], reel.events[k + apart] = there, here
    reel.say(*between)
    passed = sum(event.n for event in between)
    reel.say(here, what=[("swap", passed + there.n)])
    reel.say(there, what=[("swap", passed + here.n)])


def _swap_apart(reel: Reel, rng: random.Random) -> None:
    _swap(reel, rng, apart=3)


def _two_swaps(reel: Reel, rng: random.Random) -> None:
    _swap(reel, rng)
    _swap(reel, rng)


def _reorder(reel: Reel, rng: random.Random) -> None:
    k = reel.pick(rng, around=4)
    event = reel.events.pop(k)
    passed = reel.events[k : k + 4]
    reel.events.insert(k + 4, event)
    reel.say(*passed)
    reel.say(event, what=[("reorder", sum(other.n for other in passed))])


def _added(reel: Reel, rng: random.Random, name: str, number: int) -> None:
    k = reel.pick(rng)
    event = Event(reel.born(), name, f"Z{number:03d}C001", f"/mnt/Z{number:03d}C001.mov", 600_000 + 999 * number, 55)
    reel.say(reel.events[k], reel.events[k - 1])
    reel.events.insert(k, event)
    reel.say(event, what=[("new_in_cut", 0)])


def _insert(reel: Reel, rng: random.Random) -> None:
    number = rng.randrange(1000)
    _added(reel, rng, f"in{number:04d}_v001", number)


def _reinstate(reel: Reel, rng: random.Random) -> None:
    if not any(event.name.startswith(KNOWN) for event in reel.events):
        _added(reel, rng, f"{KNOWN}_v002", 900)


def _omit(reel: Reel, rng: random.Random) -> None:
    k = reel.pick(rng)
    event = reel.events.pop(k)
    reel.say(reel.events[k], reel.events[k - 1])
    reel.say(event, what=[("omitted_in_cut", 0)])


def _version(reel: Reel, rng: random.Random) -> None:
    event = reel.events[reel.pick(rng)]
    event.name = f"{event.name.rsplit('_v', 1)[0]}_v{rng.randrange(20, 99):03d}"
    reel.say(event, what=[("version", 0)])


def _rename(reel: Reel, rng: random.Random) -> None:
    event = reel.events[reel.pick(rng)]
    event.name = f"other {rng.randrange(10_000)}"
    reel.say(event, what=[("rename", 0)])


def _take(reel: Reel, rng: random.Random) -> None:
    event = reel.events[reel.pick(rng)]
    roll = f"T{rng.randrange(10_000):05d}"
    event.reel, event.media, event.source = roll, f"/mnt/{roll}.mov", event.source + 400_000
    reel.say(event, what=[("take", 0)])


def _mixed(number: int, frames: int, kind: str) -> Edit:
    """A dissolve that is there becomes another, or none."""

    def edit(reel: Reel, _: random.Random) -> None:
        k = next(k for k, event in enumerate(reel.events) if event.uid == number)
        event, change = reel.events[k], abs(reel.events[k].mix - frames)
        if event.uid in reel.truth or not event.mix:
            return
        event.mix = frames
        reel.say(event, reel.events[k - 1], what=[(kind, change)])

    return edit


def _mix_added(reel: Reel, rng: random.Random) -> None:
    k, frames = reel.pick(rng), rng.choice([4, 8, 12])
    reel.events[k].mix = frames
    reel.say(reel.events[k], reel.events[k - 1], what=[("transition_added", frames)])


def _mix_both_ends(reel: Reel, rng: random.Random) -> None:
    k = reel.pick(rng, around=2)
    reel.events[k].mix, reel.events[k + 1].mix = 6, 10
    reel.say(reel.events[k], reel.events[k - 1], what=[("transition_added", 6)])
    reel.say(reel.events[k], reel.events[k + 1], what=[("transition_added", 10)])


def _flag(key: str, value: object, kind: str, frames: int = 0) -> Edit:
    def edit(reel: Reel, rng: random.Random) -> None:
        event = reel.events[reel.pick(rng)]
        setattr(event, key, value)
        reel.say(event, what=[(kind, frames)])

    return edit


def _the(reel: Reel, number: int) -> Event:
    return next(event for event in reel.events if event.uid == number)


def _undo(number: int, key: str, value: object, kind: str, frames: int = 0) -> Edit:
    def edit(reel: Reel, _: random.Random) -> None:
        event = _the(reel, number)
        if getattr(event, key) != value and event.uid not in reel.truth:
            setattr(event, key, value)
            reel.say(event, what=[(kind, frames)])

    return edit


def _trim_nest(reel: Reel, rng: random.Random) -> None:
    event, by = _the(reel, 2), rng.randrange(1, 12)
    if event.uid in reel.truth or event.nest < 0:
        return
    event.nest += by
    event.source += by
    event.n -= by
    reel.say(event, what=[("trim_head", by)])


def _again(reel: Reel, rng: random.Random) -> None:
    k = reel.pick(rng, around=4)
    event = reel.events[k]
    event.twin = True
    twin = copy.copy(event)
    twin.uid, twin.source, twin.n = reel.born(), event.source + event.n // 3, event.n // 3
    reel.events.insert(k + 4, twin)
    reel.say(*reel.events[k : k + 6])
    reel.say(twin, what=[("new_in_cut", 0)])


def _again_above(reel: Reel, rng: random.Random) -> None:
    """The same shot on both tracks at once, the upper one showing other frames."""
    k = reel.pick(rng, around=2)
    event = reel.events[k]
    event.twin = True
    twin = copy.copy(event)
    twin.uid, twin.up, twin.source = reel.born(), 2, event.source + 7
    reel.events.insert(k, twin)
    reel.say(event, reel.events[k - 1], reel.events[k + 2])
    reel.say(twin, what=[("new_in_cut", 0)])


def _blade(pieces: int, trim: int = 0) -> Edit:
    """Cuts through a clip; ``trim`` frames are lost at the end."""

    def edit(reel: Reel, rng: random.Random) -> None:
        k = reel.pick(rng)
        event = reel.events[k]
        length, parts = event.n // pieces, []
        for part in range(pieces):
            piece = copy.copy(event)
            piece.source = event.source + part * length
            piece.n = length if part < pieces - 1 else event.n - part * length - trim
            parts.append(piece)
        reel.events[k : k + 1] = parts
        reel.say(event, what=[("blade", pieces), *([("trim_tail", trim)] if trim else [])])

    return edit


def _stamp(reel: Reel, _: random.Random) -> None:
    reel.fps = Fraction(24000, 1001)
    reel.whole.add(("rate_stamp", 0))


def _shift(reel: Reel, _: random.Random) -> None:
    reel.start = 172_800
    reel.whole.add(("start_shift", 86400))


EDITS: Mapping[str, Edit] = {
    "trim head": _spread(-1, 0),
    "trim tail": _spread(0, -1),
    "extend head": _spread(1, 0),
    "extend tail": _spread(0, 1),
    "slip": _spread(-1, 1),
    "slip back": _spread(1, -1),
    "retime 50 %": _sped("retime", Fraction(1, 2)),
    "retime 200 %": _sped("retime", Fraction(2)),
    "retime 50 to 200 %": _respeed,
    "retime and trim": _sped("retime", Fraction(1, 2), 5),
    "freeze": _sped("freeze", Fraction(0)),
    "freeze of another frame": _other_freeze,
    "reverse": _sped("reverse", Fraction(-1)),
    "ramp": _ramp,
    "swap": _swap,
    "swap apart": _swap_apart,
    "two swaps": _two_swaps,
    "reorder": _reorder,
    "insert": _insert,
    "omit": _omit,
    "reinstate": _reinstate,
    "version": _version,
    "rename": _rename,
    "take": _take,
    "dissolve added": _mix_added,
    "dissolves at both ends": _mix_both_ends,
    "dissolve removed": _mixed(5, 0, "transition_removed"),
    "dissolve lengthened": _mixed(18, 20, "transition_lengthened"),
    "dissolve shortened": _mixed(18, 4, "transition_shortened"),
    "disabled": _flag("on", False, "disabled"),  # noqa: FBT003 - a field's value
    "enabled": _undo(8, "on", True, "enabled"),  # noqa: FBT003 - as above
    "second occurrence": _again,
    "same shot in both lanes": _again_above,
    "blade": _blade(2),
    "blade into 3": _blade(3),
    "blade and trim": _blade(2, 6),
    "move to V2": _flag("up", 1, "track", 1),
    "move down": _undo(14, "up", 0, "track", -1),
    "nest": _flag("nest", 0, "nest"),
    "un-nest": _undo(2, "nest", -1, "unnest"),
    "nest trimmed": _trim_nest,
    "metadata only": _flag("note", "hero", "metadata"),
    "rate re-stamp": _stamp,
    "record TC shift": _shift,
}
"""The edits by the name they have in the table. A heal is a blade read the other way."""

SINGLE = frozenset(
    {"rate re-stamp", "record TC shift", "retime 50 to 200 %", "freeze of another frame", "reinstate"}
    | {f"dissolve {what}" for what in ("removed", "lengthened", "shortened")}
    | {"enabled", "move down", "un-nest", "nest trimmed"}
)
"""Edits of one place or of everything: they can be made once in a cut."""


def rename_some(reel: Reel, rng: random.Random, share: float) -> None:
    """Give a share of the clips names that say nothing; what is new, versioned or another take keeps its own."""
    for event in reel.events:
        kinds = {kind for kind, _ in reel.truth.get(event.uid, ())}
        if kinds & {"new_in_cut", "version", "rename", "take", "blade"} or event.twin or rng.random() >= share:
            continue
        event.name = f"unnamed {rng.randrange(100_000)}"
        reel.say(event, what=[("rename", 0)])
