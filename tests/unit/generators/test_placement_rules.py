from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.parameters import resolve
from usd_ai.core.types import ParameterValue, World
from usd_ai.generators.burning_forest.instancing import distinct
from usd_ai.generators.burning_forest.parameters import PARAMETERS
from usd_ai.generators.burning_forest.planting import plant_trees, refuse_too_many
from usd_ai.generators.burning_forest.plants import TREES
from usd_ai.generators.burning_forest.rules import read_rules
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.generators.burning_forest.views import Views
from usd_ai.run.arrays import FolderArrays
from usd_ai.sim.land import eroded_land, land_size
from usd_ai.sim.terrain import HeightField
from usd_ai.sim.threads import limited

SIDE = 240.0


@pytest.fixture(scope="module")
def ground() -> HeightField:
    axis = np.linspace(0.0, SIDE, 25)
    x, y = np.meshgrid(axis, axis)
    z = 30.0 * np.sin(x / 50.0) + 12.0 * np.cos(y / 30.0)
    corner = (np.arange(24)[:, None] * 25 + np.arange(24)[None, :]).ravel()
    quads = np.stack([corner, corner + 1, corner + 26, corner + 25], axis=1)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return HeightField.from_triangles(np.stack([x, y, z], axis=-1).reshape(-1, 3), triangles)


def _plant(ground: HeightField, store: Path, density: float = 600.0, **wish: ParameterValue) -> Stand:
    world = World("burning_forest", 0, "5", resolve(PARAMETERS, wish), (), 1.0, "Z", ())
    rules = read_rules(world, FolderArrays(store), ground.low, ground.high)
    return plant_trees(world, ground.low, ground.high, density, ground, rules)


def _same(few: Stand, many: Stand) -> bool:
    """Whether every tree of the first is in the second, the same in all that it is."""
    order = np.searchsorted(many.ids, few.ids)
    return np.array_equal(many.ids[order], few.ids) and all(
        np.array_equal(getattr(few, name), getattr(many, name)[order])
        for name in ("places", "species", "variant", "scale", "yaw", "lean", "height")
    )


def test_when_density_rises_under_every_rule_then_no_tree_moves(ground: HeightField, tmp_path: Path) -> None:
    digest = FolderArrays(tmp_path).put(np.linspace(0.0, 1.0, 48, dtype=np.float32).reshape(6, 8)).digest
    wish: dict[str, ParameterValue] = {
        "slope_most": 24.0,
        "altitude_high": 10.0,
        "site_rules": 1.0,
        "clearings": "60,60,25",
        "regions": "0.5 birch=1: 120,120 230,120 230,230; 1.6: 10,150 90,150 90,230",
        "lines": "14 0: 0,100 240,130",
        "density_map": f"picture {digest} 6x8",
    }
    few, many = (_plant(ground, tmp_path, density, **wish) for density in (350.0, 900.0))
    assert 100 < len(few) < 0.6 * len(many)
    assert _same(few, many)
    with limited(1):
        assert _same(many, _plant(ground, tmp_path, 900.0, **wish))


def test_when_half_a_map_is_black_then_that_half_is_bare_and_the_other_as_it_was(
    ground: HeightField, tmp_path: Path
) -> None:
    painted = np.ones((10, 10), np.float32)
    painted[:, :5] = 0.0
    ref = FolderArrays(tmp_path).put(painted)
    plain = _plant(ground, tmp_path)
    mapped = _plant(ground, tmp_path, density_map=f"picture {ref.digest} 10x10")
    assert _same(mapped, plain)
    assert mapped.places[:, 0].min() > 0.44 * SIDE
    east = plain.where(plain.places[:, 0] > 0.56 * SIDE)
    assert _same(east, mapped)
    moved = _plant(
        ground, tmp_path, density_map=f"picture {ref.digest} 10x10", density_map_area=(120.0, 0.0, 240.0, 240.0)
    )
    assert moved.places[:, 0].min() < 10.0  # off the map all stand


def test_when_a_region_says_kinds_then_they_stand_there_and_nothing_changes_elsewhere(
    ground: HeightField, tmp_path: Path
) -> None:
    plain, oak = (_plant(ground, tmp_path, regions=text) for text in ("", "oak=1: 50,50 150,50 150,150 50,150"))
    within = np.all((oak.places[:, :2] > 50.0) & (oak.places[:, :2] < 150.0), axis=1)
    assert np.array_equal(plain.ids, oak.ids)
    assert set(oak.species[within].tolist()) == {TREES.index("oak")}
    assert _same(plain.where(~within), oak)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("regions", "0.4: 0,0 10,0"),
        ("regions", "palm=1: 0,0 10,0 10,10"),
        ("regions", "9: 0,0 10,0 10,10"),
        ("regions", "0.4 0,0 10,0 10,10"),
        ("lines", "12: 0,0 10,0"),
        ("lines", "-3 0: 0,0 10,0"),
        ("lines", "3 0: 0,0 10,x"),
        ("clearings", "1,2"),
    ],
)
def test_when_a_rule_cannot_be_read_then_the_refusal_shows_how_to_write_it(
    ground: HeightField, tmp_path: Path, name: str, text: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        _plant(ground, tmp_path, **{name: text})
    assert refused.value.context["parameter"] == name
    assert "separated by ';'" in refused.value.remedy


def test_when_columns_are_looked_through_then_every_combination_is_found_once() -> None:
    rng = np.random.default_rng(2)
    columns = [rng.integers(0, high, 500).astype(np.int32) for high in (5, 9, 4, 3)]
    assert distinct(*columns) == set(zip(*(column.tolist() for column in columns), strict=True))
    assert distinct(*(column[:0] for column in columns)) == set()


def test_when_cameras_look_then_sizes_in_view_are_those_of_the_pinhole(ground: HeightField, tmp_path: Path) -> None:
    stand = _plant(ground, tmp_path)
    axes = np.array([[[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]]])  # along +x
    views = Views(np.array([[0.0, 120.0, 40.0]]), axes, np.array([[0.4, 0.25, 0.0, 0.0]]), 2000)
    tall = stand.height.astype(np.float64)
    pixels = views.pixels(stand.places, tall)
    middle = stand.places + np.array([0.0, 0.0, 0.5]) * tall[:, None] - views.places[0]
    depth, side, up = middle[:, 0], -middle[:, 1], middle[:, 2]
    seen = (np.abs(side) - 0.5 * tall < 0.5 * depth) & (np.abs(up) - 0.5 * tall < 0.3125 * depth) & (depth > 0.1)
    assert np.array_equal(pixels[depth > 0.1] > 0.0, seen[depth > 0.1])
    assert pixels[seen] == pytest.approx(tall[seen] / depth[seen] * 2000 / 0.8)


def test_when_land_is_made_then_every_camera_stands_over_it_and_the_same_cameras_get_the_same_land() -> None:
    eyes = np.array([[10.0, 20.0, 3.0], [60.0, 20.0, 2.2], [40.0, -80.0, 25.0]])
    points, triangles = eroded_land(eyes, land_size(eyes), 7)
    surface = HeightField.from_triangles(points, triangles)
    clear = eyes[:, 2] - surface.height(eyes[:, :2])
    assert clear.min() == pytest.approx(1.7, abs=1e-6)
    assert np.array_equal(points, eroded_land(eyes, land_size(eyes), 7)[0])
    assert not np.array_equal(points, eroded_land(eyes, land_size(eyes), 8)[0])
    assert np.ptp(points[:, 2]) > 40.0
    slopes = np.degrees(np.arccos(surface.facet_normals()[:, 2]))
    assert slopes.max() < 60.0  # no cliff, at its border neither
    assert np.median(slopes) > 8.0
    with pytest.raises(InvalidRequest) as refused:
        eroded_land(eyes, 60.0, 7)
    assert "own_ground" in refused.value.remedy


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("clearings", "5,5,-9", "radius of -9 m"),
        ("clearings", "1,1,4; 5,5,0", "radius of 0 m"),
        ("regions", "0.4 0.5: 0,0 9,0 9,9", "the share of the density is given twice"),
        ("regions", "birch=1 0.5 birch=0.5: 0,0 9,0 9,9", "the share of birch is given twice"),
        ("regions", "0.4 birch=0 pine=0: 0,0 9,0 9,9", "no kind of tree has a share above 0"),
    ],
)
def test_when_a_rule_cannot_be_meant_then_it_is_refused(
    ground: HeightField, tmp_path: Path, name: str, text: str, says: str
) -> None:
    with pytest.raises(InvalidRequest, match=says) as refused:
        _plant(ground, tmp_path, **{name: text})
    assert refused.value.context["parameter"] == name


def test_when_alleys_lie_apart_then_they_are_counted_as_what_they_are(ground: HeightField, tmp_path: Path) -> None:
    alleys = "; ".join(f"3 4: {40 * n},0 {40 * n},240" for n in range(1, 6))
    world = World("burning_forest", 0, "5", resolve(PARAMETERS, {"lines": alleys}), (), 1.0, "Z", ())
    assert read_rules(world, FolderArrays(tmp_path), ground.low, ground.high).most == 4.0


def test_when_more_trees_are_asked_for_than_can_be_grown_then_that_is_refused() -> None:
    refuse_too_many(np.zeros(2), np.full(2, 1e4), 800.0)
    with pytest.raises(InvalidRequest, match="9 million trees on 11,664 hectares"):
        refuse_too_many(np.full(2, -400.0), np.full(2, 10_400.0), 800.0)
