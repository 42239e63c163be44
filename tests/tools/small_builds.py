"""Whole layers of the small forest in a moment: everything is exported, but plants are triangles, volumes are words.

With ``smoke`` the smoke is simulated as it really is, which takes some seconds.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from tests.tools.layer_elements import Elements, read_elements
from tests.tools.small_forest import SmallForest
from usd_ai.core.types import Detail, Layer
from usd_ai.generators.burning_forest import air, burning, fire, kept_plants, library
from usd_ai.generators.burning_forest import shot as shot_of_build
from usd_ai.generators.burning_forest.build import build_task
from usd_ai.generators.burning_forest.caches import FIELDS, FlameCache, SmokeFrames
from usd_ai.sim.growth import MeshPart, PlantMesh


class SmallBuilds:
    """Layers of the small forest; what was built once is remembered."""

    def __init__(self, folder: Path, *, smoke: bool = False) -> None:
        self._folder, self._smoke = folder, smoke
        self.forest = SmallForest(folder)
        self._known: dict[str, tuple[Layer, Elements]] = {}

    def build(self, **values: Any) -> tuple[Layer, Elements]:  # noqa: ANN401 - parameters, camera, frames
        """The layer of these wishes and its elements, read from its files."""
        words = repr(sorted(values.items(), key=lambda pair: pair[0]))
        if words not in self._known:
            out = self._folder / "layer"
            shutil.rmtree(out, ignore_errors=True)
            self._known[words] = self.write(out, **values), read_elements(out)
        return self._known[words]

    def write(self, out: Path, **values: Any) -> Layer:  # noqa: ANN401 - as `build`
        """Build the layer of these wishes into a folder that is not there yet."""
        out.mkdir()
        made = self.forest.plan(detail=Detail.FULL, **values)
        with _small_things(self._folder, smoke=self._smoke):
            return build_task(made.plan, made.world, made.facts, made.arrays, made.cache, str(out), lambda *_: None)


@contextmanager
def _small_things(folder: Path, *, smoke: bool) -> Iterator[None]:
    def flame(*words: Any, **_: Any) -> FlameCache:  # noqa: ANN401 - as the function it stands for
        name = str(words[3])
        return _flame(folder, name)

    def words(shot: Any, *_: Any) -> SmokeFrames:  # noqa: ANN401 - as the function it stands for
        return _smoke(folder, shot.clock.padded, shot)

    with (
        patch.multiple(burning, TORCHES_MOST=8, FRONTS_MOST=4),  # more burns than is drawn, as in a film's shot
        patch.multiple(air, MAX_LIGHTS=3, _EMBER_MAX=120),
        patch.object(shot_of_build, "GROUND_VOLUMES_MOST", 5),
        patch.object(kept_plants, "plant", _plant),
        patch.object(library, "_made", flame),
        patch.object(fire, "smoke_over", fire.smoke_over if smoke else words),
    ):
        yield


def _plant(species: str, variant: int, state: str, lod: int, seed: int, *_: Any, **__: Any) -> PlantMesh:  # noqa: ANN401
    """A triangle whose height says which plant it is."""
    height = np.float32(1.0 + len(species) + variant + 0.1 * len(state) + 0.01 * lod + 0.001 * seed)
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 0, height]], np.float32)
    part = MeshPart(
        name="bark",
        points=points,
        counts=np.array([3], np.int32),
        indices=np.arange(3, dtype=np.int32),
        uv=points[:, :2],
        color=np.full((3, 3), 0.2, np.float32),
        normals=np.tile(np.array([[0, 0, 1]], np.float32), (3, 1)),
        material="bark",
        pivot=points,
        sway=np.zeros(3, np.float32),
        glow=np.zeros(3, np.float32),
    )
    return PlantMesh((part,), float(height), 1.0, 1.0, 0.2)


def _flame(folder: Path, name: str) -> FlameCache:
    """A flame of three loops whose files hold nothing but their names."""

    def files(part: str, count: int) -> tuple[str, ...]:
        return tuple(_words(folder, f"{name}_{part}_{number}") for number in range(count))

    return FlameCache(
        name=name,
        kind=name.partition("_")[0],
        files=files("loop", 12),
        start=files("start", 6),
        end=files("end", 6),
        empty=_words(folder, f"{name}_empty"),
        entry=3,
        tree=14.0,
        width=5.0,
        height=20.0,
        low=(-3.0, -3.0, 0.0),
        high=(3.0, 3.0, 25.0),
        fields=FIELDS,
    )


def _smoke(folder: Path, frames: Iterable[int], shot: Any) -> SmokeFrames:  # noqa: ANN401 - a shot
    thick = shot.value("smoke")
    files = {shot.clock.tick(frame): _words(folder, f"smoke_{thick}_{shot.clock.tick(frame)}") for frame in frames}
    return SmokeFrames(files, (0.0, 0.0, 0.0), (-9.0, -9.0, 0.0), (9.0, 9.0, 9.0), FIELDS)


def _words(folder: Path, name: str) -> str:
    file = folder / "volumes" / f"{name}.vdb"
    file.parent.mkdir(exist_ok=True)
    if not file.is_file():
        file.write_text(name, encoding="utf-8")
    return str(file)
