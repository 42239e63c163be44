"""Instances in great number: which prototypes they need, when they change, how they are turned. One pass each."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from usd_ai.generators.burning_forest.clock import StoryClock
from usd_ai.generators.burning_forest.stand import SCORCH_LEAD, Stand
from usd_ai.sim.threads import each, slices

I32 = NDArray[np.int32]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SAMPLES_MOST = 40_000_000
"""Prototype indices of all frames that one instancer holds; beyond, what changes gets an instancer of its own."""


def distinct(*columns: I32) -> set[tuple[int, ...]]:
    """The combinations that occur in columns [n] of small numbers from 0."""
    if not len(columns[0]):
        return set()
    sizes = tuple(int(column.max()) + 1 for column in columns)
    code = np.zeros(len(columns[0]), np.int64)
    for column, size in zip(columns, sizes, strict=True):
        code = code * size + column
    present = np.flatnonzero(np.bincount(code, minlength=1))
    return set(zip(*(part.tolist() for part in np.unravel_index(present, sizes)), strict=True))


def turning(stand: Stand, clock: StoryClock) -> NDArray[np.bool_]:
    """Which plants change their state within a shot, after its first frame: bool [n]."""
    start, end = clock.at(clock.frames.start), clock.at(clock.frames.end)
    found = np.zeros(len(stand), np.bool_)
    for moment in (stand.ignition - np.float32(SCORCH_LEAD), stand.ignition, stand.flaming_end):
        found |= (moment > start) & (moment <= end)
    return found


def state_samples(stand: Stand, clock: StoryClock) -> dict[int, I32]:
    """States [n] at the first frame of a shot and at every frame where one changes."""
    first = clock.frames.start
    samples = {first: stand.states(clock.at(first))}
    which = np.flatnonzero(turning(stand, clock))
    few, last = stand.where(which), samples[first]
    for frame in clock.frames.frames():
        states = few.states(clock.at(frame)) if len(which) else last[:0]
        if not np.array_equal(states, last[which]):
            last = last.copy()
            last[which] = states
            samples[frame] = last
    return samples


def orientations(yaw: F32, lean: F32, azimuth: F32, *, y_up: bool) -> F32:
    """Quaternions float32 [n, 4] (w, x, y, z) for things modelled with the host's axes.

    They are turned by ``yaw`` about the vertical, then tilted by ``lean`` towards ``azimuth`` (radians, simulation
    space). ``y_up``: the host's vertical is Y.
    """
    found = np.empty((len(yaw), 4), np.float32)
    each(lambda rows: _turned(yaw[rows], lean[rows], azimuth[rows], y_up, found[rows]), slices(len(yaw)))
    return found


def host_positions(places: F64, meters_per_unit: float, *, y_up: bool) -> F32:
    """Places [n, 3] of simulation space as float32 [n, 3] host units."""
    found = np.empty((len(places), 3), np.float32)
    each(lambda rows: _placed(places[rows], 1.0 / meters_per_unit, y_up, found[rows]), slices(len(places)))
    return found


@njit(cache=True, nogil=True)
def _turned(yaw: F32, lean: F32, azimuth: F32, y_up: bool, out: F32) -> None:
    for n in range(yaw.size):
        half = 0.5 * float(yaw[n])
        cos_yaw, sin_yaw = math.cos(half), math.sin(half)
        tilt = 0.5 * float(lean[n])
        w, away = math.cos(tilt), math.sin(tilt)
        x, y = -away * math.sin(float(azimuth[n])), away * math.cos(float(azimuth[n]))
        # The tilt's quaternion (w, x, y, 0) times the turn's (cos, 0, 0, sin).
        i, j, k = x * cos_yaw + y * sin_yaw, y * cos_yaw - x * sin_yaw, w * sin_yaw
        out[n, 0], out[n, 1] = w * cos_yaw, i
        if y_up:
            out[n, 2], out[n, 3] = k, -j
        else:
            out[n, 2], out[n, 3] = j, k


@njit(cache=True, nogil=True)
def _placed(places: F64, scale: float, y_up: bool, out: F32) -> None:
    for n in range(places.shape[0]):
        x, y, z = places[n, 0] * scale, places[n, 1] * scale, places[n, 2] * scale
        out[n, 0] = x
        if y_up:
            out[n, 1], out[n, 2] = z, -y
        else:
            out[n, 1], out[n, 2] = y, z
