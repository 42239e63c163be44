from __future__ import annotations

import shutil
from pathlib import Path

from small_show import EDGES, LAYER, ready

from usd_ai.graph.folders import Incoming
from usd_ai.graph.ledger import SqlLedger


def _series(folder: Path) -> Path:
    return folder / "publish/sh010/env" / LAYER


def test_when_nothing_is_wrong_then_nothing_is_said_or_done(ledger: SqlLedger, tmp_path: Path) -> None:
    ledger.publish(ready(ledger, tmp_path, "a"), LAYER, "", EDGES)
    before = sorted(tmp_path.rglob("*"))
    assert ledger.reconcile() == ()
    assert sorted(tmp_path.rglob("*")) == before


def test_when_a_publisher_died_then_its_leftovers_go_and_nothing_else(ledger: SqlLedger, tmp_path: Path) -> None:
    ledger.publish(ready(ledger, tmp_path, "a"), LAYER, "", EDGES)
    unpublished = ready(ledger, tmp_path, "b")
    shutil.copytree(unpublished.folder, _series(tmp_path) / "v002")
    (_series(tmp_path) / ".incoming-1/vdb").mkdir(parents=True)
    (tmp_path / "state/blobs/.incoming-2").write_bytes(b"half")
    (_series(tmp_path) / "v003").mkdir()
    (_series(tmp_path) / "notes.txt").write_text("of a person")
    said = ledger.reconcile()
    assert said == (
        "sh010/env/burning_forest/v002 of demo was never published; its folder was removed.",
        "1 half-written file(s) were removed.",
    )
    assert sorted(path.name for path in _series(tmp_path).iterdir()) == ["notes.txt", "v001", "v003"]
    assert ledger.publish(unpublished, LAYER, "", EDGES).number == 2


def test_when_a_publisher_lives_then_its_folder_is_left_alone(ledger: SqlLedger, tmp_path: Path) -> None:
    ledger.publish(ready(ledger, tmp_path, "a"), LAYER, "", EDGES)
    with Incoming(_series(tmp_path)) as incoming:
        (incoming.path / "payload.usdc").touch()
        assert ledger.reconcile() == ()
        assert (incoming.path / "payload.usdc").exists()


def test_when_a_published_folder_is_gone_then_it_is_said(ledger: SqlLedger, tmp_path: Path) -> None:
    version = ledger.publish(ready(ledger, tmp_path, "a"), LAYER, "", EDGES)
    shutil.rmtree(version.folder)
    (said,) = ledger.reconcile()
    assert "v001 of demo was published, but its folder is gone" in said


def test_when_the_ledger_is_new_then_versions_of_an_older_one_are_not_touched(
    ledger: SqlLedger, tmp_path: Path
) -> None:
    version = ledger.publish(ready(ledger, tmp_path, "a"), LAYER, "", EDGES)
    ledger.close()
    shutil.rmtree(tmp_path / "state")
    from small_show import open_ledger  # noqa: PLC0415 - the ledger that is made anew

    anew = open_ledger(tmp_path)
    ready(anew, tmp_path, "b")
    assert anew.reconcile() == ()
    assert (Path(version.folder) / "payload.usdc").exists()
