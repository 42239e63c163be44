"""A build that keeps a child as busy as a large forest does: millions of points through USD, progress all the while."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pxr import Sdf, Usd, UsdGeom, Vt

from usd_ai.core.digest import layer_sha256, sha256_file
from usd_ai.core.ports import Reporter
from usd_ai.core.types import Forecast, Layer, LayerFile

POINTS = 3_000_000
ROUNDS = 20


def forecast(**_: object) -> Forecast:
    """What the build comes to."""
    return Forecast((("points", POINTS * ROUNDS),), 10.0, POINTS * ROUNDS * 28)


def build(folder: str, report: Reporter, **_: object) -> Layer:
    """Export millions of instances, several times over, reporting often."""
    points = np.arange(POINTS * 3, dtype=np.float32).reshape(-1, 3)
    for turn in range(ROUNDS):
        layer = Sdf.Layer.CreateAnonymous(".usdc")
        stage = Usd.Stage.Open(layer)
        instancer = UsdGeom.PointInstancer.Define(stage, "/heavy")
        for step in range(40):
            report((turn + step / 40) / ROUNDS, f"points, round {turn + 1}, step {step + 1}")
        instancer.CreatePositionsAttr(Vt.Vec3fArray.FromNumpy(points + turn))
        instancer.CreateIdsAttr(Vt.Int64Array.FromNumpy(np.arange(POINTS, dtype=np.int64)))
        layer.Export(str(Path(folder) / "payload.usdc"))
    payload = Path(folder) / "payload.usdc"
    (Path(folder) / "heavy.usda").write_text("#usda 1.0\n", encoding="utf-8")
    files = (LayerFile("payload.usdc", sha256_file(payload), payload.stat().st_size),)
    return Layer("heavy", files, layer_sha256(files), "8" * 64, (("points", POINTS),))
