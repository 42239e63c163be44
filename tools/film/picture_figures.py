"""Figures of finished pictures: of the PNG that is shown, and of the same picture in nits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

LUMA = np.array([0.2126, 0.7152, 0.0722])
FLAME_NITS = 23.0
"""cd/m² from which a glow counts as flame: a black body at 1100 K."""

_ENOUGH = 0.01  # share of a picture that must burn before it says of which colour flames are
_CLIPPED = 254
_DARK = 0.15
_TRIMMED = 5.0  # per cent at either end that do not count for what the fire spans: single tongues and gaps in trees
_MIDDLE_GREY = 64.0  # nits; where a picture does not say what glows, flames are what outshines a meter's grey at EV 9,
_REDDEST, _BLUEST = 0.45, 0.1  # of these colours


def shown_figures(picture: Bytes) -> Iterator[tuple[str, float]]:
    """Figures of a picture as it is shown, uint8 [h, w, 3]."""
    yield "clipped", float((picture >= _CLIPPED).any(axis=2).mean())
    yield "dark", float((picture @ LUMA / 255.0 < _DARK).mean())


def fire_figures(nits: F64, fire: F64 | None) -> Iterator[tuple[str, float]]:
    """Figures of what burns in a picture of nits [h, w, 3]; ``fire``: the flames' own glow in it, where it is known."""
    burning = flames_in(nits, fire)
    yield "fire_area", float(burning.mean())
    yield "fire_extent", spanned(burning)
    glow = (fire if fire is not None else nits)[burning]
    if burning.mean() >= _ENOUGH:
        red = np.maximum(glow[:, 0], 1e-6)
        yield "fire_green", float(np.median(glow[:, 1] / red))
        yield "fire_blue", float(np.percentile(glow[:, 2] / red, 95))
        yield "fire_nits", float(np.percentile(glow @ LUMA, 95))


def flames_in(nits: F64, fire: F64 | None) -> Mask:
    """Which pixels show flame, bool [h, w]."""
    if fire is not None:
        return fire @ LUMA >= FLAME_NITS
    red = np.maximum(nits[..., 0], 1e-6)
    return (nits @ LUMA >= _MIDDLE_GREY) & (nits[..., 1] < _REDDEST * red) & (nits[..., 2] < _BLUEST * red)


def spanned(burning: Mask) -> float:
    """Share of the picture inside the box that holds the flames, without their outermost twentieths."""
    rows, columns = np.nonzero(burning)
    if not len(rows):
        return 0.0
    ends = [np.percentile(along, (_TRIMMED, 100.0 - _TRIMMED)) for along in (rows, columns)]
    height, width = ((high - low + 1.0) for low, high in ends)
    return float(height * width / burning.size)
