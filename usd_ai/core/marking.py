"""What is written back onto the clips of a cut: marks with what was decided, and further media. Plain values.

Frames of ``record`` are of the cut, 0 = its first; ``frames`` are of the shot. Both ends included.
"""

from __future__ import annotations

from dataclasses import dataclass

from usd_ai.core.cuts import FrameRange, Rate
from usd_ai.core.layers import SheetShot

MOVIE, FRAMES = "movie", "frames"
"""Kinds of further media: a preview movie, a sequence of rendered frames."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Picture files (PNG, JPEG) of a shot: as the layer was, and as it is now; "" for none."""

    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A change list in words: a sentence for each shot to which something happened; and as rows of a contact sheet."""

    sentences: tuple[str, ...]
    heading: str
    sheet: tuple[SheetShot, ...]


@dataclass(frozen=True, slots=True)
class ClipMark:
    """A mark on a use of a shot: ``said`` in a few words, ``note`` with what was decided. ``colour`` as OTIO names it.

    ``gone``: the cut has the use no more; the mark stands on the sequence, where the use stood.
    """

    shot: str
    track: str
    record: FrameRange
    said: str
    note: str
    colour: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class ClipMedia:
    """Further media of a shot. ``path`` is absolute; of a sequence ``####`` stands for the frame's number.

    ``as_default``: it stands in for the clips' own media, which is kept beside it.
    """

    shot: str
    kind: str
    path: str
    frames: FrameRange
    rate: Rate
    as_default: bool = False
