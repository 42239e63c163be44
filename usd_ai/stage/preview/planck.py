"""Colour and luminance of hot soot: Planck's law seen through the CIE 1931 observer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOWEST, HIGHEST, STEP = 500.0, 3500.0, 10.0
"""Kelvin covered by `table` and its spacing: below the first nothing is seen, above the last no wood fire burns."""

HUE_SHIFT = 500.0
"""Kelvin by which the hue of flames is pushed towards yellow; luminance stays that of the true temperature. Film
stock and cameras see more of a flame's molecular bands than a black body has; look guide's working value."""

_H, _C, _K = 6.62607015e-34, 299792458.0, 1.380649e-23
_LUMENS_PER_WATT = 683.0
_XYZ_TO_RGB = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
)  # IEC 61966-2-1, D65
LUMA = np.array([0.2126, 0.7152, 0.0722])


def _lobe(nanometres: NDArray[np.float64], middle: float, left: float, right: float) -> NDArray[np.float64]:
    slope = np.where(nanometres < middle, left, right)
    return np.exp(-0.5 * ((nanometres - middle) * slope) ** 2)


def _observer(nm: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE 1931 2 degree observer, [3, n]: the multi-lobe fit of Wyman, Sloan and Shirley, JCGT 2(2), 2013, eq. 4."""
    x = (
        0.362 * _lobe(nm, 442.0, 0.0624, 0.0374)
        + 1.056 * _lobe(nm, 599.8, 0.0264, 0.0323)
        - 0.065 * _lobe(nm, 501.1, 0.0490, 0.0382)
    )
    y = 0.821 * _lobe(nm, 568.8, 0.0213, 0.0247) + 0.286 * _lobe(nm, 530.9, 0.0613, 0.0322)
    z = 1.217 * _lobe(nm, 437.0, 0.0845, 0.0278) + 0.681 * _lobe(nm, 459.0, 0.0385, 0.0725)
    return np.stack([x, y, z])


def black_body(kelvin: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear Rec.709 of a black body in nits, [n, 3]; components outside the gamut are negative."""
    nm = np.arange(380.0, 781.0, 1.0)
    metres = nm * 1e-9
    exponent = np.minimum(_H * _C / (metres * _K * kelvin[:, None]), 700.0)
    radiance = 2.0 * _H * _C**2 / metres**5 / np.expm1(exponent) * 1e-9  # W/(m² sr nm)
    xyz = _LUMENS_PER_WATT * radiance @ _observer(nm).T
    return xyz @ _XYZ_TO_RGB.T


def emission(kelvin: NDArray[np.float64], shift: float = HUE_SHIFT) -> NDArray[np.float64]:
    """Nits of thick flame by colour, [n, 3]: luminance of ``kelvin``, hue of ``kelvin + shift``, none negative."""
    true = black_body(kelvin)
    hue = np.maximum(black_body(kelvin + shift), 0.0)
    return hue * ((true @ LUMA) / (hue @ LUMA))[:, None]


def adaptation(kelvin: float) -> NDArray[np.float64]:
    """Matrix [3, 3] (column vectors, linear Rec.709) after which a lamp of ``kelvin`` looks white: a camera's balance.

    Bradford's cone responses (Lam 1985; as in ICC.1:2022, annex E), towards D65.
    """
    cones = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    to_xyz = np.linalg.inv(_XYZ_TO_RGB)
    lamp = to_xyz @ black_body(np.array([kelvin]))[0]
    white = to_xyz @ np.ones(3)
    gains = np.diag((cones @ white) / (cones @ (lamp / lamp[1])))
    return _XYZ_TO_RGB @ np.linalg.inv(cones) @ gains @ cones @ to_xyz


def table() -> NDArray[np.float64]:
    """`emission` at every `STEP` from `LOWEST` to `HIGHEST`, float64 [n, 3]."""
    return emission(np.arange(LOWEST, HIGHEST + STEP / 2, STEP))
