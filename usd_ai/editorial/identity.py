"""Which occurrence of an older cut an occurrence of a newer one is.

Candidates share a key (shot, reel, file or name); each pair is scored (`likeness`); pairs that are beyond doubt become
anchors, and where evidence is even, the place between anchors decides. The best pairs are taken first, each occurrence
once. A shot's uses are told apart by their frames and turns, so a second use never takes the first one's place. What
shares no key at all is found by source timecode that nothing else in either cut shows.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from usd_ai.core.types import FrameRange
from usd_ai.editorial.likeness import ENOUGH, SAME_FRAMES, Sight, likeness, overlap, sourceless

_CROWD = 48  # a key that more occurrences share is searched only near the same frames and near the same place
_NEAR = 12
_PLACE = 0.6  # what standing at the expected place weighs: it decides among equals and nothing else
_MOST = 0.5  # frames that nothing else shows are evidence enough from this share on
_CLEAR = 0.75  # an anchor is better than the next candidate by this


@dataclass(frozen=True, slots=True)
class Match:
    """An occurrence of the older cut and one of the newer, and why they are one."""

    old: Sight
    new: Sight
    score: float
    reasons: tuple[str, ...]


def matched(old: Sequence[Sight], new: Sequence[Sight]) -> list[Match]:
    """The pairs, in the newer cut's order. What is in none is new, or gone."""
    pairs: dict[tuple[int, int], tuple[float, tuple[str, ...]]] = {}
    for i, j in _candidates(old, new):
        score, reasons = likeness(old[i], new[j])
        pairs[i, j] = (score, reasons)
    anchors = _anchors(pairs)
    ranked = sorted(
        ((-(score + _place(i, j, anchors)), i, j) for (i, j), (score, _) in pairs.items() if score > 0),
    )
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    found: list[Match] = []
    for negative, i, j in ranked:
        if -negative < ENOUGH:
            break
        if i in taken_old or j in taken_new:
            continue
        taken_old.add(i)
        taken_new.add(j)
        score, reasons = pairs[i, j]
        found.append(Match(old[i], new[j], round(score, 3), reasons))
    found += _by_timecode(old, new, taken_old, taken_new)
    return sorted(found, key=lambda match: match.new.order)


def _candidates(old: Sequence[Sight], new: Sequence[Sight]) -> Iterator[tuple[int, int]]:
    keys: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, sight in enumerate(old):
        for key in _keys(sight):
            keys[key].append(i)
    by_frame = {
        key: sorted((old[i].frames.start, i) for i in members) for key, members in keys.items() if len(members) > _CROWD
    }
    for j, sight in enumerate(new):
        near: set[int] = set()
        for key in _keys(sight):
            members = keys.get(key, ())
            if len(members) <= _CROWD:
                near.update(members)
                continue
            at = bisect_left(members, j)  # members stand in the cut's order
            near.update(members[max(0, at - _NEAR) : at + _NEAR])
            starts = by_frame[key]
            at = bisect_left(starts, (sight.frames.start, j))
            near.update(i for _, i in starts[max(0, at - _NEAR) : at + _NEAR])
        for i in sorted(near):
            yield i, j


def _by_timecode(
    old: Sequence[Sight], new: Sequence[Sight], taken_old: Collection[int], taken_new: Collection[int]
) -> Iterator[Match]:
    """What is left over and shows, of no known source, frames that nothing else in either cut shows."""
    left = [j for j in range(len(new)) if j not in taken_new]
    if not left or len(taken_old) == len(old):
        return
    older, newer = _Frames(old), _Frames(new)
    for j in left:
        i = older.only(new[j].frames)
        if i is None or i in taken_old or newer.only(old[i].frames) != j or not sourceless(old[i], new[j]):
            continue
        share = overlap(old[i].frames, new[j].frames)
        if share >= _MOST:
            yield Match(old[i], new[j], round(SAME_FRAMES * share, 3), (f"{share:.0%} of frames that it alone shows",))


class _Frames:
    """Which occurrences show which frames of their sources, whatever the source."""

    def __init__(self, sights: Sequence[Sight]) -> None:
        ranges = sorted((sight.frames.start, sight.frames.end, k) for k, sight in enumerate(sights))
        self._ranges = ranges
        self._starts = [start for start, _, _ in ranges]
        self._ends = list(accumulate((end for _, end, _ in ranges), max))

    def only(self, frames: FrameRange) -> int | None:
        """The one occurrence that shows any of these frames; None where there are none or several."""
        found: int | None = None
        for at in range(bisect_right(self._starts, frames.end) - 1, -1, -1):
            if self._ends[at] < frames.start:
                break
            if self._ranges[at][1] >= frames.start:
                if found is not None:
                    return None
                found = self._ranges[at][2]
        return found


def _keys(sight: Sight) -> Iterator[tuple[str, str]]:
    yield "shot", sight.shot
    for kind, key in (("reel", sight.reel), ("media", sight.media), ("name", sight.name)):
        if key:
            yield kind, key


def _anchors(pairs: dict[tuple[int, int], tuple[float, tuple[str, ...]]]) -> list[tuple[int, int]]:
    """Pairs that are each other's best by far, in the older cut's order, as (place before, place after)."""
    clear_old = _clear((i, score) for (i, _), (score, _) in pairs.items())
    clear_new = _clear((j, score) for (_, j), (score, _) in pairs.items())
    return sorted(
        (i, j)
        for (i, j), (score, _) in pairs.items()
        if score >= ENOUGH and clear_old.get(i) == score and clear_new.get(j) == score
    )


def _clear(scores: Iterable[tuple[int, float]]) -> dict[int, float]:
    """The best score of each occurrence that has one better than its next by far."""
    best: dict[int, float] = {}
    second: dict[int, float] = {}
    for k, score in scores:
        known = best.get(k)
        if known is None or score > known:
            best[k] = score
            if known is not None:
                second[k] = known
        elif score > second.get(k, -math.inf):
            second[k] = score
    return {k: score for k, score in best.items() if second.get(k, -math.inf) <= score - _CLEAR}


def _place(i: int, j: int, anchors: Sequence[tuple[int, int]]) -> float:
    """More, the nearer an occurrence stands to where the anchor before it says it should."""
    at = bisect_left(anchors, (i, -1))
    before = anchors[at - 1] if at else (-1, -1)
    exact = anchors[at] if at < len(anchors) and anchors[at][0] == i else before
    expected = exact[1] + (i - exact[0])
    return _PLACE / (1 + abs(j - expected))
