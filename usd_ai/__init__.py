"""usd_ai: environments generated as USD layers in the shot, repeatable to the byte, with a signed record.

The public names are those in ``__all__``; a test freezes them. They are imported when first used, so that
``import usd_ai`` costs nothing: neither torch nor USD is ever loaded by it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from usd_ai.client import GenerationHandle, GeneratorInfo, PlanPreview, ShotHandle, Studio, Tls, connect
    from usd_ai.core import errors
    from usd_ai.core.changes import CutDiff
    from usd_ai.core.decisions import Decision, SyncPlan
    from usd_ai.core.parameters import Parameter
    from usd_ai.core.types import (
        Cut,
        Detail,
        FrameRange,
        Generation,
        Layer,
        Progress,
        Rate,
        Record,
        Shot,
        State,
        Trace,
        Verdict,
        Version,
    )

_HOMES = {
    "usd_ai.client": (
        "GenerationHandle",
        "GeneratorInfo",
        "PlanPreview",
        "ShotHandle",
        "Studio",
        "Tls",
        "connect",
    ),
    "usd_ai.core": ("errors",),
    "usd_ai.core.changes": ("CutDiff",),
    "usd_ai.core.decisions": ("Decision", "SyncPlan"),
    "usd_ai.core.parameters": ("Parameter",),
    "usd_ai.core.types": (
        "Cut",
        "Detail",
        "FrameRange",
        "Generation",
        "Layer",
        "Progress",
        "Rate",
        "Record",
        "Shot",
        "State",
        "Trace",
        "Verdict",
        "Version",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Cut",
    "CutDiff",
    "Decision",
    "Detail",
    "FrameRange",
    "Generation",
    "GenerationHandle",
    "GeneratorInfo",
    "Layer",
    "Parameter",
    "PlanPreview",
    "Progress",
    "Rate",
    "Record",
    "Shot",
    "ShotHandle",
    "State",
    "Studio",
    "SyncPlan",
    "Tls",
    "Trace",
    "Verdict",
    "Version",
    "connect",
    "errors",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'usd_ai' has no attribute {name!r}; public names: {', '.join(__all__)}")
    home = _HOME_OF[name]
    found = import_module(f"{home}.{name}") if name == "errors" else getattr(import_module(home), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__, "__doc__"]
