"""Final Cut Pro 7 XML (xmeml), as Premiere Pro, Resolve and others still write it → a timeline.

Written here and not taken from a library because one bad clip must not cost the rest, because a person needs the line,
and because retimes must arrive. Facts of the format: Apple, "Final Cut Pro XML Interchange Format", chapters Elements
and Topics ("Timing Values", "Speed XML"); and what a Premiere export contains: ``in`` and ``out`` of a retimed clip
count frames *after* its speed change, and ``graphdict`` maps those to frames of the source.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import opentimelineio as otio

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import Notice, Rate
from usd_ai.editorial.counting import remember_drop
from usd_ai.editorial.formats.laying import Budget, Joint, Placed, span, time, tracks_of
from usd_ai.editorial.formats.markup import BadElementError, Element
from usd_ai.editorial.formats.retimes import Curve, effects_of, ordered, straight, through
from usd_ai.editorial.formats.sequences import chosen
from usd_ai.editorial.rates import nominal, parse_rate
from usd_ai.editorial.timecode import BadTimecodeError, to_frames

_ITEMS = ("clipitem", "generatoritem", "transitionitem")
_PAL = 25
_SAID = (
    ("logginginfo/scene", "SCENE"),
    ("logginginfo/shottake", "TAKE"),
    ("logginginfo/description", "DESCRIPTION"),
    ("logginginfo/lognote", "LOG NOTE"),
    ("comments/mastercomment1", "COMMENT"),
    ("comments/mastercomment2", "COMMENT"),
    ("comments/mastercomment3", "COMMENT"),
    ("comments/mastercomment4", "COMMENT"),
    ("comments/clipcommenta", "COMMENT"),
    ("comments/clipcommentb", "COMMENT"),
)


def timeline_from_fcp7(root: Element, name: str, sequence: str) -> tuple[otio.schema.Timeline, Rate, list[Notice]]:
    """The sequence of an xmeml file, its rate, and what could not be read of it.

    Raises InvalidRequest (AMBIGUOUS_SEQUENCE), UnreadableInput (EMPTY_CUT, UNREADABLE_CUT).
    """
    reader = _Reader(root, name)
    return reader.timeline(chosen(reader.sequences(sequence), name, sequence))


@dataclass(frozen=True)
class _Where:
    """A clip's place in its sequence and the stretch of its own time it takes; both include no transitions."""

    start: Fraction
    end: Fraction
    entry: Fraction  # frame of its own time at ``start``
    source: Fraction  # its ``in``
    own: Fraction  # its ``out`` minus its ``in``
    seen: Fraction  # frames of its own time that its place spans at speed, transitions included


class _Reader:
    def __init__(self, root: Element, name: str) -> None:
        self._root = root
        self._full: dict[tuple[str, str], Element] = {}
        self.notices: list[Notice] = []
        self._budget = Budget(name)
        pending = [root]
        while pending:
            element = pending.pop()
            key = (element.tag, element.get("id"))
            if key[1] and element.children and element.tag in {"file", "sequence"}:
                self._full.setdefault(key, element)
            pending.extend(reversed(element.children))

    def sequences(self, sequence: str) -> list[tuple[str, Element]]:
        """The sequences on the file's top level and in its bins; without a name, those that no other one nests."""
        found: list[Element] = []
        pending = [self._root]
        while pending:
            element = pending.pop(0)
            if element.tag == "sequence" and element.children:
                found.append(element)
            elif element.tag in {"xmeml", "project", "bin", "children"}:
                pending.extend(element.children)
        nested = {inner for outer in found for inner in _nested(outer)}
        free = [element for element in found if element.get("id") not in nested]
        return [(element.words("name"), element) for element in (found if sequence or not free else free)]

    def timeline(self, sequence: Element) -> tuple[otio.schema.Timeline, Rate, list[Notice]]:
        try:
            rate = _rate(sequence, None)
        except BadElementError as error:
            raise InvalidRequest(
                f"The sequence '{sequence.words('name')}' (line {sequence.line}) has no frame rate: {error}.",
                remedy="Export the sequence again.",
                reason="MISSING_RATE",
            ) from error
        timeline = otio.schema.Timeline(sequence.words("name"))
        begin = self._timecode(sequence, rate)
        if begin is not None:
            timeline.global_start_time = time(begin, rate)
            code = sequence.child("timecode")
            remember_drop(timeline, _drops(code) if code is not None else None)
        self._fill(timeline.tracks, sequence, rate)
        timeline.tracks.markers.extend(_markers(sequence, rate))
        return timeline, rate, sorted(self.notices, key=lambda notice: notice.line)

    def _fill(self, stack: otio.schema.Stack, sequence: Element, rate: Rate) -> None:
        video = sequence.child("media/video")
        with self._budget.inside(sequence.get("id") or sequence.words("name")):
            for number, track in enumerate(video.all("track") if video is not None else (), start=1):
                name = track.words("name") or f"V{number}"
                placed, joints = self._placed(track, rate)
                for laid in tracks_of(name, placed, joints, rate, self.notices):
                    laid.enabled = track.words("enabled").upper() != "FALSE"
                    stack.append(laid)

    def _placed(self, track: Element, rate: Rate) -> tuple[list[Placed], list[Joint]]:
        items = list(track.all(*_ITEMS))
        joints = {k: joint for k, item in enumerate(items) if (joint := self._joint(item)) is not None}
        placed: list[Placed] = []
        for k, item in enumerate(items):
            if item.tag == "transitionitem":
                continue
            self._budget.take()
            try:
                scale = _rate(item, rate).fraction / rate.fraction
                where = _where(item, joints.get(k - 1), joints.get(k + 1), scale)
                if where.end > where.start:
                    placed.append(Placed(self._clip(item, where, rate), where.start, where.end, item.line))
            except BadElementError as error:
                message = f"The clip '{item.words('name')}' in line {item.line} was left out: {error}."
                self.notices.append(Notice("error", message, item.line))
        return placed, list(joints.values())

    def _joint(self, item: Element) -> Joint | None:
        if item.tag != "transitionitem":
            return None
        try:
            start, end = item.number("start"), item.number("end")
        except BadElementError as error:
            message = f"The transition in line {item.line} was left out: {error}."
            self.notices.append(Notice("error", message, item.line))
            return None
        alignment = item.words("alignment")
        cut = (
            start
            if alignment.startswith("start")
            else end
            if alignment.startswith("end")
            else Fraction((start + end) // 2)
        )
        name = item.words("effect/name") or "transition"
        return Joint(start, cut, end, name, dissolve="dissolve" in name.lower())

    def _clip(self, item: Element, where: _Where, rate: Rate) -> otio.core.Item:
        own = _rate(item, rate)
        nest = self._whole(item.child("sequence"))
        if nest is not None:
            stack = otio.schema.Stack(nest.words("name") or item.words("name"))
            self._fill(stack, nest, _rate(nest, rate))
            self._range(stack, item, where, own, rate, Fraction(0), None)
            return self._told(stack, item, own)
        if item.child("multiclip") is not None:
            raise BadElementError("it is a multiclip; switch its angle in and flatten it before exporting")
        file = self._whole(item.child("file"))
        if file is None and item.tag == "clipitem":
            raise BadElementError("it names no media")
        clip = otio.schema.Clip(item.words("name") or (file.words("name") if file is not None else ""))
        if file is None:
            kind = item.words("effect/effectid") or "generator"
            clip.media_reference = otio.schema.GeneratorReference(item.words("effect/name") or kind, kind)
            clip.source_range = span(Fraction(0), rate, where.end - where.start, rate)
            return clip
        counted = _rate(file, own)
        if nominal(counted) == nominal(own):
            counted = own  # 24 in a sequence of 23.976 plays frame for frame
        begin = self._timecode(file, counted) or Fraction(0)
        clip.media_reference = _media(file, begin, counted)
        length = file.number("duration") if file.words("duration") else None
        self._range(clip, item, where, counted, rate, begin, length)
        self._remember(clip, item, file)
        return self._told(clip, item, counted)

    def _whole(self, element: Element | None) -> Element | None:
        """The element, or the full one elsewhere in the file that its id stands for."""
        if element is None or element.children:
            return element
        return self._full.get((element.tag, element.get("id")))

    def _range(
        self,
        into: otio.core.Item,
        item: Element,
        where: _Where,
        counted: Rate,
        rate: Rate,
        begin: Fraction,
        media: Fraction | None,
    ) -> None:
        """Give an item its source range and speed. ``media``: length of the source, frames."""
        own = _rate(item, rate)
        begin += item.number("subclipinfo/startoffset") if item.words("subclipinfo/startoffset") else 0
        scale = own.fraction / rate.fraction  # frames of the clip's own time in one of the sequence
        to_source = counted.fraction / own.fraction
        remap = _remap(item)
        length = where.end - where.start
        if remap is None:
            start, effects = where.entry * to_source, []
        else:
            curve, last_shown = self._curve(remap, item, where, None if media is None else media / to_source)
            start, effects = effects_of(
                lambda k: curve(where.entry + k * scale) * to_source,
                length,
                scale * to_source,
                "Time Remap",
                last_shown=last_shown,
            )
        into.source_range = span(begin + start, counted, length, rate)
        into.effects.extend(effects)

    def _curve(self, remap: Element, item: Element, where: _Where, media: Fraction | None) -> tuple[Curve, bool]:
        """Own time → the source's, in frames of the clip's own; and whether those are shown (graphs say so) or moments.

        ``media``: length of the source, in frames of the clip's own time too.
        """
        values = {p.words("parameterid"): p for p in remap.all("parameter")}
        speed = values["speed"].number("value") / 100 if "speed" in values else Fraction(1)
        if "reverse" in values and values["reverse"].words("value").upper() == "TRUE":
            speed = -abs(speed)
        graph = values.get("graphdict")
        points = ordered([(k.number("when"), k.number("value")) for k in graph.all("keyframe")] if graph else [])
        varies = "variablespeed" in values and values["variablespeed"].words("value") not in {"", "0"}
        if len(points) > 1 and (varies or speed == 0):
            if graph is not None and any(k.child("inscale") or k.child("outscale") for k in graph.all("keyframe")):
                message = (
                    f"The speed ramp of '{item.words('name')}' is curved; it was read as straight between its keys."
                )
                self.notices.append(Notice("warning", message, remap.line))
            return through(points), True
        if speed == 0:
            return straight(where.entry, Fraction(0)), False
        return self._constant(speed, item, where, media, points), False

    def _constant(
        self,
        speed: Fraction,
        item: Element,
        where: _Where,
        media: Fraction | None,
        points: list[tuple[Fraction, Fraction]],
    ) -> Curve:
        used = where.seen * abs(speed)
        if abs(where.own - where.seen) > 1:
            if abs(where.own - used) > 1:
                message = (
                    f"'{item.words('name')}' takes {int(where.own)} frames by its in and out, {int(used)} by its speed "
                    f"of {float(speed):.0%}; the speed was believed."
                )
                self.notices.append(Notice("warning", message, item.line))
            # in and out count frames of the source, as some writers have it
            first = where.source if speed > 0 else where.source + used
            return lambda k: first + (k - where.source) * speed
        if speed > 0:
            return straight(Fraction(0), speed)
        end = max((value for _, value in points), default=Fraction(-1)) + 1
        if media is None and not end:
            message = f"'{item.words('name')}' plays backwards and does not say how long its media is; check its range."
            self.notices.append(Notice("warning", message, item.line))
            end = where.source + where.own
        return straight(media if media is not None else end, speed)

    def _timecode(self, element: Element, rate: Rate) -> Fraction | None:
        """The first frame of an element's timecode, or None where it has none that can be read.

        It is counted at the timecode's own rate, which at 60 frames a second is often 30: ``rate`` is the element's.
        """
        code = element.child("timecode")
        if code is None:
            return None
        counted = _rate(code, rate)
        frames = Fraction(nominal(rate), nominal(counted))
        if code.words("frame"):
            return code.number("frame") * frames
        try:
            return to_frames(code.words("string"), counted, drop=_drops(code) or False) * frames
        except BadTimecodeError as error:
            self.notices.append(Notice("warning", f"A timecode in line {code.line} was not read: {error}.", code.line))
            return None

    def _remember(self, clip: otio.schema.Clip, item: Element, file: Element) -> None:
        reel = file.words("timecode/reel/name") or item.words("reel/name")
        comments = [f"{label}: {item.words(path)}" for path, label in _SAID if item.words(path)]
        if reel or comments:
            clip.metadata["cmx_3600"] = {"reel": reel, "comments": comments}

    def _told(self, item: otio.core.Item, element: Element, rate: Rate) -> otio.core.Item:
        item.enabled = element.words("enabled").upper() != "FALSE"
        item.markers.extend(_markers(element, rate))
        return item


def _nested(sequence: Element) -> Iterator[str]:
    """The ids of the sequences that a sequence nests."""
    video = sequence.child("media/video")
    for track in video.all("track") if video is not None else ():
        for item in track.all("clipitem"):
            nest = item.child("sequence")
            if nest is not None:
                yield nest.get("id")


def _rate(element: Element, inherited: Rate | None) -> Rate:
    if element.child("rate") is None and inherited is not None:
        return inherited
    base = element.number("rate/timebase")
    ntsc = element.words("rate/ntsc").upper() == "TRUE" and base.denominator == 1 and base % _PAL
    try:
        return parse_rate(base * 1000 / 1001 if ntsc else base)
    except InvalidRequest as error:
        raise BadElementError(error.message.rstrip(".")) from error


def _drops(code: Element) -> bool | None:
    """Whether a timecode is drop-frame, or None where it does not say."""
    return {"DF": True, "NDF": False}.get(code.words("displayformat").upper())


def _where(item: Element, before: Joint | None, after: Joint | None, scale: Fraction) -> _Where:
    """``scale``: frames of the item's own time in one of the sequence."""
    start, end = item.number("start"), item.number("end")
    source, until = item.number("in"), item.number("out")
    entry = source
    first, last = start, end
    if start == -1:
        if before is None:
            raise BadElementError("it starts under a transition that is not there")
        first, start = before.start, before.cut
        entry += (start - first) * scale
    if end == -1:
        if after is None:
            raise BadElementError("it ends under a transition that is not there")
        last, end = after.end, after.cut
    if end < start:
        raise BadElementError("it ends before it starts")
    return _Where(start, end, entry, source, until - source, (last - first) * scale)


def _remap(item: Element) -> Element | None:
    """The speed effect of an item that is switched on."""
    for one in item.all("filter"):
        effect = one.child("effect")
        if effect is not None and effect.words("effectid") == "timeremap" and one.words("enabled").upper() != "FALSE":
            return effect
    return None


def _media(file: Element, begin: Fraction, rate: Rate) -> otio.core.MediaReference:
    available = span(begin, rate, file.number("duration"), rate) if file.words("duration") else None
    name = file.words("name")
    if file.words("pathurl"):
        media = otio.schema.ExternalReference(file.words("pathurl"), available)
        media.name = name
        return media
    if file.words("mediaSource"):
        return otio.schema.GeneratorReference(name, file.words("mediaSource"), available)
    return otio.schema.MissingReference(name, available)


def _markers(element: Element, rate: Rate) -> list[otio.schema.Marker]:
    markers: list[otio.schema.Marker] = []
    for one in element.all("marker"):
        try:
            begin = one.number("in")
            length = one.number("out") - begin if one.words("out") not in {"", "-1"} else Fraction(0)
        except BadElementError:
            continue  # a marker without a place says nothing of a shot
        marker = otio.schema.Marker(one.words("name"), span(begin, rate, max(length, Fraction(0)), rate))
        marker.comment = one.words("comment")
        markers.append(marker)
    return markers
