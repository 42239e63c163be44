#!/usr/bin/env python3
"""Open a USD layer in Blender as a lighter would, count what arrived, and render frames.

Blender is a peer reader (its own OpenUSD build, 25.08) and a real renderer (Cycles on the CPU). It is GPL: keep it in
an environment of its own and never import it from the project. This file runs there and imports nothing of ours.

    python3.11 -m venv ~/.venv-blender && ~/.venv-blender/bin/pip install bpy==5.0.1
    ~/.venv-blender/bin/python tools/look_in_blender.py shot.usda --out look/ --frames 1001,1024,1048
        [--camera /cams/main] [--size 960x540] [--samples 32] [--sun 3] [--sky 0.3] [--fire 1] [--exposure 0]
        [--no-blur] [--no-render]

Prints one JSON line: objects by type, instances drawn, points of each instancer and what it draws, lights, cameras,
volumes with their grids at each frame, import seconds, pictures. With no camera in the stage it frames everything from
three quarters. With no light it adds a sun and a sky (and says so). Volumes get a fire and smoke shader from grids
named density, temperature, flame where they exist.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import bpy
from mathutils import Vector

_KELVIN_LEAST = 100.0  # a heat grid with larger values holds Kelvin


def main() -> None:
    """Open, count, render, tell."""
    asked = _arguments()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    begun = time.time()
    bpy.ops.wm.usd_import(filepath=str(asked.usd.resolve()), import_usd_preview=True, set_frame_range=True)
    took = time.time() - begun
    scene = bpy.context.scene
    start, end = scene.frame_start, scene.frame_end
    frames = [int(f) for f in asked.frames.split(",") if f] or sorted({start, (start + end) // 2, end})
    volumes = _volumes(scene, frames, asked.fire)
    scene.frame_set(frames[0])
    drawn = bpy.context.evaluated_depsgraph_get()
    instancers = {o.name: len(o.data.points) for o in bpy.data.objects if o.type == "POINTCLOUD"}
    by_parent: Counter[str] = Counter()
    for instance in drawn.object_instances:
        if instance.is_instance:
            by_parent[instance.parent.name] += instance.object.type == "MESH"
    cameras = [o.name for o in bpy.data.objects if o.type == "CAMERA"]
    kinds = Counter(o.type for o in bpy.data.objects)
    added = [*_camera(scene, drawn, asked.camera), *_lights(scene, kinds, asked)]
    pictures = [] if asked.no_render else _render(scene, asked, frames)
    told = {
        "blender": bpy.app.version_string,
        "objects": dict(kinds),
        "instances": sum(by_parent.values()),
        "instancers": instancers,
        "drawn_by_instancer": dict(by_parent),
        "volumes": volumes,
        "frames": [start, end],
        "cameras": cameras,
        "added": added,
        "import_s": round(took, 3),
        "pictures": pictures,
    }
    print(json.dumps(told))  # noqa: T201 - a command line prints


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("usd", type=Path)
    parser.add_argument("--out", type=Path, default=Path("look"))
    parser.add_argument("--frames", default="", help="comma separated; default: start, middle, end")
    parser.add_argument("--camera", default="", help="name (or end of path) of the camera prim")
    parser.add_argument("--size", default="960x540")
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--sun", type=float, default=3.0)
    parser.add_argument("--sky", type=float, default=0.3)
    parser.add_argument("--fire", type=float, default=1.0, help="blackbody intensity of volumes without a material")
    parser.add_argument("--exposure", type=float, default=0.0, help="stops added in the view transform (AgX)")
    parser.add_argument("--no-blur", action="store_true")
    parser.add_argument("--no-render", action="store_true")
    return parser.parse_args(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else None)


def _volumes(scene: Any, frames: list[int], fire: float) -> dict[str, dict[str, list[str]]]:  # noqa: ANN401 - bpy's
    """Grids of every volume at every frame; a volume without a material gets a shader for fire and smoke."""
    found: dict[str, dict[str, list[str]]] = {}
    for frame in reversed(frames):  # ends where rendering begins
        scene.frame_set(frame)
        for thing in bpy.data.objects:
            if thing.type == "VOLUME":
                thing.data.grids.load()
                names = sorted(grid.name for grid in thing.data.grids)
                found.setdefault(thing.name, {})[str(frame)] = names
                if not thing.data.materials:
                    thing.data.materials.append(_fire_material(thing.data, names, fire))
    return found


def _largest(file: str, grid: str) -> float | None:
    """Largest value of a grid of a .vdb file, through the OpenVDB module that ships inside bpy."""
    for folder in list(Path(bpy.__file__).parents)[1:5]:
        hits = sorted(folder.glob("*/python/lib/python3.*/site-packages/openvdb*.so"))
        if hits:
            sys.path.append(str(hits[0].parent))
            import openvdb  # noqa: PLC0415 - where it lies is known only now

            return float(openvdb.read(file, grid).evalMinMax()[1])
    return None


def _fire_material(volume: Any, grids: list[str], fire: float) -> Any:  # noqa: ANN401 - bpy's
    """Smoke and blackbody fire. Heat in Kelvin is used as it is; heat of 0 to 1 becomes 1000 to 2000 K.

    Density is extinction per host unit; albedo and anisotropy are those of smoke over flames.
    """
    material = bpy.data.materials.new("look_fire")
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    out, body = tree.nodes.new("ShaderNodeOutputMaterial"), tree.nodes.new("ShaderNodeVolumePrincipled")
    tree.links.new(body.outputs[0], out.inputs["Volume"])
    body.inputs["Color"].default_value = (0.36, 0.35, 0.34, 1)
    body.inputs["Anisotropy"].default_value = 0.6
    body.inputs["Density"].default_value = 1.0
    body.inputs["Density Attribute"].default_value = "density" if "density" in grids else (grids or ["density"])[0]
    heat = next((grid for grid in ("temperature", "heat", "flame") if grid in grids), None)
    if heat is None:
        return material
    top = _largest(bpy.path.abspath(volume.filepath), heat)
    body.inputs["Blackbody Intensity"].default_value = fire
    if top is not None and top > _KELVIN_LEAST:
        body.inputs["Temperature"].default_value = 1.0
        body.inputs["Temperature Attribute"].default_value = heat
        return material
    body.inputs["Temperature Attribute"].default_value = ""
    value, spread = tree.nodes.new("ShaderNodeAttribute"), tree.nodes.new("ShaderNodeMapRange")
    value.attribute_name = heat
    spread.inputs[3].default_value, spread.inputs[4].default_value = 1000, 2000
    tree.links.new(value.outputs["Fac"], spread.inputs[0])
    tree.links.new(spread.outputs[0], body.inputs["Temperature"])
    gate, times = tree.nodes.new("ShaderNodeMath"), tree.nodes.new("ShaderNodeMath")
    gate.operation, gate.inputs[1].default_value = "GREATER_THAN", 0.05
    times.operation, times.inputs[1].default_value = "MULTIPLY", fire
    tree.links.new(value.outputs["Fac"], gate.inputs[0])
    tree.links.new(gate.outputs[0], times.inputs[0])
    tree.links.new(times.outputs[0], body.inputs["Blackbody Intensity"])
    return material


def _camera(scene: Any, drawn: Any, wanted: str) -> list[str]:  # noqa: ANN401 - bpy's
    """Choose the camera, or make one that sees everything; what was added."""
    cameras = [o for o in bpy.data.objects if o.type == "CAMERA"]
    if cameras:
        named = [c for c in cameras if wanted and (c.name == wanted or wanted.endswith(f"/{c.name}"))]
        scene.camera = (named or cameras)[0]
        return []
    low, high = Vector((1e18,) * 3), Vector((-1e18,) * 3)
    for instance in drawn.object_instances:
        if instance.object.type in {"MESH", "VOLUME", "POINTCLOUD", "CURVES"}:
            for corner in instance.object.bound_box:
                at = instance.matrix_world @ Vector(corner)
                low, high = Vector(map(min, low, at)), Vector(map(max, high, at))
    middle, radius = (low + high) / 2, max((high - low).length / 2, 0.1)
    camera = bpy.data.objects.new("look_cam", bpy.data.cameras.new("look_cam"))
    scene.collection.objects.link(camera)
    camera.location = middle + Vector((1, -1.4, 0.55)).normalized() * radius * 2.2
    camera.rotation_euler = (middle - camera.location).to_track_quat("-Z", "Y").to_euler()
    camera.data.clip_end = radius * 20
    scene.camera = camera
    return ["camera"]


def _lights(scene: Any, kinds: Counter[str], asked: argparse.Namespace) -> list[str]:  # noqa: ANN401 - bpy's
    """A sun and a sky where the stage has no light; what was added."""
    added: list[str] = []
    if not kinds.get("LIGHT"):
        sun = bpy.data.objects.new("look_sun", bpy.data.lights.new("look_sun", "SUN"))
        sun.data.energy = asked.sun
        sun.rotation_euler = (math.radians(50), 0, math.radians(35))
        scene.collection.objects.link(sun)
        added.append("sun")
    if scene.world is None or not kinds.get("LIGHT"):
        world = scene.world or bpy.data.worlds.new("look_sky")
        scene.world, world.use_nodes = world, True
        background = world.node_tree.nodes.get("Background")
        if background:
            background.inputs[0].default_value = (0.35, 0.45, 0.6, 1)
            background.inputs[1].default_value = asked.sky
        added.append("sky")
    return added


def _render(scene: Any, asked: argparse.Namespace, frames: list[int]) -> list[str]:  # noqa: ANN401 - bpy's
    """Draw the frames with Cycles; the pictures' paths."""
    asked.out.mkdir(parents=True, exist_ok=True)
    width, height = map(int, asked.size.split("x"))
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.volume_max_steps = asked.samples, True, 256
    if hasattr(scene.cycles, "volume_biased"):
        scene.cycles.volume_biased = True  # several times faster; the unbiased default ignores volume_max_steps
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    scene.view_settings.exposure = asked.exposure
    scene.render.use_motion_blur, scene.render.motion_blur_shutter = not asked.no_blur, 0.5
    pictures: list[str] = []
    for frame in frames:
        scene.frame_set(frame)
        scene.render.filepath = str(asked.out.resolve() / f"{asked.usd.stem}.{frame:04d}.png")
        bpy.ops.render.render(write_still=True)
        pictures.append(scene.render.filepath)
    return pictures


if __name__ == "__main__":
    main()
