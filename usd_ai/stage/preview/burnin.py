"""What an editor reads on a preview movie's picture: shot, version, frame, timecode, handles; and the slate before it.

Lettered with the typeface that ships with Pillow (Aileron, CC0), so that it looks the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from usd_ai.core.errors import UnreadableInput

_PAGE, _INK, _SOFT, _LINE = (24, 24, 25), (222, 220, 216), (158, 156, 152), (52, 52, 54)
_BOX, _HANDLES = (0, 0, 0, 150), (232, 162, 60)


@dataclass(frozen=True, slots=True)
class Burn:
    """What stands on one frame. ``handles``: the frame lies outside the cut."""

    shot: str
    version: str
    reel: str
    frame: int
    timecode: str
    handles: bool


def burned(picture: NDArray[np.uint8], burn: Burn) -> NDArray[np.uint8]:
    """A copy of a picture, uint8 [height, width, 3], lettered in its corners; "HANDLES" below in the middle."""
    height, width, _ = picture.shape
    size = _type_size(height)
    page = Image.fromarray(picture).convert("RGBA")
    over = Image.new("RGBA", page.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(over)
    edge = size * 3 // 4
    corners = (
        (edge, edge, "la", f"{burn.shot}  {burn.version}".strip()),
        (width - edge, edge, "ra", burn.reel),
        (edge, height - edge, "ls", str(burn.frame)),
        (width - edge, height - edge, "rs", burn.timecode),
    )
    for x, y, anchor, text in corners:
        _boxed(pen, (x, y), text, anchor, size, _INK)
    if burn.handles:
        _boxed(pen, (width // 2, height - edge), "HANDLES", "ms", size, _HANDLES)
    return np.asarray(Image.alpha_composite(page, over).convert("RGB"), dtype=np.uint8)


def slate(width: int, height: int, heading: str, lines: tuple[tuple[str, str], ...]) -> NDArray[np.uint8]:
    """A slate, uint8 [height, width, 3]: the heading, and below it what is said as label and value."""
    page = Image.new("RGB", (width, height), _PAGE)
    pen = ImageDraw.Draw(page)
    size = max(8, min(_type_size(height), (height * 9 // 10) * 2 // (3 * (len(lines) + 4))))
    left, top = width // 10, height // 10
    pen.text((left, top), heading, fill=_INK, font=_font(2 * size), anchor="la")
    top += 3 * size
    pen.line([(left, top), (width - left, top)], fill=_LINE, width=max(1, size // 10))
    for label, value in lines:
        top += size * 3 // 2
        pen.text((left, top), label, fill=_SOFT, font=_font(size), anchor="ls")
        pen.text((left + 7 * size, top), value, fill=_INK, font=_font(size), anchor="ls")
    return np.asarray(page, dtype=np.uint8)


def _boxed(
    pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, anchor: str, size: int, ink: tuple[int, int, int]
) -> None:
    if not text:
        return
    font = _font(size)
    box = pen.textbbox(at, text, font=font, anchor=anchor)
    line = pen.textbbox(at, "Hg", font=font, anchor=anchor)  # boxes of one row are equally tall, whatever letters
    pad = size // 4
    pen.rectangle((box[0] - pad, line[1] - pad, box[2] + pad, line[3] + pad), fill=_BOX)
    pen.text(at, text, fill=(*ink, 255), font=font, anchor=anchor)


def _type_size(height: int) -> int:
    """A twenty-fourth of the picture, as burn-ins are usually read at a glance, and never too small to read."""
    return max(10, height // 24)


def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise UnreadableInput(
            "This Pillow was built without FreeType, so the movie cannot be lettered.",
            remedy="Install Pillow from its wheel: pip install --force-reinstall pillow.",
            reason="PILLOW_WITHOUT_FREETYPE",
        )
    return font
