"""Our MaterialX networks are what MaterialX's own library says: nodes exist, inputs fit, code can be generated."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from pxr import Sdf, Usd, UsdShade

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
_TYPES = {"float2": "vector2", "vector3f": "vector3", "int": "integer", "bool": "boolean", "color3f": "color3"}


def _stage() -> Usd.Stage:
    canvas = Canvas("grove", 1.0, "Y", 24.0, FrameRange(1, 2))
    for name, surface in SURFACES.items():
        canvas.material(f"materials/{name}", surface)
    stage = Usd.Stage.CreateInMemory()
    stage.GetRootLayer().TransferContent(canvas.build())
    return stage


def _document(stage: Usd.Stage, name: str) -> Any:  # noqa: ANN401 - MaterialX has no stubs
    """A MaterialX document with the nodes of one Material, as a renderer's translator makes it from USD."""
    library = mx.createDocument()
    mx.loadLibraries(mx.getDefaultDataLibraryFolders(), mx.getDefaultDataSearchPath(), library)
    document = mx.createDocument()
    document.setDataLibrary(library)
    material = stage.GetPrimAtPath(f"/grove/materials/{name}")
    shaders = [p for p in material.GetChildren() if p.GetName().startswith("mtlx_")]
    for prim in shaders:
        identifier = str(UsdShade.Shader(prim).GetShaderId())
        definition = library.getNodeDef(identifier)
        assert definition is not None, identifier
        node = document.addNodeInstance(definition, prim.GetName())
        for given in UsdShade.Shader(prim).GetInputs():
            wanted = definition.getActiveInput(given.GetBaseName())
            assert wanted is not None, f"{identifier} has no input {given.GetBaseName()}"
            kind = _TYPES.get(str(given.GetTypeName()), str(given.GetTypeName()))
            assert kind == wanted.getType(), given.GetFullName()
            sources = given.GetConnectedSources()[0]
            port = node.addInput(given.GetBaseName(), kind)
            if sources:
                port.setNodeName(sources[0].source.GetPrim().GetName())
            else:
                value = given.Get()
                parts = value if hasattr(value, "__len__") and not isinstance(value, str) else [value]
                told = str(value).lower() if isinstance(value, bool) else ", ".join(str(part) for part in parts)
                port.setValueString(told)
    return document


@pytest.mark.parametrize("name", sorted(SURFACES))
def test_when_a_material_is_drawn_then_materialx_knows_it_and_makes_a_shader_of_it(name: str) -> None:
    document = _document(_stage(), name)
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
