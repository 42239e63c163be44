"""A small layer that has one of everything, finished beside a host stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from usd_ai.core.digest import layer_sha256
from usd_ai.core.ports import RunFacts
from usd_ai.core.types import Edge, FrameRange, Layer, StageFacts, Version
from usd_ai.stage.canvas import Canvas
from usd_ai.stage.canvas_materials import Surface
from usd_ai.stage.canvas_write import list_files
from usd_ai.stage.interface import write_interface_task

FRAMES = FrameRange(1001, 1004)
ROOT = "grove"
PLAN = '{"generator":"test"}'

HOST = """#usda 1.0
(
    defaultPrim = "set"
    endTimeCode = 1004
    metersPerUnit = 0.01
    startTimeCode = 1001
    timeCodesPerSecond = 24
    upAxis = "Y"
)

def Xform "set" (
    kind = "assembly"
)
{
    def Mesh "ground"
    {
        float3[] extent = [(-100, 0, -100), (100, 0, 100)]
        int[] faceVertexCounts = [4]
        int[] faceVertexIndices = [0, 1, 2, 3]
        point3f[] points = [(-100, 0, 100), (100, 0, 100), (100, 0, -100), (-100, 0, -100)]
    }
}

def Camera "cam"
{
    double3 xformOp:translate.timeSamples = { 1001: (0, 170, 300), 1004: (3, 170, 300) }
    uniform token[] xformOpOrder = ["xformOp:translate"]
}
"""


def draw(canvas: Canvas) -> None:
    """One of everything, all of it fixed."""
    bark = canvas.material("materials/bark", Surface((0.2, 0.15, 0.1), 0.9, use_display_color=True))
    prototypes: list[str] = []
    for number, height in enumerate((1.0, 2.0)):
        prototype = canvas.prototype("trees", f"pine_{number}")
        prototypes.append(prototype)
        points = np.array([[0, 0, 0], [1, 0, 0], [0, height, 0], [0, 0, 1]])
        canvas.mesh(
            f"{prototype}/bark",
            points,
            np.array([3, 3]),
            np.array([0, 1, 2, 0, 2, 3]),
            normals=np.tile([0.0, 0.0, 1.0], (6, 1)),
            uv=points[:, :2],
            color=np.array([[0.1, 0.2, 0.3]]),
            material=bark,
        )
    canvas.instancer(
        "trees",
        prototypes=prototypes,
        ids=np.array([11, 7, 2**40]),
        indices={1001: np.array([0, 1, 0]), 1003: np.array([1, 1, 1])},
        positions=np.array([[0, 0, 0], [10, 0, 0], [0, 0, -10]]),
        orientations=np.array([[1, 0, 0, 0], [0.7071, 0, 0.7071, 0], [0.7071, 0, -0.7071, 0]]),
        scales=np.ones((3, 3)),
        primvars={
            "usdai:ignition": np.array([1.5, np.inf, 3.0], np.float32),
            "usdai:species": np.array([0, 1, 0], np.int32),
        },
        states={
            ("before", "full"): np.array([0, 0, 0]),
            ("before", "medium"): np.array([0, 0, 1]),
            ("before", "light"): np.array([0, 1, 1]),
            ("after", "full"): np.array([1, 1, 1]),
            ("after", "medium"): np.array([1, 1, 0]),
            ("after", "light"): np.array([1, 0, 0]),
            ("story", "medium"): {1001: np.array([1, 0, 1]), 1003: np.array([0, 0, 1])},
            ("story", "light"): {1001: np.array([1, 0, 0]), 1003: np.array([0, 0, 0])},
        },
    )
    canvas.volume(
        "smoke/column",
        files=dict.fromkeys((1001, 1004), "vdb/smoke.vdb"),
        extent=(np.zeros(3), np.array([100.0, 300.0, 100.0])),
    )
    _draw_fire(canvas)


def _draw_fire(canvas: Canvas) -> None:
    embers = {1001: 0, 1002: 2, 1003: 3, 1004: 1}
    canvas.points(
        "fire/embers",
        ids={frame: np.arange(count) for frame, count in embers.items()},
        positions={frame: np.arange(count * 3.0).reshape(-1, 3) for frame, count in embers.items()},
        widths={frame: np.full(count, 0.5) for frame, count in embers.items()},
        colors={frame: np.full((count, 3), 0.8) for frame, count in embers.items()},
        velocities={frame: np.ones((count, 3)) for frame, count in embers.items()},
    )
    canvas.volume(
        "fire/flames/flame_0000",
        files={frame: f"vdb/flame.{frame}.vdb" for frame in (1001, 1002, 1003, 1004)},
        extent=(np.zeros(3), np.array([100.0, 300.0, 100.0])),
        matrix=np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [50, 0, 0, 1]], np.float64),
        visible={1001: False, 1002: True},
        metadata={"usdai": {"density": "extinction per host unit", "temperature": "kelvin"}},
    )
    canvas.sphere_light(
        "fire/lights/light_00",
        position={1001: np.zeros(3), 1004: np.ones(3)},
        radius=20.0,
        intensity={1001: 900.0, 1004: 1100.0},
        temperature=1900.0,
        group="fire",
    )


def new_canvas() -> Canvas:
    return Canvas(ROOT, 0.01, "Y", 24.0, FRAMES)


@dataclass
class Built:
    """A finished layer in a folder, the host it belongs to and the facts about it."""

    folder: Path
    host: Path
    layer: Layer
    facts: StageFacts
    run: RunFacts

    def relist(self) -> None:
        """Say what is in the folder now, so that a test breaks one rule and not the list of files too."""
        files = tuple(list_files(self.folder))
        self.layer = replace(self.layer, files=files, sha256=layer_sha256(files))

    def version(self, number: int) -> Version:
        return Version("ember", "sh010", ROOT, number, "", "", "", "", str(self.folder), "", "")


RUN = RunFacts(
    record_id="123e4567-e89b-12d3-a456-426614174000",
    request_id="r1",
    operator="ada",
    project="ember",
    shot="sh010",
    started="2026-11-22T10:00:00.000Z",
    ended="2026-11-22T10:00:01.000Z",
    versions=(("usd-ai", "0.1.0"),),
    inputs=(Edge("cut", "ab" * 32, "editorial/cut.edl"),),
    source_type="http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
)


@pytest.fixture
def canvas() -> Canvas:
    return new_canvas()


@pytest.fixture
def drawn(canvas: Canvas) -> Canvas:
    draw(canvas)
    return canvas


@pytest.fixture
def built(tmp_path: Path, drawn: Canvas) -> Built:
    folder = tmp_path / "ember" / "sh010" / "env" / ROOT / "v001"
    (folder / "vdb").mkdir(parents=True)
    for frame in FRAMES.frames():
        (folder / "vdb" / f"flame.{frame}.vdb").write_bytes(b"volume %d" % frame)
    (folder / "vdb" / "smoke.vdb").write_bytes(b"smoke")
    files, content = drawn.write(folder)
    host = tmp_path / "shots" / "sh010" / "sh010.usda"
    host.parent.mkdir(parents=True)
    host.write_text(HOST, encoding="utf-8")
    facts = StageFacts(
        0.01, "Y", 24.0, FRAMES, (), (), (), (), ("set", "cam"), "set", "", (), environment_layer="", warnings=()
    )
    layer = Layer(ROOT, tuple(files), layer_sha256(files), content)
    write_interface_task(str(folder), layer, PLAN, facts, RUN)
    return Built(folder, host, layer, facts, RUN)


@pytest.fixture
def quaternions() -> Callable[[int, int], NDArray[np.float64]]:
    """``quaternions(seed, n)``: unit quaternions, many of them near no rotation, where half precision is coarse."""

    def make(seed: int, count: int) -> NDArray[np.float64]:
        rng = np.random.default_rng(seed)
        axis = rng.normal(size=(count, 3))
        axis /= np.linalg.norm(axis, axis=1)[:, None]
        half = rng.choice([0.01, 0.05, 1.0, 3.1], size=count) * rng.random(count) / 2
        return np.concatenate([np.cos(half)[:, None], np.sin(half)[:, None] * axis], axis=1)

    return make
