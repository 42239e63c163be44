"""How a published layer is re-timed: what plays when in which stage, and what all layers of an edit have in common."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pxr import Sdf

from usd_ai.core.playing import CLIPS, Playing, speeds
from usd_ai.core.types import FrameRange, Plays
from usd_ai.stage.marks import LAYER_MARK
from usd_ai.stage.retime_source import Published

_COPIED = ("metersPerUnit", "upAxis")
_LATE = Fraction(1, 2**20)  # of a frame
_SAME_SPEED = 1 / 500


@dataclass(frozen=True, slots=True)
class Retiming:
    """What is to be written: how the layer ``source`` plays, over which frames of the cut, in which stage.

    ``start``: time code of the cut's frame 0; ``rate``: time codes a second of the stage, as it says them.
    """

    source: Published
    plays: Plays
    shown: FrameRange
    start: int
    rate: float
    playing: Playing

    @property
    def by_clips(self) -> bool:
        """Whether no layer offset can say how it plays."""
        return self.playing.way == CLIPS

    @property
    def holds(self) -> bool:
        """Whether prims whose ids or topology change need clips, so that nothing is made up between two frames."""
        parts = any(self.plays.at(k).denominator > 1 for k in self.shown.frames())
        return bool(self.source.held) and (self.by_clips or parts)

    def code(self, k: int) -> float:
        """Time code of the stage at a frame of the cut."""
        return float(self.start + k)

    def factors(self) -> dict[int, float]:
        """By frame of the cut: what a velocity of the layer is multiplied by in the stage's seconds."""
        rate = self.rate / self.source.rate
        return {k: float(speed) * rate for k, speed in speeds(self.plays, self.shown).items()}

    @property
    def own_clips(self) -> bool:
        """Whether value clips of the layer's own are said anew: offsets take them along, but no other rate does."""
        return bool(self.source.own_clips) and (self.by_clips or self.rate != self.source.rate)

    @property
    def at_speed(self) -> bool:
        """Whether velocities stay what they are, within what no motion blur shows."""
        return all(abs(factor - 1) < _SAME_SPEED for factor in self.factors().values())


def layer_offset(edit: Retiming) -> Sdf.LayerOffset:
    """The offset of an arc from the edit to a published file.

    USD multiplies it by the ratio of both files' rates, which would turn frames into seconds: that is undone here.
    Where doubles cannot say the numbers, the layer is a millionth of a frame late: early by the last bit, whatever
    holds (files, indices, visibility) would show the frame before.
    """
    playing = edit.playing
    if edit.by_clips:
        return Sdf.LayerOffset()
    ratio = Fraction(edit.source.rate) / Fraction(edit.rate)
    scale, offset = playing.scale * ratio, playing.offset
    exact = all(_dyadic(number) for number in (scale, 1 / scale, offset)) and ratio == 1
    if not exact:
        offset -= _LATE * playing.scale
    return Sdf.LayerOffset(float(offset), float(scale))


def _dyadic(number: Fraction) -> bool:
    return float(number) == number


def fresh(edit: Retiming, suffix: str) -> Sdf.Layer:
    """An empty layer in the units of the published one and the time of the stage, marked as ours."""
    layer = Sdf.Layer.CreateAnonymous(suffix)
    for key in _COPIED:
        if edit.source.interface.pseudoRoot.HasInfo(key):
            layer.pseudoRoot.SetInfo(key, edit.source.interface.pseudoRoot.GetInfo(key))
    layer.defaultPrim = edit.source.name
    layer.startTimeCode, layer.endTimeCode = edit.code(edit.shown.start), edit.code(edit.shown.end)
    layer.timeCodesPerSecond = layer.framesPerSecond = edit.rate
    layer.customLayerData = {LAYER_MARK: {"layer": edit.source.name}}
    return layer


def relative(path: Path, folder: Path) -> str:
    """The path as seen from a folder, anchored with a dot: USD searches for others."""
    told = Path(os.path.relpath(os.path.realpath(path), os.path.realpath(folder))).as_posix()
    return told if told.startswith("../") else f"./{told}"


def moved(value: object, home: Path, folder: Path) -> object:
    """A file, or files, told from the folder of the edit instead of the layer's."""
    if isinstance(value, Sdf.AssetPath):
        path = value.path
        outside = not path or path.startswith("/") or ":" in path
        return value if outside else Sdf.AssetPath(relative(home / path, folder))
    if isinstance(value, Sdf.AssetPathArray):
        return Sdf.AssetPathArray([moved(one, home, folder) for one in value])
    return value


def declared(layer: Sdf.Layer, payload: Sdf.Layer, path: Sdf.Path) -> Sdf.AttributeSpec:
    """The attribute without a value, in overs."""
    known = payload.GetAttributeAtPath(path)
    prim = Sdf.CreatePrimInLayer(layer, path.GetPrimPath())
    return Sdf.AttributeSpec(prim, path.name, known.typeName, known.variability)
