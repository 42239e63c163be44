"""`usd-ai`: the verbs in the order of the work, each loaded when it is called."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

import click

from usd_ai.cli import exits

VERBS = (
    "serve",
    "shots",
    "plan",
    "generate",
    "watch",
    "list",
    "show",
    "publish",
    "promote",
    "trace",
    "verify",
    "preview",
    "timeline",
    "doctor",
)


class Verbs(click.Group):
    """A group that imports a verb's file when the verb is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of the work."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb, imported now."""
        del ctx
        if cmd_name not in VERBS:
            return None
        command = import_module(f"usd_ai.cli.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"usd_ai.cli.{cmd_name}.command is no command")
        return command


def _version() -> str:
    try:
        return version("usd-ai")
    except PackageNotFoundError:
        return "not installed, run from its source"


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(_version(), "-V", "--version", message="usd-ai %(version)s")
def usd_ai() -> None:
    """Generate environments as USD layers in the shot, repeatable to the byte, with a signed record.

    Start a server with `usd-ai serve`, then follow the verbs in the order below. Exit codes: 0 ok, 1 failed, 2 usage,
    3 not found, 4 rejected by check, 5 server away.
    """


def main() -> None:
    """Run the command line. A fault of our own is told in two lines, never as a traceback."""
    try:
        usd_ai(prog_name="usd-ai")
    except Exception as error:  # noqa: BLE001 - the last line of defence before a person
        click.echo(f"error  usd-ai itself failed: {type(error).__name__}: {error}", err=True)
        click.echo("  now  Report this with the output of: usd-ai doctor --json", err=True)
        sys.exit(exits.FAILED)


if __name__ == "__main__":
    main()
