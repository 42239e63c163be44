from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pxr import Sdf, Usd, UsdGeom

from usd_ai.core.errors import CheckRejected
from usd_ai.core.types import FrameRange
from usd_ai.stage.canvas import Canvas
from usd_ai.stage.content import content_sha256

TRIANGLE = (np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]), np.array([3]), np.array([0, 1, 2]))
UPRIGHT = np.array([[1.0, 0, 0, 0]])


def grove(canvas: Canvas, **changes: object) -> None:
    """An instancer of two, with something changed."""
    if "trees/Prototypes/a/leaf" not in changes:
        canvas.mesh(canvas.prototype("trees", "a") + "/leaf", *TRIANGLE)
    given_arrays: dict[str, object] = {
        "prototypes": ["trees/Prototypes/a"],
        "ids": np.array([1, 2]),
        "indices": np.array([0, 0]),
        "positions": np.zeros((2, 3)),
        "orientations": np.tile(UPRIGHT, (2, 1)),
        "scales": np.ones((2, 3)),
    }
    canvas.instancer("trees", **{**given_arrays, **changes})


def test_when_one_of_everything_is_drawn_then_the_text_is_the_golden_one(
    drawn: Canvas, golden: Callable[[str, str], None]
) -> None:
    golden("canvas_small.usda", drawn.text())


@pytest.mark.parametrize("path", ["/set", "../set", "a/../../set", "a//b", "", ".", "a/", "a b", "{x=y}a", "a.b"])
def test_when_a_path_leads_out_of_the_root_then_it_is_refused(canvas: Canvas, path: str) -> None:
    with pytest.raises(CheckRejected) as caught:
        canvas.xform(path)
    assert caught.value.reason == "OUTSIDE_ROOT"


@pytest.mark.parametrize("path", ["/abs/a.vdb", "../a.vdb", "vdb/../../a.vdb", "c:/a.vdb", "vdb\\a.vdb", ""])
def test_when_a_volume_file_lies_outside_of_the_layer_then_it_is_refused(canvas: Canvas, path: str) -> None:
    with pytest.raises(CheckRejected):
        canvas.volume("smoke", files={1: path}, extent=(np.zeros(3), np.ones(3)))


def test_when_a_prim_is_described_twice_then_it_is_refused(canvas: Canvas) -> None:
    canvas.scope("fire")
    with pytest.raises(CheckRejected, match="described twice"):
        canvas.xform("fire")


def test_when_a_parent_is_only_implied_then_it_may_still_be_described(canvas: Canvas) -> None:
    canvas.scope("fire/flames")
    canvas.xform("fire", kind="group")
    layer = canvas.build()
    spec = layer.GetPrimAtPath("/grove/fire")
    assert (spec.typeName, spec.kind) == ("Xform", "group")


@pytest.mark.parametrize(
    "changes",
    [
        {"ids": np.array([5, 5])},
        {"ids": np.array([1.0, 2.0])},
        {"ids": np.array([1, 2, 3])},
        {"indices": np.array([0, 1])},
        {"indices": np.array([-1, 0])},
        {"indices": {1: np.array([0, 0]), 2: np.array([0])}},
        {"positions": np.zeros((2, 2))},
        {"positions": np.zeros((3, 3))},
        {"orientations": np.zeros((2, 3))},
        {"primvars": {"usdai:ignition": np.zeros(3)}},
        {"primvars": {"usdai:ignition": np.array(["a", "b"])}},
        {"prototypes": ["elsewhere"]},
        {"prototypes": ["trees/Prototypes/missing"]},
        {"positions": {1: np.zeros((2, 3))}, "scales": {2: np.ones((2, 3))}},
        {"positions": {}},
    ],
)
def test_when_an_instancer_would_be_broken_then_it_is_refused(canvas: Canvas, changes: dict[str, object]) -> None:
    with pytest.raises(CheckRejected):
        grove(canvas, **changes)


@pytest.mark.parametrize(
    ("points", "counts", "indices"),
    [
        (np.zeros((0, 3)), np.array([3]), np.array([0, 1, 2])),
        (np.zeros((3, 3)), np.array([3]), np.array([0, 1, 3])),
        (np.zeros((3, 3)), np.array([3]), np.array([0, 1, -1])),
        (np.zeros((3, 3)), np.array([4]), np.array([0, 1, 2])),
        (np.zeros((3, 3)), np.array([2]), np.array([0, 1])),
        (np.zeros((3, 2)), np.array([3]), np.array([0, 1, 2])),
    ],
)
def test_when_a_mesh_would_be_broken_then_it_is_refused(
    canvas: Canvas, points: NDArray[np.float64], counts: NDArray[np.int64], indices: NDArray[np.int64]
) -> None:
    with pytest.raises(CheckRejected):
        canvas.mesh("rock", points, counts, indices)


def test_when_a_mesh_is_bound_to_a_missing_material_then_the_layer_is_refused(canvas: Canvas) -> None:
    canvas.mesh("rock", *TRIANGLE, material="materials/none")
    with pytest.raises(CheckRejected, match="not there"):
        canvas.build()


def test_when_values_are_read_back_then_they_are_those_that_went_in(drawn: Canvas, tmp_path: Path) -> None:
    drawn.write(tmp_path)
    stage = Usd.Stage.Open(str(tmp_path / "payload.usdc"))
    trees = UsdGeom.PointInstancer.Get(stage, "/grove/trees")
    assert list(trees.GetIdsAttr().Get()) == [11, 7, 2**40]
    assert list(trees.GetProtoIndicesAttr().Get(1002)) == [0, 1, 0]
    assert list(trees.GetProtoIndicesAttr().Get(1003)) == [1, 1, 1]
    turned = trees.GetOrientationsAttr().Get()[1]
    assert (round(turned.real, 3), [round(v, 3) for v in turned.imaginary]) == (0.707, [0, 0.707, 0])
    assert np.isinf(UsdGeom.PrimvarsAPI(trees).GetPrimvar("usdai:ignition").Get()[1])
    field = stage.GetPrimAtPath("/grove/fire/flames/flame_0000/density")
    assert field.GetAttribute("filePath").Get(1002).path == "./vdb/flame.1002.vdb"
    assert stage.GetPrimAtPath("/grove/fire/lights/light_00").GetAttribute("inputs:intensity").Get(1001) == 900


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 40), moving=st.booleans())
def test_when_instances_are_placed_anyhow_then_the_extent_contains_what_usd_computes(
    seed: int,
    count: int,
    moving: bool,
) -> None:
    canvas = Canvas("r", 1.0, "Z", 24.0, FrameRange(1, 3))
    rng = np.random.default_rng(seed)
    for number in range(3):
        points = rng.normal(size=(5, 3)) * 10.0**number + rng.normal(size=3)
        turn = np.eye(4)
        turn[:3, :3] = np.linalg.qr(rng.normal(size=(3, 3)))[0] if number else np.eye(3)
        turn[3, :3] = rng.normal(size=3)
        canvas.mesh(canvas.prototype("t", f"p{number}", matrix=turn) + "/m", points, np.array([5]), np.arange(5))
    half = rng.choice([0.01, 0.05, 1.0, 3.1], size=count) * rng.random(count) / 2
    axis = rng.normal(size=(count, 3))
    axis *= (np.sin(half) / np.linalg.norm(axis, axis=1))[:, None]
    places = {frame: rng.uniform(-1e4, 1e4, (count, 3)) for frame in (1, 2, 3)}
    canvas.instancer(
        "t",
        prototypes=[f"t/Prototypes/p{number}" for number in range(3)],
        ids=np.arange(count),
        indices={frame: rng.integers(0, 3, count) for frame in (1, 3)},
        positions=places if moving else places[1],
        orientations=np.concatenate([np.cos(half)[:, None], axis], axis=1),
        scales=rng.uniform(-2, 2, (count, 3)),
    )
    stage = Usd.Stage.Open(canvas.build())
    trees = UsdGeom.PointInstancer.Get(stage, "/r/t")
    for frame in (1, 2, 3):
        low, high = trees.ComputeExtentAtTime(frame, frame)
        authored = np.array(trees.GetExtentAttr().Get(frame))
        assert (authored[0] <= np.array(low)).all()
        assert (authored[1] >= np.array(high)).all()


def test_when_points_vanish_at_a_frame_then_the_extent_there_is_still_a_box(drawn: Canvas) -> None:
    stage = Usd.Stage.Open(drawn.build())
    extent = stage.GetPrimAtPath("/grove/fire/embers").GetAttribute("extent")
    boxes = [np.array(extent.Get(time)) for time in extent.GetTimeSamples()]
    assert len(boxes) == 4
    assert all((box[0] <= box[1]).all() for box in boxes)


def test_when_a_layer_is_written_then_its_files_are_listed_with_their_digests(drawn: Canvas, tmp_path: Path) -> None:
    (tmp_path / "vdb").mkdir()
    (tmp_path / "vdb" / "a.vdb").write_bytes(b"abc")
    (tmp_path / "preview.png").write_bytes(b"not part of the layer")
    files, content = drawn.write(tmp_path)
    assert [file.path for file in files] == ["payload.usdc", "states.usdc", "vdb/a.vdb"]
    for file in files:
        data = (tmp_path / file.path).read_bytes()
        assert (file.sha256, file.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert not [path for path in tmp_path.rglob("*") if "unfinished" in path.name]
    text = Sdf.Layer.OpenAsAnonymous(str(tmp_path / "payload.usdc"))
    text.Export(str(tmp_path / "payload.usda"))
    again = Sdf.Layer.OpenAsAnonymous(str(tmp_path / "payload.usda"))
    assert content_sha256(again) == content


def test_when_an_independent_reader_opens_the_payload_then_it_finds_the_same_prims(
    drawn: Canvas, tmp_path: Path
) -> None:
    tinyusdz = pytest.importorskip("tinyusdz", reason="needs the independent reader of the dev extra")
    drawn.write(tmp_path)
    stage = tinyusdz.load(str(tmp_path / "payload.usdc"))
    found: list[str] = []
    stage.visit_prims(lambda _prim, path, _depth: found.append(path))
    layer = Sdf.Layer.OpenAsAnonymous(str(tmp_path / "payload.usdc"))
    wanted: list[str] = []
    layer.Traverse("/", lambda path: wanted.append(str(path)) if layer.GetPrimAtPath(path) else None)
    assert sorted(found) == sorted(path for path in wanted if path != "/")


def test_when_the_same_is_drawn_in_other_surroundings_then_the_bytes_are_equal(tmp_path: Path) -> None:
    program = (
        "import sys, importlib.util as u\n"
        "s = u.spec_from_file_location('drawing', sys.argv[1]); m = u.module_from_spec(s)\n"
        "sys.modules['drawing'] = m; s.loader.exec_module(m)\n"
        "c = m.new_canvas(); m.draw(c); c.write(sys.argv[2])\n"
    )
    digests: set[str] = set()
    surroundings = [
        {"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1", "PXR_WORK_THREAD_LIMIT": "1", "TZ": "UTC", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "77", "OMP_NUM_THREADS": "2", "PXR_WORK_THREAD_LIMIT": "2", "TZ": "Asia/Tokyo"},
    ]
    root = Path(__file__).resolve().parents[3]
    for number, extra in enumerate(surroundings):
        folder = tmp_path / str(number)
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-c", program, str(Path(__file__).with_name("conftest.py")), str(folder)],
            env={**os.environ, "PYTHONPATH": str(root), **extra},
            cwd=folder,
            check=True,
        )
        digests.add(hashlib.sha256((folder / "payload.usdc").read_bytes()).hexdigest())
    assert len(digests) == 1
