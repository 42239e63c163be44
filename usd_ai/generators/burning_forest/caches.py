"""Volume caches on disk, in host units, shared by all shots: the flame library and the smoke over the front.

Both are built once per content key under a lock and then only linked to. Files become visible when they are whole.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.plan import digest_of
from usd_ai.core.ports import Reporter
from usd_ai.generators.burning_forest.space import Space
from usd_ai.run.locks import FileLocks
from usd_ai.sim.plumes import PlumeCache, PlumeFrame
from usd_ai.sim.vdb import Grid, encode

F32 = NDArray[np.float32]

SURFACE = "surface"
"""Name that the flame library gives to its fire of litter and shrubs."""

_FAINT = 1e-4  # extinction in 1/m below which air is clear: 100 m of it take 1 % of the light


@dataclass(frozen=True, slots=True)
class FlameCache:
    """A looping flame on disk. Lengths in metres except ``low`` and ``high``: corners of the box in host units."""

    name: str
    files: tuple[str, ...]
    width: float
    height: float
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    low_fire: bool  # burning litter and shrubs, not crowns

    @property
    def frames(self) -> int:
        """Length of the loop."""
        return len(self.files)


@dataclass(frozen=True, slots=True)
class SmokeFrames:
    """The smoke column on disk: a file per tick, the place of its foot (simulation space), its box in host units."""

    files: dict[int, str]
    place: tuple[float, float, float]
    low: tuple[float, float, float]
    high: tuple[float, float, float]


Builder = Callable[[Path, Reporter], None]
"""Fills a cache entry: called with its folder and a reporter."""


class CacheFolder:
    """A folder whose entries are made once: ``open`` gives the entry of a key, calling ``make`` where it is missing."""

    def __init__(self, folder: str) -> None:
        self._root = Path(folder)
        self._locks = FileLocks(str(self._root / "locks"))

    def entry(self, kind: str, key: dict[str, object]) -> tuple[Path, FileLocks, str]:
        """Folder of an entry, the locks, and the name of its lock."""
        name = f"{kind}-{digest_of(key)[:32]}"
        return self._root / name, self._locks, name

    def make(self, kind: str, key: dict[str, object], build: Builder, report: Reporter) -> Path:
        """The entry's folder; ``build(folder, report)`` fills it first where it is not there yet."""
        target, locks, name = self.entry(kind, key)
        if target.is_dir():
            return target
        with locks.held(name):
            if not target.is_dir():
                fresh = target.with_name(f".{target.name}.{os.getpid()}")
                shutil.rmtree(fresh, ignore_errors=True)
                fresh.mkdir(parents=True)
                build(fresh, report)
                fresh.replace(target)
        return target


def write_flames(folder: Path, caches: Sequence[PlumeCache], space: Space, report: Reporter) -> None:
    """Write a flame library as .vdb files in host units with an index."""
    entries: list[FlameCache] = []
    for number, cache in enumerate(caches):
        name = f"flame_{chr(ord('a') + number)}"
        files: list[str] = []
        for frame, plume in enumerate(cache.frames):
            file = folder / f"{name}.{frame:04d}.vdb"
            file.write_bytes(encode_plume(plume, cache.voxel_size, cache.origin, space))
            files.append(file.name)
        low, high = _box(cache.frames[0].density.shape, cache.voxel_size, cache.origin, space)
        width, height = _flame_size(cache)
        entries.append(FlameCache(name, tuple(files), width, height, low, high, cache.name == SURFACE))
        report((number + 1) / len(caches), f"flames {number + 1} of {len(caches)}")
    (folder / "index.json").write_text(json.dumps([asdict(e) for e in entries], indent=1), encoding="utf-8")


def read_flames(folder: Path) -> list[FlameCache]:
    """The flame library of an entry."""
    found = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return [
        FlameCache(
            e["name"], tuple(str(folder / f) for f in e["files"]), e["width"], e["height"],
            tuple(e["low"]), tuple(e["high"]), e["low_fire"],
        )
        for e in found
    ]  # fmt: skip


def encode_plume(plume: PlumeFrame, voxel: float, origin: tuple[float, float, float], space: Space) -> bytes:
    """A moment as .vdb bytes: density per host unit, kelvin, flame; half floats."""
    clear = (plume.density < _FAINT) & (plume.flame <= 0.0)
    density = np.where(clear, 0.0, plume.density * space.meters_per_unit).astype(np.float32)
    kelvin = np.where(clear, 0.0, plume.temperature).astype(np.float32)
    corner = (0, 0, 0)
    grids = [Grid("density", density, corner), Grid("temperature", kelvin, corner), Grid("flame", plume.flame, corner)]
    scale = 1.0 / space.meters_per_unit
    translation = (origin[0] * scale, origin[1] * scale, origin[2] * scale)
    return encode(grids, voxel * scale, translation)


def _box(
    shape: tuple[int, ...], voxel: float, origin: tuple[float, float, float], space: Space
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    scale = 1.0 / space.meters_per_unit
    low = [(o - 0.5 * voxel) * scale for o in origin]
    high = [low[a] + shape[a] * voxel * scale for a in range(3)]
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def _flame_size(cache: PlumeCache) -> tuple[float, float]:
    """Width and height in metres of the visible flame, median over the loop."""
    widths: list[float] = []
    heights: list[float] = []
    for frame in cache.frames:
        hot = frame.flame > 0.25
        if not hot.any():
            continue
        heights.append(cache.origin[2] + cache.voxel_size * float(np.nonzero(hot.any(axis=(0, 1)))[0].max()))
        across = np.count_nonzero(hot.any(axis=(1, 2))), np.count_nonzero(hot.any(axis=(0, 2)))
        widths.append(cache.voxel_size * float(np.mean(across)))
    return (float(np.median(widths)), float(np.median(heights))) if heights else (1.0, 1.0)
