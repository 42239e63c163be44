"""What was understood of a prompt, for people and for programs."""

from __future__ import annotations

from typing import Any

from usd_ai.cli import output
from usd_ai.core.types import Kind, ParameterValue, Reading, Understanding

_SAID = {
    Kind.SET: "set",
    Kind.OVERRIDDEN: "overridden",
    Kind.ELSEWHERE: "understood, not set by this",
    Kind.UNKNOWN: "not understood",
}


def understanding_object(understanding: Understanding | None) -> dict[str, Any]:
    """What to add to a JSON answer; nothing where there was no prompt."""
    if understanding is None:
        return {}
    return {
        "understanding": {
            "readings": [_reading_object(reading) for reading in understanding.readings],
            "settings": {name: _plain(value) for name, value in understanding.settings},
            "unknown": [reading.words for reading in understanding.readings if reading.kind is Kind.UNKNOWN],
            "notes": list(understanding.notes),
            "prompt_sha256": understanding.prompt_sha256,
            "model": {"name": understanding.model, "sha256": understanding.model_sha256},
        }
    }


def tell(understanding: Understanding | None) -> None:
    """The table of words and what came of them, and sentences about the whole."""
    if understanding is None:
        return
    output.gap()
    rows = [(r.words, _SAID[r.kind], _meant(r), _settings(r), r.note) for r in understanding.readings]
    if rows:
        output.table(("words", "", "meaning", "sets", "note"), rows)
    for note in understanding.notes:
        output.aside(note)


def _meant(reading: Reading) -> str:
    return f"{reading.attribute}: {reading.meaning}" if reading.attribute else ""


def _settings(reading: Reading) -> str:
    return ", ".join(f"{name}={_text(value)}" for name, value in reading.settings)


def _text(value: ParameterValue) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _reading_object(reading: Reading) -> dict[str, Any]:
    return {
        "words": reading.words,
        "kind": reading.kind.value,
        "attribute": reading.attribute,
        "meaning": reading.meaning,
        "settings": {name: _plain(value) for name, value in reading.settings},
        "note": reading.note,
    }


def _plain(value: ParameterValue) -> Any:  # noqa: ANN401 - straight into JSON
    return list(value) if isinstance(value, tuple) else value
