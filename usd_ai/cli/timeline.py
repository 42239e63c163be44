"""`usd-ai timeline`: what a new cut changes, doing it, its history, and a timeline that knows the generated layers."""

from __future__ import annotations

from importlib import import_module

import click

VERBS = ("write", "diff", "sync", "report", "history")


class Timeline(click.Group):
    """A group of verbs, each in a file of its own. What names none of them is the file to write, as it always was."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of their use."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb, imported now."""
        del ctx
        return import_module(f"usd_ai.cli.timeline_{cmd_name}").command if cmd_name in VERBS else None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """``usd-ai timeline OUT.otio`` is ``usd-ai timeline write OUT.otio``."""
        if args and args[0] not in {*VERBS, *ctx.help_option_names}:
            args = ["write", *args]
        return super().parse_args(ctx, args)


@click.group("timeline", cls=Timeline)
def command() -> None:
    """Compare a new cut, do what it asks for, or write a timeline that carries each layer and its picture.

    `usd-ai timeline OUT.otio` [--dry-run] [--json] is short for `usd-ai timeline write OUT.otio`.
    """
