"""Claim: trees grow to meshes at more triangles a second than by Helios' Weber-Penn plugin, at 37 CPU ms a mesh.

Ours: `usd_ai.sim.growth.plant`, from nothing (skeleton included) to a near tree's bark and foliage with normals,
texture coordinates and albedo per point. Peer: PyHelios' `WeberPennTree.buildTree` (C++), which makes one textured
triangle or leaf patch per primitive and registers each under an id of its own. So both sides end with more than bare
triangles, and the species differ: the peer ships fruit trees, ours are boreal. One thread each. The peer's Python is
named by USD_AI_PEER_PYTHON, or stands in .venv-peers (`pip install pyhelios3d`).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from usd_ai.sim.growth import SPECIES, STATES, plant
from usd_ai.sim.growth.trees import skeleton

GOAL = 1.0
LIBRARY_GOAL = 0.037  # CPU seconds a mesh: 12 s for the 324 meshes that the library once had

PEER = """
import json, sys, time
from importlib.metadata import version
from pyhelios import Context, WeberPennTree, WPTType
rates = []
for kind in (WPTType.ALMOND, WPTType.LEMON, WPTType.OLIVE, WPTType.APPLE)[: int(sys.argv[1])]:
    with Context() as context, WeberPennTree(context) as trees:
        begin = time.perf_counter()
        trees.buildTree(kind)
        seconds = time.perf_counter() - begin
        rates.append(context.getPrimitiveCount() / seconds)
print(json.dumps({"rate": sorted(rates)[len(rates) // 2], "version": version("pyhelios3d")}))
"""


def tree_rate(rounds: int) -> float:
    """Median triangles a second over near trees of three species, skeleton included."""
    rates: list[float] = []
    for seed in range(rounds):
        for species in ("pine", "spruce", "birch"):
            skeleton.cache_clear()
            begin = time.perf_counter()
            mesh = plant(species, 0, "green", 0, seed)
            rates.append(mesh.triangles / (time.perf_counter() - begin))
    return statistics.median(rates)


def library() -> tuple[float, int, int]:
    """CPU seconds, meshes and triangles of every species, variant, state and level of detail."""
    skeleton.cache_clear()
    begin = time.process_time()  # others may use the machine: a library's wall time would be theirs
    triangles = [
        plant(form.name, variant, state, lod, 1).triangles
        for form in SPECIES
        for variant in range(form.variants)
        for state in STATES
        for lod in range(form.lods)
    ]
    return time.process_time() - begin, len(triangles), sum(triangles)


def peer_rate(trees: int) -> dict[str, float | str]:
    """Triangles a second of the peer and its version; empty where it is not installed."""
    beside = Path(__file__).resolve().parents[1] / ".venv-peers" / "bin" / "python"
    python = os.environ.get("USD_AI_PEER_PYTHON", str(beside))
    if not Path(python).exists():
        return {}
    ran = subprocess.run(
        [python, "-c", PEER, str(trees)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    if ran.returncode != 0:
        print(ran.stderr, file=sys.stderr)
        return {}
    return json.loads(ran.stdout.splitlines()[-1])


def main() -> int:
    """Measure both, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="fewer trees")
    parser.add_argument("--require-peer", action="store_true", help="fail where PyHelios is not installed")
    options = parser.parse_args()
    for species in ("pine", "rock"):  # compiled kernels come from numba's cache, or are made here once
        plant(species, 0, "green", 0, 0)
    rate = tree_rate(2 if options.short else 6)
    seconds, meshes, triangles = library()
    peer = peer_rate(2 if options.short else 4)
    note = f"library of {meshes} meshes, {triangles:,} triangles: {seconds:.1f} CPU s, {1e3 * seconds / meshes:.0f} ms"
    note += "; peer grows other species" if peer else "; peer not measured: no Python with pyhelios3d"
    ratio = rate / float(peer["rate"]) if peer else None
    print(
        json.dumps(
            {
                "claim": "trees grown to meshes, one CPU thread",
                "unit": "triangles/s",
                "ours": round(rate),
                "peer": round(float(peer["rate"])) if peer else None,
                "peer_name": f"PyHelios {peer['version']} WeberPennTree (C++)" if peer else "PyHelios WeberPennTree",
                "ratio": round(ratio, 2) if ratio else None,
                "goal": GOAL,
                "ok": ratio >= GOAL and seconds <= LIBRARY_GOAL * meshes if ratio else None,
                "note": note,
            }
        )
    )
    return 1 if options.require_peer and not peer else 0


if __name__ == "__main__":
    sys.exit(main())
