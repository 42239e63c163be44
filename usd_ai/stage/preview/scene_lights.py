"""UsdLux lights in physical terms: nits for surfaces, lux for distant lights.

Radiometry follows the UsdLux schema (OpenUSD 25.11, "Quantities and units"): luminance = intensity · 2^exposure · color
· colour of the temperature, in nits; a distant light of angle a illuminates with that times π sin²(a/2); ``normalize``
divides by the light's area, or by π sin²(a/2).
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from pxr import Sdf, Usd, UsdGeom, UsdLux

from usd_ai.core.errors import NotFound, UnreadableInput
from usd_ai.stage.preview.mitsuba_scalar import mi
from usd_ai.stage.preview.values import Ball, Dome, Doubles, Floats, Sun

_EVEN_SKY = (34.0, 40.0, 52.0)  # nits: blue hour, a stop under middle grey at EV 9


class Reader:
    """Reads lights at one frame. ``notes`` gathers what is not shown."""

    def __init__(self, frame: float) -> None:
        self._frame = frame
        self.balls: list[Ball] = []
        self.suns: list[Sun] = []
        self.domes: list[Dome] = []
        self.notes: list[str] = []

    def take(self, prim: Usd.Prim) -> None:
        """Add a light. Raises NotFound for a missing sky picture."""
        nits = self._nits(prim)
        if prim.IsA("SphereLight"):
            self.balls.append(self._ball(UsdLux.SphereLight(prim), nits))
        elif prim.IsA("DistantLight"):
            self.suns.append(self._sun(UsdLux.DistantLight(prim), nits))
        elif prim.IsA("DomeLight") or prim.GetTypeName() == "DomeLight_1":
            self.domes.append(self._dome(prim, nits))
        else:
            self.notes.append(f"Lights of type {prim.GetTypeName()} are not drawn.")

    def _nits(self, prim: Usd.Prim) -> Doubles:
        light = UsdLux.LightAPI(prim)
        level = float(light.GetIntensityAttr().Get(self._frame)) * 2.0 ** float(
            light.GetExposureAttr().Get(self._frame)
        )
        color = np.array(light.GetColorAttr().Get(self._frame), dtype=np.float64)
        if light.GetEnableColorTemperatureAttr().Get(self._frame):
            kelvin = float(light.GetColorTemperatureAttr().Get(self._frame))
            color = color * np.array(UsdLux.BlackbodyTemperatureAsRgb(kelvin), dtype=np.float64)
        return level * color

    def _world(self, prim: Usd.Prim) -> Doubles:
        return np.array(UsdGeom.Xformable(prim).ComputeLocalToWorldTransform(self._frame), dtype=np.float64)

    def _ball(self, light: UsdLux.SphereLight, nits: Doubles) -> Ball:
        world = self._world(light.GetPrim())
        scale = float(np.cbrt(abs(np.linalg.det(world[:3, :3]))))
        radius = float(light.GetRadiusAttr().Get(self._frame)) * scale
        if UsdLux.LightAPI(light).GetNormalizeAttr().Get(self._frame):
            nits = nits / (4.0 * math.pi * radius**2)
        x, y, z = (float(value) for value in world[3, :3])
        return Ball((x, y, z), radius, _triple(nits))

    def _sun(self, light: UsdLux.DistantLight, nits: Doubles) -> Sun:
        half = math.radians(float(light.GetAngleAttr().Get(self._frame))) / 2.0
        size = math.pi * math.sin(half) ** 2
        if size > 0.0 and not UsdLux.LightAPI(light).GetNormalizeAttr().Get(self._frame):
            nits = nits * size
        travels = -self._world(light.GetPrim())[2, :3]
        return Sun(_triple(travels / np.linalg.norm(travels)), _triple(nits))

    def _dome(self, prim: Usd.Prim, nits: Doubles) -> Dome:
        light = UsdLux.DomeLight(prim) if prim.IsA("DomeLight") else UsdLux.DomeLight_1(prim)
        asset = light.GetTextureFileAttr().Get(self._frame)
        picture = np.ones((2, 4, 3), np.float32)
        if asset is not None and asset.path:
            picture = read_sky(asset)
            layout = light.GetTextureFormatAttr().Get(self._frame)
            if layout not in {"automatic", "latlong"}:
                self.notes.append(f"A dome's {layout} picture is read as lat-long.")
        turn = self._world(prim)[:3, :3]
        turn = turn / np.linalg.norm(turn, axis=1, keepdims=True)
        if prim.GetTypeName() == "DomeLight_1":
            turn = _pole(prim) @ turn
        return Dome((picture * nits).astype(np.float32), np.linalg.inv(turn))


def _pole(prim: Usd.Prim) -> Doubles:
    """What a DomeLight_1's poleAxis adds: the schema turns a Z pole's dome by +90 degrees about X."""
    axis = UsdLux.DomeLight_1(prim).GetPoleAxisAttr().Get()
    if axis == "scene":
        axis = UsdGeom.GetStageUpAxis(prim.GetStage())
    return np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]) if axis == "Z" else np.eye(3)


def read_sky(asset: Sdf.AssetPath) -> Floats:
    """A lat-long picture, float32 [rows, columns, 3], scene-linear. Raises NotFound, UnreadableInput."""
    path = asset.resolvedPath
    name = Path(asset.path).name
    if not path or not Path(path).is_file():
        raise NotFound(
            f"The sky picture {name} of a dome light is not there.",
            remedy="Bring the file to the place that the stage names, or turn the dome light off.",
            reason="SKY_MISSING",
            context={"file": name},
        )
    try:
        bitmap = mi.Bitmap(path).convert(mi.Bitmap.PixelFormat.RGB, mi.Struct.Type.Float32, srgb_gamma=False)
    except RuntimeError as error:
        raise UnreadableInput(
            f"The sky picture {name} cannot be read.",
            remedy="Give a lat-long .hdr or .exr file.",
            reason="SKY_UNREADABLE",
            context={"file": name},
        ) from error
    return np.nan_to_num(np.array(bitmap, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def even_dusk() -> Dome:
    """The sky that is assumed where a stage has none."""
    return Dome(np.tile(np.array(_EVEN_SKY, dtype=np.float32), (2, 4, 1)), np.eye(3))


def sky(domes: tuple[Dome, ...], directions: Doubles) -> Doubles:
    """Nits of the sky along unit directions [..., 3], bilinear, float64 [..., 3].

    Lat-long as in OpenEXR: the picture's centre lies along +Z, longitude grows to the left, +Y is up.
    """
    out = np.zeros(directions.shape)
    for dome in domes:
        own = directions @ dome.from_world
        rows, columns, _ = dome.nits.shape
        x = (0.5 - np.arctan2(own[..., 0], own[..., 2]) / (2 * math.pi)) * columns - 0.5
        y = (0.5 - np.arcsin(np.clip(own[..., 1], -1, 1)) / math.pi) * rows - 0.5
        left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        u, v = (x - left)[..., None], (y - top)[..., None]
        above, below = np.clip(top, 0, rows - 1), np.clip(top + 1, 0, rows - 1)
        before, after = left % columns, (left + 1) % columns
        out += (1 - v) * ((1 - u) * dome.nits[above, before] + u * dome.nits[above, after]) + v * (
            (1 - u) * dome.nits[below, before] + u * dome.nits[below, after]
        )
    return out


def _triple(values: Doubles) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
