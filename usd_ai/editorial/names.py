"""Which shot a clip is a take of. Editorial names clips after takes, versions and departments; a shot outlives them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import opentimelineio as otio

from usd_ai.core.naming import PLAIN, Naming

_Of = TypeVar("_Of")

METADATA = "usd_ai"
MEDIA_KEY = "usd_ai.media"
"""Where a clip's own media stays while a preview movie stands in for it."""

_EDL = "cmx_3600"  # where OpenTimelineIO's programs keep a clip's reel and comments
LONGEST_TEXT = 1024
"""Characters that are kept of what a clip says of itself: names, reels, comments, paths. Real ones stay under 300."""

SEPARATORS = " ._-"
"""What stands between the words of a name."""

_TAIL = 160
"""Patterns look at this many of a name's last characters: what stands there is short, and a name may be anything."""

_FILE_ENDING = re.compile(
    r"(\.\[\d+-\d+\]|\.%0\dd|\.#+|\.\d{4,8}(?=\.(exr|dpx|tiff?|jpe?g|png)$))?"
    r"\.(mov|mp4|mxf|mkv|avi|exr|dpx|tiff?|jpe?g|png|usd[acz]?)$",
    re.IGNORECASE,
)
_QUALIFIER = re.compile(
    r"((?<=\s)FF|\*|\([A-Za-z][A-Za-z -]*\d+\)|\([\d.]+ FPS\)|\.(?i:new|copy|sub|dub|exported|subclip)\.?\d+)$"
)  # Avid's and Premiere's marks, a department's version
_MARKS = re.compile(r"((?<=\s)FF|\*|\([\d.]+ FPS\))$")  # of these, what says nothing about a version
_VERSION = re.compile(r"(?<=[ ._-])v\d{1,5}$", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)+")


def without(pattern: re.Pattern[str], name: str, before: str | None = "") -> str:
    """A name without what a pattern finds at its end, and without the characters ``before`` that (None: spaces).

    The time grows with the name's length and no faster, whatever it is: the pattern sees the last few characters, and
    separators, of which there may be thousands, are no part of it.
    """
    from_here = max(len(name) - _TAIL, 0)
    found = pattern.search(name, from_here)
    if found is None or found.end() != len(name):
        return name
    rest = name[: found.start()]
    return rest.rstrip(before) if before != "" else rest


def each(items: Sequence[_Of]) -> list[_Of]:
    """The items of one of the library's lists. Its iterators end with an exception from C++, which costs 15 µs."""
    return [items[k] for k in range(len(items))]


def plain_form(text: str) -> str:
    """A text in Unicode's composed form (NFC): macOS writes ``é`` as two characters where others write one."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


@lru_cache(maxsize=1 << 15)  # two cuts that are compared name the same clips, and reels as they name clips
def shot_of(name: str) -> str:
    """The shot's name in a clip's name: without file ending, department qualifier and version.

    ``sh010_v003`` → ``sh010``; ``Z677_4C (ANIM10)`` → ``Z677_4C``; ``sh020.v12.[1001-1040].exr`` → ``sh020``.
    A name that would vanish is kept as it is.
    """
    shot = without(_FILE_ENDING, name.strip())
    while (shorter := without(_VERSION, without(_FILE_ENDING, without(_QUALIFIER, shot, None)), SEPARATORS)) != shot:
        shot = shorter
    return shot.strip() or name.strip()


@lru_cache(maxsize=1 << 15)  # as above
def take_of(name: str) -> str:
    """A clip's name with its version, without file ending and the marks that programs add to what is frozen or retimed.

    ``sh010_v003.mov`` and ``sh010_v003 FF`` → ``sh010_v003``.
    """
    take = without(_FILE_ENDING, name.strip())
    while (shorter := without(_MARKS, take, None)) != take:
        take = shorter
    return take.strip() or name.strip()


def shot_code(comment: str) -> str:
    """The shot code that a bare EDL comment is (``*079_HA_0010``, as ShotGrid's exports write it), or ""."""
    text = comment.strip().lstrip("*").strip()
    return text if _CODE.fullmatch(text) and any(c.isdigit() for c in text) else ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a clip says of itself, asked once: the library's tables take 1 µs for what they hold, 20 for what they lack.

    ``shot``: what we wrote into it, None where we did not. ``media``: the source file or sequence as the format names
    it, a URL, a path, a sequence's pattern; or "". ``more``: whether its metadata hold anything else. No reference of
    the library is kept: giving the clip others while one is held crashes it. No text is longer than `LONGEST_TEXT`;
    ``cut_off``: one of them was, and the rest of it is gone.
    """

    clip: otio.schema.Clip
    name: str
    shot: str | None
    reel: str
    comments: tuple[str, ...]
    media: str
    more: bool
    cut_off: bool


def said_of(clip: otio.schema.Clip) -> Said:
    """What a clip says of itself."""
    metadata = clip.metadata
    own, edl = _tables(metadata)
    shot = own.get("shot") if own is not None else None
    reel, comments = _reel_and_comments(edl) if edl is not None else ("", ())
    more = len(metadata) > (own is not None) + (edl is not None)
    name, media = clip.name, _source(own_media(clip), comments)
    cut_off = any(len(text) > LONGEST_TEXT for text in (name, reel, media, *comments))
    if cut_off:
        name, reel, comments = kept(name), kept(reel), tuple(kept(text) for text in comments)
        media = media[-LONGEST_TEXT:]  # of a path its end says most
    return Said(clip, name, kept(shot) if isinstance(shot, str) else None, reel, comments, media, more, cut_off)


def kept(text: str) -> str:
    """What is kept of a text that says what something is."""
    return text[:LONGEST_TEXT]


def shot_of_clip(said: Said, naming: Naming = PLAIN) -> str:
    """The shot of a clip: what we wrote into it, else what the studio's naming finds.

    Else a shot code among its EDL comments, else its name or media.
    """
    if said.shot is not None:
        return said.shot
    name = said.name
    if naming.shots:
        told = naming.shot_in((name, *said.comments, *_locators(said.clip), _media_name(own_media(said.clip))))
        if told:
            return told
    for comment in said.comments:
        code = shot_code(comment)
        if code:
            return code
    return shot_of(name) if name else shot_of(_media_name(own_media(said.clip)))


def _locators(clip: otio.schema.Clip) -> tuple[str, ...]:
    """What an editor wrote on a clip's markers; an EDL's LOC lines become markers."""
    return tuple(kept(text) for marker in _theirs(clip.markers) for text in (marker.name, marker.comment) if text)


def _theirs(markers: Sequence[otio.schema.Marker]) -> list[otio.schema.Marker]:
    """The markers that are not ours."""
    return [marker for marker in each(markers) if not is_ours(marker)]


def is_ours(item: otio.core.SerializableObjectWithMetadata) -> bool:
    """Whether a marker or reference was written by us."""
    return _tables(item.metadata)[0] is not None


def own_media(clip: otio.schema.Clip) -> otio.core.MediaReference:
    """The media that a clip came with, also where we let a preview movie stand in for it."""
    media = clip.media_reference
    if media is None or len(media.metadata) == 0 or not is_ours(media):
        return media
    return clip.media_references().get(MEDIA_KEY, media)


_Table = Mapping[str, object]


def _tables(metadata: _Table) -> tuple[_Table | None, _Table | None]:
    """Our table and an EDL's, where metadata hold them; nothing is asked for that cannot be there."""
    size = len(metadata)
    edl = metadata.get(_EDL) if size else None
    found = isinstance(edl, Mapping)
    own = metadata.get(METADATA) if size > found else None
    return own if isinstance(own, Mapping) else None, edl if found else None


def _reel_and_comments(edl: _Table) -> tuple[str, tuple[str, ...]]:
    """The reel that a source is on, or "", and the comments beside the clip; as `_tables` asks."""
    size = len(edl)
    reel = edl.get("reel") if size else None
    comments = edl.get("comments") if size > (reel is not None) else None
    lines: list[object] = each(comments) if isinstance(comments, Sequence) else []
    return reel if isinstance(reel, str) else "", tuple(line for line in lines if isinstance(line, str))


def _media_name(media: otio.core.MediaReference | None) -> str:
    if media is None:
        return ""
    if isinstance(media, otio.schema.ExternalReference):
        return str(media.target_url)[-LONGEST_TEXT:].replace("\\", "/").rsplit("/", 1)[-1]
    if isinstance(media, otio.schema.ImageSequenceReference):
        return kept(str(media.name_prefix)).rstrip("._-")
    return kept(str(media.name)) if media.name else ""


def _source(media: otio.core.MediaReference, comments: Sequence[str]) -> str:
    if isinstance(media, otio.schema.ExternalReference):
        return str(media.target_url)
    if isinstance(media, otio.schema.ImageSequenceReference):
        return f"{media.target_url_base}{media.name_prefix}#{media.name_suffix}"
    for comment in comments:
        if comment.startswith("SOURCE FILE: "):
            return comment.removeprefix("SOURCE FILE: ")
    return str(media.name) if media is not None and media.name else ""


def extra_of_clip(said: Said) -> str:
    """A digest of what a clip says beyond its place, range, name and media: markers, colour, metadata; "" for nothing.

    Event numbers are left out: they count events, and a ripple changes them all. So is what we wrote ourselves.
    """
    markers = _theirs(said.clip.markers)
    return _digest(said.clip.metadata, markers) if markers or said.more else ""


def extra_of_sequence(timeline: otio.schema.Timeline) -> str:
    """A digest of what the sequence says of itself beyond its clips: metadata and markers; "" for nothing."""
    tracks = timeline.tracks
    markers = [
        *_theirs(tracks.markers),
        *(marker for track in tracks if isinstance(track, otio.core.Item) for marker in _theirs(track.markers)),
    ]
    return _digest(timeline.metadata, markers)


def _digest(metadata: _Table, markers: list[otio.schema.Marker]) -> str:
    said = {}
    if len(metadata) > sum(table is not None for table in _tables(metadata)):
        said = {key: value for key, value in metadata.items() if key not in {METADATA, _EDL}}
    if not said and not markers:
        return ""
    text = otio.core.serialize_json_to_string({"metadata": said, "markers": markers}, {}, 0)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
