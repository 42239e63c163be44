"""`usd-ai trace`: who made a prim, when, from which plan, seed, code and inputs. Works offline."""

from __future__ import annotations

from pathlib import Path

import click

from usd_ai.cli import output
from usd_ai.cli.verb import Verb, json_option


@click.command("trace", cls=Verb)
@click.argument("layer", type=click.Path(path_type=Path))
@click.argument("prim")
@click.option("--trust", default="", metavar="FILE", help="Keys to trust [trust.json beside the published layers].")
@json_option
def command(layer: Path, prim: str, trust: str, *, as_json: bool) -> None:
    """Say where PRIM of LAYER comes from. Needs no server and no network."""
    from usd_ai.provenance.verify import trace_prim  # noqa: PLC0415 - reads USD, which other verbs need not load

    trace = trace_prim(str(layer), prim, trust)
    if as_json:
        lines = [{"label": label, "value": value} for label, value in trace.lines]
        output.as_json({"prim": trace.prim, "record_id": trace.record_id, "lines": lines})
    else:
        output.facts(trace.lines)
