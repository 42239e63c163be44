"""Pages of lists that are in memory as a whole: generators, projects, the shots of a cut, lineage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from google.protobuf.message import Message

from services.interceptors import LIMIT
from usd_ai.core.errors import InvalidRequest

DEFAULT_SIZE = 50
MAX_SIZE = 200

ROOM = LIMIT * 5 // 8
"""Bytes that a page's items may take; what is said beside them has the rest of the message."""
ASIDE = LIMIT // 8
"""Bytes that each list beside a page may take: notices, notes."""

_Item = TypeVar("_Item")
_Message = TypeVar("_Message", bound=Message)


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


def messages(
    items: Sequence[_Item], page_size: int, token: str, state: str, made: Callable[[_Item], _Message]
) -> tuple[list[_Message], str]:
    """A page as messages, cut short where `ROOM` is used up: a shot with a ramp is as large as a hundred others.

    Raises InvalidRequest ITEM_TOO_LARGE for one that no message has room for.
    """
    taken, after = page(items, page_size, token, state)
    found: list[_Message] = []
    room = ROOM
    for item in taken:
        message = made(item)
        if message.ByteSize() > LIMIT - ASIDE:
            named = str(getattr(message, "name", "")).rpartition("/")[2]
            raise InvalidRequest(
                f"{named} alone has {message.ByteSize()} bytes, more than one answer may have: it is used thousands of "
                "times in this cut, or in very long ramps.",
                remedy="Hand over that part of the cut by itself: no page is small enough for it.",
                reason="ITEM_TOO_LARGE",
                context={"item": named},
            )
        room -= message.ByteSize()
        if found and room < 0:
            start = int(token.rpartition("@")[2] or 0)
            return found, f"{state}@{start + len(found)}"
        found.append(message)
    return found, after


def fitting(items: Sequence[_Item], bytes_of: Callable[[_Item], int], room: int = ROOM) -> list[_Item]:
    """The first items that have room beside each other in one message."""
    taken: list[_Item] = []
    for item in items:
        room -= bytes_of(item) + 4  # and its tag and length
        if room < 0:
            break
        taken.append(item)
    return taken


def few(words: Sequence[str], room: int = ASIDE) -> list[str]:
    """What of a list of sentences has room; a last one says how many have not."""
    for count, text in enumerate(words):
        room -= len(text.encode()) + 4  # and its tag and length
        if room < 0:
            return [*words[:count], f"... and {len(words) - count} more."]
    return list(words)
