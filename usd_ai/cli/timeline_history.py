"""`usd-ai timeline history`: the versions of the cut, and a shot as each of them had it."""

from __future__ import annotations

from typing import Any

import click

from usd_ai.cli import output
from usd_ai.cli.timeline_diff import frames_object
from usd_ai.cli.verb import Verb, json_option, server_options, studio
from usd_ai.core.decisions import KeptCut, KeptShot
from usd_ai.core.types import Shot


@click.command("history", cls=Verb)
@click.argument("shot", default="", metavar="[SHOT]")
@click.option(
    "--cut", default="", metavar="CUT", help="SHOT in this cut alone, by label or first digits of its digest."
)
@server_options
@json_option
def command(shot: str, cut: str, server: str | None, project: str, *, as_json: bool) -> None:
    """List the versions of the cut that something was made for, newest first; with SHOT, the shot in each of them."""
    if cut and not shot:
        raise click.UsageError("--cut says in which cut to look at SHOT: name the shot too.")
    with studio(server, project) as at:
        if shot:
            kept = [at.cut_shot(cut, shot)] if cut else list(at.shot_history(shot))
            _tell_shot(shot, kept, as_json=as_json)
        else:
            _tell_cuts(list(at.cuts()), as_json=as_json)


def _tell_cuts(kept: list[KeptCut], *, as_json: bool) -> None:
    if as_json:
        output.as_json({"cuts": [_cut(one) for one in kept]})
        return
    rows = [
        (k.label, k.count, k.cut.duration, str(k.cut.rate), k.kept, k.applied or "never", k.cut.sha256[:12])
        for k in kept
    ]
    output.table(("cut", "shots", "frames", "fps", "kept", "applied", "digest"), rows)
    if not kept:
        output.aside("No cut is kept yet: usd-ai timeline sync CUT --apply keeps the first.")


def _tell_shot(name: str, kept: list[KeptShot], *, as_json: bool) -> None:
    if as_json:
        told = [{"cut": k.label, "sha256": k.cut_sha256, "kept": k.kept, "shot": _shot(k.shot)} for k in kept]
        output.as_json({"shot": name, "cuts": told})
        return
    rows = [(k.label, *_row(k.shot), k.cut_sha256[:12]) for k in kept]
    output.table(("cut", "seen", "needed", "uses", "record", "digest"), rows)


def _row(shot: Shot | None) -> tuple[object, ...]:
    if shot is None:
        return ("not in it", "", 0, "")
    records = ", ".join(str(use.record) for use in shot.occurrences)
    return str(shot.visible), str(shot.needed), len(shot.occurrences), records


def _cut(kept: KeptCut) -> dict[str, Any]:
    return {
        "label": kept.label,
        "name": kept.cut.name,
        "path": kept.path,
        "sha256": kept.cut.sha256,
        "rate": str(kept.cut.rate),
        "handles": kept.cut.handles,
        "duration": kept.cut.duration,
        "shots": kept.count,
        "kept": kept.kept,
        "applied": kept.applied,
    }


def _shot(shot: Shot | None) -> dict[str, Any] | None:
    if shot is None:
        return None
    return {
        "visible": frames_object(shot.visible),
        "needed": frames_object(shot.needed),
        "rate": str(shot.rate),
        "uses": [
            {
                "clip": use.clip_name,
                "record": frames_object(use.record),
                "visible": frames_object(use.visible),
                "retime": f"{use.retime.kind} {use.retime.scalar}" if use.retime else "",
                "enabled": use.enabled,
            }
            for use in shot.occurrences
        ],
    }
