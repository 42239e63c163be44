"""The published shots of a demo: where their stages, layers and cameras are, and at which exposure they are seen."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from pxr import Usd

from usd_ai.config import load_project
from usd_ai.core.places import inside, stage_of
from usd_ai.stage.preview import scene
from usd_ai.stage.preview.tonemap import ev_of

_VERSION = re.compile(r"v(\d+)")


@dataclass(frozen=True, slots=True)
class FilmShot:
    """A shot as a film sees it.

    ``stage`` and ``folder`` (of the published layer): absolute paths. ``root``: the layer's root prim. ``frames``: the
    first and last frame that the stage says. ``exposure``: what nits are multiplied with, that of the first frame, for
    all frames. ``digest``: SHA-256 over every file that the pictures are made from; volumes by name and size, because
    published folders never change.
    """

    name: str
    stage: str
    folder: str
    root: str
    frames: tuple[int, int]
    camera: str
    exposure: float
    digest: str

    @property
    def layer(self) -> str:
        """The layer's interface file."""
        return str(Path(self.folder) / f"{self.root}.usda")

    @property
    def ev(self) -> float:
        """The exposure as EV at ISO 100."""
        return ev_of(self.exposure)

    def moments(self) -> tuple[int, int, int]:
        """Start, middle and end."""
        first, last = self.frames
        return first, (first + last) // 2, last

    def compose(self) -> scene.Composed:
        """Stage and layer in memory, joined by an anonymous layer on top of both."""
        return scene.compose(self.stage, self.layer, self.root)


def read_shots(demo: Path, names: tuple[str, ...] = ()) -> tuple[FilmShot, ...]:
    """The shots of a demo that have a published layer, by name; only ``names`` where some are given.

    Ends the program with a sentence where there are none.
    """
    show = load_project(demo / "studio.toml")
    published = Path(inside(show, show.publish))
    folders = sorted(path for path in published.glob("*") if path.is_dir() and (not names or path.name in names))
    found = [
        _read(folder.name, stage_of(show, folder.name), layer)
        for folder in folders
        if (layer := _latest(folder)) is not None and Path(stage_of(show, folder.name)).is_file()
    ]
    missing = sorted(set(names) - {shot.name for shot in found})
    if missing or not found:
        what = f"of {', '.join(missing)} " if missing else ""
        raise SystemExit(f"No layer {what}is published in {demo}. Run first: make demo OUT={demo}")
    return tuple(found)


def _latest(shot: Path) -> Path | None:
    """The folder of the newest version of the shot's first layer by name."""
    versions = [
        (path.parent.name, -int(match[1]), path)
        for path in shot.glob("env/*/v*")
        if (match := _VERSION.fullmatch(path.name)) and (path / f"{path.parent.name}.usda").is_file()
    ]
    return min(versions)[2] if versions else None


def _read(name: str, stage: str, folder: Path) -> FilmShot:
    root = _root_of(folder)
    composed = scene.compose(stage, str(folder / f"{root}.usda"), root)
    first, last = round(composed.stage.GetStartTimeCode()), round(composed.stage.GetEndTimeCode())
    if last <= first:
        own = Usd.Stage.Open(str(folder / f"{root}.usda"), Usd.Stage.LoadNone)
        first, last = round(own.GetStartTimeCode()), round(own.GetEndTimeCode())
    camera, _ = scene.read_camera(composed.stage, "", float(first), 16 / 9)
    return FilmShot(
        name, stage, str(folder), root, (first, last), camera.path, camera.exposure, _digest(composed, folder)
    )


def _root_of(folder: Path) -> str:
    """A layer lies in ``<name>/vNNN``; its root prim has the layer's name."""
    return folder.parent.name


def _digest(composed: scene.Composed, folder: Path) -> str:
    digests: list[str] = []
    for layer in composed.stage.GetUsedLayers():
        if layer.realPath:
            held = hashlib.sha256(Path(layer.realPath).read_bytes()).hexdigest()
            digests.append(f"{Path(layer.realPath).name} {held}")
    digests += [f"{path.name} {path.stat().st_size}" for path in folder.glob("vdb/*.vdb")]
    return hashlib.sha256(json.dumps(sorted(digests)).encode()).hexdigest()
