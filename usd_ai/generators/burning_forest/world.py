"""The world of a sequence: land, trees, and when each burns. Built once per world digest and kept in the cache."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from usd_ai.core.errors import InvalidRequest
from usd_ai.core.ports import Arrays
from usd_ai.core.types import MeshFacts, ParameterValue, World
from usd_ai.generators.burning_forest.space import Space
from usd_ai.generators.burning_forest.stand import Stand

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

STEMS_PER_HECTARE = 800.0
"""Stems at density 1: the middle of 400-1400 for boreal pine at 50 years [PMC6825224, in look.md]."""


@dataclass(frozen=True, slots=True, eq=False)
class Land:
    """The host's ground as one soup of triangles: ``points`` float64 [n, 3], ``triangles`` int32 [m, 3], metres."""

    points: F64
    triangles: NDArray[np.int32]

    @property
    def low(self) -> tuple[float, float]:
        """Smallest x and y."""
        return float(self.points[:, 0].min()), float(self.points[:, 1].min())

    @property
    def high(self) -> tuple[float, float]:
        """Largest x and y."""
        return float(self.points[:, 0].max()), float(self.points[:, 1].max())


def read_land(ground: tuple[MeshFacts, ...], arrays: Arrays, space: Space) -> Land:
    """The ground meshes of the facts, in simulation space. Raises InvalidRequest where there is no ground."""
    meshes = sorted(ground, key=lambda mesh: (mesh.points.digest, mesh.triangles.digest))
    points, triangles, offset = [], [], 0
    for mesh in meshes:
        own = space.to_sim(arrays.get(mesh.points))
        points.append(own)
        triangles.append(np.asarray(arrays.get(mesh.triangles), np.int32) + offset)
        offset += len(own)
    if not points or not sum(len(t) for t in triangles):
        raise InvalidRequest(
            "The ground has no faces to stand trees on.",
            remedy="Name the ground's prim with --ground /path/to/mesh, or none and let own_ground make land.",
            reason="GROUND_EMPTY",
        )
    return Land(np.concatenate(points), np.concatenate(triangles).astype(np.int32))


def world_values(world: World) -> dict[str, ParameterValue]:
    """The world's parameters by name."""
    return dict(world.parameters)


def number(values: dict[str, ParameterValue], name: str) -> float:
    """A numeric parameter."""
    return float(str(values[name]))


def parse_places(text: str, size: int, parameter: str) -> F64:
    """Places written as 'x,y; x,y' (``size`` numbers each) as float64 [n, size]. Raises InvalidRequest."""
    rows: list[list[float]] = []
    for part in (p.strip() for p in text.split(";")):
        if not part:
            continue
        try:
            row = [float(v) for v in part.split(",")]
        except ValueError:
            row = []
        if len(row) != size or not all(np.isfinite(row)):
            raise InvalidRequest(
                f"Parameter '{parameter}' has '{part}', which is not {size} numbers.",
                remedy=f"Write {'x,y' if size == 2 else 'x,y,radius'} in metres, separated by ';'.",
                reason="PARAMETER_OUT_OF_RANGE",
                context={"parameter": parameter},
            )
        rows.append(row)
    return np.array(rows, np.float64).reshape(-1, size)


def parse_clearings(text: str) -> F64:
    """Middles and radii float64 [n, 3] of parameter ``clearings``. Raises InvalidRequest."""
    found = parse_places(text, 3, "clearings")
    for x, y, radius in found[found[:, 2] <= 0.0]:
        raise InvalidRequest(
            f"The clearing at {x:g},{y:g} has a radius of {radius:g} m, so it clears nothing.",
            remedy="Give a radius above 0 metres: x,y,radius.",
            reason="PARAMETER_OUT_OF_RANGE",
            context={"parameter": "clearings"},
        )
    return found


Columns = dict[str, NDArray[Any]]


def save_columns(file: Path, columns: Columns) -> None:
    """Write named arrays into one file, durably."""
    with file.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **columns)
        stream.flush()
        os.fsync(stream.fileno())


def load_columns(file: Path) -> Columns:
    """The arrays that `save_columns` wrote."""
    with np.load(file, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def stand_columns(stand: Stand, prefix: str) -> Columns:
    """A stand as named columns."""
    return {f"{prefix}.{f.name}": getattr(stand, f.name) for f in fields(stand)}


def stand_of(columns: Columns, prefix: str) -> Stand:
    """The stand that `stand_columns` wrote."""
    return Stand(**{f.name: columns[f"{prefix}.{f.name}"] for f in fields(Stand)})
