"""What pictures and layers of a forest fire are held against: each range with where it comes from.

docs/look.md says the same in words. "house rule" and "working value" mark what no paper stands behind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_INF = math.inf
_WHOLE = 100.0  # figures from here on are printed without decimals
_HOUSE = "house rule of composition"
_WORKING = "working value"
_HALF = ", within half an exponent"


@dataclass(frozen=True, slots=True)
class Range:
    """What a figure may be. ``unit`` "%" shows shares as per cent."""

    key: str
    title: str
    low: float
    high: float
    unit: str
    source: str

    def holds(self, value: float) -> bool:
        """Whether a figure lies inside."""
        return self.low <= value <= self.high

    def shown(self, value: float) -> str:
        """A figure as it is printed."""
        if self.unit == "%":
            return f"{100.0 * value:.1f}"
        return f"{value:,.0f}" if abs(value) >= _WHOLE else f"{value:.3g}"

    def bounds(self) -> str:
        """The range as it is printed."""
        if math.isinf(self.high):
            text = f"at least {self.shown(self.low)}"
        elif math.isinf(self.low):
            text = f"at most {self.shown(self.high)}"
        else:
            text = f"{self.shown(self.low)} to {self.shown(self.high)}"
        return f"{text} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure: which range it is held against, the shot, where in it (a frame, a camera), and the value."""

    key: str
    shot: str
    where: str
    value: float


_PICTURES = (
    Range("clipped", "clipped pixels", -_INF, 0.02, "%", _HOUSE),
    Range("dark", "pixels below display 0.15", 0.40, _INF, "%", _HOUSE),
    Range("fire_area", "fire's share of the picture", 0.15, 0.25, "%", _HOUSE),
    Range("fire_extent", "part of the picture the fire spans", 0.25, 0.45, "%", f"{_HOUSE}: on a third"),
    Range("fire_green", "green to red of flames, linear, median", 0.11, 0.27, "",
          "Planck's law, 1373 K to 2000 K, through the CIE 1931 observer"),
    Range("fire_blue", "blue to red of flames, linear, 95th percentile", -_INF, 0.02, "", "Planck's law: blue near 0"),
    Range("fire_nits", "luminance of flames, 95th percentile", 140.0, 1750.0, "cd/m²",
          "Planck's law, 1200 K to 1373 K [Wotton et al. 2012: flame temperatures]"),
    Range("ev", "exposure at ISO 100", 8.0, 11.0, "EV", "ANSI exposure table: burning buildings 9, after sunset 9-11"),
)  # fmt: skip

_FLAMES = (
    Range("height_torching", "flame to tree height, a single torching tree, median", 1.5, 2.0, "", _WORKING),
    Range("height_crown", "flame to stand height, active crown fire, median", 2.0, 3.0, "",
          f"{_WORKING}; 15-45 m"),
    Range("height_surface", "height of surface fire, median", 0.5, 2.0, "m", _WORKING),
    Range("height_vary", "flames within half of their class's median", 0.75, _INF, "%", f"{_WORKING}: ± 50 %"),
    Range("base_kelvin", "temperature at the base of flames", 1200.0, 1500.0, "K",
          "Wotton et al. 2012: about 1,100 °C at the base"),
    Range("tip_kelvin", "mean temperature over the flames' footprint at their tips", 400.0, 1000.0, "K",
          "Wotton et al. 2012: falling to 300 °C at the tip"),
)  # fmt: skip

_LIGHT = (
    Range("lights", "fire lights of a shot", 8, 24, "", _WORKING),
    Range("flicker", "flicker of fire lights, half of its span", 0.15, 0.35, "%", f"{_WORKING}: ± 25 %"),
    Range("pulsing", "frequency of flicker to 1.5/√D Hz, median", 0.5, 2.0, "",
          _WORKING),
    Range("near_slope", "falloff within a flame's width, exponent", -0.5, 0.5, "", f"a radiating panel: flat{_HALF}"),
    Range("front_slope", "falloff along a front, exponent", -1.5, -0.5, "", f"a radiating line: 1/d{_HALF}"),
    Range("far_slope", "falloff far from a front, exponent", -2.5, -1.5, "", f"a point: 1/d²{_HALF}"),
)  # fmt: skip

_AIR = (
    Range("underside", "luminance of smoke, lowest to highest third", 1.0, _INF, "", "lit by the fire below"),
    Range("tint_red", "extinction of smoke, red to green", 0.72, 0.80, "", "λ⁻²: brown in transmission [Applied Optics "
          "47, H143]"),
    Range("tint_blue", "extinction of smoke, blue to green", 1.36, 1.50, "", "λ⁻²: bluish at thin edges [Applied "
          "Optics 47, H143]"),
    Range("haze", "extinction of the air", 0.002, 0.006, "1/m", "visibility 3.9/σ, about 1 km"),
    Range("ember_speed", "speed of embers, median", 2.0, 30.0, "m/s",
          "from falling (2-6, working value) to what updrafts carry [Coen et al. 2004: 28-48]"),
    Range("ember_streak", "length of ember streaks to speed/48", 0.9, 1.1, "", "a shutter of 1/48 s"),
    Range("ember_kelvin", "temperature of embers, median", 920.0, 1090.0, "K", _WORKING),
)  # fmt: skip

_FOREST = (
    Range("stems", "stems per hectare before the camera", 400.0, 1400.0, "1/ha", "PMC6825224: boreal pine, 50 years"),
    Range("snags", "dead snags", 0.05, 0.10, "%", _WORKING),
    Range("lai", "leaf area index of the nearest trees", 5.1 * 0.7, 6.7 * 1.3, "",
          "Asner et al. 2003: 5.1-6.7, within 30 %"),
    Range("height_pine", "height of pines, median", 18.0, 21.0, "m", "PMC6825224"),
    Range("height_birch", "height of birches, median", 12.0, 22.0, "m", "PMC6825224"),
    Range("height_spruce", "height of spruces, median", 14.0, 21.0, "m", "PMC6825224"),
    Range("prototypes", "tree prototypes", 40, _INF, "", _HOUSE),
    Range("twins", "pairs alike among the 200 nearest trees (prototype, yaw ± 10°, scale ± 3 %)", -_INF, 0, "", _HOUSE),
)  # fmt: skip

RANGES: dict[str, Range] = {one.key: one for one in (*_PICTURES, *_FLAMES, *_LIGHT, *_AIR, *_FOREST)}
