"""Lets a stage in edited time play a published layer at the right frame, in an edit layer that stands above it.

No published file is touched and nothing heavy is copied: see docs/decisions/071-edit-layers.md.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pxr import Sdf, Tf

from usd_ai.core.errors import CheckRejected, InvalidRequest, UsdAiError
from usd_ai.core.playing import Playing, how_it_plays, reach
from usd_ai.core.types import FrameRange, Plays, Rate
from usd_ai.stage.canvas_write import replace_durably
from usd_ai.stage.retime_edit import Retiming
from usd_ai.stage.retime_layers import edit_layer, layers_beside
from usd_ai.stage.retime_samples import velocity_fields
from usd_ai.stage.retime_source import Published, read_published

_DENOMINATOR = 1001  # of every rate that films are shown at


@dataclass(frozen=True, slots=True)
class EditLayer:
    """A written edit layer: what a stage sublayers in the place of the published layer.

    ``files``: all that was written, sublayer first. ``limits``: sentences on what it cannot say.
    """

    path: Path
    files: tuple[Path, ...]
    playing: Playing
    limits: tuple[str, ...]


def write_edit_layer(
    published: str | Path,
    name: str,
    out: str | Path,
    plays: Plays,
    shown: FrameRange,
    *,
    start: int,
    time_codes_per_second: float,
) -> EditLayer:
    """Write ``out`` (.usda), in which the published layer ``name`` plays as an occurrence of the cut does.

    Frame ``k`` of the cut, counted from the occurrence's first, stands at time code ``start + k`` and shows the layer's
    frame ``plays.at(k)``, for all k in ``shown`` (frames under transitions included). ``time_codes_per_second`` is that
    of the stage, to the bit as it is authored there. What else it needs stands beside it, in a folder that bears the
    digest of its content; ``out`` is written last and whole. The same call writes the same bytes.

    Raises InvalidRequest (no .usda, no frames, frames that the layer does not have), NotFound, UnreadableInput,
    CheckRejected (a payload that cannot be played so) or UsdAiError (it cannot be written).
    """
    target, home = Path(out), Path(published)
    _refuse_request(target, shown, time_codes_per_second)
    source = read_published(home, name)
    _refuse_beyond(source, plays, shown, home)
    rates = (_rate(source.rate), _rate(time_codes_per_second))
    playing = how_it_plays(plays, shown, start, *rates)
    edit = Retiming(source, plays, shown, start, time_codes_per_second, playing)
    _refuse_unreached(edit)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = _write_beside(edit, target)
        _write_whole(edit_layer(edit, target, beside.name if beside else "", _names(beside)), target)
    except OSError as error:
        raise _unwritable(target) from error
    files = (target, *(beside / file for file in _names(beside))) if beside else (target,)
    return EditLayer(target, files, playing, _limits(edit))


def _rate(rate: float) -> Rate:
    """The rate as a person knows it: 23.976023976… is 24000/1001."""
    known = Fraction(rate).limit_denominator(_DENOMINATOR)
    return Rate(known.numerator, known.denominator)


def _limits(edit: Retiming) -> tuple[str, ...]:
    found: list[str] = []
    if edit.holds:
        prims = ", ".join(str(path) for path in sorted(edit.source.held_prims()))
        found.append(f"Between two frames the earlier one is shown where ids or topology change: {prims}.")
    fields = velocity_fields(edit.source)
    if fields and not edit.at_speed and edit.playing.step != 0:
        found.append(
            f"{len(fields)} volume(s) have velocities inside their files, which stay those of the shot: "
            "scale or switch off their motion blur in the renderer."
        )
    if edit.own_clips and not edit.at_speed:
        prims = ", ".join(str(path) for path in edit.source.own_clips)
        found.append(f"Velocities inside of the layer's own value clips stay those of the shot: {prims}.")
    return tuple(found)


# ---------------------------------------------------------------------------------------------------------- refusals


def _refuse_request(target: Path, shown: FrameRange, rate: float) -> None:
    if target.suffix != ".usda":
        raise InvalidRequest(
            f"An edit layer is a .usda; '{target.name}' is none.", remedy="Give a name that ends in .usda."
        )
    if shown.count < 1:
        raise InvalidRequest(
            f"The frames {shown} of the cut are none at all.", remedy="Give a first frame that is not after the last."
        )
    if not 0.0 < rate < float("inf"):
        raise InvalidRequest(
            f"A stage cannot have {rate} time codes a second.", remedy="Give the timeCodesPerSecond of the stage."
        )


def _refuse_beyond(source: Published, plays: Plays, shown: FrameRange, home: Path) -> None:
    wanted = reach(plays, shown)
    if wanted.start < source.frames.start or wanted.end > source.frames.end:
        raise InvalidRequest(
            f"The cut shows frames {wanted} of {source.name}; {home.name} was generated for {source.frames}.",
            remedy=f"Generate the shot again for {wanted.union(source.frames)}.",
            reason="FRAMES_NOT_COVERED",
            context={"wanted": str(wanted), "published": str(source.frames)},
        )


def _refuse_unreached(edit: Retiming) -> None:
    unreached = edit.source.unreached
    if edit.by_clips and unreached:
        raise CheckRejected(
            f"The payload of {edit.source.name} brings in other files, or varies, at {unreached[0]}; no value clip "
            f"reaches what changes over time there. {edit.playing.reason}",
            remedy="No layer like it can be played so. Retime its pictures in comp: it plays in the shot's own frames.",
            reason="NOT_RETIMABLE",
            context={"prim": str(unreached[0])},
        )


# ----------------------------------------------------------------------------------------------------------- writing


def _write_beside(edit: Retiming, target: Path) -> Path | None:
    """Write what the edit needs into a folder of its own, whole; None where it needs nothing."""
    unfinished = Path(tempfile.mkdtemp(prefix=f".{target.stem}.", dir=target.parent))
    try:
        layers = layers_beside(edit, unfinished)
        for name, layer in sorted(layers.items()):
            _export(layer, unfinished / name)
        if not layers:
            return None
        beside = target.with_name(f"{target.stem}.{_digest(unfinished)}")
        unfinished.chmod(0o755)
        _sync(unfinished)
        with suppress(OSError):  # the same content, written before or by somebody else just now
            unfinished.rename(beside)
        _sync(beside)
        _sync(beside.parent)
        return beside
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _digest(folder: Path) -> str:
    """The first of the SHA-256 over names and contents: another content never takes this one's place."""
    told = hashlib.sha256()
    for name in _names(folder):
        told.update(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n".encode())
    return told.hexdigest()[:12]


def _names(folder: Path | None) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder else []


def _write_whole(layer: Sdf.Layer, target: Path) -> None:
    unfinished = target.with_name(f".{target.stem}.{os.getpid()}.unfinished{target.suffix}")
    try:
        _export(layer, unfinished)
        # A file that says it already is not touched: a session that has it open would be told to read it again.
        if not target.is_file() or target.read_bytes() != unfinished.read_bytes():
            replace_durably(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def _export(layer: Sdf.Layer, path: Path) -> None:
    try:
        written = layer.Export(str(path))
    except Tf.ErrorException as error:
        raise _unwritable(path) from error
    if not written:
        raise _unwritable(path)
    _sync(path)


def _unwritable(path: Path) -> UsdAiError:
    return UsdAiError(
        f"USD could not write {path.name} of the edit layer; nothing was changed.",
        remedy="Look at free space and rights of the folder.",
        reason="WRITE",
    )


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
