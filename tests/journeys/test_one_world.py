"""One world per sequence, and density that adds without moving: read from published files alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pxr import Usd
from scipy.spatial import cKDTree

import usd_ai
from tests.journeys.geometry import Trees, read_lens, read_trees
from tests.journeys.shows import GENERATOR, SEED, Published, SmallShow, build_small_show, fire_of, serving
from usd_ai.generators.burning_forest.plants import NEVER
from usd_ai.sim.scatter import spacing

WIDE, REVERSE, CLOSE = "sh010", "sh030", "sh040"
CAMERA = "/cameras/main"


@pytest.fixture(scope="module")
def layers(small_show: SmallShow) -> dict[str, Published]:
    # Trees are what is compared, and a first look has them all.
    return {
        WIDE: small_show.publish(WIDE),
        REVERSE: small_show.publish(REVERSE, usd_ai.Detail.FIRST_LOOK),
        CLOSE: small_show.publish(CLOSE, usd_ai.Detail.FIRST_LOOK),
    }


@pytest.fixture(scope="module")
def trees(layers: dict[str, Published]) -> dict[str, Trees]:
    return {shot: read_trees(layer.interface) for shot, layer in layers.items()}


def _shared(trees: dict[str, Trees]) -> np.ndarray:
    found = trees[WIDE].ids
    for shot in (REVERSE, CLOSE):
        found = np.intersect1d(found, trees[shot].ids)
    return found


def test_when_three_shots_look_at_one_fire_then_common_trees_are_the_same_trees(trees: dict[str, Trees]) -> None:
    shared = _shared(trees)
    assert len(shared) > 0.9 * max(len(of.ids) for of in trees.values())
    wide = trees[WIDE]
    rows = wide.rows(shared)
    for shot in (REVERSE, CLOSE):
        other = trees[shot]
        there = other.rows(shared)
        np.testing.assert_array_equal(other.transforms[there], wide.transforms[rows])
        np.testing.assert_array_equal(other.species[there], wide.species[rows])
        np.testing.assert_array_equal(other.ignition[there], wide.ignition[rows])
    assert (wide.ignition[rows] < NEVER).sum() > 100


def test_when_a_tree_is_in_all_three_frames_then_each_shot_tells_its_story_time(
    small_show: SmallShow, layers: dict[str, Published], trees: dict[str, Trees]
) -> None:
    shared = _shared(trees)
    seen = np.ones(len(shared), bool)
    for shot, of in trees.items():
        stage = Usd.Stage.Open(str(small_show.stage(shot)))
        seen &= read_lens(stage, CAMERA, of.start).sees(of.places[of.rows(shared)])
        wish = fire_of(small_show.server.studio, shot)
        told = float(str(wish["story_time"])) + (of.start - 1001.0) / 24.0
        assert of.story_time_at_start == pytest.approx(told)
        assert layers[shot].version.number >= 1
    assert seen.any(), "no tree is in all three frames"
    # What a tree looks like follows from its ignition and the shot's story time, in every shot alike.
    for of in trees.values():
        rows = of.rows(shared[seen])
        state = np.array([of.prototypes[index].split("_")[2] for index in of.indices[rows]])
        alight = of.ignition[rows] <= of.story_time_at_start
        assert not np.isin(state[alight], ["green", "scorched"]).any()
        assert np.isin(state[~alight], ["green", "scorched"]).all()


@pytest.fixture(scope="module")
def densities(small_show: SmallShow) -> dict[float, Published]:
    look = usd_ai.Detail.FIRST_LOOK
    return {value: small_show.publish(WIDE, look, name="stand", fire=0.0, density=value) for value in (1.0, 1.3)}


def test_when_density_rises_then_trees_are_added_and_none_changes(densities: dict[float, Published]) -> None:
    before, after = (read_trees(densities[value].interface) for value in (1.0, 1.3))
    assert np.isin(before.ids, after.ids).all()
    rows = after.rows(before.ids)
    np.testing.assert_array_equal(after.transforms[rows], before.transforms)
    np.testing.assert_array_equal(after.species[rows], before.species)
    # When they catch fire may change: a denser stand carries more fuel.
    assert len(after.ids) == pytest.approx(1.3 * len(before.ids), rel=0.03)


def test_when_trees_stand_on_a_slope_between_clearings_then_the_spacing_holds(
    small_show: SmallShow, densities: dict[float, Published]
) -> None:
    for value, layer in densities.items():
        trees = read_trees(layer.interface)
        places = trees.places[:, [0, 2]].astype(np.float64) * 0.01
        nearest = cKDTree(places).query(places, k=2)[0][:, 1]
        assert nearest.min() >= float(spacing(800.0 * value)) * (1.0 - 1e-4)
        for part in str(small_show.wish(WIDE)["clearings"]).split(";"):
            x, y, radius = (float(number) for number in part.split(","))
            assert np.hypot(places[:, 0] - x, -places[:, 1] - y).min() >= radius - 1e-3
        assert np.ptp(trees.places[:, 1]) > 300.0  # the ground rises by metres under them


def test_when_density_returns_to_one_then_the_original_bytes_return(
    small_show: SmallShow, densities: dict[float, Published], tmp_path: Path
) -> None:
    wish = small_show.wish(WIDE, fire=0.0, density=1.0)
    words = {"seed": SEED, "detail": usd_ai.Detail.FIRST_LOOK, "name": "stand"}
    again = small_show.studio.shot(WIDE).generate(GENERATOR, wish, **words)
    generation = again.wait()
    assert generation.cached
    assert again.publish() == densities[1.0].version

    elsewhere = build_small_show(tmp_path / "elsewhere")
    with serving(elsewhere, tmp_path / "state", workers=1) as server, usd_ai.connect(server.address) as studio:
        anew = studio.shot(WIDE).generate(GENERATOR, wish, **words).wait()
    original = densities[1.0].generation.layer
    assert anew.layer is not None
    assert original is not None
    assert not anew.cached
    assert (anew.layer.sha256, anew.layer.files) == (original.sha256, original.files)
