"""From nits to a picture: glare, exposure, a filmic view, dither, bytes.

The view is AgX (Troy Sobotka, 2022) in the fit published by Benjamin Wrensch, "Minimal AgX Implementation"
(iolite-engine.com, 2023): inset matrix, log2 encoding over 16.5 stops, a polynomial of sixth degree for the curve. Its
strength here: fire goes from red over orange to pale yellow as it brightens instead of clipping in one channel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from usd_ai.stage.preview.planck import adaptation

Image = NDArray[np.float64]

MIDDLE_GREY = 0.18
NEUTRAL = 6504.0
"""White balance in kelvin that changes nothing: pictures are linear Rec.709, whose white is D65."""
_INSET = np.array(
    [
        [0.842479062253094, 0.0784335999999992, 0.0792237451477643],
        [0.0423282422610123, 0.878468636469772, 0.0791661274605434],
        [0.0423756549057051, 0.0784336, 0.879142973793104],
    ]
)
_LOW_EV, _HIGH_EV = -12.47393, 4.026069
_CURVE = (15.5, -40.14, 31.96, -6.868, 0.4298, 0.1191, -0.00232)  # highest power first
_SATURATION, _POWER = 1.18, 1.08  # between AgX's plain view and its "punchy" look
_LUMA = np.array([0.2126, 0.7152, 0.0722])
_GLARE = ((0.035, 0.0022), (0.022, 0.011), (0.012, 0.045))  # share of the light, spread in picture widths


def ev_scale(ev: float) -> float:
    """What nits are multiplied with at an EV (ISO 100), so that a meter's grey becomes `MIDDLE_GREY`.

    A reflected-light meter of K = 12.5 reads L = 2^EV · K / 100: 64 nits at EV 9 (ISO 2720).
    """
    return MIDDLE_GREY / (2.0**ev * 12.5 / 100.0)


def ev_of(exposure: float) -> float:
    """The EV (ISO 100) whose `ev_scale` an exposure is."""
    return float(np.log2(MIDDLE_GREY / exposure * 100.0 / 12.5))


def glare(image: Image) -> Image:
    """Light scattered in a lens: three Gaussians take 6.9 % of every pixel's light and spread it; none is added.

    At the borders light that would leave the picture is mirrored back in, so the mean is kept.
    """
    width = image.shape[1]
    out = image * (1.0 - sum(share for share, _ in _GLARE))
    for share, spread in _GLARE:
        blurred = image
        for axis in (0, 1):
            blurred = gaussian_filter1d(blurred, max(spread * width, 0.3), axis=axis, mode="reflect", truncate=3.0)
        out = out + share * blurred
    return out


def agx(linear: Image) -> Image:
    """Display values 0 to 1 (encoded, for an sRGB display) of scene-linear Rec.709 in which 0.18 is middle grey."""
    inset = np.maximum(linear, 0.0) @ _INSET.T
    log = np.log2(np.maximum(inset, 1e-10))
    x = np.clip((log - _LOW_EV) / (_HIGH_EV - _LOW_EV), 0.0, 1.0)
    curved = np.zeros_like(x)
    for coefficient in _CURVE:
        curved = curved * x + coefficient
    shaped = np.clip(curved, 0.0, 1.0) ** _POWER
    luma = (shaped @ _LUMA)[..., None]
    outset = (luma + _SATURATION * (shaped - luma)) @ np.linalg.inv(_INSET).T
    return np.clip(outset, 0.0, 1.0)


def to_bytes(display: Image) -> NDArray[np.uint8]:
    """8-bit values with ordered triangular dither: the same pixel always gets the same offset."""
    height, width, _ = display.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    # Interleaved gradient noise (Jimenez, "Next Generation Post Processing in Call of Duty", SIGGRAPH 2014).
    first = np.modf(52.9829189 * np.modf(0.06711056 * x + 0.00583715 * y)[0])[0]
    second = np.modf(52.9829189 * np.modf(0.06711056 * (x + 47.0) + 0.00583715 * (y + 17.0))[0])[0]
    noise = (first - second)[..., None]
    return np.clip(np.floor(display * 255.0 + 0.5 + 0.5 * noise), 0.0, 255.0).astype(np.uint8)


def develop(nits: Image, exposure: float, white: float = NEUTRAL) -> NDArray[np.uint8]:
    """A picture, uint8 [height, width, 3], of luminances in nits, balanced for a lamp of ``white`` kelvin."""
    balanced = nits if white == NEUTRAL else np.maximum(nits @ adaptation(white).T, 0.0)
    return to_bytes(agx(glare(balanced) * exposure))
