from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from usd_ai.core.errors import RecordInvalid
from usd_ai.learned import tagger as tagging
from usd_ai.learned import weights
from usd_ai.learned.tagger import NAME, shipped

MODELS = files("usd_ai.learned") / "models"


def test_when_tensors_are_written_then_they_come_back_and_bytes_repeat(tmp_path: Path) -> None:
    tensors = {"b": np.arange(6, dtype=np.float16).reshape(2, 3), "a": np.array([0.5], np.float16)}
    for name in ("one", "two"):
        weights.save(tmp_path / name, tensors)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    back = weights.load((tmp_path / "one").read_bytes(), "one")
    assert sorted(back) == ["a", "b"]
    assert (back["b"] == tensors["b"]).all()
    assert back["b"].dtype == np.float32


@pytest.mark.parametrize("data", [b"", b"\x10" + b"\0" * 40, b"\x02\0\0\0\0\0\0\0[]", b"\xff" * 64])
def test_when_a_file_is_no_safetensors_then_it_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(RecordInvalid, match="prompt_words") as refusal:
        weights.load(data or b"\x05\0\0\0\0\0\0\0{", "prompt_words")
    assert refusal.value.reason == "WEIGHTS_INVALID"


def test_when_the_network_ships_then_its_record_names_its_bytes_and_it_is_small() -> None:
    card = json.loads((MODELS / f"{NAME}.json").read_text(encoding="utf-8"))
    data = (MODELS / f"{NAME}.safetensors").read_bytes()
    assert hashlib.sha256(data).hexdigest() == card["sha256"] == shipped().sha256
    assert len(data) < 2_000_000
    assert card["licence"] == "Apache-2.0"
    assert card["training_data"]["class"] == "own-synthetic"
    assert {"recipe", "sources", "environment", "figures", "minutes"} <= set(card)


def test_when_weights_were_changed_then_the_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    data = bytearray((MODELS / f"{NAME}.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / f"{NAME}.safetensors").write_bytes(bytes(data))
    (folder / f"{NAME}.json").write_bytes((MODELS / f"{NAME}.json").read_bytes())
    monkeypatch.setattr(tagging, "files", lambda _: tmp_path)
    with pytest.raises(RecordInvalid, match="training record"):
        shipped.__wrapped__()
