"""`usd-ai timeline sync`: what a new cut means for every published layer, and doing it once it is approved."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import click

from usd_ai.cli import exits, output, publishing
from usd_ai.cli.timeline_diff import change_object, frames_object
from usd_ai.cli.verb import (
    Comparison,
    cut_options,
    json_option,
    notice_objects,
    server_options,
    studio,
    tell_notices,
)
from usd_ai.client import Studio
from usd_ai.client.reading import Reading
from usd_ai.core.decisions import Action, Decision, SyncPlan
from usd_ai.core.errors import UsdAiError
from usd_ai.core.types import Rate
from usd_ai.editorial.report_words import HAPPENS

_NAMED = 6  # shots or files that a line names


@click.command("sync", cls=Comparison)
@click.argument("cut", default="", metavar="[NEW]")
@click.option("--apply", is_flag=True, help="Carry it out; without this, nothing is changed.")
@click.option("--etag", default="", help="With --apply: the decisions that were approved [as they stand now].")
@click.option("--publish", is_flag=True, help="With --apply: wait for what is generated, and publish it unreviewed.")
@click.option(
    "--despite-errors",
    is_flag=True,
    help="With --apply: omissions too that are doubtful, as the cut was not read whole.",
)
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
    despite_errors: bool,
    check_stages: bool,
    every: bool,
    as_json: bool,
) -> None:
    """Tell what the cut NEW means for every published layer; with --apply, do it.

    NEW is a file of the project, or a cut of the history [the cut in force]. Applying again does what is left: nothing
    is made twice. What was generated awaits review. Exit codes: 0 nothing is to be done, or all was; 1 something is to
    be done, or waits, or could not be published; 2 trouble.
    """
    if (etag or publish or despite_errors) and not apply:
        raise click.UsageError("--etag, --publish and --despite-errors go with --apply.")
    reading = Reading(rate=rate, handles=handles, sequence=sequence)
    said = {"--rate": rate, "--handles": handles, "--sequence": sequence, "--server": server, "--project": project}
    again = _again(cut, said, check_stages)
    with studio(server, project) as at:
        how = {"check_stages": check_stages, "every": every, "despite_errors": despite_errors}
        ask = partial(at.sync, cut, **how, **reading)
        plan = ask(apply=apply, etag=etag)
        if not as_json:
            _tell(plan, again, applied=apply)
        told, left = _object(plan, applied=apply), bool(waiting(plan) or (plan.open and not apply))
        if publish:
            after, left = _published(at, ask, plan, again, as_json=as_json)
            told |= after
        if as_json:
            output.as_json(told)
    context.exit(exits.DIFFERENT if left else exits.SAME)


def waiting(plan: SyncPlan) -> list[Decision]:
    """The decisions that cannot be carried out yet."""
    return [decision for decision in plan.decisions if decision.waits]


def _published(
    at: Studio, ask: Callable[..., SyncPlan], plan: SyncPlan, again: str, *, as_json: bool
) -> tuple[dict[str, Any], bool]:
    """Publish what was generated and let it play as it is cut: what a program hears, and whether anything is left."""
    done = publishing.publish(at, plan, as_json=as_json)
    said = {"published": [one.told for one in done]}
    try:
        now, applied = publishing.play(ask, lambda etag: ask(apply=True, etag=etag), done)
    except UsdAiError as error:  # what is published stays so, and is told
        if not as_json:
            output.refusal(error)
        return said | output.refusal_object(error), True
    still = waiting(now) if applied else [*now.open, *waiting(now)]
    if not as_json and applied:
        output.say(f"Done: {_counted(now.decisions)}.")
    if not as_json and still:
        output.aside(f"Left: {_counted(still)} ({_shots(still)}). Look, and approve it: {again}")
    failed = any(one.error is not None for one in done)
    return said | {"then": _object(now, applied=applied)}, failed or bool(still)


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
    rows = [(d.shot, d.layer, HAPPENS[d.action][0], _time(d), _why(d)) for d in plan.decisions]
    title = f"{plan.old_label or 'no earlier cut'} → {plan.new_label}"
    output.table(("shot", "layer", "what", "time", "why"), rows, title=title)
    for note in plan.notes:
        output.aside(f"note  {note}")
    tell_notices(plan.notices)
    told, late = _counted([d for d in plan.decisions if not d.waits]), waiting(plan)
    waits = f" Waiting, see why above: {_counted(late)} ({_shots(late)})." if late else ""
    if applied:
        output.say(f"Done: {told}.{waits} {plan.new_label} is the cut in force; the next one is compared with it.")
        steps = [f"usd-ai watch {d.generation}" for d in plan.decisions if d.generation]
        # What is retimed in the cut plays so by edit layers, which can only be written once there is a layer.
        once = [f"{again} --apply   # once they are published"] if steps else []
        mended = [f"{again} --apply   # once nothing keeps {_shots(late)} waiting"] if late else []
        output.next_steps(*steps[:3], *once, *mended)
        return
    output.say(f"To do: {told}; {_duration(plan.seconds)} of one worker.{waits} Nothing was changed.")
    output.say(f"etag {plan.etag}")
    doubtful = [decision for decision in plan.decisions if decision.doubt]
    if doubtful:
        output.say(f"Doubtful: {_shots(doubtful)}. --apply refuses, unless --despite-errors says that they are out.")
    if plan.open:
        output.next_steps(f"{again} --apply --etag {plan.etag}")


def _counted(decisions: Sequence[Decision]) -> str:
    """How many layers have what happen to them, in the words of the change list: ``1 × generated; 2 × …``."""
    counts = Counter(HAPPENS[d.action][0] for d in decisions if d.action is not Action.NOTHING)
    return "; ".join(f"{count} × {words}" for words, count in sorted(counts.items())) or "nothing"


def _shots(decisions: Sequence[Decision]) -> str:
    names = list(dict.fromkeys(decision.shot for decision in decisions))
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _why(decision: Decision) -> str:
    asked = f" Asked for: {decision.generation} is {decision.state}." if decision.generation else ""
    waits = f" Waits: {decision.waits}" if decision.waits else ""
    files = [_edit_layer(decision, edit.number) for edit in decision.edits]
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    plays = f" Plays in {', '.join(files[:_NAMED])}{more}." if decision.action.plays and files else ""
    doubt = f" {decision.doubt}" if decision.doubt else ""
    return f"{decision.why}{doubt}{plays}{asked}{waits}"


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
        "waiting": len(waiting(plan)),
        "seconds": plan.seconds,
        "decisions": [_decision(decision) for decision in plan.decisions],
        "notes": list(plan.notes),
        "notices": notice_objects(plan.notices),
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "shot": decision.shot,
        "layer": decision.layer,
        "action": decision.action.value,
        "why": decision.why,
        "doubt": decision.doubt,
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
