"""A second cutting room, for the diff's adversary: it damages what identity is decided on, then cuts, then round-trips.

Nothing here knows how cuts are read or compared. What was done is held by an event's number, and an answer of the diff
is laid to an event by where it stands in the cut, never by its name.
"""

from __future__ import annotations

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
