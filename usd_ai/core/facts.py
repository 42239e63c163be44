"""What a generator may know of the studio's stage, copied out of it.

Lengths are in the host stage's unit, which is ``meters_per_unit`` metres. Matrices follow USD: row vectors,
``p' = p · M``.
"""

from __future__ import annotations

from dataclasses import dataclass

from usd_ai.core.cuts import FrameRange


@dataclass(frozen=True, slots=True)
class ArrayRef:
    """A numeric array kept outside the value, found by the SHA-256 of its canonical .npy bytes."""

    digest: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """A camera sampled at every frame of the facts' range.

    ``world``: float64 [frames, 4, 4], camera to world, host units, USD row vectors (camera looks along -Z, +Y up).
    ``lens``: float64 [frames, 5]: focal length, horizontal aperture, vertical aperture (tenths of a scene unit as USD
    stores them, i.e. millimetres where a unit is a centimetre; only their ratios matter), horizontal and vertical
    aperture offset. ``clipping``: near and far in host units. ``shutter``: open and close relative to the frame.
    """

    path: str
    world: ArrayRef
    lens: ArrayRef
    clipping: tuple[float, float]
    shutter: tuple[float, float] = (0.0, 0.5)


@dataclass(frozen=True, slots=True)
class MeshFacts:
    """A host mesh as triangles in world space at the first frame, host units.

    ``points``: float32 [n, 3]. ``triangles``: int32 [m, 3]. ``low``/``high``: bounds. ``role``: what a person calls
    it, from its path: "ground", "path", "water", "building", "rock" or "other".
    """

    path: str
    points: ArrayRef
    triangles: ArrayRef
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    role: str = "other"
    animated: bool = False


@dataclass(frozen=True, slots=True)
class LightFacts:
    """A host light: type name, world matrix at the first frame, colour, intensity and exposure as authored."""

    path: str
    kind: str
    world: tuple[float, ...]  # 16 numbers, row by row
    color: tuple[float, float, float]
    intensity: float
    exposure: float


@dataclass(frozen=True, slots=True)
class LayerInput:
    """A file that the host stage is composed of: path relative to the project root, SHA-256 of its bytes."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What a generator may know of the studio's stage, read with our own published layers muted."""

    meters_per_unit: float
    up_axis: str  # "Y" or "Z"
    time_codes_per_second: float
    frames: FrameRange
    cameras: tuple[CameraFacts, ...]
    ground: tuple[MeshFacts, ...]
    obstacles: tuple[MeshFacts, ...]
    lights: tuple[LightFacts, ...]
    root_prims: tuple[str, ...]  # names directly under the pseudo-root; they belong to others
    default_prim: str
    color_configuration: str
    layers: tuple[LayerInput, ...]
    environment_layer: str  # path, relative to the stage's folder, of the shot's sublayered `<shot>_env.usda`, or ""
    warnings: tuple[str, ...] = ()
