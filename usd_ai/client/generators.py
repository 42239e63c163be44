"""A generator as the server tells of it."""

from __future__ import annotations

from dataclasses import dataclass

from usd_ai.api.v1 import generators_pb2
from usd_ai.client import decode
from usd_ai.core.parameters import Parameter


@dataclass(frozen=True, slots=True)
class GeneratorInfo:
    """A generator and everything that can be set on it. ``world``: names that every shot of a sequence shares."""

    id: str
    title: str
    summary: str
    algorithm_version: int
    parameters: tuple[Parameter, ...]
    world: frozenset[str]


def generator_info(message: generators_pb2.Generator) -> GeneratorInfo:
    """A generator and its parameters."""
    return GeneratorInfo(
        id=message.name.removeprefix("generators/"),
        title=message.title,
        summary=message.summary,
        algorithm_version=message.algorithm_version,
        parameters=tuple(decode.parameter(p) for p in message.parameters),
        world=frozenset(p.name for p in message.parameters if p.world),
    )
