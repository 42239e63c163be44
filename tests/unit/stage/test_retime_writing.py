"""How an edit comes to lie on disk: whole, alike every time, beside files that nobody touched."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from pxr import Sdf

from tests.unit.stage.retimes import NAME, START, publish_moving, shot_stage, write
from usd_ai.core.errors import CheckRejected, InvalidRequest, NotFound, UnreadableInput, UsdAiError
from usd_ai.core.types import FrameRange, Plays
from usd_ai.stage import retime
from usd_ai.stage.retime import write_edit_layer

REVERSE = Plays(Fraction(1020), Fraction(-1))
SLOW = Plays(Fraction(1003), Fraction(1, 2))
SHOWN = FrameRange(0, 12)

_ELSEWHERE = """
import pickle, sys
from usd_ai.stage.retime import write_edit_layer
folder, name, out, plays, shown, start = pickle.load(open(sys.argv[1], "rb"))
write_edit_layer(folder, name, out, plays, shown, start=start, time_codes_per_second=24.0)
"""


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return publish_moving(tmp_path / "publish" / "sh010" / "env" / NAME / "v001")


def contents(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.parametrize("plays", [REVERSE, SLOW])
def test_when_it_is_written_again_in_another_process_then_every_byte_is_the_same(
    published: Path, tmp_path: Path, plays: Plays
) -> None:
    write(published, tmp_path / "here" / "edit.usda", plays, SHOWN)
    here = contents(tmp_path / "here")
    write(published, tmp_path / "here" / "edit.usda", plays, SHOWN)
    assert contents(tmp_path / "here") == here
    order = tmp_path / "order"
    order.write_bytes(pickle.dumps((str(published), NAME, str(tmp_path / "there/edit.usda"), plays, SHOWN, START)))
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "5", "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", _ELSEWHERE, str(order)], check=True, env=environment, cwd=tmp_path)
    assert contents(tmp_path / "there") == here


def test_when_several_write_the_same_edit_at_once_then_all_succeed_and_one_edit_is_there(
    published: Path, tmp_path: Path
) -> None:
    order = tmp_path / "order"
    order.write_bytes(pickle.dumps((str(published), NAME, str(tmp_path / "there/edit.usda"), REVERSE, SHOWN, START)))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _ELSEWHERE, str(order)]
    running = [subprocess.Popen(command, env=environment, cwd=tmp_path) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    edit = write(published, tmp_path / "here" / "edit.usda", REVERSE, SHOWN)
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert len(list((tmp_path / "there").iterdir())) == 2
    assert len(edit.files) == 1 + len(list(edit.files[1].parent.iterdir()))


def test_when_an_edit_is_written_then_the_published_files_are_as_before_and_nothing_names_a_machine(
    published: Path, tmp_path: Path
) -> None:
    before = contents(published)
    edit = write(published, tmp_path / "shots" / "sh010" / "edit.usda", REVERSE, SHOWN)
    assert contents(published) == before
    texts = [Sdf.Layer.FindOrOpen(str(path)).ExportToString() for path in edit.files]
    assert not any(str(tmp_path) in text or "unfinished" in text for text in texts)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("publish", "shots"):
        (tmp_path / name).rename(moved / name)
    stage = shot_stage(moved / "shots" / "sh010" / "edit.usda")
    file = stage.GetAttributeAtPath(f"/{NAME}/fire/flame/density.filePath").Get(float(START))
    assert Path(file.resolvedPath).name == "flame.1020.vdb"


def test_when_a_write_fails_half_way_then_the_edit_is_the_old_one_and_nothing_lies_about(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "shots" / "edit.usda"
    write(published, out, SLOW, SHOWN)
    before = contents(out.parent)
    export = vars(retime)["_export"]

    def failing(number: int) -> None:
        calls = iter(range(99))

        def instead(layer: Sdf.Layer, path: Path) -> None:
            if next(calls) == number:
                message = "full"
                raise UsdAiError(message)
            export(layer, path)

        monkeypatch.setattr("usd_ai.stage.retime._export", instead)

    for number in range(5):
        failing(number)
        with pytest.raises(UsdAiError, match="full"):
            write(published, out, REVERSE, SHOWN)
        assert contents(out.parent) == before
        assert not [path for path in out.parent.iterdir() if path.name.startswith(".")]


def test_when_a_folder_cannot_be_written_then_a_person_is_told(published: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="ascii")
    with pytest.raises(UsdAiError, match="free space and rights"):
        write(published, tmp_path / "file" / "edit.usda", SLOW, SHOWN)


@pytest.mark.parametrize(
    ("plays", "wanted"),
    [
        (Plays(Fraction(1020)), "1020-1032"),
        (Plays(Fraction(1005), Fraction(-1)), "993-1005"),
        (Plays(Fraction(1019), Fraction(1, 2)), "1019-1025"),
    ],
)
def test_when_the_cut_shows_more_than_there_is_then_it_says_which_frames_to_generate(
    published: Path, tmp_path: Path, plays: Plays, wanted: str
) -> None:
    with pytest.raises(InvalidRequest, match=wanted) as refused:
        write(published, tmp_path / "edit.usda", plays, SHOWN)
    assert refused.value.reason == "FRAMES_NOT_COVERED"
    assert "v001 was generated for 1001-1024" in refused.value.message
    assert not (tmp_path / "edit.usda").exists()


def test_when_half_a_frame_after_the_last_is_shown_then_the_last_is_held(published: Path, tmp_path: Path) -> None:
    plays = Plays(Fraction(1018), Fraction(1, 2))
    stage = shot_stage(write(published, tmp_path / "edit.usda", plays, FrameRange(0, 13)).path)
    file = stage.GetAttributeAtPath(f"/{NAME}/fire/flame/density.filePath").Get(START + 13.0)
    assert Path(file.resolvedPath).name == "flame.1024.vdb"


def test_when_the_request_makes_no_sense_then_it_is_refused_with_what_to_do(published: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="ends in"):
        write(published, tmp_path / "edit.usdc", SLOW, SHOWN)
    with pytest.raises(InvalidRequest, match="none at all"):
        write(published, tmp_path / "edit.usda", SLOW, FrameRange(5, 4))
    with pytest.raises(InvalidRequest, match="time codes a second"):
        write(published, tmp_path / "edit.usda", SLOW, SHOWN, 0.0)
    with pytest.raises(NotFound, match=r"no shrub.usda in v001"):
        write_edit_layer(published, "shrub", tmp_path / "e.usda", SLOW, SHOWN, start=1, time_codes_per_second=24.0)


def test_when_the_payload_is_damaged_or_brings_in_other_files_then_it_is_refused(
    published: Path, tmp_path: Path
) -> None:
    payload = published / "payload.usdc"
    layer = Sdf.Layer.OpenAsAnonymous(str(payload))
    layer.GetPrimAtPath(f"/{NAME}/trees").referenceList.prependedItems = [Sdf.Reference("./more.usdc")]
    layer.Export(str(payload))
    with pytest.raises(CheckRejected, match=f"/{NAME}/trees"):
        write(published, tmp_path / "edit.usda", REVERSE, SHOWN)
    payload.write_bytes(b"PXR-USDC no more")
    with pytest.raises(UnreadableInput, match=r"payload.usdc cannot be read"):
        write(published, tmp_path / "edit.usda", REVERSE, SHOWN)
    assert list(tmp_path.glob("edit*")) == []
