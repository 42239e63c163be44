"""Which layers a cut has to be decided on: every published one, and those that its shots still want."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usd_ai.core.case import Case
from usd_ai.core.changes import CutDiff
from usd_ai.core.decisions import KeptCut, LayerUse, Made, Standing
from usd_ai.core.errors import NotFound
from usd_ai.core.types import Cut, Shot

if TYPE_CHECKING:
    from usd_ai.core.made import Shelf
    from usd_ai.core.ports_editorial import CutHistory

_COMES = {"new", "reinstated"}

Compare = Callable[[str, Cut, Cut], CutDiff]
"""What is different between two cuts of a project."""


@dataclass(frozen=True, slots=True)
class Turned:
    """A cut as it was asked for: its file, how it was read, and what it is compared with."""

    project: str
    path: str
    cut: Cut
    older: KeptCut | None
    diff: CutDiff | None  # against the older one

    @property
    def comes(self) -> frozenset[str]:
        """The shots that are seen and were not in the older cut: new, reinstated, or switched off until now."""
        if self.diff is None or self.older is None:
            return frozenset()
        then = {shot.name: shot for shot in self.older.cut.shots}
        now = {shot.name: shot for shot in self.cut.shots}
        return frozenset(
            one.shot
            for one in self.diff.shots
            if one.state in _COMES
            or (is_on(now.get(one.shot)) and one.needed_before is not None and not is_on(then.get(one.was or one.shot)))
        )


class Names:
    """The shots of a comparison: what each is called now, by what it was called, and what changed of it."""

    def __init__(self, diff: CutDiff | None) -> None:
        shots = diff.shots if diff is not None else ()
        self.now = {shot.was or shot.shot: shot.shot for shot in shots if shot.needed_after is not None}
        self.changes = {shot.shot: shot for shot in shots}


class Cases:
    """Puts published layers, and layers that are wanted, to the table of `decide`."""

    def __init__(self, history: CutHistory, shelf: Shelf, compare: Compare) -> None:
        self._history = history
        self._shelf = shelf
        self._compare = compare

    def of(self, turned: Turned, new: frozenset[str] = frozenset()) -> list[Case]:
        """Every published layer, and every layer that a shot of the cut still wants, also under another name by now.

        ``new``: shots that come into the cut. One that was there before and has any layer of its own wants no more.
        """
        uses = self._history.uses(turned.project)
        cases = _one_each(self._published(turned, uses))
        have = {(case.shot, case.layer) for case in cases if not case.superseded_by}
        new -= {shot for shot, _ in have}
        last = Names(turned.diff)
        asked = {(last.now.get(u.used_as, u.used_as), u.layer) for u in uses if u.standing is Standing.WANTED}
        for shot in turned.cut.shots:
            near = neighbour(shot.name, turned.cut, cases) if shot.name in new else []
            layers = {one.layer for one in near} | {layer for name, layer in asked if name == shot.name}
            cases += [Case(shot.name, n, shot, None, wanted=True) for n in sorted(layers) if (shot.name, n) not in have]
        return cases

    def since(self, turned: Turned, cut: str) -> CutDiff | None:
        """What changed since a cut of the history, by its key; None where that is not known."""
        if not cut:
            return None
        try:
            then = self._history.cut(turned.project, cut).cut
        except NotFound:  # published before there was a history: the layer's frames tell what they can
            return None
        return self._compare(turned.project, then, turned.cut)

    def _published(self, turned: Turned, uses: Iterable[LayerUse]) -> list[Case]:
        made = self._shelf.made(turned.project)
        standing = {(use.shot, use.layer): use for use in uses}
        shots, last = {shot.name: shot for shot in turned.cut.shots}, Names(turned.diff)
        since = {cut: Names(self.since(turned, cut)) for cut in {one.cut for one in made}}
        cases: list[Case] = []
        for one in made:
            use, then = standing.get((one.shot, one.layer)), since[one.cut]
            called = use.used_as if use is not None else one.shot
            name = last.now.get(called) or then.now.get(one.shot) or called
            change = then.changes.get(name)
            known = change if change is not None and change.state not in _COMES else None
            cases.append(Case(name, one.layer, shots.get(name), one, use, known))
        return cases


def _one_each(cases: list[Case]) -> list[Case]:
    """The cases; where several layers are a shot's, as after a rename, all but one are superseded.

    The one whose folder has the shot's name was generated for it under that name; else the newest.
    """
    rivals: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        rivals[case.shot, case.layer].append(case)
    kept = {id(max(found, key=_claim)) for found in rivals.values()}
    return [case if id(case) in kept else _superseded(case) for case in cases]


def _superseded(case: Case) -> Case:
    """A layer that has gone out of use by another of its shot: it is told under the name of its folder."""
    assert case.made is not None  # noqa: S101 - only published layers are superseded
    return Case(case.made.shot, case.layer, None, case.made, case.use, superseded_by=case.shot)


def _claim(case: Case) -> tuple[bool, str, str]:
    if case.made is None:
        return (False, "", "")
    return (case.made.shot == case.shot, case.made.created, case.made.shot)


def neighbour(shot: str, cut: Cut, cases: Iterable[Case]) -> list[Made]:
    """The layers of the shot with any that stands nearest in the cut, the earlier of two."""
    place = {one.name: k for k, one in enumerate(cut.shots)}
    there = [case for case in cases if case.made is not None and case.now is not None]
    if not there:
        return []
    nearest = min(there, key=lambda case: (abs(place[case.shot] - place[shot]), place[case.shot])).shot
    return [case.made for case in there if case.shot == nearest and case.made is not None]


def mades(cases: Iterable[Case]) -> list[Made]:
    """The published layers of cases."""
    return [case.made for case in cases if case.made is not None]


def is_on(shot: Shot | None) -> bool:
    """Whether any use of a shot is switched on."""
    return shot is not None and any(use.enabled for use in shot.occurrences)


def unlike_any(turned: Turned, cases: Sequence[Case]) -> list[str]:
    """Shots that come into the cut and get no layer, for none of the cut has one that theirs could be like."""
    without = turned.comes - {case.shot for case in cases if not case.superseded_by}
    return [shot.name for shot in turned.cut.shots if shot.name in without and is_on(shot)]
