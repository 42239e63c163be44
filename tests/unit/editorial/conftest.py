from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def timelines() -> Path:
    folder = Path(os.environ.get("USD_AI_CORPUS", _ROOT.parent / "shared" / "corpus")) / "timelines"
    if not folder.is_dir():
        pytest.skip("the corpus of real timelines is not here; set USD_AI_CORPUS to its folder")
    return folder
