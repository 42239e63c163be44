"""The object that `generate` and `publish` end with, and the lines that say the same to a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from usd_ai.cli import output
from usd_ai.client import GenerationHandle
from usd_ai.core.types import Version


def result_object(handle: GenerationHandle) -> dict[str, Any]:
    """What was made, for a program."""
    snapshot, places = handle.snapshot, handle.places
    layer = snapshot.layer
    return {
        "generation": snapshot.name,
        "state": snapshot.state.value,
        "etag": snapshot.etag,
        "plan": {"digest": snapshot.plan_digest},
        "layer": {"path": places.layer, "sha256": layer.sha256 if layer else ""},
        "record": {"path": places.record, "id": snapshot.record.id if snapshot.record else ""},
        "preview": {"path": places.preview},
        "elements": dict(layer.elements) if layer else {},
        "cached": snapshot.cached,
        "seconds": snapshot.seconds,
    }


def published_object(handle: GenerationHandle, version: Version) -> dict[str, Any]:
    """What was made and where it was published, for a program."""
    result = result_object(handle)
    if version.folder:
        folder = Path(version.folder)
        result["layer"]["path"] = str(folder / f"{version.name}.usda")
        result["record"]["path"] = str(folder / "record.json")
        result["preview"]["path"] = str(folder / "preview.png")
    return {**result, "version": version.number, "folder": version.folder, "name": version.name}


def tell(result: dict[str, Any]) -> None:
    """What was made, for a person."""
    output.gap()
    output.facts(
        [
            ("generation", result["generation"]),
            ("state", result["state"] + (" (same plan: taken from the cache)" if result["cached"] else "")),
            ("plan", result["plan"]["digest"]),
            ("layer", result["layer"]["path"]),
            ("sha256", result["layer"]["sha256"]),
            ("record", result["record"]["path"]),
            ("preview", result["preview"]["path"]),
            ("elements", ", ".join(f"{count:,} {kind}" for kind, count in result["elements"].items())),
            ("version", result.get("version", "")),
            ("seconds", f"{result['seconds']:.1f}"),
        ]
    )
