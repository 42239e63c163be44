#!/usr/bin/env python3
"""Render frames of a published shot with Cycles: its camera, its layers' own look files, one fixed exposure.

Blender is GPL: it stays in an environment of its own, this file runs there and imports nothing of ours.

    python3.11 -m venv ~/.venv-blender && ~/.venv-blender/bin/pip install bpy==5.0.1
    ~/.venv-blender/bin/python tools/cycles_frames.py shots/sh010/sh010.usda --out frames/ --frames 1001,1032,1064
        [--camera shot_cam] [--size 1920x1080] [--samples 64] [--ev 9] [--white 4200] [--format png|exr]
        [--step 3] [--no-haze] [--no-blur] [--look FOLDER]

Every layer under the stage that has ``look/blender.py`` beside its payload gets it applied. ``--look`` names the folder
of a look for layers that have none. PNGs show AgX at the printed EV with nothing painted afterwards; EXRs hold nits.
Prints one JSON line: exposure as set, what each look did, seconds and path of each picture.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Any

import bpy

bpy.utils.expose_bundled_modules()
from pxr import Usd  # noqa: E402 - Blender shows its USD only when asked


def main() -> None:
    """Import, dress, expose, render, tell."""
    asked = _arguments()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    shot = asked.usd.resolve()
    begun = time.time()
    bpy.ops.wm.usd_import(filepath=str(shot), import_usd_preview=True, set_frame_range=True)
    told: dict[str, Any] = {"blender": bpy.app.version_string, "import_s": round(time.time() - begun, 1), "looks": {}}
    looks = [_load(folder) for folder in _folders(shot, asked.look)]
    if not looks:
        sys.exit("No layer of this stage has a look of its own; name one with --look.")
    for number, look in enumerate(looks):
        if asked.look is not None:
            look.HERE = _layer_folder(shot) / "look"
        told["looks"][look.HERE.parent.name] = look.apply(shot, haze=not asked.no_haze, lights=number == 0)
    scene = bpy.context.scene
    told["camera"] = _camera(scene, asked.camera)
    told["exposure"] = looks[0].expose(scene, asked.ev, asked.white)
    told["pictures"] = _render(scene, asked, shot.stem)
    print(json.dumps(told))  # noqa: T201 - a command line prints


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("usd", type=Path)
    parser.add_argument("--out", type=Path, default=Path("frames"))
    parser.add_argument("--frames", default="", help="comma separated, or first-last; default: start, middle, end")
    parser.add_argument("--camera", default="", help="name of the camera prim; default: the first")
    parser.add_argument("--size", default="960x540")
    parser.add_argument("--samples", type=int, default=64)
    parser.add_argument("--ev", type=float, default=9.0, help="exposure value at ISO 100")
    parser.add_argument("--white", type=float, default=None, help="kelvin of white; default: as the layer says")
    parser.add_argument("--format", choices=("png", "exr"), default="png")
    parser.add_argument("--look", type=Path, default=None, help="folder of a look for layers without one")
    parser.add_argument("--step", type=float, default=3.0, help="voxels between samples of a volume")
    parser.add_argument("--no-haze", action="store_true", help="leave the haze volume out, which is slow")
    parser.add_argument("--no-blur", action="store_true")
    return parser.parse_args()


def _folders(shot: Path, given: Path | None) -> list[Path]:
    """Look folders of the layers that the stage uses, sorted; or the one that was named."""
    if given is not None:
        return [given.resolve()]
    return [folder / "look" for folder in _used(shot) if (folder / "look" / "blender.py").is_file()]


def _layer_folder(shot: Path) -> Path:
    """Folder of the first layer with volumes."""
    return next(folder for folder in _used(shot) if (folder / "vdb").is_dir())


def _used(shot: Path) -> list[Path]:
    """Folders of the layers that a stage uses, sorted."""
    stage = Usd.Stage.Open(str(shot))  # its layers live as long as it does
    return sorted({Path(layer.realPath).parent for layer in stage.GetUsedLayers()})


def _load(folder: Path) -> Any:  # noqa: ANN401 - a module
    spec = importlib.util.spec_from_file_location(f"look_{folder.parent.name}", folder / "blender.py")
    if spec is None or spec.loader is None:
        sys.exit(f"{folder}/blender.py cannot be loaded.")
    look = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(look)
    return look


def _camera(scene: Any, wanted: str) -> str:  # noqa: ANN401 - bpy's
    cameras = sorted((o for o in bpy.data.objects if o.type == "CAMERA"), key=lambda o: o.name)
    named = [c for c in cameras if not wanted or wanted in {c.name, c.data.name}]
    if not named:
        sys.exit(f"There is no camera '{wanted}'; the stage has {[c.name for c in cameras]}.")
    scene.camera = named[0]
    return named[0].name


def _frames(text: str, start: int, end: int) -> list[int]:
    if "-" in text:
        first, _, last = text.partition("-")
        return list(range(int(first), int(last) + 1))
    return [int(f) for f in text.split(",") if f] or sorted({start, (start + end) // 2, end})


def _render(scene: Any, asked: argparse.Namespace, name: str) -> list[dict[str, Any]]:  # noqa: ANN401 - bpy's
    asked.out.mkdir(parents=True, exist_ok=True)
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.samples, cycles.use_denoising, cycles.seed = asked.samples, True, 1
    cycles.max_bounces, cycles.volume_bounces, cycles.volume_max_steps = 4, 0, 192
    cycles.volume_step_rate = asked.step
    cycles.sample_clamp_indirect = 2000.0  # nits: fireflies from few samples of the fire, not the fire itself
    if hasattr(cycles, "volume_biased"):
        cycles.volume_biased = True  # several times faster; the unbiased default ignores volume_max_steps
    width, height = map(int, asked.size.split("x"))
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    scene.render.use_motion_blur, scene.render.motion_blur_shutter = not asked.no_blur, 0.5
    scene.render.image_settings.file_format = "PNG" if asked.format == "png" else "OPEN_EXR"
    pictures: list[dict[str, Any]] = []
    for frame in _frames(asked.frames, scene.frame_start, scene.frame_end):
        begun = time.time()
        scene.frame_set(frame)
        scene.render.filepath = str(asked.out.resolve() / f"{name}.{frame:04d}.{asked.format}")
        bpy.ops.render.render(write_still=True)
        pictures.append({"file": scene.render.filepath, "seconds": round(time.time() - begun, 1)})
    return pictures


if __name__ == "__main__":
    main()
