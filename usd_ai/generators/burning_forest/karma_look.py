"""The look of the volumes for Karma (MaterialX) and Arnold, as a layer of overs that a lighter may sublayer.

Names come from public documents: MaterialX 1.38 for ``ND_…`` (checked against its own library by a test), SideFX's page
of the Karma Volume VOP for ``kma_volume`` (absorption and scattering per metre, anisotropy, emission), Autodesk's page
of Arnold's ``standard_volume``. Neither Houdini nor Arnold has opened it here, and the file says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_HEAD = '''#usda 1.0
(
    doc = """Volume materials of the layer {layer}: sublayer this file above the shot. Written from look.json.
Not run in Houdini, Karma or Arnold where it was made: a start for a lighter, not a promise.
Density is extinction per host unit of {metres} m; one unit of radiance is one nit; expose for EV {ev}."""
)

over "{layer}"
{{
    over "materials"
    {{
{materials}    }}
{bindings}}}
'''

_KARMA = """        def Material "{name}" (
            prepend apiSchemas = ["MaterialXConfigAPI"]
        )
        {{
            string config:mtlx:version = "1.38"
            token outputs:arnold:volume.connect = <{path}/arnold.outputs:out>
            token outputs:kma:volume.connect = <{path}/karma.outputs:out>
            token outputs:mtlx:volume.connect = <{path}/volume.outputs:out>

{nodes}        }}
"""


def karma_layer(table: Mapping[str, Any], volumes: list[str]) -> str:
    """The layer as text. ``volumes``: paths of the Volume prims below the root."""
    layer = str(table["layer"])
    root = f"/{layer}/materials"
    fire, air = "look_smoke_and_fire", "look_haze"
    materials = _material(fire, f"{root}/{fire}", _fire(f"{root}/{fire}", table))
    materials += _material(air, f"{root}/{air}", _air(f"{root}/{air}", table))
    bound = {path: air if path.endswith("/haze") else fire for path in volumes}
    return _HEAD.format(
        layer=layer,
        metres=f"{float(table['metersPerUnit']):g}",
        ev=f"{float(table['exposure']['ev']):g}",
        materials=materials,
        bindings=_bindings({path: f"{root}/{material}" for path, material in bound.items()}),
    )


def _material(name: str, path: str, nodes: list[str]) -> str:
    return _KARMA.format(name=name, path=path, nodes="\n".join(nodes))


def _bindings(materials: Mapping[str, str], depth: int = 1) -> str:
    """Overs down to the volumes, each with its binding: ``materials`` by path ("" for the over that is being written).

    A layer may say a prim once only, so volumes under one scope share its over.
    """
    pad = "    " * depth
    text = f"{pad}rel material:binding = <{materials['']}>\n" if "" in materials else ""
    below: dict[str, dict[str, str]] = {}
    for path, material in materials.items():
        name, _, rest = path.partition("/")
        if name:
            below.setdefault(name, {})[rest] = material
    for name, found in below.items():
        api = f' (\n{pad}    prepend apiSchemas = ["MaterialBindingAPI"]\n{pad})' if "" in found else ""
        text += f'{pad}over "{name}"{api}\n{pad}{{\n{_bindings(found, depth + 1)}{pad}}}\n'
    return text


class _Graph:
    """Shader prims of one material, as text; `add` gives the path of the node's output."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.nodes: list[str] = []

    def add(self, name: str, identifier: str, kind: str, inputs: Mapping[str, tuple[str, str]]) -> str:
        """A node: ``inputs`` are (type, value) by name, where a value in <> is a connection."""
        pad = "            "
        lines = [f'{pad}def Shader "{name}"', f"{pad}{{", f'{pad}    uniform token info:id = "{identifier}"']
        for key, (type_name, value) in inputs.items():
            link = ".connect" if value.startswith("<") else ""
            lines.append(f"{pad}    {type_name} inputs:{key}{link} = {value}")
        lines += [f"{pad}    {kind} outputs:out", f"{pad}}}", ""]
        self.nodes.append("\n".join(lines))
        return f"<{self._path}/{name}.outputs:out>"

    def grid(self, name: str) -> str:
        """A grid of the volume, by its field's name."""
        return self.add(f"grid_{name}", "ND_geompropvalue_float", "float", {"geomprop": ("string", f'"{name}"')})

    def two(self, name: str, operation: str, first: str, second: str) -> str:
        """A sum of two numbers."""
        inputs = {"in1": ("float", first), "in2": ("float", second)}
        return self.add(name, f"ND_{operation}_float", "float", inputs)

    def colored(self, name: str, color: Sequence[float], factor: str) -> str:
        """A vector per colour times a number."""
        inputs = {"in1": ("vector3f", _triple(color)), "in2": ("float", factor)}
        return self.add(name, "ND_multiply_vector3FA", "vector3f", inputs)


def _triple(values: Sequence[float]) -> str:
    return "(" + ", ".join(f"{float(value):g}" for value in values) + ")"


def _number(value: float) -> str:
    return f"{value:g}"


def _ends(graph: _Graph, absorption: str, scattering: str, anisotropy: float, emission: str) -> None:
    """The three terminals: MaterialX's own volume, Karma's, which takes the same numbers, and nothing else."""
    medium = {
        "absorption": ("vector3f", absorption),
        "anisotropy": ("float", _number(anisotropy)),
        "scattering": ("vector3f", scattering),
    }
    vdf = graph.add("medium", "ND_anisotropic_vdf", "token", medium)
    ends = {"vdf": ("token", vdf)}
    if emission:
        ends["edf"] = ("token", graph.add("fire", "ND_uniform_edf", "token", {"color": ("color3f", emission)}))
    graph.add("volume", "ND_volume", "token", ends)
    karma = {**medium, **({"emission": ("color3f", emission)} if emission else {})}
    graph.add("karma", "kma_volume", "token", karma)


def _fire(path: str, table: Mapping[str, Any]) -> list[str]:
    """Smoke scatters and absorbs by colour; soot and smoke glow with the luminance of their temperature."""
    smoke, metres = table["smoke"], float(table["metersPerUnit"])
    graph = _Graph(path)
    density, flame, kelvin = graph.grid("density"), graph.grid("flame"), graph.grid("temperature")
    soot = graph.two("soot", "multiply", flame, _number(float(table["soot"]) * metres))
    dark = graph.two("dark", "multiply", flame, _number(float(smoke["darkening"])))
    pale = graph.two("pale", "subtract", "1", dark)
    tint, albedo = smoke["tint"], smoke["albedo"]
    scattered = graph.two("scattered", "multiply", density, pale)
    white = tuple(t * a for t, a in zip(tint, albedo, strict=True))
    scattering = graph.colored("scattering", white, scattered)
    whole = graph.colored("extinction", tint, density)
    rest = graph.add(
        "smoke", "ND_subtract_vector3", "vector3f", {"in1": ("vector3f", whole), "in2": ("vector3f", scattering)}
    )
    absorption = graph.add(
        "absorption", "ND_add_vector3FA", "vector3f", {"in1": ("vector3f", rest), "in2": ("float", soot)}
    )
    height, slope = table["flame"]["logLuminance"]
    warm = graph.two("kelvin", "max", kelvin, "300")
    fall = graph.two("fall", "divide", _number(slope), warm)
    exponent = graph.two("exponent", "add", fall, _number(height))
    capped = graph.two("capped", "min", exponent, "11")
    nits = graph.add("nits", "ND_exp_float", "float", {"in": ("float", capped)})
    shifted = graph.two("shifted", "add", warm, _number(float(table["flame"]["hueShift"])))
    hue = graph.add("hue", "ND_blackbody", "color3f", {"temperature": ("float", shifted)})
    mean = sum(albedo) / 3.0
    kept = graph.two("kept", "multiply", pale, _number(mean))
    glowing_share = graph.two("glowing_share", "subtract", "1", kept)
    glowing_smoke = graph.two("glowing_smoke", "multiply", density, glowing_share)
    glowing = graph.two("glowing", "add", glowing_smoke, soot)
    strength = graph.two("strength", "multiply", nits, glowing)
    emission = graph.add(
        "emission", "ND_multiply_color3FA", "color3f", {"in1": ("color3f", hue), "in2": ("float", strength)}
    )
    _ends(graph, absorption, scattering, float(smoke["anisotropy"]), emission)
    graph.add(
        "arnold",
        "arnold:standard_volume",
        "token",
        {
            "density": ("float", "1"),
            "density_channel": ("string", '"density"'),
            "scatter": ("float", "1"),
            "scatter_color": ("color3f", _triple(albedo)),
            "scatter_anisotropy": ("float", _number(float(smoke["anisotropy"]))),
            "emission_mode": ("string", '"blackbody"'),
            "temperature": ("float", "1"),
            "temperature_channel": ("string", '"temperature"'),
            "blackbody_kelvin": ("float", "1"),
            "blackbody_intensity": ("float", "1"),
        },
    )
    return graph.nodes


def _air(path: str, table: Mapping[str, Any]) -> list[str]:
    """Even air that scatters most of what it takes."""
    haze = table["haze"]
    albedo = float(haze["albedo"])
    graph = _Graph(path)
    density = graph.grid("density")
    scattering = graph.colored("scattering", (albedo,) * 3, density)
    absorption = graph.colored("absorption", (1.0 - albedo,) * 3, density)
    _ends(graph, absorption, scattering, float(haze["anisotropy"]), "")
    graph.add(
        "arnold",
        "arnold:standard_volume",
        "token",
        {
            "density": ("float", "1"),
            "density_channel": ("string", '"density"'),
            "scatter": ("float", "1"),
            "scatter_color": ("color3f", _triple((albedo,) * 3)),
            "scatter_anisotropy": ("float", _number(float(haze["anisotropy"]))),
            "emission_mode": ("string", '"none"'),
        },
    )
    return graph.nodes
