"""What may come back from a child: plain values and the core's types.

A child that has read a hostile file is not trusted: nothing it sends may name code to run here.
"""

from __future__ import annotations

import importlib
import io
import pickle
from typing import Any, NoReturn, cast

from usd_ai.core.errors import UsdAiError

MESSAGE_LIMIT = 1 << 30
"""Bytes of the largest message a parent accepts. Arrays travel by digest, so real ones stay far below."""

_PLAIN = frozenset(
    {
        ("builtins", "complex"),
        ("builtins", "frozenset"),
        ("builtins", "set"),
        ("collections", "OrderedDict"),
        ("fractions", "Fraction"),
    }
)
_CORE = tuple(
    f"usd_ai.core.{module}" for module in ("cuts", "errors", "facts", "layers", "movies", "parameters", "ports", "work")
)


class NotPlainError(Exception):
    """A task returned something that does not travel."""


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:  # noqa: ANN401 - as in pickle.Unpickler
        if (module_name, global_name) in _PLAIN or (module_name in _CORE and "." not in global_name):
            found = getattr(importlib.import_module(module_name), global_name)
            if getattr(found, "__module__", "") == module_name:
                return found
        return _refuse(f"{module_name}.{global_name}")

    def persistent_load(self, pid: object) -> NoReturn:
        _refuse(str(pid))


def _refuse(what: str) -> NoReturn:
    raise NotPlainError(what)


def loads(data: bytes) -> tuple[Any, ...]:
    """A child's message. Raises UsdAiError naming the type when a task returned something that is not plain."""
    try:
        message = _PlainUnpickler(io.BytesIO(data)).load()
    except NotPlainError as error:
        raise UsdAiError(
            f"A step returned a value of type {error}, which does not travel between processes.",
            remedy="Return plain values and the types of usd_ai.core.types; arrays travel as ArrayRef.",
            reason="VALUE_NOT_PLAIN",
        ) from error
    return cast("tuple[Any, ...]", message)
