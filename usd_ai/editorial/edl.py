"""CMX 3600 edit decision lists → timelines, event by event.

Written here and not taken from a library because one bad event must not cost the rest, because drop-frame counts, and
because a person needs the line. Facts of the format: CMX 3600 manual (1984) and what real turnovers contain.

An FCM line says how timecode is counted from there on. The record has one clock, which the first of them names (Final
Cut Pro 7 User Manual, "Title and Sequence Timecode Format"); one between events is about the sources that follow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import opentimelineio as otio

from usd_ai.core.errors import InvalidRequest, UnreadableInput
from usd_ai.core.types import Notice, Rate
from usd_ai.editorial.counting import remember_drop
from usd_ai.editorial.edl_events import Event, Group, SpeedLine, day, is_long, settled
from usd_ai.editorial.rates import has_drop_frame
from usd_ai.editorial.timecode import BadTimecodeError, says_drop, to_frames

_EVENT = re.compile(
    r"^(?P<number>\d+)\s+(?P<reel>\S.*?)\s+(?P<channel>V\d*|B|A\d*/V|AA/V|A\d*|AA|NONE)\s+"
    r"(?P<kind>C|D|W\d+|K[BO]?)\s+(?:(?P<length>\d+)\s+)?"
    r"(?P<times>\S+\s+\S+\s+\S+\s+\S+)\s*$"
)
_SPEED = re.compile(r"^M2\s+(?P<reel>\S.*?)\s+(?P<fps>[-+]?\d+(?:\.\d+)?)(?:\s+(?P<entry>\S+))?\s*$")
_COMMENT = re.compile(
    r"^\*?\s*(?P<key>FROM CLIP NAME|TO CLIP NAME|SOURCE FILE|FROM CLIP|TO CLIP|FROM FILE)\s*:\s*(?P<value>.*?)[\s*]*$",
    re.IGNORECASE,
)
_LOCATOR = re.compile(r"^\*?\s*LOC\s*:\s*(?P<time>\S+)\s+(?P<colour>[A-Z]+)\b\s*(?P<words>.*)$")
_SPECIAL = {"BL": "black", "BLACK": "black", "BARS": "SMPTEBars"}
_SEPARATORS = str.maketrans("", "", ":;.,")
_BARE_CLIP = {
    "OTIO_SCHEMA": "Clip.2",
    "media_references": {"DEFAULT_MEDIA": {"OTIO_SCHEMA": "MissingReference.1"}},
    "active_media_reference_key": "DEFAULT_MEDIA",
}


@dataclass(frozen=True)
class _Counting:
    """Whether timecode of the sources and of the record is drop-frame. ``mixed``: it was told that they differ."""

    source: bool = False
    record: bool = False
    begun: bool = False
    mixed: bool = False

    def told(self, drop: bool, line: int, notices: list[Notice]) -> _Counting:
        """As it is after an FCM line: the first one is of all that follows, a later one of the sources."""
        if not self.begun:
            return _Counting(drop, drop, begun=True)
        if drop != self.record and not self.mixed:
            kinds = ("non-drop", "drop-frame")
            message = (
                f"From line {line} on the list says {kinds[drop]}: sources there are counted so, the record stays "
                f"{kinds[self.record]}, as the list began. If parts of several cuts were put together, export each."
            )
            notices.append(Notice("warning", message, line))
        return replace(self, source=drop, mixed=self.mixed or drop != self.record)

    def of(self, times: Sequence[str]) -> list[bool]:
        """Whether each of an event's four timecodes is drop-frame. A line that writes both kinds says it by itself."""
        written = [says_drop(text) for text in times]
        return written if any(written) and not all(written) else [self.source] * 2 + [self.record] * 2


def timeline_from_edl(text: str, rate: Rate) -> tuple[otio.schema.Timeline, list[Notice]]:
    """The timeline of an EDL and what could not be read of it.

    Raises InvalidRequest for a drop-frame list at a rate that has none, UnreadableInput when no event can be read.
    """
    parsed = _parse(text, rate)
    events, notices = parsed.events, parsed.notices
    if not events:
        first = next((notice.message for notice in notices if notice.severity == "error"), "It holds no event.")
        raise UnreadableInput(
            f"The EDL has no event that can be read. {first}",
            remedy="Check that it is a CMX 3600 list and that the frame rate is that of the cut.",
            reason="UNREADABLE_EDL",
        )
    start = min(event.record[0] for event in events)
    timeline = otio.schema.Timeline(parsed.title, global_start_time=_time(start, rate))
    remember_drop(timeline, parsed.drop)
    for track in _tracks(events, start, rate, notices):
        timeline.tracks.append(track)
    return timeline, sorted(notices, key=lambda notice: notice.line)


@dataclass(frozen=True)
class _Parsed:
    """A list's title, its events, what could not be read, and whether its record is drop-frame."""

    title: str
    events: list[Event]
    notices: list[Notice]
    drop: bool


def _parse(text: str, rate: Rate) -> _Parsed:
    title, counted = "", _Counting()
    groups: list[Group] = []
    notices: list[Notice] = []
    fresh = Group()  # of the event number that is being read
    for line, raw in enumerate(text.splitlines(), start=1):
        content = raw.strip().lstrip("\ufeff")
        if content.startswith("TITLE:"):
            title = content.removeprefix("TITLE:").strip()
        elif content.startswith("FCM"):
            counted = counted.told(_drop_frame(content, rate), line, notices)
        elif content[:1].isdigit():
            match = _EVENT.match(content)
            same = match is not None and bool(fresh.events) and fresh.events[-1].number == match["number"]
            if match is not None and "V" not in match["channel"] and match["channel"] != "B":
                fresh = fresh if same else Group()  # a sound of an event's own takes nothing from its picture
                continue
            try:
                event = _event(content, match, line, rate, counted)
            except BadTimecodeError as error:
                notices.append(Notice("error", f"The event in line {line} was left out: {error}.", line))
                fresh = Group()
                continue
            if not same:
                fresh = Group()
                groups.append(fresh)
            fresh.events.append(event)
            if not counted.begun:  # a list that begins without an FCM line counts non-drop
                counted = replace(counted, begun=True)
        elif content and fresh.events:
            _annotate(content, line, fresh, rate, notices, drop=counted.record)
    return _Parsed(title, settled(groups, rate, notices, drop=counted.record), notices, counted.record)


def _drop_frame(content: str, rate: Rate) -> bool:
    drop = "DROP" in content and "NON" not in content
    if drop and not has_drop_frame(rate):
        raise InvalidRequest(
            f"The EDL counts drop-frame timecode, which does not exist at {rate} frames a second.",
            remedy='Give the rate of the cut: "29.97" or "59.94"; or export the EDL as non-drop.',
            reason="DROP_FRAME_RATE",
            context={"rate": str(rate)},
        )
    return drop


def _event(content: str, match: re.Match[str] | None, line: int, rate: Rate, counted: _Counting) -> Event:
    if match is None:
        raise BadTimecodeError(f"'{content[:60]}' is not an edit")
    texts = match["times"].split()
    times = [to_frames(text, rate, drop=drop) for text, drop in zip(texts, counted.of(texts), strict=True)]
    source, record = (times[0], times[1]), (times[2], times[3])
    of_source, of_record = (day(rate, drop=drop) for drop in counted.of(texts)[1:3])
    if record[1] < record[0]:
        record = (record[0], record[1] + of_record)  # over midnight
        if is_long(record[1] - record[0], of_record):
            raise BadTimecodeError("it ends before it starts")
    backwards = source[1] < source[0]
    if backwards:
        source = (source[1] + 1, source[0] + 1)  # its in is the first frame seen
    kind = match["kind"]
    transition = int(match["length"] or 0) if kind[0] in "DW" else 0
    reel = match["reel"].strip()
    entry = _digits(texts[0])
    return Event(line, match["number"], reel, kind, transition, source, record, entry, of_source, backwards=backwards)


def _digits(timecode: str) -> str:
    """A timecode without what separates its numbers."""
    return timecode.translate(_SEPARATORS)


def _annotate(content: str, line: int, group: Group, rate: Rate, notices: list[Notice], *, drop: bool) -> None:
    """Take a line that belongs to the event read last: its clip names, its speed, its comments."""
    fresh = group.events
    speed = _SPEED.match(content)
    if speed is not None:
        entry = _digits(speed["entry"] or "")
        group.speeds.append(SpeedLine(line, speed["reel"].strip(), Fraction(speed["fps"]), entry))
        return
    named = _COMMENT.match(content)
    if named is not None:
        key, value = named["key"].upper(), named["value"].strip()
        if key == "FROM CLIP NAME":
            fresh[0].name = value
        elif key == "TO CLIP NAME":
            fresh[-1].name = value
        elif key == "SOURCE FILE":  # of the clip named last; a dissolve names two
            event = fresh[-1] if fresh[-1].name or not fresh[0].name else fresh[0]
            event.media = value
        else:  # how OpenTimelineIO's programs write the media's place
            event = fresh[-1] if key == "TO CLIP" else fresh[0]
            event.media = event.media or value
        return
    locator = _LOCATOR.match(content)
    if locator is not None:
        try:
            frame = to_frames(locator["time"], rate, drop=drop)
        except BadTimecodeError as error:
            notices.append(Notice("warning", f"The locator in line {line} was kept as a comment: {error}.", line))
        else:
            fresh[-1].locators.append((frame, locator["colour"], locator["words"].strip()))
            return
    if content.startswith("*"):
        fresh[-1].comments.append(content.lstrip("* ").strip())


def _tracks(events: list[Event], start: int, rate: Rate, notices: list[Notice]) -> list[otio.schema.Track]:
    """Lay the events onto as few tracks as they need; an EDL's own events follow one another on the first."""
    tracks: list[otio.schema.Track] = []
    ends: list[int] = []
    last: list[Event | None] = []
    for event in sorted(events, key=lambda e: e.record[0]):  # stable: lines of one moment keep their order
        if not event.length:
            continue
        k = next((k for k, end in enumerate(ends) if end <= event.record[0]), len(tracks))
        if k == len(tracks):
            tracks.append(otio.schema.Track(f"V{k + 1}", kind=otio.schema.TrackKind.Video))
            ends.append(start)
            last.append(None)
            if k:
                message = f"Event {event.number} overlaps the one before it; it was put on a track of its own."
                notices.append(Notice("warning", message, event.line))
        _append(tracks[k], event, ends[k], last[k], rate, notices)
        ends[k], last[k] = event.record[1], event
    return tracks


def _append(
    track: otio.schema.Track, event: Event, end: int, before: Event | None, rate: Rate, notices: list[Notice]
) -> None:
    if event.record[0] > end:
        track.append(otio.schema.Gap(source_range=_span(0, event.record[0] - end, rate)))
    elif event.transition and before is not None:
        length = min(event.transition, event.length)
        name = "SMPTE_Dissolve" if event.kind == "D" else "Custom_Transition"
        track.append(otio.schema.Transition(event.kind, name, in_offset=_time(0, rate), out_offset=_time(length, rate)))
    if not event.retimed and event.source[1] - event.source[0] != event.length:
        message = (
            f"Event {event.number} takes {event.source[1] - event.source[0]} frames of source for {event.length} "
            "frames of the cut and has no speed line; played at speed. Is the frame rate right?"
        )
        notices.append(Notice("warning", message, event.line))
    track.append(_clip(event, rate))


def _clip(event: Event, rate: Rate) -> otio.schema.Clip:
    name = event.name or re.split(r"[/\\]", event.media)[-1] or event.reel
    clip = _clip_with({"reel": event.reel, "event": event.number, "comments": event.comments})
    clip.name = name
    clip.source_range = _span(event.source[0], event.length, rate)
    special = _SPECIAL.get(event.reel.upper())
    if special:
        clip.media_reference = otio.schema.GeneratorReference(name=special, generator_kind=special)
    elif event.media:
        clip.media_reference = otio.schema.MissingReference(event.media)
    clip.markers.extend(_markers(event, rate))
    if event.retimed and event.speed == 0:
        clip.effects.append(otio.schema.FreezeFrame())
    elif event.retimed:
        clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=float(event.speed)))
    return clip


def _clip_with(table: dict[str, object]) -> otio.schema.Clip:
    """A clip with metadata. Set one by one they go through the library's Python, which takes ten times as long."""
    clip = otio.core.deserialize_json_from_string(json.dumps(_BARE_CLIP | {"metadata": {"cmx_3600": table}}))
    assert isinstance(clip, otio.schema.Clip)  # noqa: S101 - for the type's sake
    return clip


def _markers(event: Event, rate: Rate) -> list[otio.schema.Marker]:
    """An event's locators, counted in its source: a ripple of the cut does not move them."""
    markers: list[otio.schema.Marker] = []
    for frame, colour, words in event.locators:
        in_source = not event.record[0] <= frame < event.record[1] and event.source[0] <= frame < event.source[1]
        begin = frame if in_source else event.source[0] + frame - event.record[0]
        markers.append(otio.schema.Marker(words, _span(begin, 1, rate), colour))
    return markers


def _time(frame: int, rate: Rate) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(frame, float(rate))


def _span(start: int, count: int, rate: Rate) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(_time(start, rate), _time(count, rate))
