"""Claim: a million trees on a valley of 5 x 5 km are placed and written in 2 s and 1.5 GiB on 2 cores.

The valley is made here: a height field of ridges and a floor, 500,000 triangles at 5 km. Trees stand in blue noise,
conform to the terrain, thin out on slopes above 30 degrees and above a tree line, choose their kind by site (shaded or
sunny slope), get their level of detail from a moving camera, and go into a PointInstancer. The rules take an eighth of
them at 5 km, so that more than 400 to the hectare are asked for (`ASKED`): what stands in the end, and counts, is a
million on 5 x 5 km and five million on 11 x 11 km. All of it through the functions that the product runs:
`plant_trees`, `Views`, `in_sight`, `levels_of_detail`, and the canvas. Prototypes are one triangle each: growing plants
is measured elsewhere. Imports, the ground and the compilation of the kernels are not in the figure: the ground is there
before the clock starts, and a first, small run warms the kernels. The best of the rounds counts, because other work on
the machine only ever adds time. Every size runs in a process of its own, which tells the largest memory that it held
(ru_maxrss).

Peers, each in a process of its own too, on the same valley and area, interleaved with ours:
- *bare write*: every array that our layer holds, read back from it before the clock starts (ids, prototypes, places,
  turns, scales, extent, species, heights), set on a UsdGeom.PointInstancer and exported with USD's own calls. It places
  nothing, makes no digests and does not wait for the disk (ours does both), and its file is as large as ours.
- *SciPy baseline*, written for this benchmark: darts at random, culled where closer than the spacing of ours to an
  earlier one with cKDTree pairs, heights by linear interpolation on the grid; rounds until 400/ha stand. No levels,
  ids, species, detail or cameras.
- *Blender*: geometry nodes, Distribute Points on Faces in Poisson disk mode at the same density on the same mesh, where
  USD_AI_BLENDER_PYTHON names a Python with bpy. Points on the surface only; spacing is ours.

Which of them is the peer of the JSON's ratio: Blender where there is one, else SciPy.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import numpy as np
from pxr import Sdf, Usd, UsdGeom
from scipy.interpolate import RegularGridInterpolator
from scipy.spatial import KDTree

from usd_ai.core.parameters import resolve
from usd_ai.core.types import FrameRange, Plan, World
from usd_ai.generators.burning_forest.choose import in_sight
from usd_ai.generators.burning_forest.instancing import host_positions, orientations
from usd_ai.generators.burning_forest.parameters import PARAMETERS
from usd_ai.generators.burning_forest.planting import plant_trees
from usd_ai.generators.burning_forest.plants import LEVELS, TREES, levels_of_detail
from usd_ai.generators.burning_forest.rules import read_rules
from usd_ai.generators.burning_forest.views import Views
from usd_ai.run.arrays import FolderArrays
from usd_ai.sim.scatter import spacing
from usd_ai.sim.terrain import HeightField
from usd_ai.stage.canvas import Canvas

GOAL_SECONDS, GOAL_GIB, GOAL_BARE, GOAL_FIVE, GOAL_FIVE_GIB = 2.0, 1.5, 10.0, 5.2, 6.0
DENSITY = 400.0
ASKED = {5000.0: 464.0, 11000.0: 441.0}
"""Trees to the hectare that are asked for, by side in metres, so that the rules leave 400."""
CELL = 10.0


def valley(side: float) -> tuple[np.ndarray, np.ndarray]:
    """Points float64 [n, 3] and triangles int32 [m, 3] of a valley ``side`` metres wide and long."""
    count = round(side / CELL) + 1
    axis = np.arange(count) * CELL
    x, y = np.meshgrid(axis, axis)
    across = (y - 0.5 * side + 220.0 * np.sin(x / 900.0)) / side
    z = 1900.0 * across * across
    z += 60.0 * np.sin(x / 170.0) * np.cos(y / 230.0) + 14.0 * np.sin(x / 41.0 + y / 67.0) * np.sin(y / 37.0)
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    corner = (np.arange(count - 1)[:, None] * count + np.arange(count - 1)[None, :]).ravel()
    quads = np.stack([corner, corner + 1, corner + count + 1, corner + count], axis=1)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return points, triangles.astype(np.int32)


def _world(seed: int) -> World:

    wish = {"slope_most": 30.0, "altitude_high": 420.0, "site_rules": 0.7, "keep_unseen": 20000.0}
    values = resolve(PARAMETERS, {**wish, "fir": 0.1, "oak": 0.1})
    return World("burning_forest", 0, str(seed), values, (), 1.0, "Z", ())


def _views(side: float) -> Views:
    """A camera that crosses the valley's floor, eight samples of it, 4096 pixels wide."""
    share = np.linspace(0.1, 0.4, 8)
    places = np.column_stack([share * side, np.full(8, 0.5 * side), np.full(8, 90.0)])
    axes = np.tile(np.array([[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]]), (8, 1, 1))
    return Views(places, axes, np.tile([0.5, 0.28, 0.0, 0.0], (8, 1)), 4096)


def _canvas(species: int, levels: int) -> tuple[Canvas, list[str]]:

    canvas = Canvas("forest", 1.0, "Z", 24.0, FrameRange(1, 1))
    names = [f"kind_{s}_{level}" for s in range(species) for level in range(levels)]
    triangle = np.array([[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 15.0]], np.float32)
    for name in names:
        canvas.mesh(f"{canvas.prototype('trees', name)}/leaf", triangle, np.array([3]), np.array([0, 1, 2]))
    return canvas, [f"trees/Prototypes/{name}" for name in names]


def ours(side: float, folder: str, seed: int) -> dict[str, float]:
    """Seconds of each step and the number of trees, through the product's own functions."""
    world = _world(seed)
    surface = HeightField.from_triangles(*valley(side))
    views, plan = _views(side), cast("Plan", _Plan(world.parameters))
    marks, busy = [time.perf_counter()], time.process_time()
    rules = read_rules(world, FolderArrays(folder), surface.low, surface.high)
    stand = plant_trees(world, surface.low, surface.high, ASKED.get(side, DENSITY), surface, rules)
    marks.append(time.perf_counter())
    tall = stand.height.astype(np.float64)
    stand = stand.where(in_sight(stand, views, plan))
    tall = stand.height.astype(np.float64)
    nearest = views.nearest(stand.places)
    levels = levels_of_detail(views.pixels(stand.places, tall), nearest, views.turned(stand.places, tall))
    marks.append(time.perf_counter())
    canvas, prototypes = _canvas(len(TREES), LEVELS)
    canvas.instancer(
        "trees",
        prototypes=prototypes,
        ids=stand.ids,
        indices=stand.species * LEVELS + levels,
        positions=host_positions(stand.places, 1.0, y_up=False),
        orientations=orientations(stand.yaw, stand.lean, stand.lean_azimuth, y_up=False),
        scales=np.repeat(stand.scale[:, None], 3, axis=1),
        primvars={"usdai:species": stand.species, "usdai:height": stand.height},
    )
    marks.append(time.perf_counter())
    canvas.write(folder)
    marks.append(time.perf_counter())
    steps: dict[str, float] = dict(zip(("plant", "look", "describe", "write"), np.diff(marks).tolist(), strict=True))
    steps["cpu"] = time.process_time() - busy
    return {**steps, "seconds": marks[-1] - marks[0], "count": float(len(stand))}


class _Plan:
    """As much of a plan as `in_sight` reads."""

    def __init__(self, parameters: tuple[tuple[str, Any], ...]) -> None:
        self.parameters, self.seed = parameters, "1"


def bare(folder: str) -> dict[str, float]:
    """Seconds to set all that the instancer of our layer in ``folder`` holds on one of USD's own, and to export it."""
    layer = Sdf.Layer.OpenAsAnonymous(str(Path(folder) / "payload.usdc"))
    held = {spec.name: spec for spec in layer.GetPrimAtPath("/forest/trees").attributes}
    arrays = {name: np.array(spec.default) for name, spec in held.items()}  # copies: nothing is shared with the file
    targets = [Sdf.Path(f"/trees/Prototypes/kind_{s}_{level}") for s in range(len(TREES)) for level in range(LEVELS)]
    kinds = {name: (spec.typeName, type(spec.default)) for name, spec in held.items()}
    del layer, held
    begun = time.perf_counter()
    stage = Usd.Stage.CreateInMemory(".usdc")
    instancer = UsdGeom.PointInstancer.Define(stage, "/trees")
    instancer.CreatePrototypesRel().SetTargets(targets)
    for name, array in arrays.items():
        type_name, kind = kinds[name]
        attribute = instancer.GetPrim().CreateAttribute(name, type_name, custom=False)
        attribute.Set(kind.FromNumpy(array))
    stage.GetRootLayer().Export(str(Path(folder) / "bare.usdc"))
    seconds = time.perf_counter() - begun
    size, own = (float((Path(folder) / name).stat().st_size) for name in ("bare.usdc", "payload.usdc"))
    return {"seconds": seconds, "bytes": size, "ours": own, "count": float(len(arrays["ids"]))}


def scipy_darts(side: float, seed: int) -> dict[str, float]:
    """Random darts culled by cKDTree at our spacing until 400/ha stand, put on the terrain's grid of heights."""
    points, _ = valley(side)
    count = round(side / CELL) + 1
    radius, wanted = float(spacing(DENSITY)), DENSITY * side * side / 1e4
    rng = np.random.default_rng(seed)
    begun = time.perf_counter()
    kept = np.zeros((0, 2))
    while len(kept) < wanted:
        darts = rng.random((int(wanted), 2)) * side
        if len(kept):
            darts = darts[KDTree(kept).query(darts, distance_upper_bound=radius)[0] > radius]
        pairs = KDTree(darts).query_pairs(radius, output_type="ndarray")
        free = np.ones(len(darts), bool)
        free[pairs.max(axis=1)] = False
        kept = np.concatenate([kept, darts[free]])[: int(wanted)]
    axis = np.arange(count) * CELL
    RegularGridInterpolator((axis, axis), points[:, 2].reshape(count, count))(kept[:, ::-1])
    return {"seconds": time.perf_counter() - begun, "count": float(len(kept))}


BLENDER = """
import json, sys, time
import numpy as np
import bpy
mesh_file, radius, density, seed = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
data = np.load(mesh_file)
bpy.ops.wm.read_factory_settings(use_empty=True)
mesh = bpy.data.meshes.new("valley")
points, triangles = data["points"], data["triangles"]
mesh.vertices.add(len(points))
mesh.vertices.foreach_set("co", points.astype(np.float32).ravel())
mesh.loops.add(triangles.size)
mesh.loops.foreach_set("vertex_index", triangles.ravel())
mesh.polygons.add(len(triangles))
mesh.polygons.foreach_set("loop_start", np.arange(0, triangles.size, 3, dtype=np.int32))
mesh.update()
valley = bpy.data.objects.new("valley", mesh)
bpy.context.scene.collection.objects.link(valley)
tree = bpy.data.node_groups.new("scatter", "GeometryNodeTree")
tree.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
begin, end = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
node = tree.nodes.new("GeometryNodeDistributePointsOnFaces")
node.distribute_method = "POISSON"
node.inputs["Distance Min"].default_value = radius
node.inputs["Density Max"].default_value = density
node.inputs["Seed"].default_value = seed
tree.links.new(begin.outputs[0], node.inputs["Mesh"])
tree.links.new(node.outputs["Points"], end.inputs[0])
begun = time.perf_counter()
modifier = valley.modifiers.new("scatter", "NODES")
modifier.node_group = tree
graph = bpy.context.evaluated_depsgraph_get()
evaluated = valley.evaluated_get(graph)
geometry = evaluated.evaluated_geometry()  # held: what it holds goes with it
found = geometry.pointcloud
count = len(found.points)
places = np.empty(3 * count, np.float32)
found.attributes["position"].data.foreach_get("vector", places)
print(json.dumps({"seconds": time.perf_counter() - begun, "count": count, "version": bpy.app.version_string}))
"""


def blender(side: float, folder: str, seed: int) -> dict[str, Any]:
    """What geometry nodes take for the same valley; empty where there is no Blender."""
    python = os.environ.get("USD_AI_BLENDER_PYTHON", "")
    if not python or not Path(python).exists():
        return {}
    points, triangles = valley(side)
    np.savez(Path(folder) / "valley.npz", points=points, triangles=triangles)
    # Its "density" is that of darts before those too close are taken away: ten times ours leaves about as many.
    command = [python, "-c", BLENDER, str(Path(folder) / "valley.npz"), str(float(spacing(DENSITY)))]
    ran = subprocess.run(
        [*command, str(10.0 * DENSITY / 1e4), str(seed)], capture_output=True, text=True, check=False, timeout=600
    )
    lines = [line for line in ran.stdout.splitlines() if line.startswith("{")]
    if not lines:
        print(ran.stderr[-2000:], file=sys.stderr)
        return {}
    return json.loads(lines[-1])


def child(what: str, side: float, rounds: int) -> dict[str, Any]:
    """One measurement in a process of its own: the best of the rounds, and the memory it took."""
    ran = subprocess.run(
        [sys.executable, __file__, "--child", what, "--side", str(side), "--rounds", str(rounds)],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise SystemExit(ran.stderr[-3000:])
    return json.loads(ran.stdout.splitlines()[-1])


def measured(what: str, side: float, rounds: int) -> dict[str, Any]:
    """What a child does."""
    with tempfile.TemporaryDirectory() as folder:
        if what == "ours":
            ours(400.0, folder, 0)
            results: list[dict[str, Any]] = [ours(side, folder, seed) for seed in range(rounds)]
        elif what == "bare":
            ours(side, folder, 0)
            results = [bare(folder) for _ in range(rounds)]
        elif what == "scipy":
            scipy_darts(300.0, 0)
            results = [scipy_darts(side, seed) for seed in range(min(rounds, 2))]
        else:
            results = [found for seed in range(min(rounds, 2)) if (found := blender(side, folder, seed))]
    if not results:
        return {}
    best = min(results, key=lambda result: float(result["seconds"]))
    return {**best, "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


def main() -> int:
    """Measure all, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="a million trees only, fewer rounds, a smaller SciPy run")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    parser.add_argument("--side", type=float, default=5000.0, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=1, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(measured(asked.child, asked.side, asked.rounds)))
        return 0
    rounds = 2 if asked.short else 3
    found = {what: child(what, 5000.0, rounds) for what in ("ours", "bare", "blender")}
    found["scipy"] = child("scipy", 1250.0 if asked.short else 5000.0, 1)
    five = {} if asked.short else child("ours", 11000.0, 2)
    again = child("ours", 5000.0, rounds)  # before and after the peers: the machine may be busy with other work
    if again["seconds"] < found["ours"]["seconds"]:
        found["ours"] = again
    print(json.dumps(_verdict(found, five)))
    return 0


def _verdict(found: dict[str, dict[str, Any]], five: dict[str, Any]) -> dict[str, Any]:
    mine, bare_write = found["ours"], float(found["bare"]["seconds"])
    seconds, count = float(mine["seconds"]), float(mine["count"])
    name = "blender" if found["blender"] else "scipy"
    per_million = {key: float(f["seconds"]) / float(f["count"]) * 1e6 for key, f in found.items() if f.get("count")}
    holds = seconds <= GOAL_SECONDS and float(mine["gib"]) <= GOAL_GIB and seconds <= GOAL_BARE * bare_write
    steps = ", ".join(f"{key} {mine[key]:.2f}" for key in ("plant", "look", "describe", "write"))
    note = (
        f"{count:,.0f} trees in {seconds:.2f} s ({steps}), {mine['gib']:.2f} GiB, {mine['cpu']:.2f} s of "
        f"processor time; {seconds / bare_write:.1f} x the bare USD write ({bare_write:.2f} s "
        f"for the same arrays, {found['bare']['bytes'] / 1e6:.1f} MB against our {found['bare']['ours'] / 1e6:.1f}); "
        f"SciPy darts {per_million['scipy']:.2f} s per million, "
        f"{per_million['scipy'] / per_million['ours']:.1f} x ours, without levels, ids, rules, detail or writing"
    )
    if found["blender"]:
        note += (
            f"; Blender {found['blender']['version']} Poisson: {found['blender']['count']:,.0f} points in "
            f"{found['blender']['seconds']:.2f} s, places only"
        )
    if five:
        times = float(five["seconds"]) / seconds
        note += f"; {five['count']:,.0f} trees in {five['seconds']:.2f} s, {times:.2f} x, {five['gib']:.2f} GiB"
        holds = holds and times <= GOAL_FIVE * 1.0 and float(five["gib"]) <= GOAL_FIVE_GIB
    note += f"; load {os.getloadavg()[0]:.1f}"
    return {
        "claim": "a million trees placed on a valley and written, 2 cores",
        "unit": "s per million trees",
        "ours": round(per_million["ours"], 3),
        "peer": round(per_million[name], 3),
        "peer_name": {"blender": "Blender geometry nodes, Poisson disk", "scipy": "SciPy cKDTree darts"}[name],
        "ratio": round(per_million[name] / per_million["ours"], 2),
        "goal": GOAL_SECONDS,
        "ok": bool(holds),
        "note": note,
    }


if __name__ == "__main__":
    sys.exit(main())
