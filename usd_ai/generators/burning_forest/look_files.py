"""Look files that ship with a layer: one table of numbers, a script for Blender, an over layer for Karma and Arnold.

USD has no standard volume surface, so a volume comes without a look; these give it the one that its numbers mean. They
are files of the layer, under its digest, and change nothing unless somebody uses them.
"""

from __future__ import annotations

import json
from pathlib import Path

from usd_ai.generators.burning_forest.karma_look import karma_layer
from usd_ai.generators.burning_forest.materials import GLOWING_CHAR, glow_of
from usd_ai.generators.burning_forest.shot import Shot
from usd_ai.sim.growth import MATERIALS

LOOK = "look"
SCRIPT = Path(__file__).with_name("look") / "blender.py"

TINT = (0.76, 1.0, 1.43)
"""Extinction of smoke by colour against green's, λ^-2 [Applied Optics 47, H143, in look.md]."""
ALBEDO = (0.42, 0.43, 0.45)
"""Single-scattering albedo of smoke that has left the flame: upper end of flaming [Smith 2020, in look.md]."""
ANISOTROPY = 0.6
DARKENING = 0.85
"""Share of that albedo which soot inside a full flame has lost (young soot: 0.1 to 0.2, working value)."""
SOOT = 0.7
"""1/m of absorption in full flame: 3 m are translucent, 10 m opaque (look.md)."""
HUE_SHIFT = 500.0
LOG_LUMINANCE = (24.892, -23906.3)
"""ln of a black body's cd/m² is the first plus the second over kelvin: within 3 % of Planck from 1000 to 1700 K."""
HAZE_ALBEDO = 0.9
EXPOSURE = 9.0
MIDDLE_GREY = 0.18


def look_table(shot: Shot, white: float) -> dict[str, object]:
    """Every number that a look needs, from one place. ``white``: kelvin of the camera's balance."""
    metres = shot.space.meters_per_unit
    glow = glow_of(shot.space)
    return {
        "layer": shot.plan.root,
        "metersPerUnit": metres,
        "fields": {
            "density": "extinction per host unit, world space",
            "temperature": "kelvin",
            "flame": "share of burning gas, 0 to 1",
            "velocity": "host units per second, along the axes of the volume",
        },
        "smoke": {"tint": TINT, "albedo": ALBEDO, "anisotropy": ANISOTROPY, "darkening": DARKENING},
        "soot": SOOT,
        "flame": {"logLuminance": LOG_LUMINANCE, "hueShift": HUE_SHIFT},
        "haze": {"extinction": shot.value("haze"), "albedo": HAZE_ALBEDO, "anisotropy": ANISOTROPY},
        "exposure": {"ev": EXPOSURE, "middleGrey": MIDDLE_GREY, "whiteBalance": white},
        "translucency": {hint.name: hint.translucency for hint in MATERIALS if hint.translucency > 0.0},
        "glow": {
            GLOWING_CHAR: {
                "nits": glow.nits,
                "color": glow.color,
                "cells": glow.cells,
                "width": glow.width,
            }
        },
    }


def write_look_files(folder: Path, table: dict[str, object], volumes: list[str]) -> None:
    """Write ``look/`` into a layer's folder. ``volumes``: paths of its Volume prims, relative to the root."""
    home = folder / LOOK
    home.mkdir(parents=True, exist_ok=True)
    (home / "look.json").write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (home / "blender.py").write_bytes(SCRIPT.read_bytes())
    (home / "karma.usda").write_text(karma_layer(table, volumes), encoding="utf-8")
