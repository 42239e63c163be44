"""A cut that shows more of a published shot: only the smoke of the new frames is computed, the old volumes stay.

The forest burns at full detail, with real smoke, through the real server; only hero flames are left out.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pxr import Usd

import usd_ai
from tests.journeys.shows import GENERATOR, SEED, SmallShow, build_small_show, fire_of, lend_cache, serving
from tests.tools.timecodes import timecode
from usd_ai.core.decisions import Action
from usd_ai.core.types import FrameRange

SHOT = "sh010"
BEFORE, AFTER = FrameRange(1001, 1024), FrameRange(1001, 1030)
PAD = 1  # motion blur looks one frame to either side


def cut(folder: Path, name: str, frames: FrameRange) -> str:
    """Write a cut that shows these frames of the shot; its path in the project."""
    codes = " ".join(timecode(frame) for frame in (frames.start, frames.end + 1, 86400, 86400 + frames.count))
    lines = [f"TITLE: {name}", "FCM: NON-DROP FRAME", f"001  {SHOT:<8s} V     C        {codes}"]
    text = "\n".join([*lines, f"* FROM CLIP NAME: {SHOT}_v001", ""])
    (folder / "editorial" / f"{name}.edl").write_text(text, encoding="ascii")
    return f"editorial/{name}.edl"


@pytest.fixture(scope="module")
def grown(small_show: SmallShow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grown]:
    folder = tmp_path_factory.mktemp("longer")
    studio = build_small_show(folder / "ember", handles=0)
    text = studio.read_text(encoding="utf-8")
    studio.write_text(text.replace("editorial/short.edl", "editorial/v1.edl"), encoding="utf-8")
    cut(studio.parent, "v1", BEFORE)
    if (small_show.server.state / "cache").is_dir():  # flames take a minute: those of other journeys serve here too
        lend_cache(small_show.server.state, folder / "state", ("flame", "plant", "world"))
    with serving(studio, folder / "state") as server, usd_ai.connect(server.address) as connected:
        wish = {**fire_of(studio, SHOT), "hero": 0}
        handle = connected.shot(SHOT).generate(GENERATOR, wish, seed=SEED, detail=usd_ai.Detail.FULL)
        handle.wait()
        handle.publish()
        yield Grown(studio.parent, folder / "state", connected)


class Grown:
    """A show with one published shot."""

    def __init__(self, folder: Path, state: Path, studio: usd_ai.Studio) -> None:
        self.folder, self.state, self.studio = folder, state, studio

    def smoke(self) -> dict[int, int]:
        """The moments of smoke that the cache holds, and their files."""
        kept = (self.state / "cache").glob("smoke-*/smoke.*.vdb")
        return {int(file.name.split(".")[1]): file.stat().st_ino for file in kept}

    def version(self, number: int) -> Path:
        """The folder of a version."""
        return Path(self.studio.version(SHOT, GENERATOR, number).folder)


def volumes(folder: Path) -> dict[tuple[str, int], Path]:
    """The file of each volume at each frame, by the layer."""
    stage = Usd.Stage.Open(str(folder / "payload.usdc"))
    found: dict[tuple[str, int], Path] = {}
    for prim in stage.TraverseAll():
        attribute = prim.GetAttribute("filePath")
        if attribute and "haze" not in str(prim.GetPath()):
            for frame in attribute.GetTimeSamples():
                found[str(prim.GetPath()), int(frame)] = folder / attribute.Get(frame).path
    return found


def test_when_a_cut_shows_more_frames_then_only_those_are_computed_and_the_rest_are_the_same_files(
    grown: Grown,
) -> None:
    studio, before = grown.studio, grown.smoke()
    assert len(before) == BEFORE.count + 2 * PAD
    longer = cut(grown.folder, "v2", AFTER)
    plan = studio.sync(longer)
    (decision,) = plan.decisions
    assert (decision.action, decision.missing) == (Action.MISSING_FRAMES, (FrameRange(1025, 1030),))
    assert decision.seconds is not None
    built = studio.generation(studio.version(SHOT, GENERATOR).generation).snapshot
    assert 0 < decision.seconds < built.seconds

    done = studio.sync(longer, apply=True, etag=plan.etag)
    handle = studio.generation(done.decisions[0].generation)
    handle.wait()
    assert handle.publish().number == 2

    after = grown.smoke()
    assert len(set(after) - set(before)) == AFTER.count - BEFORE.count
    assert {tick: after[tick] for tick in before} == before  # nothing that was there is written again

    old, new = volumes(grown.version(1)), volumes(grown.version(2))
    assert len({frame for path, frame in old if "/smoke/" in path}) == BEFORE.count + 2 * PAD
    assert {frame for path, frame in new if "/smoke/" in path} == set(range(AFTER.start - PAD, AFTER.end + PAD + 1))
    for key, file in old.items():
        assert new[key].stat().st_ino == file.stat().st_ino or new[key].read_bytes() == file.read_bytes(), key
    assert len(old) > 2 * BEFORE.count  # flames as well

    assert studio.verify(grown.version(2)).verdict == "INTACT"
    envelope = json.loads((grown.version(2) / "record.json").read_text(encoding="utf-8"))
    record = base64.b64decode(envelope["payload"]).decode()
    assert re.search(r'"frames":\s*\{"end":\s*1030,\s*"start":\s*1001\}', record)
    assert studio.sync(longer).open == ()
