"""Our MaterialX networks are what MaterialX's own library says: nodes exist, inputs fit, code can be generated."""

from __future__ import annotations

import importlib

import pytest
from pxr import Sdf, Usd, UsdShade

from tests.contract.materialx import document_of
from usd_ai.core.types import FrameRange
from usd_ai.stage.canvas import Canvas
from usd_ai.stage.canvas_materials import MATERIALX_VERSION, Glow, Surface

mx = pytest.importorskip("MaterialX", reason="needs MaterialX of the dev extra")

SURFACES = {
    "bark": Surface((0.2, 0.15, 0.1), 0.9, use_display_color=True),
    "needles": Surface((0.05, 0.08, 0.03), 0.55, use_display_color=True, translucency=0.25),
    "glowing": Surface((0.04, 0.04, 0.04), 0.75, use_display_color=True, glow=Glow(140.0, (3.4, 0.4, 0.0), 14.0)),
    "lamp": Surface((0.1, 0.1, 0.1), 0.5, emissive=(20.0, 5.0, 0.0), opacity=0.5),
    "sparks": Surface((0.0, 0.0, 0.0), 1.0, emissive_display_color=True),
}


def _stage() -> Usd.Stage:
    canvas = Canvas("grove", 1.0, "Y", 24.0, FrameRange(1, 2))
    for name, surface in SURFACES.items():
        canvas.material(f"materials/{name}", surface)
    stage = Usd.Stage.CreateInMemory()
    stage.GetRootLayer().TransferContent(canvas.build())
    return stage


@pytest.mark.parametrize("name", sorted(SURFACES))
def test_when_a_material_is_drawn_then_materialx_knows_it_and_makes_a_shader_of_it(name: str) -> None:
    stage = _stage()
    material = stage.GetPrimAtPath(f"/grove/materials/{name}")
    shaders = [child.GetName() for child in material.GetChildren() if child.GetName().startswith("mtlx_")]
    document = document_of(material, shaders, mx)
    valid, message = document.validate()
    assert valid, message
    of_glsl = importlib.import_module("MaterialX.PyMaterialXGenGlsl")
    of_shaders = importlib.import_module("MaterialX.PyMaterialXGenShader")
    generator = of_glsl.GlslShaderGenerator.create()
    context = of_shaders.GenContext(generator)
    context.registerSourceCodeSearchPath(mx.getDefaultDataSearchPath())
    shader = generator.generate(name, document.getNode("mtlx_surface"), context)
    source = shader.getSourceCode(of_shaders.PIXEL_STAGE)
    assert "NG_standard_surface_surfaceshader_100" in source
    assert ("mx_worley_noise_vec2" in source) == (SURFACES[name].glow is not None)


def test_when_a_material_is_drawn_then_both_renderers_find_their_own_surface() -> None:
    stage = _stage()
    for name in SURFACES:
        prim = stage.GetPrimAtPath(f"/grove/materials/{name}")
        material = UsdShade.Material(prim)
        plain, _, _ = material.ComputeSurfaceSource()
        rich, _, _ = material.ComputeSurfaceSource("mtlx")
        assert (plain.GetShaderId(), rich.GetShaderId()) == ("UsdPreviewSurface", "ND_standard_surface_surfaceshader")
        assert "MaterialXConfigAPI" in prim.GetMetadata("apiSchemas").GetAppliedItems()
        assert prim.GetAttribute("config:mtlx:version").Get() == MATERIALX_VERSION


def test_when_leaves_let_light_through_then_only_materialx_says_so() -> None:
    stage = _stage()
    rich = UsdShade.Shader(stage.GetPrimAtPath("/grove/materials/needles/mtlx_surface"))
    assert rich.GetInput("thin_walled").Get() is True
    assert rich.GetInput("subsurface").Get() == pytest.approx(0.25)
    source = rich.GetInput("subsurface_color").GetConnectedSources()[0][0].source
    assert source.GetPath() == Sdf.Path("/grove/materials/needles/mtlx_color")
