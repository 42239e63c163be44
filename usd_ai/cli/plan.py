"""`usd-ai plan`: what would be made, before anything is."""

from __future__ import annotations

import json
import shlex
from typing import Unpack

import click

from usd_ai.cli import asking, output, understood
from usd_ai.cli.shots import cut_object
from usd_ai.cli.verb import Verb, json_option, server_options, studio


@click.command("plan", cls=Verb, epilog=asking.SCHEMA_HINT)
@click.argument("shot")
@asking.wish_options
@server_options
@json_option
def command(
    shot: str,
    generator: str,
    settings: tuple[str, ...],
    server: str | None,
    project: str,
    *,
    as_json: bool,
    **options: Unpack[asking.Options],
) -> None:
    """Show what would be made in SHOT: the plan's identity, counts, seconds, bytes and warnings."""
    with studio(server, project) as at:
        given = asking.parameters(at, generator, settings)
        preview = at.shot(shot).plan(generator, given, **asking.wishes(options))
        chosen = asking.cut_of(at, options)
    forecast = preview.forecast
    if as_json:
        output.as_json(
            {
                "plan": {
                    "digest": preview.digest,
                    "world": preview.world_digest,
                    "document": json.loads(preview.canonical_json),
                },
                "cut": {"sha256": chosen.cut.sha256, **cut_object(chosen)},
                "elements": dict(forecast.elements),
                "seconds": forecast.seconds,
                "bytes": forecast.bytes,
                "warnings": list(forecast.warnings),
                **understood.understanding_object(preview.understanding),
            }
        )
        return
    output.facts(
        [
            ("plan", preview.digest),
            ("world", preview.world_digest),
            ("cut", chosen.told),
            *((kind, f"{count:,}") for kind, count in forecast.elements),
            ("time", f"about {forecast.seconds:.0f} s"),
            ("size", f"about {output.size(forecast.bytes)}"),
            *(("warning", words) for words in forecast.warnings),
        ]
    )
    understood.tell(preview.understanding)
    output.next_steps(f"usd-ai generate {shlex.quote(shot)}{asking.retold(generator, settings, options)}")
