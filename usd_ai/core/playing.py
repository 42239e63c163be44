"""How a generated layer can be made to play as an occurrence of the cut plays its shot. Pure; frames are exact.

USD re-times a layer by one offset and one positive scale. Everything else (reverse, freeze, a speed that changes) has
to be said frame by frame; a negative scale or one of 0 is taken for none at all, with nothing but a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from usd_ai.core.cuts import FrameRange, Plays, Rate

AS_IS = "as is"
OFFSET = "offset"
OFFSET_AND_SCALE = "offset and scale"
CLIPS = "clips"
WAYS = (AS_IS, OFFSET, OFFSET_AND_SCALE, CLIPS)
"""Ways to play a layer, cheapest first."""

_JUMP = 4
"""A step of more than this many frames, and more than this many times its neighbours, is a jump and no speed."""

Knot = tuple[int, Fraction]
"""A frame of the cut and the shot's frame that it shows; of two with one frame of the cut the first is its left."""


@dataclass(frozen=True, slots=True)
class Playing:
    """How a layer plays in a stage in edited time: the cheapest way, and the sentence that says why no cheaper one.

    Time code of the stage = the layer's frame × ``scale`` + ``offset``; with "clips" neither says anything.
    ``step``: the layer's frames per frame of the cut, None where that changes.
    """

    way: str
    reason: str
    scale: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)
    step: Fraction | None = None


def how_it_plays(
    plays: Plays, shown: FrameRange, start: int, layer_rate: Rate | None = None, stage_rate: Rate | None = None
) -> Playing:
    """The way to play a layer so that time code ``start + k`` of the stage shows ``plays.at(k)``, for all k ``shown``.

    ``shown``: frames of the cut counted from the occurrence's first, those under transitions (before 0, after the
    last) included. Rates: time codes a second of layer and stage where they are known; frames stay frames.
    """
    step = steady_step(plays, shown)
    if step is None:
        return Playing(CLIPS, _of_ramp(plays, shown))
    if step == 0:
        frame = _words(plays.at(shown.start))
        return Playing(CLIPS, f"Stands still on frame {frame}: one layer scale cannot say that.", step=step)
    if step < 0:
        reason = f"Plays backwards ({_percent(step)}): one layer scale cannot say that."
        return Playing(CLIPS, reason, step=step)
    scale = 1 / step
    offset = start + shown.start - plays.at(shown.start) * scale
    if layer_rate is not None and stage_rate is not None and layer_rate.fraction != stage_rate.fraction:
        reason = f"The layer counts {layer_rate} frames a second, the stage {stage_rate}; frames stay frames."
        way = OFFSET_AND_SCALE
    elif scale != 1:
        way, reason = OFFSET_AND_SCALE, f"Plays forward at {_percent(step)}: one layer scale says that."
    elif offset:
        later = "later" if offset > 0 else "earlier"
        way, reason = OFFSET, f"Plays at its own speed, {_words(abs(offset))} frames {later}."
    else:
        way, reason = AS_IS, "Every frame of the stage shows the layer's frame of the same number."
    return Playing(way, reason, scale, offset, step)


def steady_step(plays: Plays, shown: FrameRange) -> Fraction | None:
    """The shot's frames per frame of the cut over ``shown``; None where the speed changes."""
    if not plays.frames:
        return plays.step
    pairs = range(shown.start, max(shown.end, shown.start + 1))
    steps = {plays.at(k + 1) - plays.at(k) for k in pairs}
    return steps.pop() if len(steps) == 1 else None


def reach(plays: Plays, shown: FrameRange) -> FrameRange:
    """The whole frames of the shot that playing ``shown`` begins on: what a layer has to cover.

    A fraction after the layer's last frame holds that frame, as a slowed film does.
    """
    if plays.frames:
        last = len(plays.frames) - 1
        begin, end = (min(max(k - plays.offset, 0), last) for k in (shown.start, shown.end))
        frames = plays.frames[begin : end + 1]
    else:  # steady: the ends say it, however many frames lie between them
        frames = (plays.at(shown.start), plays.at(shown.end))
    return FrameRange(floor(min(frames)), floor(max(frames)))


def knots(plays: Plays, shown: FrameRange) -> tuple[Knot, ...]:
    """Every frame of the cut with the shot's frame it shows, in order, one more at each end for motion blur.

    Where the shot's frame jumps there are two knots at the later frame of the cut: up to it the picture moves on as it
    did, from it on it moves as after the jump.
    """
    frames = _with_edges(plays, shown)
    found: list[Knot] = []
    for k in sorted(frames):
        if _jumps(frames, k - 1):
            before = frames[k - 1] - frames.get(k - 2, frames[k - 1])
            found.append((k, frames[k - 1] + (0 if _jumps(frames, k - 2) else before)))
        found.append((k, frames[k]))
    return tuple(found)


def speeds(plays: Plays, shown: FrameRange) -> dict[int, Fraction]:
    """The speed at every frame of the cut, in the shot's frames per frame of the cut: the mean of what is around it.

    Jumps are no speed. Negative backwards, 0 where it stands still.
    """
    frames = _with_edges(plays, shown)
    found: dict[int, Fraction] = {}
    for k in shown.frames():
        around = [frames[n + 1] - frames[n] for n in (k - 1, k) if not _jumps(frames, n)]
        found[k] = sum(around, Fraction(0)) / max(len(around), 1)
    return found


def _with_edges(plays: Plays, shown: FrameRange) -> dict[int, Fraction]:
    """The shot's frame at every frame of the cut ``shown``, and one frame on at both ends at the speed there."""
    frames = {k: plays.at(k) for k in shown.frames()}
    for k, inward in ((shown.start - 1, 1), (shown.end + 1, -1)):
        told = not plays.frames or 0 <= k - plays.offset < len(plays.frames)
        frames[k] = plays.at(k) if told else 2 * plays.at(k + inward) - plays.at(k + 2 * inward)
    return frames


def _jumps(frames: dict[int, Fraction], k: int) -> bool:
    """Whether the picture jumps between frames ``k`` and ``k + 1`` of the cut."""
    if k not in frames or k + 1 not in frames:
        return False
    around = (abs(frames[n + 1] - frames[n]) for n in (k - 1, k + 1) if n in frames and n + 1 in frames)
    return abs(frames[k + 1] - frames[k]) > _JUMP * max(1, *around)


def _of_ramp(plays: Plays, shown: FrameRange) -> str:
    frames = {k: plays.at(k) for k in shown.frames()}
    steps = [frames[k + 1] - frames[k] for k in range(shown.start, shown.end) if not _jumps(frames, k)]
    if not steps:
        return "The picture jumps: one layer scale cannot say that."
    return f"The speed changes ({_percent(min(steps))} to {_percent(max(steps))}): one layer scale cannot say that."


def _percent(step: Fraction) -> str:
    return f"{_words(step * 100)} %"


def _words(number: Fraction) -> str:
    """The number as a person writes it: whole, or with up to three decimals."""
    return f"{float(number):.3f}".rstrip("0").rstrip(".")
