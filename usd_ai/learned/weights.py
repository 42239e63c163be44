"""Weights as safetensors: a length, a JSON header, raw little-endian numbers. Nothing in such a file can be executed.

Format: huggingface/safetensors, README, "Format". Only float16 and float32 are read here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import RecordInvalid

_TYPES = {"F16": np.dtype("<f2"), "F32": np.dtype("<f4")}


def save(file: Path, tensors: Mapping[str, NDArray[np.floating]]) -> None:
    """Write float16 tensors, sorted by name; equal tensors give equal bytes."""
    header: dict[str, object] = {}
    body = b""
    for name in sorted(tensors):
        data = np.ascontiguousarray(tensors[name], _TYPES["F16"])
        header[name] = {"dtype": "F16", "shape": list(data.shape), "data_offsets": [len(body), len(body) + data.nbytes]}
        body += data.tobytes()
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write_bytes(len(text).to_bytes(8, "little") + text + body)


def load(data: bytes, name: str) -> dict[str, NDArray[np.float32]]:
    """Tensors of a file's bytes as float32. Raises RecordInvalid, naming the file, for anything else."""
    try:
        size = int.from_bytes(data[:8], "little")
        header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
        return {key: _tensor(body, header[key]) for key in sorted(header.keys()) if key != "__metadata__"}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordInvalid(
            f"The weights {name} are damaged.",
            remedy="Install usd_ai again, or train them: python -m training.prompt.train.",
            reason="WEIGHTS_INVALID",
        ) from error


def _tensor(body: bytes, entry: Mapping[str, object]) -> NDArray[np.float32]:
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(kind, str) or not isinstance(shape, list) or not isinstance(offsets, list):
        raise TypeError(f"a tensor is described by {entry}")
    low, high = (int(offset) for offset in offsets)
    return np.frombuffer(body[low:high], _TYPES[kind]).reshape([int(n) for n in shape]).astype(np.float32)
