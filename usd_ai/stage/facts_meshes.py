"""Host geometry as triangles in world space: what there is, how much of it, and what becomes of what is too much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Usd, UsdGeom

from usd_ai.stage.facts_roles import role_of

Points = NDArray[np.float64]
Triangles = NDArray[np.int32]

_BOX_TRIANGLES = np.array(
    [
        [0, 2, 1], [1, 2, 3], [4, 5, 6], [5, 7, 6], [0, 1, 4], [1, 5, 4],
        [2, 6, 3], [3, 6, 7], [0, 4, 2], [2, 4, 6], [1, 3, 5], [3, 7, 5],
    ],
    dtype=np.int32,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Surface:
    """Triangles: ``points`` float64 [n, 3] and ``triangles`` int32 [m, 3]."""

    points: Points
    triangles: Triangles


@dataclass(frozen=True, slots=True)
class HostMesh:
    """Something solid in the host stage: a mesh, an implicit shape, or all instances of a PointInstancer.

    ``low``, ``high``: world bounds at the first frame. ``triangles``: how many there will be.
    """

    prim: Usd.Prim
    path: str
    role: str
    triangles: int
    low: Points
    high: Points
    animated: bool


@dataclass(slots=True)
class Collector:
    """Reads host geometry at one time code. Local geometry that instances share is read once."""

    time: float
    warnings: list[str] = field(default_factory=list[str])
    _shared: dict[str, Surface | None] = field(default_factory=dict[str, "Surface | None"])
    _moving: dict[str, bool] = field(default_factory=dict[str, bool])

    def find(self, stage: Usd.Stage, top: str = "/") -> list[HostMesh]:
        """Everything solid and visible at and below ``top``, in order of traversal."""
        bounds = UsdGeom.BBoxCache(self.time, [UsdGeom.Tokens.default_, UsdGeom.Tokens.render])
        found: list[HostMesh] = []
        for prim in self._solids(stage.GetPrimAtPath(top)):
            box = bounds.ComputeWorldBound(prim).ComputeAlignedRange()
            low, high = np.array(box.GetMin(), dtype=np.float64), np.array(box.GetMax(), dtype=np.float64)
            count = self._count(prim)
            if count == 0 or not (np.isfinite(low) & np.isfinite(high) & (low <= high)).all():
                continue
            path = str(prim.GetPath())
            found.append(HostMesh(prim, path, role_of(path), count, low, high, self._animated(prim)))
        return found

    def surface(self, mesh: HostMesh) -> Surface | None:
        """The triangles of a mesh in world space. None, and a warning, when it is malformed."""
        world = UsdGeom.XformCache(self.time)
        if mesh.prim.IsA("PointInstancer"):
            return self._instances(UsdGeom.PointInstancer(mesh.prim), world)
        local = self._local(mesh.prim)
        if local is None:
            return None
        return Surface(moved(local.points, world.GetLocalToWorldTransform(mesh.prim)), local.triangles)

    def _solids(self, top: Usd.Prim) -> Iterator[Usd.Prim]:
        walk = iter(Usd.PrimRange(top, Usd.TraverseInstanceProxies()))
        for prim in walk:
            instancer = prim.IsA("PointInstancer")
            if instancer:
                walk.PruneChildren()  # prototypes stand for nothing by themselves
            solid = instancer or (prim.IsA("Gprim") and not prim.IsA("PointBased"))
            if (solid or prim.IsA("Mesh")) and self._seen(prim):
                yield prim

    def _seen(self, prim: Usd.Prim) -> bool:
        image = UsdGeom.Imageable(prim)
        shown = image.ComputeVisibility(self.time) != UsdGeom.Tokens.invisible
        return shown and image.ComputePurpose() in {UsdGeom.Tokens.default_, UsdGeom.Tokens.render}

    def _count(self, prim: Usd.Prim) -> int:
        if prim.IsA("PointInstancer"):
            return sum(len(chosen) * count for chosen, count in self._prototypes(UsdGeom.PointInstancer(prim)))
        if not prim.IsA("Mesh"):
            return len(_BOX_TRIANGLES)
        counts = UsdGeom.Mesh(prim).GetFaceVertexCountsAttr().Get(self.time)
        return int(np.maximum(np.asarray(counts, dtype=np.int64) - 2, 0).sum()) if counts else 0

    def _prototypes(self, instancer: UsdGeom.PointInstancer) -> list[tuple[NDArray[np.int64], int]]:
        """For each prototype the numbers of the instances that show it, and its number of triangles."""
        indices = np.asarray(instancer.GetProtoIndicesAttr().Get(self.time) or [], dtype=np.int64)
        stage = instancer.GetPrim().GetStage()
        result: list[tuple[NDArray[np.int64], int]] = []
        for number, target in enumerate(instancer.GetPrototypesRel().GetForwardedTargets()):
            root = stage.GetPrimAtPath(target)
            count = sum(self._count(p) for p in self._solids(root) if not p.IsA("PointInstancer")) if root else 0
            result.append((np.flatnonzero(indices == number), count))
        return result

    def _instances(self, instancer: UsdGeom.PointInstancer, world: UsdGeom.XformCache) -> Surface | None:
        transforms = instancer.ComputeInstanceTransformsAtTime(self.time, self.time)
        chosen = self._prototypes(instancer)
        if len(transforms) != len(instancer.GetProtoIndicesAttr().Get(self.time) or []):
            self._warn(str(instancer.GetPath()))
            return None
        matrices = np.array(transforms, dtype=np.float64).reshape(-1, 4, 4)
        to_world = np.array(world.GetLocalToWorldTransform(instancer.GetPrim()), dtype=np.float64)
        stage = instancer.GetPrim().GetStage()
        points: list[Points] = []
        triangles: list[Triangles] = []
        total = 0
        for (which, _), target in zip(chosen, instancer.GetPrototypesRel().GetForwardedTargets(), strict=True):
            local = self._prototype_surface(stage.GetPrimAtPath(target), world) if len(which) else None
            if local is None:
                continue
            placed = matrices[which] @ to_world
            moved_points = local.points @ placed[:, :3, :3] + placed[:, None, 3, :3]
            starts = total + np.arange(len(which), dtype=np.int64) * len(local.points)
            points.append(moved_points.reshape(-1, 3))
            triangles.append((local.triangles[None] + starts[:, None, None]).astype(np.int32).reshape(-1, 3))
            total += points[-1].shape[0]
        return Surface(np.concatenate(points), np.concatenate(triangles)) if points else None

    def _prototype_surface(self, root: Usd.Prim, world: UsdGeom.XformCache) -> Surface | None:
        """All meshes of a prototype in the space below the prototype's own transform."""
        parts: list[Surface] = []
        back = world.GetLocalToWorldTransform(root).GetInverse()
        for prim in self._solids(root):
            local = None if prim.IsA("PointInstancer") else self._local(prim)
            if local is not None:
                matrix = world.GetLocalToWorldTransform(prim) * back
                parts.append(Surface(moved(local.points, matrix), local.triangles))
        return joined(parts)

    def _local(self, prim: Usd.Prim) -> Surface | None:
        key = str(prim.GetPrimInPrototype().GetPath() if prim.IsInstanceProxy() else prim.GetPath())
        if key not in self._shared:
            made = self._mesh(prim) if prim.IsA("Mesh") else self._shape(prim)
            self._shared[key] = made
            if made is None:
                self._warn(str(prim.GetPath()))
        return self._shared[key]

    def _mesh(self, prim: Usd.Prim) -> Surface | None:
        mesh = UsdGeom.Mesh(prim)
        points = np.array(mesh.GetPointsAttr().Get(self.time) or [], dtype=np.float64).reshape(-1, 3)
        counts = np.array(mesh.GetFaceVertexCountsAttr().Get(self.time) or [], dtype=np.int64)
        corners = np.array(mesh.GetFaceVertexIndicesAttr().Get(self.time) or [], dtype=np.int64)
        whole = len(points) > 0 and len(corners) == counts.sum() and (len(counts) == 0 or counts.min() >= 0)
        if not whole or not np.isfinite(points).all():
            return None
        if len(corners) and (corners.min() < 0 or corners.max() >= len(points)):
            return None
        holes = np.array(mesh.GetHoleIndicesAttr().Get(self.time) or [], dtype=np.int64)
        triangles = triangulated(counts, corners, holes)
        if mesh.GetOrientationAttr().Get(self.time) == UsdGeom.Tokens.leftHanded:
            triangles = triangles[:, ::-1]
        return Surface(points, np.ascontiguousarray(triangles))

    def _shape(self, prim: Usd.Prim) -> Surface | None:
        """An implicit shape as the box around it: good enough to keep trees out of it."""
        extent = UsdGeom.Boundable.ComputeExtentFromPlugins(UsdGeom.Boundable(prim), self.time)
        if not extent:
            return None
        corners = np.array(extent, dtype=np.float64).reshape(2, 3)
        return box_surface(corners[0], corners[1])

    def _animated(self, prim: Usd.Prim) -> bool:
        if prim.IsA("PointInstancer"):
            instancer = UsdGeom.PointInstancer(prim)
            varying = (instancer.GetPositionsAttr(), instancer.GetOrientationsAttr(), instancer.GetProtoIndicesAttr())
        elif prim.IsA("Mesh"):
            varying = (UsdGeom.Mesh(prim).GetPointsAttr(),)
        else:
            varying = ()
        return any(attribute.ValueMightBeTimeVarying() for attribute in varying) or self._moves(prim)

    def _moves(self, prim: Usd.Prim) -> bool:
        if prim.IsPseudoRoot():
            return False
        key = str(prim.GetPath())
        if key not in self._moving:
            own = prim.IsA("Xformable") and UsdGeom.Xformable(prim).TransformMightBeTimeVarying()
            self._moving[key] = own or prim.IsA("SkelRoot") or self._moves(prim.GetParent())
        return self._moving[key]

    def _warn(self, path: str) -> None:
        self.warnings.append(f"The geometry of {path} is malformed and was left out.")


def triangulated(counts: NDArray[np.int64], corners: NDArray[np.int64], holes: NDArray[np.int64]) -> Triangles:
    """Faces as fans of triangles [m, 3]; faces of fewer than three corners and holes give none."""
    keep = counts > 2  # noqa: PLR2004 - a triangle
    keep[holes[(holes >= 0) & (holes < len(counts))]] = False
    starts = np.cumsum(counts) - counts
    sizes = np.where(keep, counts - 2, 0)
    face = np.repeat(np.arange(len(counts)), sizes)
    step = np.arange(len(face)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    first = starts[face]
    return np.stack([corners[first], corners[first + step + 1], corners[first + step + 2]], axis=1).astype(np.int32)


def moved(points: Points, matrix: Gf.Matrix4d) -> Points:
    """Points transformed by a row-vector matrix."""
    rows = np.array(matrix, dtype=np.float64)
    return points @ rows[:3, :3] + rows[3, :3]


def joined(parts: list[Surface]) -> Surface | None:
    """One surface of several; None of none."""
    if not parts:
        return None
    starts = np.cumsum([0] + [len(part.points) for part in parts[:-1]])
    triangles = [part.triangles + np.int32(start) for part, start in zip(parts, starts, strict=True)]
    return Surface(np.concatenate([part.points for part in parts]), np.concatenate(triangles))


def box_surface(low: Points, high: Points) -> Surface:
    """A box as twelve triangles that face outward."""
    corners = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], dtype=np.float64)
    return Surface(low + corners * (high - low), _BOX_TRIANGLES)
