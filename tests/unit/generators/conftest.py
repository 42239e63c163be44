"""The demo studio, built once, and its shots as the generator sees them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from usd_ai.core import plan as planning
from usd_ai.core.types import Detail, FrameRange, Plan, Request, StageFacts, World
from usd_ai.generators.burning_forest import GENERATOR
from usd_ai.stage.facts import read_facts_task

ROOT = Path(__file__).resolve().parents[3]
FIRE = (("ignition", "-38,82; -20,78; -4,75; 10,73"), ("wind_direction", -32.0), ("wind_speed", 6.0))


@dataclass(frozen=True)
class Planned:
    plan: Plan
    world: World
    facts: StageFacts
    arrays: str
    cache: str


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("studio")
    subprocess.run([sys.executable, str(ROOT / "examples/demo_studio/build.py"), str(out)], check=True)
    return out


@pytest.fixture(scope="session")
def facts_of(studio: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, tuple[int, int]], StageFacts]:
    known: dict[tuple[str, tuple[int, int]], StageFacts] = {}

    def read(shot: str, frames: tuple[int, int]) -> StageFacts:
        if (shot, frames) not in known:
            stage = studio / "shots" / shot / f"{shot}.usda"
            known[shot, frames] = read_facts_task(
                str(stage), frames, "", "", 0.0, "", str(studio / "arrays"), str(studio)
            )
        return known[shot, frames]

    return read


@pytest.fixture(scope="session")
def planned(studio: Path, facts_of: Callable[[str, tuple[int, int]], StageFacts]) -> Callable[..., Planned]:
    def make(
        shot: str = "sh010", frames: tuple[int, int] = (1001, 1006), detail: Detail = Detail.FULL, **values: object
    ) -> Planned:
        facts = facts_of(shot, frames)
        given = {**dict(FIRE), "story_time": 66.0, **values}
        request = Request("ember", shot, "burning_forest", tuple(sorted(given.items())), seed=7, detail=detail)  # type: ignore[arg-type]
        plan, world = planning.make_plan(GENERATOR, request, facts, {}, (4096, 1716))
        return Planned(plan, world, facts, str(studio / "arrays"), str(studio / "cache"))

    return make


@pytest.fixture(scope="session")
def frames() -> FrameRange:
    return FrameRange(1001, 1006)
