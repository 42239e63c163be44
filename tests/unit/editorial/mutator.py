"""A second cutting room, for the diff's adversary: it damages what identity is decided on, then cuts, then round-trips.

Nothing here knows how cuts are read or compared. What was done is held by an event's number, and an answer of the diff
is laid to an event by where it stands in the cut, never by its name.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

Truth = dict[int, set[tuple[str, int]]]
FPS = 24
KNOWN = "zz900"
"""A shot that older cuts had."""


@dataclass
class Event:
    """A clip of the cut. ``uid`` outlives every edit; ``n`` frames of the cut from ``source``; ``speed`` 0 stands."""

    uid: int
    name: str
    reel: str
    media: str
    source: int
    n: int
    speed: Fraction = Fraction(1)
    curve: tuple[float, ...] = ()
    on: bool = True
    up: int = 0  # tracks
    nest: int = -1  # frames trimmed off the nest's head; -1 = in no nest
    mix: int = 0  # frames of the dissolve into it
    note: str = ""
    twin: bool = False  # the same shot stands in the cut twice: renaming one of them would make it another shot


@dataclass
class Reel:
    """A cut and what was done to it. ``whole``: what was done to all of it. ``skip``: kinds not held against it."""

    events: list[Event]
    fps: Fraction = Fraction(FPS)
    start: int = 86400
    truth: Truth = field(default_factory=dict)
    whole: set[tuple[str, int]] = field(default_factory=set)
    next_uid: int = 10_000

    def pick(self, rng: random.Random, around: int = 1) -> int:
        """An event that no edit has touched, nor its neighbours."""
        free = [
            k
            for k in range(around + 1, len(self.events) - around - 1)
            if all(
                e.uid not in self.truth and e.uid >= _PREPARED and not e.mix
                for e in self.events[k - around : k + around + 1]
            )
            and not self.events[k + around + 1].mix
        ]
        return rng.choice(free)

    def say(self, *events: Event | int, what: Sequence[tuple[str, int]] = ()) -> None:
        """What must be said of events; with nothing, that they are to be left alone by other edits."""
        for event in events:
            self.truth.setdefault(event if isinstance(event, int) else event.uid, set()).update(what)

    def born(self) -> int:
        """A number for an event that was not there."""
        self.next_uid += 1
        return self.next_uid


# ----------------------------------------------------------------------------------------------------------- the worlds


def _distinct(k: int, rng: random.Random) -> tuple[str, str, str, int]:
    return (
        f"sh{k * 10:04d}_v{rng.randrange(1, 9):03d}",
        f"A{k:03d}C001",
        f"/mnt/A{k:03d}C001.mov",
        rng.randrange(200_000),
    )


def _same_name(k: int, rng: random.Random) -> tuple[str, str, str, int]:
    return "plate", f"A{k:03d}C001", f"/mnt/A{k:03d}C001.mov", rng.randrange(200_000)


def _no_reel(k: int, rng: random.Random) -> tuple[str, str, str, int]:
    return f"sh{k * 10:04d}_v001", "AX", "", rng.randrange(200_000)


def _reused(k: int, rng: random.Random) -> tuple[str, str, str, int]:
    return f"take {k % 30}", f"B{k % 7:03d}", f"/mnt/B{k % 7:03d}.mov", 1000 + k * 300 + rng.randrange(50)


def _bare(k: int, rng: random.Random) -> tuple[str, str, str, int]:
    return f"sh{k * 10:04d}_v001", "", "", 1001 + rng.randrange(12)


def _contiguous(k: int, _: random.Random) -> tuple[str, str, str, int]:
    return f"sh{k * 10:04d}_v001", f"C{k // 6:03d}", f"/mnt/C{k // 6:03d}.mov", 5000 + (k % 6) * 130


WORLDS: Mapping[str, Callable[[int, random.Random], tuple[str, str, str, int]]] = {
    "distinct": _distinct,
    "one-name": _same_name,
    "all-AX": _no_reel,
    "names-reused": _reused,
    "bare": _bare,
    "contiguous": _contiguous,
}
"""How clips can be named: each takes away one thing that identity could be decided on."""

_PREPARED = 20
_DAY = 24 * 3600 * FPS
_OWN_TIME = 1  # events on tracks above it stand over another one and take no time of their own
_STANDS: dict[int, dict[str, Any]] = {
    2: {"nest": 0},
    5: {"mix": 8},
    8: {"on": False},
    11: {"speed": Fraction(1, 2)},
    14: {"up": 1},
    16: {"speed": Fraction(0)},
    18: {"mix": 12},
}
"""What stands in a cut from the start, by event."""


def new_reel(count: int, rng: random.Random, world: str = "distinct", lacks: frozenset[str] = frozenset()) -> Reel:
    """A cut of ``count`` events. ``lacks``: what a format's writer fails on, left out of what stands there before."""
    events: list[Event] = []
    for k in range(count):
        name, reel, media, source = WORLDS[world](k, rng)
        event = Event(k, name, reel, media, source, rng.randrange(50, 120))
        for key, value in _STANDS.get(k, {}).items():
            if key not in lacks:
                setattr(event, key, value)
        events.append(event)
    return Reel(events)


# ------------------------------------------------------------------------------------------------------------ the edits

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


# --------------------------------------------------------------------------------------------------------- the timeline


def timeline_of(reel: Reel, *, strip: bool = False) -> otio.schema.Timeline:
    """The cut as OpenTimelineIO has it; ``strip``: without any metadata."""
    fps = float(reel.fps)
    timeline = otio.schema.Timeline("cut", global_start_time=otio.opentime.RationalTime(reel.start, fps))
    stands = places(reel)
    for lane in range(1 + max(event.up for event in reel.events)):
        track = otio.schema.Track(f"V{lane + 1}", kind=otio.schema.TrackKind.Video)
        at = 0
        for event, (begin, end, up, _) in zip(reel.events, stands, strict=True):
            if up != lane:
                continue
            if begin > at:
                track.append(otio.schema.Gap(source_range=_span(0, begin - at, fps)))
            elif event.mix:
                half = otio.opentime.RationalTime(event.mix // 2, fps)
                track.append(otio.schema.Transition("d", "SMPTE_Dissolve", half, half))
            track.append(_item(event, fps, strip=strip))
            at = end
        timeline.tracks.append(track)
    return timeline


def places(reel: Reel) -> list[tuple[int, int, int, int]]:
    """Where every event stands: its first frame, the frame after its last, its track, its number."""
    at, found = 0, []
    for event in reel.events:
        found.append((at, at + event.n, event.up, event.uid))
        at += event.n if event.up <= _OWN_TIME else 0
    return found


def _span(start: int, count: int, fps: float) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(otio.opentime.RationalTime(start, fps), otio.opentime.RationalTime(count, fps))


def _item(event: Event, fps: float, *, strip: bool) -> otio.core.Item:
    span = _span(event.source - max(event.nest, 0), event.n + max(event.nest, 0), fps)
    clip = otio.schema.Clip(event.name, source_range=span)
    clip.enabled = event.on
    if event.media:
        media = otio.schema.ExternalReference(event.media, _span(0, _DAY, fps))
        media.name = event.media.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        clip.media_reference = media
    if not strip:
        if event.reel:
            clip.metadata["cmx_3600"] = {"reel": event.reel}
        if event.note:
            clip.metadata["note"] = event.note
    if event.curve:
        warp = otio.schema.TimeEffect("ramp", "TimeWarp")
        warp.metadata["lookup"] = list(event.curve)
        clip.effects.append(warp)
    elif event.speed == 0:
        clip.effects.append(otio.schema.FreezeFrame())
    elif event.speed != 1:
        clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=float(event.speed)))
    if event.nest < 0:
        return clip
    inner = otio.schema.Track("inner", kind=otio.schema.TrackKind.Video)
    inner.append(clip)
    stack = otio.schema.Stack(f"nest {event.uid}", source_range=_span(event.nest, event.n, fps))
    stack.append(inner)
    return stack


ADAPTERS = {".otio": "otio_json", ".edl": "cmx_3600", ".xml": "fcp_xml", ".fcpxml": "fcpx_xml", ".aaf": "AAF"}


def written(reel: Reel, file: Path, *, strip: bool = False) -> Path:
    """The cut in the format of a file's ending, written by that format's public writer."""
    options: dict[str, Any] = {".edl": {"rate": float(reel.fps)}, ".aaf": {"use_empty_mob_ids": True}}.get(
        file.suffix, {}
    )
    timeline = timeline_of(reel, strip=strip)
    if file.suffix == ".aaf":
        _for_aaf(timeline)
    otio.adapters.write_to_file(timeline, str(file), adapter_name=ADAPTERS[file.suffix], **options)
    return file


def _for_aaf(timeline: otio.schema.Timeline) -> None:
    """What the AAF writer asks of a dissolve: the description of its effect. It lengthens the clips by itself."""
    for track in timeline.tracks:
        for mix in track:
            if not isinstance(mix, otio.schema.Transition):
                continue
            frames = int(mix.duration().value)
            mix.metadata["AAF"] = {
                "PointList": [{"Time": "0/1", "Value": "0/1"}, {"Time": f"{frames - 1}/{frames}", "Value": "1/1"}],
                "CutPoint": frames // 2,
                "OperationGroup": {
                    "Operation": {
                        "Identification": "0c3bea40-fc05-11d2-8a29-0050040ef7d2",
                        "IsTimeWarp": False,
                        "Bypass": 1,
                        "NumberInputs": 2,
                        "OperationCategory": "OperationCategory_Effect",
                        "DataDefinition": {"Name": "Picture"},
                        "Description": "Video dissolve",
                        "Name": "Video Dissolve",
                    }
                },
            }
