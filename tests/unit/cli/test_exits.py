from __future__ import annotations

from usd_ai.cli import exits
from usd_ai.core import errors


def test_when_the_table_is_read_then_every_domain_error_is_in_it_as_its_docstring_says() -> None:
    known = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.UsdAiError)}
    assert known == set(exits.TABLE)
    for kind in known - {errors.UsdAiError}:
        line = next(line for line in (errors.__doc__ or "").splitlines() if f" {kind.__name__} " in line)
        assert f"(exit {exits.TABLE[kind]}," in line


def test_when_an_error_is_of_a_new_class_then_the_nearest_above_decides() -> None:
    class Stale(errors.Conflict):
        pass

    assert exits.code_of(Stale("x")) == exits.FAILED


def test_when_codes_are_promised_then_they_stay() -> None:
    promised = (exits.OK, exits.FAILED, exits.USAGE, exits.NOT_FOUND, exits.REJECTED, exits.SERVER_AWAY)
    assert promised == (0, 1, 2, 3, 4, 5)
