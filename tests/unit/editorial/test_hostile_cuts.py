"""Files made to harm: nothing outside them is read, nothing grows without end, and the refusal says why."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from usd_ai.core.errors import NotFound, UnreadableInput, UsdAiError
from usd_ai.core.types import FrameRange
from usd_ai.editorial.formats import bundles, laying
from usd_ai.editorial.read import read_cut

_BOMB = '<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">'


def _refused(file: Path) -> UnreadableInput:
    with pytest.raises(UnreadableInput) as caught:
        read_cut(str(file), None, 8)
    assert caught.value.remedy
    assert str(file.parent) not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("ending", [".xml", ".fcpxml"])
@pytest.mark.parametrize(
    ("doctype", "why"),
    [
        (f"<!DOCTYPE x [{_BOMB}]>", "line 2 declares an entity ('a')"),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>', "line 2 declares an entity"),
        ('<!DOCTYPE x [<!ENTITY % a SYSTEM "http://localhost/x.dtd"> %a;]>', "line 2 declares an entity"),
        ("", "not well-formed"),  # an entity that nobody declared
    ],
)
def test_when_xml_declares_entities_then_it_is_refused_by_its_line(
    tmp_path: Path, ending: str, doctype: str, why: str
) -> None:
    file = tmp_path / f"cut{ending}"
    file.write_text(f'<?xml version="1.0"?>\n{doctype}\n<xmeml><name>&a;</name></xmeml>', encoding="utf-8")
    error = _refused(file)
    assert error.reason == "UNREADABLE_XML"
    assert why in error.message


def test_when_a_doctype_names_an_outside_definition_then_it_is_not_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "cut.xml"
    text = '<?xml version="1.0"?><!DOCTYPE xmeml SYSTEM "http://localhost:9/none.dtd"><xmeml><project/></xmeml>'
    file.write_text(text, encoding="utf-8")
    assert _refused(file).reason == "EMPTY_CUT"  # read to its end, and nothing asked for


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not well-formed"),
        ("<xmeml>", "not well-formed"),
        ("<xmeml>" + "<a>" * 5000 + "</a>" * 5000 + "</xmeml>", "nested too deep"),
        ("<svg/>", "starts with <svg>"),
        ("PK\x03\x04", "not well-formed"),
    ],
)
def test_when_xml_is_broken_or_something_else_then_it_is_said(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "cut.xml"
    file.write_text(text, encoding="utf-8")
    assert why in _refused(file).message


def test_when_nests_multiply_then_the_cut_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(laying, "_MOST_ITEMS", 5000)
    media = (
        '<media id="m0"><sequence format="r1" duration="1s"><spine><gap offset="0s" duration="1s"/></spine></sequence>'
    )
    levels = [media + "</media>"]
    for k in range(1, 12):
        uses = "".join(f'<ref-clip ref="m{k - 1}" offset="{n}s" duration="1s"/>' for n in range(10))
        levels.append(f'<media id="m{k}"><sequence format="r1" duration="9s"><spine>{uses}</spine></sequence></media>')
    spine = '<ref-clip ref="m11" offset="0s" duration="9s"/>'
    file = tmp_path / "cut.fcpxml"
    file.write_text(
        f'<fcpxml><resources><format id="r1" frameDuration="1/24s"/>{"".join(levels)}</resources>'
        f'<project name="x"><sequence format="r1"><spine>{spine}</spine></sequence></project></fcpxml>',
        encoding="utf-8",
    )
    assert "more than 5000 clips" in _refused(file).message


# ------------------------------------------------------------------------------------------------ bundles


def _timeline() -> str:
    time, span = otio.opentime.RationalTime, otio.opentime.TimeRange
    timeline = otio.schema.Timeline("cut")
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    track.append(otio.schema.Clip("sh010", source_range=span(time(1009, 24), time(48, 24))))
    timeline.tracks.append(track)
    return timeline.to_json_string()


def _zipped(folder: Path, **members: str) -> Path:
    file = folder / "cut.otioz"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in members.items():
            bundle.writestr(name.replace("__", "/").replace("_", "."), text)
    return file


def test_when_bundles_are_read_then_their_timeline_is_the_cut(tmp_path: Path) -> None:
    folder = tmp_path / "cut.otiod"
    folder.mkdir()
    (folder / "content.otio").write_text(_timeline(), encoding="utf-8")
    for bundle in (folder, _zipped(tmp_path, content_otio=_timeline(), version_txt="1")):
        cut = read_cut(str(bundle), None, 8)
        assert (cut.name, cut.shots[0].visible) == ("cut", FrameRange(1009, 1056))
        assert len(cut.sha256) == 64


def test_when_a_zip_holds_paths_that_lead_out_of_it_then_nothing_is_written(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    file = inside / "cut.otioz"
    with zipfile.ZipFile(file, "w") as bundle:
        bundle.writestr("content.otio", _timeline())
        bundle.writestr("../escaped.txt", "out")
        bundle.writestr(str(tmp_path / "escaped_too.txt"), "out")  # an absolute path, which must not be followed either
    assert read_cut(str(file), None, 8).shots
    assert [path.name for path in tmp_path.rglob("*")] == ["inside", "cut.otioz"]


def test_when_a_zip_unpacks_to_more_than_any_cut_then_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "_LARGEST", 1 << 20)
    assert "unpacks to more than" in _refused(_zipped(tmp_path, content_otio=" " * (2 << 20))).message


def test_when_a_zip_is_damaged_or_empty_then_the_reason_is_told(tmp_path: Path) -> None:
    assert "no content.otio in it" in _refused(_zipped(tmp_path, other_txt="x")).message
    whole = _zipped(tmp_path, content_otio=_timeline()).read_bytes()
    for damaged in (whole[:-30], b"no zip", whole[:60] + bytes(40) + whole[100:]):
        (tmp_path / "cut.otioz").write_bytes(damaged)
        assert "no sound zip file" in _refused(tmp_path / "cut.otioz").message


def test_when_a_bundles_timeline_is_a_link_out_of_it_then_it_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "secret.otio"
    outside.write_text(_timeline(), encoding="utf-8")
    folder = tmp_path / "cut.otiod"
    folder.mkdir()
    (folder / "content.otio").symlink_to(outside)
    assert "link to a file outside" in _refused(folder).message


def test_when_a_bundle_is_empty_or_a_plain_file_then_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "cut.otiod").mkdir()
    with pytest.raises(NotFound, match=r"no content\.otio in it"):
        read_cut(str(tmp_path / "cut.otiod"), None, 8)
    (tmp_path / "cut.fcpxmld").write_text("<fcpxml/>", encoding="utf-8")
    assert "is a folder" in _refused(tmp_path / "cut.fcpxmld").message


# ------------------------------------------------------------------------------------------------ damage

_XMEML = """<?xml version="1.0"?><xmeml version="5"><sequence id="s"><name>cut</name><rate><timebase>24</timebase>
</rate><media><video><track><clipitem><name>sh010</name><start>0</start><end>-1</end><in>8</in>
<out>62</out><file id="f">
<pathurl>file:///a.mov</pathurl><duration>99</duration></file><filter><effect><effectid>timeremap</effectid><parameter>
<parameterid>speed</parameterid><value>50</value></parameter></effect></filter></clipitem><transitionitem>
<start>42</start><end>54</end><alignment>center</alignment></transitionitem><clipitem><name>sh020</name><start>-1</start>
<end>96</end><in>2</in><out>56</out><file id="f"/></clipitem></track></video></media></sequence></xmeml>"""
_FCPXML = """<fcpxml><resources><format id="r1" frameDuration="1/24s"/><asset id="a" start="0s" duration="9s"
format="r1" src="a.mov"/></resources><project name="p"><sequence format="r1" tcStart="3600s"><spine>
<asset-clip name="sh010" ref="a"
offset="3600s" start="1s" duration="2s"><timeMap><timept time="0s" value="0s"/><timept time="9s" value="3s"/></timeMap>
<asset-clip name="sh020" ref="a" lane="1" offset="1s" start="0s" duration="1s"/></asset-clip><transition offset="3601s"
duration="1s"/><gap offset="3602s" duration="1s"/></spine></sequence></project></fcpxml>"""


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.sampled_from([_XMEML, _FCPXML]),
    place=st.floats(0, 1),
    cut_out=st.integers(0, 40),
    put_in=st.sampled_from(["", "0", "-1", "1e999", "99999999999999999999", "/", "<a/>", "x", "</track>", "&amp;"]),
)
def test_when_xml_is_damaged_then_it_is_read_or_refused_but_never_worse(
    tmp_path: Path, text: str, place: float, cut_out: int, put_in: str
) -> None:
    at = int(place * len(text))
    file = tmp_path / "cut.xml"
    file.write_text(text[:at] + put_in + text[at + cut_out :], encoding="utf-8")
    try:
        cut = read_cut(str(file), None, 8)
    except UsdAiError as error:
        assert error.remedy  # noqa: PT017 - either outcome is right, and each has its own demand
    else:
        assert cut.shots
        assert json.dumps([notice.message for notice in cut.notices])
