"""Claim: a million points with ids, stable under density and region, come as fast as plain Poisson-disk darts.

Ours: `usd_ai.sim.scatter.scatter` over a square, one thread. Peer: Bridson's "Fast Poisson Disk Sampling in Arbitrary
Dimensions" (SIGGRAPH 2007; 30 tries, cell grid), written for this benchmark in numba and run at the same spacing in
the same square. It is the usual baseline and does less: its points have no levels, and depend on the region and on
the order of darts. The note adds SciPy's own `qmc.PoissonDisk` on a hundredth of the area, where a Python with SciPy
and numba is found as USD_AI_PEER_PYTHON or in .venv-peers. Warm kernels on both sides; the best of the rounds counts,
because other work on the machine only ever adds time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from usd_ai.sim.scatter import scatter, spacing

GOAL = 1.0
DENSITY = 10_000.0

PEER = """
import json, math, sys, time
import numpy as np
from numba import njit

@njit
def bridson(size, radius, tries, seed):
    np.random.seed(seed)
    cell = radius / math.sqrt(2.0)
    n = int(math.ceil(size / cell))
    grid = np.full((n, n), -1, np.int32)
    most = int(size * size / radius / radius * 1.2) + 100
    points = np.empty((most, 2))
    active = np.empty(most, np.int32)
    points[0] = np.random.random(2) * size
    grid[int(points[0, 1] / cell), int(points[0, 0] / cell)] = 0
    active[0] = 0
    count, waiting = 1, 1
    while waiting > 0:
        pick = np.random.randint(waiting)
        base = active[pick]
        found = False
        for _ in range(tries):
            turn, reach = 2.0 * math.pi * np.random.random(), radius * math.sqrt(1.0 + 3.0 * np.random.random())
            x, y = points[base, 0] + reach * math.cos(turn), points[base, 1] + reach * math.sin(turn)
            if x < 0.0 or y < 0.0 or x >= size or y >= size:
                continue
            row, column = int(y / cell), int(x / cell)
            free = True
            for r in range(max(0, row - 2), min(n, row + 3)):
                for c in range(max(0, column - 2), min(n, column + 3)):
                    k = grid[r, c]
                    if k >= 0 and (points[k, 0] - x) ** 2 + (points[k, 1] - y) ** 2 < radius * radius:
                        free = False
                        break
                if not free:
                    break
            if free:
                points[count, 0], points[count, 1] = x, y
                grid[row, column] = count
                active[waiting] = count
                count += 1
                waiting += 1
                found = True
                break
        if not found:
            waiting -= 1
            active[pick] = active[waiting]
    return points[:count]

size, radius, rounds = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
bridson(10 * radius, radius, 30, 1)
best, count = math.inf, 0
for k in range(rounds):
    begin = time.perf_counter()
    count = len(bridson(size, radius, 30, k))
    best = min(best, time.perf_counter() - begin)
answer = {"rate": count / best, "count": count}
from scipy import __version__
from scipy.stats import qmc
begin = time.perf_counter()
small = qmc.PoissonDisk(2, radius=radius / (0.1 * size), rng=np.random.default_rng(1)).fill_space()
answer["scipy_rate"] = len(small) / (time.perf_counter() - begin)
answer["scipy"] = __version__
print(json.dumps(answer))
"""


def our_rate(size: float, rounds: int) -> tuple[float, int]:
    """Points a second of the best round, and how many points."""
    scatter((0.0, 0.0), (10.0, 10.0), 1, DENSITY)
    best, count = float("inf"), 0
    for seed in range(rounds):
        begin = time.perf_counter()
        count = scatter((0.0, 0.0), (size, size), seed, DENSITY).ids.size
        best = min(best, time.perf_counter() - begin)
    return count / best, count


def peer_rate(size: float, rounds: int) -> dict[str, float | str]:
    """What the peer reports; empty where no Python for it is found."""
    beside = Path(__file__).resolve().parents[1] / ".venv-peers" / "bin" / "python"
    python = os.environ.get("USD_AI_PEER_PYTHON", str(beside))
    if not Path(python).exists():
        return {}
    ran = subprocess.run(
        [python, "-c", PEER, str(size), str(float(spacing(DENSITY))), str(rounds)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"},
    )
    if ran.returncode != 0:
        print(ran.stderr, file=sys.stderr)
        return {}
    return json.loads(ran.stdout.splitlines()[-1])


def main() -> int:
    """Measure both, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="a quarter of a million points, fewer rounds")
    parser.add_argument("--require-peer", action="store_true", help="fail where the peer cannot run")
    options = parser.parse_args()
    size, rounds = (500.0, 2) if options.short else (1000.0, 4)
    rate, count = our_rate(size, rounds)
    peer = peer_rate(size, rounds)
    note = (
        f"{count:,} points in {count / rate:.2f} s; a {size:g} m square at a spacing of {float(spacing(DENSITY)):.3f} m"
    )
    if peer:
        note += f"; the peer puts {int(peer['count']):,} there (denser, without levels, ids or independence of region)"
        note += f"; SciPy {peer['scipy']} qmc.PoissonDisk: {float(peer['scipy_rate']):,.0f} points/s on 1/100 of it"
    else:
        note += "; peer not measured: no Python with numba and SciPy"
    ratio = rate / float(peer["rate"]) if peer else None
    print(
        json.dumps(
            {
                "claim": "progressive blue noise with stable ids, one CPU thread",
                "unit": "points/s",
                "ours": round(rate),
                "peer": round(float(peer["rate"])) if peer else None,
                "peer_name": "Bridson Poisson-disk darts in numba, written for this benchmark",
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
