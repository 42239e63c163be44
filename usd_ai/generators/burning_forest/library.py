"""The flames a shot draws from, made on first use, each once per world: the coarse ones, and heroes for near trees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from usd_ai.core.ports import Reporter
from usd_ai.core.types import World
from usd_ai.generators.burning_forest.caches import CacheFolder, FlameCache, read_flame, write_flame
from usd_ai.generators.burning_forest.program import fluid_program
from usd_ai.generators.burning_forest.space import Space
from usd_ai.generators.burning_forest.world import number, world_values
from usd_ai.sim.plumes import FLAME_NAMES, PARTS, flame

TORCHES = tuple(name for name in FLAME_NAMES if name.startswith("torch"))
FRONTS = tuple(name for name in FLAME_NAMES if name.startswith("front"))
SURFACES = tuple(name for name in FLAME_NAMES if name.startswith("surface"))

_LOOP = 48


def flame_cache(cache: str, space: Space, world: World, name: str, report: Reporter) -> FlameCache:
    """The flame of the library called ``name`` in the world's wind, which blows along +x of its box."""
    return _made(cache, space, world, name, PARTS, report, hero=False)


def hero_cache(
    cache: str, space: Space, world: World, coarse: FlameCache, parts: Iterable[str], report: Reporter
) -> FlameCache:
    """A torch on fine voxels and with velocities, of which ``parts`` are used; the others stay the ``coarse`` ones."""
    found = coarse
    for part in sorted(parts):
        fine = _made(cache, space, world, coarse.name, (part,), report, hero=True)
        column = "files" if part == "loop" else part
        found = replace(found, empty=fine.empty, fields=fine.fields, **{column: getattr(fine, column)})
    return replace(found, name=f"{coarse.name}_hero")


def _made(
    cache: str, space: Space, world: World, name: str, parts: tuple[str, ...], report: Reporter, *, hero: bool
) -> FlameCache:
    wind = (number(world_values(world), "wind_speed"), 0.0)

    def build(folder: Path, told: Reporter) -> None:
        made = flame(name, _LOOP, int(world.seed), wind, hero=hero, parts=parts)
        told(0.7, f"hero flame {name}" if hero else f"flame {name}")
        write_flame(folder, made, space)

    key: dict[str, object] = {
        "algorithm": world.algorithm_version,
        "program": fluid_program(),
        "seed": world.seed,
        "wind": wind[0],
        "meters_per_unit": space.meters_per_unit,
        "loop": _LOOP,
        "name": name,
        "hero": hero,
        "parts": list(parts),
        "versions": dict(world.versions),
    }
    return read_flame(CacheFolder(cache).make("flame", key, build, report))
