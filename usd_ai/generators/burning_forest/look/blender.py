# Copyright the authors of usd_ai. Licensed under the Apache License, Version 2.0; see the LICENSE of the project, or
# http://www.apache.org/licenses/LICENSE-2.0. SPDX-License-Identifier: Apache-2.0
"""Look of this layer for Blender 4.4 and newer, Cycles. It ships with the layer and needs nothing but Blender.

    blender --python look/blender.py -- /path/to/shot.usda        imports the shot, then applies the look
    import blender; blender.apply("/path/to/shot.usda")            where the shot is imported already

What it does, all from the numbers in `look.json` beside it:
- volumes of this layer get smoke and fire: extinction by colour, soot that glows by Planck's law, one nit to one unit;
- embers glow, thin leaves let light through, char that burns glows in its cracks;
- lights of the whole stage are made anew from USD, since the importer takes sphere lights about 22 times too bright
  and leaves their samples over time out; dome lights become the world.
Exposure is yours: `expose(scene, 9.0)` sets EV 9 and the white balance that the layer is meant for.
"""

import json
import math
import sys
from pathlib import Path

import bpy
from mathutils import Matrix

bpy.utils.expose_bundled_modules()
from pxr import Usd, UsdGeom, UsdLux  # noqa: E402 - Blender brings its own USD, which it shows only when asked

HERE = Path(__file__).resolve().parent
TABLE = json.loads((HERE / "look.json").read_text(encoding="utf-8"))
NEVER_SEEN = 300.0  # kelvin: keeps a division from meeting zero where a grid is empty


def apply(stage_file, *, haze=True, lights=True):
    """Give the imported stage the layer's look; says what was done. ``haze`` off saves render time."""
    stage = Usd.Stage.Open(str(stage_file))
    world = _to_blender(stage)
    told = {"volumes": _volumes(world, haze), "embers": _embers(), "materials": _materials()}
    if lights:
        told |= {"lights": _lights(stage, world), "worlds": _sky(stage)}
    return told


def expose(scene, ev, white=None):
    """AgX at an EV (ISO 100, K = 12.5), balanced for a lamp of ``white`` kelvin; says what was set."""
    stops = math.log2(TABLE["exposure"]["middleGrey"] / (2.0**ev * 12.5 / 100.0))
    view = scene.view_settings
    view.view_transform, view.look, view.exposure, view.gamma = "AgX", "None", stops, 1.0
    white = white or TABLE["exposure"]["whiteBalance"]
    if white and hasattr(view, "use_white_balance"):
        view.use_white_balance, view.white_balance_temperature, view.white_balance_tint = True, white, 10.0
    return f"EV {ev:g} (ISO 100), {stops:+.2f} stops on nits, AgX, white {white:g} K"


# ------------------------------------------------------------------------------------------------------------- volumes


def _to_blender(stage):
    """Matrix from the stage's world to Blender's: Z up, metres, as the importer does unless told otherwise."""
    metres = UsdGeom.GetStageMetersPerUnit(stage)
    turn = Matrix.Rotation(math.pi / 2, 4, "X") if UsdGeom.GetStageUpAxis(stage) == "Y" else Matrix.Identity(4)
    return turn @ Matrix.Diagonal((metres, metres, metres, 1.0))


def _volumes(world, haze):
    smoke, air = None, None
    metres = world.to_scale()[0]
    count = 0
    for thing in list(bpy.data.objects):
        if thing.type != "VOLUME":
            continue
        file = Path(bpy.path.abspath(thing.data.filepath)).resolve()
        if file.parent != HERE.parent / "vdb":
            continue
        if file.name.startswith("haze"):
            thing.data.is_sequence = False  # the importer takes one file at two times for a sequence
            thing.hide_render = not haze
            air = air or _haze_material(metres)
            material = air
        else:
            smoke = smoke or _smoke_material(metres)
            material = smoke
        thing.data.materials.clear()
        thing.data.materials.append(material)
        thing.data.render.space = "WORLD"  # extinction is per unit of the world, however a volume is scaled
        thing.data.render.clipping = 0.0  # by default what is under 0.001 is cut away: all thin smoke in centimetres
        thing.data.grids.load()
        if "velocity" in [grid.name for grid in thing.data.grids]:
            thing.data.velocity_grid, thing.data.velocity_unit = "velocity", "SECOND"
        count += 1
    return count


class _Nodes:
    """A material's node tree, written as formulae."""

    def __init__(self, name):
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.tree.nodes.clear()
        self.output = self.tree.nodes.new("ShaderNodeOutputMaterial")

    def node(self, kind, **inputs):
        """A node; inputs are numbers, colours, or sockets of other nodes."""
        node = self.tree.nodes.new(kind)
        for name, value in inputs.items():
            self.put(node, name.replace("_", " "), value)
        return node

    def put(self, node, key, value):
        """Set or connect an input."""
        socket = node.inputs[key]
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        else:
            socket.default_value = value

    def math(self, operation, first, second=0.0, *, clamp=False):
        """The result of a sum of two numbers."""
        node = self.tree.nodes.new("ShaderNodeMath")
        node.operation, node.use_clamp = operation, clamp
        self.put(node, 0, first)
        self.put(node, 1, second)
        return node.outputs[0]

    def scaled(self, color, factor):
        """A colour times a number."""
        node = self.tree.nodes.new("ShaderNodeVectorMath")
        node.operation = "SCALE"
        self.put(node, 0, color)
        self.put(node, "Scale", factor)
        return node.outputs[0]

    def attribute(self, name):
        """A grid, a primvar: its number and its colour."""
        node = self.tree.nodes.new("ShaderNodeAttribute")
        node.attribute_name = name
        return node

    def sum(self, shaders):
        """Shaders added up."""
        total = shaders[0]
        for shader in shaders[1:]:
            node = self.tree.nodes.new("ShaderNodeAddShader")
            self.tree.links.new(total, node.inputs[0])
            self.tree.links.new(shader, node.inputs[1])
            total = node.outputs[0]
        return total


def _smoke_material(metres):
    """Smoke scatters and absorbs by colour; what absorbs glows with the luminance of its temperature (Kirchhoff).

    ``metres`` a host unit: density is per host unit, Blender's world is in metres.
    """
    smoke, soot, flame = TABLE["smoke"], TABLE["soot"], TABLE["flame"]
    nodes = _Nodes("usdai_smoke_and_fire")
    burning = nodes.attribute("flame").outputs["Fac"]
    thick = nodes.math("DIVIDE", nodes.attribute("density").outputs["Fac"], metres)  # 1/m
    pale = nodes.math("SUBTRACT", 1.0, nodes.math("MULTIPLY", smoke["darkening"], burning, clamp=True))
    tint, albedo = smoke["tint"], smoke["albedo"]
    most = max(tint)
    scattering = tuple(t / most * a for t, a in zip(tint, albedo, strict=True))
    scattered = nodes.node(
        "ShaderNodeVolumeScatter",
        Color=(*scattering, 1.0),
        Density=nodes.math("MULTIPLY", nodes.math("MULTIPLY", thick, most), pale),
        Anisotropy=smoke["anisotropy"],
    )
    # What is not scattered is absorbed, by smoke and by soot. The node takes 1 - colour; one node, because Cycles
    # has room for 64 closures where many volumes overlap.
    mean = sum(albedo) / 3.0
    kept = nodes.math("SUBTRACT", 1.0, nodes.math("MULTIPLY", mean, pale))
    absorbing = nodes.math("MULTIPLY", thick, kept)
    black = nodes.math("MULTIPLY", burning, soot)
    total = nodes.math("ADD", nodes.math("MULTIPLY", absorbing, most), black)
    share = nodes.math("DIVIDE", nodes.math("MULTIPLY", absorbing, most), nodes.math("MAXIMUM", total, 1e-9))
    absorbed = nodes.node(
        "ShaderNodeVolumeAbsorption",
        Color=nodes.scaled(tuple(1.0 - t / most for t in tint), share),
        Density=total,
    )
    kelvin = nodes.math("MAXIMUM", nodes.attribute("temperature").outputs["Fac"], NEVER_SEEN)
    height, slope = flame["logLuminance"]
    exponent = nodes.math("ADD", nodes.math("DIVIDE", slope, kelvin), height)
    nits = nodes.math("EXPONENT", nodes.math("MINIMUM", exponent, 11.0))  # nothing burns brighter than 2000 K
    hue = nodes.node("ShaderNodeBlackbody", Temperature=nodes.math("ADD", kelvin, flame["hueShift"]))
    glow = nodes.node(
        "ShaderNodeEmission",
        Color=hue.outputs[0],
        Strength=nodes.math("MULTIPLY", nits, nodes.math("ADD", black, absorbing)),
    )
    shaders = [scattered.outputs[0], absorbed.outputs[0], glow.outputs[0]]
    nodes.tree.links.new(nodes.sum(shaders), nodes.output.inputs["Volume"])
    return nodes.material


def _haze_material(metres):
    """Even air that scatters."""
    haze = TABLE["haze"]
    nodes = _Nodes("usdai_haze")
    thick = nodes.math("DIVIDE", nodes.attribute("density").outputs["Fac"], metres)
    scattered = nodes.node(
        "ShaderNodeVolumeScatter",
        Color=(haze["albedo"],) * 3 + (1.0,),
        Density=thick,
        Anisotropy=haze["anisotropy"],
    )
    nodes.tree.links.new(scattered.outputs[0], nodes.output.inputs["Volume"])
    return nodes.material


# ------------------------------------------------------------------------------------------------------------ surfaces


def _embers():
    """Points of this layer glow with the nits of their displayColor."""
    clouds = [o for o in bpy.data.objects if o.type == "POINTCLOUD" and o.name.split(".")[0] == "embers"]
    if not clouds:
        return 0
    nodes = _Nodes("usdai_embers")
    glow = nodes.node("ShaderNodeEmission", Color=nodes.attribute("displayColor").outputs["Color"], Strength=1.0)
    nodes.tree.links.new(glow.outputs[0], nodes.output.inputs["Surface"])
    for cloud in clouds:
        cloud.data.materials.clear()
        cloud.data.materials.append(nodes.material)
    return len(clouds)


def _materials():
    """Add to the imported UsdPreviewSurface materials what only the MaterialX ones of the layer say; how many."""
    count = 0
    for material in bpy.data.materials:
        name = material.name.split(".")[0]
        tree = material.node_tree
        body = next((n for n in tree.nodes if n.type == "BSDF_PRINCIPLED"), None) if tree else None
        if body is None:
            continue
        if name in TABLE["translucency"]:
            _let_light_through(tree, body, TABLE["translucency"][name])
            count += 1
        elif name in TABLE["glow"]:
            _crack(tree, body, TABLE["glow"][name])
            count += 1
    return count


def _let_light_through(tree, body, share):
    output = next(n for n in tree.nodes if n.type == "OUTPUT_MATERIAL")
    through, mix = tree.nodes.new("ShaderNodeBsdfTranslucent"), tree.nodes.new("ShaderNodeMixShader")
    color = body.inputs["Base Color"]
    if color.is_linked:
        tree.links.new(color.links[0].from_socket, through.inputs["Color"])
    else:
        through.inputs["Color"].default_value = color.default_value
    mix.inputs[0].default_value = share
    tree.links.new(body.outputs[0], mix.inputs[1])
    tree.links.new(through.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], output.inputs["Surface"])


def _crack(tree, body, glow):
    """Cracks of a Voronoi pattern glow; the importer's even glow is taken out."""
    where, cells = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeTexVoronoi")
    cells.feature = "DISTANCE_TO_EDGE"
    cells.inputs["Scale"].default_value = glow["cells"]
    fade, times = tree.nodes.new("ShaderNodeMapRange"), tree.nodes.new("ShaderNodeMath")
    fade.inputs["From Max"].default_value = 0.5 * glow["width"]
    fade.inputs["To Min"].default_value, fade.inputs["To Max"].default_value = 1.0, 0.0
    times.operation, times.inputs[1].default_value = "MULTIPLY", glow["nits"]
    tree.links.new(where.outputs["Object"], cells.inputs["Vector"])
    tree.links.new(cells.outputs["Distance"], fade.inputs["Value"])
    tree.links.new(fade.outputs[0], times.inputs[0])
    for name in ("Emission Color", "Emission Strength"):
        for link in list(body.inputs[name].links):
            tree.links.remove(link)
    body.inputs["Emission Color"].default_value = (*glow["color"], 1.0)
    tree.links.new(times.outputs[0], body.inputs["Emission Strength"])


# -------------------------------------------------------------------------------------------------------------- lights


def _lights(stage, world):
    """Make the stage's sphere and distant lights anew, with their samples over time; how many."""
    for thing in [o for o in bpy.data.objects if o.type == "LIGHT"]:
        bpy.data.objects.remove(thing)
    count = 0
    for prim in stage.Traverse():
        kind = {"SphereLight": "POINT", "DistantLight": "SUN"}.get(str(prim.GetTypeName()))
        if kind is None or UsdGeom.Imageable(prim).ComputeVisibility() == "invisible":
            continue
        light = bpy.data.lights.new(prim.GetName(), kind)
        thing = bpy.data.objects.new(prim.GetName(), light)
        bpy.context.scene.collection.objects.link(thing)
        usd = UsdLux.LightAPI(prim)
        times = usd.GetIntensityAttr().GetTimeSamples() or [Usd.TimeCode.EarliestTime()]
        place = UsdGeom.Xformable(prim).ComputeLocalToWorldTransform(times[0])
        own = Matrix([[place[row][column] for row in range(4)] for column in range(4)])
        matrix = world @ own
        spot, turn, size = matrix.decompose()
        thing.matrix_world = Matrix.LocRotScale(spot, turn, None)
        thing.visible_camera = False
        light.color, brightness = _color(usd, times[0])
        if kind == "POINT":
            radius = float(UsdLux.SphereLight(prim).GetRadiusAttr().Get(times[0])) * size[0]
            light.shadow_soft_size, light.use_soft_falloff = radius, False
            area = 4.0 * math.pi * radius * radius
            # Blender divides watts by area and pi for radiance; `normalize` in USD divides by the area in host units.
            own_area = area / (size[0] / own.to_scale()[0]) ** 2
            factor = math.pi * area / (own_area if usd.GetNormalizeAttr().Get(times[0]) else 1.0)
        else:
            angle = math.radians(float(UsdLux.DistantLight(prim).GetAngleAttr().Get(times[0])))
            light.angle = angle
            solid = math.pi * math.sin(angle / 2.0) ** 2
            factor = 1.0 if usd.GetNormalizeAttr().Get(times[0]) or solid == 0.0 else solid
        for time in times:
            exposure = float(usd.GetExposureAttr().Get(time))
            light.energy = float(usd.GetIntensityAttr().Get(time)) * 2.0**exposure * factor * brightness
            if len(times) > 1:
                light.keyframe_insert("energy", frame=time)
        count += 1
    return count


def _color(usd, time):
    """Colour of a light with its brightest channel at 1, and what that channel is."""
    color = usd.GetColorAttr().Get(time)
    rgb = [float(part) for part in color]
    if usd.GetEnableColorTemperatureAttr().Get(time):
        warm = UsdLux.BlackbodyTemperatureAsRgb(float(usd.GetColorTemperatureAttr().Get(time)))
        rgb = [a * float(b) for a, b in zip(rgb, warm, strict=True)]
    most = max(*rgb, 1e-9)
    return [part / most for part in rgb], most


def _sky(stage):
    """The first dome light as the world; how many there were."""
    domes = [p for p in stage.Traverse() if str(p.GetTypeName()) in {"DomeLight", "DomeLight_1"}]
    if not domes:
        return 0
    usd = UsdLux.LightAPI(domes[0])
    world = bpy.data.worlds.new("usdai_sky")
    bpy.context.scene.world = world
    world.use_nodes = True
    tree = world.node_tree
    back = next(n for n in tree.nodes if n.type == "BACKGROUND")
    when = Usd.TimeCode.EarliestTime()
    rgb, most = _color(usd, when)
    back.inputs["Color"].default_value = (*rgb, 1.0)
    level = float(usd.GetIntensityAttr().Get(when)) * 2.0 ** float(usd.GetExposureAttr().Get(when))
    back.inputs["Strength"].default_value = level * most
    asset = UsdLux.DomeLight(domes[0]).GetTextureFileAttr().Get(when)
    if asset is not None and asset.resolvedPath:
        picture, mapping = tree.nodes.new("ShaderNodeTexEnvironment"), tree.nodes.new("ShaderNodeMapping")
        where = tree.nodes.new("ShaderNodeTexCoord")
        picture.image = bpy.data.images.load(asset.resolvedPath, check_existing=True)
        picture.image.colorspace_settings.name = "Linear Rec.709"
        # USD's lat-long centre lies along +Z with Y up, Blender's along +X with Z up.
        place = UsdGeom.Xformable(domes[0]).ComputeLocalToWorldTransform(when)
        own = Matrix([[place[row][column] for row in range(3)] for column in range(3)])
        upright = UsdGeom.GetStageUpAxis(stage) == "Y"
        axes = Matrix.Rotation(math.pi / 2, 3, "X") if upright else Matrix.Identity(3)
        pole = Matrix.Rotation(math.pi / 2, 3, "X")  # the picture's own pole is +Y
        to_picture = pole @ own.inverted() @ axes.inverted()
        turn = Matrix.Rotation(math.pi / 2, 3, "Z") @ to_picture
        mapping.inputs["Rotation"].default_value = turn.to_euler()
        tree.links.new(where.outputs["Generated"], mapping.inputs["Vector"])
        tree.links.new(mapping.outputs[0], picture.inputs["Vector"])
        tree.links.new(picture.outputs["Color"], back.inputs["Color"])
        back.inputs["Strength"].default_value = level
    return len(domes)


if __name__ == "__main__" and "--" in sys.argv:
    SHOT = sys.argv[sys.argv.index("--") + 1]
    bpy.ops.wm.usd_import(filepath=SHOT, import_usd_preview=True, set_frame_range=True)
    print(apply(SHOT), expose(bpy.context.scene, TABLE["exposure"]["ev"]))
