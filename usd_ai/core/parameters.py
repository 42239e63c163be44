"""Typed parameters: one declaration that the API, the command line's help and the docs all show."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import ParameterValue


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing a person can set.

    ``kind``: "bool", "int", "float", "choice", "text", "picture" (the path of an image in the show's folder, or
    "") or "vector" (a fixed number of floats, that of the default).
    ``low`` and ``high`` bound numbers and each component of a vector, both included. ``unit`` is what a person
    reads: "m", "m/s", "deg", "s", "1/ha"; "" for plain numbers. ``group`` gathers parameters in help and docs.
    ``canonical`` turns a text into the one spelling of all that mean the same, and raises InvalidRequest for one that
    means nothing; plans hold that spelling. It stays with the generator: clients send what was written.
    """

    name: str
    kind: str
    default: ParameterValue
    doc: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    group: str = "general"
    canonical: Callable[[str], str] | None = field(default=None, compare=False, repr=False)

    def range_text(self) -> str:
        """The allowed values as a person reads them: ``0 to 1``, ``pine, spruce``, ``on or off``."""
        if self.kind == "choice":
            return ", ".join(self.choices)
        if self.kind == "bool":
            return "true or false"
        if self.kind == "text":
            return "any text"
        if self.kind == "picture":
            return "the path of a picture in the show's folder"
        ends = (self.low, self.high)
        bounds = "any number" if math.isinf(self.low) and math.isinf(self.high) else f"{ends[0]:.10g} to {ends[1]:.10g}"
        return bounds + (f" {self.unit}" if self.unit else "")

    def check(self, value: ParameterValue) -> ParameterValue:
        """The value in its canonical type. Raises InvalidRequest naming the parameter, the range and the remedy."""
        if self.kind == "bool" and isinstance(value, bool):
            return value
        if self.kind == "choice" and isinstance(value, str) and value in self.choices:
            return value
        if self.kind == "picture" and isinstance(value, str):
            return value
        if self.kind == "text" and isinstance(value, str):
            return self.canonical(value) if self.canonical else value
        if self.kind in {"int", "float"} and isinstance(value, int | float) and not isinstance(value, bool):
            return self._number(value)
        if self.kind == "vector" and isinstance(value, tuple | list):
            size = len(self.default) if isinstance(self.default, tuple) else 0
            if len(value) == size and not any(isinstance(v, bool | str) for v in value):
                return tuple(float(self._number(v)) for v in value)
        raise self._refusal(value)

    def parse(self, text: str) -> ParameterValue:
        """The value written as text, as the command line gives it: ``0.5``, ``true``, ``pine``, ``1,0,0``."""
        try:
            if self.kind == "bool":
                return {"true": True, "false": False, "on": True, "off": False, "1": True, "0": False}[text.lower()]
            if self.kind == "int":
                return self.check(int(text))
            if self.kind == "float":
                return self.check(float(text))
            if self.kind == "vector":
                return self.check(tuple(float(part) for part in text.split(",")))
        except (ValueError, KeyError) as error:
            raise self._refusal(text) from error
        return self.check(text)

    def _number(self, value: float) -> float:
        number = float(value)
        whole = self.kind != "int" or number == int(number)
        if not math.isfinite(number) or not whole or not self.low <= number <= self.high:
            raise self._refusal(value)
        return int(number) if self.kind == "int" else number

    def _refusal(self, value: ParameterValue) -> InvalidRequest:
        return InvalidRequest(
            f"Parameter '{self.name}' cannot be {value!r}.",
            remedy=f"Give {self.range_text()}; the default is {self.default!r}.",
            reason="PARAMETER_OUT_OF_RANGE",
            context={"parameter": self.name},
        )


def resolve(
    declared: Iterable[Parameter], given: Mapping[str, ParameterValue]
) -> tuple[tuple[str, ParameterValue], ...]:
    """All parameters with their values, sorted by name: what was given, defaults elsewhere.

    Raises InvalidRequest for a name that is not declared (with the nearest declared ones) or a value out of range.
    """
    by_name = {parameter.name: parameter for parameter in declared}
    for name in given:
        if name not in by_name:
            near = get_close_matches(name, sorted(by_name), n=3)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"Known ones: {', '.join(sorted(by_name))}."
            raise InvalidRequest(
                f"There is no parameter '{name}'.",
                remedy=hint,
                reason="UNKNOWN_PARAMETER",
                context={"parameter": name},
            )
    return tuple((name, by_name[name].check(given.get(name, by_name[name].default))) for name in sorted(by_name))
