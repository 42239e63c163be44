"""What a plan stands on that is not in the stage: painted maps of the show, and ground where the host has none."""

from __future__ import annotations

import dataclasses

from usd_ai.core.archive import Ports
from usd_ai.core.parameters import resolve
from usd_ai.core.places import inside
from usd_ai.core.ports import Cancel, GeneratorSpec, Limits
from usd_ai.core.types import ParameterValue, Project, Request, StageFacts

PICTURE_LIMITS = Limits(memory=4 << 30, cpu=60, wall=90.0)
"""What reading a painted map may take: the file may be hostile."""


def pictured(ports: Ports, spec: GeneratorSpec, request: Request, show: Project, cancel: Cancel | None) -> Request:
    """The request with the values of its pictures in the place of their paths: a plan must not hang on those.

    Raises InvalidRequest for a path outside the show, NotFound and UnreadableInput as the picture's reader does.
    """
    kinds = {parameter.name: parameter.kind for parameter in spec.parameters}
    read: list[tuple[str, ParameterValue]] = []
    for name, value in request.parameters:
        if kinds.get(name) == "picture" and value:
            given = {"path": inside(show, str(value)), "name": str(value), "arrays": ports.arrays}
            task = "usd_ai.stage.pictures:read_picture_task"
            read.append((name, ports.workers.call(task, given, cancel=cancel, limits=PICTURE_LIMITS)))
        else:
            read.append((name, value))
    return dataclasses.replace(request, parameters=tuple(read))


def grounded(
    ports: Ports, spec: GeneratorSpec, request: Request, facts: StageFacts, cancel: Cancel | None
) -> StageFacts:
    """The facts, with the generator's own ground where the stage has none. Raises what its task raises."""
    if facts.ground or not spec.ground_task:
        return facts
    values = dict(resolve(spec.parameters, dict(request.parameters)))
    given = {"facts": facts, "values": values, "seed": request.seed, "arrays": ports.arrays}
    return ports.workers.call(spec.ground_task, given, cancel=cancel)
