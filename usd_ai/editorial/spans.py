"""Which part of which clip a timeline shows: one pass over tracks, stacks and nests, in exact moments.

The library's own range calls look at one clip at a time (a cut of n clips costs n²), ignore every time effect and do
not clamp what a nest trims away; here a track is summed once and a window is handed down.

Moments and lengths are counted in `SECOND`ths of a second, of which a frame at every common rate is a whole number:
an integer is added in a thirtieth of the time that a fraction is. What is not whole is a fraction of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache

import opentimelineio as otio

from usd_ai.core.errors import InvalidRequest, UnreadableInput
from usd_ai.core.types import Notice, Rate
from usd_ai.editorial.names import Said, said_of
from usd_ai.editorial.rates import parse_rate, snapped
from usd_ai.editorial.speeds import Speed, speed_of

_DEEPEST = 40  # nests within nests; real cuts stay under five
_WHOLE = Fraction(1)

SECOND = 705_600_000
"""Flicks: whole for 24, 25, 30, 48, 50, 60, 90, 100 and 120 frames a second, and for those by 1001/1000."""

DAY = 24 * 60 * 60 * SECOND

Moment = int | Fraction
"""A moment or a length, in `SECOND`ths of a second; whole ones are integers."""

Span = tuple[Moment, Moment]
"""From one moment to another, which is no part of it."""


def in_frames(moment: Moment, rate: Rate) -> Fraction:
    """A moment or a length as frames, exactly."""
    return Fraction(moment.numerator * rate.numerator, moment.denominator * rate.denominator * SECOND)


@dataclass(frozen=True)
class Use:
    """One use of a clip.

    ``record`` and ``seen`` are of the cut (``seen`` with its transitions), ``media`` (of ``seen``) and ``used`` (of
    ``record``) of the source. ``into``: the moment of the clip's own time that the first frame of ``record`` shows; a
    second of the cut is ``pace`` seconds of that time: less than none in a nest that is reversed, none in a frozen one.
    ``counted``: the rate of that time's frames, by which ramps are told. ``depth``: nests around the clip.
    """

    said: Said
    track: str
    record: Span
    seen: Span
    media: Span
    rate: Rate
    counted: Rate
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
    rate: Rate | None = None  # of its source
    counted: Rate | None = None  # of its own time
    speed: Speed = field(default_factory=Speed)
    children: list[tuple[_Node, Moment, Moment]] = field(default_factory=list)  # with transitions before, after


@dataclass(frozen=True)
class _Place:
    """Where a composition stands: its picture track, that track's number from the bottom, the nests around it."""

    track: str
    lane: int
    depth: int
    enabled: bool


@dataclass(frozen=True)
class _Clock:
    """How a composition's time passes in the cut: at moment ``record`` it is ``edge`` there, ``pace`` times as fast.

    ``until``: where its place in the cut ends. ``lag``: a frame stands for the moment at its start; played backwards,
    that is so much before the moment at which it comes into view.
    """

    record: Moment
    until: Moment
    edge: Moment
    pace: Fraction = _WHOLE
    lag: Moment = 0

    def placed(self, own: Span) -> Span:
        """Moments of the composition's time as moments of the cut."""
        if self.pace == 1:
            shift = self.record - self.edge
            return (own[0] + shift, own[1] + shift) if shift else own
        if not self.pace:
            return self.record, self.until
        ends = [self.record + (moment - self.edge) / self.pace for moment in own]
        return min(ends), max(ends)

    def first(self, own: Span) -> Moment:
        """The moment of the composition's time in view when a part of it comes into view."""
        return own[0] if self.pace > 0 else own[1] if self.pace < 0 else self.edge


@dataclass(frozen=True)
class _Reading:
    """What is told on the way, and the rate of the cut."""

    notices: list[Notice]
    rate: Rate


def uses_of(timeline: otio.schema.Timeline, notices: list[Notice], rate: Rate) -> tuple[list[Use], Moment]:
    """Every use of a clip on the picture tracks, in track order, and the length of the cut; ``rate``: that of the cut.

    Gaps, bars and other generators are not uses. What cannot be carried over is added to ``notices``.
    """
    uses: list[Use] = []
    reading = _Reading(notices, rate)
    stack = timeline.tracks
    start, length = _trim(stack)
    nodes = [(lane, track, _child(track, reading, 0)) for lane, track in enumerate(timeline.video_tracks())]
    longest = max((node.length for _, _, node in nodes), default=0)
    own = max(longest - start, 0) if length is None else length
    root = _Node(stack, start, own, counted=rate, speed=speed_of(stack, notices))
    window, clock = _into(root, (0, own), _Clock(0, own, 0), reading)
    for lane, track, node in nodes:
        shown = (max(window[0], 0), min(window[1], node.length))
        if shown[0] < shown[1]:
            inner, inside = _into(node, shown, _at(clock, shown), reading)
            place = _Place(track.name or "V", lane, 0, enabled=track.enabled)
            uses.extend(_uses(node, inner, inside, place, reading))
    return uses, longest if length is None else length


def _at(clock: _Clock, shown: Span) -> _Clock:
    """The clock of a part of a composition, from the moment on at which it comes into view."""
    placed = clock.placed(shown)
    return replace(clock, record=placed[0], until=placed[1], edge=clock.first(shown))


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


def _child(item: otio.core.Item, reading: _Reading, depth: int) -> _Node:
    """An item's node; of one whose times are of no frame rate, its place, which is told: its neighbours are read."""
    try:
        return _node(item, reading, depth)
    except InvalidRequest as error:
        message = f"'{item.name}' was left out: {error.message} Its place in the cut was kept."
        reading.notices.append(Notice("error", message))
        return _Node(item, 0, _raw_length(item))


def _raw_length(item: otio.core.Item) -> Moment:
    """The length that an item says of itself, whatever its rate is."""
    span = item.source_range
    if span is None or span.duration.rate <= 0 or not math.isfinite(span.duration.value / span.duration.rate):
        return 0
    return max(Fraction(span.duration.value) / Fraction(span.duration.rate) * SECOND, Fraction(0))


def _node(item: otio.core.Item, reading: _Reading, depth: int) -> _Node:
    if depth > _DEEPEST:
        raise UnreadableInput(
            f"The cut nests sequences more than {_DEEPEST} deep.",
            remedy="Flatten the nests before exporting.",
            reason="UNREADABLE_OTIO",
        )
    notices = reading.notices
    span = item.source_range
    if isinstance(item, otio.core.Composition):
        children = _children(item, reading, depth)
        start, length = _trim(item)
        stacked = not isinstance(item, otio.schema.Track)
        lengths = [child.length for child, _, _ in children]
        content = max(lengths, default=0) if stacked else sum(lengths)
        own = max(content - start, 0) if length is None else length
        inner = next((child.counted for child, _, _ in children if child.counted is not None), reading.rate)
        counted = parse_rate(span.start_time.rate) if span is not None else inner
        return _Node(item, start, own, counted=counted, speed=speed_of(item, notices), children=children)
    if span is None and isinstance(item, otio.schema.Clip) and item.media_reference is not None:
        span = item.media_reference.available_range
    if span is None or span.duration.rate <= 0:
        message = f"Clip '{item.name}' says neither which frames it uses nor which exist; it was left out."
        notices.append(Notice("error", message))
        return _Node(item, 0, 0)
    rate = parse_rate(span.start_time.rate if span.start_time.rate > 0 else span.duration.rate)
    start, length, counted = _moment(span.start_time), _moment(span.duration), parse_rate(span.duration.rate)
    speed = speed_of(item, notices)
    if speed.lookup and counted != reading.rate:
        # a ramp has a number for each frame of the cut, also where its range is counted as its media is
        told = (abs(in_frames(length, of) - len(speed.lookup)) for of in (counted, reading.rate))
        counted = counted if next(told) <= next(told) else reading.rate
    return _Node(item, start, length, rate, counted, speed)


def _children(composition: otio.core.Composition, reading: _Reading, depth: int) -> list[tuple[_Node, Moment, Moment]]:
    """What is in a composition, each with how far it is seen beyond its cuts."""
    items = list(composition)
    alone = not isinstance(composition, otio.schema.Track)
    children: list[tuple[_Node, Moment, Moment]] = []
    for k, item in enumerate(items):
        if isinstance(item, otio.core.Item):
            head = _offset(items[k - 1] if k and not alone else None, reading, incoming=True)
            tail = _offset(items[k + 1] if k + 1 < len(items) and not alone else None, reading, incoming=False)
            children.append((_child(item, reading, depth + 1), head, tail))
    return children


def _offset(neighbour: otio.core.Composable | None, reading: _Reading, *, incoming: bool) -> Moment:
    """How far an item is seen beyond its cut, under the transition beside it."""
    if neighbour is None or not isinstance(neighbour, otio.schema.Transition):
        return 0
    try:
        return _moment(neighbour.in_offset if incoming else neighbour.out_offset)
    except InvalidRequest as error:
        message = f"The transition '{neighbour.name}' was left out: {error.message}"
        if not any(notice.message == message for notice in reading.notices):
            reading.notices.append(Notice("error", message))
        return 0


def _uses(node: _Node, window: Span, clock: _Clock, place: _Place, reading: _Reading) -> Iterator[Use]:
    """Uses inside a composition; ``window``: the part of its own time that is shown, ``clock``: how that passes."""
    at: Moment = 0
    stacked = not isinstance(node.item, otio.schema.Track)
    for k, (child, head, tail) in enumerate(node.children):
        begin = 0 if stacked else at
        end = begin + child.length
        at = end
        seen = (max(window[0], begin - head), min(window[1], end + tail))
        if seen[0] >= seen[1]:
            continue
        enabled = place.enabled and bool(child.item.enabled)
        if isinstance(child.item, otio.core.Composition):
            inside = replace(place, depth=place.depth + 1, enabled=enabled)
            passing = _since(_at(clock, seen), begin)
            inner, passing = _into(child, (seen[0] - begin, seen[1] - begin), passing, reading)
            yield from _uses(child, inner, passing, inside, reading)
        elif isinstance(child.item, otio.schema.Clip) and child.rate is not None and _pictures(child.item):
            if seen[1] - seen[0] > DAY:
                message = f"'{child.item.name}' was left out: it is longer than a day. Its place in the cut was kept."
                reading.notices.append(Notice("error", message))
                continue
            before = node.children[k - 1][2] + head if k and not stacked else head
            after = node.children[k + 1][1] + tail if k + 1 < len(node.children) and not stacked else tail
            within = (begin, end)
            here = place if enabled == place.enabled else replace(place, enabled=enabled)
            yield _use(child, seen, within, clock, here, (before, after))


def _since(clock: _Clock, begin: Moment) -> _Clock:
    """The clock as an item of the composition that starts at ``begin`` of it counts."""
    return replace(clock, edge=clock.edge - begin) if begin else clock


def _use(clip: _Node, seen: Span, within: Span, clock: _Clock, place: _Place, under: Span) -> Use:
    """The use of a clip that stands ``within`` its composition and is ``seen`` there; ``under``: transitions."""
    begin, end = within
    core = seen if begin <= seen[0] and seen[1] <= end else (max(seen[0], begin), min(seen[1], end))
    own = seen if core[0] >= core[1] else core  # else only what its transitions show is left of it
    shown, pace = clock.placed(seen), clock.pace
    media = _media(clip, (seen[0] - begin, seen[1] - begin), pace)
    before, after = under if pace > 0 else (under[1], under[0])
    assert clip.rate is not None  # noqa: S101 - those without are no uses
    assert isinstance(clip.item, otio.schema.Clip)  # noqa: S101 - for the type's sake
    return Use(
        said=said_of(clip.item),
        track=place.track,
        record=shown if own is seen else clock.placed(own),
        seen=shown,
        media=media,
        rate=clip.rate,
        counted=clip.counted or clip.rate,
        speed=clip.speed,
        enabled=place.enabled,
        used=media if own is seen else _media(clip, (own[0] - begin, own[1] - begin), pace),
        start=clip.start,
        length=clip.length,
        into=clock.first(own) - begin - clock.lag,
        pace=pace,
        lane=place.lane,
        depth=place.depth,
        transition_in=before / abs(pace) if before and pace else 0,
        transition_out=after / abs(pace) if after and pace else 0,
    )


def _pictures(clip: otio.schema.Clip) -> bool:
    return not isinstance(clip.media_reference, otio.schema.GeneratorReference)


def _into(nest: _Node, shown: Span, clock: _Clock, reading: _Reading) -> tuple[Span, _Clock]:
    """The window of a nest's own time that is shown, and how that passes; ``shown`` and ``clock`` count from its start.

    A nest with a speed ramp is taken whole, which is told.
    """
    speed, start = nest.speed, nest.start
    if not speed.kind:
        if not start:
            return shown, clock
        return (start + shown[0], start + shown[1]), replace(clock, edge=start + clock.edge)
    if speed.kind == "freeze":
        return (start, start + 1), replace(clock, edge=start, pace=Fraction(0), lag=0)
    if speed.kind == "ramp":
        message = f"The nest '{nest.item.name}' is retimed (ramp); its shots keep all frames the nest uses."
        reading.notices.append(Notice("warning", message))
        return (start, start + nest.length), replace(clock, edge=start)
    scalar = speed.scalar
    pace, lag = clock.pace * scalar, clock.lag * scalar
    if speed.kind == "linear":
        window = (start + shown[0] * scalar, start + shown[1] * scalar)
        return window, replace(clock, edge=start + clock.edge * scalar, pace=pace, lag=lag)
    end = start + nest.length * -scalar
    window = (end + shown[1] * scalar, end + shown[0] * scalar)
    if pace:  # a frame of the nest, or as much of one as a frame of the cut shows
        lag += min(SECOND / (nest.counted or reading.rate).fraction, abs(pace) * SECOND / reading.rate.fraction)
    else:
        lag = SECOND / (nest.counted or reading.rate).fraction
    return window, replace(clock, edge=end + clock.edge * scalar, pace=pace, lag=lag)


def _media(clip: _Node, shown: Span, pace: Fraction) -> Span:
    """The part of a clip's source that is shown, for a part of its own time (0 = its first frame at its place).

    Media used = duration × |scalar|, from the start of the source range in either direction of play.
    """
    scalar = clip.speed.scalar
    if clip.speed.kind == "freeze":
        return clip.start, clip.start + SECOND / (clip.rate.fraction if clip.rate else Fraction(24))
    if clip.speed.kind == "reverse":
        end = clip.start + clip.length * -scalar
        return end + shown[1] * scalar, end + shown[0] * scalar
    if clip.speed.ramped and clip.rate is not None:
        return _ramped(clip, shown, clip.rate, pace)
    if scalar == 1:
        return clip.start + shown[0], clip.start + shown[1]
    return clip.start + shown[0] * scalar, clip.start + shown[1] * scalar


def _ramped(clip: _Node, shown: Span, rate: Rate, pace: Fraction) -> Span:
    """The media of a ramp, which is told by the frame of its own time; ``rate``: that of its source."""
    own, frame = (clip.counted or rate).fraction, SECOND / rate.fraction
    begin, end = (moment * own / SECOND for moment in shown)
    if pace in {0, 1}:
        frames = [Fraction(k) for k in range(math.floor(begin), math.ceil(end))]
    else:
        each = abs(pace)  # in a nest that is retimed, only those frames are shown that its pace falls on
        first = begin if pace > 0 else end - min(each, _WHOLE)
        frames = [first + k * pace for k in range(math.ceil((end - begin) / each))]
    last = len(clip.speed.lookup) - 1
    nearest = [(k, min(max(k, Fraction(0)), Fraction(last))) for k in frames]
    media = [clip.speed.ramp_at(near) + (k - near) * rate.fraction / own for k, near in nearest]
    return clip.start + min(media) * frame, clip.start + (max(media) + 1) * frame
