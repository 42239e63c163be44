"""The look files of a layer: one table of numbers, nodes that MaterialX knows, a script that is plain Python."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from pxr import Sdf, Usd, UsdShade

from tests.contract.materialx import document_of
from usd_ai.generators.burning_forest import look_files
from usd_ai.generators.burning_forest.look_files import SCRIPT, write_look_files
from usd_ai.stage.preview import march, planck, volumes

TABLE: dict[str, Any] = {
    "layer": "grove",
    "metersPerUnit": 0.01,
    "smoke": {
        "tint": look_files.TINT,
        "albedo": look_files.ALBEDO,
        "anisotropy": look_files.ANISOTROPY,
        "darkening": look_files.DARKENING,
    },
    "soot": look_files.SOOT,
    "flame": {"logLuminance": look_files.LOG_LUMINANCE, "hueShift": look_files.HUE_SHIFT},
    "haze": {"extinction": 0.003, "albedo": look_files.HAZE_ALBEDO, "anisotropy": look_files.ANISOTROPY},
    "exposure": {"ev": 9.0, "middleGrey": 0.18, "whiteBalance": 4600.0},
}
VOLUMES = [
    "fire/flames/flame_0000",
    "fire/flames/flame_0001",
    "fire/ground/surface_7",
    "smoke/column",
    "air/haze",
    "fire/flames/front_3",
]


@pytest.fixture
def looks(tmp_path: Path) -> Path:
    write_look_files(tmp_path, TABLE, VOLUMES)
    return tmp_path / "look"


def test_when_looks_are_written_then_the_numbers_are_those_of_our_own_pictures() -> None:
    assert look_files.TINT == volumes.TINT
    assert look_files.ALBEDO == volumes.ALBEDO
    assert look_files.ANISOTROPY == volumes.ANISOTROPY
    assert (look_files.HAZE_ALBEDO, look_files.DARKENING) == (march._HAZE_ALBEDO, march._DARKENING)
    assert look_files.HUE_SHIFT == planck.HUE_SHIFT


@pytest.mark.parametrize("kelvin", [1000.0, 1100.0, 1200.0, 1373.0, 1600.0])
def test_when_a_look_tells_a_luminance_then_it_is_plancks(kelvin: float) -> None:
    np = pytest.importorskip("numpy")
    true = float((planck.black_body(np.array([kelvin])) @ planck.LUMA)[0])
    height, slope = look_files.LOG_LUMINANCE
    assert np.exp(height + slope / kelvin) == pytest.approx(true, rel=0.03)


def test_when_the_over_layer_is_put_above_then_every_volume_has_its_material(looks: Path) -> None:
    stage = Usd.Stage.CreateInMemory()
    for path in VOLUMES:
        stage.DefinePrim(f"/grove/{path}", "Volume")
    stage.GetSessionLayer().subLayerPaths.append(str(looks / "karma.usda"))
    for path in VOLUMES:
        binding = UsdShade.MaterialBindingAPI(stage.GetPrimAtPath(f"/grove/{path}")).GetDirectBinding()
        material = binding.GetMaterial()
        assert material, path
        assert material.GetPrim().GetName() == ("look_haze" if path == "air/haze" else "look_smoke_and_fire")
        for context in ("mtlx", "kma", "arnold"):
            source, _, _ = material.ComputeVolumeSource(context)
            assert source, context


def test_when_nothing_is_sublayered_then_the_over_layer_draws_nothing(looks: Path) -> None:
    layer = Sdf.Layer.FindOrOpen(str(looks / "karma.usda"))
    assert layer is not None
    assert {path for path in VOLUMES if layer.GetPrimAtPath(f"/grove/{path}")} == set(VOLUMES)
    assert [prim.specifier for prim in layer.rootPrims] == [Sdf.SpecifierOver]
    assert "Not run in Houdini" in layer.documentation


@pytest.mark.parametrize("name", ["look_smoke_and_fire", "look_haze"])
def test_when_a_volume_material_is_written_then_materialx_knows_every_node_and_input(looks: Path, name: str) -> None:
    mx = pytest.importorskip("MaterialX", reason="needs MaterialX of the dev extra")
    stage = Usd.Stage.Open(str(looks / "karma.usda"))
    material = stage.GetPrimAtPath(f"/grove/materials/{name}")
    shaders = [child.GetName() for child in material.GetChildren()]
    document = document_of(material, [n for n in shaders if n not in {"karma", "arnold"}], mx)
    valid, message = document.validate()
    assert valid, message


def test_when_looks_are_written_twice_then_the_bytes_are_equal(looks: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    write_look_files(again, TABLE, VOLUMES)
    for file in sorted(looks.iterdir()):
        assert file.read_bytes() == (again / "look" / file.name).read_bytes()


def test_when_blenders_script_is_read_then_every_number_it_asks_for_is_in_the_table(looks: Path) -> None:
    text = (looks / "blender.py").read_text(encoding="utf-8")
    assert text == SCRIPT.read_text(encoding="utf-8")
    assert "Apache-2.0" in text.splitlines()[1]
    asked = {
        node.slice.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "TABLE"
        and isinstance(node.slice, ast.Constant)
    }
    assert asked - {"translucency", "glow"} <= set(json.loads((looks / "look.json").read_text(encoding="utf-8")))
    assert asked >= {"smoke", "soot", "flame", "haze", "exposure"}
