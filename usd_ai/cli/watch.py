"""`usd-ai watch`: follow a generation that was asked for elsewhere."""

from __future__ import annotations

import click

from usd_ai.cli import output
from usd_ai.cli.generate import follow
from usd_ai.cli.verb import Verb, json_option, server_options, studio


@click.command("watch", cls=Verb)
@click.argument("generation")
@click.option("--after", type=click.IntRange(min=0), help="Print every message after this sequence number.")
@click.option("--cancel", is_flag=True, help="Stop it first.")
@server_options
@json_option
@click.pass_context
def command(
    context: click.Context,
    generation: str,
    after: int | None,
    server: str | None,
    project: str,
    *,
    cancel: bool,
    as_json: bool,
) -> None:
    """Follow GENERATION to its end. With --after, every stored message is printed, one a line."""
    with studio(server, project) as at:
        handle = at.generation(generation)
        if cancel:
            handle.cancel()
        for step in handle.watch(after) if after is not None else ():
            if as_json:
                words = {"state": step.state.value, "fraction": step.fraction, "message": step.message}
                output.as_json({"sequence": step.sequence, **words})
            else:
                output.say(f"{step.sequence:>5}  {step.fraction:4.0%}  {step.state.value:<16} {step.message}")
        (code,) = follow([handle], [handle.snapshot.request.shot], as_json=as_json)
    context.exit(code)
