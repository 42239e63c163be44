"""How much two occurrences look like the same one, and why: the evidence that identity is decided on.

A clip's name is not its identity: one real cut has 83 names in 115 events. What editorial leaves behind is weighed
instead: the shot it says it is, the reel and the frames of it, the file, the name without its version, its comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from usd_ai.core.naming import PLAIN, Naming
from usd_ai.core.types import Cut, FrameRange, Occurrence
from usd_ai.editorial.names import LONGEST_TEXT, SEPARATORS, kept, plain_form, shot_of, without

# What evidence weighs. The shot outweighs all but a full match of the source; a name alone proves nothing.
SAME_SHOT = 3.0
SAME_SOURCE = 1.0
SAME_FRAMES = 3.0  # times the share of frames that both use
SAME_NAME = 1.0
SAME_SPELLING = 0.25
SAME_COMMENT = 0.5
SAME_TRACK = 0.1
SAME_TURN = 0.3  # the same use of the shot: the first, the second…
OTHER_SOURCE = -1.0
FAR_AWAY = -2.0  # the same reel, but nowhere near the same frames
ENOUGH = 2.9
"""Below this two occurrences are held to be different ones."""

_GENERIC = {"", "AX", "BL", "UNKNOWN", "001", "GEN"}  # reels that say nothing
_RENDITION = re.compile(
    r"(?<=[ ._-])(prox(y|ies)|prx|offline|online|(lo|low|hi|high)-?res|h\.?26[45]|prores([ ._-]?(422|4444|hq|lt)){0,4}"
    r"|dnx(hd|hr)([ ._-]?(\d{2,3}|lb|sq|hq|hqx|444))?|(720|1080|2160)p|[2468]k|u?hd)$",
    re.IGNORECASE,
)
"""What a file is called more when it is the same pictures in another size or codec: proxies, offline media."""


@dataclass(frozen=True, slots=True)
class Sight:
    """An occurrence with the keys that it can be recognised by; "" where it has none.

    ``order``: its place in the cut by record start. ``turn``: which use of its shot it is, from 0.
    """

    shot: str
    occurrence: Occurrence
    order: int
    turn: int
    name: str
    reel: str
    media: str

    @property
    def frames(self) -> FrameRange:
        """The shot's frames between its cuts. A freeze stands for as many as it is long: one alone overlaps nothing."""
        use = self.occurrence
        if use.retime is not None and use.retime.kind == "freeze":
            return FrameRange(use.trimmed.start, use.trimmed.start + use.record.count - 1)
        return use.trimmed


def sights(cut: Cut, naming: Naming = PLAIN) -> list[Sight]:
    """All occurrences of a cut in the order of their record starts, lower tracks first."""
    flat = [(shot.name, turn, use) for shot in cut.shots for turn, use in enumerate(shot.occurrences)]
    flat.sort(key=lambda one: (one[2].record.start, one[2].lane, one[2].record.end, one[0], one[1]))
    return [
        Sight(shot, use, order, turn, name_key(use.clip_name, naming), reel_key(use.reel), media_key(use.media))
        for order, (shot, turn, use) in enumerate(flat)
    ]


def name_key(name: str, naming: Naming = PLAIN) -> str:
    """A clip's name without version, department and case; as `plain_form` spells it."""
    name = plain_form(kept(name))
    return (naming.without_version(name) or shot_of(name)).casefold()


def reel_key(reel: str) -> str:
    """A reel without version and case; "" for one that names nothing."""
    text = shot_of(plain_form(kept(reel))).upper() if reel else ""
    return "" if text in _GENERIC else text


def media_key(media: str) -> str:
    """A file's name without folders, ending, frame numbers, version, size, codec and case."""
    name = shot_of(plain_form(file_of(media[-LONGEST_TEXT:])))
    while (shorter := shot_of(without_rendition(name))) != name:
        name = shorter
    return name.casefold()


def file_of(media: str) -> str:
    """A file's name without its folders."""
    return media.rstrip("/\\").replace("\\", "/").rpartition("/")[2]


def without_rendition(name: str) -> str:
    """A name without the words for size and codec at its end: ``A001C002_proxy`` → ``A001C002``."""
    while (shorter := without(_RENDITION, name, SEPARATORS)) not in {name, ""}:
        name = shorter
    return name


def likeness(old: Sight, new: Sight) -> tuple[float, tuple[str, ...]]:
    """A score, and the reasons that made it. Order in the cut is not in it: see `identity`."""
    score, reasons = 0.0, []
    if old.shot == new.shot:
        score, reasons = SAME_SHOT, [f"shot {new.shot}"]
    source, why = _source(old, new)
    score += source
    reasons += why
    if old.name and old.name == new.name:
        spelling = old.occurrence.clip_name == new.occurrence.clip_name
        score += SAME_NAME + (SAME_SPELLING if spelling else 0.0)
        reasons.append("name" if spelling else "name without version")
    if set(old.occurrence.comments) & set(new.occurrence.comments):
        score += SAME_COMMENT
        reasons.append("comment")
    if old.occurrence.lane == new.occurrence.lane:
        score += SAME_TRACK
    if old.shot == new.shot and old.turn == new.turn:
        score += SAME_TURN
    return score, tuple(reasons)


def _source(old: Sight, new: Sight) -> tuple[float, list[str]]:
    reel = old.reel == new.reel if old.reel and new.reel else None
    media = old.media == new.media if old.media and new.media else None
    if reel is None and media is None:  # nothing says which source it is: frames count only within a shot
        share = overlap(old.frames, new.frames)
        known = old.shot == new.shot or old.name == new.name
        return (SAME_FRAMES * share, [f"{share:.0%} of the frames"]) if known and share else (0.0, [])
    if not (reel or media):
        return OTHER_SOURCE, []
    share = overlap(old.frames, new.frames)
    reasons = [f"reel {new.occurrence.reel}" if reel else "file"]
    if share:
        return SAME_SOURCE + SAME_FRAMES * share, [*reasons, f"{share:.0%} of the frames"]
    return SAME_SOURCE + (FAR_AWAY if far(old, new) else 0.0), reasons


def far(old: Sight, new: Sight) -> bool:
    """Whether more than two of the longer one would fit between their frames."""
    a, b = old.frames, new.frames
    return max(a.start, b.start) - min(a.end, b.end) > 2 * max(a.count, b.count)


def sourceless(old: Sight, new: Sight) -> bool:
    """Whether nothing says that both are of one source, nor that they are of two."""
    return not (old.reel and new.reel) and not (old.media and new.media)


def overlap(a: FrameRange, b: FrameRange) -> float:
    """The frames that both have, as a share of the shorter one's and the longer one's mean length."""
    common = min(a.end, b.end) - max(a.start, b.start) + 1
    return 2.0 * common / (a.count + b.count) if common > 0 else 0.0
