"""How the inner loops here are compiled: cached, strict arithmetic, one thread."""

from __future__ import annotations

from typing import Any

from numba import njit

_OPTIONS: Any = {"cache": True, "_nrt": False}

kernel: Any = njit(**_OPTIONS)
"""Decorator of functions that allocate nothing: numba then counts no references to arrays. With counting, half of the
time in the march went into atomic increments (perf, numba 0.68)."""
