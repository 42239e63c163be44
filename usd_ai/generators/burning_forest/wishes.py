"""A prompt's intents as parameters of the forest. Places are those that the shot's main camera sees."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.types import ParameterValue, StageFacts, Understanding
from usd_ai.generators.burning_forest.parameters import PARAMETERS
from usd_ai.generators.burning_forest.sights import Sight, read_sight
from usd_ai.generators.burning_forest.vocabulary import VOCABULARY
from usd_ai.learned.hearing import Intent
from usd_ai.learned.understanding import Outcome, plain_outcome, understand
from usd_ai.run.arrays import FolderArrays

F64 = NDArray[np.float64]

_DECLARED = {parameter.name: parameter for parameter in PARAMETERS}
_KINDS = ("pine", "spruce", "fir", "birch", "oak")
_GROUPS = {"conifer": ("pine", "spruce", "fir"), "broadleaf": ("birch", "oak"), "mixed": ()}
_WEIGHTS = {"slight": 0.2, "plain": 1.0, "very": 4.0}
_NAMED = 0.9
"""Share of the living trees that the named kinds take; the rest stay as they are by default, thinned out."""

_SNAGS = {"slight": 0.12, "plain": 0.3, "very": 0.55}
_SEEN_CONTRAST = 3.912
"""Extinction times visibility at a contrast of 2 % (Koschmieder 1924; as in WMO-No. 8, "Measurement of visibility")."""

_CLEARING_LEAST, _CLEARING_MOST = 6.0, 30.0  # m, radius where nobody says how wide

_RADIUS_LEAST, _RADIUS_MOST = 0.5, 10_000.0  # m, radius that a width may come to


def prompt_task(prompt: str, given: tuple[str, ...], facts: StageFacts, camera: str, arrays: str) -> Understanding:
    """What a prompt means to the burning forest in this shot. Raises InvalidRequest, NotFound (camera)."""
    rules = _Rules(facts, camera, arrays)
    return understand(prompt, frozenset(given), VOCABULARY, rules.decide)


class _Rules:
    """How intents become parameters; the camera is looked at only when a place is spoken of."""

    def __init__(self, facts: StageFacts, camera: str, arrays: str) -> None:
        self._facts, self._camera, self._arrays = facts, camera, arrays

    @cached_property
    def _sight(self) -> Sight:
        return read_sight(self._facts, self._camera, FolderArrays(self._arrays))

    def decide(self, intents: tuple[Intent, ...]) -> Sequence[Outcome]:
        """One outcome for each intent."""
        special = {"species": self._species, "clearing": self._clearings, "clearing_width": self._clearing_width,
                   "fire_from": self._fire, "front_width": self._front_width, "wind_from": self._wind,
                   "haze": _haze, "moisture": _moisture, "progress": self._progress, "season": _season}  # fmt: skip
        return [_declared(special.get(intent.attribute, _plain)(intent, intents)) for intent in intents]

    # ------------------------------------------------------------------------------------------------ trees

    def _species(self, intent: Intent, intents: tuple[Intent, ...]) -> Outcome:
        said = [i for i in intents if i.attribute == "species"]
        shares = _shares(said)
        own = _kinds_of(intent)
        named = {kind for i in said for kind in _kinds_of(i)}
        rest = {kind for kind in shares if kind not in named} if intent is said[-1] else set[str]()
        settings = tuple((kind, shares[kind]) for kind in (*_KINDS, "snag") if kind in shares and kind in {*own, *rest})
        gone = [kind for kind in own if kind not in _DECLARED]
        note = f"This version of the generator grows no {' and no '.join(gone)}." if gone else ""
        return Outcome(settings, note or ("" if settings else "The default mix of species is meant."))

    def _clearings(self, intent: Intent, intents: tuple[Intent, ...]) -> Outcome:
        said = [i for i in intents if i.attribute == "clearing" and not i.denied]
        if intent.denied or intent.value == "none":
            return Outcome((("clearings", ""),))
        widths = [i.number for i in intents if i.attribute == "clearing_width" and i.number is not None]
        circles: list[str] = []
        radius, note = _radius(widths[-1]) if widths else (self._usual_radius(), "")
        for one in said[: said.index(intent) + 1]:
            if one.value == "none":
                circles = []
                continue
            x, y = self._sight.place(one.value if one.value != "some" else "centre")
            circles.append(f"{x:.1f},{y:.1f},{radius:.1f}")
        return Outcome((("clearings", "; ".join(circles)),), f"{self._seen()} {note}".rstrip())

    def _usual_radius(self) -> float:
        return float(np.clip(0.35 * self._sight.half_width, _CLEARING_LEAST, _CLEARING_MOST))

    def _clearing_width(self, intent: Intent, intents: tuple[Intent, ...]) -> Outcome:
        if any(i.attribute == "clearing" and i.value != "none" for i in intents):
            return Outcome(note="It is the width of the clearing.")
        x, y = self._sight.place("centre")
        radius, note = _radius(intent.number or 0.0)
        return Outcome((("clearings", f"{x:.1f},{y:.1f},{radius:.1f}"),), f"{self._seen()} {note}".rstrip())

    # ------------------------------------------------------------------------------------------------ fire and wind

    def _fire(self, intent: Intent, intents: tuple[Intent, ...]) -> Outcome:
        if intent.denied:
            return Outcome(note="Saying where it is not sets nothing: say where it is.")
        widths = [i.number for i in intents if i.attribute == "front_width" and i.number is not None]
        line = self._sight.line(intent.value, widths[-1] if widths else None)
        settings: list[tuple[str, ParameterValue]] = [("ignition", "; ".join(f"{x:.1f},{y:.1f}" for x, y in line))]
        if intent.value != "centre" and not any(i.attribute == "wind_from" and not i.denied for i in intents):
            settings.append(("wind_direction", self._sight.heading(intent.value)))
        return Outcome(tuple(settings), self._seen())

    def _front_width(self, intent: Intent, intents: tuple[Intent, ...]) -> Outcome:
        if any(i.attribute == "fire_from" for i in intents):
            return Outcome(note="It is the width of the front where it starts.")
        line = self._sight.line("back", intent.number)
        return Outcome((("ignition", "; ".join(f"{x:.1f},{y:.1f}" for x, y in line)),), self._seen())

    def _wind(self, intent: Intent, intents: tuple[Intent, ...]) -> Outcome:
        del intents
        if intent.denied:
            return Outcome(note="Saying where it does not blow sets nothing: say where it comes from.")
        return Outcome((("wind_direction", self._sight.heading(intent.value)),), self._seen())

    def _progress(self, intent: Intent, intents: tuple[Intent, ...]) -> Outcome:
        outcome = _plain(intent, intents)
        first, last = self._facts.frames.start, self._facts.frames.end
        frame = _DECLARED["story_frame"].default
        if outcome.settings and isinstance(frame, int) and not first <= frame <= last:
            return Outcome((*outcome.settings, ("story_frame", first)), "Counted at the shot's first frame.")
        return outcome

    def _seen(self) -> str:
        return f"As {self._sight.camera} sees it in frame {self._facts.frames.start}."


def _radius(width: float) -> tuple[float, str]:
    """Half a clearing's width, and what is to be told of it where it is out of range."""
    radius = min(max(width / 2, _RADIUS_LEAST), _RADIUS_MOST)
    note = f"{width:g} m is out of range; the nearest is taken ({2 * _RADIUS_LEAST:g} to {2 * _RADIUS_MOST:g} m)."
    return radius, "" if radius == width / 2 else note


def _plain(intent: Intent, intents: tuple[Intent, ...]) -> Outcome:
    del intents
    attribute = VOCABULARY.attribute(intent.attribute)
    return Outcome(note="Nothing is set by it.") if attribute is None else plain_outcome(attribute, intent)


def _haze(intent: Intent, intents: tuple[Intent, ...]) -> Outcome:
    if intent.number is None:
        return _plain(intent, intents)
    return Outcome((("haze", float(f"{_SEEN_CONTRAST / max(intent.number, 1.0):.3g}")),), "A visibility.")


def _moisture(intent: Intent, intents: tuple[Intent, ...]) -> Outcome:
    """A share is the water in dead fine fuel; words speak of the whole forest."""
    if intent.number is None:
        return _plain(intent, intents)
    return Outcome((("moisture", float(f"{intent.number:.4g}")),))


def _season(intent: Intent, intents: tuple[Intent, ...]) -> Outcome:
    del intents
    if intent.denied:
        return Outcome(note="Saying which season it is not sets nothing.")
    return Outcome((("season", intent.value),))


def _declared(outcome: Outcome) -> Outcome:
    """The outcome with the parameters that the generator has, inside their ranges: a prompt never fails a plan."""
    kept: list[tuple[str, ParameterValue]] = []
    notes = [outcome.note] * bool(outcome.note)
    for name, value in outcome.settings:
        parameter = _DECLARED.get(name)
        if parameter is None:
            notes.append(f"This version of the generator has no {name}.")
        elif isinstance(value, float) and not parameter.low <= value <= parameter.high:
            nearest = min(max(value, parameter.low), parameter.high)
            notes.append(f"{name} {value:g} is out of range; the nearest is taken ({parameter.range_text()}).")
            kept.append((name, nearest))
        elif isinstance(value, str) and parameter.kind == "choice" and value not in parameter.choices:
            notes.append(f"{name} cannot be {value} here ({parameter.range_text()}).")
        else:
            kept.append((name, value))
    return Outcome(tuple(kept), " ".join(notes))


def _kinds_of(intent: Intent) -> tuple[str, ...]:
    return _GROUPS.get(intent.value, (intent.value,))


def _shares(said: Sequence[Intent]) -> dict[str, float]:
    """Shares of all kinds that a prompt's words about species come to; {} where they change nothing."""
    defaults = {k: float(v) for k in _KINDS if k in _DECLARED and isinstance(v := _DECLARED[k].default, float)}
    weights, denied, snags = dict.fromkeys(defaults, 0.0), set[str](), None
    for intent in said:
        for kind in _kinds_of(intent):
            if kind == "snag":
                snags = 0.0 if intent.denied else _SNAGS[intent.degree]
            elif intent.denied:
                denied.add(kind)
            elif kind in weights:
                weights[kind] = max(weights[kind], _WEIGHTS[intent.degree])
    shares: dict[str, float] = {}
    total = sum(weights.values())
    if total > 0.0:
        left = {k: 0.0 if weights[k] > 0.0 or k in denied else d for k, d in defaults.items()}
        rest = (1.0 - _NAMED) / max(sum(left.values()), 1e-9)
        named = _NAMED if sum(left.values()) > 0.0 else 1.0
        mixed = any(i.value == "mixed" and not i.denied for i in said)
        if mixed:  # named kinds lead a mixed wood, they do not fill it
            named, rest = 0.6, 0.4 / max(sum(left.values()), 1e-9)
        shares = {k: round(named * weights[k] / total + rest * left[k], 3) for k in defaults}
    elif denied:
        left = {k: 0.0 if k in denied else d for k, d in defaults.items()}
        shares = {k: round(v / max(sum(left.values()), 1e-9), 3) for k, v in left.items()}
    if snags is not None:
        shares["snag"] = snags
    return shares
