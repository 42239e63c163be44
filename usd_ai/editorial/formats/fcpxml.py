"""Final Cut Pro's FCPXML, as Resolve and others write it too → a timeline.

Written here and not taken from a library because times are exact fractions, because connected clips, retimes,
transitions and disabled clips must arrive, and because one bad clip must not cost the rest. Facts of the format: Apple,
"FCPXML Reference" and its DTDs: ``offset`` counts in the parent's time, ``start`` in the clip's own, after its speed
change where it has a ``timeMap``; ``conform-rate`` plays frames one for one, so only the speed changes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import opentimelineio as otio

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import Notice, Rate
from usd_ai.editorial.counting import remember_drop
from usd_ai.editorial.formats.fcpxml_media import Resources, remember, seconds
from usd_ai.editorial.formats.laying import Budget, Joint, Placed, span, time, tracks_of
from usd_ai.editorial.formats.markup import BadElementError, Element
from usd_ai.editorial.formats.retimes import Curve, effects_of, ordered, straight, through
from usd_ai.editorial.formats.sequences import chosen

_CLIPS = ("asset-clip", "clip", "video", "ref-clip", "sync-clip", "mc-clip", "title", "audition")
_STORY = (*_CLIPS, "gap", "spine", "audio")
_NESTS = ("ref-clip", "sync-clip", "mc-clip")
_CONFORMS = Fraction(11, 10)  # rates nearer than this are played frame for frame: 23.98, 24 and 25; 29.97 and 30
_WHOLE = Fraction(1, 20)  # frames
_LANE = re.compile(r"[+-]?[0-9]{1,4}")


def timeline_from_fcpxml(
    root: Element, name: str, sequence: str, given: Rate | None
) -> tuple[otio.schema.Timeline, Rate, list[Notice]]:
    """The project of a file, its rate, and what could not be read of it. ``given``: for a file that names no rate.

    Raises InvalidRequest (AMBIGUOUS_SEQUENCE, MISSING_RATE), UnreadableInput (EMPTY_CUT, UNREADABLE_CUT).
    """
    return _Reader(root, name, given).timeline(*chosen(_projects(root), name, sequence))


def _projects(root: Element) -> list[tuple[str, tuple[str, Element]]]:
    """The projects of all events; where there is none, the compound clips."""
    found: list[tuple[str, Element]] = []
    pending = [root]
    while pending:
        element = pending.pop(0)
        inner = element.child("sequence") if element.tag == "project" else None
        if inner is not None:
            found.append((element.get("name"), inner))
        elif element.tag in {"fcpxml", "library", "event", "import-options"}:
            pending.extend(element.children)
    resources = root.child("resources")
    if not found and resources is not None:
        compounds = [(media.get("name"), media.child("sequence")) for media in resources.all("media")]
        found = [(name, inner) for name, inner in compounds if inner is not None]
    return [(name, (name, inner)) for name, inner in found]


def _whole(frame: Fraction) -> Fraction:
    return Fraction(round(frame)) if abs(frame - round(frame)) <= _WHOLE else frame


@dataclass
class _Lanes:
    """What stands on each lane of a sequence, in frames of it."""

    rate: Rate
    placed: dict[int, list[Placed]] = field(default_factory=dict)
    joints: dict[int, list[Joint]] = field(default_factory=dict)

    def frame(self, moment: Fraction) -> Fraction:
        """A moment of the sequence as a frame, whole where it is nearly."""
        return _whole(moment * self.rate.fraction)


class _Reader:
    def __init__(self, root: Element, name: str, given: Rate | None) -> None:
        self._resources = Resources(root)
        self._given = given
        self._budget = Budget(name)
        self._told: set[str] = set()
        self.notices: list[Notice] = []

    def timeline(self, name: str, sequence: Element) -> tuple[otio.schema.Timeline, Rate, list[Notice]]:
        rate = self._resources.rate(sequence.get("format")) or self._given
        if rate is None:
            raise InvalidRequest(
                f"The project '{name}' (line {sequence.line}) names no frame rate: its format says none.",
                remedy="Export it again, or pass --rate.",
                reason="MISSING_RATE",
            )
        timeline = otio.schema.Timeline(name)
        begin = seconds(sequence, "tcStart", Fraction(0)) * rate.fraction
        timeline.global_start_time = time(Fraction(round(begin)), rate)
        remember_drop(timeline, {"DF": True, "NDF": False}.get(sequence.get("tcFormat")))
        self._sequence(timeline.tracks, sequence, rate)
        return timeline, rate, sorted(self.notices, key=lambda notice: notice.line)

    def _sequence(self, stack: otio.schema.Stack, sequence: Element, rate: Rate) -> None:
        lanes = _Lanes(rate)
        for spine in sequence.all("spine"):
            self._spine(spine, Fraction(0), 0, lanes, seconds(sequence, "tcStart", Fraction(0)))
        self._lay(stack, lanes)

    def _lay(self, stack: otio.schema.Stack, lanes: _Lanes) -> None:
        for lane in sorted(lanes.placed):
            name = f"V{lane + 1}"
            for track in tracks_of(name, lanes.placed[lane], lanes.joints.get(lane, ()), lanes.rate, self.notices):
                stack.append(track)

    def _spine(
        self, spine: Element, record: Fraction, lane: int, lanes: _Lanes, expected: Fraction | None = None
    ) -> Fraction:
        """Place a storyline's items; ``record``: seconds of the sequence at which it starts. Returns its own start.

        ``expected``: where its time starts if its first item says so, else its time starts with that item.
        """
        items = [item for item in spine.children if item.tag in {*_STORY, "transition"}]
        base, at = Fraction(0), Fraction(0)
        if items:
            first = self._moment(items[0], "offset", Fraction(0))
            base = first if expected is None else expected if first >= expected else Fraction(0)
        ends: list[Fraction] = []
        for item in items:
            start = record + self._moment(item, "offset", at + base) - base
            length = self._moment(item, "duration", Fraction(0))
            if item.tag == "transition":
                cut = next((end for end in reversed(ends) if start <= end <= start + length), start)
                joint = Joint(lanes.frame(start), lanes.frame(cut), lanes.frame(start + length), item.get("name"))
                lanes.joints.setdefault(lane, []).append(joint)
                continue
            self._item(item, start, lane, lanes)
            at = start - record + length
            ends.append(start + length)
        return base

    def _moment(self, item: Element, name: str, default: Fraction) -> Fraction:
        try:
            return seconds(item, name, default)
        except BadElementError as error:
            self._refuse(item, error)
            return default

    def _refuse(self, item: Element, error: BadElementError) -> None:
        message = f"The {item.tag} '{item.get('name')}' in line {item.line} was left out: {error}."
        if message not in self._told:
            self._told.add(message)
            self.notices.append(Notice("error", message, item.line))

    def _item(self, item: Element, start: Fraction, lane: int, lanes: _Lanes) -> None:
        """Place an item and what is connected to it."""
        self._budget.take()
        try:
            active = item if item.tag != "audition" else next(item.all(*_CLIPS), item)
            own = seconds(active, "start", None) if active.get("start") else self._resources.start(active)
            said = active.get("duration")
            length = seconds(active, "duration", None) if said else self._resources.duration(active)
            if length > 0 and active.tag not in {"gap", "audio"} and self._resources.has_pictures(active):
                begin, end = lanes.frame(start), lanes.frame(start + length)
                made = self._made(active, own, end - begin, lanes.rate)
                if made is not None and end > begin:
                    lanes.placed.setdefault(lane, []).append(Placed(made, begin, end, active.line))
            for other in active.all(*_STORY):
                if other.get("lane", "0") in {"", "0"}:
                    continue
                there = start + self._moment(other, "offset", own) - own
                beside = lane + _lane(other)
                if other.tag == "spine":
                    self._spine(other, there, beside, lanes)
                else:
                    self._item(other, there, beside, lanes)
        except BadElementError as error:
            self._refuse(item, error)

    def _made(self, item: Element, own: Fraction, length: Fraction, rate: Rate) -> otio.core.Item | None:
        """The clip or nest of an item: ``own`` is where its own time starts, ``length`` its frames of the sequence."""
        inner = item
        if item.tag == "clip":
            inside = [c for c in item.all(*_STORY) if c.get("lane", "0") in {"", "0"}]
            if not inside or inside[0].tag in {"audio", "gap"}:
                return None
            inner = inside[0] if inside[0].tag != "spine" and len(inside) == 1 else item
        if inner.tag in _NESTS or (inner is item and item.tag == "clip"):
            made = self._nest(inner, item, own, length, rate)
        else:
            made = self._clip(inner, item, own, length, rate)
        made.enabled = item.get("enabled", "1") != "0"
        made.markers.extend(_markers(item, made.source_range, own))
        return made

    def _clip(self, inner: Element, item: Element, own: Fraction, length: Fraction, rate: Rate) -> otio.schema.Clip:
        asset = self._resources.asset(inner)
        clip = otio.schema.Clip(item.get("name") or (asset.get("name") if asset is not None else ""))
        if asset is None:
            kind = self._resources.effect(inner)
            if inner.tag != "title" and not kind:
                raise BadElementError(f"its media '{inner.get('ref')}' is not among the resources")
            clip.media_reference = otio.schema.GeneratorReference(kind or "title", kind or "title")
            clip.source_range = span(Fraction(0), rate, length, rate)
            return clip
        counted = self._resources.rate(asset.get("format")) or self._resources.rate(inner.get("format")) or rate
        shift = Fraction(0)
        if inner is not item:
            offset = seconds(inner, "offset", Fraction(0))
            shift = seconds(inner, "start", offset) - offset
        clip.media_reference = self._resources.media(asset, counted)
        self._range(clip, item, own, shift, length, rate, counted)
        remember(clip, item, asset)
        return clip

    def _nest(self, inner: Element, item: Element, own: Fraction, length: Fraction, rate: Rate) -> otio.schema.Stack:
        stack = otio.schema.Stack(item.get("name"))
        counted, base = rate, Fraction(0)
        with self._budget.inside(inner.get("ref") or f"line {inner.line}"):
            if inner.tag == "ref-clip":
                sequence = self._resources.compound(inner)
                counted = self._resources.rate(sequence.get("format")) or rate
                self._sequence(stack, sequence, counted)
                base = seconds(sequence, "tcStart", Fraction(0))
            else:
                lanes = _Lanes(rate)
                angle = self._resources.angle(inner) if inner.tag == "mc-clip" else inner
                within = [c for c in angle.all(*_STORY, "transition") if inner.tag == "mc-clip" or not _anchored(c)]
                whole = next((c for c in within if c.tag == "spine"), None)
                story = whole or Element("spine", {}, angle.line, within)
                begin = self._resources.start(inner) if inner.tag == "mc-clip" else None
                base = self._spine(story, Fraction(0), 0, lanes, begin)
                base = base if begin is None else begin
                self._lay(stack, lanes)
        shift = -base if own >= base else Fraction(0)  # some writers count from 0 whatever the timecode starts at
        self._range(stack, item, own, shift, length, rate, counted)
        return stack

    def _range(
        self,
        into: otio.core.Item,
        item: Element,
        own: Fraction,
        shift: Fraction,
        length: Fraction,
        rate: Rate,
        counted: Rate,
    ) -> None:
        """Give an item its source range and speed. ``shift``: from its own time to that of its source, seconds."""
        if item.child("timeMap") is None and item.child("conform-rate") is None:
            into.source_range = span(_whole((own + shift) * counted.fraction), counted, length, rate)
            return
        curve = self._curve(item, own, rate)
        ratio = counted.fraction / rate.fraction

        def frames(k: Fraction) -> Fraction:
            return (curve(k / rate.fraction) + shift) * counted.fraction

        start, effects = effects_of(frames, length, ratio, "Retime")
        into.source_range = span(_whole(start), counted, length, rate)
        into.effects.extend(effects)

    def _curve(self, item: Element, own: Fraction, rate: Rate) -> Curve:
        """Seconds since the item's first frame → seconds of its media."""
        mapping = item.child("timeMap")
        if mapping is not None and mapping.child("timept") is not None:
            self._unclear(item, rate)
            points = ordered([(seconds(p, "time", None), seconds(p, "value", None)) for p in mapping.all("timept")])
            if len(points) == 1:
                return straight(points[0][1], Fraction(0))
            if len(points) > 2 and any(p.get("interp", "smooth2") != "linear" for p in mapping.all("timept")):  # noqa: PLR2004 - two points are a line
                message = (
                    f"The speed of '{item.get('name')}' changes smoothly; it was read as straight between its points."
                )
                self.notices.append(Notice("warning", message, mapping.line))
            within = through(points)
            return lambda k: within(own + k)
        return straight(own, self._conformed(item, rate))

    def _conformed(self, item: Element, rate: Rate) -> Fraction:
        """How much faster an item plays because its frames are shown one for one at another rate."""
        conform = item.child("conform-rate")
        if conform is None or conform.get("scaleEnabled", "1") == "0" or not conform.get("srcFrameRate"):
            return Fraction(1)
        scale = rate.fraction / self._resources.named_rate(conform.get("srcFrameRate")).fraction
        return scale if 1 / _CONFORMS < scale < _CONFORMS else Fraction(1)

    def _unclear(self, item: Element, rate: Rate) -> None:
        """Tell of a clip that is conformed and has a speed of its own: its map was taken as it stands."""
        if self._conformed(item, rate) != 1:
            message = f"'{item.get('name')}' is conformed to another rate and has a speed of its own; check its range."
            self.notices.append(Notice("warning", message, item.line))


def _lane(item: Element) -> int:
    """How many lanes above what it is connected to an item stands; one where its lane is no number."""
    text = item.get("lane")
    return int(text) if _LANE.fullmatch(text) else 1


def _anchored(item: Element) -> bool:
    return item.get("lane", "0") not in {"", "0"}


def _markers(item: Element, within: otio.opentime.TimeRange, own: Fraction) -> Sequence[otio.schema.Marker]:
    """An item's markers, counted from the first frame of its range."""
    found: list[otio.schema.Marker] = []
    for one in item.all("marker", "chapter-marker"):
        try:
            begin = seconds(one, "start", own) - own
            length = seconds(one, "duration", Fraction(0))
        except BadElementError:
            continue  # a marker without a place says nothing of a shot
        marker = otio.schema.Marker(one.get("value"))
        rate = within.start_time.rate
        marker.marked_range = otio.opentime.TimeRange(
            within.start_time + otio.opentime.RationalTime(round(float(begin) * rate), rate),
            otio.opentime.RationalTime(round(float(length) * rate), rate),
        )
        marker.comment = one.get("note")
        found.append(marker)
    return found
