"""Ground for a shot whose stage has none: made before the plan is, so that the plan and the world name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from usd_ai.core.errors import NotFound
from usd_ai.core.types import MeshFacts, ParameterValue, StageFacts
from usd_ai.generators.burning_forest.space import Space
from usd_ai.run.arrays import FolderArrays
from usd_ai.sim.land import eroded_land, land_size

OWN = "own ground"
"""The role of ground that we made."""


def ground_task(facts: StageFacts, values: Mapping[str, ParameterValue], seed: int, arrays: str) -> StageFacts:
    """The facts with ground of our own under the cameras.

    Raises NotFound where there is no camera, and InvalidRequest where the parameter own_ground cannot be met.
    """
    if not facts.cameras:
        raise NotFound(
            "The shot's stage has neither ground nor camera, so nobody can say where land should lie.",
            remedy="Add the shot camera to the stage (a UsdGeomCamera), or ground for the trees to stand on.",
            reason="CAMERA_NOT_FOUND",
        )
    store, space = FolderArrays(arrays), Space(facts.meters_per_unit, facts.up_axis)
    eyes = np.concatenate([space.to_sim(store.get(camera.world)[:, 3, :3]) for camera in facts.cameras])
    size = float(str(values["own_ground"])) or land_size(eyes)
    points, triangles = eroded_land(eyes, size, seed)
    host = space.to_host(points).astype(np.float32)
    low, high = ((float(c[0]), float(c[1]), float(c[2])) for c in (host.min(axis=0), host.max(axis=0)))
    mesh = MeshFacts(OWN, store.put(host), store.put(triangles), low, high, OWN)
    said = tuple(w for w in facts.warnings if not w.startswith("No ground was found"))
    note = f"The stage has no ground: land of {size:g} m was made under the cameras. Name the ground with --ground "
    note += "where there is one, or give own_ground the size it should have."
    return replace(facts, ground=(mesh,), warnings=(*said, note))


def is_own(facts: StageFacts) -> bool:
    """Whether the ground of the facts was made by us and must be authored."""
    return any(mesh.role == OWN for mesh in facts.ground)
