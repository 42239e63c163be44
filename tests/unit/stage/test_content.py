from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from pxr import Sdf, Usd, UsdGeom, Vt

from usd_ai.stage.content import content_sha256


def _layer(count: int, moved: int = -1, frame: float = 2.0) -> Sdf.Layer:
    layer = Sdf.Layer.CreateAnonymous(".usda")  # held by the caller: the root layer of a stage goes with its stage
    stage = Usd.Stage.Open(layer)
    points = np.random.default_rng(1).random((count, 3)).astype(np.float32)
    if moved >= 0:
        points[moved, 1] = np.nextafter(points[moved, 1], np.float32(9.0))
    instancer = UsdGeom.PointInstancer.Define(stage, "/a")
    instancer.CreatePositionsAttr(Vt.Vec3fArray.FromNumpy(points))
    turns = np.tile(np.array([0.0, 0.0, 0.6, 0.8], np.float16), (count, 1))
    instancer.CreateOrientationsAttr(Vt.QuathArray.FromNumpy(turns))
    instancer.CreateProtoIndicesAttr().Set(Vt.IntArray.FromNumpy(np.arange(count, dtype=np.int32)), frame)
    return layer


def test_when_a_layer_is_converted_then_its_content_is_the_same(tmp_path: Path) -> None:
    layer = _layer(5000)
    digests = {content_sha256(layer)}
    for name in ("a.usda", "a.usdc"):
        layer.Export(str(tmp_path / name))
        digests.add(content_sha256(Sdf.Layer.OpenAsAnonymous(str(tmp_path / name))))
    assert len(digests) == 1
    assert len(layer.GetAttributeAtPath("/a.positions").default) == 5000  # the layer itself is left alone


def test_when_one_number_of_a_long_array_or_its_frame_changes_then_the_content_differs() -> None:
    said = {
        content_sha256(layer) for layer in (_layer(5000), _layer(5000, 4999), _layer(5000, frame=3.0), _layer(4999))
    }
    assert len(said) == 4


def test_when_no_array_is_long_then_the_digest_is_that_of_the_text() -> None:
    layer = _layer(20)
    assert content_sha256(layer) == hashlib.sha256(layer.ExportToString().encode()).hexdigest()
