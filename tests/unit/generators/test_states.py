from __future__ import annotations

import numpy as np

from usd_ai.generators.burning_forest.stand import STATES, Stand
from usd_ai.generators.burning_forest.states import end_states, missing_cells, other_indices

GREEN, CHARRED = 0, len(STATES) - 1


def _stand() -> Stand:
    """Four trees of one species: two that burn, two that never do."""
    count = 4
    zeros = np.zeros(count, np.float32)
    ignition = np.array([10.0, 20.0, np.inf, np.inf], np.float32)
    return Stand(
        ids=np.arange(count, dtype=np.int64),
        places=np.zeros((count, 3)),
        species=np.zeros(count, np.int32),
        variant=np.array([0, 1, 0, 1], np.int32),
        scale=zeros + 1.0,
        yaw=zeros,
        lean=zeros,
        lean_azimuth=zeros,
        height=zeros + 10.0,
        ignition=ignition,
        flaming_end=ignition + 30.0,
        smoulder_end=ignition + 300.0,
    )


def test_when_all_has_burned_then_only_what_burns_is_charred_and_before_it_all_is_green() -> None:
    states = end_states(_stand())
    assert states["before"].tolist() == [GREEN] * 4
    assert states["after"].tolist() == [*_stand().states(1e9)[:2].tolist(), GREEN, GREEN]
    assert (states["after"][:2] >= STATES.index("charred")).all()


def test_when_a_state_has_no_prototype_then_one_is_asked_for_and_no_more() -> None:
    stand, levels = _stand(), np.array([0, 1, 2, 2], np.int32)
    last = int(stand.states(1e9)[0])
    cells = [(0, 0, GREEN, 0), (0, 0, last, 1)]
    assert missing_cells(cells, stand, levels) == [(0, 1, GREEN, 2), (0, 1, last, 1)]


def test_when_a_level_is_not_there_then_the_nearest_stands_in_and_impostors_never_do() -> None:
    stand, levels = _stand(), np.array([0, 0, 1, 1], np.int32)
    last = int(stand.states(1e9)[0])
    table = np.full((1, 2, len(STATES), 4), -1, np.int32)
    for number, cell in enumerate([(0, 0, GREEN, 0), (0, 0, GREEN, 2), (0, 0, GREEN, 3), (0, 1, GREEN, 1)]):
        table[cell] = number
    table[0, 0, last, 1], table[0, 1, last, 2] = 4, 5
    story = {1001: np.zeros(4, np.int32), 1010: stand.states(1e9)}
    found = other_indices(stand, levels, story, table)
    assert ("story", "full") not in found
    assert np.asarray(found["before", "full"]).tolist() == [0, 3, 1, 3]
    assert np.asarray(found["before", "light"]).tolist() == [1, 3, 1, 3]
    assert np.asarray(found["after", "full"]).tolist() == [4, 5, 1, 3]
    light = found["story", "light"]
    assert not isinstance(light, np.ndarray)
    assert {frame: array.tolist() for frame, array in light.items()} == {1001: [1, 3, 1, 3], 1010: [4, 5, 1, 3]}
