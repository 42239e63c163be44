"""What people and programs read: tables and bars on a terminal, bare lines in a pipe, JSON on request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from usd_ai.core.errors import UsdAiError

out = Console(highlight=False)
"""Results."""

err = Console(stderr=True, highlight=False)
"""Progress and errors, so that a pipe carries results alone."""


def as_json(value: Mapping[str, Any]) -> None:
    """Print one object on one line."""
    click.echo(json.dumps(value, ensure_ascii=False))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Print rows: a table on a terminal, tab-separated lines without a heading elsewhere."""
    if not out.is_terminal:
        for row in rows:
            click.echo("\t".join(str(cell).replace("\n", " ") for cell in row))
        return
    shown = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for column in columns:
        numeric = bool(rows) and all(isinstance(row[columns.index(column)], int | float) for row in rows)
        shown.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        # Text, not str: brackets in a name or message are not markup.
        shown.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    out.print(shown)


def facts(pairs: Sequence[tuple[str, object]]) -> None:
    """Print names and values, one pair a line; empty values are left out."""
    told = [(name, str(value)) for name, value in pairs if value not in ("", None, ())]
    width = max((len(name) for name, _ in told), default=0)
    for name, value in told:
        lead = Text(f"{name:<{width}}  ", style="dim")
        out.print(lead.append(value, style="default"), soft_wrap=True)


def say(words: str) -> None:
    """One line for a person; a program in a pipe gets it too, without colour."""
    out.print(Text(words), soft_wrap=True)


def gap() -> None:
    """An empty line where a person reads."""
    if out.is_terminal:
        out.print()


def aside(words: str) -> None:
    """One line beside the results: a notice, or how to go on."""
    err.print(Text(words), soft_wrap=True)


def next_steps(*commands: str) -> None:
    """What to do now, where a person is there to read it."""
    if out.is_terminal:
        gap()
        for command in commands:
            out.print(Text("  next  ", style="dim").append(command, style="cyan"), soft_wrap=True)


def refusal(error: UsdAiError) -> None:
    """What went wrong, with which shot or file, and what to do next."""
    err.print(Text("error  ", style="bold red").append(error.message, style="default"), soft_wrap=True)
    where = [f"{key} {value}" for key, value in sorted(error.context.items()) if value not in error.message]
    if where:
        err.print(Text(f"       {', '.join(where)}", style="dim"), soft_wrap=True)
    if error.remedy:
        err.print(Text("  now  ", style="bold").append(error.remedy, style="default"), soft_wrap=True)


def refusal_object(error: UsdAiError) -> dict[str, Any]:
    """An error for a program."""
    return {
        "error": {
            "kind": type(error).__name__,
            "reason": error.reason,
            "message": error.message,
            "remedy": error.remedy,
            "context": error.context,
        }
    }


def size(count: int) -> str:
    """Bytes as a person reads them: ``12.3 MiB``."""
    amount, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:  # noqa: PLR2004 - the step between the units
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
