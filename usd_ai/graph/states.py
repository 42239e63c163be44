"""Which state of a generation may follow which."""

from __future__ import annotations

from usd_ai.core.errors import Conflict
from usd_ai.core.types import State

RUNNING = frozenset({State.PLANNING, State.GENERATING, State.CHECKING})
"""Somebody works on it. A server that finds these at its start died during the work."""

_STOPPED = frozenset({State.FAILED, State.CANCELLED})

_NEXT: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.PLANNING}) | _STOPPED,
    # Straight to review when the plan was built before, straight to checking when only the check is new.
    State.PLANNING: frozenset(
        {State.QUEUED, State.GENERATING, State.CHECKING, State.AWAITING_REVIEW, State.REJECTED} | _STOPPED
    ),
    State.GENERATING: frozenset({State.QUEUED, State.CHECKING, State.REJECTED} | _STOPPED),
    State.CHECKING: frozenset({State.QUEUED, State.AWAITING_REVIEW, State.REJECTED} | _STOPPED),
    State.AWAITING_REVIEW: frozenset({State.PUBLISHED, State.REJECTED, State.CANCELLED}),
    State.PUBLISHED: frozenset(),
    State.REJECTED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}


def check(name: str, before: State, after: State) -> None:
    """Raise Conflict unless a generation may go from one state to the other. Staying is allowed until it has ended."""
    if after in _NEXT[before] or (after is before and not before.ended):
        return
    if before.ended:
        raise Conflict(
            f"The generation {name} has ended as {before}; it cannot become {after}.",
            remedy="Start a new generation.",
            reason="GENERATION_ENDED",
            context={"generation": name, "state": str(before)},
        )
    raise Conflict(
        f"The generation {name} is {before} and cannot become {after}.",
        remedy="Look at its state again; somebody else may have moved it.",
        reason="STATE_CONFLICT",
        context={"generation": name, "state": str(before)},
    )
