"""Core values as JSON text in the ledger, and back."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any, TypeVar

import cattrs

from usd_ai.core.types import ParameterValue

_Value = TypeVar("_Value")


def _parameter(value: Any, _: type) -> ParameterValue:  # noqa: ANN401 - what JSON holds; only lists need a change
    return tuple(value) if isinstance(value, list) else value


def _plain(value: ParameterValue) -> object:
    return list(value) if isinstance(value, tuple) else value


_converter = cattrs.Converter()
_converter.register_structure_hook(ParameterValue, _parameter)
_converter.register_unstructure_hook(ParameterValue, _plain)


def _fraction(value: Any, _: type) -> Fraction:  # noqa: ANN401 - what JSON holds
    return Fraction(value)


_converter.register_structure_hook(Fraction, _fraction)
_converter.register_unstructure_hook(Fraction, str)


def to_json(value: object) -> str:
    """Canonical enough to compare: sorted names, no blanks."""
    return json.dumps(_converter.unstructure(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def from_json(text: str, kind: type[_Value]) -> _Value:
    """The value of a type of `core.types`."""
    return _converter.structure(json.loads(text), kind)
