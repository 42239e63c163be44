"""Progress of a step within a step."""

from __future__ import annotations

from usd_ai.core.ports import Reporter


def part(report: Reporter, low: float, high: float) -> Reporter:
    """A reporter for a step that spans ``low`` to ``high`` of the whole."""

    def of_part(fraction: float, message: str) -> None:
        report(low + (high - low) * fraction, message)

    return of_part


def silent(_fraction: float, _message: str) -> None:
    """A reporter for work that nobody watches."""
