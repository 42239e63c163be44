"""What another release simulated is never taken for this one's."""

from __future__ import annotations

from pathlib import Path

import pytest

from usd_ai.generators.burning_forest import program


def test_when_the_program_that_simulates_differs_then_its_digest_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "growth").mkdir()
    for name in ("_flames.py", "hashing.py", "growth/tree.py"):
        (tmp_path / name).write_text("1\n", encoding="utf-8")
    monkeypatch.setattr(program, "_SIM", tmp_path)

    def digests() -> tuple[str, str]:
        program.fluid_program.cache_clear()
        program.growth_program.cache_clear()
        return program.fluid_program(), program.growth_program()

    try:
        first = digests()
        assert digests() == first
        (tmp_path / "_flames.py").write_text("2\n", encoding="utf-8")
        second = digests()
        assert second[0] != first[0]
        assert second[1] == first[1]
        (tmp_path / "growth" / "tree.py").write_text("2\n", encoding="utf-8")
        assert digests()[1] != first[1]
    finally:
        program.fluid_program.cache_clear()
        program.growth_program.cache_clear()
