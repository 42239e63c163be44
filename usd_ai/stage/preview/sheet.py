"""A contact sheet as a studio prints it: a dark neutral page, a row per shot, what it is in small letters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput
from usd_ai.core.types import SheetShot
from usd_ai.stage.preview import png

_PAGE, _INK, _SOFT, _FAINT, _LINE = (24, 24, 25), (222, 220, 216), (158, 156, 152), (112, 111, 108), (52, 52, 54)
_MARGIN, _GAP, _SPACE = 44, 10, 34  # around the page, between pictures, between shots
_CELL = 440  # width of a picture
_HEAD, _TITLE, _TEXT, _CAPTION = 26, 19, 15, 13  # type sizes
_LEAD = 21  # from one line of words to the next


_PANEL = 470  # width of the words beside pictures
_COLOURS = {
    "": _INK,
    "GREY": _SOFT,
    "RED": (244, 128, 118),
    "YELLOW": (236, 178, 88),
    "GREEN": (120, 205, 152),
    "PURPLE": (194, 162, 238),
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A shot, laid out: its pictures as loaded (None: an empty frame), the lines beside them, and how tall it is."""

    shot: SheetShot
    pictures: list[Image.Image | None]
    beside: list[tuple[str, str]]
    tall: int  # of the pictures, or of the lines beside where those are taller


def contact_sheet(shots: tuple[SheetShot, ...], out: str, *, heading: str = "") -> str:
    """Write the sheet as PNG to ``out``, return the path. Same pictures and words, same bytes.

    ``heading``: its first line large, others small below it. Raises InvalidRequest without pictures, NotFound for a
    picture that is not there, UnreadableInput for one that is none.
    """
    if not any(path for shot in shots for path, _ in shot.pictures):
        raise InvalidRequest(
            "A contact sheet needs at least one picture.",
            remedy="Generate a shot first: usd-ai generate.",
            reason="SHEET_EMPTY",
        )
    rows = [_laid_out(shot) for shot in shots]
    columns = max(len(shot.pictures) for shot in shots)
    side = _PANEL + 2 * _GAP if any(row.beside for row in rows) else 0
    width = 2 * _MARGIN + columns * _CELL + (columns - 1) * _GAP + side
    head = _headed(heading, width - 2 * _MARGIN)
    top = _MARGIN + sum(size + 10 for size, _, _ in head) + (22 if head else 0)
    height = top + sum(_height(row) for row in rows) - _SPACE + _MARGIN
    page = Image.new("RGB", (width, height), _PAGE)
    pen = ImageDraw.Draw(page)
    under = _MARGIN
    for size, ink, text in head:
        pen.text((_MARGIN, under), text, fill=ink, font=_font(size), anchor="la")
        under += size + 10
    if head:
        pen.line([(_MARGIN, under + 4), (width - _MARGIN - 1, under + 4)], fill=_LINE, width=1)
    for row in rows:
        _row(page, row, top)
        top += _height(row)
    data = png.encode(np.asarray(page, dtype=np.uint8), {"Software": "usd_ai"})
    unfinished = Path(f"{out}.part")
    unfinished.write_bytes(data)
    unfinished.replace(out)
    return out


def _headed(heading: str, width: int) -> list[tuple[int, tuple[int, int, int], str]]:
    """The lines on top of the page: type size, colour, words."""
    if not heading:
        return []
    first, *others = heading.split("\n")
    lines = [(_HEAD, _INK, text) for text in _wrapped(first, _HEAD, width)]
    return lines + [(_TEXT, _SOFT, text) for other in others for text in _wrapped(other, _TEXT, width)]


def _laid_out(shot: SheetShot) -> _Row:
    pictures = [_load(path) if path else None for path, _ in shot.pictures]
    beside = [(colour, line) for colour, text in shot.beside for line in _wrapped(text, _TEXT, _PANEL)]
    tall = max((picture.height for picture in pictures if picture is not None), default=_CELL * 9 // 16)
    return _Row(shot, pictures, beside, max(tall, len(beside) * _LEAD - _CAPTION))


def _height(row: _Row) -> int:
    return _TITLE + 14 + row.tall + _CAPTION + 12 + _SPACE


def _row(page: Image.Image, row: _Row, top: int) -> None:
    pen, shot = ImageDraw.Draw(page), row.shot
    base = top + _TITLE
    words = _lettered("    ".join(shot.captions))
    room = page.width - 2 * _MARGIN
    name = _shortened(shot.shot, _TITLE, room)
    pen.text((_MARGIN, base), name, fill=_INK, font=_font(_TITLE), anchor="ls")
    after = pen.textlength(name, font=_font(_TITLE)) + 16
    left = room - after - pen.textlength(words, font=_font(_CAPTION)) - 16
    title = _shortened(shot.title, _TEXT, left)
    pen.text((_MARGIN + after, base), title, fill=_SOFT, font=_font(_TEXT), anchor="ls")
    pen.text((page.width - _MARGIN, base), words, fill=_FAINT, font=_font(_CAPTION), anchor="rs")
    under = top + _TITLE + 14
    tall = next((picture.height for picture in row.pictures if picture is not None), row.tall)
    for number, (picture, (_, label)) in enumerate(zip(row.pictures, shot.pictures, strict=True)):
        x = _MARGIN + number * (_CELL + _GAP)
        if picture is None:
            pen.rectangle((x, under, x + _CELL - 1, under + tall - 1), outline=_LINE)
            middle = (x + _CELL // 2, under + tall // 2)
            pen.text(middle, _shortened(label, _TEXT, _CELL - 20), fill=_SOFT, font=_font(_TEXT), anchor="mm")
            continue
        page.paste(picture, (x, under))
        foot = (x, under + picture.height + 8)
        pen.text(foot, _shortened(label, _CAPTION, _CELL), fill=_SOFT, font=_font(_CAPTION), anchor="la")
    x = page.width - _MARGIN - _PANEL
    for number, (colour, text) in enumerate(row.beside):
        ink = _COLOURS.get(colour, _INK)
        pen.text((x, under + number * _LEAD), text, fill=ink, font=_font(_TEXT), anchor="la")


# ------------------------------------------------------------------------------------------------ words


def _lettered(text: str) -> str:
    """With letters that the typeface has: it knows no arrow."""
    return text.replace(" → ", " to ").replace("→", "to")


def _wrapped(text: str, size: int, width: float) -> list[str]:
    """Lines no wider than ``width`` pixels; a single word that is wider is shortened."""
    lines: list[str] = []
    for word in _lettered(text).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _font(size).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(_shortened(word, size, width))
    return lines


def _shortened(text: str, size: int, width: float) -> str:
    """Cut off with dots where it is wider than ``width`` pixels."""
    text, font = _lettered(text), _font(size)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}...") > width:
        text = text[:-1]
    return f"{text.rstrip()}..." if text else ""


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


@cache
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
    return contact_sheet(shots, out, heading=heading)
