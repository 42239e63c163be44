"""Editorial formats → `Cut`: which frames of which shots the film shows, and which must exist."""

from __future__ import annotations

import gc
import math
import re
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from usd_ai.core.errors import UnreadableInput
from usd_ai.core.naming import PLAIN, Naming
from usd_ai.core.types import Cut, FrameRange, Notice, Occurrence, Rate, Retime, Shot
from usd_ai.editorial.bounds import FARTHEST, MOST_FRAMES, too_long, unsayable
from usd_ai.editorial.counting import drop_of
from usd_ai.editorial.names import LONGEST_TEXT, extra_of_clip, extra_of_sequence, kept, plain_form, shot_of_clip
from usd_ai.editorial.opening import OpenCut, open_cut
from usd_ai.editorial.plays import plays_of
from usd_ai.editorial.rates import parse_rate
from usd_ai.editorial.spans import SECOND, Moment, Span, Use, in_frames, uses_of

_UNSAFE = re.compile(r"[/\\\x00-\x1f\x7f]+")
_LONGEST_NAME = 120
_TOLD = 40  # characters of a name in a sentence


def read_cut(path: str, rate: Rate | None, handles: int, sequence: str = "", naming: Naming = PLAIN) -> Cut:
    """The cut in a file of any format that is read here (`opening.FORMATS`).

    ``rate``: required for an EDL; must agree with what another format says of itself. ``handles``: frames added at both
    ends of a shot. ``sequence`` names the timeline where a file holds several. Source timecode, counted in frames, is
    the shot's frame. ``naming`` is the studio's.

    Raises NotFound; InvalidRequest (MISSING_RATE, RATE_MISMATCH, DROP_FRAME_RATE, AMBIGUOUS_SEQUENCE);
    UnreadableInput (UNKNOWN_FORMAT, UNREADABLE_EDL, UNREADABLE_OTIO, UNREADABLE_XML, UNREADABLE_AAF, UNREADABLE_CUT,
    NEWER_SCHEMA, TOO_LARGE, EMPTY_CUT).
    """
    return cut_of(open_cut(path, rate, sequence or naming.sequence), handles, path, naming)


def read_cut_task(path: str, rate: str, handles: int, sequence: str = "", naming: Naming = PLAIN) -> Cut:
    """`read_cut` for a child process; ``rate`` as text, "" where none is known."""
    with _uncollected():
        return read_cut(path, parse_rate(rate) if rate else None, handles, sequence, naming)


@contextmanager
def _uncollected() -> Generator[None]:
    """Without passes for circles of objects, of which a cut makes none: a fifth of the time for 5,000 clips.

    Only for a child, which does one thing at a time: the switch is the process's.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def cut_of(opened: OpenCut, handles: int, path: str, naming: Naming = PLAIN) -> Cut:
    """The cut of an opened timeline."""
    notices = list(opened.notices)
    uses, length = uses_of(opened.timeline, notices, opened.rate)
    grouped = group_uses(uses, notices, naming)
    read = (_shot(name, taken, opened.rate, handles, notices) for name, taken in grouped.items())
    shots = tuple(shot for shot in read if shot is not None)
    if not shots:
        why = next((f" {notice.message}" for notice in notices if notice.severity == "error"), "")
        raise UnreadableInput(
            f"The cut shows no shot: its picture tracks hold no clip with a name and a range.{why}",
            remedy="Check that the right sequence was exported, with its picture tracks.",
            reason="EMPTY_CUT",
        )
    name = kept(opened.timeline.name) or path.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    duration = math.ceil(in_frames(length, opened.rate))
    if duration > FARTHEST:
        last = max(use.record.end for shot in shots for use in shot.occurrences) + 1
        notices.append(
            Notice("warning", f"The cut says it is {duration:,} frames long; it is taken to end at {last:,}.")
        )
        duration = last
    begin = opened.timeline.global_start_time
    start = round(begin.value) if begin is not None else 0
    if abs(start) > FARTHEST:
        notices.append(Notice("warning", f"The cut says it starts at frame {start:,}; it is taken to start at 0."))
        start = 0
    return Cut(
        name,
        opened.rate,
        handles,
        duration,
        shots,
        opened.sha256,
        tuple(notices),
        start=start,
        extra=extra_of_sequence(opened.timeline),
        drop=drop_of(opened.timeline, opened.rate),
    )


def group_uses(uses: list[Use], notices: list[Notice], naming: Naming = PLAIN) -> dict[str, list[Use]]:
    """Uses by shot, shots in order of first appearance in the cut. Uses without a name are reported and left out."""
    grouped: dict[str, list[Use]] = {}
    longer = [use.said.name[:_TOLD] for use in uses if use.said.cut_off]
    if longer:
        message = (
            f"{len(longer)} clip(s), '{longer[0]}…' the first, say more than {LONGEST_TEXT:,} characters of themselves "
            f"(name, reel, media or comment); {LONGEST_TEXT:,} of each are kept."
        )
        notices.append(Notice("warning", message))
    ignored: Counter[str] = Counter()
    for _, use in sorted(enumerate(uses), key=lambda pair: (pair[1].seen[0], pair[0])):
        reel = use.said.reel
        if reel and naming.ignores(reel):
            ignored[reel] += 1
            continue
        name = shot_name(shot_of_clip(use.said, naming))
        if name:
            grouped.setdefault(name, []).append(use)
        else:
            message = f"A clip without a name at {float(use.record[0] / SECOND):.2f} s of the cut was left out."
            notices.append(Notice("warning", message))
    for reel, count in sorted(ignored.items()):
        notices.append(Notice("warning", f"{count} clip(s) from reel {reel} are no shots, as studio.toml says."))
    return grouped


def shot_name(name: str) -> str:
    """A shot's name as folders and resource names can carry it: no separators or control characters, no leading dot.

    In one Unicode form, so that it is one shot whichever system wrote the cut.
    """
    return _UNSAFE.sub("_", plain_form(name)).strip().lstrip(".")[:_LONGEST_NAME].strip()


def _shot(name: str, uses: list[Use], cut_rate: Rate, handles: int, notices: list[Notice]) -> Shot | None:
    """A shot; None where no use of it can be read, which is told."""
    rate = uses[0].rate
    if any(use.rate != rate for use in uses):
        rates = ", ".join(str(r) for r in sorted({use.rate for use in uses}))
        notices.append(
            Notice("warning", f"Shot {name} is counted at different rates ({rates}); the first use's was kept.")
        )
    occurrences = tuple(o for use in uses if (o := _occurrence(use, cut_rate, notices)) is not None)
    occurrences = _within_a_day(name, occurrences, notices)
    if not occurrences:
        return None
    counted = [o.visible for o in occurrences if o.enabled] or [o.visible for o in occurrences]
    visible = counted[0]
    for more in counted[1:]:
        visible = visible.union(more)
    needed = FrameRange(visible.start - handles, visible.end + handles)
    return Shot(name, occurrences, visible, needed, rate)


def _within_a_day(name: str, uses: tuple[Occurrence, ...], notices: list[Notice]) -> tuple[Occurrence, ...]:
    """The uses that are no more than the longest clip apart from the first; a layer holds all frames between them."""
    found: list[Occurrence] = []
    seen: FrameRange | None = None
    for use in uses:
        both = use.visible if seen is None else seen.union(use.visible)
        if both.count > MOST_FRAMES:
            message = (
                f"A use of {name} (frames {use.visible}) was left out: it lies more than {MOST_FRAMES:,} frames from "
                "its others. Is it another shot of that name?"
            )
            notices.append(Notice("error", message))
            continue
        seen = both
        found.append(use)
    return tuple(found)


def _occurrence(use: Use, cut_rate: Rate, notices: list[Notice]) -> Occurrence | None:
    """A use as the cut tells it; None for one beyond all bounds, which is told."""
    record, visible = _frames(use.record, cut_rate), _frames(use.media, use.rate)
    retime = use.speed.within(use.pace)
    why = too_long(record, visible, retimed=retime is not None)
    if not why:
        found = _told(use, cut_rate, record, visible, retime)
        why = unsayable(found)
        if not why:
            return found
    notices.append(Notice("error", f"'{use.said.name[:_TOLD]}' was left out: {why}."))
    return None


def _told(use: Use, cut_rate: Rate, record: FrameRange, visible: FrameRange, retime: Retime | None) -> Occurrence:
    return Occurrence(
        clip_name=use.said.name,
        track=kept(use.track),
        record=record,
        visible=visible,
        retime=retime,
        enabled=use.enabled,
        reel=use.said.reel,
        transition_in=_count(use.transition_in, cut_rate),
        transition_out=_count(use.transition_out, cut_rate),
        used=_frames(use.used, use.rate),
        plays=plays_of(use, cut_rate),
        media=use.said.media,
        comments=use.said.comments,
        lane=use.lane,
        depth=use.depth,
        extra=extra_of_clip(use.said),
    )


def _count(length: Moment, rate: Rate) -> int:
    return round(in_frames(length, rate)) if length else 0


def _frames(span: Span, rate: Rate) -> FrameRange:
    """Every frame that a span touches."""
    up, down = rate.numerator, rate.denominator * SECOND
    start = span[0].numerator * up // (span[0].denominator * down)
    end = -(-span[1].numerator * up // (span[1].denominator * down))
    return FrameRange(start, max(start, end - 1))
