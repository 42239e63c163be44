"""What an edit says frame by frame instead of by clips: files of volumes, and velocities at another speed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from pxr import Sdf, Vt

from usd_ai.stage.retime_edit import Edit, declared, fresh, relative
from usd_ai.stage.retime_source import Published, earlier, sample_times


def said_anew(edit: Edit) -> frozenset[Sdf.Path]:
    """Attributes whose values an edit says itself: velocities at another speed."""
    if edit.at_speed:
        return frozenset()
    return frozenset(edit.source.per_second)


def samples(edit: Edit, folder: Path) -> Sdf.Layer | None:
    """What is said frame by frame: files, because no reader looks for volumes through clips, and velocities."""
    layer = fresh(edit, ".usdc")
    found: list[tuple[Sdf.Path, dict[float, object]]] = []
    if edit.by_clips:
        found += [(path, _file_samples(edit, folder, path)) for path in edit.source.files]
    held = edit.source.held_prims() if edit.holds else {}
    for path in sorted(said_anew(edit)):
        if edit.by_clips or path.GetPrimPath() in held:
            found.append((path, _velocity_samples(edit, path, held.get(path.GetPrimPath()))))
    stopped = _stopped_fields(edit)
    if not found and not stopped:
        return None
    for path, told in sorted(found, key=lambda pair: pair[0]):
        declared(layer, edit.source.payload, path)
        for code, value in told.items():
            layer.SetTimeSample(path, code, value)
    for path in stopped:
        spec = Sdf.CreatePrimInLayer(layer, path.GetPrimPath())
        Sdf.RelationshipSpec(spec, path.name, custom=False).targetPathList.ClearEditsAndMakeExplicit()
    return layer


def _file_samples(edit: Edit, folder: Path, path: Sdf.Path) -> dict[float, object]:
    """The file at every frame of the cut: the one that the nearest earlier sample of the layer names."""
    payload, home = edit.source.payload, edit.source.folder
    times = sample_times(payload, path)
    told: dict[float, object] = {}
    found: dict[float, object] = {}
    for k in edit.shown.frames():
        sample = earlier(times, edit.plays.at(k))
        if sample not in told:
            told[sample] = _moved(payload.QueryTimeSample(path, sample), home, folder)
        found[edit.code(k)] = told[sample]
    return found


def _moved(value: object, home: Path, folder: Path) -> object:
    """A file, or files, as seen from the folder of the edit instead of the layer's."""
    if isinstance(value, Sdf.AssetPath):
        path = value.path
        outside = not path or path.startswith("/") or ":" in path
        return value if outside else Sdf.AssetPath(relative(home / path, folder))
    if isinstance(value, Sdf.AssetPathArray):
        return Sdf.AssetPathArray([_moved(one, home, folder) for one in value])
    return value


def _velocity_samples(edit: Edit, path: Sdf.Path, held: tuple[float, ...] | None) -> dict[float, object]:
    """Velocities at every frame of the cut, times the speed there: turned round backwards, nothing in a freeze."""
    power = edit.source.per_second[path]
    payload = edit.source.payload
    times = sample_times(payload, path)
    found: dict[float, object] = {}
    for k, factor in edit.factors().items():
        frame = edit.plays.at(k)
        if held is None:
            value = _between(payload, path, times, frame)
        else:
            value = np.asarray(payload.QueryTimeSample(path, earlier(times, Fraction(earlier(held, frame)))))
        found[edit.code(k)] = _times(value, factor**power)
    return found


def _between(payload: Sdf.Layer, path: Sdf.Path, times: tuple[float, ...], frame: Fraction) -> np.ndarray:
    """The array at a frame: between two samples in a straight line, as USD does it."""
    low = earlier(times, frame)
    high = next((time for time in times if time > low), low)
    first = np.asarray(payload.QueryTimeSample(path, low))
    part = min(max((float(frame) - low) / (high - low), 0.0), 1.0) if high > low else 0.0
    if not part:
        return first
    second = np.asarray(payload.QueryTimeSample(path, high))
    return first if len(first) != len(second) else (1.0 - part) * first + part * second


def _times(value: np.ndarray, factor: float) -> object:
    scaled = np.ascontiguousarray(value * np.float32(factor), dtype=np.float32).reshape(-1, 3)
    return Vt.Vec3fArray.FromNumpy(scaled + np.float32(0.0))  # + 0: a freeze has no negative zeros


def paced(edit: Edit) -> Sdf.Layer | None:
    """Velocities at the layer's own times, for an arc with the payload's offset, so that both have samples together."""
    held = edit.source.held_prims() if edit.holds else {}
    paths = [path for path in sorted(said_anew(edit)) if path.GetPrimPath() not in held]
    if edit.by_clips or not paths:
        return None
    payload = edit.source.payload
    layer = fresh(edit, ".usdc")
    for key in ("startTimeCode", "endTimeCode", "timeCodesPerSecond", "framesPerSecond"):
        layer.pseudoRoot.SetInfo(key, edit.source.interface.pseudoRoot.GetInfo(key))
    factor = edit.factors()[edit.shown.start]
    for path in paths:
        declared(layer, payload, path)
        for time in sample_times(payload, path):
            value = np.asarray(payload.QueryTimeSample(path, time))
            layer.SetTimeSample(path, time, _times(value, factor ** edit.source.per_second[path]))
    return layer


def _stopped_fields(edit: Edit) -> list[Sdf.Path]:
    """Velocity fields of volumes in a freeze: the files cannot be scaled, so the volume no longer names them."""
    if edit.playing.step != 0:
        return []
    return velocity_fields(edit.source)


def velocity_fields(source: Published) -> list[Sdf.Path]:
    """Relationships of volumes to fields of velocities."""
    volumes = sorted({path.GetPrimPath().GetParentPath() for path in source.files} - {Sdf.Path.absoluteRootPath})
    fields = [volume.AppendProperty("field:velocity") for volume in volumes]
    return [field for field in fields if source.payload.GetRelationshipAtPath(field)]
