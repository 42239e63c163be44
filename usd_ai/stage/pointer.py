"""How a host stage comes to see published layers: its own environment layer, or a review layer beside it.

See docs/decisions/021-pointer-layers.md. A studio's file is never edited except ``<shot>_env.usda``, which a shot
sublayers exactly for this; it is replaced whole and every content it ever had stays beside it, numbered.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pxr import Sdf, Tf

from usd_ai.core.errors import NotFound, UnreadableInput
from usd_ai.core.types import Version
from usd_ai.stage.canvas import LAYER_MARK
from usd_ai.stage.canvas_write import replace_durably
from usd_ai.stage.facts_open import environment_layer_of
from usd_ai.stage.interface import interface_name

_OURS = re.compile(r"(^|/)env/[^/]+/v\d{3,}/[^/]+\.usda$")
_EDIT = re.compile(r"(^|/)edit/(?P<layer>[^/]+)_\d+\.usda$")
_NONE: Mapping[str, tuple[str, ...]] = {}
# What a stage takes from its root layer alone; a review layer without it would show another stage.
_NOT_COPIED = frozenset({"comment", "layerRelocates", "owner", "subLayerOffsets", "subLayers"})


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the host shall see: versions, and by layer the files that may stand in its place ("" = the version)."""

    versions: Sequence[Version]
    played: Mapping[str, tuple[str, ...]]

    def paths(self, folder: Path, named: Sequence[str]) -> list[str]:
        """Relative to the folder of the layer that names them. Of several, one that is ``named`` there stays."""
        there = {_resolved(folder, path) for path in named}
        found: list[str] = []
        for version in sorted(self.versions, key=lambda version: version.name):
            own = str(Path(version.folder) / interface_name(version.name))
            files = [file or own for file in self.played.get(version.name, ("",))]
            file = next((file for file in files[1:] if _resolved(folder, file) in there), files[0])
            found.append(_anchored(folder, file))
        return found


def point_task(stage: str, versions: Sequence[Version], played: Mapping[str, tuple[str, ...]] = _NONE) -> str:
    """Task: make the host see ``versions``, the latest of every generated layer of one shot. Idempotent.

    ``played``: by layer, edit layers that may stand in its place, "" for the layer itself: the first of them, unless
    somebody put another of them into the pointer layer. What is in none of them is a use that the cut has no more.
    Replaces the shot's ``<shot>_env.usda`` where the host sublayers one, else writes ``<shot>_review.usda`` beside the
    host. Returns the path of the stage to open. Raises NotFound or UnreadableInput.
    """
    return _point(stage, versions[0].shot, _Seen(versions, played)) if versions else stage


def unpoint_task(stage: str, shot: str) -> str:
    """Task: take all our layers of a shot out of its host again; the path of the stage to open, which is the host."""
    return _point(stage, shot, _Seen((), {}))


def review_path(stage: str | Path, shot: str) -> Path:
    """Where the review layer of a shot lies."""
    return Path(stage).parent / f"{shot}_review.usda"


def _point(stage: str, shot: str, seen: _Seen) -> str:
    host = _open(Path(stage))
    environment = environment_layer_of(host)
    if environment and Path(environment).name.startswith(f"{shot}_env.usd"):
        _point_environment(host, Path(stage).parent / environment, shot, seen)
        return stage
    review = review_path(stage, shot)
    if seen.versions:
        _replace(_review_layer(host, review, shot, seen), review)
        return str(review)
    if review.is_file() and LAYER_MARK in _open(review).customLayerData:
        review.unlink()
    return stage


def _point_environment(host: Sdf.Layer, target: Path, shot: str, seen: _Seen) -> None:
    there = target.is_file()
    if not there and not seen.versions:
        return
    layer = _copy(target) if there else _fresh(host)
    before = layer.ExportToString()
    paths: list[str] = list(layer.subLayerPaths)  # pyright: ignore[reportArgumentType] # the stubs miss iteration
    offsets = zip(paths, layer.subLayerOffsets, strict=True)
    kept = [(path, offset) for path, offset in offsets if not _is_ours(target.parent, path)]
    # The studio's own sublayers stay stronger: what an artist put into the environment wins over what we generated.
    ours = seen.paths(target.parent, paths)
    layer.subLayerPaths[:] = [*(path for path, _ in kept), *ours]
    for number, (_, offset) in enumerate(kept):
        layer.subLayerOffsets[number] = offset
    _mark(layer, shot, pointing=bool(seen.versions))
    if there and layer.ExportToString() == before:
        return
    if there and target.read_bytes() != _newest_content(target):
        _archive(target, target.read_bytes())
    unfinished = _export(layer, target)
    if unfinished.read_bytes() != _newest_content(target):
        _archive(target, unfinished.read_bytes())
    replace_durably(unfinished, target)


def _review_layer(host: Sdf.Layer, review: Path, shot: str, seen: _Seen) -> Sdf.Layer:
    """The host, and under it, weaker, our layers: nothing of ours can override a prim of the host."""
    layer = _fresh(host)
    for key in sorted(set(host.pseudoRoot.ListInfoKeys()) - _NOT_COPIED):
        layer.pseudoRoot.SetInfo(key, host.pseudoRoot.GetInfo(key))
    before = _open(review) if review.is_file() else layer  # held by a name: its list ends with it
    named: list[str] = list(before.subLayerPaths)  # pyright: ignore[reportArgumentType] # as above
    ours = seen.paths(review.parent, named)
    layer.subLayerPaths[:] = [f"./{Path(host.realPath).name}", *ours]
    _mark(layer, shot, pointing=True)
    return layer


def _fresh(host: Sdf.Layer) -> Sdf.Layer:
    layer = Sdf.Layer.CreateAnonymous(".usda")
    for key in ("metersPerUnit", "upAxis", "timeCodesPerSecond", "framesPerSecond"):
        if host.pseudoRoot.HasInfo(key):
            layer.pseudoRoot.SetInfo(key, host.pseudoRoot.GetInfo(key))
    return layer


def _mark(layer: Sdf.Layer, shot: str, *, pointing: bool) -> None:
    """Say that we wrote the layer ("pointer", not "layer": a pointer may hold a studio's opinions and is not muted)."""
    data = {key: value for key, value in layer.customLayerData.items() if key != LAYER_MARK}
    if pointing:
        data[LAYER_MARK] = {"pointer": shot}
    if data:
        layer.customLayerData = data
    else:
        layer.pseudoRoot.ClearInfo("customLayerData")


def _anchored(folder: Path, file: str) -> str:
    """A file relative to the folder of the layer that names it, anchored with a dot."""
    path = Path(os.path.relpath(file, folder)).as_posix()
    return path if path.startswith(".") else f"./{path}"


def _resolved(folder: Path, path: str) -> str:
    return os.path.realpath(folder / path)


def _is_ours(folder: Path, path: str) -> bool:
    """Whether a sublayer is a published layer or an edit layer: that lies beside the layers of its shot."""
    edit = _EDIT.search(path)
    published = Path(_resolved(folder, path)).parents[1] / "env" / edit["layer"] if edit else None
    return bool(_OURS.search(path)) or (published is not None and published.is_dir())


# ------------------------------------------------------------------------------------------------------------ files


def _replace(layer: Sdf.Layer, target: Path) -> None:
    unfinished = _export(layer, target)
    if target.is_file() and target.read_bytes() == unfinished.read_bytes():
        unfinished.unlink()
    else:
        replace_durably(unfinished, target)


def _export(layer: Sdf.Layer, target: Path) -> Path:
    unfinished = target.with_name(f".{target.stem}.unfinished{target.suffix}")
    layer.Export(str(unfinished))
    return unfinished


def _history(target: Path) -> list[tuple[int, Path]]:
    """The numbered contents of a pointer layer, ``<shot>_env.v001.usda`` and so on, oldest first."""
    name = re.compile(rf"{re.escape(target.stem)}\.v(\d{{3,}}){re.escape(target.suffix)}")
    found = ((name.fullmatch(path.name), path) for path in target.parent.iterdir())
    return sorted((int(match.group(1)), path) for match, path in found if match)


def _newest_content(target: Path) -> bytes | None:
    history = _history(target)
    return history[-1][1].read_bytes() if history else None


def _archive(target: Path, content: bytes) -> None:
    history = _history(target)
    number = history[-1][0] + 1 if history else 1
    unfinished = target.with_name(f".{target.stem}.archive{target.suffix}")
    unfinished.write_bytes(content)
    replace_durably(unfinished, target.with_name(f"{target.stem}.v{number:03d}{target.suffix}"))


def _open(path: Path) -> Sdf.Layer:
    if not path.is_file():
        raise NotFound(
            f"There is no stage {path.name}.",
            remedy="Look at the path of the shot's stage in the project's settings.",
            reason="STAGE_NOT_FOUND",
            context={"stage": path.name},
        )
    try:
        layer = Sdf.Layer.FindOrOpen(str(path))
        layer.Reload()  # another process may have replaced the file since this one opened it
    except Tf.ErrorException as error:
        raise _unreadable(path) from error
    return layer


def _copy(path: Path) -> Sdf.Layer:
    try:
        return Sdf.Layer.OpenAsAnonymous(str(path))
    except Tf.ErrorException as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> UnreadableInput:
    return UnreadableInput(
        f"{path.name} cannot be read as USD.",
        remedy="Mend or remove the file, then publish again: nothing was changed.",
        reason="STAGE_UNREADABLE",
        context={"stage": path.name},
    )
