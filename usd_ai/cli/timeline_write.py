"""`usd-ai timeline write`: a new timeline that knows the generated layers."""

from __future__ import annotations

import click

from usd_ai.cli import output
from usd_ai.cli.verb import Verb, dry_run_option, json_option, server_options, studio


@click.command("write", cls=Verb)
@click.argument("out", metavar="OUT.otio")
@dry_run_option
@server_options
@json_option
def command(out: str, server: str | None, project: str, *, dry_run: bool, as_json: bool) -> None:
    """Write OUT.otio inside the project: the cut, with each published layer and its picture. The cut stays as it is."""
    with studio(server, project) as at:
        path, shots = at.write_timeline(out, dry_run=dry_run)
    if as_json:
        output.as_json({"timeline": {"path": path}, "shots": list(shots), "dry_run": dry_run})
        return
    output.say(f"{'Would write' if dry_run else 'Wrote'} {path}")
    output.say(f"Shots that carry a layer: {', '.join(shots) or 'none; publish one first: usd-ai publish GENERATION'}")
