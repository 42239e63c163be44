"""Pictures for a page that is one file: small enough that a list of hundreds of shots can still be sent by mail."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from usd_ai.core.errors import NotFound, UnreadableInput

WIDEST = 640
"""Pixels: twice what the page shows, for fine screens and print. Wider pictures are made smaller."""

_QUALITY = 86  # JPEG: no loss that is seen at this size, about 40 kB a picture
_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def as_data(path: str) -> str:
    """A picture file as an address that holds it. Equal pictures give equal text with one release of Pillow.

    Raises NotFound where it is not there, UnreadableInput for one that is no PNG and no JPEG, or a damaged one.
    """
    name = Path(path).name
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise NotFound(
            f"The picture {name} for the change list is not there.",
            remedy="Render it again: usd-ai preview; or ask for the list without pictures.",
            reason="PICTURE_MISSING",
            context={"file": name},
        ) from error
    kind = next((kind for mark, kind in _KINDS.items() if data.startswith(mark)), "")
    if not kind:
        raise _no_picture(name)
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            if picture.width > WIDEST:
                kind, data = "image/jpeg", _smaller(picture)
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise _no_picture(name) from error
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _smaller(picture: Image.Image) -> bytes:
    size = (WIDEST, max(1, round(picture.height * WIDEST / picture.width)))
    held = io.BytesIO()
    small = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    small.save(held, "JPEG", quality=_QUALITY, optimize=True)
    return held.getvalue()


def _no_picture(name: str) -> UnreadableInput:
    return UnreadableInput(
        f"The file {name} is no PNG and no JPEG, or a damaged one.",
        remedy="Render it again: usd-ai preview; or ask for the list without pictures.",
        reason="PICTURE_UNREADABLE",
        context={"file": name},
    )
