"""The language of edits: each affects one thing of a world, by a tree's id or by a place. Text in, `Edit` out.

An edit is a verb and what it needs; edits are separated by ';' or stand on lines of their own, '#' begins a remark.
The order in which they are written means nothing, so two lists that mean the same have one canonical text, and one
plan. What they do to a forest is in ``editing.py``; this file needs neither numpy nor USD.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations, product

from usd_ai.core.errors import InvalidRequest

_FARTHEST = 4.0e5  # metres from the origin that the scatter has room for
_LARGEST_ID = 2**63 - 1
_LARGEST_SEED = 2**32 - 1
_MOST = 2_000
_LONGEST = 200_000  # characters, remarks and repetitions among them

FORMS: dict[str, str] = {
    "reseed": "reseed x,y,radius,SEED",
    "clear": "clear x,y,radius",
    "add": "add SPECIES x,y[,height]",
    "remove": "remove ID",
    "species": "species ID NAME",
    "regrow": "regrow ID VARIANT",
    "scale": "scale ID FACTOR",
    "turn": "turn ID DEGREES",
    "move": "move ID dx,dy   or   move ID to x,y",
    "protect": "protect ID   or   protect x,y,radius",
    "ignite": "ignite ID@SECONDS",
}
"""How each edit is written, in the order in which edits take effect."""

_TOKEN = re.compile(r"@|[^\s,@]+(?:\s*,\s*[^\s,@]*)*|,[^\s@]*")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LIMITS: dict[str, tuple[float, float]] = {
    "x": (-_FARTHEST, _FARTHEST),
    "y": (-_FARTHEST, _FARTHEST),
    "dx": (-_FARTHEST, _FARTHEST),
    "dy": (-_FARTHEST, _FARTHEST),
    "radius": (0.01, 10_000.0),
    "height": (0.5, 120.0),
    "FACTOR": (0.1, 10.0),
    "DEGREES": (-3600.0, 3600.0),
    "SECONDS": (-36_000.0, 36_000.0),
    "SEED": (0, _LARGEST_SEED),
    "VARIANT": (0, 99),
}
_WHOLE = frozenset({"SEED", "VARIANT"})


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit. ``tree``: the id it names, or 0; ``numbers``: the rest, in the order of its form; ``word``: a name.

    ``to_place`` tells the two forms of ``move`` apart. Places are metres on the ground plane.
    """

    verb: str
    tree: int = 0
    numbers: tuple[float, ...] = ()
    word: str = ""
    to_place: bool = False

    @property
    def text(self) -> str:
        """The one spelling of this edit."""
        numbers = ",".join(_spelled(number) for number in self.numbers)
        if self.verb == "ignite":
            return f"ignite {self.tree}@{numbers}"
        parts = [self.verb, str(self.tree) if self.tree else "", self.word, "to" if self.to_place else "", numbers]
        return " ".join(part for part in parts if part)

    @property
    def circle(self) -> tuple[float, float, float] | None:
        """Middle and radius of the region it speaks of, or None."""
        if self.tree or self.verb not in {"reseed", "clear", "protect"}:
            return None
        return self.numbers[0], self.numbers[1], self.numbers[2]


def parse_edits(text: str) -> tuple[Edit, ...]:
    """The edits of a text, each once, in canonical order. Raises InvalidRequest naming the edit and the character."""
    if len(text) > _LONGEST:
        raise _too_many(f"A text of {len(text):,} characters is longer than the {_LONGEST:,} that edits may have.")
    found: dict[str, Edit] = {}
    number = 0
    for words in (part for line in text.split("\n") for part in line.partition("#")[0].split(";")):
        if not words.strip():
            continue
        number += 1
        edit = _Reader(words.strip(), number).edit()
        found[edit.text] = edit
        if len(found) > _MOST:
            raise _too_many(f"These are more than the {_MOST:,} edits that one world takes.")
    verbs = tuple(FORMS)
    edits = sorted(found.values(), key=lambda edit: (verbs.index(edit.verb), edit.tree, edit.text))
    _refuse_contradictions(edits)
    return tuple(edits)


def canonical_edits(text: str) -> str:
    """The one text of all lists that mean the same: order, spaces, remarks and repetitions do not change it."""
    return "; ".join(edit.text for edit in parse_edits(text))


class _Reader:
    """Reads one edit from left to right; knows where it stands, so that a refusal can say it."""

    def __init__(self, words: str, number: int) -> None:
        self._words = words
        self._number = number
        self._tokens = [(match.group(), match.start()) for match in _TOKEN.finditer(words)]
        self._next = 0

    def edit(self) -> Edit:
        verb, at = self._take("a verb")
        if verb not in FORMS:
            near = get_close_matches(verb.lower(), FORMS, n=2)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(FORMS)}."
            raise self._refusal(f"there is no edit '{verb}'", at, hint)
        edit = self._rest(verb)
        if self._next < len(self._tokens):
            word, at = self._tokens[self._next]
            raise self._refusal(f"'{word}' is too much", at, f"Write: {FORMS[verb]}.")
        return edit

    def _rest(self, verb: str) -> Edit:
        if verb in {"reseed", "clear"}:
            names = ("x", "y", "radius", "SEED")[: 4 if verb == "reseed" else 3]
            return Edit(verb, numbers=self._numbers(verb, names))
        if verb == "add":
            species = self._name(verb)
            return Edit(verb, word=species, numbers=self._numbers(verb, ("x", "y", "height"), least=2))
        if verb == "protect" and "," in self._peek():
            return Edit(verb, numbers=self._numbers(verb, ("x", "y", "radius")))
        return self._of_tree(verb, self._id(verb))

    def _of_tree(self, verb: str, tree: int) -> Edit:
        if verb in {"remove", "protect"}:
            return Edit(verb, tree)
        if verb == "species":
            return Edit(verb, tree, word=self._name(verb))
        if verb == "move":
            absolute = self._peek() == "to"
            self._next += absolute
            return Edit(verb, tree, self._numbers(verb, ("x", "y") if absolute else ("dx", "dy")), to_place=absolute)
        if verb == "ignite":
            sign, at = self._take("'@' and story seconds", verb)
            if sign != "@":
                raise self._refusal(f"'{sign}' stands where '@' belongs", at, f"Write: {FORMS[verb]}.")
        name = {"regrow": "VARIANT", "scale": "FACTOR", "turn": "DEGREES", "ignite": "SECONDS"}[verb]
        return Edit(verb, tree, self._numbers(verb, (name,)))

    def _peek(self) -> str:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else ""

    def _take(self, what: str, verb: str = "") -> tuple[str, int]:
        if self._next >= len(self._tokens):
            raise self._refusal(
                f"{what} is missing", len(self._words), f"Write: {FORMS[verb]}." if verb else "Begin with a verb."
            )
        self._next += 1
        return self._tokens[self._next - 1]

    def _id(self, verb: str) -> int:
        word, at = self._take("a tree's id", verb)
        if not re.fullmatch(r"[0-9]{1,19}", word) or not 0 < int(word) <= _LARGEST_ID:
            raise self._refusal(
                f"'{word}' is no tree's id",
                at,
                f"Write: {FORMS[verb]}. Ids are the numbers in the attribute 'ids' of the instancer 'trees'.",
            )
        return int(word)

    def _name(self, verb: str) -> str:
        word, at = self._take("a species", verb)
        if not _NAME.fullmatch(word):
            raise self._refusal(f"'{word}' is no species", at, f"Write: {FORMS[verb]}.")
        return word

    def _numbers(self, verb: str, names: tuple[str, ...], least: int = 0) -> tuple[float, ...]:
        token, at = self._take(" and ".join(names), verb)
        parts = token.split(",")
        if not (least or len(names)) <= len(parts) <= len(names):
            wanted = f"{least} to {len(names)} numbers" if least else f"{len(names)} number(s)"
            raise self._refusal(f"'{token}' is not {wanted}", at, f"Write: {FORMS[verb]}.")
        numbers: list[float] = []
        for name, part in zip(names, parts, strict=False):
            numbers.append(self._one(verb, name, part, at))
            at += len(part) + 1
        return tuple(numbers)

    def _one(self, verb: str, name: str, part: str, at: int) -> float:
        low, high = _LIMITS[name]
        try:
            value = float(part)
        except ValueError:
            value = math.nan
        if not low <= value <= high or (name in _WHOLE and value != int(value)):
            kind = "a whole number" if name in _WHOLE else "a number"
            raise self._refusal(
                f"{name} cannot be '{part.strip()}'", at, f"Give {kind} from {low:g} to {high:g}: {FORMS[verb]}."
            )
        return value + 0.0  # -0 is 0

    def _refusal(self, what: str, at: int, remedy: str) -> InvalidRequest:
        return InvalidRequest(
            f"Edit {self._number}, '{self._words}', fails at character {at + 1}: {what}.",
            remedy=remedy,
            reason="EDIT_INVALID",
            context={"parameter": "edits", "edit": str(self._number), "character": str(at + 1)},
        )


def _refuse_contradictions(edits: list[Edit]) -> None:
    """Raises InvalidRequest where two edits want different things of one tree or place: order must not decide."""
    of_tree: dict[int, list[Edit]] = {}
    for edit in edits:
        if edit.tree:
            of_tree.setdefault(edit.tree, []).append(edit)
    for same in of_tree.values():
        for one, other in combinations(same, 2):
            if why := _quarrel({one.verb, other.verb}):
                raise _contradiction(one, other, why)
    at_place: dict[tuple[float, ...], Edit] = {}
    for edit in (edit for edit in edits if edit.verb == "add"):
        if (other := at_place.setdefault(edit.numbers[:2], edit)) is not edit:
            raise _contradiction(other, edit, "one place takes one tree")
    _refuse_overlaps([edit for edit in edits if edit.verb == "reseed"])


def _refuse_overlaps(edits: list[Edit]) -> None:
    """Raises InvalidRequest where two reseeded regions overlap.

    Regions lie in cells that are 1 to 2 times as wide as they are, the wide ones first. Two overlap only where the
    wider one's cell is that of the other's middle or a neighbour, and regions that are apart fill no cell with many.
    """
    cells: dict[tuple[int, int, int], list[Edit]] = {}
    sizes: list[int] = []
    for edit in sorted(edits, key=lambda edit: (-edit.numbers[2], edit.text)):
        x, y, radius, _ = edit.numbers
        size = math.frexp(2.0 * radius)[1]
        if size not in sizes:
            sizes.append(size)
        for level, right, up in product(sizes, (-1, 0, 1), (-1, 0, 1)):
            place = level, math.floor(math.ldexp(x, -level)) + right, math.floor(math.ldexp(y, -level)) + up
            for other in cells.get(place, ()):
                if math.dist((x, y), other.numbers[:2]) < radius + other.numbers[2]:
                    raise _contradiction(other, edit, "reseeded regions must not overlap")
        own = size, math.floor(math.ldexp(x, -size)), math.floor(math.ldexp(y, -size))
        cells.setdefault(own, []).append(edit)


def _quarrel(verbs: set[str]) -> str:
    """Why two different edits of one tree cannot both be meant, by their verbs; "" where they can."""
    if len(verbs) == 1:
        return "one tree takes one of a kind"
    if "remove" in verbs:
        return "what is removed cannot be edited"
    return "a protected tree never burns" if verbs == {"protect", "ignite"} else ""


def _too_many(message: str) -> InvalidRequest:
    return InvalidRequest(
        message,
        remedy="Clear or reseed a region instead of naming its trees one by one.",
        reason="EDITS_TOO_MANY",
        context={"parameter": "edits"},
    )


def _contradiction(one: Edit, other: Edit, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"The edits '{one.text}' and '{other.text}' contradict each other: {why}.",
        remedy="Keep one of them.",
        reason="EDITS_CONTRADICT",
        context={"parameter": "edits"},
    )


def _spelled(number: float) -> str:
    text = repr(float(number))
    return text.removesuffix(".0")
