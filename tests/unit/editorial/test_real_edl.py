"""Lists that nobody here wrote, read as EDL."""

from __future__ import annotations

from pathlib import Path

import opentimelineio as otio
import pytest

from usd_ai.core.types import Rate
from usd_ai.editorial.edl import timeline_from_edl
from usd_ai.editorial.read import read_cut


@pytest.mark.parametrize("name", ["079_HA_V05.edl", "079_HA_006.edl", "speed_effects.edl", "dissolve_test.edl"])
def test_when_a_real_edl_is_read_then_the_common_reader_agrees(timelines: Path, name: str) -> None:
    text = (timelines / name).read_text(encoding="utf-8")
    ours, _ = timeline_from_edl(text, Rate(24))
    theirs = otio.adapters.read_from_string(text, "cmx_3600", rate=24)

    def told(timeline: otio.schema.Timeline) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        for clip in timeline.tracks[0].find_clips(shallow_search=True):
            scalars = [e.time_scalar for e in clip.effects if isinstance(e, otio.schema.LinearTimeWarp)]
            if scalars and scalars[0] < 0:
                continue  # which frames a reversed event means is ours to say; tested above
            speed = scalars[0] if scalars else 1.0
            span = clip.source_range
            rows.append((clip.name.rstrip("*").removesuffix(" FF"), span.start_time.value, span.duration.value, speed))
        return rows

    def near(a: tuple[object, ...], b: tuple[object, ...]) -> bool:
        one_frame = 1 / float(str(a[2]))
        return a[:3] == b[:3] and abs(float(str(a[3])) - float(str(b[3]))) <= one_frame + 1e-9

    mine, peer = told(ours), told(theirs)
    assert len(mine) == len(peer) > 0
    assert all(near(a, b) for a, b in zip(mine, peer, strict=True))


def test_when_two_real_turnovers_are_read_then_their_shots_differ_as_editorial_said(timelines: Path) -> None:
    before = read_cut(str(timelines / "079_HA_V05.edl"), Rate(24), 8)
    after = read_cut(str(timelines / "079_HA_006.edl"), Rate(24), 8)
    old, new = ({shot.name for shot in cut.shots} for cut in (before, after))
    assert {"079_HA_0010", "079_HA_0110"} <= old
    assert old - new
    trimmed = before.shot("079_HA_0010"), after.shot("079_HA_0010")
    assert trimmed[0] is not None
    assert trimmed[1] is not None
    assert trimmed[0].visible != trimmed[1].visible


def test_when_a_real_list_of_speed_effects_is_read_then_freezes_and_speeds_are_kept(timelines: Path) -> None:
    cut = read_cut(str(timelines / "speed_effects.edl"), Rate(24), 0)
    retimes = [o.retime for shot in cut.shots for o in shot.occurrences if o.retime is not None]
    assert sum(retime.kind == "freeze" for retime in retimes) == 7
    assert sum(retime.kind == "linear" for retime in retimes) == 10
    frozen = [o for shot in cut.shots for o in shot.occurrences if o.retime and o.retime.kind == "freeze"]
    assert all(o.visible.count == 1 for o in frozen)
    assert sum(o.record.count for o in frozen) == 110
    assert sum(len(shot.occurrences) for shot in cut.shots) == 548
