from __future__ import annotations

import subprocess
import sys

import pytest

import usd_ai

NAMES = [
    "Cut",
    "CutDiff",
    "Decision",
    "Detail",
    "FrameRange",
    "Generation",
    "GenerationHandle",
    "GeneratorInfo",
    "Layer",
    "Parameter",
    "PlanPreview",
    "Progress",
    "Rate",
    "Record",
    "Shot",
    "ShotHandle",
    "State",
    "Studio",
    "SyncPlan",
    "Tls",
    "Trace",
    "Verdict",
    "Version",
    "connect",
    "errors",
]


def test_when_the_public_names_change_then_this_list_and_the_changelog_change_with_them() -> None:
    assert sorted(NAMES) == sorted(usd_ai.__all__)
    assert set(NAMES) <= set(dir(usd_ai))


@pytest.mark.parametrize("name", NAMES)
def test_when_a_public_name_is_used_then_it_is_there_and_has_a_docstring(name: str) -> None:
    assert getattr(usd_ai, name).__doc__


def test_when_a_name_is_unknown_then_the_error_lists_the_public_ones() -> None:
    with pytest.raises(AttributeError, match="connect"):
        usd_ai.conect  # noqa: B018 - the misspelled name is the test


def test_when_a_client_is_imported_then_neither_torch_nor_usd_nor_numpy_is() -> None:
    code = (
        "import sys, usd_ai; usd_ai.connect; usd_ai.errors; usd_ai.Rate; import usd_ai.cli.main, usd_ai.cli.doctor, "
        "usd_ai.cli.generate, usd_ai.cli.verify; "
        "heavy = {'torch', 'pxr', 'numpy', 'opentimelineio', 'sqlalchemy', 'numba', 'mitsuba', 'services'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
