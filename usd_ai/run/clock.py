"""The only place where time comes from."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, as `core.ports.Clock` asks for it."""

    def now(self) -> str:
        """The moment as RFC 3339 in UTC with milliseconds: ``2026-11-22T10:00:00.000Z``."""
        return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()
