"""Value clips by which a published payload plays at other times than its own, and the manifests that they need."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from pxr import Gf, Sdf, Vt

from usd_ai.core.playing import Knot, knots
from usd_ai.stage.canvas_write import PAYLOAD
from usd_ai.stage.retime_edit import Edit, declared, fresh, relative
from usd_ai.stage.retime_samples import said_anew
from usd_ai.stage.retime_source import earlier


def clip_sets(edit: Edit) -> dict[str, tuple[list[Sdf.Path], tuple[Knot, ...]]]:
    """Clip sets by name: the attributes that each plays and its times. Held prims go from frame to frame in steps."""
    anew = said_anew(edit)
    found: dict[str, tuple[list[Sdf.Path], tuple[Knot, ...]]] = {}
    moved = knots(edit.plays, edit.shown)
    if edit.by_clips:
        found["moving"] = ([path for path in edit.source.moving if path not in anew], moved)
    if edit.holds:
        for number, (times, paths) in enumerate(edit.source.held.items()):
            name = f"held_{number}" if number else "held"
            found[name] = ([path for path in paths if path not in anew], _in_steps(moved, times))
    return {name: made for name, made in found.items() if made[0]}


def _in_steps(moved: tuple[Knot, ...], times: tuple[float, ...]) -> tuple[Knot, ...]:
    """Knots that stay on a sample until the next one is due: two at one frame of the cut where it changes."""
    found: list[Knot] = []
    for k, frame in dict(moved).items():  # of two at one frame of the cut, the later stands
        sample = Fraction(earlier(times, frame))
        if found and found[-1][1] != sample:
            found.append((k, found[-1][1]))
        found.append((k, sample))
    return tuple(found)


def clip_set(edit: Edit, folder: Path, name: str, times: tuple[Knot, ...]) -> dict[str, object]:
    """A clip set as metadata: one clip, which is the published payload, and the times at which it plays."""
    codes = [(edit.code(k), float(frame)) for k, frame in times]
    return {
        "active": Vt.Vec2dArray([Gf.Vec2d(codes[0][0], 0.0)]),
        "assetPaths": Sdf.AssetPathArray([Sdf.AssetPath(relative(edit.source.folder / PAYLOAD, folder))]),
        "manifestAssetPath": Sdf.AssetPath(f"./{manifest_name(name)}"),
        "primPath": f"/{edit.source.name}",
        "times": Vt.Vec2dArray([Gf.Vec2d(*pair) for pair in codes]),
    }


def manifest_name(clip_set: str) -> str:
    """File name of the manifest of a clip set."""
    return f"{clip_set}.usda"


def manifest(edit: Edit, paths: Iterable[Sdf.Path]) -> Sdf.Layer:
    """The attributes that a clip set plays: without one USD opens every clip to find out."""
    layer = fresh(edit, ".usda")
    for path in paths:
        declared(layer, edit.source.payload, path)
    return layer
