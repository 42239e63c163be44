"""Timecode on lists and in movies counts as the cut's does: 29.97 is drop-frame or not, and only the cut knows."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import usd_ai
from tests.service.conftest import OpenDoor
from tests.service.turning import A, B, C, Turning
from tests.unit.core.cuts import cut
from usd_ai.core.timecode import counts_drop
from usd_ai.core.types import Cut, Rate
from usd_ai.editorial.diff import diff_cuts
from usd_ai.editorial.read import read_cut
from usd_ai.editorial.report import change_list

NTSC = Rate(30000, 1001)
_EDL = """TITLE: q
FCM: {fcm}
001  A001 V C 01:00:00:00 01:00:02:00 01:03:00{sign}{frames} 01:03:02{sign}{frames}
* FROM CLIP NAME: sh010
"""


def _edl(folder: Path, fcm: str, *, sign: str = ":", frames: str = "00", name: str = "cut") -> Cut:
    file = folder / f"{name}.edl"
    file.write_text(_EDL.format(fcm=fcm, sign=sign, frames=frames), encoding="utf-8")
    return read_cut(str(file), NTSC, 0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Turning]:
    world = Turning(tmp_path)
    for drop in (True, False, None):
        one = cut(A, B, C, name=f"{drop}", rate=NTSC, drop=drop, start=113292)
        shots = tuple(dataclasses.replace(shot, rate=NTSC) for shot in one.shots)
        world.say(f"{drop}.otio", dataclasses.replace(one, shots=shots))
    yield world
    world.stop()


def test_when_an_edl_counts_non_drop_then_its_change_list_does(tmp_path: Path) -> None:
    new = _edl(tmp_path, "NON-DROP FRAME")
    changes = change_list(diff_cuts(_edl(tmp_path, "NON-DROP FRAME", name="old"), new), (), new)
    place = changes.shots[0].uses[0].new
    assert place is not None
    assert (changes.drop, place.first, place.last) == (False, "01:03:00:00", "01:03:01:29")


def test_when_an_edl_counts_drop_frame_then_its_change_list_does(tmp_path: Path) -> None:
    new = _edl(tmp_path, "DROP FRAME", sign=";", frames="02")
    place = change_list(diff_cuts(new, new), (), new).shots[0].uses[0].new
    assert place is not None
    assert place.first == "01:03:00;02"


def test_when_two_cuts_count_otherwise_then_each_timecode_is_its_own_cuts(tmp_path: Path) -> None:
    old, new = _edl(tmp_path, "DROP FRAME", sign=";", frames="02", name="old"), _edl(tmp_path, "NON-DROP FRAME")
    use = change_list(diff_cuts(old, new), (), new).shots[0].uses[0]
    assert use.old is not None
    assert use.new is not None
    assert (use.old.first, use.new.first) == ("01:03:00;02", "01:03:00:00")


@pytest.mark.parametrize(("drop", "mark"), [(True, ";"), (False, ":"), (None, ";")])
def test_when_a_movie_is_asked_for_then_it_counts_as_the_cut(
    open_door: OpenDoor, world: Turning, drop: bool | None, mark: str
) -> None:
    with usd_ai.connect(open_door.address) as studio:
        assert studio.cut(f"cuts/{drop}.otio").drop is drop
        told = studio.movie("b", "bonfire", "b.mov", cut=f"cuts/{drop}.otio", dry_run=True)[2]
        assert told[8] == mark
        studio.movie("b", "bonfire", "b.mov", cut=f"cuts/{drop}.otio")
        listed = Path(studio.change_list("list.json", f"cuts/{drop}.otio")[0])
    ((_, wish),) = world.workshop.filmed
    assert wish.drop is (mark == ";")
    assert json.loads(listed.read_bytes())["drop_frame"] is (mark == ";")


def test_when_a_rate_has_no_drop_frame_then_nothing_counts_so() -> None:
    assert [counts_drop(said, Rate(24)) for said in (True, False, None)] == [False, False, False]
