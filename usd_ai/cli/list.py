"""`usd-ai list`: generations, published versions, or generators."""

from __future__ import annotations

from itertools import islice

import click

from usd_ai.cli import output
from usd_ai.cli.verb import Verb, json_option, server_options, studio
from usd_ai.client import Studio


@click.command("list", cls=Verb)
@click.argument("kind", type=click.Choice(["generations", "versions", "generators"]), default="generations")
@click.option("--shot", default="", help="Of this shot only.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many, newest first.")
@server_options
@json_option
def command(kind: str, shot: str, limit: int, server: str | None, project: str, *, as_json: bool) -> None:
    """List generations (the default), published versions, or the generators that are installed."""
    rows_of = {"generations": _generations, "versions": _versions, "generators": _generators}[kind]
    with studio(server, project) as at:
        columns, rows = rows_of(at, shot, limit)
    if as_json:
        output.as_json({kind: [dict(zip(columns, row, strict=True)) for row in rows]})
    elif rows and output.out.is_terminal:
        home = f"projects/{at.project}/shots/"  # every verb takes names without it too
        output.table(columns, [[c.removeprefix(home) if isinstance(c, str) else c for c in row] for row in rows])
    elif rows:
        output.table(columns, rows)
    elif output.out.is_terminal:
        output.say(f"No {kind} yet. usd-ai generate SHOT makes one." if kind != "generators" else "None is installed.")


def _generations(at: Studio, shot: str, limit: int) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    found = [handle.snapshot for handle in islice(at.generations(shot), limit)]
    rows: list[tuple[object, ...]] = [
        (g.request.shot, g.request.generator, g.state.value, g.version, g.seconds, g.created, g.name) for g in found
    ]
    return ("shot", "generator", "state", "version", "seconds", "created", "generation"), rows


def _versions(at: Studio, shot: str, limit: int) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    found = list(islice(at.versions(shot), limit))
    rows: list[tuple[object, ...]] = [
        (v.shot, v.name, v.number, v.created, v.layer_sha256[:16], v.folder) for v in found
    ]
    return ("shot", "layer", "version", "published", "sha256", "folder"), rows


def _generators(at: Studio, shot: str, limit: int) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    del shot
    rows: list[tuple[object, ...]] = [
        (g.id, g.title, g.algorithm_version, len(g.parameters), g.summary) for g in at.generators()[:limit]
    ]
    return ("generator", "title", "algorithm", "parameters", "summary"), rows
