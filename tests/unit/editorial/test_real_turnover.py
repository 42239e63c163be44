"""Two real turnovers of one reel, against a table made by hand from the two lists, event by event."""

from __future__ import annotations

from pathlib import Path

import pytest

from usd_ai.core.changes import CutDiff
from usd_ai.core.types import Rate
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.read import read_cut

# By event number of 079_HA_006: what is different, apart from being pushed along.
TRUTH = {
    1: ("079_HA_0010", "079_HA_0010", {("take", 56)}),  # river boat → N005_C020, 4:00 → 6:08
    12: ("495-3_SC79 EB SERIES", "079_HA_0105", {("rename", 0)}),  # an editor's clip became a shot
    22: ("079_HA_0160", "079_HA_0160", {("trim_head", 10)}),  # 15:58:40:19 → 15:58:41:05
    29: ("079_HA_0210", "504-2_SC79 EB", {("rename", 0)}),  # no shot any more, and still in the cut
    38: ("079_HA_0260", "079_HA_0265", {("rename", 0)}),
    39: ("XV242-2Y_SC81 EB", "079_HA_0272", {("rename", 0)}),
    48: ("079_HA_0340", "509-2B_SC79-85 EB", {("rename", 0)}),
    53: ("079_HA_0490", "079_HA_0490", {("extend_tail", 5)}),  # 16:37:53:00 → 16:37:53:05
}
OMITTED = ("079_HA_0460", 52)  # by event number of 079_HA_V05
# Events pushed along, by event numbers of 079_HA_006, and by how many frames.
PUSHED = ((2, 22, 56), (23, 51, 46), (52, 53, 26), (54, 56, 31))


@pytest.fixture(scope="module")
def diff(timelines: Path) -> CutDiff:
    old, new = (read_cut(str(timelines / name), Rate(24), 8) for name in ("079_HA_V05.edl", "079_HA_006.edl"))
    return diff_cuts(old, new)


def test_when_two_real_turnovers_are_compared_then_the_answer_is_the_table_made_by_hand(
    diff: CutDiff, timelines: Path
) -> None:
    cut = read_cut(str(timelines / "079_HA_006.edl"), Rate(24), 8)
    starts = sorted(use.record.start for shot in cut.shots for use in shot.occurrences)
    event = {start: number for number, start in enumerate(starts, 1)}
    found: dict[int, tuple[str, str, set[tuple[str, int]]]] = {}
    pushed: dict[int, int] = {}
    for shot in diff.shots:
        for one in shot.occurrences:
            if one.new is None:
                continue
            number = event[one.new.record.start]
            said = {(change.kind, change.frames) for change in one.changes}
            pushed.update((number, frames) for kind, frames in said if kind == "ripple")
            other = {change for change in said if change[0] != "ripple"}
            if other:
                found[number] = (shot.was or shot.shot, shot.shot, other)
    assert found == TRUTH
    assert pushed == {n: by for first, last, by in PUSHED for n in range(first, last + 1)}
    assert [shot.shot for shot in diff.shots if shot.state == "omitted"] == [OMITTED[0]]
    assert not diff.changes


def test_when_a_pair_is_held_to_be_one_then_the_reasons_are_said(diff: CutDiff) -> None:
    shot = diff.shot("079_HA_0160")
    assert shot is not None
    assert "reel B081_C009_0827HU" in shot.occurrences[0].reasons
    assert "89% of the frames" in shot.occurrences[0].reasons
