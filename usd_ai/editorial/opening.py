"""Files of any editorial format → one OpenTimelineIO timeline, with what was lost on the way."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import opentimelineio as otio

from usd_ai.core.errors import InvalidRequest, UnreadableInput
from usd_ai.core.types import Notice, Rate
from usd_ai.editorial.edl import timeline_from_edl
from usd_ai.editorial.formats.aaf import timeline_from_aaf
from usd_ai.editorial.formats.bundles import INSIDE, content_of, cut_file
from usd_ai.editorial.formats.fcp7 import timeline_from_fcp7
from usd_ai.editorial.formats.fcpxml import timeline_from_fcpxml
from usd_ai.editorial.formats.markup import BadElementError, BadMarkupError, parsed
from usd_ai.editorial.formats.sequences import chosen
from usd_ai.editorial.rates import parse_rate
from usd_ai.editorial.shape import checked

FORMATS = (".edl", ".otio", ".otiod", ".otioz", ".xml", ".fcpxml", ".fcpxmld", ".aaf")
_NO_RATE = 1.0  # what a time has whose writer set none
_LARGEST = 1 << 30  # bytes of text; 5,000 clips are 5 MB of .otio and 60 MB of FCP 7 XML


@dataclass
class OpenCut:
    """A timeline as it was read. ``sha256`` is of the file's bytes, ``rate`` that of the cut."""

    timeline: otio.schema.Timeline
    rate: Rate
    sha256: str
    notices: list[Notice]


def open_cut(path: str, rate: Rate | None, sequence: str = "") -> OpenCut:
    """Open a cut. ``sequence`` names the timeline where a file holds several.

    Raises NotFound, InvalidRequest (MISSING_RATE, RATE_MISMATCH, AMBIGUOUS_SEQUENCE, …) and UnreadableInput, each with
    its remedy.
    """
    file = cut_file(path)
    name = Path(path).name
    kind = file.suffix.lower()
    if kind not in FORMATS:
        raise UnreadableInput(
            f"{name} is not of an editorial format that is read here.",
            remedy=f"Export the cut as one of {', '.join(FORMATS)}.",
            reason="UNKNOWN_FORMAT",
            context={"file": name},
        )
    if kind in INSIDE:
        raise UnreadableInput(
            f"{name} is a bundle, which is a folder; this is a file.",
            remedy="Copy the whole bundle again, with what is in it.",
            reason="UNREADABLE_CUT",
            context={"file": name},
        )
    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    if kind == ".edl":
        timeline, own, notices = _edl(_bytes(file, name), name, rate)
        return OpenCut(timeline, own, sha256, notices)
    if kind in {".otio", ".otioz"}:
        text = content_of(file, name) if kind == ".otioz" else _bytes(file, name)
        timeline = _only_timeline(_read_otio(_text(text, name), name), name, sequence)
        return OpenCut(timeline, _rate_of(timeline, rate, name), sha256, [])
    found = (
        timeline_from_aaf(file, name, sequence) if kind == ".aaf" else _xml(_bytes(file, name), name, sequence, rate)
    )
    timeline, own, notices = found
    if rate is not None and rate != own:
        raise _mismatch(name, own, rate)
    return OpenCut(timeline, own, sha256, notices)


def _edl(data: bytes, name: str, rate: Rate | None) -> tuple[otio.schema.Timeline, Rate, list[Notice]]:
    if rate is None:
        raise InvalidRequest(
            f"An EDL carries no frame rate, and none was given for {name}.",
            remedy='Set rate = "24" (or "23.976", …) in studio.toml, or pass --rate.',
            reason="MISSING_RATE",
            context={"file": name},
        )
    timeline, notices = timeline_from_edl(_text(data, name), rate)
    return timeline, rate, notices


def _xml(data: bytes, name: str, sequence: str, given: Rate | None) -> tuple[otio.schema.Timeline, Rate, list[Notice]]:
    """A cut in XML, whichever of the two kinds it is: both are found under both endings."""
    try:
        root = parsed(data)
    except BadMarkupError as error:
        raise UnreadableInput(
            f"{name} cannot be read: {error}.",
            remedy="Export the sequence again as Final Cut Pro XML; it may have been cut off on the way.",
            reason="UNREADABLE_XML",
            context={"file": name},
        ) from error
    try:
        if root.tag == "xmeml":
            return timeline_from_fcp7(root, name, sequence)
        if root.tag == "fcpxml":
            return timeline_from_fcpxml(root, name, sequence, given)
    except BadElementError as error:
        raise UnreadableInput(
            f"The sequence in {name} cannot be read: {error}.",
            remedy="Export the sequence again.",
            reason="UNREADABLE_XML",
            context={"file": name},
        ) from error
    raise UnreadableInput(
        f"{name} is XML, but neither Final Cut Pro 7's (<xmeml>) nor Final Cut Pro's (<fcpxml>): "
        f"it starts with <{root.tag[:40]}>.",
        remedy=f"Export the cut as one of {', '.join(FORMATS)}.",
        reason="UNKNOWN_FORMAT",
        context={"file": name},
    )


def _bytes(file: Path, name: str) -> bytes:
    size = file.stat().st_size
    if size > _LARGEST:
        raise UnreadableInput(
            f"{name} is {size >> 20} MiB large; a cut stays under {_LARGEST >> 20}.",
            remedy="Export the sequence alone, without media.",
            reason="TOO_LARGE",
            context={"file": name},
        )
    return file.read_bytes()


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if name.lower().endswith(".edl"):
            return data.decode("latin-1")  # EDLs are older than Unicode; every byte means something there
        raise UnreadableInput(
            f"{name} is not UTF-8 text.", remedy="Export the timeline again.", reason="UNREADABLE_OTIO"
        ) from None


def _read_otio(text: str, name: str) -> otio.core.SerializableObject:
    """Parse without media linkers, hooks or plug-ins: what the environment says must not change what is read."""
    try:
        value = otio.core.deserialize_json_from_string(checked(text))
    except (ValueError, TypeError, LookupError, RuntimeError, otio.exceptions.OTIOError) as error:
        raise _newer(text, name) or UnreadableInput(
            f"{name} is not a readable OpenTimelineIO file: {str(error).strip()[:160]}.",
            remedy="Export the timeline again; it may have been cut off on the way.",
            reason="UNREADABLE_OTIO",
            context={"file": name},
        ) from error
    if not isinstance(value, otio.core.SerializableObject):
        raise UnreadableInput(
            f"{name} holds no timeline.", remedy="Export a sequence as .otio.", reason="UNREADABLE_OTIO"
        )
    return value


def _newer(text: str, name: str) -> UnreadableInput | None:
    """The error for a file with schemas newer than the library, or None when there is none."""
    versions = otio.core.type_version_map()
    known = {schema: int(versions[schema]) for schema in versions}
    found = {(s, int(v)) for s, v in re.findall(r'"OTIO_SCHEMA"\s*:\s*"([A-Za-z_]\w*)\.(\d+)"', text)}
    newer = sorted(f"{s}.{v} (read here: up to {s}.{known[s]})" for s, v in found if s in known and v > known[s])
    if not newer:
        return None
    return UnreadableInput(
        f"{name} was written by a newer OpenTimelineIO than {otio.__version__}: it holds {', '.join(newer)}.",
        remedy="Export it for OTIO_CORE:0.17.0 (set OTIO_DEFAULT_TARGET_VERSION_FAMILY_LABEL in the program that "
        "writes it), or install a newer opentimelineio where usd_ai runs.",
        reason="NEWER_SCHEMA",
        context={"file": name, "schema": newer[0].split(" ", 1)[0], "library": otio.__version__},
    )


def _only_timeline(value: otio.core.SerializableObject, name: str, sequence: str) -> otio.schema.Timeline:
    if isinstance(value, otio.schema.Timeline):
        return value
    if isinstance(value, otio.schema.SerializableCollection):
        timelines = value.find_children(descended_from_type=otio.schema.Timeline)
        return chosen([(item.name, item) for item in timelines], name, sequence)
    if isinstance(value, otio.core.Item):
        wrapped = otio.schema.Timeline(value.name)
        track = otio.schema.Track(kind=otio.schema.TrackKind.Video)
        if isinstance(value, otio.schema.Stack):
            wrapped.tracks = value
        elif isinstance(value, otio.schema.Track):
            wrapped.tracks.append(value)
        else:
            track.append(value)
            wrapped.tracks.append(track)
        return wrapped
    raise UnreadableInput(
        f"{name} holds a {type(value).__name__}, not a timeline.",
        remedy="Export a sequence as .otio.",
        reason="UNREADABLE_OTIO",
        context={"file": name},
    )


def _rate_of(timeline: otio.schema.Timeline, given: Rate | None, name: str) -> Rate:
    """The rate of the cut: that of its start, else of its first picture item. A given rate must agree."""
    begin = timeline.global_start_time
    found = parse_rate(begin.rate) if begin is not None and begin.rate > _NO_RATE else None
    for track in timeline.video_tracks() if found is None else ():
        for item in track.find_children(descended_from_type=otio.core.Item):
            span = item.source_range
            if span is None and isinstance(item, otio.schema.Clip) and item.media_reference is not None:
                span = item.media_reference.available_range
            if span is not None and span.duration.rate > 0:
                with suppress(InvalidRequest):  # one that has none is told of when its turn comes
                    found = parse_rate(span.duration.rate)
                    break
        if found is not None:
            break
    if found is not None and given is not None and found != given:
        raise _mismatch(name, found, given)
    if found is None and given is None:
        raise InvalidRequest(
            f"{name} holds nothing that says a frame rate.",
            remedy="Check that the cut is not empty, or pass --rate.",
            reason="MISSING_RATE",
            context={"file": name},
        )
    return found or given or Rate(24)


def _mismatch(name: str, found: Rate, given: Rate) -> InvalidRequest:
    return InvalidRequest(
        f"{name} runs at {found} frames a second, not at {given}.",
        remedy=f'Set rate = "{found}" in studio.toml, or leave the rate out.',
        reason="RATE_MISMATCH",
        context={"file": name, "rate": str(found)},
    )
