"""`usd-ai publish`: what was reviewed becomes the next version."""

from __future__ import annotations

import click

from usd_ai.cli import output, results
from usd_ai.cli.verb import Verb, dry_run_option, json_option, server_options, studio


@click.command("publish", cls=Verb)
@click.argument("generation")
@click.option("--etag", default="", help="The etag that was reviewed [as the generation stands now].")
@click.option("--request-id", default="", metavar="UUID", help="Send the same one again to get the same version.")
@dry_run_option
@server_options
@json_option
def command(
    generation: str, etag: str, request_id: str, server: str | None, project: str, *, dry_run: bool, as_json: bool
) -> None:
    """Publish GENERATION as the next version of its layer, and point the shot at it."""
    with studio(server, project) as at:
        handle = at.generation(generation)
        version = handle.publish(request_id, etag=etag, dry_run=dry_run)
        result = results.published_object(handle, version)
    if as_json:
        output.as_json({**result, "dry_run": True} if dry_run else result)
        return
    if dry_run:
        output.say(f"Would publish {version.name} v{version.number:03} in {version.shot}; nothing was changed.")
        return
    results.tell(result)
    output.next_steps(f"usd-ai verify {result['layer']['path']}", "usd-ai timeline OUT.otio", "usd-ai list versions")
