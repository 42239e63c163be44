"""Exit codes, and the one table that assigns them to errors."""

from __future__ import annotations

from typing import Final

from usd_ai.core import errors

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
NOT_FOUND: Final = 3
REJECTED: Final = 4
SERVER_AWAY: Final = 5
SAME, DIFFERENT, TROUBLE = 0, 1, 2
"""Of comparisons, as diff(1) has them."""

TABLE: Final[dict[type[errors.UsdAiError], int]] = {
    errors.InvalidRequest: USAGE,
    errors.NotFound: NOT_FOUND,
    errors.UnreadableInput: FAILED,
    errors.Conflict: FAILED,
    errors.CheckRejected: REJECTED,
    errors.RecordInvalid: REJECTED,
    errors.Cancelled: FAILED,
    errors.WorkerLost: FAILED,
    errors.ServerAway: SERVER_AWAY,
    errors.UsdAiError: FAILED,
}

VERDICTS: Final = {
    "INTACT": OK,
    "CONVERTED": OK,
    "ALTERED": REJECTED,
    "INVALID": REJECTED,
    "UNRECORDED": NOT_FOUND,
}


def code_of(error: errors.UsdAiError) -> int:
    """The exit code of an error: that of its class, or of the nearest class above it."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
