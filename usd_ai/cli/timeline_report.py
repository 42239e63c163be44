"""`usd-ai timeline report`: what a new cut changes, in a file for people."""

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
)
from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import Rate

_TWO = 2


@click.command("report", cls=Verb)
@click.argument("out", metavar="OUT")
@click.argument("cuts", nargs=-1, metavar="[OLD] [NEW]")
@cut_options
@dry_run_option
@server_options
@json_option
def command(
    out: str,
    cuts: tuple[str, ...],
    rate: Rate | None,
    handles: int | None,
    sequence: str,
    server: str | None,
    project: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write what the cut NEW changes, and what that means for every layer, into OUT inside the project.

    OUT ends in .html (one page, with pictures, to read or print), .csv, .json, or .png (a contact sheet, old beside
    new). OLD and NEW as in usd-ai timeline diff.
    """
    if len(cuts) > _TWO:
        raise InvalidRequest("Two cuts can be compared, not more.", remedy="usd-ai timeline report OUT OLD NEW.")
    old, new = cuts if len(cuts) == _TWO else ("", cuts[0] if cuts else "")
    with studio(server, project) as at:
        path, sentences = at.change_list(out, new, old, dry_run=dry_run, rate=rate, handles=handles, sequence=sequence)
        notices = at.which_cut(new, rate=rate, handles=handles, sequence=sequence).cut.notices
    if as_json:
        told = {"report": {"path": path}, "sentences": list(sentences), "dry_run": dry_run}
        output.as_json({**told, "notices": notice_objects(notices)})
        return
    for sentence in sentences:
        output.say(sentence)
    tell_notices(notices)
    output.say(f"{'Would write' if dry_run else 'Wrote'} {path}")
