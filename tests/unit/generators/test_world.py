from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial import cKDTree

from usd_ai.core.errors import InvalidRequest
from usd_ai.generators.burning_forest.forest import Forest, load_forest
from usd_ai.generators.burning_forest.shot import Shot, open_shot, trees_and_patches
from usd_ai.run.arrays import FolderArrays


def forest(planned: Callable[..., object], **values: object) -> Forest:
    made = planned(**values)
    return load_forest(made.world, made.facts, FolderArrays(made.arrays), made.cache)


def shot(planned: Callable[..., object], name: str, **values: object) -> Shot:
    made = planned(name, **values)
    return open_shot(made.plan, made.world, made.facts, made.arrays, made.cache)


def test_when_density_rises_then_every_tree_keeps_id_and_place_and_only_new_ones_come(
    planned: Callable[..., object],
) -> None:
    base, more, back = (forest(planned, density=d).trees for d in (1.0, 1.3, 1.0))
    place = {i: k for k, i in enumerate(more.ids.tolist())}
    kept = np.array([place[i] for i in base.ids.tolist()])
    for name in ("places", "species", "variant", "scale", "yaw", "lean", "lean_azimuth", "height"):
        assert np.array_equal(getattr(base, name), getattr(more, name)[kept]), name
    assert len(more) > 1.2 * len(base)
    assert np.array_equal(base.ids, back.ids)
    assert np.array_equal(base.places, back.places)


def test_when_trees_stand_on_a_slope_then_their_spacing_holds_along_the_ground(planned: Callable[..., object]) -> None:
    for density in (1.0, 1.3):
        trees = forest(planned, density=density).trees
        apart, _ = cKDTree(trees.places).query(trees.places, k=2)
        mean = 100.0 / np.sqrt(800.0 * density)
        assert apart[:, 1].min() > 0.55 * mean
        assert np.median(apart[:, 1]) > 0.7 * mean


def test_when_a_clearing_is_asked_then_nothing_stands_in_it_and_the_rest_is_untouched(
    planned: Callable[..., object],
) -> None:
    base, cleared = forest(planned).trees, forest(planned, clearings="-60,60,25; 100,100,10").trees
    at = cleared.places[:, :2]
    assert np.hypot(at[:, 0] + 60, at[:, 1] - 60).min() >= 25.0
    outside = (np.hypot(base.places[:, 0] + 60, base.places[:, 1] - 60) >= 25.0) & (
        np.hypot(base.places[:, 0] - 100, base.places[:, 1] - 100) >= 10.0
    )
    assert np.array_equal(base.ids[outside], cleared.ids)
    apart, _ = cKDTree(cleared.places).query(cleared.places, k=2)
    assert apart[:, 1].min() > 0.55 * 100.0 / np.sqrt(800.0)


def test_when_other_shots_look_at_the_world_then_each_tree_is_the_same_one(planned: Callable[..., object]) -> None:
    seen = [
        trees_and_patches(shot(planned, name, story_time=t))[0]
        for name, t in (("sh010", 66.0), ("sh030", 70.0), ("sh040", 73.0))
    ]
    common = set(seen[0].ids.tolist()) & set(seen[1].ids.tolist()) & set(seen[2].ids.tolist())
    assert len(common) > 5000
    ids = np.array(sorted(common))
    rows = [np.searchsorted(stand.ids, ids, sorter=np.argsort(stand.ids)) for stand in seen]
    picked = [stand.where(np.argsort(stand.ids)[row]) for stand, row in zip(seen, rows, strict=True)]
    for name in ("ids", "places", "species", "ignition", "scale", "yaw"):
        assert np.array_equal(getattr(picked[0], name), getattr(picked[1], name)), name
        assert np.array_equal(getattr(picked[0], name), getattr(picked[2], name)), name


def test_when_the_fire_spreads_then_it_goes_with_the_wind_and_burns_each_tree_once(
    planned: Callable[..., object],
) -> None:
    world = forest(planned)
    trees = world.trees
    burnt = np.isfinite(trees.ignition)
    assert burnt.any()
    assert (trees.flaming_end[burnt] > trees.ignition[burnt]).all()
    assert (trees.smoulder_end[burnt] > trees.flaming_end[burnt]).all()
    east = np.array([np.cos(np.radians(-32.0)), np.sin(np.radians(-32.0))])
    reach = {}
    for wind in (-32.0, 148.0):
        blown = forest(planned, wind_direction=wind).trees
        early = blown.places[blown.ignition < 150.0][:, :2]
        reach[wind] = float((early @ east).mean())
    # Slope and the line of ignition pull as well; the other wind takes them out of the comparison.
    assert reach[-32.0] > reach[148.0] + 2.0


def test_when_host_things_stand_on_the_ground_then_no_tree_stands_in_them(planned: Callable[..., object]) -> None:
    of_shot = shot(planned, "sh010")
    trees, _, _ = trees_and_patches(of_shot)
    assert of_shot.keepout.solid.distance(trees.places[:, :2]).min() >= 1.0
    assert of_shot.views.nearest(trees.places).min() >= 4.0


@pytest.mark.parametrize("text", ["1", "a,b", "1,2,3,4", "nan,0"])
def test_when_places_are_not_numbers_then_the_refusal_names_the_parameter(
    planned: Callable[..., object], text: str
) -> None:
    with pytest.raises(InvalidRequest, match="clearings"):
        forest(planned, clearings=text, density=0.11)


def test_when_density_is_nought_then_there_is_land_and_no_tree(planned: Callable[..., object]) -> None:
    empty = forest(planned, density=0.0)
    assert len(empty.trees) == 0
    assert empty.around is not None
