"""The volume caches a shot draws from, built on first use: flames that many patches share, smoke over the fire."""

from __future__ import annotations

from pathlib import Path

from usd_ai.core.ports import Reporter
from usd_ai.core.types import World
from usd_ai.generators.burning_forest.caches import CacheFolder, FlameCache, read_flames, write_flames
from usd_ai.generators.burning_forest.space import Space
from usd_ai.generators.burning_forest.steps import part
from usd_ai.generators.burning_forest.world import number, world_values
from usd_ai.sim.plumes import flame_library

_CROWN_CACHES, _LOOP = 4, 48


def flames(cache: str, space: Space, world: World, report: Reporter) -> tuple[list[FlameCache], list[FlameCache]]:
    """Looping flames of the world's wind, blowing along +x of their box: of crown fires, and of litter and shrubs."""
    wind = (number(world_values(world), "wind_speed"), 0.0)

    def build(folder: Path, told: Reporter) -> None:
        caches = flame_library(_CROWN_CACHES, _LOOP, int(world.seed), wind)
        write_flames(folder, caches, space, part(told, 0.5, 1.0))

    found = read_flames(CacheFolder(cache).make("flames", _key(world, space), build, report))
    return [c for c in found if not c.low_fire], [c for c in found if c.low_fire]


def _key(world: World, space: Space) -> dict[str, object]:
    return {
        "algorithm": world.algorithm_version,
        "seed": world.seed,
        "wind": number(world_values(world), "wind_speed"),
        "meters_per_unit": space.meters_per_unit,
        "loop": _LOOP,
        "versions": dict(world.versions),
    }
