"""`usd-ai serve`: starts the server as a program of its own."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

import click

from usd_ai.cli.verb import Verb
from usd_ai.core.errors import UsdAiError

_NEEDED = ("grpc_health", "grpc_reflection", "numpy", "opentimelineio", "sqlalchemy", "torch")


@click.command(
    "serve",
    cls=Verb,
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Start the server for a show: usd-ai serve --project STUDIO_TOML."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UsdAiError(
            f"The server needs what is not installed here: {', '.join(missing)}.",
            remedy="Install it with: python -m pip install 'usd-ai[server]'",
            reason="SERVER_NOT_INSTALLED",
        )
    # This process becomes the server: signals, exit code and process id are the server's own.
    os.execv(sys.executable, [sys.executable, "-m", "services.server", *arguments])  # noqa: S606 - our own program
