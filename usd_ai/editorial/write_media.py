"""What we add to a timeline's clips: markers with notes, preview movies, rendered frames. Only standard schemas.

Marker and Clip are written in the versions that OpenTimelineIO 0.16 to 0.18 know; 0.19 would write Marker.3, which they
refuse.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import opentimelineio as otio

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.marking import FRAMES, MOVIE, ClipMark, ClipMedia
from usd_ai.core.types import FrameRange, Rate
from usd_ai.editorial.names import MEDIA_KEY, METADATA, is_ours
from usd_ai.editorial.opening import OpenCut
from usd_ai.editorial.spans import Moment, Use, in_frames

MOVIE_KEY = "usd_ai.movie"
FRAMES_KEY = "usd_ai.frames"
SCHEMAS = {
    "Timeline": 1, "Stack": 1, "Track": 1, "Clip": 2, "Gap": 1, "Transition": 1, "Marker": 2,
    "ExternalReference": 1, "ImageSequenceReference": 1, "MissingReference": 1, "GeneratorReference": 1,
    "Effect": 1, "TimeEffect": 1, "LinearTimeWarp": 1, "FreezeFrame": 1, "SerializableCollection": 1,
}  # fmt: skip
"""Every schema that we write, in a version that all these readers know."""

_NOTES = ("changed", "decided")
_NUMBER = re.compile(r"#+")


def relative_url(path: Path, folder: Path) -> str:
    """A file as a relative URL, forward slashes, from a folder."""
    return quote(Path(os.path.relpath(path, folder)).as_posix())


def span_of(frames: FrameRange, rate: Rate) -> otio.opentime.TimeRange:
    """Frames as a range at a rate."""
    start = otio.opentime.RationalTime(frames.start, float(rate))
    return otio.opentime.TimeRange(start, otio.opentime.RationalTime(frames.count, float(rate)))


# ------------------------------------------------------------------------------------------------ markers


def clear_marks(timeline: otio.schema.Timeline) -> None:
    """Take off the markers and notes that an earlier run of ours put on; nobody else's."""
    for item in (timeline.tracks, *timeline.find_clips()):
        for k in reversed(range(len(item.markers))):
            if is_ours(item.markers[k]):
                del item.markers[k]
        if isinstance(item, otio.schema.Clip) and is_ours(item):
            told = {key: value for key, value in item.metadata[METADATA].items() if key not in _NOTES}
            if told:
                item.metadata[METADATA] = told
            else:
                del item.metadata[METADATA]


def mark_clips(
    opened: OpenCut, grouped: Mapping[str, Sequence[Use]], marks: Sequence[ClipMark], length: Moment
) -> None:
    """Put marks on the first frame of the clips that they speak of, in the clip's own time.

    A use that is gone has no clip: its mark stands on the sequence where it stood, or at the end where that is beyond;
    ``length`` is that of the cut.
    """
    for mark in marks:
        if mark.gone:
            opened.timeline.tracks.markers.append(_on_sequence(opened, mark, length))
            continue
        for use in grouped.get(mark.shot, ()):
            at = int(in_frames(use.record[0], opened.rate))
            if use.track == mark.track and mark.record.start <= at <= mark.record.end:
                use.clip.markers.append(_on_clip(use, mark))
                _note(use.clip, mark)


def _on_clip(use: Use, mark: ClipMark) -> otio.schema.Marker:
    span = use.clip.source_range or use.clip.available_range()
    one = otio.opentime.RationalTime(1, span.start_time.rate)
    return _marker(mark, otio.opentime.TimeRange(span.start_time, one))


def _on_sequence(opened: OpenCut, mark: ClipMark, length: Moment) -> otio.schema.Marker:
    last = max(math.ceil(in_frames(length, opened.rate)) - 1, 0)
    rate = float(opened.rate)
    start = otio.opentime.RationalTime(min(mark.record.start, last), rate)
    span = opened.timeline.tracks.source_range
    if span is not None and span.start_time.value > 0:
        start += span.start_time
    return _marker(mark, otio.opentime.TimeRange(start, otio.opentime.RationalTime(1, rate)))


def _marker(mark: ClipMark, span: otio.opentime.TimeRange) -> otio.schema.Marker:
    name = f"{mark.shot}: {mark.said}"
    marker = otio.schema.Marker(name=name, marked_range=span, color=mark.colour, comment=mark.note)
    marker.metadata[METADATA] = {"shot": mark.shot, "said": mark.said, "note": mark.note}
    return marker


def _note(clip: otio.schema.Clip, mark: ClipMark) -> None:
    """The note of a clip, beside what else we say of it."""
    told = dict(clip.metadata.get(METADATA, {}))
    told.update(zip(_NOTES, (mark.said, mark.note), strict=True))
    clip.metadata[METADATA] = told


# ------------------------------------------------------------------------------------------------ media


def add_media(grouped: Mapping[str, Sequence[Use]], media: Sequence[ClipMedia], folder: Path) -> None:
    """Give every clip of a shot its movie and its rendered frames.

    A movie that shall stand in for the clip's own media takes its key, and that stays as `MEDIA_KEY`; asked for without
    that, the clip's own media comes back.
    """
    for uses in grouped.values():
        for use in uses:
            _own_media_back(use.clip)
    for item in media:
        for use in grouped.get(item.shot, ()):
            _add(use.clip, item, folder)


def _add(clip: otio.schema.Clip, item: ClipMedia, folder: Path) -> None:
    reference = _movie(item, folder) if item.kind == MOVIE else _frames(item, folder)
    reference.metadata[METADATA] = {"kind": item.kind, "frames": str(item.frames), "rate": str(item.rate)}
    references = dict(clip.media_references())
    key = MOVIE_KEY if item.kind == MOVIE else FRAMES_KEY
    if item.as_default and item.kind == MOVIE:
        if clip.source_range is None:  # it used all of its own media, which the movie is not as long as
            clip.source_range = clip.available_range()
        references[MEDIA_KEY] = references[clip.active_media_reference_key]
        key = clip.active_media_reference_key
    references[key] = reference
    clip.set_media_references(references, clip.active_media_reference_key)


def _own_media_back(clip: otio.schema.Clip) -> None:
    references = dict(clip.media_references())
    if MEDIA_KEY in references:
        references[clip.active_media_reference_key] = references.pop(MEDIA_KEY)
        clip.set_media_references(references, clip.active_media_reference_key)


def _movie(item: ClipMedia, folder: Path) -> otio.schema.ExternalReference:
    made = otio.schema.ExternalReference(
        target_url=relative_url(Path(item.path), folder), available_range=span_of(item.frames, item.rate)
    )
    made.name = Path(item.path).name
    return made


def _frames(item: ClipMedia, folder: Path) -> otio.schema.ImageSequenceReference:
    path = Path(item.path)
    hashes = list(_NUMBER.finditer(path.name))
    if item.kind != FRAMES or len(hashes) != 1:
        raise InvalidRequest(
            f"'{path.name}' does not say where the frame's number stands.",
            remedy="Name the sequence with one run of # for the digits: beauty.####.exr.",
            reason="SEQUENCE_NAME",
            context={"shot": item.shot},
        )
    (number,) = hashes
    return otio.schema.ImageSequenceReference(
        target_url_base=relative_url(path.parent, folder) + "/",
        name_prefix=path.name[: number.start()],
        name_suffix=path.name[number.end() :],
        start_frame=item.frames.start,
        frame_step=1,
        rate=float(item.rate),
        frame_zero_padding=len(number.group()),
        available_range=span_of(item.frames, item.rate),
    )
