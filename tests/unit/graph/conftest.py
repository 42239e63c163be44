"""A show in a folder and its ledger. The tools beside the tests are programs too, so they are found by path."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from usd_ai.graph.ledger import SqlLedger

TOOLS = Path(__file__).parents[2] / "tools"
sys.path.append(str(TOOLS))


@pytest.fixture
def tools() -> Path:
    """The folder of the programs that tests start."""
    return TOOLS


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    """The ledger of the show in ``tmp_path``."""
    import small_show  # noqa: PLC0415 - found by the path above

    opened = small_show.open_ledger(tmp_path)
    yield opened
    opened.close()
