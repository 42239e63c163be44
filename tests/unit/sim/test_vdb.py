from __future__ import annotations

import contextlib
import hashlib
import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest, UnreadableInput
from usd_ai.sim import vdb

ORIGINS = st.tuples(*[st.integers(-5000, 5000)] * 3)
SCALARS = st.floats(-2000, 2000, width=16)


def _cloud(shape: tuple[int, int, int] = (24, 20, 28), seed: int = 3) -> NDArray[np.float32]:
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return np.where(values > 0.4, values, 0).astype(np.float32)


def _placed(grid: vdb.Grid, like: vdb.Grid) -> NDArray[np.float32]:
    """The values of ``grid`` in the box of ``like``, background elsewhere."""
    out = np.full(like.values.shape, grid.background, np.float32)
    first = np.array(grid.origin) - like.origin
    if grid.values.size:
        assert (first >= 0).all()
        box = tuple(slice(int(f), int(f) + n) for f, n in zip(first, grid.values.shape[:3], strict=True))
        out[box] = grid.values
    return out


@settings(max_examples=60, deadline=None)
@given(
    values=hnp.arrays(np.float32, hnp.array_shapes(min_dims=3, max_dims=3, max_side=19), elements=SCALARS),
    origin=ORIGINS,
    background=st.sampled_from([0.0, 300.0, -1.5]),
    half=st.booleans(),
)
def test_when_a_scalar_grid_is_written_then_it_reads_back_equal(
    values: NDArray[np.float32],
    origin: tuple[int, int, int],
    background: float,
    half: bool,
) -> None:
    grid = vdb.Grid("density", values, origin, background)
    read = vdb.decode(vdb.encode([grid], 0.25, (1.0, -2.0, 3.5), half=half))
    assert (read.voxel_size, read.translation) == (0.25, (1.0, -2.0, 3.5))
    assert read.grids[0].background == background
    np.testing.assert_array_equal(_placed(read.grids[0], grid), values)


@settings(max_examples=30, deadline=None)
@given(
    values=hnp.arrays(np.float32, st.tuples(*[st.integers(1, 12)] * 3, st.just(3)), elements=SCALARS),
    origin=ORIGINS,
    half=st.booleans(),
)
def test_when_a_vector_grid_is_written_then_it_reads_back_equal(
    values: NDArray[np.float32],
    origin: tuple[int, int, int],
    half: bool,
) -> None:
    grid = vdb.Grid("velocity", values, origin)
    read = vdb.decode(vdb.encode([grid], 1.0, (0, 0, 0), half=half)).grid("velocity")
    assert read is not None
    np.testing.assert_array_equal(_placed(read, grid), values)


def test_when_values_are_not_halves_then_full_floats_keep_them_and_halves_round_them() -> None:
    grid = vdb.Grid("density", _cloud())
    full = vdb.decode(vdb.encode([grid], 1.0, (0, 0, 0), half=False)).grids[0]
    half = vdb.decode(vdb.encode([grid], 1.0, (0, 0, 0), half=True)).grids[0]
    np.testing.assert_array_equal(_placed(full, grid), grid.values)
    np.testing.assert_array_equal(_placed(half, grid), grid.values.astype(np.float16).astype(np.float32))


def test_when_values_lie_within_the_tolerance_then_they_are_not_stored() -> None:
    values = np.full((16, 16, 16), 0.01, np.float32)
    values[3, 4, 5] = 1.0
    read = vdb.decode(vdb.encode([vdb.Grid("density", values)], 1.0, (0, 0, 0), tolerance=0.01)).grids[0]
    assert read.values.shape == (1, 1, 1)
    assert read.origin == (3, 4, 5)


def test_when_nothing_is_active_then_the_grid_is_small_and_empty() -> None:
    data = vdb.encode([vdb.Grid("density", np.zeros((40, 40, 40), np.float32))], 1.0, (0, 0, 0))
    assert vdb.decode(data).grids[0].values.shape == (0, 0, 0)
    assert len(data) < 1000


def test_when_a_grid_spans_many_nodes_then_order_and_place_are_kept() -> None:
    values = np.zeros((5000, 2, 2), np.float32)
    values[::61] = np.arange(82, dtype=np.float32)[:, None, None] + 1
    grid = vdb.Grid("density", values, (-4500, -1, 127))
    read = vdb.decode(vdb.encode([grid], 1.0, (0, 0, 0))).grids[0]
    np.testing.assert_array_equal(_placed(read, grid), values)


@pytest.mark.parametrize(
    "grids",
    [
        [vdb.Grid("density", np.full((2, 2, 2), np.nan, np.float32))],
        [vdb.Grid("density", np.full((2, 2, 2), 1e6, np.float32))],
        [vdb.Grid("density", np.zeros((2, 2), np.float32))],
        [vdb.Grid("", np.zeros((2, 2, 2), np.float32))],
        [vdb.Grid("a", np.zeros((2, 2, 2), np.float32))] * 2,
        [vdb.Grid("a", np.zeros((2, 2, 2), np.float32), (2**31, 0, 0))],
    ],
    ids=["nan", "beyond half", "flat", "unnamed", "twice", "far"],
)
def test_when_a_grid_cannot_be_written_then_the_request_is_refused(grids: list[vdb.Grid]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        vdb.encode(grids, 1.0, (0, 0, 0))
    assert caught.value.remedy


def test_when_the_voxel_size_is_no_size_then_the_request_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        vdb.encode([], 0.0, (0, 0, 0))


def _sample_file(half: bool = True) -> bytes:
    velocity = np.random.default_rng(1).normal(size=(6, 5, 4, 3)).astype(np.float32)
    grids = [vdb.Grid("density", _cloud((9, 10, 11))), vdb.Grid("velocity", velocity, (-7, 130, 2))]
    flat = np.zeros((8, 8, 8), np.float32)
    flat[:, :6] = 0.5  # one leaf of equal values, so that a zipped block is damaged too
    return vdb.encode([*grids, vdb.Grid("flame", flat)], 0.5, (0, 0, 0), half=half)


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 10**9), byte=st.integers(0, 255), half=st.booleans())
def test_when_a_byte_is_changed_then_the_file_reads_or_is_refused(at: int, byte: int, half: bool) -> None:
    data = bytearray(_sample_file(half))
    data[at % len(data)] = byte
    with contextlib.suppress(UnreadableInput):  # any other error fails
        assert vdb.decode(bytes(data)).voxel_size > 0


@settings(max_examples=100, deadline=None)
@given(end=st.integers(0, 10**9))
def test_when_a_file_is_cut_short_then_it_is_refused(end: int) -> None:
    data = _sample_file()
    with pytest.raises(UnreadableInput):
        vdb.decode(data[: end % len(data)])


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=200))
def test_when_bytes_are_not_a_volume_then_they_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableInput):
        vdb.decode(data)


def test_when_a_zipped_block_unfolds_to_more_than_its_leaf_then_it_is_refused() -> None:
    flat = np.full((8, 8, 8), 0.5, np.float32)
    data = vdb.encode([vdb.Grid("density", flat)], 1.0, (0, 0, 0), half=False)
    mask_at = data.rindex(b"\xff" * 64)
    (length,) = struct.unpack_from("<q", data, mask_at + 65)
    bomb = zlib.compress(bytes(50_000_000), 9)
    grown = data[: mask_at + 65] + struct.pack("<q", len(bomb)) + bomb + data[mask_at + 73 + length :]
    with pytest.raises(UnreadableInput, match="zipped block"):
        vdb.decode(grown)


_DIGEST = """
import hashlib, numpy as np
from usd_ai.sim import vdb
values = np.random.default_rng(5).normal(size=(30, 40, 20)).astype(np.float32)
grids = [vdb.Grid(n, np.where(values > t, values, 0)) for n, t in (("density", 0), ("temperature", 1), ("flame", 2))]
print(hashlib.sha256(vdb.encode(grids, 0.4, (1, 2, 3))).hexdigest())
"""


def test_when_written_in_other_processes_and_settings_then_the_bytes_are_equal() -> None:
    root = str(Path(vdb.__file__).parents[2])
    found = [
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            env={**os.environ, "PYTHONPATH": root, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed, threads in (("0", "1"), ("77", "2"))
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 64


def test_when_one_value_changes_then_uuid_and_bytes_change() -> None:
    values = _cloud()
    first = vdb.encode([vdb.Grid("density", values)], 1.0, (0, 0, 0))
    values[0, 0, 0] += 1
    second = vdb.encode([vdb.Grid("density", values)], 1.0, (0, 0, 0))
    assert first[21:57] != second[21:57]
    assert hashlib.sha256(first).digest() != hashlib.sha256(second).digest()


_ORACLE = """
import glob, json, os, sys
import numpy as np
roots = [os.path.join(path, "bpy") for path in sys.path]
found = [hit for root in roots for hit in glob.glob(os.path.join(root, "*/python/lib/*/site-packages/openvdb*.so"))]
sys.path += [os.path.dirname(hit) for hit in found]
try:
    import openvdb
except ImportError:
    import pyopenvdb as openvdb  # its name in OpenVDB 10
folder = sys.argv[1]
out = {}
for grid in openvdb.readAll(os.path.join(folder, "sample.vdb"))[0]:
    want = np.load(os.path.join(folder, grid.name + ".npy"))
    values = np.zeros_like(want)
    origin = json.load(open(os.path.join(folder, "origins.json")))[grid.name]
    grid.copyToArray(values, ijk=origin)
    active = int((want != 0).any(axis=-1).sum() if want.ndim == 4 else (want != 0).sum())
    out[grid.name] = [bool((values == want).all()), grid.activeVoxelCount() == active,
                      grid.transform.indexToWorld((2, 0, 0)), grid["file_voxel_count"] == active]
print(json.dumps(out))
"""


@pytest.mark.parametrize("half", [True, False])
@pytest.mark.parametrize("variable", ["USD_AI_BLENDER_PYTHON", "USD_AI_OPENVDB_PYTHON"])
def test_when_openvdb_reads_our_file_then_every_value_is_equal(tmp_path: Path, variable: str, half: bool) -> None:
    python = os.environ.get(variable, "")
    if not python:
        pytest.skip(f"{variable} names no Python with OpenVDB's module (bpy's, or Debian's python3-openvdb)")
    velocity = np.random.default_rng(2).normal(size=(12, 9, 30, 3)).astype(np.float32)
    wide = np.zeros((5000, 3, 3), np.float32)
    wide[::250, 1] = np.arange(1, 21, dtype=np.float32)[:, None]
    grids = [
        vdb.Grid("density", _cloud((40, 33, 17)), (-21, 4090, 5)),
        vdb.Grid("velocity", velocity, (1, 2, -3)),
        vdb.Grid("wide", wide, (-4200, 0, 0)),
    ]
    (tmp_path / "sample.vdb").write_bytes(vdb.encode(grids, 0.5, (10.0, 20.0, 30.0), half=half))
    for grid in grids:
        stored = grid.values.astype(np.float16).astype(np.float32) if half else grid.values
        np.save(tmp_path / f"{grid.name}.npy", stored)
    (tmp_path / "origins.json").write_text(json.dumps({grid.name: grid.origin for grid in grids}))
    ran = subprocess.run(
        [python, "-c", _ORACLE, str(tmp_path)], capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {grid.name: [True, True, [11.0, 20.0, 30.0], True] for grid in grids}
