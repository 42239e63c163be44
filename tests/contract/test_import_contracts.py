from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()"]


def test_when_the_rooms_are_linted_then_every_contract_is_kept() -> None:
    run = subprocess.run([*_LINT, "--no-cache"], cwd=_ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout
    assert "0 broken" in run.stdout


def test_when_a_room_is_new_then_the_build_asks_what_it_is(tmp_path: Path) -> None:
    for package in ("usd_ai", "services"):
        shutil.copytree(_ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(_ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "usd_ai" / "cellar").mkdir()
    (tmp_path / "usd_ai" / "cellar" / "__init__.py").write_text("")
    run = subprocess.run(
        [*_LINT, "--no-cache", "--contract", "rooms"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode != 0
    assert "cellar" in run.stdout
