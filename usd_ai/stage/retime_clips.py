"""Value clips by which a published payload plays at other times than its own, and the manifests that they need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pxr import Gf, Sdf, Vt

from usd_ai.core.playing import Knot, knots
from usd_ai.stage.canvas_write import PAYLOAD
from usd_ai.stage.retime_edit import Retiming, declared, fresh, relative
from usd_ai.stage.retime_samples import PACE, SPEEDS, free_velocities, held_velocities
from usd_ai.stage.retime_source import earlier


@dataclass(frozen=True, slots=True)
class ClipSet:
    """What plays when: the ``paths`` out of ``file``, which is told from the folder of the edit."""

    file: str
    paths: tuple[Sdf.Path, ...]
    times: tuple[Knot, ...]


def clip_sets(edit: Retiming, folder: Path) -> dict[str, ClipSet]:
    """Clip sets by name. Held prims go from frame to frame in steps; velocities have the steps of their positions."""
    payload = relative(edit.source.folder / PAYLOAD, folder)
    free, held = free_velocities(edit), held_velocities(edit)
    moved = knots(edit.plays, edit.shown)
    found: dict[str, ClipSet] = {}
    if edit.by_clips:
        found["moving"] = ClipSet(payload, _without(edit.source.moving, free), moved)
        if edit.playing.step is not None:
            found["moving_speeds"] = ClipSet(f"./{SPEEDS}", tuple(free), moved)
    if edit.holds:
        for number, (times, paths) in enumerate(edit.source.held.items()):
            steps = _in_steps([(k, Fraction(earlier(times, frame))) for k, frame in dict(moved).items()])
            found[f"held_{number}" if number else "held"] = ClipSet(payload, _without(paths, held), steps)
        steps = _in_steps([(k, Fraction(edit.code(k))) for k in dict(moved)])
        found["held_speeds"] = ClipSet(f"./{PACE}", tuple(held), steps)
    return {name: made for name, made in found.items() if made.paths}


def _without(paths: Iterable[Sdf.Path], others: Iterable[Sdf.Path]) -> tuple[Sdf.Path, ...]:
    left = set(others)
    return tuple(path for path in paths if path not in left)


def _in_steps(shown: Iterable[Knot]) -> tuple[Knot, ...]:
    """Knots that stay on each sample up to the next frame of the cut: two at every frame, even where nothing changes.

    UsdGeom compares times of samples to the last bit, and a step is a sample of its own a moment before the frame.
    """
    found: list[Knot] = []
    for k, sample in shown:
        if found:
            found.append((k, found[-1][1]))
        found.append((k, sample))
    return tuple(found)


def clip_metadata(edit: Retiming, name: str, clips: ClipSet) -> dict[str, object]:
    """A clip set as metadata: one clip, and the times at which it plays."""
    codes = [(edit.code(k), float(frame)) for k, frame in clips.times]
    return {
        "active": Vt.Vec2dArray([Gf.Vec2d(codes[0][0], 0.0)]),
        "assetPaths": Sdf.AssetPathArray([Sdf.AssetPath(clips.file)]),
        "manifestAssetPath": Sdf.AssetPath(f"./{manifest_name(name)}"),
        "primPath": f"/{edit.source.name}",
        "times": Vt.Vec2dArray([Gf.Vec2d(*pair) for pair in codes]),
    }


def manifest_name(clip_set: str) -> str:
    """File name of the manifest of a clip set."""
    return f"{clip_set}.usda"


def manifest(edit: Retiming, paths: Iterable[Sdf.Path]) -> Sdf.Layer:
    """The attributes that a clip set plays: without one USD opens every clip to find out."""
    layer = fresh(edit, ".usda")
    for path in paths:
        declared(layer, edit.source.payload, path)
    return layer
