"""What all tests share: the corpus of real files, and golden files that one flag rewrites."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"

# "ci" is Hypothesis' own: the same examples each time, no deadline. Whoever works here gets new examples at every run,
# which is how faults are found; a submission is not refused for one that was there before it.
if profile := os.environ.get("HYPOTHESIS_PROFILE"):
    settings.load_profile(profile)

pytest_plugins = ("tests.journeys.shows", "tests.journeys.foreign")  # published layers that readers and journeys share


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        help="write what was made into tests/golden instead of comparing; review it as a diff",
    )


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real input files; the test is skipped where it is not there."""
    folder = Path(os.environ.get("USD_AI_CORPUS") or ROOT.parent / "shared" / "corpus")
    if not folder.is_dir():
        pytest.skip(f"needs the corpus of real files at {folder} (set USD_AI_CORPUS)")
    return folder


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """``golden(name, text)``: the text equals the golden file, or becomes it with ``--rewrite-golden``."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--rewrite-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.is_file(), f"{name} is missing; make it with pytest --rewrite-golden"
        assert text == path.read_text(encoding="utf-8"), f"{name} differs; after review: pytest --rewrite-golden"

    return compare
