"""Blades without change: clips in a row that play on as one did before somebody cut through them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from usd_ai.core.types import Occurrence
from usd_ai.editorial.identity import Match
from usd_ai.editorial.likeness import Sight


@dataclass(frozen=True, slots=True)
class Pair:
    """A match after blades are healed: how many clips stand for each side."""

    match: Match
    old_pieces: int = 1
    new_pieces: int = 1


def healed(
    matches: Sequence[Match], old: Sequence[Sight], new: Sequence[Sight]
) -> tuple[list[Pair], list[Sight], list[Sight]]:
    """Pairs, and what is left of the older and the newer cut.

    An occurrence that nothing matches is joined to its neighbour where it plays on exactly as the neighbour ends and
    the joined range lies nearer to what the neighbour was; otherwise it is an occurrence of its own.
    """
    old_left = _Left(old, {match.old.order for match in matches})
    new_left = _Left(new, {match.new.order for match in matches})
    pairs = [Pair(match) for match in matches]
    pairs = [_grown(pair, new_left, newer=True) for pair in pairs]
    pairs = [_grown(pair, old_left, newer=False) for pair in pairs]
    return pairs, old_left.rest(), new_left.rest()


_Spot = tuple[int, int, int]


class _Left:
    """What is unmatched, found by where it starts and by where it ends: track, nest, frame of the cut.

    Several may stand at one spot: a nest can hold a stack.
    """

    def __init__(self, sights: Sequence[Sight], taken: Collection[int]) -> None:
        self._rest = {sight.order: sight for sight in sights if sight.order not in taken}
        self._starts: dict[_Spot, list[int]] = defaultdict(list)
        self._ends: dict[_Spot, list[int]] = defaultdict(list)
        for order, sight in self._rest.items():
            use = sight.occurrence
            self._starts[use.lane, use.depth, use.record.start].append(order)
            self._ends[use.lane, use.depth, use.record.end + 1].append(order)

    def after(self, use: Occurrence) -> Sight | None:
        """One that plays on where a use ends."""
        here = self._starts.get((use.lane, use.depth, use.record.end + 1), ())
        rest = (self._rest[order] for order in here if order in self._rest)
        return next((other for other in rest if plays_on(use, other.occurrence)), None)

    def before(self, use: Occurrence) -> Sight | None:
        """One that a use plays on from."""
        here = self._ends.get((use.lane, use.depth, use.record.start), ())
        rest = (self._rest[order] for order in here if order in self._rest)
        return next((other for other in rest if plays_on(other.occurrence, use)), None)

    def take(self, sight: Sight) -> None:
        """It has become a part of a pair."""
        del self._rest[sight.order]

    def rest(self) -> list[Sight]:
        """What nothing matched and nothing was joined to, in the cut's order."""
        return list(self._rest.values())


def _grown(pair: Pair, left: _Left, *, newer: bool) -> Pair:
    """The pair with every piece joined that makes it more like its other side; joined pieces leave ``left``."""
    match = pair.match
    mine, other = (match.new, match.old) if newer else (match.old, match.new)
    pieces = 1
    for forward in (True, False):
        find = left.after if forward else left.before
        while (piece := find(mine.occurrence)) is not None:
            first, second = (mine, piece) if forward else (piece, mine)
            whole = _joined(first.occurrence, second.occurrence)
            if _distance(whole, other.occurrence) >= _distance(mine.occurrence, other.occurrence):
                break
            mine = replace(mine, occurrence=whole)
            pieces += 1
            left.take(piece)
    if pieces == 1:
        return pair
    if newer:
        return replace(pair, match=replace(match, new=mine), new_pieces=pieces)
    return replace(pair, match=replace(match, old=mine), old_pieces=pieces)


def plays_on(first: Occurrence, second: Occurrence) -> bool:
    """Whether a clip goes on where the one before it stops, so that nobody sees the cut between them."""
    if first.plays is None or second.plays is None or first.transition_out or second.transition_in:
        return False
    count = first.record.count
    return (
        first.plays.step == second.plays.step
        and first.plays.at(count) == second.plays.first
        and (first.reel, first.media, first.enabled) == (second.reel, second.media, second.enabled)
        and not first.plays.frames
    )


def _joined(first: Occurrence, second: Occurrence) -> Occurrence:
    return replace(
        first,
        record=first.record.union(second.record),
        visible=first.visible.union(second.visible),
        used=first.trimmed.union(second.trimmed),
        transition_out=second.transition_out,
    )


def _distance(use: Occurrence, other: Occurrence) -> int:
    a, b = use.trimmed, other.trimmed
    return abs(a.start - b.start) + abs(a.end - b.end)
