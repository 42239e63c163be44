"""Writes OUT/set: one file per asset, and set.usda, the assembly that places them."""

from __future__ import annotations

from pathlib import Path

import buildings
import land
import numpy as np
import props
import show
import usd_files
from pxr import Gf, Kind, Usd, UsdGeom
from shapes import Mesh, smooth_normals

_WINDOW_GLOW = (46.0, 24.0, 8.5)  # nits of a paraffin lamp behind a curtain
_PAINT, _MATT, _GLASS = 0.45, 0.92, 0.08


def _ground(path: Path) -> None:
    """The hills: 400 by 400 metres, a vertex every 1.6."""
    x, y = land.grid()
    n = x.shape[0]
    points = np.stack([x, y, land.height(x, y)], axis=-1).reshape(-1, 3)
    a = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)[None, :]).reshape(-1)
    triangles = np.concatenate([np.stack([a, a + 1, a + n + 1], 1), np.stack([a, a + n + 1, a + n], 1)])
    colors = land.ground_color(x, y).reshape(-1, 3)
    with usd_files.new_stage(
        path, "Rolling ground, 400 x 400 m, with a shallow valley and a ridge to the north."
    ) as stage:
        usd_files.component(stage, "ground")
        normals = smooth_normals(points, triangles)
        counts = np.full(len(triangles), 3)
        mesh = usd_files.define_mesh(stage, "/ground/surface", points, counts, triangles.reshape(-1), colors, normals)
        usd_files.bind(mesh, usd_files.vertex_material(stage, "/ground/materials/earth", _MATT))


def _lane(stage: Usd.Stage) -> UsdGeom.Mesh:
    """The lane: a strip three centimetres over the ground, its edges sunk, dense enough to follow its triangles."""
    along = np.arange(-198.0, 198.01, 0.5)
    across = np.linspace(-0.5, 0.5, 9) * land.LANE_WIDTH
    ragged = 1.0 + 0.16 * land.noise(along / 2.3, np.zeros_like(along), 55)
    slope = land.lane_y(along + 0.5) - land.lane_y(along - 0.5)
    scale = np.sqrt(1.0 + slope * slope)
    x = along[:, None] - (across * ragged[:, None]) * (slope / scale)[:, None]
    y = land.lane_y(along)[:, None] + (across * ragged[:, None]) / scale[:, None]
    crown = 0.06 * (1.0 - (2 * across / land.LANE_WIDTH) ** 4) - 0.03
    points = np.stack([x, y, land.mesh_height(x, y) + crown], axis=-1).reshape(-1, 3)
    rows, columns = x.shape
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)[None, :]).reshape(-1)
    quads = np.stack([a, a + columns, a + columns + 1, a + 1], axis=1)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    normals = smooth_normals(points, triangles)
    colors = land.lane_color(x, y).reshape(-1, 3)
    counts = np.full(len(triangles), 3)
    return usd_files.define_mesh(stage, "/path/lane", points, counts, triangles.reshape(-1), colors, normals)


def _path(path: Path) -> None:
    with usd_files.new_stage(path, "The lane through the valley, three metres wide.") as stage:
        usd_files.component(stage, "path")
        usd_files.bind(_lane(stage), usd_files.vertex_material(stage, "/path/materials/dirt", _MATT))


def _building(path: Path, name: str, house: buildings.Building, doc: str) -> None:
    with usd_files.new_stage(path, doc) as stage:
        usd_files.component(stage, name)
        wood = usd_files.vertex_material(stage, f"/{name}/materials/wood", _MATT)
        glass = usd_files.plain_material(stage, f"/{name}/materials/glass", (0.012, 0.013, 0.015), _GLASS)
        usd_files.bind(usd_files.define_solid(stage, f"/{name}/walls", house.solid), wood)
        if house.glass.counts:
            usd_files.bind(usd_files.define_solid(stage, f"/{name}/glass", house.glass), glass)
        if house.lit.counts:
            glow = usd_files.plain_material(stage, f"/{name}/materials/lit", (0.05, 0.04, 0.03), 0.5, _WINDOW_GLOW)
            usd_files.bind(usd_files.define_solid(stage, f"/{name}/lit_windows", house.lit), glow)


def _smooth(path: Path, name: str, part: str, body: props.Smooth, doc: str) -> None:
    points, triangles, normals, colors = body
    with usd_files.new_stage(path, doc) as stage:
        usd_files.component(stage, name)
        counts = np.full(len(triangles), 3)
        mesh = usd_files.define_mesh(stage, f"/{name}/{part}", points, counts, triangles.reshape(-1), colors, normals)
        usd_files.bind(mesh, usd_files.vertex_material(stage, f"/{name}/materials/skin", 0.85))


def _solid(path: Path, name: str, part: str, mesh: Mesh, doc: str) -> None:
    with usd_files.new_stage(path, doc) as stage:
        usd_files.component(stage, name)
        made = usd_files.define_solid(stage, f"/{name}/{part}", mesh)
        usd_files.bind(made, usd_files.vertex_material(stage, f"/{name}/materials/surface", _MATT))


def _pickup(path: Path) -> None:
    body, glass, lamps = props.pickup()
    with usd_files.new_stage(path, "An old pickup truck, 5.1 m long, nose to +X.") as stage:
        usd_files.component(stage, "pickup")
        paint = usd_files.vertex_material(stage, "/pickup/materials/paint", _PAINT)
        pane = usd_files.plain_material(stage, "/pickup/materials/glass", (0.012, 0.013, 0.015), _GLASS)
        usd_files.bind(usd_files.define_solid(stage, "/pickup/body", body), paint)
        usd_files.bind(usd_files.define_solid(stage, "/pickup/glass", glass), pane)
        usd_files.bind(usd_files.define_solid(stage, "/pickup/lamps", lamps), paint)


def _place(stage: Usd.Stage, path: str, place: show.Place, heading: float) -> None:
    """Stand a prim on the ground, turned ``heading`` degrees clockwise seen from above."""
    prim = UsdGeom.Xform.Define(stage, path)
    x, y = np.asarray(place[0]), np.asarray(place[1])
    spot = usd_files.to_host(np.array([place[0], place[1], float(land.mesh_height(x, y))]))
    prim.AddTranslateOp().Set(Gf.Vec3d(*(round(float(v), 3) for v in spot)))
    prim.AddRotateYOp().Set(-heading)


def _assembly(path: Path) -> None:
    assets: dict[str, str] = {}
    doc = "Set of sequence sq010: a farm in a valley under a wooded ridge."
    with usd_files.new_stage(path, doc, references=assets) as stage:
        root = UsdGeom.Xform.Define(stage, "/set").GetPrim()
        Usd.ModelAPI(root).SetKind(Kind.Tokens.assembly)
        stage.SetDefaultPrim(root)
        for group in ("buildings", "rocks", "props"):
            Usd.ModelAPI(UsdGeom.Xform.Define(stage, f"/set/{group}").GetPrim()).SetKind(Kind.Tokens.group)
        for name in ("ground", "path", "props/fence"):
            UsdGeom.Xform.Define(stage, f"/set/{name}")
            assets[f"/set/{name}"] = f"./assets/{Path(name).name}.usdc"
        placed = [("buildings/barn", "barn", show.BARN, show.BARN_HEADING)]
        placed += [("buildings/cabin", "cabin", show.CABIN, show.CABIN_HEADING)]
        placed += [("props/pickup", "pickup", show.PICKUP, show.PICKUP_HEADING)]
        placed += [(f"rocks/rock_{n:02d}", f"rock_{n:02d}", r[:2], 37.0 * n) for n, r in enumerate(show.ROCKS, 1)]
        placed += [(f"props/bale_{n:02d}", "bale", b[:2], b[2]) for n, b in enumerate(show.BALES, 1)]
        for where, asset, place, heading in placed:
            _place(stage, f"/set/{where}", place, heading)
            assets[f"/set/{where}"] = f"./assets/{asset}.usdc"


def write(out: Path) -> None:
    """Write the set's assets and its assembly under ``out``/set."""
    assets = out / "set" / "assets"
    _ground(assets / "ground.usdc")
    _path(assets / "path.usdc")
    _building(assets / "barn.usdc", "barn", buildings.barn(), "Timber barn, 13 x 8.6 m, front to the south.")
    _building(assets / "cabin.usdc", "cabin", buildings.cabin(), "Farmhouse cabin with porch, 7.4 x 5.6 m.")
    for number, (_, _, size) in enumerate(show.ROCKS, start=1):
        name = f"rock_{number:02d}"
        _smooth(assets / f"{name}.usdc", name, "boulder", props.rock(number, size), f"A boulder of about {size:g} m.")
    _solid(
        assets / "fence.usdc", "fence", "timber", props.fence(*show.FENCE_X, 4.2), "Fence along the lane, in set space."
    )
    _solid(assets / "bale.usdc", "bale", "hay", props.bale(), "A round hay bale, 1.25 m high.")
    _pickup(assets / "pickup.usdc")
    _smooth(assets / "person.usdc", "person", "body", props.person(), "A standing person, 1.8 m with cap.")
    _assembly(out / "set" / "set.usda")
