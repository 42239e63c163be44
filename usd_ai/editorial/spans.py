"""Which part of which clip a timeline shows: one pass over tracks, stacks and nests, in exact moments.

The library's own range calls look at one clip at a time (a cut of n clips costs n²), ignore every time effect and do
not clamp what a nest trims away; here a track is summed once and a window is handed down.

Moments and lengths are counted in `SECOND`ths of a second, of which a frame at every common rate is a whole number:
an integer is added in a thirtieth of the time that a fraction is. What is not whole is a fraction of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache

import opentimelineio as otio

from usd_ai.core.errors import UnreadableInput
from usd_ai.core.types import Notice, Rate, Retime
from usd_ai.editorial.names import Said, each, said_of
from usd_ai.editorial.rates import parse_rate, snapped

_DEEPEST = 40  # nests within nests; real cuts stay under five
_WHOLE = Fraction(1)

SECOND = 705_600_000
"""Flicks: whole for 24, 25, 30, 48, 50, 60, 90, 100 and 120 frames a second, and for those by 1001/1000."""

Moment = int | Fraction
"""A moment or a length, in `SECOND`ths of a second; whole ones are integers."""

Span = tuple[Moment, Moment]
"""From one moment to another, which is no part of it."""


def in_frames(moment: Moment, rate: Rate) -> Fraction:
    """A moment or a length as frames, exactly."""
    return Fraction(moment.numerator * rate.numerator, moment.denominator * rate.denominator * SECOND)


@dataclass(frozen=True)
class Speed:
    """What the time effects of an item come to. ``lookup``: media frames added at each frame, as Hiero writes ramps."""

    kind: str = ""  # "" plays at speed; else as Retime.kind
    scalar: Fraction = Fraction(1)
    lookup: tuple[Fraction, ...] = ()

    @property
    def retime(self) -> Retime | None:
        """As the cut tells it."""
        return Retime(self.kind, self.scalar) if self.kind else None


@dataclass(frozen=True)
class Use:
    """One use of a clip.

    ``record`` and ``seen`` are of the cut (``seen`` with its transitions), ``media`` (of ``seen``) and ``used`` (of
    ``record``) of the source. ``into``: where in the clip's own time ``record`` starts; a second of the cut is ``pace``
    seconds of that time. ``depth``: nests around the clip.
    """

    said: Said
    track: str
    record: Span
    seen: Span
    media: Span
    rate: Rate
    speed: Speed
    enabled: bool
    transition_in: Moment
    transition_out: Moment
    used: Span
    start: Moment
    length: Moment
    into: Moment
    pace: Fraction
    lane: int
    depth: int

    @property
    def clip(self) -> otio.schema.Clip:
        """The clip that is used."""
        return self.said.clip


@dataclass
class _Node:
    """An item with its place in its own time: where its trim starts, how long it is, what is in it."""

    item: otio.core.Item
    start: Moment
    length: Moment
    rate: Rate | None = None
    speed: Speed = field(default_factory=Speed)
    children: list[tuple[_Node, Moment, Moment]] = field(default_factory=list)  # with transitions before, after


@dataclass(frozen=True)
class _Place:
    """Where a composition stands: its picture track, that track's number from the bottom, the nests around it."""

    track: str
    lane: int
    depth: int
    enabled: bool


def uses_of(timeline: otio.schema.Timeline, notices: list[Notice]) -> tuple[list[Use], Moment]:
    """Every use of a clip on the picture tracks, in track order, and the length of the cut.

    Gaps, bars and other generators are not uses. What cannot be carried over is added to ``notices``.
    """
    uses: list[Use] = []
    stack = timeline.tracks
    start, length = _trim(stack)
    longest: Moment = 0
    for lane, track in enumerate(timeline.video_tracks()):
        node = _node(track, notices, 0)
        longest = max(longest, node.length)
        window = (start, start + length) if length is not None else (0, node.length)
        own = (node.start + window[0], node.start + min(window[1], node.length))
        place = _Place(track.name or "V", lane, 0, enabled=track.enabled)
        uses.extend(_uses(node, own, 0, _WHOLE, place, notices))
    return uses, longest if length is None else length


def _moment(time: otio.opentime.RationalTime) -> Moment:
    return _exact(time.value, time.rate)


@lru_cache(maxsize=4096)  # lengths and handles repeat, and there are four times in every clip
def _exact(frame: float, spelling: float) -> Moment:
    value, rate = snapped(frame), parse_rate(spelling)
    exact = Fraction(value.numerator * rate.denominator * SECOND, value.denominator * rate.numerator)
    return exact.numerator if exact.denominator == 1 else exact


def _trim(item: otio.core.Item) -> tuple[Moment, Moment | None]:
    """Start and length of an item's own trim. EDL readers put the record start there, negative: that is no trim."""
    span = item.source_range
    if span is None:
        return 0, None
    return max(_moment(span.start_time), 0), _moment(span.duration)


def _node(item: otio.core.Item, notices: list[Notice], depth: int) -> _Node:
    if depth > _DEEPEST:
        raise UnreadableInput(
            f"The cut nests sequences more than {_DEEPEST} deep.",
            remedy="Flatten the nests before exporting.",
            reason="UNREADABLE_OTIO",
        )
    if isinstance(item, otio.schema.Track):
        return _track_node(item, notices, depth)
    if isinstance(item, otio.core.Composition):
        children: list[tuple[_Node, Moment, Moment]] = [
            (_node(child, notices, depth + 1), 0, 0) for child in item if isinstance(child, otio.core.Item)
        ]
        start, length = _trim(item)
        content = max((child.length for child, _, _ in children), default=0)
        return _Node(
            item, start, content - start if length is None else length, speed=_speed(item, notices), children=children
        )
    span = item.source_range
    if span is None and isinstance(item, otio.schema.Clip) and item.media_reference is not None:
        span = item.media_reference.available_range
    if span is None or span.duration.rate <= 0:
        message = f"Clip '{item.name}' says neither which frames it uses nor which exist; it was left out."
        notices.append(Notice("error", message))
        return _Node(item, 0, 0)
    rate = parse_rate(span.start_time.rate if span.start_time.rate > 0 else span.duration.rate)
    return _Node(item, _moment(span.start_time), _moment(span.duration), rate, _speed(item, notices))


def _track_node(track: otio.schema.Track, notices: list[Notice], depth: int) -> _Node:
    items = list(track)
    children: list[tuple[_Node, Moment, Moment]] = []
    for k, item in enumerate(items):
        if not isinstance(item, otio.core.Item):
            continue
        before = items[k - 1] if k else None
        after = items[k + 1] if k + 1 < len(items) else None
        head = _offset(before, incoming=True)
        tail = _offset(after, incoming=False)
        children.append((_node(item, notices, depth + 1), head, tail))
    start, length = _trim(track)
    content = sum(child.length for child, _, _ in children)
    own = content - start if length is None else length
    return _Node(track, start, max(own, 0), speed=_speed(track, notices), children=children)


def _offset(neighbour: otio.core.Composable | None, *, incoming: bool) -> Moment:
    """How far an item is seen beyond its cut, under the transition beside it."""
    if neighbour is None or not isinstance(neighbour, otio.schema.Transition):
        return 0
    return _moment(neighbour.in_offset if incoming else neighbour.out_offset)


def _speed(item: otio.core.Item, notices: list[Notice]) -> Speed:
    """The product of an item's time effects."""
    speed = Speed()
    for effect in each(item.effects):
        if isinstance(effect, otio.schema.FreezeFrame):
            speed = Speed("freeze", Fraction(0))
        elif isinstance(effect, otio.schema.LinearTimeWarp):
            scalar = speed.scalar * Fraction(effect.time_scalar).limit_denominator(100_000)
            kind = "freeze" if scalar == 0 else "reverse" if scalar < 0 else "linear"
            speed = Speed(kind if scalar != 1 else "", scalar, speed.lookup)
        elif isinstance(effect, otio.schema.TimeEffect):
            lookup = _lookup(effect)
            if not lookup:
                message = (
                    f"The speed ramp '{effect.name or effect.effect_name}' on '{item.name}' does not say which frames "
                    "it shows; its range was taken at speed. Check the shot's range."
                )
                notices.append(Notice("warning", message))
            speed = Speed("ramp", speed.scalar, lookup)
    return speed


def _lookup(effect: otio.schema.TimeEffect) -> tuple[Fraction, ...]:
    values = effect.metadata.get("lookup")
    if not isinstance(values, Sequence):
        return ()
    numbers = [value for value in values if isinstance(value, int | float) and math.isfinite(value)]
    return tuple(Fraction(n).limit_denominator(10_000) for n in numbers) if len(numbers) == len(values) else ()


def _uses(
    node: _Node,
    window: Span,
    record: Moment,
    pace: Fraction,
    place: _Place,
    notices: list[Notice],
) -> Iterator[Use]:
    """Uses inside a composition.

    ``window``: the part of its own time that is shown; it starts at ``record`` of the cut and passes ``pace`` times as
    fast as the cut.
    """
    at: Moment = 0
    stacked = not isinstance(node.item, otio.schema.Track)
    for k, (child, head, tail) in enumerate(node.children):
        begin = 0 if stacked else at
        end = begin + child.length
        at = end
        seen = (max(window[0], begin - head), min(window[1], end + tail))
        if seen[0] >= seen[1]:
            continue
        core = seen if begin <= seen[0] and seen[1] <= end else (max(seen[0], begin), min(seen[1], end))
        enabled = place.enabled and bool(child.item.enabled)
        shown = _placed(seen, record, window[0], pace)
        placed = shown if core is seen else _placed(core, record, window[0], pace)
        if isinstance(child.item, otio.core.Composition):
            inner, inner_pace = _into(child, (seen[0] - begin, seen[1] - begin), notices)
            inside = replace(place, depth=place.depth + 1, enabled=enabled)
            yield from _uses(child, inner, shown[0], pace * inner_pace, inside, notices)
        elif isinstance(child.item, otio.schema.Clip) and child.rate is not None and _pictures(child.item):
            before = node.children[k - 1][2] + head if k and not stacked else head
            after = node.children[k + 1][1] + tail if k + 1 < len(node.children) and not stacked else tail
            whole = core[0] >= core[1]  # only what its transitions show is left of it
            own = seen if whole else core
            media = _media(child, (seen[0] - begin, seen[1] - begin))
            yield Use(
                said=said_of(child.item),
                track=place.track,
                record=shown if whole else placed,
                seen=shown,
                media=media,
                rate=child.rate,
                speed=child.speed,
                enabled=enabled,
                used=media if own is seen else _media(child, (own[0] - begin, own[1] - begin)),
                start=child.start,
                length=child.length,
                into=own[0] - begin,
                pace=pace,
                lane=place.lane,
                depth=place.depth,
                transition_in=before / pace if before else 0,
                transition_out=after / pace if after else 0,
            )


def _placed(own: Span, record: Moment, start: Moment, pace: Fraction) -> Span:
    """Moments of a composition's time as moments of the cut."""
    if pace == 1:
        shift = record - start
        return (own[0] + shift, own[1] + shift) if shift else own
    return record + (own[0] - start) / pace, record + (own[1] - start) / pace


def _pictures(clip: otio.schema.Clip) -> bool:
    return not isinstance(clip.media_reference, otio.schema.GeneratorReference)


def _into(nest: _Node, shown: Span, notices: list[Notice]) -> tuple[Span, Fraction]:
    """The window of a nest's own time that is shown, and its pace.

    A nest that is not simply slowed down or sped up is taken whole.
    """
    if not nest.speed.kind:
        return (nest.start + shown[0], nest.start + shown[1]), _WHOLE
    if nest.speed.kind == "linear":
        return (nest.start + shown[0] * nest.speed.scalar, nest.start + shown[1] * nest.speed.scalar), nest.speed.scalar
    message = f"The nest '{nest.item.name}' is retimed ({nest.speed.kind}); its shots keep all frames the nest uses."
    notices.append(Notice("warning", message))
    return (nest.start, nest.start + nest.length), _WHOLE


def _media(clip: _Node, shown: Span) -> Span:
    """The part of a clip's source that is shown, for a part of its own time (0 = its first frame at its place).

    Media used = duration × |scalar|, from the start of the source range in either direction of play.
    """
    scalar = clip.speed.scalar
    if clip.speed.kind == "freeze":
        return clip.start, clip.start + SECOND / (clip.rate.fraction if clip.rate else Fraction(24))
    if clip.speed.kind == "reverse":
        end = clip.start + clip.length * -scalar
        return end + shown[1] * scalar, end + shown[0] * scalar
    if clip.speed.kind == "ramp" and clip.speed.lookup and clip.rate is not None:
        return _ramped(clip, shown, SECOND / clip.rate.fraction)
    if scalar == 1:
        return clip.start + shown[0], clip.start + shown[1]
    return clip.start + shown[0] * scalar, clip.start + shown[1] * scalar


def _ramped(clip: _Node, shown: Span, frame: Fraction) -> Span:
    """The media of a ramp; ``frame``: how long one of it is."""
    lookup = clip.speed.lookup
    frames = range(math.floor(shown[0] / frame), math.ceil(shown[1] / frame))
    media = [k + lookup[min(max(k, 0), len(lookup) - 1)] for k in frames]
    return clip.start + min(media) * frame, clip.start + (max(media) + 1) * frame
