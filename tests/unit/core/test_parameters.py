from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.parameters import Parameter, resolve
from usd_ai.generators.burning_forest import GENERATOR

DENSITY = Parameter("density", "float", 1.0, "How dense.", unit="1/ha", low=0.0, high=3.0)
COUNT = Parameter("count", "int", 3, "How many.", low=0, high=10)
KIND = Parameter("kind", "choice", "pine", "Which.", choices=("pine", "birch"))
PLACE = Parameter("place", "vector", (0.0, 0.0, 0.0), "Where.", low=-5.0, high=5.0)
ON = Parameter("on", "bool", default=True, doc="Whether.")
ALL = (DENSITY, COUNT, KIND, PLACE, ON)


@given(st.floats())
def test_when_a_float_is_in_range_then_taken_else_refused_with_the_range(value: float) -> None:
    if math.isfinite(value) and 0.0 <= value <= 3.0:
        assert DENSITY.check(value) == value
    else:
        with pytest.raises(InvalidRequest, match="0 to 3 1/ha"):
            DENSITY.check(value)


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (DENSITY, "2.5", 2.5),
        (COUNT, "7", 7),
        (KIND, "birch", "birch"),
        (PLACE, "1,2,-3", (1.0, 2.0, -3.0)),
        (ON, "off", False),
    ],
)
def test_when_text_is_parsed_then_the_typed_value_comes(parameter: Parameter, text: str, value: object) -> None:
    assert parameter.parse(text) == value


@pytest.mark.parametrize(
    ("parameter", "text"),
    [(DENSITY, "much"), (COUNT, "1.5"), (KIND, "oak"), (PLACE, "1,2"), (PLACE, "1,2,9"), (ON, "maybe"), (COUNT, "11")],
)
def test_when_text_does_not_fit_then_the_refusal_names_parameter_and_remedy(parameter: Parameter, text: str) -> None:
    with pytest.raises(InvalidRequest, match=parameter.name) as refusal:
        parameter.parse(text)
    assert parameter.range_text() in refusal.value.remedy
    assert refusal.value.reason == "PARAMETER_OUT_OF_RANGE"


@pytest.mark.parametrize("value", [True, "1", (1.0, True, 0.0), None, [1, 2, 3, 4]])
def test_when_a_value_is_of_another_type_then_refused(value: object) -> None:
    for parameter in (DENSITY, COUNT, PLACE):
        with pytest.raises(InvalidRequest):
            parameter.check(value)  # type: ignore[arg-type]


def test_when_nothing_is_given_then_all_defaults_come_sorted() -> None:
    assert resolve(ALL, {}) == (
        ("count", 3), ("density", 1.0), ("kind", "pine"), ("on", True), ("place", (0.0, 0.0, 0.0)),
    )  # fmt: skip


def test_when_a_name_is_mistyped_then_the_near_one_is_offered() -> None:
    with pytest.raises(InvalidRequest, match="Did you mean density") as refusal:
        resolve(ALL, {"densty": 1.0})
    assert refusal.value.reason == "UNKNOWN_PARAMETER"


def test_when_generator_declares_parameters_then_each_default_is_allowed_and_described() -> None:
    for parameter in GENERATOR.parameters:
        assert parameter.check(parameter.default) == parameter.default
        assert parameter.doc.endswith(".")
    assert GENERATOR.world_parameters <= {p.name for p in GENERATOR.parameters}
