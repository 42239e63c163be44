"""Lights and volumes as attributes and child prims."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf

from usd_ai.stage.canvas_bounds import Box
from usd_ai.stage.canvas_geometry import Properties, extent_value
from usd_ai.stage.canvas_prims import Attribute, Relationship, refuse
from usd_ai.stage.canvas_values import Numbers, Timed, Varying, timed

Color = tuple[float, float, float]

_VECTOR_FIELDS = frozenset({"velocity"})


def matrix_properties(matrix: NDArray[np.float64]) -> Properties:
    """``xformOp:transform`` from a 4 x 4 row-vector matrix."""
    if matrix.shape != (4, 4):
        raise refuse("CANVAS_VALUE", f"A matrix has shape {matrix.shape}, not (4, 4).", "Mend the generator.")
    value = Gf.Matrix4d(*[float(number) for number in matrix.reshape(16)])
    return {
        "xformOp:transform": Attribute("matrix4d", value),
        "xformOpOrder": Attribute("token[]", ["xformOp:transform"], uniform=True),
    }


def translate_properties(position: Varying) -> Properties:
    """``xformOp:translate`` from a position [3], or from one by frame."""
    return {
        "xformOp:translate": timed(position, "double3", lambda p: Gf.Vec3d(*[float(number) for number in p])),
        "xformOpOrder": Attribute("token[]", ["xformOp:translate"], uniform=True),
    }


def visibility(visible: Timed[bool]) -> Attribute:
    """``visibility`` switched over time; it holds between samples."""
    tokens = {float(frame): "inherited" if shown else "invisible" for frame, shown in visible.items()}
    return Attribute("token", samples=tokens)


def box_from(extent: tuple[Numbers, Numbers] | Numbers) -> Box:
    """A box from two points."""
    low, high = (np.asarray(corner, dtype=np.float64) for corner in extent)
    if low.shape != (3,) or high.shape != (3,) or not (low <= high).all():
        raise refuse("CANVAS_VALUE", f"An extent runs from {low} to {high}.", "Give its low and its high corner.")
    return Box(low, high)


def volume_properties(
    fields: Mapping[str, str], matrix: NDArray[np.float64] | None, box: Box, visible: Timed[bool] | None
) -> Properties:
    """Attributes of a Volume. ``fields``: absolute path of the field prim by field name."""
    properties: Properties = {"extent": Attribute("float3[]", extent_value(box))}
    for name, target in fields.items():
        properties[f"field:{name}"] = Relationship((target,))
    if matrix is not None:
        properties.update(matrix_properties(matrix))
    if visible is not None:
        properties["visibility"] = visibility(visible)
    return properties


def field_properties(name: str, files: Timed[str], data_type: str) -> Properties:
    """Attributes of an OpenVDBAsset with a file per time sample. ``data_type``: "half" or "float"."""
    samples = {float(frame): Sdf.AssetPath(_relative(path)) for frame, path in files.items()}
    vector = name in _VECTOR_FIELDS  # at voxel centres: "staggered" would be another class
    properties: Properties = {
        "filePath": Attribute("asset", samples=samples),
        "fieldName": Attribute("token", name),
        "fieldIndex": Attribute("int", 0),
        "fieldDataType": Attribute("token", f"{data_type}3" if vector else data_type),
        "fieldClass": Attribute("token", "unknown" if vector else "fogVolume"),
    }
    if vector:
        properties["vectorDataRoleHint"] = Attribute("token", "Vector")
    return properties


def _relative(path: str) -> str:
    """The path anchored with ``./``, which is how USD knows that it is relative to the layer."""
    plain = path.removeprefix("./")
    if not plain or plain.startswith("/") or "\\" in plain or ":" in plain or ".." in plain.split("/"):
        raise refuse(
            "CANVAS_PATH", f"The file path '{path}' leads out of the layer.", "Give one relative to its folder."
        )
    return f"./{plain}"


def light_properties(
    *,
    position: Varying,
    radius: float,
    intensity: float | Timed[float],
    temperature: float,
    color: Color,
    group: str,
) -> tuple[Properties, Box]:
    """Attributes of a SphereLight and its box. ``intensity`` in nits; ``temperature`` in kelvin."""
    reach = np.full(3, radius, dtype=np.float64)
    box = Box(-reach, reach)
    if isinstance(intensity, int | float):
        brightness = Attribute("float", float(intensity))
    else:
        brightness = Attribute("float", samples={float(frame): float(nits) for frame, nits in intensity.items()})
    properties: Properties = {
        "inputs:radius": Attribute("float", radius),
        "inputs:intensity": brightness,
        "inputs:color": Attribute("color3f", Gf.Vec3f(*color)),
        "inputs:colorTemperature": Attribute("float", temperature),
        "inputs:enableColorTemperature": Attribute("bool", default=True),
        "inputs:normalize": Attribute("bool", default=False),
        "treatAsPoint": Attribute("bool", default=False),
        # All is lit unless somebody says otherwise; said here so that light linkers show it.
        "collection:lightLink:includeRoot": Attribute("bool", default=True, uniform=True),
        "collection:shadowLink:includeRoot": Attribute("bool", default=True, uniform=True),
        "extent": Attribute("float3[]", extent_value(box)),
        **translate_properties(position),
    }
    if group:
        properties["primvars:lightGroup"] = Attribute("token", group, interpolation="constant")
    return properties, box
