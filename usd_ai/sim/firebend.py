"""The fire bent to the story: rates of spread changed as little and as smoothly as needed to be there in time.

What is changed are rates, never times: so what comes out is the arrival of a fire again, in which every place burns
after a neighbour of its own (or after a brand that lit it), at a bounded speed. Along the way on which the fire comes
to a key by itself, and in a tube around it that is wide for long ways, rates are multiplied by ``exp(strength)``; the
strengths are found by Newton's method. Its derivatives are exact, as the time along the way is what the tube divides
(a least time does not change to first order when its way does).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import distance_transform_edt

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim.firespread import Grid, Links, SpreadRates, arrival_from_rates, way_to

Floats = NDArray[np.float64]

_KEYS_MOST = 64  # each holds a number per cell, and all of them are solved together
_WITHIN = 0.05  # s: how near a key must be met
_ROUNDS = 30
_STALLS = 2  # rounds without gain after which a key is held to be impossible
_TUBE = 0.3  # half width of a tube as a share of its way's length
_TUBE_APART = 0.35  # and of the distance to the next key, at most
_TUBE_LEAST = 4.0  # cells
_STRONGEST = math.log(25.0)  # the fire runs at most 25 times faster or slower than by itself
_STEP = 1.2  # most that a strength changes in a round


@dataclass(frozen=True, slots=True)
class Key:
    """The fire shall arrive at ``place`` (x, y in metres) at ``seconds``."""

    place: tuple[float, float]
    seconds: float


def sample(times: NDArray[np.floating], grid: Grid, places: ArrayLike) -> Floats:
    """Times [n] at places [n, 2], bilinear between cells that burn; infinite where nothing burns or off the grid."""
    at = np.atleast_2d(np.asarray(places, np.float64))
    rows, columns = grid.shape
    across = (at[:, 0] - grid.low[0]) / grid.cell - 0.5
    along = (at[:, 1] - grid.low[1]) / grid.cell - 0.5
    inside = (across > -0.5) & (across < columns - 0.5) & (along > -0.5) & (along < rows - 0.5)
    j = np.clip(np.floor(across).astype(int), 0, max(columns - 2, 0))
    i = np.clip(np.floor(along).astype(int), 0, max(rows - 2, 0))
    u, v = np.clip(across - j, 0.0, 1.0), np.clip(along - i, 0.0, 1.0)
    right, up = np.minimum(j + 1, columns - 1), np.minimum(i + 1, rows - 1)
    corners = np.stack([times[i, j], times[i, right], times[up, j], times[up, right]]).astype(np.float64)
    shares = np.stack([(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v])
    burns = np.isfinite(corners)
    weight = np.where(burns, shares, 0.0)
    total = weight.sum(axis=0)
    mean = np.where(burns, corners, 0.0)
    found = (weight * mean).sum(axis=0) / np.maximum(total, 1e-12)
    return np.where(inside & (total > 0.5), found, np.inf)


def bent_to(
    rates: SpreadRates, ignitions: ArrayLike, keys: list[Key], *, line: bool = False, links: Links | None = None
) -> SpreadRates:
    """The rates with which the fire arrives at every key within 0.1 s; arguments as of `arrival_from_rates`.

    Raises InvalidRequest for a key that no fire of this kind can meet: off the grid, where nothing burns, before
    anything is lit, or against another key; and for more than 64 keys.
    """
    if not keys:
        return rates
    if len(keys) > _KEYS_MOST:
        raise InvalidRequest(
            f"The fire cannot be told to arrive at {len(keys)} places: more than {_KEYS_MOST} are not met together.",
            remedy=f"Keep the {_KEYS_MOST} or fewer that the shot needs; between them the fire runs by itself.",
            reason="ARRIVALS_TOO_MANY",
            context={"parameter": "arrivals"},
        )

    def solve(strengths: Floats) -> NDArray[np.float32]:
        bent = replace(rates, head=rates.head * np.exp(np.tensordot(strengths, tubes, 1)))
        return arrival_from_rates(bent, ignitions, line=line, links=links)

    first = arrival_from_rates(rates, ignitions, line=line, links=links)
    begin = _earliest(ignitions)
    for key in keys:
        _refuse_hopeless(key, first, rates, begin)
    places = np.array([key.place for key in keys], np.float64)
    wanted = np.array([key.seconds for key in keys], np.float64)
    cells = [_cell(rates.grid, key) for key in keys]
    apart = [_apart(rates.grid, places, index) for index in range(len(keys))]
    ways = [way_to(rates, first, links, cell) for cell in cells]
    tubes = np.stack([_tube(way, rates.grid, gap) for way, gap in zip(ways, apart, strict=True)])
    tubes *= tubes / np.maximum(tubes.sum(axis=0), 1.0)  # ways that run together share what they run through
    strengths = _found(rates, tubes, cells, links, begin, wanted, solve, places)
    if strengths is None:
        own = sample(first, rates.grid, places)
        worst = int(np.argmax(np.abs(np.log((own - begin) / (wanted - begin)))))
        raise _refusal(keys[worst], float(own[worst]), several=len(keys) > 1)
    return replace(rates, head=rates.head * np.exp(np.tensordot(strengths, tubes, 1)))


def _found(
    rates: SpreadRates,
    tubes: Floats,
    cells: list[tuple[int, int]],
    links: Links | None,
    begin: float,
    wanted: Floats,
    solve: Callable[[Floats], NDArray[np.float32]],
    places: Floats,
) -> Floats | None:
    """Strengths [keys] that meet all keys, or None: Newton's method on the logarithm of times, with halved steps."""
    strengths, stalls, damping, last = np.zeros(len(cells)), 0, 1.0, np.zeros(len(cells))
    times = solve(strengths)
    felt = sample(times, rates.grid, places)
    for _ in range(_ROUNDS):
        if np.abs(felt - wanted).max() <= _WITHIN:
            return strengths
        bent = replace(rates, head=rates.head * np.exp(np.tensordot(strengths, tubes, 1)))
        slopes = np.stack([_shares(bent, times, links, cell, tubes, begin) for cell in cells])
        slopes = slopes / (felt - begin)[:, None]
        gap = np.log((felt - begin) / (wanted - begin))
        worst = int(np.argmax(np.abs(gap)))
        damping = 0.55 * damping if gap[worst] * last[worst] < -0.25 * last[worst] ** 2 else min(1.0, 1.5 * damping)
        last = gap
        step = np.asarray(np.linalg.lstsq(slopes, gap, rcond=1e-6)[0], np.float64)
        step *= min(damping, _STEP / max(float(np.abs(step).max()), 1e-12))
        for share in (1.0, 0.4, 0.15):
            trial = np.clip(strengths + share * step, -_STRONGEST, _STRONGEST)
            times = solve(trial)
            felt = sample(times, rates.grid, places)
            left = np.abs(np.log((felt - begin) / (wanted - begin))).max()
            if left < 0.97 * np.abs(gap).max():
                break
        else:
            stalls += 1
        if stalls > _STALLS or np.array_equal(trial, strengths):
            return None
        strengths = trial
    return None


def _shares(
    rates: SpreadRates,
    times: NDArray[np.float32],
    links: Links | None,
    cell: tuple[int, int],
    tubes: Floats,
    begin: float,
) -> Floats:
    """Seconds of the way to a cell that each tube divides [keys]."""
    way = way_to(rates, times, links, cell)
    passed = -np.diff(np.append(times.ravel()[way].astype(np.float64), begin))
    return tubes.reshape(len(tubes), -1)[:, way] @ passed


def _apart(grid: Grid, places: Floats, index: int) -> float:
    """Cells from a key to the next other one; infinite for the only one."""
    away = np.hypot(*(np.delete(places, index, axis=0) - places[index]).T) / grid.cell
    return float(away.min()) if len(away) else math.inf


def _tube(way: NDArray[np.int64], grid: Grid, apart: float) -> Floats:
    """1 on a way, falling off to its sides: float64 [rows, columns]."""
    free = np.ones(grid.shape, np.bool_)
    free.ravel()[way] = False
    away = np.asarray(distance_transform_edt(free), np.float64)
    width = max(min(_TUBE * len(way), _TUBE_APART * apart), _TUBE_LEAST)
    return np.asarray(np.exp(-0.5 * (away / width) ** 2), np.float64)


def _cell(grid: Grid, key: Key) -> tuple[int, int]:
    row = int(np.clip((key.place[1] - grid.low[1]) // grid.cell, 0, grid.shape[0] - 1))
    return row, int(np.clip((key.place[0] - grid.low[0]) // grid.cell, 0, grid.shape[1] - 1))


def _earliest(ignitions: ArrayLike) -> float:
    sources = np.atleast_2d(np.asarray(ignitions, np.float64))
    return float(sources[:, 2].min()) if sources.shape[1] > 2 else 0.0


def _refuse_hopeless(key: Key, times: NDArray[np.float32], rates: SpreadRates, begin: float) -> None:
    x, y = key.place
    if key.seconds <= begin:
        raise InvalidRequest(
            f"The fire cannot be at {x:g},{y:g} at {key.seconds:g} s: nothing is lit before {begin:g} s.",
            remedy=f"Give a moment after {begin:g} s, or light the fire earlier.",
            reason="ARRIVAL_IMPOSSIBLE",
            context={"place": f"{x:g},{y:g}"},
        )
    low, (rows, columns) = rates.grid.low, rates.grid.shape
    high = (low[0] + rates.grid.cell * columns, low[1] + rates.grid.cell * rows)
    if not (low[0] <= x <= high[0] and low[1] <= y <= high[1]):
        raise InvalidRequest(
            f"{x:g},{y:g}, where the fire should arrive at {key.seconds:g} s, lies outside the ground.",
            remedy=f"Give x from {low[0]:.0f} to {high[0]:.0f}, y from {low[1]:.0f} to {high[1]:.0f}.",
            reason="ARRIVAL_IMPOSSIBLE",
            context={"place": f"{x:g},{y:g}"},
        )
    own = float(sample(times, rates.grid, [key.place])[0])
    if not math.isfinite(own) or not math.isfinite(float(times[_cell(rates.grid, key)])):
        raise InvalidRequest(
            f"The fire never comes to {x:g},{y:g}: nothing there burns, or nothing leads there.",
            remedy="Name a place beside water, paths and bare ground, or light a fire that can reach it.",
            reason="ARRIVAL_IMPOSSIBLE",
            context={"place": f"{x:g},{y:g}"},
        )
    if own <= begin:
        raise _refusal(key, own, several=False)


def _refusal(key: Key, own: float, *, several: bool) -> InvalidRequest:
    x, y = key.place
    return InvalidRequest(
        f"The fire cannot be at {x:g},{y:g} at {key.seconds:g} s" + (" and meet the other keys." if several else "."),
        remedy=f"By itself it comes at {own:.0f} s; give a moment nearer to that, or keys farther apart.",
        reason="ARRIVAL_IMPOSSIBLE",
        context={"place": f"{x:g},{y:g}"},
    )
