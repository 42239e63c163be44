"""`usd-ai shots`: the shots of a cut, and what of each is needed."""

from __future__ import annotations

import click

from usd_ai.cli import output
from usd_ai.cli.verb import (
    Verb,
    cut_options,
    json_option,
    notice_objects,
    server_options,
    studio,
    tell_notices,
    which_cut_option,
)
from usd_ai.core.in_force import Chosen
from usd_ai.core.types import Rate, Shot


@click.command("shots", cls=Verb)
@which_cut_option
@cut_options
@server_options
@json_option
def command(
    cut: str,
    rate: Rate | None,
    handles: int | None,
    sequence: str,
    server: str | None,
    project: str,
    *,
    as_json: bool,
) -> None:
    """List the shots of the cut: frames seen, frames needed with handles, uses, retimes."""
    with studio(server, project) as at:
        chosen = at.which_cut(cut, shots=True, rate=rate, handles=handles, sequence=sequence)
    read = chosen.cut
    rows = [
        {
            "shot": shot.name,
            "visible": [shot.visible.start, shot.visible.end],
            "needed": [shot.needed.start, shot.needed.end],
            "rate": str(shot.rate),
            "uses": len(shot.occurrences),
            "retimes": _retimes(shot),
        }
        for shot in read.shots
    ]
    if as_json:
        output.as_json(
            {
                "cut": read.name,
                **cut_object(chosen),
                "rate": str(read.rate),
                "handles": read.handles,
                "duration": read.duration,
                "sha256": read.sha256,
                "shots": rows,
                "notices": notice_objects(read.notices),
            }
        )
        return
    output.table(
        ("shot", "seen", "needed", "fps", "uses", "retime"),
        [
            (s.name, str(s.visible), str(s.needed), str(s.rate), len(s.occurrences), ", ".join(_retimes(s)))
            for s in read.shots
        ],
        title=f"{read.name}: {len(rows)} shots, {read.duration} frames at {read.rate} fps, handles of {read.handles}",
    )
    output.aside(f"cut  {chosen.told}")
    tell_notices(read.notices)


def cut_object(chosen: Chosen) -> dict[str, str]:
    """Which cut was used, for a program."""
    return {"label": chosen.label, "path": chosen.path, "applied": chosen.applied, "told": chosen.told}


def _retimes(shot: Shot) -> list[str]:
    return [f"{use.retime.kind} {use.retime.scalar}" for use in shot.occurrences if use.retime]
