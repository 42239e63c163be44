"""Where an AAF's clips come from: through master and file to the tape, with the timecode that counts there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import Rate
from usd_ai.editorial.formats.aaf_classes import components, essence, mobs
from usd_ai.editorial.formats.laying import span
from usd_ai.editorial.formats.markup import BadElementError
from usd_ai.editorial.rates import nominal, parse_rate

_LONGEST = 12  # mobs from a clip to its tape; Avid's go four deep
_PATH = "UNC Path"
_REELS = ("Tape", "TapeID", "Tape ID", "Reel", "Reel #", "Camroll", "Labroll")

Mob = Any  # pyaaf2 has no types
"""A mob or slot of pyaaf2."""


@dataclass(frozen=True)
class Source:
    """A clip's source: its frame ``begin`` (timecode, counted at ``rate``) is the master's first."""

    name: str
    rate: Rate
    begin: Fraction
    length: Fraction
    url: str
    file: str
    reel: str
    comments: tuple[str, ...]

    def clip(self) -> otio.schema.Clip:
        """A clip of it, without a range."""
        available = span(self.begin, self.rate, self.length, self.rate)
        if self.url:
            media: otio.core.MediaReference = otio.schema.ExternalReference(self.url, available)
            media.name = self.file
        else:
            media = otio.schema.MissingReference(self.file, available)
        clip = otio.schema.Clip(self.name, media)
        if self.reel or self.comments:
            clip.metadata["cmx_3600"] = {"reel": self.reel, "comments": list(self.comments)}
        return clip


class Sources:
    """The sources of a file, each followed once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, Rate], Source] = {}

    def of(self, mob: Mob, slot_id: int, rate: Rate) -> Source:
        """The source behind a slot of a mob; ``rate``: that of the sequence. Raises BadElementError."""
        key = (str(mob.mob_id), slot_id, rate)
        if key not in self._known:
            self._known[key] = _followed(mob, slot_id, rate)
        return self._known[key]


def first_timecode(mob: Mob) -> tuple[Fraction, Rate] | None:
    """The frame at which a mob's first timecode track starts, and its rate; None without one."""
    for slot, code in _timecodes(mob):
        try:
            return Fraction(int(code.start)), _rate(slot)
        except InvalidRequest:
            continue
    return None


def counts_drop(mob: Mob) -> bool | None:
    """Whether a mob's first timecode track counts drop-frame; None without one."""
    return next((bool(code.drop) for _, code in _timecodes(mob)), None)


def _timecodes(mob: Mob) -> Iterator[tuple[Mob, Mob]]:
    """The slots with a mob's first timecode track, and the timecode in each."""
    for slot in mob.slots:
        code = next((c for c in _parts(slot.segment) if isinstance(c, components.Timecode)), None)
        if code is not None and slot.getvalue("PhysicalTrackNumber", 1) == 1:
            yield slot, code


def _followed(mob: Mob, slot_id: int, rate: Rate) -> Source:
    """Go from a mob to the deepest that it comes from, adding up where each starts in the next."""
    slot = _slot(mob, slot_id)
    if slot is None:
        raise BadElementError(f"its source '{mob.name}' has no track {slot_id}")
    chain = [mob]
    seconds = Fraction(0)
    length = Fraction(int(slot.segment.length or 0)) / _rate(slot).fraction
    code = None
    counted = _rate(slot)
    while len(chain) < _LONGEST:
        code = (first_timecode(chain[-1]) if isinstance(chain[-1], mobs.SourceMob) else None) or code
        part = (
            next((p for p in _parts(slot.segment) if isinstance(p, components.SourceClip)), None)
            if slot is not None
            else None
        )
        if slot is None or part is None:
            break
        counted = _rate(slot)
        source = part.mob
        if source is None:  # the end of the chain; where it starts there means nothing
            break
        seconds += Fraction(int(part.start or 0)) / counted.fraction
        chain.append(source)
        slot = _slot(source, part.slot_id)
    given = first_timecode(mob) if isinstance(mob, mobs.MasterMob) else None
    if code is not None:
        counted = code[1]
    if nominal(counted) == nominal(rate):
        counted = rate  # 24 in a sequence of 23.976 plays frame for frame
    begin = seconds * counted.fraction + (code[0] if code else 0) + (given[0] if given else 0)
    return _told(chain, counted, begin, length * counted.fraction)


def _told(chain: list[Mob], rate: Rate, begin: Fraction, length: Fraction) -> Source:
    """What the mobs of a chain say of themselves."""
    said = {str(k): str(v) for k, v in chain[0].comments.items() if isinstance(v, str) and v.strip()}
    sources = [mob for mob in chain if isinstance(mob, mobs.SourceMob)]
    tape = next((mob.name for mob in sources if isinstance(mob.descriptor, essence.TapeDescriptor) and mob.name), "")
    names = [str(mob.name) for mob in sources if mob.name]
    urls = [url for mob in reversed(sources) for url in _urls(mob)]
    reel = tape or next((said[key] for key in _REELS if key in said), "") or (names[-1] if names else "")
    comments = tuple(f"{key.upper()}: {value}" for key, value in sorted(said.items()) if key != _PATH)
    name = next((str(mob.name) for mob in chain if mob.name), "")
    return Source(
        name, rate, begin, length, said.get(_PATH) or next(iter(urls), ""), (names or [name])[0], reel, comments
    )


def _urls(mob: Mob) -> Iterator[str]:
    for locator in mob.descriptor.getvalue("Locator", None) or []:
        url = locator.getvalue("URLString", None)
        if url:
            yield str(url)


def _slot(mob: Mob, slot_id: int) -> Mob:
    return next((slot for slot in mob.slots if slot.slot_id == slot_id), None)


def _parts(segment: Mob) -> Iterator[Mob]:
    """The components of a segment; of a choice, its first."""
    for part in segment.components if isinstance(segment, components.Sequence) else [segment]:
        if isinstance(part, components.EssenceGroup):
            yield from list(part["Choices"].value)[:1]
        elif isinstance(part, components.Selector):
            yield part["Selected"].value
        else:
            yield part


def _rate(slot: Mob) -> Rate:
    return parse_rate(Fraction(slot.edit_rate.numerator, slot.edit_rate.denominator))
