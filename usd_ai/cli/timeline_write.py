"""`usd-ai timeline write`: a new timeline that knows the generated layers."""

from __future__ import annotations

import click

from usd_ai.cli import output
from usd_ai.cli.verb import (
    Verb,
    cut_options,
    dry_run_option,
    json_option,
    notice_objects,
    server_options,
    studio,
    tell_notices,
    which_cut_option,
)
from usd_ai.client.reading import Reading
from usd_ai.core.types import Rate


@click.command("write", cls=Verb)
@click.argument("out", metavar="OUT.otio")
@which_cut_option
@cut_options
@click.option("--marks", is_flag=True, help="Mark clips whose shots changed: what changed, and what was decided.")
@click.option("--since", default="", metavar="OLD", help="With --marks: the older cut [the one applied last].")
@dry_run_option
@server_options
@json_option
def command(
    out: str,
    cut: str,
    since: str,
    rate: Rate | None,
    handles: int | None,
    sequence: str,
    server: str | None,
    project: str,
    *,
    marks: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write OUT.otio inside the project: the cut, with each published layer and its picture. The cut stays as it is."""
    if since and not marks:
        raise click.UsageError("--since goes with --marks.")
    with studio(server, project) as at:
        reading = Reading(rate=rate, handles=handles, sequence=sequence)
        path, shots = at.write_timeline(out, cut, marks=marks, old=since, dry_run=dry_run, **reading)
        chosen = at.which_cut(cut, **reading)
        output.aside(f"cut  {chosen.told}")
    if as_json:
        told = {"timeline": {"path": path}, "shots": list(shots), "dry_run": dry_run}
        output.as_json({**told, "notices": notice_objects(chosen.cut.notices)})
        return
    output.say(f"{'Would write' if dry_run else 'Wrote'} {path}")
    output.say(f"Shots that carry a layer: {', '.join(shots) or 'none; publish one first: usd-ai publish GENERATION'}")
    tell_notices(chosen.cut.notices)
