"""Light and embers of a burning shot. Simulation space, metres, nits, story seconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.generators.burning_forest.blaze import Patches
from usd_ai.sim.hashing import normal, salt, uniform

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

FLAME_LUMINANCE = 1750.0
"""cd/m² of a black body at 1373 K, the temperature at the base of forest flames [Wotton et al. 2012]."""
FLAME_EMISSIVITY = 0.55
"""Of a flame some metres deep, averaged from base to tip (working value, by eye)."""
FIRE_TEMPERATURE = 1900.0
"""Kelvin of the light's hue: 1373 K pushed by 500 K, as film does; the luminance is not pushed (look.md)."""

MAX_LIGHTS = 24
_LIGHT_CELL = 22.0

EMBER_LIFE = 5.0
_EMBERS_PER_TREE = 12.0  # born per second and burning tree in a gust's mean
_EMBER_MAX = 6000
EMBER_KELVIN = (1400.0, 950.0)
"""At birth and at the end. Brands that were measured glow at 920-1090 K (look.md), which no camera sees beside flames;
those that read in films were torn out of a flame and still burn, so they begin near its own temperature."""


@dataclass(frozen=True, slots=True, eq=False)
class FireLight:
    """One of few lights that stand for many flames: ``place`` [3], ``radius`` metres, ``nits`` per story time asked.

    ``name`` follows from the cell of the world that it stands in; ``trees``: int64 [n], rising, those it stands for;
    ``parts``: float64 [n, times], what each of them gives of ``nits``.
    """

    name: str
    trees: I64
    place: F64
    radius: float
    nits: F64
    parts: F64


def fire_lights(
    patches: Patches, stories: F64, seed: int, brightness: float, among: Patches | None = None
) -> list[FireLight]:
    """Flame-sized lights, at most `MAX_LIGHTS`, with the flames' own pulsing (1.5/√D Hz, ± 25 %).

    One stands in each cell of the world in which something burns; where these are too many, the weakest cells are
    counted to the nearest of the others, so that a light that stays keeps its name. Patches without stems are no trees.
    ``among``: the patches of the unedited world, which say which cells these are.
    """
    if len(patches) == 0 or brightness <= 0.0:
        return []
    strengths = np.stack([patches.strength(story) for story in stories], axis=1)
    area = patches.width * patches.height * 0.5  # flames taper: half of the box that holds them
    cells, inverse = _cells(patches, patches if among is None else among, stories)
    lights: list[FireLight] = []
    for index, (column, row) in enumerate(cells.tolist()):
        of_light = inverse == index
        weight = area[of_light] / area[of_light].sum()
        height = float(weight @ patches.height[of_light])
        radius = float(np.clip(0.32 * height, 1.5, 6.0))
        flicker = _flicker(seed, (row << 20) + column, float(np.sqrt(area[of_light].sum())), stories)
        each = (FLAME_LUMINANCE * FLAME_EMISSIVITY * brightness / (np.pi * radius**2)) * flicker
        parts = (area[:, None] * strengths * each)[of_light] * _in_sight(float(area[of_light].sum()), height)
        stems = np.flatnonzero(patches.stems[of_light] > 0)
        rising = stems[np.argsort(patches.ids[of_light][stems], kind="stable")]
        lights.append(
            FireLight(
                f"light_{'w' if column < 0 else 'e'}{abs(column):03d}_{'s' if row < 0 else 'n'}{abs(row):03d}",
                patches.ids[of_light][rising],
                weight @ patches.places[of_light] + np.array([0.0, 0.0, 0.45 * height]),
                radius,
                parts.sum(axis=0),
                parts[rising],
            )
        )
    return lights


def _in_sight(area: float, height: float) -> float:
    """Share of flames of ``area`` m² in one cell that is seen from outside: they stand before one another.

    Flames at random over a silhouette of A m², the cell's width times their height, cover A (1 - e^(-area/A)) of it.
    """
    silhouette = _LIGHT_CELL * max(height, 1.0)
    return silhouette / area * (1.0 - np.exp(-area / silhouette)) if area > 0.0 else 1.0


def _cells(patches: Patches, among: Patches, stories: F64) -> tuple[I64, I64]:
    """The cells that have a light, int64 [m, 2] (column, row), by row and column; and the cell of each patch [n]."""
    own = _cell_of(patches)
    chosen, inverse = np.unique(_cell_of(among), axis=0, return_inverse=True)
    if len(chosen) > MAX_LIGHTS:
        power = np.max([among.strength(story) for story in stories], axis=0) * among.width * among.height
        total = np.zeros(len(chosen))
        np.add.at(total, inverse.reshape(-1), power)
        chosen = chosen[np.sort(np.argsort(-total, kind="stable")[:MAX_LIGHTS])]
        away = np.linalg.norm((own[:, None] - chosen[None]).astype(np.float64), axis=2)
        own = chosen[np.argmin(away, axis=1)]
    cells, inverse = np.unique(own, axis=0, return_inverse=True)
    return cells[:, ::-1], inverse.reshape(-1)


def _cell_of(patches: Patches) -> I64:
    """Row and column [n, 2] of the cell in which each patch lies."""
    return np.floor(patches.places[:, 1::-1] / _LIGHT_CELL).astype(np.int64)


def _flicker(seed: int, key: int, width: float, stories: F64) -> F64:
    """Sum of three incommensurate waves around the pulsing frequency, 1 ± 0.25 in a shot of a few seconds."""
    base = 1.5 / np.sqrt(max(width, 0.5))
    phases = uniform(seed, np.array([key * 3 + k for k in range(3)]), salt("flicker")) * 2.0 * np.pi
    ratios = (1.0, 1.73, 2.9)
    waves = [np.sin(2.0 * np.pi * base * r * stories + phase) for r, phase in zip(ratios, phases, strict=True)]
    return 1.0 + 0.25 * (0.7 * waves[0] + 0.5 * waves[1] + 0.35 * waves[2])


@dataclass(frozen=True, slots=True, eq=False)
class Embers:
    """Embers in the air at one moment: ``ids`` int64 [n], ``places`` and ``velocities`` float32 [n, 3] metres and m/s.

    ``widths`` float32 [n] metres, ``kelvin``, ``birth`` (story seconds) and ``life`` (seconds) float32 [n].
    """

    ids: I64
    places: F32
    velocities: F32
    widths: F32
    kelvin: F32
    birth: F32
    life: F32


class EmberField:
    """Embers as a function of time: each has an id, a birth and a path of its own, so no frame depends on another."""

    def __init__(
        self,
        patches: Patches,
        wind: F64,
        seed: int,
        amount: float,
        begin: float,
        end: float,
        crowd: int | None = None,
    ) -> None:
        """Embers born from ``patches`` that may be in the air between ``begin`` and ``end`` (story seconds).

        ``wind``: [2] m/s. ``amount`` scales their number. ``crowd``: how many patches share the embers that there is
        room for: those of the unedited world.
        """
        self._wind = wind
        self._seed = seed
        slots_per_second = _EMBERS_PER_TREE * amount
        span = end - begin + EMBER_LIFE
        if len(patches) and slots_per_second > 0.0:
            slots_per_second = min(slots_per_second, _EMBER_MAX / (max(crowd or len(patches), 1) * EMBER_LIFE))
        first = np.floor((begin - EMBER_LIFE) * slots_per_second).astype(np.int64)
        count = int(np.ceil(span * slots_per_second)) if len(patches) else 0
        slot, patch = np.meshgrid(first + np.arange(count), np.arange(len(patches)), indexing="xy")
        slot, patch = slot.ravel(), patch.ravel()
        ids = (patches.ids[patch] ^ (slot << 20) ^ salt("ember")) & 0x7FFFFFFFFFFFFFFF
        ids, kept = np.unique(ids, return_index=True)
        slot, patch = slot[kept], patch[kept]
        born = (slot + uniform(seed, ids, salt("born"))) / max(slots_per_second, 1e-9)
        # They come in gusts: few are born where the slow wave of their patch is low.
        gust = 0.5 + 0.5 * np.sin(2.0 * np.pi * (born / 2.7 + uniform(seed, patches.ids[patch], salt("gust"))))
        burning = (born >= patches.begin[patch]) & (born < patches.end[patch])
        keep = burning & (uniform(seed, ids, salt("gusted")) < gust**2)
        self._ids, self._born, patch = ids[keep], born[keep], patch[keep]
        spread = normal_2(seed, self._ids) * 0.35 * patches.width[patch][:, None]
        up = patches.height[patch] * (0.25 + 0.6 * uniform(seed, self._ids, salt("birth-height")))
        self._from = patches.places[patch] + np.column_stack([spread, up])
        self._life = EMBER_LIFE * (0.35 + 0.65 * uniform(seed, self._ids, salt("life")))
        self._updraft = 5.0 + 11.0 * uniform(seed, self._ids, salt("updraft"))
        self._fall = 2.0 + 2.5 * uniform(seed, self._ids, salt("fall"))
        self._width = 0.006 + 0.02 * uniform(seed, self._ids, salt("width")) ** 3

    def at(self, story: float) -> Embers:
        """The embers that glow at a story time."""
        age = story - self._born
        alive = (age >= 0.0) & (age < self._life)
        age, ids = age[alive], self._ids[alive]
        places = self._path(alive, age)
        step = 0.5 / 24.0
        velocities = (self._path(alive, age + step) - self._path(alive, age - step)) / (2.0 * step)
        share = age / self._life[alive]
        hot, cold = EMBER_KELVIN
        kelvin = cold + (hot - cold) * np.exp(-2.2 * share) * (1.0 - share)
        widths = self._width[alive] * np.sqrt(1.0 - 0.8 * share)
        return Embers(
            ids,
            places.astype(np.float32),
            velocities.astype(np.float32),
            widths.astype(np.float32),
            kelvin.astype(np.float32),
            self._born[alive].astype(np.float32),
            self._life[alive].astype(np.float32),
        )

    def _path(self, alive: NDArray[np.bool_], age: F64) -> F64:
        """Rise in the plume, drift with the wind, whirl, and fall: closed form, so any moment can be asked."""
        ids = self._ids[alive]
        decay = 1.2
        climb = self._updraft[alive] * decay * (1.0 - np.exp(-age / decay)) - 0.5 * self._fall[alive] * age
        drift = self._wind * (0.6 + 0.15 * age)[:, None] * age[:, None]
        whirl = np.zeros((len(ids), 3))
        for k, (size, rate) in enumerate(((1.6, 0.45), (0.6, 1.1), (0.22, 2.6))):
            phase = (
                2.0
                * np.pi
                * np.stack([uniform(self._seed, ids, salt(f"whirl-{k}-{axis}")) for axis in range(3)], axis=1)
            )
            whirl += size * (np.sin(2.0 * np.pi * rate * age[:, None] + phase) - np.sin(phase))
        return self._from[alive] + np.column_stack([drift, climb]) + whirl


def normal_2(seed: int, ids: I64) -> F64:
    """Two independent standard normal numbers [n, 2] per id."""
    return np.stack([normal(seed, ids, salt("spread-x")), normal(seed, ids, salt("spread-y"))], axis=1)


def ember_colors(kelvin: F32) -> F32:
    """Linear Rec.709 radiance of glowing embers [n, 3] in nits: Planck luminance times the hue of look.md."""
    # Log-linear in 1/T between 1100 K: 23, 1200 K: 140, 1373 K: 1750 cd/m² (look.md), continued to 950 K.
    inverse = np.array([1 / 1373.0, 1 / 1200.0, 1 / 1100.0, 1 / 950.0])
    luminance = np.exp(np.interp(1.0 / kelvin, inverse, np.log([1750.0, 140.0, 23.0, 0.8])))
    green = np.interp(kelvin, [900.0, 1373.0, 2000.0], [0.06, 0.11, 0.27])
    red = luminance / (0.2126 + 0.7152 * green)
    return np.stack([red, red * green, np.zeros_like(red)], axis=1).astype(np.float32)
