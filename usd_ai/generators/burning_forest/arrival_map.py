"""Publishes when the fire arrives where, so that others can use it: a texture, and a mesh that USD alone can sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from usd_ai.core.errors import UsdAiError
from usd_ai.generators.burning_forest.forest import Forest
from usd_ai.generators.burning_forest.plants import NEVER, as_written
from usd_ai.generators.burning_forest.space import Space
from usd_ai.generators.burning_forest.spread import Front
from usd_ai.stage.canvas import Canvas

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

PLACE = "fire/arrival"
FILE = "tex/arrival.exr"
CHANNEL = "Y"
_SIDE = 129
"""Vertices on the mesh's longer side: the texture is exact, the mesh is for those who read no textures."""
_MEANING = f"story seconds at which the fire arrives at the ground, {NEVER:.0f} where it never does"


def author_arrival(canvas: Canvas, folder: Path, space: Space, forest: Forest) -> None:
    """Write `FILE` and ``fire/arrival``: what the texture covers, and a guide mesh on the ground with the same times.

    Raises UsdAiError where the file cannot be written.
    """
    front = forest.front
    (folder / "tex").mkdir(parents=True, exist_ok=True)
    write_exr(folder / FILE, as_written(front.burning_arrival())[::-1])
    rows, columns = front.arrival.shape
    low = np.array(front.low)
    high = low + front.cell * np.array([columns, rows])
    corners = np.array([[low[0], low[1], 0.0], [high[0], low[1], 0.0], [low[0], high[1], 0.0]])
    host = space.to_host(corners)
    canvas.xform(PLACE, purpose="guide")
    canvas.asset(PLACE, "usdai:arrivalTexture", f"./{FILE}")
    canvas.metadata(
        PLACE,
        custom={
            "usdai": {
                "meaning": _MEANING,
                "channel": CHANNEL,
                "width": columns,
                "height": rows,
                "cellMetres": front.cell,
                "areaMetres": _numbers([*low, *high]),
                "hostOrigin": _numbers(host[0]),
                "hostAlongU": _numbers(host[1] - host[0]),
                "hostAlongV": _numbers(host[2] - host[0]),
                "orientation": "u runs along hostAlongU from hostOrigin, v along hostAlongV; the texture's first row "
                "is the last along v, as pictures have it; values stand at the centres of pixels",
            }
        },
    )
    points, faces, uv, times = mesh_of(forest)
    canvas.mesh(
        f"{PLACE}/ground",
        space.to_host(points).astype(np.float32),
        np.full(len(faces), 4, np.int32),
        faces.ravel(),
        uv=uv,
        primvars={"usdai:arrival": times},
    )


def tree_arrival(front: Front, places: F64) -> F32:
    """Seconds [n] at which the fire comes to the feet of trees at ``places`` [n, 3], as they are written."""
    return as_written(front.at(places[:, :2]))


def mesh_of(forest: Forest) -> tuple[F64, NDArray[np.int32], F32, F32]:
    """Points [p, 3] (metres), faces [f, 4], texture places [p, 2] and times [p] of a mesh that lies on the ground."""
    front = forest.front
    rows, columns = front.arrival.shape
    step = max(rows, columns) / (_SIDE - 1)
    across = np.linspace(0.5, columns - 0.5, max(2, round(columns / step) + 1))
    along = np.linspace(0.5, rows - 0.5, max(2, round(rows / step) + 1))
    u, v = np.meshgrid(across, along)
    xy = np.column_stack([front.low[0] + u.ravel() * front.cell, front.low[1] + v.ravel() * front.cell])
    z = forest.ground.height(xy)
    z = np.where(np.isfinite(z), z, np.nanmean(z) if np.isfinite(z).any() else 0.0)
    first = np.arange(len(along) - 1)[:, None] * len(across) + np.arange(len(across) - 1)[None, :]
    faces = np.stack([first, first + 1, first + 1 + len(across), first + len(across)], axis=-1).reshape(-1, 4)
    uv = np.column_stack([u.ravel() / columns, v.ravel() / rows]).astype(np.float32)
    times = as_written(front.at(xy))
    return np.column_stack([xy, z]), faces.astype(np.int32), uv, times


def write_exr(file: Path, pixels: F32) -> None:
    """Write one float32 channel [rows, columns], first row on top. The same pixels give the same bytes."""
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    try:
        OpenEXR.File(header, {CHANNEL: np.ascontiguousarray(pixels)}).write(str(file))
    except (OSError, RuntimeError) as error:
        raise UsdAiError(
            f"OpenEXR could not write {file.name}.",
            remedy="Look at free space and rights of the work folder.",
            reason="WRITE",
        ) from error


def _numbers(values: F64 | list[float]) -> str:
    return " ".join(f"{float(v):.9g}" for v in values)
