"""A published layer at a frame as plain arrays: metres, Z up. Only what files say is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom, UsdLux

from film.shots import FilmShot
from usd_ai.stage.preview import scene
from usd_ai.stage.preview.scene_geometry import Reader
from usd_ai.stage.preview.values import Frame

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_NAME = re.compile(
    r"(?P<kind>[a-z]+)_(?P<variant>\w*?)_?(?P<state>green|scorched|burning|charred|skeleton)_lod(?P<lod>\d)"
)
_SURFACE = re.compile(r"ground|surface")
_LEAVES = re.compile(r"foliage|needle|leaf|leaves", re.IGNORECASE)
_FLAME = 0.25  # share of burning gas from which a voxel is part of the visible body
RESIDENCE = 37.0
"""Seconds a crown flames [Wotton et al. 2012], where a layer does not say that a tree burns."""


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Trees as columns of equal length n; ``kind``, ``state`` and ``lod`` follow from prototypes' names ("" and -1)."""

    places: F64
    height: F64
    scale: F64
    yaw: F64
    prototype: NDArray[np.str_]
    kind: NDArray[np.str_]
    burning: NDArray[np.bool_]
    lod: I64
    leaf_area: F64  # m² of leaf of the whole tree; nan where the prototype is not green, or coarse


@dataclass(frozen=True, slots=True)
class Flame:
    """The visible body of a flame volume.

    ``foot`` [3] below its middle, ``height`` and ``width`` in metres. ``base_kelvin`` of its lowest tenth;
    ``tip_kelvin``: as a thermometer sees it, the mean over all its footprint at the height of its tips.
    ``surface``: burning litter and shrubs, as the name of the volume says.
    """

    foot: F64
    height: float
    width: float
    base_kelvin: float
    tip_kelvin: float
    surface: bool


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """A fire light: place [3], radius in metres, ``nits`` at every frame of the shot."""

    place: F64
    radius: float
    nits: F64


@dataclass(frozen=True, slots=True, eq=False)
class LayerAt:
    """A shot's layer at a frame. ``frame`` is the whole stage in host units, as a picture sees it."""

    frame: Frame
    rate: float
    eye: F64
    forward: F64
    trees: Trees
    prototypes: int
    flames: tuple[Flame, ...]
    lights: tuple[Light, ...]


def read_layer(shot: FilmShot, moment: int) -> LayerAt:
    """The shot's layer at a frame."""
    composed = shot.compose()
    stage = composed.stage
    frame = scene.read_frame(composed, shot.camera, float(moment), (192, 108))
    root = stage.GetPrimAtPath(composed.root)
    trees, prototypes = _trees(root, frame, shot, moment)
    frames = range(shot.frames[0], shot.frames[1] + 1)
    return LayerAt(
        frame=frame,
        rate=float(stage.GetTimeCodesPerSecond()),
        eye=metres(frame, frame.camera.eye),
        forward=metres(frame, frame.camera.axes()[2]) / frame.meters_per_unit,
        trees=trees,
        prototypes=prototypes,
        flames=tuple(_flames(frame)),
        lights=tuple(_lights(root, frame, frames)),
    )


def metres(frame: Frame, places: F64) -> F64:
    """Host places [..., 3] in metres with Z up."""
    turned = places if not frame.up[1] else np.stack([places[..., 0], -places[..., 2], places[..., 1]], axis=-1)
    return turned * frame.meters_per_unit


def _trees(root: Usd.Prim, frame: Frame, shot: FilmShot, moment: int) -> tuple[Trees, int]:
    story = _story(root, shot, moment)
    found: list[Trees] = []
    prototypes: set[str] = set()
    for prim in Usd.PrimRange(root):
        if prim.IsA("PointInstancer") and "trees" in prim.GetName() and "skirt" not in str(prim.GetPath()):
            instancer = UsdGeom.PointInstancer(prim)
            prototypes |= {str(target.name) for target in instancer.GetPrototypesRel().GetForwardedTargets()}
            if len(instancer.GetPositionsAttr().Get(moment) or ()):
                found.append(_stand(instancer, frame, story, moment))
    joined = {
        name: np.concatenate([getattr(one, name) for one in found]) for name in Trees.__dataclass_fields__ if found
    }
    return (Trees(**joined) if found else _none()), len(prototypes)


def _none() -> Trees:
    empty, none = np.zeros(0), np.zeros(0, np.int64)
    words = np.zeros(0, "U1")
    return Trees(np.zeros((0, 3)), empty, empty, empty, words, words, np.zeros(0, bool), none, empty)


def _story(root: Usd.Prim, shot: FilmShot, moment: int) -> float:
    start = root.GetCustomDataByKey("usdai:storyTimeAtStart") or 0.0
    rate = root.GetStage().GetTimeCodesPerSecond()
    return float(start) + (moment - shot.frames[0]) / rate


def _stand(instancer: UsdGeom.PointInstancer, frame: Frame, story: float, moment: int) -> Trees:
    prim = instancer.GetPrim()
    targets = instancer.GetPrototypesRel().GetForwardedTargets()
    parts = [_NAME.search(str(target.name)) for target in targets]
    reader = Reader(float(moment))
    leaf = np.array(
        [
            _leaf_area(prim.GetStage().GetPrimAtPath(target), part, reader)
            for target, part in zip(targets, parts, strict=True)
        ]
    )
    which = np.array(instancer.GetProtoIndicesAttr().Get(moment), np.int64)
    count, scale = len(which), np.array(instancer.GetScalesAttr().Get(moment) or [], np.float64).reshape(-1, 3)
    scale = scale[:, 2] if len(scale) == count else np.ones(count)
    world = np.array(UsdGeom.Xformable(prim).ComputeLocalToWorldTransform(moment))
    places = np.array(instancer.GetPositionsAttr().Get(moment), np.float64) @ world[:3, :3] + world[3, :3]
    # usdGeom's half quaternions are (imaginary, real) in numpy's eyes.
    turns = np.array(instancer.GetOrientationsAttr().Get(moment) or [], np.float64).reshape(-1, 4)
    turns = turns if len(turns) == count else np.tile([0.0, 0.0, 0.0, 1.0], (count, 1))
    spin = turns[:, 1 if frame.up[1] else 2]
    ignition = _column(prim, "usdai:ignition", moment, count, np.inf)
    states = np.array([part["state"] if part else "" for part in parts])[which]
    by_clock = (ignition <= story) & (story < ignition + RESIDENCE)
    return Trees(
        places=metres(frame, places),
        height=_column(prim, "usdai:height", moment, count, np.nan) * frame.meters_per_unit,
        scale=scale,
        yaw=2.0 * np.arctan2(spin, turns[:, 3]),
        prototype=np.array([str(target.name) for target in targets])[which],
        kind=np.array([part["kind"] if part else "" for part in parts])[which],
        burning=np.where(states == "", by_clock, states == "burning"),
        lod=np.array([int(part["lod"]) if part else -1 for part in parts])[which],
        leaf_area=leaf[which] * (scale * frame.meters_per_unit) ** 2,
    )


def _column(prim: Usd.Prim, name: str, moment: int, count: int, missing: float) -> F64:
    primvar = UsdGeom.PrimvarsAPI(prim).GetPrimvar(name)
    values = np.array(primvar.Get(moment) if primvar and primvar.HasValue() else [], np.float64)
    return values if len(values) == count else np.full(count, missing)


def _leaf_area(root: Usd.Prim, part: re.Match[str] | None, reader: Reader) -> float:
    """Area of leaf in host units² at scale 1; nan for a prototype that is not green or not of the finer levels."""
    if part is None or part["state"] != "green" or part["lod"] not in {"0", "1"}:
        return np.nan
    area = 0.0
    for prim in Usd.PrimRange(root, Usd.TraverseInstanceProxies()):
        if prim.IsA("Mesh") and _LEAVES.search(prim.GetName()):
            for mesh in reader.meshes(prim):
                a, b, c = (mesh.points[mesh.triangles[:, corner]].astype(np.float64) for corner in range(3))
                area += 0.5 * float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum())
    return area


def _flames(frame: Frame) -> Iterator[Flame]:
    for volume in frame.volumes:
        grids = frame.grids[volume.grids]
        burning = grids.values[..., 2] > _FLAME
        hot = np.argwhere(burning)
        if len(hot):
            local = np.array(grids.origin) + grids.voxel * hot
            places = metres(frame, local @ volume.world[:3, :3] + volume.world[3, :3])
            kelvin = grids.values[..., 1]
            low = places[:, 2] <= np.percentile(places[:, 2], 10)
            base = np.median(places[low], axis=0)
            across = places[:, :2].max(axis=0) - places[:, :2].min(axis=0)
            bottom = places[:, 2].min()
            # Volumes stand upright, their third axis is the stage's up; their floors may lie on a slope.
            tall = float(np.ptp(local[:, 2]) * np.linalg.norm(volume.world[2, :3])) * frame.meters_per_unit
            tip = int(np.percentile(hot[:, 2], 95))
            yield Flame(
                foot=np.array([base[0], base[1], bottom]),
                height=tall,
                width=float(across.mean()),
                base_kelvin=float(np.percentile(kelvin[burning][low], 75)),
                tip_kelvin=float(kelvin[:, :, tip][burning.any(axis=2)].mean()),
                surface=bool(_SURFACE.search(volume.path)),
            )


def _lights(root: Usd.Prim, frame: Frame, frames: range) -> Iterator[Light]:
    for prim in Usd.PrimRange(root):
        if prim.IsA("SphereLight"):
            light = UsdLux.SphereLight(prim)
            world = np.array(UsdGeom.Xformable(prim).ComputeLocalToWorldTransform(float(frames[0])))
            nits = np.array([light.GetIntensityAttr().Get(float(number)) for number in frames], np.float64)
            stops = float(light.GetExposureAttr().Get() or 0.0)
            radius = float(light.GetRadiusAttr().Get()) * frame.meters_per_unit
            yield Light(metres(frame, world[3, :3]), radius, nits * 2.0**stops)
