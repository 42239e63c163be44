"""A host stage and a layer of ours, composed in memory, at one frame: what a camera would meet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pxr import Sdf, Usd, UsdGeom, UsdLux, UsdVol

from usd_ai.core.errors import NotFound, UnreadableInput
from usd_ai.stage.facts_open import is_ours
from usd_ai.stage.preview import scene_effects, scene_geometry, scene_lights
from usd_ai.stage.preview.tonemap import NEUTRAL, ev_scale
from usd_ai.stage.preview.values import Camera, Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usd_ai.stage.preview.values import Embers, Instances, Mesh, Volume

DEFAULT_EV = 9.0
DEFAULT_HAZE = 0.004  # 1/m: visibility 1 km
DEFAULT_SOOT = 0.7  # 1/m: 3 m of flame are translucent, 10 m opaque
_WARMEST, _COOLEST = 2000.0, 12000.0  # kelvin to which a camera can be balanced
_UNDRAWN = ("BasisCurves", "NurbsPatch", "NurbsCurves", "TetMesh", "ParticleField", "Capsule", "Cone", "Cylinder")


@dataclass(frozen=True, slots=True)
class Composed:
    """A stage and the root of our layer in it; "" when the host is drawn alone."""

    stage: Usd.Stage
    root: str


def compose(stage_path: str, layer_path: str, root: str) -> Composed:
    """Host first (stronger), our layer under it, joined by an anonymous layer that is never saved.

    Other versions of ours that the host already sublayers are muted. Raises NotFound for a missing file.
    """
    for path in (stage_path, layer_path):
        if path and not Path(path).is_file():
            raise NotFound(
                f"There is no file {Path(path).name} to draw.",
                remedy="Generate the layer again, or mend the path of the shot's stage.",
                reason="PREVIEW_INPUT_MISSING",
                context={"file": Path(path).name},
            )
    host = Sdf.Layer.FindOrOpen(stage_path)
    top = Sdf.Layer.CreateAnonymous("preview.usda")
    source = Usd.Stage.Open(host, Usd.Stage.LoadNone)
    for path in (stage_path, layer_path):
        if path:
            top.subLayerPaths.append(path)
    top.timeCodesPerSecond = source.GetTimeCodesPerSecond()
    top.framesPerSecond = source.GetFramesPerSecond()
    stage = Usd.Stage.Open(top, Usd.Stage.LoadNone)
    UsdGeom.SetStageMetersPerUnit(stage, UsdGeom.GetStageMetersPerUnit(source))
    UsdGeom.SetStageUpAxis(stage, UsdGeom.GetStageUpAxis(source))
    folder = Path(layer_path).resolve().parent if layer_path else None
    stale = [
        layer.identifier
        for layer in stage.GetUsedLayers()
        if is_ours(layer) and folder is not None and folder not in Path(layer.realPath).resolve().parents
    ]
    stage.MuteAndUnmuteLayers(stale, [])
    stage.Load()
    return Composed(stage, f"/{root}" if root and layer_path else "")


def _camera_prims(stage: Usd.Stage) -> Iterator[Usd.Prim]:
    return (prim for prim in Usd.PrimRange.Stage(stage, Usd.TraverseInstanceProxies()) if prim.IsA("Camera"))


def read_camera(stage: Usd.Stage, path: str, frame: float, aspect: float) -> tuple[Camera, list[str]]:
    """The camera at a path, "" for the first of the stage, framed to ``aspect`` = width / height.

    The picture keeps the camera's horizontal field of view. Raises NotFound.
    """
    prim = stage.GetPrimAtPath(path) if path else next(_camera_prims(stage), None)
    if not prim or not prim.IsA("Camera"):
        raise NotFound(
            f"The stage has no camera {path or 'at all'}.",
            remedy="Name one of the stage's cameras.",
            reason="CAMERA_NOT_FOUND",
            context={"camera": path},
        )
    camera = UsdGeom.Camera(prim)
    lens = camera.GetCamera(frame)
    half = 0.5 * lens.horizontalAperture
    tall = half / aspect
    across, along = lens.horizontalApertureOffset, lens.verticalApertureOffset
    focal = lens.focalLength
    world = np.array(UsdGeom.Xformable(prim).ComputeLocalToWorldTransform(frame), dtype=np.float64)
    shutter = (camera.GetShutterCloseAttr().Get(frame) or 0.0) - (camera.GetShutterOpenAttr().Get(frame) or 0.0)
    exposure, notes = _exposure(camera, frame)
    if shutter <= 0:
        shutter = 0.5
        notes.append("The camera says no shutter; embers are drawn with half a frame.")
    window = ((across - half) / focal, (across + half) / focal, (along - tall) / focal, (along + tall) / focal)
    near, far = lens.clippingRange.min, lens.clippingRange.max
    seconds = shutter / stage.GetTimeCodesPerSecond()
    return Camera(str(prim.GetPath()), world, window, near, far, exposure, seconds), notes


def _exposure(camera: UsdGeom.Camera, frame: float) -> tuple[float, list[str]]:
    names = ("exposure", "exposure:fStop", "exposure:iso", "exposure:responsivity", "exposure:time")
    attributes = [camera.GetPrim().GetAttribute(name) for name in names]
    if any(attribute and attribute.HasAuthoredValue() for attribute in attributes[1:]):
        defaults = (0.0, 1.0, 100.0, 1.0, 1.0)
        stops, f_stop, iso, responsivity, seconds = (
            float(attribute.Get(frame)) if attribute and attribute.Get(frame) is not None else default
            for attribute, default in zip(attributes, defaults, strict=True)
        )
        # UsdGeomCamera's own formula; written out because releases before 25.11 do not have it.
        return seconds * (iso / 100.0) * 2.0**stops * responsivity / f_stop**2, []
    stops = float(attributes[0].Get(frame) or 0.0)
    return ev_scale(DEFAULT_EV) * 2.0**stops, [f"The camera says no exposure; EV {DEFAULT_EV:g} is assumed."]


def read_frame(composed: Composed, camera: str, frame: float, size: tuple[int, int]) -> Frame:
    """Everything the picture of ``size`` = (width, height) shows.

    Raises NotFound (camera, volume file), UnreadableInput (a volume or an instancer that cannot be read).
    """
    stage = composed.stage
    view, notes = read_camera(stage, camera, frame, size[0] / size[1])
    scale = UsdGeom.GetStageMetersPerUnit(stage)
    found = _Findings(frame, scale, notes)
    _walk(stage.GetPseudoRoot(), found)
    root = stage.GetPrimAtPath(composed.root) if composed.root else None
    haze = _stated(root, "usdai:haze", DEFAULT_HAZE, "haze", "1/m", notes)
    soot = _stated(root, "usdai:soot", DEFAULT_SOOT, "soot in flames", "1/m", notes) if found.volumes else DEFAULT_SOOT
    white = _stated(root, "usdai:whiteBalance", NEUTRAL, "white balance", "K", notes)
    if not found.lights.domes and not found.lights.suns:
        notes.append("No sky or sun lights the stage; an even dusk sky of 40 nits is assumed.")
        found.lights.domes.append(scene_lights.even_dusk())
    for kind in sorted(found.undrawn):
        notes.append(f"{found.undrawn[kind]} {kind} prims are not drawn.")
    up = (0.0, 1.0, 0.0) if UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.y else (0.0, 0.0, 1.0)
    return Frame(
        camera=view,
        meters_per_unit=scale,
        up=up,
        haze=haze * scale,
        soot=soot * scale,
        meshes=tuple(found.meshes),
        instances=tuple(found.instances),
        balls=tuple(found.lights.balls),
        suns=tuple(found.lights.suns),
        domes=tuple(found.lights.domes),
        grids=tuple(found.library.grids),
        volumes=tuple(found.volumes),
        embers=tuple(found.embers),
        white=min(max(white, _WARMEST), _COOLEST),
        notes=tuple(dict.fromkeys(notes + found.lights.notes + found.geometry.notes)),
    )


class _Findings:
    """What the walk over the stage has met so far."""

    def __init__(self, frame: float, scale: float, notes: list[str]) -> None:
        self.frame = frame
        self.scale = scale
        self.notes = notes
        self.geometry = scene_geometry.Reader(frame)
        self.lights = scene_lights.Reader(frame)
        self.library = scene_effects.Library()
        self.meshes: list[Mesh] = []
        self.instances: list[Instances] = []
        self.volumes: list[Volume] = []
        self.embers: list[Embers] = []
        self.undrawn: dict[str, int] = {}


def _walk(prim: Usd.Prim, found: _Findings) -> None:
    """Visit what is drawn below a prim: nothing invisible, no guide, no proxy, no prototype outside its instancer."""
    for child in prim.GetFilteredChildren(Usd.TraverseInstanceProxies()):
        image = UsdGeom.Imageable(child)
        if image:
            if image.GetVisibilityAttr().Get(found.frame) == UsdGeom.Tokens.invisible:
                continue
            if image.GetPurposeAttr().Get() in {UsdGeom.Tokens.guide, UsdGeom.Tokens.proxy}:
                continue
        if not _take(child, found):
            _walk(child, found)


def _take(prim: Usd.Prim, found: _Findings) -> bool:
    """Read one prim; True when nothing below it is to be visited."""
    if prim.IsA("PointInstancer"):
        found.instances.append(found.geometry.instancer(UsdGeom.PointInstancer(prim)))
        return True
    if prim.IsA("Mesh") or prim.IsA("Sphere") or prim.IsA("Cube") or prim.IsA("Plane"):
        found.meshes += found.geometry.meshes(prim)
    elif prim.IsA("Volume"):
        if prim.GetCustomDataByKey("usdai:medium") != "haze":  # even air is drawn from the root's own number
            found.volumes.append(scene_effects.read_volume(UsdVol.Volume(prim), found.frame, found.library))
        return True
    elif prim.IsA("Points"):
        embers, note = scene_effects.read_embers(UsdGeom.Points(prim), found.frame)
        found.embers.append(embers)
        found.notes += note
    elif UsdLux.LightAPI(prim):
        found.lights.take(prim)
    elif str(prim.GetTypeName()) in _UNDRAWN:
        kind = str(prim.GetTypeName())
        found.undrawn[kind] = found.undrawn.get(kind, 0) + 1
    return False


def _stated(root: Usd.Prim | None, key: str, default: float, what: str, unit: str, notes: list[str]) -> float:
    """A number from the layer's root, as custom data or attribute, or the default with a note that says so."""
    said = None
    if root is not None and root.IsValid():
        said = root.GetCustomDataByKey(key)
        if said is None and root.HasAttribute(key):
            said = root.GetAttribute(key).Get()
    if said is None:
        notes.append(f"The layer says no {what}; {default:g} {unit} is assumed.")
        return default
    if not isinstance(said, int | float) or not 0.0 <= float(said) < float("inf"):
        raise UnreadableInput(
            f"The layer says {key} = {said}.",
            remedy=f"Author a number of {unit}, 0 or more.",
            reason="PREVIEW_METADATA",
        )
    return float(said)
