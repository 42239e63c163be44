"""Digests of program text, for the keys of caches: what another release simulated is never taken for this one's."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from usd_ai import sim
from usd_ai.generators.burning_forest import caches

_SIM = Path(sim.__file__).parent


@lru_cache
def growth_program() -> str:
    """SHA-256 over the program that grows plants."""
    return _digest([*sorted((_SIM / "growth").glob("*.py")), _SIM / "hashing.py"])


@lru_cache
def fluid_program() -> str:
    """SHA-256 over the program that simulates flames and smoke and writes them as volumes."""
    return _digest([*sorted(_SIM.glob("*.py")), Path(caches.__file__)])


def _digest(files: list[Path]) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
