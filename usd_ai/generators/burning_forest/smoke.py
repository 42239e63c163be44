"""The one coarse column of smoke over the fire, simulated from the heat of every burning patch of the world.

The simulation begins 32 s before a stretch of story time that does not depend on the shot, on heat that does not
either, and it steps on from there whatever is asked of it: shots whose first frames lie in the same stretch see the
same smoke at the same moment, to the bit where they end in the same part of it (`_span`), else to rounding. Beyond the
border of a stretch the smoke has the same history, but not the same eddies. Each moment is kept once, so a shot that
grows longer costs the moments that are new; other values of `smoke` and `fire` only scale them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.ports import Reporter
from usd_ai.generators.burning_forest.blaze import Patches, heat_patches
from usd_ai.generators.burning_forest.caches import FIELDS, VELOCITY, SmokeFrames, box_of, encode_plume
from usd_ai.generators.burning_forest.clock import STORY_TICKS
from usd_ai.generators.burning_forest.kept_smoke import KeptSmoke
from usd_ai.generators.burning_forest.program import fluid_program
from usd_ai.generators.burning_forest.shot import Shot
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.sim.plumes import KEPT, SmokeDomain, SmokeState, smoke_column
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
    ticks, stretch = ticks_of(shot), stretch_of(shot)
    plain = kept_of(shot, cache)
    plain.fill(ticks, lambda missing: _simulate(shot, plain, stretch, missing, report))
    shown, thickness = plain, shot.value("smoke") * min(shot.value("fire"), 1.0) ** 0.5
    if thickness != 1.0:
        shown = KeptSmoke(cache, {**plain.key, "thickness": thickness})
        shown.fill(ticks, lambda missing: _scale(plain, shown, thickness, missing, report))
    low, high = plain.box()
    x, y, z = box_over(shot.forest.trees, shot.forest.wind, stretch).place.tolist()
    return SmokeFrames(
        files={tick: str(shown.file(tick)) for tick in ticks},
        place=(x, y, z),
        low=low,
        high=high,
        fields=(*FIELDS, VELOCITY),
    )


def ticks_of(shot: Shot) -> list[int]:
    """The moments at which a shot shows smoke, ascending."""
    return sorted({shot.clock.tick(frame) for frame in shot.clock.padded})


def stretch_of(shot: Shot) -> float:
    """Story second at which the stretch begins in which the shot does."""
    return float(_STRETCH * np.floor(ticks_of(shot)[0] / STORY_TICKS / _STRETCH))


def kept_of(shot: Shot, cache: str) -> KeptSmoke:
    """What is kept of the run of the simulation that a shot sees."""
    stretch = stretch_of(shot)
    box = box_over(shot.forest.trees, shot.forest.wind, stretch)
    key: dict[str, object] = {
        "algorithm": shot.world.algorithm_version,
        "program": fluid_program(),
        "versions": dict(shot.world.versions),
        "seed": shot.world.seed,
        "wind": shot.forest.wind.tolist(),
        "heat": [fires.digest for fires in _heat(shot, stretch, ticks_of(shot)[-1])],
        "stretch": stretch,
        "box": [*box.place.tolist(), *box.size, box.voxel],
        "meters_per_unit": shot.space.meters_per_unit,
    }
    return KeptSmoke(cache, key)


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


def _scale(plain: KeptSmoke, into: KeptSmoke, thickness: float, ticks: list[int], report: Reporter) -> None:
    """Moments of ``plain`` with another density: smoke up and down without simulating again."""
    for number, tick in enumerate(ticks):
        into.put(tick, scaled(plain.file(tick).read_bytes(), "density", thickness))
        report((number + 1) / len(ticks), f"smoke {number + 1} of {len(ticks)}")


def _simulate(shot: Shot, kept: KeptSmoke, stretch: float, ticks: list[int], report: Reporter) -> None:
    """Moments of a run, each put as it is made: what an interruption leaves is whole, and is not made again."""
    span = _span(stretch, ticks_of(shot)[-1])
    fires = reduce(Patches.with_others, _heat(shot, stretch, ticks_of(shot)[-1]))
    box = box_over(shot.forest.trees, shot.forest.wind, stretch)
    domain = SmokeDomain((-0.5 * box.size[0], -0.5 * box.size[1], 0.0), box.size)
    wind = (float(shot.forest.wind[0]), float(shot.forest.wind[1]))
    knots = _heat_times(span)

    def keep(state: SmokeState) -> None:
        if state.now > stretch - 1.5 * KEPT:  # no shot of the stretch needs an earlier one
            kept.put_state(state)

    sources = _sources(fires, box.place, knots.tolist(), knots)
    frames = smoke_column(
        sources, domain, box.voxel, wind, shot.seed, knots.tolist(), [tick / STORY_TICKS for tick in ticks],
        begin=kept.state_before(ticks[0]), keep=keep,
    )  # fmt: skip
    for number, (tick, frame) in enumerate(zip(ticks, frames, strict=True)):
        kept.put_box(box_of(frame, shot.space))
        kept.put(tick, encode_plume(frame, shot.space, _THICKNESS))
        report((number + 1) / len(ticks), f"smoke {number + 1} of {len(ticks)}")


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
