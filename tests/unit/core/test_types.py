from __future__ import annotations

import pickle

import pytest

from usd_ai.core import types
from usd_ai.run import wire

VALUES = [name for name in types.__all__ if isinstance(getattr(types, name), type)]


@pytest.mark.parametrize("name", VALUES)
def test_when_a_value_is_declared_then_it_may_come_back_from_a_child(name: str) -> None:
    found = getattr(types, name)
    assert wire.loads(pickle.dumps((found,))) == (found,)


def test_when_a_value_is_declared_in_a_theme_then_the_list_that_everybody_imports_from_has_it() -> None:
    from usd_ai.core import cuts, facts, layers, work  # noqa: PLC0415 - named beside what is said of them

    declared = {
        name
        for module in (cuts, facts, layers, work)
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__
    }
    assert declared == set(VALUES)
