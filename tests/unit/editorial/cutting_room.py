"""A small cutting room: a cut as plain values, and the timeline that it is. The edits are in `cutting_edits`."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import opentimelineio as otio

RATE = 24
Expected = dict[str, set[tuple[str, int]]]


@dataclass(frozen=True)
class Piece:
    """A clip: ``start`` and ``length`` in frames; ``length`` is its length in the cut. ``speed`` 0 is a freeze."""

    shot: str
    name: str
    reel: str
    start: int
    length: int
    speed: Fraction = Fraction(1)
    lookup: tuple[float, ...] = ()
    enabled: bool = True
    dissolve: int = 0  # frames of a dissolve into this clip, half on either side of the cut
    nested: bool = False
    lane: int = 0
    note: str = ""
    media: str = ""  # its file; "" for one that is called after the reel
    born: str = ""  # the shot it was at first, whatever it is called now: a layer's own name
    roll: int = 0  # another number for another take


@dataclass
class Room:
    """A cut on the table: ``pieces`` in order. ``expected``: what was done to which shot."""

    pieces: list[Piece]
    rate: Fraction = Fraction(RATE)
    start: int = 86400
    note: str = ""
    expected: Expected = field(default_factory=dict)
    whole: set[tuple[str, int]] = field(default_factory=set)
    omitted: set[str] = field(default_factory=set)
    fresh: set[str] = field(default_factory=set)
    back: set[str] = field(default_factory=set)

    def free(self, rng: random.Random, around: int = 1, but: Collection[str] = ()) -> int:
        """A piece that no edit has touched, nor its neighbours; none of the shots ``but`` either."""
        taken = set(self.expected) | set(PREPARED) | set(but)
        free = [
            k
            for k in range(around + 1, len(self.pieces) - around - 1)
            if not {p.shot for p in self.pieces[k - around : k + around + 1]} & taken
            and all(not p.dissolve for p in self.pieces[k - around : k + around + 2])
        ]
        return rng.choice(free)

    def alone(self, rng: random.Random, around: int = 1) -> int:
        """The same of a shot that stands in the cut once, is cut to the frame, and plays at a speed."""
        uses = Counter(piece.born for piece in self.pieces)
        odd = {p.shot for p in self.pieces if uses[p.born] > 1 or p.lookup or p.nested or p.lane or p.dissolve}
        return self.free(rng, around, odd)

    def again(self) -> Room:
        """The same cut on the next day: nothing is done to it yet."""
        return Room(list(self.pieces), self.rate, self.start, self.note)

    def expect(self, shot: str, *changes: tuple[str, int]) -> None:
        """Say what should be found."""
        self.expected.setdefault(shot, set()).update(changes)


def new_room(shots: int, rng: random.Random) -> Room:
    """A cut of shots with takes of their own, at least 24 frames each, source timecode somewhere in the day."""
    pieces: list[Piece] = []
    for k in range(shots):
        name = f"sh{(k + 1) * 10:04d}"
        begin = 1000 + rng.randrange(20) * 4000 + k * 200_000
        pieces.append(
            Piece(
                name,
                f"{name}_v{rng.randrange(1, 9):03d}",
                f"A{k:03d}C{rng.randrange(99):03d}",
                begin,
                rng.randrange(48, 120),
            )
        )
    for k, piece in enumerate(pieces):
        pieces[k] = replace(piece, born=piece.shot, **PREPARED.get(piece.shot, {}))
    return Room(pieces)


PREPARED: dict[str, dict[str, Any]] = {
    "sh0050": {"nested": True},
    "sh0110": {"dissolve": 8},
    "sh0170": {"enabled": False},
    "sh0230": {"speed": Fraction(1, 2)},
    "sh0290": {"lane": 1},
    "sh0350": {"dissolve": 12},
}
"""What stands in the cut from the start, for the edits that take something away."""

KNOWN = "bk0010"
"""A shot that older cuts had."""


# -------------------------------------------------------------------------------------------------------- the timeline


def timeline_of(room: Room) -> otio.schema.Timeline:
    """The cut as OpenTimelineIO has it: what is on a higher track leaves a gap below."""
    rate = float(room.rate)
    timeline = otio.schema.Timeline("cut", global_start_time=otio.opentime.RationalTime(room.start, rate))
    if room.note:
        timeline.metadata["note"] = room.note
    lanes = 1 + max(piece.lane for piece in room.pieces)
    for lane in range(lanes):
        track = otio.schema.Track(f"V{lane + 1}", kind=otio.schema.TrackKind.Video)
        for piece in room.pieces:
            if piece.lane != lane:
                track.append(otio.schema.Gap(source_range=_span(0, piece.length, rate)))
                continue
            if piece.dissolve:
                half = otio.opentime.RationalTime(piece.dissolve / 2, rate)
                track.append(otio.schema.Transition("d", "SMPTE_Dissolve", in_offset=half, out_offset=half))
            track.append(_nested(piece, rate) if piece.nested else _clip(piece, rate))
        timeline.tracks.append(track)
    return timeline


def _span(start: int, count: int, rate: float) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(otio.opentime.RationalTime(start, rate), otio.opentime.RationalTime(count, rate))


def _clip(piece: Piece, rate: float) -> otio.schema.Clip:
    clip = otio.schema.Clip(piece.name, source_range=_span(piece.start, piece.length, rate))
    clip.enabled = piece.enabled
    clip.media_reference = otio.schema.ExternalReference(
        piece.media or f"/plates/{piece.reel}.mov",
        available_range=_span(piece.start - 500, piece.length * 3 + 1000, rate),
    )
    clip.metadata["cmx_3600"] = {"reel": piece.reel}
    if piece.note:
        clip.metadata["note"] = piece.note
    if piece.lookup:
        warp = otio.schema.TimeEffect("ramp", "TimeWarp")
        warp.metadata["lookup"] = list(piece.lookup)
        clip.effects.append(warp)
    elif piece.speed == 0:
        clip.effects.append(otio.schema.FreezeFrame())
    elif piece.speed != 1:
        clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=float(piece.speed)))
    return clip


def _nested(piece: Piece, rate: float) -> otio.schema.Stack:
    inner = otio.schema.Track("nested", kind=otio.schema.TrackKind.Video)
    inner.append(_clip(piece, rate))
    stack = otio.schema.Stack(f"{piece.shot}_nest")
    stack.append(inner)
    return stack
