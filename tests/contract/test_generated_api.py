from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_GENERATOR = _ROOT / ".venv-proto" / "bin" / "python"
_BUF = Path(sys.executable).parent / "buf"


@pytest.mark.skipif(not _GENERATOR.exists(), reason="needs .venv-proto, which `make test` makes")
def test_when_the_api_is_generated_again_then_it_equals_what_is_committed(tmp_path: Path) -> None:
    script = _ROOT / "tools" / "generate_api.py"
    subprocess.run([_GENERATOR, script, "--out", tmp_path], check=True, capture_output=True, timeout=120)
    made = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.py*")}
    kept = {
        path.relative_to(_ROOT).as_posix(): path.read_bytes()
        for path in (_ROOT / "usd_ai" / "api").rglob("*.py*")
        if path.suffix in {".py", ".pyi"}
    }
    assert sorted(made) == sorted(kept)
    assert [name for name in sorted(made) if made[name] != kept[name]] == []


def test_when_the_wire_is_linted_then_every_field_has_its_sentence() -> None:
    run = subprocess.run([_BUF, "lint"], cwd=_ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout


def test_when_the_wire_changes_then_nothing_that_was_promised_breaks() -> None:
    run = _breaking(_ROOT)
    assert run.returncode == 0, run.stdout


def test_when_a_field_changes_its_type_then_the_breaking_check_finds_it(tmp_path: Path) -> None:
    shutil.copytree(_ROOT / "proto", tmp_path / "proto")
    shutil.copy(_ROOT / "buf.yaml", tmp_path)
    values = tmp_path / "proto" / "usd_ai" / "api" / "v1" / "values.proto"
    values.write_text(values.read_text().replace("int32 denominator = 2;", "int64 denominator = 2;", 1))
    run = _breaking(tmp_path)
    assert run.returncode != 0
    assert "denominator" in run.stdout


def test_when_protos_are_vendored_then_only_google_is_and_its_licence_stays() -> None:
    vendored = sorted((_ROOT / "proto" / "google").rglob("*.proto"))
    assert vendored
    for path in vendored:
        assert "Licensed under the Apache License, Version 2.0" in path.read_text(), path


def _breaking(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [_BUF, "breaking", "--against", "proto/baseline.txtpb"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
