from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from usd_ai.core.errors import InvalidRequest, NotFound, RecordInvalid
from usd_ai.core.types import ArrayRef
from usd_ai.run.arrays import FolderArrays, canonical_npy

KINDS = st.sampled_from([np.float32, np.float64, np.int32, np.int64, np.uint8, np.bool_])


@given(arrays.arrays(KINDS, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0)))
def test_when_an_array_is_made_canonical_then_numpy_reads_the_same_array(array: np.ndarray) -> None:
    read = np.load(io.BytesIO(canonical_npy(array)))
    assert read.dtype == array.dtype
    assert read.shape == array.shape
    assert read.tobytes() == array.tobytes()


def test_when_order_in_memory_differs_then_the_bytes_do_not() -> None:
    array = np.arange(12.0).reshape(3, 4)
    swapped = array.astype(array.dtype.newbyteorder(">"))
    assert canonical_npy(array) == canonical_npy(np.asfortranarray(array)) == canonical_npy(swapped)


def test_when_an_array_is_put_twice_then_it_lies_there_once_and_comes_back_read_only(tmp_path: Path) -> None:
    store = FolderArrays(tmp_path)
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    ref = store.put(array)
    assert store.put(array.copy()) == ref == ArrayRef(ref.digest, "<i4", (2, 3))
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    back = store.get(ref)
    assert (back == array).all()
    assert not back.flags.writeable


def test_when_a_bit_of_a_stored_array_flips_then_it_is_not_given_out(tmp_path: Path) -> None:
    store = FolderArrays(tmp_path)
    ref = store.put(np.arange(4.0))
    path = next(path for path in tmp_path.rglob("*.npy"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(RecordInvalid):
        store.get(ref)


def test_when_an_array_was_never_stored_then_it_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        FolderArrays(tmp_path).get(ArrayRef("0" * 64, "<f4", (1,)))


def test_when_objects_are_put_then_they_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest):
        FolderArrays(tmp_path).put(np.array([{}]))
