"""The same stills by Blender's Cycles, a separate program: what somebody else's renderer makes of the layers."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from pxr import Sdf, Usd, UsdGeom

from film.paint import Job
from film.shots import FilmShot

_SCRIPT = Path(__file__).resolve().parents[1] / "cycles_frames.py"
_SAMPLES = 32
_MOST_SECONDS = 1800  # a picture; what takes longer is ended and told


def available() -> bool:
    """Whether a Python with bpy is named."""
    return Path(os.environ.get("USD_AI_BLENDER_PYTHON", "") or "-").is_file()


def draw(jobs: list[Job], out: Path, size: tuple[int, int], say: Callable[[str], None]) -> dict[str, Path]:
    """Draw the jobs' frames shot by shot; the picture by Cycles of each job's own picture.

    A picture that Cycles did not make is left out and told.
    """
    out.mkdir(parents=True, exist_ok=True)
    made: dict[str, Path] = {}
    for shot in dict.fromkeys(job.shot for job in jobs):
        own = [job for job in jobs if job.shot == shot]
        stage = _joined(shot, out)
        targets = {job.out: out / f"{stage.stem}.{job.frame:04d}.png" for job in own}
        stale = [job for job in own if not _fresh(targets[job.out], job)]
        if stale:
            _run(stage, shot, [job.frame for job in stale], out, size, say)
        for job in own:
            if targets[job.out].is_file():
                _stamp(targets[job.out]).write_text(job.digest(), encoding="utf-8")
                made[job.out] = targets[job.out]
            else:
                say(f"Cycles drew no picture of {shot.name} {job.frame}")
    return made


def _run(
    stage: Path, shot: FilmShot, frames: list[int], out: Path, size: tuple[int, int], say: Callable[[str], None]
) -> None:
    command = [os.environ["USD_AI_BLENDER_PYTHON"], str(_SCRIPT), str(stage), "--out", str(out)]
    command += [
        "--frames",
        ",".join(map(str, frames)),
        "--camera",
        shot.camera.rpartition("/")[2],
        "--size",
        f"{size[0]}x{size[1]}",
    ]
    command += ["--samples", str(_SAMPLES), "--ev", f"{shot.ev:.3f}"]
    say(f"Cycles draws {shot.name} at frames {frames}")
    log = out / f"{shot.name}.log"
    with log.open("wb") as stream:
        try:
            ran = subprocess.run(  # noqa: S603 - the program that was named
                command, stdout=stream, stderr=subprocess.STDOUT, check=False, timeout=_MOST_SECONDS * len(frames)
            )
        except subprocess.TimeoutExpired:
            say(f"Cycles was ended after {_MOST_SECONDS * len(frames)} s; see {log}")
            return
    if ran.returncode:
        say(f"Cycles ended with {ran.returncode}; see {log}")


def _joined(shot: FilmShot, out: Path) -> Path:
    """A stage that sublayers the host and the layer under it: what the product's own pictures are made from."""
    source = Usd.Stage.Open(shot.stage, Usd.Stage.LoadNone)
    target = out / f"{shot.name}.usda"
    layer = Sdf.Layer.CreateNew(str(target)) if not target.is_file() else Sdf.Layer.FindOrOpen(str(target))
    layer.Clear()
    layer.subLayerPaths = [shot.stage, shot.layer]
    layer.timeCodesPerSecond = source.GetTimeCodesPerSecond()
    layer.framesPerSecond = source.GetFramesPerSecond()
    layer.startTimeCode, layer.endTimeCode = shot.frames
    joined = Usd.Stage.Open(layer, Usd.Stage.LoadNone)
    UsdGeom.SetStageMetersPerUnit(joined, UsdGeom.GetStageMetersPerUnit(source))
    UsdGeom.SetStageUpAxis(joined, UsdGeom.GetStageUpAxis(source))
    layer.Save()
    return target


def _stamp(picture: Path) -> Path:
    return picture.with_suffix(".digest")


def _fresh(picture: Path, job: Job) -> bool:
    stamp = _stamp(picture)
    return picture.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == job.digest()
