"""`usd-ai verify`: whether a layer is what its record signed. Works offline."""

from __future__ import annotations

from pathlib import Path

import click

from usd_ai.cli import exits, output
from usd_ai.cli.verb import Verb, json_option


@click.command("verify", cls=Verb)
@click.argument("layer", type=click.Path(path_type=Path))
@click.option("--trust", default="", metavar="FILE", help="Keys to trust [trust.json beside the published layers].")
@click.option("--record", default="", metavar="FILE", help="The record [record.json beside the layer].")
@json_option
@click.pass_context
def command(context: click.Context, layer: Path, trust: str, record: str, *, as_json: bool) -> None:
    """Say whether LAYER (a file or its folder) is what was signed. Needs no server and no network."""
    from usd_ai.provenance.verify import verify_layer  # noqa: PLC0415 - reads USD, which other verbs need not load

    verdict = verify_layer(str(layer), trust, record)
    if as_json:
        output.as_json(
            {
                "verdict": verdict.verdict,
                "reasons": list(verdict.reasons),
                "record_id": verdict.record_id,
                "layer": {"path": str(layer), "sha256": verdict.layer_sha256},
                "signer": verdict.signer,
            }
        )
    else:
        output.facts(
            [
                ("verdict", verdict.verdict),
                *(("", reason) for reason in verdict.reasons),
                ("sha256", verdict.layer_sha256),
                ("record", verdict.record_id),
                ("signed by", verdict.signer),
            ]
        )
    context.exit(exits.VERDICTS[verdict.verdict])
