"""Timecode as an EDL at 24 frames a second writes it; written apart from ours, so that tests do not ask the tested."""

from __future__ import annotations


def timecode(frame: int) -> str:
    """A frame number at 24 frames a second."""
    seconds, frames = divmod(frame, 24)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frames:02d}"
