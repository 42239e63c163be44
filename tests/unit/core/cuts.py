"""Cuts made by hand, and layers that were generated for them: for tests of what a new cut means."""

from __future__ import annotations

import dataclasses
import hashlib
from fractions import Fraction

from usd_ai.core.case import Case
from usd_ai.core.decide import decide
from usd_ai.core.decisions import Decision, LayerUse, Made
from usd_ai.core.types import Cut, FrameRange, Occurrence, Plays, Rate, Request, Retime, Shot
from usd_ai.editorial.diff import diff_cuts

HANDLES = 10


def use(shot: str, start: int, count: int = 40, at: int = 0, **changes: object) -> Occurrence:
    """A use of a shot at normal speed: ``count`` frames from ``start`` on, at frame ``at`` of the cut."""
    frames = FrameRange(start, start + count - 1)
    plain = Occurrence(
        f"{shot}_v001", "V1", FrameRange(at, at + count - 1), frames, reel=f"R{shot}", used=frames,
        plays=Plays(Fraction(start)), media=f"{shot}.mov",
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def retimed(one: Occurrence, kind: str, scalar: Fraction, frames: tuple[Fraction, ...] = ()) -> Occurrence:
    """The same use of the same source frames, played otherwise."""
    start, end = one.visible.start, one.visible.end
    first = Fraction(end if scalar < 0 else start)
    count = one.visible.count if scalar == 0 else int(one.visible.count / abs(scalar))
    plays = Plays(first, scalar, frames)
    record = FrameRange(one.record.start, one.record.start + (len(frames) or count) - 1)
    return dataclasses.replace(one, retime=Retime(kind, scalar), record=record, plays=plays)


def cut(*uses: Occurrence, name: str = "v1", handles: int = HANDLES, **changes: object) -> Cut:
    """A cut of uses; each belongs to the shot that its clip's name begins with."""
    grouped: dict[str, list[Occurrence]] = {}
    for one in uses:
        grouped.setdefault(one.clip_name.partition("_")[0], []).append(one)
    shots = tuple(shot(name, tuple(found), handles) for name, found in grouped.items())
    length = max((one.record.end + 1 for one in uses), default=0)
    digest = hashlib.sha256(repr((shots, changes)).encode()).hexdigest()
    return dataclasses.replace(Cut(name, Rate(24), handles, length, shots, digest), **changes)  # type: ignore[arg-type]


def shot(name: str, uses: tuple[Occurrence, ...], handles: int = HANDLES) -> Shot:
    """A shot of its uses."""
    seen = [one.visible for one in uses if one.enabled] or [one.visible for one in uses]
    visible = FrameRange(min(s.start for s in seen), max(s.end for s in seen))
    return Shot(name, uses, visible, FrameRange(visible.start - handles, visible.end + handles), Rate(24))


def made(of: Cut, name: str, **changes: object) -> Made:
    """A layer that was generated for a shot as a cut has it."""
    found = of.shot(name)
    assert found is not None
    plain = Made(
        name, "bonfire", 1, f"projects/p/shots/{name}/generations/g1", "bonfire", found.needed, "p" * 64, "d" * 64,
        found.needed.count * 2.0, Request("p", name, "bonfire"), of.sha256,
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def case(
    then: Cut, now: Cut, name: str, layer: Made | None = None, standing: LayerUse | None = None, **more: object
) -> Case:
    """A shot whose layer was generated for the cut ``then``, in the cut ``now``."""
    since = diff_cuts(then, now).shot(name)
    return Case(name, "bonfire", now.shot(name), layer or made(then, name), standing, since, **more)  # type: ignore[arg-type]


def decided(then: Cut, now: Cut, name: str, layer: Made | None = None, **more: object) -> Decision:
    """What is decided on a shot whose layer was generated for the cut ``then``."""
    return decide(case(then, now, name, layer, **more))  # type: ignore[arg-type]
