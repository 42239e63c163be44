"""A first look of a changed parameter keeps what the full layer will hold. How fast: benchmarks/first_look.py."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import usd_ai
from tests.journeys.geometry import read_trees
from tests.journeys.shows import GENERATOR, SEED, WITHOUT_SMOKE, Published, SmallShow

SHOT = "sh040"


@pytest.fixture(scope="module")
def looks(small_show: SmallShow) -> tuple[Published, Published]:
    """A first look at changed parameters, and the same promoted to full detail."""
    quick = small_show.publish(SHOT, usd_ai.Detail.FIRST_LOOK, **WITHOUT_SMOKE)
    return quick, small_show.publish(SHOT, **WITHOUT_SMOKE)


def test_when_a_parameter_changes_then_a_first_look_gives_a_layer_and_a_picture(
    looks: tuple[Published, Published],
) -> None:
    quick, _ = looks
    assert quick.generation.layer is not None
    assert (quick.folder / "record.json").is_file()
    with Image.open(quick.folder / "preview.png") as picture:
        assert picture.size == (480, 201)
        assert np.asarray(picture.convert("L")).std() > 5.0


def test_when_a_first_look_is_promoted_then_ids_and_cameras_are_kept(looks: tuple[Published, Published]) -> None:
    quick, full = (read_trees(look.interface) for look in looks)
    np.testing.assert_array_equal(quick.ids, full.ids)
    np.testing.assert_array_equal(quick.transforms, full.transforms)
    np.testing.assert_array_equal(quick.ignition, full.ignition)
    assert any("lod0" in name for name in full.prototypes)
    assert not any("lod0" in name for name in quick.prototypes)


def test_when_the_two_plans_are_compared_then_only_the_detail_differs(small_show: SmallShow) -> None:
    shot, wish = small_show.studio.shot(SHOT), small_show.wish(SHOT, **WITHOUT_SMOKE)
    quick, full = (
        json.loads(shot.plan(GENERATOR, wish, seed=SEED, detail=detail).canonical_json)
        for detail in (usd_ai.Detail.FIRST_LOOK, usd_ai.Detail.FULL)
    )
    assert {key for key in full if full[key] != quick[key]} == {"detail"}
    assert [camera["path"] for camera in full["facts"]["cameras"]] == ["/cameras/main"]
