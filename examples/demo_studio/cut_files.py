"""Writes OUT/editorial: one cut twice, as an EDL and as an OpenTimelineIO timeline; and the cut that comes after it.

The EDL starts the dissolve at its event's record-in, as the format wants it; the timeline centres it on the cut, as
editing systems export it. Both show the same frames.
"""

from __future__ import annotations

from pathlib import Path

import opentimelineio as otio
import show

NAME = f"{show.SEQUENCE}_v001"
NEXT = f"{show.SEQUENCE}_v002"


def _timecode(frame: int) -> str:
    """Non-drop timecode of a frame count."""
    seconds, frames = divmod(frame, show.RATE)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frames:02d}"


def _clip_name(event: show.Event) -> str:
    return f"{event.shot}_{event.take}"


def edl() -> str:
    """The cut as a CMX 3600 edit decision list."""
    lines = [f"TITLE: {show.PROJECT}_{NAME}", "FCM: NON-DROP FRAME", ""]
    record = show.RECORD_START_HOURS * 3600 * show.RATE
    for number, event in enumerate(show.EVENTS, start=1):
        following = show.EVENTS[number] if number < len(show.EVENTS) else None
        length = event.length - (following.dissolve if following else 0)
        source = (event.first, event.first + int(length * event.speed))
        fields = [_timecode(frame) for frame in (*source, record, record + length)]
        if event.dissolve:
            before = show.EVENTS[number - 2]
            end = _timecode(before.first + int((before.length - event.dissolve) * before.speed))
            cut = _timecode(record)
            lines.append(f"{number:03d}  {before.shot:<8s} V     C        {end} {end} {cut} {cut}")
            lines.append(f"{number:03d}  {event.shot:<8s} V     D    {event.dissolve:03d} {' '.join(fields)}")
            lines.append(f"* FROM CLIP NAME: {_clip_name(before)}")
            lines.append(f"* TO CLIP NAME: {_clip_name(event)}")
        else:
            lines.append(f"{number:03d}  {event.shot:<8s} V     C        {' '.join(fields)}")
            lines.append(f"* FROM CLIP NAME: {_clip_name(event)}")
        if event.speed != 1.0:
            lines.append(f"M2   {event.shot:<8s}       {show.RATE * event.speed:05.1f}                {fields[0]}")
        record += length
    return "\n".join(lines) + "\n"


def _time(frames: int) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(frames, show.RATE)


def _range(start: int, count: int) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(_time(start), _time(count))


def timeline() -> otio.schema.Timeline:
    """The cut as a timeline: one picture track, media references to the shots' stages."""
    made = otio.schema.Timeline(
        f"{show.PROJECT}_{NAME}", global_start_time=_time(show.RECORD_START_HOURS * 3600 * show.RATE)
    )
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    made.tracks.append(track)
    for number, event in enumerate(show.EVENTS):
        after = show.EVENTS[number + 1].dissolve if number + 1 < len(show.EVENTS) else 0
        head, tail = event.dissolve // 2, after - after // 2
        if event.dissolve:
            offsets = (_time(event.dissolve - head), _time(head))
            track.append(otio.schema.Transition("dissolve", "SMPTE_Dissolve", *offsets))
        first, last = show.needed(event.shot)
        media = otio.schema.ExternalReference(
            f"../shots/{event.shot}/{event.shot}.usda", available_range=_range(first, last - first + 1)
        )
        clip = otio.schema.Clip(
            _clip_name(event),
            media_reference=media,
            source_range=_range(event.first + int(head * event.speed), event.length - head - tail),
        )
        if event.speed != 1.0:
            clip.effects.append(otio.schema.LinearTimeWarp("slow motion", time_scalar=event.speed))
        track.append(clip)
    return made


def next_timeline() -> otio.schema.Timeline:
    """The next cut: every edit lies inside what was generated for the first, so that no worker has anything to do.

    sh010 loses 8 frames at its head, the first use of sh020 slips 3 frames on, sh030 plays backwards, sh040 is out, and
    sh050 loses 12 frames of the cut at its tail.
    """
    made = timeline()
    made.name = f"{show.PROJECT}_{NEXT}"
    track = made.tracks[0]
    by_shot: dict[str, otio.schema.Clip] = {}
    for clip in track.find_clips():
        by_shot.setdefault(clip.name.partition("_")[0], clip)
    for shot, later, fewer in (("sh010", 8, 8), ("sh020", 3, 0), ("sh050", 0, 12)):
        was = by_shot[shot].source_range
        by_shot[shot].source_range = otio.opentime.TimeRange(was.start_time + _time(later), was.duration - _time(fewer))
    by_shot["sh030"].effects.append(otio.schema.LinearTimeWarp("reverse", time_scalar=-1.0))
    track.remove(by_shot["sh040"])
    return made


def write(out: Path) -> None:
    """Write the cut in both formats under ``out``/editorial, and the next one as a timeline."""
    folder = out / "editorial"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{NAME}.edl").write_text(edl(), encoding="ascii", newline="\n")
    for name, made in ((NAME, timeline()), (NEXT, next_timeline())):
        text = otio.adapters.write_to_string(made, "otio_json", indent=2)
        (folder / f"{name}.otio").write_text(text + "\n", encoding="utf-8", newline="\n")
