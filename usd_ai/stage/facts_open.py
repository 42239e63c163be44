"""Open a host stage without our own layers, and say what it is made of, in which units, and what is missing from it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from pxr import Ar, Sdf, Tf, Usd, UsdGeom

from usd_ai.core.digest import sha256_file
from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput
from usd_ai.core.types import LayerInput
from usd_ai.stage.marks import is_ours

PRIM_CAP = 300_000
"""Prims of a host stage, instance proxies included, beyond which it is refused."""

_ENVIRONMENT = re.compile(r"_env\.usda?$")
_MISSING_ASSET = re.compile(r"Could not (?:open asset|load sublayer) @([^@]*)@")

_MUTED = "MutedAssetPath"  # what an artist promoted refers to a layer of ours, which we muted ourselves
_RAISED = re.compile(r"Error in '.*?' at line \d+ in file \S+ : '(.*?)'\s*(?:\Z|\n)", re.DOTALL)
_FOLDERS = re.compile(r"(?<![\w.])/(?:[^\s/@'\"`<>]+/)+")


@dataclass(frozen=True, slots=True)
class Units:
    """Units of a stage, and the warnings about what it leaves unsaid."""

    meters_per_unit: float
    up_axis: str
    time_codes_per_second: float
    warnings: tuple[str, ...]


def open_host(path: str) -> Usd.Stage:
    """The stage with its payloads, our own published layers muted. It is never saved.

    Raises NotFound, or UnreadableInput (also when it has more than `PRIM_CAP` prims).
    """
    if not Path(path).is_file():
        raise NotFound(
            f"There is no stage {Path(path).name}.",
            remedy="Look at the path of the shot's stage in the project's settings.",
            reason="STAGE_NOT_FOUND",
            context={"stage": Path(path).name},
        )
    # Nothing is loaded before our layers are muted, so that their payloads are not even opened.
    stage = Usd.Stage.Open(path, Usd.Stage.LoadNone)
    mute_ours(stage)
    stage.Load()
    _refuse_too_many(stage, Path(path).name)
    return stage


def mute_ours(stage: Usd.Stage, *, but: str = "") -> None:
    """Mute all layers that we generated, except those in the folder ``but``. Best before payloads are loaded."""
    kept = f"{os.path.realpath(but)}/" if but else "\0"

    def found() -> list[str]:
        used = [layer for layer in stage.GetUsedLayers() if is_ours(layer)]
        return [layer.identifier for layer in used if not os.path.realpath(layer.realPath).startswith(kept)]

    while ours := found():
        stage.MuteAndUnmuteLayers(ours, [])


def _refuse_too_many(stage: Usd.Stage, name: str) -> None:
    everything = Usd.PrimRange.Stage(stage, Usd.TraverseInstanceProxies(Usd.PrimAllPrimsPredicate))
    for number, _ in enumerate(everything, start=1):
        if number > PRIM_CAP:
            raise UnreadableInput(
                f"{name} has more than {PRIM_CAP} prims.",
                remedy="Give a stage that deactivates or unloads what the shot does not need.",
                reason="TOO_MANY_PRIMS",
                context={"stage": name},
            )


def units_of(stage: Usd.Stage, meters_per_unit: float, up_axis: str) -> Units:
    """Units as authored, or as the request states them where nothing is authored (0.0 and "" state nothing).

    Raises InvalidRequest when neither says it, when the two differ, or when time codes are not frames.
    """
    name = Path(stage.GetRootLayer().realPath).name
    scale_said = stage.HasAuthoredMetadata(UsdGeom.Tokens.metersPerUnit)
    axis_said = stage.HasAuthoredMetadata(UsdGeom.Tokens.upAxis)
    scale = UsdGeom.GetStageMetersPerUnit(stage) if scale_said else meters_per_unit
    axis = str(UsdGeom.GetStageUpAxis(stage)) if axis_said else up_axis
    unsaid = [word for word, value in (("metersPerUnit", scale), ("upAxis", axis)) if not value]
    if unsaid:
        raise InvalidRequest(
            f"The stage {name} does not say its {' and '.join(unsaid)}.{_hint(stage)}",
            remedy="Author it in the stage's root layer, or state it with the request (meters_per_unit, up_axis).",
            reason="UNITS_UNAUTHORED",
            context={"stage": name, "missing": ",".join(unsaid)},
        )
    _refuse_conflict(name, (scale, meters_per_unit), (axis, up_axis))
    if axis not in {"Y", "Z"} or not 0.0 < scale < float("inf"):
        raise InvalidRequest(
            f"The stage {name} cannot have metersPerUnit {scale} and upAxis '{axis}'.",
            remedy="Use a positive number and Y or Z.",
            reason="UNITS_INVALID",
            context={"stage": name},
        )
    warnings: list[str] = []
    codes, frames = stage.GetTimeCodesPerSecond(), stage.GetFramesPerSecond()
    codes_said = stage.HasAuthoredMetadata("timeCodesPerSecond")
    if not codes_said and not stage.HasAuthoredMetadata("framesPerSecond"):
        warnings.append(f"{name} says no timeCodesPerSecond; USD's default of {codes:g} is used.")
    elif codes_said and stage.HasAuthoredMetadata("framesPerSecond") and codes != frames:
        raise InvalidRequest(
            f"In {name} {codes:g} time codes but {frames:g} frames make a second, so frames are not time codes.",
            remedy="Give a stage whose timeCodesPerSecond equals its framesPerSecond.",
            reason="TIME_CODES_NOT_FRAMES",
            context={"stage": name},
        )
    return Units(scale, axis, codes, tuple(warnings))


def _refuse_conflict(name: str, scale: tuple[float, float], axis: tuple[str, str]) -> None:
    if (scale[1] and scale[1] != scale[0]) or (axis[1] and axis[1] != axis[0]):
        raise InvalidRequest(
            f"The stage {name} is authored with metersPerUnit {scale[0]:g} and upAxis {axis[0]}; the request differs.",
            remedy="Leave meters_per_unit and up_axis out of the request: they are for stages that say nothing.",
            reason="UNITS_CONFLICT",
            context={"stage": name},
        )


def _hint(stage: Usd.Stage) -> str:
    """What a sublayer says about units: USD ignores it, a person wants to know it."""
    for layer in stage.GetLayerStack(includeSessionLayers=False)[1:]:
        said = layer.pseudoRoot.ListInfoKeys()
        if "metersPerUnit" in said or "upAxis" in said:
            scale, axis = layer.pseudoRoot.GetInfo("metersPerUnit"), layer.pseudoRoot.GetInfo("upAxis")
            return f" Its sublayer {Path(layer.realPath).name} says {scale} and {axis}, which USD does not look at."
    return ""


def layers_of(stage: Usd.Stage, project_root: str) -> tuple[tuple[LayerInput, ...], tuple[str, ...]]:
    """The files that the stage is composed of, relative to the project root, sorted; and warnings."""
    root = os.path.realpath(project_root)
    files: dict[str, str] = {}
    for layer in stage.GetUsedLayers():
        place = Ar.SplitPackageRelativePathOuter(layer.realPath)[0] if layer.realPath else ""
        if place and Path(place).is_file() and not is_ours(layer):
            real = os.path.realpath(place)
            files[Path(os.path.relpath(real, root)).as_posix()] = real
    inputs = tuple(LayerInput(path, sha256_file(files[path])) for path in sorted(files))
    outside = [layer.path for layer in inputs if layer.path.startswith("../")]
    warnings = (f"{len(outside)} file(s) of the stage lie outside of the project.",) if outside else ()
    return inputs, warnings


def environment_layer_of(root: Sdf.Layer) -> str:
    """Path, relative to the stage's folder, of the strongest sublayer named ``*_env.usda``, there or not; else ""."""
    folder = Path(root.realPath).parent
    waiting, seen = [root], {root.identifier}
    while waiting:
        layer = waiting.pop()
        deeper: list[Sdf.Layer] = []
        for authored in layer.subLayerPaths:
            if _ENVIRONMENT.search(authored):
                return Path(os.path.relpath(layer.ComputeAbsolutePath(authored), folder)).as_posix()
            found = _opened(layer, authored)
            if found is not None and found.identifier not in seen:
                seen.add(found.identifier)
                deeper.append(found)
        waiting += reversed(deeper)  # depth first, strongest first
    return ""


def _opened(anchor: Sdf.Layer, authored: str) -> Sdf.Layer | None:
    """A sublayer, or None where it cannot be opened: composition has its own warning for that."""
    try:
        return Sdf.Layer.FindOrOpenRelativeToLayer(anchor, authored)
    except Tf.ErrorException:
        return None


def missing_of(stage: Usd.Stage) -> tuple[str, ...]:
    """One warning for each file that could not be opened and one for the number of other composition errors."""
    counts: dict[str, int] = {}
    other: dict[str, int] = {}
    for error in stage.GetCompositionErrors():  # pyright: ignore[reportAttributeAccessIssue] # newer than the stubs
        if str(error.errorType).endswith(_MUTED):
            continue
        found = _MISSING_ASSET.search(str(error))
        name = Path(found.group(1)).name if found else str(error.errorType).rpartition("_")[2]
        target = counts if found else other
        target[name] = target.get(name, 0) + 1
    missing = [
        f"The file {name} could not be opened; {number} arc(s) to it are empty."
        for name, number in sorted(counts.items())
    ]
    rest = [f"The stage has {number} composition error(s) {name}." for name, number in sorted(other.items())]
    return (*missing, *rest)


def words_of(text: str, folder: Path) -> str:
    """What USD says went wrong, in one line, without its source lines and without anybody's folders."""
    raised = _RAISED.search(text)
    words = " ".join((raised.group(1) if raised else text).split())
    return _FOLDERS.sub("", words.replace(f"{os.path.realpath(folder)}/", ""))[:300]
