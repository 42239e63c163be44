"""The environment of every child: written from nothing, so that no machine's settings can change a bit of a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usd_ai.core.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

PINNED: dict[str, str] = {
    # One thread per library: the order of a floating point sum must not depend on the number of cores.
    "BLIS_NUM_THREADS": "1",
    "MKL_DYNAMIC": "FALSE",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "OMP_DYNAMIC": "FALSE",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    # Modes in which a math library gives the same bits whatever instructions the processor offers or the card prefers.
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    "MKL_CBWR": "COMPATIBLE",
    "NVIDIA_TF32_OVERRIDE": "0",
    # What a language or a person set must not matter either.
    "LANG": "C",
    "LC_ALL": "C",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
}

_STEERING = ("PYTHON", "PXR_", "OTIO_", "USD_AI_", "LD_PRELOAD", "LD_AUDIT")
"""Beginnings of names that steer what code is loaded or how it behaves."""


def of_child(additions: Mapping[str, str], *, home: str, temporary: str) -> dict[str, str]:
    """All variables of a child: the pinned ones, a home and a temporary folder, and the additions of the settings.

    Nothing is inherited. Raises InvalidRequest for an addition that would change a pinned variable or steer a library.
    """
    for name in sorted(additions):
        if name in PINNED or name.startswith(_STEERING):
            raise InvalidRequest(
                f"The environment variable {name} cannot be set for workers.",
                remedy="It is pinned so that every machine gives the same bytes; take it out of the settings.",
                reason="PINNED_ENVIRONMENT",
                context={"variable": name},
            )
    return {"HOME": home, "TMPDIR": temporary, **dict(additions), **PINNED}
