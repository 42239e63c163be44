"""Files that are damaged, or say what no program says: refused with a sentence, never a fault of the program."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path
from typing import Any, cast

import pytest

from usd_ai.core.errors import UnreadableInput
from usd_ai.core.ports import Workers
from usd_ai.core.types import Rate
from usd_ai.editorial.desk import Desk
from usd_ai.editorial.formats.bundles import content_of
from usd_ai.editorial.read import read_cut, read_cut_task

_FCPXML = """<fcpxml><resources><format id="r1" frameDuration="1/24s"/><asset id="a" start="0s" duration="9s"
format="r1" hasVideo="1" src="a.mov"/></resources><project name="p"><sequence format="r1"><spine>
<asset-clip name="sh010" ref="a" offset="0s" start="0s" duration="2s"><asset-clip name="sh020" ref="a" lane="LANE"
offset="0s" duration="1s"/></asset-clip></spine></sequence></project></fcpxml>"""
_EDL = "001  AX V C 01:00:00:00 01:00:02:00 01:00:00:00 01:00:02:00\n* FROM CLIP NAME: sh010\n"


class _Here:
    """Workers that read in this process."""

    def call(self, task: str, arguments: dict[str, Any], limits: object = None) -> object:
        del task, limits
        return read_cut_task(**arguments)


@pytest.mark.parametrize("encoding", ["Shift_JIS", "nobodys-own", "utf-7", "EUC-JP", "\u00e9"])
def test_when_xml_is_in_an_encoding_that_is_not_read_then_that_is_said(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "cut.xml"
    file.write_text(f'<?xml version="1.0" encoding="{encoding}"?><xmeml version="5"/>', encoding="utf-8")
    with pytest.raises(UnreadableInput) as refusal:
        read_cut(str(file), None, 0)
    assert (refusal.value.reason, bool(refusal.value.remedy)) == ("UNREADABLE_XML", True)


@pytest.mark.parametrize("lane", ["+-5", "\u00b2", "9" * 5000, "--1", "x", "\u0663"])
def test_when_a_lane_is_no_number_then_its_clip_stands_one_above(tmp_path: Path, lane: str) -> None:
    file = tmp_path / "cut.fcpxml"
    file.write_text(_FCPXML.replace("LANE", lane), encoding="utf-8")
    cut = read_cut(str(file), None, 0)
    assert {shot.name: shot.occurrences[0].lane for shot in cut.shots} == {"sh010": 0, "sh020": 1}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_when_bytes_of_a_bundle_are_others_then_it_is_read_or_refused_and_never_worse(
    tmp_path: Path, method: int
) -> None:
    file, chance = tmp_path / "cut.otioz", random.Random(20)  # noqa: S311 - damage that is the same at every run
    with zipfile.ZipFile(file, "w", method) as bundle:
        bundle.writestr("content.otio", '{"OTIO_SCHEMA": "Timeline.1"}' * 40)
    whole, refused = file.read_bytes(), 0
    for _ in range(800):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        file.write_bytes(damaged)
        try:
            content_of(file, "cut.otioz")
        except UnreadableInput as error:
            refused += bool(error.remedy)
    assert refused > 0


def test_when_two_files_are_equal_and_say_no_title_then_each_has_its_own_name(tmp_path: Path) -> None:
    desk = Desk(cast("Workers", _Here()))
    for name in ("cut_v1", "cut_v2"):
        (tmp_path / f"{name}.edl").write_text(_EDL, encoding="utf-8")
    names = [desk.read(str(tmp_path / f"{name}.edl"), Rate(24), 0).name for name in ("cut_v1", "cut_v2", "cut_v1")]
    assert names == ["cut_v1", "cut_v2", "cut_v1"]


def test_when_a_time_map_holds_no_points_then_the_clip_plays_at_speed(tmp_path: Path) -> None:
    file = tmp_path / "cut.fcpxml"
    mapped = _FCPXML.replace('duration="2s">', 'duration="2s"><timeMap><note>none</note></timeMap>').replace(
        "LANE", "1"
    )
    file.write_text(mapped, encoding="utf-8")
    shot = read_cut(str(file), None, 0).shot("sh010")
    assert shot is not None
    assert (str(shot.visible), shot.occurrences[0].retime) == ("0-47", None)
