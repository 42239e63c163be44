"""Authors what burns: flames, the smoke over them, lights, embers. Reads patches, writes prims and .vdb files."""

from __future__ import annotations

import numpy as np

from usd_ai.core.ports import Reporter
from usd_ai.generators.burning_forest.air import FIRE_TEMPERATURE, EmberField, ember_colors, fire_lights
from usd_ai.generators.burning_forest.blaze import Patches
from usd_ai.generators.burning_forest.burning import Drawn, drawn
from usd_ai.generators.burning_forest.caches import SmokeFrames
from usd_ai.generators.burning_forest.flame_prims import (
    STANDS_FOR,
    Author,
    Library,
    author_loops,
    author_torches,
    heroes_needed,
    linked,
    names_needed,
    volume_metadata,
)
from usd_ai.generators.burning_forest.library import FRONTS, SURFACES, flame_cache, hero_cache
from usd_ai.generators.burning_forest.materials import EMBER
from usd_ai.generators.burning_forest.shot import Shot, burning_unedited
from usd_ai.generators.burning_forest.smoke import smoke_over
from usd_ai.generators.burning_forest.steps import part

Counts = dict[str, int]


def author_fire(shot: Shot, author: Author, cache: str, burning: Patches, ground: Patches, report: Reporter) -> Counts:
    """Write all that burns: ``burning`` trees (one patch each) and patches of ``ground``; how many of each.

    With the parameter ``fire`` at 0 nothing is written.
    """
    fire, wind = shot.value("fire"), shot.forest.wind
    if fire <= 0.0 or len(burning) + len(ground) == 0:
        return {"flames": 0, "fire_lights": 0, "embers": 0, "smoke": 0}
    yaw = float(np.arctan2(wind[1], wind[0]))
    seen = drawn(shot, burning)
    library = _library(shot, cache, seen, len(ground), part(report, 0.0, 0.5))
    count = author_torches(author, "fire/flames", seen, library, yaw)
    count += author_loops(author, "fire/flames", "front", seen.fronts, library, FRONTS, yaw)
    count += author_loops(author, "fire/ground", "surface", ground, library, SURFACES, yaw)
    report(0.55, "lights and embers")
    among = burning_unedited(shot, burning)
    lights = author_lights(author, "fire/lights", *_alight(burning, ground, among), fire)
    start, end = shot.clock.start, shot.clock.end
    field = EmberField(burning, wind, shot.seed, shot.value("embers"), start, end, len(among))
    embers = author_embers(author, "fire/embers", field)
    columns = 0
    if shot.value("smoke") > 0.0 and not shot.quick:
        columns = author_smoke(author, "smoke/column", smoke_over(shot, cache, part(report, 0.6, 1.0)))
    return {"flames": count, "fire_lights": lights, "embers": embers, "smoke": columns}


def _alight(burning: Patches, ground: Patches, among: Patches) -> tuple[Patches, Patches]:
    """What gives light: trees; while none of the unedited world burns, litter too. And the same of that world."""
    return (burning, among) if len(among) else (ground.with_others(burning), ground)


def _library(shot: Shot, cache: str, seen: Drawn, ground: int, report: Reporter) -> Library:
    """The flames that a shot uses."""
    needed = names_needed(seen, ground, shot.seed)
    library: Library = {}
    for number, name in enumerate(needed):
        told = part(report, 0.6 * number / len(needed), 0.6 * (number + 1) / len(needed))
        library[name] = flame_cache(cache, shot.space, shot.world, name, told)
    for name, parts in heroes_needed(seen, library, shot.clock, shot.seed).items():
        fine = hero_cache(cache, shot.space, shot.world, library[name], parts, part(report, 0.6, 1.0))
        library[fine.name] = fine
    return library


def author_smoke(author: Author, path: str, smoke: SmokeFrames) -> int:
    """The one coarse column over the whole fire; returns 1."""
    sources = [smoke.files[author.clock.tick(frame)] for frame in author.clock.padded]
    files = linked(author, "smoke", 0, sources)
    author.canvas.volume(
        path,
        files=files,
        extent=np.array([smoke.low, smoke.high]),
        fields=smoke.fields,
        matrix=author.space.host_matrix(place=np.array(smoke.place)),
        metadata=volume_metadata(author.space, 0),
    )
    return 1


PARTS = "usdai:nits"
"""Attribute (float[], by frame) of lights: what each of its trees gives of its intensity."""


def author_lights(author: Author, path: str, patches: Patches, among: Patches, brightness: float) -> int:
    """Few flickering SphereLights for the many flames; returns how many."""
    frames = list(author.clock.frames.frames())
    stories = np.array([author.clock.at(frame) for frame in frames])
    lights = fire_lights(patches, stories, author.seed, brightness, among)
    for light in lights:
        prim = f"{path}/{light.name}"
        author.canvas.sphere_light(
            prim,
            position=author.space.to_host(light.place).astype(np.float32),
            radius=light.radius / author.space.meters_per_unit,
            intensity={frame: round(float(nits), 3) for frame, nits in zip(frames, light.nits, strict=True)},
            temperature=FIRE_TEMPERATURE,
            group="fire",
        )
        author.canvas.integers(prim, STANDS_FOR, light.trees)
        parts = light.parts.astype(np.float32)
        author.canvas.floats(prim, PARTS, {frame: parts[:, step] for step, frame in enumerate(frames)})
    return len(lights)


def author_embers(author: Author, path: str, field: EmberField) -> int:
    """Embers as Points by frame, with ids, velocities, and when each was born; how many ever glow in the range.

    Primvars: ``birth`` and ``life`` in story seconds, ``usdai:temperature`` in kelvin.
    """
    mpu = author.space.meters_per_unit
    ids, positions, widths, colors, velocities = {}, {}, {}, {}, {}
    births, lives, kelvins = {}, {}, {}
    seen: set[int] = set()
    for frame in author.clock.frames.frames():
        embers = field.at(author.clock.at(frame))
        seen.update(embers.ids.tolist())
        ids[frame] = embers.ids
        positions[frame] = author.space.to_host(embers.places).astype(np.float32)
        velocities[frame] = (author.space.directions_to_host(embers.velocities) / mpu).astype(np.float32)
        widths[frame] = (embers.widths / mpu).astype(np.float32)
        colors[frame] = ember_colors(embers.kelvin)
        births[frame], lives[frame], kelvins[frame] = embers.birth, embers.life, embers.kelvin
    if seen:
        author.canvas.points(
            path, ids=ids, positions=positions, widths=widths, colors=colors, velocities=velocities,
            primvars={"birth": births, "life": lives, "usdai:temperature": kelvins}, material=f"materials/{EMBER}",
        )  # fmt: skip
    return len(seen)
