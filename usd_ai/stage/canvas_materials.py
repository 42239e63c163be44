"""Surface materials, each said twice in one Material prim: as UsdPreviewSurface and as MaterialX standard surface.

Renderers take the one they know: ``outputs:surface`` is the plain one that everybody reads, ``outputs:mtlx:surface``
adds light through leaves and glowing cracks. Node names are those of MaterialX 1.38's standard library
(`stdlib_defs.mtlx`, `standard_surface.mtlx`), written as UsdMtlx encodes them. Both take the points' colour from the
primvar ``displayColor``.
"""

from __future__ import annotations

from dataclasses import dataclass

from pxr import Gf

from usd_ai.stage.canvas_geometry import Properties
from usd_ai.stage.canvas_prims import Attribute

Color = tuple[float, float, float]

MATERIALX_VERSION = "1.38"
_SPECULAR = 0.3
"""Weight of the highlight: bark, litter and stone are dull beside paint and glass (working value)."""


@dataclass(frozen=True, slots=True)
class Glow:
    """Cracks that glow: ``nits`` at their middle, ``color`` linear with luminance 1.

    ``cells`` per host unit: how fine the pattern of cracks is. ``width``: of a crack as a share of a cell.
    ``share``: of the surface that glows, by which the plain material is lit evenly.
    """

    nits: float
    color: Color
    cells: float
    width: float = 0.16
    share: float = 0.03


@dataclass(frozen=True, slots=True)
class Surface:
    """How light meets a surface. Colours are linear Rec.709 albedo, emission is nits.

    ``use_display_color``: the colour is the primvar's, ``diffuse`` where there is none. ``emissive_display_color``:
    it is emission, in nits. ``translucency``: share of the diffuse light that leaves on the far side (thin leaves).
    """

    diffuse: Color
    roughness: float
    emissive: Color = (0.0, 0.0, 0.0)
    use_display_color: bool = False
    emissive_display_color: bool = False
    opacity: float = 1.0
    opacity_threshold: float = 0.0
    translucency: float = 0.0
    glow: Glow | None = None


def material_prims(material: str, surface: Surface) -> dict[str, tuple[str, Properties]]:
    """Type and attributes by path of a Material, parents first."""
    head: Properties = {
        "outputs:surface": Attribute("token", connection=f"{material}/surface.outputs:surface"),
        "outputs:mtlx:surface": Attribute("token", connection=f"{material}/mtlx_surface.outputs:out"),
        "config:mtlx:version": Attribute("string", MATERIALX_VERSION),
    }
    return {material: ("Material", head)} | _preview(material, surface) | _materialx(material, surface)


def _shader(identifier: str, out: str, out_name: str, **inputs: Attribute) -> tuple[str, Properties]:
    named: Properties = {f"inputs:{name}": value for name, value in inputs.items()}
    head: Properties = {
        "info:id": Attribute("token", identifier, uniform=True),
        f"outputs:{out_name}": Attribute(out),
    }
    return "Shader", {**head, **named}


def _color(color: Color) -> Attribute:
    return Attribute("color3f", Gf.Vec3f(*color))


def _number(number: float) -> Attribute:
    return Attribute("float", float(number))


def _preview(material: str, surface: Surface) -> dict[str, tuple[str, Properties]]:
    emissive = surface.emissive
    if surface.glow is not None:
        lit = surface.glow.nits * surface.glow.share
        emissive = (
            emissive[0] + lit * surface.glow.color[0],
            emissive[1] + lit * surface.glow.color[1],
            emissive[2] + lit * surface.glow.color[2],
        )
    reader = f"{material}/color.outputs:result"
    shader = _shader(
        "UsdPreviewSurface",
        "token",
        "surface",
        diffuseColor=Attribute("color3f", connection=reader) if surface.use_display_color else _color(surface.diffuse),
        emissiveColor=Attribute("color3f", connection=reader) if surface.emissive_display_color else _color(emissive),
        metallic=_number(0.0),
        opacity=_number(surface.opacity),
        opacityThreshold=_number(surface.opacity_threshold),
        roughness=_number(surface.roughness),
    )
    prims = {f"{material}/surface": shader}
    if surface.use_display_color or surface.emissive_display_color:
        prims[f"{material}/color"] = _shader(
            "UsdPrimvarReader_float3",
            "float3",
            "result",
            fallback=Attribute("float3", Gf.Vec3f(*surface.diffuse)),
            varname=Attribute("string", "displayColor"),
        )
    return prims


def _materialx(material: str, surface: Surface) -> dict[str, tuple[str, Properties]]:
    reader = f"{material}/mtlx_color.outputs:out"
    color = Attribute("color3f", connection=reader) if surface.use_display_color else _color(surface.diffuse)
    brightest = max(surface.emissive)
    inputs = {
        "base": _number(1.0),
        "base_color": color,
        "specular": _number(_SPECULAR),
        "specular_roughness": _number(surface.roughness),
    }
    if surface.emissive_display_color:
        inputs |= {"emission": _number(1.0), "emission_color": Attribute("color3f", connection=reader)}
    elif surface.glow is not None:
        strength = f"{material}/mtlx_glow.outputs:out"
        inputs |= {"emission": Attribute("float", connection=strength), "emission_color": _color(surface.glow.color)}
    elif brightest > 0.0:
        red, green, blue = (part / brightest for part in surface.emissive)
        inputs |= {"emission": _number(brightest), "emission_color": _color((red, green, blue))}
    if surface.translucency > 0.0:  # on a thin wall, subsurface is light that leaves on the far side
        inputs |= {
            "subsurface": _number(surface.translucency),
            "subsurface_color": color,
            "thin_walled": Attribute("bool", default=True),
        }
    if surface.opacity < 1.0:
        inputs["opacity"] = _color((surface.opacity, surface.opacity, surface.opacity))
    prims = {
        f"{material}/mtlx_surface": _shader("ND_standard_surface_surfaceshader", "token", "out", **inputs),
    }
    if surface.use_display_color or surface.emissive_display_color:
        prims[f"{material}/mtlx_color"] = _shader(
            "ND_geompropvalue_color3",
            "color3f",
            "out",
            default=_color(surface.diffuse),
            geomprop=Attribute("string", "displayColor", uniform=True),
        )
    return prims | ({} if surface.glow is None else _cracks(material, surface.glow))


def _cracks(material: str, glow: Glow) -> dict[str, tuple[str, Properties]]:
    """A network whose last node, ``mtlx_glow``, is the luminance of glowing cracks in nits.

    Cracks run where the two nearest cell centres of a Worley pattern are equally far [Worley 1996, "A cellular texture
    basis function", F2 - F1]; a slow noise lets them glow in patches.
    """

    def node(kind: str, type_name: str, **inputs: Attribute) -> tuple[str, Properties]:
        return _shader(f"ND_{kind}", type_name, "out", **inputs)

    def wire(type_name: str, name: str) -> Attribute:
        return Attribute(type_name, connection=f"{material}/mtlx_{name}.outputs:out")

    def product(first: str, second: Attribute) -> tuple[str, Properties]:
        return node("multiply_float", "float", in1=wire("float", first), in2=second)

    place, cells = wire("vector3f", "place"), {"in": wire("float2", "cells")}
    nodes = {
        "position": node("position_vector3", "vector3f", space=Attribute("string", "object", uniform=True)),
        "place": node("multiply_vector3FA", "vector3f", in1=wire("vector3f", "position"), in2=_number(glow.cells)),
        "cells": node("worleynoise3d_vector2", "float2", position=place, jitter=_number(0.9)),
        "nearest": node("extract_vector2", "float", **cells, index=Attribute("int", 0)),
        "second": node("extract_vector2", "float", **cells, index=Attribute("int", 1)),
        "gap": node("subtract_float", "float", in1=wire("float", "second"), in2=wire("float", "nearest")),
        "solid": node(
            "smoothstep_float", "float", **{"in": wire("float", "gap")}, low=_number(0.0), high=_number(glow.width)
        ),
        "crack": node("invert_float", "float", **{"in": wire("float", "solid")}),
        "slow": node("multiply_vector3FA", "vector3f", in1=place, in2=_number(0.2)),
        "noise": node(
            "noise3d_float", "float", position=wire("vector3f", "slow"), amplitude=_number(1.4), pivot=_number(0.4)
        ),
        "patch": node("clamp_float", "float", **{"in": wire("float", "noise")}),
        "share": product("crack", wire("float", "patch")),
        "glow": product("share", _number(glow.nits)),
    }
    return {f"{material}/mtlx_{name}": prim for name, prim in nodes.items()}
