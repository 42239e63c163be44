"""Holds a demo's film against the look guide's numbers: ``python tools/measure_frames.py demo``.

Reads published layers, the pictures that make_film.py drew, and the same pictures in nits. Prints for each line of the
guide the figure, the range and where the range comes from, inside or outside. Exit code 0, or with --strict 1 where
something is outside.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy as np
from film.air_figures import air_figures
from film.layer import read_layer
from film.layer_figures import layer_figures
from film.paint import read_exr
from film.picture_figures import fire_figures, shown_figures
from film.ranges import RANGES, Reading
from film.shots import FilmShot, read_shots
from PIL import Image

_COMPOSED = {"fire_area", "fire_extent", "dark"}
"""Lines on composition: for the shot's own camera only, a hidden one was composed by nobody."""


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path, help="the folder that `make demo` wrote")
    parser.add_argument("--film", type=Path, help="the folder that make_film.py wrote (default: DEMO/film)")
    parser.add_argument("--shots", default="", help="shots, separated by commas (default: those of the film, or all)")
    parser.add_argument("--json", type=Path, help="write all figures to this file as well")
    parser.add_argument("--strict", action="store_true", help="exit code 1 where a figure is outside")
    asked = parser.parse_args()
    film = asked.film or asked.demo / "film"
    pictures = _pictures(film)
    names = [name for name in asked.shots.split(",") if name] or sorted({one["shot"] for one in pictures.values()})
    readings: list[Reading] = []
    for shot in read_shots(asked.demo, tuple(names)):
        own = {name: one for name, one in pictures.items() if one["shot"] == shot.name}
        readings += [*_of_pictures(shot, own, film), *_of_layer(shot)]
    sys.stdout.write(report(readings))
    if asked.json:
        asked.json.write_text(json.dumps(document(readings), indent=1) + "\n", encoding="utf-8", newline="\n")
    return int(asked.strict and not all(RANGES[one.key].holds(one.value) for one in readings))


def _pictures(film: Path) -> dict[str, dict[str, Any]]:
    """The linear pictures that a film's list names; none where no film was made."""
    listed = film / "film.json"
    known: dict[str, dict[str, Any]] = json.loads(listed.read_text(encoding="utf-8")) if listed.is_file() else {}
    return {name: one for name, one in sorted(known.items()) if one["linear"] and (film / name).is_file()}


def _of_pictures(shot: FilmShot, pictures: dict[str, dict[str, Any]], film: Path) -> Iterator[Reading]:
    yield Reading("ev", shot.name, "all frames", shot.ev)
    for name, one in pictures.items():
        where = f"{one['frame']} {one['camera'] if one['hidden'] else ''} {'x'.join(map(str, one['size']))}"
        with Image.open(film / name) as shown:
            found = [*shown_figures(np.asarray(shown.convert("RGB")))]
        found += fire_figures(*read_exr((film / name).with_suffix(".exr")))
        for key, value in found:
            if not (one["hidden"] and key in _COMPOSED):
                yield Reading(key, shot.name, " ".join(where.split()), value)


def _of_layer(shot: FilmShot) -> Iterator[Reading]:
    for moment in shot.moments():
        layer = read_layer(shot, moment)
        for key, value in (*layer_figures(layer), *air_figures(layer.frame)):
            yield Reading(key, shot.name, str(moment), value)


def report(readings: list[Reading]) -> str:
    """A line for each range and shot, and how many hold."""
    lines: list[str] = []
    held = total = 0
    for key, one in RANGES.items():
        for shot in sorted({reading.shot for reading in readings if reading.key == key}):
            own = [reading for reading in readings if reading.key == key and reading.shot == shot]
            outside = [reading for reading in own if not one.holds(reading.value)]
            verdict = "outside" if len(outside) == len(own) else "inside " if not outside else "partly "
            values = dict.fromkeys(one.shown(reading.value) for reading in own)
            lines.append(
                f"{verdict}  {shot}  {one.title}: {' '.join(values)} {one.unit}".rstrip()
                + f"  [{one.bounds()}; {one.source}]"
            )
            if outside and len(outside) < len(own):
                lines.append(f"         outside at {', '.join(reading.where for reading in outside)}")
            held, total = held + (not outside), total + 1
    lines.append(f"{held} of {total} lines inside.")
    return "\n".join(lines) + "\n"


def document(readings: list[Reading]) -> list[dict[str, Any]]:
    """All figures with their ranges, for JSON; an open end is null."""
    return [
        {
            "line": one.key,
            "title": RANGES[one.key].title,
            "shot": one.shot,
            "where": one.where,
            "value": one.value,
            "low": RANGES[one.key].low if np.isfinite(RANGES[one.key].low) else None,
            "high": RANGES[one.key].high if np.isfinite(RANGES[one.key].high) else None,
            "inside": RANGES[one.key].holds(one.value),
            "source": RANGES[one.key].source,
        }
        for one in readings
    ]


if __name__ == "__main__":
    sys.exit(main())
