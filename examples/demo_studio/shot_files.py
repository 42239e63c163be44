"""Writes OUT/shots: per shot a root stage and one layer per department, strong to weak as in `DEPARTMENTS`."""

from __future__ import annotations

from pathlib import Path

import land
import numpy as np
import show
import sky
import usd_files
from numpy.typing import NDArray
from pxr import Gf, Kind, Sdf, Usd, UsdGeom, UsdLux
from shapes import Array, jitter

DEPARTMENTS = ("lighting", "fx", "crowd", "env", "animation", "layout", "assembly")
APERTURE = (36.0, 15.08)  # millimetres: scope, 2.387 as a 4096 x 1716 delivery
_AFTERGLOW_LUX = 9.0
_SKY_PICTURE = "sky_dusk.hdr"


def _ease(frames: Array, first: int, last: int) -> Array:
    """How far a move is at each frame: it starts and ends softly, a quarter of its speed at the ends."""
    t = (frames - first) / max(last - first, 1)
    return 0.25 * t + 0.75 * t * t * (3.0 - 2.0 * t)


def _hands(frames: Array, seed: int) -> Array:
    """An operator's drift [n, 5] around 0, about ±1: three slow sines a channel, never in step between shots."""
    dice = jitter(2000 + seed, 45).reshape(5, 3, 3)
    seconds = frames / show.RATE
    channels = []
    for channel in dice:
        hertz, phase = np.array([0.23, 0.61, 1.7]) * (0.8 + 0.4 * channel[:, 0]), 2 * np.pi * channel[:, 1]
        size = np.array([1.0, 0.45, 0.10]) * (0.7 + 0.6 * channel[:, 2])
        channels.append((size * np.sin(2 * np.pi * hertz * seconds[:, None] + phase)).sum(axis=1))
    return np.stack(channels, axis=1)


def camera_matrices(shot: str) -> tuple[NDArray[np.int64], Array]:
    """Frames [n] and camera-to-world matrices [n, 4, 4] in stage units, USD's row vectors."""
    first, last = show.needed(shot)
    camera = show.SETUPS[shot].camera
    frames = np.arange(first, last + 1)
    t = _ease(frames.astype(np.float64), first, last)[:, None]
    place = np.array(camera.start) * (1 - t) + np.array(camera.end) * t
    level = land.mesh_height(place[:, 0], place[:, 1])
    # The dolly's track is straight: heights at its two ends, not every hummock between.
    height = level[0] * (1 - t[:, 0]) + level[-1] * t[:, 0] + camera.eye
    hands = camera.drift * _hands(frames.astype(np.float64), int(shot[2:]))
    position = np.column_stack([place, height]) + hands[:, :3] * np.array([0.025, 0.025, 0.015])
    aim = np.array(camera.aim) * (1 - t) + np.array(camera.aim_end) * t
    reach = np.linalg.norm(aim - position, axis=1, keepdims=True)
    wander = np.column_stack([hands[:, 3], np.zeros(len(frames)), hands[:, 4]]) * np.radians(0.28) * reach
    back = usd_files.to_host(position) - usd_files.to_host(aim + wander)
    back /= np.linalg.norm(back, axis=1, keepdims=True)
    right = np.cross(np.array([0.0, 1.0, 0.0]), back)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    matrices = np.zeros((len(frames), 4, 4))
    matrices[:, 0, :3], matrices[:, 1, :3], matrices[:, 2, :3] = right, np.cross(back, right), back
    matrices[:, 3, :3], matrices[:, 3, 3] = usd_files.to_host(position), 1.0
    return frames, np.round(matrices, 9)


def _animation(stage: Usd.Stage, shot: str) -> None:
    UsdGeom.Xform.Define(stage, "/cameras")
    camera = UsdGeom.Camera.Define(stage, "/cameras/main")
    setup = show.SETUPS[shot].camera
    camera.CreateFocalLengthAttr(setup.focal)
    camera.CreateHorizontalApertureAttr(APERTURE[0])
    camera.CreateVerticalApertureAttr(APERTURE[1])
    camera.CreateClippingRangeAttr(Gf.Vec2f(10.0, 200000.0))
    camera.CreateFStopAttr(4.0)
    camera.CreateExposureAttr(show.SETUPS[shot].stops)
    away = np.hypot(setup.aim[0] - setup.start[0], setup.aim[1] - setup.start[1])
    camera.CreateFocusDistanceAttr(round(float(away) * usd_files.CENTIMETRES, 1))
    camera.CreateShutterOpenAttr(0.0)
    camera.CreateShutterCloseAttr(0.5)
    placing = camera.AddTransformOp()
    for frame, matrix in zip(*camera_matrices(shot), strict=True):
        placing.Set(Gf.Matrix4d(matrix.tolist()), float(frame))


def _lighting(stage: Usd.Stage) -> None:
    UsdGeom.Scope.Define(stage, "/lights")
    dome = UsdLux.DomeLight.Define(stage, "/lights/sky")
    dome.CreateTextureFileAttr(Sdf.AssetPath(f"../../lighting/{_SKY_PICTURE}"))
    dome.CreateTextureFormatAttr(UsdLux.Tokens.latlong)
    dome.CreateIntensityAttr(1.0)
    glow = UsdLux.DistantLight.Define(stage, "/lights/afterglow")
    glow.CreateAngleAttr(24.0)
    glow.CreateNormalizeAttr(True)  # noqa: FBT003 - Usd's signature
    glow.CreateIntensityAttr(_AFTERGLOW_LUX)
    glow.CreateEnableColorTemperatureAttr(True)  # noqa: FBT003 - as above
    glow.CreateColorTemperatureAttr(3000.0)
    # A distant light shines along its -Z; the afterglow comes from over the western hills.
    glow.AddRotateXYZOp().Set(Gf.Vec3f(-9.0, (540.0 - sky.SUN_AZIMUTH) % 360.0, 0.0))
    lamp = UsdLux.SphereLight.Define(stage, "/lights/porch_lantern")
    lamp.CreateRadiusAttr(6.0)
    lamp.CreateIntensityAttr(2600.0)
    lamp.CreateEnableColorTemperatureAttr(True)  # noqa: FBT003 - as above
    lamp.CreateColorTemperatureAttr(2100.0)
    lamp.AddTranslateOp().Set(Gf.Vec3d(*_on_cabin((0.9, -3.05, 2.15))))


def _on_cabin(local: tuple[float, float, float]) -> list[float]:
    """A point given in the cabin's own space, in stage units."""
    x, y = show.CABIN
    angle = np.radians(-show.CABIN_HEADING)
    c, s = float(np.cos(angle)), float(np.sin(angle))
    base = float(land.mesh_height(np.asarray(x), np.asarray(y)))
    point = np.array([x + c * local[0] - s * local[1], y + s * local[0] + c * local[1], base + local[2]])
    return [round(float(v), 2) for v in usd_files.to_host(point)]


def _layout(stage: Usd.Stage, shot: str) -> None:
    setup = show.SETUPS[shot]
    person = UsdGeom.Xform(stage.OverridePrim("/dressing/person"))
    x, y = setup.figure
    level = float(land.mesh_height(np.asarray(x), np.asarray(y)))
    spot = usd_files.to_host(np.array([x, y, level + 0.02]))
    person.AddTranslateOp().Set(Gf.Vec3d(*(round(float(v), 3) for v in spot)))
    person.AddRotateYOp().Set(-setup.figure_heading)


_DRESSED = {"/set": "../../set/set.usda", "/dressing/person": "../../set/assets/person.usdc"}


def _assembly(stage: Usd.Stage) -> None:
    dressing = UsdGeom.Xform.Define(stage, "/dressing").GetPrim()
    Usd.ModelAPI(dressing).SetKind(Kind.Tokens.assembly)
    for path in _DRESSED:
        UsdGeom.Xform.Define(stage, path)


_NOTES = {
    "lighting": "Lighting of {shot}: dusk, the sun three degrees under the hills. All values in nits and lux.",
    "fx": "Effects of {shot}. Nothing by hand yet.",
    "crowd": "Crowd of {shot}. Nobody yet.",
    "env": "Environments of {shot}: a pointer layer that sublayers published, generated work.",
    "animation": "Animation of {shot}: the camera.",
    "layout": "Layout of {shot}: where the person stands.",
    "assembly": "Assembly of {shot}: the set and what is dressed into it.",
}


def _write_shot(folder: Path, shot: str) -> None:
    frames, setup = show.needed(shot), show.SETUPS[shot]
    wanted = [d for d in DEPARTMENTS if d != "env" or setup.sublayers_environment]
    for department in wanted:
        references = _DRESSED if department == "assembly" else None
        file, doc = folder / f"{shot}_{department}.usda", _NOTES[department].format(shot=shot)
        with usd_files.new_stage(file, doc, frames, references) as stage:
            if department == "lighting":
                _lighting(stage)
            elif department == "animation":
                _animation(stage, shot)
            elif department == "layout":
                _layout(stage, shot)
            elif department == "assembly":
                _assembly(stage)
    sublayers = tuple(f"./{shot}_{department}.usda" for department in wanted)
    root, doc = folder / f"{shot}.usda", f"{shot}. {setup.description}"
    with usd_files.new_stage(root, doc, frames, sublayers=sublayers) as stage:
        stage.GetRootLayer().defaultPrim = "set"


def write(out: Path) -> None:
    """Write every shot's stage and the sky they share under ``out``."""
    (out / "lighting").mkdir(parents=True, exist_ok=True)
    sky.write_hdr(out / "lighting" / _SKY_PICTURE, sky.picture())
    for shot in show.shots():
        _write_shot(out / "shots" / shot, shot)
