"""One coarse column of smoke over a burning front, simulated in large steps and sharpened with carried noise.

Numbers without a source were set by eye on pictures; docs/decisions/011-combustion-fluid.md says against what.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim import _billows, fluid, hashing, turbulence
from usd_ai.sim._plume_frames import PlumeFrame

_GAS = fluid.Gas(
    burn_time=1.0,
    radiation=0.0,
    mixing=0.005,
    soot_loss=0.012,
    buoyancy=1.0,
    confinement=0.5,
    expansion=0.0,
)
_STEP = 1.0 / 6.0  # s, of the coarse simulation; frames between steps are blended
_WARM_UP_STEP = 0.25  # s
_WARM_UP_STEPS = 110  # before the first moment; who wants a column that has left the domain gives times before it
_CONVECTED = 0.65  # share of the heat release that heats the plume, the rest is radiated [SFPE Handbook, ch. 13]
_AIR_HEAT = 1206.0  # J/(m³ K), density times heat capacity of air at 20 °C
_SMOKE_PER_JOULE = 4.4e-6  # m² of extinction: 18 MJ/kg of fuel, 17 g of particles per kg, 4.7 m² per g (working values)
_FINER = 3  # voxels of a frame along a voxel of the simulation
_PHASE_SECONDS = 5.0  # how long noise is carried before it begins anew
_STIR = 0.6  # m/s² of turbulent force in smoke, a fifth of its buoyancy: more than that holds the plume down
_LOBE, _PUSH, _CREASES = 0.45, 1.0, 1.5  # cells of lobes and their displacement in voxels, depth of their creases
_PUFFS = 0.6  # of a fire's heat release that comes and goes with its puffs, at 1.5/√D Hz (look guide)
_FAINT = 0.001  # 1/m, taken off everywhere: through 100 m of it passes 90 % of the light
_MOVING = 0.006  # 1/m, what is thinner needs no velocity
_FADE_SHARE = 0.1  # of the domain, over which smoke thins out towards its open sides
_COLUMNS = 5  # x, y, z, heat release, radius
_MOST_VOXELS = 4_000_000
KEPT = 8.0
"""Seconds of a simulation between the states that it can go on from."""
_KEPT_STEPS = round(KEPT / _STEP)
_NEAR = 1e-9  # s that are no step

_EDDIES = hashing.salt("plumes.smoke-eddies")
_LOBES = hashing.salt("plumes.smoke-wrinkles")
_FIELDS = ("velocity", "temperature", "fuel", "density")


@dataclass(frozen=True, slots=True)
class SmokeDomain:
    """The box that smoke is simulated in, metres: its low corner (z on the ground) and its size."""

    low: tuple[float, float, float]
    size: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class SmokeState:
    """A simulation to go on from, ``now`` in the times of its sources, ``seconds`` after its warm-up began.

    ``fields``: float32, by the names of `fluid.State`, and ``travel`` of the noise.
    """

    now: float
    seconds: float
    fields: dict[str, NDArray[np.float32]]


def smoke_column(
    sources: NDArray[np.float64],
    domain: SmokeDomain,
    voxel: float,
    wind: tuple[float, float],
    seed: int,
    times: Sequence[float],
    shown: Sequence[float] | None = None,
    *,
    begin: SmokeState | None = None,
    keep: Callable[[SmokeState], None] | None = None,
) -> Iterator[PlumeFrame]:
    """A frame of smoke for each of ``shown`` (s, ascending; else ``times``), on voxels of a third of ``voxel`` metres.

    ``sources``: float64 [times, sources, 5]: x, y, z of a fire's top (m, in the frame of the domain), its heat release
    (W) and its radius (m) at each time; before the first time they burned as they do then. ``wind``: m/s along x and
    y, 10 m above ground. The simulation steps from the first of ``times`` on, whatever is shown: a frame is the same,
    bit for bit, whichever others are asked for. ``keep`` is given its state every `KEPT` seconds; going on from one
    that lies before the first frame (``begin``) gives the same bits. Raises InvalidRequest for arrays of other
    shapes, times that do not ascend, and domains too large or too small.
    """
    fires = np.ascontiguousarray(sources, dtype=np.float64)
    moments = [float(time) for time in times]
    wanted = moments if shown is None else [float(time) for time in shown]
    _check(fires, moments, domain, voxel)
    _check_shown(wanted, moments[0] if begin is None else begin.now + 2.0 * _NEAR)
    run = _Run(fires, moments, np.array(domain.low), keep)
    return _frames(run, begin, wanted, domain, voxel, wind, seed)


def _check(fires: NDArray[np.float64], times: list[float], domain: SmokeDomain, voxel: float) -> None:
    if fires.ndim != 3 or fires.shape[2] != _COLUMNS or len(fires) != len(times) or not len(times):
        raise InvalidRequest(
            f"Smoke sources of shape {fires.shape} do not fit {len(times)} times.",
            remedy="Give [times, sources, 5] with x, y, z, heat release and radius, and at least one time.",
        )
    finite = bool(np.isfinite(fires).all()) and all(math.isfinite(time) for time in times)
    ascending = all(first < second for first, second in itertools.pairwise(times))
    if not finite or not ascending or (fires.size and float(fires[..., 3:].min()) < 0.0):
        raise InvalidRequest(
            "Smoke needs finite sources, no negative heat release, and times that ascend.", remedy="Mend the sources."
        )
    voxels = math.prod(size / voxel * _FINER for size in domain.size) if voxel > 0 else math.inf
    if voxels > _MOST_VOXELS or min(domain.size) < 4 * voxel:
        raise InvalidRequest(
            f"A smoke domain of {domain.size} m with voxels of {voxel} m has no sensible size.",
            remedy=f"Keep at least 4 voxels along each axis and at most {_MOST_VOXELS} in the finer frames.",
        )


def _check_shown(shown: list[float], begin: float) -> None:
    ascending = all(first < second for first, second in itertools.pairwise(shown))
    if not ascending or not shown or not shown[0] >= begin:
        raise InvalidRequest(
            f"Smoke cannot be shown at {shown[:3]} s where its simulation begins at {begin:g} s.",
            remedy="Give moments that ascend and do not lie before the first of the times, or before the state.",
        )


@dataclass(slots=True)
class _Column:
    """A simulation on its way: ``travel`` [2, 3, x, y, z] m, how far gas came since each phase of noise began."""

    solver: fluid.Solver
    state: fluid.State
    travel: Tensor
    eddies: turbulence.Eddies
    seconds: float  # since the warm-up began


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What a simulation is driven by: ``fires`` at ``times``, the low corner of its box, who wants to keep states."""

    fires: NDArray[np.float64]
    times: list[float]
    low: NDArray[np.float64]
    keep: Callable[[SmokeState], None] | None

    def warm_up(self, column: _Column) -> None:
        """Smoke before the first time."""
        for _ in range(_WARM_UP_STEPS):
            self._advance(column, self.times[0], _WARM_UP_STEP)

    def step(self, column: _Column, now: float) -> float:
        """One step to the time that is returned."""
        now += _STEP
        self._advance(column, now, _STEP)
        if self.keep is not None and round((now - self.times[0]) / _STEP) % _KEPT_STEPS == 0:
            self.keep(_state(column, now))
        return now

    def _advance(self, column: _Column, time: float, seconds: float) -> None:
        _advance(column, puffing(_at(self.fires, self.times, time), column.seconds), self.low, seconds)


def _frames(
    run: _Run,
    begin: SmokeState | None,
    shown: list[float],
    domain: SmokeDomain,
    voxel: float,
    wind: tuple[float, float],
    seed: int,
) -> Iterator[PlumeFrame]:
    shape = tuple(round(size / voxel) for size in domain.size)
    with fluid.one_thread():
        column = _begin((shape[0], shape[1], shape[2]), voxel, wind, seed)
        fine = voxel / _FINER
        origin = (domain.low[0] + fine / 2, domain.low[1] + fine / 2, domain.low[2] + fine / 2)
        fade = _fade((shape[0] * _FINER, shape[1] * _FINER, shape[2] * _FINER))
        tile = turbulence.curl_tile(seed, _LOBES)
        look = _billows.Billows(tile, cell=_LOBE * voxel, push=_PUSH * voxel, depth=_CREASES)
        if begin is None:
            run.warm_up(column)
        else:
            _resume(column, begin)
        now = run.times[0] if begin is None else begin.now
        before = after = _seen(column)
    for time in shown:
        with fluid.one_thread():  # entered for each frame: a generator must not hold settings while it waits
            while now < time - _NEAR:
                before = after
                now = run.step(column, now)
                after = _seen(column)
            frame = _between(before, after, 1.0 - max(now - time, 0.0) / _STEP)
            temperature, density = _billows.billowed(
                look, frame.temperature, frame.density, voxel, _FINER, frame.carried, _FAINT, _GAS.ambient
            )
        density = np.maximum(density * fade - np.float32(_FAINT), np.float32(0.0))
        temperature[density == 0.0] = _GAS.ambient
        velocity = turbulence.resampled(frame.velocity, density > _MOVING, voxel, fine)
        yield PlumeFrame(density, temperature, fine, origin, velocity)


def _state(column: _Column, now: float) -> SmokeState:
    fields = {name: getattr(column.state, name).numpy().copy() for name in _FIELDS}
    return SmokeState(now, column.seconds, fields | {"travel": column.travel.numpy().copy()})


def _resume(column: _Column, begin: SmokeState) -> None:
    """Put a column into a state that it had."""
    fields = {name: torch.from_numpy(begin.fields[name].copy()) for name in (*_FIELDS, "travel")}
    column.travel = fields.pop("travel")
    column.state = fluid.State(**fields)
    column.seconds = begin.seconds


def _begin(shape: tuple[int, int, int], voxel: float, wind: tuple[float, float], seed: int) -> _Column:
    solver = fluid.prepare(fluid.Box(shape, voxel, wind, roughness=1.0, flux=True), _GAS)
    eddies = turbulence.Eddies(turbulence.curl_tile(seed, _EDDIES), 0.75 * voxel)
    return _Column(solver, fluid.start(solver), torch.zeros((2, 3, *shape)), eddies, 0.0)


def _advance(column: _Column, fires: NDArray[np.float64], low: NDArray[np.float64], seconds: float) -> None:
    """One step: smoke and heat of the fires, eddies in the smoke, and the noise carried along."""
    solver, box = column.solver, column.solver.box
    heat = np.zeros(box.shape, np.float32)
    _deposit(heat, fires, low, box.voxel)
    smoky = (column.state.density / 0.02).clamp(0.0, 1.0)
    eddies = turbulence.flow(column.eddies, box.shape, box.voxel, 4.0 * column.seconds)
    power = torch.from_numpy(heat)  # W/m³
    source = fluid.Source(
        heat=power * (_CONVECTED / _AIR_HEAT),
        density=power * _SMOKE_PER_JOULE,
        force=torch.from_numpy(eddies) * (smoky * _STIR),
    )
    carried = fluid.carry(solver, column.state.velocity, column.travel.flatten(0, 1), seconds)
    column.travel = carried.unflatten(0, (2, 3)) + column.state.velocity * seconds
    column.state = fluid.step(solver, column.state, source, seconds)
    column.seconds += seconds
    for phase in range(2):
        place = column.seconds / _PHASE_SECONDS + 0.5 * phase
        if place - math.floor(place) < seconds / _PHASE_SECONDS:
            column.travel[phase] = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What a frame is made from, on coarse voxels."""

    temperature: NDArray[np.float32]
    density: NDArray[np.float32]
    carried: turbulence.Carried
    velocity: NDArray[np.float32]


def _seen(column: _Column) -> _Seen:
    places = [column.seconds / _PHASE_SECONDS + 0.5 * phase for phase in range(2)]
    shares = [1.0 - abs(2.0 * (place - math.floor(place)) - 1.0) for place in places]
    # Two blended noises are weaker than one: their squares, not their shares, add up to 1.
    weights = np.array(shares, np.float32) / np.float32(math.hypot(*shares))
    travel = np.ascontiguousarray(column.travel.permute(0, 2, 3, 4, 1).numpy())
    carried = turbulence.Carried(travel, weights)
    state = column.state
    return _Seen(state.temperature.numpy().copy(), state.density.numpy().copy(), carried, state.velocity.numpy().copy())


def _between(before: _Seen, after: _Seen, share: float) -> _Seen:
    """The moment at ``share`` (0 to 1) of the step from ``before`` to ``after``."""
    # A phase that began anew in this step weighs next to nothing; where it came from is better than a mean with 0.
    anew = np.abs(after.carried.travel).max(axis=(1, 2, 3, 4)) == 0.0
    travel = _mean(before.carried.travel, after.carried.travel, share)
    travel[anew] = before.carried.travel[anew]
    return _Seen(
        _mean(before.temperature, after.temperature, share),
        _mean(before.density, after.density, share),
        turbulence.Carried(travel, _mean(before.carried.weights, after.carried.weights, share)),
        _mean(before.velocity, after.velocity, share),
    )


def _mean(before: NDArray[np.float32], after: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    return (before * np.float32(1.0 - share) + after * np.float32(share)).astype(np.float32, copy=False)


def _at(fires: NDArray[np.float64], times: list[float], time: float) -> NDArray[np.float64]:
    """The sources at a time [sources, 5], blended between the nearest two given times."""
    later = min(int(np.searchsorted(times, time)), len(times) - 1)
    earlier = max(later - 1, 0)
    if later == earlier or time >= times[later]:
        return fires[later]
    share = max(time - times[earlier], 0.0) / (times[later] - times[earlier])
    return fires[earlier] * (1.0 - share) + fires[later] * share


def puffing(fires: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """The sources with a heat release that pulses, each in a phase of its own place: the mean over time stays."""
    rate = 1.5 / np.sqrt(np.maximum(2.0 * fires[:, 4], 0.5))
    phase = 0.37 * fires[:, 0] + 0.61 * fires[:, 1]
    result = fires.copy()
    result[:, 3] *= 1.0 + _PUFFS * np.sin(2.0 * np.pi * rate * seconds + phase)
    return result


@numba.njit(cache=True)
def _deposit(power: NDArray[np.float32], fires: NDArray[np.float64], low: NDArray[np.float64], voxel: float) -> None:
    """Add each fire's heat release to ``power`` (W/m³) as a ball that falls off smoothly; its sum is kept."""
    size_x, size_y, size_z = power.shape
    volume = voxel**3
    for index in range(len(fires)):
        x, y, z = (
            (fires[index, 0] - low[0]) / voxel,
            (fires[index, 1] - low[1]) / voxel,
            (fires[index, 2] - low[2]) / voxel,
        )
        radius = max(fires[index, 4] / voxel, 1.0) * 1.5
        first_x, last_x = max(int(x - radius), 0), min(int(x + radius) + 1, size_x)
        first_y, last_y = max(int(y - radius), 0), min(int(y + radius) + 1, size_y)
        first_z, last_z = max(int(z - radius), 0), min(int(z + radius) + 1, size_z)
        total = 0.0
        for turn in range(2):  # first the sum of the weights, then the deposit
            for i in range(first_x, last_x):
                for j in range(first_y, last_y):
                    for k in range(first_z, last_z):
                        square = ((i + 0.5 - x) ** 2 + (j + 0.5 - y) ** 2 + (k + 0.5 - z) ** 2) / radius**2
                        if square < 1.0:
                            weight = (1.0 - square) ** 2
                            if turn == 0:
                                total += weight
                            else:
                                power[i, j, k] += fires[index, 3] * weight / (total * volume)


def _fade(shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """1 inside, smoothly 0 at the sides and the top of the fine box [x, y, z]."""
    ramps: list[NDArray[np.float64]] = []
    for axis, size in enumerate(shape):
        place = np.arange(size) / (size - 1)
        distance = 1.0 - place if axis == 2 else np.minimum(place, 1.0 - place)
        share = np.clip(distance / _FADE_SHARE, 0.0, 1.0)
        ramps.append(share * share * (3.0 - 2.0 * share))
    return (ramps[0][:, None, None] * ramps[1][None, :, None] * ramps[2][None, None, :]).astype(np.float32)
