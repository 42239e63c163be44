"""Authors flames: a Volume for each burning tree, which starts and ends with the tree, and loops for patches.

Prims are named by the tree or patch that burns, so that a name means the same flame in every shot and every version.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from usd_ai.generators.burning_forest.blaze import Patches
from usd_ai.generators.burning_forest.burning import Drawn
from usd_ai.generators.burning_forest.caches import FlameCache
from usd_ai.generators.burning_forest.clock import STORY_TICKS, StoryClock
from usd_ai.generators.burning_forest.library import FRONTS, SURFACES, TORCHES
from usd_ai.generators.burning_forest.space import Space
from usd_ai.sim.hashing import salt, uniform
from usd_ai.sim.terrain import HeightField
from usd_ai.stage.canvas import Canvas
from usd_ai.stage.canvas_prims import MetadataValue

STANDS_FOR = "usdai:trees"
"""Attribute (int64[]) of flames and lights: ids of the trees, as in the instancer ``trees``, that they stand for."""

_PHASES = 8
"""Moments of a loop at which flames are when the host's rate is not the caches': each needs files of its own then."""
_FOOTING, _STEEPEST = 2.5, 4.0
"""Metres from a flame's foot at which the ground's height is asked for, and the most it may rise across that."""
_STOUT = 0.6
"""Least width of a flame against its height, in those of its cache."""
_ORIGIN = 5000
"""Number in a file's name at the moment a tree catches fire, or begins to die down: there is room before it."""

Library = dict[str, FlameCache]
"""Flames by name; a torch's hero, where one is needed, under its name and ``_hero``."""


@dataclass(frozen=True, slots=True)
class Author:
    """Where the fire is written to: the canvas, the layer's folder, the host's space, the shot's clock, the seed."""

    canvas: Canvas
    folder: Path
    space: Space
    clock: StoryClock
    seed: int
    ground: HeightField | None = None

    def slope(self, place: NDArray[np.float64]) -> tuple[float, float]:
        """Rise of the ground under a flame per metre along x and y, so that its floor lies on it; 0 where unknown."""
        if self.ground is None:
            return 0.0, 0.0
        away = np.array([[_FOOTING, 0.0], [-_FOOTING, 0.0], [0.0, _FOOTING], [0.0, -_FOOTING]])
        east, west, north, south = np.nan_to_num(self.ground.height(place[:2] + away), nan=float(place[2])).tolist()
        rises = np.clip([east - west, north - south], -_STEEPEST, _STEEPEST) / (2.0 * _FOOTING)
        return float(rises[0]), float(rises[1])


def names_needed(drawn: Drawn, ground: int, seed: int) -> list[str]:
    """The flames of the library that a shot uses, in a fixed order."""
    found = {TORCHES[choice] for choice in _choice(seed, drawn.torches, TORCHES)}
    found |= {FRONTS[choice] for choice in _choice(seed, drawn.fronts, FRONTS)}
    found |= set(SURFACES if ground else ())
    return sorted(found)


def heroes_needed(drawn: Drawn, library: Library, clock: StoryClock, seed: int) -> dict[str, set[str]]:
    """The torches of which a shot needs heroes, and which of their parts, in a fixed order."""
    found: dict[str, set[str]] = {}
    trees = drawn.torches.where(drawn.hero)
    for name, begin, end in zip(_choice(seed, trees, TORCHES), trees.begin, trees.end, strict=True):
        cache = library[TORCHES[int(name)]]
        start = clock.tick_of(float(begin))
        parts = cache.parts(*clock.ticks, start, cache.out(start, clock.tick_of(float(end))))
        found.setdefault(cache.name, set()).update(parts)
    return dict(sorted(found.items()))


def author_torches(author: Author, path: str, drawn: Drawn, library: Library, wind_yaw: float) -> int:
    """One Volume per tree: empty until it catches fire, then climbing, looping, and dying down. Returns how many."""
    trees = drawn.torches
    choice = _choice(author.seed, trees, TORCHES)
    turn = _turn(author.seed, trees)
    for index in range(len(trees)):
        cache = library[TORCHES[int(choice[index])] + ("_hero" if drawn.hero[index] else "")]
        begin = author.clock.tick_of(float(trees.begin[index]))
        out = cache.out(begin, author.clock.tick_of(float(trees.end[index])))
        name = f"{path}/flame_{trees.ids[index]}"
        across, upward = _scales(trees, index, cache)
        author.canvas.volume(
            name,
            files=_life(author, cache, int(trees.ids[index]), begin, out),
            extent=np.array([cache.low, cache.high]),
            fields=cache.fields,
            matrix=author.space.host_matrix(
                place=trees.places[index],
                scale=(across, across, upward),
                yaw=wind_yaw + float(turn[index]),
                slope=author.slope(trees.places[index]),
            ),
            visible=_visible(author, begin, out + len(cache.end)),
            metadata=volume_metadata(author.space, int(trees.ids[index])),
        )
        author.canvas.integers(name, STANDS_FOR, trees.ids[index : index + 1])
    return len(trees)


def author_loops(
    author: Author, path: str, prefix: str, patches: Patches, library: Library, names: Sequence[str], wind_yaw: float
) -> int:
    """One Volume per patch that loops: its flame, phase, size and turn follow from the patch's id. Returns how many."""
    choice = _choice(author.seed, patches, names)
    phase = (uniform(author.seed, patches.ids, salt("flame-phase")) * _PHASES).astype(int)
    turn = _turn(author.seed, patches)
    for index in range(len(patches)):
        cache = library[names[int(choice[index])]]
        begin = -(int(phase[index]) * cache.frames // _PHASES)
        across, upward = _scales(patches, index, cache)
        shown = [author.clock.tick_of(float(time[index])) for time in (patches.begin, patches.end)]
        author.canvas.volume(
            f"{path}/{prefix}_{patches.ids[index]}",
            files=_loop(author, cache, begin),
            extent=np.array([cache.low, cache.high]),
            fields=cache.fields,
            matrix=author.space.host_matrix(
                place=patches.places[index],
                scale=(across, across, upward),
                yaw=wind_yaw + float(turn[index]),
                slope=author.slope(patches.places[index]),
            ),
            visible=_visible(author, *shown),
            metadata=volume_metadata(author.space, int(patches.ids[index])),
        )
    return len(patches)


def linked(author: Author, name: str, first: int, sources: Sequence[str]) -> dict[float, str]:
    """Put a file per frame into the layer; paths by frame.

    Names count up by one a frame from ``first``: some readers (Blender) read the first name and count.
    """
    files: dict[float, str] = {}
    for step, (frame, source) in enumerate(zip(author.clock.padded, sources, strict=True)):
        file = f"{name}.{first + step:04d}.vdb"
        files[frame] = f"./vdb/{file}"
        link(source, author.folder / "vdb" / file)
    return files


def volume_metadata(space: Space, patch: int) -> dict[str, MetadataValue]:
    """What the grids mean, for whoever opens the layer without us."""
    return {
        "usdai": {
            "density": f"extinction per host unit of {space.meters_per_unit:g} m, at scale 1",
            "temperature": "kelvin",
            "flame": "share of burning gas, 0 to 1",
            "velocity": "host units per second along the volume's axes, at voxel centres",
            "ticksPerSecond": STORY_TICKS,
            "patch": str(patch),
        }
    }


def link(source: str, target: Path) -> None:
    """Put a cached file into the layer: a hard link where the file system allows it, else a copy.

    Raises OSError where neither can be made; nothing half-written stays.
    """
    try:
        _hard_link(source, target)
    except OSError:
        try:
            shutil.copyfile(source, target)
        except OSError:
            target.unlink(missing_ok=True)
            raise


def _hard_link(source: str, target: Path) -> None:
    """Link, and make the folder where it is missing; most of the thousands of links are there already."""
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(source, target)


def _scales(patches: Patches, index: int, cache: FlameCache) -> tuple[float, float]:
    """How much wider and taller than its cache a flame stands: one drawn out upwards alone would be a smear."""
    upward = float(np.clip(patches.height[index] / cache.height, 0.35, 1.8))
    return float(np.clip(max(patches.width[index] / cache.width, _STOUT * upward), 0.7, 1.5)), upward


def _choice(seed: int, patches: Patches, names: Sequence[str]) -> NDArray[np.int64]:
    return (uniform(seed, patches.ids, salt("flame-cache")) * len(names)).astype(np.int64)


def _turn(seed: int, patches: Patches) -> NDArray[np.float64]:
    return (uniform(seed, patches.ids, salt("flame-turn")) - 0.5) * np.radians(50.0)


def _life(author: Author, cache: FlameCache, tree: int, begin: int, out: int) -> dict[float, str]:
    """The files of a tree that catches fire at tick ``begin`` and begins to die down at tick ``out``.

    Trees whose flames are at the same moment of the same cache share names.
    """
    ticks = [author.clock.tick(frame) for frame in author.clock.padded]
    starts, ends = ticks[0] < begin + len(cache.start), ticks[-1] >= out
    if not starts and not ends:
        return _loop(author, cache, begin + len(cache.start) - cache.entry)
    sources = [cache.dies(tick, begin, out) for tick in ticks]
    part, moment = ("on", begin) if starts else ("off", out)
    first = _ORIGIN + ticks[0] - moment
    if not _even(ticks) or (starts and ends) or first < 0:  # no number says the moment: the name says the tree
        return linked(author, f"{cache.name}_{tree}", 0, sources)
    return linked(author, f"{cache.name}_{part}", first, sources)


def _loop(author: Author, cache: FlameCache, begin: int) -> dict[float, str]:
    """The files of a flame that was at the loop's first frame at tick ``begin``, and loops on and on."""
    ticks = [author.clock.tick(frame) for frame in author.clock.padded]
    if not _even(ticks):
        step = cache.frames // _PHASES
        begin = round(begin / step) * step
    first = (ticks[0] - begin) % cache.frames
    sources = [cache.files[(first + tick - ticks[0]) % cache.frames] for tick in ticks]
    if _even(ticks):
        return linked(author, cache.name, first, sources)
    return linked(author, f"{cache.name}_{first:02d}", 0, sources)


def _even(ticks: list[int]) -> bool:
    """Whether the host's frames are the caches' own steps."""
    return ticks == list(range(ticks[0], ticks[0] + len(ticks)))


def _visible(author: Author, begin: int, end: int) -> dict[float, bool] | None:
    """Samples of visibility where a flame starts or ends within the shot, else None."""
    shown = {float(frame): begin <= author.clock.tick(frame) < end for frame in author.clock.frames.frames()}
    return None if all(shown.values()) else shown
