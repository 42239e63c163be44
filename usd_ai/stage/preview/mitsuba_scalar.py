"""Mitsuba as it is used here: the scalar variant, on one thread, quiet.

Scalar needs no LLVM. It seeds each block of the picture by the block's number, but chooses the size of blocks by the
number of threads, so one thread is what makes bytes equal on machines of any width.
"""

from __future__ import annotations

from typing import Any

import drjit
import mitsuba

mi: Any = mitsuba  # its stubs describe array types that the scalar variant does not have

mi.set_variant("scalar_rgb")
mi.set_log_level(mi.LogLevel.Error)
drjit.set_thread_count(1)

__all__ = ["mi"]
