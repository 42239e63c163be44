"""The values that travel between the rooms: frozen, plain, hashable, picklable. No behaviour beyond arithmetic.

They are written down by theme in ``cuts``, ``facts``, ``layers`` and ``work``; everybody imports them from here.
"""

from __future__ import annotations

from usd_ai.core.cuts import Cut, FrameRange, Notice, Occurrence, Plays, Project, Rate, Retime, Shot
from usd_ai.core.facts import ArrayRef, CameraFacts, LayerInput, LightFacts, MeshFacts, StageFacts
from usd_ai.core.layers import (
    Edge,
    Finding,
    Layer,
    LayerFile,
    PublishedShot,
    Record,
    SheetShot,
    Trace,
    UsePlayed,
    Verdict,
    Version,
)
from usd_ai.core.work import (
    Detail,
    Failure,
    Forecast,
    Generation,
    Kind,
    ParameterValue,
    Plan,
    PlannedWork,
    Progress,
    Reading,
    Request,
    State,
    Understanding,
    World,
)

__all__ = [
    "ArrayRef",
    "CameraFacts",
    "Cut",
    "Detail",
    "Edge",
    "Failure",
    "Finding",
    "Forecast",
    "FrameRange",
    "Generation",
    "Kind",
    "Layer",
    "LayerFile",
    "LayerInput",
    "LightFacts",
    "MeshFacts",
    "Notice",
    "Occurrence",
    "ParameterValue",
    "Plan",
    "PlannedWork",
    "Plays",
    "Progress",
    "Project",
    "PublishedShot",
    "Rate",
    "Reading",
    "Record",
    "Request",
    "Retime",
    "SheetShot",
    "Shot",
    "StageFacts",
    "State",
    "Trace",
    "Understanding",
    "UsePlayed",
    "Verdict",
    "Version",
    "World",
]
