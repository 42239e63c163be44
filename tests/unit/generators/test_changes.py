"""A shot that is asked for again with a change: the bytes are those of a build from nothing, the work is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from usd_ai.core.types import Layer
from usd_ai.generators.burning_forest import kept_plants, library, smoke
from usd_ai.generators.burning_forest.build import build_task
from usd_ai.generators.burning_forest.steps import silent
from usd_ai.run import digests
from usd_ai.sim.growth import PlantMesh
from usd_ai.sim.plumes import PlumeCache, PlumeFrame

FRAMES = (1001, 1003)
WISH = {"density": 0.3, "undergrowth": 0.1, "surroundings": False}
CHANGES: tuple[dict[str, object], ...] = (
    {"smoke": 0.6},
    {"fire": 1.4},
    {"fire": 0.5},
    {"embers": 0.3, "haze": 0.002},
)


def _plume(number: float, *, moving: bool) -> PlumeFrame:
    """A ball of burning gas that grows with a number: stands in for a simulation of a minute."""
    x, y, z = np.meshgrid(*[np.linspace(-1.0, 1.0, 12)] * 3, indexing="ij")
    inside = np.clip(1.0 + 0.01 * number - np.sqrt(x**2 + y**2 + z**2), 0.0, 1.0).astype(np.float32)
    velocity = np.repeat(inside[..., None], 3, axis=3) if moving else None
    kelvin = np.where(inside > 0, 600.0 + 900.0 * inside, 0.0).astype(np.float32)
    return PlumeFrame(inside, kelvin, 1.0, (-6.0, -6.0, 0.0), velocity)


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what was simulated, grown or read, in order."""
    told: list[str] = []

    def flame(
        name: str, loop: int, _seed: int, _wind: tuple[float, float], *, hero: bool, parts: Sequence[str]
    ) -> PlumeCache:
        told.append(name)
        torch = name.startswith("torch")
        of = {
            part: tuple(_plume(step, moving=hero) for step in range(count))
            for part, count in (("loop", loop), ("start", 20 if torch else 0), ("end", 20 if torch else 0))
            if part in parts
        }
        kind = name.partition("_")[0]
        return PlumeCache(name, kind, of.get("loop", ()), 24.0, of.get("start", ()), of.get("end", ()), 0, 12.0)

    def column(*given: object, **_: object) -> Iterator[PlumeFrame]:
        told.append("smoke")
        times = given[-1]
        assert isinstance(times, list)
        yield from (_plume(step, moving=True) for step in range(len(times)))

    grow, read = kept_plants.plant, digests.sha256_file

    def plant(species: str, variant: int, state: str, lod: int, seed: int) -> PlantMesh:
        told.append("plant")
        return grow(species, variant, state, lod, seed)

    def sha256_file(file: Path) -> str:
        told.append(file.name)
        return read(file)

    monkeypatch.setattr(library, "flame", flame)
    monkeypatch.setattr(smoke, "smoke_column", column)
    monkeypatch.setattr(kept_plants, "plant", plant)
    monkeypatch.setattr(digests, "sha256_file", sha256_file)
    return told


def _built(planned: Callable[..., Any], cache: Path, folder: Path, shot: str, values: dict[str, object]) -> Layer:
    made = planned(shot=shot, frames=FRAMES, **{**WISH, **values})
    folder.mkdir()
    return build_task(made.plan, made.world, made.facts, made.arrays, str(cache), str(folder), silent)


@pytest.mark.parametrize("change", CHANGES)
def test_when_a_shot_changes_then_warm_caches_give_the_bytes_of_a_build_from_nothing_and_no_simulation(
    planned: Callable[..., Any], tmp_path: Path, simulated: list[str], change: dict[str, object]
) -> None:
    cache = tmp_path / "warm"
    first = _built(planned, cache, tmp_path / "first", "sh010", {})
    assert {"smoke", "plant"} <= set(simulated)
    simulated.clear()
    warm = _built(planned, cache, tmp_path / "changed", "sh010", change)
    again = set(simulated)
    assert not again & {"smoke", "plant", *library.TORCHES, *library.FRONTS, *library.SURFACES}
    assert "payload.usdc" in again
    scaled = "smoke" in change or change.get("fire") == 0.5
    smoke_files = {name for name in again if name.startswith("smoke.")}
    assert bool(smoke_files) == scaled  # of volumes only those are read whose density is another
    assert {name for name in again if name.endswith(".vdb")} <= smoke_files | {"haze.vdb"}
    cold = _built(planned, tmp_path / "cold", tmp_path / "anew", "sh010", change)
    assert (warm.sha256, warm.content_sha256, warm.files) == (cold.sha256, cold.content_sha256, cold.files)
    assert warm.elements == cold.elements
    assert warm.sha256 != first.sha256


def test_when_only_the_camera_changes_then_nothing_is_simulated_and_the_bytes_are_those_of_a_build_from_nothing(
    planned: Callable[..., Any], tmp_path: Path, simulated: list[str]
) -> None:
    cache = tmp_path / "warm"
    _built(planned, cache, tmp_path / "first", "sh010", {})
    simulated.clear()
    warm = _built(planned, cache, tmp_path / "changed", "sh020", {})
    assert "smoke" not in simulated
    cold = _built(planned, tmp_path / "cold", tmp_path / "anew", "sh020", {})
    assert (warm.sha256, warm.content_sha256, warm.files) == (cold.sha256, cold.content_sha256, cold.files)
