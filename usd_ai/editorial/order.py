"""Where occurrences stand in the cut: pushed along, put elsewhere, or changed places with another."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from usd_ai.core.changes import Change
from usd_ai.editorial.pieces import Pair


def moves(pairs: Sequence[Pair]) -> list[Change | None]:
    """For each pair what became of its place, None for nothing; in the order of ``pairs``.

    A ripple counts the frames that it was pushed by; a move counts the frames of the cut that it was carried past.

    The longest run of pairs that kept their order stays where it is; the others were reordered. Two that hold each
    other's place, everything between them still standing between them, are a swap.
    """
    count = len(pairs)
    old_rank = _ranks([_key(pair, newer=False) for pair in pairs])
    new_rank = _ranks([_key(pair, newer=True) for pair in pairs])
    place = [0] * count  # old rank → new rank
    which = [0] * count
    for k in range(count):
        place[old_rank[k]] = new_rank[k]
        which[old_rank[k]] = k
    kept = _Kept(place, [pairs[k].match.new.occurrence.record.count for k in which])
    found: list[Change | None] = [None] * count
    for rank in range(count):
        k = which[rank]
        there = place[rank]
        pair = pairs[k]
        was, now = pair.match.old.occurrence, pair.match.new.occurrence
        shift = now.record.start - was.record.start
        if _swapped(place, rank):
            found[k] = Change(
                "swap", kept.swapped(rank, there), pair.match.new.shot, pairs[which[there]].match.new.shot
            )
        elif rank not in kept.ranks:
            found[k] = Change("reorder", kept.passed(rank, there), str(was.record), str(now.record))
        elif shift and not _same_content(pair):
            found[k] = Change("ripple", shift, str(was.record), str(now.record))
    return found


def _swapped(place: Sequence[int], rank: int) -> bool:
    """Whether the pair at an old rank holds another's place and that one holds its, all between them staying there."""
    there = place[rank]
    if there == rank or place[there] != rank:
        return False
    low, high = min(rank, there), max(rank, there)
    between = place[low + 1 : high]
    return not between or (min(between) > low and max(between) < high)


class _Kept:
    """The pairs that kept their order, and how many frames of the cut others were carried past; n log n for all."""

    def __init__(self, place: Sequence[int], frames: Sequence[int]) -> None:
        run = sorted(_longest_run(place))
        self.ranks = frozenset(run)
        self._old = run
        self._new = [place[rank] for rank in run]  # ascending too
        self._before = [0, *accumulate(frames[rank] for rank in run)]
        self._all_before = [0, *accumulate(frames)]

    def passed(self, rank: int, there: int) -> int:
        """The length of those that stood on one side of a reordered pair and stand on the other now."""
        was, now = bisect_left(self._old, rank), bisect_left(self._new, there)
        return abs(self._before[was] - self._before[now])

    def swapped(self, rank: int, there: int) -> int:
        """The length of what stood between two that changed places, and of the other one."""
        low, high = (rank + 1, there + 1) if rank < there else (there, rank)
        return self._all_before[high] - self._all_before[low]


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
