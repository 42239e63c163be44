from __future__ import annotations

import hashlib
from itertools import permutations
from pathlib import Path

from usd_ai.core.digest import layer_sha256, sha256_bytes, sha256_file
from usd_ai.core.types import LayerFile


def test_when_a_file_is_larger_than_a_block_then_its_digest_is_that_of_its_bytes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 8192
    (tmp_path / "a").write_bytes(data)
    assert sha256_file(tmp_path / "a") == sha256_bytes(data) == hashlib.sha256(data).hexdigest()


def test_when_files_come_in_another_order_then_the_layer_is_the_same() -> None:
    files = [LayerFile("vdb/b.vdb", "0" * 64, 1), LayerFile("payload.usdc", "f" * 64, 2), LayerFile("a", "1" * 64, 3)]
    wanted = "".join(
        f"{digest * 64}  {name}\n" for digest, name in (("0", "vdb/b.vdb"), ("1", "a"), ("f", "payload.usdc"))
    )
    assert {layer_sha256(order) for order in permutations(files)} == {hashlib.sha256(wanted.encode()).hexdigest()}


def test_when_a_file_changes_its_name_or_bytes_then_the_layer_is_another() -> None:
    one = layer_sha256([LayerFile("a", "0" * 64, 1)])
    assert one != layer_sha256([LayerFile("b", "0" * 64, 1)])
    assert one != layer_sha256([LayerFile("a", "1" * 64, 1)])
