"""What a published layer says over time, sorted by what it takes to play it at another speed."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from pxr import Sdf, Tf

from usd_ai.core.errors import NotFound, UnreadableInput
from usd_ai.core.types import FrameRange
from usd_ai.stage.canvas_write import PAYLOAD, STATES
from usd_ai.stage.interface import interface_name

TOPOLOGY = ("ids", "faceVertexCounts", "faceVertexIndices", "curveVertexCounts", "holeIndices")
_COUNTED = ("points", "protoIndices")
_PER_SECOND = {"velocities": 1, "angularVelocities": 1, "accelerations": 2}
_ARCS = ("references", "payload", "inheritPaths", "specializes")


@dataclass(frozen=True, slots=True)
class Published:
    """A published layer, read. ``folder``: absolute; ``frames``: those it was generated for; rate: time codes a second.

    ``moving``: attributes that USD may interpolate; ``held``: those of prims whose ids or topology change, by the
    times at which that happens; ``files``: what names files; ``per_second``: velocities and the like, with the power
    of the speed that they grow by. ``states``: variants that bring states with time samples, as (set, variant, prim).
    ``own_clips``: prims with value clips; ``unreached``: prims and attributes that no value clip reaches.
    """

    folder: Path
    name: str
    interface: Sdf.Layer
    payload: Sdf.Layer
    frames: FrameRange
    rate: float
    moving: tuple[Sdf.Path, ...]
    held: dict[tuple[float, ...], tuple[Sdf.Path, ...]]
    files: tuple[Sdf.Path, ...]
    per_second: dict[Sdf.Path, int]
    states: tuple[tuple[str, str, Sdf.Path], ...]
    own_clips: tuple[Sdf.Path, ...]
    unreached: tuple[Sdf.Path, ...]

    def held_prims(self) -> dict[Sdf.Path, tuple[float, ...]]:
        """The prims whose ids or topology change, with the times at which they do."""
        return {path.GetPrimPath(): times for times, paths in self.held.items() for path in paths}


def read_published(folder: Path, name: str) -> Published:
    """The layer ``name`` in a published folder. Raises NotFound or UnreadableInput."""
    interface, payload = _opened(folder / interface_name(name)), _opened(folder / PAYLOAD)
    timed = timed_attributes(payload)
    prims = [path for path in _paths(payload) if path.IsPrimPath()]
    held_prims = _held_prims(payload, timed)
    per_second = {path: _PER_SECOND[path.name] for path in timed if path.name in _PER_SECOND}
    files = tuple(path for path in timed if payload.GetAttributeAtPath(path).typeName.scalarType == "asset")
    held: dict[tuple[float, ...], list[Sdf.Path]] = {}
    moving: list[Sdf.Path] = []
    for path in timed:
        if path in files:
            continue
        times = held_prims.get(path.GetPrimPath())
        (moving if times is None else held.setdefault(times, [])).append(path)
    frames = FrameRange(int(interface.startTimeCode), int(interface.endTimeCode))
    return Published(
        folder=folder,
        name=name,
        interface=interface,
        payload=payload,
        frames=frames,
        rate=float(interface.timeCodesPerSecond),
        moving=tuple(moving),
        held={times: tuple(held[times]) for times in sorted(held)},
        files=files,
        per_second=per_second,
        states=_timed_states(interface, folder, name),
        own_clips=tuple(path for path in prims if payload.GetPrimAtPath(path).HasInfo("clips")),
        unreached=_unreached(payload, prims, timed),
    )


def earlier(times: tuple[float, ...], frame: Fraction) -> float:
    """The sample that is shown at a frame where nothing may be interpolated: the nearest earlier one, or the first."""
    return times[max(bisect_right(times, frame) - 1, 0)]


def sample_times(layer: Sdf.Layer, path: Sdf.Path) -> tuple[float, ...]:
    """The time samples of an attribute, ascending."""
    return tuple(layer.ListTimeSamplesForPath(path))


def timed_attributes(layer: Sdf.Layer) -> list[Sdf.Path]:
    """Attributes with time samples, inside of variants too, sorted."""
    return [path for path in _paths(layer) if path.IsPropertyPath() and layer.GetNumTimeSamplesForPath(path)]


def _paths(layer: Sdf.Layer) -> list[Sdf.Path]:
    found: list[Sdf.Path] = []

    def visit(path: Sdf.Path | str) -> None:
        found.append(Sdf.Path(path))

    layer.Traverse(Sdf.Path.absoluteRootPath, visit)
    return sorted(found)


def _unreached(payload: Sdf.Layer, prims: list[Sdf.Path], timed: list[Sdf.Path]) -> tuple[Sdf.Path, ...]:
    """What value clips do not reach: they compose nothing, so neither what arcs bring nor what stands in variants."""
    arcs = [path for path in prims if any(payload.GetPrimAtPath(path).HasInfo(arc) for arc in _ARCS)]
    return (*arcs, *(path for path in timed if path.ContainsPrimVariantSelection()))


def _held_prims(payload: Sdf.Layer, timed: list[Sdf.Path]) -> dict[Sdf.Path, tuple[float, ...]]:
    """Prims on which values of one sample do not belong to the same things as those of the next, and when."""
    found: dict[Sdf.Path, tuple[float, ...]] = {}
    for path in timed:
        told = path.name in TOPOLOGY or path.name.endswith(":indices")
        if (told and _changes(payload, path)) or (path.name in _COUNTED and _changes(payload, path, count=True)):
            prim = path.GetPrimPath()
            found[prim] = tuple(sorted({*found.get(prim, ()), *sample_times(payload, path)}))
    return found


def _changes(payload: Sdf.Layer, path: Sdf.Path, *, count: bool = False) -> bool:
    first: np.ndarray | None = None
    for time in sample_times(payload, path):
        value = np.asarray(payload.QueryTimeSample(path, time))
        if first is None:
            first = value
        elif len(value) != len(first) or (not count and not np.array_equal(value, first)):
            return True
    return False


def _timed_states(interface: Sdf.Layer, folder: Path, name: str) -> tuple[tuple[str, str, Sdf.Path], ...]:
    """Variants of the root that bring a state with time samples out of ``states.usdc``."""
    if not (folder / STATES).is_file():
        return ()
    states = _opened(folder / STATES)
    timed = {path.StripAllVariantSelections().GetPrefixes()[0] for path in timed_attributes(states)}
    found: list[tuple[str, str, Sdf.Path]] = []
    for set_name, choices in interface.GetPrimAtPath(f"/{name}").variantSets.items():
        for choice, variant in choices.variants.items():
            arcs: list[Sdf.Payload] = variant.primSpec.payloadList.GetAddedOrExplicitItems()
            brought = [arc.primPath for arc in arcs if Path(arc.assetPath).name == STATES]
            found += [(set_name, choice, state) for state in brought if state in timed]
    return tuple(sorted(found))


def _opened(path: Path) -> Sdf.Layer:
    if not path.is_file():
        raise NotFound(
            f"There is no {path.name} in {path.parent.name}.",
            remedy="Look at the folder and the name of the published layer.",
            reason="LAYER_NOT_FOUND",
            context={"file": path.name},
        )
    try:
        # A copy: the shared one may be an older content of a file that has been replaced.
        return Sdf.Layer.OpenAsAnonymous(str(path))
    except Tf.ErrorException as error:
        raise UnreadableInput(
            f"{path.name} cannot be read as USD.",
            remedy="Verify the published layer (usd-ai verify) and publish it again if it is damaged.",
            reason="LAYER_UNREADABLE",
            context={"file": path.name},
        ) from error
