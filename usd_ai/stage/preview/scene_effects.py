"""Volumes and embers of a stage as arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pxr import Usd, UsdGeom, UsdVol

from usd_ai.core.errors import NotFound, UnreadableInput
from usd_ai.sim import vdb
from usd_ai.stage.preview import planck
from usd_ai.stage.preview.values import Doubles, Embers, Volume, VolumeGrids

EMBER_KELVIN = 1450.0
"""Temperature of embers where the layer gives none: fanned by the updraft, above the 920-1090 K of falling ones."""

_FIELDS = ("density", "temperature", "flame")
_COLD = 290.0


class Library:
    """Time samples of volumes, each file read once however often it is placed."""

    def __init__(self) -> None:
        self.grids: list[VolumeGrids] = []
        self._files: dict[str, vdb.VdbFile] = {}
        self._known: dict[tuple[tuple[str, str], ...], int] = {}

    def index(self, fields: dict[str, tuple[str, str]]) -> int:
        """Index into ``grids`` of fields given as (file, grid name) by field name."""
        key = tuple(fields.get(name, ("", "")) for name in _FIELDS)
        if key not in self._known:
            self._known[key] = len(self.grids)
            self.grids.append(_join([self._grid(*place) for place in key], key))
        return self._known[key]

    def _grid(self, path: str, name: str) -> tuple[vdb.VdbFile, vdb.Grid] | None:
        if not path:
            return None
        if path not in self._files:
            self._files[path] = _decode(path)
        file = self._files[path]
        grid = file.grid(name)
        if grid is None:
            raise UnreadableInput(
                f"The volume file {Path(path).name} holds no grid '{name}'.",
                remedy="Generate the layer again.",
                reason="VOLUME_GRID_MISSING",
                context={"file": Path(path).name, "grid": name},
            )
        return file, grid


def _decode(path: str) -> vdb.VdbFile:
    try:
        return vdb.decode(Path(path).read_bytes())
    except UnreadableInput as error:
        raise UnreadableInput(
            f"{Path(path).name}: {error.message}",
            remedy=error.remedy,
            reason=error.reason,
            context={"file": Path(path).name},
        ) from error


def _join(found: list[tuple[vdb.VdbFile, vdb.Grid] | None], key: tuple[tuple[str, str], ...]) -> VolumeGrids:
    """Three grids of one transform as one array over the box that holds them all, with a rim of empty voxels."""
    present = [(file, grid) for entry in found if entry is not None for file, grid in [entry]]
    full = [(file, grid) for file, grid in present if grid.values.size]
    if not full:
        return VolumeGrids(np.zeros((1, 1, 1, 3), np.float32), (0.0, 0.0, 0.0), 1.0)
    first = full[0][0]
    for file, _ in full:
        if file.voxel_size != first.voxel_size or file.translation != first.translation:
            raise UnreadableInput(
                f"The fields of {Path(key[0][0] or key[1][0]).name} lie on different voxels.",
                remedy="Write the grids of one volume with one transform.",
                reason="VOLUME_TRANSFORMS_DIFFER",
            )
    low = np.min([grid.origin for _, grid in full], axis=0) - 1
    high = np.max([np.array(grid.origin) + grid.values.shape[:3] for _, grid in full], axis=0) + 1
    values = np.zeros((*(high - low), 3), np.float32)
    values[..., 1] = _COLD
    for channel, entry in enumerate(found):
        if entry is None or not entry[1].values.size:
            continue
        grid = entry[1]
        x, y, z = (int(value) for value in np.array(grid.origin) - low)
        a, b, c = grid.values.shape[:3]
        values[x : x + a, y : y + b, z : z + c, channel] = grid.values
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    corner = np.array(first.translation) + first.voxel_size * low
    return VolumeGrids(
        np.maximum(values, 0.0), (float(corner[0]), float(corner[1]), float(corner[2])), first.voxel_size
    )


def read_volume(volume: UsdVol.Volume, frame: float, library: Library) -> Volume:
    """A Volume at a frame. Raises NotFound naming the file that is not there, UnreadableInput."""
    stage = volume.GetPrim().GetStage()
    fields: dict[str, tuple[str, str]] = {}
    for name, target in sorted(volume.GetFieldPaths().items()):
        asset = UsdVol.OpenVDBAsset(stage.GetPrimAtPath(target))
        if name not in _FIELDS or not asset:
            continue
        path = asset.GetFilePathAttr().Get(frame)
        if path is None or not path.path:
            continue
        if not path.resolvedPath or not Path(path.resolvedPath).is_file():
            raise NotFound(
                f"The volume file {path.path} of {volume.GetPath()} is not there.",
                remedy="Generate the layer again, or bring the file back beside it.",
                reason="VOLUME_MISSING",
                context={"file": Path(path.path).name, "prim": str(volume.GetPath())},
            )
        fields[name] = (path.resolvedPath, str(asset.GetFieldNameAttr().Get(frame) or name))
    world = np.array(UsdGeom.Xformable(volume.GetPrim()).ComputeLocalToWorldTransform(frame), dtype=np.float64)
    return Volume(str(volume.GetPath()), library.index(fields), world)


def read_embers(points: UsdGeom.Points, frame: float) -> tuple[Embers, list[str]]:
    """Points at a frame as embers, and what had to be assumed.

    ``primvars:usdai:temperature`` in kelvin says how bright each is, or a displayColor in nits, one that goes beyond 1.
    """
    prim = points.GetPrim()
    places = np.array(points.GetPointsAttr().Get(frame) or [], dtype=np.float64).reshape(-1, 3)
    count = len(places)
    world = np.array(UsdGeom.Xformable(prim).ComputeLocalToWorldTransform(frame), dtype=np.float64)
    size = float(np.cbrt(abs(np.linalg.det(world[:3, :3]))))
    speeds = np.array(points.GetVelocitiesAttr().Get(frame) or [], dtype=np.float64).reshape(-1, 3)
    widths = np.array(points.GetWidthsAttr().Get(frame) or [], dtype=np.float64)
    moving = speeds if len(speeds) == count else np.zeros((count, 3))
    thick = widths if len(widths) == count else np.full(count, widths[0] if len(widths) else 0.004)
    kelvin, notes = _ember_kelvin(prim, frame, count)
    return Embers(places @ world[:3, :3] + world[3, :3], moving @ world[:3, :3], thick * size, kelvin), notes


def _ember_kelvin(prim: Usd.Prim, frame: float, count: int) -> tuple[Doubles, list[str]]:
    """Nits of embers [n, 3]."""
    api = UsdGeom.PrimvarsAPI(prim)
    for name in ("usdai:temperature", "temperature"):
        primvar = api.GetPrimvar(name)
        values = np.array(primvar.ComputeFlattened(frame) or [], dtype=np.float64) if primvar else np.zeros(0)
        if count and len(values) in {1, count}:
            return np.broadcast_to(planck.emission(np.clip(values, 500.0, 3500.0)), (count, 3)).copy(), []
    color = api.GetPrimvar("displayColor")
    shown = (
        np.array(color.ComputeFlattened(frame) or [], dtype=np.float64).reshape(-1, 3) if color else np.zeros((0, 3))
    )
    if count and len(shown) in {1, count} and float(shown.max()) > 1.0:
        return np.broadcast_to(np.maximum(shown, 0.0), (count, 3)).copy(), []  # more than a colour: nits
    nits = np.tile(planck.emission(np.array([EMBER_KELVIN])), (count, 1))
    return nits, [f"Embers say neither temperature nor nits; they are drawn at {EMBER_KELVIN:g} K."] if count else []
