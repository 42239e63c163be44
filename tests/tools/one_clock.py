"""The four clocks of each tree, read from a published layer's files alone: ignition, flame, light and char.

Nothing of the generator is asked: the payload's prims, samples and primvars, and the voxels of the .vdb files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom, UsdLux, UsdVol

from usd_ai.generators.burning_forest.plants import NEVER
from usd_ai.sim.vdb import decode

F64 = NDArray[np.float64]

NEAR = 2.0
"""Metres from a tree, foot to top, within which a voxel is the tree's."""
_BURNING = 0.05  # of the share of burning gas: below it, nothing shows
_CHARRED = r"_(burning|charred|skeleton)(_|$)"


@dataclass(frozen=True)
class Clocks:
    """Frames by tree id; a tree that is in none of the files is in none of the tables."""

    ignition: dict[int, float] = field(default_factory=dict)
    flame: dict[int, float] = field(default_factory=dict)
    light: dict[int, float] = field(default_factory=dict)
    char: dict[int, float] = field(default_factory=dict)


def read_clocks(folder: Path, trees: set[int] | None = None) -> Clocks:
    """The clocks of the layer in ``folder``; flames are looked for only for ``trees`` where they are given."""
    stage = Usd.Stage.Open(str(folder / "payload.usdc"))
    root = stage.GetDefaultPrim()
    forest = UsdGeom.PointInstancer(root.GetChild("trees"))
    ids = np.array(forest.GetIdsAttr().Get(), np.int64)
    return Clocks(
        ignition=_ignition(stage, forest, ids),
        flame=_flames(stage, forest, ids, folder, trees),
        light=_lights(stage),
        char=_chars(stage, forest, ids),
    )


def _ignition(stage: Usd.Stage, forest: UsdGeom.PointInstancer, ids: NDArray[np.int64]) -> dict[int, float]:
    said = stage.GetDefaultPrim().GetCustomDataByKey("usdai")
    seconds = np.array(UsdGeom.PrimvarsAPI(forest).GetPrimvar("usdai:ignition").Get(), np.float64)
    rate = stage.GetTimeCodesPerSecond() / said["storyTimePerSecond"]
    frames = stage.GetStartTimeCode() + (seconds - said["storyTimeAtStart"]) * rate
    never = seconds == NEVER
    return {int(i): float(f) for i, f, n in zip(ids, frames, never, strict=True) if not n}


def _chars(stage: Usd.Stage, forest: UsdGeom.PointInstancer, ids: NDArray[np.int64]) -> dict[int, float]:
    """The first frame at which a tree that had no char has some."""
    names = [path.name for path in forest.GetPrototypesRel().GetForwardedTargets()]
    charred = np.array([bool(re.search(_CHARRED, name)) for name in names])
    indices = forest.GetProtoIndicesAttr()
    times = indices.GetTimeSamples() or [stage.GetStartTimeCode()]
    found: dict[int, float] = {}
    before = charred[np.array(indices.Get(times[0]))]
    for time in times[1:]:
        now = charred[np.array(indices.Get(time))]
        for tree in ids[now & ~before]:
            found.setdefault(int(tree), float(time))
        before = now
    return found


def _lights(stage: Usd.Stage) -> dict[int, float]:
    """The first frame at which a part of a light's intensity is a tree's; the parts must make the whole."""
    found: dict[int, float] = {}
    for prim in stage.Traverse():
        if not prim.IsA(UsdLux.SphereLight) or not prim.HasAttribute("usdai:trees"):
            continue
        trees = prim.GetAttribute("usdai:trees").Get()
        parts, intensity = prim.GetAttribute("usdai:nits"), prim.GetAttribute("inputs:intensity")
        for time in parts.GetTimeSamples():
            nits = np.array(parts.Get(time), np.float64)
            whole = intensity.Get(time)
            if not np.isclose(nits.sum(), whole, rtol=1e-3, atol=1e-2):
                raise AssertionError(f"{prim.GetPath()} at {time}: parts of {nits.sum()} nits, a light of {whole}")
            for tree in np.array(trees, np.int64)[nits > 0.0]:
                found[int(tree)] = min(found.get(int(tree), np.inf), float(time))
    return found


def _flames(
    stage: Usd.Stage, forest: UsdGeom.PointInstancer, ids: NDArray[np.int64], folder: Path, trees: set[int] | None
) -> dict[int, float]:
    """The first frame at which a visible volume that stands for a tree has burning gas within `NEAR` of it."""
    metres = UsdGeom.GetStageMetersPerUnit(stage)
    up = 1 if UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.y else 2
    feet = dict(zip(ids.tolist(), np.array(forest.GetPositionsAttr().Get(), np.float64), strict=True))
    tall = np.array(UsdGeom.PrimvarsAPI(forest).GetPrimvar("usdai:height").Get(), np.float64)
    tops = dict(zip(ids.tolist(), tall, strict=True))
    voxels: dict[Path, F64] = {}
    found: dict[int, float] = {}
    for prim in stage.Traverse():
        if not prim.IsA(UsdVol.Volume) or not prim.HasAttribute("usdai:trees"):
            continue
        stands = [int(i) for i in prim.GetAttribute("usdai:trees").Get() if trees is None or int(i) in trees]
        asset = next((child for child in prim.GetChildren() if child.GetName() == "flame"), None)
        if not stands or asset is None:
            continue
        path, shown = asset.GetAttribute("filePath"), UsdGeom.Imageable(prim).GetVisibilityAttr()
        world = np.array(UsdGeom.XformCache().GetLocalToWorldTransform(prim))
        left = set(stands)
        for time in [t for t in path.GetTimeSamples() if stage.GetStartTimeCode() <= t <= stage.GetEndTimeCode()]:
            if not left:
                break
            if shown.Get(time) == UsdGeom.Tokens.invisible:
                continue
            file = folder / path.Get(time).path
            if file not in voxels:
                voxels[file] = _burning(file)
            points = voxels[file] @ world[:3, :3] + world[3, :3]
            for tree in sorted(left):
                if len(points) and _distance(points, feet[tree], tops[tree], up) * metres <= NEAR:
                    found[tree] = min(found.get(tree, np.inf), float(time))
                    left.discard(tree)
    return found


def _burning(file: Path) -> F64:
    """Centres [n, 3] of the voxels of burning gas in a file, in the volume's own space."""
    read = decode(file.read_bytes())
    grid = read.grid("flame")
    if grid is None:
        return np.zeros((0, 3))
    hot = np.argwhere(grid.values > _BURNING)
    return (hot + np.array(grid.origin)) * read.voxel_size + np.array(read.translation)


def _distance(points: F64, foot: F64, height: float, up: int) -> float:
    """Of the nearest point to the line from foot to top."""
    nearest = np.tile(foot, (len(points), 1))
    nearest[:, up] = np.clip(points[:, up], foot[up], foot[up] + height)
    return float(np.sqrt(((points - nearest) ** 2).sum(axis=1).min()))


__all__ = ["NEAR", "Clocks", "read_clocks"]
