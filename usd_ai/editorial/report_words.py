"""Changes, durations and totals in the words of a cutting room."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from usd_ai.core.changes import Change
from usd_ai.core.decisions import Action, Decision
from usd_ai.core.types import Notice

HAPPENS: dict[Action, tuple[str, str]] = {
    Action.NOTHING: ("stays as it is", "GREEN"),
    Action.KEEP_UNUSED: ("stays, marked unused", "PURPLE"),
    Action.REUSE: ("used again", "YELLOW"),
    Action.RE_RANGE: ("stays, another range of it", "YELLOW"),
    Action.OFFSET_AND_SCALE: ("stays, at another speed", "YELLOW"),
    Action.CLIPS: ("stays, played frame by frame", "YELLOW"),
    Action.MISSING_FRAMES: ("missing frames generated", "RED"),
    Action.REGENERATE: ("generated again", "RED"),
    Action.GENERATE: ("generated", "RED"),
}
"""What happens to a layer in a cutting room's words, and the colour of it, as markers in a timeline have it."""


def layer_sentence(decision: Decision) -> str:
    """What happens to a layer and why, for a person."""
    waits = f" It waits: {decision.waits}" if decision.waits else ""
    return f"{decision.layer}: {HAPPENS[decision.action][0]}. {reason(decision)}{waits}"


def reason(decision: Decision) -> str:
    """Why something happens to a layer, with the doubt there is."""
    return f"{decision.why} {decision.doubt}".rstrip()


def notice_words(notice: Notice, of: str = "") -> str:
    """What reading a cut brought up, with its line; ``of``: the cut's name, where it is not plain which is meant."""
    where = " ".join(word for word in (of, f"line {notice.line}" if notice.line else "") if word)
    return f"{where}: {notice.message}" if where else notice.message


def unread_heading(count: int) -> str:
    """How much of the cuts could not be read."""
    return f"{'1 thing' if count == 1 else f'{count} things'} could not be read: what is missing here may be in there."


def picture_captions(decisions: Sequence[Decision]) -> tuple[str, str]:
    """What stands under the picture as the layer was, and under the one as it is now."""
    versions = sorted({f"v{decision.version:03}" for decision in decisions if decision.version})
    named = f", {', '.join(versions)}" if versions else ""
    if any(decision.action.generates for decision in decisions):
        return f"before{named}", "now"
    if any(decision.unused for decision in decisions):
        return f"before{named}, unused", "now"
    return f"before{named}", f"before and now{named}"


def frames(count: int) -> str:
    """``1 frame``, ``12 frames``."""
    return f"{abs(count)} frame{'' if abs(count) == 1 else 's'}"


def duration(seconds: float) -> str:
    """Machine time in minutes, hours beyond ninety: ``0.4 min``, ``35 min``, ``3.5 h``."""
    minutes = seconds / 60
    if minutes >= 90:  # noqa: PLR2004 - people count hours from there
        return f"{minutes / 60:.1f} h"
    return f"{minutes:.1f} min" if 0 < minutes < 10 else f"{minutes:.0f} min"  # noqa: PLR2004


def sentence(change: Change) -> str:
    """One change as an editor would say it. A kind that is not known yet is told by its name."""
    say = _SAID.get(change.kind)
    return say(change) if say else f"{change.kind.replace('_', ' ')} {change.frames or ''}".rstrip()


def _from_to(change: Change) -> str:
    return f": {change.before} → {change.after}" if change.before or change.after else ""


def _ranged(words: str) -> Callable[[Change], str]:
    def say(change: Change) -> str:
        return f"{words.format(frames(change.frames))}{_range(change)}"

    return say


def _range(change: Change) -> str:
    return f" ({change.before} → {change.after})" if change.before and change.after else ""


def _slip(change: Change) -> str:
    where = "later" if change.frames > 0 else "earlier"
    return f"slipped {frames(change.frames)} {where}{_range(change)}"


def _speed(words: str) -> Callable[[Change], str]:
    def say(change: Change) -> str:
        more = (
            f", {frames(change.frames)} {'more' if change.frames > 0 else 'fewer'} of source" if change.frames else ""
        )
        return f"{words}{_from_to(change)}{more}"

    return say


def _moved(words: str) -> Callable[[Change], str]:
    def say(change: Change) -> str:
        if not change.frames:
            return words
        return f"{words} {frames(change.frames)} {'later' if change.frames > 0 else 'earlier'}"

    return say


def _swap(change: Change) -> str:
    other = change.after or "another shot"
    return _moved(f"changed places with {other}, moved")(change)


def _tracks(change: Change) -> str:
    count = abs(change.frames)
    up = "up" if change.frames > 0 else "down"
    return f"moved {count} track{'' if count == 1 else 's'} {up}{_from_to(change)}"


def _said_as(words: str) -> Callable[[Change], str]:
    return lambda change: f"{words}{_from_to(change)}"


def _plain(words: str) -> Callable[[Change], str]:
    return lambda _: words


def _take(change: Change) -> str:
    longer = ""
    if change.frames:
        longer = f", {frames(change.frames)} {'longer' if change.frames > 0 else 'shorter'} in the cut"
    return f"another take{_from_to(change)}{longer}"


def _transition(words: str) -> Callable[[Change], str]:
    def say(change: Change) -> str:
        side = (
            " at its start" if "at its start" in change.after else " at its end" if "at its end" in change.after else ""
        )
        return words.format(frames(change.frames)) + side

    return say


_SAID: dict[str, Callable[[Change], str]] = {
    "trim_head": _ranged("trimmed {} at its head"),
    "trim_tail": _ranged("trimmed {} at its tail"),
    "extend_head": _ranged("extended {} at its head"),
    "extend_tail": _ranged("extended {} at its tail"),
    "slip": _slip,
    "retime": _speed("another speed"),
    "freeze": _speed("frozen"),
    "reverse": _speed("plays backwards"),
    "ramp": _speed("speed ramp"),
    "ripple": _moved("pushed along"),
    "reorder": _moved("stands elsewhere in the order, moved"),
    "swap": _swap,
    "track": _tracks,
    "nest": _said_as("put into a nest"),
    "unnest": _said_as("taken out of a nest"),
    "blade": lambda change: f"cut into {change.frames} pieces that play on as one did",
    "heal": lambda change: f"{change.frames} pieces made one again",
    "transition_added": _transition("a transition of {} added"),
    "transition_removed": _transition("a transition of {} removed"),
    "transition_lengthened": _transition("a transition lengthened by {}"),
    "transition_shortened": _transition("a transition shortened by {}"),
    "disabled": _plain("switched off"),
    "enabled": _plain("switched on"),
    "rename": _said_as("renamed"),
    "version": _said_as("another version of the material"),
    "take": _take,
    "metadata": _plain("only markers, comments or metadata differ"),
    "new_in_cut": _plain("used here for the first time"),
    "omitted_in_cut": _plain("not used here any more"),
    "rate_stamp": _said_as("the same frames at another rate"),
    "start_shift": _moved("record timecode starts"),
    "sequence_metadata": _plain("markers or metadata of the sequence differ"),
}
