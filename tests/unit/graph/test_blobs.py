from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from usd_ai.core.digest import sha256_bytes
from usd_ai.core.errors import NotFound, RecordInvalid
from usd_ai.graph.blobs import Blob, Blobs


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


def _file(folder: Path, data: bytes) -> Path:
    path = folder / "source"
    path.write_bytes(data)
    return path


def test_when_put_then_it_lies_read_only_under_its_digest(blobs: Blobs, tmp_path: Path) -> None:
    stored = blobs.put(_file(tmp_path, b"flame"))
    assert stored == Blob(sha256_bytes(b"flame"), 5)
    path = blobs.verified(stored.sha256)
    assert path.relative_to(tmp_path / "blobs").as_posix() == f"{stored.sha256[:2]}/{stored.sha256}"
    assert path.stat().st_mode & 0o777 == 0o444
    assert path.read_bytes() == b"flame"
    assert [entry.name for entry in (tmp_path / "blobs").iterdir()] == [stored.sha256[:2]]


def test_when_put_twice_then_the_first_file_stays(blobs: Blobs, tmp_path: Path) -> None:
    source = _file(tmp_path, b"flame")
    stored = blobs.put(source)
    inode = blobs.path(stored.sha256).stat().st_ino
    assert blobs.put(source, stored.sha256) == blobs.put(source) == stored
    assert blobs.path(stored.sha256).stat().st_ino == inode


def test_when_the_file_is_not_the_expected_one_then_nothing_is_stored(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(RecordInvalid, match="source is not the one"):
        blobs.put(_file(tmp_path, b"other"), sha256_bytes(b"flame"))
    assert list((tmp_path / "blobs").iterdir()) == []


def test_when_a_stored_file_was_changed_then_reading_says_so_and_putting_replaces_it(
    blobs: Blobs, tmp_path: Path
) -> None:
    source = _file(tmp_path, b"flame")
    stored = blobs.put(source)
    blobs.path(stored.sha256).chmod(0o644)
    blobs.path(stored.sha256).write_bytes(b"flamE")
    with pytest.raises(RecordInvalid, match="was changed"):
        blobs.verified(stored.sha256)
    blobs.put(source, stored.sha256)
    assert blobs.verified(stored.sha256).read_bytes() == b"flame"


def test_when_asked_for_what_is_not_there_then_it_is_not_found(blobs: Blobs) -> None:
    with pytest.raises(NotFound):
        blobs.verified("0" * 64)


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EMLINK, errno.EPERM])
def test_when_the_disk_cannot_link_then_the_content_is_copied(
    blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    stored = blobs.put(_file(tmp_path, b"flame"))
    blobs.link(stored.sha256, tmp_path / "linked")
    assert (tmp_path / "linked").stat().st_ino == blobs.path(stored.sha256).stat().st_ino

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    blobs.link(stored.sha256, tmp_path / "copied")
    assert (tmp_path / "copied").read_bytes() == b"flame"
    assert (tmp_path / "copied").stat().st_mode & 0o777 == 0o444
    assert (tmp_path / "copied").stat().st_ino != blobs.path(stored.sha256).stat().st_ino
