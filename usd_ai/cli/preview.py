"""`usd-ai preview`: pictures of a published layer from its shot camera."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from usd_ai.cli import exits, output
from usd_ai.cli.verb import (
    FramesType,
    SizeType,
    Verb,
    dry_run_option,
    json_option,
    server_options,
    studio,
    tell_cut,
    which_cut_option,
)
from usd_ai.core.movies import SLATES


@click.command("preview", cls=Verb)
@click.argument("shot", default="")
@click.option("--sheet", default="", metavar="FILE.png", help="Put all published shots on one page instead.")
@click.option("--movie", default="", metavar="FILE.mov", help="Every frame that the cut needs, to cut in with.")
@click.option(
    "--codec", type=click.Choice(["prores", "dnxhr"]), default="prores", show_default=True, help="Of --movie."
)
@click.option(
    "--slate",
    type=click.Choice(SLATES),
    default="none",
    show_default=True,
    help="Of --movie: a frame before the first.",
)
@which_cut_option
@click.option("--layer", default="burning_forest", show_default=True, help="The layer's name.")
@click.option("--version", "number", type=click.IntRange(min=1), help="Which version [the latest].")
@click.option("--frames", type=FramesType(), default="", help="Frames of the shot [start, middle, end].")
@click.option("--size", type=SizeType(), default="960x540", show_default=True, help="Pixels.")
@click.option("--out", default="", metavar="FOLDER", help="Folder inside the project [previews/SHOT].")
@dry_run_option
@server_options
@json_option
def command(
    shot: str,
    sheet: str,
    movie: str,
    codec: str,
    slate: str,
    layer: str,
    number: int | None,
    frames: tuple[int, ...],
    size: tuple[int, int],
    out: str,
    server: str | None,
    project: str,
    *,
    cut: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Render a published layer of SHOT from the shot camera, as pictures or a movie, or put all shots on one page."""
    if bool(shot) == bool(sheet):
        raise click.UsageError("Name a SHOT, or give --sheet FILE.png for all of them.")
    if cut and not movie:
        raise click.UsageError("--cut goes with --movie: pictures are of the layer's own frames.")
    if sheet:
        _sheet(sheet, server, project, dry_run=dry_run, as_json=as_json)
        return
    if movie:
        if frames or out:
            raise click.UsageError("--movie takes the frames of the cut and names its file: no --frames, no --out.")
        wish = (layer, number or 0, size, codec, slate, cut)
        _movie(shot, movie, wish, server, project, dry_run=dry_run, as_json=as_json)
        return
    folder = out or f"previews/{shot}"
    with studio(server, project) as at:
        version = at.version(shot, layer, number or 0)
        if dry_run:
            pictures: tuple[str, ...] = ()
        else:
            pictures = at.preview(shot, layer, folder, number=version.number, frames=frames, size=size)
    if as_json:
        output.as_json(
            {"shot": shot, "layer": layer, "version": version.number, "pictures": list(pictures), "dry_run": dry_run}
        )
    elif dry_run:
        output.say(f"Would render {layer} v{version.number:03} of {shot} into {folder}; nothing was changed.")
    else:
        for picture in pictures:
            output.say(picture)


def _movie(
    shot: str,
    file: str,
    wish: tuple[str, int, tuple[int, int], str, str, str],
    server: str | None,
    project: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    layer, number, size, codec, slate, cut = wish
    with studio(server, project) as at:
        tell_cut(at, cut)
        bars, told = _bar(f"{shot} {file}")
        live = output.err.is_terminal and not (as_json or dry_run)
        try:
            with bars if live else nullcontext():
                path, frames, timecode = at.movie(
                    shot,
                    layer,
                    file,
                    number=number,
                    size=size,
                    codec=codec,
                    slate=slate,
                    cut=cut,
                    dry_run=dry_run,
                    progress=told,
                )
        except KeyboardInterrupt:
            output.aside(f"stopped  Nothing was written to {file}.")
            raise click.exceptions.Exit(exits.FAILED) from None
    if as_json:
        made = {"path": path, "frames": [frames.start, frames.end], "timecode": timecode}
        output.as_json({"shot": shot, "layer": layer, "movie": made, "dry_run": dry_run})
        return
    verb = "Would write" if dry_run else "Wrote"
    output.say(f"{verb} {path}: frames {frames} ({frames.count}), from {timecode}")


def _bar(label: str) -> tuple[Progress, Callable[[int, int], None]]:
    """A bar that counts frames and says how long the rest takes; and what to tell it."""
    bars = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TextColumn("frames,"),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("left"),
        console=output.err,
        speed_estimate_period=600,
    )
    task = bars.add_task(label, total=None)
    return bars, lambda drawn, frames: bars.update(task, completed=drawn, total=frames)


def _sheet(file: str, server: str | None, project: str, *, dry_run: bool, as_json: bool) -> None:
    with studio(server, project) as at:
        if dry_run:
            shots = tuple(sorted({version.shot for version in at.versions()}))
            path = file
        else:
            path, shots = at.contact_sheet(file)
    if as_json:
        output.as_json({"sheet": path, "shots": list(shots), "dry_run": dry_run})
    else:
        output.say(f"Would put {', '.join(shots)} on {file}; nothing was changed." if dry_run else path)
