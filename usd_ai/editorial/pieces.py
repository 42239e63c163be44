"""Blades without change: clips in a row that play on as one did before somebody cut through them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    old_left = _left(old, {match.old.order for match in matches})
    new_left = _left(new, {match.new.order for match in matches})
    pairs = [Pair(match) for match in matches]
    if new_left:
        pairs = [_grown(pair, new_left, newer=True) for pair in pairs]
    if old_left:
        pairs = [_grown(pair, old_left, newer=False) for pair in pairs]
    return pairs, sorted(old_left.values(), key=_order), sorted(new_left.values(), key=_order)


def _order(sight: Sight) -> int:
    return sight.order


def _left(sights: Sequence[Sight], taken: set[int]) -> dict[tuple[int, int, int], Sight]:
    """What is unmatched, by track, nest and first frame of the cut, and by the same with the frame after its last."""
    return {
        (sight.occurrence.lane, sight.occurrence.depth, sight.occurrence.record.start): sight
        for sight in sights
        if sight.order not in taken
    }


def _grown(pair: Pair, left: dict[tuple[int, int, int], Sight], *, newer: bool) -> Pair:
    """The pair with every piece joined that makes it more like its other side; joined pieces leave ``left``."""
    match = pair.match
    mine, other = (match.new, match.old) if newer else (match.old, match.new)
    pieces = 1
    for find in (_after, _before):
        while (piece := find(mine, left)) is not None:
            first, second = (mine, piece) if find is _after else (piece, mine)
            whole = _joined(first.occurrence, second.occurrence)
            if _distance(whole, other.occurrence) >= _distance(mine.occurrence, other.occurrence):
                break
            mine = replace(mine, occurrence=whole)
            pieces += 1
            left.pop((piece.occurrence.lane, piece.occurrence.depth, piece.occurrence.record.start))
    if pieces == 1:
        return pair
    if newer:
        return replace(pair, match=replace(match, new=mine), new_pieces=pieces)
    return replace(pair, match=replace(match, old=mine), old_pieces=pieces)


def _after(sight: Sight, left: dict[tuple[int, int, int], Sight]) -> Sight | None:
    use = sight.occurrence
    piece = left.get((use.lane, use.depth, use.record.end + 1))
    return piece if piece is not None and plays_on(use, piece.occurrence) else None


def _before(sight: Sight, left: dict[tuple[int, int, int], Sight]) -> Sight | None:
    use = sight.occurrence
    ending: Callable[[Sight], bool] = lambda other: other.occurrence.record.end + 1 == use.record.start  # noqa: E731
    near = (other for other in left.values() if ending(other))
    return next(
        (
            other
            for other in near
            if other.occurrence.lane == use.lane
            and other.occurrence.depth == use.depth
            and plays_on(other.occurrence, use)
        ),
        None,
    )


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
