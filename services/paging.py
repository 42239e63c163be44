"""Pages of lists that are in memory as a whole: generators, projects, the shots of a cut, lineage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from usd_ai.core.errors import InvalidRequest

DEFAULT_SIZE = 50
MAX_SIZE = 200

_Item = TypeVar("_Item")


def size(asked: int, default: int = DEFAULT_SIZE, most: int = MAX_SIZE) -> int:
    """How many to return: 0 is the default, more than ``most`` is ``most``. Raises InvalidRequest below 0."""
    if asked < 0:
        raise InvalidRequest(
            f"page_size is {asked}.", remedy="Give 0 or more; 0 lets the server choose.", reason="PAGE_SIZE_INVALID"
        )
    return min(asked or default, most)


def page(items: Sequence[_Item], page_size: int, token: str, state: str = "") -> tuple[Sequence[_Item], str]:
    """The items of a page and the token of the next one ("" at the end).

    ``state`` names what the list was made from. A token of another state is refused, so that a reader of pages never
    mixes two lists.
    """
    begun, _, offset = token.rpartition("@")
    if token and (not offset.isdigit() or len(offset) > 9):  # noqa: PLR2004 - nine digits are far beyond any list
        raise InvalidRequest(
            "The page_token is none of ours.", remedy="Start again without one.", reason="PAGE_TOKEN_INVALID"
        )
    if token and begun != state:
        raise InvalidRequest(
            "What is listed changed since the first page.",
            remedy="Start again without a page_token.",
            reason="PAGE_TOKEN_STALE",
        )
    start = int(offset or 0)
    end = start + page_size
    return items[start:end], f"{state}@{end}" if end < len(items) else ""
