"""Edit layers for the engine: the task that a worker runs."""

from __future__ import annotations

from usd_ai.core.decisions import Edit
from usd_ai.stage.retime import write_edit_layer


def edit_layer_task(folder: str, name: str, out: str, edit: Edit, rate: float) -> tuple[str, ...]:
    """Task: write ``out`` above the published layer in ``folder``; sentences on what it cannot say."""
    written = write_edit_layer(folder, name, out, edit.plays, edit.shown, start=edit.start, time_codes_per_second=rate)
    return written.limits
