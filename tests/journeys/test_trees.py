"""The trees of a published layer, read from its payload: how many kinds, none alike nearby, leaf area, stems, wind."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pxr import Usd, UsdGeom

from tests.tools.small_forest import HALF, SmallForest
from usd_ai.core.types import Detail
from usd_ai.generators.burning_forest.build import build_task
from usd_ai.generators.burning_forest.kept_plants import KeptPlants
from usd_ai.generators.burning_forest.materials import author_materials
from usd_ai.generators.burning_forest.plants import TREES, author_plants
from usd_ai.generators.burning_forest.shot import open_shot
from usd_ai.generators.burning_forest.stand import STATES
from usd_ai.sim.growth import SPECIES
from usd_ai.sim.growth.individuals import INDIVIDUALS
from usd_ai.stage.canvas import PROTOTYPES, Canvas

CAMERA = np.array((0.0, -44.0))
LEAF_AREA_INDEX = (5.1, 6.7)  # Asner 2003
STEMS_PER_HECTARE = (400.0, 1400.0)  # pine stands at 50 years: PMC6825224
NEAREST = 200


@dataclass(frozen=True)
class Trees:
    """The instancer of a payload: prototype names, and of every tree its prototype, place, turn in degrees, scale."""

    stage: Usd.Stage
    names: list[str]
    indices: NDArray[np.int64]
    places: NDArray[np.float64]
    yaw: NDArray[np.float64]
    scale: NDArray[np.float64]

    def mesh(self, name: str, part: str) -> UsdGeom.Mesh:
        return UsdGeom.Mesh(self.stage.GetPrimAtPath(f"/burning_forest/trees/{PROTOTYPES}/{name}/{part}"))


def read(payload: Path) -> Trees:
    stage = Usd.Stage.Open(str(payload))
    trees = UsdGeom.PointInstancer(stage.GetPrimAtPath("/burning_forest/trees"))
    turned = np.array([[q.GetReal(), *q.GetImaginary()] for q in trees.GetOrientationsAttr().Get()], np.float64)
    return Trees(
        stage,
        [path.name for path in trees.GetPrototypesRel().GetTargets()],
        np.array(trees.GetProtoIndicesAttr().Get(Usd.TimeCode.EarliestTime()), np.int64),
        np.array(trees.GetPositionsAttr().Get(), np.float64),
        np.degrees(2.0 * np.arctan2(turned[:, 3], turned[:, 0])) % 360.0,
        np.array(trees.GetScalesAttr().Get(), np.float64)[:, 0],
    )


@pytest.fixture(scope="module")
def forest(tmp_path_factory: pytest.TempPathFactory) -> SmallForest:
    return SmallForest(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def trees(forest: SmallForest, tmp_path_factory: pytest.TempPathFactory) -> Trees:
    made = forest.plan(density=1.0, undergrowth=0.0, fire=0.0, haze=0.0)
    folder = tmp_path_factory.mktemp("layer")
    plan = dataclasses.replace(made.plan, detail=Detail.FULL)
    build_task(plan, made.world, made.facts, made.arrays, made.cache, str(folder), quiet)
    return read(folder / "payload.usdc")


def quiet(_fraction: float, _message: str) -> None:
    pass


def species_and_variant(name: str) -> tuple[str, int]:
    species, variant, _, _ = name.split("_")
    return species, int(variant)


def test_when_a_small_stand_is_written_then_forty_individuals_stand_in_it(trees: Trees) -> None:
    assert sum(form.variants for form in SPECIES if form.kind == "tree") >= 40
    assert len({species_and_variant(trees.names[index]) for index in trees.indices}) >= 40


def test_when_the_nearest_trees_are_compared_then_no_two_are_alike(trees: Trees) -> None:
    near = np.argsort(np.hypot(*(trees.places[:, :2] - CAMERA).T), kind="stable")[:NEAREST]
    kinds = [species_and_variant(trees.names[trees.indices[tree]]) for tree in near]
    yaw, scale = trees.yaw[near], trees.scale[near]
    assert len(near) == NEAREST
    alike = [
        (kinds[a], yaw[a], yaw[b], scale[a], scale[b])
        for a in range(NEAREST)
        for b in range(a)
        if kinds[a] == kinds[b]
        and abs((yaw[a] - yaw[b] + 180.0) % 360.0 - 180.0) <= 10.0
        and abs(scale[a] / scale[b] - 1.0) <= 0.03
    ]
    assert alike == []
    assert np.ptp(scale) > 0.2


def test_when_hero_trees_are_measured_then_their_leaf_area_is_that_of_a_published_stand(trees: Trees) -> None:
    hectare = (2.0 * HALF) ** 2 / 1e4
    stems = len(trees.places) / hectare
    assert STEMS_PER_HECTARE[0] <= stems <= STEMS_PER_HECTARE[1]
    low, high = 0.7 * LEAF_AREA_INDEX[0] * 1e4 / stems, 1.3 * LEAF_AREA_INDEX[1] * 1e4 / stems
    area = {index: leaf_area(trees, name) for index, name in enumerate(trees.names) if canopy(name)}
    found = [area[i] * s * s for i, s in zip(trees.indices, trees.scale, strict=True) if i in area]
    assert len(found) >= 5
    assert low <= min(found)
    assert max(found) <= high


def canopy(name: str) -> bool:
    """Whether a prototype is a hero: near, green, and of those that form the canopy."""
    species, variant = species_and_variant(name)
    row = INDIVIDUALS[species][variant]
    return name.endswith("green_lod0") and row.age == "mature" and row.trunks == 1 and row.leaf_area > 0.0


def leaf_area(trees: Trees, name: str) -> float:
    mesh = trees.mesh(name, "foliage")
    points = np.array(mesh.GetPointsAttr().Get(), np.float64)
    counts = np.array(mesh.GetFaceVertexCountsAttr().Get())
    indices = np.array(mesh.GetFaceVertexIndicesAttr().Get())
    first = np.cumsum(counts) - counts
    corners = [indices[np.stack((first, first + 1, first + 2), axis=1)]]
    quads = first[counts == 4]
    corners.append(indices[np.stack((quads, quads + 2, quads + 3), axis=1)])
    at = points[np.concatenate(corners)]
    return float(0.5 * np.linalg.norm(np.cross(at[:, 1] - at[:, 0], at[:, 2] - at[:, 0]), axis=1).sum())


def test_when_a_prototype_is_opened_then_it_has_texture_coordinates_and_wind_pivots(trees: Trees) -> None:
    for name in trees.names:
        for prim in trees.stage.GetPrimAtPath(f"/burning_forest/trees/{PROTOTYPES}/{name}").GetChildren():
            count = len(UsdGeom.Mesh(prim).GetPointsAttr().Get())
            primvars = UsdGeom.PrimvarsAPI(prim)
            weight = np.array(primvars.GetPrimvar("usdai:windWeight").ComputeFlattened())
            assert len(primvars.GetPrimvar("st").ComputeFlattened()) == count
            assert len(primvars.GetPrimvar("usdai:windPivot").ComputeFlattened()) == count
            assert weight.shape == (count,)
            assert 0.0 <= weight.min() <= weight.max() <= 1.0
            if not name.startswith("snag"):
                assert weight.max() > 0.2


def test_when_fire_has_passed_then_all_five_states_are_in_the_layer(forest: SmallForest, tmp_path: Path) -> None:
    made = forest.plan(density=1.0, undergrowth=0.0, story_time=60.0)
    shot = open_shot(made.plan, made.world, made.facts, made.arrays, made.cache)
    canvas = Canvas("burning_forest", 1.0, "Z", 24.0, made.plan.frames)
    author_materials(canvas, shot.space)
    stand = shot.forest.trees
    levels = np.full(len(stand), 3, np.int32)
    author_plants(
        canvas, "trees", space=shot.space, stand=stand, species=TREES, levels=levels, clock=shot.clock,
        grow=KeptPlants(made.cache, shot.seed, made.plan.versions).grow,
    )  # fmt: skip
    canvas.write(tmp_path)
    names = read(tmp_path / "payload.usdc").names
    assert {name.split("_")[2] for name in names} == set(STATES)
