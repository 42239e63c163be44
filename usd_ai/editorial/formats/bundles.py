"""Timelines that come with their media: the file of a bundle that holds the cut.

Nothing is unpacked onto a disk, so no name in an .otioz can lead anywhere; a bundle that is a folder may not lead out
of itself. No OpenTimelineIO here: the server looks for the file, only its limited child opens it.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from pathlib import Path

from usd_ai.core.errors import NotFound, UnreadableInput

INSIDE = {".otiod": "content.otio", ".fcpxmld": "Info.fcpxml"}
"""Bundles that are folders, and the file in them that holds the cut."""

_CONTENT = "content.otio"  # OpenTimelineIO's documentation, "File Bundles"
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, NotImplementedError),
    *(ValueError, OverflowError, IndexError, struct.error),  # names, sizes and places that cannot be
)
"""What reading a zip file raises where its bytes are not those that were written: found by changing them at random."""

_LARGEST = 256 << 20  # bytes unpacked; 5,000 clips are 5 MB


def cut_file(path: str) -> Path:
    """The file that holds the cut: the one given, or the one in a bundle (.otiod, .fcpxmld). Raises NotFound."""
    given = Path(path)
    inside = INSIDE.get(given.suffix.lower()) if given.is_dir() else None
    file = given / inside if inside else given
    if not file.is_file():
        raise NotFound(
            f"There is no cut {given.name}." if not inside else f"The bundle {given.name} has no {inside} in it.",
            remedy="Look at 'cut' in studio.toml, or at the name you gave.",
            reason="CUT_NOT_FOUND",
            context={"file": given.name},
        )
    if inside and not file.resolve().is_relative_to(given.resolve()):
        raise UnreadableInput(
            f"The {inside} of the bundle {given.name} is a link to a file outside it.",
            remedy="Export the bundle again; it must hold its own timeline.",
            reason="UNREADABLE_CUT",
            context={"file": given.name},
        )
    return file


def content_of(file: Path, name: str) -> bytes:
    """The timeline's text. Raises UnreadableInput."""
    try:
        with zipfile.ZipFile(file) as bundle, bundle.open(_CONTENT) as content:
            data = content.read(_LARGEST + 1)
    except KeyError:
        raise _refusal(name, f"it has no {_CONTENT} in it") from None
    except _DAMAGED as error:
        raise _refusal(name, f"it is no sound zip file ({str(error)[:80]})") from error
    if len(data) > _LARGEST:
        raise _refusal(name, f"its timeline unpacks to more than {_LARGEST >> 20} MiB, which no cut needs")
    return data


def _refusal(name: str, why: str) -> UnreadableInput:
    return UnreadableInput(
        f"{name} cannot be read: {why}.",
        remedy="Write the bundle again, or export the timeline as .otio.",
        reason="UNREADABLE_OTIO",
        context={"file": name},
    )
