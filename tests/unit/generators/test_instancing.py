from __future__ import annotations

import numpy as np
import pytest

from usd_ai.core.types import FrameRange
from usd_ai.generators.burning_forest import plants
from usd_ai.generators.burning_forest.clock import StoryClock
from usd_ai.generators.burning_forest.instancing import host_positions, orientations, state_samples, turning
from usd_ai.generators.burning_forest.materials import author_materials
from usd_ai.generators.burning_forest.plants import TREES, author_plants
from usd_ai.generators.burning_forest.space import Space
from usd_ai.generators.burning_forest.stand import Stand
from usd_ai.sim.growth import PlantMesh, plant
from usd_ai.stage.canvas import Canvas

FRAMES = FrameRange(1001, 1025)
CLOCK = StoryClock(100.0, 1001, 24.0, FRAMES)


def grown(species: str, variant: int, state: str, lod: int) -> PlantMesh:
    return plant(species, variant, state, lod, 1)


def _stand(count: int = 600) -> Stand:
    rng = np.random.default_rng(4)
    ignition = np.where(rng.random(count) < 0.3, rng.uniform(60.0, 130.0, count), np.inf).astype(np.float32)
    return Stand(
        ids=np.arange(count, dtype=np.int64) * 7 + 3,
        places=rng.random((count, 3)) * 900.0,
        species=np.full(count, TREES.index("snag"), np.int32),
        variant=np.zeros(count, np.int32),
        scale=np.ones(count, np.float32),
        yaw=rng.uniform(-3.0, 3.0, count).astype(np.float32),
        lean=rng.uniform(0.0, 0.1, count).astype(np.float32),
        lean_azimuth=rng.uniform(-3.0, 3.0, count).astype(np.float32),
        height=np.full(count, 9.0, np.float32),
        ignition=ignition,
        flaming_end=ignition + np.float32(5.0),
        smoulder_end=ignition + np.float32(90.0),
    )


def test_when_states_are_sampled_then_every_frame_says_what_the_clock_says() -> None:
    stand = _stand()
    samples = state_samples(stand, CLOCK)
    assert 2 < len(samples) <= FRAMES.count
    shown, changed = samples[FRAMES.start], np.zeros(len(stand), np.bool_)
    for frame in FRAMES.frames():
        changed |= samples.get(frame, shown) != samples[FRAMES.start]
        shown = samples.get(frame, shown)
        assert np.array_equal(shown, stand.states(CLOCK.at(frame)))
    assert np.array_equal(changed, turning(stand, CLOCK))


@pytest.mark.parametrize("up_axis", ["Y", "Z"])
def test_when_trees_are_turned_and_placed_then_it_is_as_the_space_says(up_axis: str) -> None:
    stand, space = _stand(), Space(0.01, up_axis)
    angles = (stand.yaw.astype(np.float64), stand.lean.astype(np.float64), stand.lean_azimuth.astype(np.float64))
    found = orientations(stand.yaw, stand.lean, stand.lean_azimuth, y_up=up_axis == "Y")
    assert np.abs(found - space.orientations(*angles)).max() < 1e-6
    placed = host_positions(stand.places, 0.01, y_up=up_axis == "Y")
    assert np.array_equal(placed, space.to_host(stand.places).astype(np.float32)) or np.allclose(
        placed, space.to_host(stand.places), rtol=1e-6
    )


def test_when_a_stand_is_very_large_then_what_changes_has_an_instancer_of_its_own_and_no_tree_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plants, "SAMPLES_MOST", 1000)
    stand, space = _stand(), Space(1.0, "Z")
    canvas = Canvas("forest", 1.0, "Z", 24.0, FRAMES)
    author_materials(canvas, space)
    levels = np.full(len(stand), 2, np.int32)
    author_plants(canvas, "trees", space=space, stand=stand, species=TREES, levels=levels, clock=CLOCK, grow=grown)
    layer = canvas.build()
    kept, turned = (layer.GetPrimAtPath(f"/forest/{name}") for name in ("trees", "trees_turning"))
    assert sorted([*kept.attributes["ids"].default, *turned.attributes["ids"].default]) == stand.ids.tolist()
    assert list(turned.attributes["ids"].default) == stand.ids[turning(stand, CLOCK)].tolist()
    assert not layer.GetNumTimeSamplesForPath("/forest/trees.protoIndices")
    assert layer.GetNumTimeSamplesForPath("/forest/trees_turning.protoIndices") > 2
