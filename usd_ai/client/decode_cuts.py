"""Messages → cuts, what is different in them, decisions and history. The rest is in `decode.py`."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from usd_ai.api.v1 import generation_pb2, timeline_pb2, values_pb2
from usd_ai.client import decode
from usd_ai.core.changes import Change, CutDiff, OccurrenceChange, ShotChange
from usd_ai.core.decisions import Action, Decision, Edit, KeptCut, KeptShot, SyncPlan
from usd_ai.core.in_force import Chosen
from usd_ai.core.types import Cut, Notice, Occurrence, Plays, Project, Retime, Shot, State


def project(message: timeline_pb2.Project) -> Project:
    """A show, as far as the server tells."""
    return Project(
        name=message.name.removeprefix("projects/"),
        root=message.root,
        cut=message.cut,
        rate=decode.rate(message.rate) if message.HasField("rate") else None,
        handles=message.handles,
        stage="",
        publish="",
    )


def cut(message: timeline_pb2.Cut, shots: tuple[Shot, ...]) -> Cut:
    """A cut and its shots."""
    return Cut(
        name=message.title,
        rate=decode.rate(message.rate),
        handles=message.handles,
        duration=message.duration,
        shots=shots,
        sha256=message.sha256,
        notices=_notices(message.notices),
        drop=message.drop_frame if message.HasField("drop_frame") else None,
    )


def _notices(messages: Iterable[timeline_pb2.Notice]) -> tuple[Notice, ...]:
    """What reading a cut brought up."""
    return tuple(
        Notice(decode.word(timeline_pb2.Notice.Severity.Name(n.severity), "SEVERITY_"), n.message, n.line)
        for n in messages
    )


def chosen(message: timeline_pb2.ReadCutResponse, shots: tuple[Shot, ...]) -> Chosen:
    """A cut that was asked for, and which it is."""
    applied = decode.moment(message.apply_time) if message.HasField("apply_time") else ""
    return Chosen(cut(message.cut, shots), message.label, message.path, applied, message.told)


def shot(message: timeline_pb2.Shot) -> Shot:
    """A shot and its occurrences."""
    return Shot(
        name=message.name.rpartition("/")[2],
        occurrences=tuple(occurrence(o) for o in message.occurrences),
        visible=decode.frames(message.visible),
        needed=decode.frames(message.needed),
        rate=decode.rate(message.rate),
    )


def occurrence(message: timeline_pb2.Occurrence) -> Occurrence:
    """One use of a shot."""
    retime = None
    if message.HasField("retime"):
        scalar = _fraction(message.retime.scalar)
        retime = Retime(decode.word(timeline_pb2.Retime.Kind.Name(message.retime.kind), "KIND_"), scalar)
    return Occurrence(
        clip_name=message.clip_name,
        track=message.track,
        record=decode.frames(message.record),
        visible=decode.frames(message.visible),
        retime=retime,
        enabled=message.enabled,
        reel=message.reel,
        transition_in=message.transition_in,
        transition_out=message.transition_out,
        used=decode.frames(message.used) if message.HasField("used") else None,
        plays=_plays(message.plays) if message.HasField("plays") else None,
        media=message.media,
    )


def _plays(message: timeline_pb2.Plays) -> Plays:
    frames = tuple(_fraction(frame) for frame in message.frames)
    return Plays(_fraction(message.first), _fraction(message.step), frames, message.offset)


def _fraction(message: values_pb2.Fraction) -> Fraction:
    return Fraction(message.numerator, message.denominator)


# ------------------------------------------------------------------------------------------------ differences


def diff(message: timeline_pb2.DiffCutResponse, shots: Iterable[timeline_pb2.ShotChange]) -> CutDiff:
    """What is different in a cut, with the shots of all pages."""
    return CutDiff(
        message.old_title,
        message.new_title,
        message.old_sha256,
        message.new_sha256,
        tuple(_change(c) for c in message.changes),
        tuple(_shot_change(s) for s in shots),
        _notices(message.notices),
        _notices(message.old_notices),
    )


def _change(message: timeline_pb2.Change) -> Change:
    return Change(message.kind, message.frames, message.before, message.after)


def _shot_change(message: timeline_pb2.ShotChange) -> ShotChange:
    return ShotChange(
        shot=message.name.rpartition("/")[2],
        state=decode.word(timeline_pb2.ShotChange.State.Name(message.state), "STATE_"),
        occurrences=tuple(_occurrence_change(o) for o in message.occurrences),
        needed_before=decode.frames(message.needed_before) if message.HasField("needed_before") else None,
        needed_after=decode.frames(message.needed_after) if message.HasField("needed_after") else None,
        was=message.was,
        left_out=message.left_out,
    )


def _occurrence_change(message: timeline_pb2.OccurrenceChange) -> OccurrenceChange:
    return OccurrenceChange(
        old=occurrence(message.old) if message.HasField("old") else None,
        new=occurrence(message.new) if message.HasField("new") else None,
        changes=tuple(_change(c) for c in message.changes),
        score=message.score,
        reasons=tuple(message.reasons),
    )


# ------------------------------------------------------------------------------------------------ decisions


def sync_plan(message: timeline_pb2.SyncCutResponse, decisions: Iterable[timeline_pb2.Decision]) -> SyncPlan:
    """The decisions of all pages."""
    return SyncPlan(
        old_label=message.old_label,
        new_label=message.new_label,
        old_sha256=message.old_sha256,
        new_sha256=message.new_sha256,
        decisions=tuple(_decision(d) for d in decisions),
        etag=message.etag,
        notes=tuple(message.notes),
        notices=_notices(message.notices),
    )


def _decision(message: timeline_pb2.Decision) -> Decision:
    _, project, _, shot = message.name.split("/", 3)
    state = generation_pb2.Generation.State.Name(message.state).removeprefix("STATE_")
    asked = decode.request(message.request, project, shot) if message.HasField("request") else None
    return Decision(
        shot=shot,
        layer=message.layer,
        action=Action[timeline_pb2.Decision.Action.Name(message.action).removeprefix("ACTION_")],
        why=message.why,
        published_as=message.published_as,
        keeps=message.keeps,
        version=message.version,
        unused=message.unused,
        request=asked,
        plan_digest=message.plan_digest,
        covers=decode.frames(message.covers) if message.HasField("covers") else None,
        missing=tuple(decode.frames(part) for part in message.missing),
        edits=tuple(_edit(edit) for edit in message.edits),
        seconds=_seconds(message),
        changes=tuple(_change(c) for c in message.changes),
        generation=message.generation,
        state=State(state) if message.state else None,
        waits=message.waits,
        gone=tuple(message.gone),
        doubt=message.doubt,
    )


def _seconds(message: timeline_pb2.Decision) -> float | None:
    if not message.HasField("estimated_duration"):
        return None
    return message.estimated_duration.ToMilliseconds() / 1000


def _edit(message: timeline_pb2.Edit) -> Edit:
    plays = _plays(message.plays)
    step = None if plays.frames else plays.step
    return Edit(decode.frames(message.shown), message.start, plays, message.way, message.reason, step, message.number)


# ------------------------------------------------------------------------------------------------ history


def kept_cut(message: timeline_pb2.KeptCut) -> KeptCut:
    """A version of the cut, without its shots."""
    return KeptCut(
        message.label,
        message.path,
        decode.moment(message.create_time),
        decode.moment(message.apply_time) if message.HasField("apply_time") else "",
        cut(message.cut, ()),
        message.cut.shot_count,
    )


def kept_shot(message: timeline_pb2.CutShot) -> KeptShot:
    """A shot as a cut had it."""
    return KeptShot(
        message.label,
        message.name.split("/")[3],
        decode.moment(message.create_time),
        shot(message.shot) if message.HasField("shot") else None,
    )
