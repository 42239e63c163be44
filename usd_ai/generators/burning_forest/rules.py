"""The placement rules of a world, read from its parameters."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.ports import Arrays
from usd_ai.core.types import ArrayRef, ParameterValue, World
from usd_ai.generators.burning_forest.plants import TREES
from usd_ai.generators.burning_forest.world import number, parse_clearings, world_values
from usd_ai.sim.placement import Circle, Line, Painted, Region, Rules

F64 = NDArray[np.float64]

_SHARE_MOST = 4.0
_AFFINITY = {"fir": 1.0, "spruce": 0.8, "birch": 0.2, "snag": 0.0, "oak": -0.7, "pine": -1.0}
"""Of the species, -1 dry and sunny to 1 damp and shaded: the order of their moisture needs as foresters teach it
(working values)."""
_AFFINITY_DEPTH = 2.5  # log shares at full strength: twelve times the odds on a wholly shaded slope
_NO_LIMIT = 9000.0  # metres; what the altitude parameters say where they limit nothing


def read_rules(world: World, arrays: Arrays, low: F64, high: F64) -> Rules:
    """The rules; a painted map without an area of its own lies over the ground from ``low`` to ``high``.

    Raises InvalidRequest for a text that cannot be read, and NotFound where a map's values are not in the store.
    """
    values = world_values(world)
    lowest, highest = number(values, "altitude_low"), number(values, "altitude_high")
    strength = number(values, "site_rules")
    leaning = np.array([_AFFINITY.get(name, 0.0) for name in TREES]) * (_AFFINITY_DEPTH * strength)
    return Rules(
        slope_most=number(values, "slope_most"),
        altitude_low=lowest if lowest > -_NO_LIMIT else -math.inf,
        altitude_high=highest if highest < _NO_LIMIT else math.inf,
        circles=tuple(Circle(float(x), float(y), float(r)) for x, y, r in parse_clearings(str(values["clearings"]))),
        regions=_regions(str(values["regions"])),
        lines=_lines(str(values["lines"])),
        painted=_painted(values, arrays, low, high),
        affinity=leaning if strength > 0.0 else np.zeros(0),
    )


def _painted(values: dict[str, ParameterValue], arrays: Arrays, low: F64, high: F64) -> Painted | None:
    words = str(values["density_map"]).split()
    if not words:
        return None
    rows, _, columns = words[-1].partition("x")
    shares = arrays.get(ArrayRef(words[1], "<f4", (int(rows), int(columns))))
    area = values["density_map_area"]
    west, south, east, north = area if isinstance(area, tuple) else (0.0, 0.0, 0.0, 0.0)
    if (west, south, east, north) == (0.0, 0.0, 0.0, 0.0):
        west, south, east, north = float(low[0]), float(low[1]), float(high[0]), float(high[1])
    if not (west < east and south < north):
        raise InvalidRequest(
            f"The area of the density map, {west:g},{south:g},{east:g},{north:g}, is empty.",
            remedy="Give density_map_area as x0,y0,x1,y1 in metres, the lower corner first.",
            reason="PARAMETER_OUT_OF_RANGE",
            context={"parameter": "density_map_area"},
        )
    return Painted(np.asarray(shares, np.float32), (west, south), (east, north))


def tree_mix(values: dict[str, ParameterValue]) -> F64:
    """Shares of the species float64 [k], in the order of `TREES`; even where all are 0."""
    mix = np.array([max(number(values, name), 0.0) if name in values else 0.0 for name in TREES])
    return mix if mix.sum() > 0.0 else np.ones(len(TREES))


def _regions(text: str) -> tuple[Region, ...]:
    found: list[Region] = []
    for words, places in _parts(text, "regions", 3):
        share, mix = _region_shares(words)
        if mix and not any(mix.values()):
            raise _unread("regions", " ".join(words), "no kind of tree has a share above 0; give 0 alone to bare it")
        kinds = np.array([mix.get(name, 0.0) for name in TREES]) if mix else None
        found.append(Region(places, share, kinds))
    return tuple(found)


def _region_shares(words: list[str]) -> tuple[float, dict[str, float]]:
    """The share of the density, 1 where none is given, and those of the kinds that are named."""
    said: dict[str, float] = {}
    for word in words:
        name, sign, value = word.rpartition("=")
        if sign and name not in TREES:
            raise _unread("regions", word, f"'{name}' is no tree; the trees are {', '.join(TREES)}")
        if name in said:
            raise _unread("regions", word, f"the share of {name or 'the density'} is given twice")
        said[name] = _share(value, "regions")
    return said.pop("", 1.0), said


def _lines(text: str) -> tuple[Line, ...]:
    found: list[Line] = []
    for words, places in _parts(text, "lines", 2):
        if len(words) != 2:
            raise _unread("lines", " ".join(words), "two numbers stand before the ':', width and share")
        width = _number(words[0], "lines")
        if not 0.0 < width <= 1e4:
            raise _unread("lines", words[0], "a width is above 0 and at most 10000 m")
        found.append(Line(places, width, _share(words[1], "lines")))
    return tuple(found)


def _parts(text: str, parameter: str, least: int) -> list[tuple[list[str], F64]]:
    """Each part 'words: x,y x,y ...' as its words and its places float64 [n, 2]."""
    found: list[tuple[list[str], F64]] = []
    for part in (p.strip() for p in text.split(";")):
        if not part:
            continue
        said, colon, places = part.partition(":")
        points = [[_number(v, parameter) for v in place.split(",")] for place in places.split()]
        if not colon or not said.split() or len(points) < least or any(len(p) != 2 for p in points):
            raise _unread(parameter, part, f"it needs words, a ':' and at least {least} places 'x,y'")
        found.append((said.split(), np.array(points, np.float64)))
    return found


def _number(text: str, parameter: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _unread(parameter, text, "it is not a number")
    return value


def _share(text: str, parameter: str) -> float:
    value = _number(text, parameter)
    if not 0.0 <= value <= _SHARE_MOST:
        raise _unread(parameter, text, f"a share is from 0 to {_SHARE_MOST:g}")
    return value


def _unread(parameter: str, what: str, why: str) -> InvalidRequest:
    example = {
        "regions": "'0.4 birch=1: 0,0 100,0 100,80' (a share of the density, kinds if they differ, then corners)",
        "lines": "'12 0: 0,0 50,20 90,20' (width in metres, share of the density, then points)",
    }[parameter]
    return InvalidRequest(
        f"Parameter '{parameter}' has '{what}': {why}.",
        remedy=f"Write parts like {example}, separated by ';', in metres on the ground plane.",
        reason="PARAMETER_OUT_OF_RANGE",
        context={"parameter": parameter},
    )
