"""Two cuts compared: what happened to each shot, and to each of its occurrences. Pure and fast.

The two axes are kept apart: a *shot* is new, omitted or reinstated; an *occurrence* of it is new in the cut or gone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from usd_ai.core.changes import Change, CutDiff, OccurrenceChange, ShotChange
from usd_ai.core.naming import PLAIN, Naming
from usd_ai.core.types import Cut
from usd_ai.editorial.compare import compared
from usd_ai.editorial.identity import matched
from usd_ai.editorial.likeness import Sight, sights
from usd_ai.editorial.order import moves
from usd_ai.editorial.pieces import Pair, healed


def diff_cuts(old: Cut, new: Cut, known: Collection[str] = (), naming: Naming = PLAIN) -> CutDiff:
    """What is different in ``new``. ``known``: shots that older cuts had; one of them that comes back is reinstated.

    ``naming`` is the studio's.
    """
    before, after = sights(old, naming), sights(new, naming)
    pairs, gone, fresh = healed(matched(before, after), before, after)
    found: dict[str, list[OccurrenceChange]] = defaultdict(list)
    was: dict[str, Counter[str]] = defaultdict(Counter)
    for pair, move in zip(pairs, moves(pairs), strict=True):
        changes = [*compared(pair.match.old, pair.match.new), *_cuts_through(pair), *((move,) if move else ())]
        match = pair.match
        found[match.new.shot].append(
            OccurrenceChange(match.old.occurrence, match.new.occurrence, tuple(changes), match.score, match.reasons)
        )
        was[match.new.shot][match.old.shot] += 1
    for sight in fresh:
        found[sight.shot].append(OccurrenceChange(None, sight.occurrence, (Change("new_in_cut"),)))
    shots = _shots(old, new, found, was, gone, frozenset(known))
    told = (new.notices, old.notices if old.key != new.key else (), old.drop)
    return CutDiff(old.name, new.name, old.sha256, new.sha256, tuple(_whole(old, new)), shots, *told)


def _cuts_through(pair: Pair) -> list[Change]:
    if pair.new_pieces == pair.old_pieces:
        return []
    kind = "blade" if pair.new_pieces > pair.old_pieces else "heal"
    return [Change(kind, max(pair.new_pieces, pair.old_pieces))]


def _shots(
    old: Cut,
    new: Cut,
    found: dict[str, list[OccurrenceChange]],
    was: dict[str, Counter[str]],
    gone: Sequence[Sight],
    known: frozenset[str],
) -> tuple[ShotChange, ...]:
    old_shots = {shot.name: shot for shot in old.shots}
    new_shots = {shot.name: shot for shot in new.shots}
    names = _older_names(new_shots, was, old_shots)
    now_called = {older: shot for shot, older in names.items() if older}
    omitted: dict[str, list[OccurrenceChange]] = defaultdict(list)
    for sight in gone:
        shot = now_called.get(sight.shot, sight.shot)
        lost = OccurrenceChange(sight.occurrence, None, (Change("omitted_in_cut"),))
        (found if shot in new_shots else omitted)[shot].append(lost)
    result: list[ShotChange] = []
    for shot in new.shots:
        older = names[shot.name]
        state = "changed" if any(one.changes for one in found[shot.name]) else "unchanged"
        if not older:
            state = "reinstated" if shot.name in known else "new"
        needed = old_shots[older].needed if older else None
        renamed = older if older != shot.name else ""
        result.append(ShotChange(shot.name, state, tuple(found[shot.name]), needed, shot.needed, renamed))
    goes_on = set(names.values())
    result += [  # also one whose uses all go on under another shot's name: that shot is another one's continuation
        ShotChange(shot.name, "omitted", tuple(omitted[shot.name]), shot.needed, None)
        for shot in old.shots
        if shot.name not in goes_on
    ]
    return tuple(result)


def _older_names(shots: Collection[str], was: dict[str, Counter[str]], old_shots: Collection[str]) -> dict[str, str]:
    """What each shot was called: its own name where the older cut has it, else the one most of its occurrences had.

    A shot of the older cut is one shot of the newer: where its uses went to several, the one of its name has it, else
    the one with most of them, the earlier of two. The others are new shots, of material that was there.
    """
    names = {shot: shot if shot in old_shots else "" for shot in shots}
    taken = {older for older in names.values() if older}
    claims = [(-count, order, older) for order, shot in enumerate(shots) for older, count in was[shot].items()]
    in_order = list(shots)
    for _, order, older in sorted(claims):
        if not names[in_order[order]] and older not in taken:
            names[in_order[order]] = older
            taken.add(older)
    return names


def _whole(old: Cut, new: Cut) -> list[Change]:
    changes: list[Change] = []
    if old.rate != new.rate:
        changes.append(Change("rate_stamp", 0, str(old.rate), str(new.rate)))
    if old.start != new.start:
        changes.append(Change("start_shift", new.start - old.start, str(old.start), str(new.start)))
    if old.extra != new.extra:
        changes.append(Change("sequence_metadata"))
    return changes
