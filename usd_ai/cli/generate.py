"""`usd-ai generate`: ask for layers and watch them come."""

from __future__ import annotations

import threading
from contextlib import nullcontext, suppress
from typing import Unpack

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column

from usd_ai.cli import asking, exits, output, results, understood
from usd_ai.cli.verb import Verb, dry_run_option, json_option, server_options, studio, tell_cut
from usd_ai.client import GenerationHandle, PlanPreview
from usd_ai.core.errors import InvalidRequest, UsdAiError
from usd_ai.core.types import Progress as Step

_GLANCE = 0.2  # seconds between looks at the watchers, so that Ctrl-C is heard


@click.command("generate", cls=Verb, epilog=asking.SCHEMA_HINT)
@click.argument("shots", nargs=-1, required=True)
@asking.wish_options
@click.option("--request-id", default="", metavar="UUID", help="Send the same one again to get the same generation.")
@click.option("--detach", is_flag=True, help="Queue and return; usd-ai watch follows it.")
@dry_run_option
@server_options
@json_option
@click.pass_context
def command(
    context: click.Context,
    shots: tuple[str, ...],
    generator: str,
    settings: tuple[str, ...],
    request_id: str,
    server: str | None,
    project: str,
    *,
    detach: bool,
    dry_run: bool,
    as_json: bool,
    **options: Unpack[asking.Options],
) -> None:
    """Generate a layer in each of SHOTS, with live progress. With --json, one object per shot."""
    if request_id and len(shots) > 1:
        raise InvalidRequest("One --request-id cannot name several generations.", remedy="Generate one shot at a time.")
    with studio(server, project) as at:
        given, wishes = asking.parameters(at, generator, settings), asking.wishes(options)
        if dry_run:
            tell_cut(at, options["cut"], rate=options["rate"], sequence=options["sequence"])
            for shot in shots:
                preview = at.shot(shot).plan(generator, given, **wishes)
                _tell_dry(shot, preview, as_json=as_json)
            return
        handles: list[GenerationHandle] = []
        try:
            for shot in shots:
                handle = at.shot(shot).generate(generator, given, request_id=request_id, **wishes)
                handles.append(handle)
        except (UsdAiError, KeyboardInterrupt):
            for handle in handles:  # all or none: nobody would watch those that were queued before
                with suppress(UsdAiError):  # what went wrong first is what is told
                    handle.cancel()
            raise
        if detach:
            for handle in handles:
                handle.refresh()
                _tell(handle, as_json=as_json)
            return
        tell_cut(at, options["cut"], rate=options["rate"], sequence=options["sequence"])
        codes = follow(handles, list(shots), as_json=as_json)
    context.exit(max(codes))


def follow(handles: list[GenerationHandle], labels: list[str], *, as_json: bool) -> list[int]:
    """Watch generations to their end, side by side, and tell what came of each; their exit codes.

    Ctrl-C ends the watching, not the work.
    """
    ends = watched(handles, labels, live=not as_json)
    if ends is None:
        return [exits.FAILED]
    return [_told(handle, ends[handle.name], as_json=as_json) for handle in handles]


def watched(handles: list[GenerationHandle], labels: list[str], *, live: bool) -> dict[str, UsdAiError | None] | None:
    """Watch generations to their end; what each ended with, by name. None: somebody pressed Ctrl-C.

    ``live``: with bars, where a person is there to see them.
    """
    bars = Progress(
        TextColumn("{task.fields[label]}", markup=False),
        BarColumn(bar_width=28),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("{task.description}", style="dim", markup=False, table_column=Column(ratio=1, no_wrap=True)),
        console=output.err,
        expand=True,
    )
    live = live and output.err.is_terminal
    ends: dict[str, UsdAiError | None] = {}
    try:
        with bars if live else nullcontext():
            watchers = [_watcher(bars, *pair, ends) for pair in zip(handles, labels, strict=True)]
            for watcher in watchers:
                while watcher.is_alive():
                    watcher.join(_GLANCE)
    except KeyboardInterrupt:
        for handle in handles:
            output.aside(f"still running  follow it with: usd-ai watch {handle.name} (add --cancel to stop it)")
        return None
    return ends


def _watcher(
    bars: Progress, handle: GenerationHandle, label: str, ends: dict[str, UsdAiError | None]
) -> threading.Thread:
    task = bars.add_task("queued", total=1.0, label=label)

    def show(step: Step) -> None:
        bars.update(task, completed=step.fraction, description=step.message)

    def watch() -> None:
        try:
            handle.wait(show)
            ends[handle.name] = None
        except UsdAiError as error:
            ends[handle.name] = error

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def _told(handle: GenerationHandle, error: UsdAiError | None, *, as_json: bool) -> int:
    if error is None:
        _tell(handle, as_json=as_json)
        return exits.OK
    if as_json:
        output.as_json({"generation": handle.name, **output.refusal_object(error)})
    else:
        output.refusal(error)
    return exits.code_of(error)


def _tell(handle: GenerationHandle, *, as_json: bool) -> None:
    result = results.result_object(handle)
    if as_json:
        output.as_json(result)
        return
    results.tell(result)
    if handle.snapshot.layer is not None:
        output.next_steps(f"usd-ai publish {handle.name}", f"usd-ai verify {handle.places.layer}")


def _tell_dry(shot: str, preview: PlanPreview, *, as_json: bool) -> None:
    elements = dict(preview.forecast.elements)
    if as_json:
        told = {"dry_run": True, "shot": shot, "plan": {"digest": preview.digest}, "elements": elements}
        output.as_json({**told, **understood.understanding_object(preview.understanding)})
        return
    output.facts(
        [
            ("would generate", shot),
            ("plan", preview.digest),
            *((kind, f"{count:,}") for kind, count in elements.items()),
        ]
    )
    understood.tell(preview.understanding)
