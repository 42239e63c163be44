"""How a cut is to be read, as keywords and in messages."""

from __future__ import annotations

from typing import TypedDict

from usd_ai.api.v1 import timeline_pb2, values_pb2
from usd_ai.core.types import Rate

CutRequest = (
    timeline_pb2.ReadCutRequest
    | timeline_pb2.DiffCutRequest
    | timeline_pb2.SyncCutRequest
    | timeline_pb2.WriteChangeListRequest
    | timeline_pb2.WriteTimelineRequest
)
"""Messages that say it."""


class Reading(TypedDict, total=False):
    """How a cut is to be read: rate for formats that carry none, handles in frames, which sequence of several."""

    rate: Rate | None
    handles: int | None
    sequence: str


def say(request: CutRequest, reading: Reading) -> None:
    """Put it into a message."""
    rate, handles = reading.get("rate"), reading.get("handles")
    if rate is not None:
        request.rate.CopyFrom(values_pb2.Rate(numerator=rate.numerator, denominator=rate.denominator))
    if handles is not None:
        request.handles = handles
    request.sequence = reading.get("sequence", "")
