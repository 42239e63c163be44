"""What grows between the trees of a shot, with and without fire."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.tools.small_forest import SmallForest
from usd_ai.generators.burning_forest.choose import undergrowth_of_shot
from usd_ai.generators.burning_forest.shot import open_shot
from usd_ai.generators.burning_forest.stand import Stand


def undergrowth(forest: SmallForest, **values: object) -> Stand:
    made = forest.plan(**values)
    shot = open_shot(made.plan, made.world, made.facts, made.arrays, made.cache)
    return undergrowth_of_shot(shot.world, shot.plan, shot.forest, shot.keepout, shot.views, shot.clock)


def test_when_a_shot_has_no_fire_then_nothing_small_is_burnt_or_gone(tmp_path: Path) -> None:
    forest = SmallForest(tmp_path)
    early, late = (undergrowth(forest, fire=1.0, story_time=time) for time in (-1000.0, 1000.0))
    assert np.isfinite(late.ignition).any()
    assert len(late) < len(early)  # the front has passed: grass and litter are gone
    without = undergrowth(forest, fire=0.0, story_time=1000.0)
    assert np.array_equal(without.ids, early.ids)
    assert not np.isfinite(without.ignition).any()
    assert not without.states(1e9).any()
