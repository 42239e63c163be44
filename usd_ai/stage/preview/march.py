"""Emission and absorption along the rays of a picture: flames, smoke and haze over the surfaces behind them.

The medium at a place adds up what the volumes there hold. Per colour c: extinction = density · TINT_c + soot · flame;
source = soot · flame · Planck(kelvin)_c + density · TINT_c · ALBEDO_c · light_c. Within a step both are constant, so a
step is exact for constant media (Beer-Lambert, and L = B (1 - e^-τ) for a glowing slab) whatever its length.

Haze is even air: it dims by e^-σd and adds what it scatters of the sky; before the sky itself it adds nothing,
because a sky picture holds its own air. Fire lights make it glow around them, unshadowed.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from usd_ai.stage.preview import planck
from usd_ai.stage.preview.kernel import kernel
from usd_ai.stage.preview.scene_lights import sky
from usd_ai.stage.preview.surfaces import GRAIN, Surfaces
from usd_ai.stage.preview.values import Doubles, Floats, Frame
from usd_ai.stage.preview.volumes import ALBEDO, ANISOTROPY, BLOCK, TINT, Packed, phase

_STEP = 1.8  # voxels a step is long; jitter hides what that leaves out
_STEP_PIXELS = 4.0  # or this many times what a pixel covers there, where that is longer
_OPAQUE = 0.003
_SAME = 0.02  # relative difference of depth under which the glow of the air is not asked for again
_FAR = 1e30
_MOST = 96  # volumes a ray can meet
_HAZE_ALBEDO = 0.9  # of aged smoke
_PAST_TREES = 0.16
"""Share of a lamp's light that the haze between the trees gets: a look factor. Trunks, crowns and smoke stand in the
way of a lamp that is drawn without shadows in the air; in full it drowned dusk and silhouettes in orange."""
_LEANING = 0.5
_DARKENING = 0.85  # share of the smoke's albedo that soot inside a full flame has lost (young soot: 0.1 to 0.2)
_TABLE = planck.table()


def march(frame: Frame, packed: Packed, surfaces: Surfaces, size: tuple[int, int]) -> Doubles:
    """The picture in nits, float64 [height, width, 3], of ``size`` = (width, height)."""
    width, height = size
    rays = frame.camera.rays(width, height)
    eye = frame.camera.eye
    eyes = np.einsum("vab,b->va", packed.to_index[:, :, :3], eye) + packed.to_index[:, :, 3]
    balls = np.array([(*ball.center, ball.radius, *ball.nits) for ball in frame.balls], dtype=np.float64).reshape(-1, 7)
    out = np.zeros((height, width, 3))
    _march(
        rays,
        surfaces.nits,
        surfaces.alpha,
        surfaces.depth,
        sky(frame.domes, rays),
        air_colour(frame, rays),
        eyes,
        packed.voxels,
        packed.heads,
        packed.blocks,
        packed.block_heads,
        packed.which,
        packed.to_index,
        packed.voxel_world,
        packed.light,
        packed.light_heads,
        balls,
        eye,
        frame.haze,
        frame.soot,
        _STEP_PIXELS * (frame.camera.window[1] - frame.camera.window[0]) / width,
        _TABLE,
        np.zeros(_MOST, np.int64),
        np.zeros((_MOST, 2)),
        np.zeros((len(packed.which), 3)),
        np.zeros((9, 3)),
        np.zeros(GRAIN * GRAIN),
        np.zeros(GRAIN * GRAIN, np.int64),
        out,
    )
    return out


def air_colour(frame: Frame, rays: Doubles) -> Doubles:
    """Nits of endless haze along each ray: what it scatters of the sky all round, g = 0.6, seen level.

    Forward scattering makes it take after the sky near the horizon behind it; the dark ground below takes some away.
    """
    rows, columns = 32, 64
    up = np.array(frame.up)
    first = np.array([0.0, 0.0, 1.0]) if abs(up[1]) > _LEANING else np.array([1.0, 0.0, 0.0])
    second = np.cross(up, first)
    height = 1.0 - 2.0 * (np.arange(rows) + 0.5) / rows  # equal areas
    turn = 2.0 * math.pi * np.arange(columns) / columns
    around = np.cos(turn)[:, None] * first + np.sin(turn)[:, None] * second
    sphere = np.sqrt(1.0 - height**2)[:, None, None] * around + height[:, None, None] * up
    sphere = sphere.reshape(-1, 3)
    cosine = around @ sphere.T
    g = ANISOTROPY
    weight = (1.0 - g * g) / (1.0 + g * g - 2.0 * g * cosine) ** 1.5
    level = (weight / weight.sum(axis=1, keepdims=True)) @ sky(frame.domes, sphere) * _HAZE_ALBEDO
    place = (np.arctan2(rays @ second, rays @ first) / (2.0 * math.pi) % 1.0) * columns
    before = np.floor(place).astype(np.int64)
    share = (place - before)[..., None]
    return level[before % columns] * (1.0 - share) + level[(before + 1) % columns] * share


@kernel
def _enter(eyes: Doubles, go: Doubles, v: int, heads: NDArray[np.int64], g: int) -> tuple[float, float]:
    """Where a ray in voxel indices is inside volume ``v`` of grid ``g``; entry after exit when it never is."""
    near, far = 0.0, _FAR
    for a in range(3):
        top = heads[g, 1 + a] - 1.000001
        start, step = eyes[v, a], go[v, a]
        if abs(step) < 1e-12:
            if start < 0.0 or start > top:
                return 1.0, 0.0
        else:
            first, last = -start / step, (top - start) / step
            near, far = max(near, min(first, last)), min(far, max(first, last))
    return near, far


@kernel
def _leave_block(at: Doubles, go: Doubles, v: int) -> float:
    """Distance to the border of the block that a place in voxel indices of volume ``v`` lies in."""
    nearest = _FAR
    for a in range(3):
        step = go[v, a]
        if abs(step) > 1e-12:
            block = int(at[a]) // BLOCK
            border = (block + 1) * BLOCK if step > 0 else block * BLOCK
            nearest = min(nearest, (border - at[a]) / step)
    return max(nearest, 0.0)


@kernel
def _look_up(values: Floats, heads: NDArray[np.int64], g: int, x: float, y: float, z: float, out: Doubles) -> None:
    """Trilinear values [3] at an index of grid ``g``, which is clamped to the grid."""
    ny, nz = heads[g, 2], heads[g, 3]
    i = min(max(int(x), 0), heads[g, 1] - 2)
    j = min(max(int(y), 0), ny - 2)
    k = min(max(int(z), 0), nz - 2)
    u, v, w = x - i, y - j, z - k
    at = heads[g, 0] + (i * ny + j) * nz + k
    up, across = nz, ny * nz
    for c in range(3):
        low = (values[at, c] * (1 - w) + values[at + 1, c] * w) * (1 - v) + (
            values[at + up, c] * (1 - w) + values[at + up + 1, c] * w
        ) * v
        high = (values[at + across, c] * (1 - w) + values[at + across + 1, c] * w) * (1 - v) + (
            values[at + across + up, c] * (1 - w) + values[at + across + up + 1, c] * w
        ) * v
        out[c] = low * (1 - u) + high * u


@kernel
def _glow(kelvin: float, table: Doubles, c: int) -> float:
    place = (kelvin - planck.LOWEST) / planck.STEP
    if place <= 0.0:
        return 0.0
    last = len(table) - 1
    low = min(int(place), last - 1)
    share = min(place - low, 1.0)
    return table[low, c] * (1 - share) + table[low + 1, c] * share


@kernel
def _fade(depth: float) -> float:
    """e^-depth; its Padé fraction, exact to 1e-6, where the depth is small."""
    if depth < 0.25:
        square = depth * depth
        return (12.0 - 6.0 * depth + square) / (12.0 + 6.0 * depth + square)
    return math.exp(-depth)


@kernel
def _jitter(x: int, y: int) -> float:
    """Where in its first step a pixel starts, 0 to 1: a hash of the pixel (Jarzynski and Olano, JCGT 9(3), 2020)."""
    word = (x * 1664525 + y * 1013904223 + 12345) & 0xFFFFFFFF
    word = ((word ^ (word >> 16)) * 747796405) & 0xFFFFFFFF
    word = ((word ^ (word >> 15)) * 277803737) & 0xFFFFFFFF
    return ((word ^ (word >> 16)) & 0xFFFFFF) / 16777216.0


@kernel
def _airglow(eye: Doubles, ray: Doubles, depth: float, balls: Doubles, haze: float, out: Doubles) -> None:
    """Fire light scattered once by the haze between the eye and ``depth``.

    The integral of 1/distance² along a ray is (atan(b/h) - atan(a/h)) / h (Sun et al., "A Practical Analytic Single
    Scattering Model", SIGGRAPH 2005, section 4); what the haze takes away and the phase are those at the nearest place.
    """
    out[:] = 0.0
    for number in range(len(balls)):
        along, square = 0.0, 0.0
        for a in range(3):
            offset = balls[number, a] - eye[a]
            along += offset * ray[a]
            square += offset * offset
        radius = balls[number, 3]
        height = math.sqrt(max(square - along * along, radius * radius))
        sweep = (math.atan((depth - along) / height) + math.atan(along / height)) / height
        nearest = min(max(along, 0.0), depth)
        cosine = (along - nearest) / math.sqrt((along - nearest) ** 2 + height * height)
        # Mostly sideways light: the mean over the sweep lies between that and even scattering.
        toward = 0.5 * phase(cosine, 0.6) + 0.5 / (4.0 * math.pi)
        share = _PAST_TREES * sweep * toward * math.pi * radius * radius * haze * _HAZE_ALBEDO
        share *= math.exp(-haze * (nearest + math.sqrt((along - nearest) ** 2 + height * height)))
        for c in range(3):
            out[c] += balls[number, 4 + c] * share


@kernel
def _meet(
    eyes: Doubles, ray: Doubles, heads: NDArray[np.int64], which: NDArray[np.int64], to_index: Doubles, go: Doubles,
    met: NDArray[np.int64], span: Doubles,
) -> int:  # fmt: skip
    """Volumes on a ray, nearest first: fills ``met`` and ``span`` [n, 2], returns how many."""
    count = 0
    for v in range(len(which)):
        for a in range(3):
            go[v, a] = to_index[v, a, 0] * ray[0] + to_index[v, a, 1] * ray[1] + to_index[v, a, 2] * ray[2]
        near, far = _enter(eyes, go, v, heads, which[v])
        if near < far and count < _MOST:
            place = count
            while place > 0 and span[place - 1, 0] > near:
                span[place, 0], span[place, 1], met[place] = span[place - 1, 0], span[place - 1, 1], met[place - 1]
                place -= 1
            span[place, 0], span[place, 1], met[place] = near, far, v
            count += 1
    return count


@kernel
def _forget(t: float, count: int, met: NDArray[np.int64], span: Doubles) -> int:
    """Drop the volumes that end before ``t``; the others keep their order. Returns how many are left."""
    kept = 0
    for number in range(count):
        if span[number, 1] > t:
            if kept < number:
                met[kept], span[kept, 0], span[kept, 1] = met[number], span[number, 0], span[number, 1]
            kept += 1
    return kept


@kernel
def _reach(  # noqa: PLR0917 - numba kernels take arrays, not objects; the loop is one thought
    t: float, stop: float, count: int, met: NDArray[np.int64], span: Doubles, eyes: Doubles, go: Doubles,
    heads: NDArray[np.int64], blocks: NDArray[np.uint8], block_heads: NDArray[np.int64], which: NDArray[np.int64],
    voxel_world: Doubles, cone: float, at: Doubles,
) -> tuple[float, float]:  # fmt: skip
    """Where the medium changes next, at most ``stop``, and the step that its finest volume asks for, `_FAR` in none."""
    end, finest = stop, _FAR
    for number in range(count):
        v = met[number]
        if span[number, 0] > t:
            return min(end, span[number, 0]), finest
        end = min(end, span[number, 1])
        g = which[v]
        for a in range(3):
            place = eyes[v, a] + (t + 1e-6 * voxel_world[v]) * go[v, a]
            at[a] = min(max(place, 0.0), heads[g, 1 + a] - 1.000001)
        i, j, k = int(at[0]) // BLOCK, int(at[1]) // BLOCK, int(at[2]) // BLOCK
        if blocks[block_heads[g, 0] + (i * block_heads[g, 2] + j) * block_heads[g, 3] + k] == 0:
            end = min(end, t + _leave_block(at, go, v) + 1e-3 * voxel_world[v])
        else:
            finest = min(finest, max(_STEP * float(voxel_world[v]), t * cone))
    return end, finest


@kernel
def _mix(  # noqa: PLR0917 - as _reach
    t: float, middle: float, count: int, met: NDArray[np.int64], span: Doubles, eyes: Doubles, go: Doubles,
    voxels: Floats, heads: NDArray[np.int64], which: NDArray[np.int64], light: Floats, light_heads: NDArray[np.int64],
    soot: float, table: Doubles, at: Doubles, value: Doubles, lit: Doubles, extinction: Doubles, source: Doubles,
) -> None:  # fmt: skip
    """Add the volumes that hold ``t`` at ``middle`` to extinction and source [3]."""
    for number in range(count):
        v = met[number]
        if span[number, 0] > t:
            return
        g = which[v]
        for a in range(3):
            at[a] = min(max(eyes[v, a] + middle * go[v, a], 0.0), heads[g, 1 + a] - 1.000001)
        _look_up(voxels, heads, g, at[0], at[1], at[2], value)
        if value[0] <= 0.0 and value[2] <= 0.0:
            continue
        hot = soot * value[2]
        if value[0] > 0.0:
            for a in range(3):
                at[a] *= (light_heads[v, 1 + a] - 1.0) / (heads[g, 1 + a] - 1.0)
            _look_up(light, light_heads, v, at[0], at[1], at[2], lit)
        for c in range(3):
            smoke = value[0] * TINT[c]
            extinction[c] += smoke + hot
            scattered = ALBEDO[c] * (1.0 - _DARKENING * value[2])
            # Kirchhoff: what absorbs glows. Smoke in a flame is fresh soot, dark and as hot as the gas around it.
            source[c] += (hot + smoke * (1.0 - scattered)) * _glow(value[1], table, c) + smoke * scattered * lit[c]


@kernel
def _sort(x: int, y: int, depth: Floats, stops: Doubles, order: NDArray[np.int64]) -> None:
    """Depths of a pixel's parts, nearest first, and which part each is of."""
    for part in range(GRAIN * GRAIN):
        far = np.float64(depth[y * GRAIN + part // GRAIN, x * GRAIN + part % GRAIN])
        place = part
        while place > 0 and stops[place - 1] > far:
            stops[place], order[place] = stops[place - 1], order[place - 1]
            place -= 1
        stops[place], order[place] = far, part


@kernel
def _open(x: int, y: int, alpha: Floats) -> float:
    """Share of a pixel through which the sky is seen."""
    covered = 0.0
    for part in range(GRAIN * GRAIN):
        covered += alpha[y * GRAIN + part // GRAIN, x * GRAIN + part % GRAIN]
    return 1.0 - covered / (GRAIN * GRAIN)


@kernel
def _march(  # noqa: C901, PLR0912, PLR0917 - as _reach
    rays: Doubles, nits: Floats, alpha: Floats, depth: Floats, skies: Doubles, airs: Doubles, eyes: Doubles,
    voxels: Floats, heads: NDArray[np.int64], blocks: NDArray[np.uint8], block_heads: NDArray[np.int64],
    which: NDArray[np.int64], to_index: Doubles, voxel_world: Doubles, light: Floats, light_heads: NDArray[np.int64],
    balls: Doubles, eye: Doubles, haze: float, soot: float, cone: float, table: Doubles, met: NDArray[np.int64],
    span: Doubles, go: Doubles, scratch: Doubles, stops: Doubles, order: NDArray[np.int64], out: Doubles,
) -> None:  # fmt: skip
    at, value, lit, extinction, source = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    gained, through, air, fire = scratch[5], scratch[6], scratch[7], scratch[8]
    parts = GRAIN * GRAIN
    for pixel in range(rays.shape[0] * rays.shape[1]):
        y, x = pixel // rays.shape[1], pixel % rays.shape[1]
        ray = rays[y, x]
        _sort(x, y, depth, stops, order)
        count = _meet(eyes, ray, heads, which, to_index, go, met, span)
        last = 0.0
        for number in range(count):
            last = max(last, span[number, 1])
        gained[:], through[:], air[:] = 0.0, 1.0, 0.0
        t, offset, before, lit_to = 0.0, _jitter(x, y) + 0.001, 1.0, -1.0
        for part in range(parts + 1):
            stop = min(stops[part], last) if part < parts else last
            while t < stop and max(through[0], through[1], through[2]) > _OPAQUE:
                count = _forget(t, count, met, span)
                end, step = _reach(
                    t, stop, count, met, span, eyes, go, heads, blocks, block_heads, which, voxel_world, cone, at
                )
                extinction[:], source[:] = 0.0, 0.0
                if step < _FAR:
                    end, offset = min(end, t + step * offset), 1.0
                    _mix(
                        t, 0.5 * (t + end), count, met, span, eyes, go, voxels, heads, which, light, light_heads, soot,
                        table, at, value, lit, extinction, source,
                    )  # fmt: skip
                after = math.exp(-haze * end)
                for c in range(3):
                    air[c] += through[c] * (before - after)
                    if extinction[c] > 0.0:
                        kept = _fade(extinction[c] * (end - t))
                        gained[c] += through[c] * before * source[c] / extinction[c] * (1.0 - kept)
                        through[c] *= kept
                t, before = end, after
            if part == parts or stops[part] >= _FAR:
                share = _open(x, y, alpha)
                if share > 0.0:
                    _airglow(eye, ray, _FAR, balls, haze, fire)
                    for c in range(3):
                        seen = gained[c] + (air[c] + through[c] * before) * skies[y, x, c]
                        out[y, x, c] += share * (seen + fire[c] * (0.5 + 0.5 * through[c]))
                break
            a, b = y * GRAIN + order[part] // GRAIN, x * GRAIN + order[part] % GRAIN
            if alpha[a, b] > 0.0:
                far = stops[part]
                dim = math.exp(-haze * far)
                if abs(far - lit_to) > _SAME * far:
                    _airglow(eye, ray, far, balls, haze, fire)
                    lit_to = far
                for c in range(3):
                    mist = (air[c] + through[c] * (before - dim)) * airs[y, x, c]
                    seen = gained[c] + mist + fire[c] * (0.5 + 0.5 * through[c])
                    out[y, x, c] += (alpha[a, b] * seen + through[c] * dim * nits[a, b, c]) / parts
