"""Draws one picture of a film: a PNG at a fixed exposure, and the same in nits as a linear EXR beside it."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from film.cameras import hidden_camera
from film.shots import FilmShot
from usd_ai.stage.preview import png, render, scene
from usd_ai.stage.preview.tonemap import develop, ev_of

F64 = NDArray[np.float64]

_HALF_MOST = 65000.0


@dataclass(frozen=True, slots=True)
class Job:
    """A picture that is wanted.

    ``hidden``: name of a hidden camera, "" for the shot's own. ``size``: width, height. ``samples``: rays a pixel.
    ``linear``: whether an EXR is kept. ``out``: path of the PNG.
    """

    shot: FilmShot
    frame: int
    size: tuple[int, int]
    samples: int
    out: str
    hidden: str = ""
    linear: bool = True

    @property
    def exr(self) -> Path:
        """Where the linear picture lies."""
        return Path(self.out).with_suffix(".exr")

    def digest(self) -> str:
        """SHA-256 over all that decides the picture: files of stage and layer, what is asked for, and the renderer."""
        said = {name: value for name, value in asdict(self).items() if name not in {"out", "shot"}}
        said |= {"inputs": self.shot.digest, "shot": self.shot.name, "exposure": self.shot.exposure}
        said |= {"camera": self.shot.camera, "renderer": renderer_digest()}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@lru_cache
def renderer_digest() -> str:
    """SHA-256 over the program text that draws."""
    own = Path(__file__).parent
    files = [*sorted(Path(render.__file__).parent.glob("*.py")), own / "paint.py", own / "cameras.py"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


@lru_cache(maxsize=2)
def _composed(shot: FilmShot) -> scene.Composed:
    return shot.compose()


def paint(job: Job) -> float:
    """Draw and write a picture; the seconds it took. Files appear whole or not at all."""
    begun = time.perf_counter()
    composed = _composed(job.shot)
    frame = scene.read_frame(composed, job.shot.camera, float(job.frame), job.size)
    if job.hidden:
        path = hidden_camera(composed, frame, job.hidden, float(job.frame))
        camera, _ = scene.read_camera(composed.stage, path, float(job.frame), job.size[0] / job.size[1])
        frame = replace(frame, camera=camera)
    if job.linear:
        nits, fire = render.draw_nits_and_fire(frame, job.size, job.samples)
        write_exr(job.exr, nits, fire)
    else:
        nits = render.draw_nits(frame, job.size, job.samples)
    picture = develop(nits, job.shot.exposure, frame.white)
    text = {
        "Title": f"{job.shot.name} {job.hidden or job.shot.camera} {job.frame}",
        "Exposure": f"EV {ev_of(job.shot.exposure):.2f} at ISO 100 for the whole shot, white {frame.white:.0f} K",
        "Description": " ".join((render.ALWAYS, *frame.notes)),
    }
    target = Path(job.out)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".png.part")
    unfinished.write_bytes(png.encode(picture, text))
    unfinished.replace(target)
    return time.perf_counter() - begun


def write_exr(path: Path, nits: F64, fire: F64 | None) -> None:
    """Nits as R, G, B and the flames' own glow as fire.R, fire.G, fire.B, half floats, linear Rec.709."""
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = {name: _half(nits[..., number]) for number, name in enumerate("RGB")}
    if fire is not None:
        channels |= {f"fire.{name}": _half(fire[..., number]) for number, name in enumerate("RGB")}
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    unfinished = path.with_name(f".{path.name}")
    OpenEXR.File(header, channels).write(str(unfinished))
    unfinished.replace(path)


def read_exr(path: Path) -> tuple[F64, F64 | None]:
    """Nits [h, w, 3] of a linear picture and the flames' own glow in it, None where the file has none."""
    with OpenEXR.File(str(path), separate_channels=True) as file:
        channels = {name: np.array(channel.pixels, np.float64) for name, channel in file.channels().items()}
    fire = [channels.get(f"fire.{name}") for name in "RGB"]
    glow = None if any(one is None for one in fire) else np.stack([one for one in fire if one is not None], axis=-1)
    return np.stack([channels[name] for name in "RGB"], axis=-1), glow


def _half(values: F64) -> NDArray[np.float16]:
    return np.ascontiguousarray(np.clip(values, 0.0, _HALF_MOST).astype(np.float16))
