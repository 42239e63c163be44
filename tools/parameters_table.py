"""Writes the tables of the guide from the declarations that the program itself reads: ``make docs``.

A page marks the place with ``<!-- table: NAME -->`` and ``<!-- end of table -->``. A test compares.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from usd_ai.config import Settings
from usd_ai.core.parameters import Parameter
from usd_ai.generators.burning_forest import GENERATOR

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "guide"
_MARK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)


def parameters() -> str:
    """Everything that can be set on `burning_forest`, by group."""
    parts: list[str] = []
    for group, members in groupby(GENERATOR.parameters, key=lambda parameter: parameter.group):
        rows = [_row(parameter) for parameter in members]
        parts.append(f"**{group.capitalize()}**\n\n" + _table(("parameter", "default", "range", "what it does"), rows))
    return "\n".join(parts)


def settings() -> str:
    """The server's settings, with the variable that sets each."""
    rows: list[tuple[str, ...]] = []
    for field in dataclasses.fields(Settings):
        default = "" if field.default in {"", ()} else f"`{field.default}`"
        rows.append((f"`USD_AI_{field.name.upper()}`", default, str(field.metadata["doc"])))
    return _table(("variable", "default", "what it is"), rows)


TABLES: dict[str, Callable[[], str]] = {"burning_forest": parameters, "settings": settings}


def filled(page: str) -> str:
    """A page with its tables as the program declares them now."""
    return _MARK.sub(lambda match: f"{match[1]}{TABLES[match[2]]()}{match[3]}", page)


def main() -> int:
    """Write the tables of all pages of the guide."""
    for page in sorted(GUIDE.glob("*.md")):
        before = page.read_text(encoding="utf-8")
        after = filled(before)
        if after != before:
            page.write_text(after, encoding="utf-8", newline="\n")
            sys.stdout.write(f"wrote {page.name}\n")
    return 0


def _row(parameter: Parameter) -> tuple[str, ...]:
    shared = " Shared by the sequence." if parameter.name in GENERATOR.world_parameters else ""
    return f"`{parameter.name}`", _text(parameter.default), parameter.range_text(), parameter.doc + shared


def _text(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "empty" if value == "" else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
