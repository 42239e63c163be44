"""OpenVDB files as bytes: `encode` dense grids, `decode` what `encode` wrote, or have one grid of it `scaled`.

See docs/decisions/010-vdb-writer.md for why this is not OpenVDB itself.
"""

from __future__ import annotations

from usd_ai.sim._vdb_format import Grid, VdbFile
from usd_ai.sim._vdb_read import decode
from usd_ai.sim._vdb_scale import scaled
from usd_ai.sim._vdb_write import encode

__all__ = ["Grid", "VdbFile", "decode", "encode", "scaled"]
