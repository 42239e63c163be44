"""Which sequence of a file is the cut, where it holds several."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeVar

from usd_ai.core.errors import InvalidRequest, UnreadableInput

_Of = TypeVar("_Of")


def chosen(found: Sequence[tuple[str, _Of]], name: str, sequence: str) -> _Of:
    """The one of that name, or the only one. Raises InvalidRequest (AMBIGUOUS_SEQUENCE), UnreadableInput."""
    if not found:
        raise UnreadableInput(
            f"{name} holds no sequence.",
            remedy="Export a sequence, not only clips or bins.",
            reason="EMPTY_CUT",
            context={"file": name},
        )
    taken = [item for label, item in found if label == sequence] if sequence else [item for _, item in found]
    if len(taken) == 1:
        return taken[0]
    names = ", ".join(json.dumps(label, ensure_ascii=False) for label, _ in found[:20])
    several = "several" if taken else "none"
    raise InvalidRequest(
        f"{name} holds {len(found)} timelines ({names})" + (f", {several} named '{sequence}'." if sequence else "."),
        remedy="Name the sequence, or export it alone.",
        reason="AMBIGUOUS_SEQUENCE",
        context={"file": name},
    )
