"""Answers that are asked for page by page: worked out for the first page, kept for those that follow."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass
from typing import Generic, TypeVar

from usd_ai.api.v1 import timeline_pb2

SECONDS = 60.0
"""How long an answer is kept after its last page was read."""
MOST = 4
"""Answers that are kept at a time: a cut of 5,000 shots and what it means have some tens of megabytes."""

_Answer = TypeVar("_Answer")
_Key = tuple[bytes, str]
_Paged = timeline_pb2.DiffCutRequest | timeline_pb2.SyncCutRequest


@dataclass(frozen=True, slots=True)
class _Kept(Generic[_Answer]):
    answer: _Answer
    dropping: asyncio.TimerHandle


class Answers(Generic[_Answer]):
    """What was answered a moment ago and is still being read. For the loop alone.

    An answer is found by the question and by what its page token names: the digests it was worked out from. So pages
    never mix two answers. One that is kept no more is worked out anew, and refused where it came out as another.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._kept: dict[_Key, _Kept[_Answer]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, request: _Paged) -> _Answer | None:
        """The answer that a page of is asked for, where it is still kept; None for a first page."""
        kept = self._kept.get(_key(request, request.page_token)) if request.page_token else None
        return kept.answer if kept is not None else None

    def keep(self, request: _Paged, token: str, answer: _Answer) -> None:
        """Keep an answer while there is a next page, which ``token`` names; without one it is done with."""
        key = _key(request, token or request.page_token)
        self._drop(key)
        if not token:
            return
        while len(self._kept) >= MOST:
            self._drop(next(iter(self._kept)))  # the one that was read longest ago
        dropping = asyncio.get_running_loop().call_later(self._seconds, self._drop, key)
        self._kept[key] = _Kept(answer, dropping)

    def _drop(self, key: _Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            kept.dropping.cancel()


def _key(request: _Paged, token: str) -> _Key:
    question = copy.deepcopy(request)
    question.page_size, question.page_token = 0, ""
    return question.SerializeToString(deterministic=True), token.rpartition("@")[0]
