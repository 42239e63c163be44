"""Preview movies for editors: what is wished for, and what was written. Frames are the shot's, both ends included."""

from __future__ import annotations

from dataclasses import dataclass

from usd_ai.core.cuts import FrameRange, Rate

SLATES = ("none", "before", "inside")
"""Where a slate stands: nowhere; one frame before the first, beyond the length; on the first frame."""


@dataclass(frozen=True, slots=True)
class MovieWish:
    """What a movie is to be.

    ``start_frame``: the shot's number of the first picture, handles included. ``handles``: so many pictures at the
    start and at the end lie outside the cut and are marked. ``codec``: "prores" (422 HQ) or "dnxhr" (HQX). ``drop``:
    count drop-frame timecode.
    """

    rate: Rate
    start_frame: int
    shot: str
    version: str = ""
    reel: str = ""
    codec: str = "prores"
    handles: tuple[int, int] = (0, 0)
    slate: str = "none"
    drop: bool = False
    burn_in: bool = True


@dataclass(frozen=True, slots=True)
class Movie:
    """A movie as written. ``frames``: all that are in it, by the shot's numbers, a slate before the first included."""

    path: str
    frames: FrameRange
    rate: Rate
    timecode: str  # of its first frame
