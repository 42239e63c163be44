"""Named arrays in one file that is mapped, not read: nothing to unpack, and a page that nobody looks at is free."""

from __future__ import annotations

import json
import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ALIGN = 64
_SIZE = 8  # bytes of the number that says how long the table is


def save_packed(file: Path, said: str, columns: dict[str, NDArray[Any]]) -> None:
    """Write arrays and a text beside them, durably."""
    table: dict[str, tuple[str, tuple[int, ...], int]] = {}
    at = 0
    arrays = {name: np.ascontiguousarray(array) for name, array in columns.items()}
    for name, array in arrays.items():
        table[name] = (array.dtype.str, array.shape, at)
        at += -(-array.nbytes // _ALIGN) * _ALIGN
    head = json.dumps({"said": said, "table": table}).encode()
    head += b" " * (-(len(head) + _SIZE) % _ALIGN)
    with file.open("wb") as stream:
        stream.write(len(head).to_bytes(_SIZE, "little"))
        stream.write(head)
        for array in arrays.values():
            stream.write(array.tobytes())
            stream.write(bytes(-array.nbytes % _ALIGN))
        stream.flush()
        os.fsync(stream.fileno())


def load_packed(file: Path) -> tuple[str, dict[str, NDArray[Any]]]:
    """The text and the arrays that `save_packed` wrote; the arrays cannot be written to."""
    with file.open("rb") as stream:
        data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    begin = _SIZE + int.from_bytes(data[:_SIZE], "little")
    head = json.loads(data[_SIZE:begin])
    columns = {
        name: np.frombuffer(data, kind, int(np.prod(shape, dtype=np.int64)), begin + at).reshape(shape)
        if 0 not in shape
        else np.zeros(shape, kind)
        for name, (kind, shape, at) in head["table"].items()
    }
    return str(head["said"]), columns
