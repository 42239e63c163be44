"""Curves and points that an artist drew in the host's stage, as places on its ground plane. Runs in a limited child.

A plan holds what was read, never the path: a curve that is renamed changes no plan, one that is moved or redrawn does.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray
from pxr import Sdf, Tf, Usd, UsdGeom

from usd_ai.core.errors import InvalidRequest, NotFound, UnreadableInput, UsdAiError
from usd_ai.core.ports import Lines
from usd_ai.stage.facts_open import open_host

F64 = NDArray[np.float64]

POINTS_MOST = 2_000
_STEPS = 8  # straight pieces of each piece of a cubic curve
_DECIMALS = 3  # millimetres
_KINDS = ("BasisCurves", "Points")
_LONGEST_LIST = 5
_STILL = Usd.TimeCode.EarliestTime()  # of what does not move; the only sample of what has one

# Rows give the weights of four vertices for 1, t, t², t³.
_BASES: dict[str, F64] = {
    "bezier": np.array([[1, 0, 0, 0], [-3, 3, 0, 0], [3, -6, 3, 0], [-1, 3, -3, 1]], np.float64),
    "bspline": np.array([[1, 4, 1, 0], [-3, 0, 3, 0], [3, -6, 3, 0], [-1, 3, -3, 1]], np.float64) / 6.0,
    "catmullRom": np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]], np.float64) / 2.0,
}


def read_curves_task(path: str, prims: Sequence[str], meters_per_unit: float, up_axis: str) -> tuple[Lines, ...]:
    """Task: for each prim path the lines it draws, each a row of (x, y): metres in world space, on the ground plane.

    x runs along the stage's x, y along its -z where Y is up, else along its y. A BasisCurves gives a line for each of
    its curves, cubic ones in straight pieces; a Points a line of one place for each point. Raises NotFound for a prim
    that is not there, InvalidRequest for one of another type, that moves, is broken, empty, or has more than
    `POINTS_MOST` places; UnreadableInput for the stage.
    """
    try:
        stage = open_host(path)
        return tuple(_lines(stage, prim, meters_per_unit, up_axis) for prim in prims)
    except Tf.ErrorException as error:
        raise UnreadableInput(
            "The shot's stage cannot be read.",
            remedy="Open it in usdview, mend what it complains of, and save it again.",
            reason="STAGE_UNREADABLE",
        ) from error


def _lines(stage: Usd.Stage, path: str, meters_per_unit: float, up_axis: str) -> Lines:
    prim = stage.GetPrimAtPath(path) if Sdf.Path.IsValidPathString(path) else None
    if not prim or not prim.IsActive() or not prim.IsDefined():
        raise NotFound(
            f"The stage has no curve {path}.",
            remedy=_near(stage, path),
            reason="CURVE_NOT_FOUND",
            context={"prim": path},
        )
    if prim.GetTypeName() not in _KINDS:
        raise _refusal(
            path, f"is a {prim.GetTypeName() or 'prim without a type'}", "Draw it as BasisCurves or as Points."
        )
    if _moves(prim):
        raise _refusal(path, "moves over time", "Bake it to one moment: what is drawn must stand still.")
    found = [np.round(_on_ground(prim, line, meters_per_unit, up_axis), _DECIMALS) + 0.0 for line in _drawn(prim)]
    if not found:
        raise _refusal(path, "is empty", "Give it points, or name another.")
    if not all(np.isfinite(line).all() for line in found):
        raise _refusal(path, "has places that are no numbers", "Look at its points and at the transforms above it.")
    count = sum(len(line) for line in found)
    if count > POINTS_MOST:
        raise _refusal(path, f"has {count:,} places, more than {POINTS_MOST:,}", "Resample it to fewer points.")
    return tuple(tuple((float(x), float(y)) for x, y in line) for line in found)


def _drawn(prim: Usd.Prim) -> list[F64]:
    """The lines of a prim, float64 [n, 3] each, in its own space."""
    points = np.array(UsdGeom.PointBased(prim).GetPointsAttr().Get(_STILL) or [], np.float64).reshape(-1, 3)
    if prim.GetTypeName() == "Points":
        return list(points[:, None, :])
    curves = UsdGeom.BasisCurves(prim)
    counts = np.array(curves.GetCurveVertexCountsAttr().Get(_STILL) or [], np.int64)
    if counts.sum() != len(points) or (len(counts) and counts.min() < 1):
        path = str(prim.GetPath())
        raise _refusal(path, f"has {len(points)} points where its curves count {counts.sum()}", "Export it again.")
    cubic, basis, wrap = (
        str(attribute.Get()) for attribute in (curves.GetTypeAttr(), curves.GetBasisAttr(), curves.GetWrapAttr())
    )
    rows = np.split(points, np.cumsum(counts)[:-1]) if len(counts) else []
    return [along(row, basis if cubic == "cubic" else "linear", wrap) for row in rows]


def along(points: F64, basis: str, wrap: str) -> F64:
    """Places on a curve, float64 [m, 3], of its vertices [n, 3].

    ``basis``: "linear" or one of USD's cubic ones. ``wrap``: as USD says, "pinned" reaches the first and the last
    vertex. Vertices that are too few for a cubic piece are joined by straight lines.
    """
    closed = wrap == "periodic"
    stride = 3 if basis == "bezier" else 1
    if basis not in _BASES or len(points) < (3 if closed or (wrap == "pinned" and basis != "bezier") else 4):
        return np.concatenate([points, points[:1]]) if closed and len(points) > 1 else points
    if closed:
        points = np.concatenate([points, points[: 1 if basis == "bezier" else 3]])
    elif wrap == "pinned" and basis != "bezier":
        points = np.concatenate([2.0 * points[:1] - points[1:2], points, 2.0 * points[-1:] - points[-2:-1]])
    share = np.arange(_STEPS)[:, None] / _STEPS
    weights = share ** np.arange(4) @ _BASES[basis]
    starts = range(0, len(points) - 3, stride)
    pieces = [weights @ points[start : start + 4] for start in starts]
    end = _BASES[basis].sum(axis=0) @ points[starts[-1] : starts[-1] + 4]
    return np.concatenate([*pieces, end[None]])


def _on_ground(prim: Usd.Prim, points: F64, meters_per_unit: float, up_axis: str) -> F64:
    world = np.array(UsdGeom.XformCache(_STILL).GetLocalToWorldTransform(prim), np.float64)
    x, y, z = (points @ world[:3, :3] + world[3, :3]).T
    return np.column_stack([x, -z if up_axis == "Y" else y]) * meters_per_unit


def _moves(prim: Usd.Prim) -> bool:
    if any(
        attribute.ValueMightBeTimeVarying()
        for attribute in (
            UsdGeom.PointBased(prim).GetPointsAttr(),
            UsdGeom.BasisCurves(prim).GetCurveVertexCountsAttr(),
        )
    ):
        return True
    while not prim.IsPseudoRoot():
        if prim.IsA("Xformable") and UsdGeom.Xformable(prim).TransformMightBeTimeVarying():
            return True
        prim = prim.GetParent()
    return False


def _near(stage: Usd.Stage, path: str) -> str:
    everything = Usd.PrimRange.Stage(stage, Usd.TraverseInstanceProxies())
    known = sorted(str(prim.GetPath()) for prim in everything if prim.GetTypeName() in _KINDS)
    near = get_close_matches(path, known, n=_LONGEST_LIST) or known[:_LONGEST_LIST]
    return f"It has: {', '.join(near)}." if near else "It has no BasisCurves and no Points; write points x,y instead."


def _refusal(path: str, what: str, remedy: str) -> UsdAiError:
    return InvalidRequest(f"{path} {what}.", remedy=remedy, reason="CURVE_UNUSABLE", context={"prim": path})
