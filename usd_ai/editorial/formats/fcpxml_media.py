"""What an FCPXML file names once and uses often: formats, assets, compound clips, cameras; and its times."""

from __future__ import annotations

import re
from fractions import Fraction

import opentimelineio as otio

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import Rate
from usd_ai.editorial.formats.laying import span
from usd_ai.editorial.formats.markup import BadElementError, Element
from usd_ai.editorial.rates import parse_rate

_TIME = re.compile(r"^(-?\d{1,19}(?:\.\d{1,15})?)(?:/(\d{1,19}))?s$")
_REEL = "com.apple.proapps.studio.reel"
_SAID = {
    "com.apple.proapps.studio.scene": "SCENE",
    "com.apple.proapps.studio.shot": "TAKE",
    "com.apple.proapps.studio.angle": "ANGLE",
}


def seconds(element: Element, name: str, default: Fraction | None) -> Fraction:
    """A time attribute (``1001/24000s``, ``5s``); ``default`` where it is not said, None where it must be.

    Raises BadElementError.
    """
    text = element.get(name)
    if not text and default is not None:
        return default
    match = _TIME.match(text.strip())
    if match is None or (match[2] and not int(match[2])):
        raise BadElementError(f"its {name} '{text[:24]}' is not a time")
    return Fraction(match[1]) / int(match[2] or 1)


class Resources:
    """The ``<resources>`` of a file, by id."""

    def __init__(self, root: Element) -> None:
        resources = root.child("resources")
        self._all = {element.get("id"): element for element in (resources.children if resources is not None else ())}
        self._rates: dict[str, Rate | None] = {}

    def _of(self, element: Element, kind: str) -> Element | None:
        found = self._all.get(element.get("ref"))
        return found if found is not None and found.tag == kind else None

    def rate(self, name: str) -> Rate | None:
        """The frame rate of a format, or None where it says none (stills, sound)."""
        if name not in self._rates:
            element = self._all.get(name)
            length = seconds(element, "frameDuration", Fraction(0)) if element is not None else Fraction(0)
            self._rates[name] = self.named_rate(str(1 / length)) if length > 0 else None
        return self._rates[name]

    def named_rate(self, text: str) -> Rate:
        """The rate that a text means. Raises BadElementError."""
        try:
            return parse_rate(text)
        except InvalidRequest as error:
            raise BadElementError(error.message.rstrip(".")) from error

    def asset(self, element: Element) -> Element | None:
        """The asset that an element plays."""
        return self._of(element, "asset")

    def effect(self, element: Element) -> str:
        """The name of the generator that an element plays, or ""."""
        found = self._of(element, "effect")
        return (found.get("name") or "generator") if found is not None else ""

    def compound(self, element: Element) -> Element:
        """The sequence of a compound clip. Raises BadElementError."""
        media = self._of(element, "media")
        sequence = media.child("sequence") if media is not None else None
        if sequence is None:
            raise BadElementError(f"its compound clip '{element.get('ref')}' is not among the resources")
        return sequence

    def angle(self, element: Element) -> Element:
        """The camera that a multicam clip shows. Raises BadElementError."""
        media = self._of(element, "media")
        multicam = media.child("multicam") if media is not None else None
        angles = {a.get("angleID"): a for a in multicam.all("mc-angle")} if multicam is not None else {}
        shown = [s.get("angleID") for s in element.all("mc-source") if s.get("srcEnable", "all") in {"all", "video"}]
        found = next((angles[name] for name in shown if name in angles), None)
        if found is None and not shown:
            found = next(iter(angles.values()), None)
        if found is None:
            raise BadElementError("it is a multicam clip, and the camera it shows is not among the resources")
        return found

    def start(self, element: Element) -> Fraction:
        """Where an element's own time starts if it does not say so: with its media."""
        if element.tag == "asset-clip":
            asset = self.asset(element)
            return seconds(asset, "start", Fraction(0)) if asset is not None else Fraction(0)
        if element.tag == "ref-clip":
            return seconds(self.compound(element), "tcStart", Fraction(0))
        media = self._of(element, "media") if element.tag == "mc-clip" else None
        multicam = media.child("multicam") if media is not None else None
        return seconds(multicam, "tcStart", Fraction(0)) if multicam is not None else Fraction(0)

    def duration(self, element: Element) -> Fraction:
        """How long an element is if it does not say so: as its media. Raises BadElementError."""
        found = self.asset(element)
        found = self.compound(element) if found is None and element.tag == "ref-clip" else found
        if found is None:
            return seconds(element, "duration", None)
        return seconds(found, "duration", None)

    def has_pictures(self, element: Element) -> bool:
        """Whether an element shows pictures and not only sounds."""
        if element.get("srcEnable") == "audio":
            return False
        asset = self.asset(element)
        return asset is None or asset.get("hasVideo") == "1" or asset.get("hasAudio", "0") == "0"

    def media(self, asset: Element, rate: Rate) -> otio.core.MediaReference:
        """The reference to an asset's file."""
        files = list(asset.all("media-rep"))
        original = next((f for f in files if f.get("kind", "original-media") == "original-media"), None)
        url = asset.get("src") or (original.get("src") if original is not None else "")
        length = seconds(asset, "duration", Fraction(0)) * rate.fraction
        begin = seconds(asset, "start", Fraction(0)) * rate.fraction
        available = span(begin, rate, length, rate) if length else None
        if not url:
            return otio.schema.MissingReference(asset.get("name"), available)
        media = otio.schema.ExternalReference(url, available)
        media.name = asset.get("name")
        return media


def remember(clip: otio.schema.Clip, item: Element, asset: Element) -> None:
    """Keep a clip's reel, notes, scene and take where names are looked for."""
    said = {}
    for element in (asset, item):
        for table in element.all("metadata"):
            said |= {md.get("key"): md.get("value") for md in table.all("md")}
    comments = [f"{label}: {said[key]}" for key, label in _SAID.items() if said.get(key)]
    comments += [f"NOTE: {note.text}" for note in item.all("note") if note.text]
    if said.get(_REEL) or comments:
        clip.metadata["cmx_3600"] = {"reel": said.get(_REEL, ""), "comments": comments}
