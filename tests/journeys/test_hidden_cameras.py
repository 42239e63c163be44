"""Cameras that the shot does not have, beside it, behind, three times closer: they see land and real trees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from pxr import Usd, UsdGeom

from tests.journeys.geometry import Lens, Trees, read_lens, read_mesh, read_trees, read_trees_of
from tests.journeys.shows import Published, SmallShow

SHOT, CAMERA, GROUND = "sh010", "/cameras/main", "/set/ground/surface"
METRES = 0.01
FOREGROUND = 25.0
F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Land:
    """The host's ground and our land around it as one scene for rays; host units, Y up."""

    points: F64
    triangles: NDArray[np.int32]
    low: F64
    high: F64
    ground: F64

    def cast(self, origins: F64, directions: F64) -> F64:
        """Distances [n] along unit rays [n, 3] to the land, infinite where they meet none."""
        from usd_ai.stage.preview.mitsuba_scalar import mi  # noqa: PLC0415 - heavy, and only this test needs it

        mesh = mi.Mesh("land", len(self.points), len(self.triangles))
        values = mi.traverse(mesh)
        values["vertex_positions"] = self.points.astype(np.float32).ravel()
        values["faces"] = self.triangles.astype(np.uint32).ravel()
        values.update()
        scene = mi.load_dict({"type": "scene", "land": mesh})
        found = np.full(len(directions), np.inf)
        for row, (origin, direction) in enumerate(zip(origins, directions, strict=True)):
            hit = scene.ray_intersect(mi.Ray3f(mi.Point3f(*origin), mi.Vector3f(*direction)))
            if hit.is_valid():
                found[row] = hit.t
        return found

    def height(self, x: float, z: float) -> float:
        """Height of the land at a place."""
        top = float(self.high[1]) + 1000.0
        away = self.cast(np.array([[x, top, z]]), np.array([[0.0, -1.0, 0.0]]))[0]
        assert np.isfinite(away), f"no land at {x}, {z}"
        return top - float(away)


@pytest.fixture(scope="module")
def layer(small_show: SmallShow) -> Published:
    return small_show.publish(SHOT)


@pytest.fixture(scope="module")
def stage(small_show: SmallShow, layer: Published) -> Usd.Stage:
    return Usd.Stage.Open(str(small_show.stage(SHOT)))


@pytest.fixture(scope="module")
def trees(layer: Published) -> Trees:
    return read_trees(layer.interface)


@pytest.fixture(scope="module")
def land(stage: Usd.Stage, trees: Trees) -> Land:
    ground, faces = read_mesh(stage, GROUND, trees.start)
    around, more = read_mesh(stage, "/burning_forest/skirt/ground", trees.start)
    points = np.concatenate([ground, around])
    return Land(points, np.concatenate([faces, more + len(ground)]), points.min(axis=0), points.max(axis=0), ground)


@pytest.fixture(scope="module")
def cameras(stage: Usd.Stage, trees: Trees, land: Land) -> dict[str, Lens]:
    """The shot's camera turned about what it looks at, and gone two thirds of the way to it, at its own eye height."""
    shot = read_lens(stage, CAMERA, trees.start)
    subject = _subject(stage, shot, trees.start)
    eye = shot.place[1] - land.height(shot.place[0], shot.place[2])
    away = shot.place - subject

    def placed(offset: F64) -> Lens:
        place = subject + offset
        place[1] = land.height(place[0], place[2]) + eye
        return Lens(_looking(place, subject), shot.half_width, shot.half_height)

    return {
        "+90": placed(np.array([away[2], 0.0, -away[0]])),
        "+180": placed(np.array([-away[0], 0.0, -away[2]])),
        "closer": placed(away / 3.0),
    }


def _subject(stage: Usd.Stage, shot: Lens, frame: float) -> F64:
    """The middle of the burning patches that the shot's camera sees."""
    volumes = [p for p in Usd.PrimRange(stage.GetPrimAtPath("/burning_forest/fire")) if p.GetTypeName() == "Volume"]
    matrices = np.array([UsdGeom.Xformable(volume).ComputeLocalToWorldTransform(frame) for volume in volumes])
    fires = matrices[:, 3, :3]
    seen = fires[shot.sees(fires)]
    assert len(seen) > 3, "the shot does not see the fire"
    return seen.mean(axis=0)


def _looking(place: F64, at: F64) -> F64:
    back = (place - at) / np.linalg.norm(place - at)
    right = np.cross([0.0, 1.0, 0.0], back)
    right /= np.linalg.norm(right)
    world = np.eye(4)
    world[0, :3], world[1, :3], world[2, :3], world[3, :3] = right, np.cross(back, right), back, place
    return world


def _rays(lens: Lens, across: int = 48, along: int = 28) -> F64:
    """Unit directions [n, 3] through an even grid of the frame."""
    u, v = np.meshgrid(np.linspace(-1.0, 1.0, across), np.linspace(-1.0, 1.0, along))
    local = np.column_stack([u.ravel() * lens.half_width, v.ravel() * lens.half_height, -np.ones(u.size)])
    directions = local @ lens.world[:3, :3]
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


@pytest.mark.parametrize("name", ["+90", "+180", "closer"])
def test_when_a_hidden_camera_looks_down_then_no_ray_misses_the_land(
    cameras: dict[str, Lens], land: Land, name: str
) -> None:
    lens = cameras[name]
    rays = _rays(lens)
    # A ray that is deeper than the lowest land before it leaves the region must have met land on its way.
    reach = np.abs(np.where(rays > 0.0, land.high - lens.place, land.low - lens.place) / rays)[:, [0, 2]].min(axis=1)
    below = lens.place[1] + reach * rays[:, 1] < land.low[1]
    assert below.sum() > 100
    away = land.cast(np.tile(lens.place, (int(below.sum()), 1)), rays[below])
    missed = ~np.isfinite(away)
    assert not missed.any(), f"{int(missed.sum())} of {int(below.sum())} rays fall through the land"


def test_when_looked_at_from_above_then_there_is_no_gap_where_our_land_meets_the_host(land: Land) -> None:
    low, high = land.ground.min(axis=0), land.ground.max(axis=0)
    along = np.linspace(0.0005, 0.9995, 400)
    sides = []
    for inward in (-200.0, -5.0, -0.5, 0.5, 5.0, 200.0):  # centimetres across the border
        x, z = low[0] + along * (high[0] - low[0]), low[2] + along * (high[2] - low[2])
        sides += [np.column_stack([x, np.full(400, edge)]) for edge in (low[2] + inward, high[2] - inward)]
        sides += [np.column_stack([np.full(400, edge), z]) for edge in (low[0] + inward, high[0] - inward)]
    places = np.concatenate(sides)
    top = land.high[1] + 1000.0
    origins = np.column_stack([places[:, 0], np.full(len(places), top), places[:, 1]])
    away = land.cast(origins, np.tile([0.0, -1.0, 0.0], (len(places), 1)))
    gaps = places[~np.isfinite(away)]
    assert not len(gaps), f"{len(gaps)} gaps, the first at {gaps[0]}"


@pytest.mark.parametrize("name", ["+90", "+180", "closer"])
def test_when_a_hidden_camera_looks_to_the_horizon_then_air_hides_where_the_land_ends(
    stage: Usd.Stage, cameras: dict[str, Lens], land: Land, name: str
) -> None:
    haze = stage.GetPrimAtPath("/burning_forest").GetCustomDataByKey("usdai:haze")
    lens = cameras[name]
    rays = _rays(lens, across=64, along=3)
    reach = np.abs(np.where(rays > 0.0, land.high - lens.place, land.low - lens.place) / rays)[:, [0, 2]].min(axis=1)
    assert np.exp(-haze * METRES * reach).max() < 0.05


def _near(lens: Lens, trees: Trees) -> NDArray[np.bool_]:
    """The trees in a camera's foreground."""
    near = np.linalg.norm((trees.places - lens.place)[:, [0, 2]], axis=1) * METRES < FOREGROUND
    return near & (lens.sees(trees.places + np.array([0.0, 300.0, 0.0])) | lens.sees(trees.places))


def test_when_the_camera_comes_three_times_closer_then_no_tree_before_it_is_of_the_lowest_detail(
    cameras: dict[str, Lens], trees: Trees
) -> None:
    near = _near(cameras["closer"], trees)
    level = np.array([int(trees.prototypes[index][-1]) for index in trees.indices])
    assert not (near & (level == 2)).any(), f"{int((near & (level == 2)).sum())} of {int(near.sum())} near trees"


@pytest.mark.parametrize("name", ["+90", "+180", "closer"])
def test_when_a_hidden_camera_stands_among_trees_then_none_of_them_is_a_flat_card(
    stage: Usd.Stage, cameras: dict[str, Lens], trees: Trees, name: str
) -> None:
    around = read_trees_of(stage, "skirt/trees")
    seen = {
        f"/burning_forest/{path}/Prototypes/{of.prototypes[index]}"
        for path, of in (("trees", trees), ("skirt/trees", around))
        for index in np.unique(of.indices[_near(cameras[name], of)])
    }
    assert seen or name == "closer", "nothing stands there: the test would show nothing"
    for path in sorted(seen):
        low, high, largest = _shape(stage, path, trees.start)
        size = high - low
        across = np.sort(size[[0, 2]])
        assert across[0] > 0.25 * across[1], f"{path} is flat"
        assert largest < 0.02 * size[1] * across[1], f"a face of {path} shows for the whole plant"


def _shape(stage: Usd.Stage, path: str, frame: float) -> tuple[F64, F64, float]:
    """Low and high corner of a prototype and the area of its largest face, in its own units."""
    low, high, largest = np.full(3, np.inf), np.full(3, -np.inf), 0.0
    for prim in Usd.PrimRange(stage.GetPrimAtPath(path)):
        if prim.IsA(UsdGeom.Mesh):
            points, triangles = read_mesh(stage, str(prim.GetPath()), frame)
            a, b, c = (points[triangles[:, corner]] for corner in range(3))
            largest = max(largest, float(0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1).max()))
            low, high = np.minimum(low, points.min(axis=0)), np.maximum(high, points.max(axis=0))
    return low, high, largest
