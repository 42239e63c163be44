"""Published layers as plain numbers, read with OpenUSD alone: what a lighter's tool would see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom


@dataclass(frozen=True)
class Trees:
    """The instancer ``trees`` of a layer. Columns of equal length; ``transforms`` [n, 10]: place, turn, scale."""

    ids: NDArray[np.int64]
    places: NDArray[np.float32]
    transforms: NDArray[np.float32]
    species: NDArray[np.int32]
    ignition: NDArray[np.float32]
    prototypes: tuple[str, ...]
    indices: NDArray[np.int32]
    story_time_at_start: float
    start: float

    def rows(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where ids stand in the columns."""
        order = np.argsort(self.ids)
        return order[np.searchsorted(self.ids, ids, sorter=order)]


def read_trees(layer: Path) -> Trees:
    """The trees on the host's ground, of a published layer's interface file."""
    stage = Usd.Stage.Open(str(layer))
    return _read(stage, stage.GetDefaultPrim(), "trees")


def read_trees_of(stage: Usd.Stage, path: str) -> Trees:
    """An instancer of trees of the layer that a stage shows."""
    return _read(stage, stage.GetPrimAtPath("/burning_forest"), path)


def _read(stage: Usd.Stage, root: Usd.Prim, path: str) -> Trees:
    instancer = UsdGeom.PointInstancer(stage.GetPrimAtPath(root.GetPath().AppendPath(path)))
    start = stage.GetStartTimeCode()
    places = np.array(instancer.GetPositionsAttr().Get(start))
    turns = np.array([[q.GetReal(), *q.GetImaginary()] for q in instancer.GetOrientationsAttr().Get(start)])
    scales = np.array(instancer.GetScalesAttr().Get(start))
    primvars = UsdGeom.PrimvarsAPI(instancer)
    return Trees(
        ids=np.array(instancer.GetIdsAttr().Get(start)),
        places=places,
        transforms=np.concatenate([places, turns.astype(np.float32), scales], axis=1),
        species=np.array(primvars.GetPrimvar("usdai:species").Get(start)),
        ignition=np.array(primvars.GetPrimvar("usdai:ignition").Get(start)),
        prototypes=tuple(target.name for target in instancer.GetPrototypesRel().GetTargets()),
        indices=np.array(instancer.GetProtoIndicesAttr().Get(start)),
        story_time_at_start=root.GetCustomDataByKey("usdai:storyTimeAtStart"),
        start=start,
    )


@dataclass(frozen=True)
class Lens:
    """A camera at one frame: ``world`` [4, 4] camera to world (row vectors), half sizes of its frame at distance 1."""

    world: NDArray[np.float64]
    half_width: float
    half_height: float

    @property
    def place(self) -> NDArray[np.float64]:
        """Where it stands, host units."""
        return self.world[3, :3]

    @property
    def ahead(self) -> NDArray[np.float64]:
        """The way it looks."""
        return -self.world[2, :3] / np.linalg.norm(self.world[2, :3])

    def project(self, points: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Places [n, 2] in the frame, -1 to 1 where seen, and depths [n] in host units, positive ahead."""
        local = np.column_stack([points, np.ones(len(points))]) @ np.linalg.inv(self.world)
        depth = -local[:, 2]
        reach = np.where(depth > 0.0, depth, np.nan)
        return local[:, :2] / reach[:, None] / np.array([self.half_width, self.half_height]), depth

    def sees(self, points: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Which points lie in the frame."""
        at, depth = self.project(points)
        return (depth > 0.0) & (np.abs(np.nan_to_num(at, nan=9.0)) <= 1.0).all(axis=1)


def read_lens(stage: Usd.Stage, path: str, frame: float) -> Lens:
    """A camera of a stage at a frame."""
    camera = UsdGeom.Camera(stage.GetPrimAtPath(path))
    focal = camera.GetFocalLengthAttr().Get(frame)
    world = np.array(camera.ComputeLocalToWorldTransform(frame))
    across, along = camera.GetHorizontalApertureAttr().Get(frame), camera.GetVerticalApertureAttr().Get(frame)
    return Lens(world, 0.5 * across / focal, 0.5 * along / focal)


def read_mesh(stage: Usd.Stage, path: str, frame: float) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """World-space points [n, 3] and triangles [m, 3] of a mesh; its faces are cut into fans."""
    mesh = UsdGeom.Mesh(stage.GetPrimAtPath(path))
    points = np.array(mesh.GetPointsAttr().Get(frame), np.float64)
    world = np.array(mesh.ComputeLocalToWorldTransform(frame))
    counts = np.array(mesh.GetFaceVertexCountsAttr().Get(frame))
    corners = np.array(mesh.GetFaceVertexIndicesAttr().Get(frame))
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    fans = [
        np.stack([corners[first[of]], corners[first[of] + k], corners[first[of] + k + 1]], axis=1)
        for k in range(1, int(counts.max()) - 1)
        if len(of := np.flatnonzero(counts > k + 1))
    ]
    return points @ world[:3, :3] + world[3, :3], np.concatenate(fans).astype(np.int32)
