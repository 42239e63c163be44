"""Volume caches on disk, in host units, shared by all shots: the flame library and the smoke over the front.

Both are built once per content key under a lock and then only linked to. Files become visible when they are whole.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.plan import digest_of
from usd_ai.core.ports import Reporter
from usd_ai.generators.burning_forest.space import Space
from usd_ai.run.locks import FileLocks
from usd_ai.sim.plumes import PlumeCache, PlumeFrame
from usd_ai.sim.vdb import Grid, encode

F32 = NDArray[np.float32]

FIELDS = ("density", "temperature", "flame")
VELOCITY = "velocity"
"""Grids of a volume: heroes and smoke also have velocities, for motion blur."""
_PARTS = ("files", "start", "end")

_FLAME_SMOKE = 0.12  # of the smoke in a flame's own box; the column over the whole fire holds the rest
_FLAME_SOOT = 0.4  # of it in the flame itself: what glows there is in `flame`, and is not counted twice
_FAINT = 1e-4  # extinction in 1/m below which air is clear: 100 m of it take 1 % of the light


@dataclass(frozen=True, slots=True)
class FlameCache:
    """A flame on disk. Lengths in metres except ``low`` and ``high``: corners of the box in host units.

    ``files`` loop; a torch also has ``start``, which leads to file ``entry`` of the loop, and ``end``, which follows
    the last file of the loop, and ``empty``: what is there before and after. ``tree``: height of the tree in it.
    """

    name: str
    kind: str  # "torch", "front" or "surface"
    files: tuple[str, ...]
    start: tuple[str, ...]
    end: tuple[str, ...]
    empty: str
    entry: int
    tree: float
    width: float
    height: float
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    fields: tuple[str, ...]

    @property
    def frames(self) -> int:
        """Length of the loop."""
        return len(self.files)

    def catches(self, tick: int, begin: int) -> str:
        """The file ``tick`` of a torch that caught fire at tick ``begin``."""
        age = tick - begin
        if age < 0:
            return self.empty
        return self.start[age] if age < len(self.start) else self.files[self.looped(tick, begin)]

    def dies(self, tick: int, begin: int, out: int) -> str:
        """As `catches`, of a torch whose ``end`` begins at tick ``out``."""
        if tick < out:
            return self.catches(tick, begin)
        return self.end[tick - out] if tick - out < len(self.end) else self.empty

    def parts(self, first: int, last: int, begin: int, out: int) -> set[str]:
        """Of "start", "loop" and "end", what is seen between two ticks of a torch that catches and dies then."""
        young = begin + len(self.start)
        spans = {"start": (begin, young), "loop": (young, out), "end": (out, out + len(self.end))}
        return {part for part, (low, high) in spans.items() if first < high and last >= low}

    def looped(self, tick: int, begin: int) -> int:
        """Which file of the loop is seen at a tick by a torch that caught fire at tick ``begin``."""
        return (self.entry + tick - begin - len(self.start)) % self.frames

    def out(self, begin: int, end: int) -> int:
        """The tick at which the end begins: where the loop closes, nearest to where half of the end is over at ``end``.

        The fire loops at least once, however short its life.
        """
        first = begin + len(self.start) + self.frames - self.entry
        return first + max(0, round((end - len(self.end) // 2 - first) / self.frames)) * self.frames


@dataclass(frozen=True, slots=True)
class SmokeFrames:
    """The smoke column on disk: a file per tick, the place of its foot (simulation space), its box in host units."""

    files: dict[int, str]
    place: tuple[float, float, float]
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    fields: tuple[str, ...]


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


def write_flame(folder: Path, cache: PlumeCache, space: Space) -> None:
    """Write a flame as .vdb files in host units with an index."""
    shown = (cache.frames or cache.start or cache.end)[0]

    def written(part: str, frames: Sequence[PlumeFrame]) -> tuple[str, ...]:
        names: list[str] = []
        for number, plume in enumerate(frames):
            names.append(f"{part}.{number:04d}.vdb")
            (folder / names[-1]).write_bytes(encode_plume(plume, space, _FLAME_SMOKE))
        return tuple(names)

    low, high = box_of(shown, space)
    width, height = _flame_size(cache)
    entry = FlameCache(
        name=cache.name, kind=cache.kind, files=written("loop", cache.frames), start=written("start", cache.start),
        end=written("end", cache.end), empty=written("empty", [_nothing(shown)])[0], entry=cache.entry,
        tree=cache.tree, width=width, height=height, low=low, high=high,
        fields=FIELDS if shown.velocity is None else (*FIELDS, VELOCITY),
    )  # fmt: skip
    (folder / "index.json").write_text(json.dumps(asdict(entry), indent=1), encoding="utf-8")


def read_flame(folder: Path) -> FlameCache:
    """The flame of an entry."""
    found = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    values: dict[str, Any] = {**found, "empty": str(folder / found["empty"])}
    values |= {part: tuple(str(folder / file) for file in found[part]) for part in _PARTS}
    values |= {part: tuple(found[part]) for part in ("low", "high", "fields")}
    return FlameCache(**values)


def _nothing(plume: PlumeFrame) -> PlumeFrame:
    """A moment without fire on the voxels of another."""
    velocity = None if plume.velocity is None else np.zeros_like(plume.velocity)
    nothing = np.zeros_like(plume.density)
    return replace(plume, density=nothing, temperature=nothing, velocity=velocity)


def encode_plume(plume: PlumeFrame, space: Space, thickness: float = 1.0) -> bytes:
    """A moment as .vdb bytes: density per host unit, kelvin, flame, and velocity in host units per second; half floats.

    ``thickness`` multiplies the density of smoke that has left the flame; soot in the flame keeps its own. Velocities
    stand where there is something to see, along the axes of the volume.
    """
    flame = plume.flame
    clear = (plume.density < _FAINT) & (flame <= 0.0)
    share = thickness + (max(thickness, _FLAME_SOOT) - thickness) * np.minimum(2.0 * flame, 1.0)
    density = np.where(clear, 0.0, plume.density * (space.meters_per_unit * share)).astype(np.float32)
    kelvin = np.where(clear, 0.0, plume.temperature).astype(np.float32)
    corner = (0, 0, 0)
    grids = [
        Grid("density", _plain(density), corner),
        Grid("temperature", np.rint(kelvin * np.float32(0.125)) * np.float32(8.0), corner),
        Grid("flame", np.rint(flame * np.float32(64.0)) * np.float32(1.0 / 64.0), corner),
    ]
    scale = 1.0 / space.meters_per_unit
    if plume.velocity is not None:
        moving = np.where(clear[..., None], np.float32(0.0), plume.velocity * np.float32(scale)).astype(np.float32)
        grids.append(Grid("velocity", moving, corner))
    x, y, z = plume.origin
    return encode(grids, plume.voxel_size * scale, (x * scale, y * scale, z * scale))


def _plain(values: F32) -> F32:
    """Values to 6 binary digits, an error of at most 1 %, which nobody sees and compression does."""
    digits, power = np.frexp(values)
    return np.ldexp(np.rint(digits * np.float32(64.0)) * np.float32(1.0 / 64.0), power).astype(np.float32)


def box_of(plume: PlumeFrame, space: Space) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Low and high corner of a moment's grid, host units along simulation axes."""
    scale = 1.0 / space.meters_per_unit
    low = [(o - 0.5 * plume.voxel_size) * scale for o in plume.origin]
    high = [low[a] + plume.density.shape[a] * plume.voxel_size * scale for a in range(3)]
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def _flame_size(cache: PlumeCache) -> tuple[float, float]:
    """Width and height in metres of the visible flame, median over the loop."""
    widths: list[float] = []
    heights: list[float] = []
    for frame in cache.frames:
        hot = frame.flame > 0.25
        if not hot.any():
            continue
        heights.append(frame.origin[2] + frame.voxel_size * float(np.nonzero(hot.any(axis=(0, 1)))[0].max()))
        across = np.count_nonzero(hot.any(axis=(1, 2))), np.count_nonzero(hot.any(axis=(0, 2)))
        widths.append(frame.voxel_size * float(np.mean(across)))
    return (float(np.median(widths)), float(np.median(heights))) if heights else (1.0, 1.0)
