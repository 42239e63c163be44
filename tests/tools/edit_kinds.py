"""Twenty-seven kinds of change to the small forest, each with the statement of what it may cause.

Thirteen are edits of one thing, the others are parameters. A kind is drawn from a number, so that hypothesis and the
benchmark can both ask for as many cases of it as they like.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tests.tools.layer_elements import Change, Elements
from tests.tools.may_change import BURNING, PLANT, SIZE, Statement, anywhere, of_edit
from tests.tools.small_forest import HALF
from usd_ai.core.types import FrameRange
from usd_ai.generators.burning_forest.plants import NEVER

Values = dict[str, object]
_FIRE = r"^/(fire|smoke)|^look/karma|^tex/arrival|^vdb/smoke"
_THERE = frozenset({"there"})


@dataclass(frozen=True)
class Case:
    """A change: what is asked after it (before it, the defaults of the small forest), and what it may cause."""

    words: str
    after: Values
    statement: Statement
    before: Values = field(default_factory=dict)


Draw = Callable[[Elements, np.random.Generator], Case]


def _tree(before: Elements, chance: np.random.Generator) -> int:
    """A tree that can be moved a step and stay on the ground; every second one is burning or will burn."""
    rows = [(int(name), row) for (kind, name), row in before.items() if kind == "trees"]
    rows = [(tree, row) for tree, row in rows if max(map(abs, row["place"][:2])) < HALF - 2.0]
    burning = [tree for tree, row in rows if row["usdai:ignition"][0] < NEVER]
    pool = burning if burning and chance.random() < 0.5 else [tree for tree, _ in rows]
    return pool[int(chance.integers(len(pool)))]


def _place(chance: np.random.Generator) -> str:
    x, y = chance.uniform(-0.8 * HALF, 0.8 * HALF, 2)
    return f"{x:.2f},{y:.2f}"


def _circle(chance: np.random.Generator) -> str:
    return f"{_place(chance)},{chance.uniform(2.0, 4.0):.2f}"


_EDITS: dict[str, Callable[[Elements, np.random.Generator], str]] = {
    "remove": lambda b, c: f"remove {_tree(b, c)}",
    "move by": lambda b, c: f"move {_tree(b, c)} {c.uniform(-1.5, 1.5):.2f},{c.uniform(-1.5, 1.5):.2f}",
    "move to": lambda b, c: f"move {_tree(b, c)} to {_place(c)}",
    "protect": lambda b, c: f"protect {_tree(b, c)}",
    "protect region": lambda b, c: f"protect {_circle(c)}",
    "reseed": lambda b, c: f"reseed {_circle(c)},{int(c.integers(1, 99))}",
    "add": lambda b, c: f"add {c.choice(['pine', 'spruce', 'birch'])} {_place(c)},{c.uniform(4, 20):.1f}",
    "clear": lambda b, c: f"clear {_circle(c)}",
    "ignite": lambda b, c: f"ignite {_tree(b, c)}@{c.uniform(30.0, 60.1):.2f}",
    "scale": lambda b, c: f"scale {_tree(b, c)} {c.uniform(0.5, 1.6):.3f}",
    "turn": lambda b, c: f"turn {_tree(b, c)} {c.uniform(1, 359):.1f}",
    "species": lambda b, c: f"species {_tree(b, c)} {c.choice(['pine', 'spruce', 'birch'])}",
    "regrow": lambda b, c: f"regrow {_tree(b, c)} {int(c.integers(0, 2))}",
}


def _edit(name: str) -> Draw:
    def draw(before: Elements, chance: np.random.Generator) -> Case:
        text = _EDITS[name](before, chance)
        return Case(text, {"edits": text}, of_edit(before, text))

    return draw


def _parameter(name: str, low: float, high: float, statement: Statement) -> Draw:
    def draw(_: Elements, chance: np.random.Generator) -> Case:
        value = round(float(chance.uniform(low, high)), 4)
        return Case(f"{name}={value}", {name: value}, statement)

    return draw


def _spread(columns: frozenset[str] = BURNING) -> Statement:
    """What runs through the whole fire: who burns when, and what lies on the ground afterwards."""
    return anywhere(columns, kinds=("trees", "undergrowth", "embers"), prims=_FIRE)


def _denser(low: float, high: float) -> Draw:
    added = low > 0.6

    def covers(change: Change) -> bool:
        one_way = change.columns != ("there",) or (change.before is None) == added or change.key[0] != "trees"
        return one_way and _spread(BURNING | _THERE).covers(change)

    return _parameter("density", low, high, Statement(covers, local=False))


def _clearing(_: Elements, chance: np.random.Generator) -> Case:
    text = _circle(chance)
    return Case(f"clearings={text}", {"clearings": text}, _spread(BURNING | _THERE))


def _other_camera(_: Elements, chance: np.random.Generator) -> Case:
    near = anywhere(_THERE | {"lod"}, kinds=("trees", "undergrowth"), prims=r"^/fire/(flames|ground)|^/air|^look/|haze")
    return Case("another camera", {"view": 1}, near)


def _longer(_: Elements, chance: np.random.Generator) -> Case:
    more = int(chance.integers(1, 4))

    def covers(change: Change) -> bool:
        kind, name = change.key
        if kind in {"trees", "undergrowth"} and change.before and change.after:
            frames = dict(change.after["state"])
            return change.columns == ("state",) and all(frames[f] == s for f, s in change.before["state"])
        if kind == "embers" and change.before and change.after:
            return all(change.after[column] == value for column, value in change.before.items())
        return kind in {"embers", "file", "prototype"} or name.startswith(("/fire", "/smoke", "/air"))

    frames = FrameRange(1001, 1004 + more)
    return Case(f"{more} more frames", {"frames": frames}, Statement(covers, local=False))


KINDS: dict[str, Draw] = {
    **{name: _edit(name) for name in _EDITS},
    "density up": _denser(0.65, 0.9),
    "density down": _denser(0.3, 0.55),
    "clearings": _clearing,
    "undergrowth": _parameter("undergrowth", 0.05, 0.3, anywhere(_THERE, kinds=("undergrowth",))),
    "smoke": _parameter("smoke", 0.3, 3.0, anywhere(frozenset(), kinds=(), prims=r"^/smoke|^vdb/smoke")),
    "fire": _parameter("fire", 0.5, 2.0, anywhere(frozenset(), kinds=("embers",), prims=_FIRE)),
    "embers": _parameter("embers", 0.2, 3.0, anywhere(frozenset(), kinds=("embers",))),
    "haze": _parameter("haze", 0.0005, 0.02, anywhere(frozenset(), kinds=(), prims=r"^$|^/air|haze|^look/")),
    "camera clearance": _parameter(
        "camera_clearance", 5.0, 20.0, anywhere(_THERE, kinds=("trees", "embers"), prims=_FIRE)
    ),
    "another camera": _other_camera,
    "more frames": _longer,
    "story time": _parameter(
        "story_time", 40.0, 80.0,
        anywhere(_THERE | {"state"}, kinds=("trees", "undergrowth", "embers"), prims=rf"^$|^/air|{_FIRE}"),
    ),
    "moisture": _parameter("moisture", 0.03, 0.12, _spread(BURNING | _THERE)),
    "wind speed": _parameter("wind_speed", 1.0, 6.0, _spread(BURNING | _THERE)),
    "species mix": _parameter("pine", 0.1, 0.9, _spread(PLANT | SIZE | {"turn"} | _THERE)),
}  # fmt: skip
EDITS = tuple(_EDITS)
