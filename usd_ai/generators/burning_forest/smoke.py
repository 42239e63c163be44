"""The one coarse column of smoke over the fire, simulated from the heat of every burning patch of the world.

The simulation begins 32 s before a stretch of story time that does not depend on the shot, on heat that does not
either, so shots whose first frames lie in the same stretch see the same smoke at the same moment (to rounding), however
long they are. Beyond the border of a stretch the smoke has the same history, but not the same eddies. What a shot sees
is kept once; other values of `smoke` and `fire` only scale it.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.ports import Reporter
from usd_ai.generators.burning_forest.blaze import Patches, heat_patches
from usd_ai.generators.burning_forest.caches import FIELDS, VELOCITY, CacheFolder, SmokeFrames, box_of, encode_plume
from usd_ai.generators.burning_forest.clock import STORY_TICKS
from usd_ai.generators.burning_forest.program import fluid_program
from usd_ai.generators.burning_forest.shot import Shot
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.sim.plumes import SmokeDomain, smoke_column
from usd_ai.sim.vdb import scaled

F64 = NDArray[np.float64]

_STRETCH = 32.0  # seconds of story time that share one run of the simulation
_SKIP = 4.0  # seconds between the moments at which the heat is sampled before the shot begins
_VOXEL = 4.5  # m, of the simulation; coarser over a fire so wide that its box would have more than `_VOXELS_MOST`
_HEIGHT = 126.0  # m of air over the lowest fire
_CLEAR = 60.0  # m of air over the highest one at least: on a mountain side the box is higher
_VOXELS_MOST = 110_000
_LAYERS_LEAST = 4  # voxels that the box is high, as the simulation wants: over many kilometres it is higher instead
_AHEAD = 128.0  # seconds of story from the beginning of a stretch in which fire must not leave the box
_MARGIN = 36.0  # m around the fire
_AWAY = (30.0, 60.0, 160.0)  # s of wind that smoke has to drift in the box, and the least and most metres of it
_THICKNESS = 2.4
"""Of the smoke that the simulation makes: drawn as lobes with clear air between, about half of it is left, and lobes of
0.2 to 1 /m over the fire look solid (working value; the yield of smoke is no better known)."""
_HEAT_PER_AREA = 0.6e6
"""W/m² of ground under crown fire: 1 kg/m² of fine canopy fuel of 18 MJ/kg in 36 s."""


def smoke_over(shot: Shot, cache: str, report: Reporter) -> SmokeFrames:
    """Smoke for every frame of the shot and `PAD` around it."""
    ticks = [shot.clock.tick(frame) for frame in shot.clock.padded]
    stretch = _STRETCH * np.floor(ticks[0] / STORY_TICKS / _STRETCH)
    box = box_over(shot.forest.trees, shot.forest.wind, float(stretch))
    key: dict[str, object] = {
        "algorithm": shot.world.algorithm_version,
        "program": fluid_program(),
        "versions": dict(shot.world.versions),
        "seed": shot.world.seed,
        "wind": shot.forest.wind.tolist(),
        "heat": [fires.digest for fires in _heat(shot, float(stretch), ticks[-1])],
        "stretch": float(stretch),
        "box": [*box.place.tolist(), *box.size, box.voxel],
        "ticks": sorted(set(ticks)),
        "meters_per_unit": shot.space.meters_per_unit,
    }

    def simulate(folder: Path, told: Reporter) -> None:
        _simulate(shot, folder, float(stretch), sorted(set(ticks)), told)

    folder = CacheFolder(cache).make("smoke", key, simulate, report)
    thickness = shot.value("smoke") * min(shot.value("fire"), 1.0) ** 0.5
    if thickness != 1.0:
        plain = folder

        def scale(scaled: Path, told: Reporter) -> None:
            _scale(plain, scaled, thickness, told)

        folder = CacheFolder(cache).make("smoke", {**key, "thickness": thickness}, scale, report)
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return SmokeFrames(
        files={int(tick): str(folder / file) for tick, file in index["files"].items()},
        place=tuple(index["place"]),
        low=tuple(index["low"]),
        high=tuple(index["high"]),
        fields=(*FIELDS, VELOCITY),
    )


def _span(stretch: float, last: int) -> F64:
    """Story seconds at which the span of a stretch begins, and at which its parts end, for a shot up to tick ``last``.

    Most shots end within the first part; a longer one adds parts of a stretch each until it has ended.
    """
    end = stretch + 2.0 * _STRETCH
    more = max(0, int(np.ceil((last / STORY_TICKS - end) / _STRETCH)))
    return np.array([stretch - _STRETCH, *(end + _STRETCH * np.arange(more + 1))])


def _heat_times(span: F64) -> F64:
    """Story seconds at which heat is computed; between them it runs straight."""
    return np.arange(span[0], span[-1] + _SKIP, _SKIP)


def heat_of(trees: Stand, span: F64, seed: int) -> list[Patches]:
    """What heats the air: patches for each part of a `_span`.

    Trees that catch fire after the first part make patches of their own, which are cold until then: so a longer shot
    knows more heat at its end, and the same as a short one before.
    """
    first = heat_patches(trees, float(span[0]), float(span[1]), seed)
    fires = [first]
    for begin, end in pairwise(span[1:].tolist()):
        fires.append(heat_patches(trees.where((trees.ignition > begin) & (trees.ignition <= end)), begin, end, seed))
    return fires


def _heat(shot: Shot, stretch: float, last: int) -> list[Patches]:
    return heat_of(shot.forest.trees, _span(stretch, last), shot.seed)


def _scale(plain: Path, folder: Path, thickness: float, report: Reporter) -> None:
    """The frames of ``plain`` with another density: smoke up and down without simulating again."""
    index = json.loads((plain / "index.json").read_text(encoding="utf-8"))
    files = sorted(index["files"].values())
    for number, name in enumerate(files):
        (folder / name).write_bytes(scaled((plain / name).read_bytes(), "density", thickness))
        report((number + 1) / len(files), f"smoke {number + 1} of {len(files)}")
    shutil.copyfile(plain / "index.json", folder / "index.json")


def _simulate(shot: Shot, folder: Path, stretch: float, ticks: list[int], report: Reporter) -> None:
    span = _span(stretch, ticks[-1])
    early = float(span[0])
    parts = _heat(shot, stretch, ticks[-1])
    fires = reduce(Patches.with_others, parts)
    box = box_over(shot.forest.trees, shot.forest.wind, stretch)
    domain = SmokeDomain((-0.5 * box.size[0], -0.5 * box.size[1], 0.0), box.size)
    first = ticks[0] / STORY_TICKS
    times = [*np.arange(early, first - 1e-6, _SKIP).tolist(), *(tick / STORY_TICKS for tick in ticks)]
    skipped = len(times) - len(ticks)
    wind = (float(shot.forest.wind[0]), float(shot.forest.wind[1]))
    files: dict[int, str] = {}
    corners = None
    sources = _sources(fires, box.place, times, _heat_times(span))
    frames = smoke_column(sources, domain, box.voxel, wind, shot.seed, times)
    for number, frame in enumerate(frames):
        if number < skipped:
            continue
        tick = ticks[number - skipped]
        files[tick] = f"smoke.{tick}.vdb"
        (folder / files[tick]).write_bytes(encode_plume(frame, shot.space, _THICKNESS))
        corners = corners or box_of(frame, shot.space)
        report((number + 1) / len(times), f"smoke {number + 1 - skipped} of {len(ticks)}")
    low, high = corners or ((0.0,) * 3, (0.0,) * 3)
    index = {"files": files, "place": box.place.tolist(), "low": low, "high": high}
    (folder / "index.json").write_text(json.dumps(index, sort_keys=True), encoding="utf-8")


@dataclass(frozen=True, slots=True, eq=False)
class SmokeBox:
    """Where smoke is simulated: ``place`` [3] under the middle of its floor, ``size`` and ``voxel`` in metres."""

    place: F64
    size: tuple[float, float, float]
    voxel: float


def box_over(trees: Stand, wind: F64, stretch: float) -> SmokeBox:
    """The box over all that burns while a stretch's shots can last, with room downwind for smoke to leave by.

    It follows from the world and the stretch alone, so that every shot of the stretch sees the same smoke.
    """
    burning = (trees.ignition <= stretch + _AHEAD) & (trees.flaming_end > stretch - _STRETCH)
    places = trees.places[burning] if burning.any() else np.zeros((1, 3))
    speed = float(np.linalg.norm(wind))
    reach = float(np.clip(_AWAY[0] * speed, *_AWAY[1:])) * wind / speed if speed > 0.0 else np.zeros(2)
    low = places[:, :2].min(axis=0) - _MARGIN + np.minimum(reach, 0.0)
    high = places[:, :2].max(axis=0) + _MARGIN + np.maximum(reach, 0.0)
    wide, deep = (high - low).tolist()
    area = wide * deep
    high_air = max(_HEIGHT, float(np.ptp(places[:, 2])) + _CLEAR)
    voxel = max(_VOXEL, float(np.cbrt(area * high_air / _VOXELS_MOST)), (area * _LAYERS_LEAST / _VOXELS_MOST) ** 0.5)
    size = [voxel * float(np.ceil(length / voxel)) for length in (wide, deep, max(high_air, _LAYERS_LEAST * voxel))]
    return SmokeBox(np.array([*(0.5 * (low + high)), float(places[:, 2].min())]), (size[0], size[1], size[2]), voxel)


def _sources(fires: Patches, place: F64, times: list[float], knots: F64) -> F64:
    """Sources [times, patches, 5] for the simulation, in its own frame.

    Heat is known at ``knots`` of the stretch and runs straight between them, so that it is the same function of story
    time for every shot, whichever moments the shot asks for.
    """
    sources = np.zeros((len(times), max(len(fires), 1), 5))
    if not len(fires):
        sources[:, :, 4] = 1.0
        return sources
    tops = fires.places - place + np.column_stack([np.zeros((len(fires), 2)), 0.9 * fires.height])
    strengths = np.stack([fires.strength(knot) for knot in knots], axis=0)
    for patch in range(len(fires)):
        heat = _HEAT_PER_AREA * fires.width[patch] ** 2 * np.interp(times, knots, strengths[:, patch])
        sources[:, patch, :3] = tops[patch]
        sources[:, patch, 3] = heat
        sources[:, patch, 4] = 0.5 * fires.width[patch]
    return sources
