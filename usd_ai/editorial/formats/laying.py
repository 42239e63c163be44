"""Items at their places in a sequence → OpenTimelineIO tracks with gaps and transitions."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction

import opentimelineio as otio

from usd_ai.core.errors import UnreadableInput
from usd_ai.core.types import Notice, Rate

_MOST_ITEMS = 200_000
_DEEPEST = 40


@dataclass(frozen=True)
class Placed:
    """An item from frame ``start`` up to and without ``end`` of its sequence; ``line``: where it stands in the file."""

    item: otio.core.Item
    start: Fraction
    end: Fraction
    line: int = 0


@dataclass(frozen=True)
class Joint:
    """A transition from ``start`` to ``end`` over a cut, in frames of the sequence."""

    start: Fraction
    cut: Fraction
    end: Fraction
    name: str = ""
    dissolve: bool = True


class Budget:
    """Ends the reading of files that nest sequences in themselves, or so that a few lines become millions."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._items = 0
        self._open: list[str] = []

    def take(self) -> None:
        """Count an item. Raises UnreadableInput."""
        self._items += 1
        if self._items > _MOST_ITEMS:
            raise UnreadableInput(
                f"{self._name} shows more than {_MOST_ITEMS} clips, counting each nest as often as it is used.",
                remedy="Export the sequence without nests, or reel by reel.",
                reason="UNREADABLE_CUT",
                context={"file": self._name},
            )

    @contextmanager
    def inside(self, nest: str) -> Generator[None]:
        """In a nest. Raises UnreadableInput where it is already open, or too many are."""
        if nest in self._open or len(self._open) >= _DEEPEST:
            told = (
                f"nests the sequence '{nest}' in itself" if nest in self._open else f"nests more than {_DEEPEST} deep"
            )
            raise UnreadableInput(
                f"{self._name} {told}.",
                remedy="Flatten the nests before exporting.",
                reason="UNREADABLE_CUT",
                context={"file": self._name},
            )
        self._open.append(nest)
        try:
            yield
        finally:
            self._open.pop()


def time(frame: Fraction | int, rate: Rate) -> otio.opentime.RationalTime:
    """A frame of a rate."""
    return otio.opentime.RationalTime(float(frame), float(rate))


def span(start: Fraction, rate: Rate, length: Fraction, of: Rate) -> otio.opentime.TimeRange:
    """From a frame of the source, for so many frames of the sequence: both exact, whatever their rates."""
    return otio.opentime.TimeRange(time(start, rate), time(length, of))


def tracks_of(
    name: str, placed: Sequence[Placed], joints: Sequence[Joint], rate: Rate, notices: list[Notice]
) -> list[otio.schema.Track]:
    """One picture track; more where items overlap, which is told."""
    tracks: list[otio.schema.Track] = []
    ends: list[Fraction] = []
    waiting = {joint.cut: joint for joint in joints}
    for one in sorted(placed, key=lambda p: p.start):
        k = next((k for k, end in enumerate(ends) if end <= one.start), len(tracks))
        if k == len(tracks):
            tracks.append(otio.schema.Track(name if not k else f"{name}.{k + 1}", kind=otio.schema.TrackKind.Video))
            ends.append(Fraction(0))
            if k:
                message = f"Clip '{one.item.name}' overlaps the one before it; it was put on a track of its own."
                notices.append(Notice("warning", message, one.line))
        if not k or one.start == ends[k]:
            _join(tracks[k], waiting.pop(ends[k], None), rate)
        if one.start > ends[k]:
            tracks[k].append(otio.schema.Gap(source_range=span(Fraction(0), rate, one.start - ends[k], rate)))
            _join(tracks[k], waiting.pop(one.start, None), rate)
        tracks[k].append(one.item)
        ends[k] = one.end
    for track, end in zip(tracks, ends, strict=True):
        _join(track, waiting.pop(end, None), rate)
    for joint in waiting.values():
        message = f"The transition '{joint.name}' at frame {int(joint.cut)} of the sequence stands at no cut; left out."
        notices.append(Notice("warning", message))
    return tracks or [otio.schema.Track(name, kind=otio.schema.TrackKind.Video)]


def _join(track: otio.schema.Track, joint: Joint | None, rate: Rate) -> None:
    if joint is None or joint.start >= joint.end:
        return
    kind = "SMPTE_Dissolve" if joint.dissolve else "Custom_Transition"
    before, after = time(joint.cut - joint.start, rate), time(joint.end - joint.cut, rate)
    track.append(otio.schema.Transition(joint.name, kind, in_offset=before, out_offset=after))
