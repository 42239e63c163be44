"""Published layers open in Blender, a peer with a USD of its own. It is GPL and runs as a program beside this one."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pxr import Usd, UsdGeom

from tests.journeys.foreign import Host
from tests.journeys.shows import ROOT, Published, SmallShow


@pytest.fixture(scope="module")
def blender() -> str:
    """A Python that has bpy; the test is skipped where none is named."""
    python = os.environ.get("USD_AI_BLENDER_PYTHON", "")
    if not python:
        pytest.skip("needs a Python with bpy 5.0.1 (set USD_AI_BLENDER_PYTHON; tools/look_in_blender.py says how)")
    return python


def _look(blender: str, stage: Path, frames: list[int]) -> dict[str, Any]:
    command = [blender, str(ROOT / "tools" / "look_in_blender.py"), str(stage), "--no-render"]
    done = subprocess.run(
        [*command, "--frames", ",".join(map(str, frames))], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _instancers(stage: Usd.Stage, frame: int) -> list[tuple[int, int]]:
    """Instances and meshes drawn by each of our instancers, sorted."""
    found: list[tuple[int, int]] = []
    for prim in stage.Traverse():
        if prim.IsA(UsdGeom.PointInstancer) and str(prim.GetPath()).startswith("/burning_forest/"):
            instancer = UsdGeom.PointInstancer(prim)
            targets = [stage.GetPrimAtPath(path) for path in instancer.GetPrototypesRel().GetTargets()]
            meshes = np.array([sum(child.IsA(UsdGeom.Mesh) for child in Usd.PrimRange(target)) for target in targets])
            indices = np.array(instancer.GetProtoIndicesAttr().Get(frame))
            found.append((len(indices), int(meshes[indices].sum())))
    return sorted(found)


def _compare(blender: str, path: Path, layer: Published, frames: list[int]) -> None:
    seen, stage = _look(blender, path, frames), Usd.Stage.Open(str(path))
    ours = stage.GetPrimAtPath("/burning_forest")
    kinds = [prim.GetTypeName() for prim in Usd.PrimRange(ours)]
    assert layer.trees in seen["instancers"].values()
    drawn = [(seen["instancers"][name], count) for name, count in seen["drawn_by_instancer"].items()]
    assert set(_instancers(stage, frames[0])) <= set(drawn)
    assert len(seen["volumes"]) == kinds.count("Volume") > 0
    for name, by_frame in seen["volumes"].items():
        assert set(by_frame) == {str(frame) for frame in frames}
        wanted = {"density"} if name.startswith("haze") else {"density", "flame", "temperature"}
        assert all(wanted <= set(grids) <= wanted | {"velocity"} for grids in by_frame.values()), name
    lights = sum(prim.HasAPI("LightAPI") and prim.GetTypeName() != "DomeLight" for prim in stage.Traverse())
    assert seen["objects"]["LIGHT"] == lights >= kinds.count("SphereLight") > 0


def test_when_blender_opens_a_shot_of_the_demo_then_it_holds_what_was_planned(
    blender: str, small_show: SmallShow
) -> None:
    layer = small_show.publish("sh010")
    _compare(blender, small_show.stage("sh010"), layer, [1029, 1030, 1032])


def test_when_blender_opens_a_foreign_stage_then_it_holds_what_was_planned(blender: str, grid_shot: Host) -> None:
    review = grid_shot.folder / "grid_shot_review.usda"
    _compare(blender, review, grid_shot.published, [20, 21, 22])
