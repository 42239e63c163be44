"""Volumes packed for the march: voxels, empty blocks, and the light that reaches their smoke.

Smoke scatters once, with g = 0.6; what scatters more often is stood for by Wrenninge's octaves ("Oz: The Great and
Volumetric", SIGGRAPH 2013 talks): each further octave has 0.3 of the light, because dark smoke scatters little of it,
half the extinction and half the g. Light is gathered on a grid per volume, fine enough for a lobe to have a bright and
a dark side. A volume shadows itself; it does not shadow other volumes or surfaces.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from usd_ai.stage.preview.kernel import kernel
from usd_ai.stage.preview.scene_lights import sky
from usd_ai.stage.preview.values import Doubles, Floats, Frame, Volume, VolumeGrids

TINT = (0.76, 1.0, 1.43)
"""Extinction of smoke by colour, against that of green: λ^-2, brown in transmission, bluish at thin edges."""

ALBEDO = (0.42, 0.43, 0.45)
"""Single-scattering albedo of smoke that has left the flame: the upper end of flaming (0.29-0.44) [Smith 2020]."""

ANISOTROPY = 0.6
BLOCK = 6  # voxels along the edge of a block that is skipped when empty
_LIGHT_CELLS = (6, 22)  # fewest and most cells along the longest edge of a volume's light grid
_LIGHT_CELL = 2.0  # m; a volume so large that its cells would be wider gets more of them: billows need sides
_SHADOW_STEPS = 14
_SHADOW_ENDS = (np.arange(_SHADOW_STEPS + 1) / _SHADOW_STEPS) ** 1.7  # steps grow: the near smoke decides
_OCTAVES = 3
_OCTAVE_LIGHT = 0.3  # of an octave's light in the next one: less than the albedo, which is what scatters once more
_LAMP_SHARE = 0.5
"""Share of a lamp's light that smoke takes: a look factor, not physics. Crowns and trunks, which cast no shadow in the
smoke, keep the rest."""
_LAMP_PATCH = 2.5
"""Radii of a lamp over which the flames that it stands for are spread: nearer than that smoke lies among them, and
neither gets brighter nor is shadowed. Without it the ball outshines its own flames in the smoke beside it."""
_DIM = 0.05  # lux: lamps that are fainter at a place are left out
_FAR = 1e30
_CELL_PIXELS = 9.0  # a light grid needs no finer cells than this looks


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """All volumes of a frame as flat arrays. g grids, v volumes.

    ``voxels`` float32 [n, 3]; ``heads`` int64 [g, 4]: offset and shape; ``blocks`` uint8 [m], ``block_heads`` int64
    [g, 4]; ``which`` int64 [v]; ``to_index`` float64 [v, 3, 4]: world to voxel index; ``voxel_world`` float64 [v]:
    size of a voxel in host units; ``light`` float32 [k, 3]: nits that smoke sends to the eye per unit of scattering
    and length; ``light_heads`` int64 [v, 4].
    """

    voxels: Floats
    heads: NDArray[np.int64]
    blocks: NDArray[np.uint8]
    block_heads: NDArray[np.int64]
    which: NDArray[np.int64]
    to_index: Doubles
    voxel_world: Doubles
    light: Floats
    light_heads: NDArray[np.int64]


def pack(frame: Frame, width: int) -> Packed:
    """The frame's volumes, lit as finely as a picture of ``width`` pixels shows. Works for none."""
    heads, block_heads = np.zeros((len(frame.grids), 4), np.int64), np.zeros((len(frame.grids), 4), np.int64)
    voxels: list[Floats] = [np.zeros((0, 3), np.float32)]
    blocks: list[NDArray[np.uint8]] = [np.zeros(0, np.uint8)]
    offset, block_offset = 0, 0
    for number, grids in enumerate(frame.grids):
        full = _full_blocks(grids)
        heads[number] = (offset, *grids.values.shape[:3])
        block_heads[number] = (block_offset, *full.shape)
        voxels.append(grids.values.reshape(-1, 3))
        blocks.append(full.reshape(-1))
        offset += len(voxels[-1])
        block_offset += len(blocks[-1])
    count = len(frame.volumes)
    to_index, voxel_world = np.zeros((count, 3, 4)), np.zeros(count)
    light_heads = np.zeros((count, 4), np.int64)
    cells = 0
    for number, volume in enumerate(frame.volumes):
        grids = frame.grids[volume.grids]
        back = np.linalg.inv(volume.world)
        to_index[number, :, :3] = back[:3, :3].T / grids.voxel
        to_index[number, :, 3] = (back[3, :3] - np.array(grids.origin)) / grids.voxel
        voxel_world[number] = grids.voxel * float(np.cbrt(abs(np.linalg.det(volume.world[:3, :3]))))
        shape = np.array(grids.values.shape[:3], dtype=np.float64)
        wanted = _light_cells(frame, volume, shape.max() * voxel_world[number], width)
        light_heads[number] = (cells, *np.maximum(2, np.ceil(shape / shape.max() * wanted)).astype(np.int64))
        cells += int(np.prod(light_heads[number, 1:]))
    which = np.array([volume.grids for volume in frame.volumes], dtype=np.int64)
    packed = Packed(
        np.concatenate(voxels),
        heads,
        np.concatenate(blocks),
        block_heads,
        which,
        to_index,
        voxel_world,
        np.zeros((cells, 3), np.float32),
        light_heads,
    )
    if count:
        _light(frame, packed)
    return packed


def _light_cells(frame: Frame, volume: Volume, longest: float, width: int) -> float:
    """Cells along the longest edge of a volume, by how large it looks at its nearest."""
    away = max(float(np.linalg.norm(volume.world[3, :3] - frame.camera.eye)) - longest, 0.2 * longest)
    pixels = longest / away * width / (frame.camera.window[1] - frame.camera.window[0])
    fewest, most = _LIGHT_CELLS
    return float(np.clip(pixels / _CELL_PIXELS, fewest, max(most, longest * frame.meters_per_unit / _LIGHT_CELL)))


def _full_blocks(grids: VolumeGrids) -> NDArray[np.uint8]:
    """Blocks of `BLOCK`³ voxels in which a trilinear look-up can meet smoke or flame, uint8 [x, y, z]."""
    there = (grids.values[..., 0] > 0) | (grids.values[..., 2] > 0)
    shape = [max(1, math.ceil(size / BLOCK)) for size in there.shape]
    full = np.zeros(shape, bool)
    x, y, z = np.nonzero(there)
    for dx in (-1, 0):
        for dy in (-1, 0):
            for dz in (-1, 0):
                cells = (np.maximum(x + dx, 0) // BLOCK, np.maximum(y + dy, 0) // BLOCK, np.maximum(z + dz, 0) // BLOCK)
                full[cells] = True
    return full.astype(np.uint8)


def ambient(frame: Frame) -> Doubles:
    """Mean nits of the sky around the six directions +x -x +y -y +z -z, float64 [6, 3]."""
    rows, columns = 24, 48
    phi = 2 * math.pi * (np.arange(columns) + 0.5) / columns
    z = 1.0 - 2.0 * (np.arange(rows) + 0.5) / rows  # equal areas
    around = np.sqrt(1 - z * z)[:, None]
    directions = np.stack(np.broadcast_arrays(np.cos(phi) * around, np.sin(phi) * around, z[:, None]), axis=-1)
    directions = directions.reshape(-1, 3)
    nits = sky(frame.domes, directions)
    axes = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], dtype=np.float64)
    weights = np.maximum(directions @ axes.T, 0.0) ** 2
    return (weights.T @ nits) / weights.sum(axis=0)[:, None]


def _light(frame: Frame, packed: Packed) -> None:
    balls = np.array([(*ball.center, ball.radius, *ball.nits) for ball in frame.balls], dtype=np.float64).reshape(-1, 7)
    suns = np.array([(*sun.direction, *sun.lux) for sun in frame.suns], dtype=np.float64).reshape(-1, 6)
    inverse = np.zeros((len(frame.volumes), 3, 4))
    for number in range(len(frame.volumes)):
        whole = np.eye(4)
        whole[:3] = packed.to_index[number]
        inverse[number] = np.linalg.inv(whole)[:3]
    _gather(
        packed.voxels,
        packed.heads,
        packed.blocks,
        packed.block_heads,
        packed.which,
        packed.to_index,
        inverse,
        packed.light_heads,
        balls,
        suns,
        ambient(frame),
        frame.camera.eye,
        np.zeros((7, 3)),
        packed.light,
    )


@kernel
def density_at(voxels: Floats, head: NDArray[np.int64], x: float, y: float, z: float) -> float:
    """Trilinear extinction at a voxel index; 0 outside."""
    nx, ny, nz = head[1], head[2], head[3]
    if not (0.0 <= x < nx - 1 and 0.0 <= y < ny - 1 and 0.0 <= z < nz - 1):
        return 0.0
    i, j, k = int(x), int(y), int(z)
    u, v, w = x - i, y - j, z - k
    at = head[0] + (i * ny + j) * nz + k
    up, across = nz, ny * nz
    low = (voxels[at, 0] * (1 - w) + voxels[at + 1, 0] * w) * (1 - v) + (
        voxels[at + up, 0] * (1 - w) + voxels[at + up + 1, 0] * w
    ) * v
    at += across
    high = (voxels[at, 0] * (1 - w) + voxels[at + 1, 0] * w) * (1 - v) + (
        voxels[at + up, 0] * (1 - w) + voxels[at + up + 1, 0] * w
    ) * v
    return low * (1 - u) + high * u


@kernel
def phase(cosine: float, g: float) -> float:
    """Henyey-Greenstein, 1/sr."""
    base = 1.0 + g * g - 2.0 * g * cosine
    return (1.0 - g * g) / (4.0 * math.pi * base * math.sqrt(base))


@kernel
def _depth(
    voxels: Floats, head: NDArray[np.int64], to_index: Doubles, start: Doubles, direction: Doubles, reach: float,
    at: Doubles, go: Doubles,
) -> float:  # fmt: skip
    """Optical depth (of green) from a world position along a unit direction, at most ``reach`` far."""
    far = reach
    for a in range(3):
        place, step = to_index[a, 3], 0.0
        for b in range(3):
            place += to_index[a, b] * start[b]
            step += to_index[a, b] * direction[b]
        at[a], go[a] = place, step
        if step > 1e-12:
            far = min(far, (head[1 + a] - 1 - place) / step)
        elif step < -1e-12:
            far = min(far, -place / step)
    if far <= 0.0:
        return 0.0
    total, before = 0.0, 0.0
    for s in range(_SHADOW_STEPS):
        after = far * _SHADOW_ENDS[s + 1]
        t = 0.5 * (before + after)
        total += density_at(voxels, head, at[0] + t * go[0], at[1] + t * go[1], at[2] + t * go[2]) * (after - before)
        before = after
    return total


@kernel
def _add_octaves(out: Doubles, light: Doubles, cosine: float, depth: float) -> None:
    share, reach = 1.0, 1.0
    for _ in range(_OCTAVES):
        toward = phase(cosine, ANISOTROPY * reach)
        for c in range(3):
            out[c] += share * light[c] * toward * math.exp(-depth * reach * TINT[c])
        share *= _OCTAVE_LIGHT
        reach *= 0.5


@kernel
def _at_cell(  # noqa: C901 - kinds of light one after the other; a numba kernel takes arrays, not objects
    voxels: Floats, head: NDArray[np.int64], to_index: Doubles, place: Doubles, balls: Doubles, suns: Doubles,
    sextants: Doubles, eye: Doubles, cell: float, scratch: Doubles, out: Doubles,
) -> None:  # fmt: skip
    """Nits towards the eye per unit of scattering at a place in world space. ``scratch``: float64 [5, 3].

    ``cell``: how far apart such places are. A lamp nearer than that would light the whole cell as if it stood in it.
    """
    view, light, direction, at, go = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    far = 0.0
    for a in range(3):
        view[a] = place[a] - eye[a]
        far += view[a] * view[a]
    far = max(math.sqrt(far), 1e-9)
    for a in range(3):
        view[a] /= far  # the light's last leg runs against this
    for number in range(len(balls)):
        distance = 0.0
        for a in range(3):
            direction[a] = balls[number, a] - place[a]
            distance += direction[a] * direction[a]
        distance = max(math.sqrt(distance), 1e-9)
        radius, patch = balls[number, 3], max(_LAMP_PATCH * balls[number, 3], cell)
        square = distance * distance + patch * patch
        strongest, cosine = 0.0, 0.0
        for a in range(3):
            direction[a] /= distance
            cosine += direction[a] * view[a]  # from the lamp (-direction) to the eye (-view)
            light[a] = _LAMP_SHARE * math.pi * balls[number, 4 + a] * (radius * radius / square)
            strongest = max(strongest, light[a])
        if strongest >= _DIM:
            depth = _depth(voxels, head, to_index, place, direction, max(distance - patch, 0.0), at, go)
            _add_octaves(out, light, cosine, depth)
    for number in range(len(suns)):
        cosine = 0.0
        for a in range(3):
            direction[a] = -suns[number, a]
            light[a] = suns[number, 3 + a]
            cosine += direction[a] * view[a]
        _add_octaves(out, light, cosine, _depth(voxels, head, to_index, place, direction, _FAR, at, go))
    for sextant in range(6):
        for a in range(3):
            direction[a] = 0.0
        direction[sextant // 2] = 1.0 - 2.0 * (sextant % 2)
        depth = _depth(voxels, head, to_index, place, direction, _FAR, at, go)
        for c in range(3):
            # Diffuse light gets deeper into a forward scatterer: the similarity relation, (1 - g) of the extinction.
            out[c] += sextants[sextant, c] / 6.0 * math.exp(-depth * (1.0 - ANISOTROPY) * TINT[c])


@kernel
def _near_smoke(blocks: NDArray[np.uint8], head: NDArray[np.int64], x: float, y: float, z: float) -> bool:
    """Whether the block at a voxel index or one beside it holds anything."""
    a, b, c = int(x) // BLOCK, int(y) // BLOCK, int(z) // BLOCK
    for i in range(max(a - 1, 0), min(a + 2, head[1])):
        for j in range(max(b - 1, 0), min(b + 2, head[2])):
            for k in range(max(c - 1, 0), min(c + 2, head[3])):
                if blocks[head[0] + (i * head[2] + j) * head[3] + k] != 0:
                    return True
    return False


@kernel
def _gather(  # noqa: PLR0917 - as _at_cell
    voxels: Floats,
    heads: NDArray[np.int64],
    blocks: NDArray[np.uint8],
    block_heads: NDArray[np.int64],
    which: NDArray[np.int64],
    to_index: Doubles,
    to_world: Doubles,
    light_heads: NDArray[np.int64],
    balls: Doubles,
    suns: Doubles,
    sextants: Doubles,
    eye: Doubles,
    scratch: Doubles,
    light: Floats,
) -> None:
    place, out = scratch[5], scratch[6]
    for v in range(len(which)):
        head = heads[which[v]]
        first, nx, ny, nz = light_heads[v]
        wide, deep, tall = (head[1] - 1.0) / (nx - 1), (head[2] - 1.0) / (ny - 1), (head[3] - 1.0) / (nz - 1)
        cell = 0.0
        for a in range(3):
            cell += (to_world[v, a, 0] * wide) ** 2
        cell = math.sqrt(cell)
        for i in range(nx):
            for j in range(ny):
                for k in range(nz):
                    x, y, z = i * wide, j * deep, k * tall
                    if not _near_smoke(blocks, block_heads[which[v]], x, y, z):
                        continue
                    for a in range(3):
                        place[a] = to_world[v, a, 0] * x + to_world[v, a, 1] * y + to_world[v, a, 2] * z
                        place[a] += to_world[v, a, 3]
                    out[:] = 0.0
                    _at_cell(voxels, head, to_index[v], place, balls, suns, sextants, eye, cell, scratch, out)
                    for c in range(3):
                        light[first + (i * ny + j) * nz + k, c] = out[c]
