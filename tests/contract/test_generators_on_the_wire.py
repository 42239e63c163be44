"""What a generator declares arrives at a client as it was declared: every kind of parameter has a word on the wire."""

from __future__ import annotations

from services.convert import generator_message
from usd_ai.client import decode
from usd_ai.generators.burning_forest import GENERATOR


def test_when_the_forest_is_described_then_a_client_reads_each_parameter_as_it_was_declared() -> None:
    message = generator_message(GENERATOR)
    assert [decode.parameter(parameter) for parameter in message.parameters] == list(GENERATOR.parameters)
    assert {parameter.name for parameter in message.parameters if parameter.world} == GENERATOR.world_parameters
