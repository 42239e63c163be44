"""Hidden cameras: the shot's own camera turned round what burns, or brought closer. They live in an anonymous layer.

A layer that was only made for one picture falls apart from a side nobody asked for; these look there.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Usd, UsdGeom

from usd_ai.stage.preview.scene import Composed
from usd_ai.stage.preview.values import Camera, Frame

F64 = NDArray[np.float64]

HIDDEN: dict[str, tuple[float, float]] = {"turn90": (90.0, 1.0), "turn180": (180.0, 1.0), "near": (0.0, 1.0 / 3.0)}
"""Name of each hidden camera: degrees it is turned round what burns, and its distance against the shot's camera."""

_UPRIGHT = 1e-9  # a triangle that covers less of the ground plane stands upright
_AHEAD = 40.0  # metres to what is looked at where nothing burns
_SEARCH, _STEP, _ENOUGH = 6.0, 2.0, 4.0  # metres: how far a camera steps aside to stand free, and how free is enough


def hidden_camera(composed: Composed, frame: Frame, name: str, moment: float) -> str:
    """Put a hidden camera into the stage's strongest, anonymous layer; its path.

    ``frame``: the stage as the shot's own camera sees it at ``moment``.
    """
    degrees, nearer = HIDDEN[name]
    up = np.array(frame.up)
    focus = focus_of(frame)
    turn = _about(up, math.radians(degrees))
    eye = focus + turn @ (frame.camera.eye - focus) * nearer
    eye = _standing(frame, eye, focus)
    axes = turn @ frame.camera.axes().T  # columns: right, up, forward
    world = np.eye(4)
    world[0, :3], world[1, :3], world[2, :3], world[3, :3] = axes[:, 0], axes[:, 1], -axes[:, 2], eye
    stage = composed.stage
    path = f"/film_{name}"
    with Usd.EditContext(stage, stage.GetRootLayer()):
        own = UsdGeom.Camera.Define(stage, path)
        source = UsdGeom.Camera(stage.GetPrimAtPath(frame.camera.path))
        own.SetFromCamera(source.GetCamera(moment), moment)
        for attribute in source.GetPrim().GetAuthoredAttributes():
            if attribute.GetName().startswith(("exposure", "shutter")):
                held = own.GetPrim().CreateAttribute(attribute.GetName(), attribute.GetTypeName())
                held.Set(attribute.Get(moment))
        xform = UsdGeom.Xformable(own)
        xform.ClearXformOpOrder()
        xform.AddTransformOp(opSuffix="film").Set(Gf.Matrix4d(world.tolist()))
    return path


def focus_of(frame: Frame) -> F64:
    """Where what burns in the picture stands, world space [3]: the middle of its flames, or ahead of the camera."""
    camera = frame.camera
    burning = [
        volume.world[3, :3]
        for volume in frame.volumes
        if float(frame.grids[volume.grids].values[..., 2].max(initial=0.0)) > 0.0
    ]
    seen = [place for place in burning if in_view(camera, place)]
    if seen:
        return np.median(np.array(seen), axis=0)
    forward = camera.axes()[2]
    return camera.eye + forward * _AHEAD / frame.meters_per_unit


def in_view(camera: Camera, place: F64) -> bool:
    """Whether a place lies in the picture's frustum."""
    left, right, bottom, top = camera.window
    across, along, ahead = (camera.axes() @ (place - camera.eye)).tolist()
    return ahead > 0 and left * ahead < across < right * ahead and bottom * ahead < along < 1.5 * top * ahead


def ground_below(frame: Frame, place: F64) -> float | None:
    """Height (along the stage's up) of the lowest surface on the vertical through a place; None where there is none."""
    flat, high = ([0, 2], 1) if frame.up[1] else ([0, 1], 2)
    heights: list[float] = []
    for mesh in frame.meshes:
        points = mesh.points.astype(np.float64)
        inside = (points[:, flat].min(axis=0) <= place[flat]).all() and (
            points[:, flat].max(axis=0) >= place[flat]
        ).all()
        if not inside or not len(mesh.triangles):
            continue
        a, b, c = (points[mesh.triangles[:, corner]] for corner in range(3))
        ab, ac, ap = b[:, flat] - a[:, flat], c[:, flat] - a[:, flat], place[flat] - a[:, flat]
        area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
        area = np.where(np.abs(area) > _UPRIGHT, area, np.nan)
        v = (ap[:, 0] * ac[:, 1] - ap[:, 1] * ac[:, 0]) / area
        w = (ab[:, 0] * ap[:, 1] - ab[:, 1] * ap[:, 0]) / area
        hit = (v >= 0) & (w >= 0) & (v + w <= 1)
        heights += (
            a[hit, high] + v[hit] * (b[hit, high] - a[hit, high]) + w[hit] * (c[hit, high] - a[hit, high])
        ).tolist()
    return min(heights) if heights else None


def with_exposure(frame: Frame, exposure: float) -> Frame:
    """The frame at an exposure of the film's, not of its own camera."""
    return replace(frame, camera=replace(frame.camera, exposure=exposure))


def _standing(frame: Frame, eye: F64, focus: F64) -> F64:
    """The eye, as high above its ground as the shot's camera above its own, a few steps aside where trees are close."""
    high = 1 if frame.up[1] else 2
    flat = [axis for axis in range(3) if axis != high]
    below = ground_below(frame, frame.camera.eye)
    over = frame.camera.eye[high] - below if below is not None else None
    trees = np.concatenate(
        [np.zeros((0, 3)), *[one.matrices[:, 3, :3] for one in frame.instances if "trees" in one.path]]
    )
    metre = 1.0 / frame.meters_per_unit
    steps = np.arange(-_SEARCH, _SEARCH + 0.1, _STEP) * metre
    places = np.repeat(eye[None], len(steps) ** 2, axis=0)
    places[:, flat] += np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    free = np.full(len(places), np.inf)
    if len(trees):
        near = trees[np.linalg.norm(trees[:, flat] - eye[flat], axis=1) < 4.0 * _SEARCH * metre]
        if len(near):
            free = np.linalg.norm(places[:, None, flat] - near[None, :, flat], axis=2).min(axis=1)
    moved = np.linalg.norm(places - eye, axis=1)
    best = np.lexsort((moved, -np.minimum(free, _ENOUGH * metre)))[0]
    chosen = places[best]
    ground = ground_below(frame, chosen)
    if over is not None and ground is not None:
        chosen[high] = ground + over
    else:
        chosen[high] = max(chosen[high], focus[high] + 1.6 * metre)
    return chosen


def _about(axis: F64, angle: float) -> F64:
    """Rotation [3, 3] about a unit axis for column vectors (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross
