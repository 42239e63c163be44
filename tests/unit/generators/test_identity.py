"""Each change leaves everything else as it is: read from whole exported layers, element by element, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.edit_kinds import EDITS, KINDS
from tests.tools.layer_elements import changes
from tests.tools.small_builds import SmallBuilds

MOST_OF_A_LOCAL_EDIT = 0.05
_CASES = 2
UNCOUNTED = ("usdai:arrival", "other ")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallBuilds:
    return SmallBuilds(tmp_path_factory.mktemp("identity"))


@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=_CASES, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(number=st.integers(0, 2**32 - 1))
def test_when_one_thing_changes_then_only_what_it_may_cause_differs(small: SmallBuilds, kind: str, number: int) -> None:
    _, before = small.build()
    case = KINDS[kind](before, np.random.default_rng(number))
    layer, after = small.build(**case.after)
    found = changes(before, after)
    unforeseen = [(c.key, c.columns) for c in found if not case.statement.covers(c)]
    assert not unforeseen, f"{case.words}: {unforeseen[:5]}"
    if kind in EDITS:
        assert len(found) < MOST_OF_A_LOCAL_EDIT * len(before), case.words
        # Not counted: fire at the foot alone, and what is shown in another state than the story's.
        trees = [c for c in found if c.key[0] == "trees" and not all(n.startswith(UNCOUNTED) for n in c.columns)]
        assert dict(layer.elements).get("trees_edited", 0) == len(trees), case.words


def test_when_kinds_are_counted_then_there_are_twenty_and_all_do_something(small: SmallBuilds) -> None:
    assert len(KINDS) >= 20
    _, before = small.build()
    idle = []
    for kind, draw in KINDS.items():
        cases = (draw(before, np.random.default_rng(number)) for number in range(4))
        if not any(changes(before, small.build(**case.after)[1]) for case in cases):
            idle.append(kind)
    assert not idle


def test_when_edits_are_taken_back_then_the_first_bytes_return(small: SmallBuilds) -> None:
    first, before = small.build()
    tree = next(name for kind, name in before if kind == "trees")
    edited, _ = small.build(edits=f"turn {tree} 90; clear 5,5,4")
    again, _ = small.build(edits="   # nothing")
    assert again.sha256 == first.sha256
    assert edited.sha256 != first.sha256


def test_when_two_trees_are_edited_then_each_is_as_if_it_were_edited_alone(small: SmallBuilds) -> None:
    _, before = small.build()
    one, other = [name for kind, name in before if kind == "trees"][10:12]
    _, first = small.build(edits=f"turn {one} 45")
    _, second = small.build(edits=f"scale {other} 1.2")
    _, both = small.build(edits=f"scale {other} 1.2; turn {one} 45")
    assert both["trees", one] == first["trees", one] != before["trees", one]
    assert both["trees", other] == second["trees", other] != before["trees", other]
