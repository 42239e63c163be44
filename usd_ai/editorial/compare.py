"""What is different between an occurrence and what it was: range, speed, transitions, place, material."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from usd_ai.core.changes import Change
from usd_ai.core.types import Occurrence, Retime
from usd_ai.editorial.likeness import Sight, far, file_of, overlap, without_rendition
from usd_ai.editorial.names import plain_form, take_of

_FOLDER_VERSION = re.compile(r"(?:^|[/\\._-])[vV](\d{1,5})(?=[/\\])")
_AT_SPEED = ("", Fraction(1))
_BOOKKEEPING = ("FREEZE FRAME", "OTIO TRUNCATED REEL NAME")
"""Comments of programs that say nothing which is not compared elsewhere."""


def compared(old: Sight, new: Sight) -> list[Change]:
    """The changes of one occurrence, apart from where in the cut it stands (`order`)."""
    before, after = old.occurrence, new.occurrence
    material = list(_material(old, new))
    changes = material + list(_speed(before, after))
    if "take" not in {change.kind for change in material}:
        changes += _range(before, after)
    changes += _transitions(before, after)
    changes += _standing(before, after)
    if not material and _said(before) != _said(after):
        changes.append(Change("metadata"))
    return changes


def _material(old: Sight, new: Sight) -> Iterator[Change]:
    """Take, version or name."""
    before, after = old.occurrence, new.occurrence
    if _other_take(old, new):
        longer = after.record.count - before.record.count
        yield Change("take", longer, before.reel or before.media, after.reel or after.media)
        return
    names = [_spelled(take_of(name)) for name in (before.clip_name, after.clip_name)]
    if old.shot != new.shot:
        yield Change("rename", 0, old.shot, new.shot)
    elif names[0] != names[1] and old.name != new.name:
        yield Change("rename", 0, before.clip_name, after.clip_name)
    if names[0] != names[1] and old.name == new.name:
        yield Change("version", 0, before.clip_name, after.clip_name)
    elif _spelled(before.reel) != _spelled(after.reel) and old.reel and old.reel == new.reel:
        yield Change("version", 0, before.reel, after.reel)
    elif before.media and after.media and _other_file(old, new):
        yield Change("version", 0, *_told_apart(before.media, after.media))


def _other_take(old: Sight, new: Sight) -> bool:
    """Whether the material is another one: another reel, or another file.

    The same frames of the same file are the same material whatever its reel is called (some programs call it after the
    clip); so are the same frames of one reel in another file, and those of a clip whose file was renamed with it. Where
    nothing names the source, frames far away are another take's.
    """
    reel = old.reel == new.reel if old.reel and new.reel else None
    media = old.media == new.media if old.media and new.media else None
    common = overlap(old.frames, new.frames) > 0
    if reel is None and media is None:
        return far(old, new)
    if reel is None:
        return media is False and not (old.shot != new.shot and common)
    if reel:
        return media is False and not common
    return not (media and common)


def _other_file(old: Sight, new: Sight) -> bool:
    """Whether the same material comes from another file: another version of it, or one that is called otherwise.

    The same pictures in another folder, size or codec (a proxy) are no other file. One that was renamed as its clip was
    is none either.
    """
    before, after = old.occurrence.media, new.occurrence.media
    if before == after:
        return False
    if old.media == new.media:
        return _version(before) != _version(after)
    return not (old.shot != new.shot and (old.media, new.media) == (old.name, new.name))


def _version(media: str) -> tuple[str, ...]:
    """What of a file's path says its version: those of its folders, and its name with the version in it."""
    name = without_rendition(take_of(file_of(media)))
    return (*_FOLDER_VERSION.findall(media), _spelled(take_of(name)))


def _spelled(name: str) -> str:
    """A name as it is compared: capitals and the way in which a system writes an accent make no version."""
    return plain_form(name).casefold()


def _told_apart(before: str, after: str) -> tuple[str, str]:
    """Two files as a person tells them apart: by their names, or their paths where those are equal."""
    names = file_of(before), file_of(after)
    return names if names[0] != names[1] else (before, after)


def _said(use: Occurrence) -> tuple[str, tuple[str, ...], str, str]:
    comments = tuple(comment for comment in use.comments if not comment.startswith(_BOOKKEEPING))
    return use.extra, comments, use.media, use.reel


def speed_of(use: Occurrence) -> tuple[str, Fraction]:
    """Kind and scalar of how an occurrence plays; ("", 1) at speed."""
    return (use.retime.kind, use.retime.scalar) if use.retime else _AT_SPEED


def speed_text(retime: Retime | None) -> str:
    """A speed as editors say it: ``50 %``, ``-100 %``, ``freeze``, ``ramp``."""
    if retime is None:
        return "100 %"
    if retime.kind in {"freeze", "ramp"}:
        return retime.kind
    return f"{float(retime.scalar * 100):g} %"


def _speed(before: Occurrence, after: Occurrence) -> Iterator[Change]:
    old, new = speed_of(before), speed_of(after)
    ramped = "ramp" in {old[0], new[0]} and _curve(before) != _curve(after)
    if old == new and not ramped:
        return
    kind = new[0] if new[0] in {"freeze", "reverse", "ramp"} else "retime"
    frames = after.trimmed.count - before.trimmed.count
    yield Change(kind, frames, speed_text(before.retime), speed_text(after.retime))


def _curve(use: Occurrence) -> tuple[Fraction, ...]:
    return use.plays.frames if use.plays else ()


def _range(before: Occurrence, after: Occurrence) -> Iterator[Change]:
    if speed_of(before) != speed_of(after) or _curve(before) != _curve(after):
        yield from _range_at_new_speed(before, after)
        return
    head = after.trimmed.start - before.trimmed.start
    tail = after.trimmed.end - before.trimmed.end
    if not head and not tail:
        return
    (was_in, was_start, was_out, was_end), (now_in, now_start, now_out, now_end) = _middles(before), _middles(after)
    if was_in != now_in and abs(was_start - now_start) < 1:
        head = 0  # only the transition took or gave those frames
    if was_out != now_out and abs(was_end - now_end) < 1:
        tail = 0
    backwards = _backwards(before)
    if backwards:
        head, tail = -tail, -head  # what plays first is the end of the range
    text = (str(before.trimmed), str(after.trimmed))
    if head and head == tail:
        yield Change("slip", -head if backwards else head, *text)
        return
    if head:
        yield Change("trim_head" if head > 0 else "extend_head", abs(head), *text)
    if tail:
        yield Change("trim_tail" if tail < 0 else "extend_tail", abs(tail), *text)


def _middles(use: Occurrence) -> tuple[int, Fraction, int, Fraction]:
    """The transition at the start of the range, the shot's frame in its middle; the same at the end.

    An EDL's dissolves start at the cut, other formats say where in them it is: the middle is where both agree.
    """
    first, last = use.transition_in, use.transition_out
    if _backwards(use):
        first, last = last, first
    pace = abs(use.plays.step) / 2 if use.plays is not None else Fraction(1, 2)
    return first, use.visible.start + first * pace, last, use.visible.end - last * pace


def _backwards(use: Occurrence) -> bool:
    return use.retime is not None and use.retime.kind == "reverse"


def _range_at_new_speed(before: Occurrence, after: Occurrence) -> Iterator[Change]:
    """Another speed changes the range by itself, in one of two ways: the place in the cut stays, or the material does.

    Only what neither explains is a trim.
    """
    if after.retime is not None and after.retime.kind in {"freeze", "ramp"}:
        return
    scalar = abs(speed_of(after)[1])
    expected = {
        before.trimmed.count,
        -(-int(before.record.count * scalar * 1000) // 1000),
    }
    text = (str(before.trimmed), str(after.trimmed))
    head = after.trimmed.start - before.trimmed.start
    was_held = before.retime is not None and before.retime.kind in {"freeze", "ramp"}
    turned = _backwards(after) != _backwards(before)
    if head and not was_held and not turned:
        yield Change("trim_head" if head > 0 else "extend_head", abs(head), *text)
        return
    over = min((after.trimmed.count - count for count in expected), key=abs)
    if abs(over) > 1 and not was_held:  # a frame is what rounding leaves
        yield Change("extend_tail" if over > 0 else "trim_tail", abs(over), *text)


def _transitions(before: Occurrence, after: Occurrence) -> Iterator[Change]:
    for side, old, new in (
        ("at its start", before.transition_in, after.transition_in),
        ("at its end", before.transition_out, after.transition_out),
    ):
        if old == new:
            continue
        kind = "added" if not old else "removed" if not new else "lengthened" if new > old else "shortened"
        frames = abs(new - old)
        yield Change(f"transition_{kind}", frames, _frames(old), f"{_frames(new)} {side}")


def _frames(count: int) -> str:
    return f"{count} frames" if count else "none"


def _standing(before: Occurrence, after: Occurrence) -> Iterator[Change]:
    """Track, nest, switched on or off."""
    if before.depth != after.depth:
        yield Change("nest" if after.depth > before.depth else "unnest", 0, before.track, after.track)
    elif before.lane != after.lane:
        yield Change("track", after.lane - before.lane, before.track, after.track)
    if before.enabled != after.enabled:
        yield Change("enabled" if after.enabled else "disabled")
