"""Numeric arrays in a folder, each under the SHA-256 of its canonical ``.npy`` bytes."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest, NotFound, RecordInvalid
from usd_ai.core.types import ArrayRef

_MAGIC = b"\x93NUMPY\x01\x00"
_ALIGNMENT = 64  # of the data inside the file, as the format asks


def canonical_npy(array: NDArray[Any]) -> bytes:
    """The array as ``.npy`` version 1.0, C order, little endian: equal arrays give equal bytes on every machine.

    The header is written here because numpy pads it differently from release to release.
    """
    plain = np.asarray(array)
    if plain.dtype.kind not in "biuf":
        raise InvalidRequest(
            f"Arrays of {plain.dtype} cannot be stored.", remedy="Store booleans, integers or floats.", reason="ARRAY"
        )
    ordered = np.ascontiguousarray(plain, dtype=plain.dtype.newbyteorder("<"))
    header = f"{{'descr': '{ordered.dtype.str}', 'fortran_order': False, 'shape': {plain.shape!r}, }}"
    room = -(len(_MAGIC) + 2 + len(header) + 1) % _ALIGNMENT
    text = header.encode("ascii") + b" " * room + b"\n"
    return _MAGIC + len(text).to_bytes(2, "little") + text + ordered.tobytes()


class FolderArrays:
    """The `Arrays` port over a folder. Values are written once, atomically, and verified whenever they are read."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def put(self, array: NDArray[Any]) -> ArrayRef:
        """Store an array, return its reference. Storing equal bytes twice is a no-op."""
        data = canonical_npy(array)
        digest = hashlib.sha256(data).hexdigest()
        target = self._path(digest)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, unfinished = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".npy")
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(unfinished).replace(target)
        return ArrayRef(digest, np.asarray(array).dtype.newbyteorder("<").str, tuple(np.shape(array)))

    def get(self, ref: ArrayRef) -> NDArray[Any]:
        """The array, read-only. Raises NotFound, or RecordInvalid when the bytes are not those of the digest."""
        try:
            data = self._path(ref.digest).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(
                f"The array {ref.digest[:12]} is not in the store.",
                remedy="Plan the shot again: reading its stage stores the arrays.",
                reason="ARRAY_NOT_FOUND",
                context={"array": ref.digest},
            ) from error
        if hashlib.sha256(data).hexdigest() != ref.digest:
            raise RecordInvalid(
                f"The stored array {ref.digest[:12]} was changed on disk.",
                remedy="Delete it from the store and plan the shot again.",
                reason="ARRAY_ALTERED",
                context={"array": ref.digest},
            )
        start = len(_MAGIC) + 2 + int.from_bytes(data[len(_MAGIC) : len(_MAGIC) + 2], "little")
        return np.frombuffer(data, dtype=np.dtype(ref.dtype), offset=start).reshape(ref.shape)

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.npy"
