"""Which number a use of a shot has in the name of its edit layer: ``<layer>_<number>.usda``. It keeps it for ever.

A number goes where the comparison with the last numbered cut says that its use went, as long as the two show a frame
in common or the shot has but one. A use that is gone keeps its number and its file; where it comes back it has them
again. A new use gets the lowest number that none ever had.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from usd_ai.core.changes import CutDiff, OccurrenceChange, ShotChange
from usd_ai.core.cuts import Cut, FrameRange, Occurrence, Shot
from usd_ai.core.decisions import NumberedUse, Standing
from usd_ai.core.edits import frame_order, is_seen
from usd_ai.core.errors import NotFound

if TYPE_CHECKING:
    from usd_ai.core.case import Case
    from usd_ai.core.ports_editorial import CutHistory

_SAME = Fraction(1, 2)
"""A use that was gone is back where so much of its frames is seen again; less is another use."""

Key = tuple[str, str]
"""A published layer: the shot's name in its folder, the layer's name."""

Compare = Callable[[Cut, Cut], CutDiff]


@dataclass(frozen=True, slots=True)
class Numbering:
    """The numbers of all uses in a cut. ``of``: by layer, for each use of its shot in order; 0 for one without.

    ``changed`` is what the ledger does not say yet. ``gone``: by layer, the numbers whose uses just went.
    """

    of: Mapping[Key, tuple[int, ...]]
    changed: tuple[NumberedUse, ...]
    gone: Mapping[Key, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A published layer whose uses are to be numbered: ``called`` is its shot's name in the cut, ``shot`` as there."""

    key: Key
    called: str
    shot: Shot | None


class Numbers:
    """The numbers that the ledger keeps, and those that a cut asks for."""

    def __init__(self, history: CutHistory, compare: Callable[[str, Cut, Cut], CutDiff]) -> None:
        self._history = history
        self._compare = compare

    def numbered(
        self, project: str, cases: Sequence[Case], cut: Cut, older: Cut | None, diff: CutDiff | None
    ) -> tuple[list[Case], Numbering]:
        """The cases with the numbers of their uses in ``cut``; and all that changes by it. Nothing is written.

        ``diff``: what is different from ``older``, which is nearly always the cut that was numbered last.
        """
        known = self._history.numbers(project)
        wanted = [Wanted((c.made.shot, c.layer), c.shot, c.now) for c in cases if c.made is not None]
        base = last_numbered(known)
        since = diff if older is not None and older.key == base else self._since(project, base, cut)
        found = numbering(known, wanted, cut, since, lambda gone, back: self._compare(project, gone, back))
        return [_with_numbers(case, found) for case in cases], found

    def _since(self, project: str, base: str, cut: Cut) -> CutDiff | None:
        """An apply of another cut was broken off after it had numbered its uses: those numbers are the last ones."""
        try:
            return self._compare(project, self._history.cut(project, base).cut, cut) if base else None
        except NotFound:  # numbers that no kept cut explains: each use is sought by its frames
            return None


def _with_numbers(case: Case, found: Numbering) -> Case:
    if case.made is None:
        return case
    key = (case.made.shot, case.layer)
    return dataclasses.replace(case, numbers=found.of[key], gone=found.gone.get(key, ()))


def last_numbered(known: Iterable[NumberedUse]) -> str:
    """The key of the cut whose uses were numbered last; "" where none of its uses is seen, or nothing was numbered."""
    return next((one.cut for one in known if one.standing is Standing.USED), "")


def numbering(
    known: Sequence[NumberedUse], wanted: Sequence[Wanted], cut: Cut, since: CutDiff | None, compare: Compare
) -> Numbering:
    """Numbers for the uses of ``wanted`` in ``cut``. ``known``: all there are. Deterministic; nothing is written.

    ``since``: what is different from the cut that was numbered last, None where that is not known. ``compare`` tells
    whether a use that was gone is back.
    """
    base, there = last_numbered(known), _by_key(known)
    changes: dict[str, ShotChange] = {one.shot: one for one in since.shots} if since is not None else {}
    open_: list[_Layer] = []
    for one in wanted:
        layer = _Layer(one, there.get(one.key, []))
        layer.carry(changes.get(one.called), base)
        open_.append(layer)
    _bring_back(open_, cut, compare)
    for layer in open_:
        layer.carry_the_only(changes.get(layer.called), base)
        layer.number_new()
    mine = {layer.key for layer in open_}
    changed = [row for layer in open_ for row in layer.rows(cut.key)]
    changed += [_unused(row, cut.key) for row in known if (row.shot, row.layer) not in mine]
    old = {(row.shot, row.layer, row.number): row for row in known}
    return Numbering(
        of={layer.key: layer.numbers for layer in open_},
        changed=tuple(row for row in changed if old.get((row.shot, row.layer, row.number)) != row),
        gone={layer.key: gone for layer in open_ if (gone := layer.gone)},
    )


class _Layer:
    """A published layer while its uses are numbered."""

    def __init__(self, wanted: Wanted, known: Sequence[NumberedUse]) -> None:
        self.key, self.called = wanted.key, wanted.called
        self._uses = wanted.shot.occurrences if wanted.shot is not None else ()
        self._known = {row.number: row for row in known}
        self._found: dict[int, int] = {}  # place among the uses → number

    def carry(self, change: ShotChange | None, base: str) -> None:
        """Give the uses that go on their numbers: where anything of what they showed is still seen.

        A comparison pairs a use that went with one that came, and calls it a slip. Somebody who plays the one must not
        find the other in its place.
        """
        if change is not None:
            goes_on = [one for one in change.occurrences if _shares(one) > 0]
            self._found = carried(self._at(base), goes_on, self._uses)

    def carry_the_only(self, change: ShotChange | None, base: str) -> None:
        """Where a shot had one use and has one, that is the same whatever it shows, unless a gone one is back."""
        if change is not None and not self._found and len(self._uses) == len(self._at(base)) == 1:
            self._found = carried(self._at(base), change.occurrences, self._uses)

    def _at(self, base: str) -> list[NumberedUse]:
        return [row for row in self._known.values() if row.cut == base]

    def left(self) -> tuple[list[NumberedUse], list[int]]:
        """Numbers that no use has yet, and the places of uses that are seen and have none."""
        taken = set(self._found.values())
        rows = [row for number, row in sorted(self._known.items()) if number not in taken]
        return rows, [k for k, use in enumerate(self._uses) if k not in self._found and is_seen(use)]

    def use(self, place: int) -> Occurrence:
        """A use by its place."""
        return self._uses[place]

    def give(self, place: int, number: int) -> None:
        """A use has this number."""
        self._found[place] = number

    def number_new(self) -> None:
        """The rest, in the order of their frames, get the lowest numbers that were never given."""
        _, places = self.left()
        first = max(self._known, default=0) + 1
        for number, place in enumerate(sorted(places, key=lambda k: frame_order(self._uses[k])), start=first):
            self._found[place] = number

    @property
    def numbers(self) -> tuple[int, ...]:
        """The number of each use, 0 for one without."""
        return tuple(self._found.get(k, 0) for k in range(len(self._uses)))

    @property
    def gone(self) -> tuple[int, ...]:
        """The numbers that a use had until now."""
        seen = {number for place, number in self._found.items() if is_seen(self._uses[place])}
        return tuple(n for n, row in sorted(self._known.items()) if row.standing is Standing.USED and n not in seen)

    def rows(self, cut: str) -> Iterator[NumberedUse]:
        """All numbers as they stand then."""
        shot, layer = self.key
        for place, number in sorted(self._found.items()):
            use = self._uses[place]
            yield NumberedUse(shot, layer, number, Standing.USED if is_seen(use) else Standing.UNUSED, cut, use)
        yield from (_unused(row, cut) for row in self.left()[0])


def carried(
    known: Iterable[NumberedUse], changes: Iterable[OccurrenceChange], uses: Sequence[Occurrence]
) -> dict[int, int]:
    """By place among ``uses``: the number of the use that it is in the older cut.

    Of clips that a blade cut, the first keeps the number; where pieces become one again, it has the first one's.
    """
    before, after = _Spots((row.use, row.number) for row in known), _Spots((use, k) for k, use in enumerate(uses))
    found: dict[int, int] = {}
    for change in changes:
        if change.old is not None and change.new is not None:
            found.update(zip(after.take(change.new), before.take(change.old), strict=False))
    return found


class _Spots:
    """Uses by where they stand. A healed use, as comparisons have it, is found as the pieces that it was made of."""

    def __init__(self, uses: Iterable[tuple[Occurrence, int]]) -> None:
        self._at: dict[tuple[str, int, int, int], list[tuple[Occurrence, int]]] = defaultdict(list)
        for use, what in uses:
            self._at[_spot(use, use.record.start)].append((use, what))

    def take(self, whole: Occurrence) -> list[int]:
        """What stands for a use, in the order of its pieces, each once."""
        here = self._at.get(_spot(whole, whole.record.start), [])
        exact = next((n for n, (use, _) in enumerate(here) if use == whole), None)
        if exact is not None:
            return [here.pop(exact)[1]]
        found: list[int] = []
        at = whole.record.start
        while at <= whole.record.end:
            here = self._at.get(_spot(whole, at), [])
            piece = next((n for n, (use, _) in enumerate(here) if _is_piece(use, whole)), None)
            if piece is None:
                break
            use, what = here.pop(piece)
            found.append(what)
            at = use.record.end + 1
        return found


def _spot(use: Occurrence, at: int) -> tuple[str, int, int, int]:
    return use.track, use.lane, use.depth, at


def _is_piece(use: Occurrence, whole: Occurrence) -> bool:
    same = (use.reel, use.media, use.enabled) == (whole.reel, whole.media, whole.enabled)
    return same and use.record.end <= whole.record.end and _share(use.trimmed, whole.trimmed) > 0


def _bring_back(layers: Sequence[_Layer], cut: Cut, compare: Compare) -> None:
    """Let uses that were gone, and are there again, have their numbers."""
    waiting: dict[str, list[tuple[_Layer, list[NumberedUse], list[int]]]] = defaultdict(list)
    for layer in layers:
        rows, places = layer.left()
        if rows and places:
            waiting[layer.key[1]].append((layer, rows, places))
    for found in waiting.values():  # layer by layer: the shots of each have other numbers
        gone = _of(cut, "gone", [(layer.called, [row.use for row in rows]) for layer, rows, _ in found])
        back = _of(cut, "back", [(layer.called, [layer.use(k) for k in places]) for layer, _, places in found])
        changes = {one.shot: one for one in compare(gone, back).shots}
        for layer, rows, places in found:
            change = changes.get(layer.called)
            same = [one for one in change.occurrences if _is_back(one)] if change is not None else []
            given = carried(rows, same, [layer.use(k) for k in places])
            for k, number in given.items():
                layer.give(places[k], number)


def _of(cut: Cut, name: str, uses: Iterable[tuple[str, Sequence[Occurrence]]]) -> Cut:
    """A cut of nothing but some uses, only to be compared."""
    none = FrameRange(0, 0)
    shots = tuple(Shot(shot, tuple(found), none, none, cut.rate) for shot, found in uses)
    return dataclasses.replace(cut, name=name, shots=shots, sha256="", notices=())


def _is_back(change: OccurrenceChange) -> bool:
    """Whether a use that was gone is there again; a shot's next use of other frames is a new one."""
    return "take" not in change.kinds and _shares(change) >= _SAME


def _shares(change: OccurrenceChange) -> Fraction:
    if change.old is None or change.new is None:
        return Fraction(0)
    return _share(change.old.trimmed, change.new.trimmed)


def _share(a: FrameRange, b: FrameRange) -> Fraction:
    """The frames that both have, as a share of their mean length."""
    common = min(a.end, b.end) - max(a.start, b.start) + 1
    return Fraction(2 * max(common, 0), a.count + b.count)


def _by_key(known: Iterable[NumberedUse]) -> dict[Key, list[NumberedUse]]:
    found: dict[Key, list[NumberedUse]] = defaultdict(list)
    for row in known:
        found[row.shot, row.layer].append(row)
    return found


def _unused(row: NumberedUse, cut: str) -> NumberedUse:
    """A number that no use in ``cut`` has. An earlier turn of the same cut may have had it: that counts no more."""
    return dataclasses.replace(row, standing=Standing.UNUSED, cut="" if row.cut == cut else row.cut)
