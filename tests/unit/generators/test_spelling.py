from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usd_ai.core.parameters import resolve
from usd_ai.core.types import ParameterValue
from usd_ai.generators.burning_forest import GENERATOR
from usd_ai.generators.burning_forest.fire_plan import parse_fires, settle
from usd_ai.generators.burning_forest.spelling import canonical_clearings, canonical_lines, canonical_regions, spelled
from usd_ai.generators.burning_forest.world import parse_places


def held(name: str, value: ParameterValue) -> ParameterValue:
    """What a plan holds of a parameter."""
    return settle(dict(resolve(GENERATOR.parameters, {name: value})), 24.0)[name]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("clearings", ["0,0,5", " 0, 0, 5", "0,0,5.0;", "-0,0,5e0; 0,0,5"]),
        ("clearings", ["1,2,3; 4,5,6", "4,5,6;1,2,3"]),
        ("regions", ["1 birch=1: 0,0 9,0 9,9", " birch=1.0 :  0,0   9,0 9,9.0 ;", "birch=1 1: -0,0 9,0 9,9"]),
        ("regions", ["0.5 birch=1 oak=2: 0,0 9,0 9,9", "oak=2 birch=1 .5: 0,0 9,0 9,9"]),
        ("lines", ["12 0: 0,0 80,0", "12.0  0 :0,0  80,-0"]),
        ("ignition", ["0,0", "0,0@0", "-0,0", " 0, 0 @ 0;", "0,0@-0"]),
        ("ignition", ["0,0@5; 1,1", "0,0@5; 1,1@5", "0,0@5.0;1,1"]),
        ("arrivals", ["1,2@3; 4,5@6", "4,5@6; 1,2@3", "4,5@6.0;1,2@3;1,2@3"]),
        ("density_map_area", [(0.0, 0.0, 0.0, 0.0), (1.0, 2.0, 3.0, 4.0)]),
    ],
)
def test_when_texts_mean_the_same_then_a_plan_holds_one_spelling(name: str, texts: list[ParameterValue]) -> None:
    assert {held(name, text) for text in texts} == {held(name, texts[0])}


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("clearings", "0,0,5", "0,0,5.5"),
        ("regions", "1 birch=1: 0,0 9,0 9,9", "1 birch=1: 0,0 9,9 9,0"),
        ("ignition", "0,0@5; 1,1@0", "0,0@5; 1,1"),
        ("ignition", "0,0; 1,1", "1,1; 0,0"),
        ("arrivals", "1,2@3", "1,2@4"),
    ],
)
def test_when_texts_mean_something_else_then_a_plan_holds_both(name: str, one: str, other: str) -> None:
    assert held(name, one) != held(name, other)


def test_when_there_is_a_map_then_its_area_counts() -> None:
    values = dict(resolve(GENERATOR.parameters, {"density_map": "picture 00 2x2", "density_map_area": (1, 2, 3, 4)}))
    assert settle(values, 24.0)["density_map_area"] == (1.0, 2.0, 3.0, 4.0)


@given(st.text(alphabet="0123456789.,;:=-e nfbirch", max_size=40))
def test_when_any_text_is_spelled_then_twice_is_as_once_and_nothing_fails(text: str) -> None:
    for canonical in (canonical_clearings, canonical_regions, canonical_lines):
        assert canonical(canonical(text)) == canonical(text)


@given(st.lists(st.tuples(*[st.floats(-1e5, 1e5)] * 3), max_size=4))
def test_when_clearings_are_spelled_then_they_are_the_same_circles(circles: list[tuple[float, float, float]]) -> None:
    text = ";".join(",".join(str(v) for v in circle) for circle in circles)
    read = parse_places(canonical_clearings(text), 3, "clearings").tolist()
    assert read == [list(circle) for circle in sorted({tuple(v + 0.0 for v in one) for one in circles})]


def test_when_fires_are_spelled_then_they_burn_as_before() -> None:
    text = "0,0@0; 1,1@5; 2,2; 3,3@5 | 9,9@-2; 8,8@0"
    assert parse_fires(str(held("ignition", text))) == parse_fires(text)
    assert spelled(-0.0) == "0"
