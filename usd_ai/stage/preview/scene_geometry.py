"""Meshes and point instancers of a stage as triangles with an albedo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom, UsdShade

from usd_ai.core.errors import UnreadableInput
from usd_ai.stage.preview.values import Doubles, Floats, Instances, Mesh

Color = tuple[float, float, float]

_GREY: Color = (0.18, 0.18, 0.18)
_SPHERE_RINGS, _SPHERE_SIDES = 10, 20


class Reader:
    """Reads geometry at one frame. ``notes`` gathers what could not be shown as it is."""

    def __init__(self, frame: float) -> None:
        self._frame = frame
        self._cache = UsdGeom.XformCache(frame)
        self.notes: list[str] = []

    def meshes(self, prim: Usd.Prim) -> list[Mesh]:
        """A prim's triangles in world space; none for an empty mesh."""
        return self._read(prim, np.array(self._cache.GetLocalToWorldTransform(prim)))

    def instancer(self, instancer: UsdGeom.PointInstancer) -> Instances:
        """The visible instances of a PointInstancer. Raises UnreadableInput when its arrays do not fit."""
        path = str(instancer.GetPath())
        stage = instancer.GetPrim().GetStage()
        targets = instancer.GetPrototypesRel().GetForwardedTargets()
        prototypes = tuple(tuple(self._prototype(stage.GetPrimAtPath(target))) for target in targets)
        which = np.array(instancer.GetProtoIndicesAttr().Get(self._frame) or [], dtype=np.int32)
        if not len(which):
            return Instances(path, prototypes, which, np.zeros((0, 4, 4)))
        local = instancer.ComputeInstanceTransformsAtTime(
            self._frame, self._frame, UsdGeom.PointInstancer.ExcludeProtoXform, UsdGeom.PointInstancer.IgnoreMask
        )
        if len(local) != len(which) or which.min() < 0 or which.max() >= len(prototypes):
            raise UnreadableInput(
                f"The instancer {path} holds {len(which)} protoIndices over {len(prototypes)} prototypes for "
                f"{len(local)} places.",
                remedy="Check the layer; it must be generated again.",
                reason="INSTANCER_BROKEN",
                context={"prim": path},
            )
        world = np.array(self._cache.GetLocalToWorldTransform(instancer.GetPrim()))
        matrices = np.asarray(local, dtype=np.float64).reshape(-1, 4, 4) @ world
        mask = np.array(instancer.ComputeMaskAtTime(self._frame) or [], dtype=bool)
        if len(mask):
            which, matrices = which[mask], matrices[mask]
        return Instances(path, prototypes, which, matrices)

    def _prototype(self, root: Usd.Prim) -> list[Mesh]:
        meshes: list[Mesh] = []
        if not root:
            return meshes
        own, _ = self._cache.GetLocalTransformation(root)
        for prim in Usd.PrimRange(root, Usd.TraverseInstanceProxies()):
            if prim.IsA("PointInstancer"):
                self.notes.append("Instancers inside prototypes are not drawn.")
                continue
            image = UsdGeom.Imageable(prim)
            if image and image.GetVisibilityAttr().Get(self._frame) == UsdGeom.Tokens.invisible:
                continue
            relative, _ = self._cache.ComputeRelativeTransform(prim, root)
            meshes += self._read(prim, np.array(relative) @ np.array(own))
        return meshes

    def _read(self, prim: Usd.Prim, matrix: Doubles) -> list[Mesh]:
        if prim.IsA("Mesh"):
            return self._mesh(UsdGeom.Mesh(prim), matrix)
        shape = _implicit(prim, self._frame)
        if shape is None:
            return []
        points, triangles = shape
        color = self._surface(prim)
        colors = np.tile(np.array(color or self._constant_color(prim), dtype=np.float32), (len(points), 1))
        return [Mesh(_place(points, matrix), triangles, colors)]

    def _mesh(self, mesh: UsdGeom.Mesh, matrix: Doubles) -> list[Mesh]:
        prim = mesh.GetPrim()
        points = np.array(mesh.GetPointsAttr().Get(self._frame) or [], dtype=np.float32).reshape(-1, 3)
        counts = np.array(mesh.GetFaceVertexCountsAttr().Get(self._frame) or [], dtype=np.int32)
        corners = np.array(mesh.GetFaceVertexIndicesAttr().Get(self._frame) or [], dtype=np.int32)
        if not len(points) or not len(counts):
            return []
        fits = len(corners) == int(counts.sum()) and counts.min() >= 0
        if not fits or corners.min() < 0 or corners.max() >= len(points):
            raise UnreadableInput(
                f"The mesh {prim.GetPath()} has faces that name points it does not have.",
                remedy="Mend the mesh, or deactivate it in the shot.",
                reason="MESH_BROKEN",
                context={"prim": str(prim.GetPath())},
            )
        if prim.HasAttribute("primvars:skel:jointIndices"):
            self.notes.append("Skinned meshes are drawn in their bind pose.")
        places, faces = _fan(counts)
        color = self._surface(prim)
        placed = _place(points, matrix)
        if color is not None:
            return [Mesh(placed, corners[places], np.tile(np.array(color, dtype=np.float32), (len(points), 1)))]
        values, kind = self._display_color(prim)
        if kind in {UsdGeom.Tokens.vertex, UsdGeom.Tokens.varying} and len(values) == len(points):
            return [Mesh(placed, corners[places], values)]
        if kind == UsdGeom.Tokens.uniform and len(values) == len(counts):
            loose = np.repeat(values[faces], 3, axis=0)
        elif kind == UsdGeom.Tokens.faceVarying and len(values) == len(corners):
            loose = values[places.reshape(-1)]
        else:
            first = values[0] if len(values) else np.array(_GREY, dtype=np.float32)
            return [Mesh(placed, corners[places], np.tile(first, (len(points), 1)))]
        soup = placed[corners[places].reshape(-1)]
        return [Mesh(soup, np.arange(len(soup), dtype=np.int32).reshape(-1, 3), loose)]

    def _display_color(self, prim: Usd.Prim) -> tuple[Floats, str]:
        primvar = UsdGeom.PrimvarsAPI(prim).FindPrimvarWithInheritance("displayColor")
        if not primvar or not primvar.HasValue():
            return np.zeros((0, 3), np.float32), ""
        values = np.array(primvar.ComputeFlattened(self._frame) or [], dtype=np.float32).reshape(-1, 3)
        return values, str(primvar.GetInterpolation())

    def _constant_color(self, prim: Usd.Prim) -> tuple[float, float, float]:
        values, _ = self._display_color(prim)
        return (float(values[0][0]), float(values[0][1]), float(values[0][2])) if len(values) else _GREY

    def _surface(self, prim: Usd.Prim) -> Color | None:
        """Albedo of the bound UsdPreviewSurface; None where displayColor says it."""
        material, _ = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()
        if not material:
            return None
        shader, _, _ = material.ComputeSurfaceSource()
        if not shader or shader.GetIdAttr().Get() != "UsdPreviewSurface":
            self.notes.append("Materials other than UsdPreviewSurface are drawn with their displayColor.")
            return None
        glow = shader.GetInput("emissiveColor")
        if glow and (glow.HasConnectedSource() or any(glow.Get(self._frame) or ())):
            self.notes.append("Materials that glow of themselves are drawn without their glow.")
        diffuse = shader.GetInput("diffuseColor")
        if not diffuse:
            return None
        if diffuse.HasConnectedSource():
            source, _, _ = diffuse.GetConnectedSource()
            kind = UsdShade.Shader(source.GetPrim()).GetIdAttr().Get()
            if kind is not None and str(kind).startswith("UsdUVTexture"):
                self.notes.append("Textures are not drawn; such meshes show their displayColor.")
            return None
        value = diffuse.Get(self._frame)
        return (float(value[0]), float(value[1]), float(value[2])) if value is not None else None


def _fan(counts: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Polygons as fans: places in the corner array [triangles, 3] and the face of each triangle [triangles]."""
    per_face = np.maximum(counts.astype(np.int64) - 2, 0)
    faces = np.repeat(np.arange(len(counts)), per_face)
    start = np.cumsum(counts.astype(np.int64)) - counts
    step = np.arange(len(faces)) - np.repeat(np.cumsum(per_face) - per_face, per_face)
    first = start[faces]
    return np.stack([first, first + step + 1, first + step + 2], axis=1), faces


def _place(points: Floats, matrix: Doubles) -> Floats:
    return (points.astype(np.float64) @ matrix[:3, :3] + matrix[3, :3]).astype(np.float32)


def _implicit(prim: Usd.Prim, frame: float) -> tuple[Floats, NDArray[np.int32]] | None:
    """Triangles of a Sphere, Cube or Plane in its own space."""
    if prim.IsA("Sphere"):
        return _sphere(float(UsdGeom.Sphere(prim).GetRadiusAttr().Get(frame)))
    if prim.IsA("Cube"):
        half = 0.5 * float(UsdGeom.Cube(prim).GetSizeAttr().Get(frame))
        corners = np.array(
            [[x, y, z] for x in (-half, half) for y in (-half, half) for z in (-half, half)], dtype=np.float32
        )
        quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
        return corners, np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))], dtype=np.int32)
    if prim.IsA("Plane"):
        plane = UsdGeom.Plane(prim)
        wide, long = 0.5 * float(plane.GetWidthAttr().Get(frame)), 0.5 * float(plane.GetLengthAttr().Get(frame))
        flat = np.array([[-wide, -long, 0], [wide, -long, 0], [wide, long, 0], [-wide, long, 0]], dtype=np.float32)
        order = {"X": (2, 1, 0), "Y": (0, 2, 1), "Z": (0, 1, 2)}[str(plane.GetAxisAttr().Get())]
        return np.ascontiguousarray(flat[:, order]), np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)
    return None


def _sphere(radius: float) -> tuple[Floats, NDArray[np.int32]]:
    theta = np.linspace(0.0, np.pi, _SPHERE_RINGS + 1)[:, None]
    phi = np.linspace(0.0, 2 * np.pi, _SPHERE_SIDES + 1)[None, :]
    around = np.broadcast_arrays(np.sin(theta) * np.cos(phi), np.cos(theta) + 0 * phi, np.sin(theta) * np.sin(phi))
    points = (radius * np.stack(around, axis=-1)).reshape(-1, 3).astype(np.float32)
    row = _SPHERE_SIDES + 1
    ring, side = np.mgrid[0:_SPHERE_RINGS, 0:_SPHERE_SIDES]
    a = (ring * row + side).reshape(-1)
    triangles = np.concatenate([np.stack([a, a + 1, a + row], 1), np.stack([a + 1, a + row + 1, a + row], 1)])
    return points, triangles.astype(np.int32)
