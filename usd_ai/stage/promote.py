"""Makes instances of a published layer an artist's own, and finds overrides that the next version would break.

Promoting takes an instance out by its id and puts a prim in its place that refers to the same prototypes, in a small
layer that the artist puts above ours. Ids are stable and published files never change, so that layer goes on meaning
the same tree whatever is generated after it. See docs/decisions/066-edits.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdShade

from usd_ai.core.errors import Conflict, InvalidRequest, NotFound, UnreadableInput
from usd_ai.stage.canvas_write import replace_durably
from usd_ai.stage.marks import PROTOTYPES, is_ours

_FIRST = "trees"  # where an id is looked for first: undergrowth may use the same numbers
_LARGEST_ID = 2**63 - 1
_COPIED = ("endTimeCode", "framesPerSecond", "metersPerUnit", "startTimeCode", "timeCodesPerSecond", "upAxis")
_ARRAYS = ("ids", "orientations", "positions", "protoIndices", "scales", "velocities")


@dataclass(frozen=True, slots=True)
class Promoted:
    """An instance that became a prim: its id, the instancer it is taken out of, and the prim in its place."""

    id: int
    instancer: str
    prim: str


@dataclass(frozen=True, slots=True)
class ArrayOverride:
    """An array of a generated instancer that a stronger layer replaces: it names places in a list, not ids.

    ``count``: entries of the override; ``instances``: how many the generated layer has now.
    """

    prim: str
    attribute: str
    layer: str
    count: int
    instances: int

    @property
    def sentence(self) -> str:
        """What is wrong, and what to do."""
        return (
            f"{self.attribute} of {self.prim} is replaced in {Path(self.layer).name} ({self.count:,} entries for "
            f"{self.instances:,} instances): the next version may have others, in another order. "
            "Use inactiveIds, an edit, or usd-ai promote."
        )


# ---------------------------------------------------------------------------------------------------- promoting


def promote(interface: Path, ids: Sequence[int], out: Path, instancer: str = "") -> tuple[Promoted, ...]:
    """Write the layer ``out`` (.usda) in which the instances ``ids`` are prims of their own.

    ``interface``: the published layer's ``<name>.usda``. ``instancer``: path under its root of the instancer meant;
    else "trees", then the others. Raises NotFound (ids, instancer), InvalidRequest (``out`` is no .usda), Conflict
    (``out`` is there already) or UnreadableInput.
    """
    layer, promoted = promoted_layer(interface, ids, out, instancer)
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f".{out.stem}.unfinished.usda")
    layer.Export(str(unfinished))
    replace_durably(unfinished, out)
    return promoted


def promoted_layer(
    interface: Path, ids: Sequence[int], out: Path, instancer: str = ""
) -> tuple[Sdf.Layer, tuple[Promoted, ...]]:
    """As `promote`, without writing: the layer in memory, with paths as they are seen from ``out``."""
    _refuse_target(out)
    stage = _opened(interface)
    source = Path(os.path.relpath(interface.resolve(), out.resolve().parent)).as_posix()
    found = _found(stage, tuple(dict.fromkeys(ids)), instancer)
    layer = Sdf.Layer.CreateAnonymous(".usda")
    for key in _COPIED:
        if stage.GetRootLayer().pseudoRoot.HasInfo(key):
            layer.pseudoRoot.SetInfo(key, stage.GetRootLayer().pseudoRoot.GetInfo(key))
    layer.comment = "Instances of a generated layer that became prims. Sublayer this file above it."
    root = str(stage.GetDefaultPrim().GetName())
    group = Sdf.PrimSpec(layer, f"{root}_promoted", Sdf.SpecifierDef, "Xform")
    group.kind = "group"
    writer = _Writer(layer, group, source if source.startswith("../") else f"./{source}")
    promoted = tuple(writer.add(one) for one in found)
    for one in {str(one.prim.GetPath()): one for one in found}.values():
        path = one.prim.GetPath()
        pruned = sorted(other.id for other in found if other.prim.GetPath() == path)
        Sdf.CreatePrimInLayer(layer, path).SetInfo("inactiveIds", Sdf.Int64ListOp.Create(prependedItems=pruned))
    return layer, promoted


@dataclass(frozen=True, slots=True)
class _Instance:
    """An instance as it stands in the published layer; ``prototypes``: paths by time code, None for no time."""

    id: int
    prim: Usd.Prim
    position: Gf.Vec3f
    orientation: Gf.Quatf
    scale: Gf.Vec3f
    prototypes: dict[float | None, Sdf.Path]


class _Writer:
    def __init__(self, layer: Sdf.Layer, group: Sdf.PrimSpec, source: str) -> None:
        self._layer = layer
        self._group = group
        self._source = source

    def add(self, one: _Instance) -> Promoted:
        """The instance as an Xform with a child for each prototype it shows over time."""
        name = f"{one.prim.GetName().removesuffix('s')}_{one.id}"
        spec = Sdf.PrimSpec(self._group, name, Sdf.SpecifierDef, "Xform")
        spec.kind = "component"
        self._place(spec, one)
        shown = list(dict.fromkeys(one.prototypes.values()))
        for path in shown:
            child = Sdf.PrimSpec(spec, path.name, Sdf.SpecifierDef)
            child.referenceList.prependedItems = [Sdf.Reference(self._source, path)]
            if len(shown) > 1:
                self._show(child, {time: prototype == path for time, prototype in one.prototypes.items()})
            self._dress(child, one.prim.GetStage().GetPrimAtPath(path))
        return Promoted(one.id, str(one.prim.GetPath()), str(spec.path))

    def _place(self, spec: Sdf.PrimSpec, one: _Instance) -> None:
        """Transform ops that an artist can take hold of: translate, orient, scale."""
        above = UsdGeom.Xformable(one.prim).ComputeLocalToWorldTransform(Usd.TimeCode.EarliestTime())
        ops: list[tuple[str, Sdf.ValueTypeName, object]] = [
            ("xformOp:translate", Sdf.ValueTypeNames.Double3, Gf.Vec3d(one.position)),
            ("xformOp:orient", Sdf.ValueTypeNames.Quatf, one.orientation),
            ("xformOp:scale", Sdf.ValueTypeNames.Float3, one.scale),
        ]
        if above != Gf.Matrix4d(1.0):
            ops.insert(0, ("xformOp:transform:instancer", Sdf.ValueTypeNames.Matrix4d, above))
        for name, kind, value in ops:
            Sdf.AttributeSpec(spec, name, kind).default = value
        order = Sdf.AttributeSpec(spec, "xformOpOrder", Sdf.ValueTypeNames.TokenArray, Sdf.VariabilityUniform)
        order.default = [name for name, _, _ in ops]

    def _show(self, spec: Sdf.PrimSpec, shown: dict[float | None, bool]) -> None:
        visibility = Sdf.AttributeSpec(spec, "visibility", Sdf.ValueTypeNames.Token)
        for time, visible in shown.items():
            if time is None:
                continue  # one prototype for all times is never hidden
            self._layer.SetTimeSample(visibility.path, time, "inherited" if visible else "invisible")

    def _dress(self, spec: Sdf.PrimSpec, prototype: Usd.Prim) -> None:
        """Materials of its own: what a prototype is bound to stands outside it, and would not come along."""
        for prim in Usd.PrimRange(prototype):
            bound = [
                (relationship.GetName(), target)
                for relationship in prim.GetRelationships()
                if relationship.GetName().startswith(UsdShade.Tokens.materialBinding)
                for target in relationship.GetTargets()
            ]
            for name, target in bound:
                own = Sdf.CreatePrimInLayer(self._layer, prim.GetPath().ReplacePrefix(prototype.GetPath(), spec.path))
                relationship = Sdf.RelationshipSpec(own, name, custom=False)
                relationship.targetPathList.explicitItems = [self._material(target)]

    def _material(self, path: Sdf.Path) -> Sdf.Path:
        home = self._group.path.AppendChild("materials")
        if not self._layer.GetPrimAtPath(home):
            Sdf.PrimSpec(self._group, "materials", Sdf.SpecifierDef, "Scope")
        own = home.AppendChild(path.name)
        if not self._layer.GetPrimAtPath(own):
            spec = Sdf.PrimSpec(self._layer.GetPrimAtPath(home), path.name, Sdf.SpecifierDef)
            spec.referenceList.prependedItems = [Sdf.Reference(self._source, path)]
        return own


def _refuse_target(out: Path) -> None:
    if out.suffix != ".usda":
        raise InvalidRequest(
            f"{out.name} does not end in .usda, and what is written is text.",
            remedy="Choose a file name that ends in .usda with --out.",
            reason="OUTPUT_REFUSED",
            context={"file": out.name},
        )
    if out.exists():
        raise Conflict(
            f"{out.name} is there already, and may hold work of yours.",
            remedy="Choose another file with --out.",
            reason="FILE_EXISTS",
            context={"file": out.name},
        )


def _opened(interface: Path) -> Usd.Stage:
    stage = Usd.Stage.Open(str(interface)) if interface.is_file() else None
    if stage is None or not stage.GetDefaultPrim():
        raise UnreadableInput(
            f"{interface.name} is no published layer.",
            remedy="Name the layer's interface, <name>.usda in its version folder.",
            reason="LAYER_UNREADABLE",
            context={"file": interface.name},
        )
    return stage


def _found(stage: Usd.Stage, wanted: Sequence[int], instancer: str) -> list[_Instance]:
    """The instances of ids. Raises NotFound naming the instancers, or ids that look alike."""
    root = stage.GetDefaultPrim()
    by_path = {
        str(prim.GetPath().MakeRelativePath(root.GetPath())): prim
        for prim in _instancers(stage)
        if prim.GetPath().HasPrefix(root.GetPath())
    }
    if instancer and instancer not in by_path:
        raise NotFound(
            f"The layer has no instancer {instancer}.",
            remedy=f"It has: {', '.join(sorted(by_path)) or 'none'}.",
            reason="INSTANCER_NOT_FOUND",
        )
    order = [instancer] if instancer else sorted(by_path, key=lambda path: (path != _FIRST, path))
    rows: dict[int, tuple[str, int]] = {}
    for path in order:
        if missing := [one for one in wanted if one not in rows]:
            rows |= {one: (path, row) for one, row in _rows(by_path[path], missing).items()}
    for one in wanted:
        if one not in rows:
            raise _unknown(one, order, by_path)
    return [_instance(by_path[rows[one][0]], one, rows[one][1]) for one in wanted]


def _rows(prim: Usd.Prim, wanted: Sequence[int]) -> dict[int, int]:
    """The rows of those ids that an instancer has: layers have millions, so they are sorted once and looked up."""
    ids = np.asarray(UsdGeom.PointInstancer(prim).GetIdsAttr().Get(Usd.TimeCode.EarliestTime()) or [], np.int64)
    wanted = [one for one in wanted if one <= _LARGEST_ID]
    order = np.argsort(ids, kind="stable")
    places = np.searchsorted(ids, np.array(wanted, np.int64), sorter=order)
    rows = [int(order[place]) if place < len(ids) else -1 for place in places]
    return {one: row for one, row in zip(wanted, rows, strict=True) if row >= 0 and ids[row] == one}


def _unknown(wanted: int, order: Sequence[str], by_path: Mapping[str, Usd.Prim]) -> NotFound:
    known = UsdGeom.PointInstancer(by_path[order[0]]).GetIdsAttr().Get() if order else []
    near = get_close_matches(str(wanted), [str(one) for one in list(known or [])[:20_000]], n=3)
    return NotFound(
        f"No instance of {', '.join(order) or 'this layer'} has the id {wanted}.",
        remedy=(f"Did you mean {' or '.join(near)}? " if near else "")
        + "Ids are the entries of the attribute 'ids' of the instancer.",
        reason="INSTANCE_NOT_FOUND",
        context={"id": str(wanted)},
    )


def _instance(prim: Usd.Prim, wanted: int, row: int) -> _Instance:
    instancer, start = UsdGeom.PointInstancer(prim), Usd.TimeCode.EarliestTime()
    prototypes = instancer.GetPrototypesRel().GetTargets()
    indices = instancer.GetProtoIndicesAttr()
    times: list[float | None] = list(indices.GetTimeSamples()) or [None]
    shown = {time: prototypes[indices.Get(Usd.TimeCode.Default() if time is None else time)[row]] for time in times}
    orientations, scales = instancer.GetOrientationsAttr().Get(start), instancer.GetScalesAttr().Get(start)
    return _Instance(
        wanted,
        prim,
        instancer.GetPositionsAttr().Get(start)[row],
        Gf.Quatf(orientations[row]) if orientations else Gf.Quatf(1.0),
        scales[row] if scales else Gf.Vec3f(1.0),
        {time: path for time, path in shown.items() if time is None or _changes(shown, time)},
    )


def _changes(shown: dict[float | None, Sdf.Path], time: float) -> bool:
    """Whether another prototype shows from a sample on than before it."""
    before = [path for other, path in shown.items() if other is not None and other < time]
    return not before or before[-1] != shown[time]


# ----------------------------------------------------------------------------------------------------- checking


def array_overrides(stage: Usd.Stage) -> tuple[ArrayOverride, ...]:
    """Arrays of our instancers that a stronger layer of a stage replaces, in the order of prims and attributes."""
    return tuple(found for prim in _instancers(stage) for found in _overrides(prim))


def check_overrides(path: Path) -> tuple[ArrayOverride, ...]:
    """As `array_overrides`, of a stage on disk. Raises UnreadableInput."""
    stage = Usd.Stage.Open(str(path)) if path.is_file() else None
    if stage is None:
        raise UnreadableInput(
            f"{path.name} is no stage that can be opened.",
            remedy="Name the shot's stage, or the layer that holds the overrides.",
            reason="STAGE_UNREADABLE",
            context={"file": path.name},
        )
    return array_overrides(stage)


def _overrides(prim: Usd.Prim) -> Iterator[ArrayOverride]:
    if not any(is_ours(spec.layer) for spec in prim.GetPrimStack()):
        return
    primvars = [name for name in prim.GetAuthoredPropertyNames() if name.startswith("primvars:")]
    for name in [*_ARRAYS, *primvars]:
        attribute = prim.GetAttribute(name)
        stack = attribute.GetPropertyStack(Usd.TimeCode.Default()) if attribute else []
        generated = next((spec for spec in stack if is_ours(spec.layer)), None)
        if generated is None:
            continue
        for spec in stack[: stack.index(generated)]:
            if (count := _entries(spec)) is not None:
                own = _entries(generated)
                yield ArrayOverride(str(prim.GetPath()), name, spec.layer.identifier, count, own or 0)


def _entries(spec: Sdf.PropertySpec) -> int | None:
    """How many entries an attribute's value has; None where the spec holds no array."""
    if not isinstance(spec, Sdf.AttributeSpec):
        return None
    times = spec.layer.ListTimeSamplesForPath(spec.path)
    value = spec.layer.QueryTimeSample(spec.path, times[0]) if times else spec.default
    try:
        return len(value)
    except TypeError:  # no value, or one for all: it survives
        return None


def _instancers(stage: Usd.Stage) -> Iterable[Usd.Prim]:
    """The instancers of a stage; prims below one are its prototypes, and no place to look."""
    walk = iter(Usd.PrimRange(stage.GetPseudoRoot()))
    for prim in walk:
        if prim.IsA("PointInstancer"):
            yield prim
            walk.PruneChildren()
        elif prim.GetName() == PROTOTYPES:
            walk.PruneChildren()
