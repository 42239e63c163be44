"""What a change of the request may cause, said before it is made and without asking the generator.

A statement names the trees and places that a change speaks of and the columns that may differ there. Everything else
of a layer must be the same to the bit. The statements follow from the guide (docs/guide/burning_forest.md): the fire's
front takes no notice of edits; a flame and its embers belong to a tree; a light says for which trees it stands.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tests.tools.layer_elements import Change, Elements
from usd_ai.generators.burning_forest.edits import Edit, parse_edits
from usd_ai.sim.hashing import salt

FRONT_CELL, GROUND_CELL = 9.0, 10.0
_EMBER_SLOTS = 20_000  # births of one tree that are looked through, from story second 0 on

BURNING = frozenset({"usdai:ignition", "usdai:arrival", "state"})
SIZE = frozenset({"scale", "usdai:height", "lod"}) | BURNING
"""Taller crowns catch otherwise."""
PLANT = frozenset({"plant", "variant", "usdai:species", "usdai:height", "lod"}) | BURNING
PLACE = frozenset({"place", "lod"}) | BURNING
ALL = frozenset({"there"}) | PLACE | PLANT | SIZE | {"turn"}

_OF_TREE: dict[str, frozenset[str]] = {
    "remove": frozenset({"there"}),
    "add": frozenset({"there"}),
    "move": PLACE,
    "scale": SIZE,
    "turn": frozenset({"turn"}),
    "species": PLANT,
    "regrow": PLANT,
    "protect": BURNING,
    "ignite": BURNING,
}
_OF_REGION: dict[str, frozenset[str]] = {
    "clear": frozenset({"there"}),
    "reseed": frozenset({"there"}),
    "protect": BURNING,
}


@dataclass(frozen=True)
class Statement:
    """``covers(change)`` says whether a change was foretold; ``local``: it speaks of a small part of the world."""

    covers: Callable[[Change], bool]
    local: bool


def of_edit(before: Elements, text: str) -> Statement:
    """What one edit may cause in the layer ``before``."""
    edit = parse_edits(text)[0]
    spots = _spots(before, edit)
    trees = {edit.tree} if edit.tree else _inside(before, edit)

    def covers(change: Change) -> bool:
        kind, name = change.key
        columns = {column.split(" ")[0] for column in change.columns} - {"other"}
        if kind in {"trees", "skirt/trees"}:
            allowed = _OF_REGION.get(edit.verb, frozenset()) if not edit.tree else _OF_TREE[edit.verb]
            if edit.verb == "add":
                allowed = _OF_TREE["add"]
            mine = int(name) in trees if edit.tree else any(_near(spot, change) for spot in spots)
            # Another state than the story in full shows the nearest plant that is there anyway (decision 064).
            return (mine and columns <= allowed) or not columns
        if kind == "undergrowth":
            return edit.verb == "protect" and not edit.tree and any(_near(spot, change) for spot in spots)
        if kind == "prim" and name.startswith("/fire/lights"):
            return any(tree in trees or ("trees", str(tree)) not in before for tree in _stands_for(change))
        return _burns(change, edit, trees, spots)

    return Statement(covers, local=True)


def _burns(  # noqa: PLR0911 - one line for each kind of thing
    change: Change, edit: Edit, trees: set[int], spots: list[tuple[float, float, float]]
) -> bool:
    """Whether what burns, or what is only listed, may change with these trees and spots."""
    kind, name = change.key
    spared = edit.verb == "protect" and not edit.tree
    if kind == "embers":
        new = edit.verb in {"add", "reseed"} and change.before is None  # born of a tree that was not there before
        return new or any(_born_of(int(name), tree) for tree in trees)
    if kind == "file" and name.startswith(("vdb/smoke", "look/karma", "tex/arrival")):
        return spared or not name.startswith("tex/")
    if kind in {"file", "prototype"}:
        return change.columns == ("there",)  # they come and go with who needs them, and never differ
    if name == "":
        return change.columns == ("custom",) and _only_edits(change)
    if match := re.match(r"/fire/flames/flame_(\d+)", name):
        return int(match[1]) in trees or not edit.tree
    if name.startswith(("/fire/ground", "/fire/arrival")) and not spared:
        return False
    for start, cell in {"/fire/flames/front": FRONT_CELL, "/fire/ground": GROUND_CELL}.items():
        if name.startswith(start):
            return any(_near((x, y, radius + cell * math.sqrt(2.0)), change) for x, y, radius in spots)
    return name.startswith(("/smoke", "/fire/arrival")) or name in {"/fire", "/fire/flames", "/fire/lights"}


def anywhere(columns: frozenset[str], *, kinds: tuple[str, ...], prims: str = r"(?!)") -> Statement:
    """A parameter of the whole: ``columns`` of instances of ``kinds`` may change, and what matches ``prims``."""

    def covers(change: Change) -> bool:
        kind, name = change.key
        if kind in {"prim", "file", "prototype"}:
            of_prims = kind == "prim" and bool(re.search(prims, name))
            return of_prims or (kind != "prim" and (change.columns == ("there",) or bool(re.search(prims, name))))
        own = {column.split(" ")[0] for column in change.columns} - {"other"}
        return kind in kinds and (kind == "embers" or own <= columns)

    return Statement(covers, local=False)


def _stands_for(change: Change) -> set[int]:
    """Ids of the trees that a light says it stands for, before and after."""
    rows = [row["usdai:trees"] for row in (change.before, change.after) if row is not None and "usdai:trees" in row]
    return {int(tree) for row in rows for _, packed in row for tree in np.frombuffer(packed, np.int64)}


def _spots(before: Elements, edit: Edit) -> list[tuple[float, float, float]]:
    """Middle and radius of every place that an edit touches."""
    if edit.circle is not None:
        return [edit.circle]
    if edit.verb == "add":
        return [(edit.numbers[0], edit.numbers[1], 0.1)]
    x, y = before["trees", str(edit.tree)]["place"][:2]
    spots = [(x, y, 0.1)]
    if edit.verb == "move":
        there = edit.numbers if edit.to_place else (x + edit.numbers[0], y + edit.numbers[1])
        spots.append((there[0], there[1], 0.1))
    return spots


def _inside(before: Elements, edit: Edit) -> set[int]:
    if edit.circle is None:
        return set()
    x, y, radius = edit.circle
    rows = ((int(name), row["place"]) for (kind, name), row in before.items() if kind == "trees")
    return {tree for tree, place in rows if math.hypot(place[0] - x, place[1] - y) < radius}


def _born_of(ember: int, tree: int) -> bool:
    """Ids of embers are those of their trees with the number of the birth folded in above 20 bits."""
    folded = (ember ^ salt("ember") ^ tree) & 0x7FFFFFFFFFFFFFFF
    return folded & 0xFFFFF == 0 and folded >> 20 < _EMBER_SLOTS


def _near(spot: tuple[float, float, float], change: Change) -> bool:
    x, y, radius = spot
    return any(math.hypot(px - x, py - y) <= radius + 1e-3 for px, py in change.places())


def _only_edits(change: Change) -> bool:
    before = dict((change.before or {})["custom"])
    after = dict((change.after or {})["custom"])
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} <= {"usdai:edits"}
