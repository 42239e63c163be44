"""The task that draws a layer: a stage and a layer in, PNG files out, equal bytes every time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from usd_ai.stage.preview import png, scene
from usd_ai.stage.preview.denoise import denoise
from usd_ai.stage.preview.embers import draw_embers
from usd_ai.stage.preview.march import march
from usd_ai.stage.preview.surfaces import render_surfaces
from usd_ai.stage.preview.tonemap import develop, ev_of
from usd_ai.stage.preview.volumes import pack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from usd_ai.core.ports import Reporter
    from usd_ai.stage.preview.surfaces import Surfaces
    from usd_ai.stage.preview.values import Doubles, Frame
    from usd_ai.stage.preview.volumes import Packed

ALWAYS = (
    "Shown: direct light of sky, suns and fire lights with shadows; volumes by emission, absorption and single "
    "scattering; embers as streaks. Not shown: light between surfaces, motion blur of anything but embers, textures, "
    "light through leaves, shadows that smoke casts."
)


def preview_task(
    folder: str,
    root: str,
    stage: str,
    frames: Sequence[int],
    size: tuple[int, int],
    samples: int,
    *,
    out: str = "",
    camera: str = "",
    report: Reporter | None = None,
) -> list[str]:
    """Draw frames of a finished layer with its host stage; paths of the PNG files, in the order of ``frames``.

    ``folder`` holds ``<root>.usda`` (or, before it is written, ``payload.usdc``); "" draws the host alone. ``size``:
    (width, height). ``samples``: light samples per pixel. ``camera``: prim path, "" for the stage's first. ``out``:
    folder for the files, "" for ``folder``. Raises NotFound (layer, camera, sky, volume), UnreadableInput.
    """
    composed = scene.compose(stage, _layer(folder, root), root)
    pictures: list[str] = []
    for number, frame_number in enumerate(frames):
        if report is not None:
            report(number / len(frames), f"drawing frame {frame_number}")
        frame = scene.read_frame(composed, camera, float(frame_number), size)
        picture = draw(frame, size, samples)
        path = Path(out or folder) / f"{root or 'host'}.{frame_number:04d}.png"
        text = {
            "Frame": str(frame_number),
            "Camera": frame.camera.path,
            "Exposure": f"EV {ev_of(frame.camera.exposure):.2f} at ISO 100, white {frame.white:.0f} K, AgX view",
            "Description": " ".join((ALWAYS, *frame.notes)),
        }
        _write(path, png.encode(picture, text))
        pictures.append(str(path))
    if report is not None:
        report(1.0, "pictures are drawn")
    return pictures


def draw(frame: Frame, size: tuple[int, int], samples: int) -> NDArray[np.uint8]:
    """The picture of a frame, uint8 [height, width, 3], for an sRGB display."""
    return develop(draw_nits(frame, size, samples), frame.camera.exposure, frame.white)


def draw_nits(frame: Frame, size: tuple[int, int], samples: int) -> Doubles:
    """The same in nits, float64 [height, width, 3]."""
    return _drawn(frame, size, samples)[0]


def draw_nits_and_fire(frame: Frame, size: tuple[int, int], samples: int) -> tuple[Doubles, Doubles]:
    """`draw_nits`, and of it the flames' own glow as it reaches the eye: the same rays where nothing else shines."""
    picture, surfaces, packed = _drawn(frame, size, samples)
    dark = replace(frame, domes=(), suns=(), balls=(), embers=())
    black = surfaces.with_nits(np.zeros_like(surfaces.nits))
    return picture, march(dark, replace(packed, light=np.zeros_like(packed.light)), black, size)


def _drawn(frame: Frame, size: tuple[int, int], samples: int) -> tuple[Doubles, Surfaces, Packed]:
    surfaces = render_surfaces(frame, size, samples)
    surfaces = surfaces.with_nits(denoise(surfaces.nits, surfaces.alpha, surfaces.depth))
    packed = pack(frame, size[0])
    picture = march(frame, packed, surfaces, size)
    draw_embers(frame, surfaces.depth, picture)
    return picture, surfaces, packed


def _layer(folder: str, root: str) -> str:
    if not folder:
        return ""
    interface = Path(folder) / f"{root}.usda"
    return str(interface if interface.is_file() else Path(folder) / "payload.usdc")


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: a reader never meets half a picture."""
    unfinished = path.with_suffix(".png.part")
    unfinished.write_bytes(data)
    unfinished.replace(path)
