from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from usd_ai.core.errors import InvalidRequest, UnreadableInput
from usd_ai.core.types import Cut, FrameRange, Occurrence, Rate, Retime
from usd_ai.editorial.read import read_cut

_RESOURCES = """
<format id="r1" frameDuration="100/2400s"/>
<format id="r25" frameDuration="1/25s"/>
<format id="film" frameDuration="1001/24000s"/>
<asset id="a1" name="plate1" start="0s" duration="100s" hasVideo="1" format="r1">
  <media-rep kind="original-media" src="file:///plates/plate1.mov"/>
  <metadata><md key="com.apple.proapps.studio.reel" value="A001"/></metadata>
</asset>
<asset id="a2" name="plate2" src="file:///plates/plate2.mov" start="3600s" duration="100s" hasVideo="1" format="r1"/>
<asset id="pal" name="pal" src="file:///plates/pal.mov" start="0s" duration="100s" hasVideo="1" format="r25"/>
<asset id="sound" name="boom" src="file:///boom.wav" start="0s" duration="100s" hasAudio="1"/>
<effect id="e1" name="Basic Title" uid="x"/>
"""


def _clip(name: str, offset: str, start: str, duration: str, inside: str = "", ref: str = "a1", more: str = "") -> str:
    return (
        f'<asset-clip name="{name}" ref="{ref}" offset="{offset}" start="{start}" duration="{duration}" {more}>'
        f"{inside}</asset-clip>\n"
    )


def _project(spine: str, name: str = "cut", start: str = "0s", format_: str = "r1") -> str:
    sequence = f'<sequence format="{format_}" tcStart="{start}" duration="10s"><spine>\n{spine}</spine></sequence>'
    return f'<project name="{name}">{sequence}</project>'


def _xml(folder: Path, *projects: str, resources: str = "") -> str:
    file = folder / "cut.fcpxml"
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n<fcpxml version="1.11">'
        f"<resources>{_RESOURCES}{resources}</resources><library><event>{''.join(projects)}</event></library></fcpxml>"
    )
    file.write_text(text, encoding="utf-8")
    return str(file)


def _cut(folder: Path, spine: str, resources: str = "") -> Cut:
    return read_cut(_xml(folder, _project(spine), resources=resources), None, 0)


def _use(cut: Cut, shot: str) -> Occurrence:
    found = cut.shot(shot)
    assert found is not None
    return found.occurrences[0]


def _map(*points: tuple[str, str], interp: str = "linear") -> str:
    inner = "".join(f'<timept time="{time}" value="{value}" interp="{interp}"/>' for time, value in points)
    return f"<timeMap>{inner}</timeMap>"


def test_when_a_clip_is_read_then_its_frames_reel_media_and_notes_are_there(tmp_path: Path) -> None:
    note = '<note>good smoke</note><metadata><md key="com.apple.proapps.studio.scene" value="12"/></metadata>'
    spine = _clip("sh010_v003", "3600s", "1009/24s", "2s", note)
    cut = read_cut(_xml(tmp_path, _project(spine, "reel 1", "3600s")), None, 8)
    use = _use(cut, "sh010")
    assert (cut.name, cut.rate, cut.duration, cut.start) == ("reel 1", Rate(24), 48, 86400)
    assert (use.record, use.visible) == (FrameRange(0, 47), FrameRange(1009, 1056))
    assert (use.reel, use.media) == ("A001", "file:///plates/plate1.mov")
    assert use.comments == ("SCENE: 12", "NOTE: good smoke")


def test_when_times_are_those_of_film_then_no_frame_is_lost_to_rounding(tmp_path: Path) -> None:
    spine = "".join(
        _clip(f"sh{k:03d}", f"{k * 7 * 1001}/24000s", f"{(1001 + k) * 1001}/24000s", f"{7 * 1001}/24000s")
        for k in range(200)
    )
    resources = '<asset id="a3" src="file:///p.mov" start="0s" duration="9s" hasVideo="1" format="film"/>'
    text = _project(spine.replace('ref="a1"', 'ref="a3"'), format_="film")
    cut = read_cut(_xml(tmp_path, text, resources=resources), None, 0)
    assert cut.rate == Rate(24000, 1001)
    for k, shot in enumerate(cut.shots):
        assert shot.visible == FrameRange(1001 + k, 1007 + k)
        assert shot.occurrences[0].record == FrameRange(7 * k, 7 * k + 6)


def test_when_a_clip_does_not_say_where_it_starts_then_it_starts_with_its_media(tmp_path: Path) -> None:
    spine = '<asset-clip name="sh010" ref="a2" offset="0s" duration="1s"/>'
    assert _use(_cut(tmp_path, spine), "sh010").visible == FrameRange(86400, 86423)


def test_when_a_spine_counts_from_0_beside_a_start_timecode_then_nothing_is_moved(tmp_path: Path) -> None:
    cut = read_cut(_xml(tmp_path, _project(_clip("sh010", "0s", "0s", "1s"), start="3600s")), None, 0)
    assert _use(cut, "sh010").record == FrameRange(0, 23)


def test_when_a_clip_is_connected_then_it_stands_over_its_parents_time(tmp_path: Path) -> None:
    over = _clip("sh020", "1021/24s", "2009/24s", "1s", more='lane="1"')
    under = _clip("sh030", "1015/24s", "2009/24s", "1s", more='lane="-1"')
    cut = _cut(tmp_path, _clip("sh010", "0s", "1009/24s", "2s", over + under))
    assert _use(cut, "sh020").record == FrameRange(12, 35)
    assert _use(cut, "sh030").record == FrameRange(6, 29)
    assert [_use(cut, shot).lane for shot in ("sh030", "sh010", "sh020")] == [0, 1, 2]
    assert [_use(cut, shot).track for shot in ("sh030", "sh010", "sh020")] == ["V0", "V1", "V2"]


def test_when_a_storyline_is_connected_to_a_gap_then_its_clips_are_placed(tmp_path: Path) -> None:
    inner = _clip("sh010", "0s", "1009/24s", "1s") + _clip("sh020", "1s", "1009/24s", "1s")
    spine = f'<gap offset="0s" start="3600s" duration="9s"><spine lane="1" offset="3602s">{inner}</spine></gap>'
    cut = _cut(tmp_path, spine)
    assert [_use(cut, shot).record for shot in ("sh010", "sh020")] == [FrameRange(48, 71), FrameRange(72, 95)]


def test_when_clips_meet_under_a_transition_then_both_are_seen_under_it(tmp_path: Path) -> None:
    spine = (
        _clip("sh010", "0s", "1009/24s", "2s")
        + '<transition name="Cross Dissolve" offset="42/24s" duration="12/24s"/>'
        + _clip("sh020", "2s", "1109/24s", "2s")
    )
    cut = _cut(tmp_path, spine)
    assert (_use(cut, "sh010").visible, _use(cut, "sh020").visible) == (FrameRange(1009, 1062), FrameRange(1103, 1156))
    assert (_use(cut, "sh010").transition_out, _use(cut, "sh020").transition_in) == (12, 12)


@pytest.mark.parametrize(
    ("points", "start", "retime", "visible", "shown"),
    [
        ([("0s", "0s"), ("80s", "40s")], "10s", Retime("linear", Fraction(1, 2)), FrameRange(120, 131), (120, 131.5)),
        ([("0s", "0s"), ("20s", "40s")], "5s", Retime("linear", Fraction(2)), FrameRange(240, 287), (240, 286)),
        ([("0s", "40s"), ("40s", "0s")], "10s", Retime("reverse", Fraction(-1)), FrameRange(696, 719), (719, 696)),
        ([("0s", "5s"), ("40s", "5s")], "10s", Retime("freeze", Fraction(0)), FrameRange(120, 120), (120, 120)),
        (
            [("0s", "0s"), ("10s", "10s"), ("10.5s", "10s"), ("12s", "13s")],
            "10s",
            None,
            FrameRange(240, 262),
            (240, 262),
        ),
    ],
)
def test_when_a_clip_has_a_time_map_then_every_frame_is_that_of_the_map(
    tmp_path: Path,
    points: list[tuple[str, str]],
    start: str,
    retime: Retime | None,
    visible: FrameRange,
    shown: tuple[float, float],
) -> None:
    cut = _cut(tmp_path, _clip("sh010", "0s", start, "1s", _map(*points)))
    use = _use(cut, "sh010")
    assert use.retime == retime or (retime is None and use.retime and use.retime.kind == "ramp")
    assert use.visible == visible
    assert use.plays is not None
    assert (use.plays.at(0), use.plays.at(23)) == shown
    assert not cut.notices


def test_when_a_clip_of_48_ramps_in_24_then_every_frame_is_that_of_the_map(tmp_path: Path) -> None:
    fast = (
        '<format id="r48" frameDuration="1/48s"/>'
        '<asset id="fast" src="file:///p.mov" start="0s" duration="100s" hasVideo="1" format="r48"/>'
    )
    ramp = _map(("0s", "0s"), ("1s", "1s"), ("2s", "3s"))
    use = _use(_cut(tmp_path, _clip("sh010", "0s", "0s", "2s", ramp, ref="fast"), fast), "sh010")
    assert use.plays is not None
    assert [use.plays.at(k) for k in (0, 8, 24, 32, 47)] == [0, 16, 48, 80, 140]
    assert (use.record, use.visible) == (FrameRange(0, 47), FrameRange(0, 140))


def test_when_an_asset_or_a_compound_says_no_duration_then_the_clips_own_is_taken(tmp_path: Path) -> None:
    resources = (
        '<asset id="bare" src="file:///p.mov" start="0s" hasVideo="1" format="r1"/>'
        '<media id="m1"><sequence format="r1" tcStart="0s"><spine>'
        f"{_clip('sh020', '0s', '0s', '4s')}</spine></sequence></media>"
    )
    spine = _clip("sh010", "0s", "1s", "2s", ref="bare") + '<ref-clip ref="m1" offset="2s" start="1s" duration="2s"/>'
    cut = _cut(tmp_path, spine, resources)
    assert [(shot.name, shot.visible) for shot in cut.shots] == [
        ("sh010", FrameRange(24, 71)),
        ("sh020", FrameRange(24, 71)),
    ]
    assert not cut.notices


def test_when_every_clip_is_left_out_then_the_error_says_why(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput) as caught:
        _cut(tmp_path, '<asset-clip name="sh010" ref="a1" offset="0s" duration="soon"/>')
    assert caught.value.reason == "EMPTY_CUT"
    assert "its duration 'soon' is not a time" in caught.value.message


@pytest.mark.parametrize(("told", "drop"), [('tcFormat="DF"', True), ('tcFormat="NDF"', False), ("", None)])
def test_when_a_sequence_says_how_it_counts_then_the_cut_knows(tmp_path: Path, told: str, drop: bool | None) -> None:
    video = '<format id="r30" frameDuration="1001/30000s"/>'
    project = _project(_clip("sh010", "0s", "0s", "1001/1000s"), format_="r30").replace(
        "<sequence", f"<sequence {told}"
    )
    assert read_cut(_xml(tmp_path, project, resources=video), None, 0).drop is drop
    film = _project(_clip("sh010", "0s", "0s", "1s")).replace("<sequence", f"<sequence {told}")
    assert read_cut(_xml(tmp_path, film), None, 0).drop is (None if drop is None else False)


def test_when_a_speed_changes_smoothly_then_it_is_told_that_it_was_read_straight(tmp_path: Path) -> None:
    ramp = _map(("0s", "0s"), ("1s", "1s"), ("2s", "4s"), interp="smooth2")
    cut = _cut(tmp_path, _clip("sh010", "0s", "0s", "2s", ramp))
    assert "smoothly" in cut.notices[0].message


def test_when_media_of_25_is_conformed_to_24_then_it_plays_frame_for_frame(tmp_path: Path) -> None:
    spine = _clip("sh010", "0s", "684/25s", "2s", '<conform-rate srcFrameRate="25"/>', ref="pal")
    use = _use(_cut(tmp_path, spine), "sh010")
    assert use.visible == FrameRange(684, 731)
    assert use.retime == Retime("linear", Fraction(24, 25))


def test_when_a_clip_is_disabled_then_it_asks_for_no_frames(tmp_path: Path) -> None:
    spine = _clip("sh010", "0s", "0s", "1s") + _clip("sh010", "1s", "9s", "1s", more='enabled="0"')
    cut = _cut(tmp_path, spine)
    assert [o.enabled for o in cut.shots[0].occurrences] == [True, False]
    assert cut.shots[0].visible == FrameRange(0, 23)


def test_when_sounds_titles_and_gaps_stand_in_the_cut_then_they_are_no_shots(tmp_path: Path) -> None:
    sound = _clip("boom", "0s", "0s", "1s", ref="sound", more='lane="-1"')
    title = '<title name="THE END" ref="e1" offset="1s" duration="1s"/>'
    heard = (
        '<clip name="talk" offset="2s" duration="1s"><gap offset="0s" duration="1s"><audio ref="sound"/></gap></clip>'
    )
    cut = _cut(tmp_path, _clip("sh010", "0s", "0s", "1s", sound) + title + heard + _clip("sh020", "3s", "0s", "1s"))
    assert [shot.name for shot in cut.shots] == ["sh010", "sh020"]
    assert _use(cut, "sh020").record == FrameRange(72, 95)


def test_when_a_clip_holds_its_video_inside_then_its_media_counts(tmp_path: Path) -> None:
    inside = '<video ref="a2" offset="3600s" duration="100s"><audio ref="sound" lane="-1" offset="0s"/></video>'
    spine = f'<clip name="sh010" offset="0s" start="3605s" duration="1s">{inside}</clip>'
    assert _use(_cut(tmp_path, spine), "sh010").visible == FrameRange(86400 + 120, 86400 + 143)


def test_when_compound_and_multicam_clips_are_used_then_what_they_show_is_needed(tmp_path: Path) -> None:
    inner = _clip("sh080", "0s", "1009/24s", "2s")
    media = (
        f'<media id="m1" name="compound"><sequence format="r1" duration="2s"><spine>{inner}</spine></sequence></media>'
        f'<media id="m2" name="cameras"><multicam format="r1">'
        f'<mc-angle angleID="A">{inner.replace("sh080", "sh090")}</mc-angle>'
        f'<mc-angle angleID="B">{inner.replace("sh080", "sh091")}</mc-angle></multicam></media>'
    )
    spine = (
        '<ref-clip name="compound" ref="m1" offset="0s" start="12/24s" duration="1s"/>'
        '<mc-clip name="cameras" ref="m2" offset="1s" start="6/24s" duration="1s">'
        '<mc-source angleID="A" srcEnable="audio"/><mc-source angleID="B" srcEnable="video"/></mc-clip>'
    )
    cut = _cut(tmp_path, spine, media)
    assert _use(cut, "sh080").visible == FrameRange(1021, 1044)
    assert cut.shot("sh090") is None
    assert _use(cut, "sh091").visible == FrameRange(1015, 1038)
    assert _use(cut, "sh091").record == FrameRange(24, 47)


@pytest.mark.parametrize(("first", "start"), [("3600s", "3600.5s"), ("0s", "3600.5s"), ("0s", "0.5s")])
def test_when_a_compound_clip_has_a_timecode_then_it_is_trimmed_by_it_however_its_clips_count(
    tmp_path: Path, first: str, start: str
) -> None:
    inner = _clip("sh080", first, "1009/24s", "2s")
    media = (
        '<media id="m1" name="compound"><sequence format="r1" tcStart="3600s" duration="2s">'
        f"<spine>{inner}</spine></sequence></media>"
        f'<media id="m2" name="cameras"><multicam format="r1" tcStart="3600s">'
        f'<mc-angle angleID="A">{inner.replace("sh080", "sh090")}</mc-angle></multicam></media>'
    )
    spine = (
        f'<ref-clip name="compound" ref="m1" offset="0s" start="{start}" duration="1s"/>'
        f'<mc-clip name="cameras" ref="m2" offset="1s" start="{start}" duration="1s"/>'
    )
    cut = _cut(tmp_path, spine, media)
    assert _use(cut, "sh080").visible == FrameRange(1021, 1044)
    assert _use(cut, "sh090").visible == FrameRange(1021, 1044)


def test_when_a_conformed_clip_has_a_speed_too_then_it_is_told(tmp_path: Path) -> None:
    inside = '<conform-rate srcFrameRate="25"/>' + _map(("0s", "0s"), ("80s", "40s"))
    cut = _cut(tmp_path, _clip("sh010", "0s", "0s", "2s", inside, ref="pal"))
    assert "conformed" in cut.notices[0].message


def test_when_a_synchronized_clip_is_used_then_its_picture_is_a_shot(tmp_path: Path) -> None:
    inner = _clip("sh080", "0s", "1009/24s", "2s", _clip("boom", "0s", "0s", "2s", ref="sound", more='lane="-1"'))
    spine = f'<sync-clip name="sh080 - Sync" offset="0s" start="6/24s" duration="1s">{inner}</sync-clip>'
    assert _use(_cut(tmp_path, spine), "sh080").visible == FrameRange(1015, 1038)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (_clip("bad", "1s", "zero", "1s"), "'zero' is not a time"),
        (_clip("bad", "1s", "1/0s", "1s"), "not a time"),
        (_clip("bad", "1s", "0s", "1s", ref="gone"), "'gone' is not among the resources"),
        ('<ref-clip name="bad" ref="gone" offset="1s" duration="1s"/>', "compound clip 'gone'"),
        ('<mc-clip name="bad" ref="gone" offset="1s" duration="1s"/>', "camera"),
    ],
)
def test_when_one_clip_is_bad_then_its_line_is_told_and_the_others_are_read(
    tmp_path: Path, broken: str, why: str
) -> None:
    cut = _cut(tmp_path, _clip("sh010", "0s", "0s", "1s") + broken + "\n" + _clip("sh020", "2s", "0s", "1s"))
    assert [shot.name for shot in cut.shots] == ["sh010", "sh020"]
    assert _use(cut, "sh020").record == FrameRange(48, 71)
    assert [notice.severity for notice in cut.notices] == ["error"]
    lines = Path(_xml_path(tmp_path)).read_text(encoding="utf-8").splitlines()
    assert '"bad"' in lines[cut.notices[0].line - 1]
    assert why in cut.notices[0].message


def _xml_path(folder: Path) -> Path:
    return folder / "cut.fcpxml"


def test_when_a_file_holds_several_projects_then_one_must_be_named(tmp_path: Path) -> None:
    file = _xml(tmp_path, *(_project(_clip(f"sh_{name}", "0s", "0s", "1s"), name) for name in ("one", "two")))
    with pytest.raises(InvalidRequest) as caught:
        read_cut(file, None, 0)
    assert caught.value.reason == "AMBIGUOUS_SEQUENCE"
    assert read_cut(file, None, 0, "two").shots[0].name == "sh_two"


def test_when_a_compound_clip_uses_itself_then_the_cut_is_refused(tmp_path: Path) -> None:
    inner = '<ref-clip name="loop" ref="m1" offset="0s" duration="1s"/>'
    media = f'<media id="m1" name="loop"><sequence format="r1" duration="2s"><spine>{inner}</spine></sequence></media>'
    with pytest.raises(UnreadableInput, match="in itself"):
        _cut(tmp_path, inner, media)


def test_when_the_format_names_no_rate_then_the_given_one_counts(tmp_path: Path) -> None:
    file = _xml(tmp_path, _project(_clip("sh010", "0s", "1009/24s", "1s"), format_="none"))
    with pytest.raises(InvalidRequest) as caught:
        read_cut(file, None, 0)
    assert caught.value.reason == "MISSING_RATE"
    assert read_cut(file, Rate(24), 0).shots[0].visible == FrameRange(1009, 1032)


def test_when_a_bundle_is_read_then_the_cut_is_that_of_its_info_file(tmp_path: Path) -> None:
    bundle = tmp_path / "cut.fcpxmld"
    bundle.mkdir()
    Path(_xml(tmp_path, _project(_clip("sh010", "0s", "1009/24s", "1s")))).rename(bundle / "Info.fcpxml")
    assert read_cut(str(bundle), None, 0).shots[0].visible == FrameRange(1009, 1032)
