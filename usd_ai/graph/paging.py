"""Page sizes and tokens of lists: opaque to the asker, stable while new entries arrive."""

from __future__ import annotations

import base64
import hashlib
import json

from usd_ai.core.errors import InvalidRequest

DEFAULT_SIZE = 50
LARGEST_SIZE = 1000


def size(asked: int) -> int:
    """The page size to use: 0 means the default, more than the largest means the largest."""
    if asked < 0:
        raise InvalidRequest(
            f"A page cannot hold {asked} entries.", remedy="Ask for 1 to 1000, or 0.", reason="PAGE_SIZE"
        )
    return min(asked, LARGEST_SIZE) or DEFAULT_SIZE


def token(before: int, *question: str) -> str:
    """A token for the page of entries older than ``before``, good for the same question only."""
    return base64.urlsafe_b64encode(json.dumps([before, _mark(question)]).encode()).decode().rstrip("=")


def before(text: str, *question: str) -> int | None:
    """Where the page of a token begins; None for the first page. Raises InvalidRequest for a foreign token."""
    if not text:
        return None
    try:
        ordinal, mark = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if mark == _mark(question):
            return int(ordinal)
    except (ValueError, TypeError):
        pass  # a token that cannot be read and one of another list are the same mistake
    raise InvalidRequest(
        "The page token does not belong to this list.",
        remedy="Ask for the first page, without a token, and follow the tokens it gives.",
        reason="PAGE_TOKEN",
    )


def _mark(question: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(question).encode()).hexdigest()[:8]
