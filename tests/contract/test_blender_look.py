"""The layer's look in Blender gives lights their nits and volumes their extinction. It runs as a program."""

from __future__ import annotations

import json
import math
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.contract.test_look_files import TABLE
from usd_ai.core.types import FrameRange
from usd_ai.generators.burning_forest.look_files import write_look_files
from usd_ai.sim.vdb import Grid, encode
from usd_ai.stage.canvas import Canvas

EXTINCTION, DISTANCE = 0.05, 4.0  # 1/m, and metres from the camera to the lamp's face

_CAMERA = """#usda 1.0
(
    subLayers = [@./payload.usdc@]
    endTimeCode = 3
    metersPerUnit = 0.01
    startTimeCode = 1
    upAxis = "Y"
)

def Camera "cam"
{
    float focalLength = 20
    float horizontalAperture = 24
    float verticalAperture = 13.5
}
"""
_LOOK = """
import importlib.util, json, sys
import bpy, numpy as np
folder = sys.argv[1]
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.wm.usd_import(filepath=folder + "/shot.usda", set_frame_range=True)
spec = importlib.util.spec_from_file_location("look", folder + "/look/blender.py")
look = importlib.util.module_from_spec(spec)
spec.loader.exec_module(look)
told = look.apply(folder + "/shot.usda")
scene = bpy.context.scene
told["exposure"] = look.expose(scene, 9.0)
scene.camera = next(thing for thing in bpy.data.objects if thing.type == "CAMERA")
for thing in bpy.data.objects:
    if thing.type == "LIGHT":
        thing.visible_camera = True
scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 64, False
scene.render.resolution_x, scene.render.resolution_y = 48, 27
scene.render.image_settings.file_format, scene.render.filepath = "OPEN_EXR", folder + "/seen.exr"

def seen(frame):
    scene.frame_set(frame)
    bpy.ops.render.render(write_still=True)
    picture = bpy.data.images.load(folder + "/seen.exr", check_existing=False)
    return np.array(picture.pixels[:]).reshape(27, 48, 4)[13, 24, :3].tolist()

told["through air"] = seen(1)
for thing in bpy.data.objects:
    if thing.type == "VOLUME":
        thing.hide_render = True
told["clear"] = [seen(1), seen(3)]
print(json.dumps(told))
"""
_LUMA = np.array([0.2126, 0.7152, 0.0722])


def _write(folder: Path) -> None:
    """A lamp of 100, later 200 nits, 5 m before a camera in even air, in centimetres."""
    canvas = Canvas("grove", 0.01, "Y", 24.0, FrameRange(1, 3))
    (folder / "vdb").mkdir()
    air = np.full((8, 8, 8), EXTINCTION * 0.01, np.float32)
    data = encode([Grid("density", air)], 500.0, (-1750.0, -1750.0, -1750.0), half=False)
    (folder / "vdb" / "haze.vdb").write_bytes(data)
    canvas.volume(
        "air/haze",
        files=dict.fromkeys((0.0, 4.0), "./vdb/haze.vdb"),
        fields=("density",),
        data_type="float",
        extent=np.array([[-2000.0] * 3, [2000.0] * 3]),
    )
    canvas.sphere_light(
        "fire/lights/light_00",
        position=np.array([0.0, 0.0, -500.0]),
        radius=100.0,
        intensity={1: 100.0, 3: 200.0},
        temperature=6500.0,
    )
    canvas.write(folder)
    write_look_files(folder, {**TABLE, "translucency": {}, "glow": {}}, canvas.paths("Volume"))
    (folder / "shot.usda").write_text(_CAMERA, encoding="utf-8")


def test_when_the_look_is_applied_then_a_nit_is_a_unit_and_air_dims_by_its_extinction(tmp_path: Path) -> None:
    python = os.environ.get("USD_AI_BLENDER_PYTHON", "")
    if not python:
        pytest.skip("needs a Python with bpy 5.0.1 (set USD_AI_BLENDER_PYTHON; tools/look_in_blender.py says how)")
    _write(tmp_path)
    done = subprocess.run([python, "-c", _LOOK, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["lights"], told["volumes"]) == (1, 1)
    assert told["exposure"].startswith("EV 9 (ISO 100), -8.47 stops on nits, AgX")
    assert np.array(told["clear"]) @ _LUMA == pytest.approx([100.0, 200.0], rel=0.02)
    through = float(np.array(told["through air"]) @ _LUMA)
    # The lamp is dimmed by the air before it, and the air glows a little by it.
    assert 100.0 * math.exp(-EXTINCTION * DISTANCE) < through < 95.0
