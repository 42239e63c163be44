"""`usd-ai timeline diff`: what is different in a cut, shot by shot."""

from __future__ import annotations

from typing import Any

import click

from usd_ai.cli import exits, output
from usd_ai.cli.verb import (
    Comparison,
    cut_options,
    json_option,
    notice_objects,
    server_options,
    studio,
    tell_notices,
)
from usd_ai.core.changes import Change, CutDiff, OccurrenceChange, ShotChange
from usd_ai.core.errors import InvalidRequest
from usd_ai.core.types import FrameRange, Occurrence, Rate

_TWO = 2


@click.command("diff", cls=Comparison)
@click.argument("cuts", nargs=-1, metavar="[OLD] NEW")
@click.option("--against-published", is_flag=True, help="Compare with what each published layer was generated for.")
@click.option("--all", "every", is_flag=True, help="Tell of shots too that were only pushed along.")
@cut_options
@server_options
@json_option
@click.pass_context
def command(
    context: click.Context,
    cuts: tuple[str, ...],
    rate: Rate | None,
    handles: int | None,
    sequence: str,
    server: str | None,
    project: str,
    *,
    against_published: bool,
    every: bool,
    as_json: bool,
) -> None:
    """Tell what is different in the cut NEW, shot by shot, with frame counts.

    OLD is a file of the project, or a cut of the history (usd-ai timeline history) by label or first digits of its
    digest; without it, the cut that was applied last. Exit codes: 0 nothing is different, 1 something is, 2 trouble.
    """
    if len(cuts) > _TWO or (against_published and len(cuts) > 1):
        told = "--against-published takes one cut." if against_published else "Two cuts can be compared, not more."
        raise InvalidRequest(told, remedy="usd-ai timeline diff OLD NEW, or: diff --against-published NEW.")
    old, new = cuts if len(cuts) == _TWO else ("", cuts[0] if cuts else "")
    with studio(server, project) as at:
        if against_published:
            diff = at.diff_against_published(new, rate=rate, handles=handles, sequence=sequence)
        else:
            diff = at.diff(new, old, rate=rate, handles=handles, sequence=sequence)
    if as_json:
        output.as_json(_object(diff))
    else:
        _tell(diff, every=every)
    context.exit(exits.DIFFERENT if diff.changes or diff.shots else exits.SAME)


def _tell(diff: CutDiff, *, every: bool) -> None:
    rows = [("the cut", "changed", _words(change), change.before, change.after) for change in diff.changes]
    told = [shot for shot in diff.shots if every or shot.was or shot.kinds - {"ripple"} or not shot.kinds]
    for shot in told:
        said = [change for use in shot.occurrences for change in use.changes]
        name = f"{shot.shot} (was {shot.was})" if shot.was else shot.shot
        rows += [(name, shot.state, _words(change), change.before, change.after) for change in said]
        if shot.left_out:
            rows.append((name, shot.state, f"and {shot.left_out} more of its uses", "", ""))
        if not said:
            rows.append((name, shot.state, "", _range(shot.needed_before), _range(shot.needed_after)))
    title = f"{diff.old_name} → {diff.new_name}: {len(diff.shots)} shots are not as they were"
    output.table(("shot", "state", "what", "before", "after"), rows, title=title)
    if len(told) < len(diff.shots):
        output.aside(f"{len(diff.shots) - len(told)} more shots were only pushed along; --all tells of them too.")
    tell_notices(diff.old_notices, diff.old_name)
    tell_notices(diff.notices, diff.new_name if diff.old_notices else "")


def _words(change: Change) -> str:
    return change.kind.replace("_", " ") + (f" {change.frames}" if change.frames else "")


def _range(frames: FrameRange | None) -> str:
    return str(frames) if frames is not None else ""


def _object(diff: CutDiff) -> dict[str, Any]:
    return {
        "old": {"name": diff.old_name, "sha256": diff.old_sha256},
        "new": {"name": diff.new_name, "sha256": diff.new_sha256},
        "different": bool(diff.changes or diff.shots),
        "changes": [change_object(change) for change in diff.changes],
        "shots": [_shot(shot) for shot in diff.shots],
        "notices": {"old": notice_objects(diff.old_notices), "new": notice_objects(diff.notices)},
    }


def _shot(shot: ShotChange) -> dict[str, Any]:
    return {
        "shot": shot.shot,
        "state": shot.state,
        "was": shot.was,
        "needed": {"before": frames_object(shot.needed_before), "after": frames_object(shot.needed_after)},
        "occurrences": [_occurrence(one) for one in shot.occurrences],
        "left_out": shot.left_out,
    }


def _occurrence(change: OccurrenceChange) -> dict[str, Any]:
    return {
        "old": _use(change.old),
        "new": _use(change.new),
        "changes": [change_object(one) for one in change.changes],
        "score": round(change.score, 3),
        "reasons": list(change.reasons),
    }


def _use(use: Occurrence | None) -> dict[str, Any] | None:
    if use is None:
        return None
    return {
        "clip": use.clip_name,
        "track": use.track,
        "reel": use.reel,
        "record": frames_object(use.record),
        "visible": frames_object(use.visible),
    }


def change_object(change: Change) -> dict[str, Any]:
    """One thing that is different, for a program."""
    return {"kind": change.kind, "frames": change.frames, "before": change.before, "after": change.after}


def frames_object(frames: FrameRange | None) -> list[int] | None:
    """First and last frame, for a program."""
    return [frames.start, frames.end] if frames is not None else None
