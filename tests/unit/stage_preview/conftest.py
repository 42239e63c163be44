from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from usd_ai.stage.preview.values import Camera, Dome, Frame, Mesh, Volume, VolumeGrids


@pytest.fixture
def camera() -> Camera:
    """At the origin, looking along -Z, 53 degrees wide, 2 : 1."""
    return Camera("/cam", np.eye(4), (-0.5, 0.5, -0.25, 0.25), 0.1, 1e6, 1.0, 1 / 48)


@pytest.fixture
def empty(camera: Camera) -> Frame:
    """Metres, no air, no sky."""
    return Frame(camera=camera, meters_per_unit=1.0, up=(0.0, 1.0, 0.0), haze=0.0, soot=0.7)


@pytest.fixture
def even_sky() -> Callable[[float], Dome]:
    def make(nits: float) -> Dome:
        return Dome(np.full((4, 8, 3), nits, np.float32), np.eye(3))

    return make


@pytest.fixture
def wall() -> Callable[[float, float], Mesh]:
    """A square facing the camera: distance, albedo."""

    def make(distance: float, albedo: float) -> Mesh:
        size = 10.0 * distance
        points = np.array([[-size, -size, 0], [size, -size, 0], [size, size, 0], [-size, size, 0]], np.float32)
        points[:, 2] = -distance
        colors = np.full((4, 3), albedo, np.float32)
        return Mesh(points, np.array([[0, 1, 2], [0, 2, 3]], np.int32), colors)

    return make


@pytest.fixture
def slab(empty: Frame) -> Callable[..., Frame]:
    """A frame that holds a wide slab from 10 m to 10 m + thickness of one density, temperature and flame."""

    def make(thickness: float, *, density: float = 0.0, kelvin: float = 290.0, flame: float = 0.0) -> Frame:
        voxel = thickness / 20
        values = np.zeros((8, 8, 21, 3), np.float32)
        values[...] = (density, kelvin, flame)
        wide = np.diag([300.0, 300.0, 1.0, 1.0])
        wide[3, :3] = (-300.0 * 3.5 * voxel, -300.0 * 3.5 * voxel, -10.0 - thickness)
        grids = VolumeGrids(values, (0.0, 0.0, 0.0), voxel)
        return dataclasses.replace(empty, grids=(grids,), volumes=(Volume("/v", 0, wide),))

    return make
