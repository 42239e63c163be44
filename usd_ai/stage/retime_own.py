"""Value clips that a published payload has of its own, said anew at the times of the edit."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import cast

from pxr import Gf, Sdf, Tf, Vt

from usd_ai.core.errors import CheckRejected
from usd_ai.core.playing import knots
from usd_ai.stage.retime_edit import Retiming, moved
from usd_ai.stage.retime_source import TOPOLOGY

Pairs = Sequence[tuple[float, float]]


def own_clips(edit: Retiming, folder: Path) -> dict[Sdf.Path, dict[str, object]]:
    """The ``clips`` of every prim of the payload that has some, for the same prims above it.

    Raises CheckRejected for clips that are named by a template: their frames have no numbers of their own.
    """
    found: dict[Sdf.Path, dict[str, object]] = {}
    for path in edit.source.own_clips if edit.own_clips else ():
        sets = cast("dict[str, dict[str, object]]", edit.source.payload.GetPrimAtPath(path).GetInfo("clips"))
        found[path] = {name: _retimed(edit, folder, path, told) for name, told in sets.items()}
    return found


def _retimed(edit: Retiming, folder: Path, path: Sdf.Path, told: Mapping[str, object]) -> dict[str, object]:
    if "templateAssetPath" in told or "active" not in told:
        raise CheckRejected(
            f"{path} has value clips without explicit times; they cannot be played as the cut plays them.",
            remedy="No layer like it can be played so. Retime its pictures in comp: it plays in the shot's own frames.",
            reason="NOT_RETIMABLE",
            context={"prim": str(path)},
        )
    times, active = _pairs(told.get("times")), _pairs(told["active"])
    held = _holds(edit, told)
    said: list[tuple[float, float]] = []
    clips: list[tuple[float, float]] = []
    for k, frame in knots(edit.plays, edit.shown):
        shown = Fraction(floor(frame)) if held else frame
        code, clip = edit.code(k), _last(active, float(shown))
        switched = bool(clips) and clips[-1][1] != clip
        if said and (held or switched):
            said.append((code, said[-1][1]))
        if not clips or switched:
            clips.append((code, clip))
        said.append((code, _within(times, float(shown))))
    anew = {name: moved(value, edit.source.folder, folder) for name, value in told.items()}
    return {**anew, "active": _array(clips), "times": _array(said)}


def _holds(edit: Retiming, told: Mapping[str, object]) -> bool:
    """Whether the clips change ids or topology, as their manifest says; one that is not there says nothing else."""
    manifest = told.get("manifestAssetPath")
    if not isinstance(manifest, Sdf.AssetPath) or not (edit.source.folder / manifest.path).is_file():
        return True
    try:
        layer = Sdf.Layer.OpenAsAnonymous(str(edit.source.folder / manifest.path))
    except Tf.ErrorException:
        return True
    declared: list[str] = []

    def visit(path: Sdf.Path | str) -> None:
        if Sdf.Path(path).IsPropertyPath():
            declared.append(Sdf.Path(path).name)

    layer.Traverse(Sdf.Path.absoluteRootPath, visit)
    return any(name in TOPOLOGY or name.endswith(":indices") for name in declared)


def _within(times: Pairs, frame: float) -> float:
    """The time inside of the clip at a frame of the layer; without times they are the same."""
    if not times:
        return frame
    after = bisect_right([time for time, _ in times], frame)
    if after in {0, len(times)}:
        return times[max(after - 1, 0)][1]
    (begin, first), (end, last) = times[after - 1], times[after]
    return first + (frame - begin) * (last - first) / (end - begin)


def _last(active: Pairs, frame: float) -> float:
    """Which clip is active at a frame of the layer."""
    return active[max(bisect_right([time for time, _ in active], frame) - 1, 0)][1]


def _pairs(value: object) -> Pairs:
    pairs = cast("Sequence[Sequence[float]]", value or ())
    return sorted(((float(pair[0]), float(pair[1])) for pair in pairs), key=lambda pair: pair[0])


def _array(pairs: Pairs) -> Vt.Vec2dArray:
    return Vt.Vec2dArray([Gf.Vec2d(*pair) for pair in pairs])
