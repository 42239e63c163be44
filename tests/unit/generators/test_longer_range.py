"""A shot asked for over a longer range: frames that were there come out as they were, and are not made again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pxr import Sdf, Usd

from tests.tools.small_builds import SmallBuilds
from usd_ai.core.types import FrameRange, Layer
from usd_ai.generators.burning_forest import smoke

SHORT, TAIL, HEAD, BOTH = FrameRange(1001, 1012), FrameRange(1001, 1018), FrameRange(995, 1012), FrameRange(989, 1024)


class Ranges:
    """The same shot built over several ranges with one cache; ``drawn``: moments of smoke that each build drew."""

    def __init__(self, folder: Path) -> None:
        self._builds = SmallBuilds(folder, smoke=True)
        self._folder = folder
        self.layers: dict[FrameRange, Layer] = {}
        self.drawn: dict[FrameRange, int] = {}
        with pytest.MonkeyPatch.context() as patch:
            encoded, real = [0], smoke.encode_plume

            def encode(*given: Any) -> bytes:  # noqa: ANN401 - as the function it stands for
                encoded[0] += 1
                return real(*given)

            patch.setattr(smoke, "encode_plume", encode)
            for frames in (SHORT, TAIL, HEAD, BOTH):
                encoded[0] = 0
                self.layers[frames] = self._builds.write(self.folder(frames), frames=frames, story_time=75.0)
                self.drawn[frames] = encoded[0]

    def folder(self, frames: FrameRange) -> Path:
        """Where the layer of a range lies."""
        return self._folder / f"layer_{frames}"

    def anew(self, frames: FrameRange, folder: Path) -> Layer:
        """The layer of a range from nothing in any cache."""
        return SmallBuilds(folder, smoke=True).write(folder / "layer", frames=frames, story_time=75.0)


@pytest.fixture(scope="module")
def ranges(tmp_path_factory: pytest.TempPathFactory) -> Ranges:
    return Ranges(tmp_path_factory.mktemp("ranges"))


def samples(folder: Path, frames: FrameRange) -> Iterator[tuple[str, int, Any]]:
    """All that a layer says in these frames: attribute, frame and value; of volumes the file itself."""
    stage = Usd.Stage.Open(str(folder / "payload.usdc"))
    for prim in stage.TraverseAll():
        for attribute in prim.GetAttributes():
            for frame in frames.frames() if attribute.GetNumTimeSamples() else frames.frames()[:1]:
                value = attribute.Get(frame)
                if isinstance(value, Sdf.AssetPath):
                    file = folder / value.path
                    linked = file.suffix == ".vdb" and file.name != "haze.vdb"
                    value = file.stat().st_ino if linked else file.read_bytes()
                yield str(attribute.GetPath()), frame, value


def prototypes(folder: Path, name: str, frame: int) -> list[str]:
    """What each instance is at a frame: prototypes are numbered anew where there are more of them."""
    stage = Usd.Stage.Open(str(folder / "payload.usdc"))
    prim = stage.GetPrimAtPath(f"/burning_forest/{name}")
    targets = [str(path) for path in prim.GetRelationship("prototypes").GetTargets()]
    return [targets[index] for index in prim.GetAttribute("protoIndices").Get(frame)]


@pytest.mark.parametrize("longer", [TAIL, HEAD, BOTH])
def test_when_the_range_grows_then_every_old_frame_says_what_it_said_with_the_very_same_volumes(
    ranges: Ranges, longer: FrameRange
) -> None:
    before, after = ranges.folder(SHORT), ranges.folder(longer)
    now = {(path, frame): value for path, frame, value in samples(after, SHORT)}
    compared, kinds = 0, set[str]()
    for path, frame, value in samples(before, SHORT):
        name = path.rpartition(".")[2]
        if name == "protoIndices":
            continue
        same = value == now[path, frame]
        assert np.all(same), (path, frame)
        kinds.add(name)
        compared += 1
    assert {"filePath", "inputs:intensity", "positions", "xformOp:transform"} <= kinds
    assert compared > 1000
    for name in ("trees", "undergrowth"):
        assert prototypes(after, name, SHORT.end) == prototypes(before, name, SHORT.end)


def test_when_the_range_grows_then_only_the_smoke_of_new_frames_is_drawn(ranges: Ranges) -> None:
    assert ranges.drawn == {SHORT: 12 + 2, TAIL: 6, HEAD: 6, BOTH: 6 + 6}  # motion blur looks one frame to either side


def test_when_it_was_never_shorter_then_the_bytes_are_the_same(ranges: Ranges, tmp_path: Path) -> None:
    anew = ranges.anew(HEAD, tmp_path)
    grown = ranges.layers[HEAD]
    assert (anew.sha256, anew.content_sha256, anew.files) == (grown.sha256, grown.content_sha256, grown.files)


def test_when_the_range_grows_then_it_is_another_layer_with_more_files(ranges: Ranges) -> None:
    short, longer = ({file.path for file in ranges.layers[frames].files} for frames in (SHORT, TAIL))
    assert len({path for path in longer if path.startswith("vdb/smoke")}) == TAIL.count + 2
    assert len({path for path in short if path.startswith("vdb/smoke")}) == SHORT.count + 2
    assert ranges.layers[SHORT].sha256 != ranges.layers[TAIL].sha256
