"""Claim: arrival times of a fire come at 3 million burned cells a second, a hundred times those of Pyretechnics.

One thread. The scenario of the claim is a forest that crowns: fuel 10 under conifers (base 1.5 m, 0.2 kg/m³), wind of
14 m/s at 10 m up a slope of 0.1, cells of 10 m, one cell lit in the middle. Ours (`arrival_from_rates`) runs until
every cell of the grid has burned; Pyretechnics marches its front as far as its minutes go, and cells that burned are
counted. What its model does more: it follows weather through time and fuel that changes, tracks the front as a level
set, and gives intensity, flame length and crown fire at the moment and on the side from which each cell burns; ours
reads one wind, holds crown fire between the 0.3 and 1.1 m/s that were measured and shapes at most five times longer
than broad (so that it burns more in the same minutes), and knows intensity of the head only. Neither spots here. A
surface fire alone (fuel 2, wind of 4 m/s) is far easier for a front that marches: its ratio, and how far the areas
burned by then agree, stand in the note.

The third, scikit-fmm's `travel_time` (C++, first order), solves circular fires only: ours, four times longer than
broad at an angle to the grid, may take at most twice as long, and must not be later on average by a tenth of a per
cent. Rounds of ours and of scikit-fmm take turns, the best of each counts, and all are seconds of their one thread, not
of the wall: other work on the machine only ever adds. Rates of spread are held against published figures
(tests/unit/sim/test_fuels.py names them), the shape against the exact ellipse. Pythons: USD_AI_PEER_PYTHON or
.venv-peers, USD_AI_PYRETECHNICS_PYTHON or .venv-pyretechnics.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from usd_ai.sim.firespread import Canopy, Grid, Moisture, SpreadRates, arrival_from_rates, spread_rates, surface_fire

CELLS_A_SECOND, TIMES_PYRETECHNICS, SHARE_OF_SKFMM = 3e6, 100.0, 0.5
CELL, SPEED = 2.0, 0.5
RISE, WIDE = 0.1, 10.0
AT_20_FEET = 1.0 / 1.15  # of the wind at 10 m, as Pyretechnics has it
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Scenario:
    """Fuel, wind at 10 m in m/s, share of it (at 20 feet) that the surface fire feels, and the crowns above."""

    fuel: int
    wind: float
    felt: float
    canopy: Canopy | None


GRASS = Scenario(2, 4.0, 1.83 / math.log((20.0 + 0.36) / 0.13), None)  # a bed of one foot: Albini and Baughman, INT-221
FOREST = Scenario(10, 14.0, 0.14, Canopy(1.5, 0.2))

SKFMM = """
import json, sys, time
from importlib.metadata import version
import numpy as np, skfmm
n, cell, speed = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
axis = (np.arange(n) + 0.5) * cell - 0.5 * n * cell
distance = np.hypot(*np.meshgrid(axis, axis))
begin_at = 4.0 * cell
begin = time.process_time()
found = skfmm.travel_time(distance - begin_at, np.full((n, n), speed), dx=cell, order=1)
took = time.process_time() - begin
far = distance > 20 * cell
late = float((found[far] / ((distance - begin_at) / speed)[far] - 1.0).mean())
print(json.dumps({"rate": n * n / took, "late": late, "version": version("scikit-fmm")}))
"""

PYRETECHNICS = """
import json, sys, time
from importlib.metadata import version
import numpy as np
import pyretechnics.eulerian_level_set as level_set
from pyretechnics.space_time_cube import SpaceTimeCube
n, cell, minutes, fuel, wind, slope, bulk = int(sys.argv[1]), *map(float, sys.argv[2:8])
crowns = bulk > 0.0
shape = (max(1, int(np.ceil(minutes / 60.0))), n, n)
said = {
    "slope": slope, "aspect": 270.0, "fuel_model": int(fuel), "wind_speed_10m": wind * 3.6, "upwind_direction": 270.0,
    "canopy_cover": 0.5 * crowns, "canopy_height": 18.0 * crowns, "canopy_base_height": 1.5 * crowns,
    "canopy_bulk_density": bulk, "foliar_moisture": 1.0,
    "fuel_moisture_dead_1hr": 0.06, "fuel_moisture_dead_10hr": 0.07, "fuel_moisture_dead_100hr": 0.08,
    "fuel_moisture_live_herbaceous": 1.0, "fuel_moisture_live_woody": 1.0,
}
cubes = {name: SpaceTimeCube(shape, value) for name, value in said.items()}
state = level_set.SpreadState(shape).ignite_cell((n // 2, n // 2))
begin = time.process_time()
done = level_set.spread_fire_with_phi_field(cubes, state, (60.0, cell, cell), 0.0, minutes, use_wind_limit=False)
took = time.process_time() - begin
burned = int((done["spread_state"].get_full_matrices()["time_of_arrival"] >= 0.0).sum())
print(json.dumps({"rate": burned / took, "burned": burned, "took": took, "version": version("pyretechnics")}))
"""

# Model, moisture, midflame wind in ft/min, slope, whether it lies across the wind, and the published rate in ft/min:
# BehavePlus 6 (10, 124) and the USDA Fire Lab's Behave (1, 4), as tests/unit/sim/test_fuels.py says where from.
_DRY, _LOW = Moisture(0.05, 0.07, 0.09, live=1.5, herb=0.5), Moisture(0.06, 0.07, 0.08, live=0.9, herb=0.6)
PUBLISHED = (
    (10, _DRY, 880.0, 0.25, True, 18.551680),
    (124, _DRY, 880.0, 0.25, True, 48.470426),
    (1, _LOW, 440.0 * 0.169855, 0.30, False, 21.971217 * 1.1),
    (4, _LOW, 440.0 * 0.189904, math.tan(math.radians(30.0)), True, 46.631688 * 1.1),
)


def ellipse(count: int, breadth: float) -> tuple[float, float]:
    """Cells a second of a round, and how late times are on average, for a fire so many times longer than broad."""
    grid = Grid((-0.5 * count * CELL, -0.5 * count * CELL), CELL, (count, count))
    eccentricity, heading = math.sqrt(1.0 - 1.0 / breadth**2), 0.3
    way = np.broadcast_to([math.cos(heading), math.sin(heading)], (count, count, 2))
    even = np.ones(grid.shape)
    rates = SpreadRates(grid, SPEED * even, way, eccentricity * even, even, np.zeros(grid.shape, np.uint8))
    begin = time.process_time()
    arrival = arrival_from_rates(rates, [[0.0, 0.0]])
    took = time.process_time() - begin
    places = grid.centres()
    away = np.hypot(places[..., 0], places[..., 1])
    exact = (away - eccentricity * (places @ way[0, 0])) / (SPEED * (1.0 - eccentricity))
    far = away > 20.0 * CELL
    return count * count / took, float((arrival[far] / exact[far] - 1.0).mean())


def burn(asked: Scenario, count: int, minutes: float) -> tuple[float, int]:
    """Burned cells a second until all has burned, and how many of them burn in so many minutes."""
    grid = Grid((0.0, 0.0), WIDE, (count, count))
    height = RISE * grid.centres()[..., 0]
    wind = (AT_20_FEET * asked.wind, 0.0)
    rates = spread_rates(grid, height, wind, asked.fuel, Moisture(), canopy=asked.canopy, wind_factor=asked.felt)
    middle = [[(count // 2 + 0.5) * WIDE, (count // 2 + 0.5) * WIDE]]
    begin = time.process_time()
    arrival = arrival_from_rates(rates, middle)
    took = time.process_time() - begin
    return int(np.isfinite(arrival).sum()) / took, int((arrival <= 60.0 * minutes).sum())


def beside(asked: Scenario, count: int, minutes: float, rounds: int) -> tuple[float, float, str]:
    """Our best rate, Pyretechnics' (0 where it is not installed), and what to note of both."""
    rate = max(burn(asked, count, minutes)[0] for _ in range(rounds))
    burned = burn(asked, count, minutes)[1]
    bulk = float(asked.canopy.bulk_density) if asked.canopy else 0.0
    arguments = (count, WIDE, minutes, asked.fuel, asked.wind, RISE, bulk)
    slow = peer("USD_AI_PYRETECHNICS_PYTHON", ".venv-pyretechnics", PYRETECHNICS, *arguments)
    name = "forest that crowns" if asked.canopy else "surface fire"
    note = f"{count} x {count}, {name}: {rate:,.0f} burned cells/s"
    if slow:
        note += f", Pyretechnics {float(slow['rate']):,.0f} (its {slow['burned']} cells in {minutes:.0f} min took "
        note += f"{float(slow['took']):.1f} s, ours burns {burned}; {rate / float(slow['rate']):.0f} times)"
    return rate, float(slow.get("rate", 0.0)), note


def worst_rate() -> float:
    """How far the farthest rate of spread is from the published one, as a share."""
    worst = 0.0
    for model, moisture, feet, rise, across, published in PUBLISHED:
        fire = surface_fire(model, moisture)
        wind, slope = fire.wind_factor * (feet * 0.00508) ** fire.wind_power, fire.slope_factor * rise**2
        gain = math.hypot(wind, slope) if across else wind + slope
        worst = max(worst, abs(fire.still * (1.0 + gain) / 0.00508 / published - 1.0))
    return worst


def peer(variable: str, folder: str, program: str, *arguments: float) -> dict[str, float | str]:
    """What a peer reports; empty where it is not installed."""
    python = os.environ.get(variable, str(ROOT / folder / "bin" / "python"))
    if not Path(python).exists():
        return {}
    ran = subprocess.run(
        [python, "-c", program, *map(str, arguments)],
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


def skfmm_beside(count: int, rounds: int) -> tuple[float, float, dict[str, float | str]]:
    """Our best ellipse and its lateness, and scikit-fmm's best circle, in turns."""
    ours, late, theirs = 0.0, 0.0, {}
    for _ in range(rounds):
        rate, late = ellipse(count, 4.0)
        ours = max(ours, rate)
        found = peer("USD_AI_PEER_PYTHON", ".venv-peers", SKFMM, count, CELL, SPEED)
        if found and float(found["rate"]) > float(theirs.get("rate", 0.0)):
            theirs = found
    return ours, late, theirs


def main() -> int:
    """Measure all, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="1024 x 1024 only, fewer minutes for Pyretechnics")
    parser.add_argument("--require-peer", action="store_true", help="fail where a peer is not installed")
    options = parser.parse_args()
    sizes = ((1024, 200.0),) if options.short else ((1024, 300.0), (2048, 500.0))
    rounds = 3 if options.short else 5
    ellipse(64, 2.0)
    notes, fair, measured = [], True, True
    ours, theirs, ratios = [], [], []
    for count, minutes in sizes:
        rate, slow, note = beside(FOREST, count, minutes, rounds)
        notes += [note, beside(GRASS, count, 3.0 * minutes, 1)[2]]
        if slow > 0.0:
            theirs.append(slow)
            ratios.append(rate / slow)
        shape, late, fast = skfmm_beside(count, rounds)
        note = f"{count} x {count}"
        note += f": an ellipse 4 : 1 at {shape:,.0f} cells/s, {late:.2%} late on average"
        if fast:
            fair &= shape >= SHARE_OF_SKFMM * float(fast["rate"]) and late <= float(fast["late"]) + 0.001
            note += f", {shape / float(fast['rate']):.2f} of scikit-fmm {fast['version']}'s circle ({fast['late']:.2%})"
        fair &= rate >= CELLS_A_SECOND
        ours.append(rate)
        notes.append(note)
        measured &= slow > 0.0 and bool(fast)
    spread = worst_rate()
    notes.append(f"rates of spread of 4 fuel models within {spread:.2%} of published ones")
    notes.append(f"load {os.getloadavg()[0]:.1f}")
    ok = fair and spread <= 0.05 and min(ratios, default=0.0) >= TIMES_PYRETECHNICS if measured else None
    print(
        json.dumps(
            {
                "claim": "arrival times of a fire in wind, one CPU thread",
                "unit": "burned cells/s",
                "ours": round(min(ours)),
                "peer": round(max(theirs)) if theirs else None,
                "peer_name": "Pyretechnics 2026.10 level set (weather in time, crown fire and intensity at each cell)",
                "ratio": round(min(ratios), 1) if ratios else None,
                "goal": TIMES_PYRETECHNICS,
                "ok": ok,
                "note": "; ".join(notes),
            }
        )
    )
    return 1 if options.require_peer and not measured else 0


if __name__ == "__main__":
    sys.exit(main())
