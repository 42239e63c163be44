"""`usd-ai promote`: make instances prims of an artist's own, or find overrides that the next version would break."""

from __future__ import annotations

import os
from pathlib import Path

import click

from usd_ai.cli import exits, output
from usd_ai.cli.verb import Verb, dry_run_option, json_option, server_options, studio
from usd_ai.core.errors import InvalidRequest


@click.command("promote", cls=Verb)
@click.argument("shot", required=False)
@click.argument("layer", required=False)
@click.argument("ids", nargs=-1, type=click.IntRange(min=0), metavar="[ID]...")
@click.option("--version", "number", type=click.IntRange(min=1), help="Version of the layer [the latest].")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write, .usda [SHOT_LAYER_ID.usda in this folder].",
)
@click.option("--instancer", default="", metavar="PATH", help="Where the ids are, under the root [trees first].")
@click.option(
    "--check",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="STAGE",
    help="Instead: list overrides of arrays in STAGE that the next version would break. Needs no server.",
)
@dry_run_option
@server_options
@json_option
@click.pass_context
def command(
    context: click.Context,
    shot: str | None,
    layer: str | None,
    ids: tuple[int, ...],
    number: int | None,
    out: Path | None,
    instancer: str,
    check: Path | None,
    server: str | None,
    project: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take the instances ID out of LAYER of SHOT and put prims in their places, in a small file of your own.

    The published layer stays as it is. Sublayer the file above it: each prim refers to the same plant, stands where it
    stood, and is yours to move and dress. The file goes on meaning the same trees when the layer is generated again.
    """
    if check is not None:
        context.exit(_tell_overrides(check, as_json=as_json))
    if not (shot and layer and ids):
        raise InvalidRequest(
            "What is promoted is missing.",
            remedy="Write: usd-ai promote SHOT LAYER ID, or usd-ai promote --check STAGE.",
            reason="PROMOTE_INCOMPLETE",
        )
    with studio(server, project) as at:
        version = at.version(shot, layer, number or 0)
    target = out or Path(f"{shot}_{layer}_{ids[0]}.usda")
    _write(Path(version.folder) / f"{version.name}.usda", ids, target, instancer, dry_run=dry_run, as_json=as_json)


def _write(
    interface: Path, ids: tuple[int, ...], target: Path, instancer: str, *, dry_run: bool, as_json: bool
) -> None:
    from usd_ai.stage.promote import promote, promoted_layer  # noqa: PLC0415 - loads USD, which few verbs need

    if dry_run:
        _, promoted = promoted_layer(interface, ids, target, instancer)
    else:
        promoted = promote(interface, ids, target, instancer)
    if as_json:
        prims = [{"id": one.id, "instancer": one.instancer, "prim": one.prim} for one in promoted]
        output.as_json({"dry_run": dry_run, "file": os.path.relpath(target), "promoted": prims})
        return
    said = "would write" if dry_run else "wrote"
    output.facts([(said, str(target)), *((f"{one.instancer} {one.id}", one.prim) for one in promoted)])
    if not dry_run:
        output.aside(f"Sublayer {target.name} above the generated layer: in your lighting layer, or in the shot.")


def _tell_overrides(stage: Path, *, as_json: bool) -> int:
    from usd_ai.stage.promote import check_overrides  # noqa: PLC0415 - loads USD, which few verbs need

    found = check_overrides(stage)
    if as_json:
        overrides = [
            {"prim": o.prim, "attribute": o.attribute, "layer": o.layer, "count": o.count, "instances": o.instances}
            for o in found
        ]
        output.as_json({"stage": str(stage), "overrides": overrides})
    elif found:
        for one in found:
            output.say(one.sentence)
    else:
        output.say(f"Nothing in {stage.name} replaces an array of a generated instancer.")
    return exits.REJECTED if found else exits.OK
