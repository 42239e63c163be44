"""Which shot a clip is a take of. Editorial names clips after takes, versions and departments; a shot outlives them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import opentimelineio as otio

METADATA = "usd_ai"
_FILE_ENDING = re.compile(
    r"(\.\[\d+-\d+\]|\.%0\dd|\.#+)?\.(mov|mp4|mxf|mkv|avi|exr|dpx|tiff?|jpe?g|png|usd[acz]?)$", re.IGNORECASE
)
_QUALIFIER = re.compile(
    r"(\s+FF|\s*\*|\s*\([A-Za-z][A-Za-z -]*\d+\)|\s*\([\d.]+ FPS\))$"
)  # Avid's marks, a department's version
_VERSION = re.compile(r"[ ._-]+v\d{1,5}$", re.IGNORECASE)
_CODE = re.compile(r"^[A-Za-z0-9]+(_[A-Za-z0-9]+)+$")


def shot_of(name: str) -> str:
    """The shot's name in a clip's name: without file ending, department qualifier and version.

    ``sh010_v003`` → ``sh010``; ``Z677_4C (ANIM10)`` → ``Z677_4C``; ``sh020.v12.[1001-1040].exr`` → ``sh020``.
    A name that would vanish is kept as it is.
    """
    shot = _FILE_ENDING.sub("", name.strip())
    while (shorter := _VERSION.sub("", _QUALIFIER.sub("", shot))) != shot:
        shot = shorter
    return shot.strip() or name.strip()


def shot_code(comment: str) -> str:
    """The shot code that a bare EDL comment is (``*079_HA_0010``, as ShotGrid's exports write it), or ""."""
    text = comment.strip().lstrip("*").strip()
    return text if _CODE.match(text) and any(c.isdigit() for c in text) else ""


def shot_of_clip(clip: otio.schema.Clip) -> str:
    """The shot of a clip: what we wrote into it, else a shot code among its EDL comments, else its name or media."""
    own = _table(clip.metadata, METADATA)
    if own is not None and isinstance(own.get("shot"), str):
        return str(own["shot"])
    edl = _table(clip.metadata, "cmx_3600")
    comments = edl.get("comments", ()) if edl is not None else ()
    for comment in comments if isinstance(comments, Sequence) else ():
        code = shot_code(comment) if isinstance(comment, str) else ""
        if code:
            return code
    return shot_of(clip.name) if clip.name else shot_of(_media_name(clip.media_reference))


def reel_of_clip(clip: otio.schema.Clip) -> str:
    """The reel that a clip's source is on, or ""."""
    edl = _table(clip.metadata, "cmx_3600")
    reel = edl.get("reel", "") if edl is not None else ""
    return reel if isinstance(reel, str) else ""


def _table(metadata: Mapping[str, object], key: str) -> Mapping[str, object] | None:
    value = metadata.get(key)
    return value if isinstance(value, Mapping) else None


def _media_name(media: otio.core.MediaReference | None) -> str:
    if media is None:
        return ""
    if isinstance(media, otio.schema.ExternalReference):
        return str(media.target_url).replace("\\", "/").rsplit("/", 1)[-1]
    if isinstance(media, otio.schema.ImageSequenceReference):
        return str(media.name_prefix).rstrip("._-")
    return str(media.name) if media.name else ""
