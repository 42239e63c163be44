"""Curves of the stage in a request: each is read once, and a few bytes do not become millions of places."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.surroundings import PARTS_MOST, drawn
from usd_ai.core.types import Request


def _read(text: str) -> tuple[str, list[tuple[str, ...]]]:
    """What the request's text becomes, and the prims that were asked for, call by call."""
    asked: list[tuple[str, ...]] = []

    def curves(_path: str, prims: tuple[str, ...], _facts: object, **_: object) -> tuple[Any, ...]:
        asked.append(prims)
        return tuple((((1.0, 2.0), (3.5, -0.25)), ((9.0, 9.0),)) for _ in prims)

    ports = SimpleNamespace(stages=SimpleNamespace(curves=curves))
    spec = SimpleNamespace(curve_parameters=frozenset({"ignition"}))
    request = Request("show", "sh010", "fire", (("ignition", text), ("words", "/not/a/curve")))
    found = drawn(cast("Any", ports), cast("Any", spec), request, cast("Any", None), "stage.usda", None)
    values = dict(found.parameters)
    assert values["words"] == "/not/a/curve"
    return str(values["ignition"]), asked


def test_when_a_curve_is_named_twice_then_it_is_read_once_and_burns_at_both_moments() -> None:
    text, asked = _read("/a@5 | 7,7 | /a")
    assert text == "1.0,2.0@5; 3.5,-0.25 | 9.0,9.0@5 |  7,7  | 1.0,2.0; 3.5,-0.25 | 9.0,9.0"
    assert asked == [("/a",)]


def test_when_points_alone_are_given_then_no_stage_is_opened_however_many_they_are() -> None:
    text = "|".join(["1,2"] * (PARTS_MOST + 1))
    assert _read(text) == (text, [])


def test_when_curves_are_named_again_and_again_then_the_request_is_refused_before_the_stage_is_opened() -> None:
    _read("|".join(["/a"] * PARTS_MOST))
    with pytest.raises(InvalidRequest, match="101 parts") as refusal:
        _read("|".join(["/a"] * (PARTS_MOST + 1)))
    assert refusal.value.context == {"parameter": "ignition"}
