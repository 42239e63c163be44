"""`usd-ai timeline sync --publish`, once a cut is applied: wait, publish, and let what came play as it is cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from usd_ai.cli import output
from usd_ai.cli.generate import watched
from usd_ai.client import GenerationHandle, Studio
from usd_ai.core.decisions import SyncPlan
from usd_ai.core.errors import Cancelled, UsdAiError
from usd_ai.core.types import State, Version


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one generation that was asked for: a version, or the error that kept it from being one."""

    shot: str
    layer: str
    generation: str
    version: Version | None = None
    error: UsdAiError | None = None

    @property
    def told(self) -> dict[str, Any]:
        """For a program."""
        said: dict[str, Any] = {"shot": self.shot, "layer": self.layer, "generation": self.generation}
        if self.version is not None:
            said["version"] = self.version.number
        return said if self.error is None else said | output.refusal_object(self.error)


def publish(at: Studio, plan: SyncPlan, *, as_json: bool) -> list[Outcome]:
    """Wait for what was asked for and publish all that can be. What fails is told, and keeps none of the others."""
    asked = [d for d in plan.decisions if d.generation and d.state is not State.PUBLISHED]
    handles: dict[str, GenerationHandle] = {}
    ends: dict[str, UsdAiError | None] = {}
    for decision in asked:
        try:
            handles[decision.generation] = at.generation(decision.generation)
        except UsdAiError as error:
            ends[decision.generation] = error
    shots = [decision.shot for decision in asked if decision.generation in handles]
    seen = watched(list(handles.values()), shots, live=not as_json)
    if seen is None:  # the work goes on: nothing is published that nobody waited for
        seen = dict.fromkeys(handles, Cancelled("Nobody waited for it.", remedy="It goes on: usd-ai watch it."))
    ends |= seen
    found: list[Outcome] = []
    for one in asked:
        error, version = ends[one.generation], None
        if error is None:
            try:
                version = handles[one.generation].publish()
            except UsdAiError as refused:
                error = refused
        found.append(Outcome(one.shot, one.layer, one.generation, version, error))
        if not as_json:
            _tell(found[-1])
    return found


def play(look: Callable[[], SyncPlan], apply: Callable[[str], SyncPlan], done: list[Outcome]) -> tuple[SyncPlan, bool]:
    """Apply once more where that only lets what was just published play as it is cut; the plan, and whether it was.

    A shot that is new and plays backwards gets its edit layers only now, since there was no layer before. Everything
    else that is left was not approved: it is told, and left.
    """
    now, came = look(), {(one.shot, one.layer) for one in done if one.version is not None}
    if now.open and all(one.action.plays and (one.shot, one.layer) in came for one in now.open):
        return apply(now.etag), True
    return now, False


def _tell(one: Outcome) -> None:
    if one.version is not None:
        output.say(f"Published {one.version.name} v{one.version.number:03} in {one.shot}.")
    elif one.error is not None:
        output.aside(f"Not published: {one.layer} in {one.shot} ({one.generation}).")
        output.refusal(one.error)
