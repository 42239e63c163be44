from __future__ import annotations

import itertools
import math
from dataclasses import fields
from pathlib import Path
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.small_forest import HALF, SmallForest
from usd_ai.core.errors import InvalidRequest
from usd_ai.core.plan import digest_of, plan_document
from usd_ai.core.types import World
from usd_ai.generators.burning_forest import editing
from usd_ai.generators.burning_forest import forest as forest_module
from usd_ai.generators.burning_forest.editing import added_id, rows_alike
from usd_ai.generators.burning_forest.edits import FORMS, canonical_edits, parse_edits
from usd_ai.generators.burning_forest.forecast import forecast_task
from usd_ai.generators.burning_forest.forest import Forest, load_forest
from usd_ai.generators.burning_forest.planting import plant_trees
from usd_ai.generators.burning_forest.shot import open_shot, trees_and_patches
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.run.arrays import FolderArrays
from usd_ai.sim.scatter import ids_of_seed

_ID = st.integers(1, 2**63 - 1)
_METRES = st.floats(-500.0, 500.0, allow_nan=False).map(lambda v: round(v, 3) + 0.0)
_RADIUS = st.floats(0.5, 40.0).map(lambda v: round(v, 2))
EDITS = st.one_of(
    st.builds("remove {}".format, _ID),
    st.builds("move {} {},{}".format, _ID, _METRES, _METRES),
    st.builds("move {} to {},{}".format, _ID, _METRES, _METRES),
    st.builds("protect {}".format, _ID),
    st.builds("protect {},{},{}".format, _METRES, _METRES, _RADIUS),
    st.builds("clear {},{},{}".format, _METRES, _METRES, _RADIUS),
    st.builds("add {} {},{},{}".format, st.sampled_from(["pine", "birch"]), _METRES, _METRES, _RADIUS),
    st.builds("turn {} {}".format, _ID, _METRES),
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallForest:
    return SmallForest(tmp_path_factory.mktemp("forest"))


def forest(small: SmallForest, edits: str = "", **values: object) -> Forest:
    made = small.plan(edits=edits, **values)
    return load_forest(made.world, made.facts, FolderArrays(made.arrays), made.cache)


def tree_of(stand: Stand, tree: int) -> Stand:
    return stand.where(stand.ids == tree)


def inner(stand: Stand) -> int:
    """A tree near the middle."""
    return int(stand.ids[np.argmin(np.hypot(stand.places[:, 0], stand.places[:, 1]))])


@given(
    st.lists(EDITS, max_size=6, unique_by=lambda text: text.removeprefix("add ").split()[1].partition(",")[0]),
    st.randoms(),
)
def test_when_edits_are_written_otherwise_then_the_text_in_the_plan_is_the_same(
    edits: list[str], chance: np.random.Generator
) -> None:
    shuffled = [*edits, *edits]
    chance.shuffle(shuffled)
    untidy = "\n".join(f"  {edit.replace(',', ' , ')}  # why: {edit}; or not" for edit in shuffled)
    told = canonical_edits(";".join(edits))
    assert canonical_edits(untidy) == told
    assert canonical_edits(told) == told
    assert [edit.text for edit in parse_edits(told)] == (told.split("; ") if told else [])


def test_when_edits_are_written_otherwise_then_the_plan_is_the_same(small: SmallForest) -> None:
    one = small.plan(edits="turn 12 5; remove 4711")
    other = small.plan(edits=" remove  4711 ;;turn 12 5.0\nremove 4711 # twice")
    assert digest_of(plan_document(one.plan)) == digest_of(plan_document(other.plan))
    assert one.world == other.world
    assert one.plan.world != small.plan().plan.world


@pytest.mark.parametrize(
    ("text", "says", "remedy"),
    [
        ("mvoe 3 1,1", "character 1", "move"),
        ("turn 5 30; remove", "Edit 2, 'remove', fails at character 7", "remove ID"),
        ("remove pine", "'pine' is no tree's id", "ids"),
        ("move 17 12", "character 9", "dx,dy"),
        ("move 17 to 1,2,3", "'1,2,3' is not 2", "to x,y"),
        ("clear 0,0,-3", "character 11: radius cannot be '-3'", "0.01"),
        ("reseed 0,0,5,1.5", "SEED cannot be '1.5'", "whole"),
        ("scale 5 nan", "FACTOR cannot be 'nan'", "0.1 to 10"),
        ("ignite 5 40", "where '@' belongs", "ID@SECONDS"),
        ("protect 5 now", "'now' is too much", "protect ID"),
        ("remove 99999999999999999999", "no tree's id", "ids"),
        ("remove 5; turn 5 3", "contradict", "one of them"),
        ("turn 5 3; turn 5 4", "contradict", "one of them"),
        ("protect 5; ignite 5@3", "never burns", "one of them"),
        ("reseed 0,0,5,1; reseed 8,0,5,1", "overlap", "one of them"),
        ("reseed 0,0,900,1; reseed 870,240,5,1; reseed -80,900,2,1", "overlap", "one of them"),
        ("add pine 1,2; add pine 1,2,15", "one place takes one tree", "one of them"),
        ("add pine 1,2; turn 5 3; add oak 1,2.0", "one place takes one tree", "one of them"),
        (";".join(f"remove {n}" for n in range(1, 2002)), "more than the 2,000 edits", "region"),
        ("#" * 200_001, "200,001 characters", "region"),
    ],
)
def test_when_an_edit_is_wrong_then_the_refusal_says_which_where_and_what_to_do(
    text: str, says: str, remedy: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_edits(text)
    assert says in refused.value.message
    assert remedy in refused.value.remedy
    assert refused.value.context["parameter"] == "edits"


@pytest.mark.parametrize("verb", FORMS)
def test_when_a_form_is_shown_then_it_can_be_typed(verb: str) -> None:
    words = {"ID": "4711", "SPECIES": "pine", "NAME": "birch", "VARIANT": "1", "FACTOR": "2", "DEGREES": "30"}
    words |= {"SECONDS": "60", "SEED": "3", "x,y[,height]": "1,2,9", "x,y": "1,2", "dx,dy": "1,2", "radius": "4"}
    for form in FORMS[verb].split("   or   "):
        typed = form
        for word, value in words.items():
            typed = typed.replace(word, value)
        assert parse_edits(typed)[0].verb == verb


def test_when_a_tree_is_named_that_is_not_there_then_the_refusal_names_near_ones(small: SmallForest) -> None:
    ids = [str(tree) for tree in forest(small).trees.ids]
    text = max(ids, key=len)
    with pytest.raises(InvalidRequest) as refused:
        forest(small, f"remove {text[:-1]}")
    assert text in refused.value.remedy
    assert "attribute 'ids'" in refused.value.remedy
    made = small.plan(edits="remove 3")
    with pytest.raises(InvalidRequest, match="no tree of this world"):
        forecast_task(made.plan, made.world, made.facts, made.arrays, made.cache)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ("move {} 900,0", "without ground"),
        ("add pine 900,0", "without ground"),
        ("add pne 0,0", "Did you mean pine"),
        ("species {} palm", "There are: "),
        ("regrow {} 99", "no variant 99"),
        ("clear 0,0,9; turn {} 4", "cleared or reseeded"),
    ],
)
def test_when_an_edit_cannot_be_made_then_it_is_refused(small: SmallForest, edit: str, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says):
        forest(small, edit.format(inner(forest(small).trees)))


def test_when_one_tree_is_edited_then_it_is_as_asked_and_all_others_keep_every_bit(small: SmallForest) -> None:
    before = forest(small).trees
    tree = inner(before)
    was = tree_of(before, tree)
    moved, scaled, turned, other, grown = (
        forest(small, f"{verb} {tree} {rest}")
        for verb, rest in (("move", "3,-2"), ("scale", "1.5"), ("turn", "90"), ("species", "birch"), ("regrow", "0"))
    )
    np.testing.assert_allclose(tree_of(moved.trees, tree).places[0, :2], was.places[0, :2] + [3.0, -2.0])
    np.testing.assert_array_equal(
        tree_of(moved.trees, tree).places[:, 2], moved.ground.height(was.places[:, :2] + [3.0, -2.0])
    )
    assert tree_of(scaled.trees, tree).height[0] == pytest.approx(1.5 * was.height[0])
    turn = tree_of(turned.trees, tree).yaw[0] - was.yaw[0]
    assert np.cos(turn - np.pi / 2) == pytest.approx(1.0, abs=1e-6)
    assert tree_of(other.trees, tree).species[0] != was.species[0] or tree not in other.edited
    assert tree_of(grown.trees, tree).variant[0] == 0
    for after in (moved, scaled, turned, other, grown):
        assert set(after.edited.tolist()) <= {tree}
        assert before.ids[~rows_alike(after.trees, before)].tolist() in ([tree], [])


def test_when_trees_are_removed_added_cleared_or_drawn_anew_then_only_they_come_and_go(small: SmallForest) -> None:
    before = forest(small).trees
    tree = inner(before)
    assert set(before.ids.tolist()) - set(forest(small, f"remove {tree}").trees.ids.tolist()) == {tree}

    added = forest(small, "add pine 3,4,11")
    new = added_id(parse_edits("add pine 3,4,11")[0])
    assert added.edited.tolist() == [new]
    assert tree_of(added.trees, new).height[0] == pytest.approx(11.0)
    turned = forest(small, f"add pine 3,4,11; turn {new} 20; add birch -9,2")
    assert tree_of(turned.trees, new).yaw[0] != tree_of(added.trees, new).yaw[0]

    within = np.hypot(before.places[:, 0] - 4.0, before.places[:, 1]) < 8.0
    cleared, fresh = forest(small, "clear 4,0,8"), forest(small, "reseed 4,0,8,1")
    assert sorted(cleared.edited.tolist()) == sorted(before.ids[within].tolist())
    drawn = fresh.trees.where(~np.isin(fresh.trees.ids, before.ids))
    assert len(drawn) > 0
    assert np.hypot(drawn.places[:, 0] - 4.0, drawn.places[:, 1]).max() < 8.0
    assert set(before.ids[~within].tolist()) <= set(fresh.trees.ids.tolist())
    assert not set(before.ids[within].tolist()) & set(fresh.trees.ids.tolist())
    again = forest(small, "reseed 4,0,8,2")
    assert not set(drawn.ids.tolist()) & set(again.trees.ids.tolist())


def test_when_trees_are_protected_then_they_never_burn_and_the_fire_passes_as_before(small: SmallForest) -> None:
    before = forest(small)
    burning = before.trees.where(np.isfinite(before.trees.ignition))
    tree = inner(burning)
    alone = forest(small, f"protect {tree}")
    assert np.isinf(tree_of(alone.trees, tree).ignition[0])
    assert alone.edited.tolist() == [tree]
    x, y = tree_of(burning, tree).places[0, :2]
    region = forest(small, f"protect {x},{y},6")
    within = np.hypot(region.trees.places[:, 0] - x, region.trees.places[:, 1] - y) < 6.0
    assert np.isinf(region.trees.ignition[within]).all()
    assert rows_alike(before.trees, region.trees)[~within].all()
    assert np.isinf(region.front.at(np.array([[x, y]]))).all()
    assert np.isfinite(region.front.at(np.array([[x + 6.01, y]]))).all()
    assert np.isinf(region.front.burning_arrival()).sum() > np.isinf(before.front.arrival).sum()


def test_when_a_tree_is_lit_then_it_burns_from_that_moment_even_in_a_protected_place(small: SmallForest) -> None:
    before = forest(small).trees
    tree = inner(before)
    x, y = tree_of(before, tree).places[0, :2]
    lit = tree_of(forest(small, f"protect {x},{y},6; ignite {tree}@41.5").trees, tree)
    assert lit.ignition[0] == np.float32(41.5)
    assert 10.0 < lit.flaming_end[0] - lit.ignition[0] < 80.0
    assert lit.smoulder_end[0] > lit.flaming_end[0]


def test_when_trees_beyond_the_ground_are_edited_then_the_same_holds_but_they_cannot_be_lit(
    small: SmallForest,
) -> None:
    wild = forest(small, surroundings=True)
    tree = int(wild.beyond.ids[0])
    gone = forest(small, f"remove {tree}", surroundings=True)
    assert gone.edited.tolist() == [tree]
    assert tree not in gone.beyond.ids
    assert rows_alike(wild.beyond, gone.beyond).all()
    assert rows_alike(wild.trees, gone.trees).all()
    fresh = forest(small, f"reseed {HALF + 20},0,12,4", surroundings=True)
    assert rows_alike(wild.trees, fresh.trees).all()
    assert 0 < len(fresh.edited) < 0.2 * len(wild.beyond)
    with pytest.raises(InvalidRequest, match="beyond the ground on which the fire runs"):
        forest(small, f"ignite {tree}@3", surroundings=True)


def test_when_only_edits_differ_then_nothing_of_the_world_is_grown_again(small: SmallForest) -> None:
    tree = inner(forest(small).trees)
    known = sorted(path.name for path in Path(small.cache).iterdir())
    forest(small, f"move {tree} 1,1; protect 0,0,8; add pine 2,2")
    assert sorted(path.name for path in Path(small.cache).iterdir()) == known


def test_when_a_part_of_a_stand_burns_anew_then_its_clocks_are_those_of_the_whole(small: SmallForest) -> None:
    before = forest(small).trees
    for tree in before.ids[:: len(before) // 12].tolist():
        same = forest(small, f"move {tree} 0,0").trees
        for field in fields(Stand):
            np.testing.assert_array_equal(getattr(same, field.name), getattr(before, field.name), field.name)


def test_when_a_tree_is_moved_into_the_surroundings_then_it_is_told_to_stay_on_its_own_ground(
    small: SmallForest,
) -> None:
    wild = forest(small, surroundings=True)
    for tree, place, says in (
        (inner(wild.trees), "0,-110", "from the host's ground into the surroundings"),
        (int(wild.beyond.ids[0]), "0,0", "from the surroundings into the host's ground"),
    ):
        with pytest.raises(InvalidRequest, match=says) as refused:
            forest(small, f"move {tree} to {place}", surroundings=True)
        assert f"remove {tree}; add SPECIES {place}" in refused.value.remedy
        with pytest.raises(InvalidRequest, match="without ground"):
            forest(small, f"move {tree} to 90000,0", surroundings=True)


def test_when_a_tree_that_was_put_is_left_out_then_the_forecast_names_what_takes_it_out(small: SmallForest) -> None:
    for view, place, names in ((2, "0,1", "camera_clearance"), (0, "0,-110", "keep_unseen")):
        made = small.plan(edits=f"add pine {place}", view=view, surroundings=True, keep_unseen=50.0)
        told = forecast_task(made.plan, made.world, made.facts, made.arrays, made.cache)
        (said,) = (warning for warning in told.warnings if f"add pine {place}" in warning)
        assert [name for name in ("camera_clearance", "keep_unseen", "host's") if name in said] == [names]


def test_when_a_tree_is_put_where_a_camera_passes_then_the_forecast_says_that_it_is_left_out(
    small: SmallForest,
) -> None:
    made = small.plan(edits="add pine 0,1", view=2)
    told = forecast_task(made.plan, made.world, made.facts, made.arrays, made.cache)
    assert dict(told.elements)["trees_edited"] == 1
    assert any("add pine 0,1" in warning for warning in told.warnings)


def test_when_regions_are_apart_then_any_number_of_them_is_read_at_once() -> None:
    text = ";".join(f"reseed {7 * (n % 40)},{7 * (n // 40)},{3.4 if n % 3 else 0.02},{n}" for n in range(1999))
    begin = process_time()
    assert len(parse_edits(f"{text}; reseed 9000,9000,8600,1")) == 2000
    assert process_time() - begin < 1.0
    with pytest.raises(InvalidRequest, match="overlap"):
        parse_edits(f"{text}; reseed 266,343,0.5,1")


@pytest.mark.parametrize("count", [0, 1, 9, 300])
def test_when_many_regions_are_spoken_of_then_the_trees_in_them_are_those_that_a_look_at_each_finds(count: int) -> None:
    rng = np.random.default_rng(count)
    places = np.column_stack([rng.uniform(-900.0, 900.0, (20_000, 2)), rng.uniform(0.0, 50.0, 20_000)])
    regions = np.column_stack([rng.uniform(-950.0, 950.0, (count, 2)), rng.uniform(0.5, 60.0, count)])
    regions[: count // 3, 2] = np.hypot(*(regions[: count // 3, :2] - places[: count // 3, :2]).T)  # on the very edge
    slow = [np.hypot(places[:, 0] - x, places[:, 1] - y) < radius for x, y, radius in regions]
    assert np.array_equal(editing.inside(places, regions), np.any(slow, axis=0) if count else np.zeros(20_000, bool))


def test_when_regions_are_drawn_from_two_seeds_then_no_two_trees_have_one_id(small: SmallForest) -> None:
    # The seeds agree modulo 6, and the regions lie in one cell of the coarsest scatter.
    drawn = forest(small, "reseed -12,0,11.9,1; reseed 12,0,11.9,7; reseed 0,24,12,13; reseed 0,-24,12,19").trees
    assert len(np.unique(drawn.ids)) == len(drawn)
    cells = np.arange(64, 64 * 4000, 64, dtype=np.int64)
    of_seeds = [ids_of_seed(cells, seed) for seed in range(1, 1201, 6)]
    assert len(np.unique(np.concatenate(of_seeds))) == 200 * len(cells)


def test_when_two_trees_would_have_one_id_all_the_same_then_that_is_refused(
    small: SmallForest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editing, "added_id", lambda _: 2**62 + 112)
    with pytest.raises(InvalidRequest, match="Two trees would have the id 4611686018427388016"):
        forest(small, "add pine 1,2; add pine 4,2")


def test_when_a_region_is_wider_than_the_land_then_only_land_is_drawn_anew(
    small: SmallForest, monkeypatch: pytest.MonkeyPatch
) -> None:
    forest(small, surroundings=True)
    reach, asked = HALF + 2.4 * 2.0 * HALF, list[np.ndarray]()

    def seen(world: World, low: np.ndarray, high: np.ndarray, *rest: object) -> Stand:
        asked.append(np.array([low, high]))
        return plant_trees(world, low, high, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(forest_module, "plant_trees", seen)
    made = forest(small, f"reseed {HALF},0,10000,1", surroundings=True)
    assert np.abs(asked).max() == pytest.approx(reach)
    assert len(made.trees) > 50
    assert len(made.beyond) > 50
    asked.clear()
    forest(small, "reseed 300000,0,200,1", surroundings=True)
    assert not asked


@given(st.lists(st.tuples(_METRES, _METRES, st.floats(0.01, 300.0)), min_size=2, max_size=8, unique_by=lambda c: c[:2]))
def test_when_two_regions_overlap_then_they_are_found_however_wide_they_are(
    regions: list[tuple[float, float, float]],
) -> None:
    meet = any(math.dist(a[:2], b[:2]) < a[2] + b[2] for a, b in itertools.combinations(regions, 2))
    text = ";".join(f"reseed {x},{y},{radius!r},{n}" for n, (x, y, radius) in enumerate(regions))
    if meet:
        with pytest.raises(InvalidRequest, match="overlap"):
            parse_edits(text)
    else:
        assert len(parse_edits(text)) == len(regions)


def test_when_a_burning_tree_is_edited_then_the_flames_of_those_that_burn_beside_it_stay(small: SmallForest) -> None:
    def flames(edits: str = "") -> dict[int, float]:
        made = small.plan(edits=edits, density=3.0, story_time=100.0)
        burning = trees_and_patches(open_shot(made.plan, made.world, made.facts, made.arrays, made.cache))[1]
        return dict(zip(burning.ids.tolist(), burning.height.tolist(), strict=True))

    def places() -> dict[int, tuple[float, float]]:
        stand = forest(small, density=3.0, story_time=100.0).trees
        return dict(zip(stand.ids.tolist(), map(tuple, stand.places[:, :2].tolist()), strict=True))

    before, where = flames(), places()
    tree, other = next(
        (a, b) for a, b in itertools.permutations(sorted(before), 2) if math.dist(where[a], where[b]) < 4.0
    )
    for edit in (f"remove {tree}", f"protect {tree}", f"move {tree} 9,9"):
        after = flames(edit)
        assert after[other] == before[other]
        assert {one: tall for one, tall in after.items() if one != tree} == {
            one: tall for one, tall in before.items() if one != tree
        }
