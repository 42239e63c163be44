"""One cut in every format, written by each format's public writer and read here; and every real file there is.

What a writer loses is written down below, by name: docs/guide/editor.md says it to people.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from usd_ai.core.errors import UnreadableInput
from usd_ai.core.types import Cut, Occurrence, Rate
from usd_ai.editorial.read import read_cut
from usd_ai.editorial.write import write_timeline

_FILM = Rate(24000, 1001)


def _time(frame: float, rate: float) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(frame, rate)


def _span(start: float, count: float, rate: float) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(_time(start, rate), _time(count, rate))


def _clip(shot: str, start: int, count: int, rate: float, *effects: otio.schema.TimeEffect) -> otio.schema.Clip:
    media = otio.schema.ExternalReference(f"file:///plates/{shot}.mov", _span(1001, 500, rate))
    media.name = shot
    clip = otio.schema.Clip(f"{shot}_v001", media, _span(start, count, rate))
    clip.metadata["cmx_3600"] = {"reel": f"R{shot}"}
    clip.effects.extend(effects)
    return clip


def _built(
    rate: float, *, tracks: bool = True, nests: bool = True, dissolves: bool = True, mutes: bool = True
) -> otio.schema.Timeline:
    """A cut with one of everything; without what a writer fails on."""
    off = _clip("sh070", 1009, 24, rate)
    off.enabled = False
    nest = otio.schema.Stack("nest", source_range=_span(5, 20, rate))
    inner = otio.schema.Track("inner", kind=otio.schema.TrackKind.Video)
    inner.append(_clip("sh080", 1009, 40, rate))
    nest.append(inner)
    items: list[otio.core.Composable] = [
        _clip("sh010", 1009, 48, rate),
        _clip("sh020", 1020, 30, rate, otio.schema.LinearTimeWarp(time_scalar=0.5)),
        _clip("sh030", 1009, 24, rate, otio.schema.LinearTimeWarp(time_scalar=2)),
        _clip("sh040", 1009, 24, rate, otio.schema.FreezeFrame()),
        _clip("sh050", 1009, 48, rate),
        _clip("sh060", 1109, 48, rate),
        otio.schema.Gap(source_range=_span(0, 12, rate)),
        *([off] if mutes else []),
        _clip("sh010", 1019, 20, rate),
    ]
    if dissolves:
        items.insert(5, otio.schema.Transition("d", "SMPTE_Dissolve", _time(6, rate), _time(6, rate)))
    first = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    first.extend([*items, nest] if nests else items)
    timeline = otio.schema.Timeline("cut", global_start_time=_time(86400, rate))
    timeline.tracks.append(first)
    if tracks:
        second = otio.schema.Track("V2", kind=otio.schema.TrackKind.Video)
        second.extend([otio.schema.Gap(source_range=_span(0, 60, rate)), _clip("sh090", 1009, 20, rate)])
        timeline.tracks.append(second)
    return timeline


@dataclass(frozen=True)
class _Writer:
    """A public writer: what it is given, and which of our words it loses."""

    ending: str
    adapter: str
    loses: frozenset[str] = frozenset()
    without: tuple[str, ...] = ()
    rates: tuple[Rate, ...] = (Rate(24), _FILM)


_MISSING = otio.adapters.file_bundle_utils.MediaReferencePolicy.AllMissing
_OPTIONS: dict[str, dict[str, Any]] = {
    "AAF": {"use_empty_mob_ids": True},
    "otioz": {"media_policy": _MISSING},
    "otiod": {"media_policy": _MISSING},
}
_WRITERS = [
    _Writer(".otioz", "otioz", frozenset({"media"})),
    _Writer(".otiod", "otiod", frozenset({"media"})),
    _Writer(".edl", "cmx_3600", frozenset({"start"}), ("tracks", "nests", "dissolves", "mutes"), (Rate(24),)),
    _Writer(".xml", "fcp_xml", frozenset({"retime", "enabled", "reel"})),
    _Writer(
        ".fcpxml",
        "fcpx_xml",
        frozenset({"retime", "enabled", "reel", "transition", "start", "track"}),
        rates=(Rate(24),),  # at 24000/1001 it writes no frame rate at all, or fails
    ),
    _Writer(".aaf", "AAF", frozenset({"retime", "enabled", "reel"}), ("nests", "dissolves")),
]


def _told(use: Occurrence, shot: str, loses: frozenset[str]) -> tuple[object, ...]:
    """A use in the words that a writer keeps."""
    retimed = use.retime is not None and "retime" in loses
    seen = use.used if "transition" in loses else use.visible
    words = {
        "shot": shot,
        "record": use.record,
        "lane": use.lane,
        "depth": use.depth,
        "track": use.track,
        "retime": use.retime,
        "enabled": use.enabled,
        "reel": use.reel,
        "media": use.media,
        "transition": (use.transition_in, use.transition_out),
        "seen": None if retimed else seen,
    }
    return tuple(value for key, value in words.items() if key not in loses)


def _rows(cut: Cut, loses: frozenset[str], sped: set[str]) -> list[tuple[object, ...]]:
    """All uses; those of sped-up shots without their frames, where speeds are lost."""
    skip = sped if "retime" in loses else set[str]()
    return sorted(
        (_told(use, shot.name, loses) for shot in cut.shots for use in shot.occurrences if shot.name not in skip),
        key=repr,
    )


@pytest.mark.parametrize(
    ("writer", "rate"), [pytest.param(w, r, id=f"{w.ending}-{r}") for w in _WRITERS for r in w.rates]
)
def test_when_a_cut_comes_in_another_format_then_it_is_the_same_cut(
    tmp_path: Path, writer: _Writer, rate: Rate
) -> None:
    built = _built(float(rate), **dict.fromkeys(writer.without, False))
    plain, other = tmp_path / "cut.otio", tmp_path / f"cut{writer.ending}"
    otio.adapters.write_to_file(built, str(plain), adapter_name="otio_json")
    options = {"rate": float(rate)} if writer.ending == ".edl" else _OPTIONS.get(writer.adapter, {})
    otio.adapters.write_to_file(built, str(other), adapter_name=writer.adapter, **options)
    ours = read_cut(str(plain), None, 8)
    theirs = read_cut(str(other), rate if writer.ending == ".edl" else None, 8)
    sped = {shot.name for shot in ours.shots if shot.occurrences[0].retime}
    assert _rows(theirs, writer.loses, sped) == _rows(ours, writer.loses, sped)
    assert (theirs.name, theirs.rate, theirs.duration) == (ours.name, ours.rate, ours.duration)
    assert "start" in writer.loses or theirs.start == ours.start
    assert not [notice for notice in theirs.notices if notice.severity == "error"]


def test_when_one_rate_is_spelled_three_ways_then_the_cuts_are_equal(tmp_path: Path) -> None:
    cuts: list[Cut] = []
    for number, spelling in enumerate((23.976, 23.976023976, 23.976024627685547)):
        file = tmp_path / f"{number}.otio"
        otio.adapters.write_to_file(_built(spelling), str(file), adapter_name="otio_json")
        cuts.append(read_cut(str(file), None, 8))
    assert {cut.rate for cut in cuts} == {_FILM}
    assert cuts[0].shots == cuts[1].shots == cuts[2].shots


@pytest.mark.parametrize("writer", [w for w in _WRITERS if w.ending in {".xml", ".aaf"}], ids=lambda w: w.ending)
def test_when_the_environment_asks_for_plug_ins_then_every_format_is_read_the_same(
    tmp_path: Path, writer: _Writer
) -> None:
    file = tmp_path / f"cut{writer.ending}"
    built = _built(24.0, **dict.fromkeys(writer.without, False))
    otio.adapters.write_to_file(built, str(file), adapter_name=writer.adapter, **_OPTIONS.get(writer.adapter, {}))
    (tmp_path / "hooks.py").write_text(
        "def hook_function(timeline, argument_map=None):\n    raise SystemExit('a hook ran')\n", encoding="utf-8"
    )
    (tmp_path / "manifest.json").write_text(
        '{"OTIO_SCHEMA": "PluginManifest.1", "hook_scripts": [{"OTIO_SCHEMA": "HookScript.1", "name": "h", '
        '"filepath": "hooks.py"}], "hooks": {"post_adapter_read": ["h"], "pre_adapter_read": ["h"]}}',
        encoding="utf-8",
    )
    code = f"from usd_ai.editorial.read import read_cut_task; print(read_cut_task({str(file)!r}, '', 8).shots)"
    hostile = {
        "OTIO_DEFAULT_MEDIA_LINKER": "no_such_linker",
        "OTIO_PLUGIN_MANIFEST_PATH": str(tmp_path / "manifest.json"),
        "OTIO_AAF_PYTHON_LIB": str(tmp_path),
    }
    seen = [
        subprocess.run([sys.executable, "-c", code], env=os.environ | more, capture_output=True, text=True, check=True)
        for more in ({}, hostile)
    ]
    assert seen[0].stdout == seen[1].stdout != ""


# ------------------------------------------------------------------------------------------------ the corpus

_REFUSED = {"newer_schema.otio": ("NEWER_SCHEMA", "newer OpenTimelineIO than")}


def test_when_every_real_file_is_tried_then_it_is_read_or_refused_with_the_true_cause(
    timelines: Path, tmp_path: Path
) -> None:
    files = sorted(path for path in timelines.rglob("*") if path.is_file())
    assert len(files) >= 18
    for file in files:
        tried = file
        if file.suffix == ".json":  # what programs printed of one clip, in OpenTimelineIO's own form
            tried = tmp_path / f"{file.stem}.otio"
            shutil.copy(file, tried)
        rate = Rate(24) if file.suffix == ".edl" else None
        if file.name in _REFUSED:
            with pytest.raises(UnreadableInput) as caught:
                read_cut(str(tried), rate, 8)
            reason, words = _REFUSED[file.name]
            assert caught.value.reason == reason
            assert words in caught.value.message
            continue
        cut = read_cut(str(tried), rate, 8)
        assert cut.shots, file.name
        assert not [n for n in cut.notices if n.severity == "error"], file.name
        for shot in cut.shots:
            assert shot.name, file.name
            assert shot.needed.count == shot.visible.count + 16, file.name
            assert all(use.plays is not None for use in shot.occurrences), file.name


@pytest.mark.parametrize("name", ["empty_name_tags.xml", "transitions.aaf", "time_warp.aaf", "079_HA_V05.edl"])
def test_when_a_real_cut_is_written_back_then_it_says_the_same_as_otio(
    timelines: Path, tmp_path: Path, name: str
) -> None:
    rate = Rate(24) if name.endswith(".edl") else None
    write_timeline(str(timelines / name), rate, 8, (), str(tmp_path / "back.otio"))
    before, after = read_cut(str(timelines / name), rate, 8), read_cut(str(tmp_path / "back.otio"), None, 8)
    assert (after.rate, after.duration, after.start) == (before.rate, before.duration, before.start)
    assert after.shots == before.shots
