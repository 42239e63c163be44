"""What an edit says itself instead of playing it from the payload: files of volumes, and velocities at another speed.

UsdGeom moves points by velocities only where both have their samples at the same times, so velocities are played by an
arc or by clips like those of the positions, from a copy of their own. It is the only array that is copied.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from pxr import Sdf, Vt

from usd_ai.core.playing import knots
from usd_ai.stage.retime_edit import Retiming, declared, fresh, moved
from usd_ai.stage.retime_source import Published, earlier, sample_times

SAMPLES = "samples.usdc"
SPEEDS = "speeds.usdc"
PACE = "pace.usdc"
"""Files: what is said frame by frame; velocities at the layer's own times; velocities of held prims by frame."""


def free_velocities(edit: Retiming) -> list[Sdf.Path]:
    """Velocities and the like that change with the speed, of prims whose ids and topology stay, or play as they are."""
    held = edit.source.held_prims() if edit.holds else {}
    return [] if edit.at_speed else [path for path in sorted(edit.source.per_second) if path.GetPrimPath() not in held]


def held_velocities(edit: Retiming) -> list[Sdf.Path]:
    """Velocities and the like that change with the speed, of prims that are played from frame to frame in steps."""
    free = set(free_velocities(edit))
    return [] if edit.at_speed else [path for path in sorted(edit.source.per_second) if path not in free]


def samples_layer(edit: Retiming, folder: Path) -> Sdf.Layer | None:
    """What is said frame by frame: files, because no reader looks for volumes through clips, and what is switched off.

    At a speed that changes, free velocities are: positions are there between all samples, and say the same motion.
    """
    layer = fresh(edit, ".usdc")
    for path in edit.source.files if edit.by_clips else ():
        declared(layer, edit.source.payload, path)
        for code, value in _file_samples(edit, folder, path).items():
            layer.SetTimeSample(path, code, value)
    for path in free_velocities(edit) if edit.playing.step is None else ():
        declared(layer, edit.source.payload, path).default = Sdf.ValueBlock()
    for path in _stopped_fields(edit):
        spec = Sdf.CreatePrimInLayer(layer, path.GetPrimPath())
        Sdf.RelationshipSpec(spec, path.name, custom=False).targetPathList.ClearEditsAndMakeExplicit()
    return layer if layer.rootPrims else None


def speeds_layer(edit: Retiming) -> Sdf.Layer | None:
    """Free velocities at the layer's own times, times the one speed: turned round backwards, nothing in a freeze."""
    paths = free_velocities(edit)
    if edit.playing.step is None or not paths:
        return None
    layer = fresh(edit, ".usdc")
    for key in ("startTimeCode", "endTimeCode", "timeCodesPerSecond", "framesPerSecond"):
        layer.pseudoRoot.SetInfo(key, edit.source.interface.pseudoRoot.GetInfo(key))
    factor = edit.factors()[edit.shown.start]
    for path in paths:
        declared(layer, edit.source.payload, path)
        for time in sample_times(edit.source.payload, path):
            layer.SetTimeSample(path, time, _scaled(edit, path, time, factor))
    return layer


def pace_layer(edit: Retiming) -> Sdf.Layer | None:
    """Velocities of held prims at the time codes of the stage: those of the sample shown, times the speed there."""
    paths = held_velocities(edit)
    if not paths:
        return None
    layer = fresh(edit, ".usdc")
    held, factors = edit.source.held_prims(), edit.factors()
    for path in paths:
        declared(layer, edit.source.payload, path)
        times = sample_times(edit.source.payload, path)
        for k, frame in dict(knots(edit.plays, edit.shown)).items():
            factor = factors[min(max(k, edit.shown.start), edit.shown.end)]
            shown = earlier(times, Fraction(earlier(held[path.GetPrimPath()], frame)))
            layer.SetTimeSample(path, edit.code(k), _scaled(edit, path, shown, factor))
    return layer


def _scaled(edit: Retiming, path: Sdf.Path, time: float, factor: float) -> Vt.Vec3fArray:
    value = np.asarray(edit.source.payload.QueryTimeSample(path, time), dtype=np.float32).reshape(-1, 3)
    scaled = value * np.float32(factor ** edit.source.per_second[path])
    return Vt.Vec3fArray.FromNumpy(scaled + np.float32(0.0))  # + 0: a freeze has no negative zeros


def _file_samples(edit: Retiming, folder: Path, path: Sdf.Path) -> dict[float, object]:
    """The file at every frame of the cut: the one that the nearest earlier sample of the layer names."""
    payload, home = edit.source.payload, edit.source.folder
    times = sample_times(payload, path)
    told: dict[float, object] = {}
    found: dict[float, object] = {}
    for k in edit.shown.frames():
        sample = earlier(times, edit.plays.at(k))
        if sample not in told:
            told[sample] = moved(payload.QueryTimeSample(path, sample), home, folder)
        found[edit.code(k)] = told[sample]
    return found


def _stopped_fields(edit: Retiming) -> list[Sdf.Path]:
    """Velocity fields of volumes in a freeze: the files cannot be scaled, so the volume no longer names them."""
    if edit.playing.step != 0:
        return []
    return velocity_fields(edit.source)


def velocity_fields(source: Published) -> list[Sdf.Path]:
    """Relationships of volumes to fields of velocities."""
    volumes = sorted({path.GetPrimPath().GetParentPath() for path in source.files} - {Sdf.Path.absoluteRootPath})
    fields = [volume.AppendProperty("field:velocity") for volume in volumes]
    return [field for field in fields if source.payload.GetRelationshipAtPath(field)]
