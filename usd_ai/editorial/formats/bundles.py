"""The timeline inside an .otioz file. Nothing is unpacked onto a disk, so no name in it can lead anywhere."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from usd_ai.core.errors import UnreadableInput

_CONTENT = "content.otio"  # OpenTimelineIO's documentation, "File Bundles"
_LARGEST = 256 << 20  # bytes unpacked; 5,000 clips are 5 MB


def content_of(file: Path, name: str) -> bytes:
    """The timeline's text. Raises UnreadableInput."""
    try:
        with zipfile.ZipFile(file) as bundle, bundle.open(_CONTENT) as content:
            data = content.read(_LARGEST + 1)
    except KeyError:
        raise _refusal(name, f"it has no {_CONTENT} in it") from None
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError) as error:
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
