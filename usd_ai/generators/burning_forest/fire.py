"""Authors what burns: flame and smoke volumes over time, lights, embers. Reads patches, writes prims and .vdb files."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from usd_ai.generators.burning_forest.air import FIRE_TEMPERATURE, EmberField, ember_colors, fire_lights
from usd_ai.generators.burning_forest.blaze import Patches
from usd_ai.generators.burning_forest.caches import FlameCache, SmokeFrames
from usd_ai.generators.burning_forest.clock import STORY_TICKS, StoryClock
from usd_ai.generators.burning_forest.space import Space
from usd_ai.sim.hashing import salt, uniform
from usd_ai.stage.canvas import Canvas
from usd_ai.stage.canvas_prims import MetadataValue

F64 = NDArray[np.float64]

PAD = 1
"""Frames before and after the range for which volumes have files: motion blur looks there."""


_PHASES = 8
"""Different moments of a loop at which patches start; more would mean more files, not more variety to the eye."""


@dataclass(frozen=True, slots=True)
class Author:
    """Where the fire is written to: the canvas, the layer's folder, the host's space, the shot's clock, the seed."""

    canvas: Canvas
    folder: Path
    space: Space
    clock: StoryClock
    seed: int

    def frames(self) -> range:
        """Frames of the range with `PAD` on either side."""
        return range(self.clock.frames.start - PAD, self.clock.frames.end + PAD + 1)


def author_flames(
    author: Author, path: str, patches: Patches, caches: list[FlameCache], wind_yaw: float, name: str
) -> int:
    """One Volume per patch: its cache, phase, size and turn follow from the patch's id. Returns how many."""
    choice = (uniform(author.seed, patches.ids, salt("flame-cache")) * len(caches)).astype(int)
    phase = (uniform(author.seed, patches.ids, salt("flame-phase")) * _PHASES).astype(int)
    turn = (uniform(author.seed, patches.ids, salt("flame-turn")) - 0.5) * np.radians(50.0)
    for index in range(len(patches)):
        cache = caches[choice[index]]
        files = _loop_files(author, cache, int(phase[index]))
        across = float(np.clip(patches.width[index] / cache.width, 0.7, 1.35))
        upward = float(np.clip(patches.height[index] / cache.height, 0.35, 1.8))
        matrix = author.space.host_matrix(
            place=patches.places[index], scale=(across, across, upward), yaw=wind_yaw + float(turn[index])
        )
        author.canvas.volume(
            f"{path}/{name}_{index:04d}",
            files=files,
            extent=np.array([cache.low, cache.high]),
            matrix=matrix,
            visible=_visibility(author, float(patches.begin[index]), float(patches.end[index])),
            metadata=volume_metadata(author.space, int(patches.ids[index])),
        )
    return len(patches)


def _loop_files(author: Author, cache: FlameCache, phase: int) -> dict[float, str]:
    """A file per frame for a patch that is ``phase`` `_PHASES`-ths of the loop ahead; links them into the layer.

    Names count up by one a frame, on over the end of the loop: some readers (Blender) read the first name and count.
    Where the host's rate is not the caches', steps are uneven, so that each phase needs names of its own.
    """
    frames = author.frames()
    ticks = [author.clock.tick(frame) - author.clock.tick(frames[0]) for frame in frames]
    start = (author.clock.tick(frames[0]) + phase * cache.frames // _PHASES) % cache.frames
    even = ticks == list(range(len(ticks)))
    files: dict[float, str] = {}
    for step, (frame, tick) in enumerate(zip(frames, ticks, strict=True)):
        name = f"{cache.name}.{start + step:04d}.vdb" if even else f"{cache.name}_{phase}.{step:04d}.vdb"
        files[frame] = f"./vdb/{name}"
        link(cache.files[(start + tick) % cache.frames], author.folder / "vdb" / name)
    return files


def author_smoke(author: Author, path: str, smoke: SmokeFrames) -> int:
    """The one coarse column over the whole fire; returns 1."""
    files: dict[float, str] = {}
    for frame in author.frames():
        tick = author.clock.tick(frame)
        name = f"smoke.{tick - author.clock.tick(author.clock.frames.start - PAD):04d}.vdb"
        files[frame] = f"./vdb/{name}"
        link(smoke.files[tick], author.folder / "vdb" / name)
    author.canvas.volume(
        path,
        files=files,
        extent=np.array([smoke.low, smoke.high]),
        matrix=author.space.host_matrix(place=np.array(smoke.place)),
        metadata=volume_metadata(author.space, 0),
    )
    return 1


def author_lights(author: Author, path: str, patches: Patches, brightness: float) -> int:
    """Few flickering SphereLights for the many flames; returns how many."""
    frames = list(author.clock.frames.frames())
    stories = np.array([author.clock.at(frame) for frame in frames])
    lights = fire_lights(patches, stories, author.seed, brightness)
    for index, light in enumerate(lights):
        author.canvas.sphere_light(
            f"{path}/light_{index:02d}",
            position=author.space.to_host(light.place).astype(np.float32),
            radius=light.radius / author.space.meters_per_unit,
            intensity={frame: round(float(nits), 3) for frame, nits in zip(frames, light.nits, strict=True)},
            temperature=FIRE_TEMPERATURE,
            group="fire",
        )
    return len(lights)


def author_embers(author: Author, path: str, field: EmberField) -> int:
    """Embers as Points by frame, with ids and velocities; returns how many ever glow in the range."""
    mpu = author.space.meters_per_unit
    ids, positions, widths, colors, velocities = {}, {}, {}, {}, {}
    seen: set[int] = set()
    for frame in author.clock.frames.frames():
        embers = field.at(author.clock.at(frame))
        seen.update(embers.ids.tolist())
        ids[frame] = embers.ids
        positions[frame] = author.space.to_host(embers.places).astype(np.float32)
        velocities[frame] = (author.space.directions_to_host(embers.velocities) / mpu).astype(np.float32)
        widths[frame] = (embers.widths / mpu).astype(np.float32)
        colors[frame] = ember_colors(embers.kelvin)
    if seen:
        author.canvas.points(path, ids=ids, positions=positions, widths=widths, colors=colors, velocities=velocities)
    return len(seen)


def volume_metadata(space: Space, patch: int) -> dict[str, MetadataValue]:
    """What the grids mean, for whoever opens the layer without us."""
    return {
        "usdai": {
            "density": f"extinction per host unit of {space.meters_per_unit:g} m, at scale 1",
            "temperature": "kelvin",
            "flame": "share of burning gas, 0 to 1",
            "ticksPerSecond": STORY_TICKS,
            "patch": str(patch),
        }
    }


def link(source: str, target: Path) -> None:
    """Put a cached file into the layer: a hard link where the file system allows it, else a copy.

    Raises OSError where neither can be made; nothing half-written stays.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return
    try:
        os.link(source, target)
    except OSError:
        try:
            shutil.copyfile(source, target)
        except OSError:
            target.unlink(missing_ok=True)
            raise


def _visibility(author: Author, begin: float, end: float) -> dict[float, bool] | None:
    """Samples of visibility where a patch starts or ends within the shot, else None."""
    shown = {float(frame): begin <= author.clock.at(frame) < end for frame in author.clock.frames.frames()}
    return None if all(shown.values()) else shown
