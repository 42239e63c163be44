"""How this studio writes USD: centimetres, Y-up, one canonical way from an anonymous layer to bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import show
from numpy.typing import NDArray
from pxr import Gf, Kind, Sdf, Usd, UsdGeom, UsdShade, Vt
from shapes import Array, Mesh

CENTIMETRES = 100.0


def to_host(points: Array) -> Array:
    """Places in metres (x east, y north, z up) as stage points: centimetres, Y-up."""
    p = np.asarray(points, dtype=np.float64) * CENTIMETRES
    return np.stack([p[..., 0], p[..., 2], -p[..., 1]], axis=-1)


@contextmanager
def new_stage(
    path: Path,
    doc: str,
    frames: tuple[int, int] | None = None,
    references: dict[str, str] | None = None,
    sublayers: tuple[str, ...] = (),
) -> Iterator[Usd.Stage]:
    """A stage on an anonymous layer that is exported to ``path`` at the end: equal content gives equal bytes.

    ``references`` (prim path → asset path), filled by the caller, and ``sublayers`` are written last and not composed:
    their relative paths mean something only beside ``path``.
    """
    layer = Sdf.Layer.CreateAnonymous(path.suffix)
    stage = Usd.Stage.Open(layer)
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0 / CENTIMETRES)
    layer.documentation = doc
    if frames is not None:
        stage.SetTimeCodesPerSecond(show.RATE)
        stage.SetFramesPerSecond(show.RATE)
        stage.SetStartTimeCode(frames[0])
        stage.SetEndTimeCode(frames[1])
    yield stage
    final = Sdf.Layer.CreateAnonymous(path.suffix)
    final.TransferContent(layer)
    for prim_path, asset in (references or {}).items():
        final.GetPrimAtPath(prim_path).referenceList.prependedItems.append(Sdf.Reference(asset))
    final.subLayerPaths = list(sublayers)
    path.parent.mkdir(parents=True, exist_ok=True)
    final.Export(str(path))


def component(stage: Usd.Stage, name: str) -> Usd.Prim:
    """The root prim of an asset."""
    root = UsdGeom.Xform.Define(stage, f"/{name}").GetPrim()
    Usd.ModelAPI(root).SetKind(Kind.Tokens.component)
    Usd.ModelAPI(root).SetAssetName(name)
    stage.SetDefaultPrim(root)
    return root


def _vec3(values: Array) -> Vt.Vec3fArray:
    return Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(values, dtype=np.float32))


def define_mesh(
    stage: Usd.Stage,
    path: str,
    points: Array,
    counts: NDArray[np.int64] | list[int],
    indices: NDArray[np.int64] | list[int],
    colors: Array,
    normals: Array | None = None,
) -> UsdGeom.Mesh:
    """A polygon mesh from points in metres, with an albedo per point and perhaps normals."""
    mesh = UsdGeom.Mesh.Define(stage, path)
    placed = to_host(points)
    mesh.CreatePointsAttr(_vec3(placed))
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.asarray(counts, dtype=np.int32)))
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(np.asarray(indices, dtype=np.int32)))
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    mesh.CreateExtentAttr(_vec3(np.stack([placed.min(axis=0), placed.max(axis=0)])))
    mesh.CreateDisplayColorPrimvar(UsdGeom.Tokens.vertex).Set(_vec3(colors))
    if normals is not None:
        mesh.CreateNormalsAttr(_vec3(np.stack([normals[:, 0], normals[:, 2], -normals[:, 1]], axis=-1)))
        mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    return mesh


def define_solid(stage: Usd.Stage, path: str, mesh: Mesh) -> UsdGeom.Mesh:
    """A mesh gathered from solids."""
    points, colors = mesh.arrays()
    return define_mesh(stage, path, points, mesh.counts, mesh.indices, colors)


def vertex_material(stage: Usd.Stage, path: str, roughness: float) -> UsdShade.Material:
    """A rough surface whose colour is the mesh's displayColor."""
    material = UsdShade.Material.Define(stage, path)
    reader = UsdShade.Shader.Define(stage, f"{path}/color")
    reader.CreateIdAttr("UsdPrimvarReader_float3")
    reader.CreateInput("varname", Sdf.ValueTypeNames.String).Set("displayColor")
    reader.CreateInput("fallback", Sdf.ValueTypeNames.Float3).Set(Gf.Vec3f(0.1, 0.08, 0.06))
    color = reader.CreateOutput("result", Sdf.ValueTypeNames.Float3)
    surface = UsdShade.Shader.Define(stage, f"{path}/surface")
    surface.CreateIdAttr("UsdPreviewSurface")
    surface.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f).ConnectToSource(color)
    surface.CreateInput("roughness", Sdf.ValueTypeNames.Float).Set(roughness)
    surface.CreateInput("specular", Sdf.ValueTypeNames.Float).Set(0.3)
    material.CreateSurfaceOutput().ConnectToSource(surface.CreateOutput("surface", Sdf.ValueTypeNames.Token))
    return material


def plain_material(
    stage: Usd.Stage,
    path: str,
    color: tuple[float, float, float],
    roughness: float,
    emission: tuple[float, float, float] | None = None,
) -> UsdShade.Material:
    """A surface of one colour, perhaps glowing (nits)."""
    material = UsdShade.Material.Define(stage, path)
    surface = UsdShade.Shader.Define(stage, f"{path}/surface")
    surface.CreateIdAttr("UsdPreviewSurface")
    surface.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f).Set(Gf.Vec3f(*color))
    surface.CreateInput("roughness", Sdf.ValueTypeNames.Float).Set(roughness)
    if emission is not None:
        surface.CreateInput("emissiveColor", Sdf.ValueTypeNames.Color3f).Set(Gf.Vec3f(*emission))
    material.CreateSurfaceOutput().ConnectToSource(surface.CreateOutput("surface", Sdf.ValueTypeNames.Token))
    return material


def bind(mesh: UsdGeom.Mesh, material: UsdShade.Material) -> None:
    """Give a mesh its material."""
    UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)
