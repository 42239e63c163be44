"""Where occurrences stand in the cut: pushed along, put elsewhere, or changed places with another."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence

from usd_ai.core.changes import Change
from usd_ai.editorial.pieces import Pair


def moves(pairs: Sequence[Pair]) -> list[Change | None]:
    """For each pair what became of its place, None for nothing; in the order of ``pairs``.

    A ripple counts the frames that it was pushed by; a move counts the frames of the cut that it was carried past.

    The longest run of pairs that kept their order stays where it is; the others were reordered. Two that hold each
    other's place, everything between them being as it was, are a swap.
    """
    count = len(pairs)
    old_rank = _ranks([_key(pair, newer=False) for pair in pairs])
    new_rank = _ranks([_key(pair, newer=True) for pair in pairs])
    place = [0] * count  # old rank → new rank
    which = [0] * count
    for k in range(count):
        place[old_rank[k]] = new_rank[k]
        which[old_rank[k]] = k
    kept = _longest_run(place)
    found: list[Change | None] = [None] * count
    for rank in range(count):
        k = which[rank]
        there = place[rank]
        pair = pairs[k]
        was, now = pair.match.old.occurrence, pair.match.new.occurrence
        shift = now.record.start - was.record.start
        if there != rank and place[there] == rank:
            between = range(min(rank, there), max(rank, there) + 1)
            passed = _frames_passed(pairs, which, place, rank, between)
            found[k] = Change("swap", passed, pair.match.new.shot, pairs[which[there]].match.new.shot)
        elif rank not in kept:
            passed = _frames_passed(pairs, which, place, rank, kept)
            found[k] = Change("reorder", passed, str(was.record), str(now.record))
        elif shift and not _same_content(pair):
            found[k] = Change("ripple", shift, str(was.record), str(now.record))
    return found


def _frames_passed(
    pairs: Sequence[Pair], which: Sequence[int], place: Sequence[int], rank: int, others: Collection[int]
) -> int:
    """The length of those of ``others`` (old ranks) that stood on one side before and stand on the other now."""
    crossed = (k for k in others if k != rank and (k < rank) != (place[k] < place[rank]))
    return sum(pairs[which[k]].match.new.occurrence.record.count for k in crossed)


def _key(pair: Pair, *, newer: bool) -> tuple[int, int, int]:
    sight = pair.match.new if newer else pair.match.old
    return sight.occurrence.record.start, sight.occurrence.lane, sight.order


def _ranks(keys: Sequence[tuple[int, int, int]]) -> list[int]:
    ranks = [0] * len(keys)
    for rank, k in enumerate(sorted(range(len(keys)), key=keys.__getitem__)):
        ranks[k] = rank
    return ranks


def _same_content(pair: Pair) -> bool:
    """Whether each frame still stands at the same frame of the cut: its head was trimmed and left a gap."""
    was, now = pair.match.old.occurrence, pair.match.new.occurrence
    if was.plays is None or now.plays is None or was.plays.step != now.plays.step or was.plays.frames:
        return False
    return now.plays.first - was.plays.first == (now.record.start - was.record.start) * now.plays.step


def _longest_run(place: Sequence[int]) -> set[int]:
    """The indices of a longest increasing subsequence (patience sorting, n log n)."""
    tails: list[int] = []
    at: list[int] = []
    back = [-1] * len(place)
    for k, value in enumerate(place):
        n = bisect_left(tails, value)
        back[k] = at[n - 1] if n else -1
        if n == len(tails):
            tails.append(value)
            at.append(k)
        else:
            tails[n], at[n] = value, k
    kept: set[int] = set()
    k = at[-1] if at else -1
    while k >= 0:
        kept.add(k)
        k = back[k]
    return kept
