"""Stage to facts: copies what a generator may know out of a host stage, and lets go of it. Nothing is ever saved.

Runs in a child process with limits: a hostile file may crash the parser or grow without end.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pxr import Tf, Usd, UsdGeom, UsdLux

from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput
from usd_ai.core.types import ArrayRef, CameraFacts, FrameRange, LightFacts, MeshFacts, StageFacts
from usd_ai.run.arrays import FolderArrays
from usd_ai.stage.facts_ground import find_ground, upward_area
from usd_ai.stage.facts_meshes import Collector, HostMesh, Surface, box_surface
from usd_ai.stage.facts_open import environment_layer_of, layers_of, missing_of, open_host, units_of, words_of

TRIANGLE_CAP = 2_000_000
"""Triangles of obstacles that are copied; beyond it, the farthest obstacles become boxes."""
GROUND_CAP = 8_000_000
"""Triangles of ground that are copied; more is refused."""


def read_facts_task(
    path: str,
    frames: tuple[int, int],
    camera: str,
    ground: str,
    meters_per_unit: float,
    up_axis: str,
    arrays: str,
    project_root: str,
) -> StageFacts:
    """Task: the facts of the stage at ``path`` over ``frames`` (both included).

    ``camera`` and ``ground`` are prim paths or "" (all cameras; ground found under them). ``meters_per_unit`` and
    ``up_axis`` state units where the stage authors none (0.0 and ""). ``arrays`` is the folder that arrays go into.
    Raises NotFound, InvalidRequest or UnreadableInput.
    """
    try:
        stage = open_host(path)
        return _read(
            stage, FrameRange(*frames), camera, ground, meters_per_unit, up_axis, FolderArrays(arrays), project_root
        )
    except Tf.ErrorException as error:
        raise _unreadable(path, str(error)) from error


def _read(
    stage: Usd.Stage,
    frames: FrameRange,
    camera: str,
    ground: str,
    meters_per_unit: float,
    up_axis: str,
    store: FolderArrays,
    project_root: str,
) -> StageFacts:
    units = units_of(stage, meters_per_unit, up_axis)
    cameras, notes = _cameras(stage, frames, store)
    _refuse_unknown_camera(camera, cameras)
    eyes = np.concatenate([store.get(c.world)[:, 3, :3] for c in cameras]) if cameras else np.zeros((0, 3))
    collector = Collector(float(frames.start))
    meshes = collector.find(stage)
    up = "XYZ".index(units.up_axis)
    chosen = _asked_ground(stage, ground, collector, up) if ground else _found_ground(meshes, collector, eyes, up)
    taken = {mesh.path for mesh in chosen}
    obstacles, simplified = _obstacles([m for m in meshes if m.path not in taken], collector, eyes, store)
    layers, outside = layers_of(stage, project_root)
    warnings = (*units.warnings, *notes, *collector.warnings, *simplified, *missing_of(stage), *outside)
    if not chosen:
        warnings = (*warnings, "No ground was found under the cameras; name it with the request's ground parameter.")
    default = stage.GetDefaultPrim()
    return StageFacts(
        meters_per_unit=units.meters_per_unit,
        up_axis=units.up_axis,
        time_codes_per_second=units.time_codes_per_second,
        frames=frames,
        cameras=cameras,
        ground=tuple(_ground_facts(mesh, collector, store) for mesh in chosen),
        obstacles=obstacles,
        lights=tuple(_lights(stage, frames)),
        # What is only overridden is nobody's prim: it waits for one of ours, which may come again.
        root_prims=tuple(prim.GetName() for prim in stage.GetPseudoRoot().GetAllChildren() if prim.IsDefined()),
        default_prim=default.GetName() if default else "",
        color_configuration=stage.GetColorConfiguration().path,
        layers=layers,
        environment_layer=environment_layer_of(stage.GetRootLayer()),
        warnings=warnings,
    )


# ------------------------------------------------------------------------------------------------- cameras and lights


def _cameras(
    stage: Usd.Stage, frames: FrameRange, store: FolderArrays
) -> tuple[tuple[CameraFacts, ...], tuple[str, ...]]:
    """All cameras sampled at every frame, sorted by path; those with broken numbers are left out with a warning."""
    found = [prim for prim in Usd.PrimRange.Stage(stage, Usd.TraverseInstanceProxies()) if prim.IsA("Camera")]
    found.sort(key=lambda prim: str(prim.GetPath()))
    worlds = np.zeros((len(found), frames.count, 4, 4))
    lenses = np.zeros((len(found), frames.count, 5))
    for at, frame in enumerate(frames.frames()):
        cache = UsdGeom.XformCache(float(frame))
        for number, prim in enumerate(found):
            worlds[number, at] = np.array(cache.GetLocalToWorldTransform(prim))
            lens = UsdGeom.Camera(prim)
            attributes = (
                lens.GetFocalLengthAttr(),
                lens.GetHorizontalApertureAttr(),
                lens.GetVerticalApertureAttr(),
                lens.GetHorizontalApertureOffsetAttr(),
                lens.GetVerticalApertureOffsetAttr(),
            )
            lenses[number, at] = [attribute.Get(float(frame)) for attribute in attributes]
    cameras: list[CameraFacts] = []
    warnings: list[str] = []
    for prim, world, lens in zip(found, worlds, lenses, strict=True):
        usable = np.isfinite(world).all() and np.isfinite(lens).all() and (np.abs(np.linalg.det(world)) > 0).all()
        if usable and (lens[:, :3] > 0).all():
            cameras.append(_camera_facts(prim, float(frames.start), store.put(world), store.put(lens)))
        else:
            warnings.append(f"The camera {prim.GetPath()} has no usable lens or transform and was left out.")
    return tuple(cameras), tuple(warnings)


def _camera_facts(prim: Usd.Prim, time: float, world: ArrayRef, lens: ArrayRef) -> CameraFacts:
    camera = UsdGeom.Camera(prim)
    near, far = camera.GetClippingRangeAttr().Get(time)
    shutter = (float(camera.GetShutterOpenAttr().Get(time)), float(camera.GetShutterCloseAttr().Get(time)))
    if shutter == (0.0, 0.0):  # the schema's fallback: nobody said anything
        return CameraFacts(str(prim.GetPath()), world, lens, (float(near), float(far)))
    return CameraFacts(str(prim.GetPath()), world, lens, (float(near), float(far)), shutter)


def _refuse_unknown_camera(camera: str, cameras: tuple[CameraFacts, ...]) -> None:
    if camera and camera not in {known.path for known in cameras}:
        raise NotFound(
            f"The stage has no camera {camera}.",
            remedy=f"It has: {', '.join(known.path for known in cameras) or 'none'}.",
            reason="CAMERA_NOT_FOUND",
            context={"camera": camera},
        )


def _lights(stage: Usd.Stage, frames: FrameRange) -> Iterable[LightFacts]:
    """Host lights at the first frame, in order of traversal."""
    time = float(frames.start)
    cache = UsdGeom.XformCache(time)
    for prim in Usd.PrimRange.Stage(stage, Usd.TraverseInstanceProxies()):
        if prim.HasAPI("LightAPI"):
            light = UsdLux.LightAPI(prim)
            matrix = np.array(cache.GetLocalToWorldTransform(prim), dtype=np.float64).reshape(16)
            red, green, blue = light.GetColorAttr().Get(time)
            yield LightFacts(
                path=str(prim.GetPath()),
                kind=str(prim.GetTypeName()),
                world=tuple(float(number) for number in matrix),
                color=(float(red), float(green), float(blue)),
                intensity=float(light.GetIntensityAttr().Get(time)),
                exposure=float(light.GetExposureAttr().Get(time)),
            )


# ------------------------------------------------------------------------------------------------ ground and obstacles


def _asked_ground(stage: Usd.Stage, ground: str, collector: Collector, up: int) -> list[HostMesh]:
    prim = stage.GetPrimAtPath(ground) if ground.startswith("/") else None
    if not prim:
        raise NotFound(
            f"The stage has no prim {ground} to stand on.",
            remedy="Give the path of the ground's mesh, or leave the parameter out to have it found.",
            reason="GROUND_NOT_FOUND",
            context={"ground": ground},
        )
    meshes = [mesh for mesh in collector.find(stage, ground) if mesh.prim.IsA("Mesh")]
    surfaces = [surface for mesh in meshes if (surface := collector.surface(mesh)) is not None]
    if sum(upward_area(surface, up)[0] for surface in surfaces) <= 0.0:
        raise InvalidRequest(
            f"The ground {ground} has no visible mesh that faces up.",
            remedy="Give the prim that holds the ground's mesh, or name none: land of the forest's own is made then.",
            reason="GROUND_EMPTY",
            context={"ground": ground},
        )
    return meshes


def _found_ground(meshes: list[HostMesh], collector: Collector, eyes: NDArray[np.float64], up: int) -> list[HostMesh]:
    solid = [m for m in meshes if m.prim.IsA("Mesh") and not m.animated and m.triangles <= GROUND_CAP]
    step = max(len(eyes) // 64, 1)  # a camera's path is smooth: 64 places along it are enough
    return find_ground(solid, collector.surface, eyes[::step], up)


def _ground_facts(mesh: HostMesh, collector: Collector, store: FolderArrays) -> MeshFacts:
    surface = collector.surface(mesh)
    if surface is None or len(surface.triangles) > GROUND_CAP:
        raise UnreadableInput(
            f"The ground {mesh.path} has {mesh.triangles} triangles; at most {GROUND_CAP} can be read.",
            remedy="Give a lighter mesh of the ground.",
            reason="GROUND_TOO_LARGE",
            context={"ground": mesh.path},
        )
    return _facts(mesh, surface, store, role="ground")


def _obstacles(
    meshes: list[HostMesh], collector: Collector, eyes: NDArray[np.float64], store: FolderArrays
) -> tuple[tuple[MeshFacts, ...], tuple[str, ...]]:
    """Obstacles sorted by path: the nearest to the cameras in full up to the cap, the others as their boxes."""
    room, boxed = TRIANGLE_CAP, 0
    facts: list[MeshFacts] = []
    solid = [mesh for mesh in meshes if mesh.role != "sky"]
    for mesh in sorted(solid, key=lambda m: (_distance(m, eyes), m.path)):
        full = mesh.triangles <= room
        surface = collector.surface(mesh) if full else box_surface(mesh.low, mesh.high)
        if surface is None:
            continue
        room -= mesh.triangles if full else 0
        boxed += not full
        facts.append(_facts(mesh, surface, store, role=mesh.role))
    note = f"{boxed} obstacle(s) far from the cameras are known by their boxes only: the stage has more geometry"
    warnings = (f"{note} than {TRIANGLE_CAP} triangles.",) if boxed else ()
    return tuple(sorted(facts, key=lambda f: f.path)), warnings


def _distance(mesh: HostMesh, eyes: NDArray[np.float64]) -> float:
    if len(eyes) == 0:
        return 0.0
    gaps = np.maximum(np.maximum(mesh.low - eyes, eyes - mesh.high), 0.0)
    return float(np.sqrt((gaps * gaps).sum(axis=1)).min())


def _facts(mesh: HostMesh, surface: Surface, store: FolderArrays, *, role: str) -> MeshFacts:
    points = np.ascontiguousarray(surface.points, dtype=np.float32)
    low, high = points.min(axis=0), points.max(axis=0)
    return MeshFacts(
        path=mesh.path,
        points=store.put(points),
        triangles=store.put(surface.triangles),
        low=(float(low[0]), float(low[1]), float(low[2])),
        high=(float(high[0]), float(high[1]), float(high[2])),
        role=role,
        animated=mesh.animated,
    )


def _unreadable(path: str, text: str) -> UnreadableInput:
    """The parser's own words, without anybody's folders in them."""
    plain = words_of(text, Path(path).parent).rstrip(".")
    old = "version" in plain and "crate" in plain.lower()
    remedy = (
        "Open it in the program that wrote it and save it again with a newer one."
        if old
        else "Open it in the program that wrote it; if it opens there, save it again as .usda."
    )
    return UnreadableInput(
        f"{Path(path).name} cannot be read as USD: {plain}.",
        remedy=remedy,
        reason="STAGE_UNREADABLE",
        context={"stage": Path(path).name},
    )
