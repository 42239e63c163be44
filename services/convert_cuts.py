"""Cuts, what is different in them, decisions and history → messages. The rest is in `convert.py`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction

from services import convert, paging
from usd_ai.api.v1 import timeline_pb2, values_pb2
from usd_ai.core.changes import Change, OccurrenceChange, ShotChange
from usd_ai.core.decisions import Action, Decision, Edit, KeptCut, KeptShot
from usd_ai.core.types import Cut, Generation, Notice, Occurrence, Plays, Project, Shot, State

ACTIONS = {
    Action.NOTHING: "ACTION_NOTHING",
    Action.KEEP_UNUSED: "ACTION_KEEP_UNUSED",
    Action.REUSE: "ACTION_REUSE",
    Action.RE_RANGE: "ACTION_RE_RANGE",
    Action.OFFSET_AND_SCALE: "ACTION_OFFSET_AND_SCALE",
    Action.CLIPS: "ACTION_CLIPS",
    Action.MISSING_FRAMES: "ACTION_MISSING_FRAMES",
    Action.REGENERATE: "ACTION_REGENERATE",
    Action.GENERATE: "ACTION_GENERATE",
}


def project_message(project: Project) -> timeline_pb2.Project:
    """A show."""
    rate = None if project.rate is None else convert.rate_message(project.rate)
    return timeline_pb2.Project(
        name=f"projects/{project.name}", root=project.root, cut=project.cut, rate=rate, handles=project.handles
    )


def cut_message(cut: Cut) -> timeline_pb2.Cut:
    """A cut without its shots."""
    message = timeline_pb2.Cut(
        title=cut.name,
        rate=convert.rate_message(cut.rate),
        handles=cut.handles,
        duration=cut.duration,
        shot_count=len(cut.shots),
        sha256=cut.sha256,
        notices=notice_messages(cut.notices),
    )
    if cut.drop is not None:
        message.drop_frame = cut.drop
    return message


def notice_messages(notices: Sequence[Notice]) -> list[timeline_pb2.Notice]:
    """What was brought up, or of thousands what has room: the last one then says how many more there are."""
    words = paging.few([notice.message for notice in notices])
    whole = len(words) == len(notices)
    told = [
        timeline_pb2.Notice(severity=f"SEVERITY_{n.severity.upper()}", message=n.message, line=n.line)
        for n in (notices if whole else notices[: len(words) - 1])
    ]
    return told if whole else [*told, timeline_pb2.Notice(severity="SEVERITY_WARNING", message=words[-1])]


def shot_message(project: str, shot: Shot) -> timeline_pb2.Shot:
    """A shot and its occurrences."""
    return timeline_pb2.Shot(
        name=f"projects/{project}/shots/{shot.name}",
        rate=convert.rate_message(shot.rate),
        visible=convert.range_message(shot.visible),
        needed=convert.range_message(shot.needed),
        occurrences=[occurrence_message(o) for o in shot.occurrences],
    )


def occurrence_message(occurrence: Occurrence) -> timeline_pb2.Occurrence:
    """One use of a shot."""
    message = timeline_pb2.Occurrence(
        clip_name=occurrence.clip_name,
        track=occurrence.track,
        record=convert.range_message(occurrence.record),
        visible=convert.range_message(occurrence.visible),
        enabled=occurrence.enabled,
        reel=occurrence.reel,
        transition_in=occurrence.transition_in,
        transition_out=occurrence.transition_out,
        media=occurrence.media,
        used=None if occurrence.used is None else convert.range_message(occurrence.used),
        plays=None if occurrence.plays is None else _plays(occurrence.plays),
    )
    if occurrence.retime is not None:
        fraction = _fraction(occurrence.retime.scalar)
        kind = f"KIND_{occurrence.retime.kind.upper()}"
        message.retime.CopyFrom(timeline_pb2.Retime(kind=kind, scalar=fraction))
    return message


def _plays(plays: Plays) -> timeline_pb2.Plays:
    return timeline_pb2.Plays(
        first=_fraction(plays.first),
        step=_fraction(plays.step),
        frames=[_fraction(frame) for frame in plays.frames],
        offset=plays.offset,
    )


def _fraction(value: Fraction) -> values_pb2.Fraction:
    return values_pb2.Fraction(numerator=value.numerator, denominator=value.denominator)


# ------------------------------------------------------------------------------------------------ differences


def change_message(change: Change) -> timeline_pb2.Change:
    """One thing that is different."""
    return timeline_pb2.Change(kind=change.kind, frames=change.frames, before=change.before, after=change.after)


def shot_change_message(project: str, change: ShotChange) -> timeline_pb2.ShotChange:
    """What happened to a shot: all its uses, or of thousands those that have room, the ones that changed first."""
    uses = [_occurrence_change(one) for one in change.occurrences]
    order = sorted(range(len(uses)), key=lambda k: not uses[k].changes)
    told = sorted(paging.fitting(order, lambda k: uses[k].ByteSize()))
    return timeline_pb2.ShotChange(
        name=f"projects/{project}/shots/{change.shot}",
        state=f"STATE_{change.state.upper()}",
        occurrences=[uses[k] for k in told],
        left_out=len(uses) - len(told),
        needed_before=None if change.needed_before is None else convert.range_message(change.needed_before),
        needed_after=None if change.needed_after is None else convert.range_message(change.needed_after),
        was=change.was,
    )


def _occurrence_change(change: OccurrenceChange) -> timeline_pb2.OccurrenceChange:
    return timeline_pb2.OccurrenceChange(
        old=None if change.old is None else occurrence_message(change.old),
        new=None if change.new is None else occurrence_message(change.new),
        changes=[change_message(one) for one in change.changes],
        score=change.score,
        reasons=change.reasons,
    )


# ------------------------------------------------------------------------------------------------ decisions


def decision_message(project: str, decision: Decision) -> timeline_pb2.Decision:
    """What is to happen to a layer of a shot; of thousands of uses those that have room, and how many have not."""
    message = _decision(project, decision)
    if message.ByteSize() <= paging.ROOM:
        return message
    request = message.request if message.HasField("request") else None
    message = _decision(project, brief_decision(decision))
    if request is not None:
        message.request.CopyFrom(request)
    edits = list(message.edits)
    told = paging.fitting(edits, lambda edit: edit.ByteSize())
    if len(told) < len(edits):
        del message.edits[len(told) :]
        message.why += f" {len(edits) - len(told)} of its {len(edits)} uses are not told here: they have no room."
    return message


def _decision(project: str, decision: Decision) -> timeline_pb2.Decision:
    message = timeline_pb2.Decision(
        name=f"projects/{project}/shots/{decision.shot}",
        layer=decision.layer,
        action=ACTIONS[decision.action],
        why=decision.why,
        published_as=decision.published_as,
        keeps=decision.keeps,
        version=decision.version,
        unused=decision.unused,
        plan_digest=decision.plan_digest,
        covers=None if decision.covers is None else convert.range_message(decision.covers),
        missing=[convert.range_message(part) for part in decision.missing],
        edits=[_edit(edit) for edit in decision.edits] if decision.action is not Action.NOTHING else (),
        estimated_duration=None if decision.seconds is None else convert.duration_message(decision.seconds),
        generation=decision.generation,
        state=None if decision.state is None else convert.state_message(decision.state),
        waits=decision.waits,
        gone=decision.gone,
        doubt=decision.doubt,
        changes=[change_message(change) for change in decision.changes],
    )
    if decision.request is not None:
        asked = Generation(name="", request=decision.request, state=State.QUEUED, created="", etag="")
        message.request.CopyFrom(convert.generation_message(asked, brief=True))
        message.request.ClearField("state")
    return message


def brief_decision(decision: Decision) -> Decision:
    """A decision without what a list of thousands has no room for."""
    edits = tuple(
        dataclasses.replace(e, reason="", plays=dataclasses.replace(e.plays, frames=())) for e in decision.edits
    )
    return dataclasses.replace(decision, edits=edits, changes=(), request=None)


def _edit(edit: Edit) -> timeline_pb2.Edit:
    return timeline_pb2.Edit(
        shown=convert.range_message(edit.shown),
        start=edit.start,
        way=edit.way,
        reason=edit.reason,
        plays=_plays(edit.plays),
        number=edit.number,
    )


# ------------------------------------------------------------------------------------------------ history


def kept_cut_message(project: str, kept: KeptCut) -> timeline_pb2.KeptCut:
    """A version of the cut."""
    told = cut_message(kept.cut)
    told.shot_count = kept.count
    return timeline_pb2.KeptCut(
        name=f"projects/{project}/cuts/{kept.cut.sha256}",
        label=kept.label,
        path=kept.path,
        create_time=convert.timestamp_message(kept.kept),
        apply_time=convert.timestamp_message(kept.applied),
        cut=told,
    )


def cut_shot_message(project: str, name: str, kept: KeptShot) -> timeline_pb2.CutShot:
    """A shot as a cut had it."""
    return timeline_pb2.CutShot(
        name=f"projects/{project}/cuts/{kept.cut_sha256}/shots/{name}",
        label=kept.label,
        create_time=convert.timestamp_message(kept.kept),
        shot=None if kept.shot is None else shot_message(project, kept.shot),
    )
