"""Variant sets, materials and light linking are the same in OpenUSD 24.11 and 25.11 as in the present one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from tests.journeys.shows import ROOT
from tests.unit.stage.conftest import Built, built, canvas, drawn

__all__ = ["built", "canvas", "drawn"]  # fixtures

_LOOK = """
import itertools, json, sys
from pxr import Usd, UsdGeom, UsdLux, UsdShade
said = {}
stage = Usd.Stage.Open(sys.argv[1])
root = stage.GetDefaultPrim()
names = root.GetVariantSets().GetNames()
for chosen in itertools.product(*(root.GetVariantSet(name).GetVariantNames() for name in names)):
    for name, choice in zip(names, chosen):
        root.GetVariantSet(name).SetVariantSelection(choice)
    trees = stage.GetPrimAtPath("/grove/trees")
    mode = UsdLux.LightListAPI.ComputeModeConsultModelHierarchyCache
    said[" ".join(chosen)] = [
        list(trees.GetAttribute("protoIndices").Get(1004.0)),
        trees.GetAttribute("primvars:usdai:ignition").Get() is None,
        [stage.GetPrimAtPath("/grove/" + path).IsActive() for path in ("fire", "smoke")],
        len(UsdLux.LightListAPI(root).ComputeLightList(mode)),
    ]
for name in names:
    root.GetVariantSet(name).ClearVariantSelection()
material = UsdShade.Material(stage.GetPrimAtPath("/grove/materials/bark"))
said["surfaces"] = [str(material.ComputeSurfaceSource(context)[0].GetShaderId()) for context in ("", "mtlx")]
light = UsdLux.LightAPI(stage.GetPrimAtPath("/grove/fire/lights/light_00"))
said["linked"] = light.GetLightLinkCollectionAPI().ComputeMembershipQuery().IsPathIncluded("/set/ground")
said["names"] = names
print(json.dumps(said, sort_keys=True))
"""


def _look(python: str, layer: Built) -> dict[str, Any]:
    file = str(layer.folder / "grove.usda")
    done = subprocess.run([python, "-c", _LOOK, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("folder", [".venv-usd2411", ".venv-usd2511"])
def test_when_an_older_openusd_chooses_variants_then_it_shows_the_same(built: Built, folder: str) -> None:
    python = ROOT / folder / "bin" / "python"
    if not python.exists():
        pytest.skip(f"needs an older usd-core in {folder}: make {folder}/.done")
    expected = _look(sys.executable, built)
    assert _look(str(python), built) == expected
    assert expected["names"] == ["fire", "burn", "smoke", "detail"]
    assert len(expected) == 2 * 3 * 2 * 3 + 3
    assert expected["off after on full"] == [[0, 0, 0], True, [False, False], 0]
    assert expected["on story on full"] == [[1, 1, 1], False, [True, True], 1]
    assert expected["surfaces"] == ["UsdPreviewSurface", "ND_standard_surface_surfaceshader"]
    assert expected["linked"] is True


@pytest.mark.parametrize("name", ["payload.usdc", "states.usdc", "grove.usda"])
def test_when_tinyusdz_reads_a_file_of_the_layer_then_it_opens(built: Built, name: str) -> None:
    tinyusdz = pytest.importorskip("tinyusdz", reason="needs the independent reader of the dev extra")
    stage = tinyusdz.load(str(built.folder / name))
    kinds: Counter[str] = Counter()
    stage.visit_prims(lambda prim, _path, _depth: kinds.update([prim.type_name]))
    if name == "payload.usdc":
        assert (kinds["Material"], kinds["Shader"], kinds["PointInstancer"], kinds["Volume"]) == (1, 4, 1, 2)
