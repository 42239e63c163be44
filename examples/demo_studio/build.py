#!/usr/bin/env python3
"""Builds the demo studio: ``python examples/demo_studio/build.py OUT``.

A small show, "ember": a cut, a set, seven shots with their department layers, and the two files that tell usd_ai about
them. The same bytes every time; nothing is written outside OUT.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cut_files
import land
import set_files
import shot_files
import show

_STUDIO = """\
# What usd_ai needs to know about this studio. Paths are relative to this file.

[project]
# The name under which layers and records are kept.
name = "{project}"

# The cut that says which frames of which shots are needed (.edl or .otio).
cut = "editorial/{cut}.otio"

# Frames per second, for formats that carry none (an EDL). A fraction such as "24000/1001" is exact.
rate = "{rate}"

# Frames that editorial may pull at either end of a shot without asking.
handles = {handles}

# Where a shot's stage is; {{shot}} is the shot's name in the cut without its version.
stage = "shots/{{shot}}/{{shot}}.usda"

# Pixels of the delivery, which decides how fine the nearest geometry must be.
resolution = [4096, 1716]

# Where published layers, records and pictures go.
publish = "publish"
"""


def _fire() -> str:
    """The fire of the sequence, as parameters of the generator `burning_forest`."""
    line = "; ".join(f"{x:g},{y:g}" for x, y in show.IGNITION)
    open_country = "; ".join(f"{x:g},{y:g},{radius:g}" for x, y, radius in land.clearings())
    starts = "\n".join(f"{shot} = {setup.story_time:.1f}" for shot, setup in show.SETUPS.items())
    return f"""\
# The fire of sequence {show.SEQUENCE}, as the director and the effects supervisor drew it on the map of the set:
# parameters of the generator burning_forest. Places are metres on the ground plane, x to the east (the stage's +X),
# y to the north (the stage's -Z).

[world]
# Where it catches, as a line. From here the wind drives it down the slope towards the farm.
ignition = "{line}"
# Where nobody lets a tree grow: field, pasture, yard and the sides of the lane, as circles (x, y, radius).
clearings = "{open_country}"
# Where the wind blows to, degrees counter-clockwise from east, and its speed in m/s.
wind_direction = {show.WIND_DIRECTION:g}
wind_speed = {show.WIND_SPEED:g}
# Speed of the front against what the model gives for this wind and fuel.
spread = {show.SPREAD:g}

# Seconds after ignition at frame {show.CUT_IN - show.HANDLES} of each shot (parameter story_time).
[story_time]
{starts}
"""


def build(out: Path) -> None:
    """Write the whole studio under ``out``; studio.toml comes last, so where it stands the studio is whole."""
    out.mkdir(parents=True, exist_ok=True)
    studio = _STUDIO.format(project=show.PROJECT, cut=cut_files.NAME, rate=show.RATE, handles=show.HANDLES)
    (out / "fire.toml").write_text(_fire(), encoding="utf-8", newline="\n")
    cut_files.write(out)
    set_files.write(out)
    shot_files.write(out)
    (out / "studio.toml").write_text(studio, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python examples/demo_studio/build.py OUT")
    build(Path(sys.argv[1]))
