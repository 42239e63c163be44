"""Claim: a dense volume of 256³ voxels, 4.2 million of them active, is on disk as .vdb as soon as OpenVDB has it there.

Ours: `usd_ai.sim.vdb.encode`, half floats. Peer: OpenVDB's own Python module, as it ships inside Blender's bpy:
`copyFromArray` and `write` of the same array, half floats. Its Python is named by USD_AI_BLENDER_PYTHON. OpenVDB
compresses with Blosc there; ours zips only leaves that repeat, so both file sizes are told in the note. The best
of all rounds counts, because other work on the machine only ever adds time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from usd_ai.sim import vdb

GOAL = 1.0

PEER = """
import glob, json, os, sys, time
roots = [os.path.join(path, "bpy") for path in sys.path]
sys.path += [os.path.dirname(hit) for root in roots
             for hit in glob.glob(os.path.join(root, "*/python/lib/*/site-packages/openvdb*.so"))]
import numpy as np, openvdb
values, folder, rounds = np.load(sys.argv[1]), sys.argv[2], int(sys.argv[3])
target, seconds = os.path.join(folder, "peer.vdb"), []
for _ in range(rounds + 1):
    begin = time.perf_counter()
    grid = openvdb.FloatGrid()
    grid.copyFromArray(values)
    grid.name, grid.saveFloatAsHalf = "density", True
    openvdb.write(target, grids=[grid])
    seconds.append(time.perf_counter() - begin)
print(json.dumps({"seconds": min(seconds[1:]), "bytes": os.path.getsize(target),
                  "active": grid.activeVoxelCount(), "version": ".".join(map(str, openvdb.LIBRARY_VERSION))}))
"""


def volume(size: int) -> NDArray[np.float32]:
    """A ball of smoothly varying density that fills a quarter of the box."""
    x, y, z = np.meshgrid(*[np.arange(size, dtype=np.float32) - size / 2] * 3, indexing="ij")
    inside = np.sqrt(x * x + y * y + z * z) < 100 / 256 * size
    smooth = (np.sin(x / 7) * np.cos(y / 9) + np.sin(z / 5) + 2.01) * 0.1
    return np.where(inside, smooth, 0).astype(np.float32)


def ours(values: NDArray[np.float32], folder: str, rounds: int) -> tuple[float, int]:
    """Best seconds from array to file, and the file's bytes. The first round compiles and is not counted."""
    target = Path(folder) / "ours.vdb"
    seconds: list[float] = []
    for _ in range(rounds + 1):
        begin = time.perf_counter()
        target.write_bytes(vdb.encode([vdb.Grid("density", values)], 0.1, (0.0, 0.0, 0.0)))
        seconds.append(time.perf_counter() - begin)
    return min(seconds[1:]), target.stat().st_size


def main() -> int:
    """Measure both, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="fewer rounds")
    parser.add_argument("--require-peer", action="store_true", help="fail where OpenVDB is not installed")
    options = parser.parse_args()
    rounds = 5 if options.short else 15
    python = os.environ.get("USD_AI_BLENDER_PYTHON", "")
    values = volume(256)
    with tempfile.TemporaryDirectory() as folder:
        seconds, size = ours(values, folder, rounds)
        peer: dict[str, float | str] = {}
        if python:
            array = Path(folder) / "values.npy"
            np.save(array, values)
            ran = subprocess.run(
                [python, "-c", PEER, str(array), folder, str(rounds)],
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            if ran.returncode == 0:
                peer = json.loads(ran.stdout.splitlines()[-1])
            else:
                print(ran.stderr, file=sys.stderr)
    active = int(np.count_nonzero(values))
    note = f"{active} active voxels; our file {size / 1e6:.1f} MB"
    if peer:
        note += f", peer's {float(peer['bytes']) / 1e6:.1f} MB (Blosc)"
    else:
        note += "; peer not measured: USD_AI_BLENDER_PYTHON names no Python with bpy"
    ratio = float(peer["seconds"]) / seconds if peer else None
    print(
        json.dumps(
            {
                "claim": "256^3 voxels to a .vdb file",
                "unit": "s",
                "ours": round(seconds, 4),
                "peer": round(float(peer["seconds"]), 4) if peer else None,
                "peer_name": f"OpenVDB {peer['version']} (C++, in bpy)" if peer else "OpenVDB (C++, in bpy)",
                "ratio": round(ratio, 2) if ratio else None,
                "goal": GOAL,
                "ok": ratio >= GOAL if ratio else None,
                "note": note,
            }
        )
    )
    return 1 if options.require_peer and not peer else 0


if __name__ == "__main__":
    sys.exit(main())
