"""Claim: a dense volume of 256³ voxels, 4.2 million of them active, is on disk as .vdb within 1.5 times OpenVDB's time.

Ours: `usd_ai.sim.vdb.encode`, half floats. Peers, both OpenVDB in C++ behind its own Python module, `copyFromArray` and
`write` of the same array with half floats: the one that ships inside Blender's bpy (its Python is named by
USD_AI_BLENDER_PYTHON) and the one of Debian's package python3-openvdb (USD_AI_OPENVDB_PYTHON). Rounds take turns, the
best of each counts, because other work on the machine only ever adds time. Both peers then read our file and compare
every voxel. OpenVDB compresses with Blosc there; ours zips only leaves that repeat, so file sizes are told in the note.
"""

from __future__ import annotations

import argparse
import hashlib
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

GOAL = round(1 / 1.5, 2)

PEER = """
import glob, json, os, sys, time
roots = [os.path.join(path, "bpy") for path in sys.path]
sys.path += [os.path.dirname(hit) for root in roots
             for hit in glob.glob(os.path.join(root, "*/python/lib/*/site-packages/openvdb*.so"))]
import numpy as np
try:
    import openvdb
except ImportError:
    import pyopenvdb as openvdb
folder = sys.argv[1]
values, target = np.load(os.path.join(folder, "values.npy")), os.path.join(folder, sys.argv[2] + ".vdb")
print(".".join(map(str, openvdb.LIBRARY_VERSION)), flush=True)
for line in sys.stdin:
    if line.strip() == "write":
        begin = time.perf_counter()
        grid = openvdb.FloatGrid()
        grid.copyFromArray(values)
        grid.name, grid.saveFloatAsHalf = "density", True
        openvdb.write(target, grids=[grid])
        print(time.perf_counter() - begin, flush=True)
    else:
        found = np.zeros_like(values)
        openvdb.read(os.path.join(folder, "ours.vdb"), "density").copyToArray(found)
        same = np.array_equal(found, values.astype(np.float16).astype(np.float32))
        print(json.dumps([bool(same), os.path.getsize(target)]), flush=True)
"""


class Peer:
    """OpenVDB in a program of its own, which writes when asked."""

    def __init__(self, python: str, folder: str, name: str) -> None:
        self._program = subprocess.Popen(
            [python, "-c", PEER, folder, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.version = self._answer()
        self.seconds: list[float] = []

    def ask(self, word: str) -> str:
        """The peer's answer to a word."""
        if self._program.stdin is not None:
            self._program.stdin.write(f"{word}\n")
            self._program.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End the program."""
        self._program.communicate(timeout=30)

    def _answer(self) -> str:
        line = self._program.stdout.readline() if self._program.stdout is not None else ""
        if not line:
            raise SystemExit("The peer ended early; does its Python have OpenVDB's module?")
        return line.strip()


def volume(size: int) -> NDArray[np.float32]:
    """A ball of smoothly varying density that fills a quarter of the box."""
    x, y, z = np.meshgrid(*[np.arange(size, dtype=np.float32) - size / 2] * 3, indexing="ij")
    inside = np.sqrt(x * x + y * y + z * z) < 100 / 256 * size
    smooth = (np.sin(x / 7) * np.cos(y / 9) + np.sin(z / 5) + 2.01) * 0.1
    return np.where(inside, smooth, 0).astype(np.float32)


def write_ours(values: NDArray[np.float32], target: Path) -> float:
    """Seconds from array to file."""
    begin = time.perf_counter()
    target.write_bytes(vdb.encode([vdb.Grid("density", values)], 0.1, (0.0, 0.0, 0.0)))
    return time.perf_counter() - begin


def main() -> int:
    """Measure all in turns, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="fewer rounds")
    parser.add_argument("--require-peer", action="store_true", help="fail where OpenVDB is not installed")
    options = parser.parse_args()
    rounds = 5 if options.short else 15
    named = {"blender": "USD_AI_BLENDER_PYTHON", "debian": "USD_AI_OPENVDB_PYTHON"}
    pythons = {name: os.environ[variable] for name, variable in named.items() if os.environ.get(variable)}
    values = volume(256)
    seconds: list[float] = []
    digests: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "ours.vdb"
        np.save(Path(folder) / "values.npy", values)
        peers = {name: Peer(python, folder, name) for name, python in pythons.items()}
        for _ in range(rounds + 1):
            seconds.append(write_ours(values, target))
            digests.add(hashlib.sha256(target.read_bytes()).hexdigest())
            for peer in peers.values():
                peer.seconds.append(float(peer.ask("write")))
        ours, size = min(seconds[1:]), target.stat().st_size  # the first round compiles
        notes = [f"{np.count_nonzero(values)} active voxels", f"ours {size / 1e6:.1f} MB"]
        equal = len(digests) == 1
        for name, peer in peers.items():
            same, bytes_of_peer = json.loads(peer.ask("read"))
            equal &= same
            told = "reads ours equal" if same else "READS OURS DIFFERENTLY"
            best = min(peer.seconds[1:])
            notes.append(f"{name}'s {peer.version}: {best:.3f} s, {bytes_of_peer / 1e6:.1f} MB, {told}")
            peer.close()
    if not peers:
        notes.append(f"no peer: set {' or '.join(named.values())}")
    notes += [f"{len(digests)} different file(s) in {rounds + 1} rounds", f"load {os.getloadavg()[0]:.1f}"]
    rival = next(iter(peers.values()), None)
    best = min(rival.seconds[1:]) if rival else None
    ratio = best / ours if best else None
    print(
        json.dumps(
            {
                "claim": "256^3 voxels to a .vdb file",
                "unit": "s",
                "ours": round(ours, 4),
                "peer": round(best, 4) if best else None,
                "peer_name": f"OpenVDB {rival.version} (C++)" if rival else "OpenVDB (C++)",
                "ratio": round(ratio, 2) if ratio else None,
                "goal": GOAL,
                "ok": ratio >= GOAL and equal if ratio else None,
                "note": "; ".join(notes),
            }
        )
    )
    return 1 if options.require_peer and not peers else 0


if __name__ == "__main__":
    sys.exit(main())
