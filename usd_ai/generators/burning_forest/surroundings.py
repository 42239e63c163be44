"""Land and forest beyond the host's ground, so that no camera sees the edge of the set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from usd_ai.generators.burning_forest.clock import StoryClock
from usd_ai.generators.burning_forest.forest import Forest
from usd_ai.generators.burning_forest.kept_plants import Grow
from usd_ai.generators.burning_forest.plants import TREES, author_plants, levels_of_detail
from usd_ai.generators.burning_forest.space import Space
from usd_ai.generators.burning_forest.views import Views
from usd_ai.sim.growth.noise import fractal_noise
from usd_ai.sim.terrain import point_normals
from usd_ai.stage.canvas import Canvas
from usd_ai.stage.canvas_materials import Surface

_NEAR_BORDER = 60.0
"""Metres from the host's ground within which trees beyond it get lod 1: they close the view of every camera on it."""


def author_surroundings(
    canvas: Canvas, space: Space, forest: Forest, views: Views, clock: StoryClock, seed: int, season: str, grow: Grow
) -> dict[str, int]:
    """Write ``skirt/ground`` and ``skirt/trees``, and ``ground`` where the host has none; counts by kind."""
    if forest.own or forest.around is not None:
        canvas.material("materials/land", Surface((0.05, 0.05, 0.035), 0.95, use_display_color=True))
    if forest.own:
        points, triangles = forest.ground.points, forest.ground.triangles
        normals = point_normals(points, triangles)
        _author_land(canvas, "ground", space, points, triangles, normals, points[:, :2].astype(np.float32), seed)
    if forest.around is None:
        return {"trees_beyond": 0}
    land = forest.around
    _author_land(canvas, "skirt/ground", space, land.points, land.triangles, land.normals, land.uv, seed)
    if len(forest.beyond):
        outside = np.maximum(
            np.maximum(
                forest.ground.low - forest.beyond.places[:, :2], forest.beyond.places[:, :2] - forest.ground.high
            ),
            0.0,
        )
        turned = views.turned(forest.beyond.places, forest.beyond.height.astype(np.float64))
        levels = levels_of_detail(0.0 * turned, np.full(len(turned), np.inf), turned)
        levels[np.hypot(outside[:, 0], outside[:, 1]) < _NEAR_BORDER] = 1
        author_plants(
            canvas,
            "skirt/trees",
            space=space,
            stand=forest.beyond,
            species=TREES,
            levels=levels,
            clock=clock,
            grow=grow,
            season=season,
        )
    return {"trees_beyond": len(forest.beyond)}


def _author_land(
    canvas: Canvas,
    path: str,
    space: Space,
    points: NDArray[np.float64],
    triangles: NDArray[np.int32],
    normals: NDArray[np.float32],
    uv: NDArray[np.float32],
    seed: int,
) -> None:
    canvas.mesh(
        path,
        space.to_host(points).astype(np.float32),
        np.full(len(triangles), 3, np.int32),
        triangles.ravel(),
        normals=space.directions_to_host(normals).astype(np.float32),
        uv=uv,
        color=_colors(points, seed),
        material="materials/land",
    )


def _colors(points: NDArray[np.float64], seed: int) -> NDArray[np.float32]:
    """Linear albedo of forest floor seen from afar, varied over tens of metres: litter 0.09 to moss 0.05."""
    wave = fractal_noise(seed, np.column_stack([points[:, :2] / 60.0, np.zeros(len(points))]))[:, None]
    litter, moss = np.array([[0.10, 0.078, 0.052]]), np.array([[0.043, 0.052, 0.026]])
    return (moss + (litter - moss) * np.clip(wave, 0.0, 1.0)).astype(np.float32)
