"""A small published layer in which everything moves, and the comparison of its edits with it, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, Vt

from tests.unit.stage.conftest import PLAN, RUN
from usd_ai.core.digest import layer_sha256
from usd_ai.core.playing import steady_step
from usd_ai.core.types import FrameRange, Layer, Plays, StageFacts
from usd_ai.stage.canvas import Canvas
from usd_ai.stage.interface import write_interface_task
from usd_ai.stage.retime import EditLayer, write_edit_layer

NAME = "grove"
FRAMES = FrameRange(1001, 1024)
START = 101  # time code of the first frame of the cut
EMBERS = f"/{NAME}/fire/embers"
LEAVES = f"/{NAME}/leaves"
_PER_SECOND = ("velocities", "angularVelocities")
_JUMP = 10  # frames; the ramps of these tests are slower


def publish_moving(folder: Path, rate: float = 24.0) -> Path:
    """A published layer with something of every kind that changes over time; its folder."""
    (folder / "vdb").mkdir(parents=True)
    canvas = Canvas(NAME, 0.01, "Y", rate, FRAMES)
    _draw_plants(canvas)
    _draw_fire(canvas, folder)
    files, content = canvas.write(folder)
    facts = StageFacts(
        0.01, "Y", rate, FRAMES, (), (), (), (), ("set",), "set", "", (), environment_layer="", warnings=()
    )
    write_interface_task(str(folder), Layer(NAME, tuple(files), layer_sha256(files), content), PLAN, facts, RUN)
    return folder


def _draw_plants(canvas: Canvas) -> None:
    rng = np.random.default_rng(3)
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 2, 0]])
    for instancer in ("trees", "leaves"):
        for number in range(3):
            prototype = canvas.prototype(instancer, f"kind_{number}")
            canvas.mesh(f"{prototype}/mesh", points * (1 + number), np.array([3]), np.array([0, 1, 2]))
    count, frames = 5, list(FRAMES.frames())
    kinds = [f"trees/Prototypes/kind_{n}" for n in range(3)]
    burned = {frame: rng.integers(0, 3, count) for frame in (1001, 1004, 1009, 1010, 1017, 1023)}
    canvas.instancer(
        "trees",
        prototypes=kinds,
        ids=np.arange(count) * 7,
        indices=burned,
        positions=rng.normal(size=(count, 3)),
        orientations=np.tile([1.0, 0, 0, 0], (count, 1)),
        scales=np.ones((count, 3)),
        primvars={"usdai:heat": {frame: rng.random(count).astype(np.float32) for frame in frames}},
        invisible={1001: np.array([], np.int64), 1012: np.array([7, 14])},
        states={
            ("before", "full"): np.zeros(count, np.int64),
            ("story", "medium"): {frame: (value + 1) % 3 for frame, value in burned.items()},
        },
    )
    turns = {frame: rng.normal(size=(count, 4)) for frame in frames}
    canvas.instancer(
        "leaves",
        prototypes=[f"leaves/Prototypes/kind_{n}" for n in range(3)],
        ids=np.arange(count),
        indices=np.zeros(count, np.int64),
        positions={frame: np.full((count, 3), frame - 1000.0) ** 1.5 for frame in frames},
        orientations={frame: turn / np.linalg.norm(turn, axis=1)[:, None] for frame, turn in turns.items()},
        scales={frame: 1 + rng.random((count, 3)) for frame in frames},
        velocities={frame: rng.normal(size=(count, 3)) for frame in frames},
    )


def _draw_fire(canvas: Canvas, folder: Path) -> None:
    rng = np.random.default_rng(4)
    # Twice the same number, but other embers: between two such frames USD would blend one ember with another.
    born = {frame: np.arange(frame - 1001, frame - 1001 + 3 + (frame // 2) % 2) for frame in FRAMES.frames()}
    canvas.points(
        "fire/embers",
        ids=born,
        positions={frame: rng.normal(size=(len(ids), 3)) for frame, ids in born.items()},
        widths={frame: rng.random(len(ids)) for frame, ids in born.items()},
        colors={frame: rng.random((len(ids), 3)) for frame, ids in born.items()},
        velocities={frame: rng.normal(size=(len(ids), 3)) for frame, ids in born.items()},
        primvars={"birth": {frame: ids.astype(np.float32) for frame, ids in born.items()}},
    )
    for frame in FRAMES.frames():
        (folder / "vdb" / f"flame.{frame}.vdb").write_bytes(b"volume %d" % frame)
    canvas.volume(
        "fire/flame",
        files={frame: f"vdb/flame.{frame}.vdb" for frame in FRAMES.frames()},
        extent=(np.zeros(3), np.ones(3)),
        fields=("density", "velocity"),
        visible={frame: frame % 5 != 0 for frame in FRAMES.frames()},
    )
    canvas.sphere_light(
        "fire/light",
        position={frame: np.array([frame, frame % 3, 0.0]) for frame in FRAMES.frames()},
        radius=2.0,
        intensity={frame: 900.0 + 50 * ((frame * 7) % 5) for frame in FRAMES.frames()},
        temperature=1900.0,
    )
    canvas.floats("fire/light", "usdai:nits", {f: np.array([f, 2.0 * f], np.float32) for f in FRAMES.frames()})


def add_clips(published: Path) -> None:
    """Give the layer a mesh that value clips move: three files of eight frames, whose frames count from 0."""
    rng = np.random.default_rng(5)
    payload = Sdf.Layer.OpenAsAnonymous(str(published / "payload.usdc"))
    mesh = Sdf.PrimSpec(payload.GetPrimAtPath(f"/{NAME}"), "sea", Sdf.SpecifierDef, "Mesh")
    (published / "clips").mkdir()
    files = [f"./clips/sea.{number}.usda" for number in range(3)]
    for file in (*files, "./clips/manifest.usda"):
        layer = Sdf.Layer.CreateAnonymous(".usda")
        points = Sdf.AttributeSpec(Sdf.CreatePrimInLayer(layer, "/sea"), "points", Sdf.ValueTypeNames.Point3fArray)
        for time in range(8) if file in files else ():
            layer.SetTimeSample(points.path, time, rng.normal(size=(4, 3)).astype(np.float32).tolist())
        layer.Export(str(published / file))
    times = [pair for n in range(3) for pair in ((1001.0 + 8 * n, 0.0), (1009.0 + 8 * n, 8.0))]
    told = {
        "active": Vt.Vec2dArray([Gf.Vec2d(1001.0 + 8 * number, number) for number in range(3)]),
        "assetPaths": Sdf.AssetPathArray([Sdf.AssetPath(file) for file in files]),
        "manifestAssetPath": Sdf.AssetPath("./clips/manifest.usda"),
        "primPath": "/sea",
        "times": Vt.Vec2dArray([Gf.Vec2d(*pair) for pair in times]),
    }
    mesh.SetInfo("clips", {"default": told})
    payload.Export(str(published / "payload.usdc"))


# ------------------------------------------------------------------------------------------------------- comparing


def write(published: Path, out: Path, plays: Plays, shown: FrameRange, rate: float = 24.0) -> EditLayer:
    """The edit of the layer as these tests place it."""
    return write_edit_layer(published, NAME, out, plays, shown, start=START, time_codes_per_second=rate)


def shot_stage(edit: Path, rate: float = 24.0) -> Usd.Stage:
    """A stage in edited time that sublayers an edit."""
    layer = Sdf.Layer.CreateAnonymous(".usda")
    layer.timeCodesPerSecond = rate
    layer.subLayerPaths.append(str(edit))
    return Usd.Stage.Open(layer)


@dataclass
class Seen:
    """What was compared: values by kind, and the largest difference of numbers."""

    values: int = 0
    files: set[str] = field(default_factory=set)
    worst: float = 0.0


def compare(
    edit: Path,
    published: Path,
    plays: Plays,
    shown: FrameRange,
    rate: float = 24.0,
    own: float = 24.0,
    *,
    velocities: bool = True,
    start: int = START,
) -> Seen:
    """Hold every attribute that varies, at every frame of the cut, against the published layer at the shot's frame."""
    stage, source = shot_stage(edit, rate), Usd.Stage.Open(str(published / f"{NAME}.usda"))
    varying = [a for prim in source.TraverseAll() for a in prim.GetAttributes() if a.GetNumTimeSamples()]
    varying = [a for a in varying if velocities or a.GetName() not in _PER_SECOND]
    assert varying
    seen = Seen()
    for k in shown.frames():
        frame, code = plays.at(k), float(start + k)
        pace = _pace(plays, shown, k) * rate / own
        for attribute in varying:
            prim = attribute.GetPrim()
            held = str(prim.GetPath()) == EMBERS
            wanted = attribute.Get(float(floor(frame) if held else frame))
            found = stage.GetAttributeAtPath(attribute.GetPath()).Get(code)
            what = f"{attribute.GetPath()} at {k} (frame {frame})"
            if found is None:  # positions are there between all samples, and say the motion
                assert attribute.GetName() in _PER_SECOND, what
                assert not held, what
                assert steady_step(plays, shown) is None, what
                continue
            if isinstance(wanted, Sdf.AssetPath):
                assert wanted.resolvedPath, what
                assert Path(found.resolvedPath).resolve() == Path(wanted.resolvedPath).resolve(), what
                seen.files.add(wanted.path)
            elif isinstance(wanted, str):
                assert found == wanted, what
            else:
                factor = pace if attribute.GetName() in _PER_SECOND else 1.0
                seen.worst = max(seen.worst, _far(wanted, found, factor, what))
            seen.values += 1
        for path in (f"/{NAME}/fire/light", LEAVES):
            there = UsdGeom.Xformable(stage.GetPrimAtPath(path)).ComputeLocalToWorldTransform(code)
            wanted = UsdGeom.Xformable(source.GetPrimAtPath(path)).ComputeLocalToWorldTransform(float(frame))
            assert np.allclose(np.array(there), np.array(wanted), atol=1e-4), path
    return seen


def _pace(plays: Plays, shown: FrameRange, k: int) -> float:
    """The speed at a frame, in the words of the guide: the mean of what is before and after, without jumps."""
    if not plays.frames:
        return float(plays.step)
    told = {*shown.frames(), *range(plays.offset, plays.offset + len(plays.frames))}
    around = [plays.at(n + 1) - plays.at(n) for n in (k - 1, k) if {n, n + 1} <= told]
    moving = [step for step in around if abs(step) < _JUMP]
    return float(sum(moving, Fraction(0)) / len(moving)) if moving else 0.0


def _far(wanted: object, found: object, factor: float, what: str) -> float:
    """The largest difference; whole numbers have to be the same."""
    first, second = _numbers(wanted), _numbers(found)
    assert first.shape == second.shape, what
    if first.dtype.kind in "iu":
        assert np.array_equal(first, second), what
        return 0.0
    if not first.size:
        return 0.0
    far = float(np.abs(first * factor - second).max())
    assert far < 5e-4, f"{what}: {far}"
    return far


def _numbers(value: object) -> np.ndarray:
    array = np.array(value)
    return array.astype(np.float64) if array.dtype.kind == "f" else array
