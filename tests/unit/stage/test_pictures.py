from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from PIL import Image

from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput, UsdAiError
from usd_ai.core.types import ArrayRef
from usd_ai.run.arrays import FolderArrays
from usd_ai.stage.pictures import read_picture_task


def _read(path: Path, arrays: Path) -> tuple[str, np.ndarray]:
    said = read_picture_task(str(path), path.name, str(arrays))
    _, digest, size = said.split()
    rows, _, columns = size.partition("x")
    return said, FolderArrays(arrays).get(ArrayRef(digest, "<f4", (int(rows), int(columns))))


def _exr(path: Path, **channels: np.ndarray) -> None:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {name: values.astype(np.float32) for name, values in channels.items()}).write(str(path))


def test_when_a_map_is_painted_in_8_or_16_bit_or_as_exr_then_its_values_are_shares(tmp_path: Path) -> None:
    wide = (np.arange(12, dtype=np.uint16) * 5957).reshape(3, 4)
    Image.fromarray(wide).save(tmp_path / "wide.png")
    Image.fromarray(np.array([[0, 51, 255]], np.uint8)).save(tmp_path / "byte.png")
    _exr(tmp_path / "float.exr", Y=np.array([[0.25, 1.5]]))
    assert _read(tmp_path / "wide.png", tmp_path)[1] == pytest.approx(wide / 65535.0, abs=1e-6)
    assert _read(tmp_path / "byte.png", tmp_path)[1].tolist() == [[0.0, pytest.approx(0.2), 1.0]]
    assert _read(tmp_path / "float.exr", tmp_path)[1].tolist() == [[0.25, 1.5]]


def test_when_a_map_moves_then_it_stays_the_same_and_when_repainted_it_does_not(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 51, 255]], np.uint8)).save(tmp_path / "a.png")
    Image.fromarray(np.array([[0, 51, 255]], np.uint8)).save(tmp_path / "b.png", compress_level=0)
    Image.fromarray(np.array([[0, 52, 255]], np.uint8)).save(tmp_path / "c.png")
    a, b, c = (_read(tmp_path / f"{name}.png", tmp_path)[0] for name in "abc")
    assert a == b
    assert a != c


def _bad(folder: Path) -> dict[str, tuple[type[UsdAiError], str]]:
    Image.fromarray(np.zeros((2, 2, 3), np.uint8)).save(folder / "colour.png")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"nonsense" * 9)
    (folder / "broken.exr").write_bytes(b"\x76\x2f\x31\x01" + b"nonsense" * 9)
    (folder / "cut.png").write_bytes((folder / "colour.png").read_bytes()[:40])
    (folder / "map.tif").write_bytes(b"II*\0")
    _exr(folder / "negative.exr", Y=np.array([[-0.5, 1.0]]))
    _exr(folder / "none.exr", Y=np.array([[np.nan, 1.0]]))
    _exr(folder / "colour.exr", R=np.ones((1, 2)), G=np.ones((1, 2)), B=np.ones((1, 2)))
    return {
        "colour.png": (InvalidRequest, "grey"),
        "broken.png": (UnreadableInput, "save"),
        "cut.png": (UnreadableInput, "save"),
        "broken.exr": (UnreadableInput, "save"),
        "map.tif": (InvalidRequest, "PNG"),
        "negative.exr": (InvalidRequest, "0"),
        "none.exr": (InvalidRequest, "0"),
        "colour.exr": (InvalidRequest, "Y"),
        "missing.png": (NotFound, "folder"),
    }


def test_when_a_file_is_no_map_then_the_refusal_names_it_and_says_what_to_do(tmp_path: Path) -> None:
    for name, (kind, word) in _bad(tmp_path).items():
        with pytest.raises(kind) as refused:
            read_picture_task(str(tmp_path / name), name, str(tmp_path / "arrays"))
        assert name in refused.value.message
        assert word in refused.value.remedy
