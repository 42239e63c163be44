"""`usd-ai timeline sync`: what a new cut means for every published layer, and doing it once it is approved."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from typing import Any

import click

from usd_ai.cli import exits, output
from usd_ai.cli.generate import follow
from usd_ai.cli.timeline_diff import change_object, frames_object
from usd_ai.cli.verb import Comparison, cut_options, json_option, server_options, studio
from usd_ai.client import Studio
from usd_ai.core.decisions import Action, Decision, SyncPlan
from usd_ai.core.types import Rate, State


@click.command("sync", cls=Comparison)
@click.argument("cut", default="", metavar="[NEW]")
@click.option("--apply", is_flag=True, help="Carry it out; without this, nothing is changed.")
@click.option("--etag", default="", help="With --apply: the decisions that were approved [as they stand now].")
@click.option("--publish", is_flag=True, help="With --apply: wait for what is generated, and publish it unreviewed.")
@click.option("--check-stages", is_flag=True, help="Look at every shot's stage for another camera; plan everything.")
@click.option("--all", "every", is_flag=True, help="Tell of layers to which nothing happens too.")
@cut_options
@server_options
@json_option
@click.pass_context
def command(
    context: click.Context,
    cut: str,
    etag: str,
    rate: Rate | None,
    handles: int | None,
    sequence: str,
    server: str | None,
    project: str,
    *,
    apply: bool,
    publish: bool,
    check_stages: bool,
    every: bool,
    as_json: bool,
) -> None:
    """Tell what the cut NEW means for every published layer; with --apply, do it.

    NEW is a file of the project, or a cut of the history [the cut in force]. Applying again does what is left: nothing
    is made twice. What was generated awaits review. Exit codes: 0 nothing is to be done, or all was; 1 something is to
    be done; 2 trouble.
    """
    if (etag or publish) and not apply:
        raise click.UsageError("--etag and --publish go with --apply.")
    with studio(server, project) as at:
        plan = at.sync(
            cut,
            apply=apply,
            etag=etag,
            check_stages=check_stages,
            every=every,
            rate=rate,
            handles=handles,
            sequence=sequence,
        )
        if as_json:
            output.as_json(_object(plan, applied=apply))
        else:
            reading = {"--rate": rate, "--handles": handles, "--sequence": sequence}
            _tell(plan, _again(cut, reading | {"--server": server, "--project": project}, check_stages), applied=apply)
        failed = _published(at, plan, as_json=as_json) if publish else False
    context.exit(exits.DIFFERENT if failed or (plan.open and not apply) else exits.SAME)


def _published(at: Studio, plan: SyncPlan, *, as_json: bool) -> bool:
    """Wait for what was asked for and publish it; whether something of it could not be."""
    asked = [d for d in plan.decisions if d.generation and d.state is not State.PUBLISHED]
    handles = [at.generation(decision.generation) for decision in asked]
    codes = follow(handles, [decision.shot for decision in asked], as_json=as_json) if asked else []
    for decision, handle, code in zip(asked, handles, codes, strict=False):
        if code == exits.OK:
            version = handle.publish()
            if not as_json:
                output.say(f"Published {version.name} v{version.number:03} in {decision.shot}.")
    return any(code != exits.OK for code in codes) or len(codes) != len(asked)


def _again(cut: str, options: Mapping[str, object], check_stages: bool) -> str:
    """The command that looks at the same cut in the same way: read otherwise, the etag would be another one."""
    said = [word for name, value in options.items() if value not in {None, ""} for word in (name, str(value))]
    words = [
        "usd-ai",
        "timeline",
        "sync",
        *([cut] if cut else []),
        *said,
        *(["--check-stages"] if check_stages else []),
    ]
    return shlex.join(words)


def _tell(plan: SyncPlan, again: str, *, applied: bool) -> None:
    rows = [(d.shot, d.layer, d.action.value, _time(d), _why(d)) for d in plan.decisions]
    title = f"{plan.old_label or 'no earlier cut'} → {plan.new_label}"
    output.table(("shot", "layer", "what", "time", "why"), rows, title=title)
    for note in plan.notes:
        output.aside(f"note  {note}")
    counts = Counter(d.action.value for d in plan.decisions if d.action is not Action.NOTHING and not d.waits)
    told = ", ".join(f"{count} × {action}" for action, count in sorted(counts.items())) or "nothing"
    if applied:
        output.say(f"Done: {told}. {plan.new_label} is the cut in force; the next one is compared with it.")
        steps = [f"usd-ai watch {d.generation}" for d in plan.decisions if d.generation]
        # What is retimed in the cut plays so by edit layers, which can only be written once there is a layer.
        output.next_steps(*steps[:3], *([f"{again}   # once they are published"] if steps else []))
        return
    output.say(f"To do: {told}; {_duration(plan.seconds)} of one worker. Nothing was changed.")
    output.say(f"etag {plan.etag}")
    if plan.open:
        output.next_steps(f"{again} --apply --etag {plan.etag}")


def _why(decision: Decision) -> str:
    asked = f" Asked for: {decision.generation} is {decision.state}." if decision.generation else ""
    waits = f" Waits: {decision.waits}" if decision.waits else ""
    files = [_edit_layer(decision, edit.number) for edit in decision.edits]
    plays = f" Plays in {', '.join(files)}." if decision.action.plays and files else ""
    return f"{decision.why}{plays}{asked}{waits}"


def _edit_layer(decision: Decision, number: int) -> str:
    """The file of an edit layer, in the published folder."""
    return f"{decision.published_as}/edit/{decision.layer}_{number}.usda"


def _time(decision: Decision) -> str:
    if not decision.action.generates:
        return ""
    return "?" if decision.seconds is None else _duration(decision.seconds)


def _duration(seconds: float) -> str:
    """Seconds as a person says them: ``40 s``, ``12 min``, ``3.5 h``."""
    for length, unit in ((3600.0, "h"), (60.0, "min")):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.0f} s"


def _object(plan: SyncPlan, *, applied: bool) -> dict[str, Any]:
    return {
        "old": {"label": plan.old_label, "sha256": plan.old_sha256},
        "new": {"label": plan.new_label, "sha256": plan.new_sha256},
        "etag": plan.etag,
        "applied": applied,
        "open": len(plan.open),
        "seconds": plan.seconds,
        "decisions": [_decision(decision) for decision in plan.decisions],
        "notes": list(plan.notes),
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "shot": decision.shot,
        "layer": decision.layer,
        "action": decision.action.value,
        "why": decision.why,
        "keeps": {"sha256": decision.keeps, "version": decision.version, "shot": decision.published_as},
        "plan": {"digest": decision.plan_digest},
        "covers": frames_object(decision.covers),
        "missing": [frames_object(part) for part in decision.missing],
        "plays": [
            {
                "number": e.number,
                "file": _edit_layer(decision, e.number),
                "way": e.way,
                "reason": e.reason,
                "start": e.start,
            }
            for e in decision.edits
        ],
        "gone": [{"number": number, "file": _edit_layer(decision, number)} for number in decision.gone],
        "seconds": decision.seconds,
        "generation": decision.generation,
        "state": decision.state.value if decision.state is not None else "",
        "waits": decision.waits,
        "unused": decision.unused,
        "changes": [change_object(change) for change in decision.changes],
    }
