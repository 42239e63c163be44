"""Figures of the air at a frame: how smoke is lit, what colours it takes, how thick the haze is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from film.layer import metres
from film.picture_figures import LUMA
from usd_ai.stage.preview.march import march
from usd_ai.stage.preview.surfaces import GRAIN, Surfaces
from usd_ai.stage.preview.values import Camera, Dome, Frame, Volume, VolumeGrids
from usd_ai.stage.preview.volumes import pack

F64 = NDArray[np.float64]

_WIDTH = 480  # pixels of the picture for which smoke is lit
_SLAB, _DENSITY = 2.0, 0.4  # length and extinction of the smoke through which its tints are measured


def air_figures(frame: Frame) -> Iterator[tuple[str, float]]:
    """All figures, by the key of their range."""
    yield "haze", frame.haze / frame.meters_per_unit
    side = underside(frame)
    if side is not None:
        yield "underside", side
    red, green, blue = (-np.log(seen_through_smoke())).tolist()
    yield "tint_red", red / green
    yield "tint_blue", blue / green


def underside(frame: Frame) -> float | None:
    """Light that the lowest third of the smoke sends to the eye against the highest, by height; None without smoke."""
    packed = pack(frame, _WIDTH)
    heights: list[F64] = []
    lights: list[F64] = []
    for number, volume in enumerate(frame.volumes):
        grids = frame.grids[volume.grids]
        if "smoke" not in volume.path:
            continue
        first, *shape = packed.light_heads[number].tolist()
        cells = packed.light[first : first + int(np.prod(shape))] @ LUMA
        index = np.stack(np.meshgrid(*[np.arange(size) for size in shape], indexing="ij"), axis=-1).reshape(-1, 3)
        voxels = index * (np.array(grids.values.shape[:3]) - 1.0) / np.maximum(np.array(shape) - 1.0, 1.0)
        near = np.clip(np.rint(voxels).astype(np.int64), 0, np.array(grids.values.shape[:3]) - 1)
        smoky = grids.values[..., 0][tuple(near.T)] > 0.0
        local = np.array(grids.origin) + grids.voxel * voxels[smoky]
        heights.append(metres(frame, local @ volume.world[:3, :3] + volume.world[3, :3])[:, 2])
        lights.append(cells[smoky])
    height, light = np.concatenate([np.zeros(0), *heights]), np.concatenate([np.zeros(0), *lights])
    if len(height) < len(LUMA):
        return None
    low, high = height.min() + (height.max() - height.min()) * np.array([1.0, 2.0]) / 3.0
    return float(light[height <= low].mean() / max(light[height >= high].mean(), 1e-9))


def seen_through_smoke() -> F64:
    """Share of light by colour [3] that comes through a slab of smoke in front of an even sky, as the preview draws."""
    camera = Camera("/probe", np.eye(4), (-0.1, 0.1, -0.1, 0.1), 0.1, 1e6, 1.0, 0.02)
    values = np.zeros((12, 12, 12, 3), np.float32)
    values[..., 0] = _DENSITY
    slab = VolumeGrids(values, (0.0, 0.0, 0.0), _SLAB / 11.0)
    world = np.eye(4)
    world[3, :3] = (-0.5 * _SLAB, -0.5 * _SLAB, -3.0 * _SLAB)
    sky = Dome(np.ones((4, 8, 3), np.float32), np.eye(3))
    frame = Frame(
        camera, 1.0, (0.0, 1.0, 0.0), 0.0, 0.0, domes=(sky,), grids=(slab,), volumes=(Volume("/v", 0, world),)
    )
    size = (4, 4)
    flat = np.zeros((size[1] * GRAIN, size[0] * GRAIN), np.float32)
    empty = Surfaces(np.zeros((*flat.shape, 3), np.float32), flat, np.full_like(flat, np.inf))
    packed = pack(frame, size[0])
    dark = replace(packed, light=np.zeros_like(packed.light))
    return march(frame, dark, empty, size)[1:3, 1:3].mean(axis=(0, 1))
