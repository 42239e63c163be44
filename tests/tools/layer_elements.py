"""What a layer consists of, read from its files alone: every instance, ember, prim and file by a key of its own.

Two layers are compared key by key and column by column, with bytes. What only sums up elements (extents of instancers,
the arrays themselves, the payload's own digest) is no element.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pxr import Sdf, Usd, UsdGeom

from usd_ai.core.digest import sha256_file

Key = tuple[str, str]
"""Kind ("trees", "undergrowth", "embers", "prim", "prototype", "file") and name (an id, a path)."""
Row = dict[str, Any]
"""Columns of an element; values are bytes, numbers or text, compared exactly."""
Elements = dict[Key, Row]

ROOT = "/burning_forest"
_STATES = "states.usdc"


@dataclass(frozen=True)
class Change:
    """An element that is not the same in two layers: ``columns`` differ, or it is in one of them only."""

    key: Key
    columns: tuple[str, ...]
    before: Row | None
    after: Row | None

    @property
    def row(self) -> Row:
        """The element as it is, or was."""
        return self.after if self.after is not None else self.before or {}

    def places(self) -> Iterator[tuple[float, float]]:
        """Where the element stands on the ground, before and after."""
        for row in (self.before, self.after):
            if row is not None and "place" in row:
                yield row["place"][0], row["place"][1]


def read_elements(folder: Path) -> Elements:
    """All elements of the layer in a folder."""
    stage = Usd.Stage.Open(str(folder / "payload.usdc"))
    found: Elements = {}
    instancers: list[UsdGeom.PointInstancer] = []
    for prim in Usd.PrimRange.AllPrims(stage.GetPrimAtPath(ROOT)):
        path = str(prim.GetPath())
        if prim.IsA(UsdGeom.PointInstancer):
            instancers.append(UsdGeom.PointInstancer(prim))
            found |= _instances(instancers[-1])
        elif prim.IsA(UsdGeom.Points):
            found |= _points(UsdGeom.Points(prim))
        else:
            found["prototype" if "/Prototypes/" in path else "prim", path.removeprefix(ROOT)] = _prim(prim)
    _other_states(found, folder, instancers)
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_file() and name not in {"payload.usdc", _STATES}:
            found["file", name] = {"sha256": sha256_file(file)}
    return found


def changes(before: Elements, after: Elements) -> list[Change]:
    """What differs, sorted by key."""
    found: list[Change] = []
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key), after.get(key)
        if one is None or other is None:
            found.append(Change(key, ("there",), one, other))
        elif columns := tuple(name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)):
            found.append(Change(key, columns, one, other))
    return found


def _name(prim: Usd.Prim) -> str:
    return str(prim.GetPath()).removeprefix(f"{ROOT}/")


def _instances(instancer: UsdGeom.PointInstancer) -> Elements:
    prim, start = instancer.GetPrim(), Usd.TimeCode.EarliestTime()
    ids = np.array(instancer.GetIdsAttr().Get(start), np.int64)
    columns: dict[str, np.ndarray] = {
        "place": np.array(instancer.GetPositionsAttr().Get(start)),
        "turn": np.array([(*q.GetImaginary(), q.GetReal()) for q in instancer.GetOrientationsAttr().Get(start)]),
        "scale": np.array(instancer.GetScalesAttr().Get(start)),
    }
    for primvar in UsdGeom.PrimvarsAPI(prim).GetPrimvars():
        columns[primvar.GetPrimvarName()] = np.array(primvar.Get(start))
    looks = _looks(instancer, {f: instancer.GetProtoIndicesAttr().Get(f) for f in _frames(prim)})
    found: Elements = {}
    for row, one in enumerate(ids.tolist()):
        values = {name: tuple(np.ravel(column[row]).tolist()) for name, column in columns.items()}
        found[_name(prim), str(one)] = {**values, **looks(row)}
    return found


def _frames(prim: Usd.Prim) -> list[float]:
    stage = prim.GetStage()
    return [float(f) for f in range(int(stage.GetStartTimeCode()), int(stage.GetEndTimeCode()) + 1)]


def _looks(instancer: UsdGeom.PointInstancer, indices: dict[float, Any]) -> Any:  # noqa: ANN401 - row → columns
    names = [target.name.rsplit("_", 3) for target in instancer.GetPrototypesRel().GetTargets()]
    arrays = {frame: np.array(array) for frame, array in indices.items()}

    def look(row: int) -> Row:
        shown = [names[array[row]] for array in arrays.values()]
        species, variant, _, level = shown[0]
        return {
            "plant": species,
            "variant": variant,
            "lod": level,
            "state": tuple((frame, name[2]) for frame, name in zip(arrays, shown, strict=True)),
        }

    return look


def _points(points: UsdGeom.Points) -> Elements:
    """Embers: each with what it is at every frame at which it glows."""
    prim = points.GetPrim()
    found: Elements = {}
    attributes = [a for a in prim.GetAuthoredAttributes() if a.GetNumTimeSamples() and a.GetName() != "extent"]
    for frame in points.GetIdsAttr().GetTimeSamples():
        ids = np.array(points.GetIdsAttr().Get(frame), np.int64).tolist()
        for attribute in attributes:
            values = np.array(attribute.Get(frame))
            for row, one in enumerate(ids):
                name = f"{attribute.GetName()}@{frame:g}"
                found.setdefault(("embers", str(one)), {})[name] = values[row].tobytes()
    return found


def _prim(prim: Usd.Prim) -> Row:
    row: Row = {"type": prim.GetTypeName(), "custom": _flat(prim.GetCustomData())}
    for attribute in prim.GetAuthoredAttributes():
        times = attribute.GetTimeSamples() or [Usd.TimeCode.Default()]
        row[attribute.GetName()] = tuple((str(time), _exact(attribute.Get(time))) for time in times)
    for relationship in prim.GetAuthoredRelationships():
        row[relationship.GetName()] = tuple(str(target) for target in relationship.GetTargets())
    if prim.IsA(UsdGeom.Xformable):
        place = UsdGeom.XformCache(_frames(prim)[0]).GetLocalToWorldTransform(prim).ExtractTranslation()
        row["place"] = tuple(place)
    return row


def _exact(value: Any) -> bytes | str:  # noqa: ANN401 - whatever USD stores
    try:
        array = np.array(value)
    except (TypeError, ValueError):
        return repr(value)
    return repr(value) if array.dtype == object else array.tobytes()


def _flat(data: dict[str, Any], above: str = "") -> tuple[tuple[str, str], ...]:
    rows: list[tuple[str, str]] = []
    for key in sorted(data):
        value = data[key]
        rows += _flat(value, f"{above}{key}:") if isinstance(value, dict) else [(f"{above}{key}", str(value))]
    return tuple(rows)


def _other_states(found: Elements, folder: Path, instancers: list[UsdGeom.PointInstancer]) -> None:
    """Add what each instance shows in the other states of the layer, which variant sets offer."""
    if not (folder / _STATES).is_file():
        return
    layer = Sdf.Layer.FindOrOpen(str(folder / _STATES))
    by_name = {_name(instancer.GetPrim()): instancer for instancer in instancers}
    ids = {name: np.array(i.GetIdsAttr().Get(Usd.TimeCode.EarliestTime())).tolist() for name, i in by_name.items()}
    targets = {name: [t.name for t in i.GetPrototypesRel().GetTargets()] for name, i in by_name.items()}

    def visit(path: Sdf.Path) -> None:
        if path.name != "protoIndices" or not path.IsPropertyPath():
            return
        owner = next(name for name in by_name if str(path.GetPrimPath()).endswith(f"}}{name}"))
        times = layer.ListTimeSamplesForPath(path) or [None]
        for time in times:
            spec = layer.GetAttributeAtPath(path)
            array = spec.default if time is None else layer.QueryTimeSample(path, time)
            for one, index in zip(ids[owner], np.array(array).tolist(), strict=True):
                shown = targets[owner][index].rsplit("_", 3)
                kind = str(path.GetPrimPath())
                found[owner, str(one)][f"other {kind}@{time}"] = (shown[2], shown[3])

    layer.Traverse(Sdf.Path.absoluteRootPath, visit)
