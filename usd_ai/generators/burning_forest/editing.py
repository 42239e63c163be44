"""What edits do to a forest. Trees that no edit names keep every bit: only edited ones are computed anew.

Order of effect: regions are reseeded, then cleared, then trees are added, then single trees are edited, then what
burns. An edit of one tree stands above an edit of a region.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.generators.burning_forest.edits import Edit
from usd_ai.generators.burning_forest.plants import FORMS, TREES
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.sim.hashing import salt, uniform
from usd_ai.sim.scatter import PATTERNS_TOGETHER, ids_of_seed, ids_together, spacing

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

_HAND = PATTERNS_TOGETHER - 1  # the pattern of ids of trees that were added by hand; reseeded ones have 1 to 6
_MANY = 8  # regions from which it pays to order a stand from west to east
_WIDER = 1e-9  # relative; room for rounding where a shortcut must leave nothing out
_ID_BITS = 58  # octave, cell and dart of the scatter need so many; a hashed id takes their place
_WHERE_IDS_ARE = "Ids are the entries of the attribute 'ids' of the instancer 'trees'; viewers show them when you pick."


@dataclass(frozen=True, slots=True)
class Ground:
    """A part of the world on which trees stand, and how trees come to stand there.

    ``height(xy)``: its surface, NaN where it has none. ``anew(seed, low, high)``: the trees that another seed would
    put into a box. ``one(ids, places)``: trees as they grow at places. ``burns``: whether the fire runs over it.
    """

    stand: Stand
    height: Callable[[F64], F64]
    anew: Callable[[int, F64, F64], Stand]
    one: Callable[[I64, F64], Stand]
    burns: bool


@dataclass(frozen=True, slots=True, eq=False)
class Edited:
    """A stand after its edits, sorted by id. ``fresh``: the trees whose burning must be computed anew."""

    stand: Stand
    fresh: Mask


def edit_stands(edits: Sequence[Edit], grounds: Sequence[Ground], density: float) -> list[Edited]:
    """The stands of a world's grounds after all edits but those of the fire; ``density`` in 1/ha.

    Raises InvalidRequest for an id that no tree or more than one would have, a place without ground, and a species or a
    variant that is not grown.
    """
    before = [ground.stand for ground in grounds]
    stands = [_replanted(edits, ground, density) for ground in grounds]
    stands = _with_added(edits, grounds, stands)
    _refuse_twins(stands, before)
    _refuse_unknown(edits, stands, before)
    removed = np.array([edit.tree for edit in edits if edit.verb == "remove"], np.int64)
    stands = [_one_by_one(edits, ground, stand, grounds) for ground, stand in zip(grounds, stands, strict=True)]
    stands = [stand.where(~np.isin(stand.ids, removed)) for stand in stands]
    stands = [stand.where(np.argsort(stand.ids, kind="stable")) for stand in stands]
    return [Edited(stand, ~rows_alike(ground.stand, stand)) for ground, stand in zip(grounds, stands, strict=True)]


def ids_changed(before: Stand, after: Stand) -> I64:
    """Ids of the trees that changed, came or went."""
    gone = before.ids[~np.isin(before.ids, after.ids)]
    return np.union1d(gone, after.ids[~rows_alike(before, after)])


def edit_burning(edits: Sequence[Edit], ground: Ground, stand: Stand, torch: Callable[[Stand], Stand]) -> Stand:
    """A stand whose burning is as the edits want it. ``torch(stand)``: those trees, caught at story second 0."""
    lit = {edit.tree: edit.numbers[0] for edit in edits if edit.verb == "ignite"}
    spared = np.isin(stand.ids, np.array([e.tree for e in edits if e.verb == "protect" and e.tree], np.int64))
    spared |= inside(stand.places, circles(edits, "protect"))
    rows = np.flatnonzero(np.isin(stand.ids, np.array(sorted(lit), np.int64)))
    spared[rows] = False
    columns = {name: getattr(stand, name).copy() for name in ("ignition", "flaming_end", "smoulder_end")}
    for column in columns.values():
        column[spared] = np.inf
    if len(rows):
        if not ground.burns:
            raise _refusal(
                f"Tree {stand.ids[rows[0]]} stands beyond the ground on which the fire runs.",
                "Ignite trees of the instancer 'trees'.",
                "EDIT_OUT_OF_REACH",
            )
        burning = torch(stand.where(rows))
        begin = np.array([lit[int(tree)] for tree in stand.ids[rows]])
        for name, column in columns.items():
            column[rows] = (begin + (getattr(burning, name) - burning.ignition)).astype(np.float32)
    return replace(stand, **columns)


def circles(edits: Sequence[Edit], verb: str) -> F64:
    """Middles and radii float64 [n, 3] of the regions that edits of a verb speak of."""
    found = [edit.circle for edit in edits if edit.verb == verb and edit.circle is not None]
    return np.array(found, np.float64).reshape(-1, 3)


def inside(places: F64, regions: F64) -> Mask:
    """Which places [n, 2 or more] lie in one of the regions [m, 3], seen from above."""
    found = np.zeros(len(places), np.bool_)
    if len(regions) < _MANY:
        for x, y, radius in regions:
            found |= np.hypot(places[:, 0] - x, places[:, 1] - y) < radius
        return found
    # From west to east once: then a region looks at what stands between its own edges, not at the whole stand.
    order = np.argsort(places[:, 0])
    across = places[order, 0]
    reach = regions[:, 2] * (1.0 + _WIDER) + _WIDER * np.abs(regions[:, 0])
    begins, ends = (np.searchsorted(across, regions[:, 0] + side * reach, "right") for side in (-1.0, 1.0))
    for (x, y, radius), begin, end in zip(regions, begins, ends, strict=True):
        rows = order[begin:end]
        found[rows] |= np.hypot(places[rows, 0] - x, places[rows, 1] - y) < radius
    return found


def added_id(edit: Edit) -> int:
    """The id of a tree that was added by hand: it follows from what was written, not from what else was added."""
    word = int.from_bytes(hashlib.sha256(edit.text.encode()).digest()[:8], "big") >> (64 - _ID_BITS)
    return int(ids_together(np.array([word & ~(3 << 4)], np.int64), _HAND)[0])


def joined(stands: Sequence[Stand]) -> Stand:
    """Stands as one, in order."""
    return Stand(**{f.name: np.concatenate([getattr(stand, f.name) for stand in stands]) for f in fields(Stand)})


def put(stand: Stand, where: Mask | I64, new: Stand) -> Stand:
    """The stand with other trees in the rows that ``where`` picks."""
    columns = {f.name: getattr(stand, f.name).copy() for f in fields(Stand)}
    for name, column in columns.items():
        column[where] = getattr(new, name)
    return Stand(**columns)


def rows_alike(old: Stand, new: Stand) -> Mask:
    """Which trees of ``new`` stand in ``old`` to the bit."""
    if not len(old):
        return np.zeros(len(new), np.bool_)
    order = np.argsort(old.ids, kind="stable")
    rows = order[np.minimum(np.searchsorted(old.ids[order], new.ids), len(old) - 1)]
    alike = np.ones(len(new), np.bool_)
    for field in fields(Stand):
        equal: Any = getattr(old, field.name)[rows] == getattr(new, field.name)
        alike &= equal if equal.ndim == 1 else equal.all(axis=1)
    return alike


# ------------------------------------------------------------------------------------------------------ regions


def _replanted(edits: Sequence[Edit], ground: Ground, density: float) -> Stand:
    stand, fresh = ground.stand, list[Stand]()
    for edit in edits:
        if edit.verb != "reseed":
            continue
        x, y, radius, seed = edit.numbers
        middle, margin = np.array([x, y]), 0.5 * float(spacing(max(density, 1e-6)))
        drawn = ground.anew(int(seed), middle - radius, middle + radius)
        # Half a spacing inside the border: neighbours that stay outside keep their distance to them.
        drawn = drawn.where(inside(drawn.places, np.array([[x, y, radius - margin]])))
        pattern = 1 + int(seed) % (_HAND - 1)
        fresh.append(replace(drawn, ids=ids_together(ids_of_seed(drawn.ids, int(seed)), pattern)))
    if fresh:  # regions do not overlap: none takes away what another has drawn
        stand = joined([stand.where(~inside(stand.places, circles(edits, "reseed"))), *fresh])
    cleared = circles(edits, "clear")
    return stand.where(~inside(stand.places, cleared)) if len(cleared) else stand


def _with_added(edits: Sequence[Edit], grounds: Sequence[Ground], stands: list[Stand]) -> list[Stand]:
    result = list(stands)
    for edit in (edit for edit in edits if edit.verb == "add"):
        xy = np.array([edit.numbers[:2]])
        for index, ground in enumerate(grounds):
            z = ground.height(xy)
            if np.isfinite(z[0]):
                result[index] = joined([result[index], _added(edit, ground, np.column_stack([xy, z]))])
                break
        else:
            raise _off_ground(edit, grounds)
    return result


def _added(edit: Edit, ground: Ground, place: F64) -> Stand:
    tree = ground.one(np.array([added_id(edit)], np.int64), place)
    tree = _regrown(tree, edit, species=_species(edit))
    if len(edit.numbers) > 2:  # x, y, height
        factor = edit.numbers[2] / float(tree.height[0])
        tree = replace(tree, scale=_times(tree.scale, factor), height=np.array([edit.numbers[2]], np.float32))
    return tree


# ------------------------------------------------------------------------------------------------- single trees


def _one_by_one(edits: Sequence[Edit], ground: Ground, stand: Stand, grounds: Sequence[Ground]) -> Stand:
    order = np.argsort(stand.ids, kind="stable")
    ids = stand.ids[order]
    changed: dict[int, Stand] = {}
    for edit in edits:
        change = _CHANGES.get(edit.verb)
        at = int(np.searchsorted(ids, edit.tree))
        if change is None or at == len(ids) or ids[at] != edit.tree:
            continue
        row = int(order[at])
        tree = changed[row] if row in changed else stand.where(np.array([row]))
        if edit.verb == "move":
            _refuse_stray(tree, edit, ground, grounds)
        changed[row] = change(tree, edit, ground)
    if not changed:
        return stand
    return put(stand, np.array(sorted(changed)), joined([changed[row] for row in sorted(changed)]))


def _moved(tree: Stand, edit: Edit, ground: Ground) -> Stand:
    xy = _goal(tree, edit)
    return replace(tree, places=np.column_stack([xy, ground.height(xy)]))


def _goal(tree: Stand, edit: Edit) -> F64:
    """Where a move leads to, [1, 2]."""
    return np.array([edit.numbers]) if edit.to_place else tree.places[:, :2] + np.array(edit.numbers)


def _scaled(tree: Stand, edit: Edit, _: Ground) -> Stand:
    factor = edit.numbers[0]
    return replace(tree, scale=_times(tree.scale, factor), height=_times(tree.height, factor))


def _turned(tree: Stand, edit: Edit, _: Ground) -> Stand:
    yaw = np.mod(tree.yaw.astype(np.float64) + np.radians(edit.numbers[0]), 2.0 * np.pi)
    return replace(tree, yaw=yaw.astype(np.float32))


def _of_species(tree: Stand, edit: Edit, _: Ground) -> Stand:
    return _regrown(tree, edit, species=_species(edit))


def _of_variant(tree: Stand, edit: Edit, _: Ground) -> Stand:
    return _regrown(tree, edit, species=int(tree.species[0]), variant=int(edit.numbers[0]))


_CHANGES: dict[str, Callable[[Stand, Edit, Ground], Stand]] = {
    "species": _of_species,
    "regrow": _of_variant,
    "scale": _scaled,
    "turn": _turned,
    "move": _moved,
}


def _regrown(tree: Stand, edit: Edit, *, species: int, variant: int | None = None) -> Stand:
    """The tree as another grown plant: its scale, and so its place among its neighbours, stays."""
    form = FORMS[TREES[species]]
    if variant is None:
        drawn = uniform(0, tree.ids, salt("edited-variant"))[0] * form.variants
        variant = min(int(drawn), form.variants - 1)
    if variant >= form.variants:
        raise _refusal(
            f"'{edit.text}': {form.name} has no variant {variant}.",
            f"Give one of 0 to {form.variants - 1}.",
            "EDIT_INVALID",
        )
    grown = form.heights[min(variant, len(form.heights) - 1)]
    return replace(
        tree,
        species=np.array([species], tree.species.dtype),
        variant=np.array([variant], tree.variant.dtype),
        height=(tree.scale * np.float32(grown)).astype(np.float32),
    )


def _species(edit: Edit) -> int:
    if edit.word not in TREES:
        near = get_close_matches(edit.word, TREES, n=2)
        raise _refusal(
            f"'{edit.text}': no species is called '{edit.word}'.",
            f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(TREES)}.",
            "EDIT_INVALID",
        )
    return TREES.index(edit.word)


def _times(values: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    return (values.astype(np.float64) * factor).astype(np.float32)


# ----------------------------------------------------------------------------------------------------- refusals


def _refuse_unknown(edits: Sequence[Edit], stands: Sequence[Stand], before: Sequence[Stand]) -> None:
    """Raises InvalidRequest for the first edit whose tree is not there; one may remove what a region has cleared."""
    here, once = (np.concatenate([stand.ids for stand in some]) for some in (stands, before))
    named = np.array([edit.tree for edit in edits], np.int64)
    present, was = np.isin(named, here), np.isin(named, once)
    for edit, is_here, was_here in zip(edits, present, was, strict=True):
        if not edit.tree or is_here or (was_here and edit.verb == "remove"):
            continue
        if was_here:
            raise _refusal(
                f"'{edit.text}': tree {edit.tree} was taken out by a region that is cleared or reseeded.",
                "Leave this edit out, or make the region smaller.",
                "EDIT_UNKNOWN_TREE",
            )
        near = _near(edit.tree, here)
        raise _refusal(
            f"'{edit.text}': no tree of this world has the id {edit.tree}.",
            (f"Did you mean {' or '.join(str(tree) for tree in near)}? " if near else "") + _WHERE_IDS_ARE,
            "EDIT_UNKNOWN_TREE",
        )


def _twins(stands: Sequence[Stand]) -> I64:
    ids, count = np.unique(np.concatenate([stand.ids for stand in stands]), return_counts=True)
    return ids[count > 1]


def _refuse_twins(stands: Sequence[Stand], before: Sequence[Stand]) -> None:
    """Raises InvalidRequest where two trees would have one id: nobody could tell which of them an edit means."""
    found = np.setdiff1d(_twins(stands), _twins(before))
    if len(found):
        raise _refusal(
            f"Two trees would have the id {found[0]}: edits that draw or add trees made it twice.",
            "Give one of the reseeded regions another SEED, or move an added tree by a centimetre.",
            "EDITS_CONTRADICT",
        )


def _near(tree: int, ids: I64) -> list[int]:
    """At most three ids that differ from a mistyped one by a digit: another, one too many, too few, or swapped."""
    text = str(tree)
    cuts = [(text[:at], text[at:]) for at in range(len(text) + 1)]
    slips = [a + b[1:] for a, b in cuts if b]
    slips += [a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1]
    slips += [a + digit + b[skip:] for a, b in cuts for digit in "0123456789" for skip in (0, 1)]
    meant = {int(slip) for slip in slips if slip and 0 < int(slip) < 2**63}
    return sorted(np.intersect1d(np.array(sorted(meant), np.int64), ids).tolist())[:3]


def _refuse_stray(tree: Stand, edit: Edit, ground: Ground, grounds: Sequence[Ground]) -> None:
    """Raises InvalidRequest where a move leads off the ground on which the tree stands."""
    xy = _goal(tree, edit)
    if np.isfinite(ground.height(xy)[0]):
        return
    if any(np.isfinite(other.height(xy)[0]) for other in grounds):
        here, there = ("the host's ground", "the surroundings")[:: 1 if ground.burns else -1]
        raise _refusal(
            f"'{edit.text}' leads from {here} into {there}: a tree stays on its own ground.",
            f"Take it out and put another there: remove {edit.tree}; add SPECIES {xy[0, 0]:g},{xy[0, 1]:g}.",
            "EDIT_OUT_OF_REACH",
        )
    raise _off_ground(edit, [ground])


def _off_ground(edit: Edit, grounds: Sequence[Ground]) -> InvalidRequest:
    places = np.concatenate([ground.stand.places[:, :2] for ground in grounds])
    low, high = (places.min(axis=0), places.max(axis=0)) if len(places) else (np.zeros(2), np.zeros(2))
    return _refusal(
        f"'{edit.text}' leads to a place without ground.",
        f"Trees stand from {low[0]:.0f},{low[1]:.0f} to {high[0]:.0f},{high[1]:.0f} (metres on the ground plane).",
        "EDIT_OUT_OF_REACH",
    )


def _refusal(message: str, remedy: str, reason: str) -> InvalidRequest:
    return InvalidRequest(message, remedy=remedy, reason=reason, context={"parameter": "edits"})
