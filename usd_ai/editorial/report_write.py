"""The change list into a file, by its ending: .html, .csv or .json. The picture of it is the stage room's page."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from usd_ai.core.errors import InvalidRequest
from usd_ai.editorial.report import ChangeList
from usd_ai.editorial.report_html import as_html
from usd_ai.editorial.report_tables import as_csv, as_json

WRITERS: dict[str, Callable[[ChangeList], bytes]] = {".html": as_html, ".csv": as_csv, ".json": as_json}
"""By the ending of the file."""


def write_report(changes: ChangeList, out: str) -> str:
    """Write the list to ``out``; its path. It appears whole or not at all; equal lists give equal bytes.

    Raises InvalidRequest for another ending than those of `WRITERS`, and what they raise.
    """
    target = Path(out)
    write = WRITERS.get(target.suffix.lower())
    if write is None:
        raise InvalidRequest(
            f"'{target.name}' names no form of a change list.",
            remedy=f"Give a file that ends in {', '.join(WRITERS)}, or .png for the contact sheet.",
            reason="REPORT_FORM",
        )
    data = write(changes)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return str(target)
