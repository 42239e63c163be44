"""Meshes, instancers and points as attributes: shapes checked, extents computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pxr import Vt

from usd_ai.stage.canvas_bounds import Box, box_of, instances_box
from usd_ai.stage.canvas_prims import Attribute, Relationship, refuse
from usd_ai.stage.canvas_repeats import told_once
from usd_ai.stage.canvas_values import (
    Numbers,
    Timed,
    Varying,
    by_frame,
    floats,
    int64s,
    integers,
    ints,
    primvar,
    quaternions,
    shaped,
    timed,
    vec2,
    vec3,
)

Properties = dict[str, Attribute | Relationship]

_FEW = 64  # values below which indices save nothing
_WORTH = 3  # times that values must occur on average for indices to be shorter


def extent_value(box: Box) -> Vt.Vec3fArray:
    """The box as the two points of an extent."""
    return Vt.Vec3fArray.FromNumpy(box.extent())


def mesh_properties(
    path: str,
    points: Numbers,
    counts: Numbers,
    indices: Numbers,
    *,
    normals: Numbers | None,
    uv: Numbers | None,
    color: Numbers | None,
    primvars: dict[str, Numbers],
    double_sided: bool,
    subdivision: str,
) -> tuple[Properties, Box]:
    """Attributes of a Mesh and its box. Refuses indices out of range, counts that do not add up, or no points."""
    corners, faces = integers(indices, f"{path} indices"), integers(counts, f"{path} counts")
    box = box_of(shaped(points, 3, f"{path} points"))
    whole = len(corners) == int(faces.sum()) and (len(faces) == 0 or faces.min() > 2)  # noqa: PLR2004 - a triangle
    if box is None or not whole or (len(corners) and (corners.min() < 0 or corners.max() >= len(points))):
        raise refuse(
            "CANVAS_MESH",
            f"Mesh {path} has {len(points)} points, {len(faces)} faces and {len(corners)} indices that do not fit.",
            "Give faces of three or more corners, each an index of a point.",
        )
    sizes = (len(points), len(corners), len(faces))
    properties: Properties = {
        "points": Attribute("point3f[]", vec3(points, f"{path} points")),
        "faceVertexCounts": Attribute("int[]", ints(counts, f"{path} counts")),
        "faceVertexIndices": Attribute("int[]", ints(indices, f"{path} indices")),
        "subdivisionScheme": Attribute("token", subdivision, uniform=True),
        "doubleSided": Attribute("bool", double_sided, uniform=True),
        "extent": Attribute("float3[]", extent_value(box)),
    }
    if normals is not None:
        where = _interpolation(path, "normals", len(normals), sizes)
        properties["normals"] = Attribute("normal3f[]", vec3(normals, f"{path} normals"), interpolation=where)
    if uv is not None:
        where = _interpolation(path, "uv", len(uv), sizes)
        own, spread = _told_once(uv, "st")
        properties |= spread
        properties["primvars:st"] = Attribute("texCoord2f[]", vec2(own, f"{path} uv"), interpolation=where)
    if color is not None:
        where = _interpolation(path, "color", len(color), sizes)
        own, spread = _told_once(color, "displayColor")
        properties |= spread
        value = vec3(own, f"{path} color")
        properties["primvars:displayColor"] = Attribute("color3f[]", value, interpolation=where)
    for name in sorted(primvars):
        where = _interpolation(path, name, len(primvars[name]), sizes)
        own, spread = _told_once(primvars[name], name)
        properties |= spread
        value = primvar(own, f"{path} {name}")
        properties[f"primvars:{name}"] = replace(value, interpolation=where)
    return properties, box


def _told_once(values: Numbers, name: str) -> tuple[Numbers, Properties]:
    """Values of which most occur again and again, each once, with the indices that spread them; else as they are.

    Crate files pack whole numbers and leave vectors as they are: a leaf's pivot said at each of its points costs twelve
    bytes a point, an index one or two.
    """
    array = np.ascontiguousarray(values)
    if len(array) < _FEW or array.dtype.kind != "f":
        return values, {}
    found = told_once(array.reshape(len(array), -1), len(array) // _WORTH)
    if found is None:
        return values, {}
    first, which = found
    return array[first], {f"primvars:{name}:indices": Attribute("int[]", ints(which, f"{name} indices"))}


def _interpolation(path: str, what: str, count: int, sizes: tuple[int, int, int]) -> str:
    """How values are spread over a mesh of (points, corners, faces), told by how many there are."""
    for size, name in zip((*sizes, 1), ("vertex", "faceVarying", "uniform", "constant"), strict=True):
        if count == size:
            return name
    raise refuse(
        "CANVAS_MESH",
        f"Mesh {path} has {count} {what} for {sizes[0]} points, {sizes[1]} corners and {sizes[2]} faces.",
        "Give one per point, corner or face, or a single one.",
    )


def instancer_properties(
    path: str,
    prototypes: tuple[tuple[str, Box | None], ...],
    *,
    ids: Numbers,
    indices: Varying,
    positions: Varying,
    orientations: Varying,
    scales: Varying,
    velocities: Varying | None,
    primvars: dict[str, Varying],
    invisible: Timed[Numbers] | None,
    others: Sequence[Varying] = (),
) -> tuple[Properties, Box | None]:
    """Attributes of a PointInstancer and its box over all samples. ``prototypes``: absolute path and box of each.

    ``others``: indices that may stand in the place of ``indices``; the box holds what they show too.
    """
    unique = integers(ids, f"{path} ids")
    # Ids in order, as scatter gives them, tell by a glance that none occurs twice.
    if not np.all(unique[1:] > unique[:-1]) and len(np.unique(unique)) != len(unique):
        raise refuse("CANVAS_IDS", f"Instancer {path} has ids that occur twice.", "Give every instance its own id.")
    arrays = {"indices": indices, "positions": positions, "orientations": orientations, "scales": scales}
    extra = {} if velocities is None else {"velocities": velocities}
    also = {f"indices of state {number}": other for number, other in enumerate(others)}
    for name, varying in {**arrays, **extra, **primvars, **also}.items():
        for array in by_frame(varying).values():
            if len(array) != len(unique):
                raise refuse(
                    "CANVAS_INSTANCER",
                    f"Instancer {path} has {len(unique)} ids but {len(array)} {name}.",
                    "Give one value per instance.",
                )
    shown = [array for varying in (indices, *others) for array in by_frame(varying).values()]
    turned = {id(array): quaternions(array, f"{path} orientations") for array in by_frame(orientations).values()}
    halves = {frame: turned[id(array)][1] for frame, array in by_frame(orientations).items()}
    extents = _instancer_boxes(path, [box for _, box in prototypes], shown, positions, halves, scales)
    properties: Properties = {
        "prototypes": Relationship(tuple(target for target, _ in prototypes)),
        "ids": Attribute("int64[]", int64s(ids, f"{path} ids")),
        "protoIndices": timed(indices, "int[]", lambda array: ints(array, f"{path} indices")),
        "positions": timed(positions, "point3f[]", lambda array: vec3(array, f"{path} positions")),
        "orientations": timed(orientations, "quath[]", lambda array: turned[id(array)][0]),
        "scales": timed(scales, "float3[]", lambda array: vec3(array, f"{path} scales")),
        "extent": _extent_attribute(extents),
    }
    if velocities is not None:
        properties["velocities"] = timed(velocities, "vector3f[]", lambda array: vec3(array, f"{path} velocities"))
    if invisible is not None:
        properties["invisibleIds"] = timed(invisible, "int64[]", lambda array: int64s(array, f"{path} invisible"))
    for name in sorted(primvars):
        properties[f"primvars:{name}"] = primvar(primvars[name], f"{path} {name}")
    return properties, _whole(extents)


def _instancer_boxes(
    path: str,
    boxes: list[Box | None],
    shown: list[Numbers],
    positions: Varying,
    halves: dict[float | None, NDArray[np.float16]],
    scales: Varying,
) -> dict[float | None, Box]:
    """Boxes by frame. An instance counts with every prototype it ever shows: protoIndices hold, extents interpolate.

    ``halves``: quaternions by frame, in the half precision in which they are stored.
    """
    zero = np.zeros(3)
    lows = np.array([zero if box is None else box.low for box in boxes]).reshape(-1, 3)
    highs = np.array([zero if box is None else box.high for box in boxes]).reshape(-1, 3)
    low, high, whose = lows, highs, np.zeros(0, np.int64)
    for number, array in enumerate(shown):
        which = integers(array, f"{path} indices")
        if len(which) and (which.min() < 0 or which.max() >= len(boxes)):
            raise refuse(
                "CANVAS_INSTANCER",
                f"Instancer {path} has prototype indices beyond its {len(boxes)} prototypes.",
                "Give indices from 0 to the number of prototypes less one.",
            )
        if number == 0:
            whose = which.astype(np.int64)
        else:  # from here on each has a box of its own
            low, high = np.minimum(low[whose], lows[which]), np.maximum(high[whose], highs[which])
            whose = np.arange(len(which))
    moving = [by_frame(positions), halves, by_frame(scales)]
    frames = {tuple(arrays) for arrays in moving if None not in arrays}
    if len(frames) > 1:
        raise refuse(
            "CANVAS_INSTANCER",
            f"Instancer {path} samples positions, orientations and scales at different frames.",
            "Sample those that move at the same frames.",
        )
    result: dict[float | None, Box] = {}
    for frame in next(iter(frames), (None,)):
        at = [arrays[None] if None in arrays else arrays[frame] for arrays in moving]
        place, scale = shaped(at[0], 3, f"{path} positions"), shaped(at[2], 3, f"{path} scales")
        result[frame] = instances_box(low, high, place, at[1], scale, whose) or Box(zero, zero)
    return result


def number_primvar(path: str, name: str, values: Varying) -> Attribute:
    """A primvar with one number per point, by frame."""
    return timed(values, "float[]", lambda array: floats(array, f"{path} {name}"), interpolation="vertex")


def points_properties(
    path: str,
    *,
    ids: Varying,
    positions: Varying,
    widths: Varying,
    velocities: Varying | None,
    colors: Varying,
) -> tuple[Properties, Box | None]:
    """Attributes of Points whose number may change from frame to frame, and the box over all frames."""
    columns = {"ids": ids, "positions": positions, "widths": widths, "colors": colors}
    if velocities is not None:
        columns["velocities"] = velocities
    frames = by_frame(positions)
    for name, varying in columns.items():
        sizes = {frame: len(array) for frame, array in by_frame(varying).items()}
        if sizes != {frame: len(array) for frame, array in frames.items()}:
            raise refuse(
                "CANVAS_POINTS",
                f"Points {path} have {name} that differ from positions in frames or number.",
                "Give every array at the same frames with one value per point.",
            )
    width_at = by_frame(widths)
    found = {
        frame: box_of(shaped(array, 3, f"{path} positions"), shaped(width_at[frame], 0, f"{path} widths"))
        for frame, array in frames.items()
    }
    zero = np.zeros(3)
    extents: dict[float | None, Box] = {}
    held = next((box for box in found.values() if box is not None), Box(zero, zero))
    for frame, box in found.items():
        held = box or held  # a frame without points keeps the last extent: an empty one is invalid
        extents[frame] = held
    properties: Properties = {
        "ids": timed(ids, "int64[]", lambda array: int64s(array, f"{path} ids")),
        "points": timed(positions, "point3f[]", lambda array: vec3(array, f"{path} positions")),
        "widths": timed(widths, "float[]", lambda a: floats(a, f"{path} widths"), interpolation="vertex"),
        "primvars:displayColor": timed(
            colors, "color3f[]", lambda array: vec3(array, f"{path} colors"), interpolation="vertex"
        ),
        "extent": _extent_attribute(extents),
    }
    if velocities is not None:
        properties["velocities"] = timed(velocities, "vector3f[]", lambda array: vec3(array, f"{path} velocities"))
    return properties, _whole(extents)


def _extent_attribute(extents: dict[float | None, Box]) -> Attribute:
    if None in extents:
        return Attribute("float3[]", extent_value(extents[None]))
    samples = {frame: extent_value(box) for frame, box in extents.items() if frame is not None}
    return Attribute("float3[]", samples=samples)


def _whole(extents: dict[float | None, Box]) -> Box | None:
    whole: Box | None = None
    for box in extents.values():
        whole = box.union(whole)
    return whole
