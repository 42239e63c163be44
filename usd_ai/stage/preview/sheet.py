"""A contact sheet as a studio prints it: a dark neutral page, a row per shot, what it is in small letters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput
from usd_ai.core.types import SheetShot
from usd_ai.stage.preview import png

_PAGE, _INK, _SOFT, _FAINT, _LINE = (24, 24, 25), (222, 220, 216), (158, 156, 152), (112, 111, 108), (52, 52, 54)
_MARGIN, _GAP, _SPACE = 44, 10, 34  # around the page, between pictures, between shots
_CELL = 440  # width of a picture
_HEAD, _TITLE, _CAPTION = 26, 19, 13  # type sizes


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A shot on the sheet.

    ``pictures``: PNG files with what stands under each (a frame number). ``captions``: lines beside the title, such as
    the layer's version, the plan's digest and the seed.
    """

    shot: str
    title: str
    pictures: tuple[tuple[str, str], ...]
    captions: tuple[str, ...] = ()


def contact_sheet(entries: tuple[SheetEntry, ...], out: str, *, heading: str = "", footer: str = "") -> str:
    """Write the sheet as PNG to ``out``, return the path. Same pictures and words, same bytes.

    Raises InvalidRequest without entries, NotFound for a picture that is not there, UnreadableInput for one that is
    none.
    """
    if not entries or not any(entry.pictures for entry in entries):
        raise InvalidRequest(
            "A contact sheet needs at least one picture.",
            remedy="Generate a shot first: usd-ai generate.",
            reason="SHEET_EMPTY",
        )
    columns = max(len(entry.pictures) for entry in entries)
    width = 2 * _MARGIN + columns * _CELL + (columns - 1) * _GAP
    loaded = [[_load(path) for path, _ in entry.pictures] for entry in entries]
    tall = [max((picture.height for picture in row), default=0) for row in loaded]
    row_head = _TITLE + 14
    top = _MARGIN + (_HEAD + 26 if heading else 0)
    height = top + sum(row_head + each + _CAPTION + 12 + _SPACE for each in tall) - _SPACE + _MARGIN
    height += _CAPTION + 22 if footer else 0
    page = Image.new("RGB", (width, height), _PAGE)
    pen = ImageDraw.Draw(page)
    if heading:
        pen.text((_MARGIN, _MARGIN), heading, fill=_INK, font=_font(_HEAD), anchor="la")
        pen.line([(_MARGIN, top - 14), (width - _MARGIN, top - 14)], fill=_LINE, width=1)
    for entry, row, each in zip(entries, loaded, tall, strict=True):
        _row(page, entry, row, top)
        top += row_head + each + _CAPTION + 12 + _SPACE
    if footer:
        pen.text((_MARGIN, height - _MARGIN), footer, fill=_FAINT, font=_font(_CAPTION), anchor="ls")
    data = png.encode(np.asarray(page, dtype=np.uint8), {"Software": "usd_ai"})
    unfinished = Path(f"{out}.part")
    unfinished.write_bytes(data)
    unfinished.replace(out)
    return out


def _row(page: Image.Image, entry: SheetEntry, pictures: list[Image.Image], top: int) -> None:
    pen = ImageDraw.Draw(page)
    base = top + _TITLE
    pen.text((_MARGIN, base), entry.shot, fill=_INK, font=_font(_TITLE), anchor="ls")
    after = _MARGIN + pen.textlength(entry.shot, font=_font(_TITLE)) + 16
    pen.text((after, base), entry.title, fill=_SOFT, font=_font(_CAPTION + 2), anchor="ls")
    words = "    ".join(entry.captions)
    pen.text((page.width - _MARGIN, base), words, fill=_FAINT, font=_font(_CAPTION), anchor="rs")
    under = top + _TITLE + 14
    for number, (picture, (_, label)) in enumerate(zip(pictures, entry.pictures, strict=True)):
        left = _MARGIN + number * (_CELL + _GAP)
        page.paste(picture, (left, under))
        foot = under + picture.height + 8
        pen.text((left, foot), label, fill=_FAINT, font=_font(_CAPTION), anchor="la")


def _load(path: str) -> Image.Image:
    try:
        with Image.open(path) as picture:
            height = max(1, round(picture.height * _CELL / picture.width))
            return picture.convert("RGB").resize((_CELL, height), Image.Resampling.LANCZOS)
    except FileNotFoundError as error:
        raise NotFound(
            f"The picture {Path(path).name} for the contact sheet is not there.",
            remedy="Render it again: usd-ai preview.",
            reason="PICTURE_MISSING",
            context={"file": Path(path).name},
        ) from error
    except UnidentifiedImageError as error:
        raise UnreadableInput(
            f"The file {Path(path).name} is no picture.",
            remedy="Render it again: usd-ai preview.",
            reason="PICTURE_UNREADABLE",
            context={"file": Path(path).name},
        ) from error


def _font(size: int) -> ImageFont.FreeTypeFont:
    """The typeface that ships with Pillow (Aileron, CC0)."""
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise UnreadableInput(
            "This Pillow was built without FreeType, so the sheet cannot be lettered.",
            remedy="Install Pillow from its wheel: pip install --force-reinstall pillow.",
            reason="PILLOW_WITHOUT_FREETYPE",
        )
    return font


def sheet_task(heading: str, shots: tuple[SheetShot, ...], out: str) -> str:
    """Task: the contact sheet of a project's shots; its path."""
    entries = tuple(SheetEntry(s.shot, s.title, s.pictures, s.captions) for s in shots)
    return contact_sheet(entries, out, heading=heading)
