"""The diff's adversary: every edit, through every format's public writer, stripped and renamed.

What a writer cannot carry is named in `CANNOT`; all else must be found, and nothing else said. `tools/diff_table.py`
prints recall and false alarms by kind and format.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.editorial import mutator, mutator_edits
from tests.unit.editorial.judge import CANNOT, LACKS, Damage, Tally, cuts_of, tried
from usd_ai.core.changes import CutDiff
from usd_ai.core.types import Cut
from usd_ai.editorial.diff import diff_cuts

_FORMATS = tuple(mutator.ADAPTERS)
_SLOW = {".xml", ".fcpxml", ".aaf"}


def _all(folder: Path, damage: Damage, seeds: range) -> Tally:
    """Every edit that the format carries, alone; a third of them at once where writing is slow."""
    total, ignored = Tally(), ("metadata",) if damage.strip else ()
    lacks = LACKS.get(damage.ending, frozenset())
    names = [name for name in mutator_edits.EDITS if name not in CANNOT[damage.ending]]
    step = 3 if damage.ending in _SLOW else 1
    batches = [names[k::step] for k in range(step)] if step > 1 else [[name] for name in names]
    for seed in seeds:
        for batch in batches:
            total.add(tried(batch, seed, folder, damage, lacks, ignored, events=110 if step > 1 else 60))
    return total


@pytest.mark.parametrize("ending", _FORMATS)
def test_when_clips_are_stripped_and_renamed_and_a_format_carries_an_edit_then_it_is_found(
    tmp_path: Path, ending: str
) -> None:
    tally = _all(tmp_path, Damage(ending, strip=True, renamed=0.3), range(1 if ending in _SLOW else 2))
    assert not tally.notes, "\n".join(tally.notes[:20])


@pytest.mark.parametrize("ending", _FORMATS)
def test_when_nothing_is_stripped_then_every_edit_that_a_format_carries_is_found(tmp_path: Path, ending: str) -> None:
    tally = _all(tmp_path, Damage(ending), range(1 if ending in _SLOW else 2))
    assert not tally.notes, "\n".join(tally.notes[:20])


@pytest.mark.parametrize("world", sorted(mutator.WORLDS))
def test_when_clips_share_names_or_reels_or_have_none_then_they_are_still_told_apart(
    tmp_path: Path, world: str
) -> None:
    tally = _all(tmp_path, Damage(world=world), range(2))
    hopeless = {"rename", "new_in_cut", "omitted_in_cut"} if world == "bare" else set[str]()
    missed = {kind for kind in tally.made if tally.right[kind] < tally.made[kind]}
    assert missed | set(tally.false) <= hopeless, "\n".join(tally.notes[:20])


_TURNED = {
    "trim_head": "extend_head",
    "trim_tail": "extend_tail",
    "new_in_cut": "omitted_in_cut",
    "transition_added": "transition_removed",
    "transition_lengthened": "transition_shortened",
    "disabled": "enabled",
    "nest": "unnest",
    "blade": "heal",
    **dict.fromkeys(("freeze", "reverse", "ramp", "retime"), "speed"),
}
_MIRROR = _TURNED | {there: here for here, there in _TURNED.items() if there != "speed"}


def _said(diff: CutDiff, *, mirrored: bool = False) -> Counter[tuple[str, int]]:
    """Every change with its frames; of an order only how many, for two orders can be told in two ways."""
    speeds = {"freeze", "reverse", "ramp", "retime"}
    changes = [change for shot in diff.shots for one in shot.occurrences for change in one.changes]
    return Counter(
        (
            "speed" if change.kind in speeds else _MIRROR.get(change.kind, change.kind) if mirrored else change.kind,
            0 if change.kind in {"reorder", "swap"} else abs(change.frames),
        )
        for change in changes
        if change.kind != "ripple"
    )


_ANY = st.lists(st.sampled_from(sorted(set(mutator_edits.EDITS) - mutator_edits.SINGLE)), min_size=0, max_size=4)
_ONCE = st.lists(st.sampled_from(sorted(mutator_edits.SINGLE)), max_size=2, unique=True)


def _pair(names: list[str], seed: int, world: str) -> tuple[Cut, Cut]:
    return cuts_of(names, seed, world)


@settings(max_examples=60, deadline=None)
@given(_ANY, _ONCE, st.integers(0, 2**32), st.sampled_from(sorted(mutator.WORLDS)))
def test_when_two_cuts_change_places_then_the_answer_is_the_mirror(
    names: list[str], once: list[str], seed: int, world: str
) -> None:
    old, new = _pair(names + once, seed, world)
    there, back = diff_cuts(old, new), diff_cuts(new, old)
    assert _said(there, mirrored=True) == _said(back)


@settings(max_examples=40, deadline=None)
@given(_ANY, _ONCE, st.integers(0, 2**32), st.sampled_from(sorted(mutator.WORLDS)))
def test_when_a_cut_is_compared_with_itself_then_nothing_is_said(
    names: list[str], once: list[str], seed: int, world: str
) -> None:
    _, cut = _pair(names + once, seed, world)
    diff = diff_cuts(cut, cut)
    assert not diff.changes
    assert {shot.state for shot in diff.shots} == {"unchanged"}


@settings(max_examples=30, deadline=None)
@given(_ANY, st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_when_the_shots_of_a_cut_come_in_another_order_then_the_answer_is_the_same(
    names: list[str], seed: int, rng: random.Random
) -> None:
    old, new = _pair(names, seed, "distinct")
    shuffled = list(old.shots)
    rng.shuffle(shuffled)
    other = Cut(old.name, old.rate, old.handles, old.duration, tuple(shuffled), old.sha256, old.notices, old.start)
    first, second = diff_cuts(old, new), diff_cuts(other, new)
    assert {shot.shot: shot for shot in first.shots} == {shot.shot: shot for shot in second.shots}


def test_when_the_hash_seed_is_another_then_the_answer_is_the_same() -> None:
    code = (
        "from tests.unit.editorial.judge import cuts_of\n"
        "from usd_ai.editorial.diff import diff_cuts\n"
        "print(diff_cuts(*cuts_of(['swap', 'omit', 'blade', 'second occurrence', 'rename'], 5, 'names-reused')))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": str(k), "PYTHONPATH": "."},
            capture_output=True,
            check=True,
        ).stdout
        for k in (0, 1, 77)
    }
    assert len(said) == 1
