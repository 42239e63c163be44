"""The air of a shot as a volume: even haze in a box around all that the cameras see, for renderers that take volumes.

It stands under ``air``, not under ``fire``: with the fire off the air stays. Readers that add haze themselves, from
``customData`` on the root, know it by ``usdai:medium`` in its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from usd_ai.generators.burning_forest.flame_prims import Author
from usd_ai.generators.burning_forest.shot import Shot
from usd_ai.sim.vdb import Grid, encode

_REACH = 1500.0
"""Metres around each camera place: at an extinction of 0.003 /m, 1 % of the light comes from further away."""
_BELOW, _ABOVE = 150.0, 450.0
_VOXEL = 75.0
_VOXELS_MOST = 256  # along an axis: cameras that fly far get coarser voxels, which even air does not show
FILE = "haze.vdb"


def author_haze(author: Author, shot: Shot) -> dict[str, int]:
    """Write ``air/haze`` and its file; says how many."""
    extinction = shot.value("haze")
    if extinction <= 0.0:
        return {"haze": 0}
    scale = 1.0 / author.space.meters_per_unit
    place = shot.views.places.mean(axis=0)
    low, voxel, shape = box_around(shot.views.places - place)
    values = np.full(shape, extinction * author.space.meters_per_unit, np.float32)
    x, y, z = (float(v) for v in (low + 0.5 * voxel) * scale)
    # Thin air per centimetre is near the least half float: full floats, and the file is small anyway.
    data = encode([Grid("density", values)], voxel * scale, (x, y, z), half=False)
    folder = author.folder / "vdb"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(data)
    frames = author.clock.padded
    author.canvas.volume(
        "air/haze",
        files=dict.fromkeys((float(frames[0]), float(frames[-1])), f"./vdb/{FILE}"),
        fields=("density",),
        data_type="float",
        extent=np.array([low * scale, (low + shape * voxel) * scale]),
        matrix=author.space.host_matrix(place=place),
        metadata={
            "usdai": {
                "medium": "haze",
                "density": f"extinction per host unit of {author.space.meters_per_unit:g} m",
            }
        },
    )
    return {"haze": 1}


def box_around(places: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, NDArray[np.int64]]:
    """Low corner [3], voxel (metres) and voxels along each axis of the air around all of ``places`` [n, 3]."""
    low = places.min(axis=0) - np.array([_REACH, _REACH, _BELOW])
    size = places.max(axis=0) + np.array([_REACH, _REACH, _ABOVE]) - low
    voxel = max(_VOXEL, float(size.max()) / _VOXELS_MOST)
    return low, voxel, np.ceil(size / voxel).astype(np.int64)
