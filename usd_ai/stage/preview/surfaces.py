"""Surfaces by Mitsuba 3: direct light of sky, suns and fire lights with their shadows, at twice the picture's size.

What it leaves out: light between surfaces, motion blur, light through leaves, textures. Mitsuba's `aov` integrator is
not used: it copies the list of shapes for every sample, 70 µs with 500 instances (3.9.1, measured), so depth comes
from a pass of its own and the denoiser works from depth and colour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter

from usd_ai.stage.preview.mitsuba_scalar import mi
from usd_ai.stage.preview.scene_lights import sky
from usd_ai.stage.preview.values import Ball, Camera, Dome, Doubles, Floats, Frame, Instances, Mesh

GRAIN = 2
"""Sub-pixels along a pixel's edge: depth is known for each, so fire behind a branch shows on both its sides."""

_SEED = 20
_DARKEST = 1e-6
_POINTS_PER_BALL = 5
_SKY_ROWS, _SKY_COLUMNS = 128, 256
_SMALLEST = 0.5  # sub-pixels: instances that look smaller are left out
_NEAR_KEPT = 40.0  # metres around the camera in which nothing is culled: its shadow may fall into the picture
_MARGIN = 1.35  # the culling frustum is this much wider than the picture
_SCATTER = 4.0  # times the brightest of sky and suns
_FLAME_NITS = 1750.0  # of a black body at 1373 K, the base of forest flames [Wotton et al. 2012]
_PALE = 0.5  # albedo that few things in a landscape go beyond
_PLACES = 3000  # looked at per mesh or instancer, to weigh lights
_SKY_SHARE = 1.0  # samples given to sky and suns, against those given to all fire lights


@dataclass(frozen=True, slots=True, eq=False)
class Surfaces:
    """What rays meet, in sub-pixels.

    ``nits`` float32 [h, w, 3], premultiplied with ``alpha`` float32 [h, w]; ``depth`` float32 [h, w]: distance along
    the ray in host units, inf where there is only sky.
    """

    nits: Floats
    alpha: Floats
    depth: Floats

    def with_nits(self, nits: Floats) -> Surfaces:
        """The same with other light."""
        return Surfaces(nits, self.alpha, self.depth)


def render_surfaces(frame: Frame, size: tuple[int, int], samples: int) -> Surfaces:
    """Surfaces at ``GRAIN`` times ``size`` = (width, height).

    ``samples``: rays per pixel of the picture, half of them to lights; at least two per sub-pixel are sent.
    """
    width, height = size[0] * GRAIN, size[1] * GRAIN
    shapes = _shapes(frame, width)
    if not shapes:
        flat = np.zeros((height, width), np.float32)
        return Surfaces(np.zeros((height, width, 3), np.float32), flat, np.full_like(flat, np.inf))
    rays = max(1, round(samples / (2 * GRAIN * GRAIN)))
    sensor = _sensor(frame.camera, width, height, rays)
    lit = mi.load_dict({"type": "scene", **shapes, **_emitters(frame)})
    depth = np.array(mi.render(lit, sensor=sensor, integrator=mi.load_dict({"type": "depth"}), spp=1, seed=_SEED))
    depth = depth.reshape(height, width, -1)[..., 0]
    direct = mi.load_dict({"type": "direct", "emitter_samples": 1, "bsdf_samples": 0, "hide_emitters": True})
    image = np.array(mi.render(lit, sensor=sensor, integrator=direct, spp=rays, seed=_SEED + 1))
    nits = np.nan_to_num(image[..., :3])
    nits = nits * np.minimum(1.0, _brightest(frame) / np.maximum(nits.max(axis=-1, keepdims=True), 1e-9))
    alpha = np.clip(image[..., 3], 0.0, 1.0).astype(np.float32)
    return Surfaces(nits.astype(np.float32), alpha, _filled(np.where(depth > 0, depth, np.inf), alpha))


def _filled(depth: Floats, alpha: Floats) -> Floats:
    """Depth where only the light's rays, not the depth's, met something: that of the nearest neighbour."""
    around = minimum_filter(depth, size=5, mode="nearest")
    return np.where(np.isinf(depth) & (alpha > 0), around, depth).astype(np.float32)


def _brightest(frame: Frame) -> float:
    """What no sub-pixel goes beyond: no diffuse surface outshines what lights it, but single samples scatter around.

    A fire light gathers the flames of a whole patch in a ball that is brighter than any flame; leaves inside of it
    would sparkle. They see flames, so `_FLAME_NITS` bounds them.
    """
    nits = [min(max(ball.nits), _FLAME_NITS) for ball in frame.balls]
    nits += [_SCATTER * max(sun.lux) / math.pi for sun in frame.suns]
    nits += [_SCATTER * float(dome.nits.max()) for dome in frame.domes]
    return _PALE * max(nits, default=1.0)


def _sensor(camera: Camera, width: int, height: int, rays: int) -> Any:  # noqa: ANN401 - Mitsuba ships no types
    left, right, bottom, top = camera.window
    _, up, forward = camera.axes()
    eye = camera.eye
    transform = mi.ScalarTransform4f().look_at(origin=eye.tolist(), target=(eye + forward).tolist(), up=up.tolist())
    film = {
        "type": "hdrfilm",
        "width": width,
        "height": height,
        "rfilter": {"type": "box"},  # wider filters add up across blocks, in an order that threads decide
        "pixel_format": "rgba",
        "component_format": "float32",
    }
    return mi.load_dict(
        {
            "type": "perspective",
            "fov_axis": "x",
            "fov": math.degrees(2.0 * math.atan(0.5 * (right - left))),
            "principal_point_offset_x": 0.5 * (left + right) / (right - left),
            "principal_point_offset_y": -0.5 * (bottom + top) / (top - bottom),
            "near_clip": max(camera.near * 1e-3, 1e-4),
            "far_clip": 1e9,
            "to_world": transform,
            "film": film,
            "sampler": {"type": "independent", "sample_count": rays},
        }
    )


def _seen_points(frame: Frame) -> tuple[Doubles, Doubles]:
    """Some thousand places that may show, float64 [n, 3], and how large each looks beside the others, [n]."""
    places = [mesh.points[:: len(mesh.points) // _PLACES + 1].astype(np.float64) for mesh in frame.meshes]
    places += [one.matrices[:: len(one.which) // _PLACES + 1, 3, :3] for one in frame.instances if len(one.which)]
    away = np.concatenate([np.zeros((0, 3)), *places]) - frame.camera.eye
    across, along, ahead = (away @ axis for axis in frame.camera.axes())
    left, right, bottom, top = frame.camera.window
    inside = (ahead > 0) & (across > left * ahead) & (across < right * ahead)
    inside &= (along > bottom * ahead) & (along < top * ahead)
    square = (away[inside] ** 2).sum(axis=1)
    return frame.camera.eye + away[inside], 1.0 / np.maximum(square, 1.0 / frame.meters_per_unit**2)


def _emitters(frame: Frame) -> dict[str, object]:
    """Mitsuba emitters: one sky, the suns, and fire lights as a few points each.

    Spheres would be seen, and would cut the trees that stand in them; points inside them have neither trouble and give
    soft shadows between them. Each light is drawn as often as it matters to what the picture shows.
    """
    emitters: dict[str, object] = {}
    if frame.domes:
        emitters["sky"] = _envmap(frame.domes)
    for number, sun in enumerate(frame.suns):
        emitters[f"sun{number}"] = {
            "type": "directional",
            "direction": list(sun.direction),
            "irradiance": _rgb(sun.lux),
            "sampling_weight": _SKY_SHARE / (2 * len(frame.suns)),
        }
    seen, weights = _seen_points(frame)
    matter = np.array([_relevance(ball, seen, weights) for ball in frame.balls])
    total = float(matter.sum())
    for number, ball in enumerate(frame.balls):
        if matter[number] < 1e-4 * total or total <= 0:
            continue
        share = max(float(matter[number]) / total, 0.2 / len(frame.balls))
        for part, place in enumerate(_inside(ball)):
            power = [value * math.pi * ball.radius**2 / _POINTS_PER_BALL for value in ball.nits]
            emitters[f"ball{number}_{part}"] = {
                "type": "point",
                "position": place.tolist(),
                "intensity": _rgb(power),
                "sampling_weight": share / _POINTS_PER_BALL,
            }
    return emitters


def _relevance(ball: Ball, seen: Doubles, weights: Doubles) -> float:
    """Illuminance that a light gives what shows, on average, unshadowed; up to a factor."""
    if not len(seen):
        return 1.0
    square = ((seen - np.array(ball.center)) ** 2).sum(axis=1)
    power = sum(ball.nits) * ball.radius**2
    return float((weights * power / np.maximum(square, ball.radius**2)).sum() / weights.sum())


def _inside(ball: Ball) -> Doubles:
    """Points on a sphere of 0.6 radius, spread as a spiral (Fibonacci lattice)."""
    k = np.arange(_POINTS_PER_BALL)
    z = 1.0 - 2.0 * (k + 0.5) / _POINTS_PER_BALL
    turn = k * math.pi * (3.0 - math.sqrt(5.0))
    around = np.sqrt(1.0 - z * z)
    offsets = np.stack([around * np.cos(turn), around * np.sin(turn), z], axis=1)
    return np.array(ball.center) + 0.6 * ball.radius * offsets


def _envmap(domes: tuple[Dome, ...]) -> object:
    """All domes as one Mitsuba environment map: +Y up, its column x looking along (sin 2πx, ·, -cos 2πx)."""
    phi = 2.0 * math.pi * (np.arange(_SKY_COLUMNS) + 0.5) / _SKY_COLUMNS
    theta = math.pi * (np.arange(_SKY_ROWS) + 0.5) / _SKY_ROWS
    sine = np.sin(theta)[:, None]
    directions = np.stack(np.broadcast_arrays(np.sin(phi) * sine, np.cos(theta)[:, None], -np.cos(phi) * sine), axis=-1)
    bitmap = mi.Bitmap(np.maximum(sky(domes, directions), _DARKEST).astype(np.float32))
    return {"type": "envmap", "bitmap": bitmap, "scale": 1.0, "sampling_weight": _SKY_SHARE}


def _rgb(values: tuple[float, float, float] | list[float]) -> dict[str, object]:
    return {"type": "rgb", "value": [max(float(value), _DARKEST) for value in values]}


def _shapes(frame: Frame, width: int) -> dict[str, object]:
    paint = mi.load_dict(
        {
            "type": "twosided",
            "bsdf": {"type": "diffuse", "reflectance": {"type": "mesh_attribute", "name": "face_color"}},
        }
    )
    shapes: dict[str, object] = {}
    for number, mesh in enumerate(frame.meshes):
        if len(mesh.triangles):
            shapes[f"mesh{number}"] = _mesh(f"mesh{number}", (mesh,), paint)
    kind = mi.ScalarTransform4f
    for group, instances in enumerate(frame.instances):
        keep = visible_instances(instances, frame, width)
        used = np.unique(instances.which[keep])
        models: dict[int, object] = {}
        for which in used.tolist():
            if sum(len(mesh.triangles) for mesh in instances.prototypes[which]):
                name = f"group{group}_{which}"
                model = _mesh(f"model{group}_{which}", instances.prototypes[which], paint)
                models[which] = mi.load_dict({"type": "shapegroup", "model": model})
                shapes[name] = models[which]
        for place in keep.tolist():
            model = models.get(int(instances.which[place]))
            if model is not None:
                to_world = kind(instances.matrices[place].T)
                shapes[f"instance{group}_{place}"] = mi.load_dict(
                    {"type": "instance", "to_world": to_world, "model": model}
                )
    return shapes


def _mesh(name: str, parts: tuple[Mesh, ...], paint: object) -> Any:  # noqa: ANN401 - Mitsuba ships no types
    start = np.cumsum([0] + [len(part.points) for part in parts])
    points = np.concatenate([part.points for part in parts])
    colors = np.clip(np.concatenate([part.colors for part in parts]), 0.0, 0.95)
    triangles = np.concatenate([part.triangles + offset for part, offset in zip(parts, start[:-1], strict=True)])
    properties = mi.Properties()
    properties["paint"] = paint
    mesh = mi.Mesh(name, len(points), len(triangles), properties)
    # Per face: for instances Mitsuba 3.9.1 takes barycentric coordinates of vertex attributes in the wrong space.
    mesh.add_attribute("face_color", 3, colors[triangles].mean(axis=1).astype(np.float32).ravel())
    parameters = mi.traverse(mesh)
    parameters["vertex_positions"] = points.astype(np.float32).ravel()
    parameters["faces"] = triangles.astype(np.uint32).ravel()
    parameters.update()
    return mesh


def visible_instances(instances: Instances, frame: Frame, width: int) -> NDArray[np.int64]:
    """Indices of the instances worth drawing: near the view, and no smaller than half a sub-pixel.

    ``width``: sub-pixels across the picture.
    """
    if not len(instances.which):
        return np.zeros(0, np.int64)
    spheres = np.array([_sphere(parts) for parts in instances.prototypes]).reshape(-1, 4)
    sphere = spheres[instances.which]
    center = np.einsum("ni,nij->nj", sphere[:, :3], instances.matrices[:, :3, :3]) + instances.matrices[:, 3, :3]
    size = np.linalg.norm(instances.matrices[:, :3, :3], axis=2).max(axis=1)
    radius = sphere[:, 3] * size
    camera = frame.camera
    right, up, forward = ((center - camera.eye) @ axis for axis in camera.axes())
    distance = np.linalg.norm(center - camera.eye, axis=1)
    left, wide, bottom, tall = (_MARGIN * edge for edge in camera.window)
    # A sphere lies beyond a plane through the eye when its centre does by more than its radius.
    inside = forward > -radius
    for edge, along in ((wide, right), (-left, -right), (tall, up), (-bottom, -up)):
        inside &= along - edge * forward < radius * math.sqrt(1.0 + edge * edge)
    inside |= distance < radius + _NEAR_KEPT / frame.meters_per_unit
    pixels = 2.0 * radius / np.maximum(distance, 1e-9) * width / (camera.window[1] - camera.window[0])
    return np.flatnonzero(inside & (pixels > _SMALLEST))


def _sphere(parts: tuple[Mesh, ...]) -> tuple[float, float, float, float]:
    if not parts:
        return (0.0, 0.0, 0.0, 0.0)
    points = np.concatenate([part.points for part in parts]).astype(np.float64)
    if not len(points):
        return (0.0, 0.0, 0.0, 0.0)
    center = 0.5 * (points.min(axis=0) + points.max(axis=0))
    radius = float(np.linalg.norm(points - center, axis=1).max())
    return (float(center[0]), float(center[1]), float(center[2]), radius)
