"""A first look of a changed parameter keeps what the full layer will hold. How fast: benchmarks/first_look.py."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import usd_ai
from tests.journeys.geometry import read_trees
from tests.journeys.shows import GENERATOR, SEED, Published, SmallShow

SHOT = "sh010"


@pytest.fixture(scope="module")
def quick(small_show: SmallShow) -> Published:
    return small_show.publish(SHOT, usd_ai.Detail.FIRST_LOOK)


def test_when_a_parameter_changes_then_a_first_look_gives_a_layer_and_a_picture(
    small_show: SmallShow, quick: Published
) -> None:
    changed = small_show.publish(SHOT, usd_ai.Detail.FIRST_LOOK, embers=0.5)
    before, after = quick.generation.layer, changed.generation.layer
    assert before is not None
    assert after is not None
    assert dict(after.elements)["embers"] < dict(before.elements)["embers"]
    assert (changed.folder / "record.json").is_file()
    with Image.open(changed.folder / "preview.png") as picture:
        assert picture.size == (480, 201)
        assert np.asarray(picture.convert("L")).std() > 5.0
    np.testing.assert_array_equal(read_trees(changed.interface).transforms, read_trees(quick.interface).transforms)


def test_when_a_first_look_is_promoted_then_ids_and_places_are_kept(small_show: SmallShow, quick: Published) -> None:
    look, full = read_trees(quick.interface), read_trees(small_show.publish(SHOT).interface)
    np.testing.assert_array_equal(look.ids, full.ids)
    np.testing.assert_array_equal(look.transforms, full.transforms)
    np.testing.assert_array_equal(look.ignition, full.ignition)
    assert any("lod0" in name for name in full.prototypes)
    assert not any("lod0" in name for name in look.prototypes)


def test_when_the_two_plans_are_compared_then_only_the_detail_differs(small_show: SmallShow) -> None:
    shot, wish = small_show.studio.shot(SHOT), small_show.wish(SHOT)
    look, full = (
        json.loads(shot.plan(GENERATOR, wish, seed=SEED, detail=detail).canonical_json)
        for detail in (usd_ai.Detail.FIRST_LOOK, usd_ai.Detail.FULL)
    )
    assert {key for key in full if full[key] != look[key]} == {"detail"}
    assert [camera["path"] for camera in full["facts"]["cameras"]] == ["/cameras/main"]
