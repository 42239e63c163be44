"""Avid's AAF → a timeline: the structure of a composition. Where its clips come from: `aaf_media`; speeds: `aaf_speed`.

pyaaf2 opens the container; what its objects mean is read here, because one bad event must not cost the rest, because
ramps must arrive, and because the common reader asks the environment for plug-ins. Facts of the format: AMWA, "AAF
Object Specification v1.1": a transition overlaps both neighbours and takes its length from the sequence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from usd_ai.core.errors import InvalidRequest, UnreadableInput, UsdAiError
from usd_ai.core.types import Notice, Rate
from usd_ai.editorial.counting import remember_drop
from usd_ai.editorial.formats.aaf_classes import aaf, components, mobs
from usd_ai.editorial.formats.aaf_media import Sources, counts_drop, first_timecode
from usd_ai.editorial.formats.aaf_speed import is_warp, warp_of
from usd_ai.editorial.formats.laying import Budget, Joint, Placed, span, time, tracks_of
from usd_ai.editorial.formats.markup import BadElementError
from usd_ai.editorial.formats.retimes import Curve, effects_of
from usd_ai.editorial.formats.sequences import chosen
from usd_ai.editorial.rates import parse_rate

_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")  # Microsoft's compound file, the container of every AAF
_EMPTY = (components.Filler, components.ScopeReference)
_WHOLE = Fraction(1, 20)  # frames

Component = Any  # pyaaf2 has no types
"""A component, slot or mob of pyaaf2."""


def timeline_from_aaf(file: Path, name: str, sequence: str) -> tuple[otio.schema.Timeline, Rate, list[Notice]]:
    """The composition of a file, its rate, and what could not be read of it.

    Raises InvalidRequest (AMBIGUOUS_SEQUENCE), UnreadableInput (UNREADABLE_AAF, UNREADABLE_CUT, EMPTY_CUT).
    """
    with file.open("rb") as opened:
        if opened.read(len(_MAGIC)) != _MAGIC:
            raise _refusal(name, "it does not start as an AAF file does")
    try:
        with aaf.open(str(file), "r") as content:
            reader = _Reader(content, name)
            return reader.timeline(chosen(reader.compositions(sequence), name, sequence))
    except UsdAiError:
        raise
    except Exception as error:  # pyaaf2 raises whatever its parsing meets
        raise _refusal(name, f"{type(error).__name__}: {str(error)[:100]}") from error


def _refusal(name: str, why: str) -> UnreadableInput:
    return UnreadableInput(
        f"{name} is not a readable AAF file: {why}.",
        remedy="Export the sequence again as AAF, linked to its media, not consolidated; or as an EDL.",
        reason="UNREADABLE_AAF",
        context={"file": name},
    )


@dataclass(frozen=True)
class _Core:
    """What is left of a component without its effects. ``warp``: their speed, from its frames to those of ``what``."""

    what: Component
    warp: Curve | None = None
    unclear: str = ""  # the name of a speed effect that does not say what it does
    enabled: bool = True


class _Reader:
    def __init__(self, content: Any, name: str) -> None:  # noqa: ANN401 - an open pyaaf2 file
        self._content = content.content
        self._sources = Sources()
        self._budget = Budget(name)
        self.notices: list[Notice] = []

    def compositions(self, sequence: str) -> list[tuple[str, Component]]:
        """Its compositions with pictures; without a name, those of the top level."""
        every = [mob for mob in self._content.compositionmobs() if any(_pictures(mob))]
        top = [mob for mob in every if mob.usage == "Usage_TopLevel"]
        taken = every if sequence or not top else top
        return [(mob.name or "", mob) for mob in taken]

    def timeline(self, mob: Component) -> tuple[otio.schema.Timeline, Rate, list[Notice]]:
        rate = _rate(next(_pictures(mob)))
        timeline = otio.schema.Timeline(mob.name or "")
        begin = first_timecode(mob)
        if begin is not None:
            timeline.global_start_time = time(begin[0], rate)
            remember_drop(timeline, counts_drop(mob))
        self._fill(timeline.tracks, mob, None)
        return timeline, rate, self.notices

    def _fill(self, stack: otio.schema.Stack, mob: Component, slot_id: int | None) -> None:
        """Lay a composition's picture tracks, or one of them, into a stack."""
        with self._budget.inside(str(mob.mob_id)):
            markers = _markers(mob)
            for slot in _pictures(mob):
                if slot_id is None or slot.slot_id == slot_id:
                    for layer in _layers(slot.segment):
                        name = f"V{len(stack) + 1}"
                        for track in self._tracks(layer, _rate(slot), name, markers.pop(slot.slot_id, [])):
                            stack.append(track)
            for left in markers.values():
                stack.markers.extend(_marker(position, words, _rate(next(_pictures(mob)))) for position, words in left)

    def _tracks(
        self, segment: Component, rate: Rate, name: str, markers: list[tuple[int, str]] | None = None
    ) -> list[otio.schema.Track]:
        placed: list[Placed] = []
        events, joints = _events(_components(segment))
        for component, start, head, length in events:
            self._budget.take()
            try:
                item = self._item(component, head, length, rate)
            except UsdAiError:
                raise
            except Exception as error:  # noqa: BLE001 - pyaaf2 raises whatever it meets, and the next event may be whole
                why = str(error) if isinstance(error, BadElementError) else f"{type(error).__name__} {str(error)[:80]}"
                message = f"The event at frame {start} of track {name} was left out: {why}."
                self.notices.append(Notice("error", message))
                continue
            if item is not None and length > 0:
                placed.append(Placed(item, Fraction(start), Fraction(start + length)))
                _mark(item, start, length, markers or [], rate)
        return tracks_of(name, placed, joints, rate, self.notices)

    def _item(self, component: Component, head: int, length: int, rate: Rate) -> otio.core.Item | None:
        """The clip or nest of a component, from its frame ``head`` on; None where it shows nothing."""
        core = self._core(component)
        if isinstance(core.what, _EMPTY):
            return None
        item, begin, counted = self._shown(core.what, rate)
        ratio = counted.fraction / rate.fraction
        start, effects = begin + head * ratio, []
        if core.warp is not None:
            warp = core.warp
            start, effects = effects_of(
                lambda k: begin + warp(k + head) * ratio,
                Fraction(length),
                ratio,
                "Motion Control",
                last_shown=True,
            )
        start = Fraction(round(start)) if abs(start - round(start)) <= _WHOLE else start
        item.source_range = span(start, counted, Fraction(length), rate)
        item.effects.extend(effects)
        if core.unclear:
            item.effects.append(otio.schema.TimeEffect(core.unclear, core.unclear))
        item.enabled = core.enabled
        return item

    def _shown(self, what: Component, rate: Rate) -> tuple[otio.core.Item, Fraction, Rate]:
        """A clip or nest, the frame of it at which ``what`` starts, and the rate that frame is counted at."""
        if isinstance(what, components.SourceClip):
            mob = what.mob
            if mob is None:
                raise BadElementError("its source is not in the file")
            if isinstance(mob, mobs.CompositionMob):
                stack = otio.schema.Stack(mob.name or "")
                self._fill(stack, mob, what.slot_id)
                return stack, Fraction(what.start), rate
            source = self._sources.of(mob, what.slot_id, rate)
            clip = source.clip()
            return clip, source.begin + what.start * source.rate.fraction / rate.fraction, source.rate
        stack = otio.schema.Stack(what.operation.name if isinstance(what, components.OperationGroup) else "nest")
        for layer in what.segments if isinstance(what, components.OperationGroup) else _layers(what):
            for track in self._tracks(layer, rate, f"V{len(stack) + 1}"):
                stack.append(track)
        return stack, Fraction(0), rate

    def _core(self, component: Component) -> _Core:
        """Take a component out of its effects, of a mute and of sequences of one."""
        core = _Core(component)
        while True:
            what = core.what
            if len(inner := _inner(what)) == 1:
                core = replace(core, what=inner[0])
            elif isinstance(what, components.Selector):
                core = _selected(core)
            elif isinstance(what, components.OperationGroup) and is_warp(what):
                core = self._slowed(core)
            elif isinstance(what, components.OperationGroup):
                shown = [s for s in what.segments if not isinstance(s, _EMPTY)]
                if len(shown) > 1:
                    return core
                core = replace(core, what=shown[0] if shown else next(iter(what.segments), what))
                if core.what is what:
                    raise BadElementError(f"its effect '{what.operation.name}' is put on nothing")
            else:
                return core

    def _slowed(self, core: _Core) -> _Core:
        """A core with the speed of the effect around it added to its own."""
        inner = next(iter(core.what.segments), None)
        if inner is None:
            raise BadElementError("its speed effect is put on nothing")
        warp = warp_of(core.what, inner, self.notices)
        if warp is None:
            return replace(core, what=inner, unclear=str(core.what.operation.name))
        outer, own = core.warp, warp
        joined: Curve = own if outer is None else lambda k: own(outer(k))
        return replace(core, what=inner, warp=joined)


def _selected(core: _Core) -> _Core:
    """A muted clip stands among the alternates of a selector that shows nothing; else it is a multicam's choice."""
    selected = core.what["Selected"].value
    alternates = list(core.what.getvalue("Alternates", None) or [])
    if isinstance(selected, _EMPTY) and alternates:
        return replace(core, what=alternates[0], enabled=False)
    return replace(core, what=selected)


def _rate(slot: Component) -> Rate:
    try:
        return parse_rate(Fraction(slot.edit_rate.numerator, slot.edit_rate.denominator))
    except (InvalidRequest, ZeroDivisionError) as error:
        raise BadElementError(f"track {slot.slot_id} counts {slot.edit_rate} frames a second") from error


def _pictures(mob: Component) -> Iterator[Component]:
    """The slots of a mob that show pictures."""
    for slot in mob.slots:
        if hasattr(slot, "edit_rate") and slot.segment is not None and slot.segment.media_kind == "Picture":
            yield slot


def _layers(segment: Component) -> list[Component]:
    """The tracks that a segment holds: a scope at its top is how several stand in one slot."""
    return list(segment.slots) if isinstance(segment, components.NestedScope) else [segment]


def _inner(what: Component) -> list[Component]:
    """The parts of a sequence or scope; none of anything else."""
    if isinstance(what, components.Sequence):
        return list(what.components)
    return list(what.slots) if isinstance(what, components.NestedScope) else []


def _components(segment: Component) -> list[Component]:
    return list(segment.components) if isinstance(segment, components.Sequence) else [segment]


def _events(parts: list[Component]) -> tuple[list[tuple[Component, int, int, int]], list[Joint]]:
    """Component, frame of the sequence at which it starts, frames cut from its head, length; and the transitions."""
    events: list[tuple[Component, int, int, int]] = []
    joints: list[Joint] = []
    at = head = 0
    for component in parts:
        length = int(component.length or 0)
        if isinstance(component, components.Transition):
            at -= length
            head = int(component["CutPoint"].value)
            operation = component.getvalue("OperationGroup", None)
            name = str(operation.operation.name) if operation is not None else "transition"
            joints.append(
                Joint(Fraction(at), Fraction(at + head), Fraction(at + length), name, dissolve="Dissolve" in name)
            )
            if events:
                what, start, cut, had = events[-1]
                events[-1] = (what, start, cut, had - (length - head))
            continue
        events.append((component, at + head, head, length - head))
        at += length
        head = 0
    return [event for event in events if event[3] > 0], joints


def _markers(mob: Component) -> dict[int, list[tuple[int, str]]]:
    """A composition's markers by the slot they describe: frame and words."""
    found: dict[int, list[tuple[int, str]]] = {}
    for slot in mob.slots:
        if hasattr(slot, "edit_rate") and not type(slot).__name__.startswith("Timeline"):
            for marker in _components(slot.segment):
                slots = marker.getvalue("DescribedSlots", None) or [0]
                words = str(marker.getvalue("Comment", "") or "")
                position = int(marker.getvalue("Position", 0) or 0)
                found.setdefault(int(next(iter(slots))), []).append((position, words))
    return found


def _marker(position: int, words: str, rate: Rate) -> otio.schema.Marker:
    return otio.schema.Marker(words, span(Fraction(position), rate, Fraction(1), rate))


def _mark(item: otio.core.Item, start: int, length: int, markers: list[tuple[int, str]], rate: Rate) -> None:
    """Put the markers over an item onto it, counted from the first frame of its range."""
    for position, words in markers:
        if start <= position < start + length:
            marker = _marker(0, words, rate)
            offset = otio.opentime.RationalTime(position - start, float(rate))
            begin = item.source_range.start_time
            marker.marked_range = otio.opentime.TimeRange(begin + offset, marker.marked_range.duration)
            item.markers.append(marker)
