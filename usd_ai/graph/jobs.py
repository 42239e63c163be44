"""Generations and their progress, each function inside the caller's transaction."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import secrets
from typing import Any

import sqlalchemy as sa

from usd_ai.core.errors import Conflict, InvalidRequest, NotFound
from usd_ai.core.types import Failure, Generation, Progress, Request, State
from usd_ai.graph import paging, states
from usd_ai.graph.schema import generations, progress
from usd_ai.graph.values import from_json, to_json

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def check_name(what: str, value: str) -> str:
    """The value, fit to be part of a path and of a resource name. Raises InvalidRequest."""
    if not _NAME.fullmatch(value):
        raise InvalidRequest(
            f"{value!r} cannot be the name of a {what}.",
            remedy="Use letters, digits, '_', '-' and '.', not beginning with a '.' or '-', at most 128 of them.",
            reason="INVALID_NAME",
            context={"what": what},
        )
    return value


def create(connection: sa.Connection, request: Request, now: str) -> tuple[Generation, bool]:
    """Store a queued generation, or find the one of the same request id. Raises Conflict when that asked otherwise."""
    project, shot = check_name("project", request.project), check_name("shot", request.shot)
    known = requested(connection, project, request.request_id)
    if known is not None:
        return _same_request(known, request), False
    generation = Generation(
        name=f"projects/{project}/shots/{shot}/generations/g{secrets.token_hex(5)}",
        request=request,
        state=State.QUEUED,
        created=now,
        etag="",
    )
    columns = _columns(generation, 1)
    connection.execute(
        generations.insert().values(
            name=generation.name,
            project=project,
            shot=shot,
            request_id=request.request_id or None,
            worker="",
            progress=0,
            **columns,
        )
    )
    _append(connection, generation.name, Progress(0, State.QUEUED, 0.0, "Waiting for a worker."))
    return dataclasses.replace(generation, etag=columns["etag"]), True


def requested(connection: sa.Connection, project: str, request_id: str) -> Generation | None:
    """The generation that a request id asked for, if it did."""
    if not request_id:
        return None
    asked = sa.select(generations).where(generations.c.project == project, generations.c.request_id == request_id)
    row = connection.execute(asked).first()
    return None if row is None else _value(row)


def _same_request(known: Generation, request: Request) -> Generation:
    if known.request == request:
        return known
    raise Conflict(
        f"The request id '{request.request_id}' was used before for a different request.",
        remedy=f"Use a new request id, or look at what it made: {known.name}.",
        reason="REQUEST_ID_REUSED",
        context={"generation": known.name},
    )


def get(connection: sa.Connection, name: str) -> Generation:
    """One generation. Raises NotFound."""
    return _value(_row(connection, name))


def page(connection: sa.Connection, project: str, shot: str, size: int, token: str) -> tuple[list[Generation], str]:
    """A page of generations, newest first, and the next token."""
    count, start = paging.size(size), paging.before(token, "generations", project, shot)
    query = sa.select(generations).where(generations.c.project == project)
    query = query.where(generations.c.shot == shot) if shot else query
    query = query.where(generations.c.ordinal < start) if start is not None else query
    rows = connection.execute(query.order_by(generations.c.ordinal.desc()).limit(count + 1)).all()
    more = paging.token(rows[count - 1].ordinal, "generations", project, shot) if len(rows) > count else ""
    return [_value(row) for row in rows[:count]], more


def unfinished(connection: sa.Connection, project: str) -> list[Generation]:
    """The generations that wait, run or await review, oldest first."""
    open_ = [state for state in State if not state.ended or state is State.AWAITING_REVIEW]
    query = sa.select(generations).where(generations.c.project == project, generations.c.state.in_(open_))
    return [_value(row) for row in connection.execute(query.order_by(generations.c.ordinal)).all()]


def save(connection: sa.Connection, generation: Generation, *, worker: str | None = None) -> Generation:
    """Store a new state. Raises NotFound, and Conflict for a stale etag or a step that the states do not allow."""
    row = _row(connection, generation.name)
    check_etag(row.etag, generation)
    states.check(generation.name, State(row.state), generation.state)
    return store(connection, row, generation, worker=worker)


def check_etag(stored: str, generation: Generation) -> None:
    """Raise Conflict when the generation changed since its holder looked at it."""
    if stored != generation.etag:
        raise Conflict(
            f"The generation {generation.name} changed since you looked at it.",
            remedy=f"Look at it again with `usd-ai show {generation.name}` and repeat the step.",
            reason="ETAG_MISMATCH",
            context={"generation": generation.name},
        )


def store(
    connection: sa.Connection, row: sa.Row[Any], generation: Generation, *, worker: str | None = None
) -> Generation:
    """Write a generation over its row, with a new etag."""
    columns = _columns(generation, row.revision + 1)
    if worker is not None:
        columns["worker"] = worker
    connection.execute(generations.update().where(generations.c.ordinal == row.ordinal).values(**columns))
    return dataclasses.replace(generation, etag=columns["etag"])


def waiting(connection: sa.Connection) -> bool:
    """Whether any generation waits for a worker."""
    return (
        connection.execute(sa.select(generations.c.ordinal).where(generations.c.state == State.QUEUED).limit(1)).first()
        is not None
    )


def claim(connection: sa.Connection, worker: str) -> Generation | None:
    """Take the oldest queued generation."""
    row = connection.execute(
        sa.select(generations).where(generations.c.state == State.QUEUED).order_by(generations.c.ordinal).limit(1)
    ).first()
    if row is None:
        return None
    taken = store(connection, row, dataclasses.replace(_value(row), state=State.PLANNING), worker=worker)
    _append(connection, taken.name, Progress(0, State.PLANNING, 0.0, "Begun."))
    return taken


def requeue_lost(connection: sa.Connection) -> int:
    """Put all running generations back into the queue; how many."""
    rows = connection.execute(
        sa.select(generations).where(generations.c.state.in_(sorted(states.RUNNING))).order_by(generations.c.ordinal)
    ).all()
    for row in rows:
        store(connection, row, dataclasses.replace(_value(row), state=State.QUEUED), worker="")
        _append(connection, row.name, Progress(0, State.QUEUED, 0.0, "The server stopped; the work begins again."))
    return len(rows)


def fail(connection: sa.Connection, name: str, failure: Failure, state: State) -> Generation:
    """End a generation. One that has ended stays as it ended. Raises NotFound, Conflict."""
    row = _row(connection, name)
    stored = _value(row)
    if stored.state.ended and stored.state is not State.AWAITING_REVIEW:
        return stored
    if state not in {State.FAILED, State.REJECTED, State.CANCELLED}:
        raise Conflict(f"A generation does not fail as {state}.", remedy="Use FAILED, REJECTED or CANCELLED.")
    states.check(name, stored.state, state)
    ended = store(connection, row, dataclasses.replace(stored, state=state, failure=failure))
    _append(connection, name, Progress(0, state, _fraction(connection, name), failure.message))
    return ended


def published(connection: sa.Connection, name: str, version: int) -> Generation:
    """Mark a reviewed generation as published."""
    row = _row(connection, name)
    stored = _value(row)
    states.check(name, stored.state, State.PUBLISHED)
    ended = store(connection, row, dataclasses.replace(stored, state=State.PUBLISHED, version=version))
    _append(connection, name, Progress(0, State.PUBLISHED, 1.0, f"Published as v{version:03d}."))
    return ended


def built(connection: sa.Connection, plan_digest: str) -> list[Generation]:
    """Generations whose layer was built by this plan and found good, newest first."""
    rows = connection.execute(
        sa.select(generations)
        .where(
            generations.c.plan_digest == plan_digest,
            generations.c.state.in_([State.AWAITING_REVIEW, State.PUBLISHED]),
        )
        .order_by(generations.c.ordinal.desc())
    ).all()
    return [_value(row) for row in rows]


def note(connection: sa.Connection, name: str, state: State, fraction: float, message: str) -> Progress:
    """Append a progress message. Raises Conflict when the generation ended in another state meanwhile."""
    stored = State(_row(connection, name).state)
    if stored.ended and stored is not state:
        states.check(name, stored, state)
    return _append(connection, name, Progress(0, state, fraction, message))


def progress_after(connection: sa.Connection, name: str, sequence: int) -> list[Progress]:
    """The messages after a sequence number, in order. Raises NotFound."""
    rows = connection.execute(
        sa.select(progress)
        .where(progress.c.generation == name, progress.c.sequence > sequence)
        .order_by(progress.c.sequence)
    ).all()
    if not rows:
        _row(connection, name)
    return [Progress(row.sequence, State(row.state), row.fraction, row.message) for row in rows]


def _append(connection: sa.Connection, name: str, said: Progress) -> Progress:
    sequence = connection.execute(
        generations.update()
        .where(generations.c.name == name)
        .values(progress=generations.c.progress + 1)
        .returning(generations.c.progress)
    ).scalar_one()
    connection.execute(
        progress.insert().values(
            generation=name, sequence=sequence, state=said.state, fraction=said.fraction, message=said.message
        )
    )
    return dataclasses.replace(said, sequence=sequence)


def _fraction(connection: sa.Connection, name: str) -> float:
    """How far a generation had come when it last said so."""
    return connection.execute(
        sa.select(progress.c.fraction)
        .where(progress.c.generation == name)
        .order_by(progress.c.sequence.desc())
        .limit(1)
    ).scalar_one()


def _row(connection: sa.Connection, name: str) -> sa.Row[Any]:
    row = connection.execute(sa.select(generations).where(generations.c.name == name)).first()
    if row is None:
        raise NotFound(
            f"There is no generation {name}.",
            remedy="`usd-ai list` shows those that exist.",
            context={"generation": name},
        )
    return row


def _value(row: sa.Row[Any]) -> Generation:
    return dataclasses.replace(from_json(row.body, Generation), etag=row.etag)


def _columns(generation: Generation, revision: int) -> dict[str, Any]:
    """The columns that follow from a generation's value."""
    body = to_json(dataclasses.replace(generation, etag=""))
    return {
        "state": generation.state,
        "etag": hashlib.sha256(f"{revision}\n{body}".encode()).hexdigest()[:16],
        "revision": revision,
        "plan_digest": generation.plan_digest,
        "record_sha256": generation.record.payload_sha256 if generation.record else "",
        "body": body,
    }
