from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from usd_ai.core.types import FrameRange, Layer, LayerFile
from usd_ai.stage.workshop import Workshop


class DrawingWorkers:
    """Stands for the pool: "draws" a picture per frame that is asked for, as the preview task names them."""

    def __init__(self) -> None:
        self.frames: list[int] = []

    def call(self, task: str, arguments: Mapping[str, Any], **_: object) -> list[str]:
        assert task == "usd_ai.stage.preview.render:preview_task"
        self.frames += arguments["frames"]
        pictures = [Path(arguments["out"]) / f"fire.{frame:04d}.png" for frame in arguments["frames"]]
        for picture in pictures:
            picture.write_text(picture.name)
        return [str(picture) for picture in pictures]


def preview(folder: Path, frames: FrameRange, *, quick: bool = False) -> tuple[DrawingWorkers, tuple[str, ...]]:
    workers = DrawingWorkers()
    layer = Layer("fire", (), "0" * 64, "0" * 64)
    named = Workshop(workers, "arrays").preview(
        str(folder), layer, "shot.usda", SimpleNamespace(frames=frames), camera="/cam", quick=quick, report=print
    )
    return workers, named


@pytest.mark.parametrize(("last", "drawn"), [(1001, 1), (1002, 2), (1003, 3), (1064, 3)])
def test_when_a_shot_is_short_then_each_frame_is_drawn_once_and_all_three_pictures_are_there(
    tmp_path: Path, last: int, drawn: int
) -> None:
    workers, named = preview(tmp_path, FrameRange(1001, last))
    assert len(workers.frames) == len(set(workers.frames)) == drawn
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(named)
    assert (tmp_path / "preview_start.png").read_text() == "fire.1001.png"
    assert (tmp_path / "preview_end.png").read_text() == f"fire.{last}.png"


def test_when_only_a_first_look_is_wanted_then_the_middle_is_drawn(tmp_path: Path) -> None:
    workers, named = preview(tmp_path, FrameRange(1001, 1064), quick=True)
    assert (workers.frames, named) == ([1032], ("preview.png",))


def test_when_a_layer_is_adopted_then_its_files_lie_in_both_folders(tmp_path: Path) -> None:
    (tmp_path / "one" / "vdb").mkdir(parents=True)
    (tmp_path / "one" / "vdb" / "a.vdb").write_bytes(b"smoke")
    layer = Layer("fire", (LayerFile("vdb/a.vdb", "0" * 64, 5),), "0" * 64, "0" * 64)
    Workshop(DrawingWorkers(), "arrays").adopt(str(tmp_path / "one"), layer, str(tmp_path / "two"))
    assert (tmp_path / "two" / "vdb" / "a.vdb").read_bytes() == b"smoke"
