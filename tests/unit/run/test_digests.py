from __future__ import annotations

import os
from pathlib import Path

import pytest

from usd_ai.core.digest import sha256_bytes
from usd_ai.run import digests
from usd_ai.run.digests import kept_digests


def _linked(folder: Path, data: bytes = b"smoke") -> Path:
    (folder / "cached").write_bytes(data)
    os.link(folder / "cached", folder / "linked")
    return folder / "linked"


def _never(_: object) -> str:
    raise AssertionError


def test_when_a_linked_file_was_read_once_then_it_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _linked(tmp_path)
    with kept_digests(str(tmp_path)) as kept:
        assert kept.of(file) == sha256_bytes(b"smoke")
    monkeypatch.setattr(digests, "sha256_file", _never)
    with kept_digests(str(tmp_path)) as kept:
        assert kept.of(file) == kept.of(tmp_path / "cached") == sha256_bytes(b"smoke")


def test_when_a_file_changes_then_it_is_read_again(tmp_path: Path) -> None:
    file = _linked(tmp_path)
    with kept_digests(str(tmp_path)) as kept:
        kept.of(file)
    file.write_bytes(b"SMOKE")
    os.utime(file, ns=(1, 1))
    with kept_digests(str(tmp_path)) as kept:
        assert kept.of(file) == sha256_bytes(b"SMOKE")


def test_when_a_file_has_one_name_then_it_is_not_remembered(tmp_path: Path) -> None:
    (tmp_path / "payload").write_bytes(b"trees")
    with kept_digests(str(tmp_path)) as kept:
        assert kept.of(tmp_path / "payload") == sha256_bytes(b"trees")
        assert not kept.known


@pytest.mark.parametrize(
    "text",
    ["", "[", "[1]", '{"1:2": [3]}', '{"1:2": 5}', '{"1:2": ["x", 1, "y"]}', '{"1:2": [1e999, 1, "y"]}', "[" * 100_000],
)
def test_when_what_is_remembered_is_damaged_then_files_are_read(tmp_path: Path, text: str) -> None:
    file = _linked(tmp_path)
    (tmp_path / "digests.json").write_text(text, encoding="utf-8")
    with kept_digests(str(tmp_path)) as kept:
        assert kept.of(file) == sha256_bytes(b"smoke")


def test_when_more_files_were_used_than_fit_then_the_last_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "_MOST", 1)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    files = [_linked(tmp_path / name, name.encode()) for name in ("one", "two")]
    with kept_digests(str(tmp_path)) as kept:
        for file in (*files, files[0]):
            kept.of(file)
    with kept_digests(str(tmp_path)) as kept:
        assert [entry[2] for entry in kept.known.values()] == [sha256_bytes(b"one")]


def test_when_what_was_learnt_cannot_be_written_then_the_digests_are_there_all_the_same(tmp_path: Path) -> None:
    file = _linked(tmp_path)
    (tmp_path / "digests.json").mkdir()  # stands for a full disk: nothing can take its place
    (tmp_path / "digests.json" / "in the way").touch()
    with kept_digests(str(tmp_path)) as kept:
        assert kept.of(file) == sha256_bytes(b"smoke")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cached", "digests.json", "linked"]
