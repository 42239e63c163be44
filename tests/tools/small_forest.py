"""A burning forest of some hundred trees on a bumpy ground of its own: worlds, plans and layers for tests of edits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from usd_ai.core import plan as planning
from usd_ai.core.types import ArrayRef, CameraFacts, Detail, FrameRange, MeshFacts, Plan, Request, StageFacts, World
from usd_ai.generators.burning_forest import GENERATOR
from usd_ai.run.arrays import FolderArrays

HALF = 36.0
"""Metres from the middle to the edge of the ground."""
FRAMES = FrameRange(1001, 1004)
FIRE = {"density": 0.6, "surroundings": False, "undergrowth": 0.15, "story_time": 60.0, "wind_speed": 3.0}


@dataclass(frozen=True)
class SmallForest:
    """Where the arrays and caches of the small forest lie; plans are made of wishes."""

    folder: Path

    @property
    def arrays(self) -> str:
        return str(self.folder / "arrays")

    @property
    def cache(self) -> str:
        return str(self.folder / "cache")

    def plan(
        self,
        *,
        view: int = 0,
        frames: FrameRange = FRAMES,
        seed: int = 7,
        detail: Detail = Detail.FIRST_LOOK,
        **values: object,
    ) -> Planned:
        """The plan of a shot; ``view`` picks one of three cameras, ``values`` are parameters."""
        facts = _facts(FolderArrays(self.arrays), frames, view)
        given = tuple(sorted({**FIRE, **values}.items()))
        request = Request("small", "sh010", "burning_forest", given, seed=seed, detail=detail)  # type: ignore[arg-type]
        plan, world = planning.make_plan(GENERATOR, request, facts, {}, (1920, 1080))
        return Planned(plan, world, facts, self.arrays, self.cache)


@dataclass(frozen=True)
class Planned:
    plan: Plan
    world: World
    facts: StageFacts
    arrays: str
    cache: str


def _facts(arrays: FolderArrays, frames: FrameRange, view: int) -> StageFacts:
    axis = np.linspace(-HALF, HALF, 25)
    x, y = np.meshgrid(axis, axis, indexing="xy")
    points = np.stack([x, y, 1.5 * np.sin(x / 11.0) * np.cos(y / 17.0)], axis=-1).reshape(-1, 3).astype(np.float32)
    corner = (np.arange(24)[:, None] * 25 + np.arange(24)[None, :]).ravel()
    square = np.stack([corner, corner + 1, corner + 26, corner, corner + 26, corner + 25], axis=1)
    low, high = points.min(axis=0), points.max(axis=0)
    ground = MeshFacts(
        "/set/ground",
        arrays.put(points),
        arrays.put(square.reshape(-1, 3).astype(np.int32)),
        (float(low[0]), float(low[1]), float(low[2])),
        (float(high[0]), float(high[1]), float(high[2])),
        role="ground",
    )
    return StageFacts(
        meters_per_unit=1.0,
        up_axis="Z",
        time_codes_per_second=24.0,
        frames=frames,
        cameras=(_camera(arrays, frames, view),),
        ground=(ground,),
        obstacles=(),
        lights=(),
        root_prims=("set", "cameras"),
        default_prim="set",
        color_configuration="",
        layers=(),
        environment_layer="",
    )


def _camera(arrays: FolderArrays, frames: FrameRange, view: int) -> CameraFacts:
    """From the southern edge northwards, from the eastern one westwards, or from the middle: along +y, -x, +y."""
    place, ahead = (((0.0, -44.0), (0.0, 1.0)), ((44.0, 0.0), (-1.0, 0.0)), ((0.0, 0.0), (0.0, 1.0)))[view]
    right = np.array([ahead[1], -ahead[0], 0.0])
    matrix = np.eye(4)
    matrix[0, :3], matrix[1, :3], matrix[2, :3] = right, [0.0, 0.0, 1.0], [-ahead[0], -ahead[1], 0.0]
    matrix[3, :3] = [*place, 3.0]
    lens = np.array([24.0, 36.0, 20.25, 0.0, 0.0])

    def held(value: np.ndarray) -> ArrayRef:
        return arrays.put(np.repeat(value[None], frames.count, axis=0))

    return CameraFacts("/cameras/main", held(matrix), held(lens), (0.1, 1000.0))
