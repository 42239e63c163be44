"""Embers as the streaks that an open shutter makes of them, with the light they really send."""

from __future__ import annotations

import math

import numpy as np

from usd_ai.stage.preview.kernel import kernel
from usd_ai.stage.preview.surfaces import GRAIN
from usd_ai.stage.preview.values import Camera, Doubles, Embers, Floats, Frame

_SOFT = 0.7  # pixels: the narrowest streak that is drawn without steps; its light is spread, not raised
_LONGEST = 400  # pixels
_MARGIN = 50.0


def draw_embers(frame: Frame, depth: Floats, picture: Doubles) -> None:
    """Add embers to ``picture``, nits, float64 [height, width, 3], in place.

    ``depth`` [GRAIN·height, GRAIN·width] says what stands before them. Smoke and flames do not hide embers; haze dims
    them.
    """
    height, width, _ = picture.shape
    for embers in frame.embers:
        if not len(embers.points):
            continue
        ends = [
            _project(frame.camera, embers.points + sign * 0.5 * frame.camera.shutter * embers.velocities, width, height)
            for sign in (-1.0, 1.0)
        ]
        across = np.hypot(*(_pixel_size(frame.camera, width, height)))
        _streaks(ends[0], ends[1], _light(frame, embers), embers.widths, across / math.sqrt(2.0), depth, picture)


def _pixel_size(camera: Camera, width: int, height: int) -> tuple[float, float]:
    left, right, bottom, top = camera.window
    return (right - left) / width, (top - bottom) / height


def _project(camera: Camera, points: Doubles, width: int, height: int) -> Doubles:
    """Pixel x, pixel y, forward distance and distance along the ray, float64 [n, 4]; forward 0 behind the eye."""
    left, right, bottom, top = camera.window
    away = points - camera.eye
    across, along, forward = (away @ axis for axis in camera.axes())
    ahead = forward > 1e-6
    safe = np.where(ahead, forward, 1.0)
    x = (across / safe - left) / (right - left) * width
    y = (top - along / safe) / (top - bottom) * height
    return np.stack([x, y, np.where(ahead, forward, 0.0), np.linalg.norm(away, axis=1)], axis=1)


def _light(frame: Frame, embers: Embers) -> Doubles:
    """Nits after the haze, float64 [n, 3]."""
    far = np.linalg.norm(embers.points - frame.camera.eye, axis=1)
    return embers.nits * np.exp(-frame.haze * far)[:, None]


@kernel
def _free(depth: Floats, x: int, y: int, far: float) -> float:
    """Share of a pixel in which nothing stands before ``far``."""
    count = 0
    for b in range(GRAIN):
        for a in range(GRAIN):
            if depth[y * GRAIN + b, x * GRAIN + a] > far:
                count += 1
    return count / (GRAIN * GRAIN)


@kernel
def _streaks(
    starts: Doubles, ends: Doubles, nits: Doubles, widths: Doubles, pixel: float, depth: Floats, picture: Doubles
) -> None:
    height, width = picture.shape[0], picture.shape[1]
    for number in range(len(starts)):
        if starts[number, 2] <= 0.0 or ends[number, 2] <= 0.0:
            continue
        x, y = starts[number, 0], starts[number, 1]
        dx, dy = ends[number, 0] - x, ends[number, 1] - y
        length = math.sqrt(dx * dx + dy * dy)
        thick = widths[number] / (0.5 * (starts[number, 2] + ends[number, 2]) * pixel)
        inside = -_MARGIN < x < width + _MARGIN and -_MARGIN < y < height + _MARGIN
        if not inside or length > _LONGEST:
            continue
        steps = int(2.0 * length) + 1
        spread = max(0.5 * thick, _SOFT)
        # All light of the disc, shared out over the steps; a Gaussian of this spread sums to 1 over the pixels.
        share = 0.25 * math.pi * thick * thick / steps / (2.0 * math.pi * spread * spread)
        reach = int(3.0 * spread) + 1
        far = 0.5 * (starts[number, 3] + ends[number, 3])
        for step in range(steps):
            u = (step + 0.5) / steps
            px, py = x + u * dx, y + u * dy
            for j in range(max(int(py) - reach, 0), min(int(py) + reach + 1, height)):
                for i in range(max(int(px) - reach, 0), min(int(px) + reach + 1, width)):
                    free = _free(depth, i, j, far)
                    square = (i + 0.5 - px) ** 2 + (j + 0.5 - py) ** 2
                    weight = free * share * math.exp(-0.5 * square / (spread * spread))
                    for c in range(3):
                        picture[j, i, c] += weight * nits[number, c]
