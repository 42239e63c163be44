from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from usd_ai.core.errors import InvalidRequest
from usd_ai.sim.terrain import HeightField, SkirtMesh, footprint, skirt

Shape = Callable[[np.ndarray, np.ndarray], np.ndarray]


def sheet(half: float, cells: int, height: Shape, keep: Shape | None = None) -> tuple[np.ndarray, np.ndarray]:
    axis = np.linspace(-half, half, cells + 1)
    x, y = np.meshgrid(axis, axis)
    points = np.stack([x.ravel(), y.ravel(), height(x, y).ravel()], axis=1)
    at = np.arange((cells + 1) ** 2).reshape(cells + 1, cells + 1)
    a, b, c, d = at[:-1, :-1].ravel(), at[:-1, 1:].ravel(), at[1:, 1:].ravel(), at[1:, :-1].ravel()
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    if keep is not None:
        centres = points[triangles].mean(axis=1)
        triangles = triangles[keep(centres[:, 0], centres[:, 1])]
    return points, triangles


GROUNDS = {
    "ten metres, flat": sheet(5.0, 10, lambda x, y: 0.0 * x * y),
    "one quad": sheet(5.0, 1, lambda x, y: 0.1 * x + 0.0 * y),
    "rolling": sheet(60.0, 60, lambda x, y: 0.1 * x + 3.0 * np.sin(x / 17.0) * np.cos(y / 23.0)),
    "a corner cut out": sheet(60.0, 40, lambda x, y: 2.0 * np.sin(x / 17.0) + 0.0 * y, lambda x, y: (x < 0) | (y < 0)),
    "round with a pond": sheet(
        200.0, 80, lambda x, y: 0.05 * y + 0.0 * x, lambda x, y: (np.hypot(x, y) < 190) & (np.hypot(x - 50, y) > 30)
    ),
}


@pytest.fixture(scope="module", params=sorted(GROUNDS))
def land(request: pytest.FixtureRequest) -> tuple[HeightField, SkirtMesh]:
    field = HeightField.from_triangles(*GROUNDS[request.param])
    return field, skirt(field, 7, reach_m=800.0, triangles=8000)


@settings(deadline=None, max_examples=40)
@given(
    slope=st.tuples(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0)),
    offset=st.floats(-500.0, 500.0),
    seed=st.integers(0, 2**32 - 1),
    size=st.sampled_from([1.0, 100.0, 20_000.0]),
)
def test_when_a_plane_is_triangulated_anyhow_then_heights_are_the_planes(
    slope: tuple[float, float], offset: float, seed: int, size: float
) -> None:
    random = np.random.default_rng(seed)
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    places = np.concatenate([corners, random.uniform(0.0, 1.0, (60, 2))]) * size
    triangles = Delaunay(places).simplices[:, :: random.choice([-1, 1])]
    field = HeightField.from_triangles(np.column_stack([places, places @ slope + offset]), triangles)
    asked = np.concatenate([places, random.uniform(0.0, size, (200, 2))])
    assert np.all(field.inside(asked))
    assert np.abs(field.height(asked) - (asked @ slope + offset)).max() < 1e-9 * max(size, abs(offset), 1.0)
    upward = np.array([-slope[0], -slope[1], 1.0]) / np.sqrt(slope[0] ** 2 + slope[1] ** 2 + 1.0)
    assert np.abs(field.normal(asked[-200:]) - upward).max() < 1e-5


def test_when_asked_beside_the_ground_then_there_is_none() -> None:
    field = HeightField.from_triangles(*GROUNDS["a corner cut out"])
    asked = np.array([[30.0, 30.0], [30.0, -30.0], [-60.0, -60.0], [60.1, -30.0], [1e9, 0.0]])
    assert field.inside(asked).tolist() == [False, True, True, False, False]
    assert np.isnan(field.height(asked)).tolist() == [True, False, False, True, True]


def test_when_surfaces_lie_above_each_other_then_the_topmost_counts() -> None:
    points, triangles = sheet(5.0, 4, lambda x, y: 0.0 * x * y)
    stacked = np.concatenate([np.add(points, (0.0, 0.0, rise)) for rise in (3.0, 0.0, -3.0)])
    layers = np.concatenate([triangles + k * len(points) for k in range(3)])
    assert HeightField.from_triangles(stacked, layers).height([[1.0, 1.0]])[0] == 3.0


@pytest.mark.parametrize(
    "points",
    [[[0, 0, 0], [1, 0, 0], [2, 0, 5]], [[0, 0, 0], [1, 0, 0], [0, float("inf"), 0]]],
    ids=["wall", "infinite"],
)
def test_when_a_mesh_has_no_ground_then_the_refusal_says_what_to_do(points: list[list[float]]) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        HeightField.from_triangles(points, [[0, 1, 2]])
    assert refusal.value.remedy


def edge_counts(triangles: np.ndarray) -> dict[tuple[int, int], int]:
    counts: dict[tuple[int, int], int] = {}
    for a, b, c in triangles.tolist():
        for edge in ((a, b), (b, c), (c, a)):
            key = (min(edge), max(edge))
            counts[key] = counts.get(key, 0) + 1
    return counts


def test_when_land_is_made_then_no_crack_opens_at_the_grounds_edge(land: tuple[HeightField, SkirtMesh]) -> None:
    field, mesh = land
    rim = mesh.points[: mesh.border]
    assert mesh.border >= 4
    # Each border vertex lies on the ground's surface, and each free edge of the land that is not the far rim joins
    # two of them: its middle lies on the ground too, so the two meshes share it as a line.
    assert np.nanmax(np.abs(field.height(rim[:, :2]) - rim[:, 2])) < 1e-9
    free = np.array([edge for edge, count in edge_counts(mesh.triangles).items() if count == 1])
    far = np.hypot(*(mesh.points[free].mean(axis=1)[:, :2]).T) > 700.0
    inner = free[~far]
    assert inner.max() < mesh.border
    middles = mesh.points[inner].mean(axis=1)
    heights = field.height(middles[:, :2])
    assert np.abs(heights - middles[:, 2]).max() < 1e-9
    length = np.sqrt(((mesh.points[inner[:, 0]] - mesh.points[inner[:, 1]])[:, :2] ** 2).sum(1)).sum()
    assert length == pytest.approx(outline_length(field), rel=1e-9)


def outline_length(field: HeightField) -> float:
    """Length of the ground's outer outline in the plane; the pond's shore is not the land's business."""
    edges = np.array([edge for edge, count in edge_counts(field.triangles).items() if count == 1])
    ends = field.points[edges][:, :, :2]
    pond = (np.hypot(*(ends.mean(axis=1) - (50.0, 0.0)).T) < 40.0) & (field.high[0] > 100.0)
    return float(np.sqrt(((ends[:, 1] - ends[:, 0])[~pond] ** 2).sum(1)).sum())


def test_when_land_is_made_then_it_is_one_sheet_that_faces_up(
    land: tuple[HeightField, SkirtMesh],
) -> None:
    field, mesh = land
    a, b, c = (mesh.points[mesh.triangles[:, k], :2] for k in range(3))
    area = 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    assert area.min() > 0.0
    assert max(edge_counts(mesh.triangles).values()) == 2
    assert not np.any(field.inside(mesh.points[mesh.triangles].mean(axis=1)[:, :2]))
    turn = np.linspace(0.0, 2.0 * np.pi, 300)
    for radius in (320.0, 500.0, 780.0):
        assert np.all(mesh.inside(radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)))
    assert np.abs(np.linalg.norm(mesh.normals, axis=1) - 1.0).max() < 1e-5
    assert mesh.normals[:, 2].min() > 0.0
    assert mesh.uv.dtype == np.float32


def test_when_one_looks_from_the_ground_then_the_land_nearby_hides_nothing_and_ridges_stand_far_off() -> None:
    field = HeightField.from_triangles(*GROUNDS["ten metres, flat"])
    mesh = skirt(field, 3, triangles=20_000)
    away = np.hypot(mesh.points[:, 0], mesh.points[:, 1])
    assert np.abs(mesh.points[away < 60.0, 2]).max() < 1.0
    assert np.all(mesh.points[:, 2] < 0.35 * np.maximum(away, 1.0) + 1.0)
    highest = away[np.argsort(mesh.points[:, 2])[-50:]]
    assert 400.0 < highest.min() < highest.max() < 1900.0
    assert 120.0 < mesh.points[:, 2].max() < 220.0
    assert 14_000 < len(mesh.triangles) < 26_000
    lengths = np.hypot(*(mesh.points[mesh.triangles[:, 0]] - mesh.points[mesh.triangles[:, 1]])[:, :2].T)
    middle = away[mesh.triangles].mean(axis=1)
    assert lengths[middle < 15.0].mean() < 0.2 * lengths[middle > 500.0].mean()


def test_when_a_tree_asks_for_the_lands_height_then_it_stands_on_it(
    land: tuple[HeightField, SkirtMesh],
) -> None:
    _, mesh = land
    centres = mesh.points[mesh.triangles].mean(axis=1)
    assert np.abs(mesh.height(centres[:, :2]) - centres[:, 2]).max() < 1e-9


def test_when_the_request_makes_no_land_then_it_is_refused() -> None:
    field = HeightField.from_triangles(*GROUNDS["one quad"])
    with pytest.raises(InvalidRequest):
        skirt(field, 1, reach_m=10.0)


def test_when_another_process_with_more_threads_makes_the_land_then_the_bytes_are_equal() -> None:
    program = (
        "import hashlib, numpy as np; from usd_ai.sim.terrain import HeightField, skirt;"
        "f = HeightField.from_triangles([[-5,-5,0],[5,-5,0.5],[5,5,1],[-5,5,0]], [[0,1,2],[0,2,3]]);"
        "s = skirt(f, 5, 400, 90, 4000);"
        "print(hashlib.sha256(s.points.tobytes() + s.triangles.tobytes() + s.normals.tobytes()).hexdigest())"
    )
    field = HeightField.from_triangles([[-5, -5, 0], [5, -5, 0.5], [5, 5, 1], [-5, 5, 0]], [[0, 1, 2], [0, 2, 3]])
    mesh = skirt(field, 5, 400, 90, 4000)
    here = hashlib.sha256(mesh.points.tobytes() + mesh.triangles.tobytes() + mesh.normals.tobytes()).hexdigest()
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "7", "NUMBA_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == here


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), cell=st.sampled_from([0.1, 0.25, 1.0]))
def test_when_distances_to_obstacles_are_asked_then_they_promise_no_room_that_is_not_there(
    seed: int, cell: float
) -> None:
    random = np.random.default_rng(seed)
    corners = random.uniform(-10.0, 10.0, (3, 3))
    marks = footprint(corners, [[0, 1, 2]], cell)
    asked = random.uniform(-25.0, 25.0, (400, 2))
    true = np.minimum(distance_to_triangle(asked, corners[:, :2]), 20.0)
    found = marks.distance(asked)
    assert np.all(found <= true + 1e-6)
    assert np.all(found >= np.minimum(true, 20.0 - 3.0 * cell) - 3.0 * cell)
    assert np.array_equal(marks.clear(asked, 2.0), found >= 2.0)


def distance_to_triangle(places: np.ndarray, corners: np.ndarray) -> np.ndarray:
    nearest = np.full(len(places), np.inf)
    sides = []
    for k in range(3):
        a, b = corners[k], corners[(k + 1) % 3]
        share = np.clip(((places - a) @ (b - a)) / ((b - a) @ (b - a)), 0.0, 1.0)
        nearest = np.minimum(nearest, np.linalg.norm(places - (a + share[:, None] * (b - a)), axis=1))
        sides.append((b - a)[0] * (places - a)[:, 1] - (b - a)[1] * (places - a)[:, 0])
    within = np.all(np.array(sides) >= 0, axis=0) | np.all(np.array(sides) <= 0, axis=0)
    return np.where(within, 0.0, nearest)


def test_when_nothing_stands_anywhere_then_everywhere_is_clear() -> None:
    marks = footprint(np.zeros((0, 3)), np.zeros((0, 3), np.int32))
    assert marks.distance([[0.0, 0.0]]).tolist() == [20.0]
    assert marks.clear([[0.0, 0.0]], 50.0).all()
