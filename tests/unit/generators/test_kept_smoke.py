"""Smoke that is kept: a longer shot simulates what is new, from a state kept on the way, and takes the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from usd_ai.generators.burning_forest.kept_smoke import KeptSmoke
from usd_ai.sim.plumes import SmokeState


@pytest.fixture
def kept(tmp_path: Path) -> KeptSmoke:
    return KeptSmoke(str(tmp_path), {"run": 1})


def put(kept: KeptSmoke, ticks: Iterable[int]) -> Iterator[int]:
    for tick in ticks:
        kept.put(tick, b"smoke at %d" % tick)
        yield tick


def state(now: float) -> SmokeState:
    fields = {"velocity": np.full((3, 2, 2, 2), now, np.float32), "travel": np.zeros((2, 3, 2, 2, 2), np.float32)}
    return SmokeState(now, now + 27.5, fields)


def test_when_more_moments_are_wanted_then_only_those_are_made_and_the_others_stay_the_same_files(
    kept: KeptSmoke,
) -> None:
    made: list[list[int]] = []

    def make(ticks: list[int]) -> None:
        made.append(list(put(kept, ticks)))

    kept.fill(range(10, 14), make)
    before = {tick: kept.file(tick).stat().st_ino for tick in range(10, 14)}
    kept.fill(range(8, 16), make)
    kept.fill([9, 12], make)
    assert made == [[10, 11, 12, 13], [8, 9, 14, 15]]
    assert {tick: kept.file(tick).stat().st_ino for tick in before} == before
    assert kept.file(15).read_bytes() == b"smoke at 15"


def test_when_it_is_interrupted_then_what_was_made_is_whole_and_only_the_rest_is_made_again(kept: KeptSmoke) -> None:
    def dies(ticks: list[int]) -> None:
        list(put(kept, ticks[:2]))
        (kept.folder / ".smoke.3.vdb.part").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.fill([1, 2, 3, 4], dies)
    left: list[int] = []
    kept.fill([1, 2, 3, 4], lambda ticks: left.extend(put(kept, ticks)))
    assert left == [3, 4]
    assert kept.file(3).read_bytes() == b"smoke at 3"
    assert kept.missing([1, 2, 3, 4]) == []


def test_when_states_are_kept_then_the_latest_before_a_moment_is_gone_on_from(kept: KeptSmoke) -> None:
    kept.folder.mkdir()
    for now in (32.0, 40.0, 48.0):
        kept.put_state(state(now))
    assert kept.state_before(32 * 24) is None
    found = kept.state_before(48 * 24)  # the state at that very moment has no moment before it to blend with
    assert found is not None
    assert (found.now, found.seconds) == (40.0, 67.5)
    assert set(found.fields) == {"velocity", "travel"}
    np.testing.assert_array_equal(found.fields["velocity"], np.full((3, 2, 2, 2), 40.0))
    later = kept.state_before(48 * 24 + 1)
    assert later is not None
    assert later.now == 48.0


def test_when_the_run_is_another_then_nothing_of_it_is_taken(kept: KeptSmoke, tmp_path: Path) -> None:
    kept.fill([1], lambda ticks: kept.put(ticks[0], b"smoke"))
    kept.put_box(((0.0, 0.0, 0.0), (1.0, 2.0, 3.0)))
    assert kept.box() == ((0.0, 0.0, 0.0), (1.0, 2.0, 3.0))
    assert KeptSmoke(str(tmp_path), {"run": 2}).missing([1]) == [1]
