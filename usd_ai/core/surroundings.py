"""What a plan stands on besides the facts: maps of the show, curves of the stage, ground where there is none, words."""

from __future__ import annotations

import dataclasses

from usd_ai.core.archive import Ports
from usd_ai.core.errors import InvalidRequest
from usd_ai.core.parameters import resolve
from usd_ai.core.places import inside
from usd_ai.core.ports import Cancel, GeneratorSpec, Limits, Lines
from usd_ai.core.types import ParameterValue, Project, Request, StageFacts, Understanding

PARTS_MOST = 100  # behind '|', where some name curves: a few bytes stand for thousands of places each
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


def understood(
    ports: Ports, spec: GeneratorSpec, request: Request, facts: StageFacts, cancel: Cancel | None
) -> Understanding | None:
    """What the request's prompt means to the generator in this shot; None without a prompt."""
    if not request.prompt:
        return None
    return ports.workers.call(
        spec.prompt_task,
        {
            "prompt": request.prompt,
            "given": tuple(name for name, _ in request.parameters),
            "facts": facts,
            "camera": request.camera,
            "arrays": ports.arrays,
        },
        cancel=cancel,
    )


def drawn(
    ports: Ports, spec: GeneratorSpec, request: Request, facts: StageFacts, stage: str, cancel: Cancel | None
) -> Request:
    """The request with places in metres where it names curves of the stage: a plan must hang on where they lie.

    Raises what `core.ports.StageReader.curves` does, and InvalidRequest for more than `PARTS_MOST` parts.
    """
    texts = {name: str(value).split("|") for name, value in request.parameters if name in spec.curve_parameters}
    paths = tuple(dict.fromkeys(_path(part) for parts in texts.values() for part in parts if _path(part)))
    if not paths:
        return request
    for name, parts in texts.items():
        if len(parts) > PARTS_MOST:
            raise InvalidRequest(
                f"Parameter '{name}' has {len(parts):,} parts and names curves, more than {PARTS_MOST:,}.",
                remedy="Draw the curves as one BasisCurves, and name that.",
                reason="PARAMETER_OUT_OF_RANGE",
                context={"parameter": name},
            )
    lines = dict(zip(paths, ports.stages.curves(stage, paths, facts, cancel=cancel), strict=True))
    read = {
        name: " | ".join(_points(part, lines[_path(part)]) if _path(part) else part for part in parts)
        for name, parts in texts.items()
    }
    changed = tuple((name, read.get(name, value)) for name, value in request.parameters)
    return dataclasses.replace(request, parameters=changed)


def _path(part: str) -> str:
    """The prim path that a part of a text is, without its moment; "" where it is something else."""
    words = part.strip()
    return words.partition("@")[0].strip() if words.startswith("/") else ""


def _points(part: str, lines: Lines) -> str:
    """Lines as text, the first point of each with the moment that stands behind the path."""
    moment = "".join(part.strip().partition("@")[1:])
    return " | ".join("; ".join(f"{x!r},{y!r}{'' if n else moment}" for n, (x, y) in enumerate(row)) for row in lines)


def grounded(
    ports: Ports, spec: GeneratorSpec, request: Request, facts: StageFacts, cancel: Cancel | None
) -> StageFacts:
    """The facts, with the generator's own ground where the stage has none. Raises what its task raises."""
    if facts.ground or not spec.ground_task:
        return facts
    values = dict(resolve(spec.parameters, dict(request.parameters)))
    given = {"facts": facts, "values": values, "seed": request.seed, "arrays": ports.arrays}
    return ports.workers.call(spec.ground_task, given, cancel=cancel)
