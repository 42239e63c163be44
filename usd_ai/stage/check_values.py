"""Rules over numbers: ids, lengths, indices, finiteness, extents and the times of samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Sdf, Usd, UsdGeom

from usd_ai.core.types import Finding, StageFacts

_DEFAULT = Usd.TimeCode.Default()
_SLACK = 1e-5  # of an extent's size: computed bounds are float32
_MANY = 100_000  # instances from which extents are looked at in a few samples only
_FEW = 8
_PADDED = frozenset({"filePath", "visibility"})  # of volumes: a file before and after the range interpolates
_PER_INSTANCE = ("ids", "orientations", "positions", "scales", "velocities", "angularVelocities", "accelerations")
_NO_FRACTIONS = frozenset({"asset", "bool", "int", "int64", "string", "token"})
"""Types whose values are never broken: a hundred volumes name a hundred files each."""
_PER_POINT = ("ids", "velocities", "widths", "normals", "accelerations")


def value_findings(stage: Usd.Stage, facts: StageFacts) -> Iterator[Finding]:
    """Findings about every prim of a layer opened by itself, prototypes included."""
    for prim in Usd.PrimRange(stage.GetPseudoRoot()):
        yield from _finite(prim)
        yield from _times(prim, facts)
        if prim.IsA("PointInstancer"):
            yield from _instancer(prim)
        elif prim.IsA("Points"):
            yield from _ids(prim, "ids")
            yield from _lengths(prim, "points", _PER_POINT)
        elif prim.IsA("Mesh"):
            yield from _mesh(prim)
        if prim.IsA("Boundable"):
            yield from _extent(prim)
    yield from _extents_hint(stage.GetDefaultPrim(), facts)


def _error(rule: str, message: str, prim: Usd.Prim) -> Finding:
    return Finding("error", rule, message, str(prim.GetPath()))


def samples(attribute: Usd.Attribute) -> Iterator[tuple[Usd.TimeCode, Any]]:
    """Every authored value with its time: the samples, or the default where there is none."""
    times = attribute.GetTimeSamples()
    if not times and attribute.HasAuthoredValue():
        yield _DEFAULT, attribute.Get(_DEFAULT)
    for time in times:
        yield Usd.TimeCode(time), attribute.Get(time)


def _array(attribute: Usd.Attribute, time: Usd.TimeCode) -> NDArray[Any] | None:
    value = attribute.Get(time)
    return None if value is None else np.asarray(value)


def _said(time: Usd.TimeCode) -> str:
    return "" if time.IsDefault() else f" at frame {time.GetValue():g}"


def _finite(prim: Usd.Prim) -> Iterable[Finding]:
    for attribute in prim.GetAuthoredAttributes():
        if str(attribute.GetTypeName().scalarType) in _NO_FRACTIONS:
            continue
        name = attribute.GetName()
        for time, value in samples(attribute):
            numbers = np.asarray(value) if not isinstance(value, Sdf.AssetPath | str | None) else np.zeros(0)
            if numbers.dtype.kind != "f":
                continue
            own = name.startswith("primvars:usdai:")  # "never" is written as infinity there
            broken = np.isnan(numbers) if own else ~np.isfinite(numbers)
            if broken.any():
                yield _error("finite", f"{name} holds {int(broken.sum())} broken number(s){_said(time)}.", prim)
                break


def _times(prim: Usd.Prim, facts: StageFacts) -> Iterable[Finding]:
    volume = prim.IsA("Volume") or prim.IsA("OpenVDBAsset")
    for attribute in prim.GetAuthoredAttributes():
        pad = 1 if volume and attribute.GetName() in _PADDED else 0
        outside = [t for t in attribute.GetTimeSamples() if not facts.frames.start - pad <= t <= facts.frames.end + pad]
        if outside:
            message = f"{attribute.GetName()} has a sample at {outside[0]:g}, outside of {facts.frames}."
            yield _error("time", message, prim)


def _ids(prim: Usd.Prim, name: str) -> Iterable[Finding]:
    attribute = prim.GetAttribute(name)
    if attribute.GetTypeName() != Sdf.ValueTypeNames.Int64Array or not attribute.HasAuthoredValue():
        yield _error("ids", f"{name} is not authored as int64.", prim)
        return
    for time, value in samples(attribute):
        numbers = np.asarray(value)
        twice = len(numbers) - len(np.unique(numbers))
        if twice:
            yield _error("ids", f"{twice} of {len(numbers)} ids occur more than once{_said(time)}.", prim)
            return


def _lengths(prim: Usd.Prim, leader: str, names: Iterable[str]) -> Iterable[Finding]:
    """Arrays beside ``leader``, at every time at which any of them is sampled. Primvars may stand as indices."""
    lead = prim.GetAttribute(leader)
    spread = [p for p in UsdGeom.PrimvarsAPI(prim).GetPrimvarsWithAuthoredValues() if _spread(p)]
    primvars = [p.GetIndicesAttr() if p.IsIndexed() else p.GetAttr() for p in spread]
    for primvar in spread:
        for time, value in samples(primvar.GetIndicesAttr()) if primvar.IsIndexed() else ():
            size = len(primvar.Get(time) or [])
            yield from _in_range(prim, primvar.GetIndicesAttr().GetName(), np.asarray(value), size, time)
    for attribute in [*(prim.GetAttribute(name) for name in names), *primvars]:
        if not attribute or not attribute.HasAuthoredValue():
            continue
        times = sorted({*attribute.GetTimeSamples(), *lead.GetTimeSamples()})
        for time in [Usd.TimeCode(t) for t in times] or [_DEFAULT]:
            value, wanted = _array(attribute, time), _array(lead, time)
            found, needed = (0 if array is None else len(array) for array in (value, wanted))
            if found != needed:
                message = f"{attribute.GetName()} has {found} values for {needed} {leader}{_said(time)}."
                yield _error("lengths", message, prim)
                break


def _spread(primvar: UsdGeom.Primvar) -> bool:
    return primvar.GetInterpolation() in {UsdGeom.Tokens.vertex, UsdGeom.Tokens.varying}


def _instancer(prim: Usd.Prim) -> Iterable[Finding]:
    yield from _ids(prim, "ids")
    yield from _lengths(prim, "protoIndices", _PER_INSTANCE)
    targets = prim.GetRelationship("prototypes").GetTargets()
    lost = [str(target) for target in targets if not prim.GetStage().GetPrimAtPath(target)]
    if lost or not targets:
        yield _error("indices", f"The prototypes {lost or 'of the instancer'} are not there.", prim)
    for time, value in samples(prim.GetAttribute("protoIndices")):
        yield from _in_range(prim, "protoIndices", np.asarray(value), len(targets), time)
    known = prim.GetAttribute("ids").Get()
    for name in ("invisibleIds",):
        for time, value in samples(prim.GetAttribute(name)):
            if not np.isin(np.asarray(value), np.asarray(known)).all():
                yield _error("ids", f"{name} names ids that no instance has{_said(time)}.", prim)


def _in_range(prim: Usd.Prim, name: str, indices: NDArray[Any], size: int, time: Usd.TimeCode) -> Iterable[Finding]:
    if len(indices) and (indices.min() < 0 or indices.max() >= size):
        message = f"{name} runs from {indices.min()} to {indices.max()} for {size} things{_said(time)}."
        yield _error("indices", message, prim)


def _mesh(prim: Usd.Prim) -> Iterable[Finding]:
    mesh = UsdGeom.Mesh(prim)
    counts, corners = mesh.GetFaceVertexCountsAttr(), mesh.GetFaceVertexIndicesAttr()
    for time, value in samples(corners):
        indices, faces, points = np.asarray(value), _array(counts, time), _array(mesh.GetPointsAttr(), time)
        total = 0 if faces is None else int(faces.sum())
        if total != len(indices):
            yield _error("lengths", f"Faces have {total} corners but {len(indices)} indices{_said(time)}.", prim)
        yield from _in_range(prim, "faceVertexIndices", indices, 0 if points is None else len(points), time)
    yield from _lengths(prim, "points", ("velocities", "accelerations"))
    sizes = {
        UsdGeom.Tokens.vertex: len(mesh.GetPointsAttr().Get() or []),
        UsdGeom.Tokens.faceVarying: len(corners.Get() or []),
        UsdGeom.Tokens.uniform: len(counts.Get() or []),
    }
    normals = mesh.GetNormalsAttr().Get()
    wanted = sizes.get(mesh.GetNormalsInterpolation())
    if normals is not None and wanted is not None and len(normals) != wanted:
        yield _error("lengths", f"normals has {len(normals)} values for {wanted}.", prim)
    for primvar in UsdGeom.PrimvarsAPI(prim).GetPrimvarsWithAuthoredValues():
        wanted = sizes.get(primvar.GetInterpolation())
        value = primvar.ComputeFlattened()
        if primvar.GetInterpolation() != UsdGeom.Tokens.vertex and wanted is not None and len(value or []) != wanted:
            yield _error("lengths", f"{primvar.GetName()} has {len(value or [])} values for {wanted}.", prim)


# ----------------------------------------------------------------------------------------------------------- extents


def _extent(prim: Usd.Prim) -> Iterable[Finding]:
    boundable = UsdGeom.Boundable(prim)
    attribute = boundable.GetExtentAttr()
    if not attribute.HasAuthoredValue():
        yield _error("extent", "There is no extent.", prim)
        return
    for time in _extent_times(prim):
        found = _array(attribute, time)
        authored = np.zeros(0) if found is None else found.astype(np.float64)
        if authored.shape != (2, 3) or not (authored[0] <= authored[1]).all():
            yield _error("extent", f"The extent {authored.tolist()} is not a box{_said(time)}.", prim)
            return
        bounds = np.array(UsdGeom.Boundable.ComputeExtentFromPlugins(boundable, time) or [], dtype=np.float64)
        if len(bounds) == 2 and (bounds[0] <= bounds[1]).all() and not _contains(authored, bounds):  # noqa: PLR2004 - low, high
            yield _error("extent", f"The extent does not contain what it is of{_said(time)}.", prim)
            return


def _contains(outer: NDArray[np.float64], inner: NDArray[np.float64]) -> bool:
    slack = _SLACK * np.abs(outer).max()
    return bool((outer[0] <= inner[0] + slack).all() and (outer[1] >= inner[1] - slack).all())


def _extent_times(prim: Usd.Prim) -> list[Usd.TimeCode]:
    names = ("extent", "points", "widths", "positions", "orientations", "scales", "protoIndices", "inputs:radius")
    times = sorted({t for name in names if prim.HasAttribute(name) for t in prim.GetAttribute(name).GetTimeSamples()})
    if len(times) > _FEW and prim.IsA("PointInstancer") and len(prim.GetAttribute("ids").Get() or []) > _MANY:
        chosen = np.linspace(0, len(times) - 1, _FEW).round().astype(int)
        times = [times[number] for number in chosen]
    return [Usd.TimeCode(time) for time in times] or [_DEFAULT]


def _extents_hint(root: Usd.Prim, facts: StageFacts) -> Iterable[Finding]:
    if not root:
        return
    hint = root.GetAttribute("extentsHint").Get() if root.HasAttribute("extentsHint") else None
    box = np.asarray(hint if hint is not None else [], dtype=np.float64).reshape(-1, 3)[:2]
    if len(box) != 2:  # noqa: PLR2004 - low and high
        yield _error("extent", "The root has no extentsHint.", root)
        return
    cache = UsdGeom.BBoxCache(0.0, [UsdGeom.Tokens.default_, UsdGeom.Tokens.render])
    for frame in (facts.frames.start, (facts.frames.start + facts.frames.end) // 2, facts.frames.end):
        cache.SetTime(float(frame))
        world = cache.ComputeUntransformedBound(root).ComputeAlignedRange()
        bounds = np.array([np.array(world.GetMin()), np.array(world.GetMax())])
        if not world.IsEmpty() and not _contains(box, bounds):
            yield _error("extent", f"The root's extentsHint does not contain the layer at frame {frame}.", root)
            return
