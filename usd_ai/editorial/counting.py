"""Whether a cut counts drop-frame timecode: kept beside its timeline, so that what is written of it counts the same."""

from __future__ import annotations

from collections.abc import Mapping

import opentimelineio as otio

from usd_ai.core.types import Rate
from usd_ai.editorial.names import METADATA
from usd_ai.editorial.rates import has_drop_frame

_DROP = "drop"


def remember_drop(timeline: otio.schema.Timeline, drop: bool | None) -> None:
    """Keep how a timeline's record timecode is counted; None where its file does not say."""
    if drop is not None:
        timeline.metadata[METADATA] = {_DROP: drop}


def drop_of(timeline: otio.schema.Timeline, rate: Rate) -> bool | None:
    """Whether a timeline's record timecode is drop-frame, which not every rate has; None where nobody said."""
    own = timeline.metadata.get(METADATA)
    drop = own.get(_DROP) if isinstance(own, Mapping) else None
    return drop and has_drop_frame(rate) if isinstance(drop, bool) else None
